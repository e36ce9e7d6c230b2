"""2D boxes of cuboids: how well they fit people's, and whether COCO and MOTChallenge exports are whole.

    AV3D_REAL_DATA=... python tests/benchmarks/image_boxes.py [--trackeval PYTHON] [PART ...]

Parts, all by default:

* kitti: boxes of KITTI's cuboids (sequences of the tracking benchmark, frames of the object benchmark)
  against the boxes that people drew: overlap, truncation, occlusion. Beside them boxes of the eight
  projected corners without cutting at the camera, as many tools make them.
* coco: exports of the sample log and real ones, loaded by pycocotools: mAP of the labels against
  themselves; cuboids read back against those that were written.
* mot: the same logs, scored against themselves by TrackEval, which needs an environment of its own:
  `python -m venv /tmp/trackeval && /tmp/trackeval/bin/pip install trackeval==1.3.0`, then
  `--trackeval /tmp/trackeval/bin/python`.
* scale: time and memory of long logs beside `json.dump` of the same COCO file.
* malformed: COCO files with a random piece changed: one line each, never a traceback.

One line per figure. Ends with 1 if something is not as it must be.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import cv2
import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.coco.layout import ANNOTATIONS
from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.image_boxes import ImageBoxes, boxes_in_image
from av3d.datasets.kitti.boxes import camera_SE3_cuboids
from av3d.datasets.kitti.calibration import read_calibration
from av3d.datasets.kitti.labels import KittiLabel, read_object_labels, read_tracking_labels
from av3d.datasets.registry import dataset, open_log, own_labels
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid, cuboid_corners_m
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageFiles
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track

REPOSITORY = Path(__file__).parents[2]
PERIOD_NS = 100_000_000
KITTI_SIZE = (1242, 375)
"""Pixels of the sequences that are used."""


class NoPoints(SweepStream):
    def read(self, index: int) -> Sweep:
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), dtype=np.float32))


def made_log(mounts: dict[str, CameraMount], frames: int, image: Path) -> Log:
    """A log of frames whose images are all the same file."""
    times_ns = PERIOD_NS * np.arange(frames)
    return Log(
        name="made", kind="made", path=image.parent,
        rig=Rig("made", {"top": LidarMount(SE3.identity())}, mounts),
        trajectory=Trajectory.identity(),
        lidars={"top": NoPoints(times_ns)},
        cameras={name: ImageFiles(times_ns, [image] * frames) for name in mounts},
    )  # fmt: skip


# KITTI -------------------------------------------------------------------------------------------


def iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Overlap of boxes left, top, right, bottom, (N, 4) both, pairwise (N,)."""
    low, high = np.maximum(first[:, :2], second[:, :2]), np.minimum(first[:, 2:], second[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    return shared / (areas[0] + areas[1] - shared)


def kitti_boxes(
    labels: Sequence[KittiLabel], lens: Camera, ego_SE3_camera: SE3, ego_SE3_rectified: SE3
) -> tuple[ImageBoxes, np.ndarray]:
    """Our boxes of the cuboids of one frame, and those of the eight corners, cut to the image."""
    log = made_log({"left": CameraMount(lens, ego_SE3_camera)}, 1, Path("none.png"))
    poses = ego_SE3_rectified @ camera_SE3_cuboids(
        np.array([label.position_m for label in labels]),
        np.array([label.size_hwl_m[0] for label in labels]),
        np.array([label.rotation_y_rad for label in labels]),
    )
    sizes = np.array([label.size_hwl_m[::-1] for label in labels])
    tracks = [
        Track(str(number), "car", (Keyframe(0, Cuboid(pose, size)),))
        for number, (pose, size) in enumerate(zip(poses, sizes, strict=True))
    ]
    frame = log.frame(0)
    found = boxes_in_image(
        log, tracks, LabelledLog(log, tuple(tracks)).states(frame), frame, "left"
    )
    assert found is not None
    corners_m = cuboid_corners_m(ego_SE3_camera.inverse() @ poses, sizes)
    # What many tools do: all corners by their depth, whatever its sign, and then the image's bounds.
    pixels = corners_m[..., :2] / corners_m[..., 2:] * (lens.fx_px, lens.fy_px)
    pixels += (lens.cx_px, lens.cy_px)
    end = (lens.width_px - 1.0, lens.height_px - 1.0)
    corners = np.concatenate(
        [np.clip(pixels.min(axis=1), 0, end), np.clip(pixels.max(axis=1), 0, end)], axis=1
    )
    return found, corners


def kitti(data: Path) -> None:
    """Our boxes of KITTI's cuboids against the boxes that people drew."""
    ours, theirs, corners = [], [], []
    truncated, occluded, levels, cut, height = [], [], [], [], []
    labelled = seen = 0
    folder = data / "kitti_tracking" / "training"
    frames: list[tuple[Sequence[KittiLabel], Camera, SE3, SE3, bool]] = []
    for path in sorted((folder / "label_02").glob("*.txt")):
        calibration = read_calibration(folder / "calib" / path.name)
        lens, ego_SE3_camera = calibration.camera(2, *KITTI_SIZE)
        by_frame: dict[int, list[KittiLabel]] = {}
        for label in read_tracking_labels(path):
            if label.is_3d and not label.is_dont_care:
                by_frame.setdefault(label.frame, []).append(label)
        for labels in by_frame.values():
            frames.append((labels, lens, ego_SE3_camera, calibration.ego_SE3_rectified, False))
    folder = data / "kitti_object" / "training"
    for path in sorted((folder / "label_2").glob("*.txt")):
        calibration = read_calibration(folder / "calib" / path.name)
        image = cv2.imread(str(folder / "image_2" / f"{path.stem}.png"))
        lens, ego_SE3_camera = calibration.camera(2, image.shape[1], image.shape[0])
        labels = [
            label for label in read_object_labels(path) if label.is_3d and not label.is_dont_care
        ]
        frames.append((labels, lens, ego_SE3_camera, calibration.ego_SE3_rectified, True))
    for labels, lens, ego_SE3_camera, ego_SE3_rectified, is_object in frames:
        if not labels:
            continue
        found, by_corners = kitti_boxes(labels, lens, ego_SE3_camera, ego_SE3_rectified)
        labelled += len(labels)
        seen += len(found)
        for place, row in enumerate(found.rows.tolist()):
            label = labels[row]
            ours.append(found.seen_px[place])
            theirs.append(label.box_px)
            corners.append(by_corners[row])
            truncated.append(found.truncated[place])
            occluded.append(found.occluded[place])
            levels.append(label.occluded)
            # The tracking benchmark has levels: 0 none, 1 partly, 2 mostly.
            cut.append(label.truncated > 0.15 if is_object else label.truncated > 0)
            height.append(label.box_px[3] - label.box_px[1])
    box = np.array(theirs)
    overlap, plain = iou(np.array(ours), box), iou(np.array(corners), box)
    level, is_cut, tall = np.array(levels), np.array(cut), np.array(height)
    print(f"kitti: {labelled:,} cuboids of {len(frames):,} frames, {seen:,} with a box of ours")
    for name, rows in {
        "all": np.full(len(box), True),
        "fully visible, not cut": (level == 0) & ~is_cut,
        "fully visible, not cut, 40 px and higher": (level == 0) & ~is_cut & (tall >= 40),
        "cut by the image": is_cut,
        "partly occluded": level == 1,
        "largely occluded": level == 2,
    }.items():
        quantiles = " ".join(
            f"{value:.3f}" for value in np.quantile(overlap[rows], (0.05, 0.25, 0.5))
        )
        print(
            f"kitti: {name}: {rows.sum():,} boxes, IoU 5 % 25 % 50 %: {quantiles}; >= .7: "
            f"{(overlap[rows] >= 0.7).mean():.1%}; by corners 5 %: "
            f"{np.quantile(plain[rows], 0.05):.3f}"
        )
    off = (np.array(ours) - box)[(level == 0) & ~is_cut]
    middle = " ".join(f"{value:+.2f}" for value in np.median(off, axis=0))
    print(f"kitti: fully visible, ours minus theirs, median of left top right bottom: {middle} px")
    part = np.array(occluded)
    for number in range(3):
        rows = part[level == number]
        print(
            f"kitti: occlusion level {number}: {len(rows):,} boxes, covered by cuboids: mean "
            f"{rows.mean():.2f}, more than a tenth {(rows > 0.1).mean():.0%}, "
            f"more than half {(rows > 0.5).mean():.0%}"
        )
    ratio = np.array(truncated)
    agree = ((ratio > 0.15) == is_cut).mean()
    print(f"kitti: truncated by more than .15 agrees with KITTI's levels: {agree:.1%}")


# COCO and MOTChallenge ---------------------------------------------------------------------------


def logs(data: Path) -> list[Log]:
    found = [REPOSITORY / "sample_logs" / "crossing", data / "pandaset" / "002"]
    found += [data / "nuscenes" / "one_sample"]
    found += sorted((data / "kitti_object" / "training" / "velodyne").glob("*.bin"))[:1]
    return [open_log(path) for path in found]


def coco(data: Path, folder: Path) -> None:
    """pycocotools on our exports, and what comes back of the cuboids."""
    for log in logs(data):
        tracks, out = own_labels(log), folder / f"coco-{log.name}"
        options = ExportOptions(link_media=True)
        report = dataset("coco").write_labels([LabelledLog(log, tracks)], out, options)
        with contextlib.redirect_stdout(io.StringIO()):
            kit = COCO(str(out / ANNOTATIONS))
            boxes = [
                {key: one[key] for key in ("image_id", "category_id", "bbox")} | {"score": 1.0}
                for one in kit.dataset["annotations"]
            ]
            evaluation = COCOeval(kit, kit.loadRes(boxes), "bbox")
            evaluation.params.maxDets = [1, 10, 1000]
            evaluation.evaluate()
            evaluation.accumulate()
        precision = evaluation.eval["precision"][..., 0, -1]
        average = precision[precision >= 0].mean()
        metres, radians, count = round_trip(log, tracks, out)
        print(
            f"coco: {log.name}: {len(boxes):,} boxes in {len(kit.imgs)} images, mAP against itself "
            f"{average:.6f}; {count:,} of {report.cuboids:,} cuboids back, worst {metres:.1e} m, "
            f"{radians:.1e} rad"
        )
        expect(average > 1 - 1e-9 and count == report.cuboids, "COCO does not match itself")
        expect(max(metres, radians) < 1e-6, "cuboids come back changed")


def round_trip(log: Log, tracks: Sequence[Track], out: Path) -> tuple[float, float, int]:
    """Largest difference of corners (m) and headings (rad) of what is read back, and how many."""
    found = {track.id: track for track in dataset("coco").read_labels(log, out).tracks}
    metres = radians = 0.0
    count = 0
    for frame in log.frames:
        for track, state in zip(
            tracks, states_in_sweep(tracks, frame.timestamp_ns, log), strict=True
        ):
            other = found[track.id].keyframe_at(frame.timestamp_ns) if track.id in found else None
            expect((state is None) == (other is None), f"{track.name} at frame {frame.index}")
            if state is None or other is None:
                continue
            count += 1
            apart = state.cuboid.corners_m() - other.cuboid.corners_m()
            metres = max(metres, float(np.abs(apart).max()))
            first, second = (one.frame_SE3_cuboid.rotation for one in (state.cuboid, other.cuboid))
            radians = max(radians, float(np.abs(first - second).max()))
    return metres, radians, count


TRACKEVAL = """
import contextlib, io, sys, json
import trackeval
gt, trackers, preproc = sys.argv[1], sys.argv[2], sys.argv[3] == "1"
with contextlib.redirect_stdout(io.StringIO()):
    data = trackeval.datasets.MotChallenge2DBox(dict(
        GT_FOLDER=gt, TRACKERS_FOLDER=trackers, BENCHMARK="av3d", SPLIT_TO_EVAL="train",
        DO_PREPROC=preproc, PRINT_CONFIG=False))
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(), trackeval.metrics.Identity()]
    config = dict(PRINT_RESULTS=False, PRINT_CONFIG=False, TIME_PROGRESS=False, OUTPUT_SUMMARY=False,
                  OUTPUT_DETAILED=False, PLOT_CURVES=False, BREAK_ON_ERROR=True)
    result, _ = trackeval.Evaluator(config).evaluate([data], metrics)
total = result["MotChallenge2DBox"]["same"]["COMBINED_SEQ"]["pedestrian"]
print(json.dumps(dict(
    hota=float(total["HOTA"]["HOTA"].min()), mota=float(total["CLEAR"]["MOTA"]),
    idf1=float(total["Identity"]["IDF1"]), switches=int(total["CLEAR"]["IDSW"]),
    boxes=int(total["CLEAR"]["CLR_TP"]))))
"""


def mot(data: Path, folder: Path, python: str) -> None:
    """TrackEval on our exports: every sequence against itself."""
    for log in logs(data):
        out = folder / f"mot-{log.name}"
        item = LabelledLog(log, own_labels(log))
        report = dataset("mot").write_labels([item], out, ExportOptions(link_media=True))
        for people in (True, False):
            results = folder / f"results-{log.name}-{people}" / "av3d-train" / "same" / "data"
            results.mkdir(parents=True)
            count = 0
            for gt in sorted((out / "av3d-train").glob("*/gt/gt.txt")):
                rows = [line.split(",") for line in gt.read_text().splitlines()]
                kept = [row for row in rows if row[7] == "1" or not people]
                count += len(kept)
                # Results have no class and no visibility.
                text = "".join(",".join([*row[:7], "-1,-1,-1"]) + "\n" for row in kept)
                (results / f"{gt.parents[1].name}.txt").write_text(text)
            if not count:
                continue
            said = subprocess.run(
                [python, "-c", TRACKEVAL, out, results.parents[2], str(int(people))],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            figures = json.loads(said.stdout.splitlines()[-1])
            what = "pedestrians, official preprocessing" if people else "all, no preprocessing"
            print(
                f"mot: {log.name}: {what}: {figures['boxes']:,} of {count:,} boxes, HOTA "
                f"{100 * figures['hota']:.2f}, MOTA {100 * figures['mota']:.2f}, IDF1 "
                f"{100 * figures['idf1']:.2f}, {figures['switches']} switches ({report.frames} "
                "frames)"
            )
            perfect = min(figures["hota"], figures["mota"], figures["idf1"]) > 1 - 1e-9
            expect(perfect and not figures["switches"], "MOTChallenge does not match itself")


# Time and memory ---------------------------------------------------------------------------------


def long_log(folder: Path, frames: int) -> tuple[Log, tuple[Track, ...]]:
    """Two cameras and 40 cars around, of which each sees about half."""
    image = folder / "image.jpg"
    cv2.imwrite(str(image), np.zeros((540, 960, 3), dtype=np.uint8))
    lens = Camera(960, 540, 480.0, 480.0, 479.5, 269.5)
    ahead = SE3(np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]]), [0.0, 0.0, 1.6])
    back = SE3.from_yaw(np.pi, [0.0, 0.0, 0.0]) @ ahead
    log = made_log(
        {"front": CameraMount(lens, ahead), "back": CameraMount(lens, back)}, frames, image
    )
    rng = np.random.default_rng(0)
    tracks = []
    for number in range(40):
        start = rng.uniform(-40, 40, 2)
        way = rng.uniform(-20, 20, 2)
        keyframes = tuple(
            Keyframe(
                PERIOD_NS * k,
                Cuboid.from_yaw([*(start + way * k / frames), 0.8], [4.4, 1.8, 1.5], float(k)),
            )
            for k in range(0, frames, 10)
        )
        tracks.append(Track(f"car {number}", "car", keyframes, number=number))
    return log, tuple(tracks)


