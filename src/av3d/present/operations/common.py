"""What all operations share: doing one with a title, and telling where there is nothing to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from av3d.present.dialog import Option
from av3d.present.edits import Operation
from av3d.present.selection import selection_name
from av3d.present.session import Session
from av3d.render.palette import category_style
from av3d.tracks.document import EditError
from av3d.tracks.operations.spans import FrameSpan
from av3d.tracks.track import Track


def do(session: Session, title: str, operation: Operation, nothing: str = "") -> bool:
    """Make an edit of the selected tracks; where nothing changes, say so.

    Args:
        session: whose labels.
        title: what is done; the names follow.
        operation: gives the changes.
        nothing: why there may be nothing to do.
    """
    told = len(session.messages)
    who = selection_name(session)
    done = session.edits.do(f"{title}: {who}", operation)
    if not done and len(session.messages) == told:
        session.say("info", f"{title}: nothing to do", nothing or f"It is so already for {who}.")
    return done


def times_ns(session: Session) -> list[int]:
    """Times of all frames of the log."""
    found: list[int] = session.log.frames.timestamps_ns.tolist()
    return found


def period_ns(session: Session) -> int:
    """Half as much again as the usual time between frames: what is no further apart has no gap."""
    times = session.log.frames.timestamps_ns
    return round(1.5 * float(np.median(np.diff(times)))) if len(times) > 1 else 1


def previous_ns(session: Session, frame: int) -> int | None:
    """Time of the frame before one, None at the first."""
    return session.log.frames[frame - 1].timestamp_ns if frame > 0 else None


def next_ns(session: Session, frame: int) -> int | None:
    """Time of the frame after one, None at the last."""
    return session.log.frames[frame + 1].timestamp_ns if frame + 1 < session.frames else None


def span_of(session: Session, tracks: Sequence[Track] = ()) -> FrameSpan:
    """The chosen span, or else all of the tracks, or of the log where none are given."""
    times = times_ns(session)
    if session.span is not None:
        return FrameSpan(session.span.start_ns, session.span.end_ns, times)
    keys = [time for track in tracks for time in (track.times_ns[0], track.times_ns[-1])]
    ends = [time for track in tracks for time in (track.start_ns, track.end_ns)]
    if not tracks:
        return FrameSpan(times[0], times[-1], times)
    return FrameSpan(min(keys + ends), max(keys + ends), times)


def span_words(session: Session, span: FrameSpan) -> str:
    """A span as people read it: "frames 3 to 9"."""
    inside = session.log.frames.between(span.start_ns, span.end_ns)
    if len(inside) == 1:
        return f"frame {inside.start}"
    return f"frames {inside.start} to {inside.stop - 1}"


def track_option(track: Track, note: str = "") -> Option:
    """A track as an option, with the icon of its category."""
    style = category_style(track.category)
    return Option(track.id, track.name, note, style.glyph, style.colour)


def chosen(value: object, what: str) -> str:
    """The key of an option; EditError while none is chosen."""
    if not value:
        raise EditError(f"no {what} is chosen", "", f"choose a {what}")
    return str(value)


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: "Car 7, Car 9 and Car 12"."""
    found = list(names)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"


def names_of(tracks: Sequence[Track]) -> str:
    """The tracks by name, or how many they are: "Car 7 and Car 12", "5 tracks"."""
    return listed(track.name for track in tracks) if len(tracks) < 4 else f"{len(tracks)} tracks"
