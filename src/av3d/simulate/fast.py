"""The scenario "fast": everybody drives 15 m/s and more along a wide street, past two crossings.

Right-hand traffic, two lanes each way. The sensor car comes from the west in the right lane and changes
to the left one. It is overtaken, meets oncoming traffic at 30 m/s, others cross before and behind it and
one turns left behind it. For measuring what becomes of cuboids when time is neglected.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from av3d.simulate.cars import STYLES, car_mesh
from av3d.simulate.cast import PAINTS, QUARTER, START_NS, Cast, ego_pose
from av3d.simulate.ground import LANE_CENTER_M, PARKING_CENTER_M, STREET_PITCH_M
from av3d.simulate.motion import Motion, Path, Speed
from av3d.simulate.world import Scenario

CRUISE_M_S = 15.0
INNER_M, OUTER_M = 1.5, 4.4
"""Centres of the two lanes of one direction, from the middle of the street."""

START_M = -45.0
"""Where the sensor car is at the first sweep; the crossing is at 0."""

TURN_RADIUS_M = 9.0
LANE_CHANGE_ARC_M, LANE_CHANGE_RAD = 20.0, (OUTER_M - INNER_M) / 20.0
"""Two arcs, one each way, lead from the middle of one lane to that of the next."""

Drive = Callable[..., Motion]


def fast(seed: int) -> Scenario:
    """Everybody in the street; equal seeds give equal scenarios.

    Another seed gives other colours, speeds that differ by up to .3 m/s and places that differ by up to
    a metre.
    """
    rng = np.random.default_rng([seed, 2])
    cast = Cast(rng)

    def drive(
        start: tuple[float, float],
        yaw_rad: float,
        *knots: tuple[float, float],
        turns: tuple[tuple[float, float], ...] = (),
    ) -> Motion:
        slower = float(rng.uniform(-0.3, 0.3))
        return Motion(
            Path(start, yaw_rad, turns),
            Speed(*((time, max(speed + slower, 0.0)) for time, speed in knots)),
            START_NS,
            offset_m=float(rng.uniform(-1, 1)),
        )

    _along(cast, drive)
    _oncoming(cast, drive)
    _across(cast, drive)
    _beside(cast)
    return Scenario(
        START_NS, ego_pose(ego_motion()), car_mesh(STYLES["suv"], PAINTS["white"]),
        tuple(cast.actors),
    )  # fmt: skip


def ego_motion() -> Motion:
    """East in the right lane, then in the left one, at the same speed throughout."""
    left = ((34.0, 0.0), *_lane_change(left=True))
    return Motion(Path((START_M, -OUTER_M), 0.0, left), Speed((0, CRUISE_M_S)), START_NS)


def _lane_change(*, left: bool) -> tuple[tuple[float, float], ...]:
    turn = LANE_CHANGE_RAD if left else -LANE_CHANGE_RAD
    return (LANE_CHANGE_ARC_M, turn), (LANE_CHANGE_ARC_M, -turn)


def _along(cast: Cast, drive: Drive) -> None:
    """In our direction: overtaking, changing lane, following, and one that is overtaken."""
    east = 0.0
    cast.car("sedan", "red", drive((START_M - 5, -INNER_M), east, (0, 20)))
    swerve = ((16.0, 0.0), *_lane_change(left=False))
    slows = ((0, 17), (4, 17), (7, 13))
    cast.car("hatchback", "blue", drive((START_M + 40, -INNER_M), east, *slows, turns=swerve))
    cast.car("van", "white", drive((START_M - 17, -OUTER_M), east, (0, CRUISE_M_S)))
    cast.car("suv", "grey", drive((START_M + 90, -OUTER_M), east, (0, 13)))
    cast.car("sedan", "green", drive((START_M - 75, -INNER_M), east, (0, 19), (7, 19), (9, 15)))


def _oncoming(cast: Cast, drive: Drive) -> None:
    """Towards us, in both lanes, up to the end of a long log."""
    west = np.pi
    styles, paints = (
        ("sedan", "suv", "hatchback", "van"),
        ("silver", "black", "sand", "sky", "white"),
    )
    for number, x_m in enumerate((8.0, 108.0, 150.0, 225.0, 291.0)):
        cast.car(styles[number % 4], paints[number % 5],
                 drive((x_m, INNER_M), west, (0, CRUISE_M_S)))  # fmt: skip
    for number, x_m in enumerate((-12.0, 88.0, 132.0, 186.0, 240.0)):
        cast.car(styles[(number + 2) % 4], paints[(number + 3) % 5],
                 drive((x_m, OUTER_M), west, (0, CRUISE_M_S)))  # fmt: skip
    cast.truck(drive((34.0, OUTER_M), west, (0, 14)))


def _across(cast: Cast, drive: Drive) -> None:
    """Over the crossings before and behind us; one comes towards us and turns left behind us."""
    lane, pitch = LANE_CENTER_M, STREET_PITCH_M
    cast.car("hatchback", "orange", drive((lane, -20.0), QUARTER, (0, CRUISE_M_S)))
    cast.car("sedan", "black", drive((-lane, 26.0), -QUARTER, (0, CRUISE_M_S)))
    cast.car("van", "silver", drive((-lane, 124.0), -QUARTER, (0, CRUISE_M_S)))
    cast.car("suv", "red", drive((pitch + lane, -118.0), QUARTER, (0, CRUISE_M_S)))
    cast.car("sedan", "sky", drive((pitch - lane, 190.0), -QUARTER, (0, CRUISE_M_S)))
    start = 54.0
    straight = start - TURN_RADIUS_M + lane
    left = ((straight, 0.0), (TURN_RADIUS_M * QUARTER, QUARTER))
    brakes = ((0, CRUISE_M_S), (1.5, CRUISE_M_S), (3.0, 7.0), (6.0, 7.0), (8.5, 15.5))
    cast.car("hatchback", "white", drive((start, INNER_M), np.pi, *brakes, turns=left))


def _beside(cast: Cast) -> None:
    """On the pavements and in the streets that cross: people, cyclists and parked cars."""
    pavement_m = 7.6
    cast.walker((-26.0, -pavement_m), 0.0, (0, 1.4))
    cast.walker((-8.5, pavement_m), np.pi, (0, 1.3))
    cast.walker((14.0, -pavement_m - 0.9), np.pi, (0, 1.5))
    cast.walker((31.0, pavement_m + 0.6), 0.0, (0, 0))
    cast.walker((55.0, -pavement_m), np.pi, (0, 1.35))
    ride = Motion(Path((3.0, -32.0), QUARTER, []), Speed((0, 5.0), (3, 5.0), (6, 0.0)), START_NS)
    cast.cyclist(ride, (0.5, 0.05, 0.03))
    styles, paints = list(STYLES), list(PAINTS)
    for crossing in range(2):
        x_m = crossing * STREET_PITCH_M
        for along_m in (18.3, 23.9, 29.5, -18.3, -23.9):
            for side in (1, -1):
                if cast.rng.random() < 0.4:
                    continue
                style = styles[int(cast.rng.integers(len(styles)))]
                paint = paints[int(cast.rng.integers(len(paints)))]
                yaw = QUARTER if side > 0 else -QUARTER
                cast.parked(style, paint, x_m + side * PARKING_CENTER_M, along_m, yaw)
