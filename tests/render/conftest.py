"""A tiny log in memory: one LiDAR, one camera that looks forward, a moving, pitched and rolled ego."""

from __future__ import annotations

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
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

MS = 1_000_000
FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Rotation of ego_SE3_camera for a camera that looks along +x."""


class FlatSweeps(SweepStream):
    """Ground at z = 0 and a wall of 3 m at x = 20."""

    def read(self, index: int) -> Sweep:
        x, y = np.meshgrid(np.arange(-10.0, 20.0), np.arange(-10.0, 10.0))
        ground = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
        wall_y, wall_z = np.meshgrid(np.arange(-10.0, 10.0), np.arange(0.0, 3.1, 0.5))
        wall = np.stack([np.full(wall_y.size, 20.0), wall_y.ravel(), wall_z.ravel()], axis=1)
        points = np.concatenate([ground, wall]).astype(np.float32)
        intensity = np.linspace(0, 1, len(points), dtype=np.float32)
        return Sweep("top", int(self.timestamps_ns[index]), points, intensity)


class GreyImages(ImageStream):
    def read(self, index: int) -> np.ndarray:
        return np.full((240, 320, 3), 100, dtype=np.uint8)


@pytest.fixture
def log() -> Log:
    """Frames at 0, 100 and 200 ms; images 30 ms after the first two; ego 10 m/s, pitched and rolled."""
    camera = Camera(320, 240, 300.0, 300.0, 159.5, 119.5)
    rig = Rig(
        "small",
        {"top": LidarMount(SE3.identity())},
        {"front": CameraMount(camera, SE3(FORWARD, np.array([0.0, 0.0, 1.5])))},
    )
    poses = SE3.stack(
        [SE3.from_euler(0.03, -0.05, 0.4, [100.0 + step, 50.0, 7.0]) for step in range(4)]
    )
    return Log(
        name="klein, größer",
        kind="test",
        path=Path("klein"),
        rig=rig,
        trajectory=Trajectory(np.arange(4) * 100 * MS, poses),
        lidars={"top": FlatSweeps(np.arange(3) * 100 * MS)},
        cameras={"front": GreyImages(np.array([30, 130]) * MS)},
        tolerance_ns=40 * MS,
    )


@pytest.fixture
def make_track(log: Log):
    """Tracks given by cuboids in the ego frame at chosen times, {timestamp_ns: cuboid}."""

    def make(
        cuboids: dict[int, Cuboid],
        name: str = "a",
        category: str = "car",
        number: int = 1,
        provenance: Provenance = Provenance.MANUAL,
    ) -> Track:
        return Track(
            name,
            category,
            tuple(
                Keyframe(time, cuboid.in_frame(log.world_SE3_ego(time)), provenance)
                for time, cuboid in cuboids.items()
            ),
            number=number,
            interpolation=Interpolation(model=Model.LINEAR),
        )

    return make
