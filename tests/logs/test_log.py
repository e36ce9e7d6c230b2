from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig, RigError
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageStream
from av3d.logs.log import Log, LogError
from av3d.logs.merging import merge_sweeps
from av3d.logs.rhythm import SynchronisationError
from av3d.logs.sweep import Sweep, SweepStream, checked_points
from av3d.logs.trajectory import Trajectory

MS = 1_000_000
TOP = SE3.from_yaw(0.0, [1.0, 0.0, 2.0])
SIDE = SE3.from_yaw(np.pi / 2, [0.0, 1.0, 1.0])
CAMERA = SE3.from_matrix([[0, 0, 1, 1.5], [-1, 0, 0, 0], [0, -1, 0, 1.4], [0, 0, 0, 1]])
POST_WORLD_M = np.array([20.0, 5.0, 1.0])  # stands still while the ego drives by


class Sweeps(SweepStream):
    """Sees the post from wherever the LiDAR is; counts how often it is read."""

    def __init__(self, name, times_ms, mount, trajectory, **more):
        super().__init__([t * MS for t in times_ms])
        self.name, self.mount, self.trajectory, self.more, self.reads = (
            name,
            mount,
            trajectory,
            more,
            0,
        )

    def read(self, index):
        self.reads += 1
        time_ns = int(self.timestamps_ns[index])
        lidar_SE3_world = (self.trajectory.at(time_ns) @ self.mount).inverse()
        points = lidar_SE3_world.transform([POST_WORLD_M, POST_WORLD_M]).astype(np.float32)
        more = {key: value(time_ns) for key, value in self.more.items()}
        return Sweep(self.name, time_ns, points, np.array([0.1, 0.9], np.float32), **more)


class Images(ImageStream):
    def __init__(self, times_ms, size=(48, 64)):
        super().__init__([t * MS for t in times_ms])
        self.size, self.reads = size, 0

    def read(self, index):
        self.reads += 1
        return np.full((*self.size, 3), index, np.uint8)


def make(**changes) -> Log:
    # 10 m/s forward and turning, uphill and banked.
    times = np.arange(0, 1001, 50)
    poses = SE3.stack([SE3.from_euler(0.05, -0.1, t * 2e-4, [t * 0.01, 0, 0]) for t in times])
    trajectory = changes.get("trajectory", Trajectory(times * MS, poses))
    rig = Rig(
        "car",
        {"top": LidarMount(TOP), "side": LidarMount(SIDE)},
        {"front": CameraMount(Camera(64, 48, 50, 50, 31.5, 23.5), CAMERA)},
    )
    values = {
        "name": "drive",
        "kind": "test",
        "path": Path("drive"),
        "rig": rig,
        "trajectory": trajectory,
        "lidars": {
            "top": Sweeps("top", range(100, 600, 100), TOP, trajectory),
            "side": Sweeps("side", range(140, 600, 100), SIDE, trajectory),
        },
        "cameras": {"front": Images(range(112, 600, 100))},
    }
    return Log(**{**values, **changes})


def test_opening_reads_no_points_and_no_images():
    log = make()
    assert len(log.frames) == 5
    assert log.sync_report.cameras["front"].matched == 5
    assert (log.start_ns, log.end_ns, log.frame_period_ns) == (100 * MS, 500 * MS, 100 * MS)
    assert [stream.reads for stream in log.lidars.values()] == [0, 0]
    assert log.cameras["front"].reads == 0


def test_sweeps_and_images_are_read_once():
    log = make()
    assert log.sweep(1) is log.sweep(1, "top")
    assert log.image("front", 2)[0, 0].tolist() == [2, 2, 2]
    log.image("front", 2)
    assert log.lidars["top"].reads == 1
    assert log.cameras["front"].reads == 1


def test_a_cloud_puts_all_lidars_where_the_ego_is_at_the_frames_time():
    log = make()
    cloud = log.cloud(2)
    post_ego_m = log.world_SE3_ego(300 * MS).inverse().transform(POST_WORLD_M)
    # The side LiDAR measured 40 ms later, .4 m further on.
    np.testing.assert_allclose(cloud.points_m, np.tile(post_ego_m, (4, 1)), atol=1e-5)
    assert cloud.extra["lidar"].tolist() == [0, 0, 1, 1]
    assert cloud.intensity is not None
    assert (cloud.lidar, cloud.timestamp_ns) == ("ego", 300 * MS)


def test_point_times_of_a_cloud_count_from_the_frame():
    offsets = {"time_offset_ns": lambda time_ns: np.array([-5, 7])}
    trajectory = make().trajectory
    log = make(
        lidars={
            "top": Sweeps("top", [100, 200], TOP, trajectory, **offsets),
            "side": Sweeps("side", [140, 240], SIDE, trajectory, **offsets),
        }
    )
    assert log.cloud(0).time_offset_ns.tolist() == [-5, 7, 40 * MS - 5, 40 * MS + 7]


