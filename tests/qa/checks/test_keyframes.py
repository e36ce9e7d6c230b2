"""Keyframes that are far apart, doubt between them, and tracks of a moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.ontology.presets import default
from av3d.qa.checks.keyframes import KeyframeGap, ShortTrack, Uncertain
from courses import ahead, subject_of, track_along


def test_a_car_that_moves_for_4_s_without_a_keyframe() -> None:
    track = track_along(ahead(5.0)[[0, 40]], frames=[0, 40])
    (finding,) = KeyframeGap().examine(subject_of(track))
    assert (finding.value, finding.limit) == (4.0, 2.0)
    assert (
        finding.what == "Car 7 moves for 4.00 s without a keyframe; the limit for a car is 2.00 s"
    )


def test_a_parked_car_needs_no_keyframes() -> None:
    track = track_along(np.zeros((2, 2)), frames=[0, 40])
    assert not list(KeyframeGap().examine(subject_of(track)))


def test_a_keyframe_may_be_a_frame_late() -> None:
    track = track_along(ahead(5.0)[[0, 21, 40]], frames=[0, 21, 40])
    assert not list(KeyframeGap().examine(subject_of(track)))


def test_the_ontology_may_have_another_limit_or_none() -> None:
    track = track_along(ahead(5.0)[[0, 40]], frames=[0, 40])
    longer = replace(default(), checks={"keyframe-gap": 5.0})
    off = replace(default(), checks={"keyframe-gap": False})
    assert not list(KeyframeGap().examine(subject_of(track, ontology=longer)))
    assert KeyframeGap().measure(subject_of(track, ontology=off)) is None


def test_doubt_is_told_where_there_is_no_keyframe() -> None:
    # Somebody walks, and nobody has looked for 4 s.
    places_m = [[0.0, 0.0], [0.1, 0.1], [4.0, 1.5], [4.1, 1.5]]
    track = track_along(
        places_m, 0.3, (0.8, 0.7, 1.75), category="pedestrian", frames=[0, 1, 39, 40]
    )
    measure = Uncertain().measure(subject_of(track))
    assert measure is not None
    assert np.isnan(measure.values[[0, 1, 39, 40]]).all()
    (finding,) = Uncertain().examine(subject_of(track))
    assert finding.value < finding.limit == 0.8
    assert 1_000_000_000 < finding.timestamp_ns < 3_000_000_000


def test_a_keyframe_in_every_frame_leaves_no_doubt() -> None:
    assert Uncertain().measure(subject_of(track_along(ahead(5.0)))) is None


@pytest.mark.parametrize(("frames", "found"), [(1, 1), (2, 1), (3, 0), (10, 0)])
def test_tracks_of_a_moment(frames: int, found: int) -> None:
    track = track_along(ahead(5.0)[:frames], frames=range(15, 15 + frames))
    assert len(list(ShortTrack().examine(subject_of(track)))) == found


@pytest.mark.parametrize("first", [0, 39])
def test_what_comes_or_goes_with_the_log_may_be_short(first: int) -> None:
    track = track_along(ahead(5.0)[:2], frames=[first, first + 1])
    assert not list(ShortTrack().examine(subject_of(track)))
