"""Which sequence or frame a path means, and what a log is made of."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from av3d.datasets.kitti import OBJECT, TRACKING
from av3d.datasets.kitti.log import open_object, open_tracking
from av3d.datasets.registry import open_log
from av3d.errors import Av3dError


@pytest.mark.parametrize(
    "inside",
    [
        "", "training", "training/velodyne", "training/velodyne/0000",
        "training/velodyne/0000/000001.bin", "training/image_02/0000",
        "training/label_02/0000.txt", "training/calib/0000.txt", "training/oxts/0000.txt",
    ],
)  # fmt: skip
def test_any_path_of_a_sequence_opens_it(tracking: Path, inside: str) -> None:
    assert not OBJECT.recognise(tracking / inside)
    log = open_log(tracking / inside)
    assert (log.kind, log.name, len(log.frames)) == ("kitti-tracking", "kitti-0000", 3)


@pytest.mark.parametrize(
    "inside", ["velodyne/000001.bin", "image_2/000001.png", "label_2/000001.txt"]
)
def test_any_file_of_an_object_frame_opens_it(object_root: Path, inside: str) -> None:
    assert not TRACKING.recognise(object_root / "training" / inside)
    log = open_log(object_root / "training" / inside)
    assert (log.kind, log.name, len(log.frames)) == ("kitti-object", "kitti-object-000001", 1)


def test_an_object_folder_opens_its_first_frame_and_names_the_way_to_others(
    object_root: Path,
) -> None:
    log = open_log(object_root)
    assert log.name == "kitti-object-000000"
    assert "velodyne/000001.bin" in log.notes[0]


def test_a_log_says_what_the_numbers_of_its_frames_tell(object_root: Path, tracking: Path) -> None:
    assert open_log(object_root).clocks["velodyne"].endswith("its frames are unrelated")
    assert open_log(tracking).clocks["velodyne"].endswith("100 ms apart by their numbers")


def test_frames_points_images_and_poses(tracking: Path) -> None:
    log = open_tracking(tracking)
    assert [frame.timestamp_ns for frame in log.frames] == [0, 100_000_000, 200_000_000]
    np.testing.assert_allclose(log.sweep(1).points_m[0], [20, 2, -1])
    assert log.image("image_02", 2).shape == (360, 1200, 3)
    # 1e-5 degrees north per frame
    np.testing.assert_allclose(
        log.world_SE3_ego(100_000_000).translation_m, [0, 1.113, 0], atol=1e-3
    )
    # 20 m ahead of the velodyne, which sits .8 m before and above the imu
    np.testing.assert_allclose(log.cloud(0).points_m[0], [20.8, 1.7, -0.2], atol=1e-6)


def test_a_frame_whose_points_are_missing_is_left_out_by_time(tracking: Path) -> None:
    (tracking / "training/velodyne/0000/000001.bin").unlink()
    log = open_tracking(tracking)
    assert [frame.timestamp_ns for frame in log.frames] == [0, 200_000_000]
    assert log.frames[1].images["image_02"] == 2


def test_several_sequences_need_a_choice(make: SimpleNamespace, tracking: Path) -> None:
    make.tracking_folder(tracking / "more", "0003")
    for folder in ("velodyne", "label_02", "calib"):
        source = tracking / "more/training" / folder
        name = "0003" if folder == "velodyne" else "0003.txt"
        (source / name).rename(tracking / "training" / folder / name)
    shutil.rmtree(tracking / "more")
    with pytest.raises(Av3dError, match="2 sequences: 0000 0003") as caught:
        open_tracking(tracking)
    assert "velodyne/0000" in str(caught.value)
    assert open_tracking(tracking / "training/velodyne/0003").name == "kitti-0003"


def test_a_sequence_with_labels_only_has_empty_sweeps(tracking: Path) -> None:
    for folder in ("velodyne", "image_02", "oxts"):
        shutil.rmtree(tracking / "training" / folder)
    log = open_tracking(tracking)
    assert (len(log.frames), len(log.cloud(1))) == (3, 0)
    assert log.trajectory.is_identity
    assert any("no point clouds" in note for note in log.notes)
    assert log.rig.camera("image_02").camera.width_px == 1242


def test_poses_without_tr_imu_take_it_from_the_nominal_rig(
    make: SimpleNamespace, tracking: Path
) -> None:
    text = "".join(line for line in make.calib.splitlines(True) if "imu" not in line)
    (tracking / "training/calib/0000.txt").write_text(text)
    log = open_tracking(tracking)
    np.testing.assert_allclose(
        log.rig.lidar("velodyne").ego_SE3_lidar.translation_m, [0.8105, -0.3071, 0.8027], atol=1e-4
    )
    assert any("Tr_imu_to_velo" in note for note in log.notes)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("calib/0000.txt", None, "there is no calibration"),
        ("calib/0000.txt", "", "the calibration is empty"),
        ("oxts/0000.txt", "49 8.4 110 0 0 0\n", "1 oxts records, but the last frame has number 2"),
        ("oxts/0000.txt", "", "there are no oxts records"),
        ("av3d/0000.json", "{}", "not a readable av3d-kitti file"),
        ("av3d/0000.json", '{"format": "av3d-kitti", "version": 99}', "newer av3d"),
    ],
)
def test_a_broken_file_is_one_clear_line(
    tracking: Path, file: str, content: str | None, message: str
) -> None:
    path = tracking / "training" / file
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_text(content)
    with pytest.raises(Av3dError, match=message) as caught:
        open_tracking(tracking)
    assert file.rsplit("/", 1)[-1] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_object_frame_without_points_is_refused(object_root: Path) -> None:
    (object_root / "training/velodyne/000001.bin").unlink()
    with pytest.raises(Av3dError, match="frame 000001 has no point cloud"):
        open_object(object_root / "training/label_2/000001.txt")


def test_two_files_of_one_frame_are_refused(make: SimpleNamespace, tracking: Path) -> None:
    make.points(tracking / "training/velodyne/0000/0001.bin")
    with pytest.raises(Av3dError, match="frame 1 is there twice"):
        open_tracking(tracking)


def test_the_fingerprint_follows_the_content(make: SimpleNamespace, tmp_path: Path) -> None:
    first = make.tracking_folder(tmp_path / "a").parent
    second = make.tracking_folder(tmp_path / "b").parent
    assert open_tracking(first).fingerprint == open_tracking(second).fingerprint
    (second / "training/velodyne/0000/000001.bin").write_bytes(b"\0" * 16)
    assert open_tracking(first).fingerprint != open_tracking(second).fingerprint


def test_other_folders_are_not_kitti(make: SimpleNamespace, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "lidar", tmp_path / "calib"):
        folder.mkdir(exist_ok=True)
    assert not TRACKING.recognise(tmp_path)
    assert not OBJECT.recognise(tmp_path / "calib")
    assert make.object_folder(tmp_path / "o").is_dir()
