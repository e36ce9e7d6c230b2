"""What people say to each other about a finding or a track: an issue with its answers, or all issues."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from av3d.present.drawing import (
    BODY,
    BODY_STRONG,
    ICON,
    NUMBER,
    NUMBER_TINY,
    SMALL,
    SMALL_STRONG,
    TINY,
    Drawing,
    Measure,
    Rect,
    Zone,
)
from av3d.present.fields import Field
from av3d.present.finding_words import frames_words, kind_of, sentence
from av3d.present.icons import ICONS
from av3d.present.issues import Issues, ago
from av3d.present.panes.pane import Button, Layer, draw_button, draw_message, wrapped
from av3d.present.panes.review import VERDICT_ICONS, ReviewPane, verdict_colour
from av3d.present.review import DONE_WORDS, Review
from av3d.present.review_record import TIER_WORDS
from av3d.present.session import Session
from av3d.present.theme import HEADER, RADIUS, Colour, Theme, colour
from av3d.qa.finding import Finding
from av3d.tracks.decision import Decision, Verdict
from av3d.tracks.issue import Issue, IssueState, Message

LINE = 20
FACE = 26
"""Side of the square with the initial of an author."""
LEFT = 12 + FACE + 10
ROW_PX = 44
FACES = ("#C9A2FF", "#4DB2F5", "#5AF0A5", "#FFC53D", "#FF9F5A", "#43C8BC")
"""An author has always the same of these; text on them is dark."""
ROOMY_PX = 440
"""From this width on the button that sends shows its key."""
HINT = "Reply"
FIRST_HINT = "Say something about it"


def face_colour(author: str) -> Colour:
    """The colour of the square of an author."""
    return colour(FACES[sum(author.encode()) % len(FACES)])


def state_colour(theme: Theme, state: IssueState) -> Colour:
    """Of how far an issue is; the words say the same."""
    return {
        IssueState.OPEN: theme.warn,
        IssueState.RESOLVED: theme.good,
        IssueState.WONT_FIX: theme.text_2,
    }[state]


class IssuePane(ReviewPane):
    """The issue of the finding that is looked at; without one, why it is a finding."""

    name = "note"
    title = "Issue"
    icon = "note"
    home = ("measure", "bottom")

    def __init__(
        self,
        session: Session,
        measure: Measure,
        run: Callable[[str, str], None],
        review: Review,
        issues: Issues,
    ) -> None:
        super().__init__(session, measure, run, review)
        self.issues = issues
        self._scroll = 0.0
        self._tall = 0.0
        self._of: object = None
        self._draft = ""

    # State

    @property
    def _writing(self) -> str:
        active = self.session.fields.active
        return active.name if active is not None and active.pane == self.name else ""

    @property
    def _body(self) -> Rect:
        return Rect(0, HEADER, self.width, max(self.height - HEADER - 42, 1))

    def update(self) -> None:
        """Begin at the end of another issue: what was said last is what counts."""
        issue = self.issues.shown
        showing = (
            self.review.current, self.session.selected, self.issues.listing,
            issue and (issue.id, len(issue.messages)),
        )  # fmt: skip
        if showing != self._of:
            self._of = showing
            self._scroll = 1e9 if issue is not None and not self.issues.listing else 0.0

    def layers(self) -> Sequence[Layer]:
        review, session, issues = self.review, self.session, self.issues
        key = (
            review.current, review.version, session.selected, self._hot, self._writing,
            issues.listing, issues.only_open, self._scroll, self._draft,
            issues.shown and issues.shown.id, session.wall_ns() // 60_000_000_000,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    # Pointer and keys

    def wheel(self, x: float, y: float, notches: float, *, shift: bool) -> None:
        last = max(self._tall - self._body.height, 0.0)
        self._scroll = min(max(min(self._scroll, last) - notches * 40, 0.0), last)

    def zone_at(self, x: float, y: float) -> Zone | None:
        zone = super().zone_at(x, y)
        if zone is not None and zone.command == "issue.show":
            return zone if self._body.contains(x, y) else None
        return zone

    def press(self, x: float, y: float, button: Button, clicks: int) -> bool:
        zone = self.zone_at(x, y)
        if zone is not None and zone.command == "issue.send" and self._writing:
            # What stands in the field; the press has taken the cursor out of it.
            self.send(self._draft)
            return False
        return super().press(x, y, button, clicks)

    def begin(self, *, track: bool = False) -> None:
        """Ask for the line that goes with sending back the finding, or the whole track."""
        self.issues.listing = False
        self.session.fields.open(
            Field(
                "review.note", self.name, self._field_rect(whole=True),
                hint="What is wrong, in one line",
                on_enter=self._send_track_back if track else self._send_back,
                on_leave=lambda _text: None,
            )
        )  # fmt: skip

    def _send_back(self, text: str) -> None:
        if text.strip():
            self.review.decide(Verdict.SENT_BACK, " ".join(text.split()))
        else:
            self.session.say("info", "Not sent back", "Say in one line what is wrong.")

    def _send_track_back(self, text: str) -> None:
        if text.strip():
            self.review.decide_track(Verdict.SENT_BACK, " ".join(text.split()))
        else:
            self.session.say("info", "Not sent back", "Say in one line what is wrong.")

    def begin_reply(self) -> None:
        """Put the text cursor into the reply."""
        self.issues.listing = False
        issue = self.issues.shown
        self.session.fields.open(
            Field(
                "issue.reply", self.name, self._field_rect(), self._draft,
                hint=HINT if issue is not None else FIRST_HINT, on_change=self._keep,
                on_enter=self.send, on_leave=self._keep,
                on_key=self._field_key,
            )
        )  # fmt: skip

    def _field_key(self, key: str) -> bool:
        if key == "Ctrl+Enter":
            self.session.fields.close("issue.reply")
            self.send(self._draft)
            return True
        return False

    def _keep(self, text: str) -> None:
        self._draft = text

    def send(self, text: str = "") -> None:
        """Say what was written."""
        self._draft = text or self._draft
        if self.issues.say(self._draft):
            self._draft = ""

    def _field_rect(self, *, whole: bool = False) -> Rect:
        wide: float = self.width - 20
        if not whole:
            wide -= self._buttons_wide()
        return Rect(10, self.height - 34, max(wide, 60), 24)

    @property
    def _send_key(self) -> str:
        """The key on the button; where there is no room for it, its tip has it."""
        return "Ctrl+Enter" if self.width >= ROOMY_PX else ""

    def _buttons_wide(self) -> float:
        wide = self.measure("Send", SMALL) + 32
        if self._send_key:
            wide += self.measure(self._send_key, NUMBER_TINY) + 24
        if self.issues.shown is not None:
            wide += self.measure("Resolve", SMALL) + 46
        return wide

    # Drawing

    def _draw(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0, 0, self.width, self.height), theme.panel)
        issue = None if self.issues.listing else self.issues.shown
        finding = self.review.finding
        # A first pass tells how tall it is.
        probe = Drawing(self.measure)
        self._tall = self._contents(probe, issue, finding, 0.0) - HEADER
        self._scroll = min(self._scroll, max(self._tall - self._body.height, 0.0))
        self._contents(drawing, issue, finding, self._scroll)
        self._title(drawing, issue, finding)
        self._foot(drawing, issue)

    def _contents(
        self, drawing: Drawing, issue: Issue | None, finding: Finding | None, scroll: float
    ) -> float:
        y = HEADER - scroll
        if self.issues.listing:
            return self._list(drawing, y)
        if issue is not None:
            y = self._pinned(drawing, issue, y)
            for message in issue.messages:
                y = self._message(drawing, issue, message, y)
            return y + 8
        if finding is not None:
            return self._why(drawing, finding, y)
        draw_message(
            drawing, self.session, self._body, "note", "Choose a finding to see why it is one."
        )
        return y

    def _title(self, drawing: Drawing, issue: Issue | None, finding: Finding | None) -> None:
        session, theme, issues = self.session, self.session.theme, self.issues
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        drawing.text(8, HEADER / 2, ICONS["messages"], ICON, theme.text)
        count = len(issues.all)
        right = self.width - 6.0
        if count or issues.listing:
            label = f"{issues.open_count} open" if not issues.listing else "Back"
            right = draw_button(
                drawing, session, right, HEADER / 2, "issue.list", label=label, icon="tracks",
                plain=True, on=issues.listing, hot=self._is_hot("issue.list"), height=22,
                tip="Back to the issue" if issues.listing else "List all issues of the log",
            )  # fmt: skip
        if issues.listing:
            text = "Resolved too" if issues.only_open else "Open only"
            draw_button(
                drawing, session, right - 4, HEADER / 2, "issue.filter", label=text, plain=True,
                hot=self._is_hot("issue.filter"), height=22,
                tip="List issues that are resolved or won't be fixed, too",
            )  # fmt: skip
            drawing.text(32, HEADER / 2, "Issues", SMALL_STRONG, theme.text)
            return
        if issue is not None:
            words = issue.state.words
            right -= 8
            left = right - drawing.text(
                right, HEADER / 2, words, SMALL, state_colour(theme, issue.state), anchor=1
            )
            drawing.text(left - 10, HEADER / 2, "•", SMALL, state_colour(theme, issue.state))
            right = left - 16
            title = f"{issue.name} on {issue.subject}" if issue.subject else issue.name
        elif finding is not None:
            title = self.review.title(finding)
        else:
            title = "Issue"
        drawing.text(32, HEADER / 2, title, SMALL_STRONG, theme.text, max_width=right - 40)

    def _pinned(self, drawing: Drawing, issue: Issue, y: float) -> float:
        """Where it is pinned to; a press goes there."""
        session, theme = self.session, self.session.theme
        frames = session.log.frames
        first, last = frames.nearest(issue.timestamp_ns), frames.nearest(issue.end_ns)
        where = f"frame {first}" if first == last else f"frames {first}–{last}"
        text = f"pinned to {where}"
        if issue.place_m is not None:
            text += " and a point"
        wide = drawing.measure(text, SMALL)
        x = self.width - 12 - wide
        drawing.text(x - 20, y + 18, ICONS["pin"], ICON, theme.text_2)
        drawing.text(x, y + 18, text, SMALL, theme.text_2)
        drawing.zone(Rect(x - 24, y + 8, wide + 30, 20), "issue.show", issue.id, "Go there")
        if issue.assignee:
            asked = f"{issue.assignee} is asked"
            drawing.text(12, y + 18, asked, SMALL, theme.text_2, max_width=x - 40)
        return y + 32

    def _message(self, drawing: Drawing, issue: Issue, message: Message, y: float) -> float:
        session, theme = self.session, self.session.theme
        face = Rect(12, y, FACE, FACE)
        drawing.box(face, face_colour(message.author), radius=RADIUS)
        initial = (message.author or "?")[0].upper()
        drawing.text(*face.centre, initial, BODY_STRONG, colour("#15181C"), anchor=0.5)
        author = message.author or "somebody"
        x = LEFT + drawing.text(LEFT, y + 8, author, SMALL_STRONG, theme.text, max_width=160) + 8
        when = ago(message.time_ns, session.wall_ns())
        drawing.text(x, y + 8, when, SMALL, theme.text_2, max_width=self.width - x - 8)
        y += 18
        for line in wrapped(message.text, SMALL, self.width - LEFT - 12, self.measure):
            drawing.text(
                LEFT, y + LINE / 2, line, SMALL, theme.text, max_width=self.width - LEFT - 8
            )
            y += LINE
        if message.state is not None and message is not issue.messages[0]:
            paint = state_colour(theme, message.state)
            icon = ICONS["check_circle" if message.state is not IssueState.OPEN else "issue"]
            drawing.text(LEFT, y + LINE / 2, icon, ICON, paint)
            said = f"{message.state.words} from here on"
            drawing.text(LEFT + 22, y + LINE / 2, said, SMALL, theme.text_2)
            y += LINE
        return y + 12

    def _list(self, drawing: Drawing, y: float) -> float:
        session, theme = self.session, self.session.theme
        rows = self.issues.listed
        if not rows:
            text = "No issue is open." if self.issues.all else "No issues yet."
            draw_message(drawing, session, self._body, "messages", f"{text} C opens one.")
            return y
        for issue in rows:
            rect = Rect(0, y, self.width, ROW_PX)
            if self._is_hot("issue.show", issue.id):
                drawing.box(rect, theme.hover)
            paint = state_colour(theme, issue.state)
            icon = ICONS["issue" if issue.is_open else "check_circle"]
            drawing.text(10, y + 14, icon, ICON, paint)
            drawing.text(34, y + 14, str(issue.number), NUMBER, theme.text_2)
            right = self.width - 10.0
            frame = f"frame {session.log.frames.nearest(issue.timestamp_ns)}"
            right -= drawing.text(right, y + 14, frame, SMALL, theme.text_2, anchor=1) + 8
            drawing.text(62, y + 14, issue.title, SMALL, theme.text, max_width=right - 66)
            said = issue.messages[-1]
            line = f"{said.author}, {ago(said.time_ns, session.wall_ns())}"
            subject = f"{issue.subject} · " if issue.subject else ""
            drawing.text(
                62, y + 32, f"{subject}{issue.state.words} · {line}", TINY, theme.text_2,
                max_width=self.width - 74,
            )  # fmt: skip
            drawing.line((0, rect.bottom - 0.5), (self.width, rect.bottom - 0.5), theme.line)
            drawing.zone(rect, "issue.show", issue.id, f"Go to {issue.name}: {issue.title}")
            y += ROW_PX
        return y

    def _why(self, drawing: Drawing, finding: Finding, y: float) -> float:
        """Why it is a finding, and what was decided on its track before."""
        theme, kind = self.session.theme, kind_of(finding.check)
        y += 8
        wide = self.width - 24
        for line in wrapped(sentence(finding.what), SMALL_STRONG, wide, self.measure):
            drawing.text(12, y + LINE / 2, line, SMALL_STRONG, theme.text)
            y += LINE
        for line in wrapped(kind.sentence, SMALL, wide, self.measure):
            drawing.text(12, y + LINE / 2, line, SMALL, theme.text)
            y += LINE
        where = frames_words(self.session.log, finding)
        facts = f"{finding.severity.value.capitalize()}, {where}, risk {finding.risk} of 100"
        drawing.text(12, y + LINE / 2, facts, SMALL, theme.text_2, max_width=wide)
        y += LINE + 6
        return self._earlier(drawing, finding, y)

    def _earlier(self, drawing: Drawing, finding: Finding, y: float) -> float:
        """Decisions on the same track, the last ones first."""
        theme = self.session.theme
        made = [
            one for one in self.review.record.decisions.all if finding.track_id in one.track_ids
        ]
        for decision in reversed(made):
            icon = ICONS[VERDICT_ICONS[decision.verdict]]
            drawing.text(12, y + LINE / 2, icon, ICON, verdict_colour(theme, decision.verdict))
            text = self._decided(decision)
            drawing.text(36, y + LINE / 2, text, SMALL, theme.text_2, max_width=self.width - 48)
            if drawing.measure(text, SMALL) > self.width - 48:
                drawing.zone(Rect(8, y, self.width - 16, LINE), "", decision.id, text)
            y += LINE
            for line in wrapped(decision.note, SMALL, self.width - 48, self.measure):
                drawing.text(36, y + LINE / 2, line, SMALL, theme.text)
                y += LINE
        if not made:
            drawing.text(12, y + LINE / 2, "Nothing was decided on it yet.", SMALL, theme.text_2)
            y += LINE
        return y

    def _decided(self, decision: Decision) -> str:
        what = "the whole track"
        if decision.check:
            frame = self.session.log.frames.nearest(decision.start_ns)
            what = f"{kind_of(decision.check).title.lower()} at frame {frame}"
        holds = decision.holds(self.session.labels.document.tracks)
        since = "" if holds else "; changed since, it counts no more"
        tier = TIER_WORDS.get(decision.tier, "lead")
        return f"{decision.author} ({tier}): {what} {DONE_WORDS[decision.verdict]}{since}"

    def _foot(self, drawing: Drawing, issue: Issue | None) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, self.height - 42, self.width, 42), theme.panel)
        if self.issues.listing:
            return
        writing = self._writing
        back = writing == "review.note"
        rect = self._field_rect(whole=back)
        hot = self._is_hot("issue.write")
        line = theme.accent if writing else theme.border if hot else theme.control
        drawing.box(rect, theme.field, outline=line, radius=RADIUS)
        if back:
            return
        middle = rect.centre[1]
        if not writing:
            hint = HINT if issue is not None else FIRST_HINT
            drawing.text(
                rect.x + 8, middle, self._draft or hint, BODY,
                theme.text if self._draft else theme.text_3, max_width=rect.width - 16,
            )  # fmt: skip
            tip = "Write an answer (C)" if issue is not None else "Open an issue about it (C)"
            drawing.zone(rect, "issue.write", "", tip)
        right = self.width - 10.0
        if issue is not None:
            solved = issue.state is not IssueState.OPEN
            right = draw_button(
                drawing, session, right, middle, "issue.reopen" if solved else "issue.resolve",
                label="Reopen" if solved else "Resolve", icon="check",
                hot=self._is_hot("issue.resolve") or self._is_hot("issue.reopen"),
                tip="Something is still to be done" if solved else "Nothing is to be done any more",
            ) - 6  # fmt: skip
        draw_button(
            drawing, session, right, middle, "issue.send", label="Send", key=self._send_key,
            hot=self._is_hot("issue.send"), tip="Say it; Ctrl+Enter does the same",
        )  # fmt: skip
