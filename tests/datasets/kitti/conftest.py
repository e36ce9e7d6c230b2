"""Small KITTI folders and a log of another kind, made from literal numbers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageStream
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import Uint8Array

# Camera 2 sits 6 cm left of and 2 mm behind camera 0; the velodyne looks forward, 27 cm behind it.
CALIB = """\
P0: 700 0 600 0 0 700 180 0 0 0 1 0
P1: 700 0 600 -375.9 0 700 180 0 0 0 1 0
P2: 700 0 600 43.2 0 700 180 0.36 0 0 1 0.002
P3: 700 0 600 -330 0 700 180 2.2 0 0 1 0.003
R0_rect: 1 0 0 0 1 0 0 0 1
Tr_velo_to_cam: 0 -1 0 0 0 0 -1 -0.08 1 0 0 -0.27
Tr_imu_to_velo: 1 0 0 -0.8 0 1 0 0.3 0 0 1 -0.8
"""

CAR = "{frame} {id} Car 0 1 0.10 500 150 560 200 1.5 1.6 4.0 -2 1.6 20 0.2\n"


def tracking_folder(root: Path, sequence: str = "0000", frames: int = 3) -> Path:
    """training/ of one sequence: points, images, calibration, labels and poses of a drive ahead."""
    split = root / "training"
    (split / "velodyne" / sequence).mkdir(parents=True)
    (split / "image_02" / sequence).mkdir(parents=True)
    for folder in ("calib", "label_02", "oxts"):
        (split / folder).mkdir(exist_ok=True)
    (split / "calib" / f"{sequence}.txt").write_text(CALIB)
    for frame in range(frames):
        write_points(split / "velodyne" / sequence / f"{frame:06d}.bin")
        write_image(split / "image_02" / sequence / f"{frame:06d}.png")
    lines = [CAR.format(frame=frame, id=7) for frame in range(frames)]
    (split / "label_02" / f"{sequence}.txt").write_text("".join(lines))
    # 1e-5 degrees of latitude are 1.113 m; yaw pi/2 is north.
    rows = [
        f"{49 + 1e-5 * frame:.9f} 8.4 110 0.01 -0.02 1.5707963 {' '.join(['0'] * 24)}\n"
        for frame in range(frames)
    ]
    (split / "oxts" / f"{sequence}.txt").write_text("".join(rows))
    return split


def object_folder(root: Path, frames: int = 2) -> Path:
    """training/ of the object benchmark."""
    split = root / "training"
    for folder in ("velodyne", "image_2", "calib", "label_2"):
        (split / folder).mkdir(parents=True)
    for frame in range(frames):
        write_points(split / "velodyne" / f"{frame:06d}.bin")
        write_image(split / "image_2" / f"{frame:06d}.png")
        (split / "calib" / f"{frame:06d}.txt").write_text(CALIB)
        (split / "label_2" / f"{frame:06d}.txt").write_text(
            "Van 0.00 0 0.10 500.00 150.00 560.00 200.00 2.10 1.80 5.00 -2.00 1.60 20.00 0.20\n"
            "DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10\n"
        )
    return split


def write_points(path: Path) -> None:
    np.array([[20, 2, -1, 0.5], [5, 0, -1.7, 0.25]], dtype="<f4").tofile(path)


def write_image(path: Path) -> None:
    picture = np.zeros((360, 1200, 3), np.uint8)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


class Points(SweepStream):
    """Five points around the vehicle in every sweep."""

    def read(self, index: int) -> Sweep:
        points = np.array([[10, 0, 0], [0, 5, 1], [-8, 0, 1], [4, -3, -1], [30, 2, 0]], np.float32)
        return Sweep("top", int(self.timestamps_ns[index]), points, np.full(5, 0.5, np.float32))


class Pictures(ImageStream):
    """The same picture in every image: a white square on black."""

    def read(self, index: int) -> Uint8Array:
        picture = np.zeros((300, 400, 3), np.uint8)
        picture[140:160, 190:210] = 255
        return picture


START_NS = 1_700_000_000_123_456_789


def hilly_log(
    distortion: BrownConrady | None = None, frames: int = 5, image_offset_ns: int = 30_000_000
) -> Log:
    """A drive over a crest: the ego pitches and rolls by some degrees and turns.

    The front camera looks 3 degrees down and is rolled by 1 degree; its images are exposed 30 ms
    after the sweeps.
    """
    times = START_NS + 100_000_000 * np.arange(frames)
    ego = SE3.stack(
        [
            SE3.from_euler(0.03 * np.sin(i), 0.05 * np.cos(i), 0.1 * i, [100 + 2.0 * i, -40, 7])
            for i in range(frames)
        ]
    )
    forward = SE3(np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.zeros(3))
    mount = SE3.from_euler(np.radians(1), np.radians(3), 0.0, [1.5, 0.1, 1.6]) @ forward
    camera = Camera(400, 300, 260.0, 262.0, 201.0, 148.0, distortion)
    left = SE3.from_yaw(np.pi / 2, [0, 0, 0]) @ mount
    return Log(
        name="crest é 1",
        kind="test",
        path=Path("nowhere"),
        rig=Rig(
            "test",
            {"top": LidarMount(SE3.from_yaw(0.3, [0.5, 0.0, 1.8]))},
            {"left": CameraMount(camera, left), "front": CameraMount(camera, mount)},
        ),
        trajectory=Trajectory(times, ego),
        lidars={"top": Points(times)},
        camera_phases_ns={"front": image_offset_ns},
        cameras={
            "left": Pictures(times + 20_000_000),
            "front": Pictures(times + image_offset_ns),
        },
    )


def hilly_tracks(frames: int = 5) -> tuple[Track, ...]:
    """A car that drives ahead on two keyframes, a bus with a gap, and a leaning pedestrian."""
    last = frames - 1

    def at(frame: int, pose: SE3, size: tuple[float, float, float]) -> Keyframe:
        return Keyframe(
            START_NS + 100_000_000 * frame, Cuboid(pose, np.array(size)), Provenance.MANUAL
        )

    car = Track(
        "0e7f3a52-4d0b-4c59-9a41-6a3a8f0f7a01",
        "car",
        (
            at(0, SE3.from_yaw(0.3, [112, -39, 8]), (4.5, 1.9, 1.6)),
            at(last, SE3.from_yaw(0.5, [122, -33, 8.4]), (4.5, 1.9, 1.6)),
        ),
        number=3,
        attributes={"colour": "red"},
    )
    times = [START_NS + 100_000_000 * frame for frame in range(frames)]
    bus = Track(
        "bus-1",
        "bus",
        tuple(
            at(frame, SE3.from_yaw(-2.8, [85 + frame, -45, 8]), (11.5, 2.9, 3.3))
            for frame in (0, 1, last)
        ),
        (Span(times[0], times[1]), Span(times[last], times[last])),
        number=1,
    )
    leaning = Track(
        "walker",
        "pedestrian",
        (at(0, SE3.from_euler(0.1, -0.2, 2.0, [108, -36, 7.5]), (0.6, 0.7, 1.8)),),
        (Span(times[0], times[last]),),
        number=2,
    )
    return car, bus, leaning


@pytest.fixture
def tracking(tmp_path: Path) -> Path:
    return tracking_folder(tmp_path / "Fahrt Nr. 1 é").parent


@pytest.fixture
def object_root(tmp_path: Path) -> Path:
    return object_folder(tmp_path / "object").parent


@pytest.fixture
def make() -> SimpleNamespace:
    """The functions and texts above, for tests that need more than one of something."""
    return SimpleNamespace(
        calib=CALIB,
        car=CAR.format,
        tracking_folder=tracking_folder,
        object_folder=object_folder,
        points=write_points,
        log=hilly_log,
        tracks=hilly_tracks,
        start_ns=START_NS,
    )
