"""Argoverse 2's annotations as tracks."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from av3d.datasets.argoverse2 import DATASET
from av3d.datasets.argoverse2.classes import CATEGORY
from av3d.datasets.registry import open_log
from av3d.errors import Av3dError
from av3d.tracks.categories import CATEGORIES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.track import Track

START_NS = 315_966_265_259_836_000


def read(path: Path) -> dict[str, Track]:
    return {track.id: track for track in DATASET.read_labels(DATASET.open(path)).tracks}


def test_a_cuboid_stands_in_the_city_where_the_ego_pose_puts_it(tiny_log: Path) -> None:
    state = read(tiny_log)["a"].state_at(START_NS + 100_000_000)
    assert state is not None
    # The ego looks north from (5000, 2001, 60).
    np.testing.assert_allclose(state.cuboid.center_m, [5000, 2012, 60.75], atol=1e-9)
    np.testing.assert_allclose(state.cuboid.size_lwh_m, [4.5, 2, 1.5])
    assert state.cuboid.yaw_rad == pytest.approx(np.pi / 2)


def test_tracks_are_imported_keyframes_with_the_count_of_points(tiny_log: Path) -> None:
    track = read(tiny_log)["a"]
    assert (track.category, track.number, track.name) == ("car", 1, "Car 1")
    assert {keyframe.provenance for keyframe in track.keyframes} == {Provenance.IMPORTED}
    assert dict(track.attributes) == {"av2.label": "REGULAR_VEHICLE"}
    assert dict(track.keyframes[0].attributes) == {"av2.num_interior_pts": 1}


def test_what_was_read_is_counted(tiny_log: Path) -> None:
    found = DATASET.read_labels(DATASET.open(tiny_log))
    assert found.notes == ()
    assert found.counts == {
        "frames": 4,
        "cuboids_read": 5,
        "tracks_read": 2,
        "tracks": 2,
        "cuboids": 5,
        "times_without_frame": 0,
        "unknown_labels": 0,
    }


def test_a_track_is_absent_while_it_is_not_annotated(annotate, label) -> None:
    log = annotate([label(0, "a"), label(1, "b"), label(2, "a"), label(3, "a")])
    track = read(log)["a"]
    present = [track.state_at(START_NS + ms * 1_000_000) is not None for ms in (0, 100, 200, 250)]
    assert present == [True, False, True, True]


def test_a_time_without_any_label_is_no_absence(annotate, label) -> None:
    track = read(annotate([label(0, "a"), label(2, "a")]))["a"]
    assert track.state_at(START_NS + 100_000_000) is not None


def test_a_track_with_two_labels_takes_the_more_frequent_one(annotate, label) -> None:
    rows = [label(frame, "a", category="TRUCK") for frame in (0, 1)]
    track = read(annotate([*rows, label(2, "a", category="BUS")]))["a"]
    assert track.category == "truck"
    assert dict(track.attributes) == {}
    assert [keyframe.attributes["av2.label"] for keyframe in track.keyframes] == [
        "TRUCK",
        "TRUCK",
        "BUS",
    ]


def test_rows_need_no_order(annotate, label) -> None:
    log = annotate([label(3, "a"), label(0, "b"), label(1, "a"), label(2, "a")])
    tracks = read(log)
    assert list(tracks) == ["b", "a"]
    times = [keyframe.timestamp_ns for keyframe in tracks["a"].keyframes]
    assert times == [START_NS + ms * 1_000_000 for ms in (100, 200, 300)]


def test_every_class_has_a_category_of_av3d() -> None:
    assert len(CATEGORY) == 30
    assert set(CATEGORY.values()) <= {category.key for category in CATEGORIES}


def test_an_unknown_class_becomes_other_and_is_named(annotate, label) -> None:
    log = DATASET.open(annotate([label(0, "a", category="SPACESHIP")]))
    found = DATASET.read_labels(log)
    assert found.tracks[0].category == "other"
    assert found.tracks[0].attributes["av2.label"] == "SPACESHIP"
    assert found.notes == ("labels that av3d does not know became other: SPACESHIP",)


def test_labels_may_lie_elsewhere(tiny_log: Path, tmp_path: Path) -> None:
    other = tmp_path / "more"
    other.mkdir()
    shutil.move(tiny_log / "annotations.feather", other / "annotations.feather")
    log = open_log(tiny_log)
    assert len(DATASET.read_labels(log, other).tracks) == 2
    assert len(DATASET.read_labels(log, other / "annotations.feather").tracks) == 2
    with pytest.raises(Av3dError, match=r"there is no annotations\.feather, .*--labels"):
        DATASET.read_labels(log)


def test_labels_at_other_times_are_counted(tiny_log: Path, write, label, tmp_path: Path) -> None:
    row = label(0, "a", timestamp_ns=START_NS + 30_000_000)
    write({name: [value] for name, value in row.items()}, tmp_path / "other.feather")
    found = DATASET.read_labels(DATASET.open(tiny_log), tmp_path / "other.feather")
    assert found.notes == ("1 labelled times are not those of a frame of the log",)
    assert found.tracks[0].state_at(START_NS + 30_000_000) is not None


def test_labels_beyond_the_poses_are_an_error(tiny_log: Path, write, label, tmp_path: Path) -> None:
    row = label(0, "a", timestamp_ns=START_NS + 60_000_000_000)
    write({name: [value] for name, value in row.items()}, tmp_path / "late.feather")
    with pytest.raises(Av3dError, match="outside the ego poses"):
        DATASET.read_labels(DATASET.open(tiny_log), tmp_path / "late.feather")


def test_labels_belong_to_a_log_of_this_kind(repository: Path) -> None:
    log = open_log(repository / "sample_logs" / "crossing")
    with pytest.raises(Av3dError, match="belong to an Argoverse 2 log, this one is folder"):
        DATASET.read_labels(log)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length_m": 0.0}, r"row 1: the cuboid is 0 x 2 x 1\.5 m"),
        ({"width_m": float("nan")}, "column 'width_m', row 1: nan is not a finite number"),
        ({"height_m": 1e9}, "track 'a': a cuboid has a side of 1e[+]09 m"),
        ({"qw": 3.0}, "row 1: the quaternion has length 3, not 1"),
        ({"track_uuid": "a\n"}, "is no ID or category"),
        ({"track_uuid": ""}, "is no ID or category"),
        ({"timestamp_ns": START_NS}, "track 'a' has two cuboids at .* ns .rows 0 and 1."),
    ],
)
def test_a_row_that_makes_no_cuboid_is_named(annotate, label, changes, message: str) -> None:
    log = annotate([label(0, "a"), label(1, "a", **changes)])
    with pytest.raises(Av3dError, match=message) as caught:
        read(log)
    assert "annotations.feather" in str(caught.value)


def test_a_column_of_another_type_is_named(tiny_log: Path, change) -> None:
    change(tiny_log / "annotations.feather", track_uuid=[1, 2, 3, 4, 5])
    with pytest.raises(Av3dError, match="column 'track_uuid' is int64, not text"):
        read(tiny_log)
