"""Objects that stand: cuboids that tremble, and what is called static and moves."""

from __future__ import annotations

import numpy as np

from av3d.ontology.motion import Motion
from av3d.qa.check import Check, Measure, TrackCheck, stretches
from av3d.qa.finding import Finding
from av3d.qa.subject import Subject
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.shape import mean_cuboid, set_static
from av3d.types import IntArray

STANDS_M = 1.0
"""Keyframes of what stands are within this of where it stands."""
HARDEST_M_S3 = 10.0
"""What goes changes its acceleration by so much, which a short polynomial cannot follow."""
FAST_M_S = 2.0
"""From this speed on it may do so in full."""
FEWEST = 5


class Jitter(TrackCheck):
    """Cuboids that are set a little differently in every frame."""

    id = "jitter"
    title = "Jitter"
    sentence = (
        "Standard deviation of the corners of the cuboid about a smooth way through the frames within "
        "1 s, place and heading together. Above the limit cuboids were set frame by frame; what stands "
        "should be one static cuboid."
    )
    unit = "m"
    digits = 2
    fix = "Make it stand, if it does"
    # Parked cars of official labels tremble by .02 m to .08 m.
    defaults = {Motion.WHEELED: 0.12, Motion.STATIC: 0.12}
    weight = 80
    lasting = True

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        if limit is None or len(subject.times_ns) < FEWEST:
            return None
        course = subject.course
        half_m = np.hypot(*subject.sizes_lwh_m[:, :2].T) / 2
        values = np.hypot(course.noises_m, course.axis_noises_rad * half_m)
        speeds_m_s = np.hypot(*course.moving(0.4).derivatives[:, 1].T)
        step_s = float(np.median(np.diff(course.times_s)))
        goes = np.minimum(np.nan_to_num(speeds_m_s) / FAST_M_S, 1.0)
        margins = goes * HARDEST_M_S3 * step_s**3 / 4
        return Measure(subject.times_ns, values, limit, margins)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{subject.track.name} trembles by {self.words(value)} from frame to frame; "
            f"the limit for a {subject.kind_name} is {self.words(limit)}"
        )

    def repair(self, finding: Finding, document: Document) -> tuple[Change, ...]:
        track = document.track(finding.track_id)
        away_m = track.columns.centers_m - mean_cuboid(track).center_m
        if float(np.quantile(np.hypot(*away_m[:, :2].T), 0.95)) > STANDS_M:
            return ()
        return set_static(document, track.id)


class StaticMoves(TrackCheck):
    """What should stand and does not."""

    id = "static-moves"
    title = "Static moves"
    sentence = (
        "How far an object is from where it was first, while its category or an attribute (parked) says "
        "that it stays where it is. Above the limit what is said is wrong, or the cuboids are."
    )
    unit = "m"
    digits = 2
    # Cuboids of parked cars are set anew in every frame by people who see other sides of them.
    defaults = dict.fromkeys(Motion, 1.0)
    lasting = True
    needs_ground = True

    def measure(self, subject: Subject) -> Measure | None:
        limit = self.limit_for(subject)
        if limit is None or len(subject.times_ns) < 2:
            return None
        values = np.full(len(subject.times_ns), np.nan)
        for rows in _standing(subject):
            first = rows[: max(1, len(rows) // 10)]
            origin_m = np.median(subject.course.places_m[first], axis=0)
            values[rows] = np.hypot(*(subject.course.places_m[rows] - origin_m).T)
        margins = 3 * subject.course.noises_m
        return Measure(subject.times_ns, values, limit, margins)

    def what(self, subject: Subject, value: float, limit: float) -> str:
        return (
            f"{subject.track.name} should stay where it is and moves {self.words(value)}, "
            f"limit {self.words(limit)}"
        )


def _standing(subject: Subject) -> list[IntArray]:
    """Rows in a row at which the object should stand, by its category or an attribute."""
    count = len(subject.times_ns)
    if subject.category is None:
        return []
    if subject.motion is Motion.STATIC:
        return [np.arange(count)]
    stand = {
        attribute.key: {value.key for value in attribute.values if value.motion is Motion.STATIC}
        for attribute in subject.ontology.attributes_of(subject.category)
    }
    stand = {key: values for key, values in stand.items() if values}
    if not stand:
        return []
    said = np.array(
        [
            any(state.attributes.get(key) in values for key, values in stand.items())
            for state in subject.states
        ]
    )
    return [np.arange(first, stop) for first, stop in stretches(said)]


CHECKS: list[type[Check]] = [Jitter, StaticMoves]
