from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.calibration.shutter import freeze_points
from av3d.datasets.dataset import LabelledLog
from av3d.datasets.image_boxes import ImageBoxes, boxes_in_image
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageStream
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track
from av3d.types import FloatArray, Uint8Array

MS = 1_000_000
AHEAD = SE3(np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]]), [0.0, 0.0, 0.0])
PINHOLE = Camera(200, 100, 100.0, 100.0, 99.5, 49.5)
BENT = Camera(200, 100, 100.0, 100.0, 99.5, 49.5, BrownConrady(k1=-0.2, k2=0.04, p1=0.001))
MEI = Camera(200, 100, 80.0, 80.0, 99.5, 49.5, Mei(1.2, k1=-0.1))
FISHEYE = Camera(200, 100, 60.0, 60.0, 99.5, 49.5, KannalaBrandt(0.02, -0.01, 0.0, 0.0))


class Images(ImageStream):
    def read(self, index: int) -> Uint8Array:
        return np.zeros((100, 200, 3), dtype=np.uint8)


class Sweeps(SweepStream):
    def read(self, index: int) -> Sweep:
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), dtype=np.float32))


def log_with(
    camera: Camera = PINHOLE,
    *,
    image_ns: Sequence[int] = (0,),
    readout_ns: int = 0,
    speed_m_s: float = 0.0,
    end_ns: int = 1000 * MS,
) -> Log:
    """Two sweeps 100 ms apart; the ego drives straight ahead."""
    times_ns = np.array([-1000 * MS, end_ns])
    way_m = np.stack([speed_m_s * times_ns / 1e9, np.zeros(2), np.zeros(2)], axis=1)
    return Log(
        name="made",
        kind="made",
        path=Path(),
        rig=Rig(
            "made",
            {"top": LidarMount(SE3.identity())},
            {"front": CameraMount(camera, AHEAD, readout_ns=readout_ns)},
        ),
        trajectory=Trajectory(times_ns, SE3.from_yaw(np.zeros(2), way_m)),
        lidars={"top": Sweeps([0, 100 * MS])},
        cameras={"front": Images(list(image_ns))},
    )


def track(center_m: Sequence[float], size_m: Sequence[float], speed_m_s: float = 0.0) -> Track:
    """It keeps its orientation and moves to the left."""
    keyframes = tuple(
        Keyframe(ns, Cuboid.from_yaw(np.add(center_m, [0, speed_m_s * ns / 1e9, 0]), size_m, 0.0))
        for ns in (0, 100 * MS)
    )
    return Track(str(center_m), "car", keyframes)


def boxes(log: Log, *tracks: Track) -> ImageBoxes:
    item = LabelledLog(log, tracks)
    found = boxes_in_image(log, tracks, item.states(item.frames[0]), item.frames[0], "front")
    assert found is not None
    return found


def surface_m(cuboid: Cuboid, steps: int = 60) -> FloatArray:
    """Points all over the faces of a cuboid."""
    along = np.linspace(-0.5, 0.5, steps)
    grid = np.stack(np.meshgrid(along, along, [-0.5, 0.5]), axis=-1).reshape(-1, 3)
    faces = np.concatenate([np.roll(grid, shift, axis=1) for shift in range(3)])
    return cuboid.frame_SE3_cuboid.transform(faces * cuboid.size_lwh_m)


def test_a_box_holds_the_nearest_face_of_a_cuboid_straight_ahead():
    found = boxes(log_with(), track([10, 0, 0], [2, 2, 2]))
    side = 100 / 9
    assert found.seen_px[0] == pytest.approx([99.5 - side, 49.5 - side, 99.5 + side, 49.5 + side])
    assert found.full_px[0] == pytest.approx(found.seen_px[0])
    assert found.depth_m.tolist() == [10.0]
    assert found.truncated.tolist() == found.occluded.tolist() == [0.0]
    assert found.visible.tolist() == [1.0]


