"""Two small logs with everything that is awkward for nuScenes, exported once, opened with the toolkit.

`tilted`: a pitched and rolled ego that turns, two LiDARs at different times, a dropped sweep, times that
are no whole microseconds, a camera with lens distortion, PNG and JPEG images, a missing image.
`flat`: no cameras, no poses, no intensity, points exactly on the faces of cuboids.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLBACKEND", "Agg")

import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog
from av3d.datasets.nuscenes import DATASET
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageFiles
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

START_NS = 1_600_000_000_123_456_789
STEP_NS = 100_000_321
DROPPED = 7
"""Sweep that is missing: the grid of samples must not slip."""


def time_ns(step: float) -> int:
    """Time of a 10 Hz step of the tilted log."""
    return START_NS + round(step * STEP_NS)


class MadeSweeps(SweepStream):
    """Sweeps made when they are read."""

    def __init__(self, times_ns: list[int], make: Any) -> None:
        super().__init__(times_ns)
        self._make = make

    def read(self, index: int) -> Sweep:
        sweep: Sweep = self._make(int(self.timestamps_ns[index]))
        return sweep


def camera_mount(yaw_deg: float, camera: Camera) -> CameraMount:
    """A camera that looks to `yaw_deg` from straight ahead, a little downwards."""
    forward = SE3.from_matrix(
        np.array([[0, 0, 1, 1.2], [-1, 0, 0, 0.1], [0, -1, 0, 1.6], [0, 0, 0, 1.0]])
    )
    turn = SE3.from_euler(0.0, np.radians(3), np.radians(yaw_deg), np.zeros(3))
    return CameraMount(camera, turn @ forward)


PINHOLE = Camera(160, 90, 90.0, 92.0, 80.3, 44.1)
BENT = Camera(160, 90, 90.0, 92.0, 80.3, 44.1, BrownConrady(k1=-0.25, k2=0.05, p1=0.002))


def tilted_trajectory() -> Trajectory:
    poses = [
        SE3.from_euler(
            0.05 * np.sin(i), 0.08 + 0.02 * np.cos(i), 0.03 * i - 2.0,
            [-480.0 + 0.9 * i, 310.0 - 0.4 * i, 12.0 + 0.05 * i],
        )
        for i in range(-2, 40)
    ]  # fmt: skip
    times = [time_ns(i) for i in range(-2, 40)]
    return Trajectory(times, SE3.stack(poses), source="made")


def tilted_tracks(trajectory: Trajectory) -> tuple[Track, ...]:
    def track(
        id: str, category: str, size: tuple[float, float, float], path: Any, steps: list[float],
        presence: tuple[Span, ...] = (), provenance: Provenance = Provenance.MANUAL, **attributes: Any,
    ) -> Track:  # fmt: skip
        keyframes = tuple(
            Keyframe(time_ns(step), Cuboid(path(step), np.array(size)), provenance)
            for step in steps
        )
        return Track(id, category, keyframes, presence, number=len(id), attributes=attributes)

    origin = trajectory.at(time_ns(0))

    def still(x: float, y: float, z: float = 0.8, yaw: float = 0.4) -> Any:
        pose = origin @ SE3.from_euler(0.03, -0.05, yaw, [x, y, z])
        return lambda step: pose

    def driving(step: float) -> SE3:
        # A turn: the toolkit's straight line between samples is off it.
        angle = 0.03 * step
        place = [14 + 20 * np.sin(angle), -3 + 20 * (1 - np.cos(angle)), 0.9]
        return origin @ SE3.from_euler(0.02, 0.04, angle, place)

    def walking(step: float) -> SE3:
        return origin @ SE3.from_yaw(1.2, [9.0, 3.0 + 0.13 * step, 0.9])

    return (
        track("3f2b8c1e-0000-4000-8000-00000000ab01", "car", (4.5, 1.9, 1.6), driving,
              [float(i) for i in range(31)], provenance=Provenance.FITTED),
        track("3F2B8C1E00004000800000000000AB02", "car", (4.4, 1.8, 1.5), still(18, 4), [0, 30],
              model="estate"),
        track("walker", "pedestrian", (0.7, 0.6, 1.75), walking, [0, 12, 30]),
        track("rider", "bicycle", (1.8, 0.6, 1.6), lambda s: origin @ SE3.from_yaw(
            0.0, [12.0 + 0.4 * s, -5.0, 0.8]), [0, 30]),
        track("cone", "cone", (0.4, 0.4, 0.9), still(7, -1, 0.45), [0, 30]),
        track("bin", "other", (0.8, 0.8, 1.1), still(11, 6), [0, 30]),
        track("behind", "truck", (8.0, 2.5, 3.0), still(-12, 1, 1.4), [0, 30]),
        track("comes-back", "car", (4.0, 1.7, 1.5), still(20, -8), [0, 30],
              (Span(time_ns(0), time_ns(8)), Span(time_ns(18), time_ns(30)))),
        track("short", "pedestrian", (0.7, 0.6, 1.7), still(8, 2), [11, 13]),
        track("once", "pedestrian", (0.7, 0.6, 1.7), still(6, -3), [15]),
        track("police", "car", (4.5, 1.9, 1.5), still(25, 0), [0, 30],
              **{"nuscenes.category": "vehicle.emergency.police",
                 "nuscenes.attribute": "vehicle.stopped"}),
    )  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A made log with its tracks."""

    log: Log
    tracks: tuple[Track, ...]

    @property
    def item(self) -> LabelledLog:
        return LabelledLog(self.log, self.tracks)


