"""What becomes of the proposals of a detector: one by one, or all above or below a score."""

from __future__ import annotations

import math

from av3d.present import words
from av3d.present.dialog import Amount, Dialog, Option, Pick, Plan, Values
from av3d.present.operations.common import names_of
from av3d.present.proposals import Proposals, best_view
from av3d.present.session import Session
from av3d.render.palette import category_style
from av3d.tracks.categories import category_title
from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.operations.proposals import accept_proposals, reject_proposals
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track

ANY = "any"
"""Key of the option for all categories."""


def show(session: Session, track: Track) -> None:
    """Select a proposal, in the frame and the camera that show it best."""
    session.select(track.id)
    frame, camera = best_view(session, track)
    session.go_to(frame)
    if camera and not session.follow_camera:
        session.show_camera(camera)


def step(session: Session, order: tuple[Track, ...], by: int) -> Track | None:
    """The next (+1) or previous (-1) proposal after the selected track in an order, round and round."""
    if not order:
        session.say("info", "No proposals", "Nothing waits for a decision.")
        return None
    ids = [track.id for track in order]
    if session.selected in ids:
        return order[(ids.index(session.selected) + by) % len(ids)]
    return order[0 if by > 0 else -1]


def decide(session: Session, order: tuple[Track, ...], *, accept: bool) -> bool:
    """Accept or reject the selected proposals as one step of undo; the next one shows.

    Args:
        session: whose labels.
        order: the proposals as they were gone through.
        accept: else they are rejected, which deletes them.

    Returns:
        Whether anything was changed.
    """
    session.edits.settle()
    kept = [session.labels.document.tracks.get(track_id) for track_id in session.selection]
    chosen = [track for track in kept if track is not None and is_proposal(track)]
    if not chosen:
        return False
    ids = {track.id for track in chosen}
    last = max((n for n, track in enumerate(order) if track.id in ids), default=-1)
    after = (*order[last + 1 :], *order[: last + 1])
    following = next((track.id for track in after if track.id not in ids), "")
    operation = accept_proposals if accept else reject_proposals
    verb = "Accept" if accept else "Reject"
    title = f"{verb} {names_of(chosen)}"
    if not session.edits.do(
        title, lambda document: operation(document, [track.id for track in chosen])
    ):
        return False
    left = session.track(following)
    if left is not None:
        show(session, left)
    done = "Accepted" if accept else "Rejected"
    rest = len(Proposals(session).tracks)
    more = f"{words.plural(rest, 'proposal')} left" if rest else "No proposals left"
    session.hint = f"{done}: {names_of(chosen)}. {more}"
    return True


def accept_above(session: Session) -> Dialog | None:
    """Ask from which score on all proposals are accepted."""
    return _by_score(session, accept=True)


def reject_below(session: Session) -> Dialog | None:
    """Ask below which score all proposals are rejected."""
    return _by_score(session, accept=False)


def _by_score(session: Session, *, accept: bool) -> Dialog | None:
    proposals = Proposals(session)
    scores = [score for t in proposals.tracks if (score := proposals.score(t)) is not None]
    if not scores:
        session.say("info", "No proposal has a score", "Decide on them one by one.")
        return None
    low, high = min(scores), max(scores)
    # Scores have the units of their detector: 0 to 1, logits, per cent.
    step = step_of(high - low)
    # Two at least: who types 5.25 means that.
    decimals = max(2, round(-math.log10(step)))
    middle = sorted(scores)[len(scores) // 2]
    start = round(round(middle / step) * step, decimals)
    verb, done = ("Accept", "accepted") if accept else ("Reject", "rejected")
    side = "a score of {} or more" if accept else "a score below {}"
    categories = tuple(dict.fromkeys(sorted(track.category for track in proposals.tracks)))

    def of(document: Document, values: Values) -> list[Track]:
        """The proposals that some values concern."""
        limit, category = float(values["score"]), str(values["category"])
        found = []
        for track in document.tracks.values():
            if category in (ANY, track.category) and is_proposal(track):
                score = proposals.score(track)
                if score is not None and (score >= limit if accept else score < limit):
                    found.append(track)
        return found

    def edit(document: Document, values: Values) -> tuple[Change, ...]:
        ids = [track.id for track in of(document, values)]
        return accept_proposals(document, ids) if accept else reject_proposals(document, ids)

    def plan(values: Values) -> Plan:
        limit = words.number(float(values["score"]), decimals)
        chosen = of(session.labels.document, values)
        category = str(values["category"])
        kind = "" if category == ANY else f" of {category_title(category)}"
        meant = f"{kind} with {side.format(limit)}"
        if not chosen:
            raise EditError(f"no proposal{meant}", "", "choose another score")
        total = sum(is_proposal(track) for track in session.labels.document.tracks.values())
        rest = total - len(chosen)
        left = f"{words.plural(rest, 'proposal')} left" if rest else "none is left"
        verb_is = "is" if len(chosen) == 1 else "are"
        lines = [f"{words.plural(len(chosen), 'proposal')}{meant} {verb_is} {done}; {left}."]
        if not accept:
            lines.append("They are deleted; undo brings them back.")
        return Plan(
            f"{verb} {words.plural(len(chosen), 'proposal')}{meant}",
            lambda document: edit(document, values),
            tuple(lines),
        )

    amount = Amount(
        "score", "Score from" if accept else "Score below", "", step,
        math.floor(low / step) * step, math.ceil(high / step + 1e-9) * step + step, decimals,
        "As the detector gives it: drag, turn the wheel, or type",
    )  # fmt: skip
    inputs: tuple[Amount | Pick, ...] = (amount,)
    if len(categories) > 1:
        inputs = (Pick("category", "Of which category", _options(proposals, categories)), amount)
    title = "Accept proposals from a score on" if accept else "Reject proposals below a score"
    name = "accept_above" if accept else "reject_below"
    return Dialog(
        name, title, "proposal", verb, plan, lambda _values: inputs,
        {"score": start, "category": ANY},
    )  # fmt: skip


def _options(proposals: Proposals, categories: tuple[str, ...]) -> tuple[Option, ...]:
    tracks = proposals.tracks
    found = [Option(ANY, "All", words.count(len(tracks)))]
    for category in categories:
        style = category_style(category)
        number = sum(track.category == category for track in tracks)
        found.append(
            Option(category, category_title(category), words.count(number), style.glyph,
                   style.colour)
        )  # fmt: skip
    return tuple(found)


def step_of(extent: float) -> float:
    """The power of ten that goes 20 to 200 times into an extent."""
    return 10.0 ** math.floor(math.log10(extent / 20)) if extent > 0 else 0.01
