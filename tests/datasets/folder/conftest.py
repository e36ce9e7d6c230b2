from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.folder.layout import LogSettings
from av3d.datasets.folder.writer import LogFolderWriter
from av3d.geometry.se3 import SE3
from av3d.logs.sweep import Sweep
from av3d.logs.trajectory import Trajectory

START_NS = 1_700_000_000_000_000_000
STEP_NS = 100_000_000


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    """Three sweeps of two points, three 8x6 images, a vehicle that drives 1 m per sweep."""
    folder = tmp_path / "my lög"
    folder.mkdir()
    forward = SE3(np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.array([1.5, 0, 1.5]))
    rig = Rig(
        "van",
        {"top": LidarMount(SE3.from_yaw(0.1, (0, 0, 1.9)))},
        {"front": CameraMount(Camera(8, 6, 5, 5, 3.5, 2.5), forward)},
    )
    times = START_NS + STEP_NS * np.arange(3)
    path = Trajectory(times, SE3.from_yaw(np.zeros(3), [[0, 0, 0], [1, 0, 0], [2, 0, 0]]))
    writer = LogFolderWriter(folder, LogSettings("my lög", "top"), rig, path)
    image = np.full((6, 8, 3), 128, np.uint8)
    for time in times.tolist():
        points = np.array([[5, 0, -1], [7, 2, 0.5]], np.float32)
        offset = np.array([-1_000_000, 2_000_000])
        writer.add_sweep(Sweep("top", time, points, np.array([0.2, 1.0], np.float32), offset))
        writer.add_image("front", time + 1_000_000, cv2.imencode(".jpg", image)[1].tobytes())
    return folder
