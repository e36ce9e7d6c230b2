"""A point of a cuboid that follows the pointer, in a plane or along a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.present.foot import foot
from av3d.present.handles import HEAD_ON
from av3d.present.projectors import Projector, across_view, on_plane, pixels_per_metre
from av3d.types import FloatArray

FARTHEST_M = 1e4
"""Nothing is dragged further than this."""

SLACK = 2.0
"""A pixel may be this many times the metres that it is at the start where a way is seen HEAD_ON."""

LINE_SAMPLES = 129


@dataclass(frozen=True, eq=False)
class Anchor:
    """A point that follows the pointer in a view.

    Attributes:
        projector: the view.
        point_m: where it is at the start, (3,).
        place_px: where that is on the pane, (2,).
        px_per_m: how many pixels a metre across the view is there.
    """

    projector: Projector
    point_m: FloatArray
    place_px: FloatArray
    px_per_m: float

    @staticmethod
    def at(projector: Projector, point_m: FloatArray) -> Anchor | None:
        """The anchor at a point (3,) of the working frame; None where that cannot be seen."""
        pixels, _ = projector.project(point_m[None])
        scale = float(across_view(pixels_per_metre(projector, point_m[None]))[0])
        return Anchor(projector, point_m, pixels[0], scale) if scale > 0 else None

    def farthest_m(self, delta_px: FloatArray) -> float:
        """How far the anchor may go for a way of the pointer.

        A way that is seen shortened by no more than HEAD_ON is not held back by this; a way straight
        towards the viewer, on which a pixel may be any distance, is.
        """
        way_px = float(np.hypot(*delta_px))
        return min(SLACK * way_px / (HEAD_ON * self.px_per_m), FARTHEST_M)

    def on_plane(self, delta_px: FloatArray, normal: FloatArray) -> FloatArray | None:
        """How far it goes in the plane through it (3,): exactly to where the pointer's ray meets that."""
        x, y = self.place_px + delta_px
        met_m = on_plane(self.projector, float(x), float(y), self.point_m, normal)
        if met_m is None:
            return None
        way_m = met_m - self.point_m
        length_m = float(np.linalg.norm(way_m))
        if not np.isfinite(length_m):
            return None
        return np.asarray(way_m * min(self.farthest_m(delta_px) / max(length_m, 1e-12), 1.0))

    def on_line(
        self, delta_px: FloatArray, way: FloatArray, low_m: float = -np.inf, high_m: float = np.inf
    ) -> float | None:
        """How far it goes along a direction (3,), between bounds: to where it is nearest on the pane."""
        farthest_m = self.farthest_m(delta_px)
        low_m, high_m = max(low_m, -farthest_m), min(high_m, farthest_m)
        if high_m - low_m < 1e-9:
            return 0.0
        return foot(
            lambda along_m: self.projector.project(self.point_m + along_m[:, None] * way),
            self.place_px + delta_px,
            np.linspace(low_m, high_m, LINE_SAMPLES),
        )
