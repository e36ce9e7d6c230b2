"""The dataset: recognises a drive, opens it lazily, and reads its objects as tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.dataset import Dataset, DatasetError, ImportedLabels
from av3d.errors import InputFileError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageFiles, ImageStream
from av3d.logs.log import Log
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track
from av3d_roadscan.sweeps import Scans
from av3d_roadscan.tables import numbers, read_json, read_rows, times_ns

LIDAR = "roof"
POSE_COLUMNS = ("x", "y", "z", "roll_deg", "pitch_deg", "yaw_deg")
OBJECT_COLUMNS = ("x", "y", "z", "length", "width", "height", "yaw_deg")

CATEGORIES = {"CAR": "car", "TRUCK": "truck", "PED": "pedestrian", "BIKE": "bicycle"}
"""The recorder's classes in av3d's words; others keep theirs in lower case."""


class RoadScan(Dataset):
    """Drives of the RoadScan recorder; the layout is in the README."""

    name = "roadscan"
    title = "RoadScan"
    looks_for = "a folder with drive.json and scans/"
    reads_logs = True
    reads_labels = True

    def recognise(self, path: Path) -> bool:
        # By names only: this is asked for every path that anybody opens.
        return (path / "drive.json").is_file() and (path / "scans").is_dir()

    def open(self, path: Path) -> Log:
        drive = read_json(path / "drive.json", "drive")
        index = path / "scans" / "index.csv"
        scans = read_rows(index, "index of scans", ("file", "time_us"))
        files = []
        for row in scans:
            # A table may say anything; it must not lead out of the log.
            if Path(row["file"]).name != row["file"]:
                raise InputFileError(f"{row['file']!r} is no file name", index, "correct it")
            files.append(path / "scans" / row["file"])
        rig = read_rig(path / "calibration.json")
        cameras = {name: images(path / "images" / name) for name in rig.cameras}
        clock = "the recorder's clock, set by GNSS"
        return Log(
            name=str(drive.get("name") or path.name),
            kind=self.name,
            path=path,
            rig=rig,
            trajectory=read_poses(path / "poses.csv"),
            lidars={LIDAR: Scans(LIDAR, times_ns(scans, index), files)},
            cameras=cameras,
            clocks={
                LIDAR: f"{clock}; a scan's time is the start of its turn",
                **dict.fromkeys(cameras, f"{clock}; the middle of the exposure"),
            },
        )

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        path = labels or log.path / "objects.csv"
        rows = read_rows(path, "objects", ("time_us", "id", "class", *OBJECT_COLUMNS))
        keyframes: dict[str, list[Keyframe]] = {}
        classes: dict[str, str] = {}
        for row, time_ns, values in zip(
            rows, times_ns(rows, path).tolist(), numbers(rows, OBJECT_COLUMNS, path), strict=True
        ):
            x, y, z, length, width, height, yaw_deg = values
            # RoadScan gives the middle of the bottom in the vehicle's frame; av3d's tracks have the
            # centre, in the world.
            center = (x, y, z + height / 2)
            in_ego = Cuboid.from_yaw(center, (length, width, height), np.radians(yaw_deg))
            in_world = in_ego.in_frame(log.world_SE3_ego(time_ns))
            keyframe = Keyframe(time_ns, in_world, Provenance.IMPORTED)
            keyframes.setdefault(row["id"], []).append(keyframe)
            classes[row["id"]] = row["class"]
        tracks = tuple(
            Track(
                f"roadscan-{key}",
                CATEGORIES.get(classes[key], classes[key].lower()),
                tuple(sorted(found, key=lambda keyframe: keyframe.timestamp_ns)),
                number=number,
            )
            for number, (key, found) in enumerate(keyframes.items(), start=1)
        )
        return ImportedLabels(tracks, counts={"tracks": len(tracks), "cuboids": len(rows)})


def read_rig(path: Path) -> Rig:
    """The calibration: positions in the vehicle's frame (x ahead, y left, z up), angles in degrees."""
    data = read_json(path, "calibration")
    try:
        lidar = LidarMount(_pose(data["lidar"]))
        cameras = {
            str(name): CameraMount(
                Camera(
                    int(entry["width"]), int(entry["height"]),
                    float(entry["fx"]), float(entry["fy"]),
                    float(entry["cx"]), float(entry["cy"]),
                ),
                # RoadScan's camera frame looks along x like the vehicle's; av3d's along z.
                _pose(entry) @ LOOKING_AHEAD,
            )
            for name, entry in dict(data["cameras"]).items()
        }  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise InputFileError(
            f"calibration lacks something: {error!r}", path, "export it again"
        ) from error
    for name in cameras:
        if Path(name).name != name:
            raise InputFileError(f"{name!r} is no name of a camera", path, "correct it")
    return Rig("RoadScan", {LIDAR: lidar}, cameras, source=path.name)


LOOKING_AHEAD = SE3(np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.zeros(3))
"""Takes points of a camera frame (z ahead, x right, y down) into one with x ahead and z up."""


def _pose(entry: dict[str, Any]) -> SE3:
    roll, pitch, yaw = np.radians([float(angle) for angle in entry["roll_pitch_yaw_deg"]])
    return SE3.from_euler(roll, pitch, yaw, [float(value) for value in entry["position"]])


def read_poses(path: Path) -> Trajectory:
    """`world_SE3_ego` at the times of the GNSS receiver."""
    rows = read_rows(path, "poses", ("time_us", *POSE_COLUMNS))
    values = numbers(rows, POSE_COLUMNS, path)
    angles = np.radians(values[:, 3:])
    poses = [
        SE3.from_euler(roll, pitch, yaw, position)
        for (roll, pitch, yaw), position in zip(angles.tolist(), values[:, :3], strict=True)
    ]
    return Trajectory(times_ns(rows, path), SE3.stack(poses), source=str(path))


def images(folder: Path) -> ImageStream:
    """The images of one camera; their names are times in microseconds."""
    if not folder.is_dir():
        return ImageFiles([], [])
    names = [entry.name for entry in folder.iterdir() if entry.suffix == ".jpg"]
    for name in names:
        if not (name[:-4].isascii() and name[:-4].isdigit() and len(name) < 24):
            raise DatasetError("an image's name is not its time", folder / name, "rename it")
    names.sort(key=lambda name: int(name[:-4]))
    return ImageFiles(
        np.array([int(name[:-4]) * 1000 for name in names], dtype=np.int64),
        [folder / name for name in names],
    )


DATASET = RoadScan()