def scale_once(frames: int) -> None:
    """In a process of its own: one export, then its time, memory and that of `json.dump`."""
    with tempfile.TemporaryDirectory() as place:
        log, tracks = long_log(Path(place), frames)
        item, out = LabelledLog(log, tracks), Path(place) / "out"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        report = dataset("coco").write_labels([item], out, ExportOptions(link_media=True))
        export_s = time.perf_counter() - started
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        content = json.loads((out / ANNOTATIONS).read_bytes())
        started = time.perf_counter()
        with (Path(place) / "again.json").open("w") as file:
            json.dump(content, file)
        dump_s = time.perf_counter() - started
        size = (out / ANNOTATIONS).stat().st_size
    print(
        f"scale: {frames:,} frames, 2 cameras, {report.cuboids:,} cuboids, "
        f"{len(content['annotations']):,} boxes, {size / 1e6:.1f} MB: {export_s:.1f} s with images "
        f"linked, {export_s / dump_s:.1f} x json.dump of the same; memory grew by {grown / 1024:.0f} MB"
    )


def scale() -> None:
    for frames in (100, 1000):
        command = [sys.executable, __file__, "--scale-once", str(frames)]
        subprocess.run(command, check=True)


# Malformed files ---------------------------------------------------------------------------------


def malformed(folder: Path, count: int) -> None:
    """A COCO file of av3d with pieces changed at random: what the reader says."""
    log = open_log(REPOSITORY / "sample_logs" / "crossing")
    tracks = own_labels(log)[:4]
    path = folder / "malformed"
    dataset("coco").write_labels([LabelledLog(log, tracks)], path, ExportOptions(link_media=True))
    file = path / ANNOTATIONS
    whole, random = file.read_bytes(), Random(1)
    said: dict[str, int] = {}
    for _ in range(count):
        file.write_bytes(harmed(whole, random))
        try:
            dataset("coco").read_labels(log, file)
        except Av3dError as error:
            text = str(error)
            expect("\n" not in text and str(file) in text, f"not a clear line: {text}")
            said["refused"] = said.get("refused", 0) + 1
        else:
            said["read, as nothing that matters was changed"] = (
                said.get("read, as nothing that matters was changed", 0) + 1
            )
    print(f"malformed: {count} files: " + ", ".join(f"{n} {what}" for what, n in said.items()))