def tilted_log(folder: Path, name: str = "tilted drive/ü") -> Made:
    trajectory = tilted_trajectory()
    tracks = tilted_tracks(trajectory)
    ego_SE3_top = SE3.from_euler(0.01, 0.02, -1.5, [0.9, 0.0, 1.9])
    ego_SE3_nose = SE3.from_euler(0.0, 0.1, 0.0, [3.5, 0.0, 0.6])
    cameras = {
        "front": camera_mount(0, PINHOLE),
        "left": camera_mount(70, BENT),
        "rear": camera_mount(178, PINHOLE),
        "front far": camera_mount(2, PINHOLE),
    }
    rig = Rig("made", {"top": LidarMount(ego_SE3_top), "nose": LidarMount(ego_SE3_nose)}, cameras)

    def sweep(lidar: str, ego_SE3_lidar: SE3) -> Any:
        def make(timestamp_ns: int) -> Sweep:
            rng = np.random.default_rng(timestamp_ns % 2**32)
            world: list[Any] = []
            for track in tracks:
                state = track.state_at(timestamp_ns)
                if state is not None:
                    unit = rng.uniform(-0.55, 0.55, (60, 3))
                    world.append(
                        state.cuboid.frame_SE3_cuboid.transform(unit * state.cuboid.size_lwh_m)
                    )
            world.append(
                trajectory.at(timestamp_ns).transform(rng.uniform(-30, 30, (400, 3)) * [1, 1, 0.02])
            )
            lidar_SE3_world = (trajectory.at(timestamp_ns) @ ego_SE3_lidar).inverse()
            points = lidar_SE3_world.transform(np.concatenate(world)).astype(np.float32)
            return Sweep(
                lidar, timestamp_ns, points,
                intensity=rng.uniform(0, 1, len(points)).astype(np.float32),
                time_offset_ns=np.zeros(len(points), dtype=np.int64),
                extra={"ring": rng.integers(0, 32, len(points)).astype(np.float32),
                       "echo": np.zeros(len(points))},
                motion_compensated=True,
            )  # fmt: skip

        return make

    steps = [float(i) for i in range(31) if i != DROPPED]
    lidars = {
        "top": MadeSweeps([time_ns(s) for s in steps], sweep("top", ego_SE3_top)),
        "nose": MadeSweeps([time_ns(s + 0.3) for s in steps], sweep("nose", ego_SE3_nose)),
    }
    streams = {}
    for number, (camera, mount) in enumerate(cameras.items()):
        phase = [0.25, -0.31, 0.4, 0.25][number]
        # The rear camera misses the image of step 10, which is a sample.
        taken = [s for s in steps if not (camera == "rear" and s == 10)]
        suffix = ".png" if camera == "left" else ".jpg"
        paths = []
        for step in taken:
            path = folder / "log ü" / camera / f"{step:04.0f}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            size = (mount.camera.height_px, mount.camera.width_px)
            image = np.full((*size, 3), 60 + 40 * number, dtype=np.uint8)
            image[::10, :, 1] = 250
            image[:, ::10, 2] = 250
            assert cv2.imwrite(str(path), image)
            paths.append(path)
        streams[camera] = ImageFiles([time_ns(s + phase) for s in taken], paths)
    log = Log(
        name=name, kind="made", path=folder, rig=rig, trajectory=trajectory, lidars=lidars,
        cameras=streams, reference_lidar="top",
    )  # fmt: skip
    return Made(log, tracks)


