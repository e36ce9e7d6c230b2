"""What of tracks is written to a tracks file when only some frames and cuboids are chosen.

A tracks file has keyframes, not cuboids: what is chosen becomes the spans in which objects are there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from av3d.datasets.dataset import LabelledLog, Loss
from av3d.datasets.label_files import FrameRuns
from av3d.datasets.relabelling import NAMED
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track


@dataclass(frozen=True)
class Chosen:
    """Tracks with what is chosen of them, and what that left out."""

    tracks: tuple[Track, ...]
    losses: tuple[Loss, ...] = ()


def chosen_tracks(item: LabelledLog) -> Chosen:
    """The tracks of a log as they are chosen; those very tracks where nothing is left out.

    A track is there in the chosen frames that show a chosen cuboid of it, and nowhere else. It keeps
    its keyframes there and, for each span, the nearest one before and after it, between which it
    moves into the span. A track whose motion depends on all of its keyframes keeps all.
    """
    if len(item.frames) == len(item.log.frames) and not item.selection.chooses_cuboids:
        return Chosen(item.tracks)
    runs = FrameRuns(len(item.tracks))
    for frame in item.frames:
        for row, state in enumerate(item.states(frame)):
            if state is not None:
                runs.add(row, frame.index, frame.index - 1)
    tracks: list[Track] = []
    gone: list[str] = []
    cut: list[str] = []
    dropped = 0
    times_ns = [frame.timestamp_ns for frame in item.log.frames]
    for row, track in enumerate(item.tracks):
        if not runs.of(row):
            gone.append(track.name)
            continue
        shown = sum(last - first + 1 for first, last in runs.of(row))
        if shown == sum(map(track.is_present, times_ns)):
            tracks.append(track)  # nothing of it is left out
            continue
        spans = tuple(_span(track, first, last, times_ns) for first, last in runs.of(row))
        kept = _within(replace(track, presence=spans))
        dropped += len(track.keyframes) - len(kept.keyframes)
        if kept.keyframes != track.keyframes:
            cut.append(track.name)
        tracks.append(kept)
    detail = "left out, as chosen; the nearest ones beside what is chosen stay, for the motion"
    losses = [
        Loss("tracks in no chosen frame", len(gone), "tracks", "left out", tuple(gone[:NAMED])),
        Loss("keyframes", dropped, "keyframes", detail, tuple(cut[:NAMED])),
    ]
    return Chosen(tuple(tracks), tuple(loss for loss in losses if loss.count))


def _span(track: Track, first: int, last: int, times_ns: Sequence[int]) -> Span:
    """The span of a run of frames; where the track's own begins or ends with it, that end of it."""
    start_ns, end_ns = times_ns[first], times_ns[last]
    starts = ends = Edge.VIEW
    for span in track.presence:
        if span.contains(start_ns) and (first == 0 or not span.contains(times_ns[first - 1])):
            start_ns, starts = span.start_ns, span.starts
        at_end = last == len(times_ns) - 1
        if span.contains(end_ns) and (at_end or not span.contains(times_ns[last + 1])):
            end_ns, ends = span.end_ns, span.ends
    return Span(start_ns, end_ns, starts, ends)


def _within(track: Track) -> Track:
    """The track without the keyframes that its presence does not need."""
    if not track.is_linear:
        return track
    times_ns = track.times_ns
    wanted: set[int] = set()
    for span in track.presence:
        first = bisect_right(times_ns, span.start_ns) - 1
        last = bisect_left(times_ns, span.end_ns)
        wanted.update(range(max(first, 0), min(last, len(times_ns) - 1) + 1))
    kept = replace(
        track, keyframes=tuple(track.keyframes[row] for row in sorted(wanted)),
        free_size=track.free_size,
    )  # fmt: skip
    # Fewer keyframes may call for another model, which moves otherwise.
    return kept if kept.is_linear else track
