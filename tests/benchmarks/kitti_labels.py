"""KITTI labels in and out: the text, the boxes, the columns that are worked out, memory.

    AV3D_REAL_DATA=DIR python tests/benchmarks/kitti_labels.py [BLOCK ...]

Prints the figures of docs/formats/kitti-measured.md; blocks are text, boxes, columns, drives, detections
and memory. Reads all label files of the tracking and object
benchmarks that are in DIR, and the sample log. Nothing is written outside of a temporary folder.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.datasets.dataset import Dataset, ExportOptions, LabelledLog
from av3d.datasets.kitti import OBJECT, RAW, TRACKING
from av3d.datasets.kitti.boxes import wrap_rad
from av3d.datasets.kitti.importing import ALPHA, BOX, OCCLUDED, READ, TRUNCATED
from av3d.datasets.kitti.labels import KittiLabel, read_object_labels, read_tracking_labels
from av3d.datasets.registry import open_log, own_labels
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import iou_3d
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"
COLUMNS = (
    "type", "truncated", "occluded", "alpha", "left", "top", "right", "bottom",
    "height", "width", "length", "x", "y", "z", "rotation_y", "score",
)  # fmt: skip
WITHIN = 1e-9
"""Values that are closer are the same number."""


def main(wanted: Sequence[str]) -> None:
    """Print the blocks that are asked for, or all."""
    blocks: dict[str, Callable[[Path], None]] = {
        "text": text,
        "boxes": boxes,
        "columns": columns,
        "drives": drives,
        "detections": detections,
        "memory": memory,
    }
    data = Path(os.environ["AV3D_REAL_DATA"])
    for name, block in blocks.items():
        if not wanted or name in wanted:
            start_s = time.perf_counter()
            block(data)
            print(f"  ({time.perf_counter() - start_s:.0f} s)\n")


def labels_of(data: Path) -> list[tuple[Dataset, Path]]:
    """All label files, and the dataset that each belongs to."""
    sequences = sorted((data / "kitti_tracking/training/label_02").glob("*.txt"))
    frames = sorted((data / "kitti_object/training/label_2").glob("*.txt"))
    return [(TRACKING, path) for path in sequences] + [(OBJECT, path) for path in frames]


def exported(
    dataset: Dataset, items: Sequence[LabelledLog], decimals: int | None, folder: Path
) -> Path:
    """The folder training of an export."""
    out = folder / f"{dataset.name}-{decimals}"
    dataset.write_labels(items, out, ExportOptions(decimals=decimals, link_media=True))
    return out / "training"


def text(data: Path) -> None:
    """Label files in and out, word by word."""
    for dataset, decimals in ((TRACKING, None), (OBJECT, 2)):
        classes: Counter[str] = Counter()
        lines = values = 0
        for kind, path in labels_of(data):
            if kind is not dataset:
                continue
            with tempfile.TemporaryDirectory() as folder:
                log = dataset.open(path)
                item = LabelledLog(log, dataset.read_labels(log).tracks)
                split = exported(dataset, [item], decimals, Path(folder))
                ours = (split / path.parent.name / path.name).read_text().splitlines()
            theirs = [line for line in path.read_text().splitlines() if line.strip()]
            lines += len(theirs)
            classes.update(_differences(theirs, ours))
            values += sum(len(line.split()) for line in theirs)
        print(f"Text of {dataset.title} in and out: {lines:,} lines, {values:,} values")
        for name, count in sorted(classes.items()):
            print(f"  {count:>9,}  {name}")


def _differences(theirs: list[str], ours: list[str]) -> Iterator[str]:
    """A class for each line that is the same, and for each value that is not."""
    if len(theirs) != len(ours):
        yield f"lines missing or more: {len(theirs)} in, {len(ours)} out"
    if sorted(map(_numbers, theirs)) == sorted(map(_numbers, ours)) and list(
        map(_numbers, theirs)
    ) != list(map(_numbers, ours)):
        yield "files with the lines in another order"
        theirs, ours = sorted(theirs, key=_numbers), sorted(ours, key=_numbers)
    for before, after in zip(theirs, ours, strict=False):
        if before == after:
            yield "lines that are the same, byte by byte"
            continue
        if _numbers(before) == _numbers(after):
            yield "lines that are the same but for how numbers are written"
        first, second = before.split(), after.split()
        names = ("frame", "track", *COLUMNS) if len(first) >= 17 else COLUMNS
        for name, was, now in zip(names, first, second, strict=False):
            if was != now:
                kind = "DontCare" if "DontCare" in before else "objects"
                if _number(was) == _number(now):
                    yield f"values: {_digits(was)} decimals written with {_digits(now)}, {kind}"
                else:
                    yield f"values that differ: {name} of {kind}, {was} became {now}"


def _numbers(line: str) -> tuple[tuple[float, str], ...]:
    return tuple(_number(word) for word in line.split())


def _number(word: str) -> tuple[float, str]:
    try:
        return float(word), ""
    except ValueError:
        return 0.0, word


def _digits(word: str) -> int:
    return len(word.partition(".")[2])


def boxes(data: Path) -> None:
    """Overlap of cuboids after export and import, in full precision and with two decimals."""
    sample = open_log(SAMPLE)
    sources: list[tuple[str, Dataset, list[LabelledLog]]] = []
    for dataset in (TRACKING, OBJECT):
        items = []
        for kind, path in labels_of(data):
            if kind is dataset:
                log = dataset.open(path)
                items.append(LabelledLog(log, dataset.read_labels(log).tracks))
        sources.append((f"{dataset.title}, its own labels", dataset, items))
        sources.append((f"{dataset.title}, sample log", dataset, [_sample_item(sample)]))
    print(
        "Overlap (3D IoU) of cuboids that went out and came back: smallest, 1st percentile, median"
    )
    for name, dataset, items in sources:
        for decimals in (None, 2):
            for plain in (False, True):
                with tempfile.TemporaryDirectory() as folder:
                    split = exported(dataset, items, decimals, Path(folder))
                    if plain:
                        for path in (split / "av3d").iterdir():
                            path.unlink()
                    overlaps, ids = _overlaps(dataset, items, split, plain=plain)
                kept = "text alone" if plain else "with av3d/"
                digits = "6 decimals" if decimals is None else f"{decimals} decimals"
                print(
                    f"  {name:35} {digits}, {kept}: {overlaps.min():.6f} "
                    f"{np.percentile(overlaps, 1):.6f} {np.median(overlaps):.6f} "
                    f"({len(overlaps):,} cuboids, {ids})"
                )


def _sample_item(log: Log) -> LabelledLog:
    return LabelledLog(log, own_labels(log))


def _overlaps(
    dataset: Dataset, items: Sequence[LabelledLog], split: Path, *, plain: bool
) -> tuple[np.ndarray, str]:
    """Overlap of each cuboid with the one of its line, which is known by frame and number."""
    overlaps: list[float] = []
    kept = total = 0
    label_files = sorted((split / ("label_02" if dataset is TRACKING else "label_2")).iterdir())
    if dataset is TRACKING:
        pairs = [(item, [path]) for item, path in zip(items, label_files, strict=True)]
    else:
        left = iter(label_files)
        pairs = [(item, [next(left) for _ in item.frames]) for item in items]
    for item, paths in pairs:
        states = {
            frame.timestamp_ns: [state for state in item.states(frame) if state]
            for frame in item.frames
        }
        by_time = dict(zip(states, paths, strict=True)) if dataset is OBJECT else None
        for path in paths:
            log = dataset.open(path)
            found = dataset.read_labels(log)
            total += len(item.tracks) if dataset is TRACKING else len(found.tracks)
            known = {track.id for track in item.tracks}
            kept += sum(track.id in known for track in found.tracks)
            # Without av3d/ the world has another origin and no times: compare in the ego frame.
            for row, frame in enumerate(log.frames):
                time_ns = (
                    next(ns for ns, own in by_time.items() if own == path)
                    if by_time is not None
                    else item.frames[row].timestamp_ns
                )
                ours_SE3_world = item.log.world_SE3_ego(time_ns).inverse()
                back_SE3_world = log.world_SE3_ego(frame.timestamp_ns).inverse()
                back = [
                    keyframe.cuboid.in_frame(back_SE3_world)
                    for track in found.tracks
                    if (keyframe := track.keyframe_at(frame.timestamp_ns)) is not None
                ]
                centers_m = np.array([cuboid.center_m for cuboid in back]).reshape(-1, 3)
                for state in states[time_ns]:
                    cuboid = state.cuboid.in_frame(ours_SE3_world)
                    near = np.linalg.norm(centers_m - cuboid.center_m, axis=1)
                    overlaps.append(
                        max(iou_3d(cuboid, back[k]) for k in np.flatnonzero(near < 0.5).tolist())
                    )
    return np.array(
        overlaps
    ), f"{kept} of {total} identities" if not plain else "identities by number"


def columns(data: Path) -> None:
    """Columns that are worked out, beside what KITTI's annotators say of the same cuboids."""
    alphas, overlaps_px, edges_px = [], [], []
    levels: Counter[tuple[int, int]] = Counter()
    hidden: Counter[tuple[int, int]] = Counter()
    parts: list[float] = []
    halves: tuple[list[bool], list[bool]] = ([], [])
    for dataset, path in labels_of(data):
        log = dataset.open(path)
        tracks = tuple(_forgetting(track) for track in dataset.read_labels(log).tracks)
        with tempfile.TemporaryDirectory() as folder:
            split = exported(dataset, [LabelledLog(log, tracks)], None, Path(folder))
            read = read_tracking_labels if dataset is TRACKING else read_object_labels
            ours = read(split / path.parent.name / path.name)
        theirs = [label for label in read(path) if not label.is_dont_care and label.is_3d]
        mine = [label for label in ours if not label.is_dont_care]
        for before, after in _matched(theirs, mine, by_id=dataset is TRACKING):
            alphas.append(abs(wrap_rad(before.alpha_rad - after.alpha_rad)))
            if after.box_px[0] >= 0:
                overlaps_px.append(_overlap_px(before.box_px, after.box_px))
                edges_px += np.abs(np.subtract(before.box_px, after.box_px)).tolist()
            if before.occluded in (0, 1, 2):
                hidden[before.occluded, after.occluded] += 1
            if dataset is TRACKING:
                level = round(before.truncated), round(after.truncated)
                levels[level] += 1
                if level[0] != 2:
                    halves[int(path.stem) % 2].append(level[0] == level[1])
            else:
                parts.append(abs(before.truncated - after.truncated))
    degrees = np.degrees(alphas)
    print(f"Columns worked out and KITTI's own, {len(alphas):,} cuboids")
    print(
        f"  alpha: apart by {np.median(degrees):.2f} degrees in the median, "
        + ", ".join(f"{np.percentile(degrees, q):.2f} at {q} %" for q in (95, 99))
        + f", {degrees.max():.2f} at most; within 1 degree {np.mean(degrees < 1):.3f}"
    )
    print(
        f"  2D box: overlap {np.median(overlaps_px):.3f} in the median, "
        + ", ".join(f"{np.percentile(overlaps_px, q):.3f} at {q} %" for q in (5, 1))
        + f"; edges {np.median(edges_px):.2f} px in the median, {np.percentile(edges_px, 95):.2f} at 95 %"
    )
    _print_confusion("truncation (tracking)", levels)
    even, odd = (float(np.mean(half)) for half in halves)
    print(f"    of those in even sequences {even:.4f}, in odd ones {odd:.4f}")
    _print_confusion("occlusion", hidden)
    print(f"  truncation (object): apart by {max(parts):.2f} at most in {len(parts)} cuboids")


