"""Cuboids above and below the ground."""

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
from av3d.qa.checks.ground import AboveGround, Sunk
from av3d.qa.evidence import NUMBERS, PointFacts
from av3d.qa.subject import Subject
from av3d.tracks.document import Document
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

STEP_NS = 100_000_000
FRAMES = 5


class NoPoints(SweepStream):
    """Sweeps without points."""

    def read(self, index: int) -> Sweep:
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), dtype=np.float32))


def subject(
    above_m: list[float], sigma_m: float = 0.03, hidden: float = 0.0, category: str = "car"
) -> Subject:
    """A track of which the sweeps say how high it is over the ground."""
    log = Log(
        name="drive", kind="folder", path=Path("drive"), trajectory=Trajectory.identity(),
        rig=Rig("made", {"top": LidarMount(SE3.identity())}, {}), cameras={},
        lidars={"top": NoPoints(np.arange(FRAMES) * STEP_NS)},
    )  # fmt: skip
    keyframes = tuple(
        Keyframe(row * STEP_NS, Cuboid.from_yaw([15.0 + row, 0.0, 1.0], [4.5, 1.9, 1.6], 0.0),
                 Provenance.MANUAL)
        for row in range(FRAMES)
    )  # fmt: skip
    facts = replace(
        PointFacts.of(np.zeros((FRAMES, NUMBERS), dtype=np.float32)),
        above_m=np.array(above_m), above_sigma_m=np.full(FRAMES, sigma_m),
        hidden=np.full(FRAMES, hidden),
    )  # fmt: skip
    return Subject(Track("t", category, keyframes, number=1), log, default(), points=facts)


def test_what_floats_is_found_with_the_height_that_most_frames_tell() -> None:
    (found,) = AboveGround().examine(subject([0.0, 0.40, 0.42, 0.9, 0.0]))
    assert (found.start_ns, found.end_ns) == (STEP_NS, 3 * STEP_NS)
    assert found.value == pytest.approx(0.42)
    assert found.what == "Car 1 floats 0.42 m above the ground; the limit is 0.20 m"


@pytest.mark.parametrize("sigma_m", [0.15, np.nan])
def test_where_the_ground_is_not_known_nothing_is_said(sigma_m: float) -> None:
    above_m = [np.nan] * FRAMES if np.isnan(sigma_m) else [0.4] * FRAMES
    assert not list(AboveGround().examine(subject(above_m, sigma_m)))


def test_what_is_sunk_is_found_unless_something_hides_the_ground() -> None:
    (found,) = Sunk().examine(subject([-0.4] * FRAMES))
    assert found.value == pytest.approx(0.4)
    assert not list(AboveGround().examine(subject([-0.4] * FRAMES)))
    assert not list(Sunk().examine(subject([-0.4] * FRAMES, hidden=0.9)))


def test_cones_are_not_asked_about() -> None:
    assert not list(AboveGround().examine(subject([2.0] * FRAMES, category="cone")))


@pytest.mark.parametrize(("check", "above_m"), [(AboveGround(), 0.4), (Sunk(), -0.4)])
def test_the_repair_puts_it_on_the_ground_where_it_was_found(
    check: AboveGround | Sunk, above_m: float
) -> None:
    one = subject([0.0, above_m, above_m, 0.0, 0.0])
    (found,) = check.examine(one)
    changes = check.repair(found, Document({"t": one.track}))
    (after,) = [change.after for change in changes]
    assert isinstance(after, Track)
    heights_m = [key.cuboid.center_m[2] for key in after.keyframes]
    assert heights_m == pytest.approx([1.0, 1.0 - above_m, 1.0 - above_m, 1.0, 1.0])


def test_the_repair_between_keyframes_makes_keyframes_there() -> None:
    one = subject([0.0, 0.4, 0.4, 0.0, 0.0])
    first, *_, last = one.track.keyframes
    sparse = replace(one.track, keyframes=(first, last))
    (found,) = AboveGround().examine(replace(one, track=sparse))
    (change,) = AboveGround().repair(found, Document({"t": sparse}))
    assert isinstance(change.after, Track)
    for row in (1, 2):
        state = change.after.state_at(row * STEP_NS)
        assert state is not None
        assert state.cuboid.center_m[2] == pytest.approx(0.6)
    ends = [change.after.keyframes[row].cuboid for row in (0, -1)]
    assert ends == [first.cuboid, last.cuboid]
