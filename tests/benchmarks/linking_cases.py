"""Logs with detections and with what is true, for `linking.py`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from metrics_of_tracking import NONE, Boxes, by_distance

from av3d.datasets.registry import dataset, open_log
from av3d.tracks.detections import Detections
from av3d.tracks.track import Track

TUNED = ("0000", "0002", "0004", "0006", "0008", "0010")
HELD_OUT = ("0001", "0003", "0005", "0007", "0009")
AV2_TUNED, AV2_HELD_OUT = "7fab2350", "adcf7d18"
LOST = 0.3
"""Share of the frames that are lost, besides a second in the middle."""
KITTI_KINDS = {"Car": "car", "Pedestrian": "pedestrian", "Cyclist": "bicycle"}


@dataclass(frozen=True)
class Case:
    """A log with detections and what is true."""

    name: str
    detections: Detections
    frames_ns: np.ndarray
    true: dict[str, list[Boxes]]
    ignored: Callable[[str, int, np.ndarray], np.ndarray] | None = None
    ego_known: bool = True


def real_data() -> Path:
    folder = os.environ.get("AV3D_REAL_DATA")
    if not folder:
        sys.exit("set AV3D_REAL_DATA to the folder with the shared logs")
    return Path(folder)


def values(cuboid) -> list[float]:  # type: ignore[no-untyped-def]
    pose = cuboid.frame_SE3_cuboid
    yaw = float(np.arctan2(pose.rotation[1, 0], pose.rotation[0, 0]))
    return [*pose.translation_m.tolist(), *cuboid.size_lwh_m.tolist(), yaw]


def boxes_at(tracks: Iterable[Track], frames_ns: np.ndarray, *, keyframes: bool) -> list[Boxes]:
    """Of each frame; only at keyframes, or wherever the tracks are there."""
    found: list[list[tuple[int, list[float]]]] = [[] for _ in frames_ns]
    for number, track in enumerate(tracks):
        times_ns = track.times_ns
        rows = np.flatnonzero((frames_ns >= track.start_ns) & (frames_ns <= track.end_ns))
        known = dict(zip(times_ns, track.keyframes, strict=True))
        for row in rows.tolist():
            time_ns = int(frames_ns[row])
            keyframe = known.get(time_ns)
            if keyframe is not None:
                found[row].append((number, values(keyframe.cuboid)))
            elif not keyframes and track.is_present(time_ns):
                state = track.state_at(time_ns)
                found[row].append((number, values(state.cuboid)))
    return [
        Boxes(np.array([n for n, _ in part]), np.array([v for _, v in part])) if part else NONE
        for part in found
    ]


@cache
def kitti(sequence: str) -> Case:
    root = real_data()
    labels = root / "kitti_tracking" / "training" / "label_02" / f"{sequence}.txt"
    log = open_log(labels)
    kind = dataset("kitti-tracking")
    tracks = kind.read_labels(log).tracks
    parts = []
    for name in KITTI_KINDS:
        found = kind.read_labels(log, root / "detections" / "kitti_pointrcnn" / name / labels.name)
        parts.append(found.detections)
    detections = joined(parts)
    last_ns = max(int(detections.times_ns.max()), *(track.end_ns for track in tracks))
    times_ns = [log.time_of(0)]
    while times_ns[-1] < last_ns:
        times_ns.append(log.time_of(len(times_ns)))
    frames_ns = np.array(times_ns)
    by_type: dict[str, list[Track]] = {}
    for track in tracks:
        by_type.setdefault(str(track.attributes["kitti.type"]), []).append(track)
    true = {
        category: boxes_at(by_type.get(name, []), frames_ns, keyframes=True)
        for name, category in KITTI_KINDS.items()
    }
    vans = boxes_at(by_type.get("Van", []), frames_ns, keyframes=True)
    sitting = boxes_at(by_type.get("Person_sitting", []), frames_ns, keyframes=True)
    areas: dict[int, list[list[float]]] = {}
    for line in labels.read_text().splitlines():
        words = line.split()
        if words[2] == "DontCare":
            areas.setdefault(int(words[0]), []).append([float(word) for word in words[6:10]])
    ego_SE3_rectified, projection = (
        log.calibration.ego_SE3_rectified,
        log.calibration.projections[2],
    )

    def ignored(category: str, frame: int, boxes: np.ndarray) -> np.ndarray:
        alike = {"car": vans, "pedestrian": sitting}.get(category)
        out = np.zeros(len(boxes), dtype=bool)
        if alike is not None and len(alike[frame].values):
            out |= by_distance(boxes, alike[frame].values).max(axis=1) >= 0.5
        world_SE3_ego = log.trajectory.at(int(frames_ns[frame]))
        rect = rectangles(boxes, world_SE3_ego @ ego_SE3_rectified, projection)
        out |= rect[:, 3] - rect[:, 1] < 25
        for area in areas.get(frame, []):
            wide = np.minimum(rect[:, 2], area[2]) - np.maximum(rect[:, 0], area[0])
            high = np.minimum(rect[:, 3], area[3]) - np.maximum(rect[:, 1], area[1])
            shared = np.maximum(wide, 0) * np.maximum(high, 0)
            whole = (rect[:, 2] - rect[:, 0]) * (rect[:, 3] - rect[:, 1])
            out |= shared > 0.5 * whole
        return out

    return Case(
        f"KITTI {sequence}", detections, frames_ns, true, ignored, not log.trajectory.is_identity
    )


def rectangles(boxes: np.ndarray, world_SE3_camera, projection: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]
    """The rectangles around cuboids in a KITTI image: left, top, right, bottom in pixels, (N, 4)."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 2
    local = signs[None] * boxes[:, None, 3:6]
    cos, sin = np.cos(boxes[:, 6])[:, None], np.sin(boxes[:, 6])[:, None]
    corners = boxes[:, None, :3] + np.stack(
        [local[..., 0] * cos - local[..., 1] * sin, local[..., 0] * sin + local[..., 1] * cos,
         local[..., 2]], axis=-1,
    )  # fmt: skip
    seen = world_SE3_camera.inverse().transform(corners.reshape(-1, 3))
    image = seen @ projection[:, :3].T + projection[:, 3]
    image = (image[:, :2] / np.maximum(image[:, 2:], 0.1)).reshape(-1, 8, 2)
    image = np.clip(image, 0, [1241, 374])
    return np.concatenate([image.min(axis=1), image.max(axis=1)], axis=1)


