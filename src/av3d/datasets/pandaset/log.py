"""Opening a PandaSet log: poses, times and calibration; no points, no images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from av3d.calibration.camera import Camera, InvalidCameraError
from av3d.calibration.nominal import nominal_rig
from av3d.calibration.rig import CameraMount, Rig
from av3d.datasets.dataset import DatasetError
from av3d.datasets.pandaset.layout import (
    TABLE_SUFFIXES,
    fingerprint,
    numbered_files,
    read_json,
    read_poses,
    read_timestamps_ns,
)
from av3d.datasets.pandaset.streams import LIDARS, Pandar64Sweeps, PandaSweeps, SweepFiles
from av3d.errors import InputFileError
from av3d.files import real_path
from av3d.geometry.se3 import SE3, nearest_rotation
from av3d.logs.image import ImageFiles
from av3d.logs.log import Log
from av3d.logs.trajectory import Trajectory
from av3d.types import IntArray

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")

CLOCK = "one clock for all streams"

VEHICLE_SE3_EGO = SE3.from_yaw(np.pi / 2, np.zeros(3))
"""lidar/poses.json is the pose of a frame with x to the right and y forward; ours has x forward."""


@dataclass(frozen=True, eq=False)
class _CameraFolder:
    """What one folder camera/NAME_camera says."""

    name: str
    images: ImageFiles
    numbers: list[int]
    world_SE3_camera: SE3 | None
    camera: Camera
    missing: list[int]


def open_log(path: Path) -> Log:
    """Open the folder of one log. Av3dError says what is wrong with it."""
    lidar = path / "lidar"
    if not lidar.is_dir():
        raise DatasetError(
            "not a PandaSet log: it has no folder lidar", path,
            "give the folder of one log, for example pandaset/002",
        )  # fmt: skip
    all_times_ns = read_timestamps_ns(lidar / "timestamps.json")
    world_SE3_vehicle = read_poses(lidar / "poses.json")
    if len(world_SE3_vehicle) != len(all_times_ns):
        raise DatasetError(
            f"{len(world_SE3_vehicle)} poses for {len(all_times_ns)} timestamps",
            lidar,
            "download poses.json and timestamps.json again",
        )
    trajectory = Trajectory(
        all_times_ns, world_SE3_vehicle @ VEHICLE_SE3_EGO, source=str(lidar / "poses.json")
    )
    paths = _in_range(numbered_files(lidar, TABLE_SUFFIXES), len(all_times_ns), lidar)
    if not paths:
        raise DatasetError(
            "no sweeps: no file is named like 00.pkl.gz", lidar, "download the log again"
        )
    semantics = numbered_files(path / "annotations" / "semseg", TABLE_SUFFIXES)
    numbers = list(paths)
    times_ns = all_times_ns[numbers]
    notes = _missing_note("lidar", _missing(paths, len(all_times_ns)), len(all_times_ns), "sweeps")
    files = SweepFiles(paths, semantics, {number: int(all_times_ns[number]) for number in numbers})
    nominal = nominal_rig("pandaset")
    streams = {}
    for name in LIDARS:
        world_SE3_lidar = trajectory.world_SE3_ego[np.array(numbers)] @ (
            nominal.lidar(name).ego_SE3_lidar
        )
        kind = Pandar64Sweeps if name == "pandar64" else PandaSweeps
        streams[name] = kind(files, name, numbers, times_ns, world_SE3_lidar)
    cameras = [_read_camera(folder, nominal) for folder in _camera_folders(path, nominal)]
    for folder in cameras:
        total = len(folder.numbers) + len(folder.missing)
        notes += _missing_note(f"camera {folder.name}", folder.missing, total, "images")
        if folder.world_SE3_camera is None:
            notes.append(f"camera {folder.name} has no poses.json: the nominal extrinsics are used")
    return Log(
        name=real_path(path).name,
        kind="pandaset",
        path=path,
        rig=_rig(nominal, cameras, trajectory),
        trajectory=trajectory,
        lidars=streams,
        cameras={folder.name: folder.images for folder in cameras},
        reference_lidar="pandar64",
        camera_world_poses={
            folder.name: folder.world_SE3_camera
            for folder in cameras
            if folder.world_SE3_camera is not None
        },
        camera_phases_ns=_phases_ns(cameras, all_times_ns),
        fingerprint=fingerprint(path, _all_files(path)),
        notes=notes,
        clocks={
            "pandar64": f"{CLOCK}; the end of the turn",
            "pandar_gt": f"{CLOCK}; the end of the Pandar64's turn",
            **{folder.name: f"{CLOCK}; the exposure" for folder in cameras},
        },
        class_names=_class_names(path / "annotations" / "semseg" / "classes.json"),
    )


def is_own_rig(log: Log) -> bool:
    """Whether a log is one of this format with the LiDARs where they are thought to sit."""
    return log.kind == "pandaset" and dict(log.rig.lidars) == dict(nominal_rig("pandaset").lidars)


def _class_names(path: Path) -> dict[int, str]:
    """Names of the semantic classes, by number; none where the log has no such file."""
    if not path.exists():
        return {}
    names = read_json(path)
    if not isinstance(names, dict) or not all(
        key.isdecimal() and isinstance(name, str) for key, name in names.items()
    ):
        raise InputFileError(
            'expected names of classes, {"7": "Road", ...}', path, "download the file again"
        )
    return {int(key): name for key, name in names.items()}


def _camera_folders(path: Path, nominal: Rig) -> list[Path]:
    """Camera folders in the order of the nominal rig; ones that it does not know come last."""
    folder = path / "camera"
    found = {
        entry.name.removesuffix("_camera"): entry
        for entry in (sorted(folder.iterdir()) if folder.is_dir() else [])
        if entry.is_dir() and not entry.name.startswith(".")
    }
    order = [*nominal.cameras, *found]
    return [found[name] for name in dict.fromkeys(order) if name in found]


def _read_camera(folder: Path, nominal: Rig) -> _CameraFolder:
    name = folder.name.removesuffix("_camera")
    all_times_ns = read_timestamps_ns(folder / "timestamps.json")
    paths = _in_range(numbered_files(folder, IMAGE_SUFFIXES), len(all_times_ns), folder)
    numbers = list(paths)
    world_SE3_camera = None
    if (folder / "poses.json").exists():
        poses = read_poses(folder / "poses.json")
        if len(poses) != len(all_times_ns):
            raise DatasetError(
                f"{len(poses)} poses for {len(all_times_ns)} timestamps",
                folder,
                "download poses.json and timestamps.json again",
            )
        world_SE3_camera = poses[np.array(numbers, dtype=np.int64)]
    elif name not in nominal.cameras:
        raise DatasetError("a camera without poses.json", folder, "download the log again")
    return _CameraFolder(
        name,
        ImageFiles(all_times_ns[numbers], list(paths.values())),
        numbers,
        world_SE3_camera,
        _intrinsics(folder / "intrinsics.json", name, nominal),
        _missing(paths, len(all_times_ns)),
    )


def _intrinsics(path: Path, name: str, nominal: Rig) -> Camera:
    """Pinhole: PandaSet's images are rectified (evidence in docs/formats/pandaset.md)."""
    usual = nominal.cameras.get(name)
    if not path.exists() and usual is not None:
        return usual.camera
    values = read_json(path)
    # PandaSet's folders do not say how large images are, all of its cameras have one size. Those that
    # av3d writes do. Log.image compares it with every image that it reads.
    size = (usual or next(iter(nominal.cameras.values()))).camera
    try:
        if "width" in values and "height" in values:
            size = replace(size, width_px=int(values["width"]), height_px=int(values["height"]))
        fx, fy, cx, cy = (float(values[key]) for key in ("fx", "fy", "cx", "cy"))
        return replace(size, fx_px=fx, fy_px=fy, cx_px=cx, cy_px=cy, lens=None)
    except KeyError as error:
        raise InputFileError(
            f"the key {error.args[0]!r} is missing", path, "download the file again"
        ) from error
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise InputFileError(
            "expected numbers fx, fy, cx and cy", path, "download the file again"
        ) from error
    except InvalidCameraError as error:
        raise InputFileError(error.what, path, "download the file again") from error


