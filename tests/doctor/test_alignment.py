from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import av3d
from av3d.doctor.alignment import (
    AlignmentError,
    EdgeField,
    LogEdges,
    given_mount,
    image_edges,
    project_edges,
)
from av3d.geometry.se3 import SE3

CROSSING = Path(__file__).parents[2] / "sample_logs/crossing"


@pytest.fixture(scope="module")
def edges():
    return LogEdges(av3d.open_log(CROSSING), [6, 20, 33], width_px=640)


def score(edges, camera, turn_deg=(0, 0, 0), move_m=(0, 0, 0), late_ns=0):
    found = edges.of(camera)
    mount = given_mount(edges.log, camera)
    height, width = found.images.shape[1:]
    moved = SE3(
        Rotation.from_rotvec(np.radians(turn_deg)).as_matrix(), np.array(move_m, dtype=float)
    )
    ego_m, across = found.ego_m(late_ns)
    pixels, direction = project_edges(
        mount.camera.scaled(width, height), mount.ego_SE3_camera @ moved, ego_m, across
    )
    seen = np.isfinite(pixels).all(axis=1) & np.isfinite(direction).all(axis=1)
    field = EdgeField(found.images, 1.5)
    return field.at(found.view[seen], pixels[seen], direction[seen]).mean()


def test_an_edge_of_an_image_is_stronger_than_what_is_around_it():
    image = np.zeros((100, 120), dtype=np.uint8)
    image[:, 60:] = 200
    strength = image_edges(image, 0.0).astype(int) - 128
    assert strength[50, 59, 0] > 90
    assert np.abs(strength[50, :40, 0]).max() < 30
    assert np.abs(strength[50, 59, 1]) < 10


def test_contrast_does_not_matter():
    image = np.random.default_rng(1).integers(0, 255, (80, 90), dtype=np.uint8)
    image[:, 45:] //= 2
    strong, weak = image_edges(image, 1.0).astype(int), image_edges(image // 4, 1.0).astype(int)
    assert np.corrcoef(strong.ravel(), weak.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("camera", ["front", "left", "right", "back"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"turn_deg": (0.7, 0, 0)},
        {"turn_deg": (-0.7, 0, 0)},
        {"turn_deg": (0, 0.7, 0)},
        {"turn_deg": (0, -0.7, 0)},
        {"turn_deg": (0, 0, 2)},
        {"move_m": (0.15, 0, 0)},
        {"move_m": (0, 0.2, 0)},
        {"move_m": (0, 0, 0.3)},
    ],
    ids=str,
)
def test_the_score_is_highest_at_the_truth(edges, camera, wrong):
    assert score(edges, camera) > score(edges, camera, **wrong)


def test_images_late_by_a_frame_score_less(edges):
    assert score(edges, "left") > 1.3 * score(edges, "left", late_ns=100_000_000)


def test_the_given_mount_is_that_of_the_rig(edges):
    mount = given_mount(edges.log, "front")
    assert np.allclose(
        mount.ego_SE3_camera.matrix, edges.log.rig.camera("front").ego_SE3_camera.matrix, atol=1e-6
    )


def test_frames_without_an_image_are_an_error():
    with pytest.raises(AlignmentError, match="no image of camera front"):
        LogEdges(av3d.open_log(CROSSING), [10, 14]).of("front")


def test_a_vehicle_part_next_to_the_camera_is_not_seen(edges):
    mount = given_mount(edges.log, "front")
    near = mount.ego_SE3_camera.transform([[0.1, 0.0, 0.5], [0.1, 0.0, 5.0]])
    pixels, _ = project_edges(replace(mount.camera), mount.ego_SE3_camera, near, np.eye(3)[:2])
    assert np.isnan(pixels[0]).all()
    assert np.isfinite(pixels[1]).all()
