"""Labels as tracks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from av3d.datasets.kitti import OBJECT, TRACKING
from av3d.errors import Av3dError
from av3d.tracks.keyframe import Provenance
from av3d.tracks.presence import Span


def relabel(tracking: Path, *lines: str) -> None:
    (tracking / "training/label_02/0000.txt").write_text("".join(lines))


def test_labels_that_are_a_link_to_themselves_are_refused_in_one_line(tracking: Path) -> None:
    labels = tracking / "training/label_02/0000.txt"
    log = TRACKING.open(tracking)
    labels.unlink()
    labels.symlink_to(labels.name)
    with pytest.raises(Av3dError, match=r"0000\.txt"):
        TRACKING.read_labels(log, labels)


def test_a_track_has_a_keyframe_per_line(tracking: Path) -> None:
    (track,) = TRACKING.read_labels(TRACKING.open(tracking)).tracks
    assert (track.id, track.category, track.number) == ("kitti-tracking-0000-7", "car", 7)
    assert [keyframe.timestamp_ns for keyframe in track.keyframes] == [0, 10**8, 2 * 10**8]
    assert {keyframe.provenance for keyframe in track.keyframes} == {Provenance.IMPORTED}
    np.testing.assert_array_equal(track.keyframes[0].cuboid.size_lwh_m, [4.0, 1.6, 1.5])
    attributes = track.keyframes[0].attributes
    assert (attributes["kitti.truncated"], attributes["kitti.occluded"]) == (0.0, 1)
    assert track.attributes["kitti.type"] == "Car"


def test_a_box_is_placed_in_the_world_through_camera_velodyne_and_imu(tracking: Path) -> None:
    log = TRACKING.open(tracking)
    (track,) = TRACKING.read_labels(log).tracks
    in_ego = track.keyframes[1].cuboid.in_frame(log.world_SE3_ego(10**8).inverse())
    # Camera (-2, 1.6 - .75, 20) is velodyne (20.27, 2, -.93), the imu is (.8, -.3, .8) further.
    np.testing.assert_allclose(in_ego.center_m, [21.07, 1.7, -0.13], atol=1e-9)
    assert in_ego.yaw_rad == pytest.approx(-np.pi / 2 - 0.2)


def test_a_tilted_ego_gives_a_tilted_cuboid(tracking: Path) -> None:
    log = TRACKING.open(tracking)
    cuboid = TRACKING.read_labels(log).tracks[0].keyframes[0].cuboid
    up = cuboid.frame_SE3_cuboid.rotation[:, 2]
    np.testing.assert_allclose(up, log.world_SE3_ego(0).rotation[:, 2], atol=1e-9)


def test_a_gap_in_the_frames_ends_presence(make: SimpleNamespace, tracking: Path) -> None:
    relabel(tracking, make.car(frame=0, id=1), make.car(frame=2, id=1))
    (track,) = TRACKING.read_labels(TRACKING.open(tracking)).tracks
    assert track.presence == (Span(0, 0), Span(2 * 10**8, 2 * 10**8))


def test_dont_care_and_flat_labels_are_counted(make: SimpleNamespace, tracking: Path) -> None:
    relabel(
        tracking,
        make.car(frame=0, id=1),
        "0 -1 DontCare -1 -1 -10 1 1 9 9 -1000 -1000 -1000 -10 -1 -1 -1\n",
        "1 2 Car -1 -1 -10 1 1 9 9 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n",
    )
    labels = TRACKING.read_labels(TRACKING.open(tracking))
    assert (labels.counts["dont_care"], labels.counts["only_2d"]) == (1, 1)
    assert len(labels.tracks) == 1


@pytest.mark.parametrize(
    ("kitti_type", "category"),
    [("Van", "car"), ("Tram", "other"), ("Person_sitting", "pedestrian"), ("Cyclist", "bicycle"),
     ("Misc", "other"), ("Truck", "truck"), ("Spaceship", "other"), ("car", "car"),
     ("bus", "bus"), ("CYCLIST", "bicycle")],
)  # fmt: skip
def test_types_become_categories(
    make: SimpleNamespace, tracking: Path, kitti_type: str, category: str
) -> None:
    relabel(tracking, make.car(frame=0, id=1).replace("Car", kitti_type))
    labels = TRACKING.read_labels(TRACKING.open(tracking))
    assert labels.tracks[0].category == category
    assert labels.tracks[0].attributes["kitti.type"] == kitti_type
    assert labels.counts["unknown_type"] == (kitti_type == "Spaceship")


def test_scores_of_detections_are_kept(
    make: SimpleNamespace, tracking: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    results.mkdir()
    (results / "0000.txt").write_text(make.car(frame=0, id=1).strip() + " 0.75\n")
    (track,) = TRACKING.read_labels(TRACKING.open(tracking), results).tracks
    assert track.keyframes[0].attributes["score"] == 0.75


def test_labels_of_frames_without_points_are_read_and_counted(tracking: Path) -> None:
    (tracking / "training/velodyne/0000/000002.bin").unlink()
    labels = TRACKING.read_labels(TRACKING.open(tracking))
    assert len(labels.tracks[0].keyframes) == 3
    assert labels.counts["cuboids_in_frames_without_sweep"] == 1


def test_a_label_beyond_the_poses_is_named(make: SimpleNamespace, tracking: Path) -> None:
    relabel(tracking, make.car(frame=0, id=1), make.car(frame=50, id=1))
    with pytest.raises(Av3dError, match=r"frame 50 lies outside the ego poses, .*0000.txt line 2"):
        TRACKING.read_labels(TRACKING.open(tracking))


def test_missing_labels_are_one_clear_line(tracking: Path) -> None:
    log = TRACKING.open(tracking)
    (tracking / "training/label_02/0000.txt").unlink()
    with pytest.raises(Av3dError, match="there is no label file"):
        TRACKING.read_labels(log)


def test_every_line_of_an_object_frame_is_a_track(object_root: Path) -> None:
    log = OBJECT.open(object_root / "training/velodyne/000001.bin")
    labels = OBJECT.read_labels(log)
    assert [track.id for track in labels.tracks] == ["kitti-object-000001-1"]
    assert labels.tracks[0].attributes["kitti.type"] == "Van"
    assert labels.counts["dont_care"] == 1


def test_labels_made_on_an_export_come_back_into_the_log_it_was_made_from(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    split = tmp_path / "training"
    for folder in ("calib", "label_02"):
        (split / folder).mkdir(parents=True)
    (split / "calib/0000.txt").write_text(make.calib.replace("-0.8", "0").replace("0.3", "0"))
    (split / "label_02/0000.txt").write_text(make.car(frame=3, id=1))
    log = make.log()
    (track,) = TRACKING.read_labels(log, split / "label_02/0000.txt").tracks
    time_ns = log.frames[3].timestamp_ns
    assert track.keyframes[0].timestamp_ns == time_ns
    in_ego = track.keyframes[0].cuboid.in_frame(log.world_SE3_ego(time_ns).inverse())
    np.testing.assert_allclose(in_ego.center_m, [20.27, 2.0, -0.93], atol=1e-9)


def test_object_labels_belong_to_object_frames(make: SimpleNamespace) -> None:
    with pytest.raises(Av3dError, match="open the frame by its file"):
        OBJECT.read_labels(make.log(), Path("somewhere"))
