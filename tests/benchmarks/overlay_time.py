"""How far cuboids in images are from the truth on simulated fast logs, in pixels of corners.

    python tests/benchmarks/overlay_time.py [--seeds 7 8 9] [--frames 40]

Everybody drives 15 m/s, cameras expose up to 50 ms away from the LiDAR's sweep, row by row within 30 ms,
and have pinhole, Brown-Conrady, Kannala-Brandt and MEI lenses. The logs take turns in how sweeps and
images are stamped; each is opened as a user does, with the tracks of `truth/tracks.json`. For each corner
that is on an image, three positions are compared with where it truly is:

    av3d            what av3d draws: render.placing and project_cuboids
    no rolling      the true cuboid at the middle of the exposure, as if all rows were exposed then
    LiDAR time      the cuboid at the sweep's timestamp, seen from the ego pose at it

True is the pixel at whose row's time the corner is there, by the simulator's own poses: the rows are gone
through one by one, nothing of av3d's solution for rolling shutters is used but the lens.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np

import av3d
from av3d.calibration.camera import Camera
from av3d.calibration.projection import project_cuboids
from av3d.calibration.rig import CameraMount
from av3d.datasets.registry import dataset
from av3d.geometry.cuboid import CORNER_SIGNS, cuboid_corners_m
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.render.placing import PlacedTrack, tracks_in_image
from av3d.simulate import SimulateOptions, simulate_log
from av3d.simulate.actor import Actor
from av3d.simulate.fast import fast
from av3d.simulate.options import CameraStamp, SweepStamp
from av3d.simulate.picture import CameraPicture
from av3d.simulate.world import Scenario
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray, Uint8Array

ENOUGH_POINTS = 5
"""Road users with fewer points in the frame's sweep are not visible."""

FAST_M_S = 10.0
VARIANTS: tuple[tuple[SweepStamp, CameraStamp], ...] = (
    ("middle", "exposure"),
    ("start", "sweep"),
    ("end", "exposure"),
)
METHODS = ("av3d", "no rolling", "LiDAR time")


def black_picture(picture: CameraPicture, timestamp_ns: int) -> Uint8Array:
    """Only the times of images count here; drawing them takes minutes."""
    camera = picture._mount.camera
    return np.zeros((camera.height_px, camera.width_px, 3), np.uint8)


def make_log(
    folder: Path, seed: int, frames: int, sweep_stamp: SweepStamp, camera_stamp: CameraStamp
) -> Log:
    """A fast log without pictures, opened as a user opens it."""
    options = SimulateOptions(
        scenario="fast", frames=frames, seed=seed, drop=False, sweep_stamp=sweep_stamp,
        camera_stamp=camera_stamp,
    )  # fmt: skip
    with patch.object(CameraPicture, "take", black_picture):
        simulate_log(folder, options)
    return av3d.open_log(folder)


def true_tracks(log: Log) -> tuple[Track, ...]:
    """The tracks of a simulated log's truth, read as `av3d import --labels` does."""
    return dataset(log.kind).read_labels(log, log.path / "truth" / "tracks.json").tracks


@dataclass
class Errors:
    """Pixels by which corners are off, by camera and method; and what was not drawn.

    Attributes:
        px: arrays of errors by (camera, method).
        fast_px: the same of road users of at least FAST_M_S.
        missing: corners on an image that av3d did not draw, by camera.
    """

    px: dict[tuple[str, str], list[FloatArray]] = field(default_factory=lambda: defaultdict(list))
    fast_px: dict[tuple[str, str], list[FloatArray]] = field(
        default_factory=lambda: defaultdict(list)
    )
    missing: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: Errors) -> None:
        """Take in those of another log."""
        for mine, theirs in ((self.px, other.px), (self.fast_px, other.fast_px)):
            for key, parts in theirs.items():
                mine[key] += parts
        for name, count in other.missing.items():
            self.missing[name] += count


