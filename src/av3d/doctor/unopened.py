"""Logs that do not open: what the reader's error means, and files with which they would."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from av3d.calibration.camera import InvalidCameraError
from av3d.doctor.finding import Finding, Severity
from av3d.doctor.placement import oddities
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3, NotARigidTransformError, nearest_rotation
from av3d.logs.rhythm import SynchronisationError
from av3d.logs.trajectory import TrajectoryError
from av3d.reading import read_text, read_toml
from av3d.types import FloatArray

POSE_KEYS = ("ego_SE3_lidar", "ego_SE3_camera")
TIME_COLUMN = "timestamp_ns"


@dataclass(frozen=True)
class _Meaning:
    """What an error means: the check that names it, and what to do."""

    check: str
    fix: str


def diagnose(error: Av3dError, log: Path) -> Finding:
    """What keeps a log from opening.

    Args:
        error: what its reader raised.
        log: the folder or file of the log.

    Returns:
        An error; where a file in the log's folder can be repaired, its content is proposed.
    """
    meaning = _meaning(error)
    place = _file(error, log)
    repairs: dict[str, bytes] = {}
    details: list[str] = []
    if place is not None and place.suffix == ".toml":
        repairs, details, check = _repaired_rig(place, log)
        meaning = _Meaning(check or meaning.check, meaning.fix)
    elif place is not None and place.suffix == ".csv" and meaning.check == "timestamps.disorder":
        repairs, details = _sorted_table(place, log)
    fix = error.fix or meaning.fix
    if repairs:
        fix = f"compare with the proposed {next(iter(repairs))}, which {'; '.join(details)}"
    return Finding(
        meaning.check,
        Severity.ERROR,
        f"the log does not open: {error.what}",
        error.where or str(log),
        fix,
        numbers={"repaired": details},
        sensor=_sensor(error),
        repairs=repairs,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _meaning(error: Av3dError) -> _Meaning:
    text = " ".join(str(cause) for cause in _causes(error)).lower()
    for cause in _causes(error):
        if isinstance(cause, NotARigidTransformError):
            if "mirrors" in text:
                return _Meaning("calibration.handedness", "write a right-handed rotation")
            return _Meaning("calibration.not-a-rotation", "write a rotation matrix")
        if isinstance(cause, InvalidCameraError):
            return _Meaning("calibration.intrinsics", "correct the intrinsics")
        if isinstance(cause, SynchronisationError | TrajectoryError) and "increase" in text:
            return _Meaning("timestamps.disorder", "sort by time and remove doubled entries")
    if "not a rotation" in text or ("quaternion" in text and ("norm" in text or "length" in text)):
        return _Meaning("calibration.not-a-rotation", "write a unit quaternion")
    if "increase" in text and "time" in text:
        return _Meaning("timestamps.disorder", "sort by time and remove doubled entries")
    if isinstance(error, TrajectoryError):
        return _Meaning("poses.none", "add ego poses")
    return _Meaning("log.unreadable", "restore the file from its source")


def _file(error: Av3dError, log: Path) -> Path | None:
    """The file that an error is about, if it lies in the log's folder."""
    name = error.where.rpartition(", ")[0] or error.where
    for candidate in (error.where, name):
        place = _flat(Path(candidate))
        try:
            if candidate and place.is_relative_to(_flat(log)) and place.is_file():
                return place
        except (OSError, ValueError):
            continue
    return None


def _flat(path: Path) -> Path:
    # Links are not followed: a log's folder may be made of them.
    return Path(os.path.normpath(path.absolute()))


def _name_in(file: Path, log: Path) -> str:
    return _flat(file).relative_to(_flat(log)).as_posix()


def _sensor(error: Av3dError) -> str:
    """The sensor that a place in a rig names: "rig.toml, camera.front.ego_SE3_camera"."""
    parts = error.where.rpartition(", ")[2].split(".")
    return parts[1] if len(parts) > 1 and parts[0] in ("camera", "lidar") else ""


