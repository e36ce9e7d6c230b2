"""The scenario: a left turn at a crossing on a hill, in light traffic.

Right-hand traffic. The sensor car comes from the west, turns left and goes on around the block.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from av3d.geometry.se3 import SE3
from av3d.simulate.actor import Actor, PoseFunction
from av3d.simulate.cars import STYLES, CarStyle, car_mesh
from av3d.simulate.ground import LANE_CENTER_M, PARKING_CENTER_M, STREET_PITCH_M, road_height_m
from av3d.simulate.mesh import Color, Mesh
from av3d.simulate.motion import Motion, Path, Speed, on_feet, on_wheels
from av3d.simulate.people import GAIT_STEPS, Clothes, cyclist_mesh, pedestrian_mesh
from av3d.simulate.trucks import TRUCK_SIZE_LWH_M, TRUCK_WHEELBASE_M, truck_mesh
from av3d.simulate.world import Scenario
from av3d.types import FloatArray, IntArray, Scalar

START_NS = 1_780_300_800_000_000_000
"""2026-06-01 08:00:00 UTC: the clock of the simulated recorder."""

TURN_RADIUS_M = 8.0
LAPS = 20
QUARTER = np.pi / 2
STRIDE_M = 1.45
"""Way of a double step."""
PEDAL_TURN_M = 4.2
"""Way of one turn of the pedals."""

PAINTS: Mapping[str, Color] = {
    "white": (0.72, 0.72, 0.71), "silver": (0.42, 0.43, 0.45), "black": (0.015, 0.015, 0.018),
    "blue": (0.02, 0.07, 0.24), "red": (0.36, 0.015, 0.02), "grey": (0.13, 0.14, 0.15),
    "green": (0.03, 0.11, 0.07), "sand": (0.42, 0.36, 0.25), "orange": (0.55, 0.16, 0.02),
    "sky": (0.14, 0.30, 0.45),
}  # fmt: skip


class _Cast:
    """Collects actors and numbers them by category."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.actors: list[Actor] = []

    def add(
        self,
        category: str,
        meshes: tuple[Mesh, ...],
        pose: PoseFunction,
        attributes: Mapping[str, Scalar],
        *,
        motion: Motion | None = None,
        step_m: float = 0.0,
        phase: float = 0.0,
        style: CarStyle | None = None,
        still: bool = False,
    ) -> None:
        number = 1 + sum(actor.category == category for actor in self.actors)

        def step_at(timestamp_ns: npt.ArrayLike) -> IntArray:
            assert motion is not None
            turns = motion.along_m(timestamp_ns) / step_m + phase
            return np.asarray(np.floor(np.mod(turns, 1.0) * len(meshes)), dtype=np.int64)

        self.actors.append(
            Actor(
                f"{category}-{number}",
                category,
                number,
                meshes,
                pose,
                step_at if len(meshes) > 1 else None,
                style,
                attributes,
                still,
            )
        )

    def car(self, style: str, paint: str, motion: Motion, motion_word: str = "moving") -> None:
        kind = STYLES[style]
        self.add(
            "car",
            (car_mesh(kind, PAINTS[paint]),),
            _wheeled(motion, kind.wheelbase_m, kind.size_lwh_m[1] * 0.85),
            {"motion": motion_word, "kind": style, "colour": paint},
            style=kind,
            still=motion_word == "parked",
        )

    def parked(self, style: str, paint: str, x_m: float, y_m: float, yaw_rad: float) -> None:
        lean = float(self.rng.normal(0, 0.012))
        side = float(self.rng.normal(0, 0.06))
        place = (x_m - side * np.sin(yaw_rad), y_m + side * np.cos(yaw_rad))
        motion = Motion(Path(place, yaw_rad + lean, []), Speed((0, 0)), START_NS)
        self.car(style, paint, motion, "parked")

    def truck(self, motion: Motion) -> None:
        mesh = truck_mesh((0.55, 0.56, 0.58), (0.66, 0.66, 0.63), (0.03, 0.17, 0.36))
        self.add(
            "truck",
            (mesh,),
            _wheeled(motion, TRUCK_WHEELBASE_M, TRUCK_SIZE_LWH_M[1] * 0.85),
            {"motion": "moving"},
        )

    def walker(self, start: tuple[float, float], yaw_rad: float, *knots: tuple[float, float],
               turns: tuple[tuple[float, float], ...] = ()) -> None:  # fmt: skip
        motion = Motion(Path(start, yaw_rad, turns, smoothing_m=0.6), Speed(*knots), START_NS)
        height = float(self.rng.uniform(1.58, 1.88))
        clothes = self._clothes(bag=self.rng.random() < 0.3)
        stands = all(speed == 0 for _, speed in knots)
        meshes = tuple(
            pedestrian_mesh(height, clothes, step / GAIT_STEPS, 0.0 if stands else 1.0)
            for step in range(1 if stands else GAIT_STEPS)
        )
        pose: PoseFunction = lambda t: on_feet(*motion.planar(t))  # noqa: E731
        self.add(
            "pedestrian", meshes, pose, {"motion": "standing" if stands else "moving"},
            motion=motion, step_m=STRIDE_M, phase=float(self.rng.random()), still=stands,
        )  # fmt: skip

    def cyclist(self, motion: Motion, frame: Color) -> None:
        clothes = self._clothes(bag=False)
        height = float(self.rng.uniform(1.68, 1.84))
        meshes = tuple(
            cyclist_mesh(height, clothes, frame, step / GAIT_STEPS) for step in range(GAIT_STEPS)
        )
        self.add(
            "bicycle", meshes, _wheeled(motion, 1.05, 0.4), {"motion": "moving", "rider": True},
            motion=motion, step_m=PEDAL_TURN_M, phase=float(self.rng.random()),
        )  # fmt: skip

    def _clothes(self, *, bag: bool) -> Clothes:
        pick = self.rng.integers
        skins: list[Color] = [(0.50, 0.32, 0.23), (0.58, 0.40, 0.30), (0.22, 0.12, 0.08),
                              (0.36, 0.21, 0.13)]  # fmt: skip
        hairs: list[Color] = [(0.02, 0.015, 0.01), (0.09, 0.05, 0.025), (0.28, 0.18, 0.08),
                              (0.3, 0.3, 0.3)]  # fmt: skip
        tops: list[Color] = [(0.45, 0.05, 0.05), (0.05, 0.10, 0.28), (0.6, 0.58, 0.52),
                             (0.06, 0.06, 0.065), (0.50, 0.33, 0.05), (0.07, 0.24, 0.18),
                             (0.30, 0.10, 0.25)]  # fmt: skip
        legs: list[Color] = [(0.04, 0.06, 0.12), (0.025, 0.025, 0.03), (0.24, 0.20, 0.14),
                             (0.10, 0.10, 0.11)]  # fmt: skip
        shoes: list[Color] = [(0.02, 0.02, 0.02), (0.5, 0.5, 0.48), (0.12, 0.06, 0.03)]
        return Clothes(
            skins[pick(len(skins))], hairs[pick(len(hairs))], tops[pick(len(tops))],
            legs[pick(len(legs))], shoes[pick(len(shoes))], tops[pick(len(tops))] if bag else None,
        )  # fmt: skip


