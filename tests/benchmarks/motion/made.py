"""Hard cases with exact truth: what road users do that a short real log may not have.

A vehicle drives legs of constant acceleration and curvature: its rear axle runs on arcs, and its centre
is ahead of it, so that the formulas of position and heading are exact. People walk legs at constant
velocity and turn between them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from motion.spans import MADE, Span, group_of

from av3d.geometry.se3 import SE3, rotation_about_z
from av3d.types import FloatArray, IntArray

START_NS = 1_700_000_000_000_000_000
REAR_AXLE = 0.3
"""Distance of a vehicle's centre from its rear axle, as a part of its length."""
SIZES = {
    "car": (4.6, 1.9, 1.6),
    "bus": (12.0, 2.9, 3.2),
    "bicycle": (1.8, 0.6, 1.7),
    "pedestrian": (0.7, 0.7, 1.75),
}


@dataclass(frozen=True)
class Leg:
    """A part of a drive: how long, m/s² forwards, and 1/m of the rear axle's path, left positive."""

    duration_s: float
    acceleration_m_s2: float = 0.0
    curvature_1_m: float = 0.0


@dataclass(frozen=True, eq=False)
class Drive:
    """A vehicle's legs, from rest or at a speed; negative speeds go backwards."""

    legs: Sequence[Leg]
    speed_m_s: float = 0.0
    yaw_rad: float = 0.0

    @property
    def duration_s(self) -> float:
        return sum(leg.duration_s for leg in self.legs)

    def poses(self, times_s: FloatArray, ahead_m: float) -> FloatArray:
        """x, y (metres, from the rear axle's start) and yaw of the centre at times, (M, 3)."""
        found = np.empty((len(times_s), 3))
        x, y, yaw, speed, start = 0.0, 0.0, self.yaw_rad, self.speed_m_s, 0.0
        for number, leg in enumerate(self.legs):
            last = number == len(self.legs) - 1
            here = (times_s >= start) & (last | (times_s < start + leg.duration_s))
            asked = np.append(times_s[here] - start, leg.duration_s)
            way = speed * asked + leg.acceleration_m_s2 * asked**2 / 2
            turned = leg.curvature_1_m * way
            # The chord of an arc: as long as its sinc, and half way through its turn.
            chord = way * np.sinc(turned / (2 * math.pi))
            xs, ys = x + chord * np.cos(yaw + turned / 2), y + chord * np.sin(yaw + turned / 2)
            found[here] = np.column_stack([xs, ys, yaw + turned])[:-1]
            x, y, yaw = float(xs[-1]), float(ys[-1]), float(yaw + turned[-1])
            speed += leg.acceleration_m_s2 * leg.duration_s
            start += leg.duration_s
        heading = np.column_stack([np.cos(found[:, 2]), np.sin(found[:, 2])])
        found[:, :2] += ahead_m * heading
        return found


def walk(times_s: FloatArray, legs: Sequence[tuple[float, float, float]]) -> FloatArray:
    """Somebody on foot: legs of (duration s, speed m/s, direction rad); x, y and yaw, (M, 3).

    They turn to the direction of a leg during its first half second, and go into it at once.
    """
    ends = np.cumsum([duration for duration, _, _ in legs])
    starts = ends - [duration for duration, _, _ in legs]
    speeds = np.array([speed for _, speed, _ in legs])
    yaws = np.array([direction for _, _, direction in legs])
    steps = np.diff(np.append(starts, ends[-1])) * speeds
    corners_x = np.concatenate([[0], np.cumsum(steps * np.cos(yaws))])
    corners_y = np.concatenate([[0], np.cumsum(steps * np.sin(yaws))])
    nodes = np.append(starts, ends[-1])
    turn_times = np.concatenate([[0.0], np.ravel(np.column_stack([starts[1:], starts[1:] + 0.5]))])
    turn_yaws = np.concatenate([[yaws[0]], np.ravel(np.column_stack([yaws[:-1], yaws[1:]]))])
    return np.column_stack([
        np.interp(times_s, nodes, corners_x),
        np.interp(times_s, nodes, corners_y),
        np.interp(times_s, turn_times, turn_yaws),
    ])  # fmt: skip


