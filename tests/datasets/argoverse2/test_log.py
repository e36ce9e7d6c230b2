"""An Argoverse 2 log, from its own conventions to av3d's."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from av3d.datasets.argoverse2 import DATASET
from av3d.datasets.registry import open_log, recognise
from av3d.errors import Av3dError
from av3d.logs.log import Log

START_NS = 315_966_265_259_836_000
SWEEPS = Path("sensors") / "lidar"
POSES = "city_SE3_egovehicle.feather"


def opened(path: Path) -> Log:
    return DATASET.open(path)


def test_a_log_is_recognised_by_its_names(tiny_log: Path) -> None:
    assert recognise(tiny_log) is DATASET
    assert not DATASET.recognise(tiny_log.parent)
    assert not DATASET.recognise(tiny_log / "sensors")
    shutil.rmtree(tiny_log / "sensors")
    assert DATASET.recognise(tiny_log)
    (tiny_log / "annotations.feather").unlink()
    assert not DATASET.recognise(tiny_log)


def test_opening_reads_neither_points_nor_images(tiny_log: Path) -> None:
    for file in [*tiny_log.glob("sensors/lidar/*"), *tiny_log.glob("sensors/cameras/*/*")]:
        file.write_bytes(b"nothing of use")
    log = open_log(tiny_log)
    assert (log.name, log.kind, len(log.frames), log.notes) == ("Straße 7fab", "av2", 4, ())
    assert list(log.lidars) == ["up_lidar", "down_lidar"]
    assert log.reference_lidar == "up_lidar"


def test_ring_cameras_come_first(tiny_log: Path) -> None:
    assert list(opened(tiny_log).cameras) == ["ring_front_center", "stereo_front_left"]


def test_the_lasers_tell_which_lidar_a_point_is_of(tiny_log: Path) -> None:
    log = opened(tiny_log)
    upper, lower = log.sweep(0, "up_lidar"), log.sweep(0, "down_lidar")
    assert upper.extra["laser_number"].tolist() == [3, 31]
    assert lower.extra["laser_number"].tolist() == [32]
    # In the frame of each sensor; the lower one hangs upside down.
    np.testing.assert_allclose(upper.points_m, [[10, 0, -1.25], [0, -4, -0.75]], atol=1e-6)
    np.testing.assert_allclose(lower.points_m, [[-5, -2, 1.25]], atol=1e-6)


def test_a_point_keeps_its_intensity_and_time(tiny_log: Path) -> None:
    sweep = opened(tiny_log).sweep(0, "up_lidar")
    assert sweep.intensity is not None
    assert sweep.time_offset_ns is not None
    np.testing.assert_allclose(sweep.intensity, [0, 0.2])
    assert sweep.time_offset_ns.tolist() == [40_000_000, 65_000_000]
    assert sweep.timestamp_ns == START_NS
    assert sweep.motion_compensated


def test_the_cloud_is_the_file(tiny_log: Path) -> None:
    cloud = opened(tiny_log).cloud(2)
    expected = [[11.5, 0, 0.5], [1.5, -4, 1], [-3.5, 2, 0.25]]
    np.testing.assert_allclose(cloud.points_m, expected, atol=1e-6)
    assert cloud.extra["lidar"].tolist() == [0, 0, 1]


def test_a_file_is_decoded_once_for_both_lidars(
    tiny_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from av3d.datasets.argoverse2 import sweeps

    read, decode = [], sweeps.read_cloud
    monkeypatch.setattr(sweeps, "read_cloud", lambda path: read.append(path) or decode(path))
    opened(tiny_log).cloud(1)
    assert [path.stem for path in read] == [str(START_NS + 100_000_000)]


def test_the_city_is_the_world(tiny_log: Path) -> None:
    pose = opened(tiny_log).world_SE3_ego(START_NS + 105_000_000)
    np.testing.assert_allclose(pose.translation_m, [5000, 2001.05, 60], atol=1e-9)
    np.testing.assert_allclose(pose.rotate([1, 0, 0]), [0, 1, 0], atol=1e-12)


def test_images_are_undistorted_whatever_the_coefficients_say(tiny_log: Path) -> None:
    camera = opened(tiny_log).rig.camera("ring_front_center").camera
    assert camera.model == "pinhole"
    assert (camera.width_px, camera.height_px, camera.fx_px, camera.cy_px) == (48, 64, 100, 32)


def test_a_camera_looks_where_its_extrinsics_say(tiny_log: Path) -> None:
    mount = opened(tiny_log).rig.camera("ring_front_center")
    pixel, seen = mount.camera.project(mount.ego_SE3_camera.inverse().transform([11.5, -1, 1.5]))
    assert seen
    np.testing.assert_allclose(pixel, [24 + 10, 32], atol=1e-9)


def test_cameras_of_other_rates_find_their_frames(tiny_log: Path) -> None:
    log = opened(tiny_log)
    assert [frame.images["ring_front_center"] for frame in log.frames] == [1, 3, 5, 7]
    assert [frame.images["stereo_front_left"] for frame in log.frames] == [0, None, 1, None]
    assert log.sync_report.cameras["stereo_front_left"].missing_frames == ()
    assert log.image("stereo_front_left", 1).shape == (48, 64, 3)


def test_a_frame_has_the_image_closest_to_the_middle_of_its_sweep(tiny_log: Path) -> None:
    log = opened(tiny_log)
    assert log.image_time_ns("ring_front_center", 3) - log.frame(1).timestamp_ns == 75_000_000
    assert log.sync_report.cameras["ring_front_center"].offset_ms == 75
    assert log.sync_report.cameras["ring_front_center"].jitter_ms == 0


def test_each_stream_says_which_clock_it_uses(tiny_log: Path) -> None:
    clocks = opened(tiny_log).clocks
    assert set(clocks) == {"up_lidar", "down_lidar", "ring_front_center", "stereo_front_left"}
    assert "start of the sweep" in clocks["up_lidar"]
    assert "exposure" in clocks["ring_front_center"]


def test_cuboids_hold_in_the_middle_of_the_sweep_wherever_they_are(tiny_log: Path) -> None:
    log = opened(tiny_log)
    places = [[5000.0, 2010.0, 60.0], [5000.0, 1990.0, 60.0]]
    measured_ns = log.measured_ns(log.frame(1), places)
    assert (measured_ns - START_NS).tolist() == [153_000_000, 153_000_000]


def test_labelled_frames_without_a_sweep_are_frames(tiny_log: Path) -> None:
    for number in (0, 2):
        (tiny_log / SWEEPS / f"{START_NS + number * 100_000_000}.feather").unlink()
    log = opened(tiny_log)
    assert [len(log.cloud(frame)) for frame in range(4)] == [0, 3, 0, 3]
    assert log.lidars["up_lidar"].path(0) is None
    assert [stream.absent for stream in log.lidars.values()] == [{0, 2}, {0, 2}]
    assert log.sweep(0).intensity is not None
    assert log.notes == (
        "2 of 4 frames have labels but no sweep file (sensors/lidar/<time>.feather): they have no "
        "points",
    )


def test_a_log_without_media_opens(tiny_log: Path) -> None:
    shutil.rmtree(tiny_log / "sensors")
    log = open_log(tiny_log)
    assert (len(log.frames), list(log.cameras), list(log.rig.cameras)) == (
        4,
        [],
        ["ring_front_center", "stereo_front_left"],
    )
    assert "4 of 4 frames have labels but no sweep file" in log.notes[0]
    assert log.notes[1] == (
        "all cameras have no images (sensors/cameras/<camera>/<time>.jpg): ring_front_center, "
        "stereo_front_left"
    )


def test_a_log_without_labels_opens(tiny_log: Path) -> None:
    (tiny_log / "annotations.feather").unlink()
    assert len(open_log(tiny_log).frames) == 4


def test_a_log_with_neither_has_no_frames(tiny_log: Path) -> None:
    (tiny_log / "annotations.feather").unlink()
    shutil.rmtree(tiny_log / SWEEPS)
    with pytest.raises(Av3dError, match=r"neither sweeps .* nor labels .*, download one of them"):
        open_log(tiny_log)


def test_without_calibration_the_points_stay_where_they_are(tiny_log: Path) -> None:
    shutil.rmtree(tiny_log / "calibration")
    log = opened(tiny_log)
    np.testing.assert_allclose(log.sweep(0, "down_lidar").points_m, [[-3.5, 2, 0.25]])
    assert list(log.cameras) == []
    assert "there is no calibration" in log.notes[0]
    assert log.notes[1] == (
        "images of cameras without calibration are left out: ring_front_center, stereo_front_left"
    )


def test_a_camera_without_intrinsics_is_left_out_and_named(tiny_log: Path, change) -> None:
    intrinsics = tiny_log / "calibration" / "intrinsics.feather"
    change(intrinsics, sensor_name=["ring_front_center", "ring_side_left"])
    log = opened(tiny_log)
    assert list(log.cameras) == ["ring_front_center"]
    assert log.notes == (
        "egovehicle_SE3_sensor.feather has no row for ring_side_left: left out",
        "intrinsics.feather has no row for stereo_front_left: left out",
        "images of cameras without calibration are left out: stereo_front_left",
    )


def test_a_camera_without_images_is_named(tiny_log: Path) -> None:
    shutil.rmtree(tiny_log / "sensors" / "cameras" / "stereo_front_left")
    log = opened(tiny_log)
    assert list(log.cameras) == ["ring_front_center"]
    assert "some cameras have no images" in log.notes[0]


def test_files_that_are_not_named_by_a_time_are_named(tiny_log: Path) -> None:
    lidar = tiny_log / SWEEPS
    for name in ("notes.feather", f"0{START_NS}.feather", "9" * 25 + ".feather", ".hidden.feather"):
        shutil.copy(lidar / f"{START_NS}.feather", lidar / name)
    (lidar / "readme.txt").touch()
    log = opened(tiny_log)
    assert len(log.frames) == 4
    (note,) = log.notes
    assert note.startswith("sensors/lidar: not named by a time of their own, left out: ")
    assert "notes.feather" in note
    assert "hidden" not in note


def test_poses_a_few_nanoseconds_apart_do_not_throw_the_car_out(tiny_log: Path, change) -> None:
    times_ns = [START_NS, START_NS + 2, START_NS + 10_000_000]
    values = {name: [0.0] * 3 for name in ("qx", "qy", "qz", "ty_m", "tz_m")}
    table = {"timestamp_ns": times_ns, "qw": [1.0] * 3, "tx_m": [0.0, 0.003, 0.1], **values}
    change(tiny_log / POSES, **table)
    log = opened(tiny_log)
    before = log.world_SE3_ego(START_NS - 100_000_000)
    np.testing.assert_allclose(before.translation_m, [-1, 0, 0], atol=0.05)


def test_doubled_and_disordered_poses_are_put_right_and_told(tiny_log: Path, change) -> None:
    times_ns = [START_NS + k * 10_000_000 for k in (-10, *range(-10, 49), 50, 49)][:61]
    change(tiny_log / POSES, timestamp_ns=times_ns)
    log = opened(tiny_log)
    assert len(log.trajectory.timestamps_ns) == 60
    assert log.notes[:1] == (f"{POSES}: 1 poses repeat a time and are left out",)


def test_frames_beyond_the_poses_are_counted(tiny_log: Path, change) -> None:
    times_ns = [START_NS - 1_000_000_000 + k * 10_000_000 for k in range(61)]
    change(tiny_log / POSES, timestamp_ns=times_ns)
    assert opened(tiny_log).notes == ("4 of 4 frames lie outside the times of the poses",)


def test_the_fingerprint_changes_with_the_log_but_not_with_its_labels(
    tiny_log: Path, change
) -> None:
    first = opened(tiny_log).fingerprint
    change(tiny_log / "annotations.feather", length_m=[4.0] * 5)
    assert opened(tiny_log).fingerprint == first
    (tiny_log / SWEEPS / f"{START_NS}.feather").unlink()
    second = opened(tiny_log).fingerprint
    change(tiny_log / POSES, tz_m=[0.0] * 61)
    assert len({first, second, opened(tiny_log).fingerprint}) == 3


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("laser_number", [3, 64, 5], "point 1 is of laser 64, expected 0 to 63"),
        ("x", [1, 2, 3], "column 'x' is int64, not metres"),
        ("x", [1.0, 1e300, 3.0], "1 of 3 points have coordinates that are not finite"),
        ("x", [1.0, float("nan"), 3.0], "1 of 3 points have coordinates that are not finite"),
        ("offset_ns", [0, 5 * 10**9, 0], r"point 1 was measured 5\.000 s after its sweep"),
        ("offset_ns", [0.0, 1.0, 0.0], "column 'offset_ns' is float64, not whole numbers"),
        ("intensity", ["a", "b", "c"], "column 'intensity' is text, not numbers"),
        ("intensity", None, "sweep has no column 'intensity'"),
    ],
)
def test_a_broken_sweep_is_one_line_that_names_the_file(
    tiny_log: Path, change, column: str, values: object, message: str
) -> None:
    path = tiny_log / SWEEPS / f"{START_NS}.feather"
    change(path, **{column: values})
    with pytest.raises(Av3dError, match=message) as caught:
        opened(tiny_log).sweep(0)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("table", "column", "values", "message"),
    [
        (POSES, "qw", [0.0] * 61, r"row 0: the quaternion has length 0\.707, not 1"),
        (POSES, "tx_m", [float("nan")] * 61, "column 'tx_m', row 0: nan is not a finite number"),
        (POSES, "tx_m", [1e300] * 61, "a translation of 1e[+]300 m is not of this world"),
        (POSES, "qx", [1e300] * 61, "row 0: the quaternion has length"),
        (POSES, "timestamp_ns", [-(2**63)] * 61, "row 0: -9223372036854775808 is not a time in ns"),
        (POSES, "timestamp_ns", ["now"] * 61, "column 'timestamp_ns' is text, not whole numbers"),
        ("annotations.feather", "timestamp_ns", [2**63 - 1] * 5, "is not a time in ns"),
        ("calibration/intrinsics.feather", "fx_px", [0.0, 1.0], "camera stereo_front_left: focal"),
        ("calibration/intrinsics.feather", "width_px", [0, 1], "at least one pixel"),
        ("calibration/intrinsics.feather", "width_px", [1.5, 1.0], "is float64, not whole numbers"),
        ("calibration/intrinsics.feather", "sensor_name", ["a", "a"], "2 rows for the sensor 'a'"),
        (
            "calibration/egovehicle_SE3_sensor.feather",
            "sensor_name",
            ["a", "b", "c", "../d"],
            "'../d' is no name of a sensor",
        ),
    ],
)
def test_a_broken_table_is_one_line_that_names_the_file(
    tiny_log: Path, change, table: str, column: str, values: list[object], message: str
) -> None:
    change(tiny_log / table, **{column: values})
    with pytest.raises(Av3dError, match=message) as caught:
        opened(tiny_log)
    assert table in str(caught.value)


def test_a_table_without_rows_is_said(tiny_log: Path, write) -> None:
    names = ("qw", "qx", "qy", "qz", "tx_m", "ty_m", "tz_m")
    empty = {name: np.zeros(0) for name in names}
    write({"timestamp_ns": np.zeros(0, np.int64), **empty}, tiny_log / POSES)
    with pytest.raises(Av3dError, match="there are no ego poses"):
        opened(tiny_log)


def test_links_in_a_loop_are_an_error_and_no_hang(tiny_log: Path) -> None:
    path = tiny_log / SWEEPS / f"{START_NS}.feather"
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(Av3dError, match="cannot read sweep"):
        opened(tiny_log).sweep(0)
