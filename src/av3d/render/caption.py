"""The line in the corner of a picture that says what it shows."""

from __future__ import annotations

from av3d.logs.log import Log
from av3d.render.paint import Painter
from av3d.render.palette import BAR, TEXT, TEXT_2
from av3d.render.text import text_size_px
from av3d.types import NS_PER_S

_HEIGHT_PX = 24
_PAD_PX = 8


def frame_caption(log: Log, frame_index: int, time_ns: int | None = None) -> str:
    """The frame and the time since the start of the log: "frame 14 / 29   1.400 s".

    Args:
        log: the log.
        frame_index: which frame.
        time_ns: time to show; None: that of the frame.
    """
    shown_ns = log.frame(frame_index).timestamp_ns if time_ns is None else time_ns
    seconds = (shown_ns - log.start_ns) / NS_PER_S
    # Typographic minus: an image may be exposed before the first sweep's time.
    return f"frame {frame_index} / {len(log.frames) - 1}   {seconds:.3f} s".replace("-", "−")


def draw_caption(painter: Painter, title: str, numbers: str) -> None:
    """Write a title and numbers on a dark ground in the top left corner."""
    title_width, title_height = text_size_px(title, "label")
    width = 2 * _PAD_PX + title_width
    if numbers:
        number_width, number_height = text_size_px(numbers, "number")
        width += _PAD_PX + number_width
    painter.rectangle((0, 0, width, _HEIGHT_PX), BAR)
    painter.text(title, _PAD_PX, (_HEIGHT_PX - title_height) / 2, TEXT, "label")
    if numbers:
        left = 2 * _PAD_PX + title_width
        painter.text(numbers, left, (_HEIGHT_PX - number_height) / 2, TEXT_2, "number")
