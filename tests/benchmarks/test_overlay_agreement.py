"""The figures of overlay_agreement.py that must hold, on three frames of a real log."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from av3d.datasets.pandaset import DATASET

_spec = importlib.util.spec_from_file_location(
    "overlay_agreement", Path(__file__).with_name("overlay_agreement.py")
)
assert _spec is not None
assert _spec.loader is not None
agreement = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(agreement)

FRAMES = [0, 14, 29]


@pytest.fixture(scope="module")
def log(real_data: Path):
    return DATASET.open(real_data / "pandaset" / "002")


@pytest.fixture(scope="module")
def tracks(log):
    return DATASET.read_labels(log).tracks


def test_points_of_a_cuboid_fall_inside_its_outline_in_every_camera(log, tracks) -> None:
    for hits, total in agreement.points_in_outlines(log, tracks, FRAMES).values():
        assert hits == total > 1000


def test_cuboids_agree_with_the_semantic_labels(log, tracks) -> None:
    shares = agreement.semantic_agreement(log, tracks, FRAMES)
    hits, total = shares["points in vehicle cuboids that are vehicle"]
    assert hits / total > 0.96
    hits, total = shares["vehicle points that are in a cuboid"]
    assert hits / total > 0.98


def test_moving_cuboids_head_where_they_go(log, tracks) -> None:
    errors = agreement.heading_errors_deg(log, tracks)
    assert len(errors) > 500
    assert errors.max() < 4


def test_cuboids_hold_when_the_pandar64_measured_them(log, tracks) -> None:
    shares = agreement.second_lidar_agreement(log, tracks, FRAMES)
    share = {name: hits / total for name, (hits, total) in shares.items()}
    assert share["holds when measured"] > 0.98
    assert share["where it was labelled"] < share["holds when measured"] - 0.02
    assert share["holds at the timestamp"] < share["where it was labelled"] - 0.02
