from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mcap_ros2._dynamic import serialize_dynamic

from av3d.datasets.mcap_ros2.index import BagIndex, Topic
from av3d.datasets.mcap_ros2.messages import (
    CAMERA_INFO,
    CLOUD,
    COMPRESSED_IMAGE,
    IMAGE,
    definition,
)
from av3d.datasets.mcap_ros2.sensors import (
    calibration_of,
    choose_cameras,
    choose_lidars,
    is_rectified,
)
from av3d.datasets.mcap_ros2.sidecar import Sidecar
from av3d.errors import Av3dError

HERE = Path("bags/drive")
NOTHING_SAID = Sidecar(Path("bags/av3d.toml"))
HEADER = {"stamp": {"sec": 1, "nanosec": 0}, "frame_id": "camera"}
HEADS = {
    IMAGE: serialize_dynamic(IMAGE, definition(IMAGE))[IMAGE](
        {"header": HEADER, "height": 1, "width": 1, "encoding": "rgb8", "step": 3, "data": b"..."}
    ),
    COMPRESSED_IMAGE: serialize_dynamic(COMPRESSED_IMAGE, definition(COMPRESSED_IMAGE))[
        COMPRESSED_IMAGE
    ]({"header": HEADER, "format": "jpeg", "data": b"..."}),
}


def topic(name: str, type_: str, count: int = 100, frame: str = "", size: int = 1000) -> Topic:
    rows = np.zeros((count, 6), dtype=np.int64)
    rows[:, 0], rows[:, 5] = np.arange(count), size
    return Topic(name, type_, frame or name, HEADS.get(type_, b""), rows, count)


def bag(*topics: Topic) -> BagIndex:
    return BagIndex({topic.name: topic for topic in topics}, (), {"/rosout": "rcl/Log"}, ())


def lidar_names(*topics: Topic, said: Sidecar = NOTHING_SAID) -> list[str]:
    return [sensor.name for sensor in choose_lidars(bag(*topics), said, [], HERE)]


def camera_topics(*topics: Topic, said: Sidecar = NOTHING_SAID) -> dict[str, str]:
    return {s.name: s.topic.name for s in choose_cameras(bag(*topics), said, (), [])}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/points", "points"),
        ("/velodyne_points", "velodyne"),
        ("/ouster/points", "ouster"),
        ("/sensing/lidar/top/pointcloud_raw_ex", "top"),
        ("/lidar_front/points_raw", "lidar_front"),
        ("/robot1/lidar/points", "robot1"),
    ],
)
def test_lidars_are_named_by_what_tells_them_apart(name: str, expected: str) -> None:
    assert lidar_names(topic(name, CLOUD)) == [expected]


def test_names_that_would_be_the_same_are_written_out() -> None:
    names = lidar_names(topic("/top/points", CLOUD), topic("/top/lidar/points", CLOUD, frame="b"))
    assert names == ["top_lidar_points", "top_points"]


def test_the_lidar_with_the_largest_sweeps_comes_first() -> None:
    small, large = topic("/a/points", CLOUD, size=10), topic("/b/points", CLOUD, size=99)
    assert lidar_names(small, large) == ["b", "a"]


def test_clouds_that_nodes_made_are_left_out_with_a_note() -> None:
    notes: list[str] = []
    index = bag(
        topic("/top/points", CLOUD),
        topic("/top/points_filtered", CLOUD, frame="/top/points"),
        topic("/perception/obstacle_cloud", CLOUD, frame="base_link"),
        topic("/pointcloud_map", CLOUD, count=1, frame="map"),
        topic("/top/again", CLOUD, frame="/top/points", size=900),
    )
    assert [lidar.name for lidar in choose_lidars(index, NOTHING_SAID, notes, HERE)] == ["top"]
    (note,) = notes
    for words in (
        "/top/points_filtered (made from sweeps)",
        "/perception/obstacle_cloud (made from sweeps)",
        "/pointcloud_map (only 1 messages)",
        "/top/again (the sweeps of /top/points once more)",
        "to choose others write [topics] lidar = [...] in av3d.toml",
    ):
        assert words in note


def test_two_lidars_whose_drivers_move_their_points_to_the_vehicle_are_both_kept() -> None:
    left, right = (topic(f"/{side}/points", CLOUD, frame="base_link") for side in ("left", "right"))
    right.rows[:, 0] += 1000
    assert lidar_names(left, right) == ["left", "right"]


