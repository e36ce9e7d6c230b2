"""All checks of a log's labels, done again only for what an edit can have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.ontology.motion import Motion
from av3d.ontology.presets import default
from av3d.qa.check import Check, Measure, PairCheck, SceneCheck, TrackCheck
from av3d.qa.finding import Finding, Severity
from av3d.qa.inspection import Inspection
from av3d.qa.scene import Scene
from av3d.qa.sight import Progress
from av3d.qa.subject import Subject
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.proposal import PROPOSAL
from av3d.tracks.track import Track

STEP_NS = 100_000_000
FRAMES = 10


class NoPoints(SweepStream):
    """Sweeps without points."""

    def read(self, index: int) -> Sweep:
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), dtype=np.float32))


@pytest.fixture
def log() -> Log:
    return Log(
        name="drive", kind="folder", path=Path("drive"),
        rig=Rig("made", {"top": LidarMount(SE3.identity())}, {}),
        trajectory=Trajectory.identity(),
        lidars={"top": NoPoints(np.arange(FRAMES) * STEP_NS)}, cameras={},
    )  # fmt: skip


def car(name: str, x_m: float, frames: range = range(FRAMES), speed_m: float = 0.0) -> Track:
    """A car that goes `speed_m` per frame along x."""
    keyframes = tuple(
        Keyframe(
            frame * STEP_NS,
            Cuboid.from_yaw([x_m + speed_m * frame, 0.0, 0.8], [4.5, 1.9, 1.6], 0.0),
            Provenance.MANUAL,
        )
        for frame in frames
    )
    return Track(name, "car", keyframes, number=int(name[1:]))


class Far(TrackCheck):
    """Remembers what it was asked about."""

    id, title, sentence, unit = "far", "Far", "How far along x.", "m"
    defaults: ClassVar[Mapping[Motion, float]] = {Motion.WHEELED: 100.0}

    def __init__(self) -> None:
        self.asked: list[str] = []

    def measure(self, subject: Subject) -> Measure | None:
        self.asked.append(subject.track.id)
        limit = self.limit_for(subject)
        return None if limit is None else Measure(subject.times_ns, subject.centers_m[:, 0], limit)


class Close(PairCheck):
    """Two tracks within 5 m, or one that begins within .5 s where another ended."""

    id, title, sentence = "close", "Close", "Two that are close."
    defaults: ClassVar[Mapping[Motion, float]] = {}
    reach_m, gap_s, gap_reach_m = 5.0, 0.5, 5.0

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def examine(self, one: Subject, other: Subject) -> Iterator[Finding]:
        self.asked.append((one.track.id, other.track.id))
        yield Finding(
            self.id, Severity.NOTE, (one.track.id, other.track.id), one.track.name, "car", 0, 0, 0,
            1.0, 5.0, "close", 50, one.track.digest, other.track.digest,
        )  # fmt: skip


class Crowd(SceneCheck):
    """More than two tracks."""

    id, title, sentence = "crowd", "Crowd", "How many there are."
    defaults: ClassVar[Mapping[Motion, float]] = {}

    def examine(self, scene: Scene) -> Iterator[Finding]:
        if len(scene.subjects) > 2:
            yield Finding(self.id, Severity.NOTE, (), "Log", "", 0, 0, 0, 3.0, 2.0, "many", 45)


def inspection(log: Log, *checks: Check) -> Inspection:
    return Inspection(log, default(), checks)


def test_a_stretch_beyond_the_limit_is_one_finding_with_its_worst_frame(log: Log) -> None:
    (found,) = inspection(log, Far()).update([car("t1", 80.0, speed_m=5.0)])
    # 80, 85 ... 125 m: beyond 100 m from frame 5 on.
    assert (found.check, found.track_ids, found.name) == ("far", ("t1",), "Car 1")
    assert (found.start_ns, found.end_ns, found.timestamp_ns) == (
        5 * STEP_NS,
        9 * STEP_NS,
        9 * STEP_NS,
    )
    assert (found.value, found.limit) == (125.0, 100.0)
    assert found.risk == 52  # 40 + 60 * (1 - 100 / 125)


def test_only_the_edited_track_is_asked_about_again(log: Log) -> None:
    check = Far()
    one = inspection(log, check)
    tracks = [car("t1", 0.0), car("t2", 200.0)]
    one.update(tracks)
    check.asked.clear()
    one.update([car("t1", 300.0), tracks[1]])
    assert check.asked == ["t1"]
    assert {finding.track_id for finding in one.findings} == {"t1", "t2"}


def test_labels_that_are_the_same_are_not_asked_about(log: Log) -> None:
    check = Far()
    one = inspection(log, check)
    tracks = [car("t1", 0.0)]
    one.update(tracks)
    one.update(list(tracks))
    assert check.asked == ["t1"]


def test_a_track_that_is_deleted_takes_its_findings_along(log: Log) -> None:
    one = inspection(log, Far(), Close())
    tracks = [car("t1", 200.0), car("t2", 202.0)]
    assert len(one.update(tracks)) == 3
    assert {finding.check for finding in one.update(tracks[:1])} == {"far"}
    assert one.update([]) == ()


def test_pairs_are_asked_about_when_they_meet_or_follow_each_other(log: Log) -> None:
    check = Close()
    tracks = [
        car("t1", 0.0, range(4)),
        car("t2", 3.0, range(6, 10)),  # .3 s after t1, 3 m on
        car("t3", 50.0),
        car("t4", 54.0),
        car("t5", 20.0),
    ]
    inspection(log, check).update(tracks)
    assert sorted(check.asked) == [("t1", "t2"), ("t3", "t4")]


def test_an_edit_asks_about_the_pairs_of_the_edited_track_only(log: Log) -> None:
    check = Close()
    one = inspection(log, check)
    tracks = [car("t1", 0.0), car("t2", 3.0), car("t3", 50.0), car("t4", 53.0)]
    one.update(tracks)
    check.asked.clear()
    found = one.update([tracks[0], car("t2", 48.0), *tracks[2:]])
    assert sorted(check.asked) == [("t2", "t3"), ("t2", "t4")]
    assert sorted(finding.track_ids for finding in found) == [
        ("t2", "t3"),
        ("t2", "t4"),
        ("t3", "t4"),
    ]


def test_step_by_step_gives_what_a_look_at_everything_gives(log: Log) -> None:
    one = inspection(log, Far(), Close(), Crowd())
    rng = np.random.default_rng(5)
    tracks: dict[str, Track] = {}
    for _ in range(60):
        name = f"t{rng.integers(1, 8)}"
        if rng.random() < 0.2:
            tracks.pop(name, None)
        else:
            first = int(rng.integers(0, 6))
            frames = range(first, int(rng.integers(first + 1, FRAMES + 1)))
            tracks[name] = car(name, float(rng.uniform(60, 120)), frames, float(rng.uniform(0, 3)))
        whole = inspection(log, Far(), Close(), Crowd()).update(tracks.values())
        assert one.update(tracks.values()) == whole


class StoppedError(Exception):
    """The user has cancelled."""


def stopping_at(number: int) -> Progress:
    """A progress that lets `number` steps pass."""
    steps = iter(range(number))

    def progress(doing: str, done: int, all_of_it: int) -> None:
        if next(steps, None) is None:
            raise StoppedError

    return progress


def test_what_is_stopped_half_way_can_go_on(log: Log) -> None:
    far = Far()
    one = inspection(log, far)
    tracks = [car("t1", 200.0), car("t2", 200.0)]
    with pytest.raises(StoppedError):
        one.update(tracks, progress=stopping_at(1))
    assert far.asked == ["t1"]
    assert one.findings == ()
    assert len(one.update(tracks)) == 2


class Seen(Far):
    """How many sweeps a track was looked at in."""

    id, reads_points = "seen", True

    def measure(self, subject: Subject) -> Measure | None:
        assert subject.points is not None
        return Measure(subject.times_ns, subject.points.inside + 100.0 * len(subject.frames), 0.0)


def test_an_edit_that_was_stopped_and_undone_leaves_nothing_behind(log: Log) -> None:
    one = inspection(log, Seen())
    before, short = car("t1", 20.0), car("t1", 40.0, range(4))
    other = car("t2", 30.0)
    at_first = one.update([before, other])
    with pytest.raises(StoppedError):
        one.update([short, other], progress=stopping_at(FRAMES))
    assert one.update([before, other]) == at_first
    away = car("t2", 31.0)
    one.update([before, away])
    seen = one.points_of("t1")
    assert seen is not None
    assert len(seen.inside) == FRAMES
    assert one.findings == inspection(log, Seen()).update([before, away])


def test_a_check_that_fails_silences_no_other_and_is_named(log: Log) -> None:
    class Broken(Far):
        id = "broken"

        def measure(self, subject: Subject) -> Measure | None:
            raise ZeroDivisionError("of nothing")

    one = inspection(log, Broken(), Far())
    assert [finding.check for finding in one.update([car("t1", 200.0)])] == ["far"]
    assert list(one.failed) == ["broken"]
    assert one.failed["broken"].startswith("Car 1: ZeroDivisionError: of nothing (test_inspection")
    assert one.measure("t1", "broken") is None


def test_what_is_no_finding_is_the_fault_of_the_check(log: Log) -> None:
    class Odd(Crowd):
        id = "odd"

        def examine(self, scene: Scene) -> Iterator[Finding]:
            yield "something is wrong"  # type: ignore[misc]

    one = inspection(log, Odd())
    assert one.update([car("t1", 0.0)]) == ()
    assert "'something is wrong', which is no finding of its own" in one.failed["odd"]


def test_a_proposal_is_no_label_yet(log: Log) -> None:
    keyframes = [replace(k, provenance=Provenance.MODEL) for k in car("t1", 200.0).keyframes]
    proposed = Track("t1", "car", tuple(keyframes), attributes={PROPOSAL: True})
    assert inspection(log, Far()).update([proposed]) == ()


def test_an_ontology_can_set_a_limit_or_leave_a_check_out(log: Log) -> None:
    general = replace(default(), checks={"far": 500.0})
    assert Inspection(log, general, [Far()]).update([car("t1", 200.0)]) == ()
    categories = tuple(
        replace(one, checks={"far": 50.0}) if one.key == "car" else one
        for one in general.categories
    )
    own = replace(general, categories=categories)
    assert len(Inspection(log, own, [Far()]).update([car("t1", 60.0)])) == 1
    off = replace(default(), checks={"far": False})
    assert Inspection(log, off, [Far()]).update([car("t1", 200.0)]) == ()


def test_what_has_no_track_is_named_by_its_place() -> None:
    here, there = (
        Finding("crowd", Severity.NOTE, (), "Unlabelled", "", 0, 0, 0, 1, 1, "x", 45, place_m=place)
        for place in ((1.0, 2.0, 0.0), (9.0, 2.0, 0.0))
    )
    assert here.id != there.id


def test_one_of_a_unit_that_is_counted_has_no_s() -> None:
    class Counted(Far):
        unit, digits = "frames", 0

    assert [Counted().words(value) for value in (1.0, 2.0)] == ["1 frame", "2 frames"]
    assert Far().words(1.0) == "1.0 m"