def _forgetting(track: Track) -> Track:
    """The track without what its lines say besides the cuboid."""
    names = (TRUNCATED, OCCLUDED, ALPHA, BOX, READ)
    keyframes = [
        replace(
            keyframe,
            provenance=Provenance.MODEL,
            attributes={k: v for k, v in keyframe.attributes.items() if k not in names},
        )
        for keyframe in track.keyframes
    ]
    return track.with_keyframes(keyframes)


def _matched(
    theirs: Sequence[KittiLabel], ours: Sequence[KittiLabel], *, by_id: bool
) -> Iterator[tuple[KittiLabel, KittiLabel]]:
    if not by_id:
        yield from zip(theirs, ours, strict=True)
        return
    known = {(label.frame, label.track_id): label for label in ours}
    assert len(known) == len(theirs)
    for label in theirs:
        yield label, known[label.frame, label.track_id]


def _overlap_px(first: Sequence[float], second: Sequence[float]) -> float:
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    both = float(np.prod(np.maximum(high - low, 0)))
    areas = [float(np.prod(np.subtract(box[2:], box[:2]))) for box in (first, second)]
    return both / max(sum(areas) - both, 1e-9)


def _print_confusion(name: str, counts: Counter[tuple[int, int]]) -> None:
    total = counts.total()
    same = sum(count for (theirs, ours), count in counts.items() if theirs == ours)
    largest = max(
        sum(count for (theirs, _), count in counts.items() if theirs == level)
        for level in {theirs for theirs, _ in counts}
    )
    near = sum(count for (theirs, ours), count in counts.items() if abs(theirs - ours) <= 1)
    print(
        f"  {name}: equal for {same / total:.3f} of {total:,}, at most one level off for "
        f"{near / total:.3f}; always saying the most frequent level: {largest / total:.3f}"
    )
    if name.startswith("truncation"):
        known = {pair: count for pair, count in counts.items() if pair[0] != 2}
        share = sum(n for (theirs, ours), n in known.items() if theirs == ours) / sum(
            known.values()
        )
        print(f"    of {sum(known.values()):,} that KITTI does not ignore (2): {share:.4f}")
    for theirs in sorted({theirs for theirs, _ in counts}):
        row = {ours: counts[theirs, ours] for ours in sorted({ours for _, ours in counts})}
        print(
            f"    KITTI says {theirs}: {', '.join(f'{n:,} are {ours}' for ours, n in row.items())}"
        )


