"""Points in the image of a camera that looks along +x, with a car in front of a wall."""

from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageStream
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.render.placing import tracks_in_frame
from av3d.render.points_in_image import carriers_to, draw_dots, paint_images, points_in_image
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

MS = 1_000_000
CAMERA = Camera(800, 400, 400.0, 400.0, 399.5, 199.5)
FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


class NoPoints(SweepStream):
    def read(self, index):
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), np.float32))


class Halves(ImageStream):
    """Red on the left, green on the right."""

    def read(self, index):
        image = np.zeros((400, 800, 3), np.uint8)
        image[:, :400, 0] = 255
        image[:, 400:, 1] = 255
        return image


def street(late_ms=0, readout_ms=0, ego_speed_m_s=0.0):
    """Two frames, 100 ms apart; the camera's images are late."""
    times = np.arange(2) * 100 * MS
    poses = SE3.stack([SE3.from_yaw(0.0, [ego_speed_m_s * 0.1 * n, 0, 0]) for n in range(2)])
    mount = CameraMount(CAMERA, SE3(FORWARD, np.zeros(3)), readout_ns=readout_ms * MS)
    return Log(
        name="street",
        kind="folder",
        path=Path("street"),
        rig=Rig("test", {"top": LidarMount(SE3.identity())}, {"front": mount}),
        trajectory=Trajectory(times, poses),
        lidars={"top": NoPoints(times)},
        cameras={"front": Halves(times + late_ms * MS)},
        tolerance_ns=49 * MS,
    )


def grid(x, y, z, step=0.1):
    """Points on a plane square to x."""
    ys, zs = np.meshgrid(np.arange(*y, step), np.arange(*z, step))
    return np.column_stack([np.full(ys.size, x), ys.ravel(), zs.ravel()]).astype(np.float32)


def test_points_land_where_the_camera_projects_them():
    points = np.array([[10.0, 0.0, 0.0], [10.0, 1.0, 0.5], [-5.0, 0, 0]], np.float32)
    found = points_in_image(street(), 0, "front", points)
    assert found.rows.tolist() == [0, 1]
    np.testing.assert_allclose(found.pixels, [[399.5, 199.5], [359.5, 179.5]], atol=1e-3)
    np.testing.assert_allclose(found.distance_m[0], 10.0)


def test_a_frame_without_an_image_has_no_points_in_it():
    log = street()
    log.cameras["front"].timestamps_ns = np.array([0, 10_000 * MS])
    assert points_in_image(log, 1, "front", np.ones((3, 3), np.float32)) is None


def test_a_wall_behind_a_car_is_hidden_and_beside_it_seen():
    car, wall = grid(10, (-1, 1), (-0.8, 0.8)), grid(20, (-8, 8), (-1.5, 1.5))
    found = points_in_image(street(), 0, "front", np.concatenate([wall, car]))
    seen = np.zeros(len(wall) + len(car), bool)
    seen[found.rows] = True
    behind = (np.abs(wall[:, 1]) < 1.65) & (np.abs(wall[:, 2]) < 1.25)
    assert not seen[: len(wall)][behind].any()
    assert seen[: len(wall)][np.abs(wall[:, 1]) > 2.5].all()
    assert seen[len(wall) :].all()


def test_ground_hides_nothing_behind_it():
    x, y = np.meshgrid(np.arange(4, 40, 0.25), np.arange(-6, 6, 0.25))
    ground = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, -1.6)]).astype(np.float32)
    board = grid(35, (-1, 1), (-1.5, 1.0))
    found = points_in_image(street(), 0, "front", np.concatenate([ground, board]))
    seen = np.isin(np.arange(len(ground), len(ground) + len(board)), found.rows)
    assert seen.mean() > 0.97


def test_the_outline_of_a_car_before_a_wall_is_marked_and_its_middle_is_not():
    car, wall = grid(10, (-1, 1), (-0.8, 0.8)), grid(20, (-8, 8), (-1.5, 1.5))
    found = points_in_image(street(), 0, "front", np.concatenate([car, wall]))
    place = np.concatenate([car, wall])[found.rows]
    on_car = found.rows < len(car)
    edge = on_car & (np.abs(np.abs(place[:, 1]) - 1.0) < 0.15)
    middle = on_car & (np.abs(place[:, 1]) < 0.5) & (np.abs(place[:, 2]) < 0.4)
    assert found.on_edge[edge].mean() > 0.5
    assert not found.on_edge[middle].any()
    assert not found.on_edge[~on_car].any()


def test_a_late_image_is_seen_from_where_the_ego_was_then():
    points = np.array([[10.0, 1.0, 0.0]], np.float32)
    found = points_in_image(street(late_ms=40, ego_speed_m_s=10.0), 0, "front", points)
    np.testing.assert_allclose(found.distance_m[0], np.hypot(9.6, 1.0), atol=1e-4)


def driving(speed_m_s):
    """A car ahead that drives away."""
    keyframes = tuple(
        Keyframe(
            n * 100 * MS,
            Cuboid.from_yaw([10 + speed_m_s * 0.1 * n, 1, 0], [4, 2, 1.5], 0.0),
            Provenance.MANUAL,
        )
        for n in range(2)
    )
    return Track("car-1", "car", keyframes, number=1)


def test_points_on_a_moving_track_are_where_it_is_at_the_images_time():
    log = street(late_ms=40)
    placed = tracks_in_frame(log, 0, [driving(15.0)])
    points = np.array([[8.0, 1.0, 0.0], [30.0, 1.0, 0.0]], np.float32)
    found = points_in_image(log, 0, "front", points, placed)
    np.testing.assert_allclose(found.distance_m, np.hypot([8.6, 30.0], 1.0), atol=0.02)


def test_only_moving_tracks_carry_points():
    log = street(late_ms=40)
    assert carriers_to(log, 0, 40 * MS, tracks_in_frame(log, 0, [driving(0.0)])) == []
    assert len(carriers_to(log, 0, 40 * MS, tracks_in_frame(log, 0, [driving(5.0)]))) == 1


def test_each_point_takes_the_colour_of_its_pixel():
    points = np.array([[10.0, 1.0, 0.0], [10.0, -1.0, 0.0], [-10.0, 0, 0]], np.float32)
    colours = np.full((3, 3), 9, np.uint8)
    painted = paint_images(colours, street(), 0, points)
    assert painted.tolist() == [True, True, False]
    assert colours.tolist() == [[255, 0, 0], [0, 255, 0], [9, 9, 9]]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_dots_are_squares_and_are_cut_at_the_border(size):
    picture = np.zeros((10, 10, 4), np.uint8)
    colours = np.array([[1, 2, 3], [7, 8, 9]], np.uint8)
    draw_dots(picture, np.array([[5.0, 5.0], [-9.0, 3.0]]), colours, size)
    assert (picture[..., 0] == 1).sum() == size * size
    assert not (picture[..., 0] == 7).any()
    assert not picture[..., 3].any()
    draw_dots(picture, np.array([[9.4, 9.4]]), colours[1:], 3)
    assert (picture[8:, 8:, 0] == 7).sum() == 4
