"""The issues of a session: which one shows, what is said in it, where it is pinned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present.review import Review
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.issue import Issue, IssueState
from av3d.tracks.operations.issues import open_issue, reply, set_state

if TYPE_CHECKING:
    from av3d.present.session import Session


ISSUE = "issue/"
"""Begins what a review looks at when that is an issue which belongs to no finding."""
NEW = "new"
"""Stands for the issue that what is said next will open."""


class Issues:
    """What people say to each other about the labels of a session.

    Args:
        session: whose labels.
        review: its record has the issues; what it looks at has one to be shown.

    Attributes:
        listing: whether the list of all issues shows in place of one.
        only_open: whether the list leaves out what is resolved or won't be fixed.
    """

    def __init__(self, session: Session, review: Review) -> None:
        self._session = session
        self._review = review
        self.listing = False
        self.only_open = True
        self._chosen = ""
        self._for = ""
        """ID of the finding for which an issue was chosen; with the next one it is another."""

    @property
    def all(self) -> tuple[Issue, ...]:
        """All issues of the log, by number."""
        return self._review.record.issues

    @property
    def listed(self) -> tuple[Issue, ...]:
        """Those of the list, what was said last first."""
        found = [issue for issue in self.all if issue.is_open or not self.only_open]
        return tuple(sorted(found, key=lambda issue: -issue.answered_ns))

    @property
    def open_count(self) -> int:
        """How many are open."""
        return sum(issue.is_open for issue in self.all)

    @property
    def shown(self) -> Issue | None:
        """The chosen one, else that of the finding that is looked at, else one of its track."""
        current = self._review.current
        if self._chosen == NEW and self._for == current:
            return None
        if self._chosen and self._for == current:
            chosen = next((issue for issue in self.all if issue.id == self._chosen), None)
            if chosen is not None:
                return chosen
        if current:
            of_finding = [issue for issue in self.all if issue.finding_id == current]
            if of_finding:
                return of_finding[-1]
        selected = self._session.selected
        found = [
            i for i in self.all if i.is_open and selected is not None and selected in i.track_ids
        ]
        return found[-1] if found else None

    def show(self, issue_id: str) -> None:
        """Show an issue, and what it is pinned to."""
        issue = next((one for one in self.all if one.id == issue_id), None)
        if issue is None:
            return
        session, review = self._session, self._review
        if review.sources.by_id(issue.finding_id) is not None:
            review.show(issue.finding_id)
        else:
            review.current = f"{ISSUE}{issue.id}"
            session.select_many(issue.track_ids[:2])
            pinned = bool(issue.track_ids) or issue.place_m is not None
            session.follow, session.follow_camera = False, pinned
            session.go_to_time(issue.timestamp_ns)
        self._chosen, self._for, self.listing = issue.id, review.current, False

    def say(self, text: str) -> bool:
        """Answer the issue that shows, or open one; whether it was kept."""
        text = text.strip()
        if not text:
            self._session.say("info", "Nothing was sent", "Write what is to be said.")
            return False
        issue = self.shown
        if issue is None:
            return self._open(text)
        author, _ = self._review.record.who()
        now_ns = self._session.wall_ns()
        return self._make(
            f"Answer {issue.name}",
            lambda document: reply(document, issue.id, text=text, author=author, time_ns=now_ns),
        )

    def begin_new(self) -> None:
        """What is said next opens another issue."""
        self._chosen, self._for, self.listing = NEW, self._review.current, False

    def _open(self, text: str) -> bool:
        session, finding = self._session, self._review.finding
        author, _ = self._review.record.who()
        now_ns = session.wall_ns()
        if finding is not None:
            track_ids, at_ns = finding.track_ids, finding.timestamp_ns
            place_m = self._review.record.place_of(finding)
        else:
            track_ids, at_ns = session.selection, session.timestamp_ns
            box = session.selected_box()
            middle_m = [] if box is None else box.state.cuboid.center_m.tolist()
            place_m = (middle_m[0], middle_m[1], middle_m[2]) if middle_m else None
        self._chosen = ""
        return self._make(
            "Open an issue",
            lambda document: open_issue(
                document, text=text, author=author, time_ns=now_ns, timestamp_ns=at_ns,
                track_ids=track_ids, place_m=place_m,
                finding_id="" if finding is None else finding.id,
            ),
        )  # fmt: skip

    def set_state(self, state: IssueState) -> bool:
        """Say how far the issue is that shows; whether that was kept."""
        issue = self.shown
        if issue is None:
            return False
        author, _ = self._review.record.who()
        now_ns = self._session.wall_ns()
        verbs = {
            IssueState.OPEN: "Open again",
            IssueState.RESOLVED: "Resolve",
            IssueState.WONT_FIX: "Will not fix",
        }
        if not self._make(
            f"{verbs[state]}: {issue.name}",
            lambda document: set_state(document, issue.id, state, author=author, time_ns=now_ns),
        ):
            return False
        self._chosen, self._for = issue.id, self._review.current
        return True

    def _make(self, title: str, operation: Callable[[Document], tuple[Change, ...]]) -> bool:
        return self._session.edits.do(title, operation, locked_too=True, by_hand=False)


def ago(then_ns: int, now_ns: int) -> str:
    """How long ago something was said: "12 min ago"."""
    seconds = max(now_ns - then_ns, 0) / 1e9
    if seconds < 60:
        return "just now"
    for unit, size in (("min", 60), ("h", 3600), ("days", 86400)):
        limit = {"min": 3600, "h": 86400, "days": float("inf")}[unit]
        if seconds < limit:
            count = int(seconds // size)
            return f"{count} {'day' if unit == 'days' and count == 1 else unit} ago"
    return ""