def test_a_made_cloud_is_taken_if_there_is_no_other() -> None:
    assert lidar_names(topic("/sensing/lidar/concatenated/pointcloud", CLOUD)) == ["concatenated"]


def test_what_av3d_toml_says_is_taken_as_it_is() -> None:
    said = Sidecar(
        Path("av3d.toml"), lidars=("/b_filtered", "/a"), names={"/b_filtered": "second best"}
    )
    both = topic("/a", CLOUD), topic("/b_filtered", CLOUD, frame="/a")
    assert lidar_names(*both, said=said) == ["second best", "a"]


def test_a_topic_that_is_not_there_is_an_error_that_lists_those_that_are() -> None:
    said = Sidecar(Path("av3d.toml"), lidars=("/c",))
    with pytest.raises(
        Av3dError, match=r"names '/c', which the bag does not have.*use some of: /a"
    ):
        lidar_names(topic("/a", CLOUD), said=said)


def test_one_image_topic_of_each_camera_is_taken() -> None:
    found = camera_topics(
        topic("/front/image_raw", IMAGE, frame="front"),
        topic("/front/image_raw/compressed", COMPRESSED_IMAGE, frame="front"),
        topic("/front/image_rect_color", IMAGE, frame="front"),
        topic("/sensing/camera/camera3/image_rect_color/compressed", COMPRESSED_IMAGE),
    )
    assert found == {
        "front": "/front/image_raw/compressed",
        "camera3": "/sensing/camera/camera3/image_rect_color/compressed",
    }


def test_cameras_that_share_a_namespace_are_told_by_their_frames() -> None:
    found = camera_topics(
        topic("/cameras/front", IMAGE, frame="a"),
        topic("/cameras/rear", IMAGE, frame="b"),
        topic("/cameras/rear/compressed", COMPRESSED_IMAGE, frame="b"),
    )
    assert found == {"front": "/cameras/front", "rear": "/cameras/rear/compressed"}


def test_the_raw_images_are_taken_if_there_are_more_of_them() -> None:
    found = camera_topics(
        topic("/front/image_raw", IMAGE, count=300, frame="front"),
        topic("/front/image_raw/compressed", COMPRESSED_IMAGE, count=30, frame="front"),
    )
    assert found == {"front": "/front/image_raw"}


def test_cameras_that_look_ahead_come_first() -> None:
    names = ["back", "left", "front_left", "front", "side_right"]
    found = camera_topics(*(topic(f"/{name}/image_raw", IMAGE) for name in names))
    assert list(found) == ["front", "front_left", "left", "side_right", "back"]


def test_a_camera_does_not_take_the_name_of_a_lidar() -> None:
    found = choose_cameras(bag(topic("/front/image_raw", IMAGE)), NOTHING_SAID, ["front"], [])
    assert [camera.name for camera in found] == ["camera_front"]


@pytest.mark.parametrize(
    ("image", "info"),
    [
        ("/front/image_raw", "/front/camera_info"),
        ("/front/image_raw/compressed", "/front/camera_info"),
        ("/front/image_rect_color/compressed", "/front/camera_info"),
        ("/front", "/front/camera_info"),
        ("/image_raw", "/camera_info"),
    ],
)
def test_the_calibration_is_beside_or_below_the_images(image: str, info: str) -> None:
    others = topic("/rear/camera_info", CAMERA_INFO), topic("/a/b/camera_info", CAMERA_INFO)
    images = topic(image, IMAGE)
    found = calibration_of(bag(images, topic(info, CAMERA_INFO), *others), images, NOTHING_SAID)
    assert found is not None
    assert found.name == info


def test_the_calibration_may_be_found_by_its_frame() -> None:
    images = topic("/front/image_raw", IMAGE, frame="front_optical")
    info = topic("/calibration/7", CAMERA_INFO, frame="front_optical")
    other = topic("/calibration/8", CAMERA_INFO, frame="rear_optical")
    assert calibration_of(bag(images, info, other), images, NOTHING_SAID) is info
    both = topic("/calibration/9", CAMERA_INFO, frame="front_optical")
    assert calibration_of(bag(images, info, both), images, NOTHING_SAID) is None


def test_rectified_images_are_told_by_the_name() -> None:
    assert is_rectified("/front/image_rect/compressed")
    assert is_rectified("/front/image_rect_color")
    assert not is_rectified("/rect/image_raw")
    assert not is_rectified("/front/image_direct")
