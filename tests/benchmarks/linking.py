"""How well detections are linked to tracks, beside a linker that goes by overlap alone.

    export AV3D_REAL_DATA=…
    .venv/bin/python tests/benchmarks/linking.py              # held-out logs, also with frames lost
    .venv/bin/python tests/benchmarks/linking.py --tuned      # the logs that constants were chosen on
    .venv/bin/python tests/benchmarks/linking.py --tune       # what suits the plain linker there
    .venv/bin/python tests/benchmarks/linking.py --speed      # 40,000 detections, time and memory
    .venv/bin/python tests/benchmarks/linking.py --check EXE  # the metrics beside TrackEval's

EXE is the Python of an environment with TrackEval, which asks for another numpy than av3d:
`uv venv /tmp/trackeval && uv pip install --python /tmp/trackeval/bin/python trackeval`.

KITTI: PointRCNN's detections (cars, pedestrians, cyclists) on the tracking sequences. Poses are known for
0001 only; the others are linked in a world that goes along with the ego. As in the benchmark, found
cuboids that match nothing do not count where they lie on vans or sitting people or within DontCare areas,
or are less than 25 px high. Argoverse 2: the labels, with noise, drop-outs, flips and false alarms added.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from metrics_of_tracking import NONE, Boxes, Scores, by_distance, by_iou, score

from av3d.datasets.registry import dataset, open_log
from av3d.ontology.presets import default
from av3d.tracks.detections import Detections
from av3d.tracks.linking.link import link
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track

TUNED = ("0000", "0002", "0004", "0006", "0008", "0010")
HELD_OUT = ("0001", "0003", "0005", "0007", "0009")
AV2_TUNED, AV2_HELD_OUT = "7fab2350", "adcf7d18"
LOST = 0.3
"""Share of the frames that are lost, besides a second in the middle."""
KITTI_KINDS = {"Car": "car", "Pedestrian": "pedestrian", "Cyclist": "bicycle"}
MEASURES = {"2 m": (by_distance, 0.5), "IoU .25": (by_iou, 0.25), "IoU .5": (by_iou, 0.5)}


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


# --- the two linkers


def by_av3d(case: Case, min_score: float | None = None) -> dict[str, list[Boxes]]:
    """The tracks that are no proposals, wherever they are there."""
    linked = link(
        case.detections, default(), frames_ns=case.frames_ns, min_score=min_score,
        ego_known=case.ego_known,
    )  # fmt: skip
    real = [track for track in linked.tracks if not is_proposal(track)]
    return {
        kind: boxes_at([t for t in real if t.category == kind], case.frames_ns, keyframes=False)
        for kind in case.true
    }


@dataclass(frozen=True)
class Greedy:
    """What the plain linker may be told; `linking.py --tune` finds the best on the tuned part."""

    min_iou: float
    min_score: float
    patience: int
    """Frames for which a track that is not found is kept where it was."""
    min_hits: int


def by_overlap(case: Case, told: Greedy) -> dict[str, list[Boxes]]:
    """A plain linker: from frame to frame, pairs of the largest 3D overlap first; nothing moves.

    Tracks are what it assigned, as detected, without those shorter than min_hits.
    """
    found: dict[str, list[Boxes]] = {}
    given = case.detections
    boxes = np.column_stack([given.centers_m, given.sizes_lwh_m, _yaws(given)])
    for kind in case.true:
        mine = (np.array(given.categories) == kind) & (given.scores >= told.min_score)
        live: list[tuple[int, np.ndarray, int]] = []  # track, last box, frame
        counts: list[int] = []
        frames: list[list[tuple[int, np.ndarray]]] = []
        for frame, time_ns in enumerate(case.frames_ns.tolist()):
            rows = np.flatnonzero(mine & (given.times_ns == time_ns))
            rows = rows[np.argsort(-given.scores[rows], kind="stable")]
            live = [one for one in live if frame - one[2] <= told.patience + 1]
            free = set(range(len(rows)))
            if live and len(rows):
                overlaps = by_iou(np.array([box for _, box, _ in live]), boxes[rows])
                while overlaps.size and overlaps.max() >= told.min_iou:
                    at, column = np.unravel_index(overlaps.argmax(), overlaps.shape)
                    live[at] = (live[at][0], boxes[rows[column]], frame)
                    overlaps[at], overlaps[:, column] = -1, -1
                    free.discard(int(column))
            for column in sorted(free):
                live.append((len(counts), boxes[rows[column]], frame))
                counts.append(0)
            now = [(name, box) for name, box, last in live if last == frame]
            for name, _ in now:
                counts[name] += 1
            frames.append(now)
        found[kind] = [
            _boxes([(name, box) for name, box in now if counts[name] >= told.min_hits])
            for now in frames
        ]
    return found


def _yaws(given: Detections) -> np.ndarray:
    w, x, y, z = given.quaternions_wxyz.T
    return np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def _boxes(pairs: list[tuple[int, np.ndarray]]) -> Boxes:
    if not pairs:
        return NONE
    return Boxes(np.array([name for name, _ in pairs]), np.array([box for _, box in pairs]))


# --- scoring


def scored(case: Case, found: dict[str, list[Boxes]], measure: str) -> Scores:
    similarity, threshold = MEASURES[measure]
    total: Scores | None = None
    for kind, true in case.true.items():
        kept = [
            _without_ignored(case, kind, frame, a, b, similarity, threshold)
            for frame, (a, b) in enumerate(zip(true, found[kind], strict=True))
        ]
        if not any(len(a.ids) for a in true) and not any(len(b.ids) for b in kept):
            continue
        one = score(true, kept, similarity, threshold)
        total = one if total is None else total + one
    assert total is not None
    return total


def _without_ignored(case, kind, frame, true, found, similarity, threshold):  # type: ignore[no-untyped-def]
    """Found boxes without those that match nothing and lie where nothing is asked."""
    if case.ignored is None or not len(found.ids):
        return found
    alike = similarity(true.values, found.values)
    matched = alike.max(axis=0) >= threshold if len(true.ids) else np.zeros(len(found.ids), bool)
    return found[matched | ~case.ignored(kind, frame, found.values)]


def row(name: str, one: Scores) -> str:
    return (
        f"{name:34s} {one.idf1:6.3f} {one.hota:6.3f} {one.mota:6.3f} {one.switches:6d} "
        f"{one.fragments:6d} {one.recall:6.3f} {one.precision:6.3f} "
        f"{one.found_tracks:6d}/{one.true_tracks}"
    )


HEADER = f"{'':34s}   IDF1   HOTA   MOTA   IDSW   frag recall   prec tracks/true"


def compare(title: str, cases: Sequence[Case], told: Greedy) -> None:
    """Print the scores of both linkers, summed over logs."""
    linked = [by_av3d(case) for case in cases]
    limited = [by_av3d(case, told.min_score) for case in cases] if told.min_score else []
    plain = [by_overlap(case, told) for case in cases]
    print(f"\n{title}\n{HEADER}")
    for measure in MEASURES:
        for name, results in (
            ("av3d", linked),
            (f"av3d, scores ≥ {told.min_score:g}", limited),
            ("greedy overlap", plain),
        ):
            if not results:
                continue
            parts = [scored(case, one, measure) for case, one in zip(cases, results, strict=True)]
            print(row(f"{measure}, {name}", summed(parts)), flush=True)


def summed(parts: Sequence[Scores]) -> Scores:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def tune() -> None:
    """Try what the plain linker may be told on the tuned logs, and print the best by IDF1 at 2 m."""
    kitti_cases = [kitti(sequence) for sequence in TUNED]
    grids = (
        ("KITTI", kitti_cases, (1.0, 2.0, 3.0, 4.0)),
        ("AV2", [av2(AV2_TUNED)], (0.0, 0.3, 0.4, 0.5)),
    )
    for name, cases, min_scores in grids:
        tried = []
        for told in itertools.starmap(
            Greedy, itertools.product((0.01, 0.1, 0.25), min_scores, (0, 2, 5), (1, 3))
        ):
            parts = [scored(case, by_overlap(case, told), "2 m") for case in cases]
            tried.append((summed(parts).idf1, told))
        for idf1, told in sorted(tried, key=lambda one: -one[0])[:3]:
            print(f"{name}: IDF1 {idf1:.3f} with {told}")


def speed(count: int) -> None:
    """Link many detections: a log of Argoverse 2, over and over, one after the other."""
    case = av2(AV2_TUNED)
    given = case.detections
    span_ns = int(case.frames_ns[-1] - case.frames_ns[0]) + 100_000_000
    times = -(-count // len(given))
    many = joined(
        [replace(given, times_ns=given.times_ns + turn * span_ns) for turn in range(times)]
    )
    many = rows_of(many, np.arange(count))
    frames_ns = np.concatenate([case.frames_ns + turn * span_ns for turn in range(times)])
    link(rows_of(many, np.arange(500)), default())
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    linked = link(many, default(), frames_ns=frames_ns)
    took_s = time.process_time() - begin
    print(f"{len(many):,} detections in {len(frames_ns):,} frames: {len(linked.tracks):,} tracks, "
          f"{took_s:.1f} s of one core, {1e6 * took_s / len(many):.0f} µs a detection")  # fmt: skip
    after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"memory: {(after_kb - before_kb) / 1024:.0f} MB more at the peak, tracks included")


CHECK = """
import json, sys
import numpy as np
from trackeval.metrics import HOTA, CLEAR, Identity
data = json.load(open(sys.argv[1]))
given = {
    "num_timesteps": len(data["true"]),
    "num_gt_ids": data["true_count"], "num_tracker_ids": data["found_count"],
    "num_gt_dets": sum(map(len, data["true"])), "num_tracker_dets": sum(map(len, data["found"])),
    "gt_ids": [np.array(x, dtype=int) for x in data["true"]],
    "tracker_ids": [np.array(x, dtype=int) for x in data["found"]],
    "similarity_scores": [np.array(x).reshape(len(a), len(b))
                          for x, a, b in zip(data["similarities"], data["true"], data["found"])],
}
quiet = {"PRINT_CONFIG": False}
clear = CLEAR({"THRESHOLD": data["threshold"], **quiet}).eval_sequence(given)
ids = Identity({"THRESHOLD": data["threshold"], **quiet}).eval_sequence(given)
hota = HOTA().eval_sequence(given)
print(json.dumps({"idf1": float(ids["IDF1"]), "mota": float(clear["MOTA"]),
    "switches": int(clear["IDSW"]), "fragments": int(clear["Frag"]), "hota": float(hota["HOTA"].mean())}))
