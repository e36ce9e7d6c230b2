"""What points and beams say of cuboids, on streets of which every beam is cast."""

from __future__ import annotations

from collections.abc import Sequence
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
from av3d.qa.evidence import FACES, PointFacts
from av3d.qa.inspection import Inspection
from av3d.qa.registry import check_of
from av3d.qa.resuming import AFTER, BEFORE
from av3d.qa.sight import Sight
from av3d.qa.subject import Subject
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

STEP_NS = 100_000_000
ABOVE_M = 1.9
CAR = (4.5, 1.9, 1.6)


def cuboid(x: float, y: float = 0.0, size: Sequence[float] = CAR, up: float = 0.0) -> Cuboid:
    return Cuboid.from_yaw([x, y, size[2] / 2 + up], size, 0.0)


def rays() -> np.ndarray:
    """Directions of a LiDAR with beams a quarter and half a degree apart, (N, 3)."""
    turns, rises = np.arange(-45, 45, 0.25), np.arange(-20, 4, 0.5)
    turn, rise = np.meshgrid(np.radians(turns), np.radians(rises))
    level = np.cos(rise)
    return np.stack([level * np.cos(turn), level * np.sin(turn), np.sin(rise)], -1).reshape(-1, 3)


def cast(boxes: Sequence[Cuboid]) -> np.ndarray:
    """Where the beams meet the street at z = 0, the boxes, and a wall 60 m ahead, (N, 3)."""
    ways = rays()
    origin = np.array([0.0, 0.0, ABOVE_M])
    with np.errstate(divide="ignore"):
        far = np.where(ways[:, 2] < 0, -ABOVE_M / ways[:, 2], np.inf)
        far = np.minimum(far, 60.0 / ways[:, 0])
        for box in boxes:
            half = box.size_lwh_m / 2
            first = (box.center_m - half - origin) / ways
            second = (box.center_m + half - origin) / ways
            enters = np.minimum(first, second).max(axis=1)
            leaves = np.maximum(first, second).min(axis=1)
            far = np.where((enters > 0) & (enters < leaves), np.minimum(far, enters), far)
    return (origin + far[:, None] * ways).astype(np.float32)


class Cast(SweepStream):
    """Sweeps of a street; counts how often one is read."""

    def __init__(self, boxes: Sequence[Sequence[Cuboid] | None]) -> None:
        super().__init__(np.arange(len(boxes)) * STEP_NS)
        self._boxes = boxes
        self.reads = 0

    def read(self, index: int) -> Sweep:
        self.reads += 1
        boxes = self._boxes[index]
        points = np.zeros((0, 3), np.float32) if boxes is None else cast(boxes)
        return Sweep("top", int(self.timestamps_ns[index]), points - np.float32([0, 0, ABOVE_M]))


def street(*boxes: Sequence[Cuboid] | None) -> Log:
    """A log whose ego stands; what there is in each of its frames, None for a missing sweep."""
    return Log(
        name="street", kind="folder", path=Path("street"), trajectory=Trajectory.identity(),
        rig=Rig("made", {"top": LidarMount(SE3.from_yaw(0.0, [0.0, 0.0, ABOVE_M]))}, {}),
        lidars={"top": Cast(boxes)}, cameras={},
    )  # fmt: skip


def track(name: str, *cuboids: Cuboid, first: int = 0) -> Track:
    """One keyframe per frame."""
    keys = tuple(
        Keyframe((first + row) * STEP_NS, one, Provenance.MANUAL) for row, one in enumerate(cuboids)
    )
    return Track(name, "car", keys, free_size=True)


def subject(log: Log, one: Track) -> Subject:
    return Subject(one, log, default())


def seen(log: Log, *tracks: Track) -> dict[str, PointFacts]:
    return dict(Sight(log).look([subject(log, one) for one in tracks]))


def face(name: str) -> int:
    return FACES.index(name)


def test_points_inside_are_counted_as_the_cuboid_contains_them() -> None:
    car = cuboid(15.0, 3.0)
    log = street([car])
    grown = Cuboid(car.frame_SE3_cuboid, car.size_lwh_m + 0.05)
    facts = seen(log, track("car", grown))["car"]
    assert facts.inside[0] == grown.contains(log.cloud(0).points_m).sum() > 100
    assert facts.above_ground[0] > 0.8 * facts.inside[0]


