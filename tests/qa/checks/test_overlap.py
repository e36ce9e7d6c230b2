"""Two cuboids in one place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.ontology.presets import default
from av3d.qa.checks.overlap import Duplicate, Overlap
from av3d.tracks.document import Document
from av3d.tracks.relation import TOWED_BY, Relation
from courses import CAR_M, ahead, drive, subject_of, track_along

LOG = drive(20)
PERSON_M = (0.7, 0.6, 1.7)


def track(name, xy_m, size_lwh_m=CAR_M, category="car", **values):
    made = track_along(xy_m, 0.0, size_lwh_m, category=category, **values)
    return replace(made, id=name, number=int(name[1:]))


def at(x_m, y_m=0.0, frames=20):
    return np.tile([x_m, y_m], (frames, 1))


def found(check, *tracks, ontology=None):
    one, other = (subject_of(one, LOG, ontology) for one in tracks)
    return list(check.examine(one, other))


def test_a_car_in_another_one_is_told_once_where_it_is_deepest():
    creeping = np.column_stack([np.linspace(4.0, 3.0, 20), np.zeros(20)])
    (finding,) = found(Overlap(), track("t1", at(0.0)), track("t2", creeping))
    assert finding.track_ids == ("t1", "t2")
    assert (finding.value, finding.limit) == (pytest.approx(1.5), 0.3)
    assert finding.what == "Lies 1.50 m deep in Car 2, limit 0.30 m"
    assert (finding.start_ns, finding.timestamp_ns) == (0, 1_900_000_000)


def test_labels_that_only_touch_are_let_be():
    assert found(Overlap(), track("t1", at(0.0)), track("t2", at(4.3))) == []


def test_half_of_what_is_narrow_is_too_deep():
    people = [
        track(name, at(0.0, y_m), PERSON_M, "pedestrian") for name, y_m in (("t1", 0), ("t2", 0.25))
    ]
    cone = track("t3", at(2.2), (0.3, 0.3, 0.7), "cone")
    (finding,) = found(Overlap(), cone, track("t4", at(0.0)))
    assert finding.limit == pytest.approx(0.15)
    assert found(Overlap(), *people) == []  # .35 of .6 m, but they are doubles: see Duplicate
    assert len(found(Duplicate(), *people)) == 1


def test_people_who_walk_arm_in_arm_may_touch():
    people = [
        track(name, at(0.0, y_m), PERSON_M, "pedestrian") for name, y_m in (("t1", 0), ("t2", 0.45))
    ]
    assert found(Overlap(), *people) == []
    assert found(Duplicate(), *people) == []


def test_a_trailer_may_lie_in_its_truck():
    truck = track("t1", ahead(8.0, 20), (7.0, 2.5, 3.0), "truck")
    place = ahead(8.0, 20) - [6.0, 0.0]
    trailer = track("t2", place, (8.0, 2.5, 3.0), "trailer")
    assert found(Overlap(), truck, trailer) == []  # the two go along together
    parted = track("t2", place + ahead(1.0, 20), (8.0, 2.5, 3.0), "trailer")
    assert len(found(Overlap(), truck, parted)) == 1
    said = replace(parted, relations=(Relation(TOWED_BY, "t1"),))
    assert found(Overlap(), truck, said) == []


def test_the_ontology_can_leave_a_category_out():
    ontology = default()
    cars = [replace(one, checks={"overlap": False}) for one in ontology.categories]
    silent = replace(ontology, categories=tuple(cars))
    assert found(Overlap(), track("t1", at(0.0)), track("t2", at(3.0)), ontology=silent) == []


def test_two_tracks_on_one_car_are_duplicates_and_no_overlap():
    long_one, short_one = track("t1", at(0.0)), track("t2", at(0.3, 0.1, frames=8))
    (finding,) = found(Duplicate(), long_one, short_one)
    assert finding.track_ids == ("t2", "t1")  # about the one that somebody made a second time
    assert finding.what == ("Shares 88 % of its ground with Car 1 and more than 40 % for 8 frames")
    assert found(Overlap(), long_one, short_one) == []


def test_a_moment_makes_no_duplicate():
    brushing = np.column_stack([np.linspace(-30.0, 30.0, 20), np.zeros(20)])
    tracks = track("t1", at(0.0)), track("t2", brushing)
    assert found(Duplicate(), *tracks) == []
    assert len(found(Overlap(), *tracks)) == 1


def test_a_bicycle_in_a_car_is_no_duplicate_of_it():
    bicycle = track("t2", at(0.0), (1.8, 0.6, 1.2), "bicycle")
    assert found(Duplicate(), track("t1", at(0.0)), bicycle) == []
    assert len(found(Overlap(), track("t1", at(0.0)), bicycle)) == 1


def test_duplicates_are_merged():
    tracks = track("t1", at(0.0)), track("t2", at(0.3, frames=8))
    (finding,) = found(Duplicate(), *tracks)
    document = Document.of(tracks)
    after = document.apply(Duplicate().repair(finding, document))
    assert list(after.tracks) == ["t1"]
