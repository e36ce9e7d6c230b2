"""Where the panes are at a size of the window, and what folds when it is small.

Sizes and the order of folding are those of ui/UI.md. They are made into a tree of splits at the size of
the window; sizes that the user drags are kept as fractions of it. A layout of the user is a tree that
stays as it is; in it, what has no room folds by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from av3d.present.dock import (
    GUTTER,
    Arranged,
    Bounds,
    Gutter,
    Node,
    Place,
    Split,
    Tabs,
    arrange_tree,
    closed,
    panes_of,
)
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
STRIP_HEAD = 24
SIDES = 327
SIDES_TAB = 176
TIMELINE_HEAD = 32
DECISION = 56
GRAB_PX = 4
"""How far from a gutter a press still takes hold of it."""

ANNOTATE, REVIEW = "annotate", "review"
"""The workspaces."""

HEADS: Mapping[str, int] = {
    "main": HEADER, "camera": HEADER, "sides": HEADER, "timeline": TIMELINE_HEAD,
}  # fmt: skip
"""Height of the header that a pane has as a pane of its own, named NAME_head."""

BARE = ("tracks", "strip", "inspector", "queue", "decision", "review_timeline", "measure", "note")
"""Panes of the usual layouts that draw their title themselves."""

BOUNDS: Mapping[str, Bounds] = {
    "tracks": Bounds(220, 160),
    "main": Bounds(280, 240),
    "second": Bounds(280, 240),
    "camera": Bounds(280, 208),
    "strip": Bounds(320, STRIP_HEAD + 60),
    "timeline": Bounds(420, 84),
    "sides": Bounds(300, HEADER + 120),
    "inspector": Bounds(300, 220),
    "queue": Bounds(280, 200),
    "decision": Bounds(480, DECISION, DECISION),
    "review_timeline": Bounds(420, 100),
    "measure": Bounds(300, 120),
    "note": Bounds(300, 100),
}
"""How small panes may become, with their headers."""


@dataclass(frozen=True)
class Layout:
    """The rectangles of the panes; a pane that is folded away or closed is not in it.

    Attributes:
        width, height: of the window.
        step: folding step, 0 (nothing folds) to 5.
        too_small: the window is below the size at which it is safe to edit; its only pane is
            "too_small", which says so.
        panes: rectangle by pane name.
        gutters: rectangle by name of the split that dragging it changes.
        tree: what was laid out; None when it fills nothing.
        places: the leaves of the tree.
        lines: the gutters with all that is known of them.
        whole: the room of the tree.
    """

    width: int
    height: int
    step: int
    too_small: bool
    panes: Mapping[str, Rect]
    gutters: Mapping[str, Rect]
    tree: Node | None = None
    places: tuple[Place, ...] = ()
    lines: tuple[Gutter, ...] = ()
    whole: Rect = field(default_factory=lambda: Rect(0, 0, 0, 0))

    @property
    def arranged(self) -> Arranged:
        """Places and gutters of the tree."""
        return Arranged(self.places, self.lines)


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
    sizes: Mapping[str, float] | None = None,
    *,
    tree: Node | None = None,
    workspace: str = ANNOTATE,
    full: str | None = None,
    main_tab: str = "main",
    cameras: int = 6,
    bare: Sequence[str] = BARE,
) -> Layout:
    """Lay the panes out.

    Args:
        width: of the window in pixels.
        height: of the window in pixels.
        sizes: fractions of named splits that the user chose.
        tree: a layout of the user; None: the usual one of the workspace.
        workspace: ANNOTATE or REVIEW.
        full: pane that fills the window (F11), with its header.
        main_tab: what shows where main view and camera share a place (step 5): "main" or "camera".
        cameras: of the log; without a second one there is no strip.
        bare: panes that need no bar with their title above them, because they draw one themselves.
    """
    step = fold_step(width, height)
    too_small = width < SMALLEST[0] or height < SMALLEST[1]
    if too_small:
        return Layout(width, height, step, too_small, {"too_small": Rect(0, 0, width, height)}, {})
    whole = Rect(0, TOP_BAR, width, height - TOP_BAR - STATUS_BAR)
    bars = {
        "top_bar": Rect(0, 0, width, TOP_BAR),
        "status_bar": Rect(0, height - STATUS_BAR, width, STATUS_BAR),
    }
    usual = tree is None
    if tree is None:
        make = review_tree if workspace == REVIEW else annotate_tree
        tree = make(width, height, sizes or {}, step=step, main_tab=main_tab)
    if cameras < 2:
        tree = closed(tree, "strip")
    if cameras < 1 and usual and workspace == REVIEW:
        tree = closed(tree, "camera")
    # The views of a finding have no header in the picture: they are named in themselves.
    headless = {"sides"} if usual and workspace == REVIEW else set()
    if full is not None:
        panes = _stacked(Place("", Tabs((full,)), whole), bare, headless)
        return Layout(width, height, step, too_small, bars | panes, {}, whole=whole)
    bounds = dict(BOUNDS)
    if headless:
        bounds["sides"] = Bounds(300, 100)
    if step >= 2:
        bounds["strip"] = Bounds(320, STRIP_HEAD, STRIP_HEAD)
    found = arrange_tree(tree, whole, bounds)
    panes = dict(bars)
    for place in found.places:
        panes |= _stacked(place, bare, headless)
    gutters = {line.name: line.rect for line in found.gutters if not line.fixed}
    return Layout(
        width, height, step, too_small, panes, gutters, tree, found.places, found.gutters, whole
    )


def _stacked(place: Place, bare: Sequence[str], headless: set[str]) -> dict[str, Rect]:
    """The pane that shows at a place, below its header and its bar of tabs."""
    pane, rect = place.tabs.active, place.rect
    panes: dict[str, Rect] = {}
    head = 0 if pane in headless else HEADS.get(pane, 0)
    if len(place.tabs.panes) > 1 or (pane not in HEADS and pane not in bare):
        bar = min(HEADER, rect.height)
        panes[f"{pane}_bar"] = Rect(rect.x, rect.y, rect.width, bar)
        rect = Rect(rect.x, rect.y + bar, rect.width, rect.height - bar)
    if head:
        head = min(head, int(rect.height))
        panes[f"{pane}_head"] = Rect(rect.x, rect.y, rect.width, head)
        rect = Rect(rect.x, rect.y + head, rect.width, rect.height - head)
    panes[pane] = rect
    return panes


def annotate_tree(
    width: int,
    height: int,
    sizes: Mapping[str, float],
    *,
    step: int | None = None,
    main_tab: str = "main",
) -> Node:
    """The usual layout of Annotate in a window of this size; see `arrange`."""
    step = fold_step(width, height) if step is None else step
    small = step >= 4
    room = height - TOP_BAR - STATUS_BAR
    right = 300 if small else 379
    timeline = 150 if small else 233
    left = 220 if small else 279
    strip = STRIP_HEAD if step >= 2 else 165
    middle = width - GUTTER - right
    above = room - GUTTER - timeline
    views: Node = (
        Tabs((main_tab,))
        if step >= 5
        else _split("row", "main", 640, 1259, Tabs(("main",)), Tabs(("camera",)), sizes)
    )
    views = _split(
        "column", "strip", above - GUTTER - strip, above - GUTTER, views, Tabs(("strip",)), sizes
    )
    work = _split("row", "left", left, middle - GUTTER, Tabs(("tracks",)), views, sizes)
    work = _split("column", "timeline", above, room - GUTTER, work, Tabs(("timeline",)), sizes)
    # Side views need room above the cuboid's values, which never fold: lower down, one at a time.
    sides = (SIDES if height >= 900 else SIDES_TAB) + HEADER
    facts = _split(
        "column", "sides", sides, room - GUTTER, Tabs(("sides",)), Tabs(("inspector",)), sizes
    )
    return _split("row", "right", middle, width - GUTTER, work, facts, sizes)


def review_tree(
    width: int,
    height: int,
    sizes: Mapping[str, float],
    *,
    step: int | None = None,
    main_tab: str = "main",
) -> Node:
    """The usual layout of Review in a window of this size; see `arrange`."""
    step = fold_step(width, height) if step is None else step
    small = step >= 4
    room = height - TOP_BAR - STATUS_BAR
    left, right = (280, 360) if small else (360, 540)
    timeline = 100 if small else 122
    others = width - GUTTER - left
    above = room - GUTTER - timeline
    view = _split(
        "column", "decision", above - GUTTER - DECISION, above - GUTTER,
        Tabs((main_tab if step >= 5 else "main",)), Tabs(("decision",)), {},
    )  # fmt: skip
    work = _split(
        "column", "timeline", above, room - GUTTER, view, Tabs(("review_timeline",)), sizes
    )
    camera = round(HEADER + (right * 9 / 16))
    sides, chart = 140 if not small else 110, 177 if not small else 140
    below = room - GUTTER - camera
    lower = below - GUTTER - sides
    facts: Node = _split(
        "column", "measure", chart, lower - GUTTER, Tabs(("measure",)), Tabs(("note",)), sizes
    )
    facts = _split("column", "sides", sides, below - GUTTER, Tabs(("sides",)), facts, sizes)
    facts = _split("column", "camera", camera, room - GUTTER, Tabs(("camera",)), facts, sizes)
    rest = _split("row", "right", others - GUTTER - right, others - GUTTER, work, facts, sizes)
    return _split("row", "left", left, width - GUTTER, Tabs(("queue",)), rest, sizes)


def _split(
    direction: str, name: str, first: float, total: float, a: Node, b: Node,
    sizes: Mapping[str, float],
) -> Split:  # fmt: skip
    """A split whose first side has some pixels of a total, or the fraction that the user chose."""
    usual = min(max(first / max(total, 1), 0.01), 0.99)
    return Split("row" if direction == "row" else "column", sizes.get(name, usual), a, b, name)


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


def line_named(layout: Layout, name: str) -> Gutter | None:
    """A gutter by its name."""
    return next((line for line in layout.lines if line.name == name), None)


def shown_panes(layout: Layout) -> tuple[str, ...]:
    """Names of all panes of the tree, those behind others too."""
    return tuple(panes_of(layout.tree)) if layout.tree is not None else ()
