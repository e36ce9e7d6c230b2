from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from av3d.datasets.mcap_ros2.ego_path import choose_ego, choose_trajectory
from av3d.datasets.mcap_ros2.index import BagIndex, PoseTrack
from av3d.datasets.mcap_ros2.messages import ODOMETRY, POSE, TRANSFORMS
from av3d.datasets.mcap_ros2.sidecar import Sidecar
from av3d.datasets.mcap_ros2.transforms import FrameTree, links
from av3d.errors import Av3dError
from av3d.logs.trajectory import Trajectory
from av3d.types import IntArray

NOTHING_SAID = Sidecar(Path("bags/av3d.toml"))
SWEEPS_NS = np.arange(10) * 100_000_000


def moving(
    parent: str, child: str, topic: str = "/tf", type_: str = TRANSFORMS,
    first: int = 0, last: int = 10, height_m: float = 0.0,
) -> PoseTrack:  # fmt: skip
    """Drives 1 m per sweep at a height by which a test can tell it."""
    times = np.arange(first, last) * 100_000_000
    values = np.zeros((len(times), 7))
    values[:, 0], values[:, 2], values[:, 6] = np.arange(first, last), height_m, 1.0
    return PoseTrack(topic, type_, parent, child, times, values)


def mounted(parent: str, child: str) -> PoseTrack:
    values = np.array([[0.0, 0, 0, 0, 0, 0, 1]])
    return PoseTrack("/tf_static", TRANSFORMS, parent, child, np.array([0]), values)


def tree_of(*tracks: PoseTrack) -> FrameTree:
    return FrameTree(links([track for track in tracks if track.type == TRANSFORMS], []))


def path(
    *tracks: PoseTrack,
    said: Sidecar = NOTHING_SAID,
    notes: list[str] | None = None,
    sweeps_ns: IntArray = SWEEPS_NS,
) -> Trajectory:
    index = BagIndex({}, tracks, {}, ())
    notes = [] if notes is None else notes
    return choose_trajectory(index, tree_of(*tracks), "base_link", sweeps_ns, said, notes)


def ego(*tracks: PoseTrack, said: Sidecar = NOTHING_SAID) -> str:
    index = BagIndex({}, tracks, {}, ())
    return choose_ego(index, tree_of(*tracks), ["lidar"], said, [], Path("bags/drive"))


class TestTheEgoFrame:
    def test_is_base_link_if_the_lidar_is_mounted_on_it(self) -> None:
        chain = mounted("base_footprint", "base_link"), mounted("base_link", "lidar")
        assert ego(*chain, mounted("lidar", "camera")) == "base_link"

    def test_may_carry_the_name_of_a_robot(self) -> None:
        assert ego(mounted("robot1/base_link", "lidar")) == "robot1/base_link"

    def test_is_else_what_odometry_moves(self) -> None:
        tracks = mounted("imu", "lidar"), moving("odom", "imu", "/odom", ODOMETRY)
        assert ego(*tracks) == "imu"

    def test_is_else_what_the_lidar_hangs_on(self) -> None:
        assert ego(mounted("roof", "kit"), mounted("kit", "lidar")) == "roof"

    def test_is_what_av3d_toml_says(self) -> None:
        said = Sidecar(Path("av3d.toml"), ego_frame="kit")
        assert ego(mounted("base_link", "kit"), mounted("kit", "lidar"), said=said) == "kit"
        wrong = Sidecar(Path("av3d.toml"), ego_frame="kid")
        with pytest.raises(Av3dError, match=r"ego_frame is 'kid'.*use one of: base_link kit lidar"):
            ego(mounted("base_link", "kit"), mounted("kit", "lidar"), said=wrong)

    def test_without_a_link_to_the_lidar_is_an_error_that_names_both(self) -> None:
        with pytest.raises(
            Av3dError, match="no transform links the LiDAR's frame 'lidar' with 'base_link'"
        ):
            ego(moving("odom", "base_link"))


