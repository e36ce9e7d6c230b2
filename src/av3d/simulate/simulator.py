"""Makes a log folder with exact truth beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from av3d.calibration.rig import Rig
from av3d.datasets.dataset import Progress, no_progress
from av3d.datasets.folder.layout import (
    CAMERA_FOLDER,
    LABELS_FILE,
    TRUTH_FILE,
    LogSettings,
)
from av3d.datasets.folder.lidar_settings import LidarSettings
from av3d.datasets.folder.writer import LogFolderWriter
from av3d.files import new_folder
from av3d.logs.trajectory import Trajectory
from av3d.simulate.laser import STAMP_NS, Laser
from av3d.simulate.options import SimulateOptions
from av3d.simulate.picture import CameraPicture
from av3d.simulate.rig import LIDAR, TURN_NS
from av3d.simulate.scan import Scan
from av3d.simulate.setups import SETUPS
from av3d.simulate.truth import Turn, measured_tracks, physical_tracks, starting_labels
from av3d.simulate.world import World
from av3d.types import NS_PER_MS, Uint8Array

POINT_UNIT_M = 0.005
POSE_STEP_NS = 10 * NS_PER_MS
PHYSICAL_FILE = "truth/physical.json"
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
        turns_ns: middles of the LiDAR's turns, dropped ones too.
        images_ns: middles of the exposures by camera, dropped ones too; image k belongs to turn k.
        dropped_sweeps: indices into turns_ns.
        dropped_images: indices into images_ns, by camera.
    """

    turns_ns: tuple[int, ...]
    images_ns: dict[str, tuple[int, ...]]
    dropped_sweeps: tuple[int, ...]
    dropped_images: dict[str, tuple[int, ...]]


def schedule(options: SimulateOptions, start_ns: int, exposure_ns: Mapping[str, int]) -> Schedule:
    """Times of all sweeps and images, and which of them are dropped.

    About one sweep in twenty and one image in twenty-five is dropped, never the first or last two,
    and never two sweeps in a row. Logs of fewer than eight turns drop nothing.

    Args:
        options: how many turns, whether some are dropped.
        start_ns: middle of the first turn.
        exposure_ns: middle of each camera's exposure minus that of the turn.
    """
    count = options.frames
    turns = tuple(start_ns + k * TURN_NS for k in range(count))
    images = {name: tuple(t + after for t in turns) for name, after in exposure_ns.items()}
    if not options.drop or count < 8:
        return Schedule(turns, images, (), dict.fromkeys(exposure_ns, ()))
    rng = np.random.default_rng([options.seed, 3])
    inner = np.arange(2, count - 2)
    # One in each stretch of inner turns, away from its ends, keeps dropped sweeps apart.
    stretches = np.array_split(inner, max(round(count / 21), 1))
    dropped = tuple(int(rng.choice(s[1:-1] if len(s) > 3 else s)) for s in stretches)
    lost = {}
    for name in exposure_ns:
        # Images of dropped sweeps are kept, so that each loss shows by itself.
        free = np.setdiff1d(inner, dropped)
        many = max(round(count / 25 + rng.uniform(-0.5, 0.5)), 1)
        lost[name] = tuple(sorted(int(k) for k in rng.choice(free, many, replace=False)))
    return Schedule(turns, images, dropped, lost)


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
        setup = SETUPS[options.scenario]
        scenario = setup.scenario(options.seed)
        world = World(scenario, options.seed)
        rig = setup.sensors(options)
        plan = schedule(options, scenario.start_ns, setup.exposure_ns if options.cameras else {})
        first, last = plan.turns_ns[0], plan.turns_ns[-1]
        pose_times = np.arange(
            first - POSE_MARGIN_NS, last + POSE_MARGIN_NS + 1, POSE_STEP_NS, dtype=np.int64
        )
        writer = LogFolderWriter(
            folder,
            LogSettings(
                name=options.log_name,
                reference_lidar=LIDAR,
                clock=clock_words(options),
                notes=("simulated; the truth is in the folder truth",),
                lidars={LIDAR: LidarSettings(motion_compensated=False)},
            ),
            rig,
            Trajectory(pose_times, scenario.world_SE3_ego(pose_times)),
        )
        progress("Building the town", 1, 1)
        turns = _sweeps(writer, world, rig, options, plan, progress)
        images = _images(writer, world, rig, options, plan, progress)
        _write_dropped(folder / DROPPED_FILE, rig, options, plan)
        scan = Scan(scenario.world_SE3_ego, rig.lidars[LIDAR])
        truth = measured_tracks(scenario.actors, turns, scan)
        writer.add_tracks(truth, TRUTH_FILE)
        physical = physical_tracks(scenario.actors, turns, first, last)
        writer.add_tracks(physical, PHYSICAL_FILE)
        labels = starting_labels(scenario.actors, turns, scan, options.seed)
        writer.add_tracks(labels, LABELS_FILE)
        if not images:
            for camera in rig.cameras:
                (folder / CAMERA_FOLDER / camera).rmdir()
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return SimulatedLog(
        path=out,
        sweeps=len(turns),
        images=images,
        points=sum(turn.points.total() for turn in turns),
        true_tracks=len(truth),
        labelled_tracks=len(labels),
        dropped_sweeps=len(plan.dropped_sweeps),
        dropped_images=sum(len(lost) for lost in plan.dropped_images.values()),
        size_bytes=size,
    )


