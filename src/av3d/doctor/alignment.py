"""How well the edges of sweeps line up with the edges of a camera's images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount
from av3d.doctor.edges import EdgePoints, depth_edges
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.compensation import as_shot_m
from av3d.logs.frames import nearest
from av3d.logs.log import Log
from av3d.types import BoolArray, FloatArray, IntArray, Uint8Array

WORKING_WIDTH_PX = 960
"""Images are reduced to at most this width before edges are sought."""

AROUND_PX = 41
"""An edge counts by how much stronger it is than the mean of a square of this size around it."""

ON_VEHICLE_M = 1.0
"""The camera sees nothing that is closer than this."""


class AlignmentError(Av3dError):
    """A log or camera that has nothing to compare."""


def image_edges(image: Uint8Array, blur_px: float) -> Uint8Array:
    """Strength of vertical and horizontal edges, (H, W, 2), 128 where it is as usual around a pixel.

    The strength is a rank within the image, so that contrast, exposure and weather do not matter,
    less the mean around the pixel, so that a texture of many edges is not mistaken for outlines.

    Args:
        image: RGB (H, W, 3) or grey (H, W).
        blur_px: how far edges are smeared, so that points beside them feel them; 0: not at all.
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    out = np.empty((*grey.shape, 2), dtype=np.uint8)
    for channel, (dx, dy) in enumerate(((1, 0), (0, 1))):
        strength = np.abs(cv2.Sobel(smooth, cv2.CV_32F, dx, dy))
        # Ranks by a histogram: the share of pixels that are weaker. The upper half counts, the
        # strongest most.
        levels = np.minimum(strength * 8, 4095).astype(np.int64)
        count = np.bincount(levels.ravel(), minlength=4096)
        share = (np.cumsum(count) - count) / levels.size
        rank = (np.clip(2 * share - 1, 0, 1) ** 2).astype(np.float32)[levels]
        if blur_px > 0:
            rank = cv2.GaussianBlur(rank, (0, 0), blur_px)
        size = int(AROUND_PX + 4 * blur_px) | 1
        rank -= cv2.blur(rank, (size, size))
        out[..., channel] = np.clip(128 + 127 * rank, 0, 255)
    return out


@dataclass(frozen=True, eq=False)
class CameraEdges:
    """The edges of sweeps around the images of one camera, and these images.

    Attributes:
        camera: its name.
        images: reduced to the working width, grey, one size.
        times_ns: when the images were exposed by the rig that the log was opened with, (V,).
        view: which image each edge belongs to, ascending, (N,).
        world_m: the edges, (N, 3), less `origin_m`.
        across: unit vectors across the edges in the world frame, (N, 3).
        width_rad: angle between the two beams that an edge lies between, (N,).
        is_depth: whether depth jumps there, else only brightness, (N,).
        lidar: index in `log.lidars` of the LiDAR that saw each edge, (N,).
        origin_m: a place near the vehicle, world frame, (3,).
    """

    camera: str
    log: Log
    images: Uint8Array
    times_ns: IntArray
    view: IntArray
    world_m: FloatArray
    across: FloatArray
    width_rad: FloatArray
    is_depth: BoolArray
    lidar: IntArray
    origin_m: FloatArray

    def __len__(self) -> int:
        return len(self.view)

    def ego_SE3_world(self, offset_ns: int = 0) -> SE3:
        """World to ego at the times of the images, moved by an offset, (V,)."""
        poses = self.log.trajectory.at_nearest(self.times_ns + offset_ns)
        return SE3.trusted(poses.rotation.copy(), poses.translation_m - self.origin_m).inverse()

    def ego_m(self, offset_ns: int = 0) -> tuple[FloatArray, FloatArray]:
        """Edges and their across vectors in the ego frame when the images were taken, (N, 3) each."""
        poses = self.ego_SE3_world(offset_ns)
        rotation = poses.rotation[self.view]
        moved = np.einsum("nij,nj->ni", rotation, self.world_m) + poses.translation_m[self.view]
        return moved, np.einsum("nij,nj->ni", rotation, self.across)

    def of(self, rows: IntArray | BoolArray) -> CameraEdges:
        """The same images with some of the edges."""
        names = ("view", "world_m", "across", "width_rad", "is_depth", "lidar")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def given_mount(log: Log, camera: str) -> CameraMount:
    """The mount by which the log is drawn.

    Where images carry poses of their own, these count: the middle one of what they say, seen from
    the ego poses.
    """
    mount = log.rig.camera(camera)
    images = len(log.cameras[camera]) if camera in log.cameras else 0
    if images == 0:
        return mount
    found = []
    for image in np.unique(np.linspace(0, images - 1, min(images, 50)).astype(int)):
        time_ns = log.image_time_ns(camera, int(image))
        if log.trajectory.covers(time_ns):
            ego_SE3_world = log.world_SE3_ego(time_ns).inverse()
            found.append(ego_SE3_world @ log.world_SE3_camera(camera, int(image)))
    if not found:
        return mount
    poses = SE3.stack(found)
    middle = np.median(poses.translation_m, axis=0)
    distance = np.linalg.norm(poses.translation_m - middle, axis=1)
    return replace(mount, ego_SE3_camera=poses[int(np.argmin(distance))])