def _rig(nominal: Rig, folders: Sequence[_CameraFolder], trajectory: Trajectory) -> Rig:
    """The nominal LiDARs with this log's own cameras."""
    cameras = {}
    for folder in folders:
        ego_SE3_camera = _extrinsics(folder, trajectory)
        if ego_SE3_camera is None:
            if folder.name not in nominal.cameras:
                raise DatasetError(
                    "no image of the camera lies within the ego poses", folder.name,
                    "download the log again",
                )  # fmt: skip
            ego_SE3_camera = nominal.cameras[folder.name].ego_SE3_camera
        cameras[folder.name] = CameraMount(folder.camera, ego_SE3_camera)
    return Rig(
        nominal.name,
        nominal.lidars,
        cameras,
        source=f"intrinsics and camera poses of the log; LiDARs: {nominal.source}",
        date=nominal.date,
        notes=nominal.notes,
    )


def _extrinsics(folder: _CameraFolder, trajectory: Trajectory) -> SE3 | None:
    """`ego_SE3_camera`: the middle of all images' poses against the ego pose at their times."""
    if folder.world_SE3_camera is None:
        return None
    covered = [
        row for row, time_ns in enumerate(folder.images.timestamps_ns) if trajectory.covers(time_ns)
    ]
    if not covered:
        return None
    times_ns = folder.images.timestamps_ns[covered]
    ego_SE3_camera = trajectory.at(times_ns).inverse() @ folder.world_SE3_camera[np.array(covered)]
    return SE3(
        nearest_rotation(ego_SE3_camera.rotation.mean(axis=0)),
        np.median(ego_SE3_camera.translation_m, axis=0),
    )


