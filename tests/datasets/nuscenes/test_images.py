"""Reading JPEG headers, and taking the bend out of images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.nuscenes.images import ImageCounts, ImageWriter, jpeg_size
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageFiles
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory


class NoPoints(SweepStream):
    def read(self, index: int) -> Sweep:
        return Sweep("l", 0, np.zeros((0, 3), dtype=np.float32))


def log_with(camera: Camera, path: Path) -> Log:
    rig = Rig("r", {"l": LidarMount(SE3.identity())}, {"c": CameraMount(camera, SE3.identity())})
    return Log(
        name="log", kind="made", path=path.parent, rig=rig, trajectory=Trajectory.identity(),
        lidars={"l": NoPoints([0])}, cameras={"c": ImageFiles([0], [path])},
    )  # fmt: skip


@pytest.mark.parametrize("flags", [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]])
def test_size_of_a_jpeg(flags: list[int]) -> None:
    image = np.zeros((37, 53, 3), dtype=np.uint8)
    data = cv2.imencode(".jpg", image, flags)[1].tobytes()
    assert jpeg_size(data, "x.jpg") == (53, 37)


@pytest.mark.parametrize(
    "data", [b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xd9", b"\xff\xd8" + b"\xff" * 90]
)
def test_a_broken_jpeg_is_named(data: bytes) -> None:
    with pytest.raises(InputFileError, match=r"x\.jpg"):
        jpeg_size(data, "x.jpg")


def test_an_image_of_another_size_than_the_rig_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), np.zeros((30, 40, 3), dtype=np.uint8))
    log = log_with(Camera(80, 60, 50, 50, 40, 30), path)
    with pytest.raises(Av3dError, match="image is 40x30 px, the rig says 80x60"):
        ImageWriter(log, "c", ImageCounts(), link=False).write(0, tmp_path / "out.jpg")


def test_a_rectified_image_shows_a_point_where_the_pinhole_camera_has_it(tmp_path: Path) -> None:
    camera = Camera(
        640, 480, 400, 410, 318, 242, BrownConrady(k1=-0.3, k2=0.09, p1=0.001, p2=-0.002)
    )
    points_m = np.array([[-0.6, -0.4, 1], [0.55, 0.45, 1], [0.1, -0.5, 1], [0.0, 0.0, 1]])
    bent, _ = camera.project(points_m)
    image = np.zeros((480, 640, 3), dtype=np.uint8)
    for u, v in bent:
        cv2.circle(image, (round(u * 16), round(v * 16)), 5 * 16, (255,) * 3, -1, cv2.LINE_AA, 4)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    counts = ImageCounts()
    ImageWriter(log_with(camera, tmp_path / "a.png"), "c", counts, link=False).write(
        0, tmp_path / "out.jpg"
    )
    written = cv2.imread(str(tmp_path / "out.jpg"), cv2.IMREAD_GRAYSCALE).astype(float)
    straight, _ = replace(camera, lens=None).project(points_m)
    for u, v in straight:
        patch = written[round(v) - 12 : round(v) + 13, round(u) - 12 : round(u) + 13]
        rows, columns = np.mgrid[-12:13, -12:13]
        centre = (patch * columns).sum() / patch.sum(), (patch * rows).sum() / patch.sum()
        assert centre == pytest.approx((u - round(u), v - round(v)), abs=0.25)
    assert (counts.rectified, counts.encoded, counts.copied) == (1, 1, 0)


def test_a_fisheye_is_written_as_a_pinhole_of_120_degrees(tmp_path: Path) -> None:
    camera = Camera(400, 300, 140.0, 140.0, 199.5, 149.5, KannalaBrandt())
    image = np.zeros((300, 400, 3), dtype=np.uint8)
    ray = np.array([0.8, 0.3, 1.0])
    u, v = camera.project(ray)[0]
    cv2.circle(image, (round(u * 16), round(v * 16)), 3 * 16, (255,) * 3, -1, cv2.LINE_AA, 4)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    counts = ImageCounts()
    writer = ImageWriter(log_with(camera, tmp_path / "a.png"), "c", counts, link=False)
    writer.write(0, tmp_path / "out.jpg")
    written = cv2.imread(str(tmp_path / "out.jpg"), cv2.IMREAD_GRAYSCALE).astype(float)
    rows, columns = np.nonzero(written > 127)
    assert writer.pinhole.lens is None
    assert (columns.mean(), rows.mean()) == pytest.approx(
        tuple(writer.pinhole.project(ray)[0]), abs=0.5
    )
    assert np.degrees(counts.cut["c"].view_rad) == pytest.approx(120)
    assert np.degrees(counts.cut["c"].source_view_rad) == pytest.approx(np.degrees(400 / 140))


def test_rays_beyond_the_field_of_the_lens_turn_black(tmp_path: Path) -> None:
    # This polynomial turns back at 43 degrees; the corners of the pinhole image look further out.
    camera = Camera(200, 200, 80, 80, 99.5, 99.5, BrownConrady(k1=-0.4))
    cv2.imwrite(str(tmp_path / "a.jpg"), np.full((200, 200, 3), 200, dtype=np.uint8))
    counts = ImageCounts()
    ImageWriter(log_with(camera, tmp_path / "a.jpg"), "c", counts, link=False).write(
        0, tmp_path / "out.jpg"
    )
    written = cv2.imread(str(tmp_path / "out.jpg"), cv2.IMREAD_GRAYSCALE)
    assert written[2, 2] < 20
    assert written[100, 100] > 190
    assert counts.black["c"] == pytest.approx((written < 100).mean(), abs=0.02)
