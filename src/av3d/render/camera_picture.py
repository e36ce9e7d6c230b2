"""One image of a log with its cuboids, without a display."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from av3d.calibration.shutter import freeze_points
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep
from av3d.render.caption import draw_caption, frame_caption
from av3d.render.colours import FAR_M, ramp_colours
from av3d.render.overlay import draw_cuboids
from av3d.render.paint import Painter
from av3d.render.palette import CANVAS, TEXT_3, hex_to_rgb
from av3d.render.placing import camera_drawings
from av3d.render.text import text_size_px
from av3d.tracks.track import Track
from av3d.types import FloatArray, Uint8Array

POINT_STOPS = ("#FFF3B8", "#FFC86B", "#F07F5A", "#B65A9C", "#5E5BD0", "#2F7FE0")
"""Near to far. Brighter than the ramp of the point views: these lie on photographs."""


def camera_picture(
    log: Log,
    frame_index: int,
    camera: str,
    tracks: Sequence[Track],
    *,
    selected: str | None = None,
    points: bool = False,
    sweeps: int = 0,
    lidars: Sequence[str] | None = None,
    caption: bool = True,
    patterns: bool | None = None,
    tag_limit: int | None = None,
) -> Uint8Array:
    """The image of one camera that belongs to a frame, with the cuboids of the tracks.

    Each cuboid is the track's state at the image's exposure time, seen from the camera's pose at that
    time. A frame without an image gives an empty canvas with words that say so.

    Args:
        log: the log.
        frame_index: which frame.
        camera: name of the camera.
        tracks: what to draw.
        selected: ID of the track to highlight.
        points: also draw the points of the frame, coloured by distance.
        sweeps: with those of so many frames before and after it.
        lidars: only the points of these LiDARs; None: of all.
        caption: write camera, frame and time into the top left corner.
        patterns: line patterns of provenance; None: unless the image is crowded.
        tag_limit: at most so many tags.

    Returns:
        RGB, (H, W, 3) uint8, the size of the camera.

    Raises:
        LogError, RigError: there is no such frame or camera.
        InputFileError: the image cannot be read.
    """
    frame = log.frame(frame_index)
    lens = log.rig.camera(camera).camera
    image_index = frame.images.get(camera)
    if image_index is None:
        return _no_image(lens.width_px, lens.height_px, camera, frame_index)
    picture: Uint8Array = np.array(log.image(camera, image_index), order="C")
    painter = Painter(picture)
    if points:
        cloud = log.merged_cloud(frame_index, sweeps, sweeps, lidars)
        draw_points(painter, log, frame_index, camera, image_index, cloud)
    drawings = camera_drawings(
        log, frame_index, camera, tracks, selected=selected, patterns=patterns
    )
    draw_cuboids(painter, drawings, tag_limit=tag_limit)
    if caption:
        time_ns = log.image_time_ns(camera, image_index)
        draw_caption(painter, camera.replace("_", " "), frame_caption(log, frame_index, time_ns))
    return picture


def draw_points(
    painter: Painter, log: Log, frame_index: int, camera: str, image_index: int, cloud: Sweep
) -> None:
    """Draw points of a frame's ego frame where a camera saw them, coloured by distance."""
    world_SE3_ego = log.world_SE3_ego(log.frame(frame_index).timestamp_ns)
    mount = log.rig.camera(camera)
    top, bottom = log.world_SE3_camera_over_readout(camera, image_index)
    points_m: FloatArray = (top.inverse() @ world_SE3_ego).transform(cloud.points_m)
    if mount.readout_ns:
        at_bottom_m = (bottom.inverse() @ world_SE3_ego).transform(cloud.points_m)
        points_m = freeze_points(mount.camera, points_m, at_bottom_m)
    pixels, valid = mount.camera.project(points_m)
    order = np.flatnonzero(valid)
    order = order[np.argsort(-points_m[order, 2], kind="stable")]
    table = ramp_colours(POINT_STOPS)
    # Square root: half of the colours for the nearest quarter of the way, where most points are.
    step = np.sqrt(np.clip(points_m[order, 2] / FAR_M, 0, 1)) * (len(table) - 1)
    painter.points(pixels[order], table[step.astype(np.int64)], 2)


def _no_image(width_px: int, height_px: int, camera: str, frame_index: int) -> Uint8Array:
    picture = np.empty((height_px, width_px, 3), dtype=np.uint8)
    picture[...] = hex_to_rgb(CANVAS)
    painter = Painter(picture)
    words = f"No image for this camera at frame {frame_index}."
    width, height = text_size_px(words, "message")
    painter.text(words, (width_px - width) / 2, (height_px - height) / 2, TEXT_3, "message")
    draw_caption(painter, camera.replace("_", " "), "")
    return picture
