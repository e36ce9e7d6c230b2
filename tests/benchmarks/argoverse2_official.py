"""Reads exports with the API of Argoverse 2, for export_argoverse2_pandaset.py.

PYTHON tests/benchmarks/argoverse2_official.py EXPORT [EXPORT ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from av2.datasets.sensor.av2_sensor_dataloader import AV2SensorDataLoader
from av2.evaluation.detection.eval import evaluate
from av2.evaluation.detection.utils import DetectionCfg
from av2.structures.sweep import Sweep
from av2.utils.io import read_city_SE3_ego

COUNTED_SWEEPS = 5
"""Sweeps whose points are counted in all cuboids."""


def main(exports: list[str]) -> None:
    """Print a line per log."""
    for export in map(Path, exports):
        for log in sorted(path for path in export.iterdir() if path.is_dir()):
            check(export, log)


def check(export: Path, log: Path) -> None:
    """Read everything of a log that the API reads."""
    loader = AV2SensorDataLoader(export, export)
    poses = read_city_SE3_ego(log)
    sweeps = loader.get_ordered_log_lidar_timestamps(log.name)
    cuboids = differing = 0
    for timestamp_ns in sweeps[:COUNTED_SWEEPS]:
        points_m = Sweep.from_feather(loader.get_lidar_fpath(log.name, timestamp_ns)).xyz
        table = pd.read_feather(log / "annotations.feather")
        stored = table[table["timestamp_ns"] == timestamp_ns]["num_interior_pts"].tolist()
        found = loader.get_labels_at_lidar_timestamp(log.name, timestamp_ns)
        for cuboid, count in zip(found.cuboids, stored, strict=True):
            cuboids += 1
            differing += len(cuboid.compute_interior_points(points_m)[0]) != count
    images = projected = 0
    for camera in sorted((log / "sensors" / "cameras").glob("*")):
        paths = loader.get_ordered_log_cam_fpaths(log.name, camera.name)
        images += len(paths)
        assert all(int(path.stem) in poses for path in paths)
        if sweeps and paths:
            middle_ns = sweeps[len(sweeps) // 2]
            image_ns = min((int(path.stem) for path in paths), key=lambda ns: abs(ns - middle_ns))
            points_m = Sweep.from_feather(loader.get_lidar_fpath(log.name, middle_ns)).xyz
            _, _, valid = loader.project_ego_to_img_motion_compensated(
                points_m.astype(float), camera.name, image_ns, middle_ns, log.name
            )
            projected += int(np.count_nonzero(valid))
    print(
        f"Argoverse 2 API, {log.name}: {len(poses)} poses, {len(sweeps)} sweeps, {images} images, all "
        f"with a pose; of {cuboids} cuboids in {COUNTED_SWEEPS} sweeps at most, {differing} have other "
        f"numbers of points; {projected} points of a sweep in the images; mean AP of the labels "
        f"against themselves {mean_ap(log):.3f}"
    )


def mean_ap(log: Path) -> float:
    """The mean over the classes that are evaluated and occur, as the official evaluation gives it."""
    labels = pd.read_feather(log / "annotations.feather")
    labels["log_id"] = log.name
    # Cuboids without points are left out of the labels, but would count as false detections.
    seen = labels[labels["num_interior_pts"] > 0]
    config = DetectionCfg(eval_only_roi_instances=False)
    occurring = tuple(name for name in config.categories if name in set(seen["category"]))
    config = DetectionCfg(eval_only_roi_instances=False, categories=occurring)
    _, _, metrics = evaluate(seen.assign(score=1.0), seen.copy(), config, n_jobs=1)
    return float(metrics.loc[list(occurring), "AP"].mean())


if __name__ == "__main__":
    main(sys.argv[1:])
