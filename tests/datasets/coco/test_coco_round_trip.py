"""COCO there and back, for any cuboids; and boxes of real cuboids against those of people."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.datasets.coco import DATASET
from av3d.datasets.coco.layout import ANNOTATIONS
from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.kitti.labels import read_object_labels
from av3d.datasets.registry import open_log, own_labels
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

START_NS, PERIOD_NS = 1_700_000_000_000_000_000, 100_000_000

places = st.tuples(st.floats(-80, 80), st.floats(-80, 80), st.floats(-5, 5))
angles = st.tuples(*[st.floats(-3.1, 3.1)] * 3)
sizes = st.tuples(*[st.floats(0.05, 20)] * 3)
values = st.one_of(
    st.booleans(), st.integers(-9, 9), st.floats(-1, 1), st.text("aß\n“", max_size=3)
)
attributes = st.dictionaries(st.sampled_from(["lights", "score", "a b"]), values, max_size=2)


@pytest.fixture(scope="module")
def lane_log(lane: Path) -> Log:
    return open_log(lane)


@given(
    size=sizes,
    frames=st.sets(st.integers(0, 4), min_size=1),
    where=st.lists(st.tuples(places, angles, attributes), min_size=5, max_size=5),
    of_track=attributes,
)
@settings(max_examples=20)
def test_labels_in_every_frame_come_back(lane_log: Log, size, frames, where, of_track) -> None:
    keyframes = [
        Keyframe(
            START_NS + frame * PERIOD_NS,
            Cuboid(SE3.from_euler(*where[frame][1], where[frame][0]), np.array(size)),
            attributes=where[frame][2],
        )
        for frame in range(min(frames), max(frames) + 1)
    ]
    track = Track("ü 1", "car", tuple(keyframes), number=1, attributes=of_track)
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out"
        DATASET.write_labels([LabelledLog(lane_log, (track,))], out, ExportOptions())
        [found] = DATASET.read_labels(lane_log, out).tracks
    assert found.presence == track.presence
    assert found.times_ns == track.times_ns
    for before, after in zip(track.keyframes, found.keyframes, strict=True):
        apart_m = before.cuboid.corners_m() - after.cuboid.corners_m()
        assert np.abs(apart_m).max() < 1e-6
        then = before.timestamp_ns
        assert dict(found.attributes_at(then)) == dict(track.attributes_at(then))


@pytest.mark.parametrize("frame", ["000000", "000001", "000002"])
def test_boxes_of_kitti_cuboids_fit_those_that_people_drew(
    real_data: Path, tmp_path: Path, frame: str
) -> None:
    training = real_data / "kitti_object" / "training"
    log = open_log(training / "velodyne" / f"{frame}.bin")
    DATASET.write_labels([LabelledLog(log, own_labels(log))], tmp_path / "out", ExportOptions())
    content = json.loads((tmp_path / "out" / ANNOTATIONS).read_text())
    ours = {tuple(one["bbox"]) for one in content["annotations"] if one["truncated"] == 0}
    drawn = [
        label.box_px
        for label in read_object_labels(training / "label_2" / f"{frame}.txt")
        if label.is_3d and label.truncated == 0
    ]
    assert len(ours) == len(drawn) > 0
    for left, top, right, bottom in drawn:
        # KITTI counts from the centre of the first pixel.
        box = (left + 0.5, top + 0.5, right - left, bottom - top)
        assert max(overlap(box, other) for other in ours) > 0.75


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """IoU of two boxes left, top, width, height."""
    sides = [
        min(one[k] + one[k + 2], other[k] + other[k + 2]) - max(one[k], other[k]) for k in (0, 1)
    ]
    shared = max(sides[0], 0) * max(sides[1], 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)