def _stop_and_go(chance: np.random.Generator) -> Drive:
    brake, go = chance.uniform(1.5, 3.5, 2)
    speed = chance.uniform(6, 12)
    return Drive([Leg(4), Leg(speed / brake, -brake), Leg(4), Leg(speed / go, go), Leg(3)], speed)


def _emergency_stop(chance: np.random.Generator) -> Drive:
    speed = chance.uniform(8, 14)
    return Drive([Leg(5), Leg(speed / 7, -7), Leg(6)], speed)


def _reversing(chance: np.random.Generator) -> Drive:
    turn = chance.uniform(-0.12, 0.12)
    speed = chance.uniform(2, 4)
    return Drive(
        [Leg(3), Leg(speed / 2, -2), Leg(1.5), Leg(2, -1, turn), Leg(4, 0, turn), Leg(2, 1, turn),
         Leg(3)],
        speed,
    )  # fmt: skip


def _parking(chance: np.random.Generator) -> Drive:
    turn = chance.uniform(0.15, 0.19)
    return Drive(
        [Leg(2), Leg(3, -1), Leg(1), Leg(1, -1), Leg(3, 0, turn), Leg(3, 0, -turn), Leg(1, 1, -turn),
         Leg(5)],
        3.0,
    )  # fmt: skip


def _u_turn(chance: np.random.Generator) -> Drive:
    radius = chance.uniform(6, 9)
    speed = chance.uniform(3, 5)
    side = chance.choice([-1, 1])
    return Drive(
        [Leg(3), Leg(math.pi * radius / speed, 0, side / radius), Leg(4)], speed, math.pi / 2
    )


def _left_turn(chance: np.random.Generator) -> Drive:
    radius = chance.uniform(10, 15)
    speed = chance.uniform(5, 8)
    slow = (speed - 4) / 1.5
    return Drive(
        [
            Leg(3),
            Leg(slow, -1.5),
            Leg(math.pi / 2 * radius / 4, 0, 1 / radius),
            Leg(slow, 1.5),
            Leg(3),
        ],
        speed,
    )


def _lane_change(chance: np.random.Generator) -> Drive:
    bend = chance.uniform(0.006, 0.012)
    return Drive([Leg(5), Leg(1.5, 0, bend), Leg(1.5, 0, -bend), Leg(6)], chance.uniform(10, 15))


def _weaving_at_pi(chance: np.random.Generator) -> Drive:
    bend = chance.uniform(0.01, 0.02)
    legs = [Leg(1, 0, bend), *(Leg(2, 0, side * bend) for side in (-1, 1) * 4), Leg(1, 0, -bend)]
    return Drive(legs, chance.uniform(6, 9), math.pi)


def _roundabout(chance: np.random.Generator) -> Drive:
    radius = chance.uniform(9, 14)
    speed = chance.uniform(5, 7)
    return Drive(
        [Leg(2), Leg(1.5, 0, -1 / 15), Leg(1.5 * math.pi * radius / speed, 0, 1 / radius),
         Leg(1.5, 0, -1 / 15), Leg(2)],
        speed,
    )  # fmt: skip


def _parked(chance: np.random.Generator) -> Drive:
    return Drive([Leg(20)])


def _constant(chance: np.random.Generator) -> Drive:
    return Drive([Leg(15)], chance.uniform(3, 15))


Make = Callable[[np.random.Generator], Drive]
DRIVES: dict[str, tuple[str, Make]] = {
    "parked": ("car", _parked),
    "constant": ("car", _constant),
    "stop and go": ("car", _stop_and_go),
    "emergency stop": ("car", _emergency_stop),
    "reversing": ("car", _reversing),
    "parking": ("car", _parking),
    "u-turn": ("car", _u_turn),
    "left turn": ("car", _left_turn),
    "bus turn": ("bus", _left_turn),
    "lane change": ("car", _lane_change),
    "weaving at pi": ("car", _weaving_at_pi),
    "roundabout": ("car", _roundabout),
    "bicycle stop and go": ("bicycle", _stop_and_go),
    "bicycle turn": ("bicycle", _left_turn),
}
ON_SLOPE = ("stop and go", "u-turn", "roundabout")
"""Cases that also come on a plane that rises by 8 % along x and falls by 4 % along y."""
WITH_GAP = ("left turn", "stop and go")
"""Cases that also come with three seconds without frames."""


