"""Edits of many frames at once: turn, shift and resize the cuboids of tracks on a span of time.

The rule of all: at every frame of the log within the span the cuboid is edited, at every frame outside
it stays what it was. Keyframes within are edited; where that is not enough, frames become keyframes:
the first and last within the span; those within at which the motion between edited keyframes is not
the edited motion (a car that turns, shifted to its left); and the frames next to the span, if the
track is interpolated there. Those are trusted as little as the less trusted of the keyframes that they
lie between, edited ones are manual. Attributes go on as they were.

On smooth tracks the rule holds within the limits of `av3d.tracks.operations.steady`, and the keyframes
at both sides of the span's ends become exact, so that nothing is smoothed across. Where the span holds
all of such a track, its keyframes are edited and its motion is fitted anew.

Two kinds of track are edited as a whole where the span touches them, because their keyframes have
something in common: static tracks, and, where a size changes, those of constant size. `whole_tracks`
tells which.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.anchors import (
    CENTER,
    Anchor,
    cuboid_of,
    face_normal,
    placed,
    resized,
    resized_keyframes,
    with_cuboid,
)
from av3d.tracks.operations.common import changed, cuboid_at, exact, pinned
from av3d.tracks.operations.simplify import deviation
from av3d.tracks.operations.steady import Places, is_exact, with_more
from av3d.tracks.track import Track
from av3d.types import FloatArray

EXACT = 1e-10
"""Metres and radians; what is no further off than this is the same but for the rounding of numbers."""

Edit = Callable[[Track, Cuboid], Cuboid]

_FLIP: FloatArray = np.diag([-1.0, -1.0, 1.0])
_LEFT: FloatArray = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


class Axes(StrEnum):
    """Along which axes a cuboid is shifted."""

    WORLD = "world"
    OWN = "own"
    """Its length, width and height at each time."""


@dataclass(frozen=True)
class FrameSpan:
    """The frames that an edit concerns.

    Args:
        start_ns: first time.
        end_ns: last time.
        frames_ns: times of all frames of the log, also those outside, in order.

    Raises:
        EditError: the span ends before it starts.
    """

    start_ns: int
    end_ns: int
    frames_ns: Sequence[int]

    def __post_init__(self) -> None:
        if self.end_ns < self.start_ns:
            raise EditError(
                f"the span ends {self.start_ns - self.end_ns} ns before it starts",
                "",
                "give the earlier time first",
            )
        object.__setattr__(self, "frames_ns", tuple(sorted(set(self.frames_ns))))

    def contains(self, timestamp_ns: int) -> bool:
        return self.start_ns <= timestamp_ns <= self.end_ns


def flip_heading(
    document: Document, track_ids: Iterable[str], span: FrameSpan
) -> tuple[Change, ...]:
    """Front becomes back on a span: half a turn about the object's own vertical axis."""
    return _turned(document, track_ids, span, _FLIP)


def turn_quarter(
    document: Document, track_ids: Iterable[str], span: FrameSpan, *, to_left: bool = True
) -> tuple[Change, ...]:
    """The side becomes the front on a span: a quarter turn, with length and width swapped.

    The cuboid takes up the same space as before. A track of constant size is turned as a whole.
    """
    turn = _LEFT if to_left else _LEFT.T

    def edit(track: Track, cuboid: Cuboid) -> Cuboid:
        length_m, width_m, height_m = cuboid.size_lwh_m
        rotation = cuboid.frame_SE3_cuboid.rotation @ turn
        return cuboid_of(rotation, cuboid.center_m, [width_m, length_m, height_m], track)

    return _on_span(document, track_ids, span, edit, resizes=True)


def shift(
    document: Document,
    track_ids: Iterable[str],
    span: FrameSpan,
    offset_m: npt.ArrayLike,
    axes: Axes = Axes.WORLD,
) -> tuple[Change, ...]:
    """Move cuboids on a span by an offset, (3,), along the axes of the world or their own.

    Raises:
        EditError: the offset is not three finite numbers, or leads out of this world.
    """
    offset = _vector(offset_m)

    def edit(track: Track, cuboid: Cuboid) -> Cuboid:
        rotation = cuboid.frame_SE3_cuboid.rotation
        moved_m = offset if axes is Axes.WORLD else rotation @ offset
        center_m = cuboid.center_m + moved_m
        if np.array_equal(center_m, cuboid.center_m):
            return cuboid
        return placed(cuboid, center_m, cuboid.size_lwh_m, track)

    return _on_span(document, track_ids, span, edit)


