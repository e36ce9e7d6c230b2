"""What is measured: contiguous pieces of tracks whose every frame has a true cuboid."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.registry import dataset, open_log
from av3d.geometry.se3 import SE3, rotation_about_z
from av3d.logs.log import Log
from av3d.ontology.motion import Motion
from av3d.ontology.presets import default
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray, IntArray

RADIUS_M = 50.0
"""Cuboids count up to this distance from the ego vehicle, seen from above."""
MIN_FRAMES = 21
"""Frames of a span: 20 steps from one to the next."""
NOT_ROAD_USERS = ("trailer",)
"""Categories on wheels that go nowhere by themselves. With them, with 20 frames, or with cuboids without
points left out, the two logs of the issue give other counts than its 91 spans and 8,867 frames."""
TWO_WHEELERS = ("bicycle", "motorcycle")
GROUPS = ("wheeled", "two-wheeler", "legged")
MOVING_M = 2.0
"""A span moves if it gets further than this from where it begins."""
MADE = "made"
"""In place of a log's name, of cases that are made; their tracks are called "<case> <variant>"."""
POINT_COUNTS = ("av2.num_interior_pts", "lidar_points")
"""Attributes in which keyframes carry the number of points inside."""


@dataclass(frozen=True, eq=False)
class Span:
    """A piece of a track with the truth of N consecutive frames.

    Attributes:
        log, track_id, category: where it comes from.
        group: one of GROUPS.
        times_ns: of the frames, increasing, (N,).
        centers_m: world frame, (N, 3).
        rotations: world from cuboid, (N, 3, 3).
        size_lwh_m: the one true size, (3,).
        world_SE3_ego: pose of the ego vehicle at each frame, (N,).
    """

    log: str
    track_id: str
    category: str
    group: str
    times_ns: IntArray
    centers_m: FloatArray
    rotations: FloatArray
    size_lwh_m: FloatArray
    world_SE3_ego: SE3

    def __len__(self) -> int:
        return len(self.times_ns)

    @property
    def key(self) -> int:
        """A number of its own, the same in every run and whatever else is measured."""
        return zlib.crc32(f"{self.log}/{self.track_id}/{self.times_ns[0]}".encode())

    @property
    def case(self) -> str:
        """What kind of object or motion it is."""
        return self.track_id.rsplit(" ", 1)[0] if self.log == MADE else self.category

    @property
    def half(self) -> str:
        """Parameters may be tuned on one half of the tracks; figures are reported on the other."""
        return "tune" if zlib.crc32(self.track_id.encode()) % 2 == 0 else "report"

    @cached_property
    def moves(self) -> bool:
        apart_m = np.linalg.norm(self.centers_m - self.centers_m[0], axis=1)
        return bool(apart_m.max() > MOVING_M)

    def only(self, keep: BoolArray) -> Span:
        """The same span without some of its frames."""
        return Span(
            self.log, self.track_id, self.category, self.group, self.times_ns[keep],
            self.centers_m[keep], self.rotations[keep], self.size_lwh_m, self.world_SE3_ego[keep],
        )  # fmt: skip


def group_of(category: str) -> str | None:
    """The group of road users that a category belongs to; None: it is no road user."""
    found = default().category(category)
    if found is None or category in NOT_ROAD_USERS:
        return None
    if found.motion is Motion.LEGGED:
        return "legged"
    if found.motion is Motion.WHEELED:
        return "two-wheeler" if category in TWO_WHEELERS else "wheeled"
    return None


def true_tracks(log: Log) -> tuple[Track, ...]:
    """The tracks that count as true: of a simulated log its truth, of others the labels they have."""
    truth = log.path / "truth" / "tracks.json"
    return dataset(log.kind).read_labels(log, truth if truth.is_file() else None).tracks


def spans_of(
    log: Log,
    tracks: Sequence[Track],
    *,
    radius_m: float = RADIUS_M,
    min_frames: int = MIN_FRAMES,
    min_points: int = 0,
    bridged: int = 0,
    upright: bool = True,
) -> Iterator[Span]:
    """The spans of road users that have a cuboid in every labelled frame.

    Args:
        log: for the ego poses, and for the points where `min_points` asks for them.
        tracks: with a keyframe at each frame in which the object was labelled.
        radius_m: how far from the ego vehicle, seen from above.
        min_frames: shorter ones are left out.
        min_points: frames with fewer points inside do not count.
        bridged: unless there are at most so many of them in a row, between others: an occlusion.
        upright: turn the cuboids about the vertical only, as the issue's figures do.
    """
    frames_ns = np.unique(np.concatenate([track.columns.times_ns for track in tracks]))
    for track in tracks:
        group = group_of(track.category)
        if group is None:
            continue
        columns = track.columns
        world_SE3_ego = log.trajectory.at(columns.times_ns)
        away_m = world_SE3_ego.inverse().transform(columns.centers_m[:, None])[:, 0]
        near = np.hypot(away_m[:, 0], away_m[:, 1]) < radius_m
        if min_points and near.any():
            near &= bridge(points_inside(log, track) >= min_points, bridged)
        rotations = columns.rotations
        if upright:
            rotations = rotation_about_z(SE3.trusted(rotations, columns.centers_m).yaw_rad)
        kept = np.flatnonzero(near)
        frames = np.searchsorted(frames_ns, columns.times_ns)
        for rows in np.split(kept, np.flatnonzero(np.diff(frames[kept]) > 1) + 1):
            if len(rows) >= min_frames:
                yield Span(
                    log.name, track.id, track.category, group, columns.times_ns[rows],
                    columns.centers_m[rows], rotations[rows],
                    np.median(columns.sizes_lwh_m, axis=0), world_SE3_ego[rows],
                )  # fmt: skip


def bridge(seen: BoolArray, longest: int) -> BoolArray:
    """Count what is not seen for up to `longest` in a row, between what is seen, as seen, (N,)."""
    rows = np.flatnonzero(seen)
    result = seen.copy()
    for left, right in pairwise(rows.tolist()):
        if right - left - 1 <= longest:
            result[left:right] = True
    return result


def points_inside(log: Log, track: Track) -> IntArray:
    """How many points each keyframe has inside: as the dataset says, else as counted, (K,)."""
    counts: list[int] = []
    rows_of = {frame.timestamp_ns: frame.index for frame in log.frames}
    for keyframe in track.keyframes:
        said = [keyframe.attributes[name] for name in POINT_COUNTS if name in keyframe.attributes]
        if said:
            counts.append(int(said[0]))
            continue
        row = rows_of.get(keyframe.timestamp_ns)
        if row is None:
            counts.append(0)
            continue
        ego_SE3_world = log.world_SE3_ego(keyframe.timestamp_ns).inverse()
        cuboid = keyframe.cuboid.in_frame(ego_SE3_world)
        counts.append(int(cuboid.contains(log.cloud(row).points_m).sum()))
    return np.array(counts, dtype=np.int64)


def av2_logs(real_data: Path) -> list[Path]:
    """The Argoverse 2 logs with annotations in the folder of real data."""
    return sorted(path.parent for path in (real_data / "av2").glob("*/annotations.feather"))


def read_spans(paths: Iterable[Path], **rules: Any) -> list[Span]:
    """The spans of logs, in the order of the logs; the rules are those of `spans_of`."""
    logs = [open_log(path) for path in paths]
    return [span for log in logs for span in spans_of(log, true_tracks(log), **rules)]
