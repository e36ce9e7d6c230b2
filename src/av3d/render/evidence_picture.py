"""Evidence for a finding: points over an image as given beside as proposed, or a value over time."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.render.camera_picture import draw_points
from av3d.render.drawing import Stroke
from av3d.render.paint import Painter
from av3d.render.palette import BAR, CANVAS, TEXT, TEXT_2, TEXT_3, hex_to_rgb
from av3d.render.text import text_size_px
from av3d.types import FloatArray, IntArray, Uint8Array

WIDTH_PX = 960
"""Width of one of the two images."""

_TITLE_PX = 36
_PAD_PX = 12
_GAP_PX = 4
_CHART_PX = (1200, 420)
_LINE, _FAULT = "#4DB2F5", "#FF6B6B"


def before_and_after(
    given: Log, proposed: Log, camera: str, frame_index: int, title: str
) -> Uint8Array:
    """The image of a frame with its points by two calibrations, side by side.

    Args:
        given: the log as it is.
        proposed: the same log by the proposed rig.
        camera: name of the camera.
        frame_index: a frame that has an image of it.
        title: what was found.

    Returns:
        RGB, (H, W, 3) uint8.

    Raises:
        InputFileError: image or points cannot be read.
    """
    sides = [
        _with_points(log, camera, frame_index, words)
        for log, words in ((given, "as given"), (proposed, "as proposed"))
    ]
    height = max(side.shape[0] for side in sides)
    width = sum(side.shape[1] for side in sides) + _GAP_PX
    picture = _canvas(width, height + _TITLE_PX)
    left = 0
    for side in sides:
        picture[_TITLE_PX : _TITLE_PX + side.shape[0], left : left + side.shape[1]] = side
        left += side.shape[1] + _GAP_PX
    _title(Painter(picture), title, f"frame {frame_index}")
    return picture


def value_over_time(
    title: str, times_s: FloatArray, values: FloatArray, span_s: tuple[float, float], of: str
) -> Uint8Array:
    """A chart of a value with the time of the fault marked, RGB (420, 1200, 3) uint8.

    Args:
        title: what was found.
        times_s: (N,), increasing.
        values: (N,).
        span_s: first and last second of the fault.
        of: what is drawn, with its unit.
    """
    width, height = _CHART_PX
    picture = _canvas(width, height)
    painter = Painter(picture)
    _title(painter, title, of)
    left, right, top, bottom = 76, width - 20, _TITLE_PX + 24, height - 40
    # As many points as pixels; of each group the extremes are kept, where faults are.
    highest = max(float(values.max(initial=0.0)), 1e-9)
    start_s, end_s = float(times_s[0]), float(times_s[-1])
    scale_x = (right - left) / max(end_s - start_s, 1e-9)

    def at_x(time_s: float) -> float:
        return left + (time_s - start_s) * scale_x

    span = at_x(max(span_s[0], start_s)) - 2, at_x(min(span_s[1], end_s)) + 2
    painter.rectangle((round(span[0]), top, round(span[1]), bottom), _FAULT, 0.35)
    for part in (0.0, 0.5, 1.0):
        y = bottom - part * (bottom - top)
        line = np.array([(left, y), (right, y)], dtype=np.float64)
        painter.strokes([Stroke(line, TEXT_3, 1.0, alpha=0.4)])
        _right(painter, f"{part * highest:.3g}", left - 8, y)
    for time_s in np.linspace(start_s, end_s, 7).tolist():
        words = f"{time_s:.2f} s".replace("-", "−")
        x = min(max(at_x(time_s) - text_size_px(words, "number")[0] / 2, 4), width - 70)
        painter.text(words, x, bottom + 10, TEXT_2, "number")
    rows = _extremes(values, 2 * (right - left))
    xs = left + (times_s[rows] - start_s) * scale_x
    ys = bottom - values[rows] / highest * (bottom - top)
    painter.strokes([Stroke(np.stack([xs, ys], axis=1), _LINE, 1.5)])
    return picture


def _extremes(values: FloatArray, most: int) -> IntArray:
    """Rows that keep the shape of a long curve: the lowest and highest of each of some groups."""
    if len(values) <= most:
        return np.arange(len(values))
    rows: list[int] = []
    for first, last in pairwise(np.linspace(0, len(values), most // 2 + 1).astype(int).tolist()):
        rows += [first + int(values[first:last].argmin()), first + int(values[first:last].argmax())]
    return np.unique(np.array(rows, dtype=np.int64))


def _with_points(log: Log, camera: str, frame_index: int, words: str) -> Uint8Array:
    mount = log.rig.camera(camera)
    image_index = log.frame(frame_index).images.get(camera)
    if image_index is None:
        raise Av3dError(f"no image for this camera at frame {frame_index}", camera)
    # Not `log.image`: an image that is not of the rig's size is evidence, too.
    picture: Uint8Array = np.array(log.cameras[camera].read(image_index), order="C")
    painter = Painter(picture)
    draw_points(painter, log, frame_index, camera, image_index, log.cloud(frame_index))
    scale = WIDTH_PX / picture.shape[1]
    size = WIDTH_PX, max(round(picture.shape[0] * scale), 1)
    shown = np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    painter = Painter(shown)
    text_width, text_height = text_size_px(words, "message")
    painter.rectangle((0, 0, text_width + 2 * _PAD_PX, 30), BAR)
    painter.text(words, _PAD_PX, 15 - text_height / 2, TEXT, "message")
    # What the calibration takes for the image, where that is something else.
    expected = mount.camera.width_px, mount.camera.height_px
    if expected != (picture.shape[1], picture.shape[0]):
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * expected * scale
        painter.strokes([Stroke(corners, _FAULT, 2.0, dash=(8, 5), closed=True)])
    return shown


def _canvas(width: int, height: int) -> Uint8Array:
    picture = np.empty((height, width, 3), dtype=np.uint8)
    picture[...] = hex_to_rgb(CANVAS)
    return picture


def _title(painter: Painter, title: str, aside: str) -> None:
    width, height = text_size_px(aside, "label")
    painter.rectangle((0, 0, painter.width_px, _TITLE_PX), BAR)
    words = title
    while words and text_size_px(words, "message")[0] > painter.width_px - width - 4 * _PAD_PX:
        words = words[:-2].rstrip() + "…" if len(words) > 2 else ""
    text_height = text_size_px(words or "x", "message")[1]
    painter.text(words, _PAD_PX, (_TITLE_PX - text_height) / 2, TEXT, "message")
    painter.text(
        aside, painter.width_px - width - _PAD_PX, (_TITLE_PX - height) / 2, TEXT_2, "label"
    )


def _right(painter: Painter, words: str, right: float, y: float) -> None:
    width, height = text_size_px(words, "number")
    painter.text(words, right - width, y - height / 2, TEXT_2, "number")