def test_a_cuboid_that_fits_has_nothing_outside_and_no_margin_where_it_is_seen() -> None:
    log, fits = street([cuboid(15.0, 9.0)]), cuboid(15.0, 9.0, (4.54, 1.94, 1.62))
    facts = seen(log, track("car", fits))["car"]
    assert facts.outside.sum() == 0
    assert facts.margins_m[0, [face("back"), face("right")]] == pytest.approx(0.02, abs=0.02)
    assert facts.seen[0, [face("back"), face("right")]].min() > 0.9
    assert facts.seen[0, [face("front"), face("left")]].max() == 0.0
    assert facts.hidden[0] < 0.02
    assert facts.above_m[0] == pytest.approx(-0.01, abs=0.03)
    assert facts.above_sigma_m[0] < 0.1


def test_points_go_on_outside_of_a_face_that_cuts_the_object() -> None:
    shorter = Cuboid.from_yaw([15.25, 3.0, 0.8], [4.0, 1.94, 1.62], 0.0)
    facts = seen(street([cuboid(15.0, 3.0)]), track("car", shorter))["car"]
    assert facts.outside[0, face("back")] > 20
    assert facts.overhang_m[0, face("back")] == pytest.approx(0.5, abs=0.06)
    assert facts.outside[0, face("front")] == 0


def test_points_outside_that_are_in_another_cuboid_belong_to_that() -> None:
    shorter = Cuboid.from_yaw([15.25, 3.0, 0.8], [4.0, 1.94, 1.62], 0.0)
    behind = Cuboid.from_yaw([12.9, 3.0, 0.8], [0.9, 1.94, 1.62], 0.0)
    log = street([cuboid(15.0, 3.0)])
    assert seen(log, track("car", shorter), track("other", behind))["car"].outside.sum() == 0


@pytest.mark.parametrize(("length_m", "counts"), [(0.7, True), (12.0, False)])
def test_a_wall_that_goes_on_beside_the_object_is_none_of_its_points(
    length_m: float, counts: bool
) -> None:
    walker = Cuboid.from_yaw([9.0, 3.0, 0.9], [0.6, 0.6, 1.8], 0.0)
    wall = Cuboid.from_yaw([9.0, 3.65, 1.5], [length_m, 0.4, 3.0], 0.0)
    fits = Cuboid.from_yaw([9.0, 3.0, 0.9], [0.7, 0.7, 1.85], 0.0)
    facts = seen(street([walker, wall]), track("walker", fits))["walker"]
    assert facts.beside[0, face("left")] > 5
    assert bool(facts.outside[0, face("left")] > 5) is counts


def test_the_margin_of_a_cuboid_that_is_too_long_is_that_before_the_face_in_view() -> None:
    longer = Cuboid.from_yaw([14.5, 3.0, 0.8], [5.5, 1.94, 1.62], 0.0)
    facts = seen(street([cuboid(15.0, 3.0)]), track("car", longer))["car"]
    assert facts.margins_m[0, face("back")] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("up_m", [0.4, -0.3])
def test_the_height_over_the_ground_is_told(up_m: float) -> None:
    facts = seen(street([cuboid(15.0, 3.0)]), track("car", cuboid(15.0, 3.0, up=up_m)))["car"]
    assert facts.above_m[0] == pytest.approx(up_m, abs=0.05)


def test_beams_go_through_an_empty_place_and_not_past_a_wall_before_it() -> None:
    empty = track("empty", cuboid(20.0, -8.0))
    free = seen(street([cuboid(15.0, 3.0)]), empty)["empty"]
    assert free.above_ground[0] == 0
    assert free.beams[0] > 50
    assert free.through[0] > 0.7 * free.beams[0]
    wall = Cuboid.from_yaw([10.0, -6.0, 2.0], [0.5, 10.0, 4.0], 0.0)
    behind = seen(street([wall]), empty)["empty"]
    assert behind.hidden[0] == 1.0
    assert behind.beams[0] == 0.0


def test_a_missing_sweep_tells_nothing() -> None:
    car = cuboid(15.0, 3.0)
    facts = seen(street([car], None), track("car", car, car))["car"]
    assert np.isfinite(facts.inside).tolist() == [True, False]
    assert np.isnan(facts.outside[1]).all()


def test_what_is_farther_than_any_beam_has_no_points_and_is_not_judged() -> None:
    facts = seen(street([cuboid(15.0, 3.0)]), track("far", cuboid(1500.0, 3.0)))["far"]
    assert facts.inside[0] == 0
    assert np.isnan(facts.above_m[0])
    assert facts.hidden[0] == 1.0  # behind the wall


