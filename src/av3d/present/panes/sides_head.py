"""Header of the side views: what shows in them, and which one where there is room for one only."""

from __future__ import annotations

from collections.abc import Sequence

from av3d.present.drawing import ICON, SMALL_STRONG, Drawing, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.pane import Layer, Pane, draw_button
from av3d.present.panes.sides import SidesPane
from av3d.present.side_view import SIDES


class SidesHead(Pane):
    """Header of the side views."""

    name = "sides_head"
    sides: SidesPane

    def layers(self) -> Sequence[Layer]:
        sides, session = self.sides, self.session
        key = (
            session.selected_track, sides.tabbed, sides.tab, self._hot, sides.clip,
            session.supply.cloud_spec.sweeps_after,
        )  # fmt: skip
        return (Layer("all", key, self._draw),)

    def _draw(self, drawing: Drawing) -> None:
        session, theme, sides = self.session, self.session.theme, self.sides
        drawing.box(Rect(0, 0, self.width, self.height), theme.raised)
        middle = self.height / 2
        drawing.text(8, middle, ICONS["axes"], ICON, theme.text)
        track = session.selected_track
        title = f"{track.name} side views" if track is not None else "Side views"
        right = self.width - 4.0
        count = session.supply.cloud_spec.sweeps_after
        right = draw_button(
            drawing, session, right, middle, "points.sweeps", icon="sweeps", label=f"±{count}",
            on=count > 0, hot=self._is_hot("points.sweeps"),
            tip="Sweeps before and after that are joined; click for more (Shift+])",
        ) - 4  # fmt: skip
        right = draw_button(
            drawing, session, right, middle, "sides.clip",
            label="Clip" if sides.tabbed else "Clip to box", on=sides.clip,
            hot=self._is_hot("sides.clip"),
            tip="Hide points in front of the cuboid and behind it (Alt+X)",
        ) - 4  # fmt: skip
        if sides.tabbed:
            title = track.name if track is not None else "Side views"
            for side in reversed(SIDES):
                right = draw_button(
                    drawing, session, right, middle, "sides.show", label=side.title,
                    argument=side.name, on=sides.tab == side.name,
                    hot=self._is_hot("sides.show", side.name), tip=f"Show the {side.name} view",
                ) - 4  # fmt: skip
        room = max(right - 40, 0)
        drawing.text(32, middle, title, SMALL_STRONG, theme.text, max_width=room)
        if drawing.measure(title, SMALL_STRONG) > room:
            drawing.zone(Rect(0, 0, max(right - 4, 0), self.height), "", "", title)

    def _is_hot(self, command: str, argument: str = "") -> bool:
        hot = self._hot
        return hot is not None and hot.command == command and hot.argument == argument
