"""Where the panes are at a size of the window, and what folds when it is small.

Sizes and the order of folding are those of ui/UI.md. Pane sizes that the user drags are kept as
fractions of the window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from av3d.present.drawing import Rect
from av3d.present.theme import HEADER, STATUS_BAR, TOP_BAR

FOLD_BELOW = (
    (1800, 1000),
    (1680, 940),
    (1600, 880),
    (1480, 820),
    (1200, 0),
)
"""Step k is reached when the window is narrower or lower than FOLD_BELOW[k - 1]."""

SMALLEST = (1100, 640)
GUTTER = 1
STRIP_HEAD = 24
SIDES = 328
SIDES_TAB = 177
GRAB_PX = 4
"""How far from a gutter a press still takes hold of it."""


@dataclass(frozen=True)
class Splits:
    """Pane sizes as fractions of the window; None is the size of ui/UI.md.

    Attributes:
        left, right: widths of the columns.
        timeline, strip: heights.
        main: width of the main view, as a fraction of what main view and camera share.
    """

    left: float | None = None
    right: float | None = None
    timeline: float | None = None
    strip: float | None = None
    main: float | None = None


@dataclass(frozen=True)
class Layout:
    """The rectangles of the panes; a pane that is folded away is not in it.

    Attributes:
        width, height: of the window.
        step: folding step, 0 (nothing folds) to 5.
        too_small: the window is below the size at which it is safe to edit; its only pane is
            "too_small", which says so.
        panes: rectangle by pane name.
        gutters: rectangle by name of the split that dragging it changes.
    """

    width: int
    height: int
    step: int
    too_small: bool
    panes: Mapping[str, Rect]
    gutters: Mapping[str, Rect]


def fold_step(width: int, height: int) -> int:
    """How far the window is folded, 0 to 5."""
    step = 0
    for number, (low_width, low_height) in enumerate(FOLD_BELOW, start=1):
        if width < low_width or height < low_height:
            step = number
    return step


def arrange(
    width: int,
    height: int,
    splits: Splits | None = None,
    *,
    full: str | None = None,
    main_tab: str = "main",
    cameras: int = 6,
) -> Layout:
    """Lay the panes out.

    Args:
        width: of the window in pixels.
        height: of the window in pixels.
        splits: sizes that the user chose.
        full: pane that fills the window (F11), with its header.
        main_tab: what shows where main view and camera share a place (step 5): "main" or "camera".
        cameras: of the log; without a second one there is no strip.
    """
    splits = splits or Splits()
    step = fold_step(width, height)
    too_small = width < SMALLEST[0] or height < SMALLEST[1]
    if too_small:
        return Layout(width, height, step, too_small, {"too_small": Rect(0, 0, width, height)}, {})
    panes: dict[str, Rect] = {
        "top_bar": Rect(0, 0, width, TOP_BAR),
        "status_bar": Rect(0, height - STATUS_BAR, width, STATUS_BAR),
    }
    top, bottom = TOP_BAR, height - STATUS_BAR
    if full is not None:
        head = Rect(0, top, width, HEADER)
        panes[f"{full}_head"] = head
        panes[full] = Rect(0, head.bottom, width, bottom - head.bottom)
        return Layout(width, height, step, too_small, panes, {})
    small = step >= 4
    left = _size(splits.left, width, 220 if small else 279, 220, width * 0.35)
    right = _size(splits.right, width, 300 if small else 379, 300, width * 0.4)
    timeline = _size(splits.timeline, height, 150 if small else 233, 84, height * 0.5)
    strip_room = height - TOP_BAR - STATUS_BAR - timeline - 300
    with_strip = cameras > 1
    strip = (
        -GUTTER
        if not with_strip
        else STRIP_HEAD
        if step >= 2
        else _size(splits.strip, height, 165, STRIP_HEAD + 60, max(strip_room, 84))
    )
    right_x = width - right
    timeline_y = bottom - timeline
    panes["tracks"] = Rect(0, top, left, timeline_y - top)
    panes["timeline_head"] = Rect(0, timeline_y, right_x - GUTTER, 32)
    panes["timeline"] = Rect(0, timeline_y + 32, right_x - GUTTER, timeline - 32)
    middle_x = left + GUTTER
    middle_width = right_x - GUTTER - middle_x
    middle_bottom = timeline_y - strip - GUTTER
    # Side views need room above the cuboid's values, which never fold: lower down, one at a time.
    sides = SIDES if height >= 900 else SIDES_TAB if height >= 600 else 0
    if sides:
        panes["sides_head"] = Rect(right_x, top, right, HEADER)
        panes["sides"] = Rect(right_x, top + HEADER, right, sides - GUTTER)
    inspector_y = top + (sides + HEADER if sides else 0)
    panes["inspector"] = Rect(right_x, inspector_y, right, bottom - inspector_y)
    if step >= 5:
        panes["main_head"] = Rect(middle_x, top, middle_width, HEADER)
        panes[main_tab] = Rect(middle_x, top + HEADER, middle_width, middle_bottom - top - HEADER)
        if main_tab == "camera":
            panes["camera_head"] = panes.pop("main_head")
        main_width = middle_width
    else:
        fraction = 640 / (640 + 619) if splits.main is None else splits.main
        share = middle_width - GUTTER
        main_width = round(min(max(share * fraction, 280), share - 280))
        for name, x, pane_width in (
            ("main", middle_x, main_width),
            ("camera", middle_x + main_width + GUTTER, share - main_width),
        ):
            panes[f"{name}_head"] = Rect(x, top, pane_width, HEADER)
            panes[name] = Rect(x, top + HEADER, pane_width, middle_bottom - top - HEADER)
    if with_strip:
        panes["strip"] = Rect(middle_x, middle_bottom + GUTTER, middle_width, strip)
    gutters = {
        "left": Rect(left, top, GUTTER, timeline_y - top),
        "right": Rect(right_x - GUTTER, top, GUTTER, bottom - top),
        "timeline": Rect(0, timeline_y - GUTTER, right_x - GUTTER, GUTTER),
    }
    if step < 5:
        gutters["main"] = Rect(middle_x + main_width, top, GUTTER, middle_bottom - top)
    if step < 2 and with_strip:
        gutters["strip"] = Rect(middle_x, middle_bottom, middle_width, GUTTER)
    return Layout(width, height, step, too_small, panes, gutters)


def dragged(layout: Layout, splits: Splits, gutter: str, x: float, y: float) -> Splits:
    """The splits after a gutter was dragged to a place of the window."""
    if gutter == "left":
        return replace(splits, left=x / layout.width)
    if gutter == "right":
        return replace(splits, right=(layout.width - x) / layout.width)
    if gutter == "timeline":
        return replace(splits, timeline=(layout.height - STATUS_BAR - y) / layout.height)
    if gutter == "strip":
        return replace(splits, strip=(layout.panes["timeline_head"].y - y) / layout.height)
    main, camera = layout.panes["main"], layout.panes["camera"]
    return replace(splits, main=(x - main.x) / (camera.right - main.x - GUTTER))


def gutter_at(layout: Layout, x: float, y: float) -> str | None:
    """Name of the gutter within reach of a place of the window."""
    for name, rect in layout.gutters.items():
        reach = Rect(
            rect.x - GRAB_PX, rect.y - GRAB_PX, rect.width + 2 * GRAB_PX, rect.height + 2 * GRAB_PX
        )
        wide = rect.width >= rect.height
        inside = rect.x <= x < rect.right if wide else rect.y <= y < rect.bottom
        if inside and reach.contains(x, y):
            return name
    return None


def _size(fraction: float | None, whole: float, usual: float, low: float, high: float) -> int:
    wanted = usual if fraction is None else fraction * whole
    return round(min(max(wanted, low), max(high, low)))
