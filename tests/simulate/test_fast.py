from __future__ import annotations

import numpy as np
import pytest
from shapely import STRtree
from shapely.geometry import Polygon

from av3d.geometry.cuboid import Cuboid
from av3d.simulate.cast import START_NS
from av3d.simulate.fast import fast
from av3d.simulate.options import LONGEST
from av3d.types import FloatArray

SECONDS = np.arange(0, 15.05, 0.1)
TIMES_NS = START_NS + np.round(SECONDS * 1e9).astype(np.int64)


def speeds(centers_m: FloatArray) -> FloatArray:
    return np.linalg.norm(np.diff(centers_m, axis=0), axis=1) / 0.1


def footprint(cuboid: Cuboid) -> Polygon:
    return Polygon(cuboid.corners_m()[:4, :2])


@pytest.mark.parametrize("seed", [0, 7, 11])
def test_nobody_drives_into_another(seed: int) -> None:
    scenario = fast(seed)
    movers = [a for a in scenario.actors if not a.still and a.category != "pedestrian"]
    ego_size_m = np.array([4.8, 2.1, 1.7])
    for time in TIMES_NS.tolist():
        shapes = [footprint(actor.cuboid_at(time)) for actor in movers]
        shapes.append(footprint(Cuboid(scenario.world_SE3_ego(time), ego_size_m)))
        first, second = STRtree(shapes).query(shapes, predicate="intersects")
        assert (first == second).all()


def test_the_sensor_car_drives_at_fifteen_metres_a_second_and_steers() -> None:
    pose = fast(7).world_SE3_ego(TIMES_NS)
    assert speeds(pose.translation_m) == pytest.approx(15, abs=0.1)
    assert np.rad2deg(np.ptp(pose.yaw_rad)) > 6


def test_there_are_oncoming_overtaking_crossing_and_turning_cars() -> None:
    scenario = fast(7)
    ego_yaw = scenario.world_SE3_ego(TIMES_NS).yaw_rad
    ego_x = scenario.world_SE3_ego(TIMES_NS).translation_m[:, 0]
    kinds = set()
    for actor in scenario.actors:
        if actor.category not in ("car", "truck") or actor.still:
            continue
        centers = actor.centers_m(TIMES_NS)
        heading = np.unwrap(actor.world_SE3_base(TIMES_NS).yaw_rad)
        away = np.abs(np.rad2deg(heading - ego_yaw))
        fast_enough = speeds(centers).max() > 14.5
        behind = centers[:, 0] < ego_x
        if fast_enough and (np.abs(away - 180) < 12).all():
            kinds.add("oncoming")
        if fast_enough and (away < 12).all() and behind[0] and not behind[-1]:
            kinds.add("overtaking")
        if fast_enough and (np.abs(away - 90) < 12).all():
            kinds.add("crossing")
        if np.ptp(np.rad2deg(heading)) > 80:
            kinds.add("turning")
    assert kinds == {"oncoming", "overtaking", "crossing", "turning"}


def test_the_longest_log_ends_within_the_town() -> None:
    end_ns = START_NS + LONGEST["fast"] * 100_000_000
    assert fast(7).world_SE3_ego(end_ns).translation_m[0] < 190
