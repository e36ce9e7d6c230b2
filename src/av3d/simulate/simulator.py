"""Makes a log folder with exact truth beside it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from av3d.datasets.dataset import Progress, no_progress
from av3d.datasets.folder.layout import (
    CAMERA_FOLDER,
    LABELS_FILE,
    TRUTH_FILE,
    LidarSettings,
    LogSettings,
)
from av3d.datasets.folder.writer import LogFolderWriter
from av3d.files import new_folder
from av3d.logs.trajectory import Trajectory
from av3d.simulate.crossing import crossing
from av3d.simulate.laser import Laser
from av3d.simulate.options import SimulateOptions
from av3d.simulate.picture import CameraPicture
from av3d.simulate.rig import CAMERA_OFFSET_NS, LIDAR, TURN_NS, sample_rig
from av3d.simulate.truth import starting_labels, true_tracks
from av3d.simulate.world import World
from av3d.types import NS_PER_MS, Uint8Array

POINT_UNIT_M = 0.005
POSE_STEP_NS = 10 * NS_PER_MS
DROPPED_FILE = "truth/dropped.json"
POSE_MARGIN_NS = 150 * NS_PER_MS


@dataclass(frozen=True)
class SimulatedLog:
    """What was made.

    Attributes:
        path: folder of the log.
        sweeps, images: files written.
        points: in all sweeps together.
        true_tracks: tracks in truth/tracks.json.
        labelled_tracks: tracks in labels.json.
        dropped_sweeps, dropped_images: left out.
        size_bytes: of all files.
    """

    path: Path
    sweeps: int
    images: int
    points: int
    true_tracks: int
    labelled_tracks: int
    dropped_sweeps: int
    dropped_images: int
    size_bytes: int


@dataclass(frozen=True)
class Schedule:
    """When what is recorded.

    Attributes:
        sweeps_ns: nominal times of the sweeps, dropped ones too.
        images_ns: nominal times of the images by camera, dropped ones too; image k belongs to
            sweep k.
        dropped_sweeps: indices into sweeps_ns.
        dropped_images: indices into images_ns, by camera.
    """

    sweeps_ns: tuple[int, ...]
    images_ns: dict[str, tuple[int, ...]]
    dropped_sweeps: tuple[int, ...]
    dropped_images: dict[str, tuple[int, ...]]


def schedule(options: SimulateOptions, start_ns: int, cameras: list[str]) -> Schedule:
    """Times of all sweeps and images, and which of them are dropped.

    About one sweep in twenty and one image in twenty-five is dropped, never the first or last two,
    and never two sweeps in a row. Logs of fewer than eight turns drop nothing.
    """
    count = options.frames
    sweeps = tuple(start_ns + k * TURN_NS for k in range(count))
    images = {name: tuple(t + CAMERA_OFFSET_NS[name] for t in sweeps) for name in cameras}
    if not options.drop or count < 8:
        return Schedule(sweeps, images, (), dict.fromkeys(cameras, ()))
    rng = np.random.default_rng([options.seed, 3])
    inner = np.arange(2, count - 2)
    # One in each stretch of inner turns, away from its ends, keeps dropped sweeps apart.
    stretches = np.array_split(inner, max(round(count / 21), 1))
    dropped = tuple(int(rng.choice(s[1:-1] if len(s) > 3 else s)) for s in stretches)
    lost = {}
    for name in cameras:
        # Images of dropped sweeps are kept, so that each loss shows by itself.
        free = np.setdiff1d(inner, dropped)
        many = max(round(count / 25 + rng.uniform(-0.5, 0.5)), 1)
        lost[name] = tuple(sorted(int(k) for k in rng.choice(free, many, replace=False)))
    return Schedule(sweeps, images, dropped, lost)


def simulate_log(
    out: Path,
    options: SimulateOptions | None = None,
    *,
    frames: int | None = None,
    seed: int | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> SimulatedLog:
    """Make a log folder: sweeps, images, poses, a start of labels, and the truth.

    The same options give the same log. Nothing is left behind when it fails or is interrupted.

    Args:
        out: folder to make.
        options: length, size, seed ...
        frames: goes before that in `options`.
        seed: goes before that in `options`.
        overwrite: replace a folder that has content.
        progress: told what is done.

    Raises:
        OutputError: the folder has content, or the disk refuses.
        SimulationError: options that make no log.
    """
    options = options or SimulateOptions()
    options = replace(
        options,
        frames=options.frames if frames is None else frames,
        seed=options.seed if seed is None else seed,
    )
    with new_folder(out, replace=overwrite) as folder:
        progress("Building the town", 0, 1)
        scenario = crossing(options.seed)
        world = World(scenario, options.seed)
        rig = sample_rig(options.image_width_px, options.image_height_px)
        plan = schedule(options, scenario.start_ns, list(rig.cameras) if options.cameras else [])
        first, last = plan.sweeps_ns[0], plan.sweeps_ns[-1]
        pose_times = np.arange(
            first - POSE_MARGIN_NS, last + POSE_MARGIN_NS + 1, POSE_STEP_NS, dtype=np.int64
        )
        writer = LogFolderWriter(
            folder,
            LogSettings(
                name=options.name,
                reference_lidar=LIDAR,
                clock="one clock for all sensors; a sweep's time is the middle of its turn, "
                "an image's time that of its exposure",
                notes=("simulated; the truth is in the folder truth",),
                lidars={LIDAR: LidarSettings(motion_compensated=False)},
            ),
            rig,
            Trajectory(pose_times, scenario.world_SE3_ego(pose_times)),
        )
        progress("Building the town", 1, 1)
        counts = _sweeps(writer, world, options, plan, progress)
        images = _images(writer, world, options, plan, progress)
        _write_dropped(folder / DROPPED_FILE, plan)
        truth = true_tracks(scenario.actors, first, last, counts)
        writer.add_tracks(truth, TRUTH_FILE)
        taken = [t for k, t in enumerate(plan.sweeps_ns) if k not in plan.dropped_sweeps]
        labels = starting_labels(scenario.actors, taken, counts, options.seed)
        writer.add_tracks(labels, LABELS_FILE)
        if not images:
            for camera in rig.cameras:
                (folder / CAMERA_FOLDER / camera).rmdir()
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return SimulatedLog(
        path=out,
        sweeps=len(taken),
        images=images,
        points=sum(sum(per_actor.values()) for per_actor in counts.values()),
        true_tracks=len(truth),
        labelled_tracks=len(labels),
        dropped_sweeps=len(plan.dropped_sweeps),
        dropped_images=sum(len(lost) for lost in plan.dropped_images.values()),
        size_bytes=size,
    )


def _sweeps(
    writer: LogFolderWriter,
    world: World,
    options: SimulateOptions,
    plan: Schedule,
    progress: Progress,
) -> dict[int, Counter[int]]:
    """Write the sweeps; points per sweep time and actor (NOTHING for the town)."""
    laser = Laser(world, sample_rig().lidars[LIDAR], options)
    counts: dict[int, Counter[int]] = {}
    for number, time in enumerate(plan.sweeps_ns):
        progress("Measuring sweeps", number, len(plan.sweeps_ns))
        if number in plan.dropped_sweeps:
            continue
        sweep, owners = laser.measure(time)
        writer.add_sweep(sweep, POINT_UNIT_M)
        counts[time] = Counter(owners.tolist())
    progress("Measuring sweeps", len(plan.sweeps_ns), len(plan.sweeps_ns))
    return counts


def _images(
    writer: LogFolderWriter,
    world: World,
    options: SimulateOptions,
    plan: Schedule,
    progress: Progress,
) -> int:
    rig = sample_rig(options.image_width_px, options.image_height_px)
    total = sum(len(times) for times in plan.images_ns.values())
    done = written = 0
    for camera, times in plan.images_ns.items():
        picture = CameraPicture(world, rig.camera(camera))
        for number, time in enumerate(times):
            progress("Taking images", done, total)
            done += 1
            if number in plan.dropped_images[camera]:
                continue
            writer.add_image(camera, time, encode_jpeg(picture.take(time), options.jpeg_quality))
            written += 1
    progress("Taking images", total, total)
    return written


def encode_jpeg(image: Uint8Array, quality: int) -> bytes:
    """A JPEG file of an RGB image (H, W, 3)."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1,
             cv2.IMWRITE_JPEG_PROGRESSIVE, 1]  # fmt: skip
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), flags)
    assert done, "OpenCV encodes every 8-bit RGB image"
    return bytes(encoded.tobytes())


def _write_dropped(path: Path, plan: Schedule) -> None:
    """The nominal times of what is missing, in nanoseconds."""
    data = {
        "sweeps_ns": {LIDAR: [plan.sweeps_ns[k] for k in plan.dropped_sweeps]},
        "images_ns": {
            camera: [plan.images_ns[camera][k] for k in lost]
            for camera, lost in plan.dropped_images.items()
        },
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
