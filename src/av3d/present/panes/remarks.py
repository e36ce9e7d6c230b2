"""Numbered marks of findings and issues in the main view, beside the cuboids that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.present.drawing import NUMBER_TINY, Circle, Drawing, Rect
from av3d.present.session import Session
from av3d.present.theme import DARK, faded
from av3d.render.views import View

RADIUS_PX = 9.0
BESIDE_PX = 8.0
MOST = 60
"""More marks than these would hide what they are about."""


@dataclass(frozen=True)
class Remark:
    """A mark in the main view.

    Attributes:
        number: what it says: the place in the queue, or the number of the issue.
        command, argument: what a press runs.
        tip: in words.
        track_id: beside which cuboid, "" for a place.
        place_m: where, world frame, if it is beside no cuboid.
        issue: whether it is an issue.
    """

    number: int
    command: str
    argument: str
    tip: str
    track_id: str
    place_m: tuple[float, float, float] | None
    issue: bool


def draw_remarks(
    drawing: Drawing, session: Session, remarks: Sequence[Remark], frame: int, view: View,
    size: tuple[int, int],
) -> None:  # fmt: skip
    """Draw marks; several of one cuboid side by side.

    Args:
        drawing: where to.
        session: whose cuboids.
        remarks: what to draw.
        frame: the one that shows.
        view: of the points, in the ego frame.
        size: of the canvas.
    """
    log = session.log
    ego_SE3_world = log.world_SE3_ego(log.frames[frame].timestamp_ns).inverse()
    taken: dict[tuple[int, int], int] = {}
    for remark in remarks:
        box = session.box_of(remark.track_id, frame) if remark.track_id else None
        if box is not None:
            corners = np.asarray(view.to_pixels(box.cuboid.corners_m()) + 0.5)
            if not np.isfinite(corners).all():
                continue
            x, y = float(corners[:, 0].max()) + BESIDE_PX + RADIUS_PX, float(corners[:, 1].mean())
        elif remark.place_m is not None:
            place = np.asarray([remark.place_m], dtype=np.float64)
            pixels = np.asarray(view.to_pixels(ego_SE3_world.transform(place)) + 0.5)
            if not np.isfinite(pixels).all():
                continue
            x, y = float(pixels[0, 0]), float(pixels[0, 1])
        else:
            continue
        spot = round(x / RADIUS_PX), round(y / RADIUS_PX)
        beside = taken.get(spot, 0)
        taken[spot] = beside + 1
        x += beside * 2 * (RADIUS_PX + 1)
        if -RADIUS_PX < x < size[0] + RADIUS_PX and -RADIUS_PX < y < size[1] + RADIUS_PX:
            _mark(drawing, remark, x, y)


def _mark(drawing: Drawing, remark: Remark, x: float, y: float) -> None:
    # The canvas is dark in both themes.
    paint = DARK.warn if remark.issue else DARK.bad
    text = str(remark.number)
    half = max(RADIUS_PX, drawing.measure(text, NUMBER_TINY) / 2 + 4)
    if half > RADIUS_PX:
        plate = Rect(x - half, y - RADIUS_PX, 2 * half, 2 * RADIUS_PX)
        drawing.box(plate, faded(DARK.canvas, 0.8), outline=paint, radius=RADIUS_PX)
    else:
        drawing.add(Circle((x, y), RADIUS_PX, fill=faded(DARK.canvas, 0.8), outline=paint))
    drawing.text(x, y, text, NUMBER_TINY, paint, anchor=0.5)
    drawing.zone(
        Rect(x - half, y - RADIUS_PX, 2 * half, 2 * RADIUS_PX), remark.command, remark.argument,
        remark.tip,
    )  # fmt: skip
