"""A PandaSet log, from its own conventions to av3d's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from av3d.datasets.pandaset import DATASET
from av3d.errors import Av3dError, InputFileError


def test_a_log_is_recognised_by_its_lidar_folder(tiny_log: Path) -> None:
    assert DATASET.recognise(tiny_log)
    assert not DATASET.recognise(tiny_log.parent)
    assert not DATASET.recognise(tiny_log / "camera")


def test_opening_reads_neither_pickles_nor_images(tiny_log: Path) -> None:
    for file in [*tiny_log.glob("lidar/*.pkl.gz"), *tiny_log.glob("camera/*/*.jpg")]:
        file.write_bytes(b"nothing of use")
    log = DATASET.open(tiny_log)
    assert (log.name, log.kind, len(log.frames)) == ("Straße 2", "pandaset", 4)
    assert list(log.lidars) == ["pandar64", "pandar_gt"]
    assert list(log.cameras) == ["front", "back"]


def test_timestamps_are_the_microseconds_of_the_files(tiny_log: Path) -> None:
    log = DATASET.open(tiny_log)
    assert log.lidars["pandar64"].timestamps_ns[0] == 1_557_539_956_500_022_000
    assert log.image_time_ns("front", 0) == 1_557_539_956_450_022_000


def test_the_ego_frame_looks_along_the_vehicles_y_axis(tiny_log: Path) -> None:
    log = DATASET.open(tiny_log)
    pose = log.world_SE3_ego(log.frame(2).timestamp_ns)
    np.testing.assert_allclose(pose.translation_m, [0, 2, 0], atol=1e-12)
    np.testing.assert_allclose(pose.rotate([1, 0, 0]), [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(pose.rotate([0, 0, 1]), [0, 0, 1], atol=1e-12)


def test_points_of_the_world_come_back_in_the_ego_frame(tiny_log: Path) -> None:
    cloud = DATASET.open(tiny_log).cloud(3)
    expected = [[10, 0, 1], [0, -5, 0.5], [20, -0.5, 2]]
    np.testing.assert_allclose(cloud.points_m, expected, atol=1e-5)
    assert cloud.extra["lidar"].tolist() == [0, 0, 1]
    assert cloud.motion_compensated


def test_each_lidar_has_its_own_points_intensity_and_times(tiny_log: Path) -> None:
    log = DATASET.open(tiny_log)
    spinning, ahead = log.sweep(0), log.sweep(0, "pandar_gt")
    assert spinning.intensity is not None
    assert ahead.intensity is not None
    assert spinning.time_offset_ns is not None
    np.testing.assert_allclose(spinning.intensity, [0, 0.2])
    np.testing.assert_allclose(ahead.intensity, [1])
    # A float64 of seconds since 1970 is exact to .24 µs.
    np.testing.assert_allclose(spinning.time_offset_ns, [-50_000_000, -25_000_000], atol=1000)


def test_both_lidars_of_a_sweep_are_decoded_once(
    tiny_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from av3d.datasets.pandaset import streams

    read, table = [], streams.read_table
    monkeypatch.setattr(
        streams, "read_table", lambda path, columns: read.append(path) or table(path, columns)
    )
    DATASET.open(tiny_log).cloud(1)
    assert [path.name for path in read] == ["01.pkl.gz"]


def test_plain_pickles_stand_in_for_gzipped_ones(tiny_log: Path, cloud) -> None:
    (tiny_log / "lidar" / "02.pkl.gz").unlink()
    cloud(2).to_pickle(tiny_log / "lidar" / "02.pkl")
    log = DATASET.open(tiny_log)
    assert log.notes == ()
    assert len(log.sweep(2)) == 2


def test_a_camera_is_where_its_own_pose_says(tiny_log: Path) -> None:
    log = DATASET.open(tiny_log)
    pose = log.world_SE3_camera("front", 2)
    np.testing.assert_allclose(pose.translation_m, [0, 1.5, 1.6], atol=1e-9)
    pixels, _ = log.rig.camera("front").camera.project(
        pose.inverse().transform([[0.0, 11.5, 1.6], [1.0, 11.5, 1.6]])
    )
    np.testing.assert_allclose(pixels, [[960, 540], [1060, 540]], atol=1e-6)


def test_extrinsics_are_taken_from_the_poses_of_the_images(tiny_log: Path) -> None:
    mount = DATASET.open(tiny_log).rig.camera("front")
    np.testing.assert_allclose(mount.ego_SE3_camera.translation_m, [0, 0, 1.6], atol=1e-3)
    assert mount.camera.lens is None


def test_a_camera_without_poses_and_intrinsics_takes_the_nominal_rig(tiny_log: Path) -> None:
    (tiny_log / "camera" / "front_camera" / "poses.json").unlink()
    (tiny_log / "camera" / "front_camera" / "intrinsics.json").unlink()
    log = DATASET.open(tiny_log)
    assert log.rig.camera("front").camera.fx_px == pytest.approx(1970.0131)
    assert log.notes == ("camera front has no poses.json: the nominal extrinsics are used",)
    expected = log.world_SE3_ego(log.image_time_ns("front", 0)).transform([0.8546, -0.0005, 1.8073])
    np.testing.assert_allclose(log.world_SE3_camera("front", 0).translation_m, expected)


def test_an_image_belongs_to_the_sweep_of_its_number(tiny_log: Path) -> None:
    log = DATASET.open(tiny_log)
    # The back camera fires 99.9 ms before the sweep's timestamp, .1 ms after the sweep before.
    assert [frame.images["back"] for frame in log.frames] == [0, 1, 2, 3]


def test_missing_images_leave_their_frames_without_one(tiny_log: Path) -> None:
    (tiny_log / "camera" / "back_camera" / "01.jpg").unlink()
    log = DATASET.open(tiny_log)
    assert [frame.images["back"] for frame in log.frames] == [0, None, 1, 2]
    assert log.notes == ("camera back: 1 of 4 images are missing: 01",)
    np.testing.assert_allclose(
        log.world_SE3_camera("back", 1).translation_m, [0, 2 - 0.999, 1.6], atol=1e-9
    )


def test_missing_sweeps_leave_gaps(tiny_log: Path) -> None:
    (tiny_log / "lidar" / "02.pkl.gz").unlink()
    log = DATASET.open(tiny_log)
    assert len(log.frames) == 3
    assert log.notes == ("lidar: 1 of 4 sweeps are missing: 02",)
    assert [frame.images["front"] for frame in log.frames] == [0, 1, 3]
    np.testing.assert_allclose(log.cloud(2).points_m[0], [10, 0, 1], atol=1e-5)


def test_a_log_without_cameras_opens(tiny_log: Path) -> None:
    import shutil

    shutil.rmtree(tiny_log / "camera")
    assert not DATASET.open(tiny_log).cameras


def test_semantic_labels_come_with_the_points(tiny_log: Path) -> None:
    folder = tiny_log / "annotations" / "semseg"
    folder.mkdir(parents=True)
    pd.DataFrame({"class": [13, 7, 30]}).to_pickle(folder / "00.pkl.gz")
    log = DATASET.open(tiny_log)
    assert log.sweep(0).extra["semantic"].tolist() == [13, 7]
    assert log.sweep(0, "pandar_gt").extra["semantic"].tolist() == [30]
    assert "semantic" not in log.sweep(1).extra


def test_semantic_labels_have_names(tiny_log: Path) -> None:
    assert not DATASET.open(tiny_log).class_names
    folder = tiny_log / "annotations" / "semseg"
    folder.mkdir(parents=True)
    (folder / "classes.json").write_text('{"7": "Road", "13": "Car"}')
    assert dict(DATASET.open(tiny_log).class_names) == {7: "Road", 13: "Car"}
    (folder / "classes.json").write_text('["Road"]')
    with pytest.raises(InputFileError, match="names of classes"):
        DATASET.open(tiny_log)


def test_the_time_when_the_beam_passed_follows_from_the_direction(tiny_log: Path) -> None:
    log = DATASET.open(tiny_log)
    frame = log.frame(0)
    ahead, left, right = [0.8, 30.0, 1.0], [-30.0, 0.8, 1.0], [30.0, 0.8, 1.0]
    measured_ms = (log.measured_ns(frame, [left, ahead, right]) - frame.timestamp_ns) / 1e6
    np.testing.assert_allclose(measured_ms, [-74.3, -49.4, -24.4], atol=1.0)


def test_a_cuboid_ahead_needs_no_motion_in_the_front_image(tiny_log: Path) -> None:
    log = DATASET.open(tiny_log)
    frame = log.frame(0)
    measured_ns = int(log.measured_ns(frame, [0.8, 30.0, 1.0]))
    assert abs(log.image_time_ns("front", 0) - measured_ns) < 2_000_000


def test_the_fingerprint_changes_with_the_log_and_not_with_its_labels(tiny_log: Path) -> None:
    before = DATASET.open(tiny_log).fingerprint
    (tiny_log / "annotations").mkdir()
    assert DATASET.open(tiny_log).fingerprint == before
    (tiny_log / "lidar" / "00.pkl.gz").write_bytes(b"other")
    assert DATASET.open(tiny_log).fingerprint != before


def _times(entries):
    return lambda log: (log / "lidar" / "timestamps.json").write_text(json.dumps(entries))


def _poses(change):
    def edit(log: Path) -> None:
        path = log / "lidar" / "poses.json"
        poses = json.loads(path.read_text())
        change(poses)
        path.write_text(json.dumps(poses))

    return edit


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_times([1.0, 2.0, 3.0]), "4 poses for 3 timestamps"),
        (_times([1.0, 3.0, 2.0, 4.0]), r"entry 2 is 1000.000 ms before entry 1.*timestamps.json"),
        (_times([1.0, 2.0, 2.0, 4.0]), "do not increase"),
        (_times([1.0, float("nan"), 3.0, 4.0]), "timestamp 1 is nan"),
        (_times(["a", 2.0, 3.0, 4.0]), "timestamp 0 is 'a'"),
        (_times([]), "expected a list of timestamps"),
        (_times({"a": 1}), "expected a list of timestamps"),
        (_poses(lambda p: p[2]["heading"].update(w=0.0)), "pose 2: a quaternion is zero"),
        (_poses(lambda p: p[1]["position"].update(x=float("nan"))), "pose 1: .* not a finite"),
        (
            _poses(lambda p: p[2]["heading"].update(w=2.0, x=0.0, y=0.0, z=0.0)),
            "pose 2: not a rotation: the quaternion has norm 2 instead of 1",
        ),
        (_poses(lambda p: p[1].pop("heading")), "pose 1 lacks the key 'heading'"),
        (_poses(lambda p: p.pop()), "3 poses for 4 timestamps"),
        (lambda log: (log / "lidar" / "poses.json").write_bytes(b""), "empty, 0 bytes"),
        (lambda log: (log / "lidar" / "poses.json").write_bytes(b"[{"), "not valid JSON"),
        (lambda log: (log / "lidar" / "poses.json").unlink(), "No such file"),
        (lambda log: (log / "lidar" / "07.pkl.gz").write_bytes(b"x"), "07.pkl.gz has none"),
        (
            lambda log: [path.unlink() for path in (log / "lidar").glob("*.pkl.gz")],
            "no sweeps: no file is named like",
        ),
        (
            lambda log: (log / "camera/front_camera/intrinsics.json").write_text('{"fx": 1}'),
            "key 'fy' is missing",
        ),
        (
            lambda log: (log / "camera/front_camera/intrinsics.json").write_text(
                '{"fx": 0, "fy": 1, "cx": 1, "cy": 1}'
            ),
            "focal lengths must be positive",
        ),
        (lambda log: (log / "camera/front_camera/timestamps.json").unlink(), "No such file"),
    ],
)
def test_a_broken_log_does_not_open_and_says_why(tiny_log: Path, damage, message: str) -> None:
    damage(tiny_log)
    with pytest.raises(Av3dError, match=message) as caught:
        DATASET.open(tiny_log)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="t"), "lacks the column 't'"),
        (lambda t: t.assign(x=[0.0, np.nan, 0.0]), r"1 of 3 points .* \(first: point 1\)"),
        (lambda t: t.assign(y="far"), "column 'y' is not made of numbers"),
        (lambda t: t.assign(t=0.0), "the time of point 0 is"),
        (lambda t: t.assign(t=np.nan), "the time of point 0 is"),
        (lambda t: t.assign(d=[0, 1, 2]), "point 2 is of LiDAR d=2"),
    ],
)
def test_a_broken_sweep_is_one_line_with_its_file(tiny_log: Path, cloud, change, message) -> None:
    change(cloud(1)).to_pickle(tiny_log / "lidar" / "01.pkl.gz")
    log = DATASET.open(tiny_log)
    with pytest.raises(Av3dError, match=message) as caught:
        log.cloud(1)
    assert "01.pkl.gz" in str(caught.value)
    assert len(log.cloud(2)) == 3


def test_a_sweep_without_points_of_one_lidar_is_empty(tiny_log: Path, cloud) -> None:
    cloud(1).assign(d=1).to_pickle(tiny_log / "lidar" / "01.pkl.gz")
    log = DATASET.open(tiny_log)
    assert len(log.sweep(1)) == 0
    assert len(log.cloud(1)) == 3


def test_semantic_labels_of_another_sweep_are_refused(tiny_log: Path) -> None:
    folder = tiny_log / "annotations" / "semseg"
    folder.mkdir(parents=True)
    pd.DataFrame({"class": [13, 7]}).to_pickle(folder / "00.pkl.gz")
    with pytest.raises(Av3dError, match=r"2 semantic labels for 3 points of 00\.pkl\.gz"):
        DATASET.open(tiny_log).sweep(0)


def test_the_real_log_opens_with_all_frames_complete(real_data: Path) -> None:
    log = DATASET.open(real_data / "pandaset" / "002")
    assert (len(log.frames), log.notes) == (30, ())
    assert list(log.cameras) == ["front", "front_left", "front_right", "left", "right", "back"]
    assert all(set(frame.images.values()) == {frame.index} for frame in log.frames)
    sweep = log.sweep(0)
    assert len(sweep) + len(log.sweep(0, "pandar_gt")) == 166_768
    assert set(np.unique(sweep.extra["semantic"])) <= set(range(1, 43))


def test_real_points_were_measured_when_their_direction_says(real_data: Path) -> None:
    log = DATASET.open(real_data / "pandaset" / "002")
    frame, sweep = log.frame(10), log.sweep(10)
    mount = log.rig.lidar("pandar64")
    far = np.linalg.norm(sweep.points_m, axis=1) > 3
    world = (log.world_SE3_ego(frame.timestamp_ns) @ mount.ego_SE3_lidar).transform(sweep.points_m)
    assert sweep.time_offset_ns is not None
    error_ms = (sweep.time_offset_ns + frame.timestamp_ns - log.measured_ns(frame, world)) / 1e6
    # A few points lie across the seam, one revolution off.
    assert (np.abs(error_ms[far]) < 2.0).mean() > 0.999


def test_real_camera_poses_agree_with_the_nominal_rig(real_data: Path) -> None:
    from av3d.calibration.nominal import nominal_rig

    rig = DATASET.open(real_data / "pandaset" / "002").rig
    for name, mount in nominal_rig("pandaset").cameras.items():
        measured = rig.camera(name).ego_SE3_camera
        apart_m = measured.translation_m - mount.ego_SE3_camera.translation_m
        assert np.linalg.norm(apart_m) < 0.003
        assert float(np.degrees(measured.angle_to_rad(mount.ego_SE3_camera))) < 0.02


def test_opening_does_not_import_pandas(tiny_log: Path) -> None:
    import subprocess

    code = (
        "import sys; from pathlib import Path; from av3d.datasets.pandaset import DATASET; "
        f"DATASET.open(Path({str(tiny_log)!r})); sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
