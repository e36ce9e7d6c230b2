from __future__ import annotations

import numpy as np
import pytest

from av3d.calibration.rig import LidarMount
from av3d.geometry.se3 import SE3
from av3d.simulate.actor import Actor
from av3d.simulate.mesh import Material, box
from av3d.simulate.scan import Scan

MOUNT = LidarMount(SE3.identity())
MIDDLE_NS = 1_000_000_000


def still(times_ns: object) -> SE3:
    return SE3.identity(np.shape(times_ns))


def thing(x_m: float, y_m: float, speed_m_s: float = 0.0) -> Actor:
    """A cube that is at (x, y) in the middle of the turn and moves along x."""
    cube = box((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5), Material.PLAIN, (0.5, 0.5, 0.5))

    def pose(times_ns: object) -> SE3:
        seconds = (np.asarray(times_ns) - MIDDLE_NS) / 1e9
        x = x_m + speed_m_s * seconds
        place = np.stack([x, np.full_like(x, y_m), np.zeros_like(x)], axis=-1)
        return SE3(np.broadcast_to(np.eye(3), (*np.shape(x), 3, 3)), place)

    return Actor("thing", "other", 1, (cube,), pose)


@pytest.mark.parametrize(
    ("azimuth_deg", "offset_ms"), [(45, 0.0), (0, 12.5), (90, -12.5), (180, -37.5), (-90, 37.5)]
)
def test_the_beam_turns_clockwise_from_the_front_left(azimuth_deg, offset_ms) -> None:
    x, y = 10 * np.cos(np.deg2rad(azimuth_deg)), 10 * np.sin(np.deg2rad(azimuth_deg))
    passed_ns = Scan(still, MOUNT).passing_ns(thing(x, y), MIDDLE_NS)
    assert (passed_ns - MIDDLE_NS) / 1e6 == pytest.approx(offset_ms, abs=1e-3)


def test_a_moving_thing_is_passed_where_it_is_then() -> None:
    actor = thing(4.0, 4.0, speed_m_s=30.0)
    passed_ns = Scan(still, MOUNT).passing_ns(actor, MIDDLE_NS + 20_000_000)
    x, y, _ = actor.cuboid_at(passed_ns).center_m
    beam_deg = 45 - (passed_ns - MIDDLE_NS - 20_000_000) / 1e8 * 360
    assert np.rad2deg(np.arctan2(y, x)) == pytest.approx(beam_deg, abs=0.01)
    assert abs(x - 4.0) > 0.3


def test_what_is_passed_twice_has_the_time_next_to_its_points() -> None:
    """At the seam, moving against the beam: right after the turn begins and right before it ends."""
    actor = thing(-5.0, -5.0, speed_m_s=20.0)
    scan = Scan(still, MOUNT)
    first = scan.passing_ns(actor, MIDDLE_NS, MIDDLE_NS - 45_000_000)
    last = scan.passing_ns(actor, MIDDLE_NS, MIDDLE_NS + 45_000_000)
    assert first < MIDDLE_NS - 40_000_000
    assert last > MIDDLE_NS + 40_000_000


def test_what_the_beam_just_misses_has_the_nearer_end_of_the_turn() -> None:
    actor = thing(-5.0, -5.0, speed_m_s=-20.0)
    passed_ns = Scan(still, MOUNT).passing_ns(actor, MIDDLE_NS)
    assert abs(passed_ns - MIDDLE_NS) == 50_000_000
