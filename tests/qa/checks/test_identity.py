"""Tracks that exchange their objects, and objects with two tracks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.qa.checks.identity import Fragment, IdentitySwap, likelihood
from av3d.tracks.document import Document
from av3d.tracks.operations.identity import swap
from courses import STEP_NS, ahead, drive, subject_of, track_along

LOG = drive(41)
PERSON_M = (0.7, 0.6, 1.7)


def track(name, xy_m, category="car", frames=None, **values):
    size = PERSON_M if category == "pedestrian" else (4.5, 1.9, 1.6)
    made = track_along(xy_m, 0.0, size, category=category, frames=frames, **values)
    return replace(made, id=name, number=int(name[1:]))


def found(check, one, other):
    return list(check.examine(subject_of(one, LOG), subject_of(other, LOG)))


def crossing():
    """Two people who pass each other half a metre apart, in the middle of the log."""
    return Document.of(
        [
            track("t1", ahead(1.4) - [2.8, 0.0], "pedestrian"),
            track("t2", [2.8, 0.5] - ahead(1.4), "pedestrian"),
        ]
    )


def test_people_who_cross_are_no_swap():
    tracks = crossing().tracks
    assert found(IdentitySwap(), tracks["t1"], tracks["t2"]) == []


def test_people_who_exchange_their_ids_where_they_cross():
    document = crossing()
    mixed = document.apply(swap(document, "t1", "t2", 20 * STEP_NS, last_ns=19 * STEP_NS))
    (finding,) = found(IdentitySwap(), mixed.tracks["t1"], mixed.tracks["t2"])
    assert (finding.start_ns, finding.end_ns) == (19 * STEP_NS, 20 * STEP_NS)
    assert finding.what.startswith("Goes on as Pedestrian 2, which goes on as Pedestrian 1: ")


def test_an_exchange_is_undone():
    document = crossing()
    mixed = document.apply(swap(document, "t1", "t2", 20 * STEP_NS, last_ns=19 * STEP_NS))
    (finding,) = found(IdentitySwap(), mixed.tracks["t1"], mixed.tracks["t2"])
    mended = mixed.apply(IdentitySwap().repair(finding, mixed))
    for name, before in document.tracks.items():
        now = subject_of(mended.tracks[name], LOG).centers_m
        assert now == pytest.approx(subject_of(before, LOG).centers_m)


def test_cars_that_stand_beside_each_other_and_exchange():
    places = np.zeros((41, 2)), np.tile([0.0, 3.0], (41, 1))
    one, other = (np.concatenate([a[:25], b[25:]]) for a, b in (places, places[::-1]))
    (finding,) = found(IdentitySwap(), track("t1", one), track("t2", other))
    assert finding.end_ns == 25 * STEP_NS


def test_one_that_jumps_alone_is_no_swap():
    jumps = ahead(5.0)
    jumps[20:] += [0.0, 3.0]
    assert (
        found(IdentitySwap(), track("t1", jumps), track("t2", ahead(5.0) + np.array([0.0, 3.0])))
        == []
    )


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1))
def test_noise_of_labels_is_no_swap(seed):
    noise = np.random.default_rng(seed).normal(0.0, 0.05, (2, 41, 2))
    one, other = ahead(1.4) + noise[0], ahead(1.3) + [0.2, 0.7] + noise[1]
    assert (
        found(IdentitySwap(), track("t1", one, "pedestrian"), track("t2", other, "pedestrian"))
        == []
    )


def parts(gap=8, offset_m=(0.0, 0.0), category="car", speed_m_s=8.0):
    whole = ahead(speed_m_s)
    first = track("t1", whole[:15], category)
    again = 15 + gap
    second = track("t2", whole[again:] + np.array(offset_m), category, frames=np.arange(again, 41))
    return first, second


def test_a_car_that_goes_on_where_another_was_lost():
    (finding,) = found(Fragment(), *parts())
    assert finding.track_ids == ("t2", "t1")
    assert (finding.start_ns, finding.end_ns) == (14 * STEP_NS, 23 * STEP_NS)
    assert finding.what == (
        "Begins 0.9 s after Car 1 ends, where that one would be: fits 100 %, limit 10 %"
    )


def test_it_does_not_matter_which_comes_first_in_the_document():
    first, second = parts()
    assert found(Fragment(), second, first) == found(Fragment(), first, second)


def test_parts_become_one_track_that_is_away_between_them():
    first, second = parts()
    (finding,) = found(Fragment(), first, second)
    document = Document.of([first, second])
    (merged,) = document.apply(Fragment().repair(finding, document)).tracks.values()
    assert merged.id == "t1"
    assert [(span.start_ns // STEP_NS, span.end_ns // STEP_NS) for span in merged.presence] == [
        (0, 14), (23, 40),
    ]  # fmt: skip


@pytest.mark.parametrize("offset_m", [(4.0, 0.0), (0.0, 3.0), (-5.0, 1.0)])
def test_a_car_beside_the_way_is_another_one(offset_m):
    assert found(Fragment(), *parts(offset_m=offset_m)) == []


def test_after_two_seconds_any_car_of_a_queue_would_fit():
    assert found(Fragment(), *parts(gap=22)) == []
    assert len(found(Fragment(), *parts(gap=22, speed_m_s=0.0))) == 1  # what stands still stands


def test_other_categories_and_long_gaps_are_not_asked():
    first, second = parts()
    assert found(Fragment(), first, replace(second, category="truck")) == []
    late = track("t2", np.zeros((2, 2)), frames=[80, 81])
    standing = track("t1", np.zeros((2, 2)))
    log = drive(90)
    assert list(Fragment().examine(subject_of(standing, log), subject_of(late, log))) == []


def test_what_stands_must_begin_where_it_stood():
    near, far = (
        likelihood(*(subject_of(one, LOG) for one in parts(offset_m=(x_m, 0.0), speed_m_s=0.0)))
        for x_m in (0.2, 1.5)
    )
    assert near > 0.5
    assert far < 0.01


def test_a_moving_one_may_have_turned_while_nobody_looked():
    offset = (0.0, 0.5)
    short, long = (
        likelihood(*(subject_of(one, LOG) for one in parts(gap, offset))) for gap in (2, 15)
    )
    assert short < long
