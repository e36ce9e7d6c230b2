from __future__ import annotations

import numpy as np
import pytest

from av3d.datasets.mcap_ros2.index import PoseTrack
from av3d.datasets.mcap_ros2.messages import TRANSFORMS
from av3d.datasets.mcap_ros2.transforms import FrameTree, clean, links, sample
from av3d.geometry.se3 import SE3

A_SE3_B = SE3.from_euler(0.1, -0.2, 0.3, (1.0, 2.0, 3.0))
B_SE3_C = SE3.from_euler(-0.3, 0.1, 0.5, (-1.0, 0.5, 0.2))


def track(
    parent: str, child: str, poses: list[SE3], times: list[int] | None = None, topic: str = "/tf"
) -> PoseTrack:
    values = [[*p.translation_m, *np.roll(p.quaternion_wxyz, -1)] for p in poses]
    return PoseTrack(
        topic, TRANSFORMS, parent, child,
        np.array(times if times is not None else range(len(poses)), dtype=np.int64),
        np.array(values, dtype=np.float64).reshape(-1, 7),
    )  # fmt: skip


def static(parent: str, child: str, pose: SE3) -> PoseTrack:
    return track(parent, child, [pose], topic="/tf_static")


def test_a_mount_is_the_product_of_the_links_up_and_down() -> None:
    tree = FrameTree(links([static("a", "b", A_SE3_B), static("b", "c", B_SE3_C)], []))
    found = tree.mount("a", "c")
    assert found is not None
    assert found.matrix == pytest.approx((A_SE3_B @ B_SE3_C).matrix)
    back = tree.mount("c", "a")
    assert back is not None
    assert back.matrix == pytest.approx((A_SE3_B @ B_SE3_C).inverse().matrix)


def test_sensors_on_different_branches_are_linked_through_their_parent() -> None:
    tree = FrameTree(links([static("a", "b", A_SE3_B), static("a", "c", B_SE3_C)], []))
    found = tree.mount("b", "c")
    assert found is not None
    assert found.matrix == pytest.approx((A_SE3_B.inverse() @ B_SE3_C).matrix)


def test_frames_without_a_link_have_no_mount() -> None:
    tree = FrameTree(links([static("a", "b", A_SE3_B)], []))
    assert tree.mount("a", "nowhere") is None


def test_a_mount_that_is_published_again_and_again_is_fixed() -> None:
    jitter = SE3.from_yaw(1e-5, (1e-5, 0, 0))
    tree = FrameTree(links([track("a", "b", [A_SE3_B, A_SE3_B @ jitter, A_SE3_B])], []))
    assert tree.mount("a", "b") is not None


def test_a_link_that_moves_is_no_mount() -> None:
    tree = FrameTree(links([track("a", "b", [A_SE3_B, B_SE3_C])], []))
    assert tree.mount("a", "b") is None
    assert tree.way("b", "a") is not None


def test_a_slow_correction_is_interpolated_at_the_times_of_the_fast_link() -> None:
    odom = [SE3.from_yaw(0.0, (k, 0, 0)) for k in range(11)]
    fast = track("odom", "base", odom, [k * 100 for k in range(11)])
    slow = track("map", "odom", [SE3.identity(), SE3.from_yaw(0.0, (0, 1.0, 0))], [0, 1000])
    tree = FrameTree(links([fast, slow], []))
    way = tree.way("base", "map")
    assert way is not None
    sampled = sample(way)
    assert sampled is not None
    times, map_SE3_base = sampled
    assert times.tolist() == [k * 100 for k in range(11)]
    assert map_SE3_base.translation_m == pytest.approx(
        np.array([[k, k / 10, 0] for k in range(11)]), abs=1e-12
    )


def test_links_that_close_a_circle_are_left_out_with_a_note() -> None:
    notes: list[str] = []
    circle = [static("a", "b", A_SE3_B), static("b", "c", B_SE3_C), static("c", "a", A_SE3_B)]
    tree = FrameTree(links(circle, notes))
    assert tree.mount("a", "c") is not None
    assert tree.root("c") == "a"
    assert notes == ["the transform from c to a on /tf_static closes a circle of frames: left out"]


def test_a_frame_that_is_its_own_parent_is_left_out_with_a_note() -> None:
    notes: list[str] = []
    assert links([static("a", "a", A_SE3_B)], notes) == []
    assert notes == ["the frame a is its own parent on /tf_static: left out"]


@pytest.mark.parametrize(
    "row",
    [
        [0, 0, 0, 0, 0, 0, 0],  # a quaternion of zeros
        [np.nan, 0, 0, 0, 0, 0, 1],
        [np.inf, 0, 0, 0, 0, 0, 1],
        [1e12, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 3],
    ],
)
def test_poses_that_are_none_are_left_out_and_counted(row: list[float]) -> None:
    good = [1.0, 0, 0, 0, 0, 0, 1]
    times = np.array([10, 20, 30])
    found = PoseTrack("/tf", TRANSFORMS, "a", "b", times, np.array([good, row, good]))
    kept, poses, bad = clean(found)
    assert (kept.tolist(), len(poses), bad) == ([10, 30], 2, 1)


def test_of_poses_with_one_time_the_last_counts_and_times_are_sorted() -> None:
    poses = [SE3.from_yaw(0.0, (k, 0, 0)) for k in range(4)]
    times, found, _ = clean(track("a", "b", poses, [30, 10, 30, 20]))
    assert times.tolist() == [10, 20, 30]
    assert found.translation_m[:, 0].tolist() == [1, 3, 2]


def test_two_topics_for_one_link_are_noted_and_the_fuller_one_is_used() -> None:
    notes: list[str] = []
    more = track("a", "b", [A_SE3_B, B_SE3_C, A_SE3_B])
    fewer = track("a", "b", [A_SE3_B, B_SE3_C], topic="/other/tf")
    found = links([more, fewer], notes)
    assert [len(link.times_ns) for link in found] == [3]
    assert notes == ["transforms from a to b come from /tf and /other/tf"]
