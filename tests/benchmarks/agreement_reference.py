"""The numbers of `av3d compare` beside those of the reference implementations, and how long it takes.

    export AV3D_REAL_DATA=…
    .venv/bin/python tests/benchmarks/agreement_reference.py tracking EXE   # TrackEval
    .venv/bin/python tests/benchmarks/agreement_reference.py nuscenes      # nuScenes devkit
    .venv/bin/python tests/benchmarks/agreement_reference.py overlap       # geometry.overlap
    .venv/bin/python tests/benchmarks/agreement_reference.py speed         # 1,000 tracks

EXE is the Python of an environment with TrackEval, which asks for another numpy than av3d:
`uv venv /tmp/trackeval && uv pip install --python /tmp/trackeval/bin/python trackeval==1.3.0`.

tracking: PointRCNN's detections, linked by av3d, against KITTI's tracking labels, and labels of Argoverse
2 with noise; by 3D and BEV overlap and by distance, each category and their sum. TrackEval gets the same
similarities. nuscenes: detections of CC-3DT against scene-0103, labels with noise and made-up scores
against the same, and against those of the one official sample, in which barriers and cones are: average
precision and true-positive errors of each category, by the devkit's `accumulate`, `calc_ap`, `calc_tp`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.dataset import ImportedLabels
from av3d.datasets.importing import ImportOptions, tracks_for_project
from av3d.datasets.registry import dataset, open_log
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import bev_iou, iou_3d
from av3d.geometry.se3 import SE3, rotation_about_z
from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default, load_ontology
from av3d.qa.agreement.comparison import Comparison
from av3d.qa.agreement.differences import Differences
from av3d.qa.agreement.pairs import Criterion, Measure
from av3d.qa.agreement.side import Side, times_of
from av3d.tracks.proposal import SCORE
from av3d.tracks.track import Track
from av3d.types import IntArray, Scalar

WORST = 1e-6
CRITERIA = (
    Criterion(Measure.IOU, 0.5),
    Criterion(Measure.BEV, 0.5),
    Criterion(Measure.DISTANCE, 2.0),
)


def real_data() -> Path:
    folder = os.environ.get("AV3D_REAL_DATA")
    if not folder:
        sys.exit("set AV3D_REAL_DATA to the folder with the shared logs")
    return Path(folder)


def labels_of(
    log: Log, kind: str, ontology: Ontology, path: Path | None = None, **options: Any
) -> tuple[Track, ...]:
    """Labels as `av3d import` takes them."""
    found = dataset(kind).read_labels(log, path) if path else dataset(kind).read_labels(log)
    return read(found, kind, log, ontology, **options)


def read(
    found: ImportedLabels, kind: str, log: Log, ontology: Ontology, **options: Any
) -> tuple[Track, ...]:
    return tracks_for_project(found, dataset(kind), log, ontology, ImportOptions(**options)).tracks


def noisy(track: Track, random: np.random.Generator, noise_m: float = 0.25) -> Track | None:
    """The track as somebody else may have labelled it: moved, turned, resized, with parts missing."""
    kept = [k for k in track.keyframes if random.random() > 0.15]
    if not kept:
        return None
    keyframes = []
    for keyframe in kept:
        pose = keyframe.cuboid.frame_SE3_cuboid
        turn = rotation_about_z(random.normal(0, 0.1) + np.pi * (random.random() < 0.1))
        moved = SE3(turn @ pose.rotation, pose.translation_m + random.normal(0, noise_m, 3))
        size = keyframe.cuboid.size_lwh_m * np.exp(random.normal(0, 0.05, 3))
        score = float(np.round(random.uniform(), 2))
        keyframes.append(replace(
            keyframe, cuboid=Cuboid(moved, size), attributes={**keyframe.attributes, SCORE: score}
        ))  # fmt: skip
    half = len(keyframes) // 2
    tracks = replace(
        track, keyframes=tuple(keyframes), presence=(), static=False, free_size=True, relations=()
    )
    return tracks if half < 5 or random.random() > 0.3 else replace(
        tracks, keyframes=tuple(keyframes[:half])
    )  # fmt: skip


def noisy_all(tracks: tuple[Track, ...], seed: int = 1) -> tuple[Track, ...]:
    random = np.random.default_rng(seed)
    found = [noisy(track, random) for track in tracks]
    return tuple(track for track in found if track is not None)


# --- TrackEval

CHECK = """
import json, sys
import numpy as np
from trackeval.metrics import HOTA, CLEAR, Identity
told = []
for data in json.load(open(sys.argv[1])):
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
    told.append({
        "hota": float(np.mean(hota["HOTA"])), "deta": float(np.mean(hota["DetA"])),
        "assa": float(np.mean(hota["AssA"])), "loca": float(np.mean(hota["LocA"])),
        "idf1": float(ids["IDF1"]), "mota": float(clear["MOTA"]), "motp": float(clear["MOTP"]),
        "switches": int(clear["IDSW"]), "fragments": int(clear["Frag"]),
        "mostly_found": int(clear["MT"]), "mostly_lost": int(clear["ML"]),
    })
