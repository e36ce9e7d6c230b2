"""How near to a label a gesture comes: a rectangle, a click, a fit (key T); docs/assist.md.

    AV3D_REAL_DATA=... python tests/benchmarks/assist_gestures.py [--offset 0] [--worst 10] [--json]

Every labelled car, truck, bus, pedestrian, cyclist with at least 20 points, at every tenth frame of a log
that has points (of logs with three such frames or fewer, all). Gestures are simulated about the label:

* rectangle: the bounds of its footprint along the ego's axes, each side up to 0.6 m wider at random; as
  it is ("dragged"), and fitted;
* visible: bounds of its points alone, each side 0.2 m wider, fitted: half of the object is not in it;
* click: 0.3 m beside its centre;
* T: a cuboid of its size, 0.3 m and 8 degrees off and up to 10 cm too high or low ("offset"), fitted with
  free and with kept size; where it refuses, the offset cuboid stays.

Headings are not told: the overlap does not see which end is the front. Prints means, and the time of a
call on the whole cloud with its ground, in milliseconds of one core. Of PandaSet and the sample log every
tenth frame from 5 and 8 was looked at while numbers were chosen, so those from 0 are other frames of the
same tracks; the other logs have few frames with points, and all of them were seen.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Of one core, without the time that other processes take.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402

from av3d.assist.error import AssistError  # noqa: E402
from av3d.assist.fitting import fitted  # noqa: E402
from av3d.assist.floor import GroundPlane, local_ground  # noqa: E402
from av3d.assist.placing import Rectangle, cuboid_at, cuboid_from_rectangle  # noqa: E402
from av3d.datasets.registry import open_log, own_labels  # noqa: E402
from av3d.geometry.cuboid import Cuboid  # noqa: E402
from av3d.geometry.overlap import bev_iou, iou_3d  # noqa: E402
from av3d.geometry.se3 import SE3, rotation_about_z  # noqa: E402
from av3d.ontology.category import Category  # noqa: E402
from av3d.ontology.presets import default  # noqa: E402
from av3d.tracks.measured import states_in_sweep  # noqa: E402
from av3d.types import Float32Array, FloatArray  # noqa: E402

CATEGORIES = ("car", "truck", "bus", "pedestrian", "bicycle", "motorcycle")
STEP, FEW_FRAMES, LEAST, MANY = 10, 3, 20, 100
WIDER_M, AROUND_POINTS_M, CLICK_M, MOVED_M, TURNED_RAD = 0.6, 0.2, 0.3, 0.3, np.deg2rad(8.0)
HIGHER_M, AROUND_M = 0.1, 1.0
SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"


@dataclass(frozen=True, eq=False)
class Case:
    """A label in the cloud of a frame, in the ego frame."""

    dataset: str
    name: str
    category: Category
    points_m: Float32Array
    truth: Cuboid
    inside_m: Float32Array
    up: FloatArray
    sensor_m: FloatArray


def logs() -> Iterator[tuple[str, Path]]:
    """Names of datasets, and their logs."""
    yield "sample", SAMPLE
    if "AV3D_REAL_DATA" not in os.environ:
        return
    data = Path(os.environ["AV3D_REAL_DATA"])
    yield "pandaset", data / "pandaset" / "002"
    for path in sorted((data / "av2").iterdir()):
        yield "av2", path
    yield "nuscenes", data / "nuscenes" / "one_sample"
    for path in sorted((data / "kitti_object" / "training" / "velodyne").glob("*.bin")):
        yield "kitti", path
    yield "kitti", data / "kitti_tracking"


def cases(dataset: str, path: Path, offset: int) -> Iterator[Case]:
    """The labels of a log that have enough points."""
    ontology = default()
    log = open_log(path)
    tracks = [track for track in own_labels(log) if track.category in CATEGORIES]
    absent = log.lidars[log.reference_lidar].absent
    shown = [index for index in range(len(log.frames)) if index not in absent]
    if len(shown) > FEW_FRAMES:
        shown = [index for index in shown if index % STEP == offset]
    sensor_m = log.rig.lidars[log.reference_lidar].ego_SE3_lidar.translation_m
    for index in shown:
        time_ns = log.frame(index).timestamp_ns
        points_m = log.cloud(index).points_m
        world_SE3_ego = log.world_SE3_ego(time_ns)
        for track, state in zip(tracks, states_in_sweep(tracks, time_ns, log), strict=True):
            category = ontology.category(track.category)
            if state is None or category is None:
                continue
            truth = state.cuboid.in_frame(world_SE3_ego.inverse())
            inside_m = points_m[truth.contains(points_m)]
            if len(inside_m) >= LEAST:
                name = f"{log.name} {track.name} frame {index}"
                up = world_SE3_ego.rotation[2].copy()
                yield Case(dataset, name, category, points_m, truth, inside_m, up, sensor_m)


def ground_at(case: Case, place_m: FloatArray, size_m: float) -> GroundPlane | None:
    return local_ground(case.points_m, place_m, size_m / 2 + AROUND_M, case.up)


def rectangle(case: Case, low_m: FloatArray, high_m: FloatArray, *, fit: bool) -> Cuboid:
    ground = ground_at(case, (low_m + high_m) / 2, float(np.hypot(*(high_m - low_m))))
    return cuboid_from_rectangle(
        case.points_m, Rectangle.of(low_m, high_m), case.category, ground, fit=fit, up=case.up,
        sensor_m=case.sensor_m,
    ).cuboid  # fmt: skip


def click(case: Case, place_m: FloatArray) -> Cuboid:
    ground = ground_at(case, place_m, float(np.hypot(*case.category.size_lwh_m[:2])))
    return cuboid_at(
        case.points_m, place_m, case.category, ground, up=case.up, sensor_m=case.sensor_m
    ).cuboid


def refit(case: Case, start: Cuboid, *, keep_size: bool) -> Cuboid:
    ground = ground_at(case, start.center_m, float(np.hypot(*start.size_lwh_m[:2])))
    try:
        return fitted(
            case.points_m, start, case.category, ground, keep_size=keep_size, sensor_m=case.sensor_m
        ).cuboid
    except AssistError:
        return start


def gestures(case: Case, rng: np.random.Generator) -> dict[str, Callable[[], Cuboid]]:
    """By name, what gives the cuboid of each gesture about a label."""
    truth = case.truth
    corners = truth.corners_m()[:, :2]
    low_m, high_m = (corners.min(axis=0), corners.max(axis=0))
    low_m, high_m = low_m - rng.uniform(0, WIDER_M, 2), high_m + rng.uniform(0, WIDER_M, 2)
    seen = case.inside_m[:, :2].astype(np.float64)
    seen_low_m, seen_high_m = seen.min(axis=0) - AROUND_POINTS_M, seen.max(axis=0) + AROUND_POINTS_M
    ways = rng.uniform(0, 2 * np.pi, 2)
    place_m = truth.center_m[:2] + CLICK_M * np.array([np.cos(ways[0]), np.sin(ways[0])])
    moved = [MOVED_M * np.cos(ways[1]), MOVED_M * np.sin(ways[1]), rng.uniform(-HIGHER_M, HIGHER_M)]
    turned = rotation_about_z(TURNED_RAD * rng.choice([-1.0, 1.0]))
    pose = SE3(truth.frame_SE3_cuboid.rotation @ turned, truth.center_m + moved)
    offset = Cuboid(pose, truth.size_lwh_m)
    return {
        "rectangle dragged": lambda: rectangle(case, low_m, high_m, fit=False),
        "rectangle fitted": lambda: rectangle(case, low_m, high_m, fit=True),
        "visible fitted": lambda: rectangle(case, seen_low_m, seen_high_m, fit=True),
        "click": lambda: click(case, place_m),
        "offset": lambda: offset,
        "T, size free": lambda: refit(case, offset, keep_size=False),
        "T, size kept": lambda: refit(case, offset, keep_size=True),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--offset", type=int, default=0, help="first frame of every tenth")
    parser.add_argument("--worst", type=int, default=0, help="also the worst fitted cars")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rng = np.random.default_rng(3)
    found: dict[tuple[str, str, str], list[tuple[float, float, float]]] = defaultdict(list)
    worst: list[tuple[float, str, int]] = []
    for dataset, path in logs():
        for case in cases(dataset, path, options.offset):
            for gesture, make in gestures(case, rng).items():
                make()  # the first call of all compiles; and caches are warm in a session
                start = time.thread_time()
                cuboid = make()
                ms = 1e3 * (time.thread_time() - start)
                overlap = iou_3d(cuboid, case.truth)
                row = (bev_iou(cuboid, case.truth), overlap, ms)
                kind = case.category.key
                groups = [(dataset, kind), ("all", kind)]
                if len(case.inside_m) >= MANY:
                    groups.append((f"all, {MANY} points", kind))
                for group in groups:
                    found[*group, gesture].append(row)
                if gesture == "rectangle fitted" and kind == "car":
                    worst.append((overlap, case.name, len(case.inside_m)))
    report: list[dict[str, Any]] = [
        {
            "group": group, "category": category, "gesture": gesture, "cuboids": len(rows),
            "bev_mean": float(np.mean([row[0] for row in rows])),
            "iou_mean": float(np.mean([row[1] for row in rows])),
            "iou_median": float(np.median([row[1] for row in rows])),
            "share_over_0.7": float(np.mean([row[1] > 0.7 for row in rows])),
            "ms_median": float(np.median([row[2] for row in rows])),
            "ms_95": float(np.quantile([row[2] for row in rows], 0.95)),
        }
        for (group, category, gesture), rows in sorted(found.items())
    ]  # fmt: skip
    if options.json:
        print(json.dumps(report))
        return
    print(
        "                                                          BEV   3D    median  > .7   ms (95 %)"
    )
    for line in report:
        print(
            f"{line['group']:16} {line['category']:10} {line['gesture']:18} {line['cuboids']:4}   "
            f"  {line['bev_mean']:.3f} {line['iou_mean']:.3f} {line['iou_median']:.3f} "
            f"{line['share_over_0.7']:6.0%}  {line['ms_median']:5.1f} {line['ms_95']:5.1f}"
        )
    for overlap, name, count in sorted(worst)[: options.worst]:
        print(f"{overlap:.2f} {name}, {count} points")


if __name__ == "__main__":
    main()