@dataclass(frozen=True, eq=False)
class _FrameEdges:
    """The edges of a frame's sweeps in the world frame; for the attributes see `CameraEdges`."""

    world_m: FloatArray
    across: FloatArray
    width_rad: FloatArray
    is_depth: BoolArray
    lidar: IntArray


def _frame_edges(log: Log, frame_index: int) -> _FrameEdges:
    frame = log.frame(frame_index)
    edges: list[EdgePoints] = []
    places: list[FloatArray] = []
    acrosses: list[FloatArray] = []
    lidars: list[IntArray] = []
    for number, (lidar, stream) in enumerate(log.lidars.items()):
        if len(stream) == 0:
            continue
        index = int(nearest(stream.timestamps_ns, np.array([frame.timestamp_ns]))[0])
        if abs(int(stream.timestamps_ns[index]) - frame.timestamp_ns) > 0.75 * log.frame_period_ns:
            continue
        sweep = log.sweep(index, lidar)
        mount = log.rig.lidar(lidar).ego_SE3_lidar
        found = depth_edges(sweep, as_shot_m(sweep, log.trajectory, mount))
        times_ns = np.full(len(found), sweep.timestamp_ns)
        # Points without motion and with times are put back to their shots; others stay.
        if sweep.time_offset_ns is not None:
            times_ns = times_ns + sweep.time_offset_ns[found.source]
        world_SE3_lidar = log.trajectory.at_nearest(times_ns) @ mount
        rotation = world_SE3_lidar.rotation
        moved = np.einsum("nij,nj->ni", rotation, found.points_m)
        places.append(moved + world_SE3_lidar.translation_m)
        acrosses.append(np.einsum("nij,nj->ni", rotation, found.across))
        lidars.append(np.full(len(found), number))
        edges.append(found)
    # The frame's own sweep is always among them.
    joined = EdgePoints.joined(edges)
    return _FrameEdges(
        np.concatenate(places),
        np.concatenate(acrosses),
        joined.width_rad,
        joined.is_depth,
        np.concatenate(lidars),
    )


