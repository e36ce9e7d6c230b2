"""Sizes: outside of the limits, unlikely for the category, or changing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.ontology.presets import default
from av3d.qa.checks.size import Size, SizeChange, SizePrior, sigmas_from
from av3d.tracks.track import Track
from av3d.types import FloatArray
from courses import CAR_M, ahead, document_of, subject_of, track_along


def sized(*size_lwh_m: float, category: str = "car") -> Track:
    return track_along(ahead(5.0), 0.0, size_lwh_m, category=category)


def growing() -> FloatArray:
    """Sizes of a car that is .4 m longer in four frames."""
    sizes_m = np.tile(CAR_M, (41, 1))
    sizes_m[10:14, 0] += 0.4
    return sizes_m


def test_a_car_of_9_m_is_too_long() -> None:
    (finding,) = Size().examine(subject_of(sized(9.0, 1.9, 1.6)))
    assert (finding.value, finding.limit) == (9.0, 7.5)
    assert finding.what == "Car 7 has a length of 9.00 m; the largest for a car is 7.50 m"


def test_a_car_of_80_cm_is_too_low() -> None:
    (finding,) = Size().examine(subject_of(sized(4.5, 1.9, 0.8)))
    assert (finding.value, finding.limit) == (0.8, 1.0)
    assert finding.what == "Car 7 has a height of 0.80 m; the smallest for a car is 1.00 m"


def test_the_worse_a_size_the_higher_the_risk_whichever_way() -> None:
    risks = [
        next(iter(Size().examine(subject_of(sized(*size_m))))).risk
        for size_m in [(7.6, 1.9, 1.6), (20.0, 1.9, 1.6), (1.9, 1.9, 1.6), (0.3, 1.9, 1.6)]
    ]
    assert risks[0] < risks[1]
    assert risks[2] < risks[3]


def test_what_has_no_limits_has_no_wrong_size() -> None:
    track = sized(30.0, 30.0, 30.0, category="other")
    assert not list(Size().examine(subject_of(track)))
    assert not list(SizePrior().examine(subject_of(track)))


def test_a_car_that_grows_for_a_while() -> None:
    track = track_along(ahead(5.0), 0.0, growing())
    (finding,) = SizeChange().examine(subject_of(track))
    assert finding.value == pytest.approx(0.4)
    assert (finding.start_ns, finding.end_ns) == (1_000_000_000, 1_300_000_000)
    assert "has a length 0.40 m off its median of 4.50 m" in finding.what


def test_the_repair_gives_it_one_size() -> None:
    track = track_along(ahead(5.0), 0.0, growing())
    (finding,) = SizeChange().examine(subject_of(track))
    document = document_of(track)
    mended = document.apply(SizeChange().repair(finding, document)).track(track.id)
    assert {tuple(k.cuboid.size_lwh_m) for k in mended.keyframes} == {CAR_M}


def test_people_change_their_size_as_they_walk() -> None:
    sizes_m = np.tile([0.8, 0.7, 1.75], (41, 1))
    sizes_m[::2, 0] = 1.2
    track = track_along(ahead(1.0), 0.0, sizes_m, category="pedestrian")
    assert not list(SizeChange().examine(subject_of(track)))


def test_a_truck_of_the_size_of_a_car_probably_is_one() -> None:
    (finding,) = SizePrior().examine(subject_of(sized(4.5, 1.8, 1.65, category="truck")))
    assert finding.what == (
        "Truck 7 of 4.50 × 1.80 × 1.65 m is 4.4 σ from the usual size of a truck, limit 3.5 σ; "
        "car would fit"
    )


def test_the_usual_size_is_no_surprise_and_a_limit_is_three_sigmas_away() -> None:
    category = default().category("car")
    assert category is not None
    assert sigmas_from(category, np.array(category.size_lwh_m)) == 0.0
    assert sigmas_from(category, np.array([7.5, 1.9, 1.6])) == pytest.approx(3.0)
    assert sigmas_from(replace(category, largest_lwh_m=None), np.array(CAR_M)) is None
