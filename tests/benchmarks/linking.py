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
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from linking_cases import (
    AV2_HELD_OUT,
    AV2_TUNED,
    HELD_OUT,
    LOST,
    TUNED,
    Case,
    av2,
    boxes_at,
    joined,
    kitti,
    nuscenes,
    rows_of,
    without_frames,
)
from metrics_of_tracking import NONE, Boxes, by_distance, by_iou, score

from av3d.ontology.presets import default
from av3d.qa.agreement.tracking import Tracking
from av3d.tracks.detections import Detections
from av3d.tracks.linking.link import link
from av3d.tracks.proposal import is_proposal

MEASURES = {"2 m": (by_distance, 0.5), "IoU .25": (by_iou, 0.25), "IoU .5": (by_iou, 0.5)}


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


def scored(case: Case, found: dict[str, list[Boxes]], measure: str) -> Tracking:
    similarity, threshold = MEASURES[measure]
    total: Tracking | None = None
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


def row(name: str, one: Tracking) -> str:
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


def summed(parts: Sequence[Tracking]) -> Tracking:
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
