from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assist.scene import (
    PERIOD_NS,
    SIZE_LWH_M,
    START_NS,
    SWEEPS,
    cuboid_at,
    ground_and_wall,
    log_of,
    seen_of,
    street_with,
)
from av3d.assist.fill import Fill, FillError, fill_track
from av3d.assist.following import Outcome
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import iou_3d
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.ontology.motion import Motion
from av3d.tracks.interpolation import Interpolation
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.track import Track
from av3d.types import FloatArray

LAST = SWEEPS - 1
END_NS = START_NS + LAST * PERIOD_NS


def track_of(*sweeps: int) -> Track:
    keyframes = [Keyframe(START_NS + k * PERIOD_NS, cuboid_at(k * 0.1)) for k in sweeps]
    return Track("arc", "car", tuple(keyframes))


def fill(log: Log, track: Track) -> Fill:
    return fill_track(log, track, START_NS, END_NS, motion=Motion.WHEELED)


def overlaps(filled: Fill) -> list[float]:
    return [
        iou_3d(keyframe.cuboid, cuboid_at((keyframe.timestamp_ns - START_NS) / 1e9))
        for keyframe in filled.keyframes
    ]


def test_two_keyframes_and_the_points_give_a_turning_car(street: Log) -> None:
    track = track_of(0, LAST)
    straight = track.keyframes[0].cuboid.center_m + track.keyframes[1].cuboid.center_m
    assert np.linalg.norm(straight / 2 - cuboid_at(1.0).center_m) > 1.5
    filled = fill(street, track)
    assert len(filled.keyframes) == SWEEPS - 2
    assert filled.measured == SWEEPS - 2
    assert min(overlaps(filled)) > 0.85


def test_what_people_set_stays_and_older_fits_go(street: Log) -> None:
    fitted = Keyframe(START_NS + 5 * PERIOD_NS, cuboid_at(0.0), Provenance.FITTED)
    track = track_of(0, 10, LAST)
    filled = fill(street, track.with_keyframes([*track.keyframes, fitted]))
    after = filled.after
    assert [after.keyframe_at(k.timestamp_ns) for k in track.keyframes] == [*track.keyframes]
    others = [k for k in after.keyframes if k not in track.keyframes]
    assert len(others) == SWEEPS - 3
    assert {k.provenance for k in others} == {Provenance.FITTED}
    assert all(k.noise is not None and 0 < k.noise.along_m < 0.2 for k in others)
    (change,) = filled.changes
    assert change.after == after


def test_it_goes_on_beyond_the_only_keyframe(street: Log) -> None:
    track = track_of(10)
    present = replace(
        track, presence=(replace(track.presence[0], start_ns=START_NS, end_ns=END_NS),)
    )
    filled = fill(street, present)
    assert len(filled.keyframes) == SWEEPS - 1
    assert min(overlaps(filled)) > 0.7


def test_a_short_occlusion_is_passed_and_said() -> None:
    def car(index: int) -> FloatArray:
        return np.empty((0, 3)) if 8 <= index <= 12 else seen_of(cuboid_at(index * 0.1))

    filled = fill(street_with(car), track_of(0, LAST))
    hidden = [
        sweep for sweep in filled.sweeps if 8 <= (sweep.timestamp_ns - START_NS) // PERIOD_NS <= 12
    ]
    assert {sweep.outcome for sweep in hidden} == {Outcome.PREDICTED}
    assert {sweep.why for sweep in hidden} == {"too few points"}
    assert min(overlaps(filled)) > 0.7
    noise = {keyframe.timestamp_ns: keyframe.noise for keyframe in filled.keyframes}
    middle, early = (noise[START_NS + k * PERIOD_NS] for k in (10, 4))
    assert middle is not None
    assert early is not None
    assert middle.along_m > early.along_m


