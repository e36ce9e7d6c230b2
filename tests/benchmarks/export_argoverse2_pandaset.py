"""Argoverse 2, PandaSet and Waymo exports of real logs: what comes back, and how far off it is.

    AV3D_REAL_DATA=... python tests/benchmarks/export_argoverse2_pandaset.py \\
        [--av2 PYTHON] [--waymo FOLDER]

Logs of each format are exported in it and compared with their own files, cell by cell. Then they and the
sample log are exported in the other formats and read back.

--av2: a Python that has the API of Argoverse 2; it then reads the exports, too. To make one:

    uv venv --python 3.11 av2env
    uv pip install --python av2env/bin/python --no-deps av2==0.2.1
    uv pip install --python av2env/bin/python "numpy<2" "pandas<2.3" "pyarrow<20" scipy rich numba \\
        joblib universal-pathlib opencv-python-headless networkx pyproj click tqdm matplotlib pillow nox

--waymo: a folder with Waymo's package, whose schemas are compared with those that are written:

    uv pip install --no-deps --target FOLDER waymo-open-dataset-tf-2-12-0
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import feather

from av3d.datasets.dataset import Dataset, ExportOptions, ExportReport
from av3d.datasets.exporting import LogLabels, export_labels
from av3d.datasets.registry import dataset, open_log
from av3d.datasets.relabelling import for_project
from av3d.datasets.waymo.components import COMPONENTS, schema_of
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.ontology.presets import default
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"
QUATERNION, TRANSLATION = ("qw", "qx", "qy", "qz"), ("tx_m", "ty_m", "tz_m")
SIZE = ("length_m", "width_m", "height_m")


def main(argv: Sequence[str]) -> None:
    """Print a block of figures per export."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--av2", type=Path)
    parser.add_argument("--waymo", type=Path)
    options = parser.parse_args(argv)
    data = Path(os.environ["AV3D_REAL_DATA"])
    av2 = [path for path in sorted((data / "av2").iterdir()) if dataset("av2").recognise(path)]
    pandaset = data / "pandaset" / "002"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for path in av2:
            compare_argoverse2(path, out / "own" / path.name)
        compare_pandaset(pandaset, out / "own" / "pandaset")
        for path in (*av2, pandaset, SAMPLE):
            for target in ("av2", "pandaset", "waymo"):
                read_back(path, dataset(target), out / target / path.name)
        if options.av2:
            check = Path(__file__).with_name("argoverse2_official.py")
            exports = [str(path) for path in sorted((out / "av2").iterdir())]
            subprocess.run([str(options.av2), str(check), *exports], check=True)
    if options.waymo:
        compare_schemas(options.waymo)


def exported(log: Log, target: Dataset, out: Path) -> tuple[tuple[Track, ...], ExportReport]:
    """Import the log's own labels into the default ontology and export them."""
    source = dataset(log.kind)
    tracks, _ = for_project(source.read_labels(log).tracks, source, default())
    labels = [LogLabels(log, tracks)]
    return tracks, export_labels(target, labels, out, ExportOptions(link_media=True), default())


def compare_argoverse2(path: Path, out: Path) -> None:
    """The annotations and poses of a log against those of its export."""
    log = open_log(path)
    _, report = exported(log, dataset("av2"), out)
    before, after = (
        feather.read_table(str(folder / "annotations.feather"))
        .to_pandas()
        .sort_values(["timestamp_ns", "track_uuid"], ignore_index=True)
        for folder in (path, out / log.name)
    )
    exact = ["timestamp_ns", "track_uuid", "category", "num_interior_pts"]
    differing = {name: int((before[name] != after[name]).sum()) for name in exact}
    moved = transforms(before).inverse() @ transforms(after)
    turned_rad = moved.angle_to_rad(SE3.identity(moved.shape))
    print(f"Argoverse 2 {log.name}: {len(before)} annotations, {len(after)} after the export")
    print(
        f"  types equal: {bool((before.dtypes == after.dtypes).all())}; cells that differ: {differing}"
    )
    print(
        f"  largest difference: size {np.abs(before[[*SIZE]] - after[[*SIZE]]).to_numpy().max():.1e} m, "
        f"place {np.linalg.norm(moved.translation_m, axis=1).max():.1e} m, "
        f"rotation {turned_rad.max():.1e} rad"
    )
    name = "city_SE3_egovehicle.feather"
    poses, again = (
        feather.read_table(str(folder / name)).to_pandas().set_index("timestamp_ns")
        for folder in (path, out / log.name)
    )
    common = poses.index.intersection(again.index)
    largest = np.abs(poses.loc[common] - again.loc[common]).to_numpy().max()
    print(
        f"  poses: {len(poses)}, {len(common)} of them after the export, differing by {largest:.1e}"
    )
    print_losses(report)