def _repaired_rig(file: Path, log: Path) -> tuple[dict[str, bytes], list[str], str]:
    """A rig with proper rotations; what was changed; and the check that names the first change."""
    try:
        document = read_toml(file, "the rig")
    except Av3dError:
        return {}, [], ""
    details: list[str] = []
    checks: list[str] = []
    for kind in ("lidar", "camera"):
        sensors = document.get(kind)
        if not isinstance(sensors, dict):
            continue
        for name, sensor in sensors.items():
            for key in POSE_KEYS:
                pose = sensor.get(key) if isinstance(sensor, dict) else None
                if not isinstance(pose, dict):
                    continue
                for part, repair in _REPAIRS.items():
                    done = repair(pose, name if kind == "camera" else "") if part in pose else None
                    if done is not None:
                        checks.append(done[0])
                        details.append(f"has {done[1]} of {name}")
    if not details:
        return {}, [], ""
    repaired = tomli_w.dumps(document).encode("utf-8")
    return {_name_in(file, log): repaired}, details, checks[0]


def _repair_quaternion(pose: dict[str, Any], _camera: str) -> tuple[str, str] | None:
    values = _numbers(pose["quaternion_wxyz"], (4,))
    if values is None:
        return None
    norm = float(np.linalg.norm(values))
    if abs(norm - 1) < 1e-6 or norm < 1e-6:
        return None
    pose["quaternion_wxyz"] = (values / norm).tolist()
    return "calibration.not-a-rotation", f"the quaternion (norm {norm:.4g}) brought to norm 1"


def _repair_matrix(pose: dict[str, Any], camera: str) -> tuple[str, str] | None:
    matrix = _numbers(pose["matrix"], (4, 4))
    if matrix is None:
        return None
    last = np.array([0.0, 0.0, 0.0, 1.0])
    words = ""
    check = "calibration.not-a-rotation"
    if not np.allclose(matrix[3], last, atol=1e-4) and np.allclose(matrix[:, 3], last, atol=1e-4):
        matrix, words, check = matrix.T.copy(), "the transpose", "calibration.inverted"
    if not np.allclose(matrix[3], last, atol=1e-4):
        return None
    try:
        SE3.from_matrix(matrix)
    except NotARigidTransformError:
        rotation = matrix[:3, :3]
        if abs(np.linalg.det(rotation)) < 1e-3:
            return None
        if np.linalg.det(rotation) < 0:
            check = "calibration.handedness"
            rotation, axis = _unmirrored(rotation, matrix[:3, 3], camera)
            words = f"axis {axis} turned round"
        else:
            words = words or "the nearest rotation"
        matrix[:3, :3] = nearest_rotation(rotation)
    if not words:
        return None
    pose["matrix"] = matrix.tolist()
    return check, f"{words} in the matrix"


_REPAIRS: dict[str, Callable[[dict[str, Any], str], tuple[str, str] | None]] = {
    "quaternion_wxyz": _repair_quaternion,
    "matrix": _repair_matrix,
}


def _unmirrored(rotation: FloatArray, place_m: FloatArray, camera: str) -> tuple[FloatArray, str]:
    """A mirroring matrix with the axis turned round that leaves a camera least odd."""
    best: tuple[int, FloatArray, str] | None = None
    for number, axis in enumerate("xyz"):
        turned = rotation.copy()
        turned[:, number] *= -1
        pose = SE3(nearest_rotation(turned), place_m)
        # A LiDAR's z axis points up; which of the other two is wrong does not show.
        odd = len(oddities(camera, pose)) if camera else int(pose.rotation[2, 2] < 0)
        if best is None or odd < best[0]:
            best = odd, turned, axis
    assert best is not None
    return best[1], best[2]


def _numbers(value: object, shape: tuple[int, ...]) -> FloatArray | None:
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return array if array.shape == shape and np.isfinite(array).all() else None


def _sorted_table(file: Path, log: Path) -> tuple[dict[str, bytes], list[str]]:
    """A CSV file of poses in the order of time, each time once."""
    try:
        header, *lines = read_text(file, "table").splitlines()
        column = [name.strip() for name in header.split(",")].index(TIME_COLUMN)
        rows = {int(line.split(",")[column]): line for line in reversed(lines) if line.strip()}
    except (Av3dError, ValueError, IndexError):
        return {}, []
    text = "\n".join([header, *(rows[time_ns] for time_ns in sorted(rows))]) + "\n"
    doubled = sum(bool(line.strip()) for line in lines) - len(rows)
    words = "has its lines in the order of time"
    if doubled:
        words += f", without {doubled} doubled ones"
    return {_name_in(file, log): text.encode("utf-8")}, [words]
