"""Tracks fitted between their keyframes to what the LiDAR saw of them, beside the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from av3d.present.tasks import Report, Work
from av3d.present.words import plural
from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Provenance
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.session import Session

Filled = tuple[Track, Track, int]
"""A track before and after, and in how many sweeps it was measured."""


def fill_selection(session: Session) -> None:
    """Fit the selected tracks between their keyframes, as long work and one step of undo."""
    session.edits.settle()
    tracks = [track for track in map(session.track, session.selection) if track is not None]
    if not tracks:
        return
    names = tracks[0].name if len(tracks) == 1 else f"{len(tracks)} tracks"
    session.works.add(
        Work(
            f"Fitting {names}",
            lambda report: _filled(session, tracks, report),
            then=lambda found: _keep(session, names, found),
            failed=f"{names}: not fitted",
        )
    )


def _filled(session: Session, tracks: Sequence[Track], report: Report) -> list[Filled]:
    from av3d.assist.fill import fill_track
    from av3d.ontology.motion import Motion

    others = session.tracks
    found: list[Filled] = []
    for number, track in enumerate(tracks):
        report(f"Fitting {track.name}", number, len(tracks))
        category = session.labels.ontology.category(track.category)
        fill = fill_track(
            session.log, trusted(track), track.times_ns[0], track.times_ns[-1],
            others=[other for other in others if other.id != track.id],
            motion=category.motion if category is not None else Motion.FREE,
        )  # fmt: skip
        found.append((track, restored(track, fill.after), fill.measured))
    report("", len(tracks), len(tracks))
    return found


def trusted(track: Track) -> Track:
    """The track with the keyframes that somebody fitted one by one, and looked at, as if set by hand.

    A fill takes away the fitted keyframes of an earlier fill, which know their noise; these do not.
    """
    return track.with_keyframes(
        [
            replace(key, provenance=Provenance.MANUAL)
            if key.provenance is Provenance.FITTED and key.noise is None
            else key
            for key in track.keyframes
        ]
    )


def restored(before: Track, after: Track) -> Track:
    """A filled track with its own keyframes as they were."""
    own = {key.timestamp_ns: key for key in before.keyframes if key.noise is None}
    return after.with_keyframes([own.get(key.timestamp_ns, key) for key in after.keyframes])


def _keep(session: Session, names: str, found: Sequence[Filled]) -> None:
    """One transaction of all tracks that nobody has touched since."""

    def operation(document: Document) -> list[Change]:
        for before, _, _ in found:
            if document.tracks.get(before.id) != before:
                raise EditError("it was edited meanwhile", before.name, "fit it again")
        changes = [Change(before, after) for before, after, _ in found]
        return [change for change in changes if not change.is_empty]

    if session.edits.do(f"Fit {names} between keyframes", operation):
        measured = sum(count for _, _, count in found)
        session.say("info", f"{names} fitted", f"Measured in {plural(measured, 'sweep')}.")
    elif all(before == after for before, after, _ in found):
        session.say("info", f"{names} not changed", "The points showed nothing new.")
