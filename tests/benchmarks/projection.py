"""How fast the cuboids of an image are projected: `python tests/benchmarks/projection.py [--json]`.

A hundred cuboids of a street, all at least partly on the image, through the lenses of the rigs that
ship with av3d. First every drawn piece is compared with a dense sampling of its edge by OpenCV; then
runs of all ways take turns, so that a busy machine slows all of them alike. The floor is one call of
`cv2.projectPoints` with as many samples of the same edges as the pieces have ends: it neither culls
nor clips, and finds no hidden edges, outlines, bounds or truncation.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.projection import ProjectedCuboid, project_cuboid, project_cuboids
from av3d.calibration.rig_toml import read_rig
from av3d.geometry.cuboid import EDGES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.render.outline import Item, all_lines_camera, cuboid_style
from av3d.types import FloatArray

CUBOIDS = 100
RUNS = 15
LIMIT_PX = 0.2
RIGS = Path(__file__).parents[2] / "calibration"
CAMERAS = {
    "PandaSet front": ("pandaset", "front", None),
    "PandaSet left": ("pandaset", "left", None),
    "PandaSet front with its lens": (
        "pandaset", "front", BrownConrady(-0.5894, 0.66, 0.0011, -0.001, -1.0088),
    ),
    "PandaSet left with its lens": (
        "pandaset", "left", BrownConrady(-0.1582, -0.0266, -0.00015221, 0.00059011, 0.0449),
    ),
    "sample log front": ("sample", "front", None),
    "sample log left": ("sample", "left", None),
}  # fmt: skip
"""Rig, camera, and a lens for what the rig says is rectified: PandaSet gives those of its raw images."""

AHEAD: FloatArray = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
"""Takes ego axes into those of a camera that looks ahead."""


def street(camera: Camera) -> list[Cuboid]:
    """Cars, lorries and pedestrians on a plane, at least partly on the image."""
    rng = np.random.default_rng(7)
    sizes = [(4.5, 1.9, 1.6), (4.5, 1.9, 1.6), (9.0, 2.5, 3.4), (0.6, 0.7, 1.75)]
    left, _, right, _ = camera.normalized_bounds
    found: list[Cuboid] = []
    while len(found) < CUBOIDS:
        size = np.array(sizes[len(found) % len(sizes)])
        depth_m = 6 * 15 ** rng.uniform()
        place = [rng.uniform(left, right) * depth_m, 1.6 - size[2] / 2, depth_m]
        pose = SE3(AHEAD, np.array(place)) @ SE3.from_yaw(rng.uniform(-np.pi, np.pi), np.zeros(3))
        cuboid = Cuboid(pose, size)
        if project_cuboid(camera, cuboid) is not None:
            found.append(cuboid)
    return found


def edge_points(camera: Camera, cuboid: Cuboid, edge: int, samples: int) -> FloatArray:
    """Points of an edge that the lens sees, evenly spaced at depth 1, (N, 3)."""
    ends = cuboid.corners_m()[list(EDGES[edge])]
    if (ends[:, 2] < NEAR_M).any():
        raise SystemExit("the street has a cuboid behind the camera")
    flat = ends[:, :2] / ends[:, 2:]
    points = flat[0] + np.linspace(0, 1, samples)[:, None] * (flat[1] - flat[0])
    if camera.lens is not None:
        points = points[np.hypot(*points.T) <= camera.lens.max_radius]
    return np.column_stack([points, np.ones(len(points))])


def opencv(camera: Camera, points_m: FloatArray) -> FloatArray:
    distortion = None if camera.lens is None else camera.lens.coefficients
    pixels, _ = cv2.projectPoints(points_m, np.zeros(3), np.zeros(3), camera.matrix, distortion)
    return np.asarray(pixels[:, 0])


def worst_px(camera: Camera, cuboids: list[Cuboid], seen: list[ProjectedCuboid | None]) -> float:
    """How far OpenCV's edges on the image are from the pieces, at most."""
    worst = 0.0
    for cuboid, projected in zip(cuboids, seen, strict=True):
        assert projected is not None
        for edge in range(len(EDGES)):
            points = edge_points(camera, cuboid, edge, 200)
            pixels = opencv(camera, points) if len(points) else np.zeros((0, 2))
            pixels = pixels[camera.contains(pixels)]
            mine = projected.edge == edge
            starts, step = (
                projected.starts_px[mine],
                (projected.ends_px - projected.starts_px)[mine],
            )
            if len(pixels) < 2 or not len(starts):
                continue
            along = ((pixels[:, None] - starts) * step).sum(-1)
            along /= np.maximum((step * step).sum(-1), 1e-18)
            foot = starts + np.clip(along, 0, 1)[..., None] * step
            worst = max(worst, np.linalg.norm(pixels[:, None] - foot, axis=-1).min(axis=1).max())
    return float(worst)


