"""The scenario "crossing": a left turn at a crossing on a hill, in light traffic.

Right-hand traffic. The sensor car comes from the west, turns left and goes on around the block.
"""

from __future__ import annotations

import numpy as np

from av3d.simulate.cars import STYLES, car_mesh
from av3d.simulate.cast import PAINTS, QUARTER, START_NS, Cast, ego_pose
from av3d.simulate.ground import LANE_CENTER_M, PARKING_CENTER_M, STREET_PITCH_M
from av3d.simulate.motion import Motion, Path, Speed
from av3d.simulate.world import Scenario

TURN_RADIUS_M = 8.0
LAPS = 20


def crossing(seed: int) -> Scenario:
    """Everybody at the crossing; equal seeds give equal scenarios."""
    rng = np.random.default_rng([seed, 1])
    cast = Cast(rng)
    lane = LANE_CENTER_M
    ego = ego_motion()

    def drive(
        start: tuple[float, float], yaw: float, *knots: tuple[float, float],
        turns: tuple[tuple[float, float], ...] = (),
    ) -> Motion:  # fmt: skip
        return Motion(Path(start, yaw, turns), Speed(*knots), START_NS)

    # Ahead of us, going straight on.
    cast.car("hatchback", "red", drive((-3.5, -lane), 0.0, (0, 6.5), (3, 11)))
    # Waiting at the line across, for the people on the zebra crossing; another queues up behind.
    cast.car("sedan", "white", drive((17.6, lane), np.pi, (0, 0), (9, 0), (12, 7)), "stopped")
    cast.car("suv", "grey", drive((40.0, lane), np.pi, (0, 7), (4.3, 0), (10, 0), (13, 7)))
    # From the north, braking for the line.
    cast.car("sedan", "blue", drive((-lane, 34.5), -QUARTER, (0, 8), (4.1, 0), (9, 0), (12, 7)))
    # From the south: starts, and turns right.
    right = ((9.65, 0.0), (6.0 * QUARTER, -QUARTER))
    cast.car(
        "suv", "sky",
        drive((lane, -17.4), QUARTER, (0, 0), (0.3, 0), (2.2, 5), (6, 5), (9, 9), turns=right),
    )  # fmt: skip
    # Behind us, at our speed, around the same block.
    follower = Motion(ego.path, ego.speed, START_NS, ego.offset_m - 13.5)
    cast.car("van", "white", follower)
    cast.truck(drive((lane, 14.5), QUARTER, (0, 3.5), (4, 7.0)))
    cast.cyclist(drive((2.5, -3.15), 0.0, (0, 4.3)), (0.5, 0.05, 0.03))
    cast.cyclist(drive((-3.1, 36.0), -QUARTER, (0, 5.0)), (0.03, 0.2, 0.4))
    # People: on the zebra crossings (they stop on the other side), on the pavements, and one who
    # waits.
    cast.walker((11.4, -6.3), QUARTER, (0, 0), (0.8, 0), (1.5, 1.35), (11.2, 1.35), (11.7, 0))
    cast.walker((12.6, 4.6), -QUARTER, (0, 1.25), (9.5, 1.25), (10, 0))
    cast.walker((-1.2, 11.9), 0.0, (0, 1.4), (6.3, 1.4), (6.8, 0))
    cast.walker((-9.0, -7.9), 0.0, (0, 1.2))
    cast.walker((-9.3, -8.6), 0.0, (0, 1.2))
    cast.walker((7.9, 14.0), QUARTER, (0, 1.5))
    cast.walker((-7.3, 8.4), -0.4, (0, 0))
    cast.walker((-8.2, 30.0), -QUARTER, (0, 1.3))
    cast.walker((27.0, 7.9), np.pi, (0, 1.35))
    cast.walker((8.4, 24.0), -QUARTER, (0, 1.25))
    _park(cast)
    return Scenario(
        START_NS,
        ego_pose(ego),
        car_mesh(STYLES["suv"], PAINTS["white"]),
        tuple(cast.actors),
        paint_at_shot=False,
    )


def _park(cast: Cast) -> None:
    """Cars in the bays of the streets around the block that the sensor car circles."""
    styles, paints = list(STYLES), list(PAINTS)
    bays = [18.3, 23.9, 29.5, 35.1, 40.7]
    near = [(sign * bay, axis) for bay in bays[:4] for axis in "xy" for sign in (-1, 1)]
    streets: list[tuple[float, str, float]] = [(along, axis, 0.0) for along, axis in near]
    pitch = STREET_PITCH_M
    streets += [(pitch - bay, "y", 0.0) for bay in bays[:4]]
    streets += [(-sign * bay, "x", pitch) for bay in bays for sign in (1,)]
    streets += [(bay, "y", -pitch) for bay in bays] + [(-pitch + bay, "x", 0.0) for bay in bays]
    for along, axis, across in streets:
        for side in (1, -1):
            if cast.rng.random() < 0.36:
                continue
            weight = [0.3, 0.36, 0.28, 0.06]
            style = styles[int(cast.rng.choice(4, p=weight))]
            paint = paints[int(cast.rng.integers(len(paints)))]
            offset = across - side * PARKING_CENTER_M
            # Cars stand in the direction of the lane beside them.
            if axis == "x":
                cast.parked(style, paint, along, offset, 0.0 if side > 0 else np.pi)
            else:
                offset = across + side * PARKING_CENTER_M
                cast.parked(style, paint, offset, along, QUARTER if side > 0 else -QUARTER)


def ego_motion() -> Motion:
    """West to north around the crossing, then laps around the block."""
    arc = TURN_RADIUS_M * QUARTER
    straight = STREET_PITCH_M - 2 * TURN_RADIUS_M + 2 * LANE_CENTER_M
    approach = 11.5
    pieces = [(approach, 0.0)]
    for _ in range(4 * LAPS):
        pieces += [(arc, QUARTER), (straight, 0.0)]
    start = LANE_CENTER_M - TURN_RADIUS_M - approach
    path = Path((start, -LANE_CENTER_M), 0.0, pieces)
    speed = Speed((0, 7.4), (1.7, 5.0), (4.4, 4.5), (6.5, 5.6))
    return Motion(path, speed, START_NS)