class LogEdges:
    """Reads sweeps and images of a log once, for all cameras and all questions.

    Args:
        log: the log.
        frames: which frames to look at.
        width_px: images are reduced to at most this width.
    """

    def __init__(self, log: Log, frames: Sequence[int], width_px: int = WORKING_WIDTH_PX) -> None:
        self.log = log
        self.frames = tuple(frames)
        self.width_px = width_px
        self._found: dict[int, _FrameEdges] = {}

    def of(self, camera: str) -> CameraEdges:
        """The edges around the images of one camera.

        Images that are not of the rig's size are stretched to it.

        Raises:
            AlignmentError: none of the frames has an image of the camera.
        """
        log = self.log
        intended = log.rig.camera(camera).camera
        scale = min(1.0, self.width_px / intended.width_px)
        size = round(intended.width_px * scale), round(intended.height_px * scale)
        images: list[Uint8Array] = []
        times: list[int] = []
        parts: list[_FrameEdges] = []
        for frame_index in self.frames:
            image = log.frame(frame_index).images[camera]
            if image is None:
                continue
            time_ns = log.image_time_ns(camera, image)
            if not log.trajectory.covers(time_ns):
                continue
            if frame_index not in self._found:
                self._found[frame_index] = _frame_edges(log, frame_index)
            # Not `log.image`, which refuses an image that is not of the rig's size.
            grey = cv2.cvtColor(log.cameras[camera].read(image), cv2.COLOR_RGB2GRAY)
            images.append(np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA)))
            times.append(time_ns)
            parts.append(self._found[frame_index])
        if not images:
            raise AlignmentError(
                f"no image of camera {camera} belongs to these frames", log.name, "use other frames"
            )
        origin_m = log.trajectory.at_nearest(times[len(times) // 2]).translation_m
        return CameraEdges(
            camera,
            log,
            np.stack(images),
            np.array(times, dtype=np.int64),
            np.repeat(np.arange(len(parts)), [len(part.width_rad) for part in parts]),
            np.concatenate([part.world_m for part in parts]) - origin_m,
            np.concatenate([part.across for part in parts]),
            np.concatenate([part.width_rad for part in parts]),
            np.concatenate([part.is_depth for part in parts]),
            np.concatenate([part.lidar for part in parts]),
            origin_m,
        )


class EdgeField:
    """The edge strengths of a camera's images at one blur, to be looked up at pixels."""

    def __init__(self, images: Uint8Array, blur_px: float) -> None:
        self.shape = images.shape[1:]
        self._values = np.stack([image_edges(image, blur_px) for image in images]).reshape(-1, 2)

    def at(self, view: IntArray, pixels: FloatArray, direction: FloatArray) -> FloatArray:
        """Strength of the edges across a direction at pixels of the working size, (N,).

        Between pixels it is interpolated; outside the image it is 0, as everywhere on average.

        Args:
            view: the image of each pixel, (N,).
            pixels: (N, 2).
            direction: unit vectors across the edge, (N, 2).
        """
        height, width = self.shape
        u, v = pixels[:, 0], pixels[:, 1]
        inside = (u >= 0) & (v >= 0) & (u < width - 1) & (v < height - 1)
        rows = np.flatnonzero(inside)
        left, top = np.floor(u[rows]).astype(np.int64), np.floor(v[rows]).astype(np.int64)
        right, down = u[rows] - left, v[rows] - top
        at = (view[rows] * height + top) * width + left
        weights = direction[rows] ** 2
        total = np.zeros(len(rows))
        for step, part in (
            (0, (1 - right) * (1 - down)),
            (1, right * (1 - down)),
            (width, (1 - right) * down),
            (width + 1, right * down),
        ):
            total += part * (self._values[at + step] * weights).sum(axis=1)
        strength = np.zeros(len(pixels))
        strength[rows] = (total - 128.0 * weights.sum(axis=1)) / 127.0
        return strength


def project_edges(
    camera: Camera, ego_SE3_camera: SE3, ego_m: FloatArray, across: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Pixels (N, 2), NaN where not seen, and directions across the edges (N, 2), unit vectors."""
    rotation, place = ego_SE3_camera.rotation, ego_SE3_camera.translation_m
    points = (ego_m - place) @ rotation
    points[np.linalg.norm(points, axis=1) < ON_VEHICLE_M] = np.nan
    points[~np.isfinite(points).all(axis=1)] = (0.0, 0.0, -1e3)
    pixels, _ = camera.project(points)
    # A step of a hundredth of the distance keeps lens and perspective in it.
    step = 0.01 * np.linalg.norm(points, axis=1, keepdims=True)
    moved, _ = camera.project(points + step * (across @ rotation))
    direction = moved - pixels
    length = np.linalg.norm(direction, axis=1, keepdims=True)
    return pixels, direction / np.maximum(length, 1e-9)
