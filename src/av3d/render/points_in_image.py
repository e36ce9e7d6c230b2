"""Points of a frame in a camera's image: where they land, which are seen, what colour they have there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from av3d.calibration.camera import NEAR_M, Camera
from av3d.calibration.shutter import freeze_points
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.accumulation import carried_points
from av3d.logs.log import Log
from av3d.render.placing import PlacedTrack
from av3d.tracks.measured import states_at
from av3d.types import BoolArray, Float32Array, FloatArray, IntArray, Uint8Array

CELLS_ACROSS = 400
"""Cells of the depth raster along the width of an image."""
REACH_CELLS = (6, 10)
"""How far beside and above a point nearer ones hide it: the gaps between beams are so wide."""
BEHIND_PART, BEHIND_M = 0.1, 0.6
"""What is farther than what is in front of it by less than this belongs to the same thing."""
JUMP_PART, JUMP_M = 0.25, 0.8
"""A point is on an outline if what is beside it is farther by more than this."""
JUMP_UP_PART = 0.6
"""The same for what is above it: ground recedes upwards."""
_NOTHING_M, _NONE_M = 1e6, 1e5
MOVES_M_S = 0.3
"""Points on tracks slower than this stay where they were measured."""


@dataclass(frozen=True, eq=False)
class ImagePoints:
    """The points of a cloud that a camera sees in an image.

    Attributes:
        rows: of the cloud, (M,).
        pixels: in the image, (M, 2).
        distance_m: from the camera, (M,).
        on_edge: whether depth jumps beside the point: it is on the outline of something, (M,).
    """

    rows: IntArray
    pixels: Float32Array
    distance_m: Float32Array
    on_edge: BoolArray

    @property
    def nbytes(self) -> int:
        """Memory held by the arrays."""
        arrays = (self.rows, self.pixels, self.distance_m, self.on_edge)
        return sum(array.nbytes for array in arrays)


def points_in_image(
    log: Log,
    frame_index: int,
    camera: str,
    points_m: Float32Array,
    placed: Sequence[PlacedTrack] = (),
) -> ImagePoints | None:
    """Where an image shows the points of a frame, without those that something nearer hides.

    Each point lands where the camera was when its row was exposed. Points on moving tracks first go to
    where the track is at the image's time.

    Args:
        log: the log.
        frame_index: the frame.
        camera: name of the camera.
        points_m: points in the ego frame at the frame's time, (N, 3).
        placed: the tracks of the frame, in the same frame of reference.

    Returns:
        The points; None if the frame has no image of the camera.
    """
    frame = log.frame(frame_index)
    image_index = frame.images.get(camera)
    if image_index is None:
        return None
    mount = log.rig.camera(camera)
    carriers = carriers_to(log, frame_index, log.image_time_ns(camera, image_index), placed)
    if carriers:
        points_m, _ = carried_points(points_m, carriers)
    world_SE3_ego = log.world_SE3_ego(frame.timestamp_ns)
    top, bottom = log.world_SE3_camera_over_readout(camera, image_index)
    camera_SE3_ego = top.inverse() @ world_SE3_ego
    rows = _ahead(mount.camera, camera_SE3_ego, points_m)
    at_top_m: FloatArray = camera_SE3_ego.transform(points_m[rows])
    if mount.readout_ns:
        at_bottom_m = (bottom.inverse() @ world_SE3_ego).transform(points_m[rows])
        at_top_m = freeze_points(mount.camera, at_top_m, at_bottom_m)
    pixels, valid = mount.camera.project(at_top_m)
    inside = np.flatnonzero(valid)
    inside = inside[mount.camera.contains(pixels[inside])]
    distance_m = np.linalg.norm(at_top_m[inside], axis=1).astype(np.float32)
    landed = pixels[inside].astype(np.float32)
    seen, on_edge = _seen(mount.camera, landed, distance_m)
    return ImagePoints(rows[inside[seen]], landed[seen], distance_m[seen], on_edge[seen])


def carriers_to(
    log: Log, frame_index: int, time_ns: int, placed: Sequence[PlacedTrack]
) -> list[tuple[Cuboid, SE3]]:
    """Cuboids of moving tracks at a frame, and what takes their points to where they are at a time.

    Both are in the ego frame at the frame's time.
    """
    frame_ns = log.frame(frame_index).timestamp_ns
    moving = [item for item in placed if item.state.speed_m_s > MOVES_M_S]
    if not moving:
        return []
    ego_SE3_world = log.world_SE3_ego(frame_ns).inverse()
    states = states_at([item.track for item in moving], time_ns, frame_ns, log)
    return [
        (
            item.cuboid,
            ego_SE3_world @ state.cuboid.frame_SE3_cuboid @ item.cuboid.frame_SE3_cuboid.inverse(),
        )
        for item, state in zip(moving, states, strict=True)
        if state is not None
    ]


def paint_images(
    colours: Uint8Array,
    log: Log,
    frame_index: int,
    points_m: Float32Array,
    placed: Sequence[PlacedTrack] = (),
) -> BoolArray:
    """Give points the colour of the image that sees them best, in place; which have one, (N,).

    Best is closest to the middle of its image, where lenses are sharp and calibration holds.

    Args:
        colours: (N, 3), of the points.
        log: the log.
        frame_index: the frame.
        points_m: points in the ego frame at the frame's time, (N, 3).
        placed: the tracks of the frame.

    Raises:
        InputFileError: an image cannot be read.
    """
    best = np.full(len(points_m), np.inf, dtype=np.float32)
    for camera, image_index in log.frame(frame_index).images.items():
        found = points_in_image(log, frame_index, camera, points_m, placed)
        if found is None or image_index is None or len(found.rows) == 0:
            continue
        lens = log.rig.camera(camera).camera
        half = np.array([lens.width_px / 2, lens.height_px / 2], dtype=np.float32)
        off = np.linalg.norm(found.pixels / half - np.float32(1), axis=1).astype(np.float32)
        better = off < best[found.rows]
        rows = found.rows[better]
        best[rows] = off[better]
        at = np.rint(found.pixels[better]).astype(np.int64)
        image = log.image(camera, image_index)
        colours[rows] = image[
            np.clip(at[:, 1], 0, image.shape[0] - 1), np.clip(at[:, 0], 0, image.shape[1] - 1)
        ]
    return np.isfinite(best)


def draw_dots(
    picture: Uint8Array, pixels: npt.NDArray[Any], colours: Uint8Array, size_px: int
) -> None:
    """Draw squares, in place; later ones lie over earlier ones.

    Args:
        picture: (H, W, 3) or (H, W, 4); only the first three channels change.
        pixels: middles of the squares, (N, 2).
        colours: (N, 3).
        size_px: side of a square.
    """
    height, width = picture.shape[:2]
    corner = np.floor(pixels - (size_px - 2) / 2).astype(np.int64)
    for dy in range(size_px):
        for dx in range(size_px):
            column, row = corner[:, 0] + dx, corner[:, 1] + dy
            inside = (column >= 0) & (row >= 0) & (column < width) & (row < height)
            picture[row[inside], column[inside], :3] = colours[inside]


def _ahead(camera: Camera, camera_SE3_ego: SE3, points_m: Float32Array) -> IntArray:
    """Rows of the points that may be in the image: half of a sweep is behind most cameras."""
    if camera.is_wide:
        return np.arange(len(points_m))
    forward = camera_SE3_ego.rotation[2].astype(np.float32)
    depth_m = points_m @ forward + np.float32(camera_SE3_ego.translation_m[2])
    return np.flatnonzero(depth_m >= NEAR_M)


def _seen(
    camera: Camera, pixels: Float32Array, distance_m: Float32Array
) -> tuple[BoolArray, BoolArray]:
    """Which points the camera sees, and which are on the outline of something, (N,) both.

    A point is hidden by nearer ones in its cell of the raster, or by nearer ones on both sides of it,
    or above and below it: between the beams that hit a car, those that hit the wall behind it show,
    from where the LiDAR is. Nearer ground below a point hides nothing.
    """
    cell_px = camera.width_px / CELLS_ACROSS
    across, down = CELLS_ACROSS + 1, int(camera.height_px / cell_px) + 2
    columns = np.clip((pixels[:, 0] + 0.5) / cell_px, 0, across - 1).astype(np.int64)
    lines = np.clip((pixels[:, 1] + 0.5) / cell_px, 0, down - 1).astype(np.int64)
    nearest_m = np.full((down, across), _NOTHING_M, dtype=np.float32)
    np.minimum.at(nearest_m, (lines, columns), distance_m)
    # Beams do not meet the rows and columns of the raster: what is aslant counts, too, but not from
    # below, where the ground is nearer than what stands on it.
    aslant_m = _lowest(nearest_m, np.ones((3, 1), np.uint8), (0, 2))
    columns_m = _lowest(nearest_m, np.ones((1, 3), np.uint8), (1, 0))
    left = _nearest_towards(aslant_m, -1, 0)
    right = _nearest_towards(aslant_m, 1, 0)
    above = _nearest_towards(columns_m, 0, -1)
    below = _nearest_towards(columns_m, 0, 1)
    front = np.minimum(np.maximum(left, right), np.maximum(above, below))
    front = np.minimum(front, nearest_m)[lines, columns]
    seen = distance_m <= front * np.float32(1 + BEHIND_PART) + np.float32(BEHIND_M)
    # The beams of a LiDAR do not run along the rows of an image: beside is up to two cells aslant.
    band = _lowest(nearest_m, np.ones((5, 1), np.uint8), (0, 2))
    beside = np.maximum(_nearest_towards(band, -1, 0), _nearest_towards(band, 1, 0))
    beside = beside[lines, columns]
    up = above[lines, columns]
    far = distance_m * np.float32(1 + JUMP_PART) + np.float32(JUMP_M)
    far_up = distance_m * np.float32(1 + JUMP_UP_PART) + np.float32(JUMP_M)
    # Nothing measured may be the sky, or a gap between beams: it does not count.
    jumps = (beside > far) & (beside < _NONE_M) | (up > far_up) & (up < _NONE_M)
    return seen, jumps


def _nearest_towards(nearest_m: Float32Array, dx: int, dy: int) -> Float32Array:
    """Per cell of a raster, the nearest of those beside it on one side, the cell itself left out."""
    reach = REACH_CELLS[0] if dx else REACH_CELLS[1]
    size = (1, reach) if dx else (reach, 1)
    # The window ends at the cell for what comes before it, else it begins there.
    last = reach - 1
    anchor = (last if dx < 0 else 0, 0) if dx else (0, last if dy < 0 else 0)
    window = np.ones(size, dtype=np.uint8)
    shifted = np.full_like(nearest_m, _NOTHING_M)
    rows, columns = nearest_m.shape
    shifted[max(-dy, 0) : rows - max(dy, 0), max(-dx, 0) : columns - max(dx, 0)] = nearest_m[
        max(dy, 0) : rows - max(-dy, 0), max(dx, 0) : columns - max(-dx, 0)
    ]
    return _lowest(shifted, window, anchor)


def _lowest(
    values: Float32Array, window: npt.NDArray[np.uint8], anchor: tuple[int, int]
) -> Float32Array:
    """The lowest value in a window around each cell; there is nothing beyond the border."""
    return np.asarray(
        cv2.erode(
            values, window, anchor=anchor, borderType=cv2.BORDER_CONSTANT, borderValue=_NOTHING_M
        ),
        dtype=np.float32,
    )
