"""The bar of decisions of a review: what is looked at, and the buttons that decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from av3d.present.drawing import BODY, BODY_STRONG, ICON, NUMBER_TINY, SMALL, Drawing, Rect
from av3d.present.finding_words import kind_of
from av3d.present.icons import ICONS
from av3d.present.issues import ISSUE
from av3d.present.panes.pane import Layer, draw_key, lighter
from av3d.present.panes.review import ReviewPane
from av3d.present.review import DONE_WORDS
from av3d.present.review_record import TIER_WORDS
from av3d.present.review_sources import Source
from av3d.present.theme import RADIUS, Colour
from av3d.qa.finding import Finding

TALL = 36
LEAST_WORDS_PX = 190
"""So much room is left for the words, before buttons lose theirs."""


@dataclass(frozen=True)
class Offer:
    """A button of the bar.

    Attributes:
        command: what it runs.
        icon: key of ICONS, "" for none.
        label: its words.
        key: the key that does the same.
        fill: name of the colour of the theme, "" for a plain one.
        tip: what it does.
    """

    command: str
    icon: str
    label: str
    key: str
    fill: str
    tip: str


SKIP = Offer("review.skip", "", "Skip", "Tab", "", "Look at the next one and decide later (Tab)")
SEND_BACK = Offer(
    "review.send_back", "send_back", "Send back", "X", "bad",
    "Somebody else shall mend it; say what, in one line (X)",
)  # fmt: skip
FIX = Offer("review.fix", "fix", "Fix", "F", "accent", "Open Annotate at this frame (F)")
REPAIR = Offer("review.repair", "repair", "Repair", "R", "accent", "")
ACCEPT = Offer("review.accept", "check", "Accept", "A", "good", "It is right as it is (A)")
OURS = Offer(
    "review.accept", "check", "Keep ours", "A", "good", "These labels stay as they are (A)"
)
THEIRS = Offer(
    "review.theirs", "compare", "Take theirs", "T", "accent", "The other labels replace these (T)"
)
AVERAGE = Offer(
    "review.average", "merge", "Average", "G", "accent", "The mean of both replaces these (G)"
)


class DecisionPane(ReviewPane):
    """What is looked at, and the buttons that decide."""

    name = "decision"
    title = "Decision"
    icon = "check"
    home = ("main", "bottom")

    def layers(self) -> Sequence[Layer]:
        review = self.review
        key = (
            review.version, review.current, self._hot, self.session.frame, self.session.selected,
            review.sources.source,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _offers(self, finding: Finding | None) -> tuple[Offer, ...]:
        """The buttons from right to left."""
        if self.review.sources.source is Source.DIFFERENCES:
            return SKIP, SEND_BACK, AVERAGE, THEIRS, OURS
        if finding is not None and self.review.repairable(finding):
            return SKIP, SEND_BACK, FIX, REPAIR, ACCEPT
        return SKIP, SEND_BACK, FIX, ACCEPT

    def _wide(self, drawing: Drawing, offer: Offer, *, labelled: bool) -> float:
        words = drawing.measure(offer.label, BODY_STRONG) + 10 if labelled or not offer.icon else 0
        key = max(drawing.measure(offer.key, NUMBER_TINY) + 9, 18)
        return round(24 + (22 if offer.icon else 0) + words + key + 2)

    def _draw(self, drawing: Drawing) -> None:
        drawing.box(Rect(0, 0, self.width, self.height), self.session.theme.raised)
        finding = self.review.finding
        offers = self._offers(finding)
        whole = sum(self._wide(drawing, offer, labelled=True) + 8 for offer in offers)
        labelled = self.width - whole - 20 >= LEAST_WORDS_PX
        right = self.width - 12.0
        for offer in offers:
            right = self._button(drawing, right, offer, finding, labelled=labelled) - 8
        self._words(drawing, finding, right - 12)

    def _words(self, drawing: Drawing, finding: Finding | None, room: float) -> None:
        theme, review = self.session.theme, self.review
        middle = self.height / 2
        if finding is None:
            one = review.sources.source.one
            text = f"Choose a {one} on the left." if review.rows else "Nothing to decide."
            if review.current.startswith(ISSUE):
                text = "An issue, no finding. Annotate (Alt+1) opens at this frame."
            drawing.text(12, middle, text, BODY, theme.text_2, max_width=room)
            return
        frame = self.session.log.frames.nearest(finding.timestamp_ns)
        title = f"{review.title(finding)}, frame {frame}"
        # In a narrow bar the rest stands on the time line below.
        wordings = (title, review.title(finding), kind_of(finding.check).title)
        short = next((one for one in wordings if drawing.measure(one, BODY_STRONG) <= room), title)
        drawing.text(12, middle - 10, short, BODY_STRONG, theme.text, max_width=room)
        text = self._state_words(finding)
        drawing.text(12, middle + 10, text, SMALL, theme.text_2, max_width=room)
        if short != title or drawing.measure(text, SMALL) > room:
            drawing.zone(Rect(8, 4, room, self.height - 8), "", "title", f"{title}. {text}")

    def _state_words(self, finding: Finding) -> str:
        review = self.review
        one = review.sources.source.one.capitalize()
        decision = review.decision(finding)
        if decision is not None:
            return (
                f"{DONE_WORDS[decision.verdict].capitalize()} by {decision.author} "
                f"({TIER_WORDS.get(decision.tier, 'lead')})."
            )
        if not review.record.is_current(finding):
            return "The track was changed. It is being checked again."
        ids = [other.id for other in review.open]
        count = len(ids)
        number = ids.index(finding.id) + 1 if finding.id in ids else 0
        text = f"{one} {number} of {count} open." if number else f"{count} others are open."
        whole = review.record.on_track(finding.track_id)
        if whole is not None:
            text += f" Track {DONE_WORDS[whole.verdict]} by {whole.author}."
        elif (before := review.record.changed_since(finding.track_id)) is not None:
            text += f" Track changed since {before.author} {DONE_WORDS[before.verdict]} it."
        return text

    def _button(
        self,
        drawing: Drawing,
        right: float,
        offer: Offer,
        finding: Finding | None,
        *,
        labelled: bool,
    ) -> float:
        """A button whose right edge is at `right`; returns its left edge."""
        theme = self.session.theme
        rect = Rect(
            0, (self.height - TALL) / 2, self._wide(drawing, offer, labelled=labelled), TALL
        )
        rect = Rect(right - rect.width, rect.y, rect.width, TALL)
        hot = self._hot is not None and self._hot.command == offer.command
        able = finding is not None or offer is SKIP
        fills = {"good": theme.good, "bad": theme.bad, "accent": theme.accent}
        inks = {"good": theme.on_good, "bad": theme.on_bad, "accent": theme.on_accent}
        filled = bool(offer.fill) and able
        ground: Colour = fills[offer.fill] if filled else theme.control
        ink = inks[offer.fill] if filled else theme.text if able else theme.text_3
        drawing.box(rect, lighter(ground) if hot and able else ground, radius=RADIUS)
        x, middle = rect.x + 12, rect.centre[1]
        if offer.icon:
            drawing.text(x, middle, ICONS[offer.icon], ICON, ink)
            x += 22
        if labelled or not offer.icon:
            x += drawing.text(x, middle, offer.label, BODY_STRONG, ink) + 10
        draw_key(drawing, self.session, x, middle, offer.key, on=filled, ink=ink)
        tip = offer.tip
        if offer is REPAIR and finding is not None:
            fix = kind_of(finding.check).fix
            tip = f"{fix[0].upper()}{fix[1:]} (R)" if fix else "Let the check put it right (R)"
        drawing.zone(rect, offer.command, "", tip)
        return rect.x