def drives(data: Path) -> None:
    """Tracklets out and in: the sample log, a sequence, and the toy file of another program."""
    print("Overlap (3D IoU) of tracklets that went out and came back, smallest and median")
    sample = open_log(SAMPLE)
    toy = RAW.read_labels(sample, data / "tool_samples/kitti_raw_tracklets")
    sequence = TRACKING.open(data / "kitti_tracking/training/label_02/0000.txt")
    for name, log, tracks in (
        ("sample log", sample, own_labels(sample)),
        ("toy file", sample, toy.tracks),
        ("KITTI tracking 0000", sequence, TRACKING.read_labels(sequence).tracks),
    ):
        for decimals in (None, 2):
            with tempfile.TemporaryDirectory() as folder:
                item = LabelledLog(log, tracks)
                options = ExportOptions(decimals=decimals, link_media=True)
                report = RAW.write_labels([item], Path(folder) / "out", options)
                found = {
                    track.id: track for track in RAW.read_labels(log, Path(folder) / "out").tracks
                }
            overlaps = []
            for frame in item.frames:
                for track, state in zip(tracks, item.states(frame), strict=True):
                    if state is not None:
                        keyframe = found[track.id].keyframe_at(frame.timestamp_ns)
                        assert keyframe is not None
                        overlaps.append(iou_3d(state.cuboid, keyframe.cuboid))
            digits = "full precision" if decimals is None else f"{decimals} decimals"
            same = sum(track.id in found for track in tracks)
            assert len(overlaps) == report.cuboids
            print(
                f"  {name}, {digits}: {min(overlaps):.8f} {np.median(overlaps):.8f} "
                f"({len(overlaps):,} cuboids, {same} of {len(tracks)} identities)"
            )


