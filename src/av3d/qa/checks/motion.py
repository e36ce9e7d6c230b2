"""Motions that such objects do not make: speed, acceleration, jerk, turns, and ways across the heading.

All are taken from polynomials fitted to several frames by the clock of the beam, without the frames
that fit nowhere (`av3d.qa.course`); noise of the cuboids is allowed three times its standard deviation.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from av3d.ontology.motion import Motion
from av3d.qa.check import Check, Measure, TrackCheck
from av3d.qa.finding import Finding
from av3d.qa.subject import Subject
from av3d.types import FloatArray

SIGMAS = 3.0
"""Noise may make so many times its standard deviation of a value."""
EGO_M_S = 40.0
"""Without ego poses everything moves as fast as the ego vehicle, the other way."""
EGO_DEG_S = 60.0
"""Without ego poses everything turns as fast as the ego vehicle."""


class _Motion(TrackCheck):
    """A check of motion: value and margin at each frame."""

    fewest = 3

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        if limit is None or len(subject.times_ns) < self.fewest:
            return None
        values, margins = self.values(subject)
        # Where no fit can be made there is nothing to say, and what strays is told as a jump.
        values = np.where(subject.course.usable, values, np.nan)
        return Measure(subject.times_ns, values, limit, margins)

    @abstractmethod
    def values(self, subject: Subject) -> tuple[FloatArray, FloatArray]:
        """The value at each frame, and what noise may make of it, (M,) each."""

    def finding(
        self, subject: Subject, measure: Measure, first: int, last: int, worst: int
    ) -> Finding:
        span_ns = int(measure.times_ns[first]), int(measure.times_ns[last])
        value = float(measure.values[worst])
        what = (
            f"{subject.track.name} {self.does(subject, value, worst)}; "
            f"the limit for a {subject.kind_name} is {self.words(measure.limit)}"
        )
        return self.about(
            subject, span_ns, int(measure.times_ns[worst]), value, measure.limit, what
        )

    @abstractmethod
    def does(self, subject: Subject, value: float, row: int) -> str:
        """What the track does at a frame, with the value in words."""


class Speed(_Motion):
    """Faster than such objects go."""

    id = "speed"
    title = "Speed"
    sentence = (
        "Speed of the centre along the ground, fitted over 0.8 s. Above the limit two objects are "
        "often one track."
    )
    unit = "m/s"
    # 180 km/h; people sprint with 7 m/s and run for a bus with less.
    defaults = {Motion.WHEELED: 50.0, Motion.LEGGED: 7.0, Motion.STATIC: 0.5}
    parameters = {"window_s": 0.8}

    def values(self, subject: Subject) -> tuple[FloatArray, FloatArray]:
        course = subject.course
        fits = course.moving(self.parameter(subject, "window_s") / 2)
        margins = SIGMAS * fits.spreads[:, 1] * course.noises_m
        if not subject.has_ground:
            margins = margins + EGO_M_S
        return np.hypot(*fits.derivatives[:, 1].T), margins

    def does(self, subject: Subject, value: float, row: int) -> str:
        return f"goes {self.words(value)}"


class Acceleration(_Motion):
    """Stronger than tyres or legs can push."""

    id = "acceleration"
    title = "Acceleration"
    sentence = (
        "Change of the velocity along the ground, in any direction, fitted over 0.8 s. Above the limit "
        "a cuboid mostly jumps, because a keyframe is off its points or two keyframes disagree. Logs "
        "without ego poses are not asked."
    )
    unit = "m/s²"
    # Cars brake with up to 4 m/s² on nearly all days; harder than 6 is an emergency, worth a look.
    defaults = {Motion.WHEELED: 6.0, Motion.LEGGED: 5.0}
    parameters = {"window_s": 0.8}
    needs_ground = True

    def values(self, subject: Subject) -> tuple[FloatArray, FloatArray]:
        course = subject.course
        fits = course.moving(self.parameter(subject, "window_s") / 2)
        margins = SIGMAS * fits.spreads[:, 2] * course.noises_m
        return np.hypot(*fits.derivatives[:, 2].T), margins

    def does(self, subject: Subject, value: float, row: int) -> str:
        fits = subject.course.moving(self.parameter(subject, "window_s") / 2)
        speed_m_s = float(np.hypot(*fits.derivatives[row, 1]))
        return f"changes its velocity by {self.words(value)} at {speed_m_s:.1f} m/s"


class Jerk(_Motion):
    """An acceleration that changes faster than that of such objects."""

    id = "jerk"
    title = "Jerk"
    sentence = (
        "Change of the acceleration along the ground, fitted over 1.6 s. Above the limit the motion is "
        "that of nothing with a mass: cuboids sway around the object. Logs without ego poses are not "
        "asked."
    )
    unit = "m/s³"
    # Full braking builds up in .3 s or more, but then the acceleration stays: over 1.6 s that is less
    # than half of the limit.
    defaults = {Motion.WHEELED: 15.0, Motion.LEGGED: 12.0}
    parameters = {"window_s": 1.6}
    weight = 80
    fewest = 5
    needs_ground = True

    def values(self, subject: Subject) -> tuple[FloatArray, FloatArray]:
        course = subject.course
        fits = course.moving(self.parameter(subject, "window_s") / 2, 3)
        margins = SIGMAS * fits.spreads[:, 3] * course.noises_m
        return np.hypot(*fits.derivatives[:, 3].T), margins

    def does(self, subject: Subject, value: float, row: int) -> str:
        return f"changes its acceleration by {self.words(value)}"


class TurnRate(_Motion):
    """Turning faster than wheels can steer."""

    id = "yaw-rate"
    title = "Turn rate"
    sentence = (
        "How fast the heading turns, fitted over 0.6 s; front and back count alike, as flips are told "
        "by another check. Above the limit the heading mostly is wrong in a keyframe."
    )
    unit = "°/s"
    digits = 0
    # Steered to the stop at walking pace a small car turns 35 °/s, a motor scooter 60.
    defaults = {Motion.WHEELED: 60.0}
    parameters = {"window_s": 0.6}
    weight = 95

    def values(self, subject: Subject) -> tuple[FloatArray, FloatArray]:
        course = subject.course
        fits = course.turning(self.parameter(subject, "window_s") / 2)
        margins = SIGMAS * np.degrees(fits.spreads[:, 1] * course.axis_noises_rad)
        if not subject.has_ground:
            margins = margins + EGO_DEG_S
        return np.degrees(np.abs(fits.derivatives[:, 1, 0])), margins

    def does(self, subject: Subject, value: float, row: int) -> str:
        velocity_m_s = subject.course.moving(0.4, 1).derivatives[row, 1]
        return f"turns {self.words(value)} at {float(np.hypot(*velocity_m_s)):.1f} m/s"


class TurnOnSpot(_Motion):
    """Wheels that turn a box without rolling."""

    id = "turn-on-spot"
    title = "Turn on the spot"
    sentence = (
        "How much faster the heading turns than the way of the centre allows on the tightest arc, "
        "fitted over 1 s. Wheels roll when they turn: above the limit cuboids of one object are turned "
        "differently. Logs without ego poses are not asked."
    )
    unit = "°/s"
    digits = 0
    defaults = {Motion.WHEELED: 15.0}
    # The centre of a small car goes round on 4 m or more, that of a bicycle on less than 2.
    parameters = {"window_s": 1.0, "radius_m": 3.0}
    weight = 80
    needs_ground = True

    def values(self, subject: Subject) -> tuple[FloatArray, FloatArray]:
        course = subject.course
        half_s = self.parameter(subject, "window_s") / 2
        turning, moving = course.turning(half_s), course.moving(half_s, 1)
        speeds_m_s = np.hypot(*moving.derivatives[:, 1].T)
        rolled = speeds_m_s / self.parameter(subject, "radius_m")
        noise = turning.spreads[:, 1] * course.axis_noises_rad
        return np.degrees(np.abs(turning.derivatives[:, 1, 0]) - rolled), SIGMAS * np.degrees(noise)

    def does(self, subject: Subject, value: float, row: int) -> str:
        half_s = self.parameter(subject, "window_s") / 2
        speed_m_s = float(np.hypot(*subject.course.moving(half_s, 1).derivatives[row, 1]))
        return f"turns {self.words(value)} more than wheels do at {speed_m_s:.1f} m/s"


class Slip(_Motion):
    """Wheels that go sideways."""

    id = "slip"
    title = "Sideways"
    sentence = (
        "Angle between the heading and the way of the centre, fitted over 1 s, less what a turn about "
        "the rear axle explains; from 2 m/s on. Wheels do not go sideways: above the limit the cuboid is "
        "turned off its object, or drifts. Logs without ego poses are not asked."
    )
    unit = "°"
    digits = 0
    defaults = {Motion.WHEELED: 12.0}
    parameters = {"window_s": 1.0, "speed_m_s": 2.0}
    weight = 85
    needs_ground = True

    def values(self, subject: Subject) -> tuple[FloatArray, FloatArray]:
        course = subject.course
        half_s = self.parameter(subject, "window_s") / 2
        turning, moving = course.turning(half_s), course.moving(half_s)
        velocities_m_s, yaws_rad = moving.derivatives[:, 1], subject.yaws_rad
        ahead_m_s = velocities_m_s[:, 0] * np.cos(yaws_rad) + velocities_m_s[:, 1] * np.sin(
            yaws_rad
        )
        across_m_s = velocities_m_s[:, 1] * np.cos(yaws_rad) - velocities_m_s[:, 0] * np.sin(
            yaws_rad
        )
        # The rear axle does not slip; it is anywhere from the centre to the rear end.
        turned_m_s = turning.derivatives[:, 1, 0] * subject.sizes_lwh_m[:, 0] / 2
        low, high = np.minimum(turned_m_s, 0.0), np.maximum(turned_m_s, 0.0)
        unexplained = np.maximum(np.maximum(across_m_s - high, low - across_m_s), 0.0)
        speeds_m_s = np.hypot(ahead_m_s, across_m_s)
        slow = speeds_m_s < self.parameter(subject, "speed_m_s")
        with np.errstate(divide="ignore", invalid="ignore"):
            sways_rad = moving.spreads[:, 1] * course.noises_m / speeds_m_s
        # Against the heading is another check's.
        values = np.degrees(np.arctan2(unexplained, np.abs(ahead_m_s)))
        margins = SIGMAS * np.degrees(np.hypot(sways_rad, course.axis_noises_rad))
        return np.where(slow | course.at_ends, np.nan, values), margins

    def does(self, subject: Subject, value: float, row: int) -> str:
        half_s = self.parameter(subject, "window_s") / 2
        velocity_m_s = subject.course.moving(half_s).derivatives[row, 1]
        speed_m_s = float(np.hypot(*velocity_m_s))
        return f"goes {self.words(value)} off its heading at {speed_m_s:.1f} m/s"


CHECKS: list[type[Check]] = [Speed, Acceleration, Jerk, TurnRate, TurnOnSpot, Slip]