def true_corners_px(
    scenario: Scenario, mount: CameraMount, middle_ns: int, actor: Actor
) -> FloatArray:
    """Where the corners of an actor truly are on an image, (8, 2), NaN where they are not on it.

    Args:
        scenario: everybody's poses.
        mount: the camera.
        middle_ns: when the middle of the image was exposed.
        actor: whose cuboid.
    """
    camera = mount.camera
    # At the upper edge of the first row, the middle of every row, and the lower edge of the last.
    rows = np.concatenate([[-0.5], np.arange(camera.height_px), [camera.height_px - 0.5]])
    part = (rows + 0.5) / camera.height_px - 0.5
    times_ns = middle_ns + np.round(part * mount.readout_ns).astype(np.int64)
    camera_SE3_world = (scenario.world_SE3_ego(times_ns) @ mount.ego_SE3_camera).inverse()
    base = actor.world_SE3_base(times_ns)
    corners_m = actor.base_center_m + CORNER_SIGNS * (actor.size_lwh_m / 2)
    seen_m = (camera_SE3_world @ base).transform(np.broadcast_to(corners_m, (len(rows), 8, 3)))
    pixels, valid = camera.project(seen_m)
    below = pixels[..., 1] - rows[:, None]
    # The corner is seen where the row that it projects to is the row that is exposed.
    crossing = valid[:-1] & valid[1:] & (np.sign(below[:-1]) != np.sign(below[1:]))
    found = np.full((8, 2), np.nan)
    for corner in range(8):
        where = np.flatnonzero(crossing[:, corner])
        if len(where):
            k = where[0]
            step = below[k, corner] / (below[k, corner] - below[k + 1, corner])
            found[corner] = pixels[k, corner] + step * (pixels[k + 1, corner] - pixels[k, corner])
    found[~camera.contains(np.nan_to_num(found, nan=-9.0))] = np.nan
    return found


def drawn_corners_px(camera: Camera, item: PlacedTrack) -> FloatArray:
    """Where av3d draws the corners of a cuboid, (8, 2), NaN where it does not: ends of edges."""
    over_readout = None
    if item.over_readout is not None:
        over_readout = SE3.stack([item.over_readout[0]]), SE3.stack([item.over_readout[1]])
    pose = SE3.stack([item.cuboid.frame_SE3_cuboid])
    (seen,) = project_cuboids(camera, pose, item.cuboid.size_lwh_m[None], over_readout=over_readout)
    corners = np.full((8, 2), np.nan)
    if seen is not None:
        # Edge k begins at corner k, for k < 8.
        edges, first = np.unique(seen.edge, return_index=True)
        for edge, row in zip(edges.tolist(), first.tolist(), strict=True):
            if edge < 8:
                corners[edge] = seen.starts_px[row]
    return corners


def projected_px(
    camera: Camera, camera_SE3_world: SE3, world_SE3_cuboid: SE3, size_lwh_m: FloatArray
) -> FloatArray:
    """Corners of a cuboid by a single pose, (8, 2), NaN where the lens does not see them."""
    poses = SE3.stack([camera_SE3_world @ world_SE3_cuboid])
    return np.asarray(camera.project(cuboid_corners_m(poses, size_lwh_m[None]))[0][0])


def speed_m_s(actor: Actor, timestamp_ns: int) -> float:
    """Speed of an actor."""
    ends = actor.centers_m(timestamp_ns + np.array([-5_000_000, 5_000_000]))
    return float(np.linalg.norm(ends[1] - ends[0]) / 0.01)


def measure(
    log: Log, scenario: Scenario, tracks: Sequence[Track], errors: Errors, frames: Sequence[int]
) -> None:
    """Add the errors of a log's frames."""
    actors = {actor.track_id: actor for actor in scenario.actors}
    for index in frames:
        frame = log.frame(index)
        visible = list(visible_tracks(tracks, frame))
        for name, image in frame.images.items():
            if image is None:
                continue
            mount = log.rig.camera(name)
            middle_ns = log.image_time_ns(name, image)
            placed = {item.track.id: item for item in tracks_in_image(log, index, name, tracks)}
            ego_then = scenario.world_SE3_ego(middle_ns) @ mount.ego_SE3_camera
            ego_sweep = log.world_SE3_ego(frame.timestamp_ns) @ mount.ego_SE3_camera
            for track in visible:
                actor = actors[track.id]
                true = true_corners_px(scenario, mount, middle_ns, actor)
                rows = np.flatnonzero(~np.isnan(true[:, 0]))
                if len(rows) == 0:
                    continue
                item = placed.get(track.id)
                drawn = np.full((8, 2), np.nan)
                if item is not None:
                    drawn = drawn_corners_px(mount.camera, item)
                then = actor.cuboid_at(middle_ns)
                stored = track.state_at(frame.timestamp_ns)
                assert stored is not None
                found = {
                    "av3d": drawn,
                    "no rolling": projected_px(
                        mount.camera, ego_then.inverse(), then.frame_SE3_cuboid, then.size_lwh_m
                    ),
                    "LiDAR time": projected_px(
                        mount.camera, ego_sweep.inverse(), stored.cuboid.frame_SE3_cuboid,
                        stored.cuboid.size_lwh_m,
                    ),
                }  # fmt: skip
                # At the very border rounding decides whether a corner is on the image.
                inner = contains_well(mount.camera, true[rows])
                errors.missing[name] += int(np.isnan(drawn[rows[inner], 0]).sum())
                for method, pixels in found.items():
                    off = np.linalg.norm(pixels[rows] - true[rows], axis=1)
                    off = off[~np.isnan(off)]
                    errors.px[name, method].append(off)
                    if speed_m_s(actor, middle_ns) >= FAST_M_S:
                        errors.fast_px[name, method].append(off)