def harmed(data: bytes, random: Random) -> bytes:
    """A file with one piece cut, doubled, or replaced; half of the time a value of the JSON."""
    if random.random() < 0.5:
        content = json.loads(data)
        rows = content[random.choice(["logs", "tracks", "frames", "cuboids"])]
        row = random.choice(rows)
        key = random.choice(list(row))
        wrong = [None, -1, "x", [], {}, 1e300, True, float("nan"), [1, "a"], 2**70, "\u0000"]
        if random.random() < 0.2:
            del row[key]
        else:
            row[key] = random.choice(wrong)
        return json.dumps(content).encode()
    start = random.randrange(len(data))
    end = min(start + random.randrange(1, 200), len(data))
    piece = random.choice(
        [b"", data[start:end] * 2, bytes(random.randrange(256) for _ in range(9))]
    )
    return data[:start] + piece + (data[end:] if random.random() < 0.8 else b"")


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        sys.exit(f"WRONG: {otherwise}")


def main() -> None:
    parts = ("kitti", "coco", "mot", "scale", "malformed")
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(parts))
    parser.add_argument("--trackeval", metavar="PYTHON", help="python that has trackeval")
    parser.add_argument("--malformed", type=int, default=1000, help="how many files")
    parser.add_argument("--scale-once", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scale_once:
        scale_once(options.scale_once)
        return
    if unknown := set(options.parts) - set(parts):
        parser.error(f"no part {sorted(unknown)[0]!r}; there are {', '.join(parts)}")
    wanted = options.parts or parts
    data = Path(os.environ.get("AV3D_REAL_DATA", ""))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if "kitti" in wanted:
            kitti(data)
        if "coco" in wanted:
            coco(data, folder)
        if "mot" in wanted:
            if options.trackeval:
                mot(data, folder, options.trackeval)
            else:
                print("mot: left out, say where TrackEval is with --trackeval")
        if "scale" in wanted:
            scale()
        if "malformed" in wanted:
            malformed(folder, options.malformed)


if __name__ == "__main__":
    main()
