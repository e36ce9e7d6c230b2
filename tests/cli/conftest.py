"""A small log folder on disk: twelve sweeps at 10 Hz of which one is dropped, two cameras, two tracks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.cli.main import run
from av3d.datasets.folder.layout import LogSettings
from av3d.datasets.folder.writer import LogFolderWriter
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.sweep import Sweep
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

PERIOD_NS = 100_000_000
START_NS = 1_700_000_000_000_000_000
SWEEPS = [index for index in range(12) if index != 5]
FRONT = SE3(np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]]), [1.5, 0.0, 1.6])
LEFT = SE3(np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]), [1.0, 0.5, 1.6])


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Sweep 5 is dropped; the front camera lacks the image of sweep 8."""
    camera = Camera(160, 90, 120.0, 120.0, 79.5, 44.5)
    rig = Rig(
        "test",
        {"top": LidarMount(SE3.from_yaw(0.0, [0.0, 0.0, 1.9]))},
        {"front": CameraMount(camera, FRONT), "left": CameraMount(camera, LEFT)},
    )
    times = START_NS + PERIOD_NS * np.arange(-1, 13)
    poses = SE3.from_yaw(np.linspace(0, 0.2, 14), np.linspace([0, 0, 0], [12, 1, 0], 14))
    folder = tmp_path / "eine Straße"
    folder.mkdir()
    writer = LogFolderWriter(
        folder, LogSettings(name="street", reference_lidar="top"), rig, Trajectory(times, poses)
    )
    rng = np.random.default_rng(1)
    picture = cv2.imencode(".jpg", rng.integers(0, 255, (90, 160, 3), dtype=np.uint8))[1].tobytes()
    for index in SWEEPS:
        points = rng.uniform([-20, -20, -2], [20, 20, 1], (500, 3)).astype(np.float32)
        intensity = rng.uniform(0, 1, 500).astype(np.float32)
        writer.add_sweep(Sweep("top", START_NS + PERIOD_NS * index, points, intensity))
    for index in range(12):
        if index != 8:
            writer.add_image("front", START_NS + PERIOD_NS * index - 10_000_000, picture)
        writer.add_image("left", START_NS + PERIOD_NS * index + 20_000_000, picture)
    writer.add_tracks([moving_car(), parked_car()])
    return folder


def moving_car() -> Track:
    """A keyframe at every sweep, six metres per second along x."""
    keyframes = tuple(
        Keyframe(
            START_NS + PERIOD_NS * index,
            Cuboid.from_yaw([10 + 0.6 * index, 2.0, 0.8], [4.5, 1.9, 1.6], 0.05),
            Provenance.IMPORTED,
        )
        for index in SWEEPS
    )
    return Track("moving", "car", keyframes, number=1)


def parked_car() -> Track:
    """Two keyframes, at the first and the last sweep."""
    cuboid = Cuboid.from_yaw([14.0, -4.0, 0.8], [4.2, 1.8, 1.5], 3.1)
    keyframes = (Keyframe(START_NS, cuboid), Keyframe(START_NS + 11 * PERIOD_NS, cuboid))
    return Track("parked", "car", keyframes, number=2)


@pytest.fixture
def project(street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A project with the labels of the street."""
    where = str(tmp_path / "p.av3d")
    assert run(["import", str(street), "--project", where]) == 0
    capsys.readouterr()
    return where
