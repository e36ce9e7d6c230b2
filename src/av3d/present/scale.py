"""How large text and controls are: panes work in logical pixels, pictures in those of the screen."""

from __future__ import annotations

from av3d.present.layout import SMALLEST
from av3d.present.settings import SCALES
from av3d.render.views import OrthographicView, PerspectiveView, View


def fitting_scale(wanted: float, width_px: float, height_px: float) -> float:
    """The scale that a window has: the wanted one, or the largest with room for all panes.

    Args:
        wanted: one of SCALES.
        width_px: of the window, in pixels of the screen.
        height_px: the same.
    """
    fitting = [
        scale
        for scale in SCALES
        if scale <= wanted and width_px / scale >= SMALLEST[0] and height_px / scale >= SMALLEST[1]
    ]
    return max(fitting, default=min(SCALES))


def enlarged(view: View, scale: float) -> View:
    """The same view on a canvas with more pixels.

    Args:
        view: in logical pixels.
        scale: pixels of the screen per logical pixel.
    """
    if scale == 1.0:
        return view
    made = view.resized(max(round(view.width_px * scale), 1), max(round(view.height_px * scale), 1))
    if isinstance(made, PerspectiveView):
        return made
    assert isinstance(made, OrthographicView)
    return OrthographicView(
        made.width_px, made.height_px, made.center_m, made.metres_per_pixel / scale, made.up_rad
    )
