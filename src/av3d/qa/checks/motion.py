"""Motions that such objects do not make: speed, acceleration, jerk, turn rate, slip, flipped headings."""

from __future__ import annotations

import numpy as np

from av3d.ontology.motion import Motion
from av3d.qa.check import Check, Measure, TrackCheck
from av3d.qa.subject import Subject
from av3d.types import NS_PER_S


class Speed(TrackCheck):
    """Faster than such objects go."""

    id = "speed"
    title = "Speed"
    sentence = (
        "Way of the centre over time, along the ground. Above the limit two objects are often one "
        "track."
    )
    unit = "m/s"
    defaults = {Motion.WHEELED: 50.0, Motion.LEGGED: 6.0, Motion.STATIC: 0.5}

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        if limit is None or len(subject.times_ns) < 2:
            return None
        values = np.full(len(subject.times_ns), np.nan)
        for rows in subject.stretches:
            if rows.stop - rows.start >= 2:
                times_s = (subject.met_ns[rows] - subject.met_ns[rows.start]) / NS_PER_S
                ways_m = np.gradient(subject.centers_m[rows, :2], times_s, axis=0)
                values[rows] = np.hypot(*ways_m.T)
        return Measure(subject.times_ns, values, limit)


CHECKS: list[type[Check]] = [Speed]