def crossing(seed: int) -> Scenario:
    """Everybody at the crossing; equal seeds give equal scenarios."""
    rng = np.random.default_rng([seed, 1])
    cast = _Cast(rng)
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
        START_NS, _ego_pose(ego), car_mesh(STYLES["suv"], PAINTS["white"]), tuple(cast.actors)
    )


def _park(cast: _Cast) -> None:
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


def _ego_pose(motion: Motion) -> PoseFunction:
    """The car on its springs: it follows the ground, dives when it brakes and leans in a turn."""
    style = STYLES["suv"]

    def world_SE3_ego(timestamp_ns: npt.ArrayLike) -> SE3:
        x, y, yaw = motion.planar(timestamp_ns)
        on_ground = on_wheels(x, y, yaw, style.wheelbase_m, 1.6)
        seconds = motion.seconds(timestamp_ns)
        half_s = 0.25
        speed = motion.speed.at(seconds)
        braking = (motion.speed.at(seconds - half_s) - motion.speed.at(seconds + half_s)) / (
            2 * half_s
        )
        ahead = motion.path.at(motion.offset_m + motion.speed.distance_m(seconds + half_s))[2]
        behind = motion.path.at(motion.offset_m + motion.speed.distance_m(seconds - half_s))[2]
        sideways = speed * (ahead - behind) / (2 * half_s)
        roll, pitch = 0.008 * sideways, 0.008 * braking
        zero = np.zeros(3)
        lean = np.stack([np.asarray(roll), np.asarray(pitch)], axis=-1)
        return on_ground @ _small_turns(lean, zero)

    return world_SE3_ego


def _small_turns(roll_pitch_rad: FloatArray, translation_m: FloatArray) -> SE3:
    from av3d.simulate.motion import pose

    roll, pitch = roll_pitch_rad[..., 0], roll_pitch_rad[..., 1]
    moved = np.broadcast_to(translation_m, (*roll.shape, 3))
    return pose(roll, pitch, np.zeros(roll.shape), moved)


def _wheeled(motion: Motion, wheelbase_m: float, track_m: float) -> PoseFunction:
    def world_SE3_base(timestamp_ns: npt.ArrayLike) -> SE3:
        return on_wheels(*motion.planar(timestamp_ns), wheelbase_m, track_m, road_height_m)

    return world_SE3_base
