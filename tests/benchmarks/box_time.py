"""How far cuboids in sweeps are from the points of fast road users: the time of the beam, or none.

    python tests/benchmarks/box_time.py [--seed 7] [--frames 40]

Everybody drives 15 m/s while the LiDAR takes 100 ms for a turn. For every sweep and every road user of at
least 10 m/s with enough points, the centre of a cuboid is compared with the true centre at the mean time
of the road user's points (by the simulator's own poses):

    av3d            the cuboid that av3d shows in the sweep
    ignored         the true cuboid at the sweep's timestamp, as if all points had been measured then

for sweeps stamped at start, middle and end of the turn, with a keyframe in every sweep and with one every
second. Road users that the seam of the turn cuts in two have no one time; they are counted and left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from av3d.logs.log import Log
from av3d.render.placing import tracks_in_frame
from av3d.simulate.actor import Actor
from av3d.simulate.fast import fast
from av3d.simulate.options import SweepStamp
from av3d.simulate.world import Scenario
from av3d.tracks.thinning import thin_keyframes
from av3d.tracks.track import Track
from av3d.types import NS_PER_MS, NS_PER_S, FloatArray, IntArray


def _sibling(name: str) -> Any:
    """Another benchmark, also when this one is loaded by a test."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    sys.modules.setdefault(name, module)  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


ENOUGH_POINTS = 20
FAST_M_S = 10.0
STEADY_M_S2 = 0.5
ONE_PASS_NS = 50 * NS_PER_MS
"""Points of one thing that are further apart in time lie on both sides of the seam of the turn."""


@dataclass(frozen=True)
class Seen:
    """A fast road user in a sweep.

    Attributes:
        frame: index of the frame.
        actor: who.
        mean_ns: mean time of its points.
        split: whether it lies across the seam of the turn.
    """

    frame: int
    actor: Actor
    mean_ns: int
    split: bool


def fast_ones(log: Log, scenario: Scenario, frames: Sequence[int]) -> Iterator[Seen]:
    """Fast road users with enough points in the sweeps of frames, from files and true poses."""
    mount = log.rig.lidar(log.reference_lidar)
    for index in frames:
        sweep = log.sweep(index)
        assert sweep.time_offset_ns is not None
        times_ns = sweep.timestamp_ns + sweep.time_offset_ns
        pose = scenario.world_SE3_ego(times_ns) @ mount.ego_SE3_lidar
        points_m = pose.transform(sweep.points_m[:, None])[:, 0]
        for actor in scenario.actors:
            if speed_m_s(actor, sweep.timestamp_ns) < FAST_M_S:
                continue
            own_ns = times_ns[own_points(actor, points_m, times_ns)]
            if len(own_ns) >= ENOUGH_POINTS:
                mean_ns = sweep.timestamp_ns + round(float((own_ns - sweep.timestamp_ns).mean()))
                yield Seen(index, actor, mean_ns, bool(np.ptp(own_ns) > ONE_PASS_NS))


def own_points(actor: Actor, points_m: FloatArray, times_ns: IntArray) -> IntArray:
    """Rows of points (N, 3) that are inside an actor's cuboid, grown by 3 cm, at their own time."""
    # Grown by the way of a turn for a first look.
    middle = actor.centers_m(int(np.median(times_ns)))
    near = np.flatnonzero(np.linalg.norm(points_m - middle, axis=1) < actor.radius_m + 4)
    base = actor.world_SE3_base(times_ns[near])
    local_m = base.inverse().transform(points_m[near, None])[:, 0] - actor.base_center_m
    inside = (np.abs(local_m) < actor.size_lwh_m / 2 + 0.03).all(axis=1)
    return np.asarray(near[inside])


def speed_m_s(actor: Actor, timestamp_ns: int) -> float:
    """Speed of an actor."""
    ends = actor.centers_m(timestamp_ns + np.array([-5_000_000, 5_000_000]))
    return float(np.linalg.norm(ends[1] - ends[0]) / 0.01)


def acceleration_m_s2(actor: Actor, timestamp_ns: int) -> float:
    """Horizontal acceleration of an actor, over a second."""
    a, b, c = actor.centers_m(timestamp_ns + np.array([-NS_PER_S // 2, 0, NS_PER_S // 2]))[:, :2]
    return float(np.linalg.norm(c - 2 * b + a) / 0.25)


def errors_m(log: Log, seen: Sequence[Seen], tracks: Sequence[Track], axes: int = 3) -> FloatArray:
    """Distance of the centres that av3d shows from the true ones, (N,), NaN where it shows none.

    Along the first 3 or 2 `axes` of the world: between keyframes a straight line leaves a bumpy road.
    """
    found = np.full(len(seen), np.nan)
    shown: dict[int, dict[str, FloatArray]] = {}
    for row, item in enumerate(seen):
        if item.frame not in shown:
            placed = tracks_in_frame(log, item.frame, tracks)
            shown[item.frame] = {p.track.id: p.state.cuboid.center_m for p in placed}
        center_m = shown[item.frame].get(item.actor.track_id)
        if center_m is not None:
            off_m = center_m - item.actor.centers_m(item.mean_ns)
            found[row] = np.linalg.norm(off_m[:axes])
    return found


def ignored_m(log: Log, seen: Sequence[Seen]) -> FloatArray:
    """Way of the road users from the sweep's timestamp to the mean time of their points, (N,)."""
    return np.array(
        [
            np.linalg.norm(
                item.actor.centers_m(log.frame(item.frame).timestamp_ns)
                - item.actor.centers_m(item.mean_ns)
            )
            for item in seen
        ]
    )


def line(title: str, errors: FloatArray) -> None:
    """Print one line of figures in centimetres."""
    errors = errors[~np.isnan(errors)] * 100
    print(
        f"  {title:52} mean {errors.mean():7.2f}  p90 {np.quantile(errors, 0.9):7.2f}  "
        f"max {errors.max():7.2f} cm  ({len(errors)})",
        flush=True,
    )


def main() -> None:
    """Make the logs, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--frames", type=int, default=40)
    arguments = parser.parse_args()
    overlay = _sibling("overlay_time")
    scenario = fast(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        for stamp in get_args(SweepStamp):
            log = overlay.make_log(
                Path(folder) / stamp, arguments.seed, arguments.frames, stamp, "exposure"
            )
            tracks = overlay.true_tracks(log)
            everyone = list(fast_ones(log, scenario, range(len(log.frames))))
            seen = [item for item in everyone if not item.split]
            sparse = [thin_keyframes(track, NS_PER_S) for track in tracks]
            steady = np.array(
                [acceleration_m_s2(item.actor, item.mean_ns) < STEADY_M_S2 for item in seen]
            )
            every_second = errors_m(log, seen, sparse)
            print(
                f"sweeps stamped at the {stamp} of the turn: {len(seen)} cuboids, "
                f"{len(everyone) - len(seen)} more across the seam"
            )
            line("av3d, a keyframe in every sweep", errors_m(log, seen, tracks))
            line("av3d, a keyframe every second, steady motion", every_second[steady])
            line("the same, without height", errors_m(log, seen, sparse, axes=2)[steady])
            line("av3d, a keyframe every second, all", every_second)
            line("time of points ignored", ignored_m(log, seen))


if __name__ == "__main__":
    main()