def test_values_that_one_lidar_lacks_are_left_out():
    trajectory = make().trajectory
    ring = {"extra": lambda time_ns: {"ring": np.array([3, 4], np.uint8)}}
    log = make(
        lidars={
            "top": Sweeps("top", [100, 200], TOP, trajectory, **ring),
            "side": Sweeps("side", [140, 240], SIDE, trajectory),
        }
    )
    assert set(log.cloud(0).extra) == {"lidar"}
    assert set(log.sweep(0).extra) == {"ring"}


def test_a_lidar_without_a_sweep_near_the_frame_is_left_out():
    trajectory = make().trajectory
    for times in ([], [140]):
        log = make(
            lidars={
                "top": Sweeps("top", [100, 200, 300], TOP, trajectory),
                "side": Sweeps("side", times, SIDE, trajectory),
            }
        )
        assert log.cloud(2).extra["lidar"].tolist() == [0, 0]


def test_a_lidar_whose_sweep_the_ego_poses_do_not_reach_is_left_out():
    times, seen = np.array([0, 150]), make().trajectory
    poses = SE3.stack([SE3.from_yaw(0, [t * 0.01, 0, 0]) for t in times])
    lidars = {
        "top": Sweeps("top", [100, 200, 300], TOP, seen),
        "side": Sweeps("side", [130, 230, 330], SIDE, seen),
    }
    log = make(
        lidars=lidars, trajectory=Trajectory(times * MS, poses, extrapolation_limit_ns=150 * MS)
    )
    assert log.cloud(1).extra["lidar"].tolist() == [0, 0, 1, 1]
    assert log.cloud(2).extra["lidar"].tolist() == [0, 0]


def test_a_camera_stands_where_trajectory_and_mount_put_it():
    log = make()
    expected = log.world_SE3_ego(212 * MS) @ CAMERA
    np.testing.assert_allclose(log.world_SE3_camera("front", 1).matrix, expected.matrix)
    assert log.image_time_ns("front", 1) == 212 * MS


def test_a_measured_pose_of_an_image_comes_first():
    poses = SE3.from_yaw(np.arange(5) * 0.1, np.zeros((5, 3)))
    log = make(camera_world_poses={"front": poses})
    assert float(log.world_SE3_camera("front", 3).yaw_rad) == pytest.approx(0.3)


def test_an_image_of_another_size_than_the_rig_says_is_an_error():
    log = make(cameras={"front": Images(range(112, 600, 100), size=(24, 32))})
    with pytest.raises(LogError, match="image is 32x24 px, the rig says 64x48"):
        log.image("front", 0)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda log: log.frame(5), "no frame 5, drive, use 0 to 4"),
        (lambda log: log.frame(-1), "no frame -1"),
        (lambda log: log.cloud(7), "no frame 7"),
        (lambda log: log.sweep(9), "no sweep 9 of top, drive, use 0 to 4"),
        (lambda log: log.sweep(0, "roof"), "no LiDAR 'roof', drive, use one of: top side"),
        (lambda log: log.image("front", 5), "no image 5 of camera front, drive, use 0 to 4"),
        (lambda log: log.image("rear", 0), "no camera 'rear', drive, use one of: front"),
        (lambda log: log.world_SE3_camera("rear", 0), "no camera 'rear'"),
    ],
)
def test_what_a_log_does_not_have_is_an_error_that_says_what_it_has(ask, message):
    with pytest.raises(LogError, match=message):
        ask(make())


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"lidars": {}}, LogError, "no LiDAR"),
        ({"reference_lidar": "roof"}, LogError, "no LiDAR 'roof', drive, use one of: top side"),
        ({"lidars": {"top": Sweeps("top", [], TOP, None)}}, LogError, "top has no sweeps"),
        ({"lidars": {"roof": Sweeps("roof", [1], TOP, None)}}, RigError, "no LiDAR 'roof'"),
        ({"cameras": {"rear": Images([1])}}, RigError, "no camera 'rear'"),
        ({"camera_world_poses": {"front": SE3.identity((4,))}}, LogError, "4 measured poses for 5"),
        ({"cameras": {"front": Images([5, 3])}}, SynchronisationError, "camera front of drive"),
        (
            {"lidars": {n: Sweeps(n, t, TOP, None) for n, t in (("top", [1, 2]), ("side", [2, 2]))}},
            SynchronisationError,
            "has the same time as entry 0, LiDAR side of drive",
        ),
    ],
)  # fmt: skip
def test_a_log_that_contradicts_itself_does_not_open(changes, kind, message):
    with pytest.raises(kind, match=message):
        make(**changes)