def clock_words(options: SimulateOptions) -> str:
    """One sentence on what the stamps mean."""
    images = {
        "exposure": "an image's time that of its exposure",
        "sweep": "an image's time the middle of the turn (the rig has the clock offsets)",
    }
    return (
        f"one clock for all sensors; a sweep's time is the {options.sweep_stamp} of its turn, "
        f"{images[options.camera_stamp]}"
    )


def _sweeps(
    writer: LogFolderWriter,
    world: World,
    rig: Rig,
    options: SimulateOptions,
    plan: Schedule,
    progress: Progress,
) -> list[Turn]:
    """Write the sweeps; what each of them measured."""
    laser = Laser(world, rig.lidars[LIDAR], options)
    turns = []
    for number, middle_ns in enumerate(plan.turns_ns):
        progress("Measuring sweeps", number, len(plan.turns_ns))
        if number in plan.dropped_sweeps:
            continue
        sweep, owners = laser.measure(middle_ns)
        writer.add_sweep(sweep, POINT_UNIT_M)
        turns.append(Turn.of(sweep, owners, middle_ns))
    progress("Measuring sweeps", len(plan.turns_ns), len(plan.turns_ns))
    return turns


def _images(
    writer: LogFolderWriter,
    world: World,
    rig: Rig,
    options: SimulateOptions,
    plan: Schedule,
    progress: Progress,
) -> int:
    total = sum(len(times) for times in plan.images_ns.values())
    done = written = 0
    for camera, times in plan.images_ns.items():
        mount = rig.camera(camera)
        picture = CameraPicture(world, mount)
        for number, middle_ns in enumerate(times):
            progress("Taking images", done, total)
            done += 1
            if number in plan.dropped_images[camera]:
                continue
            encoded = encode_jpeg(picture.take(middle_ns), options.jpeg_quality)
            writer.add_image(camera, middle_ns - mount.clock_offset_ns, encoded)
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


def _write_dropped(path: Path, rig: Rig, options: SimulateOptions, plan: Schedule) -> None:
    """The stamps that are missing, in nanoseconds."""
    shift_ns = STAMP_NS[options.sweep_stamp]
    data = {
        "sweeps_ns": {LIDAR: [plan.turns_ns[k] + shift_ns for k in plan.dropped_sweeps]},
        "images_ns": {
            camera: [plan.images_ns[camera][k] - rig.camera(camera).clock_offset_ns for k in lost]
            for camera, lost in plan.dropped_images.items()
        },
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
