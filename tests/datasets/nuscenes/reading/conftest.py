"""A small database with the rates of nuScenes: 20 Hz LiDAR, cameras at 12 Hz that the beam triggers, a
radar at 13 Hz, samples every half second, two scenes. Tests mutate copies of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLBACKEND", "Agg")

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from av3d.geometry.se3 import SE3

START_US = 1_533_151_603_500_000
TURN_US = 50_000
SWEEPS = 41
"""Two seconds; every tenth is a sample."""
YAWS_DEG = {
    "CAM_FRONT": 0, "CAM_FRONT_LEFT": 55, "CAM_FRONT_RIGHT": -55,
    "CAM_BACK": 180, "CAM_BACK_LEFT": 110, "CAM_BACK_RIGHT": -110,
}  # fmt: skip
K = [[80.0, 0.0, 79.5], [0.0, 82.0, 44.5], [0.0, 0.0, 1.0]]
EGO_SE3_LIDAR = SE3.from_yaw(-np.pi / 2, [0.9, 0.0, 1.84])
"""The LiDAR of nuScenes has x to the right and y ahead."""
WALKER, PARKED = "a" * 32, "b" * 32
RADAR_FIELDS = (
    "x y z dyn_prop id rcs vx vy vx_comp vy_comp is_quality_valid ambig_state x_rms y_rms "
    "invalid_state pdh0 vx_rms vy_rms"
)
RADAR_DTYPE = np.dtype(
    [
        (name, kind)
        for name, kind in zip(
            RADAR_FIELDS.split(),
            ["<f4"] * 3 + ["<i1", "<i2"] + ["<f4"] * 5 + ["<i1"] * 8,
            strict=True,
        )
    ]
)


def world_SE3_ego(time_us: float, start_us: int) -> SE3:
    """A drive with a slight turn on a slope."""
    s = (time_us - start_us) / 1e6
    return SE3.from_euler(0.01, -0.02, 0.3 + 0.05 * s, [600 + 8 * s, 1600 + 2 * s, 0.1 * s])


def ego_SE3_camera(channel: str) -> SE3:
    forward = SE3.from_matrix(
        np.array([[0, 0, 1, 1.2], [-1, 0, 0, 0.0], [0, -1, 0, 1.5], [0, 0, 0, 1.0]])
    )
    return SE3.from_yaw(np.radians(YAWS_DEG[channel]), np.zeros(3)) @ forward


def columns(pose: SE3) -> dict[str, list[float]]:
    return {
        "translation": pose.translation_m.tolist(),
        "rotation": pose.quaternion_wxyz.tolist(),
    }


def radar_file(points: npt.NDArray[Any]) -> bytes:
    """A PCD file as nuScenes has them, with the line feed at the end that its toolkit needs."""
    kinds = [RADAR_DTYPE[name] for name in RADAR_FIELDS.split()]
    header = [
        "# .PCD v0.7 - Point Cloud Data file format",
        "VERSION 0.7",
        f"FIELDS {RADAR_FIELDS}",
        "SIZE " + " ".join(str(kind.itemsize) for kind in kinds),
        "TYPE " + " ".join("F" if kind.kind == "f" else "I" for kind in kinds),
        "COUNT " + " ".join("1" for _ in kinds),
        f"WIDTH {len(points)}",
        "HEIGHT 1",
        "VIEWPOINT 0 0 0 1 0 0 0",
        f"POINTS {len(points)}",
        "DATA binary",
    ]
    return "\n".join(header).encode() + b"\n" + points.tobytes() + b"\n"


class Builder:
    """Writes the tables and the files of two scenes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: []
            for name in (
                "category", "attribute", "visibility", "instance", "sensor", "calibrated_sensor",
                "ego_pose", "log", "scene", "sample", "sample_data", "sample_annotation", "map",
            )
        }  # fmt: skip
        self.rows["category"] = [
            {"token": "cat-walker", "name": "human.pedestrian.child", "description": ""},
            {"token": "cat-car", "name": "vehicle.car", "description": ""},
        ]
        self.rows["attribute"] = [
            {"token": "att-moving", "name": "pedestrian.moving", "description": ""},
            {"token": "att-standing", "name": "pedestrian.standing", "description": ""},
            {"token": "att-parked", "name": "vehicle.parked", "description": ""},
        ]
        self.rows["visibility"] = [
            {"token": "1", "level": "v0-40", "description": ""},
            {"token": "4", "level": "v80-100", "description": ""},
        ]
        for channel in ("LIDAR_TOP", "RADAR_FRONT", *YAWS_DEG):
            modality = {"L": "lidar", "R": "radar", "C": "camera"}[channel[0]]
            self.rows["sensor"].append(
                {"token": f"sensor-{channel}", "channel": channel, "modality": modality}
            )
        ok, jpeg = cv2.imencode(".jpg", np.full((90, 160, 3), 90, np.uint8))
        assert ok
        self.jpeg = jpeg.tobytes()

    def write(self) -> None:
        for number, name in enumerate(("scene-0061", "scene-0103")):
            self.add_scene(name, START_US + number * 60_000_000)
        (self.root / "maps").mkdir()
        (self.root / "maps" / "none.png").write_bytes(b"")
        self.rows["map"].append({
            "token": "map", "category": "semantic_prior", "filename": "maps/none.png",
            "log_tokens": [row["token"] for row in self.rows["log"]],
        })  # fmt: skip
        version = self.root / "v1.0-mini"
        version.mkdir()
        for name, rows in self.rows.items():
            (version / f"{name}.json").write_text(json.dumps(rows, indent=0))

    def add_scene(self, name: str, start_us: int) -> None:
        rows = self.rows
        rows["log"].append({
            "token": f"log-{name}", "logfile": name, "vehicle": "n008",
            "date_captured": "2018-08-01", "location": "boston-seaport",
        })  # fmt: skip
        samples = [f"{name}-sample-{k}" for k in range(0, SWEEPS, 10)]
        rows["scene"].append({
            "token": name, "name": name, "log_token": f"log-{name}", "nbr_samples": len(samples),
            "first_sample_token": samples[0], "last_sample_token": samples[-1], "description": "made",
        })  # fmt: skip
        stamps_us = [start_us + k * TURN_US + (37 * k) % 900 for k in range(SWEEPS)]
        for place, sample in enumerate(samples):
            rows["sample"].append({
                "token": sample, "timestamp": stamps_us[10 * place], "scene_token": name,
                "prev": samples[place - 1] if place else "",
                "next": samples[place + 1] if place + 1 < len(samples) else "",
            })  # fmt: skip
        lidar = [(stamps_us[k], k) for k in range(SWEEPS)]
        self.add_channel(name, "LIDAR_TOP", EGO_SE3_LIDAR, [], lidar, start_us)
        taken = [k for k in range(SWEEPS) if int(k * 0.6) != int((k - 1) * 0.6) or k == 0]
        for channel, yaw_deg in YAWS_DEG.items():
            turned = ((90 - yaw_deg) % 360) / 360
            phase_us = round(TURN_US * (turned - 1)) + 2_000
            images = [(stamps_us[k] + phase_us, k) for k in taken]
            self.add_channel(name, channel, ego_SE3_camera(channel), K, images, start_us)
        radar = [
            (start_us + round(n * 1e6 / 13), 10 * (n // 6) if n % 6 == 0 else 10 * (n // 6) + 1)
            for n in range(25)
        ]
        self.add_channel(
            name, "RADAR_FRONT", SE3.from_yaw(0.0, [3.4, 0.0, 0.5]), [], radar, start_us
        )
        self.add_boxes(name, samples, start_us)

    def add_channel(
        self, scene: str, channel: str, ego_SE3_sensor: SE3, matrix: list[Any],
        data: list[tuple[int, int]], start_us: int,
    ) -> None:  # fmt: skip
        """Add a sensor; data are times and the turns that they belong to."""
        calibrated = f"{scene}-{channel}"
        self.rows["calibrated_sensor"].append({
            "token": calibrated, "sensor_token": f"sensor-{channel}", **columns(ego_SE3_sensor),
            "camera_intrinsic": matrix,
        })  # fmt: skip
        tokens = [f"{calibrated}-{number}" for number in range(len(data))]
        for number, (time_us, turn) in enumerate(data):
            is_key = turn % 10 == 0
            suffix = {"L": ".pcd.bin", "R": ".pcd", "C": ".jpg"}[channel[0]]
            folder = f"{'samples' if is_key else 'sweeps'}/{channel}"
            filename = f"{folder}/{scene}__{channel}__{time_us}{suffix}"
            self.rows["sample_data"].append({
                "token": tokens[number], "sample_token": f"{scene}-sample-{-(-turn // 10) * 10}",
                "ego_pose_token": tokens[number], "calibrated_sensor_token": calibrated,
                "timestamp": time_us, "fileformat": suffix[1:4], "is_key_frame": is_key,
                "height": 90 if matrix else 0, "width": 160 if matrix else 0, "filename": filename,
                "prev": tokens[number - 1] if number else "",
                "next": tokens[number + 1] if number + 1 < len(data) else "",
            })  # fmt: skip
            self.rows["ego_pose"].append({
                "token": tokens[number], "timestamp": time_us,
                **columns(world_SE3_ego(time_us, start_us)),
            })  # fmt: skip
            path = self.root / filename
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.content(channel, number))

    def content(self, channel: str, number: int) -> bytes:
        rng = np.random.default_rng(number)
        if channel == "LIDAR_TOP":
            cloud = np.zeros((64, 5), dtype="<f4")
            cloud[:, :3] = rng.uniform(-20, 20, (64, 3))
            cloud[:, 3] = rng.integers(0, 256, 64)
            cloud[:, 4] = np.arange(64) % 32
            return cloud.tobytes()
        if channel == "RADAR_FRONT":
            points = np.zeros(6, dtype=RADAR_DTYPE)
            for name in ("x", "y", "rcs", "vx", "vy", "vx_comp", "vy_comp"):
                points[name] = rng.uniform(-10, 50, 6)
            points["id"] = np.arange(6) + 300
            points["ambig_state"] = [3, 3, 3, 2, 3, 3]
            points["invalid_state"] = [0, 0, 4, 0, 0, 0]
            points["dyn_prop"] = [0, 1, 2, 3, 7, 6]
            return radar_file(points)
        return self.jpeg

    def add_boxes(self, scene: str, samples: list[str], start_us: int) -> None:
        """A child that is out of sight in the third sample, and a parked car."""
        number = scene[-4:]
        for instance, category, seen in (
            (WALKER, "cat-walker", [0, 1, 3, 4]), (PARKED, "cat-car", [0, 1, 2, 3]),
        ):  # fmt: skip
            token = number + instance[4:]
            boxes = [f"{token}-{place}" for place in seen]
            walks = category == "cat-walker"
            for row, place in enumerate(seen):
                pose = SE3.from_euler(
                    0.0, 0.03, 0.5 + 0.1 * place * walks, [620.0, 1610.0 + 0.6 * place * walks, 1.0]
                )
                state = ["att-moving" if place < 3 else "att-standing"] if walks else ["att-parked"]
                self.rows["sample_annotation"].append({
                    "token": boxes[row], "sample_token": samples[place], "instance_token": token,
                    "visibility_token": "4" if place else "1", "attribute_tokens": state,
                    "size": [0.6, 0.8, 1.3] if walks else [1.9, 4.6, 1.6], **columns(pose),
                    "prev": boxes[row - 1] if row else "",
                    "next": boxes[row + 1] if row + 1 < len(seen) else "",
                    "num_lidar_pts": 0, "num_radar_pts": 0,
                })  # fmt: skip
            self.rows["instance"].append({
                "token": token, "category_token": category, "nbr_annotations": len(seen),
                "first_annotation_token": boxes[0], "last_annotation_token": boxes[-1],
            })  # fmt: skip


@dataclass(frozen=True)
class Database:
    """A database on disk whose tables can be changed."""

    root: Path

    @property
    def version(self) -> Path:
        return self.root / "v1.0-mini"

    def rows(self, table: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads((self.version / f"{table}.json").read_text())
        return rows

    def write(self, table: str, rows: Any) -> None:
        (self.version / f"{table}.json").write_text(json.dumps(rows))

    def change(self, table: str, row: int, **values: Any) -> None:
        """Set values of one row."""
        rows = self.rows(table)
        rows[row].update(values)
        self.write(table, rows)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The database as it is; not to be changed."""
    root = tmp_path_factory.mktemp("nuscenes") / "data root ü"
    root.mkdir()
    Builder(root).write()
    return Database(root)


@pytest.fixture
def copy(database: Database, tmp_path: Path) -> Callable[..., Database]:
    """Makes a copy whose tables may be changed, and with `files=True` what else there is, too."""

    def make(*, files: bool = False) -> Database:
        root = tmp_path / "copy"
        root.mkdir()
        shutil.copytree(database.version, root / "v1.0-mini")
        for folder in ("samples", "sweeps"):
            if files:
                shutil.copytree(database.root / folder, root / folder)
            else:
                (root / folder).symlink_to(database.root / folder)
        return Database(root)

    return make


@pytest.fixture(scope="session")
def toolkit(database: Database) -> Any:
    """The database as the official toolkit sees it."""
    from nuscenes import NuScenes

    return NuScenes("v1.0-mini", dataroot=str(database.root), verbose=False)