"""


def check(python: str) -> None:
    """Print the metrics of some results beside those of TrackEval, and fail where they differ."""
    worst = 0.0
    for case in (kitti("0001"), av2(AV2_HELD_OUT), without_frames(kitti("0009"), LOST)):
        found = by_overlap(case, GREEDY["KITTI" if "KITTI" in case.name else "AV2"])["car"]
        true = case.true["car"]
        for measure, (similarity, threshold) in MEASURES.items():
            alike = [similarity(a.values, b.values) for a, b in zip(true, found, strict=True)]
            names = [np.unique(np.concatenate([b.ids for b in part])) for part in (true, found)]
            rows = [
                [np.searchsorted(known, boxes.ids).tolist() for boxes in part]
                for known, part in zip(names, (true, found), strict=True)
            ]
            mine = score(true, found, similarity, threshold)
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                json.dump({"true": rows[0], "found": rows[1], "threshold": threshold,
                           "true_count": len(names[0]), "found_count": len(names[1]),
                           "similarities": [one.tolist() for one in alike]}, file)  # fmt: skip
                file.flush()
                told = subprocess.run(
                    [python, "-c", CHECK, file.name], check=True, capture_output=True, text=True
                ).stdout
            theirs = json.loads(told.splitlines()[-1])
            differences = {name: abs(getattr(mine, name) - value) for name, value in theirs.items()}
            worst = max(worst, *differences.values())
            print(f"{case.name}, {measure}: " + ", ".join(
                f"{name} {getattr(mine, name):.4f} / {value:.4f}" for name, value in theirs.items()
            ))  # fmt: skip
    print(f"largest difference: {worst:.2g}")
    assert worst < 1e-9


GREEDY = {"KITTI": Greedy(0.01, 2.0, 5, 3), "AV2": Greedy(0.01, 0.0, 5, 3),
          "nuScenes": Greedy(0.01, 0.0, 0, 3)}  # fmt: skip
"""The best of `--tune`; of nuScenes, which has one scene, the best on that one."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--speed", nargs="?", const=40_000, type=int)
    parser.add_argument("--check", metavar="EXE")
    chosen = parser.parse_args()
    if chosen.tune:
        tune()
    elif chosen.speed:
        speed(chosen.speed)
    elif chosen.check:
        check(chosen.check)
    else:
        sequences = TUNED if chosen.tuned else HELD_OUT
        prefix = AV2_TUNED if chosen.tuned else AV2_HELD_OUT
        for title, cases, told in (
            (f"KITTI {' '.join(sequences)}", [kitti(one) for one in sequences], GREEDY["KITTI"]),
            (f"AV2 {prefix}", [av2(prefix)], GREEDY["AV2"]),
            ("nuScenes scene-0103", [nuscenes()], GREEDY["nuScenes"]),
        ):
            detections = sum(len(case.detections) for case in cases)
            compare(f"{title}: {detections:,} detections", cases, told)
            if "nuScenes" in title:
                continue
            lost = [without_frames(case, LOST) for case in cases]
            compare(f"{title}, {LOST:.0%} of the frames and a second lost", lost, told)


if __name__ == "__main__":
    main()