def rotate(
    document: Document,
    track_ids: Iterable[str],
    span: FrameSpan,
    yaw_rad: float,
    pitch_rad: float = 0.0,
    roll_rad: float = 0.0,
) -> tuple[Change, ...]:
    """Turn cuboids on a span about their own axes through their centres.

    About the vertical axis first, then about the width, then about the length, as in
    `SE3.from_euler`: positive yaw to the left, positive pitch with the front down.

    Raises:
        EditError: an angle is not finite.
    """
    if not all(math.isfinite(angle_rad) for angle_rad in (yaw_rad, pitch_rad, roll_rad)):
        raise EditError("an angle is not a finite number", "", "give angles in radians")
    turn = SE3.from_euler(roll_rad, pitch_rad, yaw_rad, np.zeros(3)).rotation
    if np.array_equal(turn, np.eye(3)):
        return ()
    return _turned(document, track_ids, span, turn)


def resize(
    document: Document,
    track_ids: Iterable[str],
    span: FrameSpan,
    size_lwh_m: Sequence[float | None],
    anchor: Anchor = CENTER,
) -> tuple[Change, ...]:
    """Give cuboids another size on a span; a track of constant size is resized as a whole.

    Args:
        document: the labels.
        track_ids: the tracks.
        span: the frames.
        size_lwh_m: length, width and height; None for one that stays.
        anchor: the point of every cuboid that stays where it is.

    Raises:
        EditError: a length is not positive and finite.
    """
    wanted = tuple(size_lwh_m)
    if len(wanted) != 3:
        raise EditError(f"a size has three lengths, got {len(wanted)}", "", "give all three")

    def edit(track: Track, cuboid: Cuboid) -> Cuboid:
        pairs = zip(wanted, cuboid.size_lwh_m.tolist(), strict=True)
        size = [old if new is None else new for new, old in pairs]
        return resized(cuboid, size, anchor, track)

    return _on_span(document, track_ids, span, edit, resizes=True, anchor=anchor)


def move_face(
    document: Document, track_ids: Iterable[str], span: FrameSpan, face: str, by_m: float
) -> tuple[Change, ...]:
    """Move one face outwards (or, negative, inwards) on a span; the opposite one stays.

    A track of constant size is resized as a whole.

    Args:
        document: the labels.
        track_ids: the tracks.
        span: the frames.
        face: one of `av3d.geometry.cuboid.FACES`.
        by_m: how far.

    Raises:
        EditError: there is no such face, or nothing would be left of a cuboid.
    """
    normal = face_normal(face)
    opposite = (-normal[0], -normal[1], -normal[2])
    grown_m = np.abs(normal) * by_m

    def edit(track: Track, cuboid: Cuboid) -> Cuboid:
        return resized(cuboid, cuboid.size_lwh_m + grown_m, opposite, track)

    return _on_span(document, track_ids, span, edit, resizes=True, anchor=opposite)


def whole_tracks(
    document: Document, track_ids: Iterable[str], span: FrameSpan, *, resizes: bool
) -> tuple[str, ...]:
    """Which tracks an edit on a span changes as a whole, as lines for people.

    Args:
        document: the labels.
        track_ids: the tracks.
        span: the frames.
        resizes: whether the edit changes sizes (`resize`, `move_face`, `turn_quarter`).
    """
    lines: list[str] = []
    for track in map(document.track, dict.fromkeys(track_ids)):
        if not (_is_whole(track, resizes) and _touches(track, span)):
            continue
        why = "is static" if track.static else "has one size"
        lines.append(f"{track.name} {why}: all of it changes, not only the span")
    return tuple(lines)


def _turned(
    document: Document, track_ids: Iterable[str], span: FrameSpan, turn: FloatArray
) -> tuple[Change, ...]:
    def edit(track: Track, cuboid: Cuboid) -> Cuboid:
        rotation = cuboid.frame_SE3_cuboid.rotation @ turn
        return cuboid_of(rotation, cuboid.center_m, cuboid.size_lwh_m, track)

    return _on_span(document, track_ids, span, edit)


def _vector(values: npt.ArrayLike) -> FloatArray:
    try:
        vector = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EditError(f"an offset needs numbers: {error}", "", "give metres") from error
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise EditError("an offset is three finite numbers", "", "give x, y and z in metres")
    return vector


def _is_whole(track: Track, resizes: bool) -> bool:
    return track.static or (resizes and not track.free_size)


def _touches(track: Track, span: FrameSpan) -> bool:
    """Whether the track has a keyframe or is there at a frame of the span."""
    return any(span.contains(time) for time in track.times_ns) or any(
        span.contains(time) and track.is_present(time) for time in span.frames_ns
    )