def samples(
    camera: Camera, cuboids: list[Cuboid], seen: list[ProjectedCuboid | None]
) -> FloatArray:
    """As many points of each edge as its pieces have ends, (N, 3)."""
    points = []
    for cuboid, projected in zip(cuboids, seen, strict=True):
        assert projected is not None
        pieces = np.bincount(projected.edge, minlength=len(EDGES)).tolist()
        points += [
            edge_points(camera, cuboid, edge, 1 + max(count, 1))
            for edge, count in enumerate(pieces)
        ]
    return np.concatenate(points)


def measure(camera: Camera) -> dict[str, float]:
    """Figures for one camera: medians in milliseconds, and what was checked."""
    cuboids = street(camera)
    poses = SE3.stack([cuboid.frame_SE3_cuboid for cuboid in cuboids])
    sizes_m = np.stack([cuboid.size_lwh_m for cuboid in cuboids])
    seen = project_cuboids(camera, poses, sizes_m)
    worst = worst_px(camera, cuboids, seen)
    if worst > LIMIT_PX:
        raise SystemExit(f"wrong: an edge is {worst:.3f} px from where OpenCV puts it")
    points_m = samples(camera, cuboids, seen)
    items = [Item(cuboid, cuboid_style("car", hidden_edges=False)) for cuboid in cuboids]
    elsewhere = SE3.trusted(poses.rotation.copy(), -poses.translation_m)
    ways: dict[str, Callable[[], object]] = {
        "floor: cv2.projectPoints": lambda: opencv(camera, points_m),
        "project_cuboids": lambda: project_cuboids(camera, poses, sizes_m),
        "project_cuboid, one by one": lambda: [project_cuboid(camera, c) for c in cuboids],
        "project_cuboids, all behind the camera": lambda: project_cuboids(
            camera, elsewhere, sizes_m
        ),
        "with strokes to draw": lambda: all_lines_camera(camera, items),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(RUNS + 1):
        for name, run in ways.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    figures = {name: round(float(np.median(runs[1:])) * 1e3, 3) for name, runs in times.items()}
    return {**figures, "samples": len(points_m), "largest error, px": round(worst, 3)}


def main() -> None:
    results = {}
    for name, (rig, camera_name, lens) in CAMERAS.items():
        camera = read_rig(RIGS / rig / "rig.toml").camera(camera_name).camera
        results[name] = measure(camera if lens is None else replace(camera, lens=lens))
    if "--json" in sys.argv[1:]:
        sys.stdout.write(json.dumps(results, indent=2) + "\n")
        return
    for name, figures in results.items():
        checked = (
            f"{figures.pop('samples'):,} samples, off by {figures.pop('largest error, px')} px"
        )
        sys.stdout.write(f"{name}: {CUBOIDS} cuboids, {checked} at most, medians of {RUNS} runs\n")
        for what, value in figures.items():
            sys.stdout.write(f"{value:8.2f} ms  {what}\n")


if __name__ == "__main__":
    main()
