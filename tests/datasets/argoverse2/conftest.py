"""Argoverse 2 logs: a tiny one written for every test, and one made of the sample log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from av3d.datasets.registry import open_log, own_labels
from av3d.logs.log import Log

START_NS = 315_966_265_259_836_000
SWEEP_TIMES_NS = [START_NS + k * 100_000_000 for k in range(4)]
QUARTER_TURN = {"qw": 0.5**0.5, "qx": 0.0, "qy": 0.0, "qz": 0.5**0.5}
UPRIGHT = {"qw": 1.0, "qx": 0.0, "qy": 0.0, "qz": 0.0}
UPSIDE_DOWN = {"qw": 0.0, "qx": 1.0, "qy": 0.0, "qz": 0.0}
# Looks along the ego's x axis: image right is the ego's -y, image down its -z.
AHEAD = {"qw": 0.5, "qx": -0.5, "qy": 0.5, "qz": -0.5}

Table = dict[str, Any]


def write_table(table: Table, path: Path, compression: str = "lz4") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    feather.write_feather(pa.table(table), str(path), compression=compression)


def rows(entries: list[dict[str, Any]]) -> Table:
    return {name: [entry[name] for entry in entries] for name in entries[0]}


def at(x: float, y: float, z: float) -> dict[str, float]:
    return {"tx_m": x, "ty_m": y, "tz_m": z}


def sweep_table() -> Table:
    """Points in the ego frame: two of the upper LiDAR, one of the lower one."""
    return {
        "x": np.array([11.5, 1.5, -3.5], np.float16),
        "y": np.array([0.0, -4.0, 2.0], np.float16),
        "z": np.array([0.5, 1.0, 0.25], np.float16),
        "intensity": np.array([0, 51, 255], np.uint8),
        "laser_number": np.array([3, 31, 32], np.uint8),
        "offset_ns": np.array([40_000_000, 65_000_000, 95_000_000], np.int32),
    }


def pose_table() -> Table:
    """Every 10 ms from 100 ms before the first sweep: north at 10 m/s, in city coordinates."""
    times_ns = [START_NS + k * 10_000_000 for k in range(-10, 51)]
    return {"timestamp_ns": times_ns} | rows(
        [QUARTER_TURN | at(5000.0, 2000.0 + k * 0.1, 60.0) for k in range(-10, 51)]
    )


def cuboid(frame: int, track: str, **values: Any) -> dict[str, Any]:
    """A row of annotations.feather: a car 10 m ahead."""
    return {
        "timestamp_ns": SWEEP_TIMES_NS[frame], "track_uuid": track, "category": "REGULAR_VEHICLE",
        "length_m": 4.5, "width_m": 2.0, "height_m": 1.5, **UPRIGHT, **at(11.0, 0.0, 0.75),
        "num_interior_pts": 1, **values,
    }  # fmt: skip


def extrinsics_table() -> Table:
    return rows(
        [
            {"sensor_name": "stereo_front_left", **AHEAD, **at(1.5, 0.25, 1.25)},
            {"sensor_name": "ring_front_center", **AHEAD, **at(1.5, 0.0, 1.5)},
            {"sensor_name": "up_lidar", **UPRIGHT, **at(1.5, 0.0, 1.75)},
            {"sensor_name": "down_lidar", **UPSIDE_DOWN, **at(1.5, 0.0, 1.5)},
        ]
    )


def intrinsics_table() -> Table:
    def row(name: str, width: int, height: int) -> dict[str, Any]:
        lens = {"k1": -0.25, "k2": -0.1, "k3": 0.2}
        return {
            "sensor_name": name, "fx_px": 100.0, "fy_px": 100.0,
            "cx_px": width / 2, "cy_px": height / 2, **lens,
            "height_px": np.uint16(height), "width_px": np.uint16(width),
        }  # fmt: skip

    return rows([row("stereo_front_left", 64, 48), row("ring_front_center", 48, 64)])


def write_tiny_log(log: Path) -> Path:
    """Four sweeps, a ring camera at 20 Hz and a stereo camera at 5 Hz."""
    write_table(pose_table(), log / "city_SE3_egovehicle.feather")
    write_table(extrinsics_table(), log / "calibration" / "egovehicle_SE3_sensor.feather")
    write_table(intrinsics_table(), log / "calibration" / "intrinsics.feather")
    for time_ns in SWEEP_TIMES_NS:
        write_table(sweep_table(), log / "sensors" / "lidar" / f"{time_ns}.feather")
    labels = [cuboid(frame, "a") for frame in range(4)] + [cuboid(1, "b", category="BUS")]
    write_table(rows(labels), log / "annotations.feather")
    for camera, step_ms, size in (
        ("ring_front_center", 50, (64, 48)),
        ("stereo_front_left", 200, (48, 64)),
    ):
        folder = log / "sensors" / "cameras" / camera
        folder.mkdir(parents=True)
        jpeg = cv2.imencode(".jpg", np.zeros((*size, 3), np.uint8))[1].tobytes()
        for ms in range(25, 400, step_ms):
            (folder / f"{START_NS + ms * 1_000_000}.jpg").write_bytes(jpeg)
    return log


@pytest.fixture
def tiny_log(tmp_path: Path) -> Path:
    """The tiny log in a folder with a name beyond ASCII."""
    return write_tiny_log(tmp_path / "Straße 7fab")


@pytest.fixture
def change() -> Callable[..., None]:
    """Rewrites a table with some columns changed; None removes a column."""

    def rewrite(path: Path, **columns: Any) -> None:
        table = feather.read_table(str(path))
        table = {name: table.column(name) for name in table.column_names} | columns
        write_table({name: values for name, values in table.items() if values is not None}, path)

    return rewrite


@pytest.fixture
def write() -> Callable[..., None]:
    return write_table


@pytest.fixture
def label() -> Callable[..., dict[str, Any]]:
    """Makes one row of annotations.feather."""
    return cuboid


@pytest.fixture
def annotate(tiny_log: Path) -> Callable[[list[dict[str, Any]]], Path]:
    """Gives the tiny log these annotations."""

    def annotate_log(entries: list[dict[str, Any]]) -> Path:
        write_table(rows(entries), tiny_log / "annotations.feather")
        return tiny_log

    return annotate_log


SAMPLE_FRAMES = 8
SAMPLE_CAMERAS = {"ring_front_center": "front", "ring_rear_left": "back"}


@pytest.fixture(scope="session")
def sample_as_argoverse2(
    tmp_path_factory: pytest.TempPathFactory, repository: Path
) -> tuple[Path, Log]:
    """The first frames of the sample log in Argoverse 2's layout, and the sample log itself."""
    out = tmp_path_factory.mktemp("av2") / "crossing"
    log = open_log(repository / "sample_logs" / "crossing")
    frames = log.frames[:SAMPLE_FRAMES]
    around_ns = [ms * 1_000_000 for ms in (-60, -30, 0, 30, 60)]
    poses_ns = np.unique([frame.timestamp_ns + ns for frame in frames for ns in around_ns])
    write_table(
        {"timestamp_ns": poses_ns}
        | rows([_transform(log.world_SE3_ego(int(time_ns))) for time_ns in poses_ns]),
        out / "city_SE3_egovehicle.feather",
    )
    mount = log.rig.lidar(log.reference_lidar).ego_SE3_lidar
    mounts = {"up_lidar": mount, "down_lidar": mount}
    mounts |= {
        name: log.rig.camera(camera).ego_SE3_camera for name, camera in SAMPLE_CAMERAS.items()
    }
    write_table(
        rows([{"sensor_name": name, **_transform(pose)} for name, pose in mounts.items()]),
        out / "calibration" / "egovehicle_SE3_sensor.feather",
    )
    cameras = {name: log.rig.camera(camera).camera for name, camera in SAMPLE_CAMERAS.items()}
    write_table(
        {
            "sensor_name": list(cameras),
            **{name: [getattr(camera, name) for camera in cameras.values()]
               for name in ("fx_px", "fy_px", "cx_px", "cy_px", "height_px", "width_px")},
            **{name: [0.0] * len(cameras) for name in ("k1", "k2", "k3")},
        },
        out / "calibration" / "intrinsics.feather",
    )  # fmt: skip
    labels = []
    for frame in frames:
        cloud = log.cloud(frame.index)
        points = cloud.points_m.astype(np.float16)
        assert cloud.time_offset_ns is not None
        assert cloud.intensity is not None
        write_table(
            {
                **{axis: points[:, column] for column, axis in enumerate("xyz")},
                "intensity": np.rint(cloud.intensity * 255).astype(np.uint8),
                "laser_number": (np.arange(len(points)) % 64).astype(np.uint8),
                "offset_ns": cloud.time_offset_ns.astype(np.int32),
            },
            out / "sensors" / "lidar" / f"{frame.timestamp_ns}.feather",
        )
        labels += _annotations(log, frame.timestamp_ns, points)
        for name, camera in SAMPLE_CAMERAS.items():
            image = frame.images[camera]
            assert image is not None
            folder = out / "sensors" / "cameras" / name
            folder.mkdir(parents=True, exist_ok=True)
            jpeg = cv2.imencode(".jpg", _undistorted(log, camera, image)[..., ::-1])[1].tobytes()
            (folder / f"{log.image_time_ns(camera, image)}.jpg").write_bytes(jpeg)
    write_table(rows(labels), out / "annotations.feather")
    return out, log