def test_a_box_ends_at_the_outer_edge_of_the_image_and_says_how_much_is_beyond():
    # A plate of 30 x 20 px, of which the left third is outside.
    found = boxes(log_with(), track([10, 9.5, 0], [1e-6, 3, 2]))
    assert found.seen_px[0] == pytest.approx([-0.5, 39.5, 19.5, 59.5], abs=1e-3)
    assert found.full_px[0] == pytest.approx([-10.5, 39.5, 19.5, 59.5], abs=1e-3)
    assert found.truncated[0] == pytest.approx(1 / 3, abs=1e-4)


def test_a_cuboid_beside_the_camera_is_cut_where_it_goes_behind_it():
    found = boxes(log_with(), track([0, 2, 0], [20, 1, 1]))
    left, _, right, _ = found.seen_px[0]
    assert left == -0.5
    assert right == pytest.approx(99.5 - 100 * 1.5 / 10)
    assert np.isfinite(found.full_px).all()
    assert 0.9 < found.truncated[0] < 1


def test_what_is_behind_the_camera_or_beside_the_image_has_no_box():
    assert len(boxes(log_with(), track([-10, 0, 0], [2, 2, 2]), track([5, 40, 0], [2, 2, 2]))) == 0


def test_a_box_below_a_pixel_is_counted_and_left_out():
    found = boxes(log_with(), track([100, 0, 0], [0.5, 0.5, 2]), track([100, 9, 0], [2, 2, 2]))
    assert found.rows.tolist() == [1]
    assert found.too_small == 1


def test_a_nearer_cuboid_covers_the_part_of_the_box_that_it_stands_before():
    wall = track([5, 0.75, 0], [0.1, 1.5, 3])  # from the middle to the left
    found = boxes(log_with(), track([20, 0, 0], [0.2, 3, 3]), wall, track([20, -5, 0], [1, 1, 1]))
    assert found.occluded.tolist() == [pytest.approx(0.5), 0.0, 0.0]
    assert found.visible[0] == pytest.approx(0.5)


def test_what_is_wholly_behind_another_cuboid_is_covered_though_it_has_a_box():
    found = boxes(log_with(BENT), track([20, 0, 0], [1, 1, 1]), track([8, 0, 0], [1, 2, 2]))
    assert found.occluded.tolist() == [1.0, 0.0]


def test_a_cuboid_that_does_not_count_at_the_frame_has_no_box_and_covers_nothing():
    log = log_with()
    tracks = [track([20, 0, 0], [1, 1, 1]), track([8, 0, 0], [1, 2, 2])]
    item = LabelledLog(log, tuple(tracks))
    states = [item.states(item.frames[0])[0], None]
    found = boxes_in_image(log, tracks, states, item.frames[0], "front")
    assert found is not None
    assert found.rows.tolist() == [0]
    assert found.occluded.tolist() == [0.0]


def test_a_box_is_where_the_object_was_when_the_image_was_taken():
    moving = track([10.5, 0, 0], [1, 2, 2], speed_m_s=-5.0)  # to the right
    at_sweep = boxes(log_with(image_ns=[0]), moving).seen_px[0]
    later = boxes(log_with(image_ns=[40 * MS]), moving).seen_px[0]
    # 5 m/s for 40 ms are 20 cm: 2 px at 10 m.
    assert later - at_sweep == pytest.approx([2, 0, 2, 0])


def test_the_ego_drives_until_the_image_is_taken():
    found = boxes(log_with(image_ns=[40 * MS], speed_m_s=25.0), track([11, 0, 0], [2, 2, 2]))
    assert found.depth_m[0] == pytest.approx(10.0)
    assert found.seen_px[0, 0] == pytest.approx(99.5 - 100 / 9)


