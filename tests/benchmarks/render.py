"""How fast points and cuboids become pictures: `python tests/benchmarks/render.py [--json]`.

Each kernel is first checked against a plain implementation, then timed. Figures are of single runs on
one core; on a busy machine the fastest run says more than the median. Two figures of the same run put
them in proportion: a floor, writing every pixel of the picture once, and a baseline, numpy's own
scatter of the same points without a depth test. With AV3D_REAL_DATA set, a real PandaSet frame is
measured as well.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.logs.sweep import Sweep
from av3d.render.colours import PointColour, point_colours
from av3d.render.outline import Item, all_lines_view, cuboid_style
from av3d.render.overlay import draw_cuboids
from av3d.render.point_grid import PointGrid
from av3d.render.splat import PointBuffer, splat
from av3d.render.views import OrthographicView, PerspectiveView, View

WIDTH_PX, HEIGHT_PX = 1280, 720
POINTS = 180_000
RUNS = 25


def timed(run: Callable[[], object]) -> dict[str, float]:
    """Median and fastest of RUNS single runs after two warm ones, in milliseconds."""
    run()
    run()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    median, fastest = float(np.median(times)) * 1e3, min(times) * 1e3
    return {"median_ms": round(median, 2), "fastest_ms": round(fastest, 2)}


def street() -> Sweep:
    """A made cloud: rings on the ground, walls, some clutter."""
    rng = np.random.default_rng(7)
    ground = POINTS * 6 // 10
    radius = rng.choice(np.geomspace(4, 80, 60), ground) + rng.normal(0, 0.02, ground)
    angle = rng.uniform(-np.pi, np.pi, ground)
    flat = np.column_stack(
        [radius * np.cos(angle), radius * np.sin(angle), rng.normal(0, 0.03, ground)]
    )
    walls = POINTS * 3 // 10
    side = rng.choice([-12.0, 12.0], walls) + rng.normal(0, 0.05, walls)
    wall = np.column_stack([rng.uniform(-60, 60, walls), side, rng.uniform(0, 9, walls)])
    clutter = rng.normal(size=(POINTS - ground - walls, 3)) * (30, 8, 1)
    points = np.concatenate([flat, wall, clutter]).astype(np.float32)
    return Sweep("ego", 0, points, rng.uniform(0, 1, len(points)).astype(np.float32))


def check(points: np.ndarray, view: View) -> None:
    """The point in front of every pixel, against sorting all points from far to near."""
    buffer = PointBuffer.of_size(view.width_px, view.height_px)
    splat(points, np.zeros_like(points, dtype=np.uint8), view, 1, buffer=buffer)
    rows = points.astype(np.float64) @ view.splat_matrix[:, :3].T + view.splat_matrix[:, 3]
    depth = rows[:, 2].astype(np.float32)
    uv = rows[:, :2]
    drawn = np.ones(len(points), dtype=bool)
    if isinstance(view, PerspectiveView):
        drawn = rows[:, 2] >= 0.05
        uv = uv / np.where(drawn, rows[:, 2], 1.0)[:, None]
    column, row = np.floor(uv + 0.5).T
    drawn &= (column >= 0) & (column < view.width_px) & (row >= 0) & (row < view.height_px)
    order = np.flatnonzero(drawn)
    order = order[np.lexsort((-order, -depth[order]))]
    expected = np.full((view.height_px, view.width_px), -1)
    expected[row[order].astype(int), column[order].astype(int)] = order
    found = buffer.indices()
    # The kernel multiplies in another order, so a point on the border of two pixels may fall either way.
    wrong = int((found != expected).sum())
    if wrong > len(points) // 10_000:
        raise SystemExit(f"wrong picture: {wrong} pixels of {type(view).__name__} differ")


def numpy_scatter(points: np.ndarray, colours: np.ndarray, view: View, out: np.ndarray) -> None:
    """The baseline: project with numpy and write colours, whatever is in front."""
    rows = points @ view.splat_matrix[:, :3].T.astype(np.float32) + view.splat_matrix[:, 3].astype(
        np.float32
    )
    if isinstance(view, PerspectiveView):
        rows = rows[rows[:, 2] > 0.05]
        colours = colours[: len(rows)]
        rows[:, :2] /= rows[:, 2:]
    pixels = np.floor(rows[:, :2] + 0.5).astype(np.int32)
    inside = ((pixels >= 0) & (pixels < (view.width_px, view.height_px))).all(axis=1)
    out[...] = (13, 18, 20, 255)
    out[pixels[inside, 1], pixels[inside, 0], :3] = colours[inside]


def crowd() -> list[Item]:
    """A hundred cuboids along a street."""
    rng = np.random.default_rng(3)
    return [
        Item(
            Cuboid.from_yaw([rng.uniform(-60, 60), rng.uniform(-12, 12), 0.8], [4.5, 1.9, 1.6], yaw),
            cuboid_style("car"), str(number), f"Car {number}",
        )
        for number, yaw in enumerate(rng.uniform(-3, 3, 100))
    ]  # fmt: skip


def measure(cloud: Sweep) -> dict[str, dict[str, float]]:
    """All figures for one cloud, milliseconds."""
    figures: dict[str, dict[str, float]] = {}
    points = cloud.points_m
    colours = point_colours(cloud)
    out = np.zeros((HEIGHT_PX, WIDTH_PX, 4), dtype=np.uint8)
    buffer = PointBuffer.of_size(WIDTH_PX, HEIGHT_PX)
    bev = OrthographicView(WIDTH_PX, HEIGHT_PX, metres_per_pixel=0.09)
    orbit = PerspectiveView(WIDTH_PX, HEIGHT_PX, distance_m=35.0, elevation_rad=0.45)
    figures["floor: fill 1280x720 RGBA"] = timed(lambda: out.fill(128))
    for name, view in (("bird's-eye view", bev), ("orbit view", orbit)):
        check(points, view)
        figures[f"baseline: numpy scatter, no depth test, {name}"] = timed(
            lambda view=view: numpy_scatter(points, colours, view, out)
        )
        for size in (1, 2, 3, 6):
            figures[f"splat, {name}, {size} px"] = timed(
                lambda view=view, size=size: splat(points, colours, view, size, out, buffer=buffer)
            )
    for colour in PointColour:
        figures[f"colours by {colour.value}"] = timed(
            lambda colour=colour: point_colours(cloud, colour)
        )
    figures["grid over the cloud"] = timed(lambda: PointGrid(points))
    grid, items = PointGrid(points), crowd()
    figures["points inside 100 cuboids"] = timed(
        lambda: [grid.inside(item.cuboid) for item in items]
    )
    figures["lines of 100 cuboids, orbit view"] = timed(lambda: all_lines_view(orbit, items))
    drawings = all_lines_view(orbit, items)
    picture = np.zeros((HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
    figures[f"paint {len(drawings)} cuboids with tags"] = timed(
        lambda: draw_cuboids(picture, drawings)
    )
    return figures


def main() -> None:
    clouds = {f"made street, {POINTS:,} points": street()}
    folder = os.environ.get("AV3D_REAL_DATA")
    if folder:
        from av3d.datasets.registry import open_log

        cloud = open_log(Path(folder) / "pandaset" / "002").cloud(14)
        clouds[f"PandaSet 002 frame 14, {len(cloud):,} points"] = cloud
    results = {name: measure(cloud) for name, cloud in clouds.items()}
    if "--json" in sys.argv[1:]:
        sys.stdout.write(json.dumps(results, indent=2) + "\n")
        return
    for name, figures in results.items():
        sys.stdout.write(f"{name} ({RUNS} runs)\n    median   fastest\n")
        for what, value in figures.items():
            median, fastest = value["median_ms"], value["fastest_ms"]
            sys.stdout.write(f"{median:7.2f} ms {fastest:6.2f} ms  {what}\n")


if __name__ == "__main__":
    main()
