"""Counting points like the toolkit does, to the last point on a face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nuscenes.utils.data_classes import Box
from nuscenes.utils.geometry_utils import points_in_box
from pyquaternion import Quaternion

from av3d.datasets.nuscenes.points import BoxCounter
from av3d.datasets.nuscenes.tables import Row, pose_fields
from av3d.geometry.se3 import SE3


def toolkit_count(cloud: np.ndarray, pose: Row, sensor: Row, annotation: Row) -> int:
    box = Box(annotation["translation"], annotation["size"], Quaternion(annotation["rotation"]))
    for row in (pose, sensor):
        box.translate(-np.array(row["translation"]))
        box.rotate(Quaternion(row["rotation"]).inverse)
    return int(points_in_box(box, cloud[:, :4].T[:3]).sum())


def count_of(counter: BoxCounter, annotation: Row) -> int:
    rotation, size = (np.array([annotation[name]]) for name in ("rotation", "size"))
    box = SE3.from_quaternion(rotation, [annotation["translation"]])
    [found] = counter.counts(box, rotation, size)
    return found


def row(euler: list[float], translation: list[float]) -> Row:
    return pose_fields(SE3.from_euler(*euler, translation))


GRID = np.stack(np.meshgrid(*[np.arange(-4, 4.01, 0.25)] * 3), axis=-1).reshape(-1, 3)


@pytest.mark.parametrize("yaw_deg", [0, 90, 180, -90, 45, 30])
@pytest.mark.parametrize("ego_yaw_deg", [0, 90, 37])
def test_points_on_the_faces_count_as_the_toolkit_counts_them(
    yaw_deg: float, ego_yaw_deg: float
) -> None:
    pose = row([0, 0, np.radians(ego_yaw_deg)], [100.0, -50.0, 0.0])
    sensor = row([0, 0, 0.0], [0.0, 0.0, 1.5])
    box = SE3.from_euler(0, 0, np.radians(ego_yaw_deg), [100.0, -50.0, 0.0]) @ SE3.from_yaw(
        np.radians(yaw_deg), [0.5, 0.25, 1.5]
    )
    annotation = {**pose_fields(box), "size": [2.0, 4.0, 1.5]}
    cloud = np.zeros((len(GRID), 5), dtype=np.float32)
    cloud[:, :3] = GRID
    count = count_of(BoxCounter(cloud, pose, sensor), annotation)
    assert count == toolkit_count(cloud, pose, sensor, annotation)
    assert count > 500


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    angles=st.lists(st.floats(-3.1, 3.1), min_size=9, max_size=9),
    far=st.sampled_from([0.0, 500.0, 5e6]),
)
def test_any_pose_counts_as_the_toolkit_counts(seed: int, angles: list[float], far: float) -> None:
    rng = np.random.default_rng(seed)
    cloud = rng.uniform(-8, 8, (3000, 5)).astype(np.float32)
    pose, sensor = row(angles[:3], [far, -far, 3.0]), row(angles[3:6], [1.0, 0.2, 1.8])
    world = SE3.from_quaternion(pose["rotation"], pose["translation"]) @ SE3.from_euler(
        *angles[6:9], rng.uniform(-3, 3, 3)
    )
    annotation = {**pose_fields(world), "size": rng.uniform(0.5, 6, 3).tolist()}
    counter = BoxCounter(cloud, pose, sensor)
    assert count_of(counter, annotation) == toolkit_count(cloud, pose, sensor, annotation)


def test_an_empty_cloud_counts_nothing() -> None:
    still = row([0, 0, 0.0], [0, 0, 0])
    counter = BoxCounter(np.zeros((0, 5), dtype=np.float32), still, still)
    assert count_of(counter, {**still, "size": [1.0, 1.0, 1.0]}) == 0
