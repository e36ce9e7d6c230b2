"""A log in memory: 40 sweeps at 10 Hz, a camera, poses at 100 Hz of a vehicle at 8 m/s."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageStream
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory

MS = 1_000_000
FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


class Sweeps(SweepStream):
    """Ground 1.9 m below the sensor; `scale` multiplies all points."""

    def __init__(self, times_ns, scale=1.0, intensity=None, broken=()):
        super().__init__(times_ns)
        self.scale, self.intensity, self.broken = scale, intensity, broken

    def read(self, index: int) -> Sweep:
        if index in self.broken:
            raise InputFileError("sweep is empty, 0 bytes", f"sweep {index}", "copy it again")
        random = np.random.default_rng(index)
        points = random.uniform([-30, -30, -1.92], [30, 30, -1.88], (3000, 3)) * self.scale
        values = None if self.intensity is None else np.full(3000, self.intensity, np.float32)
        return Sweep("top", int(self.timestamps_ns[index]), points.astype(np.float32), values)


class Images(ImageStream):
    """Noise of a size; each image another."""

    def __init__(self, times_ns, size=(48, 64)):
        super().__init__(times_ns)
        self.size = size

    def read(self, index: int):
        return np.random.default_rng(index).integers(0, 255, (*self.size, 3)).astype(np.uint8)


def trajectory(change=lambda times_s, places: places, yaw_rad=0.0) -> Trajectory:
    """Poses at 100 Hz along x at 8 m/s, from 0.1 s before the log to 0.1 s after it."""
    times_ms = np.arange(-100, 4110, 10)
    places = np.zeros((len(times_ms), 3))
    places[:, 0] = 8e-3 * times_ms
    places = change(times_ms / 1000, places)
    return Trajectory(times_ms * MS, SE3.from_yaw(np.full(len(times_ms), yaw_rad), places))


def make(**changes) -> Log:
    """The log with other parts."""
    times_ns = np.arange(0, 4000, 100) * MS
    rig = Rig(
        "car",
        {"top": LidarMount(SE3.from_yaw(0.0, [0.0, 0.0, 1.9]))},
        {"front": CameraMount(Camera(64, 48, 50, 50, 31.5, 23.5), SE3(FORWARD, [1.5, 0.0, 1.6]))},
    )
    values = {
        "name": "drive",
        "kind": "test",
        "path": Path("drive"),
        "rig": rig,
        "trajectory": trajectory(),
        "lidars": {"top": Sweeps(times_ns)},
        "cameras": {"front": Images(times_ns + 12 * MS)},
    }
    return Log(**{**values, **changes})


@pytest.fixture(name="make")
def make_fixture():
    return make


@pytest.fixture(name="trajectory")
def trajectory_fixture():
    return trajectory


@pytest.fixture(name="Sweeps")
def sweeps_fixture():
    return Sweeps


@pytest.fixture(name="Images")
def images_fixture():
    return Images