def contains_well(camera: Camera, pixels: FloatArray) -> BoolArray:
    """Which pixels (N, 2) are 2 px and more inside the image."""
    return camera.contains(pixels - 2) & camera.contains(pixels + 2)


def visible_tracks(tracks: Sequence[Track], frame: Frame) -> Iterator[Track]:
    """Tracks with enough points in the sweep of a frame."""
    for track in tracks:
        keyframe = track.keyframe_at(frame.timestamp_ns)
        if keyframe is not None and int(keyframe.attributes["lidar_points"]) >= ENOUGH_POINTS:
            yield track


def figures(px: dict[tuple[str, str], list[FloatArray]], camera: str, method: str) -> FloatArray:
    """Median, 90th percentile, largest error and their number, (4,)."""
    names = sorted({name for name, _ in px}) if camera == "all" else [camera]
    parts = [part for name in names for part in px[name, method]]
    all_px = np.concatenate(parts) if parts else np.zeros(0)
    if len(all_px) == 0:
        return np.array([np.nan, np.nan, np.nan, 0])
    return np.array([*np.quantile(all_px, [0.5, 0.9]), all_px.max(), len(all_px)])


def report(errors: Errors, cameras: dict[str, str]) -> None:
    """Print the tables."""
    for title, px in (
        ("all road users", errors.px),
        (f"road users of {FAST_M_S:g} m/s and more", errors.fast_px),
    ):
        print(f"\n{title}: error of corners in pixels, p50 / p90 / max")
        print(f"{'camera':24}" + "".join(f"{method:>26}" for method in METHODS) + "   corners")
        for camera in [*cameras, "all"]:
            cells = [figures(px, camera, method) for method in METHODS]
            name = f"{camera} ({cameras[camera]})" if camera in cameras else camera
            text = "".join(f"{c[0]:9.2f}/{c[1]:7.2f}/{c[2]:8.2f}" for c in cells)
            print(f"{name:24}{text}{int(cells[1][3]):10,}")
    missing = {name: count for name, count in errors.missing.items() if count}
    print(f"\ncorners on an image that av3d does not draw: {missing or 'none'}")


def main() -> None:
    """Make the logs, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--frames", type=int, default=40)
    arguments = parser.parse_args()
    errors = Errors()
    cameras: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(arguments.seeds):
            sweep_stamp, camera_stamp = VARIANTS[number % len(VARIANTS)]
            log = make_log(
                Path(folder) / f"fast-{seed}", seed, arguments.frames, sweep_stamp, camera_stamp
            )
            one = Errors()
            cameras = {name: mount.camera.model for name, mount in log.rig.cameras.items()}
            measure(log, fast(seed), true_tracks(log), one, range(len(log.frames)))
            errors.add(one)
            p90 = [figures(one.px, "all", method)[1] for method in METHODS]
            print(
                f"seed {seed}, sweeps stamped at their {sweep_stamp}, images by {camera_stamp}: p90 "
                + ", ".join(f"{m} {v:.2f} px" for m, v in zip(METHODS, p90, strict=True)),
                flush=True,
            )
    report(errors, cameras)


if __name__ == "__main__":
    main()
