"""A small street in memory: 12 frames, two cameras, three tracks, an ego that drives forward."""

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
from av3d.present.labels import labels_of
from av3d.present.loader import Loader
from av3d.present.session import Session
from av3d.present.workspace import Workspace
from av3d.store.project import open_project
from av3d.tracks.change import Change
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

FRAMES = 12
PERIOD_NS = 100_000_000
EGO_SPEED_M_S = 5.0
CAMERA = Camera(640, 360, 400.0, 400.0, 319.5, 179.5)
FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Columns: the camera's right, down and forward in the ego frame, looking ahead."""
BACKWARD = np.diag([-1.0, -1.0, 1.0]) @ FORWARD


class Sweeps(SweepStream):
    """Flat ground and a block of points where each car is."""

    def read(self, index: int) -> Sweep:
        random = np.random.default_rng(index)
        ground = random.uniform([-40, -40, 0], [60, 40, 0.02], (4000, 3))
        car = random.uniform([8, -1, 0.1], [12, 1, 1.5], (300, 3))
        points = np.concatenate([ground, car]).astype(np.float32)
        return Sweep("top", int(self.timestamps_ns[index]), points)


class Images(ImageStream):
    """Plain images in one colour."""

    def __init__(self, timestamps_ns, colour):
        super().__init__(timestamps_ns)
        self._colour = colour

    def read(self, index: int):
        return np.full((360, 640, 3), self._colour, dtype=np.uint8)


def moving(number, category, start_m, velocity_m_s, size_m, frames=(0, FRAMES - 1)):
    """A track with manual keys at two frames, driving straight in the world."""
    keyframes = tuple(
        Keyframe(
            frame * PERIOD_NS,
            Cuboid.from_yaw(np.add(start_m, np.multiply(velocity_m_s, frame * 0.1)), size_m, 0.0),
            Provenance.MANUAL if frame == frames[0] else Provenance.FITTED,
        )
        for frame in frames
    )
    return Track(f"{category}-{number}", category, keyframes, number=number)


@pytest.fixture
def tracks():
    return (
        moving(1, "car", [10, 0, 0.8], [EGO_SPEED_M_S, 0, 0], [4.4, 1.9, 1.6]),
        moving(2, "car", [-15, 3, 0.8], [EGO_SPEED_M_S, 0, 0], [4.4, 1.9, 1.6]),
        moving(1, "pedestrian", [12, 6, 0.9], [0, 0, 0], [0.7, 0.7, 1.8], frames=(0, 5)),
    )


@pytest.fixture
def log():
    times = np.arange(FRAMES) * PERIOD_NS
    poses = SE3.stack(
        [SE3.from_yaw(0.0, [EGO_SPEED_M_S * 0.1 * frame, 0, 0]) for frame in range(FRAMES)]
    )
    rig = Rig(
        "test",
        {"top": LidarMount(SE3.identity())},
        {
            "front_camera": CameraMount(CAMERA, SE3(FORWARD, np.array([1.5, 0.0, 1.6]))),
            "back_camera": CameraMount(CAMERA, SE3(BACKWARD, np.array([-1.0, 0.0, 1.6]))),
        },
    )
    return Log(
        name="street",
        kind="folder",
        path=Path("street"),
        rig=rig,
        trajectory=Trajectory(times, poses),
        lidars={"top": Sweeps(times)},
        cameras={
            "front_camera": Images(times, (90, 110, 130)),
            # The image of frame 7 was dropped.
            "back_camera": Images(np.delete(times, 7), (60, 60, 60)),
        },
    )


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def session(log, tracks, clock):
    return Session(log, tracks, loader=Loader(threads=0), clock=clock)


@pytest.fixture
def workspace(session):
    made = Workspace(session, lambda text, style: len(text) * style.size * 0.5)
    settle(made)
    return made


def settle(workspace):
    """What the window does each frame, until nothing is missing."""
    for _ in range(3):
        workspace.tick()
        workspace.refresh()


@pytest.fixture(name="settle")
def settle_fixture():
    return settle


@pytest.fixture
def project(tmp_path, log, tracks):
    path = tmp_path / "labels.sqlite"
    with open_project(path, create=True) as opened:
        opened.add_log(log)
        opened.apply(log.name, [Change(None, track) for track in tracks], command="import")
    return path


@pytest.fixture
def editing(log, project, clock, settle):
    """A workspace whose labels are in a project file."""
    session = Session(log, labels=labels_of(log, project), loader=Loader(threads=0), clock=clock)
    workspace = Workspace(session, lambda text, style: len(text) * style.size * 0.5)
    settle(workspace)
    yield workspace
    session.labels.close()