def flat_log(name: str = "flat") -> Made:
    """No poses and no cameras; a grid of points that hits the faces of axis-aligned cuboids."""
    grid = np.stack(np.meshgrid(*[np.arange(-6, 6.01, 0.5)] * 3), axis=-1).reshape(-1, 3)

    def make(timestamp_ns: int) -> Sweep:
        return Sweep("velodyne", timestamp_ns, grid.astype(np.float32))

    times = [i * 100_000_000 for i in range(11)]
    rig = Rig("flat", {"velodyne": LidarMount(SE3.from_yaw(0.0, [0.0, 0.0, 1.5]))}, {})
    log = Log(
        name=name, kind="made", path=Path(), rig=rig, trajectory=Trajectory.identity(),
        lidars={"velodyne": MadeSweeps(times, make)}, cameras={},
    )  # fmt: skip
    cuboids = [
        Cuboid.from_yaw([x, y, 1.5], [4.0, 2.0, 2.0], yaw)
        for x, y, yaw in [(0, 0, 0.0), (2.5, -1, np.pi / 2), (-3, 3, 0.3), (0.25, 4, np.pi)]
    ]
    tracks = tuple(
        Track(f"box {i}", "car", tuple(Keyframe(t, cuboid) for t in (times[0], times[-1])))
        for i, cuboid in enumerate(cuboids)
    )
    return Made(log, tracks)


@dataclass(frozen=True)
class Exported:
    """An export opened with the toolkit."""

    out: Path
    made: dict[str, Made]
    report: ExportReport
    nusc: Any

    def samples(self, scene_name: str) -> list[dict[str, Any]]:
        """The samples of a scene in time order, by following `next`."""
        scene = next(s for s in self.nusc.scene if s["name"] == scene_name)
        found, token = [], scene["first_sample_token"]
        while token:
            found.append(self.nusc.get("sample", token))
            token = found[-1]["next"]
        assert found[-1]["token"] == scene["last_sample_token"]
        assert len(found) == scene["nbr_samples"]
        return found


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    from nuscenes import NuScenes

    folder = tmp_path_factory.mktemp("nuscenes")
    made = {"scene-0003": tilted_log(folder), "scene-0012": flat_log()}
    out = folder / "out put ü"
    report = DATASET.write_labels([m.item for m in made.values()], out, ExportOptions())
    return Exported(out, made, report, NuScenes("v1.0-trainval", dataroot=str(out), verbose=False))


@pytest.fixture(scope="session")
def make_tilted() -> Callable[..., Made]:
    """Makes the tilted log in a folder."""
    return tilted_log


@pytest.fixture(scope="session")
def make_flat() -> Callable[..., Made]:
    """Makes the flat log."""
    return flat_log