class TestTheTrajectory:
    def test_is_in_map_rather_than_in_odom(self) -> None:
        notes: list[str] = []
        odom = moving("odom", "base_link", height_m=1.0)
        found = path(odom, moving("map", "odom", height_m=2.0), notes=notes)
        assert found.at(0).translation_m[2] == 3.0
        assert notes == [
            "ego poses: TF map → base_link, 10 poses; also there: TF odom → base_link; to choose "
            "another write world_frame or [topics] odometry in av3d.toml"
        ]

    def test_is_from_transforms_rather_than_from_a_topic_in_the_same_frame(self) -> None:
        topic = moving("odom", "base_link", "/odom", ODOMETRY, height_m=2.0)
        assert path(moving("odom", "base_link", height_m=1.0), topic).at(0).translation_m[2] == 1.0

    def test_is_from_a_topic_in_map_rather_than_from_transforms_to_odom(self) -> None:
        topic = moving("map", "", "/pose", POSE, height_m=2.0)
        assert path(moving("odom", "base_link", height_m=1.0), topic).at(0).translation_m[2] == 2.0

    def test_covers_the_sweeps_if_there_is_one_that_does(self) -> None:
        short = moving("map", "base_link", "/pose", ODOMETRY, first=0, last=2, height_m=1.0)
        full = moving("odom", "base_link", "/odom", ODOMETRY, height_m=2.0)
        assert path(short, full).at(0).translation_m[2] == 2.0

    def test_of_two_topics_is_the_one_with_more_poses(self) -> None:
        few = moving("odom", "base_link", "/a", ODOMETRY, last=8)
        many = moving("odom", "base_link", "/b", ODOMETRY)
        assert path(few, many).source.startswith("/b (Odometry of base_link in odom)")

    @pytest.mark.parametrize(
        ("said", "height_m"),
        [
            (Sidecar(Path("av3d.toml"), odometry="/odom"), 2.0),
            (Sidecar(Path("av3d.toml"), odometry="tf"), 1.0),
            (Sidecar(Path("av3d.toml"), world_frame="earth"), 3.0),
        ],
    )
    def test_is_what_av3d_toml_says(self, said: Sidecar, height_m: float) -> None:
        found = path(
            moving("map", "base_link", height_m=1.0),
            moving("odom", "base_link", "/odom", ODOMETRY, height_m=2.0),
            moving("earth", "base_link", "/gnss", ODOMETRY, height_m=3.0),
            said=said,
        )
        assert found.at(0).translation_m[2] == height_m

    def test_that_is_asked_for_and_not_there_is_an_error_that_lists_what_is(self) -> None:
        said = Sidecar(Path("av3d.toml"), odometry="/nothing")
        with pytest.raises(
            Av3dError, match=r"gives no poses of base_link.*TF map → base_link; /odom"
        ):
            path(
                moving("map", "base_link"),
                moving("odom", "base_link", "/odom", ODOMETRY),
                said=said,
            )

    def test_is_not_a_goal_that_somebody_sets(self) -> None:
        odom = moving("odom", "base_link", height_m=1.0)
        goals = moving("map", "", "/goal_pose", POSE, height_m=2.0)
        assert path(odom, goals).at(0).translation_m[2] == 1.0

    def test_is_not_poses_that_come_now_and_then(self) -> None:
        sweeps = np.arange(100) * 100_000_000
        odom = moving("odom", "base_link", last=100, height_m=1.0)
        rare = PoseTrack("/x", POSE, "map", "", sweeps[::40], odom.values[::40])
        assert path(odom, rare, sweeps_ns=sweeps).source == "TF odom → base_link"

    def test_is_not_a_pose_that_is_given_in_the_vehicle(self) -> None:
        assert path(moving("base_link", "", "/dock", POSE)).is_identity

    def test_on_another_clock_is_not_used(self) -> None:
        notes: list[str] = []
        late = moving("odom", "base_link", "/odom", ODOMETRY, first=1000, last=1010)
        assert path(late, notes=notes).is_identity
        assert notes == [
            "no sweep lies within the times of /odom (Odometry of base_link in odom): not used",
            "there are no ego poses: the vehicle is taken to stand still",
        ]

    def test_of_a_frame_that_is_not_linked_is_not_used(self) -> None:
        notes: list[str] = []
        assert path(moving("odom", "gnss", "/odom", ODOMETRY), notes=notes).is_identity
        assert "no transform links gnss with base_link" in notes[0]
