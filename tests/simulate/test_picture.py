from __future__ import annotations

import cv2
import numpy as np
import pytest

from av3d.calibration.projection import project_cuboid
from av3d.geometry.se3 import SE3
from av3d.simulate.actor import Actor
from av3d.simulate.cast import START_NS
from av3d.simulate.mesh import Material, box, ellipsoid
from av3d.simulate.picture import CameraPicture
from av3d.simulate.rig import CAMERA_OFFSET_NS, sample_rig
from av3d.simulate.tracing import NOTHING, Caster
from av3d.simulate.world import Scenario, World

TIME_NS = START_NS + 2_000_000_000


@pytest.mark.parametrize("camera", ["front", "left", "right", "back"])
def test_true_cuboids_enclose_the_pixels_of_their_thing_at_exposure_time(world, camera) -> None:
    mount = sample_rig(480, 270).camera(camera)
    time = TIME_NS + CAMERA_OFFSET_NS[camera]
    owners = CameraPicture(world, mount).owners(time)
    camera_SE3_world = (world.scenario.world_SE3_ego(time) @ mount.ego_SE3_camera).inverse()
    seen = 0
    for index in np.unique(owners[owners != NOTHING]):
        v, u = np.nonzero(owners == index)
        if len(u) < 20:
            continue
        cuboid = world.scenario.actors[index].cuboid_at(time).in_frame(camera_SE3_world)
        drawn = project_cuboid(mount.camera, cuboid)
        assert drawn is not None
        left, top, right, bottom = drawn.bounds_px
        # One pixel for the pixel's own size, one for the bulge of distorted faces.
        assert left - 2 <= u.min()
        assert u.max() <= right + 2
        assert top - 2 <= v.min()
        assert v.max() <= bottom + 2
        seen += 1
    assert seen >= 2


def test_an_unhidden_moving_car_fills_its_projected_cuboid(world) -> None:
    mount = sample_rig(480, 270).camera("front")
    time = TIME_NS + CAMERA_OFFSET_NS["front"]
    owners = CameraPicture(world, mount).owners(time)
    lead = 0  # the red car that drives ahead
    v, u = np.nonzero(owners == lead)
    camera_SE3_world = (world.scenario.world_SE3_ego(time) @ mount.ego_SE3_camera).inverse()
    cuboid = world.scenario.actors[lead].cuboid_at(time).in_frame(camera_SE3_world)
    left, top, right, bottom = project_cuboid(mount.camera, cuboid).bounds_px
    assert u.min() == pytest.approx(left, abs=3)
    assert v.min() == pytest.approx(top, abs=3)
    assert v.max() == pytest.approx(bottom, abs=3)
    assert (u.max() - u.min()) / (right - left) > 0.85


FAR_BOX = box((-90, 0, 0), (-89, 1, 1), Material.PLAIN, (0, 0, 0))


def still(times_ns: object) -> SE3:
    return SE3.identity(np.shape(times_ns))


class Studio(World):
    """A bare floor instead of the town."""

    @property
    def static(self) -> Caster:
        floor = box((-60, -60, -3), (60, 60, -2.5), Material.PLAIN, (0.4, 0.4, 0.4))
        return Caster([floor], [NOTHING])


def ball(index: int, center_m: tuple[float, float, float]) -> Actor:
    mesh = ellipsoid(
        center_m, (0.12, 0.12, 0.12), material=Material.PLAIN, tint=(0.8, 0.1, 0.1), rows=24,
        columns=36,
    )  # fmt: skip
    return Actor(f"ball-{index}", "other", index, (mesh,), still)


@pytest.mark.parametrize("camera", ["front", "left"])
def test_a_distorted_camera_agrees_with_opencv(camera: str) -> None:
    mount = sample_rig().camera(camera)
    assert mount.camera.lens is not None
    # A fan of balls over the whole view, six metres away.
    rays = mount.camera.unproject([[60, 60], [480, 270], [900, 480], [80, 470], [700, 90]])
    centers = mount.ego_SE3_camera.transform(rays / np.linalg.norm(rays, axis=1)[:, None] * 6)
    actors = tuple(ball(k, tuple(center)) for k, center in enumerate(centers.tolist()))
    scenario = Scenario(START_NS, still, FAR_BOX, actors)
    owners = CameraPicture(Studio(scenario, 1), mount).owners(START_NS)
    camera_SE3_ego = mount.ego_SE3_camera.inverse()
    turn = cv2.Rodrigues(camera_SE3_ego.rotation)[0]
    expected, _ = cv2.projectPoints(
        centers, turn, camera_SE3_ego.translation_m, mount.camera.matrix,
        mount.camera.lens.coefficients,
    )  # fmt: skip
    for index, pixel in enumerate(expected[:, 0]):
        v, u = np.nonzero(owners == index)
        assert len(u) > 100
        # The middle of a ball's outline is its centre but for perspective.
        assert (u.min() + u.max()) / 2 == pytest.approx(pixel[0], abs=0.8)
        assert (v.min() + v.max()) / 2 == pytest.approx(pixel[1], abs=0.8)


def test_a_picture_has_sky_above_and_street_below(world) -> None:
    picture = CameraPicture(world, sample_rig(240, 135).camera("front")).take(TIME_NS)
    assert picture.shape == (135, 240, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 30
    sky, street = picture[8:20, 125:150].mean(axis=(0, 1)), picture[-8:].mean(axis=(0, 1))
    assert sky[2] > sky[0] + 10
    assert sky.mean() > street.mean() + 30


def studio_picture(*actors: Actor) -> CameraPicture:
    scenario = Scenario(START_NS, still, FAR_BOX, actors)
    return CameraPicture(Studio(scenario, 1), sample_rig(480, 270).camera("front"))


def test_a_shadow_lies_beside_what_casts_it() -> None:
    with_ball = studio_picture(ball(0, (13.0, 0.0, -1.9)))
    owners = with_ball.owners(START_NS)
    change = with_ball.take(START_NS).astype(int) - studio_picture().take(START_NS)
    v, u = np.nonzero((owners == NOTHING) & (change.mean(axis=2) < -25))
    assert len(u) > 5
    # The sun is behind and to the right, so the shadow is to the left of the ball.
    ball_v, ball_u = np.nonzero(owners == 0)
    assert u.mean() < ball_u.mean()
    assert v.mean() > ball_v.mean()
