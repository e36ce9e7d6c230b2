from __future__ import annotations

import numpy as np
import pytest

from av3d.geometry.se3 import SE3
from av3d.logs.sweep import Sweep
from av3d.simulate.cast import START_NS
from av3d.simulate.laser import Laser, beam_elevations_rad
from av3d.simulate.options import SimulateOptions
from av3d.simulate.rig import LIDAR, sample_rig
from av3d.simulate.tracing import NOTHING
from av3d.simulate.world import World
from av3d.types import FloatArray, IntArray

TIME_NS = START_NS + 1_500_000_000
MOUNT = sample_rig().lidars[LIDAR]


@pytest.fixture(scope="module")
def measured(world: World) -> tuple[Sweep, IntArray]:
    return Laser(world, MOUNT, SimulateOptions(seed=7)).measure(TIME_NS)


def in_cuboid_frame(world: World, sweep: Sweep, index: int, rows: IntArray) -> FloatArray:
    """Points of an actor in its cuboid's frame, each at its own time."""
    times = TIME_NS + sweep.time_offset_ns[rows]
    world_SE3_lidar = world.scenario.world_SE3_ego(times) @ MOUNT.ego_SE3_lidar
    points = np.einsum("nij,nj->ni", world_SE3_lidar.rotation, sweep.points_m[rows])
    points = points + world_SE3_lidar.translation_m
    actor = world.scenario.actors[index]
    base = actor.world_SE3_base(times)
    local = np.einsum("nji,nj->ni", base.rotation, points - base.translation_m)
    return local - actor.base_center_m


def test_points_of_a_thing_lie_inside_its_true_cuboid_at_their_time(world, measured) -> None:
    sweep, owners = measured
    total = inside = exactly = 0
    for index in np.unique(owners[owners != NOTHING]):
        rows = np.flatnonzero(owners == index)
        local = np.abs(in_cuboid_frame(world, sweep, index, rows))
        half = world.scenario.actors[index].size_lwh_m / 2
        total += len(rows)
        # Range noise has a standard deviation of 1 cm.
        inside += int((local <= half + 0.035).all(axis=1).sum())
        exactly += int((local <= half).all(axis=1).sum())
    assert total > 1000
    assert inside / total > 0.999
    assert exactly / total > 0.85


def test_the_cuboid_at_the_sweep_time_does_not_hold_a_moving_thing(world, measured) -> None:
    """Points are as measured: without their own times they are off by the motion."""
    sweep, owners = measured
    worst = 0.0
    lidar = world.scenario.world_SE3_ego(TIME_NS) @ MOUNT.ego_SE3_lidar
    for index in np.unique(owners[owners != NOTHING]):
        rows = np.flatnonzero(owners == index)
        actor = world.scenario.actors[index]
        points = lidar.transform(sweep.points_m[rows])
        local = actor.cuboid_at(TIME_NS).frame_SE3_cuboid.inverse().transform(points)
        worst = max(worst, float((np.abs(local) - actor.size_lwh_m / 2).max()))
    assert worst > 0.15


def test_the_cuboid_fits_tightly(world, measured) -> None:
    sweep, owners = measured
    rows_by_actor = {i: np.flatnonzero(owners == i) for i in np.unique(owners) if i != NOTHING}
    index = max(rows_by_actor, key=lambda i: len(rows_by_actor[i]))
    local = in_cuboid_frame(world, sweep, index, rows_by_actor[index])
    half = world.scenario.actors[index].size_lwh_m / 2
    # A car seen from its side reaches both ends of its cuboid and nearly its roof.
    assert half[0] - local[:, 0].max() < 0.15
    assert half[0] + local[:, 0].min() < 0.15
    assert half[2] - local[:, 2].max() < 0.15


def test_the_beam_turns_clockwise_and_points_to_the_front_left_at_the_sweep_time(measured) -> None:
    sweep, _ = measured
    azimuth = np.arctan2(sweep.points_m[:, 1], sweep.points_m[:, 0])
    expected = np.deg2rad(45) - sweep.time_offset_ns / 100e6 * 2 * np.pi
    off = (azimuth - expected + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(off).max() < 0.01
    assert not sweep.motion_compensated


def test_points_of_the_town_lie_on_it_when_motion_is_taken_out(world) -> None:
    """Both sweeps fit the same walls, although the car turned and pitched in between."""
    import open3d as o3d

    laser = Laser(world, MOUNT, SimulateOptions(seed=7, range_noise_m=0.0, azimuth_steps=180))
    for time in (TIME_NS, TIME_NS + 1_000_000_000):
        sweep, owners = laser.measure(time)
        rows = np.flatnonzero(owners == NOTHING)
        times = time + sweep.time_offset_ns[rows]
        pose = world.scenario.world_SE3_ego(times) @ MOUNT.ego_SE3_lidar
        points = np.einsum("nij,nj->ni", pose.rotation, sweep.points_m[rows]) + pose.translation_m
        tensor = o3d.core.Tensor(points.astype(np.float32))
        off_m = world.static._scene.compute_distance(tensor).numpy()
        assert off_m.max() < 0.02


def test_the_same_time_gives_the_same_sweep(world, measured) -> None:
    again, owners = Laser(world, MOUNT, SimulateOptions(seed=7)).measure(TIME_NS)
    assert np.array_equal(again.points_m, measured[0].points_m)
    assert np.array_equal(owners, measured[1])


def test_intensity_is_between_0_and_1_and_tells_materials_apart(measured) -> None:
    intensity = measured[0].intensity
    assert intensity.min() >= 0
    assert intensity.max() <= 1
    assert np.quantile(intensity, 0.98) - np.quantile(intensity, 0.2) > 0.3


def test_beams_are_closer_together_near_the_horizon() -> None:
    steps = np.diff(np.rad2deg(beam_elevations_rad(40)))
    assert (steps > 0).all()
    assert steps[0] > 3 * steps.min()


def test_a_standing_lidar_measures_the_road_where_it_is(world) -> None:
    sweep, owners = Laser(
        world, MOUNT, SimulateOptions(range_noise_m=0.0, azimuth_steps=64)
    ).measure(START_NS)
    pose: SE3 = world.scenario.world_SE3_ego(START_NS + sweep.time_offset_ns) @ MOUNT.ego_SE3_lidar
    points = np.einsum("nij,nj->ni", pose.rotation, sweep.points_m) + pose.translation_m
    from av3d.simulate.ground import distance_to_kerb_m, road_height_m

    road = distance_to_kerb_m(points[:, 0], points[:, 1]) < -0.5
    above = points[:, 2] - road_height_m(points[:, 0], points[:, 1])
    on_road = road & (owners == NOTHING) & (np.abs(above) < 1)
    assert on_road.sum() > 200
    assert np.abs(above[on_road]).max() < 0.02
