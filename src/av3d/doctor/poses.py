"""Checks of the ego poses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from av3d.doctor.check import Check
from av3d.doctor.finding import Curve, Finding, Severity
from av3d.logs.log import Log
from av3d.types import NS_PER_MS, NS_PER_S, BoolArray, FloatArray, IntArray

CLOSEST_NS = 5 * NS_PER_MS
"""Poses of several sensors may be microseconds apart, where rounding looks like speed."""

FEWEST_STEPS = 5
"""Fewer steps do not say how the vehicle moves."""

JUMP_M = 0.3
"""Least distance of a jump beyond what speed and acceleration explain."""

ACCELERATION_M_S2 = 12.0
"""No road vehicle accelerates or brakes harder than this."""

JUMP_RAD, TURNING_RAD_S2 = np.radians(4.0), 6.0
"""The same for its heading."""

FASTEST_M_S = 80.0
"""Faster than any road vehicle that records (290 km/h)."""

NEIGHBOURS = 4
"""Steps to each side that say how fast the vehicle is."""

FROZEN_M, FROZEN_RAD = 1e-4, 1e-5
"""Two poses that differ by less than this are the same."""

FROZEN_S = 0.25
"""A moving vehicle does not stay at one pose for this long."""

CATCH_UP_M = 0.15
"""A step that makes up for poses that were frozen is longer than this, however slow the vehicle."""

MOVING_M_S = 2.0
"""Speed from which a vehicle cannot stop from one pose to the next, and looks where it goes."""

ASIDE_RAD = np.radians(40.0)
"""A vehicle that moves at this angle to its heading slides, or its heading is wrong."""


class _Motion:
    """Steps of a trajectory."""

    def __init__(self, log: Log) -> None:
        self.rows = _apart(log.trajectory.timestamps_ns)
        poses = log.trajectory.world_SE3_ego[self.rows]
        self.times_ns = times_ns = log.trajectory.timestamps_ns[self.rows]
        place_m = poses.translation_m
        self.times_s: FloatArray = np.asarray((times_ns - log.start_ns) / NS_PER_S)
        self.steps_s: FloatArray = np.diff(times_ns) / NS_PER_S
        self.steps_m: FloatArray = np.diff(place_m, axis=0)
        self.lengths_m: FloatArray = np.linalg.norm(self.steps_m, axis=1)
        self.speed_m_s: FloatArray = self.lengths_m / self.steps_s
        self.turn_rad: FloatArray = poses[:-1].angle_to_rad(poses[1:])
        self.same: BoolArray = (self.lengths_m < FROZEN_M) & (self.turn_rad < FROZEN_RAD)

    def __len__(self) -> int:
        return len(self.steps_s)

    def frozen(self) -> list[tuple[int, int]]:
        """First and last step of each stretch in which the pose stays while the vehicle moves."""
        period_s = float(np.median(self.steps_s))
        return [
            (first, last)
            for first, last in _runs(self.same)
            if self.times_s[last + 1] - self.times_s[first] >= max(FROZEN_S, 2.5 * period_s)
            and (self.speed_beside_m_s(first, last) >= MOVING_M_S or self.catches_up(first, last))
        ]

    def catches_up(self, first: int, last: int) -> bool:
        """Whether the first step after some goes much further than those that follow it."""
        after = self.lengths_m[last + 1 : last + 5]
        return len(after) > 1 and bool(
            after[0] > CATCH_UP_M and after[0] > 3 * float(np.median(after[1:]))
        )

    def speed_beside_m_s(self, first: int, last: int) -> float:
        """The speed just before and after some steps, the higher one; 0 if nothing is beside them."""
        # The step in which the poses go on may catch up what was lost.
        parts = self.speed_m_s[max(first - 3, 0) : first], self.speed_m_s[last + 2 : last + 5]
        return max((float(np.median(part)) for part in parts if len(part)), default=0.0)

    def fast(self) -> BoolArray:
        """Which steps are faster than a vehicle; medians, so that a single jump is no speed."""
        return np.asarray(_around(self.speed_m_s) > FASTEST_M_S)

    def curve(self, first: int, last: int) -> Curve:
        """The speed, with steps `first` to `last` as the fault."""
        span = float(self.times_s[first]), float(self.times_s[last + 1])
        return Curve("speed of the ego poses, m/s", self.times_s[1:], self.speed_m_s, span)


def _apart(times_ns: IntArray) -> IntArray:
    """Rows of poses that are at least CLOSEST_NS apart, (M,)."""
    if len(times_ns) < 2 or int(np.diff(times_ns).min()) >= CLOSEST_NS:
        return np.arange(len(times_ns))
    rows: list[int] = []
    last_ns = int(times_ns[0]) - CLOSEST_NS
    for row, time_ns in enumerate(times_ns.tolist()):
        if time_ns - last_ns >= CLOSEST_NS:
            rows.append(row)
            last_ns = time_ns
    return np.array(rows, dtype=np.int64)


def _motion(log: Log) -> _Motion | None:
    """The steps; None where there are too few poses to say anything."""
    if log.trajectory.is_identity:
        return None
    motion = _Motion(log)
    return motion if len(motion) >= FEWEST_STEPS else None


def _around(values: FloatArray) -> FloatArray:
    """Median of the neighbours of each row, itself left out; (N, ...)."""
    size = len(values)
    rows = np.arange(size)[:, None] + np.concatenate(
        [np.arange(-NEIGHBOURS, 0), np.arange(1, NEIGHBOURS + 1)]
    )
    # At the ends the window is moved, not cut.
    first = np.clip(np.arange(size) - NEIGHBOURS, 0, max(size - 2 * NEIGHBOURS - 1, 0))[:, None]
    inside = (rows >= 0) & (rows < size)
    fallback = np.minimum(first + np.arange(2 * NEIGHBOURS), size - 1)
    rows = np.where(inside.all(axis=1, keepdims=True), rows, fallback)
    return np.asarray(np.median(values[rows], axis=1))


def _runs(mask: BoolArray) -> list[tuple[int, int]]:
    """First and last row of each run of True."""
    padded = np.concatenate([[False], mask, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


class Jump(Check):
    """Single steps that no speed explains."""

    id = "poses.jump"
    severity = Severity.ERROR
    title = "The vehicle does not jump from one ego pose to the next."

    def examine(self, log: Log) -> Iterator[Finding]:
        motion = _motion(log)
        if motion is None:
            return
        if motion.fast().any():
            return  # every step is a jump then; that it is too fast says more
        velocity = motion.steps_m / motion.steps_s[:, None]
        usual = _around(velocity)
        beyond_m = np.linalg.norm(motion.steps_m - usual * motion.steps_s[:, None], axis=1)
        # Over the neighbours the vehicle may change its speed, and in turns its direction.
        span_s = _around(motion.steps_s) * NEIGHBOURS + motion.steps_s
        allowed_m = JUMP_M + ACCELERATION_M_S2 * span_s * motion.steps_s
        turn = motion.turn_rad
        beyond_rad = np.abs(turn - _around(turn / motion.steps_s) * motion.steps_s)
        allowed_rad = JUMP_RAD + TURNING_RAD_S2 * span_s * motion.steps_s
        jumps = (beyond_m > allowed_m) | (beyond_rad > allowed_rad)
        # Many in a row are a speed, which is another check's.
        runs = [run for run in _runs(jumps) if run[1] - run[0] < NEIGHBOURS]
        # Where poses go on after they were frozen, they catch up: one fault, not two.
        caught_up = {row for _, last in motion.frozen() for row in (last, last + 1)}
        runs = [run for run in runs if not caught_up & set(range(run[0], run[1] + 1))]
        for first, last in runs[:10]:
            far_m = float(beyond_m[first : last + 1].max())
            far_deg = float(np.degrees(beyond_rad[first : last + 1].max()))
            turned = f" and {far_deg:.1f} deg" if far_deg > np.degrees(JUMP_RAD) else ""
            at_ns = int(motion.times_ns[first + 1])
            yield self.finding(
                f"the ego pose jumps by {far_m:.2f} m{turned} within "
                f"{motion.steps_s[first] * 1000:.0f} ms",
                f"pose {motion.rows[first + 1]}, {motion.times_s[first + 1]:.2f} s after the start",
                "remove the wrong poses, or smooth the trajectory before labelling",
                numbers={"jump_m": far_m, "jump_deg": far_deg, "at_ns": at_ns},
                frame=log.frames.nearest(at_ns),
                curve=motion.curve(first, last),
            )


class Speed(Check):
    """Speed or acceleration that no vehicle has."""

    id = "poses.speed"
    severity = Severity.ERROR
    title = "The vehicle is not faster, and does not brake harder, than vehicles can."

    def examine(self, log: Log) -> Iterator[Finding]:
        motion = _motion(log)
        if motion is None:
            return
        speed = _around(motion.speed_m_s)
        span_s = max(0.5, 8 * float(np.median(motion.steps_s)))
        later = np.minimum(
            np.searchsorted(motion.times_s, motion.times_s[1:] + span_s), len(motion) - 1
        )
        apart_s = motion.times_s[1:][later] - motion.times_s[1:]
        change = np.abs(speed[later] - speed) / np.maximum(apart_s, span_s)
        fast, hard = motion.fast(), change > 2 * ACCELERATION_M_S2
        if motion.frozen():
            hard[:] = False  # that it stops dead is said by another check
        for mask, values, what in (
            (fast, speed, "the ego poses move at up to {:,.0f} m/s"),
            (hard & ~fast.any(), change, "the ego poses speed up or brake by {:,.0f} m/s²"),
        ):
            runs = _runs(mask)
            if not runs:
                continue
            first, last = runs[0][0], runs[-1][1]
            worst = first + int(np.argmax(values[first : last + 1]))
            at_ns = int(motion.times_ns[worst + 1])
            yield self.finding(
                what.format(float(values[worst])),
                f"{motion.times_s[first]:.2f} to {motion.times_s[last + 1]:.2f} s after the start",
                "check that positions are in metres and times in nanoseconds",
                numbers={"worst": float(values[worst]), "at_ns": at_ns},
                frame=log.frames.nearest(at_ns),
                curve=motion.curve(first, last),
            )


class Frozen(Check):
    """Poses that stand still while the vehicle moves."""

    id = "poses.frozen"
    severity = Severity.ERROR
    title = "The ego pose does not stand still while the vehicle moves."

    def examine(self, log: Log) -> Iterator[Finding]:
        motion = _motion(log)
        if motion is None:
            return
        for first, last in motion.frozen():
            length_s = float(motion.times_s[last + 1] - motion.times_s[first])
            speed_m_s = motion.speed_beside_m_s(first, last)
            at_ns = int(motion.times_ns[first])
            yield self.finding(
                f"the ego pose stays the same for {length_s:.2f} s while the vehicle moves"
                + (f" at {speed_m_s:.1f} m/s" if speed_m_s >= MOVING_M_S else ""),
                f"{motion.times_s[first]:.2f} to {motion.times_s[last + 1]:.2f} s after the start",
                "remove the repeated poses; av3d fills short gaps between poses itself",
                numbers={"frozen_s": length_s, "speed_m_s": speed_m_s, "from_ns": at_ns},
                frame=log.frames.nearest(at_ns),
                curve=motion.curve(first, last),
            )


class Heading(Check):
    """Poses whose orientation does not fit their motion."""

    id = "poses.heading"
    severity = Severity.ERROR
    title = "The vehicle moves where it looks: along its x axis."

    def examine(self, log: Log) -> Iterator[Finding]:
        motion = _motion(log)
        if motion is None:
            return
        moving = (_around(motion.speed_m_s) > MOVING_M_S) & (motion.lengths_m > 0)
        if moving.sum() < 5:
            return
        rotation = log.trajectory.world_SE3_ego.rotation[motion.rows[:-1]][moving]
        direction = np.einsum("nji,nj->ni", rotation, motion.steps_m[moving])
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        middle = np.median(direction, axis=0)
        # Backwards is allowed: cars reverse.
        if abs(middle[0]) >= np.cos(ASIDE_RAD):
            return
        turned = [f"{value:+.2f}" for value in middle]
        yield self.finding(
            "the vehicle does not move along its x axis but along "
            f"({', '.join(turned)}) of x forward, y left, z up",
            "orientation of the ego poses",
            "check the order of the quaternion, whether the poses are inverted, and the ego axes",
            numbers={"direction": [float(value) for value in middle]},
            frame=0,
        )


class Coverage(Check):
    """Sweeps and images at whose time there is no pose."""

    id = "poses.coverage"
    severity = Severity.ERROR
    title = "There are ego poses for every sweep and image."

    def examine(self, log: Log) -> Iterator[Finding]:
        trajectory = log.trajectory
        if trajectory.is_identity:
            return
        limit_ns = trajectory.extrapolation_limit_ns
        parts = [(f"LiDAR {name}", log.lidars[name].timestamps_ns) for name in log.lidars]
        parts += [(f"camera {name}", log.image_times_ns(name)) for name in log.cameras]
        for stream, times_ns in parts:
            early = times_ns < trajectory.start_ns - limit_ns
            late = times_ns > trajectory.end_ns + limit_ns
            outside = early | late
            if not outside.any():
                continue
            sooner_s = max(trajectory.start_ns - int(times_ns[0]), 0) / NS_PER_S
            later_s = max(int(times_ns[-1]) - trajectory.end_ns, 0) / NS_PER_S
            apart = "before the first" if sooner_s > later_s else "after the last"
            yield self.finding(
                f"{int(outside.sum())} of {len(times_ns)} times have no ego pose, up to "
                f"{max(sooner_s, later_s):,.1f} s {apart} pose",
                stream,
                "add the poses that are missing, or check that both use one clock",
                numbers={"outside": int(outside.sum()), "of": len(times_ns)},
                sensor=stream.split(" ", 1)[1],
                frame=log.frames.nearest(int(times_ns[int(np.argmax(outside))])),
            )


class NoPoses(Check):
    """A log without poses."""

    id = "poses.none"
    severity = Severity.NOTE
    title = "The log has ego poses."

    def examine(self, log: Log) -> Iterator[Finding]:
        if log.trajectory.is_identity:
            yield self.finding(
                "there are no ego poses, the vehicle is taken to stand still", log.name
            )
