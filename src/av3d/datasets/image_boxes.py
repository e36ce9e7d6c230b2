"""2D boxes of tracks: what an image shows of each cuboid at the time at which it was exposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.chords import image_rectangle
from av3d.calibration.projection import project_cuboids
from av3d.calibration.shutter import row_fractions
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.logs.trajectory import TrajectoryError
from av3d.tracks.measured import states_at
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray, IntArray

RAYS = 16
"""A box is looked through at this many by this many places to tell how much of its cuboid is covered."""

SMALLEST_PX = 1.0
"""What is narrower or lower on the image than this has no box."""

_PAIRS = 512
"""Pairs of cuboids that are looked at together; bounds the memory of a crowded image."""


@dataclass(frozen=True, eq=False)
class ImageBoxes:
    """The tracks that an image shows, K of them in the order in which they were given.

    Boxes are left, top, right, bottom in pixels of the image as it was recorded. The centre of the
    top-left pixel is (0, 0), so the image covers -0.5 to width - 0.5.

    Attributes:
        rows: which of the tracks, ascending, (K,).
        full_px: around all of the cuboid that is in front of the camera, on the image or not, (K, 4).
        seen_px: around the part on the image, (K, 4).
        truncated: part of the area of `full_px` that is outside the image, 0 to 1, (K,).
        occluded: part of what the image shows of the cuboid that other cuboids cover, 0 to 1, (K,).
        depth_m: z of the centre in the camera frame; for a lens that sees beside itself its
            distance, (K,).
        camera_SE3_cuboids: poses in the camera frame when the image exposes their centres, (K,).
        sizes_lwh_m: (K, 3).
        too_small: tracks that have no box because it would be smaller than SMALLEST_PX.
    """

    rows: IntArray
    full_px: FloatArray
    seen_px: FloatArray
    truncated: FloatArray
    occluded: FloatArray
    depth_m: FloatArray
    camera_SE3_cuboids: SE3
    sizes_lwh_m: FloatArray
    too_small: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def visible(self) -> FloatArray:
        """Part of each cuboid that is on the image and not covered, 0 to 1, (K,)."""
        return np.asarray((1 - self.truncated) * (1 - self.occluded))


def boxes_in_image(
    log: Log,
    tracks: Sequence[Track],
    states: Sequence[TrackState | None],
    frame: Frame,
    camera: str,
) -> ImageBoxes | None:
    """The boxes of tracks in the image that a camera has for a frame.

    Each is where the track was when the image was exposed; with a rolling shutter, every point where
    its row saw it. Lenses bend edges: the boxes hold the bent ones, to a tenth of a pixel.

    Args:
        log: the log.
        tracks: its tracks, N.
        states: where they are in the frame's sweep, N; None for those that do not count at the frame.
        frame: a frame of the log.
        camera: name of a camera.

    Returns:
        The boxes; None if the frame has no image of the camera, or the ego poses do not reach it.
    """
    image = frame.images.get(camera)
    if image is None:
        return None
    there = np.array([row for row, state in enumerate(states) if state is not None], dtype=np.int64)
    lens = log.rig.camera(camera).camera
    try:
        placed = _placed(log, [tracks[row] for row in there], frame, camera, image)
    except TrajectoryError:
        return None
    poses, sizes_m, over_readout = placed
    projected = project_cuboids(lens, poses, sizes_m, over_readout=over_readout)
    shown = [row for row, one in enumerate(projected) if one is not None]
    found = [one for one in projected if one is not None]
    full_px = np.array([one.full_bounds_px for one in found]).reshape(-1, 4)
    seen_px = np.array([one.bounds_px for one in found]).reshape(-1, 4)
    # A wide lens bends the edges of what is all around it out of the box of its corners.
    full_px[:, :2] = np.minimum(full_px[:, :2], seen_px[:, :2])
    full_px[:, 2:] = np.maximum(full_px[:, 2:], seen_px[:, 2:])
    poses, sizes_m = poses[np.array(shown, dtype=np.int64)], sizes_m[shown]
    occluded = _occluded(lens, seen_px, poses, sizes_m)
    large = ((seen_px[:, 2:] - seen_px[:, :2]) >= SMALLEST_PX).all(axis=1)
    return ImageBoxes(
        rows=there[shown][large],
        full_px=full_px[large],
        seen_px=seen_px[large],
        truncated=_truncated(lens, full_px)[large],
        occluded=occluded[large],
        depth_m=np.array([one.depth_m for one in found])[large],
        camera_SE3_cuboids=poses[large],
        sizes_lwh_m=sizes_m[large],
        too_small=int(np.count_nonzero(~large)),
    )


def _placed(
    log: Log, tracks: Sequence[Track], frame: Frame, camera: str, image: int
) -> tuple[SE3, FloatArray, tuple[SE3, SE3] | None]:
    """Tracks that are there at a frame before the camera that takes an image.

    Returns:
        Poses in the camera frame when their centres are exposed (N,), sizes (N, 3), and for a rolling
        shutter the poses when the top and the bottom edge of the image are.

    Raises:
        TrajectoryError: the ego poses do not reach the image.
    """
    mount = log.rig.camera(camera)
    image_ns = log.image_time_ns(camera, image)
    if mount.readout_ns == 0:
        camera_SE3_world = log.world_SE3_camera(camera, image).inverse()
        poses, sizes_m = _cuboids(log, tracks, [image_ns] * len(tracks), frame)
        return camera_SE3_world @ poses, sizes_m, None
    edges = log.world_SE3_camera_over_readout(camera, image)
    top_ns = image_ns - mount.readout_ns // 2
    top, bottom = (
        pose.inverse() @ _cuboids(log, tracks, [time_ns] * len(tracks), frame)[0]
        for pose, time_ns in zip(edges, (top_ns, top_ns + mount.readout_ns), strict=True)
    )
    part = row_fractions(mount.camera, top.translation_m, bottom.translation_m)
    times_ns = np.rint(top_ns + part * mount.readout_ns).astype(np.int64).tolist()
    poses, sizes_m = _cuboids(log, tracks, times_ns, frame)
    return edges[0].interpolate(edges[1], part).inverse() @ poses, sizes_m, (top, bottom)


def _cuboids(
    log: Log, tracks: Sequence[Track], times_ns: Sequence[int], frame: Frame
) -> tuple[SE3, FloatArray]:
    """Poses (N,) in the world frame and sizes (N, 3) of tracks, each at a time of its own."""
    states = states_at(tracks, times_ns, frame.timestamp_ns, log)
    cuboids = [state.cuboid for state in states if state is not None]
    if not cuboids:
        return SE3.identity((0,)), np.zeros((0, 3))
    poses = SE3.stack([cuboid.frame_SE3_cuboid for cuboid in cuboids])
    return poses, np.stack([cuboid.size_lwh_m for cuboid in cuboids])


def _truncated(lens: Camera, full_px: FloatArray) -> FloatArray:
    """Part of the area of boxes (K, 4) that is outside the image, (K,)."""
    low, high = image_rectangle(lens)
    inside = np.minimum(full_px[:, 2:], high) - np.maximum(full_px[:, :2], low)
    whole = np.prod(full_px[:, 2:] - full_px[:, :2], axis=1)
    part = np.prod(np.maximum(inside, 0.0), axis=1) / np.where(whole > 0, whole, 1.0)
    return np.asarray(np.clip(1 - part, 0.0, 1.0))


def _occluded(
    lens: Camera, seen_px: FloatArray, camera_SE3_cuboids: SE3, sizes_m: FloatArray
) -> FloatArray:
    """Part of what is seen of each cuboid that another one covers, (K,).

    Rays through the box at even steps: of those that meet the cuboid, the ones that meet another one
    first. Rays are where the lens bends them; a cuboid that the camera is inside of covers nothing.
    With a rolling shutter each cuboid is where it was when its centre was exposed.
    """
    count = len(seen_px)
    if count < 2:
        return np.zeros(count)
    steps = (np.arange(RAYS) + 0.5) / RAYS
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    span_px = seen_px[:, None, 2:] - seen_px[:, None, :2]
    rays = lens.unproject(seen_px[:, None, :2] + grid * span_px)
    own = np.arange(count)
    enter_m, leave_m = _along(rays, own, own, camera_SE3_cuboids, sizes_m)
    hit: BoolArray = (enter_m <= leave_m) & (leave_m > 0)
    enter_m = np.maximum(enter_m, 0.0)
    covered: BoolArray = np.zeros(hit.shape, dtype=bool)
    behind, before = _pairs(seen_px, camera_SE3_cuboids, sizes_m)
    for start in range(0, len(behind), _PAIRS):
        rows, others = behind[start : start + _PAIRS], before[start : start + _PAIRS]
        first_m, last_m = _along(rays, rows, others, camera_SE3_cuboids, sizes_m)
        met = (first_m <= last_m) & (first_m > 0) & (first_m < enter_m[rows])
        np.logical_or.at(covered, rows, met)
    hits = hit.sum(axis=1)
    return np.asarray((hit & covered).sum(axis=1) / np.maximum(hits, 1))


def _pairs(
    seen_px: FloatArray, camera_SE3_cuboids: SE3, sizes_m: FloatArray
) -> tuple[IntArray, IntArray]:
    """Pairs of cuboids of which the second may cover the first: their boxes overlap, it may be nearer."""
    distance_m = np.linalg.norm(camera_SE3_cuboids.translation_m, axis=1)
    radius_m = np.linalg.norm(sizes_m, axis=1) / 2
    may = (distance_m - radius_m)[None] < (distance_m + radius_m)[:, None]
    for axis in (0, 1):
        low, high = seen_px[:, axis], seen_px[:, axis + 2]
        may &= (low[:, None] < high[None]) & (low[None] < high[:, None])
    np.fill_diagonal(may, False)
    behind, before = np.nonzero(may)
    return behind, before


def _along(
    rays: FloatArray,
    rows: IntArray,
    cuboids: IntArray,
    camera_SE3_cuboids: SE3,
    sizes_m: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Where rays (K, R, 3) of P boxes enter and leave P cuboids, metres from the camera, (P, R) both.

    A ray that does not meet the cuboid enters it after it leaves it (the slab test).
    """
    rotation = camera_SE3_cuboids.rotation[cuboids]
    origin = np.einsum("pi,pij->pj", -camera_SE3_cuboids.translation_m[cuboids], rotation)[:, None]
    direction = rays[rows] @ rotation
    half_m = sizes_m[cuboids][:, None] / 2
    # Along a slab it divides by 0; a pixel that no ray reaches has none.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first, second = (-half_m - origin) / direction, (half_m - origin) / direction
    enter = np.minimum(first, second).max(axis=2)
    return enter, np.maximum(first, second).min(axis=2)
