"""A short log for exports: five sweeps at 10 Hz, a camera, a car near by and one far away."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.folder.layout import LogSettings
from av3d.datasets.folder.writer import LogFolderWriter
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.sweep import Sweep
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 100_000_000
FRONT = SE3(np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]]), [1.5, 0.0, 1.6])


def car(
    track_id: str, number: int, x_m: float, provenance: Provenance = Provenance.MANUAL
) -> Track:
    """It stands, with keyframes at the first and the last sweep."""
    cuboid = Cuboid.from_yaw([x_m, 2.0, 1.0], [4.0, 2.0, 1.6], 0.1)
    times_ns = (START_NS, START_NS + 4 * PERIOD_NS)
    keyframes = tuple(Keyframe(time_ns, cuboid, provenance) for time_ns in times_ns)
    return Track(track_id, "car", keyframes, number=number)


@pytest.fixture(scope="session")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ego stands; the near car (at 10 m) has 12 points in it, the far one (at 60 m) three."""
    folder = tmp_path_factory.mktemp("logs") / "lane"
    folder.mkdir()
    rig = Rig(
        "test",
        {"top": LidarMount(SE3.from_yaw(0.0, [0.0, 0.0, 1.9]))},
        {"front": CameraMount(Camera(96, 64, 80.0, 80.0, 47.5, 31.5), FRONT)},
    )
    times_ns = START_NS + PERIOD_NS * np.arange(-1, 6)
    poses = SE3.from_yaw(np.zeros(7), np.zeros((7, 3)))
    writer = LogFolderWriter(
        folder, LogSettings(name="lane", reference_lidar="top"), rig, Trajectory(times_ns, poses)
    )
    inside = [[x, 2.0, -0.9] for x in (*np.linspace(9, 11, 12), 59.5, 60.0, 60.5)]
    points = np.array([*inside, [30.0, -9.0, -1.9]], dtype=np.float32)
    picture = cv2.imencode(".jpg", np.full((64, 96, 3), 120, dtype=np.uint8))[1].tobytes()
    for index in range(5):
        time_ns = START_NS + PERIOD_NS * index
        writer.add_sweep(Sweep("top", time_ns, points, np.ones(len(points), dtype=np.float32)))
        writer.add_image("front", time_ns + 5_000_000, picture)
    writer.add_tracks([car("near", 1, 10.0), car("far", 2, 60.0, Provenance.IMPORTED)])
    return folder