def joined(parts: Sequence[Detections]) -> Detections:
    return Detections(
        np.concatenate([part.times_ns for part in parts]),
        np.concatenate([part.centers_m for part in parts]),
        np.concatenate([part.quaternions_wxyz for part in parts]),
        np.concatenate([part.sizes_lwh_m for part in parts]),
        tuple(name for part in parts for name in part.categories),
        np.concatenate([part.scores for part in parts]),
    )


def rows_of(detections: Detections, rows: np.ndarray) -> Detections:
    rows = np.arange(len(detections))[rows]
    return Detections(
        detections.times_ns[rows], detections.centers_m[rows], detections.quaternions_wxyz[rows],
        detections.sizes_lwh_m[rows], tuple(detections.categories[row] for row in rows.tolist()),
        detections.scores[rows],
    )  # fmt: skip


AV2_KINDS = ("car", "truck", "bus", "pedestrian", "bicycle", "cone")


@cache
def av2(prefix: str, noise_m: float = 0.35, seed: int = 1) -> Case:
    """Labels of an Argoverse 2 log as a detector might find them.

    Each cuboid is found with 85 % (far ones and those with few points less), moved by noise_m in the
    plane and half as much up, turned by 8 degrees (pedestrians: 40), one in 12 the wrong way around, with
    sides 8 % off; objects are missed for half a second now and then; 3 false alarms of a frame at random,
    and six places in the log where something is taken for a car for a while. Scores of true ones lie
    around .65, of false ones around .3.
    """
    [folder] = (real_data() / "av2").glob(f"{prefix}*")
    log = open_log(folder)
    tracks = [t for t in dataset("av2").read_labels(log).tracks if t.category in AV2_KINDS]
    random = np.random.default_rng(seed)
    frames_ns = np.unique(np.concatenate([track.columns.times_ns for track in tracks]))
    true = {
        kind: boxes_at([t for t in tracks if t.category == kind], frames_ns, keyframes=True)
        for kind in AV2_KINDS
    }
    rows: list[tuple[int, list[float], str, float]] = []
    hidden_until: dict[tuple[str, int], int] = {}
    phantoms = [
        (int(random.integers(len(frames_ns) - 25)), int(random.integers(5, 25))) for _ in range(6)
    ]
    places = [true["car"][first].values for first, _ in phantoms]
    for frame, time_ns in enumerate(frames_ns.tolist()):
        world_SE3_ego = log.trajectory.at(time_ns)
        ego_m = world_SE3_ego.translation_m
        for kind in AV2_KINDS:
            boxes = true[kind][frame]
            for number, box in zip(boxes.ids.tolist(), boxes.values, strict=True):
                far = float(np.linalg.norm(box[:2] - ego_m[:2]))
                key = (kind, number)
                if random.random() < 0.02:
                    hidden_until[key] = frame + int(random.integers(3, 9))
                chance = 0.93 - 0.25 * min(far, 100.0) / 100
                if hidden_until.get(key, -1) > frame or random.random() > chance:
                    continue
                value = float(np.clip(random.normal(0.7 - 0.1 * far / 100, 0.15), 0.05, 1))
                rows.append((time_ns, _noisy(box, kind, noise_m, random), kind, value))
        for _ in range(random.poisson(3)):
            kind = AV2_KINDS[int(random.integers(len(AV2_KINDS)))]
            size = np.exp(random.normal(np.log([4.5, 1.9, 1.6]), 0.2))
            place = ego_m + np.array([*random.uniform(-60, 60, 2), random.uniform(-1, 1)])
            box = [*place, *size, random.uniform(-np.pi, np.pi)]
            rows.append((time_ns, box, kind, float(np.clip(random.normal(0.3, 0.15), 0.05, 1))))
        for (first, lasts), around in zip(phantoms, places, strict=True):
            if first <= frame < first + lasts and random.random() < 0.7 and len(around):
                box = around[0].copy()
                box[:2] += [5.0, 4.0]
                score_ = float(np.clip(random.normal(0.35, 0.15), 0.05, 1))
                rows.append((time_ns, _noisy(box, "car", noise_m, random), "car", score_))
    return Case(f"AV2 {prefix}", _detections(rows), frames_ns, true)