def test_a_pavement_beside_a_car_that_hides_the_road_does_not_lift_it() -> None:
    def points(index: int) -> FloatArray:
        car = cuboid_at(index * 0.1)
        street = ground_and_wall()
        if index not in (0, LAST):
            road = street[:, 2] == 0.0
            body = car.frame_SE3_cuboid.inverse().transform(street)
            beside = (np.abs(body[:, :2]) < SIZE_LWH_M[:2] / 2 + 0.5).all(axis=1)
            street[road & ~beside, 2] = 0.2
            hidden = road & beside & (np.arange(len(street)) % 3 > 0)
            street = street[~hidden]
        noise = np.random.default_rng(index).normal(0, 0.01, street.shape)
        return np.concatenate([street + noise, seen_of(car)])

    filled = fill(log_of(points), track_of(0, LAST))
    heights_m = np.array([keyframe.cuboid.center_m[2] for keyframe in filled.keyframes])
    assert np.abs(heights_m - 0.75).max() < 0.05
    assert min(overlaps(filled)) > 0.85


def test_a_car_that_stands_is_left_where_the_keyframes_say() -> None:
    cuboid = cuboid_at(0.0)
    log = street_with(lambda _: seen_of(cuboid))
    keyframes = (Keyframe(START_NS, cuboid), Keyframe(END_NS, cuboid))
    filled = fill(log, Track("parked", "car", keyframes))
    assert filled.measured == SWEEPS - 2
    for keyframe in filled.keyframes:
        assert np.allclose(keyframe.cuboid.center_m, cuboid.center_m, atol=1e-9)


def test_a_car_that_stands_across_a_slope_keeps_its_tilt() -> None:
    slope = SE3.from_euler(0.05, -0.1, 0.0, [0.0, 0.0, 0.0])
    level = Cuboid.from_yaw([10.0, -4.0, 0.75], SIZE_LWH_M, 1.2)
    cuboid = level.in_frame(slope)
    log = log_of(lambda _: slope.transform(np.concatenate([ground_and_wall(), seen_of(level)])))
    filled = fill(
        log, Track("parked", "car", (Keyframe(START_NS, cuboid), Keyframe(END_NS, cuboid)))
    )
    for keyframe in filled.keyframes:
        assert np.allclose(
            keyframe.cuboid.frame_SE3_cuboid.rotation, cuboid.frame_SE3_cuboid.rotation, atol=1e-9
        )


