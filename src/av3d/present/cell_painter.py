"""The points of many small side views, painted into one picture."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from av3d.present.cells import Cell, Crop
from av3d.present.side_drawing import AROUND_M, beyond_m, point_colours
from av3d.present.side_view import SideView
from av3d.render import palette
from av3d.types import Uint8Array

OUTSIDE = palette.hex_to_rgb("#8A97A6")
"""Points around the object, before they are dimmed by their distance to it."""


CANVAS = np.array([*palette.hex_to_rgb(palette.CANVAS), 255], np.uint8).view(np.uint32)[0]


class CellPainter:
    """Paints the views that have changed; the others stay.

    Attributes:
        pixels: the picture of the whole pane, (H, W, 4) uint8; None before the first call.
        version: grows when the picture changes.
    """

    def __init__(self) -> None:
        self.pixels: Uint8Array | None = None
        self.version = 0
        self._painted: dict[tuple[int, str], tuple[object, ...]] = {}
        self._shades: dict[int, tuple[Hashable, npt.NDArray[np.uint32], npt.NDArray[np.intp]]] = {}

    def paint(
        self,
        size_px: tuple[int, int],
        scale: float,
        views: Sequence[tuple[Cell, SideView, Crop | None]],
        only: int | None = None,
    ) -> None:
        """Make the picture show these views.

        Args:
            size_px: of the pane, logical pixels.
            scale: pixels of the screen per logical pixel.
            views: cell, view and the points around it, or None.
            only: a frame whose cuboid is dragged. Points of the others keep their colours until it
                is let go, although their size may change with it.
        """
        width, height = (max(round(side * scale), 1) for side in size_px)
        if self.pixels is None or self.pixels.shape[:2] != (height, width):
            self.pixels = np.empty((height, width, 4), np.uint8)
            self._painted.clear()
            self._clear(slice(None), slice(None))
            self.version += 1
        now: dict[tuple[int, str], tuple[object, ...]] = {}
        for cell, view, crop in views:
            place = cell.frame, view.side.name
            key = (view.rect, view.metres_per_pixel, scale, view.frame_SE3_view, crop, cell.cuboid)
            before = self._painted.get(place)
            if before is not None and only not in (None, cell.frame) and _but_cuboid(before, key):
                now[place] = before
                continue
            now[place] = key
            if before != key:
                self._paint(cell, view, crop, scale)
                self.version += 1
        if not now and self._painted:
            self._clear(slice(None), slice(None))
            self.version += 1
        self._painted = now
        self._shades = {
            frame: shades
            for frame, shades in self._shades.items()
            if frame in {frame for frame, _ in now}
        }

    def _clear(self, rows: slice, columns: slice) -> None:
        assert self.pixels is not None
        self.pixels.view(np.uint32)[rows, columns, 0] = CANVAS

    def _paint(self, cell: Cell, view: SideView, crop: Crop | None, scale: float) -> None:
        assert self.pixels is not None
        rect = view.rect
        left, top = round(rect.x * scale), round(rect.y * scale)
        right, bottom = round(rect.right * scale), round(rect.bottom * scale)
        self._clear(slice(top, bottom), slice(left, right))
        if crop is None or not len(crop.points_m):
            return
        points = crop.points_m
        shades, order = self._shaded(cell, crop)
        deep = view.side.axes[2]
        pose = cell.cuboid.frame_SE3_cuboid
        # Single precision is enough: a cell is some metres wide.
        depth_m = (points - pose.translation_m.astype(np.float32)) @ pose.rotation[:, deep].astype(
            np.float32
        )
        near = np.abs(depth_m[order]) <= cell.cuboid.size_lwh_m[deep] / 2 + AROUND_M
        order = order[near]
        origin_m = view.frame_SE3_view.translation_m.astype(np.float32)
        turned = (points[order] - origin_m) @ view.frame_R_turned[:, :2].astype(np.float32)
        turned -= np.asarray(view.center_m, np.float32)
        per_m = scale / view.metres_per_pixel
        u = (turned[:, 0] * per_m + (right - left) / 2).astype(np.int32)
        v = ((bottom - top) / 2 - turned[:, 1] * per_m).astype(np.int32)
        dot = max(round(1.5 * scale), 1)
        high, wide = self.pixels.shape[:2]
        # In a pane of hardly any height cells reach beyond it.
        right, bottom = min(right, wide), min(bottom, high)
        kept = (u >= 0) & (v >= 0) & (u <= right - left - dot) & (v <= bottom - top - dot)
        u, v, paint = u[kept] + left, v[kept] + top, shades[order[kept]]
        canvas = self.pixels.view(np.uint32).reshape(-1)
        at = v * wide + u
        for down in range(dot):
            for across in range(dot):
                canvas[at + (down * wide + across)] = paint

    def _shaded(
        self, cell: Cell, crop: Crop
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.intp]]:
        """Colour of each point as one number, and the order in which they are painted."""
        points = crop.points_m
        key = (cell.cuboid, crop)
        known = self._shades.get(cell.frame)
        if known is None or known[0] != key:
            plain = np.empty((len(points), 3), np.uint8)
            plain[:] = OUTSIDE
            rgb, inside = point_colours(plain, beyond_m(points, cell.cuboid))
            rgba = np.full((len(points), 4), 255, np.uint8)
            rgba[:, :3] = rgb
            known = key, rgba.view(np.uint32)[:, 0], np.argsort(inside, kind="stable")
            self._shades[cell.frame] = known
        return known[1], known[2]


def _but_cuboid(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return one[:-1] == other[:-1]
