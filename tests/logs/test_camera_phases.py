"""Cameras whose phase a dataset knows, and the time at which cuboids fit an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.geometry.se3 import SE3
from av3d.logs.frames import synchronise
from av3d.logs.image import ImageStream
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory

MS = 1_000_000
SWEEPS = np.arange(5) * 100 * MS


def indices(frames):
    return [frame.images["back"] for frame in frames]


def test_a_known_phase_pairs_images_with_the_sweep_they_were_taken_during() -> None:
    images = SWEEPS - 60 * MS
    measured, _ = synchronise(SWEEPS, {"back": images})
    assert indices(measured) == [1, 2, 3, 4, None]
    known, report = synchronise(SWEEPS, {"back": images}, phases_ns={"back": -60 * MS})
    assert indices(known) == [0, 1, 2, 3, 4]
    assert report.cameras["back"].offset_ms == -60


def test_the_tolerance_counts_from_the_known_phase() -> None:
    images = SWEEPS - 99 * MS
    frames, _ = synchronise(SWEEPS, {"back": images}, 10 * MS, {"back": -99 * MS})
    assert indices(frames) == [0, 1, 2, 3, 4]


def test_an_image_that_is_missing_stays_missing_with_a_known_phase() -> None:
    images = np.delete(SWEEPS - 99 * MS, 2)
    frames, report = synchronise(SWEEPS, {"back": images}, phases_ns={"back": -99 * MS})
    assert indices(frames) == [0, 1, None, 2, 3]
    assert report.cameras["back"].missing_frames == (2,)


class Sweeps(SweepStream):
    def read(self, index: int) -> Sweep:
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), np.float32))


class Spinning(Sweeps):
    """Measures everything 70 ms before the sweep's timestamp."""

    def measured_ns(self, index, positions_m):
        return np.full(len(positions_m), self.timestamps_ns[index] - 70 * MS)


class Images(ImageStream):
    def read(self, index: int):
        return np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize(("kind", "expected_ms"), [(Sweeps, 130), (Spinning, 200)])
def test_a_track_is_asked_for_the_time_since_its_measurement(kind, expected_ms) -> None:
    rig = Rig(
        "r",
        {"top": LidarMount(SE3.identity())},
        {"back": CameraMount(Camera(4, 4, 1, 1, 1, 1), SE3.identity())},
    )
    log = Log(
        name="l", kind="test", path=Path("l"), rig=rig, trajectory=Trajectory.identity(),
        lidars={"top": kind(SWEEPS)}, cameras={"back": Images(SWEEPS + 30 * MS)},
    )  # fmt: skip
    times_ns = log.track_time_ns(log.frame(1), "back", 1, [[10.0, 0, 0], [0, 5.0, 0]])
    assert times_ns.tolist() == [expected_ms * MS] * 2
