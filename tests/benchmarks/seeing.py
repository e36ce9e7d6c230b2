"""What it takes to show points: colours, joined sweeps, ground, points in images, trails. Prints a table.

    AV3D_REAL_DATA=... python tests/benchmarks/seeing.py

Without real data only the sample log is measured. Times are the best of some runs, in milliseconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from av3d.datasets.registry import dataset, open_log
from av3d.logs.ground_points import ground_points
from av3d.logs.log import Log
from av3d.present.clouds import SWEEP_STEPS, CloudSpec, make_cloud
from av3d.present.placed import Placer
from av3d.present.trails import make_trails
from av3d.render.colours import PointColour, point_colours
from av3d.render.placing import PlacedTrack
from av3d.render.points_in_image import points_in_image

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"
GROUND = range(6, 13)
"""PandaSet's classes of ground, road, markings, sidewalk and driveway; then come vehicles and people."""
OBJECTS = range(13, 33)
NEAR_M = 80.0


def best_ms(work: Callable[[], object], runs: int = 5) -> float:
    """The shortest of some runs; the first warms up."""
    work()
    found = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found) * 1e3


def measure(log: Log, frame: int) -> None:
    tracks = tuple(dataset(log.kind).read_labels(log).tracks)
    placer = Placer(log)

    def placed(index: int) -> Sequence[PlacedTrack]:
        return placer.in_frame(index, tracks)

    cloud = log.cloud(frame)
    print(f"{log.name} frame {frame}: {len(cloud):,} points, {len(tracks)} tracks")
    for colour in PointColour:
        if colour is not PointColour.CAMERA:
            print(
                f"  colour by {colour.value:10} {best_ms(lambda c=colour: point_colours(cloud, c)):7.1f}"
            )
    print(f"  ground {best_ms(lambda: ground_points(cloud.points_m)):20.1f}")
    if "semantic" in cloud.extra:
        hidden = ground_points(cloud.points_m)
        classes = cloud.extra["semantic"]
        near = np.hypot(cloud.points_m[:, 0], cloud.points_m[:, 1]) < NEAR_M
        found = hidden[np.isin(classes, GROUND) & near].mean()
        lost = hidden[np.isin(classes, OBJECTS)].mean()
        print(f"    of ground within {NEAR_M:g} m {found:.4f} hidden, of objects {lost:.3f}")
    for count in SWEEP_STEPS:
        spec = CloudSpec().with_sweeps(count)
        made = make_cloud(log, frame, spec, placed)
        taken = best_ms(lambda s=spec: make_cloud(log, frame, s, placed), 2)
        print(f"  ±{count:<2} sweeps {taken:19.0f}   {len(made.points_m):,} points, "
              f"{made.nbytes / 1e6:.0f} MB")  # fmt: skip
    for camera in log.cameras:
        taken = best_ms(lambda c=camera: points_in_image(log, frame, c, cloud.points_m))
        print(f"  points in {camera:16} {taken:.1f}")
    if log.cameras:
        spec = CloudSpec(PointColour.CAMERA)
        print(
            f"  cloud in camera colours {best_ms(lambda: make_cloud(log, frame, spec, placed), 2):.0f}"
        )
    print(f"  trails of all tracks {best_ms(lambda: make_trails(log, tracks, frame), 2):.0f}")


def main() -> None:
    measure(open_log(SAMPLE), 20)
    folder = os.environ.get("AV3D_REAL_DATA")
    if folder:
        measure(open_log(Path(folder) / "pandaset" / "002"), 14)
        measure(open_log(Path(folder) / "nuscenes" / "one_sample"), 0)


if __name__ == "__main__":
    main()
