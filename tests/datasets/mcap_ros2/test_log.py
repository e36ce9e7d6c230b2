from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from av3d.datasets.registry import open_log, recognise
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log

IMAGE_LAG_NS = 10_000_000


def test_a_bag_is_recognised_by_its_path_alone(sample_bag: Path) -> None:
    assert recognise(sample_bag).name == "mcap"
    assert recognise(sample_bag / "drive_0.mcap").name == "mcap"


class TestASampleLogAsBag:
    """Four sweeps of the sample log through a bag and back, in chunks of zstd and of lz4."""

    def test_has_the_same_sensors(self, sample_bag: Path, sample_log: Log) -> None:
        log = open_log(sample_bag)
        assert list(log.lidars) == ["top", "roof"]
        assert list(log.cameras) == ["front", "left", "right", "back"]
        for camera, mount in sample_log.rig.cameras.items():
            found = log.rig.camera(camera)
            assert found.camera == mount.camera
            assert found.ego_SE3_camera.matrix == pytest.approx(
                mount.ego_SE3_camera.matrix, abs=1e-9
            )
        top = log.rig.lidar("top").ego_SE3_lidar.matrix
        assert top == pytest.approx(sample_log.rig.lidar("top").ego_SE3_lidar.matrix, abs=1e-9)

    def test_has_the_same_poses(self, sample_bag: Path, sample_log: Log) -> None:
        log = open_log(sample_bag)
        times = np.arange(sample_log.start_ns, sample_log.frames[3].timestamp_ns, 7_000_000)
        expected = sample_log.trajectory.at(times)
        assert log.trajectory.at(times).matrix == pytest.approx(expected.matrix, abs=1e-6)

    def test_has_the_same_points(self, sample_bag: Path, sample_log: Log) -> None:
        log = open_log(sample_bag)
        for index in range(4):
            sweep, expected = log.sweep(index, "top"), sample_log.sweep(index)
            assert np.array_equal(sweep.points_m, expected.points_m)
            assert sweep.intensity is not None
            assert sweep.intensity == pytest.approx(expected.intensity, abs=1e-6)

    def test_has_the_same_times_of_points(self, sample_bag: Path, sample_log: Log) -> None:
        log = open_log(sample_bag)
        for lidar, step, tolerance_ns in (("top", 1, 300), ("roof", 3, 0)):
            sweep, expected = log.sweep(2, lidar), sample_log.sweep(2)
            assert sweep.time_offset_ns is not None
            assert expected.time_offset_ns is not None
            at = sweep.timestamp_ns + sweep.time_offset_ns
            expected_at = expected.timestamp_ns + expected.time_offset_ns[::step]
            assert np.abs(at - expected_at).max() <= tolerance_ns

    def test_shows_the_second_lidar_where_the_first_sees_the_same(
        self, sample_bag: Path, sample_log: Log
    ) -> None:
        log = open_log(sample_bag)
        seen = log.rig.lidar("roof").ego_SE3_lidar.transform(log.sweep(1, "roof").points_m)
        mount = sample_log.rig.lidar("top").ego_SE3_lidar
        assert seen == pytest.approx(mount.transform(sample_log.sweep(1).points_m[::3]), abs=1e-4)

    def test_has_the_same_images_at_the_same_times(self, sample_bag: Path, sample_log: Log) -> None:
        log = open_log(sample_bag)
        for camera in log.cameras:
            times = log.image_times_ns(camera)
            assert np.array_equal(times, sample_log.image_times_ns(camera)[: len(times)])
            assert np.array_equal(log.image(camera, 1), sample_log.image(camera, 1))

    def test_says_what_it_chose(self, sample_bag: Path) -> None:
        notes = " ".join(open_log(sample_bag).notes)
        assert "ego poses: TF map → base_link" in notes
        assert "also there: TF odom → base_link" in notes
        assert "t is the time of a point in ns from the stamp (0.0 to 100.0 ms)" in notes
        assert "timestamp is the time of a point in s since 1970 (-50.0 to 50.0 ms)" in notes

    def test_states_the_clocks(self, sample_bag: Path) -> None:
        log = open_log(sample_bag)
        assert set(log.clocks) == {*log.lidars, *log.cameras}
        assert log.clocks["top"].startswith("header.stamp of /sensing/lidar/top/points")


def test_poses_of_odometry_are_those_of_the_vehicle(tmp_path: Path, write: SimpleNamespace) -> None:
    log = open_log(write.small_bag(tmp_path / "drive.mcap"))
    assert log.name == "drive"
    expected = SE3.from_yaw(0.1, (2.5, 0, 0))
    found = log.world_SE3_ego(write.start_ns + 250_000_000)
    assert found.matrix == pytest.approx(expected.matrix, abs=1e-9)
    assert [frame.images["front"] for frame in log.frames] == [0, 1, 2, 3, 4]