print(json.dumps(told))
"""


def as_given(found: Comparison, category: str) -> dict[str, Any]:
    """What TrackEval is given: IDs of each frame, and similarities as matrices."""
    rows = [
        np.flatnonzero(np.array(s.categories, dtype=object) == category) for s in (found.a, found.b)
    ]
    names = [np.unique(s.rows[r]) for s, r in zip((found.a, found.b), rows, strict=True)]
    pairs, alike = found.pairs, found.criterion.similarities(found.pairs)
    given: dict[str, Any] = {
        "true": [], "found": [], "similarities": [], "threshold": found.criterion.threshold,
        "true_count": len(names[1]), "found_count": len(names[0]),
    }  # fmt: skip
    for frame in range(len(found.a.times_ns)):
        own = [r[s.frames[r] == frame] for s, r in zip((found.a, found.b), rows, strict=True)]
        matrix = np.zeros((len(own[1]), len(own[0])))
        chosen = np.flatnonzero(np.isin(pairs.a_rows, own[0]) & np.isin(pairs.b_rows, own[1]))
        matrix[np.searchsorted(own[1], pairs.b_rows[chosen]),
               np.searchsorted(own[0], pairs.a_rows[chosen])] = alike[chosen]  # fmt: skip
        given["found"].append(np.searchsorted(names[0], found.a.rows[own[0]]).tolist())
        given["true"].append(np.searchsorted(names[1], found.b.rows[own[1]]).tolist())
        given["similarities"].append(matrix.tolist())
    return given


def cases() -> Iterator[tuple[str, Side, Side, Ontology]]:
    ontology, root = default(), real_data()
    for sequence in ("0001", "0003", "0005", "0009"):
        labels = root / "kitti_tracking" / "training" / "label_02" / f"{sequence}.txt"
        log = open_log(labels)
        true = labels_of(log, "kitti-tracking", ontology)
        found: list[Track] = []
        for name in ("Car", "Pedestrian", "Cyclist"):
            path = root / "detections" / "kitti_pointrcnn" / name / labels.name
            found += labels_of(log, "kitti-tracking", ontology, path)
        times_ns = times_of(log, [true, found])
        yield (f"KITTI {sequence}, linked detections", Side.of("A", found, log, times_ns),
               Side.of("B", true, log, times_ns), ontology)  # fmt: skip
    [folder] = (root / "av2").glob("adcf7d18*")
    log = open_log(folder)
    true = labels_of(log, "av2", ontology)
    yield (
        "AV2 adcf7d18, noise",
        Side.of("A", noisy_all(true), log),
        Side.of("B", true, log),
        ontology,
    )


def check_tracking(python: str) -> None:
    worst, compared = 0.0, 0
    for name, a, b, ontology in cases():
        for criterion in CRITERIA:
            found = Comparison(a, b, ontology, criterion)
            categories = list(found.tracking_by_category)
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                json.dump([as_given(found, one) for one in categories], file)
                file.flush()
                out = subprocess.run(
                    [python, "-c", CHECK, file.name], check=True, capture_output=True, text=True
                ).stdout
            for category, theirs in zip(categories, json.loads(out.splitlines()[-1]), strict=True):
                mine = found.tracking_by_category[category].as_dict()
                off = {key: abs((mine[key] or 0.0) - value) for key, value in theirs.items()}
                # TrackEval leaves its numbers at 0 where a side has no cuboids at all.
                if not mine["tracks_a"] or not mine["tracks_b"]:
                    continue
                compared += len(off)
                worst = max(worst, *off.values())
            total = found.tracking
            assert total is not None
            print(f"{name}, {criterion.words}: HOTA {total.hota:.4f} IDF1 {total.idf1:.4f} "
                  f"MOTA {total.mota:.4f} switches {total.switches}", flush=True)  # fmt: skip
    print(f"{compared} numbers beside TrackEval's, largest difference: {worst:.2g}")
    assert compared > 300
    assert worst <= WORST


# --- nuScenes devkit


def check_nuscenes() -> None:
    ontology, root = load_ontology("nuscenes"), real_data() / "nuscenes"
    worst, compared = 0.0, 0
    scene, sample = open_log(root / "scene_0103"), open_log(root / "one_sample")
    path = real_data() / "detections" / "nuscenes_cc3dt" / "scene_0103.json"
    parts = []
    own = default()
    true = labels_of(scene, "nuscenes", own)
    apart = labels_of(scene, "nuscenes-detection", own, path, link=False)
    times_ns = times_of(scene, [true], frames=False)
    parts.append(("scene-0103, CC-3DT", Side.of("A", apart, scene, times_ns, has_identity=False),
                  Side.of("B", true, scene, times_ns), own))  # fmt: skip
    for name, log in (("scene-0103, noise", scene), ("one sample, noise", sample)):
        true = labels_of(log, "nuscenes", ontology)
        times_ns = times_of(log, [true], frames=False)
        found = tuple(t for seed in range(1 if log is scene else 8) for t in noisy_all(true, seed))
        found = tuple(replace(track, id=f"{k}") for k, track in enumerate(found))
        parts.append((name, Side.of("A", found, log, times_ns), Side.of("B", true, log, times_ns),
                      ontology))  # fmt: skip
    for name, a, b, used in parts:
        mine = Comparison(a, b, used).detection_by_category
        for category, one in mine.items():
            theirs = by_devkit(a, b, category, used)
            for key, value in theirs.items():
                own_value = one.errors[key] if isinstance(key, str) else one.average_precision[key]
                if own_value is None:
                    continue
                worst, compared = max(worst, abs(own_value - value)), compared + 1
        summary = Comparison(a, b, used).detection_summary()
        assert summary is not None
        told = ", ".join(f"{k} {v:.4f}" for k, v in summary["errors"].items() if v is not None)
        print(f"{name}: {len(mine)} categories, mAP {summary['map']:.4f}, errors {told}")
    print(f"{compared} numbers beside the devkit's, largest difference: {worst:.2g}")
    assert compared > 100
    assert worst <= WORST


def by_devkit(a: Side, b: Side, category: str, ontology: Ontology) -> dict[Any, float]:
    """Average precision by distance, and errors by name, by the nuScenes devkit."""
    from nuscenes.eval.common.data_classes import EvalBoxes
    from nuscenes.eval.common.utils import center_distance
    from nuscenes.eval.detection.algo import accumulate, calc_ap, calc_tp
    from nuscenes.eval.detection.data_classes import DetectionBox

    # The devkit knows barriers, cones and others; a category that is none of these is a car to it.
    label = category.rpartition(".")[2]
    names = {"barrier": "barrier", "trafficcone": "traffic_cone", "cone": "traffic_cone"}
    kind = names.get(label, "car")
    known = ontology.category(category)
    asked = ontology.attributes_of(known) if known else ()
    attribute = next((o.key for o in asked if o.exports.get("nuscenes") == "attribute"), "")
    sides = []
    for side, scored in ((b, False), (a, True)):
        boxes = EvalBoxes()
        for frame in range(len(side.times_ns)):
            boxes.add_boxes(f"{frame}", [])
        poses = SE3(side.rotations, side.centers_m).quaternion_wxyz
        for row in range(len(side)):
            if side.categories[row] != category:
                continue
            length, width, height = side.sizes_lwh_m[row].tolist()
            value = side.attributes[row].get(attribute, "")
            boxes.add_boxes(f"{side.frames[row]}", [DetectionBox(
                sample_token=f"{side.frames[row]}",
                translation=tuple(side.centers_m[row].tolist()), size=(width, length, height),
                rotation=tuple(poses[row].tolist()),
                velocity=tuple(side.velocities_m_s[row].tolist()), detection_name=kind,
                detection_score=float(side.scores[row]) if scored else -1.0,
                attribute_name=ATTRIBUTES.get(value, ""),
            )])  # fmt: skip
        sides.append(boxes)
    found: dict[Any, float] = {}
    fields = {"translation_m": "trans_err", "scale": "scale_err", "yaw_rad": "orient_err",
              "velocity_m_s": "vel_err", "attribute": "attr_err"}  # fmt: skip
    for limit_m in (0.5, 1.0, 2.0, 4.0):
        data = accumulate(*sides, kind, center_distance, limit_m)
        found[limit_m] = calc_ap(data, 0.1, 0.1)
        if limit_m == 2.0:
            found |= {name: calc_tp(data, 0.1, theirs) for name, theirs in fields.items()}
    return found


ATTRIBUTES: dict[Scalar, str] = {
    "moving": "vehicle.moving",
    "stopped": "vehicle.stopped",
    "parked": "vehicle.parked",
    "standing": "pedestrian.standing",
    "sitting": "pedestrian.sitting_lying_down",
    True: "cycle.with_rider",
    False: "cycle.without_rider",
}


# --- overlap, speed


def check_overlap() -> None:
    """Overlaps of pairs of KITTI and AV2 and of random ones beside those that are computed one by one."""
    from av3d.qa.agreement.overlap_kernels import overlaps

    for name, a, b, ontology in cases():
        pairs = Comparison(a, b, ontology).pairs
        rows = np.random.default_rng(0).permutation(len(pairs))[:1500]
        chosen = zip(pairs.a_rows[rows], pairs.b_rows[rows], strict=True)
        exact = np.array(
            [[f(_cuboid(a, i), _cuboid(b, j)) for f in (iou_3d, bev_iou)] for i, j in chosen]
        )
        worst = np.abs(pairs.overlaps[rows, :2] - exact).max()
        print(f"{name}: {len(rows)} of {len(pairs):,} pairs, largest difference {worst:.2g}")
        assert worst <= WORST
        took = []
        result = np.zeros((len(rows), 3))
        for run in (_one_by_one, overlaps):
            begin = time.process_time()
            if run is overlaps:
                overlaps(a.centers_m, a.rotations, a.sizes_lwh_m, b.centers_m, b.rotations,
                         b.sizes_lwh_m, pairs.a_rows[rows], pairs.b_rows[rows], result)  # fmt: skip
            else:
                _one_by_one(a, b, pairs.a_rows[rows], pairs.b_rows[rows])
            took.append(1e6 * (time.process_time() - begin) / len(rows))
        print(f"  {took[0]:.0f} µs a pair one by one, {took[1]:.1f} µs here")


def _one_by_one(a: Side, b: Side, rows: IntArray, others: IntArray) -> None:
    for i, j in zip(rows, others, strict=True):
        iou_3d(_cuboid(a, i), _cuboid(b, j))
        bev_iou(_cuboid(a, i), _cuboid(b, j))


def _cuboid(side: Side, row: int) -> Cuboid:
    return Cuboid(SE3(side.rotations[row], side.centers_m[row]), side.sizes_lwh_m[row])


def stored(track: Track) -> Track:
    """The track as a project gives it: its orientations are known as quaternions, too."""
    columns = track.columns
    quaternions = SE3(columns.rotations, columns.centers_m).quaternion_wxyz
    poses = SE3.from_quaternion(quaternions, columns.centers_m).unstacked()
    return track.with_keyframes([
        replace(keyframe, cuboid=Cuboid(pose, keyframe.cuboid.size_lwh_m))
        for keyframe, pose in zip(track.keyframes, poses, strict=True)
    ])  # fmt: skip


def speed() -> None:
    """Compare 1,000 tracks of 40 frames each with the same ones as somebody else may label them."""
    [folder] = (real_data() / "av2").glob("adcf7d18*")
    log, ontology = open_log(folder), default()
    own = labels_of(log, "av2", ontology)
    tracks: list[Track] = []
    for turn in range(99):
        for track in own:
            times = track.columns.times_ns
            first = 40 * (turn % 3)
            kept = track.keyframes[first : first + 40]
            if len(times) < first + 40 or len(tracks) == 1000:
                continue
            # Copies lie beside each other, a few metres apart: as crowded as a car park.
            aside = SE3.from_yaw(0.0, [3.0 * turn, 5.0 * turn, 0.0])
            moved = [replace(k, cuboid=k.cuboid.in_frame(aside)) for k in kept]
            tracks.append(replace(track, id=f"{len(tracks)}", keyframes=tuple(moved), presence=(),
                                  static=False, relations=()))  # fmt: skip
    tracks = [stored(track) for track in tracks]
    others = tuple(stored(track) for track in noisy_all(tuple(tracks)))
    took: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        begin = time.process_time()
        result = work()
        took[name] = time.process_time() - begin
        return result

    warm = Comparison(Side.of("A", own[:3], log), Side.of("B", own[:3], log), ontology)
    warm.as_dict()
    a = timed("states of A", lambda: Side.of("A", others, log))
    b = timed("states of B", lambda: Side.of("B", tracks, log))
    found = Comparison(a, b, ontology)
    timed("all numbers", found.as_dict)
    listed = timed("differences", lambda: Differences(a, b, ontology).findings)
    print(f"{len(tracks):,} tracks, {len(b):,} cuboids against {len(a):,}: "
          + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in took.items())
          + f"; {sum(took.values()):.2f} s of one core; {len(listed):,} differences")  # fmt: skip


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what == "tracking" and len(sys.argv) > 2:
        check_tracking(sys.argv[2])
    elif what in ("nuscenes", "overlap", "speed"):
        {"nuscenes": check_nuscenes, "overlap": check_overlap, "speed": speed}[what]()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