def _on_span(
    document: Document,
    track_ids: Iterable[str],
    span: FrameSpan,
    edit: Edit,
    *,
    resizes: bool = False,
    anchor: Anchor | None = None,
) -> tuple[Change, ...]:
    """The changes of an edit; `anchor` is that of one that does nothing but resize."""
    changes: list[Change] = []
    for track in map(document.track, dict.fromkeys(track_ids)):
        if not _touches(track, span):
            continue
        if not _is_whole(track, resizes):
            after = _partly(track, span, edit)
        elif anchor is not None:
            size_lwh_m = edit(track, track.keyframes[0].cuboid).size_lwh_m
            after = track.with_keyframes(resized_keyframes(track, size_lwh_m, anchor))
        else:
            after = _whole(track, edit)
        changes += changed(track, after)
    return tuple(changes)


def _whole(track: Track, edit: Edit) -> Track:
    """The track with all keyframes edited; those that change are manual."""
    one = edit(track, track.keyframes[0].cuboid) if track.static else None
    return track.with_keyframes(
        with_cuboid(keyframe, one or edit(track, keyframe.cuboid), Provenance.MANUAL)
        for keyframe in track.keyframes
    )


def _partly(track: Track, span: FrameSpan, edit: Edit) -> Track:
    """The track with an edit on a span, and its state at all frames outside what it was."""
    present = [time for time in span.frames_ns if track.is_present(time)]
    first, last = bisect_left(present, span.start_ns), bisect_right(present, span.end_ns)
    inside = present[first:last]

    def edited(keyframe: Keyframe) -> Keyframe:
        return with_cuboid(keyframe, edit(track, keyframe.cuboid), Provenance.MANUAL)

    concerned = {k.timestamp_ns: k for k in track.keyframes if span.contains(k.timestamp_ns)}
    for time in inside[:1] + inside[-1:]:
        concerned[time] = pinned(track, time)
    new = {time: edited(keyframe) for time, keyframe in concerned.items()}
    if all(new[time] is keyframe for time, keyframe in concerned.items()):
        return track
    new.update((k.timestamp_ns, k) for k in track.keyframes if k.timestamp_ns not in new)
    # The frames next to the span. A keyframe between one of them and the span holds it already.
    times = track.times_ns
    if first > 0:
        before = present[first - 1]
        if bisect_left(times, before) == bisect_left(times, span.start_ns):
            new[before] = pinned(track, before)
    if last < len(present):
        after = present[last]
        if bisect_right(times, span.end_ns) == bisect_right(times, after):
            new[after] = pinned(track, after)
    result = track.with_keyframes(new.values())
    if not is_exact(track, result):
        # The edit ends here and not a second later: what is smoothed across would swing.
        if first > 0:
            _break(new, span.start_ns)
        if last < len(present):
            _break(new, span.end_ns + 1)
        result = track.with_keyframes(new.values())
    if is_exact(track, result):
        return _exactly(track, result, [time for time in inside if time not in new], edited)
    if len(inside) == len(present) and span.contains(times[0]) and span.contains(times[-1]):
        return result  # all of it: its keyframes say how it moves, as they did before
    times_ns = np.array(present, dtype=np.int64)
    wanted = Places.of(track, times_ns)
    cuboids = [edit(track, wanted.cuboid(row)) for row in range(first, last)]
    wanted = wanted.replaced(first, cuboids)
    return with_more(
        result,
        times_ns,
        wanted,
        lambda time: edited(pinned(track, time)) if span.contains(time) else pinned(track, time),
    )


def _break(keyframes: dict[int, Keyframe], cut_ns: int) -> None:
    """Let nothing be smoothed across a time, at both sides of which there are keyframes."""
    for time_ns in (
        max(time_ns for time_ns in keyframes if time_ns < cut_ns),
        min(time_ns for time_ns in keyframes if time_ns >= cut_ns),
    ):
        keyframes[time_ns] = exact(keyframes[time_ns])


def _exactly(
    track: Track, result: Track, times_ns: Sequence[int], edited: Callable[[Keyframe], Keyframe]
) -> Track:
    """The linear track with as many more of these times edited as make it edited at all of them."""
    while True:
        off = [
            keyframe
            for time in times_ns
            if result.keyframe_at(time) is None
            and not _is_close((keyframe := edited(pinned(track, time))).cuboid, result, time)
        ]
        if not off:
            return result
        result = result.with_keyframes([*result.keyframes, *off])


def _is_close(cuboid: Cuboid, track: Track, timestamp_ns: int) -> bool:
    limit = EXACT + 1e-15 * float(np.abs(cuboid.center_m).max())
    return max(deviation(cuboid, cuboid_at(track, timestamp_ns))) <= limit
