"""Drives of the raw data as logs."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import av3d
from av3d.cli.main import run
from av3d.datasets.kitti import RAW
from av3d.datasets.registry import recognise
from av3d.errors import Av3dError

FORWARD_NS = 1_317_042_145_000_000_000


def test_a_drive_is_known_by_its_path_alone(drive):
    for path in (drive, drive / "image_02", drive / "oxts" / "data", drive.parent):
        assert recognise(path).name == "kitti-raw"


def test_every_stream_keeps_its_own_times(drive):
    log = av3d.open_log(drive)
    assert log.start_ns == FORWARD_NS
    assert [log.image_time_ns(name, 1) - FORWARD_NS for name in ("image_00", "image_02")] == [
        100_500_000,
        101_500_000,
    ]
    assert "middle of its turn" in log.clocks["velodyne"]


def test_poses_come_from_oxts_at_their_own_times(drive):
    log = av3d.open_log(drive)
    # 5 m/s eastwards: between the records of the first and second frame.
    poses = log.world_SE3_ego(np.array([FORWARD_NS + 53_000_000, FORWARD_NS + 103_000_000]))
    np.testing.assert_allclose(np.diff(poses.translation_m, axis=0), [[0.25, 0, 0]], atol=1e-6)


def test_rectified_cameras_see_ahead_of_the_velodyne(drive):
    log = av3d.open_log(drive)
    mount = log.rig.camera("image_02")
    ego_SE3_velodyne = log.rig.lidar("velodyne").ego_SE3_lidar
    point = mount.ego_SE3_camera.inverse() @ ego_SE3_velodyne
    pixels, seen = mount.camera.project(point.transform([(10.0, 0.0, 0.0)]))
    # P_rect_02: u = (36 x + 31.5 z + 2.16) / z, v = (36 y + 11.5 z) / z of (0, -.08, 9.73).
    np.testing.assert_allclose(pixels, [[31.5 + 2.16 / 9.73, 11.5 - 36 * 0.08 / 9.73]], atol=1e-6)
    assert seen.all()


def test_clouds_of_synchronised_drives_are_motion_compensated_and_timed_by_azimuth(drive):
    sweep = av3d.open_log(drive).sweep(1)
    assert sweep.motion_compensated
    # Behind at the start (-52 ms) or end (+48 ms) of the turn, ahead at its stamp, counter-clockwise.
    np.testing.assert_allclose(sweep.time_offset_ns / 1e6, [0, 24, 48, -26], atol=0.01)
    np.testing.assert_allclose(sweep.intensity, [0.1, 0.2, 0.3, 0.4], atol=1e-6)


def test_unsynchronised_drives_have_lenses_and_clouds_as_measured(extract):
    log = av3d.open_log(extract)
    camera = log.rig.camera("image_02").camera
    assert (camera.width_px, camera.height_px) == (1392, 512)
    assert camera.lens is not None
    sweep = log.sweep(0)
    assert not sweep.motion_compensated
    assert len(sweep) == 4


def test_missing_sweeps_leave_the_others_at_their_times(drive):
    (drive / "velodyne_points" / "data" / "0000000001.bin").unlink()
    log = av3d.open_log(drive)
    assert [frame.timestamp_ns - FORWARD_NS for frame in log.frames] == [0, 200_000_000]
    assert log.sync_report.missing_sweeps_ns == ()  # two sweeps have no rhythm to miss one in
    assert any("1 sweeps of 3 are missing" in note for note in log.notes)


def test_a_drive_without_oxts_stands_still_and_says_so(drive):
    shutil.rmtree(drive / "oxts")
    log = av3d.open_log(drive)
    assert log.trajectory.is_identity
    assert any("stand still" in note for note in log.notes)


def test_a_stream_without_timestamps_is_taken_at_ten_hertz(drive):
    for stream in ("velodyne_points", "image_00", "image_02", "oxts"):
        if stream != "oxts":
            (drive / stream / "timestamps.txt").unlink()
    shutil.copy(drive / "oxts" / "timestamps.txt", drive / "image_00")  # one is enough to be known
    shutil.rmtree(drive / "oxts")
    log = av3d.open_log(drive)
    assert np.diff([frame.timestamp_ns for frame in log.frames]).tolist() == [100_000_000] * 2


def test_records_whose_clock_stood_still_are_left_out(drive):
    path = drive / "oxts" / "timestamps.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[0], lines[2]]) + "\n")
    log = av3d.open_log(drive)
    assert len(log.trajectory.timestamps_ns) == 2
    assert any("1 oxts records have no time of their own" in note for note in log.notes)


def test_a_day_with_two_drives_asks_which(drive):
    shutil.copytree(drive, drive.with_name("2011_09_26_drive_0002_sync"))
    with pytest.raises(Av3dError, match="drive_0002_sync"):
        av3d.open_log(drive.parent)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("velodyne_points/timestamps.txt", "yesterday\n" * 3, "line 1"),
        ("image_02/timestamps.txt", "2011-09-26 13:99:25.1\n" * 3, "not a time"),
        ("oxts/data/0000000001.txt", "1.0 2.0\n", "0000000001.txt"),
        ("oxts/data/0000000001.txt", "nan 2 3 4 5 6\n", "0000000001.txt"),
        ("oxts/data/0000000001.txt", "", "0000000001.txt"),
        ("../calib_velo_to_cam.txt", "R: 1 2 3\nT: 1 2 3\n", "calib_velo_to_cam.txt"),
        ("../calib_cam_to_cam.txt", "", "calib_cam_to_cam.txt"),
    ],
)
def test_broken_files_are_one_line(drive, capsys, file, text, words):
    (drive / file).write_text(text)
    assert run(["info", str(drive)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert words in error


def test_the_calibration_of_a_day_becomes_a_rig(drive, tmp_path, capsys):
    out = tmp_path / "rig.toml"
    assert run(["rig", "convert", str(drive.parent), "--out", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert list(facts["cameras"]) == ["image_00", "image_02"]
    assert facts["lidars"]["velodyne"]["position_m"] == pytest.approx([0.81, -0.32, 0.80])
    rig = av3d.calibration.rig_toml.read_rig(out)
    expected = RAW.read_rig(drive.parent).cameras["image_02"].ego_SE3_camera
    np.testing.assert_allclose(
        rig.cameras["image_02"].ego_SE3_camera.matrix, expected.matrix, atol=1e-12
    )


@pytest.mark.skipif(
    "AV3D_REAL_DATA" not in os.environ, reason="set AV3D_REAL_DATA to the folder with real data"
)
def test_the_official_calibration_reads():
    rig = RAW.read_rig(Path(os.environ["AV3D_REAL_DATA"]) / "calib" / "kitti_raw")
    assert list(rig.cameras) == ["image_00", "image_01", "image_02", "image_03"]
    left, right = (rig.cameras[name].ego_SE3_camera for name in ("image_00", "image_01"))
    apart = left.inverse() @ right
    # The stereo baseline, from P_rect_01: 386.1448 / 718.856.
    np.testing.assert_allclose(apart.translation_m, [0.537166, 0, 0], atol=1e-6)
