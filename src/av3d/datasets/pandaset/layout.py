"""Files of a PandaSet log: where they are, and its JSON ones."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3, NotARigidTransformError
from av3d.reading import read_bytes
from av3d.types import NS_PER_S, FloatArray, IntArray

MAX_JSON_BYTES = 64 * 1024 * 1024
QUATERNION_TOLERANCE = 0.01
"""How far the norm of a quaternion may be from 1: more is damage, not rounding."""

TABLE_SUFFIXES = (".pkl.gz", ".pkl")
"""In the order of preference when a frame has both."""


def numbered_files(folder: Path, suffixes: tuple[str, ...]) -> dict[int, Path]:
    """Files named by frame ("07.pkl.gz") in the order of their numbers; other files are ignored."""
    found: dict[int, Path] = {}
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DatasetError(
            f"cannot list the folder: {error.strerror or error}", folder, "check its permissions"
        ) from error
    for suffix in reversed(suffixes):
        for name in names:
            stem = name[: -len(suffix)]
            if name.lower().endswith(suffix) and stem.isascii() and stem.isdigit():
                found[int(stem)] = folder / name
    return dict(sorted(found.items()))


def read_json(path: Path) -> Any:
    """Decode a JSON file; InputFileError if it cannot be read."""
    data = read_bytes(path)
    if len(data) > MAX_JSON_BYTES:
        raise InputFileError(
            f"larger than {MAX_JSON_BYTES // 1024**2} MB", path, "restore the file"
        )
    if not data.strip():
        raise InputFileError(f"the file is empty, {len(data)} bytes", path, "download it again")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"not valid JSON ({error})", path, "download it again") from error


def read_timestamps_ns(path: Path) -> IntArray:
    """A `timestamps.json`: seconds since 1970 with microseconds, (N,); strictly increasing.

    Raises:
        InputFileError: not a list of numbers, or times that do not increase.
    """
    values = read_json(path)
    if not isinstance(values, list) or not values:
        raise InputFileError("expected a list of timestamps in seconds", path, "download it again")
    for row, value in enumerate(values):
        # bool is an int to Python; the upper bound is where nanoseconds leave 64 bits.
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value < 2**63 / NS_PER_S - 1:
            raise InputFileError(
                f"timestamp {row} is {value!r}, not a time in seconds", path, "download it again"
            )
    times_ns = seconds_to_ns(np.array(values, dtype=np.float64))
    steps = np.diff(times_ns)
    if (steps <= 0).any():
        row = int(np.flatnonzero(steps <= 0)[0])
        raise InputFileError(
            f"timestamps do not increase: entry {row + 1} is {-int(steps[row]) / 1e6:.3f} ms "
            f"before entry {row}",
            path,
            "sort frames by time and remove doubled ones",
        )
    return times_ns


def seconds_to_ns(seconds: FloatArray) -> IntArray:
    """PandaSet's float seconds as nanoseconds; a float of this size is exact to .24 µs only."""
    return np.asarray(np.rint(seconds * 1e6).astype(np.int64) * 1000)


def read_poses(path: Path) -> SE3:
    """A `poses.json`: world from sensor, batch of N.

    Raises:
        InputFileError: an entry lacks a value, or is not a rotation and a finite position.
    """
    entries = read_json(path)
    if not isinstance(entries, list) or not entries:
        raise InputFileError("expected a list of poses", path, "download it again")
    poses: list[SE3] = []
    for row, entry in enumerate(entries):
        try:
            quaternion = [float(entry["heading"][key]) for key in "wxyz"]
            position = [float(entry["position"][key]) for key in "xyz"]
            norm = math.hypot(*quaternion)
            if norm > 1e-6 and abs(norm - 1) > QUATERNION_TOLERANCE:
                raise NotARigidTransformError(
                    f"not a rotation: the quaternion has norm {norm:.4g} instead of 1"
                )
            poses.append(SE3.from_quaternion(quaternion, position))
        except KeyError as error:
            raise InputFileError(
                f"pose {row} lacks the key {error.args[0]!r}", path, "download it again"
            ) from error
        except (TypeError, ValueError, OverflowError) as error:
            raise InputFileError(
                f"pose {row} is not made of numbers ({error})", path, "download it again"
            ) from error
        except NotARigidTransformError as error:
            raise InputFileError(
                f"pose {row}: {error.what}", path, "correct or remove this frame"
            ) from error
    return SE3.stack(poses)


def fingerprint(path: Path, files: Iterable[Path]) -> str:
    """A hash of names, sizes and the small JSON files; opening a log must not read its points."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(path).as_posix()} {file.stat().st_size}\n".encode())
        if file.suffix == ".json":
            digest.update(read_bytes(file))
    return digest.hexdigest()
