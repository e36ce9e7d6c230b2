"""Statistics of labels: which frames and cuboids are looked at, and their points counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from av3d.datasets.dataset import LabelledLog
from av3d.datasets.selection import Selection
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.render.point_grid import PointGrid
from av3d.store.releases.distances import comparison_times
from av3d.tracks.approval import approval_of
from av3d.tracks.event import Event
from av3d.tracks.statistics import LabelStatistics
from av3d.tracks.track import Track

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class CountedLabels:
    """Labels of a log that are to be counted.

    Attributes:
        name: of the log.
        start_ns, end_ns: times of its first and last sweep.
        log: its recording; None where it is not at hand.
        tracks: all of the log.
        events: all of the log; decisions of reviewers are among them.
    """

    name: str
    start_ns: int
    end_ns: int
    log: Log | None
    tracks: tuple[Track, ...]
    events: tuple[Event, ...] = ()


def label_statistics(
    given: Iterable[CountedLabels],
    selection: Selection,
    *,
    with_points: bool = False,
    progress: Progress = lambda _text, _done, _total: None,
) -> LabelStatistics:
    """Count the labels that are chosen.

    Where the recording is at hand, cuboids are counted at its frames, as an export with the same
    selection would write them. Elsewhere they are counted at all keyframes of the log, and every
    0.1 s between them; distances from the ego and points are not known then.

    Args:
        given: labels of logs.
        selection: what is chosen.
        with_points: also count the points in each cuboid, which reads all clouds.
        progress: is told about frames.

    Raises:
        Av3dError: something is asked for that needs a recording that is not at hand.
    """
    found = LabelStatistics()
    for labels in given:
        chosen, _ = selection.tracks(labels.tracks, labels.events)
        decided = approval_of(labels.tracks, labels.events)
        if labels.log is None:
            _check_needs_no_recording(labels, selection, with_points=with_points)
            found.add_tracks(chosen, decided)
            _add_times(found, labels, chosen)
            continue
        approval = selection.approval(labels.tracks, labels.events)
        item = LabelledLog(labels.log, chosen, selection, labels.events, approval)
        times_ns = np.array([frame.timestamp_ns for frame in item.frames], dtype=np.int64)
        all_frames = len(times_ns) == len(labels.log.frames)
        found.add_tracks(chosen, decided, times_ns, all_frames=all_frames)
        _add_frames(found, item, labels.log, with_points=with_points, progress=progress)
    return found


def _check_needs_no_recording(
    labels: CountedLabels, selection: Selection, *, with_points: bool
) -> None:
    needs = selection.chooses_cuboids or selection.frames or selection.start or selection.end
    if needs or with_points:
        raise Av3dError(
            f"the recording of {labels.name} is not at hand",
            "",
            "leave out what needs it (--points, --frames, --from, --to, --min-points, "
            "--max-distance-m, --provenance, --review), or bring it back",
        )


def _add_times(found: LabelStatistics, labels: CountedLabels, tracks: tuple[Track, ...]) -> None:
    found.duration_s += (labels.end_ns - labels.start_ns) / 1e9
    for time_ns in comparison_times(tracks, (), None).tolist():
        found.add_frame(tracks, [track.state_at(time_ns) for track in tracks])


def _add_frames(
    found: LabelStatistics,
    item: LabelledLog,
    log: Log,
    *,
    with_points: bool,
    progress: Progress,
) -> None:
    total = len(item.frames)
    last_m = None
    for done, frame in enumerate(item.frames):
        progress(f"{log.name}: frames", done, total)
        world_SE3_ego = log.world_SE3_ego(frame.timestamp_ns)
        ego_SE3_world = world_SE3_ego.inverse()
        states = item.states(frame)
        points = None
        if with_points:
            in_ego = {
                row: state.cuboid.in_frame(ego_SE3_world)
                for row, state in enumerate(states)
                if state is not None
            }
            points = _points(log, frame.index, in_ego) if in_ego else {}
        rows = np.column_stack([ego_SE3_world.rotation, ego_SE3_world.translation_m])[:2]
        found.add_frame(item.tracks, states, rows, points)
        place_m = world_SE3_ego.translation_m
        if last_m is not None:
            found.driven_m = (found.driven_m or 0.0) + float(np.linalg.norm(place_m - last_m))
        last_m = place_m
    found.duration_s += (item.frames[-1].timestamp_ns - item.frames[0].timestamp_ns) / 1e9


def _points(log: Log, index: int, cuboids: Mapping[int, Cuboid]) -> dict[int, int]:
    """How many points of a frame's cloud are in each cuboid of the ego frame."""
    cloud_m = log.cloud(index).points_m
    grid = PointGrid(cloud_m[np.isfinite(cloud_m).all(axis=1)])
    return {row: len(grid.inside(cuboid)) for row, cuboid in cuboids.items()}