def transforms(table: pd.DataFrame) -> SE3:
    """Poses of the rows of a table."""
    return SE3.from_quaternion(table[[*QUATERNION]].to_numpy(), table[[*TRANSLATION]].to_numpy())


def compare_pandaset(path: Path, out: Path) -> None:
    """The cuboid tables and media of a log against those of its export."""
    log = open_log(path)
    tracks, report = exported(log, dataset("pandaset"), out)
    kept = {track.id for track in tracks}
    largest: Counter[str] = Counter()
    differing: Counter[str] = Counter()
    rows = siblings = extra = 0
    for file in sorted((path / "annotations" / "cuboids").glob("*.pkl.gz")):
        # These files come from the dataset itself.
        before = pd.read_pickle(file).set_index("uuid")
        after = pd.read_pickle(out / log.name / file.relative_to(path)).set_index("uuid")
        siblings += int((~before.index.isin(kept)).sum())
        extra += int((~after.index.isin(before.index)).sum())
        before = before[before.index.isin(kept)]
        differing["missing"] += int((~before.index.isin(after.index)).sum())
        before, after = before.sort_index(), after.loc[sorted(before.index)]
        rows += len(before)
        for name in before.columns:
            old, new = before[name], after[name]
            if old.dtype == np.float64:
                apart = np.abs(old - new)
                if name == "yaw":
                    apart = np.abs((old - new + np.pi) % (2 * np.pi) - np.pi)
                largest[name] = max(largest[name], float(apart.max()))
            else:
                same = (old == new) | (old.isna() & new.isna())
                differing[name] += int((~same).sum())
    print(
        f"PandaSet {log.name}: {rows} cuboids, {extra} in frames that the sibling filled; {siblings} "
        "of siblings, which were left out at import"
    )
    print(f"  largest differences: { {name: float(f'{v:.1e}') for name, v in largest.items()} }")
    print(f"  cells that differ: { {name: n for name, n in differing.items() if n} or 'none' }")
    media = [
        file
        for pattern in ("lidar/*.pkl.gz", "camera/*/*.jpg", "annotations/semseg/*.pkl.gz")
        for file in path.glob(pattern)
    ]
    same_bytes = sum(
        (out / log.name / file.relative_to(path)).read_bytes() == file.read_bytes()
        for file in media
    )
    print(
        f"  sweeps, images and semantic classes that are the same bytes: {same_bytes} of {len(media)}"
    )
    print_losses(report)


def read_back(path: Path, target: Dataset, out: Path) -> None:
    """Export in another format and read the labels for the log they came from."""
    log = open_log(path)
    tracks, report = exported(log, target, out)
    read = target.read_labels(log, out)
    by_id = {track.id: track for track in tracks}
    center_m = corner_m = 0.0
    cuboids = 0
    for track in read.tracks:
        times_ns = [int(ns) for ns in track.times_ns]
        states = states_in_sweep([by_id[track.id]] * len(times_ns), times_ns, log)
        for keyframe, state in zip(track.keyframes, states, strict=True):
            assert state is not None
            cuboids += 1
            old, new = state.cuboid, keyframe.cuboid
            center_m = max(center_m, float(np.abs(old.center_m - new.center_m).max()))
            corner_m = max(corner_m, float(np.abs(old.corners_m() - new.corners_m()).max()))
    print(
        f"{log.kind} {log.name} as {target.name}: {report.cuboids} cuboids of {report.tracks} tracks "
        f"written, {cuboids} read; largest difference of centres {center_m:.1e} m, of corners "
        f"{corner_m:.1e} m"
    )
    print_losses(report)


def print_losses(report: ExportReport) -> None:
    """What the report says."""
    words = [f"{loss.what} ({loss.count} {loss.of})" for loss in report.losses]
    print(f"  losses: {', '.join(words) or 'none'}")


def compare_schemas(folder: Path) -> None:
    """The schemas that are written against those that Waymo's own classes give."""
    package = folder / "waymo_open_dataset"
    # The packages' own __init__ would import TensorFlow.
    for name in ("", ".v2", ".v2.perception"):
        module = types.ModuleType(f"waymo_open_dataset{name}")
        module.__path__ = [str(package.joinpath(*name.split(".")[1:]))]
        sys.modules[module.__name__] = module
    classes = {
        "lidar_box": ("box", "LiDARBoxComponent"),
        "vehicle_pose": ("pose", "VehiclePoseComponent"),
        "lidar_calibration": ("context", "LiDARCalibrationComponent"),
        "camera_calibration": ("context", "CameraCalibrationComponent"),
    }
    for component in COMPONENTS:
        module_name, class_name = classes[component]
        module: Any = importlib.import_module(f"waymo_open_dataset.v2.perception.{module_name}")
        official = getattr(module, class_name).schema()
        print(
            f"Waymo {component}: schema equal to Waymo's own: {schema_of(component).equals(official)}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
