"""The workspaces of a window: which layout of panes shows, and what the user does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from av3d.errors import Av3dError
from av3d.present.dock import (
    DockError,
    Drop,
    Node,
    activated,
    closed,
    drop_at,
    opened,
    panes_of,
    plain,
    resized,
    tree_of,
)
from av3d.present.layout import (
    ANNOTATE,
    REVIEW,
    Layout,
    annotate_tree,
    arrange,
    line_named,
    review_tree,
    shown_panes,
)
from av3d.present.panes.pane import Pane
from av3d.present.theme import HEADER

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

USUAL = {"Annotate": ANNOTATE, "Review": REVIEW}
"""Names of the layouts that are always there, and their workspaces."""
DRAG_PX = 6
"""A header that is dragged less far stays where it is."""
LONGEST_NAME = 32
MOST_OWN = 12


class LayoutError(Av3dError):
    """A layout that cannot be kept as the user wants it."""


@dataclass(frozen=True)
class Arrangement:
    """What is kept of a layout.

    Attributes:
        base: its workspace, ANNOTATE or REVIEW: which keys and commands are there.
        tree: the panes as the user has put them; None: the usual ones.
        sizes: fractions of the splits of the usual layout that the user has dragged, by name.
    """

    base: str
    tree: Node | None = None
    sizes: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Grip:
    """A header that the pointer holds.

    Attributes:
        pane: that would be moved.
        x, y: where it was taken hold of.
        moving: whether the pointer has gone far enough to mean it.
        drop: what letting go would do.
    """

    pane: str
    x: float
    y: float
    moving: bool = False
    drop: Drop | None = None


class Desk:
    """Layouts of a workspace.

    Attributes:
        name: of the layout that shows.
        arrangements: all layouts, the usual ones first.
        full: pane that fills the window, or None.
        tab: what shows where main view and camera share a place: "main" or "camera".
        grip: the header that is being dragged, or None.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.name = "Annotate"
        self.arrangements = {name: Arrangement(base) for name, base in USUAL.items()}
        self._last = {base: name for name, base in USUAL.items()}
        self.full: str | None = None
        self.tab = "main"
        self.grip: Grip | None = None

    @property
    def layout(self) -> Layout:
        """What shows now."""
        return self._workspace.layout

    @property
    def arrangement(self) -> Arrangement:
        return self.arrangements[self.name]

    @property
    def base(self) -> str:
        """The workspace: ANNOTATE or REVIEW."""
        return self.arrangement.base

    @property
    def own(self) -> tuple[str, ...]:
        """Names of the layouts that the user has made."""
        return tuple(name for name in self.arrangements if name not in USUAL)

    @property
    def tabs(self) -> tuple[str, ...]:
        """The layouts that the top bar offers: the usual ones, and an own one while it shows."""
        return (*USUAL, *((self.name,) if self.name not in USUAL else ()))

    @property
    def tips(self) -> dict[str, str]:
        """What the workspaces are for, with their keys."""
        if not self._workspace.session.has_log:
            return {}
        commands = [self._workspace.table.by_name(f"workspace.{base}") for base in USUAL.values()]
        return {
            command.title: f"{command.tip} ({command.key})" if command.key else command.tip
            for command in commands
        }

    @property
    def dockable(self) -> dict[str, Pane]:
        """The panes that can be put somewhere, by name."""
        return {pane.name: pane for pane in self._workspace.panes if pane.title}

    def arrange(self, width: int, height: int) -> Layout:
        """The layout in a window of this size."""
        arrangement = self.arrangement
        dockable = self.dockable
        return arrange(
            width, height, arrangement.sizes, tree=arrangement.tree, workspace=arrangement.base,
            full=self.full, main_tab=self.tab, cameras=len(self._workspace.session.log.cameras),
            bare=[name for name, pane in dockable.items() if pane.own_head],
        )  # fmt: skip

    # What the user does

    def show(self, name: str) -> None:
        """Go to another layout."""
        if name in self.arrangements:
            self.name, self.full = name, None
            self._last[self.base] = name
            self._workspace.relayout()

    def go(self, base: str) -> None:
        """Go to a workspace: to the layout that it showed last."""
        if self.base != base:
            self.show(self._last[base])

    def belongs(self, pane: str) -> bool:
        """Whether a pane can be opened in this workspace."""
        return self.dockable[pane].workspace in ("", self.base)

    def drag_gutter(self, name: str, x: float, y: float) -> None:
        """A gutter was dragged to a place of the window."""
        layout = self.layout
        line = line_named(layout, name)
        if line is None or layout.tree is None:
            return
        fraction, arrangement = line.fraction_at(x, y), self.arrangement
        if arrangement.tree is None:
            sizes = {**arrangement.sizes, name: fraction}
            self._keep(replace(arrangement, sizes=sizes))
        else:
            self._keep(replace(arrangement, tree=resized(layout.tree, line.path, fraction)))

    def bring_to_front(self, pane: str) -> None:
        """Show a pane that is behind others at its place."""
        tree = self._tree()
        if pane in panes_of(tree):
            self._keep(replace(self.arrangement, tree=activated(tree, pane)))

    def is_open(self, pane: str) -> bool:
        """Whether a pane has a place, even behind others."""
        return pane in shown_panes(self.layout) or pane in panes_of(self._tree())

    def toggle(self, pane: str) -> None:
        """Open a pane, or close it."""
        if self.is_open(pane):
            self.close(pane)
        else:
            self.open(pane)

    def switch(self, pane: str) -> None:
        """Close a pane that is in front; open one that is not there, or behind others."""
        if pane in self.layout.panes:
            self.close(pane)
        else:
            self.open(pane)

    def open(self, pane: str) -> None:
        """Open a pane where it usually is, in front."""
        found = self.dockable.get(pane)
        if found is None:
            raise LayoutError(f"there is no pane {pane!r}")
        tree = self._tree()
        if pane in panes_of(tree):
            self.bring_to_front(pane)
            return
        self.full = None
        target, side = found.home
        if target not in panes_of(tree):
            # Where it usually is there is nothing: beside all others.
            target, side = "", "right" if side == "centre" else side
        self._keep(replace(self.arrangement, tree=opened(tree, pane, target, side)))

    def close(self, pane: str) -> None:
        """Close a pane; the last one stays."""
        if self.full == pane:
            self.full = None
        self._keep(replace(self.arrangement, tree=closed(self._tree(), pane)))

    def reset(self) -> None:
        """Put the panes of this workspace where they usually are."""
        self.full = None
        self._keep(Arrangement(self.base))

    def save_as(self, name: str) -> None:
        """Keep the present layout under a name, and go on with that one.

        Raises:
            LayoutError: the name cannot be used, or there are too many.
        """
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise LayoutError(
                f"a layout cannot be named {name!r}", "", f"use 1 to {LONGEST_NAME} characters"
            )
        if name in USUAL:
            raise LayoutError(f"{name} is the usual layout", "", "use another name")
        if name not in self.arrangements and len(self.own) >= MOST_OWN:
            raise LayoutError(f"there are {MOST_OWN} layouts", "", "remove one that is not needed")
        self.arrangements[name] = replace(self.arrangement, tree=self._tree())
        self.show(name)

    def remove(self, name: str) -> None:
        """Forget a layout of the user."""
        if name in self.own:
            base = self.arrangements.pop(name).base
            self._last[base] = next(usual for usual, own in USUAL.items() if own == base)
            if self.name == name:
                self.show(self._last[base])

    def toggle_full(self) -> None:
        """Let the pane under the pointer (default: the main view) fill the window, or go back."""
        if self.full is not None:
            self.full = None
        else:
            over = self._workspace.hovered_pane
            name = over.name.removesuffix("_head").removesuffix("_bar") if over else "main"
            self.full = name if name in self.dockable else "main"
        self._workspace.relayout()

    def toggle_tab(self) -> None:
        """Show the large camera where the points are, or the other way round."""
        self.tab = "camera" if self.tab == "main" else "main"
        self._workspace.relayout()

    @property
    def shares_place(self) -> bool:
        """Whether main view and camera share a place, for want of room."""
        folded = self.layout.step >= 5 and self.full is None
        return folded and self.arrangement.tree is None and self.base == ANNOTATE

    # A header that is dragged

    def take(self, pane: Pane | None, x: float, y: float, window: tuple[float, float]) -> None:
        """The button went down on a pane, at (x, y) in it: its header may be dragged."""
        name = self._gripped(pane, x, y) if pane is not None and self.full is None else ""
        self.grip = Grip(name, *window) if name in self.dockable else None

    def _gripped(self, pane: Pane, x: float, y: float) -> str:
        zone = pane.zone_at(x, y)
        if zone is not None and zone.command == "pane.show":
            return zone.argument
        if zone is not None and zone.command:
            return ""
        for ending in ("_head", "_bar"):
            if pane.name.endswith(ending):
                return pane.name.removesuffix(ending)
        return pane.name if pane.own_head and y < HEADER else ""

    def drag(self, x: float, y: float) -> bool:
        """The pointer moved to a place of the window; whether a pane moves with it."""
        grip = self.grip
        if grip is None:
            return False
        if not grip.moving and max(abs(x - grip.x), abs(y - grip.y)) <= DRAG_PX:
            return True
        layout = self.layout
        grip.moving = True
        grip.drop = drop_at(layout.arranged, layout.whole, grip.pane, x, y)
        return True

    def let_go(self) -> None:
        """The button went up: the pane goes where it was dragged to."""
        grip, self.grip = self.grip, None
        if grip is None or grip.drop is None:
            return
        tree = opened(self._tree(), grip.pane, grip.drop.target, grip.drop.side)
        self._keep(replace(self.arrangement, tree=tree))

    def drop_grip(self) -> bool:
        """Forget the header that is being dragged; whether a pane was moving."""
        grip, self.grip = self.grip, None
        return grip is not None and grip.moving

    # For the settings

    def plain(self) -> dict[str, Any]:
        """All layouts as plain values."""
        layouts: dict[str, Any] = {}
        for name, arrangement in self.arrangements.items():
            row: dict[str, Any] = {} if name in USUAL else {"base": arrangement.base}
            if arrangement.sizes:
                row["sizes"] = {key: round(value, 5) for key, value in arrangement.sizes.items()}
            if arrangement.tree is not None:
                row["tree"] = plain(arrangement.tree)
            if row:
                layouts[name] = row
        return {"layouts": layouts} if layouts else {}

    def restore(self, values: Mapping[str, Any]) -> list[str]:
        """Take layouts over as `plain` gave them.

        Returns:
            A line for each layout that cannot be used; it is as usual, or left out.
        """
        problems: list[str] = []
        layouts = values.get("layouts", {})
        if not isinstance(layouts, Mapping):
            return ["the layouts are no table; the usual ones are used"]
        for name, row in layouts.items():
            try:
                self.arrangements[str(name)] = self._read(str(name), row)
            except (DockError, TypeError, ValueError, OverflowError) as error:
                problems.append(f"the layout {name} is left out: {error}")
        if self.name not in self.arrangements:
            self.name = "Annotate"
        self._workspace.relayout()
        return problems

    def _read(self, name: str, row: object) -> Arrangement:
        if not isinstance(row, Mapping):
            raise DockError("it is no table")
        base = str(USUAL.get(name, row.get("base", ANNOTATE)))
        if base not in USUAL.values():
            raise DockError(f"there is no workspace {base!r}")
        sizes = row.get("sizes", {})
        if not isinstance(sizes, Mapping):
            raise DockError("its sizes are no table")
        fractions = {str(key): float(value) for key, value in sizes.items()}
        if not all(0 < value < 1 for value in fractions.values()):
            raise DockError("its sizes are not between 0 and 1")
        tree = tree_of(row["tree"], list(self.dockable)) if "tree" in row else None
        return Arrangement(base, tree, fractions)

    def _tree(self) -> Node:
        """The tree that shows, or that would if nothing were folded away."""
        layout, arrangement = self.layout, self.arrangement
        if arrangement.tree is not None:
            return arrangement.tree
        make = review_tree if arrangement.base == REVIEW else annotate_tree
        return make(layout.width, layout.height, arrangement.sizes)

    def _keep(self, arrangement: Arrangement) -> None:
        self.arrangements[self.name] = arrangement
        self._workspace.relayout()