def test_an_edit_reads_no_sweep_again_and_leaves_the_facts_of_other_tracks_as_they_are() -> None:
    cars = [cuboid(15.0, 3.0), cuboid(15.0, -9.0)]
    log = street(cars, cars)
    sight = Sight(log)
    one, other = track("one", cars[0], cars[0]), track("other", cars[1], cars[1])
    before = sight.look([subject(log, one), subject(log, other)])
    stream = log.lidars["top"]
    assert isinstance(stream, Cast)
    reads = stream.reads
    edited = track("one", cars[0], cuboid(15.3, 3.0))
    after = sight.look([subject(log, edited)])
    assert stream.reads == reads
    assert after["other"] is before["other"]
    assert after["one"].inside[0] == before["one"].inside[0]
    assert after["one"].inside[1] < before["one"].inside[1]
    fresh = seen(log, edited, other)["one"]
    assert np.array_equal(after["one"].above_m, fresh.above_m)
    assert np.array_equal(after["one"].outside, fresh.outside)


def test_a_cuboid_that_moves_next_to_another_takes_its_points() -> None:
    shorter = Cuboid.from_yaw([15.25, 3.0, 0.8], [4.0, 1.94, 1.62], 0.0)
    log = street([cuboid(15.0, 3.0)])
    sight = Sight(log)
    away, near = cuboid(30.0, -9.0), Cuboid.from_yaw([12.9, 3.0, 0.8], [0.9, 1.94, 1.62], 0.0)
    sight.look([subject(log, track("car", shorter)), subject(log, track("other", away))])
    assert sight.look([])["car"].outside.sum() > 20
    assert sight.look([subject(log, track("other", near))])["car"].outside.sum() == 0
    assert sight.look([], gone=["other"])["car"].outside.sum() > 20


def test_what_is_stopped_half_way_can_go_on_later() -> None:
    car = cuboid(15.0, 3.0)
    log = street([car], [car])
    sight = Sight(log)

    def stop(what: str, done: int, count: int) -> None:
        if done == 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sight.look([subject(log, track("car", car, car))], progress=stop)
    assert sight.look([]) == {}
    assert sight.look([subject(log, track("car", car, car))])["car"].inside.min() > 100


def test_with_little_memory_sweeps_are_read_again_and_the_facts_are_the_same() -> None:
    car = cuboid(15.0, 3.0)
    log = street([car], [car], [car])
    little = Sight(log, kept_bytes=1)
    little.look([subject(log, track("car", car, car, car))])
    moved = track("car", *[cuboid(15.2, 3.0)] * 3)
    after = little.look([subject(log, moved)])["car"]
    assert np.array_equal(after.inside, seen(log, moved)["car"].inside)


def test_it_is_looked_at_where_a_track_would_be_in_gaps_and_beyond_its_ends() -> None:
    cars = [cuboid(12.0 + frame, 3.0) for frame in range(8)]
    log = street(*[[car] for car in cars])
    whole = track("car", *cars[1:7], first=1)
    gap = replace(whole, presence=(Span(STEP_NS, 2 * STEP_NS), Span(5 * STEP_NS, 6 * STEP_NS)))
    facts = seen(log, gap)["car"]
    assert facts.places is not None
    assert facts.elsewhere is not None
    assert facts.places.frames.tolist() == [3, 4, 0, 7]
    assert facts.places.part.tolist() == [0, 0, BEFORE, AFTER]
    assert facts.places.centers_m[:, 0] == pytest.approx([15.0, 16.0, 12.0, 19.0], abs=0.05)
    assert (facts.elsewhere.own > 0.8 * facts.own.min()).all()


def test_an_inspection_asks_tracks_beside_an_edited_one_again() -> None:
    shorter = Cuboid.from_yaw([15.25, 3.0, 0.8], [4.0, 1.94, 1.62], 0.0)
    away, near = cuboid(30.0, -9.0), Cuboid.from_yaw([12.9, 3.0, 0.8], [0.9, 1.94, 1.62], 0.0)
    log = street([cuboid(15.0, 3.0)])
    check = check_of("points-outside")
    assert check is not None
    inspection = Inspection(log, default(), [check])
    car = track("car", shorter)
    first = inspection.update([car, track("other", away)])
    assert [one.track_id for one in first] == ["car"]
    assert inspection.update([car, track("other", near)]) == ()
    assert inspection.update([car]) == first
