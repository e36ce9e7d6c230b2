"""Drawings as values: strokes, fills, markers and tags in pixels, ready for any canvas.

A cuboid's geometry is computed once (`av3d.render.outline`) into these values. `av3d.render.paint`
turns them into pixels; the window hands them to its own drawing primitives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from av3d.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Stroke:
    """A polyline.

    Attributes:
        points_px: (N, 2), N >= 2.
        colour: "#RRGGBB".
        width_px: width of the line.
        alpha: opacity, 0 to 1.
        dash: lengths on, off, ... in pixels; () is solid.
        closed: whether the last point joins the first.
    """

    points_px: FloatArray
    colour: str
    width_px: float
    alpha: float = 1.0
    dash: tuple[float, ...] = ()
    closed: bool = False

    def pieces_px(self) -> FloatArray:
        """The straight pieces to draw, dashes cut, (M, 2, 2)."""
        return dash_pieces(self.points_px, self.dash, closed=self.closed)

    def placed(self, scale: float, offset_px: npt.ArrayLike) -> Stroke:
        """The same stroke on a canvas where points land at scale · point + offset."""
        points_px = self.points_px * scale + np.asarray(offset_px)
        return Stroke(points_px, self.colour, self.width_px, self.alpha, self.dash, self.closed)


@dataclass(frozen=True, eq=False)
class Fill:
    """A filled polygon (N, 2), N >= 3."""

    points_px: FloatArray
    colour: str
    alpha: float

    def placed(self, scale: float, offset_px: npt.ArrayLike) -> Fill:
        """The same polygon on a canvas where points land at scale · point + offset."""
        return Fill(self.points_px * scale + np.asarray(offset_px), self.colour, self.alpha)


@dataclass(frozen=True)
class Tag:
    """The name of a cuboid, to be placed near an anchor.

    Attributes:
        text: words, for example "Car 21".
        glyph: icon, a character of Material Design Icons.
        anchor_px: x, y that the tag stands on, a little above it.
        centred: whether the middle of the tag is at the anchor's x, else its left end.
        text_colour, icon_colour, fill: "#RRGGBB".
        fill_alpha: opacity of the ground of the tag.
        rank: who gets the place; the lowest first.
        hangs: the tag hangs a little below its anchor instead.
    """

    text: str
    glyph: str
    anchor_px: tuple[float, float]
    centred: bool
    text_colour: str
    icon_colour: str
    fill: str
    fill_alpha: float
    rank: float
    hangs: bool = False


@dataclass(frozen=True, eq=False)
class CuboidDrawing:
    """One cuboid on one canvas, in the order of drawing: fills, strokes, then (on top of all) the tag.

    Attributes:
        track_id: whose cuboid it is.
        depth_m: draw larger first; from above, the lower one first.
        selected: selected cuboids are drawn last.
        bounds_px: left, top, right, bottom of the part on the canvas.
        fills, strokes: what to draw.
        tag: its name, or None.
    """

    track_id: str
    depth_m: float
    selected: bool
    bounds_px: tuple[float, float, float, float]
    fills: tuple[Fill, ...]
    strokes: tuple[Stroke, ...]
    tag: Tag | None

    @property
    def extent_px(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of everything that is drawn, the arrow too; the tag is not part."""
        if not self.strokes:
            return self.bounds_px
        points = np.concatenate([stroke.points_px for stroke in self.strokes])
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    def placed(self, scale: float, offset_px: tuple[float, float]) -> CuboidDrawing:
        """The same drawing enlarged and moved (a zoomed camera pane); line widths stay."""
        left, top, right, bottom = self.bounds_px
        x, y = offset_px
        tag = self.tag and replace(
            self.tag,
            anchor_px=(self.tag.anchor_px[0] * scale + x, self.tag.anchor_px[1] * scale + y),
        )
        return CuboidDrawing(
            self.track_id,
            self.depth_m,
            self.selected,
            (left * scale + x, top * scale + y, right * scale + x, bottom * scale + y),
            tuple(fill.placed(scale, offset_px) for fill in self.fills),
            tuple(stroke.placed(scale, offset_px) for stroke in self.strokes),
            tag,
        )


