"""Small valid logs and calibrations of every kind, to be damaged."""

from __future__ import annotations

import gzip
import importlib.util
import io
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np

REPOSITORY = Path(__file__).parents[3]
DATASETS = REPOSITORY / "tests" / "datasets"
FRAMES = 3


@dataclass(frozen=True)
class Seed:
    """A valid input.

    Attributes:
        folder: everything that a case may damage.
        opened: what the user names, inside the folder: a log, or calibration files.
        format: the reader's name for `--format`; empty for calibration.
    """

    folder: Path
    opened: tuple[str, ...]
    format: str = ""


def builder(name: str) -> ModuleType:
    """The module that writes a reader's test logs, for example "kitti/raw"."""
    alias = f"fuzz_seed_{name.replace('/', '_')}"
    if alias not in sys.modules:
        spec = importlib.util.spec_from_file_location(alias, DATASETS / name / "conftest.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[alias] = module
        spec.loader.exec_module(module)
    return sys.modules[alias]


def folder_log(out: Path, suffix: str) -> Seed:
    """The first frames of the sample log, two cameras, few points, clouds of one kind."""
    source, log = REPOSITORY / "sample_logs" / "crossing", out / "crossing"
    (log / "lidar" / "top").mkdir(parents=True)
    for name in ("log.toml", "rig.toml", "labels.json"):
        shutil.copyfile(source / name, log / name)
    lines = (source / "trajectory.csv").read_text().splitlines(keepends=True)
    (log / "trajectory.csv").write_text("".join(lines[:60]))
    for cloud in sorted((source / "lidar" / "top").iterdir())[:FRAMES]:
        write_cloud(cloud, log / "lidar" / "top" / f"{cloud.stem}{suffix}")
    for camera in ("front", "left"):
        images = sorted((source / "camera" / camera).iterdir())[:FRAMES]
        (log / "camera" / camera).mkdir(parents=True)
        for image in images:
            pixels = cv2.imread(str(image))
            cv2.imwrite(
                str(log / "camera" / camera / image.name), pixels, [cv2.IMWRITE_JPEG_QUALITY, 20]
            )
    return Seed(out, ("crossing",), "folder")


def write_cloud(source: Path, target: Path) -> None:
    """Some of the points of a sweep of the sample log in another kind of file."""
    with np.load(source) as arrays:
        points = (arrays["points"][::40] * float(arrays["unit_m"])).astype("<f4")
        intensity = arrays["intensity"][::40]
        offset_ns = arrays["time_offset_ns"][::40]
    table = np.column_stack([points, intensity / np.float32(255)]).astype("<f4")
    if target.suffix == ".npz":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in (
                ("points_m", points), ("intensity", intensity), ("time_offset_ns", offset_ns),
                ("ring", np.arange(len(points), dtype=np.uint16) % 64),
            ):  # fmt: skip
                stream = io.BytesIO()
                np.save(stream, array)
                archive.writestr(f"{name}.npy", stream.getvalue())
    elif target.suffix == ".npy":
        np.save(target, table)
    elif target.suffix == ".bin":
        table.tofile(target)
    elif target.suffix == ".feather":
        import pyarrow as pa
        from pyarrow import feather

        columns = {axis: points[:, k] for k, axis in enumerate("xyz")}
        columns |= {"intensity": intensity, "offset_ns": offset_ns.astype(np.int32)}
        feather.write_feather(pa.table(columns), str(target), compression="lz4")
    else:
        row = np.dtype(
            [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("intensity", "u1"), ("ring", "<u2")]
        )
        packed = np.zeros(len(points), row)
        for k, axis in enumerate("xyz"):
            packed[axis] = points[:, k]
        packed["intensity"], packed["ring"] = intensity, np.arange(len(points)) % 64
        write = write_pcd if target.suffix == ".pcd" else write_ply
        write(packed, target)


def write_pcd(rows: np.ndarray, target: Path) -> None:
    """A PCD file; the digit at the end of the file's name chooses text, binary or compressed."""
    kinds = [rows.dtype[name] for name in rows.dtype.names or ()]
    header = (
        "# .PCD v0.7\nVERSION 0.7\n"
        f"FIELDS {' '.join(rows.dtype.names or ())}\n"
        f"SIZE {' '.join(str(kind.itemsize) for kind in kinds)}\n"
        f"TYPE {' '.join(kind.kind.upper() for kind in kinds)}\n"
        f"COUNT {' '.join('1' for _ in kinds)}\n"
        f"WIDTH {len(rows)}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {len(rows)}\n"
    )
    kind = (int(target.stem) // 100_000_000) % 3
    if kind == 0:
        body = b"binary\n" + rows.tobytes()
    elif kind == 1:
        body = b"ascii\n" + "\n".join(" ".join(map(str, row)) for row in rows.tolist()).encode()
    else:
        # Compressed: column after column, as LZF; runs of up to 32 literal bytes are valid LZF.
        plain = b"".join(rows[name].tobytes() for name in rows.dtype.names or ())
        packed = b"".join(
            bytes([len(run) - 1]) + run
            for run in (plain[k : k + 32] for k in range(0, len(plain), 32))
        )
        sizes = np.array([len(packed), len(plain)], "<u4").tobytes()
        body = b"binary_compressed\n" + sizes + packed
    target.write_bytes(header.encode() + b"DATA " + body)


def write_ply(rows: np.ndarray, target: Path) -> None:
    """A PLY file, in text or binary by the file's name."""
    words = {"f4": "float", "u1": "uchar", "u2": "ushort"}
    properties = "".join(
        f"property {words[rows.dtype[name].str[1:]]} {name}\n" for name in rows.dtype.names or ()
    )
    text = (int(target.stem) // 100_000_000) % 2
    header = (
        f"ply\nformat {'ascii' if text else 'binary_little_endian'} 1.0\ncomment made for tests\n"
        f"element vertex {len(rows)}\n{properties}end_header\n"
    )
    lines = "".join(" ".join(map(str, row)) + "\n" for row in rows.tolist()).encode()
    target.write_bytes(header.encode() + (lines if text else rows.tobytes()))


def pandaset_log(out: Path) -> Seed:
    """Four sweeps, two cameras, and cuboids."""
    made = builder("pandaset")
    log = made.write_tiny_log(out / "002")
    import pandas as pd

    for number in range(4):
        rows = [made.cuboid("car", 3.0, 8.0 + number), made.cuboid("bus", -4.0, 12.0, label="Bus")]
        made.write_table(
            pd.DataFrame(rows), log / "annotations" / "cuboids" / f"{number:02d}.pkl.gz"
        )
    # One sweep without compression, so that bytes of the pickle itself can be hit.
    packed = log / "lidar" / "01.pkl.gz"
    packed.write_bytes(gzip.decompress(packed.read_bytes()))
    return Seed(out, ("002",), "pandaset")


def kitti_tracking(out: Path) -> Seed:
    builder("kitti").tracking_folder(out)
    return Seed(out, ("training/velodyne/0000",), "kitti-tracking")


def kitti_object(out: Path) -> Seed:
    builder("kitti").object_folder(out, frames=1)
    return Seed(out, ("training/velodyne/000000.bin",), "kitti-object")


def kitti_raw(out: Path) -> Seed:
    drive = builder("kitti/raw").write_drive(out / "2011_09_26")
    return Seed(out, (f"2011_09_26/{drive.name}",), "kitti-raw")


def kitti_raw_extract(out: Path) -> Seed:
    made = builder("kitti/raw")
    drive = made.write_drive(out / "2011_09_26", "2011_09_26_drive_0001_extract")
    for cloud in (drive / "velodyne_points" / "data").iterdir():
        np.savetxt(cloud.with_suffix(".txt"), made.POINTS, fmt="%.3f")
        cloud.unlink()
    calibration = drive.parent / "calib_cam_to_cam.txt"
    text = calibration.read_text().replace("1.392000e+03 5.120000e+02", "6.4e+01 2.4e+01")
    calibration.write_text(text)
    return Seed(out, (f"2011_09_26/{drive.name}",), "kitti-raw")


def nuscenes_log(out: Path) -> Seed:
    root = out / "root"
    root.mkdir(parents=True)
    builder("nuscenes/reading").Builder(root).write()
    return Seed(out, ("root/v1.0-mini/scene-0061",), "nuscenes")


def argoverse2_log(out: Path) -> Seed:
    builder("argoverse2").write_tiny_log(out / "7fab")
    return Seed(out, ("7fab",), "av2")


def mcap_log(out: Path, compression: str) -> Seed:
    made = builder("mcap_ros2")
    original = made.BagWriter
    kind = made.CompressionType[compression]
    made.BagWriter = lambda path: original(path, kind, 1024)
    try:
        made.small_bag(out / "drive" / "drive_0.mcap")
    finally:
        made.BagWriter = original
    (out / "drive" / "metadata.yaml").write_text(
        "rosbag2_bagfile_information:\n  version: 9\n  storage_identifier: mcap\n"
        '  relative_file_paths:\n    - drive_0.mcap\n  compression_mode: ""\n'
    )
    return Seed(out, ("drive",), "mcap")


def texts(out: Path, **files: str) -> Seed:
    """Calibration files of some texts; `__` in a name stands for its dot."""
    out.mkdir(parents=True)
    names = []
    for name, text in files.items():
        names.append(name.replace("__", "."))
        (out / names[-1]).write_text(text, encoding="utf-8")
    return Seed(out, tuple(names))


def formats() -> ModuleType:
    alias = "fuzz_seed_formats"
    if alias not in sys.modules:
        place = REPOSITORY / "tests" / "calibration" / "formats" / "test_formats.py"
        spec = importlib.util.spec_from_file_location(alias, place)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[alias] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[alias])
    return sys.modules[alias]


OPENCALIB_LENS = """{"front_camera-intrinsic": {"sensor_name": "front_camera",
 "target_sensor_name": "front_camera", "device_type": "camera", "param_type": "intrinsic",
 "param": {"img_dist_w": 1920, "img_dist_h": 1080,
  "cam_K": {"rows": 3, "cols": 3, "data": [[2109.7, 0, 949.8], [0, 2071.7, 576.2], [0, 0, 1]]},
  "cam_dist": {"rows": 1, "cols": 4, "data": [[-0.1, 0.13, -0.003, -0.004]]}}}}"""
OPENCALIB_PLACE = """{"top_lidar-to-front_camera-extrinsic": {"sensor_name": "top_lidar",
 "target_sensor_name": "front_camera", "device_type": "relational", "param_type": "extrinsic",
 "param": {"time_lag": 0, "sensor_calib": {"rows": 4, "cols": 4,
  "data": [[0, -1, 0, 0.1], [0, 0, -1, -0.2], [1, 0, 0, -0.3], [0, 0, 0, 1]]}}}}"""

SEEDS: dict[str, tuple[Callable[[Path], Seed], ...]] = {
    **{
        f"folder {kind}": (lambda out, kind=kind: folder_log(out, f".{kind}"),)
        for kind in ("npz", "npy", "bin", "pcd", "ply", "feather")
    },
    "pandaset": (pandaset_log,),
    "kitti-tracking": (kitti_tracking,),
    "kitti-object": (kitti_object,),
    "kitti-raw": (kitti_raw, kitti_raw_extract),
    "nuscenes": (nuscenes_log,),
    "av2": (argoverse2_log,),
    "mcap": (
        lambda out: mcap_log(out, "NONE"),
        lambda out: mcap_log(out, "ZSTD"),
        lambda out: mcap_log(out, "LZ4"),
    ),
    "rig av3d": (
        lambda out: texts(
            out, rig__toml=(REPOSITORY / "sample_logs/crossing/rig.toml").read_text("utf-8")
        ),
    ),
    "rig kitti": (lambda out: texts(out, calib__txt=builder("kitti").CALIB),),
    "rig ros": (lambda out: texts(out, ost__yaml=formats().ROS),),
    "rig kalibr": (lambda out: texts(out, chain__yaml=formats().KALIBR),),
    "rig opencv": (
        lambda out: texts(out, camera__yaml=formats().OPENCV),
        lambda out: texts(out, back__yaml=formats().MEI),
    ),
    "rig autoware": (
        lambda out: texts(
            out, sensors_calibration__yaml=formats().VEHICLE,
            sensor_kit_calibration__yaml=formats().KIT,
        ),
    ),
    "rig opencalib": (
        lambda out: texts(out, lens__json=OPENCALIB_LENS, place__json=OPENCALIB_PLACE),
    ),
}  # fmt: skip
"""What is damaged, by the name of its reader."""

REAL: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "pandaset": (("pandaset", ("002",)),),
    "kitti-tracking": (("kitti_tracking", ("training/velodyne/0001",)),),
    "kitti-object": (("kitti_object", ("training/velodyne/000001.bin",)),),
    "nuscenes": (
        ("nuscenes/one_sample", ("v1.0-mini",)), ("nuscenes/scene_0103", ("v1.0-mini",)),
    ),
    "av2": (("av2", ("7fab2350-7eaf-3b7e-a39d-6937a4c1bede",)),),
    "rig ros": (("calib/ros_camera_info", ("ost.yaml",)),),
    "rig kalibr": (
        ("calib/kalibr", ("euroc_mav.kalibr_imucam_chain.yaml",)),
        ("calib/kalibr", ("tum_vi.kalibr_imucam_chain.yaml",)),
    ),
    "rig opencv": (
        ("calib/opencv_yaml", ("euroc.cam0_mei.yaml",)),
        ("calib/opencv_yaml", ("euroc.cam0_pinhole.yaml",)),
    ),
    "rig autoware": (
        ("calib/autoware/sample_sensor_kit",
         ("sensors_calibration.yaml", "sensor_kit_calibration.yaml")),
    ),
}  # fmt: skip
"""Real inputs below AV3D_REAL_DATA, by reader: the folder, and what is opened in it."""


LABELS = "labels "
"""Before the name of a format: its export, of which only the labels are damaged."""


def make_seeds(reader: str, out: Path) -> list[Seed]:
    """The valid inputs of a reader, written below `out`; real ones too if AV3D_REAL_DATA is set."""
    if reader.startswith(LABELS):
        from fuzzing.labels import label_seed

        return [label_seed(reader.removeprefix(LABELS), out / "made 0")]
    made = [make(out / f"made {k}") for k, make in enumerate(SEEDS[reader])]
    real = os.environ.get("AV3D_REAL_DATA")
    for k, (folder, opened) in enumerate(REAL.get(reader, ()) if real else ()):
        copy = out / f"real {k}"
        shutil.copytree(Path(str(real)) / folder, copy, ignore=_few)
        made.append(Seed(copy, opened, "" if reader.startswith("rig") else reader))
    return made


def _few(folder: str, names: list[str]) -> set[str]:
    """What of real data need not be there: other sequences, and annotations not read."""
    if Path(folder).name in ("semseg", "map"):
        return set(names)
    return {
        name for name in names
        if name == "adcf7d18-0510-35b0-a2fa-b4cea13a6d76"
        or (Path(folder).name in ("calib", "label_02") and name[:3] == "000" and len(name) == 8
            and name != "0001.txt")
    }  # fmt: skip
