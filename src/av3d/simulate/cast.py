"""Who takes part in a scenario: cars, trucks, people and cyclists with their motions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from av3d.geometry.se3 import SE3
from av3d.simulate.actor import Actor, PoseFunction
from av3d.simulate.cars import STYLES, CarStyle, car_mesh
from av3d.simulate.ground import road_height_m
from av3d.simulate.mesh import Color, Mesh
from av3d.simulate.motion import Motion, Path, Speed, on_feet, on_wheels, pose
from av3d.simulate.people import GAIT_STEPS, Clothes, cyclist_mesh, pedestrian_mesh
from av3d.simulate.trucks import TRUCK_SIZE_LWH_M, TRUCK_WHEELBASE_M, truck_mesh
from av3d.types import IntArray, Scalar

START_NS = 1_780_300_800_000_000_000
"""2026-06-01 08:00:00 UTC: the clock of the simulated recorder."""

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


class Cast:
    """Collects actors and numbers them by category.

    Args:
        rng: decides on clothes, heights and how exactly parked cars stand.
    """

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
        """Any actor; `step_m` is the way of one gait of its meshes, `phase` where it begins."""
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
        """A car of a style and paint on its way."""
        kind = STYLES[style]
        self.add(
            "car",
            (car_mesh(kind, PAINTS[paint]),),
            wheeled(motion, kind.wheelbase_m, kind.size_lwh_m[1] * 0.85),
            {"motion": motion_word, "kind": style, "colour": paint},
            style=kind,
            still=motion_word == "parked",
        )

    def parked(self, style: str, paint: str, x_m: float, y_m: float, yaw_rad: float) -> None:
        """A car that stands, a little askew."""
        lean = float(self.rng.normal(0, 0.012))
        side = float(self.rng.normal(0, 0.06))
        place = (x_m - side * np.sin(yaw_rad), y_m + side * np.cos(yaw_rad))
        motion = Motion(Path(place, yaw_rad + lean, []), Speed((0, 0)), START_NS)
        self.car(style, paint, motion, "parked")

    def truck(self, motion: Motion) -> None:
        """A truck on its way."""
        mesh = truck_mesh((0.55, 0.56, 0.58), (0.66, 0.66, 0.63), (0.03, 0.17, 0.36))
        self.add(
            "truck",
            (mesh,),
            wheeled(motion, TRUCK_WHEELBASE_M, TRUCK_SIZE_LWH_M[1] * 0.85),
            {"motion": "moving"},
        )

    def walker(self, start: tuple[float, float], yaw_rad: float, *knots: tuple[float, float],
               turns: tuple[tuple[float, float], ...] = ()) -> None:  # fmt: skip
        """A person on foot; `knots` as of `Speed`, `turns` as of `Path`."""
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
        """A rider on a bicycle of some colour."""
        clothes = self._clothes(bag=False)
        height = float(self.rng.uniform(1.68, 1.84))
        meshes = tuple(
            cyclist_mesh(height, clothes, frame, step / GAIT_STEPS) for step in range(GAIT_STEPS)
        )
        self.add(
            "bicycle", meshes, wheeled(motion, 1.05, 0.4), {"motion": "moving", "rider": True},
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


def ego_pose(motion: Motion) -> PoseFunction:
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
        lean = pose(roll, pitch, np.zeros(np.shape(roll)), np.zeros((*np.shape(roll), 3)))
        return on_ground @ lean

    return world_SE3_ego


def wheeled(motion: Motion, wheelbase_m: float, track_m: float) -> PoseFunction:
    """The pose of a vehicle that follows the road's surface."""

    def world_SE3_base(timestamp_ns: npt.ArrayLike) -> SE3:
        return on_wheels(*motion.planar(timestamp_ns), wheelbase_m, track_m, road_height_m)

    return world_SE3_base