def test_the_reference_lidar_makes_the_frames():
    log = make(reference_lidar="side")
    assert [frame.timestamp_ns for frame in log.frames] == [t * MS for t in range(140, 600, 100)]


# Sweeps


def test_points_that_are_not_finite_are_counted_and_the_first_is_named():
    points = np.zeros((5, 3))
    points[2, 1] = np.nan
    points[4, 0] = 1e300  # float32 cannot hold it
    with pytest.raises(InputFileError, match=r"2 of 5 points.*first: point 2.*a\.bin"):
        checked_points(points, "a.bin")


def test_points_need_three_columns():
    with pytest.raises(InputFileError, match=r"shape \(5, 2\), expected \(N, 3\)"):
        checked_points(np.zeros((5, 2)), "a.bin")


def test_checked_points_are_contiguous_float32():
    points = checked_points(np.arange(12.0).reshape(3, 4).T, "a.bin")
    assert points.dtype == np.float32
    assert points.flags["C_CONTIGUOUS"]
    assert checked_points(np.zeros((0, 3)), "a.bin").shape == (0, 3)


def test_one_sweep_merged_is_itself():
    sweep = Sweep("top", 0, np.zeros((2, 3), np.float32))
    assert merge_sweeps([sweep]) is sweep
    assert sweep.nbytes == 24


def test_a_cloud_of_one_lidar_keeps_the_lidars_number() -> None:
    log = make()
    cloud = log.cloud(2, ["side"])
    assert cloud.extra["lidar"].tolist() == [1, 1]
    assert len(log.cloud(2)) == 4
    assert len(log.cloud(2, [])) == 0


def test_stamps_are_corrected_by_the_clock_offset_of_the_rig() -> None:
    mount = CameraMount(Camera(64, 48, 50, 50, 31.5, 23.5), CAMERA, clock_offset_ns=-90 * MS)
    rig = Rig("car", {"top": LidarMount(TOP), "side": LidarMount(SIDE)}, {"front": mount})
    log = make(rig=rig, cameras={"front": Images(range(192, 700, 100))})
    assert log.image_times_ns("front").tolist() == [t * MS for t in range(102, 603, 100)]
    assert log.image_time_ns("front", 1) == 202 * MS
    assert [frame.images["front"] for frame in log.frames] == [0, 1, 2, 3, 4]
    expected = log.world_SE3_ego(202 * MS) @ CAMERA
    np.testing.assert_allclose(log.world_SE3_camera("front", 1).matrix, expected.matrix)


def test_a_known_phase_is_one_of_stamps() -> None:
    mount = CameraMount(Camera(64, 48, 50, 50, 31.5, 23.5), CAMERA, clock_offset_ns=20 * MS)
    rig = Rig("car", {"top": LidarMount(TOP), "side": LidarMount(SIDE)}, {"front": mount})
    images = Images(range(10, 600, 100))
    log = make(rig=rig, cameras={"front": images}, camera_phases_ns={"front": -90 * MS})
    assert [frame.images["front"] for frame in log.frames] == [0, 1, 2, 3, 4]
    assert log.sync_report.cameras["front"].offset_ms == -70


def test_the_clock_of_each_stream_is_said_in_words() -> None:
    log = make(clocks={"front": "the camera's own clock, start of the exposure"})
    assert log.clocks["front"] == "the camera's own clock, start of the exposure"
    with pytest.raises(LogError, match="'rear', which is no stream, drive, use: top side front"):
        make(clocks={"rear": "GPS"})


def test_merged_frames_show_what_stands_still_in_one_place() -> None:
    log = make()
    merged = log.merged_cloud(2, 1, 2)
    expected = log.world_SE3_ego(300 * MS).inverse().transform(POST_WORLD_M)
    np.testing.assert_allclose(merged.points_m, np.tile(expected, (16, 1)), atol=1e-4)
    assert sorted(set(merged.extra["step"].tolist())) == [-1, 0, 1, 2]
    assert set(merged.extra) == {"lidar", "step"}
    # Without times of points: those of the frames, to which the other LiDAR was moved.
    assert sorted(set(merged.time_offset_ns.tolist())) == [-100 * MS, 0, 100 * MS, 200 * MS]
    assert (merged.lidar, merged.timestamp_ns) == ("ego", 300 * MS)


def test_merged_frames_keep_the_times_of_their_points() -> None:
    trajectory = make().trajectory
    times = {"time_offset_ns": lambda time_ns: np.array([-5, 7])}
    log = make(lidars={"top": Sweeps("top", range(100, 600, 100), TOP, trajectory, **times)})
    merged = log.merged_cloud(0, 3, 1)
    assert merged.time_offset_ns.tolist() == [-5, 7, 100 * MS - 5, 100 * MS + 7]
    assert merged.extra["step"].tolist() == [0, 0, 1, 1]