def in_drawing_order(drawings: Sequence[CuboidDrawing]) -> list[CuboidDrawing]:
    """Far ones first, the selected one last, so that near cuboids cover far ones."""
    return sorted(drawings, key=lambda drawing: (drawing.selected, -drawing.depth_m))


def dash_pieces(
    points_px: FloatArray, dash: Sequence[float], *, closed: bool = False
) -> FloatArray:
    """Cut a polyline (N, 2) into the straight pieces that a dash pattern leaves, (M, 2, 2).

    The pattern runs on around corners. Pieces that cross a corner are split there.
    """
    points = np.asarray(points_px, dtype=np.float64)
    if closed:
        points = np.concatenate([points, points[:1]])
    if len(points) < 2:
        return np.zeros((0, 2, 2))
    if not dash:
        return np.stack([points[:-1], points[1:]], axis=1)
    if len(points) == 2:
        return _dash_segment(points, dash)
    at = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    period = float(sum(dash))
    repeats = int(np.ceil(at[-1] / period)) + 1
    marks = np.concatenate([[0.0], np.cumsum(np.tile(dash, repeats))])
    cuts = np.unique(np.concatenate([marks[marks < at[-1]], at]))
    middle = (cuts[:-1] + cuts[1:]) / 2
    drawn = (np.searchsorted(marks, middle) - 1) % 2 == 0
    ends = np.stack([np.interp(cuts, at, points[:, axis]) for axis in (0, 1)], axis=1)
    return np.stack([ends[:-1][drawn], ends[1:][drawn]], axis=1)


def join_pieces(
    drawings: Sequence[tuple[FloatArray, FloatArray, IntArray]],
) -> list[list[tuple[int, FloatArray]]]:
    """Join straight pieces that go on from one another to polylines, for many drawings at once.

    Args:
        drawings: starts (N, 2), ends (N, 2) and line number (N,) of the pieces of each drawing, in
            the order in which they are drawn.

    Returns:
        For each drawing its polylines, each with the index of its first piece and its points
        (M, 2): one per line, more where a line is interrupted.
    """
    counts: IntArray = np.array([len(line) for _, _, line in drawings], dtype=np.int64)
    found: list[list[tuple[int, FloatArray]]] = [[] for _ in drawings]
    if not counts.any():
        return found
    starts, ends, line = (np.concatenate(parts) for parts in zip(*drawings, strict=True))
    owner = np.repeat(np.arange(len(counts)), counts)
    apart = (np.abs(starts[1:] - ends[:-1]) > 1e-6).any(axis=1)
    apart |= (line[1:] != line[:-1]) | (owner[1:] != owner[:-1])
    first = np.concatenate([[0], np.flatnonzero(apart) + 1])
    # A polyline has one point more than pieces.
    points = np.insert(ends, first, starts[first], axis=0)
    begin = first + np.arange(len(first))
    own_first = first - (np.cumsum(counts) - counts)[owner[first]]
    for number, piece, low, high in zip(
        owner[first].tolist(),
        own_first.tolist(),
        begin.tolist(),
        [*begin[1:].tolist(), len(points)],
        strict=True,
    ):
        found[number].append((piece, points[low:high]))
    return found


def _dash_segment(points: FloatArray, dash: Sequence[float]) -> FloatArray:
    """The same for one straight piece (2, 2), which nearly all dashed lines are."""
    step = points[1] - points[0]
    length = float(np.hypot(step[0], step[1]))
    marks = np.concatenate([[0.0], np.cumsum(dash)])
    periods = np.arange(0.0, length, marks[-1])[:, None]
    ons = np.stack([periods + marks[:-1:2], periods + marks[1::2]], axis=-1).reshape(-1, 2)
    ons = np.minimum(ons[ons[:, 0] < length], length)
    return np.asarray(points[0] + (ons / max(length, 1e-300))[..., None] * step)
