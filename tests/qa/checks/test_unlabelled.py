"""What moves and has no label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.ontology.presets import default
from av3d.qa.checks.unlabelled import Unlabelled
from av3d.qa.scene import Scene
from av3d.qa.sight import Sight
from courses import subject_of, track_along
from streets import FRAMES, STEP_NS, car, street


@pytest.fixture(scope="module")
def log():
    """A car that drives by at 4 m/s, one that stands, and a wall."""
    return street(lambda s: [car(5.0 + 4.0 * s, 4.0), car(12.0, -5.0)])


@pytest.fixture(scope="module")
def memory():
    """What one inspection keeps from one look at the labels to the next."""
    return {}


def label(speed_m_s=4.0, frames=range(FRAMES), y_m=4.0):
    places = [[5.0 + speed_m_s * frame * STEP_NS / 1e9, y_m] for frame in frames]
    return track_along(places, 0.0, (4.4, 1.8, 1.4), frames=list(frames), step_ns=STEP_NS)


def found(log, memory, *tracks, ontology=None):
    ontology = ontology or default()
    subjects = {one.id: subject_of(one, log, ontology) for one in tracks}
    return list(Unlabelled().examine(Scene(log, ontology, subjects, Sight(log), memory)))


def test_the_car_that_drives_by_is_found_where_it_is(log, memory):
    (finding,) = found(log, memory)
    assert (finding.track_ids, finding.name, finding.category) == ((), "Unlabelled", "")
    at_s = finding.timestamp_ns / 1e9
    assert np.hypot(*np.array(finding.place_m[:2]) - [5.0 + 4.0 * at_s, 4.0]) < 1.0
    assert finding.size_lwh_m == pytest.approx((4.4, 1.8, 1.4), abs=0.4)
    assert finding.what.startswith("About 4.7 m of something moves at 3.6 m/s for 3.8 s without")


def test_a_label_on_it_is_enough(log, memory):
    assert found(log, memory, label()) == []


def test_a_label_beside_it_or_of_a_moment_is_not(log, memory):
    assert len(found(log, memory, label(y_m=8.0))) == 1
    (finding,) = found(log, memory, label(frames=range(4)))
    assert 50 < finding.value < 100


def test_an_edit_reads_no_sweep_again(log, memory, monkeypatch):
    found(log, memory)
    monkeypatch.setattr(type(log), "cloud", None)
    assert found(log, memory, label()) == []
    assert len(found(log, memory)) == 1


def test_the_ontology_can_leave_it_out(log, memory):
    silent = replace(default(), checks={"unlabelled": False})
    assert found(log, memory, ontology=silent) == []
