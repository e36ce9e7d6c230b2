"""PandaSet's cuboids as tracks."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from av3d.datasets.pandaset import DATASET
from av3d.datasets.pandaset.classes import CATEGORY
from av3d.errors import Av3dError
from av3d.tracks.categories import CATEGORIES
from av3d.tracks.keyframe import Provenance

T = [1_557_539_956_500_022_000, 1_557_539_956_600_033_000,
     1_557_539_956_700_054_000, 1_557_539_956_800_082_000]  # fmt: skip


def read(path: Path, labels: Path | None = None):
    return DATASET.read_labels(DATASET.open(path), labels)


def test_a_cuboid_keeps_its_place_with_the_heading_along_its_length(with_cuboids, row) -> None:
    log = with_cuboids([[row("a", 3.0, 7.0, yaw=0.3)]])
    (track,) = read(log).tracks
    cuboid = track.keyframes[0].cuboid
    np.testing.assert_allclose(cuboid.center_m, [3, 7, 0.8])
    np.testing.assert_allclose(cuboid.size_lwh_m, [4.6, 1.9, 1.6])
    assert cuboid.yaw_rad == pytest.approx(0.3 + math.pi / 2)


def test_the_uuid_becomes_the_track_with_keyframes_at_the_sweeps(with_cuboids, row) -> None:
    log = with_cuboids([[row("a", 0, y)] for y in range(4)])
    (track,) = read(log).tracks
    assert track.id == "a"
    assert [keyframe.timestamp_ns for keyframe in track.keyframes] == T
    assert {keyframe.provenance for keyframe in track.keyframes} == {Provenance.IMPORTED}


def test_tracks_are_numbered_per_category_as_they_appear(with_cuboids, row) -> None:
    truck, other = row("t", 5, 0, label="Pickup Truck"), row("x", 9, 9, label="Signs")
    log = with_cuboids([[row("a", 0, 0), truck], [row("b", 3, 0), row("a", 0, 0), other]])
    tracks = {track.id: track for track in read(log).tracks}
    assert {key: track.name for key, track in tracks.items()} == {
        "a": "Car 1", "b": "Car 2", "t": "Truck 1", "x": "Other 1",
    }  # fmt: skip
    assert tracks["t"].attributes["pandaset.label"] == "Pickup Truck"


def test_a_gap_in_frames_splits_the_presence(with_cuboids, row) -> None:
    log = with_cuboids([[row("a", 0, 0)], [], [row("a", 0, 0)], [row("a", 0, 0)]])
    (track,) = read(log).tracks
    spans = [(span.start_ns, span.end_ns) for span in track.presence]
    assert spans == [(T[0], T[0]), (T[2], T[3])]


def test_a_frame_without_a_cuboid_file_is_not_a_gap(with_cuboids, row) -> None:
    log = with_cuboids([[row("a", 0, 0)], [], [row("a", 0, 0)]])
    (log / "annotations" / "cuboids" / "01.pkl.gz").unlink()
    labels = read(log)
    (span,) = labels.tracks[0].presence
    assert (span.start_ns, span.end_ns) == (T[0], T[2])
    assert labels.notes == ("2 of 4 frames have no file in cuboids",)


def test_siblings_become_one_track_of_the_pandar64s_cuboids(with_cuboids, row) -> None:
    def pair(y: float):
        main = row("p64", 0, y, **{"cuboids.sensor_id": 0, "cuboids.sibling_id": "gt"})
        other = row("gt", 0.3, y, **{"cuboids.sensor_id": 1, "cuboids.sibling_id": "p64"})
        return main, other

    first, second, third = pair(1), pair(2), pair(3)
    log = with_cuboids([[first[1]], [second[1], second[0]], [third[0], third[1]]])
    labels = read(log)
    (track,) = labels.tracks
    assert track.id == "p64"
    assert [keyframe.cuboid.center_m[0] for keyframe in track.keyframes] == [0.3, 0, 0]
    assert [track.state_at(time).attributes["pandaset.sensor_id"] for time in T[:3]] == [1, 0, 0]
    assert track.attributes["pandaset.sibling_id"] == "gt"
    assert labels.counts["siblings_merged"] == 1
    assert labels.counts["sibling_cuboids_dropped"] == 2
    assert labels.counts["sibling_cuboids_used"] == 1
    assert "1 objects are labelled once per LiDAR" in labels.notes[0]


def test_constant_attributes_are_on_the_track_and_others_on_keyframes(with_cuboids, row) -> None:
    moving = {"attributes.object_motion": "Moving", "stationary": False}
    log = with_cuboids([[row("a", 0, 0)], [row("a", 0, 1, **moving)]])
    (track,) = read(log).tracks
    assert track.attributes == {"pandaset.label": "Car", "pandaset.sensor_id": -1}
    assert [dict(keyframe.attributes) for keyframe in track.keyframes] == [
        {"motion": "parked", "pandaset.object_motion": "Parked", "pandaset.stationary": True},
        {"motion": "moving", "pandaset.object_motion": "Moving", "pandaset.stationary": False},
    ]


def test_every_category_is_one_that_av3d_knows() -> None:
    assert set(CATEGORY.values()) <= {category.key for category in CATEGORIES}


def test_an_unknown_label_becomes_other_and_is_mentioned(with_cuboids, row) -> None:
    labels = read(with_cuboids([[row("a", 0, 0, label="Hovercraft")]]))
    assert labels.tracks[0].category == "other"
    assert labels.tracks[0].attributes["pandaset.label"] == "Hovercraft"
    assert "labels that av3d does not know became other: Hovercraft" in labels.notes


@pytest.mark.parametrize("inside", ["", "cuboids", "annotations/cuboids"])
def test_labels_may_be_given_from_another_folder(
    with_cuboids, row, tmp_path: Path, inside: str
) -> None:
    log = with_cuboids([[row("a", 0, 0)]])
    elsewhere = tmp_path / "other labels"
    shutil.copytree(log / "annotations" / "cuboids", elsewhere / inside)
    shutil.rmtree(log / "annotations")
    assert len(read(log, elsewhere).tracks) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"position.x": np.nan}, r"position\.x of row 0 is nan"),
        ({"yaw": np.inf}, "yaw of row 0 is inf"),
        ({"dimensions.y": 0.0}, r"cuboid of a \(row 0\) is 1\.9 x 0\.0 x 1\.6 m"),
        ({"dimensions.z": "high"}, "column 'dimensions.z' is not made of numbers"),
    ],
)
def test_a_broken_row_is_named(with_cuboids, row, values, message: str) -> None:
    log = with_cuboids([[row("a", 0, 0, **values)]])
    with pytest.raises(Av3dError, match=message) as caught:
        read(log)
    assert "00.pkl.gz" in str(caught.value)


def test_two_cuboids_of_one_object_in_a_frame_are_refused(with_cuboids, row) -> None:
    log = with_cuboids([[row("a", 0, 0), row("a", 1, 0)]])
    with pytest.raises(Av3dError, match="the object a has two cuboids"):
        read(log)


def test_cuboids_of_a_frame_that_the_log_lacks_are_refused(with_cuboids, row) -> None:
    log = with_cuboids([[row("a", 0, 0)]] * 5)
    with pytest.raises(Av3dError, match=r"the log has 4 timestamps.*04\.pkl\.gz"):
        read(log)


def test_a_table_without_the_columns_is_refused(with_cuboids, row) -> None:
    log = with_cuboids([[row("a", 0, 0)]])
    pd.DataFrame({"uuid": ["a"]}).to_pickle(log / "annotations" / "cuboids" / "00.pkl.gz")
    with pytest.raises(Av3dError, match="lacks the column 'label'"):
        read(log)


def test_a_log_without_cuboids_says_what_is_looked_for(tiny_log: Path) -> None:
    with pytest.raises(Av3dError, match=r"no annotations/cuboids/00\.pkl\.gz"):
        read(tiny_log)


def test_the_real_log_has_94_tracks_after_merging_25_siblings(real_data: Path) -> None:
    labels = read(real_data / "pandaset" / "002")
    assert dict(labels.counts) == {
        "frames": 30,
        "cuboids_read": 3510,
        "tracks_read": 119,
        "tracks": 94,
        "cuboids": 2788,
        "siblings_merged": 25,
        "sibling_cuboids_dropped": 722,
        "sibling_cuboids_used": 1,
        "unknown_labels": 0,
    }
    names = [track.name for track in labels.tracks]
    assert len(set(names)) == len(names)
    assert names[0] == "Car 1"
