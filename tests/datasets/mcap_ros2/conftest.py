"""Writes bags: of literal messages, and of a log, with the library that other people's tools use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from mcap.writer import CompressionType
from mcap_ros2.writer import Writer

from av3d.calibration.distortion import BrownConrady
from av3d.datasets.folder import DATASET as FOLDER
from av3d.datasets.mcap_ros2.messages import definition
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log

START_NS = 1_700_000_000_000_000_000
STEP_NS = 100_000_000
DATATYPES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 8}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for kept indexes, instead of the user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def stamp(time_ns: int) -> dict[str, int]:
    return {"sec": time_ns // 10**9, "nanosec": time_ns % 10**9}


def header(time_ns: int, frame: str) -> dict[str, Any]:
    return {"stamp": stamp(time_ns), "frame_id": frame}


def xyz(values: Sequence[float]) -> dict[str, float]:
    return dict(zip("xyz", (float(value) for value in values), strict=True))


def rotation(pose: SE3) -> dict[str, float]:
    w, x, y, z = pose.quaternion_wxyz.tolist()
    return {"x": x, "y": y, "z": z, "w": w}


def transform(time_ns: int, parent: str, child: str, pose: SE3) -> dict[str, Any]:
    return {
        "header": header(time_ns, parent),
        "child_frame_id": child,
        "transform": {"translation": xyz(pose.translation_m), "rotation": rotation(pose)},
    }


def odometry(time_ns: int, parent: str, child: str, pose: SE3) -> dict[str, Any]:
    inner = {"position": xyz(pose.translation_m), "orientation": rotation(pose)}
    return {
        "header": header(time_ns, parent),
        "child_frame_id": child,
        "pose": {"pose": inner, "covariance": [0.0] * 36},
        "twist": {"twist": {"linear": xyz((0, 0, 0)), "angular": xyz((0, 0, 0))},
                  "covariance": [0.0] * 36},
    }  # fmt: skip


def cloud(
    time_ns: int, frame: str, columns: Mapping[str, npt.NDArray[Any]], **changes: Any
) -> dict[str, Any]:
    """A PointCloud2 of one row, its fields packed one after the other."""
    kinds = {name: column.dtype.str[1:] for name, column in columns.items()}
    big = changes.get("is_bigendian", False)
    layout = np.dtype([(name, (">" if big else "<") + kind) for name, kind in kinds.items()])
    table = np.zeros(len(next(iter(columns.values()))), layout)
    for name, column in columns.items():
        table[name] = column
    fields = [
        {"name": name, "offset": layout.fields[name][1], "datatype": DATATYPES[kind], "count": 1}
        for name, kind in kinds.items()
    ]
    message = {
        "header": header(time_ns, frame), "height": 1, "width": len(table), "fields": fields,
        "is_bigendian": big, "point_step": layout.itemsize,
        "row_step": layout.itemsize * len(table), "data": table.tobytes(), "is_dense": True,
    }  # fmt: skip
    return {**message, **changes}


def points(rows: Sequence[Sequence[float]]) -> dict[str, npt.NDArray[Any]]:
    table = np.array(rows, dtype=np.float32)
    return {axis: table[:, number] for number, axis in enumerate("xyz")}


def raw_image(
    time_ns: int, frame: str, encoding: str, pixels: npt.NDArray[Any], **changes: Any
) -> dict[str, Any]:
    step = pixels.strides[0]
    message = {
        "header": header(time_ns, frame), "height": pixels.shape[0], "width": pixels.shape[1],
        "encoding": encoding, "is_bigendian": 0, "step": step, "data": pixels.tobytes(),
    }  # fmt: skip
    return {**message, **changes}


def camera_info(time_ns: int, frame: str, **changes: Any) -> dict[str, Any]:
    message = {
        "header": header(time_ns, frame), "height": 6, "width": 8,
        "distortion_model": "plumb_bob", "d": [0.0] * 5,
        "k": [5.0, 0, 3.5, 0, 5.0, 2.5, 0, 0, 1], "r": np.eye(3).ravel().tolist(),
        "p": [5.0, 0, 3.5, 0, 0, 5.0, 2.5, 0, 0, 0, 1, 0], "binning_x": 0, "binning_y": 0,
        "roi": {"x_offset": 0, "y_offset": 0, "height": 0, "width": 0, "do_rectify": False},
    }  # fmt: skip
    return {**message, **changes}


class BagWriter:
    """An .mcap file that grows message by message."""

    def __init__(
        self,
        path: Path,
        compression: CompressionType = CompressionType.ZSTD,
        chunk_size: int = 64 * 1024,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("wb")
        self._writer = Writer(self._file, chunk_size, compression)
        self._schemas: dict[str, Any] = {}

    def add(
        self, topic: str, type_: str, message: Any, log_ns: int, text: str | None = None
    ) -> None:
        if type_ not in self._schemas:
            name = type_.replace("/", "/msg/")
            self._schemas[type_] = self._writer.register_msgdef(name, text or definition(type_))
        self._writer.write_message(topic, self._schemas[type_], message, log_ns, log_ns)

    def close(self) -> Path:
        self._writer.finish()
        self._file.close()
        return self.path


EGO_SE3_LIDAR = SE3.from_euler(0.01, -0.02, 0.3, (1.0, 0.0, 1.9))
EGO_SE3_CAMERA = SE3(np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.array([1.5, 0, 1.5]))
SMALL_SWEEP = points([[5, 0, -1], [7, 2, 0.5]])


def small_bag(path: Path, **changes: Any) -> Path:
    """Five sweeps of two points, five 8x6 images, a vehicle that drives 1 m per sweep.

    Messages may be replaced: `cloud(time_ns)`, `image(time_ns)`, `info()`, `odometry(time_ns)`
    return a message (None: none), `static()` a list of transforms.
    """
    jpeg = cv2.imencode(".jpg", np.full((6, 8, 3), 128, np.uint8))[1].tobytes()
    makers: dict[str, Callable[..., Any]] = {
        "cloud": lambda t: cloud(t, "lidar_top", SMALL_SWEEP),
        "image": lambda t: {"header": header(t, "front_optical"), "format": "jpeg", "data": jpeg},
        "info": lambda: camera_info(START_NS, "front_optical"),
        "odometry": lambda t: odometry(
            t, "odom", "base_link", SE3.from_yaw(0.1, ((t - START_NS) / STEP_NS, 0, 0))
        ),
        "static": lambda: [
            transform(START_NS, "base_link", "lidar_top", EGO_SE3_LIDAR),
            transform(START_NS, "base_link", "front_optical", EGO_SE3_CAMERA),
        ],
        **changes,
    }
    bag = BagWriter(path)
    bag.add("/tf_static", "tf2_msgs/TFMessage", {"transforms": makers["static"]()}, START_NS)
    if (info := makers["info"]()) is not None:
        bag.add("/front/camera_info", "sensor_msgs/CameraInfo", info, START_NS)
    for time in (START_NS + STEP_NS * np.arange(5)).tolist():
        for topic, type_, message in (
            ("/odometry", "nav_msgs/Odometry", makers["odometry"](time)),
            ("/top/points", "sensor_msgs/PointCloud2", makers["cloud"](time)),
            ("/front/image_raw/compressed", "sensor_msgs/CompressedImage",
             makers["image"](time + 10_000_000)),
        ):  # fmt: skip
            if message is not None:
                bag.add(topic, type_, message, time + 50_000_000)
    return bag.close()


@pytest.fixture
def write() -> SimpleNamespace:
    """What writes bags, for tests: BagWriter, small_bag and makers of messages."""
    return SimpleNamespace(
        BagWriter=BagWriter, small_bag=small_bag, cloud=cloud, points=points, header=header,
        raw_image=raw_image, camera_info=camera_info, odometry=odometry, transform=transform,
        start_ns=START_NS, step_ns=STEP_NS, ego_SE3_lidar=EGO_SE3_LIDAR,
        ego_SE3_camera=EGO_SE3_CAMERA,
    )  # fmt: skip


@pytest.fixture(scope="session")
def sample_log(repository: Path) -> Log:
    return FOLDER.open(repository / "sample_logs" / "crossing")


def log_as_bag(log: Log, folder: Path, sweeps: int, compression: CompressionType) -> Path:
    """A rosbag2 folder of two parts that holds the first sweeps of a log.

    Its LiDAR is there twice: as `top` with times in seconds since 1970, and every third point as `roof`,
    in a frame of its own, stamped at its start and with times in nanoseconds from there. The
    trajectory is split over map → odom → base_link, the sensors hang on a chain of links, the front
    camera is raw and the others are JPEG.
    """
    folder.mkdir()
    base_SE3_kit = SE3.from_euler(0.01, 0.02, -0.03, (0.4, 0.0, 1.2))
    map_SE3_odom = SE3.from_euler(0.0, 0.01, 0.5, (3.0, -2.0, 0.2))
    ego_SE3_top = log.rig.lidar("top").ego_SE3_lidar
    ego_SE3_roof = SE3.from_euler(0.0, 0.05, 1.0, (-0.3, 0.2, 2.0))
    static = [
        transform(0, "base_link", "sensor_kit", base_SE3_kit),
        transform(0, "sensor_kit", "lidar_top", base_SE3_kit.inverse() @ ego_SE3_top),
        transform(0, "sensor_kit", "lidar_roof", base_SE3_kit.inverse() @ ego_SE3_roof),
    ]
    for camera, mount in log.rig.cameras.items():
        kit_SE3_camera = base_SE3_kit.inverse() @ mount.ego_SE3_camera
        link = SE3.from_euler(0.0, 0.1, 0.0, (0.1, 0.0, 0.0))
        static += [
            transform(0, "sensor_kit", f"camera_{camera}", link),
            transform(
                0, f"camera_{camera}", f"camera_{camera}_optical", link.inverse() @ kit_SE3_camera
            ),
        ]
    end = log.frames[sweeps - 1].timestamp_ns
    parts = [BagWriter(folder / f"drive_{part}.mcap", compression) for part in range(2)]
    parts[0].add("/tf_static", "tf2_msgs/TFMessage", {"transforms": static}, log.start_ns)
    half = (log.start_ns + end) // 2
    for time, pose in zip(
        log.trajectory.timestamps_ns.tolist(), log.trajectory.world_SE3_ego, strict=True
    ):
        if log.start_ns - 10**9 < time < end + 10**9:
            moved = transform(time, "odom", "base_link", map_SE3_odom.inverse() @ pose)
            corrected = transform(time, "map", "odom", map_SE3_odom)
            moving = {"transforms": [moved, corrected]}
            parts[time > half].add("/tf", "tf2_msgs/TFMessage", moving, time)
    for frame in log.frames[:sweeps]:
        time = frame.timestamp_ns
        sweep = log.sweep(frame.index)
        assert sweep.intensity is not None
        assert sweep.time_offset_ns is not None
        columns: dict[str, npt.NDArray[Any]] = {
            **points(sweep.points_m.tolist()),
            "intensity": sweep.intensity * np.float32(255),
            "timestamp": (time + sweep.time_offset_ns) / 1e9,
        }
        part = parts[time > half]
        part.add("/sensing/lidar/top/points", "sensor_msgs/PointCloud2",
                 cloud(time, "lidar_top", columns), time + STEP_NS)  # fmt: skip
        roof = ego_SE3_roof.inverse() @ ego_SE3_top
        some = slice(None, None, 3)
        columns = {
            **points(roof.transform(sweep.points_m[some]).tolist()),
            "intensity": np.round(sweep.intensity[some] * 255).astype(np.uint8),
            "t": (sweep.time_offset_ns[some] + STEP_NS // 2).astype(np.uint32),
        }
        part.add("/sensing/lidar/roof/points", "sensor_msgs/PointCloud2",
                 cloud(time - STEP_NS // 2, "lidar_roof", columns), time + STEP_NS)  # fmt: skip
    for camera, mount in log.rig.cameras.items():
        lens = mount.camera
        distortion = lens.lens or BrownConrady()
        assert isinstance(distortion, BrownConrady)
        matrix = lens.matrix.ravel().tolist()
        info = camera_info(
            log.start_ns, f"camera_{camera}_optical", width=lens.width_px, height=lens.height_px,
            k=matrix, d=distortion.coefficients[:5].tolist(),
            p=[*matrix[:3], 0.0, *matrix[3:6], 0.0, *matrix[6:], 0.0],
        )  # fmt: skip
        parts[0].add(
            f"/sensing/camera/{camera}/camera_info", "sensor_msgs/CameraInfo", info, log.start_ns
        )
        for index, time in enumerate(log.image_times_ns(camera).tolist()):
            if time > end:
                continue
            part = parts[time > half]
            topic = f"/sensing/camera/{camera}/image_raw"
            if camera == "front":
                pixels = log.image(camera, index)
                part.add(topic, "sensor_msgs/Image",
                         raw_image(time, f"camera_{camera}_optical", "rgb8", pixels), time)  # fmt: skip
            else:
                path = log.cameras[camera].path(index)
                assert path is not None
                message = {
                    "header": header(time, f"camera_{camera}_optical"),
                    "format": "rgb8; jpeg compressed bgr8", "data": path.read_bytes(),
                }  # fmt: skip
                part.add(f"{topic}/compressed", "sensor_msgs/CompressedImage", message, time)
    for part in parts:
        part.close()
    (folder / "metadata.yaml").write_text(
        "rosbag2_bagfile_information:\n  version: 9\n  storage_identifier: mcap\n"
        '  relative_file_paths:\n    - drive_0.mcap\n    - drive_1.mcap\n  compression_mode: ""\n'
    )
    return folder


@pytest.fixture(scope="session", params=["zstd", "lz4"])
def sample_bag(
    request: pytest.FixtureRequest, sample_log: Log, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The sample log's first four sweeps as a bag, once for each compression."""
    compression = CompressionType[str(request.param).upper()]
    return log_as_bag(sample_log, tmp_path_factory.mktemp("bags") / "drive", 4, compression)
