"""Gaps of tracks in which their points go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.ontology.presets import default
from av3d.qa.checks.presence import TrackGap
from av3d.qa.evidence import NUMBERS, PointFacts
from av3d.qa.resuming import places_of
from av3d.qa.subject import Subject
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

STEP_NS = 100_000_000
FRAMES = 20


class NoPoints(SweepStream):
    """Sweeps without points."""

    def read(self, index: int) -> Sweep:
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), dtype=np.float32))


def subject(spans: list[tuple[int, int]], own: dict[int, int], points: int = 100) -> Subject:
    """A car there in some frames with so many points, and the points where it would be in others."""
    log = Log(
        name="drive", kind="folder", path=Path("drive"), trajectory=Trajectory.identity(),
        rig=Rig("made", {"top": LidarMount(SE3.identity())}, {}), cameras={},
        lidars={"top": NoPoints(np.arange(FRAMES) * STEP_NS)},
    )  # fmt: skip
    there = [frame for first, last in spans for frame in range(first, last + 1)]
    keyframes = tuple(
        Keyframe(frame * STEP_NS, Cuboid.from_yaw([10.0 + frame, 0.0, 0.8], [4.5, 1.9, 1.6], 0.0),
                 Provenance.MANUAL)
        for frame in there
    )  # fmt: skip
    presence = tuple(Span(first * STEP_NS, last * STEP_NS) for first, last in spans)
    track = Track("t", "car", keyframes, number=1, presence=presence)
    made = Subject(track, log, default())
    facts = PointFacts.of(np.zeros((len(there), NUMBERS), dtype=np.float32))
    facts = replace(facts, above_ground=np.full(len(there), float(points)))
    places = places_of(made)
    if places is not None:
        elsewhere = PointFacts.of(np.zeros((len(places.frames), NUMBERS), dtype=np.float32))
        found = np.array([own.get(frame, 0) for frame in places.frames.tolist()], dtype=np.float64)
        facts = replace(facts, places=places, elsewhere=replace(elsewhere, own=found))
    return made.with_points(facts)


def test_a_gap_in_which_points_are_where_it_would_be_is_found() -> None:
    (found,) = TrackGap().examine(subject([(0, 5), (10, 19)], {6: 90, 7: 95, 8: 0, 9: 80}))
    assert (found.start_ns, found.end_ns) == (6 * STEP_NS, 9 * STEP_NS)
    assert found.value == pytest.approx(75.0)
    assert found.what == "95 points are where Car 1 would be, in a gap of 4 frames"


def test_a_gap_behind_something_is_none() -> None:
    assert not list(TrackGap().examine(subject([(0, 5), (10, 19)], {6: 90, 7: 3})))


def test_points_much_fewer_than_those_of_the_object_are_something_else() -> None:
    own = dict.fromkeys(range(6, 10), 30)
    assert not list(TrackGap().examine(subject([(0, 5), (10, 19)], own)))
    assert list(TrackGap().examine(subject([(0, 5), (10, 19)], own, points=40)))


def test_an_object_that_is_seen_on_after_its_track_has_ended_is_found() -> None:
    (found,) = TrackGap().examine(subject([(0, 10)], dict.fromkeys(range(11, 20), 80)))
    assert found.start_ns == 11 * STEP_NS
    assert "after it was there last" in found.what
    (before,) = TrackGap().examine(subject([(8, 19)], dict.fromkeys(range(8), 80)))
    assert before.end_ns == 7 * STEP_NS
    assert "before it is there" in before.what


def test_a_track_that_is_there_all_the_time_has_no_gap() -> None:
    whole = subject([(0, FRAMES - 1)], {})
    assert places_of(whole) is None
    assert not list(TrackGap().examine(whole))
