"""Checks by points: few, outside, empty margin, off between keyframes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.ontology.presets import default
from av3d.qa.checks.points import EmptyMargin, FewPoints, InterpolatedOff, PointsOutside
from av3d.qa.evidence import NUMBERS, PointFacts
from av3d.qa.subject import Subject
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

STEP_NS = 100_000_000
FRAMES = 6
CAR, PEDESTRIAN, CONE = (4.5, 1.9, 1.6), (0.7, 0.7, 1.75), (0.4, 0.4, 0.7)


class NoPoints(SweepStream):
    """Sweeps without points."""

    def read(self, index: int) -> Sweep:
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), dtype=np.float32))


def subject(
    category: str = "car", size: tuple[float, ...] = CAR, keys: tuple[int, ...] = tuple(range(FRAMES)),
    range_m: float = 15.0, **said: Any,
) -> Subject:  # fmt: skip
    """A track that stands, of which the sweeps say the same in each frame, but for what is given.

    By default it is in full view: 200 beams came to it, all of which met something in it.
    """
    log = Log(
        name="drive", kind="folder", path=Path("drive"), trajectory=Trajectory.identity(),
        rig=Rig("made", {"top": LidarMount(SE3.identity())}, {}), cameras={},
        lidars={"top": NoPoints(np.arange(FRAMES) * STEP_NS)},
    )  # fmt: skip
    cuboid = Cuboid.from_yaw([range_m, 0.0, size[2] / 2], size, 0.0)
    keyframes = tuple(Keyframe(key * STEP_NS, cuboid, Provenance.MANUAL) for key in keys)
    facts = PointFacts.of(np.zeros((FRAMES, NUMBERS), dtype=np.float32))
    full = {"inside": 200.0, "above_ground": 200.0, "own": 200.0, "beams": 200.0}
    values = {
        name: np.broadcast_to(np.asarray(value, dtype=np.float64), getattr(facts, name).shape)
        for name, value in (full | said).items()
    }
    track = Track("t", category, keyframes, number=1)
    return Subject(track, log, default(), points=replace(facts, **values))


def test_few_points_are_found_where_many_beams_came() -> None:
    (found,) = FewPoints().examine(subject(above_ground=[200, 200, 3, 3, 200, 200]))
    assert (found.start_ns, found.end_ns) == (2 * STEP_NS, 3 * STEP_NS)
    assert found.value == pytest.approx(1.5)
    assert (
        found.what
        == "2 % of the beams towards Car 1 met something in it; at least 10 % are expected"
    )


@pytest.mark.parametrize("said", [{"hidden": 0.8}, {"beams": 8.0}, {"beams": np.nan}])
def test_few_points_of_what_is_hidden_or_far_away_are_no_finding(said: dict[str, Any]) -> None:
    assert not list(FewPoints().examine(subject(above_ground=0, **said)))


def test_what_is_low_has_all_of_its_points_counted() -> None:
    low = subject("cone", CONE, above_ground=0, inside=100)
    assert not list(FewPoints().examine(low))
    assert list(FewPoints().examine(subject(above_ground=0, inside=100)))


def test_a_face_that_cuts_off_points_is_found() -> None:
    cut = subject(above_ground=60, outside=[0, 40, 0, 0, 0], overhang_m=[0, 0.4, 0, 0, 0])
    (found,) = PointsOutside().examine(cut)
    assert found.value == pytest.approx(40.0)
    assert found.what == "40 % of the points of Car 1 are outside of its cuboid; the limit is 20 %"


@pytest.mark.parametrize("reach_m", [0.05, 1.5])
def test_points_just_beyond_a_face_and_hedges_that_go_on_are_no_finding(reach_m: float) -> None:
    beside = subject(above_ground=60, outside=[0, 40, 0, 0, 0], overhang_m=[0, reach_m, 0, 0, 0])
    assert not list(PointsOutside().examine(beside))


def test_an_empty_margin_before_a_face_in_view_is_found() -> None:
    (found,) = EmptyMargin().examine(
        subject(seen=[0, 0.7, 0, 0, 0], margins_m=[3.0, 0.9, 0.5, 0.5, 0.1])
    )
    assert found.value == pytest.approx(20.0)  # of 4.5 m


def test_an_empty_margin_before_a_face_that_points_reach_a_moment_later_is_no_finding() -> None:
    margins_m = np.tile([3.0, 0.9, 0.5, 0.5, 0.1], (FRAMES, 1))
    margins_m[4, 1] = 0.05
    assert not list(EmptyMargin().examine(subject(seen=[0, 0.7, 0, 0, 0], margins_m=margins_m)))


def test_where_the_whole_back_is_in_view_it_tells_where_the_sides_are() -> None:
    margins_m = [3.0, 0.05, 0.6, 0.05, 0.1]
    assert list(EmptyMargin().examine(subject(seen=[0, 1, 0, 0, 0], margins_m=margins_m)))
    assert not list(EmptyMargin().examine(subject(seen=[0, 0.7, 0, 0, 0], margins_m=margins_m)))


def test_margins_of_a_hand_and_those_far_away_are_no_finding() -> None:
    slight = {"category": "pedestrian", "size": PEDESTRIAN, "seen": 1.0, "margins_m": 0.24}
    assert not list(EmptyMargin().examine(subject(**slight)))
    assert list(EmptyMargin().examine(subject(**{**slight, "margins_m": 0.3})))
    assert not list(EmptyMargin().examine(subject(**{**slight, "margins_m": 0.3}, range_m=80.0)))


def test_an_interpolated_cuboid_off_its_points_is_found_by_what_its_keyframes_show() -> None:
    outside = np.zeros((FRAMES, 5))
    outside[[2, 3], 0] = 100
    overhang_m = outside / 250
    moving = {"outside": outside, "overhang_m": overhang_m, "above_ground": 100}
    (found,) = InterpolatedOff().examine(subject(keys=(0, 5), **moving))
    assert (found.start_ns, found.end_ns) == (2 * STEP_NS, 3 * STEP_NS)
    assert found.value == pytest.approx(50.0)
    assert not list(InterpolatedOff().examine(subject(keys=tuple(range(FRAMES)), **moving)))


def test_points_outside_between_keyframes_that_fit_are_told_once() -> None:
    outside = np.zeros((FRAMES, 5))
    outside[[2, 3], 0] = 100
    said = {"outside": outside, "overhang_m": outside / 250, "above_ground": 100}
    assert not list(PointsOutside().examine(subject(keys=(0, 5), **said)))
    assert list(PointsOutside().examine(subject(keys=(0, 2, 3, 5), **said)))
    assert not list(InterpolatedOff().examine(subject(keys=(0, 2, 3, 5), **said)))


def test_without_sweeps_nothing_is_said() -> None:
    unseen = replace(subject(above_ground=0), points=None)
    for check in (FewPoints(), PointsOutside(), EmptyMargin(), InterpolatedOff()):
        assert not list(check.examine(unseen))