NUSCENES_KINDS = ("car", "pedestrian", "truck", "bus", "bicycle", "motorcycle", "trailer", "cone")


@cache
def nuscenes() -> Case:
    """The camera-only detections of CC-3DT on a scene of nuScenes, at two frames a second."""
    log = open_log(real_data() / "nuscenes" / "scene_0103")
    path = real_data() / "detections" / "nuscenes_cc3dt" / "scene_0103.json"
    found = dataset("nuscenes-detection").read_labels(log, path).detections
    assert found is not None
    frames_ns = np.unique(found.times_ns)
    tracks = dataset("nuscenes").read_labels(log).tracks
    true = {
        kind: boxes_at([t for t in tracks if t.category == kind], frames_ns, keyframes=True)
        for kind in NUSCENES_KINDS
    }
    return Case("nuScenes scene-0103", found, frames_ns, true)


def _noisy(box: np.ndarray, kind: str, noise_m: float, random: np.random.Generator) -> list[float]:
    shift = random.normal(0, [noise_m, noise_m, noise_m / 2])
    sides = box[3:6] * np.exp(random.normal(0, 0.08, 3))
    yaw = box[6] + random.normal(0, np.deg2rad(40 if kind == "pedestrian" else 8))
    yaw += np.pi * (random.random() < 1 / 12)
    return [*(box[:3] + shift), *sides, yaw]


def _detections(rows: Sequence[tuple[int, Sequence[float], str, float]]) -> Detections:
    boxes = np.array([box for _, box, _, _ in rows])
    half = boxes[:, 6] / 2
    quaternions = np.column_stack([np.cos(half), 0 * half, 0 * half, np.sin(half)])
    return Detections(
        np.array([time_ns for time_ns, *_ in rows], dtype=np.int64), boxes[:, :3], quaternions,
        boxes[:, 3:6], tuple(kind for _, _, kind, _ in rows),
        np.array([value for *_, value in rows]),
    )  # fmt: skip


def without_frames(case: Case, share: float, seed: int = 7) -> Case:
    """The same log with frames lost at random, and with a second lost in the middle.

    The linker gets neither detections nor times of these; it is scored on the frames that are left.
    """
    random = np.random.default_rng(seed)
    kept = random.random(len(case.frames_ns)) >= share
    middle = len(kept) // 2
    kept[middle : middle + 10] = False
    frames_ns = case.frames_ns[kept]
    numbers = np.flatnonzero(kept)
    ignored = case.ignored
    return Case(
        f"{case.name}, {share:.0%} of frames lost",
        rows_of(case.detections, np.isin(case.detections.times_ns, frames_ns)),
        frames_ns,
        {kind: [boxes[n] for n in numbers] for kind, boxes in case.true.items()},
        None
        if ignored is None
        else lambda kind, frame, boxes: ignored(kind, numbers[frame], boxes),
    )
