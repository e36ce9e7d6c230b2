"""Are PandaSet's images rectified? Depth edges of the LiDAR against edges of the images.

    AV3D_REAL_DATA=... python tests/benchmarks/pandaset_rectified.py

For each camera: the share of LiDAR points in front of a depth step (nearer than 40 m, 1 m in front
of the neighbour) that project within 3 px of an image edge, in the middle (less than 450 px from the
image's centre) and near the border (600 px and more), with the pinhole alone and with the distortion
of static_extrinsic_calibration.yaml. The better model meets more edges, most of all at the border.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import yaml

from av3d.calibration.distortion import BrownConrady
from av3d.datasets.pandaset import DATASET
from av3d.types import BoolArray, FloatArray

FRAMES = (2, 14, 27)


def depth_edges_m(points_m: FloatArray) -> FloatArray:
    """Points (M, 3) of a spinning LiDAR in front of a step in range to the left or right."""
    azimuth = np.arctan2(points_m[:, 1], points_m[:, 0])
    elevation = np.arctan2(points_m[:, 2], np.hypot(points_m[:, 0], points_m[:, 1]))
    range_m = np.linalg.norm(points_m, axis=1)
    column = ((azimuth + np.pi) / (2 * np.pi) * 1800).astype(int) % 1800
    row = np.clip(((elevation + 0.45) / 0.75 * 400).astype(int), 0, 399)
    nearest = np.full((400, 1800), np.inf)
    index = np.full((400, 1800), -1)
    order = np.argsort(-range_m)
    nearest[row[order], column[order]] = range_m[order]
    index[row[order], column[order]] = order
    found: list[FloatArray] = []
    for side in (1, -1):
        beside = np.roll(nearest, side, axis=1)
        both = np.isfinite(nearest) & np.isfinite(beside) & (nearest < 40)
        step = np.where(both, beside, 0) - np.where(both, nearest, 0)
        found.append(index[both & (step > 1)])
    return points_m[np.concatenate(found)]


def main(data: Path) -> None:
    log = DATASET.open(data / "002")
    static = yaml.safe_load((data / "static_extrinsic_calibration.yaml").read_text())
    lidar = log.rig.lidar("pandar64").ego_SE3_lidar
    for name in log.cameras:
        pinhole = log.rig.camera(name).camera
        k1, k2, p1, p2, k3 = static[f"{name}_camera"]["intrinsic"]["D"]
        models = {
            "pinhole": pinhole,
            "distorted": replace(pinhole, lens=BrownConrady(k1, k2, p1, p2, k3)),
        }
        near: dict[tuple[str, str], list[BoolArray]] = {}
        for index in FRAMES:
            frame = log.frame(index)
            image = frame.images[name]
            assert image is not None
            grey = cv2.cvtColor(log.image(name, image), cv2.COLOR_RGB2GRAY)
            edges = cv2.Canny(cv2.GaussianBlur(grey, (0, 0), 1.5), 40, 90)
            away_px = cv2.distanceTransform(255 - edges, cv2.DIST_L2, 5)
            camera_SE3_world = log.world_SE3_camera(name, image).inverse()
            camera_SE3_lidar = camera_SE3_world @ log.world_SE3_ego(frame.timestamp_ns) @ lidar
            points_m = depth_edges_m(log.sweep(index).points_m.astype(np.float64))
            for model, camera in models.items():
                pixels, valid = camera.project(camera_SE3_lidar.transform(points_m))
                pixels = pixels[valid]
                pixels = pixels[camera.contains(pixels)]
                radius = np.hypot(pixels[:, 0] - 960, pixels[:, 1] - 540)
                u, v = pixels.round().astype(int).clip(0, [1919, 1079]).T
                for place, where in (("middle", radius < 450), ("border", radius >= 600)):
                    near.setdefault((model, place), []).append(away_px[v, u][where] <= 3)
        shares = {key: np.concatenate(values) for key, values in near.items()}
        print(
            f"{name}: "
            + ", ".join(
                f"{place} {model} {share.mean():.2f} of {len(share)}"
                for (model, place), share in shares.items()
            )
        )


if __name__ == "__main__":
    main(Path(os.environ["AV3D_REAL_DATA"]) / "pandaset")