def detections(data: Path) -> None:
    """Detections in AB3DMOT's order of columns: how many are read, and how near to labels they are."""
    total, near_m = 0, []
    for dataset, path in labels_of(data):
        if dataset is not TRACKING:
            continue
        log = TRACKING.open(path)
        found = TRACKING.read_labels(log, data / "detections/kitti_pointrcnn").detections
        assert found is not None
        total += len(found)
        cars = np.array([label == "Car" for label in found.labels])
        for track in TRACKING.read_labels(log).tracks:
            if track.attributes["kitti.type"] != "Car":
                continue
            for keyframe in track.keyframes:
                there = cars & (found.times_ns == keyframe.timestamp_ns)
                apart_m = np.linalg.norm(found.centers_m[there] - keyframe.cuboid.center_m, axis=1)
                near_m.append(float(apart_m.min(initial=np.inf)))
    near = np.array(near_m)
    print(f"Detections of PointRCNN: {total:,} of sequences 0000 to 0010")
    print(
        f"  {np.mean(near < 2):.3f} of {len(near):,} labelled cars have one within 2 m, "
        f"{np.median(near[near < 2]):.3f} m away in the median"
    )


class _Points(SweepStream):
    def read(self, index: int) -> Sweep:
        points = np.full((1000, 3), index % 7, np.float32)
        return Sweep("top", int(self.timestamps_ns[index]), points, np.zeros(1000, np.float32))