def _transform(pose: Any) -> dict[str, float]:
    return dict(zip(("qw", "qx", "qy", "qz"), pose.quaternion_wxyz.tolist(), strict=True)) | at(
        *pose.translation_m.tolist()
    )


def _annotations(log: Log, timestamp_ns: int, points: np.ndarray) -> list[dict[str, Any]]:
    ego_SE3_world = log.world_SE3_ego(timestamp_ns).inverse()
    found = []
    for track in own_labels(log):
        state = track.state_at(timestamp_ns)
        if state is not None:
            box = state.cuboid.in_frame(ego_SE3_world)
            length_m, width_m, height_m = box.size_lwh_m.tolist()
            found.append(
                {
                    "timestamp_ns": timestamp_ns, "track_uuid": track.id, "category": "PEDESTRIAN",
                    "length_m": length_m, "width_m": width_m, "height_m": height_m,
                    **_transform(box.frame_SE3_cuboid),
                    "num_interior_pts": int(box.contains(points.astype(np.float64)).sum()),
                }
            )  # fmt: skip
    return found


def _undistorted(log: Log, camera: str, image: int) -> np.ndarray:
    """The image as an ideal pinhole of the same intrinsics sees it, as Argoverse 2 publishes it."""
    model = log.rig.camera(camera).camera
    v, u = np.mgrid[: model.height_px, : model.width_px].astype(np.float64)
    rays = np.stack(
        [(u - model.cx_px) / model.fx_px, (v - model.cy_px) / model.fy_px, np.ones_like(u)], axis=-1
    )
    where, _ = model.project(rays)
    where = where.astype(np.float32)
    return cv2.remap(log.image(camera, image), where[..., 0], where[..., 1], cv2.INTER_LINEAR)