def test_poses_of_another_frame_are_taken_to_the_ego_frame(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    base_SE3_imu = SE3.from_yaw(0.2, (0.5, 0.1, 1.0))
    world_SE3_ego = SE3.from_yaw(0.1, (4.0, 0, 0))

    def moved(time: int) -> object:
        return write.odometry(time, "odom", "imu_link", world_SE3_ego @ base_SE3_imu)

    def static() -> list[object]:
        start = write.start_ns
        return [
            write.transform(start, "base_link", "lidar_top", write.ego_SE3_lidar),
            write.transform(start, "base_link", "imu_link", base_SE3_imu),
            write.transform(start, "base_link", "front_optical", write.ego_SE3_camera),
        ]

    log = open_log(write.small_bag(tmp_path / "drive.mcap", odometry=moved, static=static))
    found = log.world_SE3_ego(write.start_ns)
    assert found.matrix == pytest.approx(world_SE3_ego.matrix, abs=1e-9)


def test_a_parked_vehicle_stands_where_tf_says(tmp_path: Path, write: SimpleNamespace) -> None:
    parked = SE3.from_yaw(1.0, (10.0, 20.0, 0.0))

    def static() -> list[object]:
        start = write.start_ns
        return [
            write.transform(start, "map", "base_link", parked),
            write.transform(start, "base_link", "lidar_top", write.ego_SE3_lidar),
        ]

    bag = write.small_bag(tmp_path / "drive.mcap", odometry=lambda _: None, static=static)
    log = open_log(bag)
    for frame in log.frames:
        assert log.world_SE3_ego(frame.timestamp_ns).matrix == pytest.approx(parked.matrix)


def test_a_bag_without_poses_stands_still_and_says_so(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    log = open_log(write.small_bag(tmp_path / "drive.mcap", odometry=lambda _: None))
    assert log.trajectory.is_identity
    assert "there are no ego poses: the vehicle is taken to stand still" in log.notes


def test_a_bag_of_one_lidar_and_nothing_else_opens(tmp_path: Path, write: SimpleNamespace) -> None:
    bag = write.BagWriter(tmp_path / "only.mcap")
    for step in range(3):
        time = write.start_ns + step * write.step_ns
        points = write.points([[1, 2, 3]])
        bag.add("/points", "sensor_msgs/PointCloud2", write.cloud(time, "laser", points), time)
    log = open_log(bag.close())
    assert len(log.frames) == 3
    assert "the bag has no transforms: the LiDAR's frame 'laser' is taken" in " ".join(log.notes)


def test_messages_out_of_order_are_sorted_and_doubled_ones_left_out(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    bag = write.BagWriter(tmp_path / "drive.mcap")
    for step in (0, 2, 1, 2, 3):
        time = write.start_ns + step * write.step_ns
        points = write.points([[1 + step, 0, 0]])
        bag.add("/points", "sensor_msgs/PointCloud2", write.cloud(time, "laser", points), time)
    log = open_log(bag.close())
    assert [float(log.sweep(k).points_m[0, 0]) for k in range(4)] == [1, 2, 3, 4]
    notes = " ".join(log.notes)
    assert "out of order in 1 places: sorted by stamp" in notes
    assert "1 messages of /points have the stamp of another one: left out" in notes


def test_messages_without_a_stamp_take_the_time_of_recording(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    def unstamped(time: int) -> dict[str, object]:
        jpeg = cv2.imencode(".jpg", np.zeros((6, 8, 3), np.uint8))[1].tobytes()
        return {"header": write.header(0, "front_optical"), "format": "jpeg", "data": jpeg}

    log = open_log(write.small_bag(tmp_path / "drive.mcap", image=unstamped))
    # Recorded as late as the sweeps are.
    assert np.array_equal(log.image_times_ns("front"), log.lidars["top"].timestamps_ns)
    assert "is not stamped: the times of recording are used" in " ".join(log.notes)


def test_a_camera_on_another_clock_is_brought_to_the_lidars(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((6, 8, 3), np.uint8))[1].tobytes()

    def since_boot(time: int) -> dict[str, object]:
        header = write.header(time - write.start_ns + 20 * 10**9, "front_optical")
        return {"header": header, "format": "jpeg", "data": jpeg}

    log = open_log(write.small_bag(tmp_path / "drive.mcap", image=since_boot))
    assert np.array_equal(log.image_times_ns("front"), log.lidars["top"].timestamps_ns)
    assert "the clock of /front/image_raw/compressed is -1699999979.990 s off" in " ".join(
        log.notes
    )


def test_what_lies_outside_the_ego_poses_is_left_out(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    def late(time: int) -> object:
        if time < write.start_ns + 3 * write.step_ns:
            return None
        return write.odometry(time, "odom", "base_link", SE3.identity())

    log = open_log(write.small_bag(tmp_path / "drive.mcap", odometry=late))
    assert log.start_ns == write.start_ns + write.step_ns
    assert "1 of 5 messages of top lie outside the ego poses: left out" in log.notes


def test_a_camera_without_a_link_is_left_out_and_both_frames_are_named(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    def static() -> list[object]:
        return [write.transform(write.start_ns, "base_link", "lidar_top", write.ego_SE3_lidar)]

    log = open_log(write.small_bag(tmp_path / "drive.mcap", static=static))
    assert list(log.cameras) == []
    assert "no transform links 'front_optical' with 'base_link'" in " ".join(log.notes)


def test_a_lidar_without_a_link_is_an_error_that_says_what_to_write(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    bag = write.small_bag(tmp_path / "drive.mcap", static=list)
    with pytest.raises(
        Av3dError, match=r"'lidar_top' with 'base_link'.*record /tf_static, or write rig"
    ):
        open_log(bag)


def test_a_bag_without_clouds_is_an_error_that_lists_what_it_has(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    bag = write.small_bag(tmp_path / "drive.mcap", cloud=lambda _: None)
    with pytest.raises(Av3dError, match=r"no messages of type sensor_msgs/PointCloud2.*/odometry"):
        open_log(bag)


def test_a_camera_frame_with_z_up_is_no_optical_frame(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    def static() -> list[object]:
        start, ahead = write.start_ns, SE3.from_yaw(0.0, (1.5, 0, 1.5))
        return [
            write.transform(start, "base_link", "lidar_top", write.ego_SE3_lidar),
            write.transform(start, "base_link", "camera_link", ahead),
        ]

    def image(time: int) -> dict[str, object]:
        jpeg = cv2.imencode(".jpg", np.zeros((6, 8, 3), np.uint8))[1].tobytes()
        return {"header": write.header(time, "camera_link"), "format": "jpeg", "data": jpeg}

    log = open_log(write.small_bag(tmp_path / "drive.mcap", static=static, image=image))
    found = log.rig.camera("front").ego_SE3_camera.matrix
    assert found == pytest.approx(write.ego_SE3_camera.matrix)
    assert "the frame camera_link of camera front has its z axis up" in " ".join(log.notes)


def test_a_rig_file_replaces_what_the_bag_says(tmp_path: Path, write: SimpleNamespace) -> None:
    from av3d.calibration.camera import Camera
    from av3d.calibration.rig import CameraMount, LidarMount, Rig
    from av3d.calibration.rig_toml import write_rig

    mount = CameraMount(Camera(8, 6, 7.0, 7.0, 3.5, 2.5), write.ego_SE3_camera)
    rig = Rig("mine", {"top": LidarMount(SE3.identity())}, {"front": mount})
    write_rig(rig, tmp_path / "my rig.toml")
    (tmp_path / "av3d.toml").write_text('rig = "my rig.toml"\n')
    log = open_log(write.small_bag(tmp_path / "drive.mcap", static=list, info=lambda: None))
    assert log.rig.camera("front").camera.fx_px == 7.0
    assert list(log.lidars) == ["top"]


def test_a_camera_without_images_within_the_poses_has_none(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    def before(time: int) -> dict[str, object]:
        jpeg = cv2.imencode(".jpg", np.zeros((6, 8, 3), np.uint8))[1].tobytes()
        early = time - 3 * 10**9
        return {"header": write.header(early, "front_optical"), "format": "jpeg", "data": jpeg}

    log = open_log(write.small_bag(tmp_path / "drive.mcap", image=before))
    assert len(log.cameras["front"]) == 0
    assert [frame.images["front"] for frame in log.frames] == [None] * 5
    assert "5 of 5 messages of front lie outside the ego poses: left out" in log.notes


def test_a_folder_whose_name_ends_like_a_file_is_a_bag(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    folder = tmp_path / "drive.mcap"
    write.small_bag(folder / "drive_0.mcap")
    (folder / "._drive_0.mcap").write_bytes(b"of a Mac")
    assert len(open_log(folder).frames) == 5


def test_names_cannot_move_the_cursor(tmp_path: Path, write: SimpleNamespace) -> None:
    bag = write.BagWriter(tmp_path / "drive.mcap")
    points = write.cloud(write.start_ns, "la\x1b[2Jser", write.points([[1, 2, 3]]))
    bag.add("/to\x1b[2Jp", "sensor_msgs/PointCloud2", points, write.start_ns)
    log = open_log(bag.close())
    assert "\x1b" not in " ".join([*log.notes, *log.lidars, *log.clocks.values()])


def test_the_rig_of_a_bag_may_be_read_alone(sample_bag: Path, sample_log: Log) -> None:
    kind = recognise(sample_bag)
    assert kind.recognise_rig(sample_bag)
    rig = kind.read_rig(sample_bag)
    assert list(rig.cameras) == ["front", "left", "right", "back"]
    assert rig.camera("left").camera == sample_log.rig.camera("left").camera