def test_merging_takes_what_lies_in_the_log_and_the_lidars_asked_for() -> None:
    log = make()
    assert len(log.merged_cloud(4, 0, 0, ["top"])) == 2
    assert len(log.merged_cloud(4, 1, 50, ["top"])) == 4
    with pytest.raises(LogError, match="-1 sweeps, drive, give 0 or more"):
        log.merged_cloud(4, -1, 0)


def test_merged_frames_stay_fine_grained_far_from_the_origin_of_the_world() -> None:
    far = SE3.stack(
        [SE3.from_yaw(0.001 * t, [6e5 + 0.02 * t, 5e6, 400]) for t in range(0, 1001, 50)]
    )
    trajectory = Trajectory(np.arange(0, 1001, 50) * MS, far)
    post = (trajectory.at(300 * MS) @ TOP).transform([20.0, 5.0, 1.0])

    class Far(Sweeps):
        def read(self, index):
            stamp = int(self.timestamps_ns[index])
            point = (self.trajectory.at(stamp) @ TOP).inverse().transform([post])
            return Sweep("top", stamp, point.astype(np.float32))

    log = make(
        trajectory=trajectory, lidars={"top": Far("top", range(100, 600, 100), TOP, trajectory)}
    )
    merged = log.merged_cloud(2, 2, 2)
    np.testing.assert_allclose(merged.points_m - merged.points_m[2], 0, atol=1e-4)


def test_a_cloud_has_the_ego_motion_within_each_sweep_removed() -> None:
    """The post measured 40 ms before and after the timestamp, from where the LiDAR was then."""
    trajectory = make().trajectory
    offset_ns = np.array([-40, 40]) * MS

    class Turning(Sweeps):
        def read(self, index):
            stamp = int(self.timestamps_ns[index])
            poses = (self.trajectory.at(stamp + offset_ns) @ TOP).inverse()
            points = poses.transform(np.tile(POST_WORLD_M, (2, 1, 1)))[:, 0]
            return Sweep("top", stamp, points.astype(np.float32), None, offset_ns)

    log = make(lidars={"top": Turning("top", range(100, 600, 100), TOP, trajectory)})
    expected = log.world_SE3_ego(200 * MS).inverse().transform(POST_WORLD_M)
    np.testing.assert_allclose(log.cloud(1).points_m, [expected, expected], atol=1e-4)
    assert log.cloud(1).motion_compensated
    assert not log.sweep(1).motion_compensated
    assert log.compensated_sweep(1).lidar == "top"


def test_a_rolling_shutter_has_a_pose_for_the_top_and_for_the_bottom_edge() -> None:
    mount = CameraMount(Camera(64, 48, 50, 50, 31.5, 23.5), CAMERA, 2 * MS, 30 * MS)
    rig = Rig("car", {"top": LidarMount(TOP), "side": LidarMount(SIDE)}, {"front": mount})
    log = make(rig=rig)
    top, bottom = log.world_SE3_camera_over_readout("front", 1)
    # Stamped 212 ms, middle at 214 ms.
    np.testing.assert_allclose(top.matrix, (log.world_SE3_ego(199 * MS) @ CAMERA).matrix, atol=1e-9)
    np.testing.assert_allclose(
        bottom.matrix, (log.world_SE3_ego(229 * MS) @ CAMERA).matrix, atol=1e-9
    )
    measured = log.world_SE3_ego(214 * MS) @ SE3.from_yaw(0.01, [0.1, 0, 0]) @ CAMERA
    log = make(rig=rig, camera_world_poses={"front": SE3.stack([measured] * 5)})
    shift = log.world_SE3_camera_over_readout("front", 1)[1].translation_m - measured.translation_m
    expected = log.world_SE3_ego(229 * MS).translation_m - log.world_SE3_ego(214 * MS).translation_m
    np.testing.assert_allclose(shift, expected, atol=0.01)
    edges = make().world_SE3_camera_over_readout("front", 1)
    assert edges == (make().world_SE3_camera("front", 1),) * 2


def test_another_rig_takes_the_place_of_a_measured_pose_only_where_it_differs() -> None:
    measured = SE3.identity((5,))
    log = make(camera_world_poses={"front": measured})
    same = log.with_rig(log.rig)
    moved = replace(log.rig.camera("front"), ego_SE3_camera=SE3.from_yaw(0.5, [9.0, 0.0, 0.0]))
    other = log.with_rig(replace(log.rig, cameras={**log.rig.cameras, "front": moved}))
    assert same.world_SE3_camera("front", 0) == SE3.identity()
    assert other.world_SE3_camera("front", 0).translation_m[0] >= 8.0
    assert log.rig.camera("front") != moved
