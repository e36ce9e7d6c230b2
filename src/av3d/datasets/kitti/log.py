"""Opening a sequence of the tracking benchmark or a frame of the object benchmark as a log."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from av3d.calibration.nominal import nominal_rig
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.dataset import DatasetError
from av3d.datasets.kitti.calibration import KittiCalibration, read_calibration
from av3d.datasets.kitti.labels import read_tracking_labels
from av3d.datasets.kitti.layout import (
    IMAGE_SUFFIXES,
    frame_names,
    image_of,
    numbered,
    object_place,
    sequence_names,
    sequences_with_points,
    tracking_place,
)
from av3d.datasets.kitti.oxts import read_oxts
from av3d.datasets.kitti.sidecar import Sidecar, read_sidecar, sidecar_path
from av3d.datasets.kitti.velodyne import LIDAR, VelodyneFiles
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.image import MAX_PIXELS, ImageFiles, read_image
from av3d.logs.log import Log
from av3d.logs.trajectory import Trajectory
from av3d.reading import open_file, read_bytes

FRAME_NS = 100_000_000
"""The benchmarks carry no times; their sensors run at 10 Hz."""

NO_CLOCK_ALONE = "none, the benchmark carries no times and its frames are unrelated"
NO_CLOCK = "none, the benchmark carries no times: frames are 100 ms apart by their numbers"


class KittiLog(Log):
    """A log that remembers how it is stored, so that labels go back to where they came from.

    Args:
        split: the folder training or testing.
        sequence: name of the sequence, or of the frame in the object benchmark.
        frame_numbers: KITTI's number of each frame, in the order of `frames`.
        calibration: its calibration file.
        sidecar: what av3d wrote beside the labels, if the folder is an export of av3d.
        others: names of the other sequences or frames of the folder.
    """

    def __init__(
        self,
        *,
        split: Path,
        sequence: str,
        frame_numbers: tuple[int, ...],
        calibration: KittiCalibration,
        sidecar: Sidecar | None,
        others: tuple[str, ...] = (),
        **log: Any,
    ) -> None:
        clock = NO_CLOCK_ALONE if log["kind"] == "kitti-object" else NO_CLOCK
        if sidecar is not None:
            clock = "the clocks of the log that was exported"
        super().__init__(**log, clocks=dict.fromkeys([*log["lidars"], *log["cameras"]], clock))
        self.split = split
        self.sequence = sequence
        self.frame_numbers = frame_numbers
        self.calibration = calibration
        self.sidecar = sidecar
        self.others = others

    def time_of(self, frame_number: int) -> int:
        """Time of a frame of the sequence, whether it has a sweep or not."""
        return _time_of(frame_number, self.sidecar)

    def number_of(self, timestamp_ns: int) -> int | None:
        """The frame of the sequence at exactly this time; None if there is none."""
        if self.sidecar is not None and self.sidecar.frame_times_ns:
            known = self.sidecar.frame_times_ns.items()
            return next((number for number, time_ns in known if time_ns == timestamp_ns), None)
        number, rest = divmod(timestamp_ns, FRAME_NS)
        return number if rest == 0 and number >= 0 else None


def open_tracking(path: Path) -> KittiLog:
    """Open one sequence of the tracking benchmark.

    Raises:
        DatasetError: the path does not say which of several sequences, or there is nothing in it.
        InputFileError: the calibration, oxts or label file is broken.
    """
    place = tracking_place(path)
    if place is None:
        raise DatasetError(
            "not a folder of the KITTI tracking benchmark",
            path,
            "it needs calib/ and velodyne/, image_02/ or label_02/ in training/",
        )
    split = place.split
    notes: list[str] = []
    name = place.name or _only_sequence(split, path, notes)
    others = tuple(other for other in sequence_names(split) if other != name)
    velodyne = numbered(split / "velodyne" / name, (".bin",))
    images = {
        number: numbered(split / f"image_0{number}" / name, IMAGE_SUFFIXES) for number in (2, 3)
    }
    labels, oxts = split / "label_02" / f"{name}.txt", split / "oxts" / f"{name}.txt"
    if not (velodyne or any(images.values()) or labels.is_file() or oxts.is_file()):
        raise DatasetError(
            f"sequence {name} has no data", split, f"use one of: {' '.join(others) or 'none'}"
        )
    calibration = _calibration(split / "calib" / f"{name}.txt")
    world_SE3_imu = read_oxts(oxts) if oxts.is_file() else None
    frames: dict[int, Path | None] = dict(velodyne)
    if not frames:
        numbers = set(images[2]) | set(images[3])
        if labels.is_file():
            numbers.update(label.frame for label in read_tracking_labels(labels))
        if not numbers and world_SE3_imu is not None:
            numbers.update(range(len(world_SE3_imu)))
        if not numbers:
            raise DatasetError(f"sequence {name} has no frames", split, "add velodyne or image_02")
        frames = dict.fromkeys(sorted(numbers))
        notes.append("There are no point clouds; every frame has an empty sweep.")
    sidecar = _usable(read_sidecar(sidecar_path(split, name)), frames, images, notes)
    if sidecar is None or not sidecar.frame_times_ns:
        notes.append("KITTI stores no times: frame n is taken to be at n / 10 s.")
    trajectory = Trajectory.identity()
    if world_SE3_imu is None:
        notes.append("There is no oxts file: the ego pose is not known and taken as fixed.")
    else:
        trajectory = _trajectory(oxts, world_SE3_imu, sidecar, max(frames))
        if calibration.velodyne_SE3_imu is None:
            # KITTI's documentation: this transform is the same in all sequences.
            imu_SE3_velodyne = nominal_rig("kitti").lidar(LIDAR).ego_SE3_lidar
            calibration = replace(calibration, velodyne_SE3_imu=imu_SE3_velodyne.inverse())
            notes.append("The calibration has no Tr_imu_to_velo; that of KITTI's vehicle is used.")
    rig = _rig("kitti", calibration, images, notes)
    return KittiLog(
        split=split,
        sequence=name,
        frame_numbers=tuple(frames),
        calibration=calibration,
        sidecar=sidecar,
        others=others,
        name=f"kitti-{name}",
        kind="kitti-tracking",
        path=_named_path(
            split, name, ("velodyne/{}", "image_02/{}", "label_02/{}.txt", "oxts/{}.txt")
        ),
        rig=rig,
        trajectory=trajectory,
        lidars={
            LIDAR: VelodyneFiles([_time_of(n, sidecar) for n in frames], list(frames.values()))
        },
        cameras=_streams(images, "image_0{}", sidecar),
        camera_phases_ns=_phases(images, "image_0{}", sidecar),
        fingerprint=_fingerprint(
            [calibration.path, oxts], [path for path in frames.values() if path]
        ),
        notes=notes,
    )


def open_object(path: Path) -> KittiLog:
    """Open one frame of the object benchmark as a log of one frame.

    The frames of the benchmark are unrelated: each has its own calibration, and neither pose nor
    time. A folder with several opens its first frame and says so in the notes.

    Raises:
        DatasetError: the path holds no such frame.
        InputFileError: the calibration or the sidecar is broken.
    """
    place = object_place(path)
    if place is None:
        raise DatasetError(
            "not a folder of the KITTI object benchmark",
            path,
            "it needs calib/ and velodyne/, image_2/ or label_2/ in training/",
        )
    split = place.split
    names = frame_names(split)
    if not names:
        raise DatasetError("there are no point clouds", split / "velodyne", "add NNNNNN.bin files")
    name = place.name or names[0]
    if name not in names:
        raise DatasetError(
            f"frame {name} has no point cloud",
            split / "velodyne",
            f"use one of the {len(names)} frames from {names[0]} to {names[-1]}",
        )
    notes: list[str] = []
    if place.name is None and len(names) > 1:
        notes.append(
            f"The folder holds {len(names)} unrelated frames with calibrations of their own; this "
            f"is the first, {name}. Open another by its file, for example "
            f"velodyne/{names[1]}.bin."
        )
    calibration = _calibration(split / "calib" / f"{name}.txt")
    number = int(name) if name.isdecimal() else 0
    images: dict[int, dict[int, Path]] = {}
    for camera in (2, 3):
        file = image_of(split / f"image_{camera}", name)
        images[camera] = {number: file} if file else {}
    frames: dict[int, Path | None] = {number: split / "velodyne" / f"{name}.bin"}
    sidecar = _usable(read_sidecar(sidecar_path(split, name)), frames, images, notes)
    time_ns = _time_of(number, sidecar) if sidecar else 0
    trajectory = Trajectory.identity()
    if sidecar is not None and sidecar.world_pose is not None:
        pose = SE3.from_quaternion(sidecar.world_pose[3:], sidecar.world_pose[:3])
        trajectory = Trajectory([time_ns], SE3.stack([pose]), source=f"{split}/av3d/{name}.json")
    else:
        notes.append("The object benchmark has no ego poses: the ego frame is the world frame.")
    return KittiLog(
        split=split,
        sequence=name,
        frame_numbers=(number,),
        calibration=calibration,
        sidecar=sidecar,
        others=tuple(other for other in names if other != name),
        name=f"kitti-object-{name}",
        kind="kitti-object",
        path=split / "velodyne" / f"{name}.bin",
        rig=_rig("kitti", calibration, images, notes, "image_{}"),
        trajectory=trajectory,
        lidars={LIDAR: VelodyneFiles([time_ns], list(frames.values()))},
        cameras=_streams(images, "image_{}", sidecar, None if sidecar else time_ns),
        camera_phases_ns=_phases(images, "image_{}", sidecar),
        fingerprint=_fingerprint([calibration.path], [path for path in frames.values() if path]),
        notes=notes,
    )


def _only_sequence(split: Path, path: Path, notes: list[str]) -> str:
    """The one sequence of a folder that a person can mean."""
    names, full = sequence_names(split), sequences_with_points(split)
    if not names:
        raise DatasetError("there is no sequence", split, "add velodyne/0000 or label_02/0000.txt")
    candidates = full or names
    if len(candidates) > 1:
        example = f"velodyne/{candidates[0]}" if full else f"label_02/{candidates[0]}.txt"
        raise DatasetError(
            f"{len(candidates)} sequences: {' '.join(candidates)}",
            path,
            f"say which by its path, for example {split / example}",
        )
    if len(names) > 1:
        notes.append(
            f"Sequence {candidates[0]} is the only one of {len(names)} with point clouds. Open "
            f"another by its path, for example label_02/"
            f"{next(name for name in names if name != candidates[0])}.txt."
        )
    return candidates[0]


def _calibration(path: Path) -> KittiCalibration:
    if not path.is_file():
        raise InputFileError("there is no calibration", path, "restore the file")
    return read_calibration(path)


def _usable(
    sidecar: Sidecar | None,
    frames: Mapping[int, Path | None],
    images: Mapping[int, Mapping[int, Path]],
    notes: list[str],
) -> Sidecar | None:
    """The sidecar if it knows every frame and image that is there; frames were added otherwise."""
    if sidecar is None:
        return None
    wanted = set(frames).union(*images.values())
    unknown = sorted(wanted - set(sidecar.frame_times_ns))
    if unknown:
        notes.append(
            f"The folder has frames that its av3d file does not know (first: {unknown[0]}); it is "
            "read as plain KITTI."
        )
        return None
    notes.append(
        f"Written by av3d from log {sidecar.log}: times, tracks and tilts come from its av3d file."
    )
    return sidecar


def _time_of(frame_number: int, sidecar: Sidecar | None) -> int:
    times = sidecar.frame_times_ns if sidecar else {}
    return times.get(frame_number, frame_number * FRAME_NS)


def _trajectory(
    oxts: Path,
    world_SE3_imu: SE3,
    sidecar: Sidecar | None,
    last_frame: int,
) -> Trajectory:
    count = len(world_SE3_imu)
    if last_frame >= count:
        raise InputFileError(
            f"{count} oxts records, but the last frame has number {last_frame}",
            oxts,
            "restore the file, or remove it to open the sequence without poses",
        )
    origin_m = np.array(sidecar.world_origin_m or (0.0, 0.0, 0.0)) if sidecar else np.zeros(3)
    times = [_time_of(number, sidecar) for number in range(count)]
    poses = SE3(world_SE3_imu.rotation, world_SE3_imu.translation_m + origin_m)
    return Trajectory(times, poses, source=str(oxts))


def _rig(
    name: str,
    calibration: KittiCalibration,
    images: Mapping[int, Mapping[int, Path]],
    notes: list[str],
    pattern: str = "image_0{}",
) -> Rig:
    cameras: dict[str, CameraMount] = {}
    for number, files in images.items():
        if number not in calibration.projections:
            if files:
                calibration.camera(number, 1, 1)  # says which entry is missing
            continue
        size_px = image_size(list(files.values()))
        if files and size_px is None:
            notes.append(f"No image of {pattern.format(number)} can be read.")
        width, height = size_px or _usual_size()
        camera, ego_SE3_camera = calibration.camera(number, width, height)
        cameras[pattern.format(number)] = CameraMount(camera, ego_SE3_camera)
    if not any(images.values()):
        notes.append(
            "There are no images; the cameras are taken as "
            f"{'x'.join(str(side) for side in _usual_size())} px."
        )
    if calibration.velodyne_SE3_imu is None:
        notes.append("The calibration has no imu: the ego frame is the velodyne frame.")
    return Rig(
        name,
        {LIDAR: LidarMount(calibration.ego_SE3_velodyne)},
        cameras,
        source=f"KITTI calibration file {calibration.path.name}",
    )


def _streams(
    images: Mapping[int, Mapping[int, Path]],
    pattern: str,
    sidecar: Sidecar | None,
    time_ns: int | None = None,
) -> dict[str, ImageFiles]:
    streams: dict[str, ImageFiles] = {}
    for camera, files in images.items():
        if files:
            name = pattern.format(camera)
            exposed = sidecar.image_times_ns.get(name, {}) if sidecar else {}
            times = [
                exposed.get(number, _time_of(number, sidecar) if time_ns is None else time_ns)
                for number in files
            ]
            streams[name] = ImageFiles(times, list(files.values()))
    return streams


def _usual_size() -> tuple[int, int]:
    camera = nominal_rig("kitti").camera("image_02").camera
    return camera.width_px, camera.height_px


def _phases(
    images: Mapping[int, Mapping[int, Path]], pattern: str, sidecar: Sidecar | None
) -> dict[str, int]:
    """Usual image time minus sweep time: what belongs together has the same frame number."""
    phases: dict[str, int] = {}
    for camera, files in images.items():
        name = pattern.format(camera)
        exposed = sidecar.image_times_ns.get(name, {}) if sidecar else {}
        if files:
            apart_ns = [exposed[n] - _time_of(n, sidecar) if n in exposed else 0 for n in files]
            phases[name] = round(float(np.median(apart_ns)))
    return phases


def image_size(files: Sequence[Path]) -> tuple[int, int] | None:
    """Width and height from the first PNG header that can be read; other files are decoded.

    None if no image can be read: that makes no log worthless, and reading the image says why.
    """
    for path in files[:10]:
        try:
            with open_file(path, "image") as file:
                head = file.read(24)
        except (InputFileError, OSError):
            continue
        if head[:8] == b"\x89PNG\r\n\x1a\n" and len(head) == 24:
            width, height = struct.unpack(">II", head[16:24])
            if 0 < width * height <= MAX_PIXELS:
                return int(width), int(height)
    for path in files[:10]:
        try:
            height_px, width_px = read_image(path).shape[:2]
        except InputFileError:
            continue
        return int(width_px), int(height_px)
    return None


def _named_path(split: Path, name: str, patterns: tuple[str, ...]) -> Path:
    """The first of these paths that exists; opening it again means this sequence and no other."""
    for pattern in patterns:
        if (split / pattern.format(name)).exists():
            return split / pattern.format(name)
    return split


def _fingerprint(texts: Sequence[Path], clouds: Sequence[Path]) -> str:
    """Hash of calibration and poses, and of the name and size of every point cloud."""
    digest = hashlib.sha256()
    for path in texts:
        if path.is_file():
            digest.update(read_bytes(path))
    for path in clouds:
        try:
            size_bytes = path.stat().st_size
        except OSError:  # a link that leads nowhere, which reading the sweep reports
            size_bytes = -1
        digest.update(f"{path.name} {size_bytes}\n".encode())
    return digest.hexdigest()[:32]