def made_spans(seed: int = 0, variants: int = 3) -> list[Span]:
    """Every case in some variants: other speeds, radii, places and directions; full orientations."""
    found: list[Span] = []
    for variant in range(variants):
        chance = np.random.default_rng([seed, variant])
        for name, (category, make) in DRIVES.items():
            drive = make(chance)
            length_m = SIZES[category][0]
            times_ns = _times_ns(drive.duration_s, chance)
            poses = drive.poses((times_ns - START_NS) / 1e9, REAR_AXLE * length_m)
            turn = chance.uniform(-math.pi, math.pi) if name != "weaving at pi" else 0.0
            found.append(_span(name, variant, category, times_ns, poses, turn))
            if name in ON_SLOPE:
                found.append(
                    _span(f"{name}, slope", variant, category, times_ns, poses, turn, True)
                )
            if name in WITH_GAP:
                seconds = (times_ns - START_NS) / 1e9
                keep = np.abs(seconds - drive.duration_s / 2) > 1.5
                found.append(
                    _span(f"{name}, gap", variant, category, times_ns[keep], poses[keep], turn)
                )
        times_ns = _times_ns(16.0, chance)
        direction = chance.uniform(-math.pi, math.pi)
        legs = [(5.0, 1.4, direction), (3.0, 0.0, direction), (4.0, 1.3, direction + 1.6),
                (4.0, 1.5, direction + 4.0)]  # fmt: skip
        poses = walk((times_ns - START_NS) / 1e9, legs)
        found.append(_span("walk", variant, "pedestrian", times_ns, poses, 0.0))
    return found


def _times_ns(duration_s: float, chance: np.random.Generator) -> IntArray:
    """Ten frames a second that come up to 3 ms early or late."""
    frames = np.arange(int(duration_s * 10) + 1) * 100_000_000
    times_ns: IntArray = START_NS + frames + chance.integers(0, 3_000_000, len(frames))
    return times_ns


def _span(
    name: str,
    variant: int,
    category: str,
    times_ns: IntArray,
    poses: FloatArray,
    turn_rad: float,
    slope: bool = False,
) -> Span:
    """A span of poses x, y, yaw (F, 3), turned and moved to a far place on the map."""
    world_SE3_plane = SE3(
        (_slope() if slope else np.eye(3)) @ rotation_about_z(turn_rad),
        np.array([6.9e5, 5.33e6, 520.0]) if variant == 0 else np.array([20.0, -30.0, 1.0]),
    )
    at = np.column_stack([poses[:, :2], np.full(len(poses), SIZES[category][2] / 2)])
    pose = world_SE3_plane @ SE3.trusted(rotation_about_z(poses[:, 2]), at)
    ego_m = np.zeros((len(poses), 3))
    ego_m[:, 0] = 8.0 * (times_ns - times_ns[0]) / 1e9
    group = group_of(category)
    assert group is not None
    return Span(
        MADE, f"{name} {variant}", category, group, times_ns, pose.translation_m, pose.rotation,
        np.array(SIZES[category]), world_SE3_plane @ SE3.from_yaw(0.02 * ego_m[:, 0], ego_m),
    )  # fmt: skip


def _slope() -> FloatArray:
    """The rotation of a plane that rises by 8 % along x and falls by 4 % along y."""
    normal = np.array([-0.08, 0.04, 1.0])
    up = normal / np.linalg.norm(normal)
    along = np.cross([0.0, 1.0, 0.0], up)
    along /= np.linalg.norm(along)
    return np.column_stack([along, np.cross(up, along), up])