def _long(frames: int, tracks: int) -> tuple[LabelledLog, int]:
    times = 1_700_000_000_000_000_000 + 100_000_000 * np.arange(frames)
    poses = SE3.stack([SE3.from_euler(0.01, 0.02, 0.0, [i, 0, 0]) for i in range(frames)])
    log = Log(
        name="long",
        kind="test",
        path=Path("nowhere"),
        rig=Rig("test", {"top": LidarMount(SE3.identity())}, {}),
        trajectory=Trajectory(times, poses),
        lidars={"top": _Points(times)},
        cameras={},
    )
    size = np.array([4.0, 1.8, 1.5])
    made = tuple(
        Track(
            f"track-{k}",
            "car",
            tuple(
                Keyframe(int(ns), Cuboid(SE3.from_yaw(0.1, [row + 10.0, 3.0 * k, 1]), size))
                for row, ns in enumerate(times.tolist())
            ),
        )
        for k in range(tracks)
    )
    return LabelledLog(log, made), frames * tracks


def memory(data: Path) -> None:
    """What an export needs besides the tracks, and how long it takes, by the length of the log."""
    print("Memory that an export takes at its peak (tracks not counted) and time, 20 tracks")
    for dataset in (TRACKING, OBJECT, RAW):
        for frames in (200, 400, 800):
            item, cuboids = _long(frames, 20)
            # Sweeps that a log keeps are bounded by bytes, which these few would not reach.
            item.log._cache.capacity_bytes = 1
            with tempfile.TemporaryDirectory() as folder:
                # What is worked out once for a track and kept with it is no part of the writer's.
                for frame in item.frames:
                    item.states(frame)
                gc.collect()
                tracemalloc.start()
                before, _ = tracemalloc.get_traced_memory()
                dataset.write_labels([item], Path(folder) / "out", ExportOptions())
                _, peak = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                start_s = time.perf_counter()
                dataset.write_labels([item], Path(folder) / "again", ExportOptions())
                seconds = time.perf_counter() - start_s
            print(
                f"  {dataset.name:15} {frames:5} frames, {cuboids:6,} cuboids: "
                f"{(peak - before) / 1e6:6.2f} MB, {seconds:5.2f} s"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
