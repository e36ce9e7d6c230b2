"""A PandaSet log of four sweeps, small enough to write for every test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

SWEEP_TIMES_S = [1557539956.500022, 1557539956.600033, 1557539956.700054, 1557539956.800082]
# The vehicle drives 1 m per sweep along its own y axis, which is the world's y axis here.
UPRIGHT = {"w": 1.0, "x": 0.0, "y": 0.0, "z": 0.0}
VEHICLE_POSES = [
    {"position": {"x": 0.0, "y": float(k), "z": 0.0}, "heading": UPRIGHT} for k in range(4)
]
# Looks along the world's y axis from 1.6 m above the vehicle's origin.
CAMERA_HEADING = {"w": 0.5**0.5, "x": -(0.5**0.5), "y": 0.0, "z": 0.0}


def points(frame: int) -> pd.DataFrame:
    """Two points of the Pandar64, 10 m ahead and 5 m to the right; one of the PandarGT."""
    y = float(frame)
    return pd.DataFrame(
        {
            "x": [0.0, 5.0, 0.5],
            "y": [y + 10.0, y, y + 20.0],
            "z": [1.0, 0.5, 2.0],
            "i": [0.0, 51.0, 255.0],
            "t": [SWEEP_TIMES_S[frame] - lag for lag in (0.050, 0.025, 0.075)],
            "d": [0, 0, 1],
        }
    )


def cuboid(uuid: str, x: float, y: float, **values: Any) -> dict[str, Any]:
    """A row of a cuboid table: a parked car with its length along the world's y axis."""
    return {
        "uuid": uuid, "label": "Car", "yaw": 0.0, "stationary": True, "camera_used": -1,
        "position.x": x, "position.y": y, "position.z": 0.8,
        "dimensions.x": 1.9, "dimensions.y": 4.6, "dimensions.z": 1.6,
        "attributes.object_motion": "Parked",
        "cuboids.sibling_id": "-", "cuboids.sensor_id": -1,
        "attributes.rider_status": np.nan,
        **values,
    }  # fmt: skip


def write_table(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_pickle(path, protocol=4)


def write_tiny_log(log: Path) -> Path:
    """A log folder with front and back camera and no annotations."""
    for frame in range(4):
        write_table(points(frame), log / "lidar" / f"{frame:02d}.pkl.gz")
    (log / "lidar" / "timestamps.json").write_text(json.dumps(SWEEP_TIMES_S))
    (log / "lidar" / "poses.json").write_text(json.dumps(VEHICLE_POSES))
    jpeg = cv2.imencode(".jpg", np.zeros((1080, 1920, 3), np.uint8))[1].tobytes()
    for name, lag_s in (("front_camera", 0.050), ("back_camera", 0.0999)):
        folder = log / "camera" / name
        folder.mkdir(parents=True)
        for frame in range(4):
            (folder / f"{frame:02d}.jpg").write_bytes(jpeg)
        times = [time - lag_s for time in SWEEP_TIMES_S]
        poses = [
            {"position": {"x": 0.0, "y": k - lag_s * 10, "z": 1.6}, "heading": CAMERA_HEADING}
            for k in range(4)
        ]
        (folder / "timestamps.json").write_text(json.dumps(times))
        (folder / "poses.json").write_text(json.dumps(poses))
        (folder / "intrinsics.json").write_text('{"fx": 1000, "fy": 1000, "cx": 960, "cy": 540}')
    return log


@pytest.fixture
def tiny_log(tmp_path: Path) -> Path:
    """The tiny log in a folder with a name beyond ASCII."""
    return write_tiny_log(tmp_path / "Straße 2")


@pytest.fixture
def with_cuboids(tiny_log: Path) -> Callable[[list[list[dict[str, Any]]]], Path]:
    """Writes the cuboids of each frame into the tiny log."""

    def write(frames: list[list[dict[str, Any]]]) -> Path:
        for number, rows in enumerate(frames):
            table = pd.DataFrame(rows, columns=list(cuboid("", 0, 0)))
            write_table(table, tiny_log / "annotations" / "cuboids" / f"{number:02d}.pkl.gz")
        return tiny_log

    return write


@pytest.fixture
def row() -> Callable[..., dict[str, Any]]:
    """Makes one row of a cuboid table."""
    return cuboid


@pytest.fixture
def cloud() -> Callable[[int], pd.DataFrame]:
    """Makes the table of one sweep."""
    return points
