"""Panes side by side: a tree of splits with tabs at its leaves, and what can be done with it.

Trees are values: every function here gives a new one. They know panes by name and nothing of what is
in them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from av3d.errors import Av3dError
from av3d.present.drawing import Rect

GUTTER = 1
"""Pixels between two panes."""
EDGE = 0.25
"""A pane that is dropped within this part of another one goes beside it, further in it becomes a tab."""
BORDER_PX = 14
"""A pane that is dropped as near as this to the border of all panes goes beside them all."""
SHARE = 0.5
BORDER_SHARE = 0.25
"""How much of the room a pane takes that is put beside another one, or beside all of them."""
DEEPEST = 24
"""Splits within splits that a kept layout may have."""

Direction = Literal["row", "column"]
Side = Literal["left", "right", "top", "bottom", "centre"]


class DockError(Av3dError):
    """A layout of panes that cannot be used."""


@dataclass(frozen=True)
class Tabs:
    """Panes that share a place, one of which shows.

    Attributes:
        panes: their names, at least one.
        active: the one that shows; "" is the first.
    """

    panes: tuple[str, ...]
    active: str = ""

    def __post_init__(self) -> None:
        if not self.panes:
            raise DockError("a place without panes")
        if self.active not in self.panes:
            object.__setattr__(self, "active", self.panes[0])


@dataclass(frozen=True)
class Split:
    """Two nodes beside each other ("row") or one above the other ("column").

    Attributes:
        direction: how they lie.
        fraction: how much of the room the first one has, more than 0 and less than 1.
        first, second: left and right, or upper and lower.
        name: under which a usual layout keeps the fraction; "" in layouts of the user.
    """

    direction: Direction
    fraction: float
    first: Node
    second: Node
    name: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.fraction < 1:
            raise DockError(f"a split at {self.fraction}", "", "use more than 0 and less than 1")


Node = Tabs | Split


@dataclass(frozen=True)
class Bounds:
    """How small a pane, with its header, may become, and how high."""

    min_width: float = 160
    min_height: float = 84
    max_height: float = math.inf


ANY = Bounds()
"""For panes of which nothing is known."""


@dataclass(frozen=True)
class Place:
    """Where the tabs of a leaf are; `path` leads to it: "0" is the first of a split, "1" the second."""

    path: str
    tabs: Tabs
    rect: Rect


@dataclass(frozen=True)
class Gutter:
    """The line between the two sides of a split.

    Attributes:
        path: of the split.
        name: of the split, or its path after a "/": unique in a tree.
        rect: of the line.
        whole: what the split divides.
        direction: of the split.
        fixed: nothing can be dragged, because a side has one size only.
    """

    path: str
    name: str
    rect: Rect
    whole: Rect
    direction: Direction
    fixed: bool

    def fraction_at(self, x: float, y: float) -> float:
        """The fraction that puts the line there; as near as the whole allows."""
        whole = self.whole
        share = (
            (x - whole.x) / max(whole.width - GUTTER, 1)
            if self.direction == "row"
            else (y - whole.y) / max(whole.height - GUTTER, 1)
        )
        return min(max(share, 0.01), 0.99)


@dataclass(frozen=True)
class Arranged:
    """A tree in a rectangle."""

    places: tuple[Place, ...]
    gutters: tuple[Gutter, ...]


@dataclass(frozen=True)
class Drop:
    """What happens to a pane that is let go.

    Attributes:
        target: a pane of the place that it goes to; "" for all panes together.
        side: of the place.
        rect: the room that it would have.
    """

    target: str
    side: Side
    rect: Rect


def panes_of(node: Node) -> Iterator[str]:
    """The panes of a tree, from left to right and from top to bottom."""
    if isinstance(node, Tabs):
        yield from node.panes
    else:
        yield from panes_of(node.first)
        yield from panes_of(node.second)


def bounds_of(node: Node, bounds: Mapping[str, Bounds]) -> Bounds:
    """How small and how high a node may become."""
    if isinstance(node, Tabs):
        each = [bounds.get(pane, ANY) for pane in node.panes]
        return Bounds(
            max(one.min_width for one in each),
            max(one.min_height for one in each),
            max(one.max_height for one in each),
        )
    first, second = bounds_of(node.first, bounds), bounds_of(node.second, bounds)
    if node.direction == "row":
        return Bounds(
            first.min_width + GUTTER + second.min_width,
            max(first.min_height, second.min_height),
            max(first.max_height, second.max_height),
        )
    return Bounds(
        max(first.min_width, second.min_width),
        first.min_height + GUTTER + second.min_height,
        first.max_height + GUTTER + second.max_height,
    )


def arrange_tree(tree: Node, rect: Rect, bounds: Mapping[str, Bounds], path: str = "") -> Arranged:
    """Where everything is.

    Args:
        tree: what to lay out.
        rect: the room, in whole pixels.
        bounds: of panes by name. Where there is less room than all need, all get too little in the
            same proportion.
        path: of the tree in a larger one.
    """
    if isinstance(tree, Tabs):
        return Arranged((Place(path, tree, rect),), ())
    first, second = bounds_of(tree.first, bounds), bounds_of(tree.second, bounds)
    if tree.direction == "row":
        total = max(rect.width - GUTTER, 0)
        size, fixed = _first_size(
            total, tree.fraction, (first.min_width, math.inf), (second.min_width, math.inf)
        )
        a = Rect(rect.x, rect.y, size, rect.height)
        line = Rect(a.right, rect.y, GUTTER, rect.height)
        b = Rect(line.right, rect.y, total - size, rect.height)
    else:
        total = max(rect.height - GUTTER, 0)
        size, fixed = _first_size(
            total,
            tree.fraction,
            (first.min_height, first.max_height),
            (second.min_height, second.max_height),
        )
        a = Rect(rect.x, rect.y, rect.width, size)
        line = Rect(rect.x, a.bottom, rect.width, GUTTER)
        b = Rect(rect.x, line.bottom, rect.width, total - size)
    above = arrange_tree(tree.first, a, bounds, f"{path}0")
    below = arrange_tree(tree.second, b, bounds, f"{path}1")
    gutter = Gutter(path, tree.name or f"/{path}", line, rect, tree.direction, fixed)
    return Arranged((*above.places, *below.places), (gutter, *above.gutters, *below.gutters))


def _first_size(
    total: float, fraction: float, first: tuple[float, float], second: tuple[float, float]
) -> tuple[int, bool]:
    """Size of the first side in whole pixels, and whether that is the only one possible."""
    (least_1, most_1), (least_2, most_2) = first, second
    wanted = round(total * fraction)
    if least_1 + least_2 >= total:
        share = least_1 / max(least_1 + least_2, 1)
        return min(max(round(total * share), 0), int(total)), True
    low, high = max(least_1, total - most_2), min(most_1, total - least_2)
    if low > high:
        # Neither may fill the room: then the limits upwards do not count.
        low, high = least_1, total - least_2
    return round(min(max(wanted, low), high)), low >= high


def place_of(tree: Node, pane: str) -> str | None:
    """Path of the leaf in which a pane is; None if it is closed."""
    if isinstance(tree, Tabs):
        return "" if pane in tree.panes else None
    for step, node in (("0", tree.first), ("1", tree.second)):
        path = place_of(node, pane)
        if path is not None:
            return step + path
    return None


def node_at(tree: Node, path: str) -> Node:
    """The node that a path leads to."""
    for step in path:
        if isinstance(tree, Tabs):
            raise DockError(f"there is no node {path!r}")
        tree = tree.first if step == "0" else tree.second
    return tree


def replaced(tree: Node, path: str, node: Node) -> Node:
    """The tree with another node at a path."""
    if not path:
        return node
    if isinstance(tree, Tabs):
        raise DockError(f"there is no node {path!r}")
    if path[0] == "0":
        return replace(tree, first=replaced(tree.first, path[1:], node))
    return replace(tree, second=replaced(tree.second, path[1:], node))


def resized(tree: Node, path: str, fraction: float) -> Node:
    """The tree with the split at a path divided otherwise."""
    split = node_at(tree, path)
    if isinstance(split, Tabs):
        raise DockError(f"there is no split {path!r}")
    return replaced(tree, path, replace(split, fraction=fraction))


def activated(tree: Node, pane: str) -> Node:
    """The tree with a pane in front of those that share its place."""
    path = place_of(tree, pane)
    if path is None:
        return tree
    tabs = node_at(tree, path)
    assert isinstance(tabs, Tabs)
    return replaced(tree, path, replace(tabs, active=pane))


def closed(tree: Node, pane: str) -> Node:
    """The tree without a pane; its neighbours take its room. The last pane stays."""
    left = _without(tree, pane)
    return tree if left is None else left


def _without(tree: Node, pane: str) -> Node | None:
    if isinstance(tree, Tabs):
        if pane not in tree.panes:
            return tree
        left = tuple(name for name in tree.panes if name != pane)
        if not left:
            return None
        # The neighbour shows next, as in every program with tabs.
        index = min(tree.panes.index(pane), len(left) - 1)
        return Tabs(left, left[index] if tree.active == pane else tree.active)
    first, second = _without(tree.first, pane), _without(tree.second, pane)
    if first is None or second is None:
        return first or second
    return replace(tree, first=first, second=second)


def opened(tree: Node, pane: str, target: str, side: Side) -> Node:
    """The tree with a pane beside another one or as a tab of its place, in front.

    Args:
        tree: without or with the pane; where it was it no longer is.
        pane: name of the pane.
        target: another pane; one that is not in the tree, or "", is all panes together.
        side: of the target's place; "centre" of all panes together is their right.
    """
    rest = _without(tree, pane)
    if rest is None:
        return tree
    path = place_of(rest, target) if target else None
    share = SHARE if path is not None else BORDER_SHARE
    if path is None:
        path, side = "", "right" if side == "centre" else side
    node = node_at(rest, path)
    if side == "centre" and isinstance(node, Tabs):
        return replaced(rest, path, Tabs((*node.panes, pane), pane))
    direction: Direction = "row" if side in ("left", "right") else "column"
    new = Tabs((pane,))
    split = (
        Split(direction, share, new, node)
        if side in ("left", "top")
        else Split(direction, 1 - share, node, new)
    )
    return replaced(rest, path, split)


def drop_at(arranged: Arranged, whole: Rect, pane: str, x: float, y: float) -> Drop | None:
    """Where a pane goes that is let go at a place of the window; None: it stays where it is."""
    if not whole.contains(x, y):
        return None
    near: dict[Side, float] = {
        "left": x - whole.x, "right": whole.right - x,
        "top": y - whole.y, "bottom": whole.bottom - y,
    }  # fmt: skip
    side = min(near, key=lambda name: near[name])
    if near[side] < BORDER_PX and len(arranged.places) > 1:
        return Drop("", side, part_of(whole, side, BORDER_SHARE))
    for place in arranged.places:
        if not place.rect.contains(x, y):
            continue
        others = [name for name in place.tabs.panes if name != pane]
        if not others:
            return None
        side = side_at(place.rect, x, y)
        if side == "centre" and pane in place.tabs.panes:
            return None
        return Drop(others[0], side, part_of(place.rect, side, SHARE))
    return None


def side_at(rect: Rect, x: float, y: float) -> Side:
    """Which part of a rectangle a place is in."""
    across, down = (x - rect.x) / max(rect.width, 1), (y - rect.y) / max(rect.height, 1)
    near: dict[Side, float] = {"left": across, "right": 1 - across, "top": down, "bottom": 1 - down}
    side = min(near, key=lambda name: near[name])
    return side if near[side] < EDGE else "centre"


def part_of(rect: Rect, side: Side, share: float) -> Rect:
    """The part of a rectangle at one of its sides."""
    if side == "left":
        return Rect(rect.x, rect.y, rect.width * share, rect.height)
    if side == "right":
        return Rect(rect.right - rect.width * share, rect.y, rect.width * share, rect.height)
    if side == "top":
        return Rect(rect.x, rect.y, rect.width, rect.height * share)
    if side == "bottom":
        return Rect(rect.x, rect.bottom - rect.height * share, rect.width, rect.height * share)
    return rect


def plain(tree: Node) -> dict[str, Any]:
    """A tree as tables, lists, texts and numbers, for a file."""
    if isinstance(tree, Tabs):
        return {"panes": list(tree.panes), "active": tree.active}
    return {
        "split": tree.direction,
        "fraction": round(tree.fraction, 5),
        "first": plain(tree.first),
        "second": plain(tree.second),
    }


def tree_of(value: object, known: Sequence[str]) -> Node:
    """The tree of a file.

    Args:
        value: what `plain` gave.
        known: names of the panes that there are; others, of another version, are left out.

    Raises:
        DockError: it is no tree, has no pane that is known, or one twice.
    """
    tree = _read(value, frozenset(known), 0)
    if tree is None:
        raise DockError("a layout without panes")
    names = list(panes_of(tree))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DockError(f"a layout with {twice[0]} twice")
    return tree


def _read(value: object, known: frozenset[str], depth: int) -> Node | None:
    if not isinstance(value, Mapping) or depth > DEEPEST:
        raise DockError("a layout that is no table of panes and splits")
    if "panes" in value:
        names, active = value["panes"], value.get("active", "")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise DockError("a layout whose panes are no list of names")
        left = tuple(name for name in names if name in known)
        return Tabs(left, active if isinstance(active, str) else "") if left else None
    direction, fraction = value.get("split"), value.get("fraction")
    if direction not in ("row", "column"):
        raise DockError(f"a layout with a split {direction!r}", "", 'use "row" or "column"')
    if isinstance(fraction, bool) or not isinstance(fraction, int | float):
        raise DockError(f"a layout with a fraction {fraction!r}", "", "use a number below 1")
    first = _read(value.get("first"), known, depth + 1)
    second = _read(value.get("second"), known, depth + 1)
    if first is None or second is None:
        return first or second
    return Split(direction, float(fraction), first, second)