def _phases_ns(folders: Sequence[_CameraFolder], sweep_times_ns: IntArray) -> dict[str, int]:
    """Usual image time minus sweep time, from images and sweeps of one number.

    Images of a number are taken while the beam of the sweep with that number passes the camera, up
    to 100 ms before the sweep's timestamp; the nearest one in time may be that of the next sweep.
    """
    phases_ns: dict[str, int] = {}
    for folder in folders:
        numbers = np.array(folder.numbers, dtype=np.int64)
        both = numbers < len(sweep_times_ns)
        if both.any():
            apart_ns = folder.images.timestamps_ns[both] - sweep_times_ns[numbers[both]]
            phases_ns[folder.name] = round(float(np.median(apart_ns)))
    return phases_ns


def _in_range(paths: dict[int, Path], count: int, folder: Path) -> dict[int, Path]:
    extra = [path.name for number, path in paths.items() if number >= count]
    if extra:
        raise DatasetError(
            f"{len(paths)} files for {count} timestamps, {extra[0]} has none",
            folder,
            "download timestamps.json again or remove the file",
        )
    return paths


def _missing(paths: dict[int, Path], count: int) -> list[int]:
    return [number for number in range(count) if number not in paths]


def _missing_note(where: str, missing: list[int], total: int, what: str) -> list[str]:
    if not missing:
        return []
    shown = ", ".join(f"{number:02d}" for number in missing[:10])
    more = ", ..." if len(missing) > 10 else ""
    return [f"{where}: {len(missing)} of {total} {what} are missing: {shown}{more}"]


def _all_files(path: Path) -> list[Path]:
    """Files that make the log; labels are not part of its fingerprint."""
    folders = [path / "lidar", *(entry for entry in (path / "camera").glob("*") if entry.is_dir())]
    return [file for folder in folders for file in folder.iterdir() if file.is_file()]
