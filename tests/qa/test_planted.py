"""Faults planted into the labels of the sample log are found, and little else is.

The whole study, on real logs: tests/benchmarks/planted_faults.py; its figures: docs/qa.md.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from av3d.datasets.registry import open_log
from av3d.qa.finding import Finding, Severity

REPOSITORY = Path(__file__).parents[2]
sys.path.append(str(REPOSITORY / "tests" / "benchmarks"))

from faults.campaign import about, labels_with, run  # noqa: E402
from faults.fault import STRENGTHS, Fault, Strength  # noqa: E402
from faults.kinds import KINDS  # noqa: E402
from faults.material import Material  # noqa: E402
from faults.tables import check_table, log_table, missed_lines, recall_table  # noqa: E402

S = 1_000_000_000


@pytest.fixture(scope="module")
def material():
    """The sample log and its labels; sweeps and images are left to the study itself."""
    log = open_log(REPOSITORY / "sample_logs" / "crossing")
    return Material.of("crossing", log, read=False)


@pytest.fixture(scope="module")
def campaign(material):
    """Every kind that needs no points, once, as bad as it gets."""
    return run(material, KINDS, per=1, together=10, seed=1, prove=1, strengths=[Strength.GROSS])


def test_gross_faults_are_found(campaign):
    assert len(campaign.verdicts) >= 15
    assert missed_lines([campaign], STRENGTHS) == []


def test_there_are_at_most_two_findings_per_100_cuboids_of_the_untouched_labels(material):
    assert 100 * len(material.untouched) / material.cuboids <= 2


def test_an_inspection_from_the_start_finds_the_same_as_one_after_edits(campaign, material):
    assert campaign.proven == 1
    assert material.inspection.update(material.tracks) == material.untouched


def test_tables_have_a_line_per_kind_log_and_check(campaign, material):
    assert len(recall_table([campaign], KINDS)) == 4 + len(
        {verdict.fault.kind for verdict in campaign.verdicts}
    )
    assert log_table([campaign])[-1].startswith("| crossing | 32 | 1,160 |")
    assert any(line.startswith("| heading-flip |") for line in check_table([campaign]))


@pytest.mark.parametrize(
    "kind", [one for one in KINDS if not one.points], ids=lambda kind: kind.name
)
def test_a_planted_track_differs_where_the_fault_is(kind, material):
    rng = np.random.default_rng(3)
    plantings = (
        kind.plant(material, subject, strength, rng)
        for strength in STRENGTHS
        for subject in material.subjects.values()
    )
    planting = next(planting for planting in plantings if planting is not None)
    before = {track.id: track for track in material.tracks}
    after = {track.id: track for track in labels_with(material.tracks, [planting])}
    changed = {
        track_id for track_id in before | after if before.get(track_id) != after.get(track_id)
    }
    assert changed & {*planting.fault.track_ids, *planting.gone}
    assert changed <= {*planting.fault.track_ids, *planting.touched, *planting.gone}
    assert planting.fault.start_ns <= planting.fault.end_ns


FAULT = Fault("heading flips", Strength.PLAIN, ("a",), 10 * S, 12 * S, "")
FINDING = Finding(
    "heading-flip",
    Severity.ERROR,
    ("a",),
    "Car 1",
    "car",
    11 * S,
    11 * S,
    11 * S,
    180,
    90,
    "It flips",
    80,
)


def test_a_finding_is_about_a_fault_whose_track_it_names_at_that_time():
    assert about(FAULT, FINDING)
    assert about(FAULT, replace(FINDING, track_ids=("b", "a")))
    assert about(FAULT, replace(FINDING, start_ns=int(12.4 * S), end_ns=14 * S))


def test_a_finding_of_another_track_or_time_is_not_about_a_fault():
    assert not about(FAULT, replace(FINDING, track_ids=("b",)))
    assert not about(FAULT, replace(FINDING, start_ns=13 * S, end_ns=14 * S))


def test_a_finding_without_a_track_is_about_a_missed_object_near_its_place():
    path = np.array([10 * S, 12 * S]), np.array([[0.0, 0, 0], [20.0, 0, 0]])
    fault = Fault("missed object", Strength.PLAIN, (), 10 * S, 12 * S, "", path)
    near = replace(FINDING, track_ids=(), timestamp_ns=12 * S, place_m=(19.0, 1.0, 0.5))
    assert about(fault, near)
    assert not about(fault, replace(near, place_m=(1.0, 1.0, 0.5)))