@pytest.mark.parametrize("camera", [PINHOLE, BENT, FISHEYE], ids=["pinhole", "bent", "fisheye"])
@pytest.mark.parametrize("place_m", [(6, 0, 0), (4, 3, 1), (5, -4, -1), (3, 0, 1.4)], ids=str)
def test_a_box_holds_all_of_a_cuboid_and_no_more_however_the_lens_bends_it(camera, place_m):
    log = log_with(camera)
    cuboid = Cuboid(SE3.from_euler(0.1, -0.2, 0.6, place_m), np.array([3.0, 1.5, 1.2]))
    still = Track("a", "car", tuple(Keyframe(ns, cuboid) for ns in (0, 100 * MS)))
    pixels, valid = camera.project(AHEAD.inverse().transform(surface_m(cuboid)))
    pixels = pixels[valid]
    pixels = pixels[camera.contains(pixels)]
    expected = [*pixels.min(axis=0), *pixels.max(axis=0)]
    found = boxes(log, still).seen_px[0]
    # The points stop short of the image's edge by up to their spacing, elsewhere they are exact.
    edges = np.array([-0.5, -0.5, camera.width_px - 0.5, camera.height_px - 0.5])
    near = np.where(np.isclose(found, edges), 4.0, 0.15)
    assert (np.abs(found - expected) < near).all()


@pytest.mark.parametrize("readout_ns", [0, 30 * MS])
@pytest.mark.parametrize("camera", [PINHOLE, BENT, FISHEYE, MEI], ids=lambda lens: lens.model)
def test_any_cuboid_around_the_camera_has_a_box_that_makes_sense(camera, readout_ns):
    rng = np.random.default_rng(5)
    log = log_with(camera, readout_ns=readout_ns, speed_m_s=15.0)
    tracks = []
    for number in range(150):
        place_m, size_m = rng.normal(0, 6, 3), np.exp(rng.normal(0.3, 1, 3))
        turned = SE3.from_euler(*rng.uniform(-3, 3, 3), place_m)
        moved = SE3(turned.rotation, place_m + rng.normal(0, 0.5, 3))
        keyframes = (Keyframe(0, Cuboid(turned, size_m)), Keyframe(100 * MS, Cuboid(moved, size_m)))
        tracks.append(Track(str(number), "car", keyframes))
    found = boxes(log, *tracks)
    assert len(found) > 15
    low, high = [-0.5, -0.5], [camera.width_px - 0.5, camera.height_px - 0.5]
    assert (found.seen_px[:, :2] >= low).all()
    assert (found.seen_px[:, 2:] <= high).all()
    assert (found.full_px[:, :2] <= found.seen_px[:, :2]).all()
    assert (found.full_px[:, 2:] >= found.seen_px[:, 2:]).all()
    for part in (found.truncated, found.occluded, found.visible):
        assert ((part >= 0) & (part <= 1)).all()
    assert np.isfinite(found.full_px).all()
    assert np.isfinite(found.depth_m).all()


def test_with_a_rolling_shutter_each_row_is_seen_at_its_own_time():
    # Towards the right at 10 m/s while the rows are read within 40 ms, top to bottom.
    log = log_with(readout_ns=40 * MS)
    moving = track([10, 0, 0], [0.01, 2, 8], speed_m_s=-10.0)
    found = boxes(log, moving).seen_px[0]

    def at(ns: int) -> FloatArray:
        cuboid = Cuboid.from_yaw([10, -10 * ns / 1e9, 0], [0.01, 2, 8], 0.0)
        return AHEAD.inverse().transform(surface_m(cuboid))

    pixels, _ = PINHOLE.project(freeze_points(PINHOLE, at(-20 * MS), at(20 * MS)))
    assert found == pytest.approx([*pixels.min(axis=0), *pixels.max(axis=0)], abs=0.1)
    # The top was seen while it was 2 px further left, the bottom 2 px further right (80 of 100 rows).
    still = boxes(log_with(), moving).seen_px[0]
    assert found - still == pytest.approx([-1.6, 0, 1.6, 0], abs=0.05)


def test_without_an_image_or_an_ego_pose_there_is_nothing_to_say():
    log = log_with(end_ns=-500 * MS)
    standing = [track([10, 0, 0], [2, 2, 2])]
    states = LabelledLog(log, tuple(standing)).states(log.frames[0])
    assert boxes_in_image(log, standing, states, log.frames[0], "front") is None
    log = log_with(image_ns=[0])
    assert log.frames[1].images["front"] is None
    assert boxes_in_image(log, standing, states, log.frames[1], "front") is None


def test_a_frame_without_tracks_has_no_boxes():
    assert len(boxes(log_with())) == 0