def test_a_car_that_leaves_and_comes_back_does_not_stand() -> None:
    def there(index: int) -> Cuboid:
        return cuboid_at(0.1 - 0.1 * float(np.cos(2 * np.pi * index / LAST)))

    keyframes = (Keyframe(START_NS, there(0)), Keyframe(END_NS, there(LAST)))
    filled = fill(street_with(lambda index: seen_of(there(index))), Track("back", "car", keyframes))
    middle = filled.keyframes[LAST // 2 - 1]
    assert middle.timestamp_ns == START_NS + LAST // 2 * PERIOD_NS
    assert iou_3d(middle.cuboid, there(LAST // 2)) > 0.7


def test_keyframes_are_believed_as_far_as_their_hand_is_exact(street: Log) -> None:
    # The middle one of three is .3 m off; whoever is known to be exact is believed.
    def off(hand: Noise | None) -> float:
        track = track_of(0, 10, LAST)
        moved = [
            replace(k, cuboid=k.cuboid.in_frame(SE3.from_yaw(0.0, [0.0, 0.3, 0.0])))
            if n == 1
            else k
            for n, k in enumerate(track.keyframes)
        ]
        track = replace(track, keyframes=tuple(moved), interpolation=Interpolation(hand=hand))
        (beside,) = (
            k for k in fill(street, track).keyframes if k.timestamp_ns == START_NS + 11 * PERIOD_NS
        )
        return float(np.linalg.norm(beside.cuboid.center_m - cuboid_at(1.1).center_m))

    assert off(Noise(0.2, 0.2, 0.1, 0.05)) < off(Noise(0.01, 0.01, 0.01, 0.003))


def test_a_person_beside_another_one_stays_with_the_keyframes() -> None:
    size_lwh_m = np.array([0.6, 0.6, 1.7])

    def person(index: int, y_m: float) -> Cuboid:
        return Cuboid.from_yaw([8 + 0.13 * index, y_m, 0.85], size_lwh_m, 0.0)

    def points(index: int) -> FloatArray:
        both = [seen_of(person(index, y_m), 0.1) for y_m in (-3.0, -2.3)]
        return np.concatenate([ground_and_wall(), *both])

    keyframes = [Keyframe(START_NS + k * PERIOD_NS, person(k, -3.0)) for k in (0, LAST)]
    filled = fill_track(
        log_of(points),
        Track("person", "pedestrian", tuple(keyframes)),
        START_NS,
        END_NS,
        motion=Motion.LEGGED,
    )
    for keyframe in filled.keyframes:
        index = (keyframe.timestamp_ns - START_NS) // PERIOD_NS
        assert np.linalg.norm(keyframe.cuboid.center_m - person(index, -3.0).center_m) < 0.1
        assert keyframe.cuboid.yaw_rad == pytest.approx(0.0, abs=0.05)


def test_the_points_of_other_tracks_are_left_out(street: Log) -> None:
    track = track_of(0, LAST)
    other = replace(track_of(*range(1, LAST)), id="other")
    filled = fill_track(
        street, track, START_NS, END_NS, others=[other, track], motion=Motion.WHEELED
    )
    assert filled.measured == 0


def test_nothing_is_filled_where_all_sweeps_have_keyframes(street: Log) -> None:
    filled = fill(street, track_of(*range(SWEEPS)))
    assert filled.keyframes == ()
    assert filled.changes == ()


def test_a_log_without_points_is_refused() -> None:
    log = log_of(lambda _: np.empty((0, 3)))
    with pytest.raises(FillError, match="the 21 sweeps of the span have no points"):
        fill(log, track_of(0, LAST))


def test_only_fitted_keyframes_are_refused(street: Log) -> None:
    track = track_of(0)
    only = track.with_keyframes([replace(track.keyframes[0], provenance=Provenance.FITTED)])
    with pytest.raises(FillError, match="no keyframe but fitted ones"):
        fill(street, only)


def test_a_static_track_is_refused(street: Log) -> None:
    with pytest.raises(FillError, match="stands still for the whole log"):
        fill(street, replace(track_of(3), static=True))


def test_a_pitched_world_gives_the_same_overlaps() -> None:
    # A road that rises by 10 %: all points and keyframes are tilted, and the sensor stays where it is.
    slope = SE3.from_euler(0.0, -0.1, 0.0, [0.0, 0.0, 0.0])

    def points(index: int) -> FloatArray:
        level = np.concatenate([ground_and_wall(), seen_of(cuboid_at(index * 0.1))])
        return slope.transform(level)

    keyframes = [
        Keyframe(START_NS + k * PERIOD_NS, cuboid_at(k * 0.1).in_frame(slope)) for k in (0, LAST)
    ]
    filled = fill(log_of(points), Track("arc", "car", tuple(keyframes)))
    worst = min(
        iou_3d(keyframe.cuboid, cuboid_at((keyframe.timestamp_ns - START_NS) / 1e9).in_frame(slope))
        for keyframe in filled.keyframes
    )
    assert worst > 0.7


def test_the_sample_log_with_two_keyframes(crossing: Log, repository: Path) -> None:
    truth = _truth(repository, "Car 6")
    both = truth.with_keyframes([truth.keyframes[0], truth.keyframes[-1]])
    filled = fill_track(crossing, both, truth.start_ns, truth.end_ns, motion=Motion.WHEELED)
    good = [
        iou_3d(keyframe.cuboid, known.cuboid) >= 0.7
        for keyframe in filled.keyframes
        if (known := truth.keyframe_at(keyframe.timestamp_ns)) is not None
    ]
    assert len(good) > 20
    assert np.mean(good) >= 0.95


def _truth(repository: Path, name: str) -> Track:
    tracks = json.loads((repository / "sample_logs/crossing/truth/tracks.json").read_text())[
        "tracks"
    ]
    (found,) = (t for t in tracks if f"{t['category'].capitalize()} {t['number']}" == name)
    keyframes = [
        Keyframe(
            known["timestamp_ns"],
            Cuboid(
                SE3.from_quaternion(known["quaternion_wxyz"], known["center_m"]),
                np.array(known["size_lwh_m"]),
            ),
        )
        for known in found["keyframes"]
    ]
    return Track(found["id"], found["category"], tuple(keyframes))
