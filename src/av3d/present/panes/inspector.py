"""The inspector: values of the selected cuboid and of its track, to be read and edited."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

import numpy as np

from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.commands import Command
from av3d.present.dock import Side
from av3d.present.drawing import BODY_STRONG, ICON, SMALL, SMALL_STRONG, Drawing, Measure, Rect
from av3d.present.icons import ICONS
from av3d.present.journal import Journal, undone_of
from av3d.present.panes.attribute_section import AttributeSection
from av3d.present.panes.category_icon import draw_category
from av3d.present.panes.controls import Control, ControlsPane
from av3d.present.panes.cuboid_section import CuboidSection
from av3d.present.panes.finding_section import draw_findings
from av3d.present.panes.issue_section import draw_issues
from av3d.present.panes.journal_rows import draw_entries
from av3d.present.panes.motion_section import MotionSection
from av3d.present.panes.pane import draw_message
from av3d.present.panes.proposal_line import draw_proposal
from av3d.present.panes.track_section import TrackSection
from av3d.present.selection import MIXED, common, for_each, selected_tracks, selection_name
from av3d.present.session import Session
from av3d.present.theme import HEADER, RADIUS
from av3d.present.track_menu import offer_track_menu
from av3d.render.palette import category_style
from av3d.tracks.categories import category_title
from av3d.tracks.operations.life import change_category
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

TABS = ("cuboid", "track", "history")
TAB_H = 32


class InspectorPane(ControlsPane):
    """Everything known about the selected tracks, in three tabs; sections fold where room is short."""

    name = "inspector"
    title = "Inspector"
    icon = "cube"
    own_head = True
    home: tuple[str, Side] = ("", "right")
    head_height = float(HEADER + TAB_H)
    folded = False
    """Whether sections that can fold show their titles only, until one is clicked (step 3)."""
    host: Workspace | None = None
    """For the commands that buttons run; None in tests of the pane alone."""

    def __init__(self, session: Session, measure: Measure, run: Callable[[str, str], None]) -> None:
        super().__init__(session, measure, run)
        self.tab = "cuboid"
        self.cuboid = CuboidSection(self)
        self.attributes = AttributeSection(self)
        self.motion = MotionSection(self)
        self.track = TrackSection(self)
        self.journal = Journal(session)
        self._toggled: frozenset[str] = frozenset()

    # Commands

    def command(self, name: str) -> Command | None:
        """The command of a name, if there is one."""
        if self.host is None:
            return None
        return next((c for c in self.host.table.commands if c.name == name), None)

    def able(self, name: str) -> bool:
        """Whether a command can be run now."""
        command = self.command(name)
        return command is not None and self.host is not None and command.enabled(self.host)

    def key_of(self, name: str) -> str:
        """The key of a command, "" if it has none."""
        command = self.command(name)
        return "" if command is None else command.key

    def show_tab(self, tab: str) -> None:
        """Show one of TABS."""
        self.tab = tab
        self._scroll = 0.0

    def begin_note(self) -> None:
        """Let the user write the note of the track."""
        self._draw_now("track")
        self.track.begin_note()

    def begin_value(self, name: str) -> None:
        """Put the text cursor into a field of the cuboid."""
        self._draw_now("cuboid")
        self.cuboid.begin_typing(name)

    def _draw_now(self, tab: str) -> None:
        """Show a tab at once, so that it is known where its fields are."""
        self.show_tab(tab)
        self.refresh_soon()

    # Drawing

    def body_key(self) -> Hashable:
        session = self.session
        counts = session.supply.counts(session.frame)
        points = counts.get(session.selected or "") if counts is not None else None
        about = self._about() if self.tab == "history" else None
        return (
            session.selection, session.frame, session.supply.revision, points, self.folded, self.tab,
            self._toggled, self.cuboid.key, self.attributes.key, self.motion.key, self.track.key,
            about, session.labels.editable, session.labels.redoable, self.able("edit.fit"),
            self.able("edit.ground"), self.able("edit.flip"), id(session.marks),
        )  # fmt: skip

    def _about(self) -> Hashable:
        selected = self.session.selected
        return None if selected is None else self.journal.about(selected)

    def head_key(self) -> Hashable:
        session = self.session
        return session.selection, session.supply.revision, self.tab, session.labels.editable

    def draw_head(self, drawing: Drawing) -> None:
        session, theme = self.session, self.session.theme
        drawing.box(Rect(0, 0, self.width, HEADER), theme.raised)
        tracks = selected_tracks(session)
        if not tracks:
            drawing.text(8, HEADER / 2, ICONS[self.icon], ICON, theme.text)
            drawing.text(32, HEADER / 2, "Inspector", SMALL_STRONG, theme.text)
            return
        category = common(track.category for track in tracks)
        if category is not None:
            draw_category(drawing, theme, 8, HEADER / 2, category)
        else:
            drawing.text(8, HEADER / 2, ICONS["tracks"], ICON, theme.text_2)
        name = tracks[0].name if len(tracks) == 1 else f"{len(tracks)} tracks selected"
        room = self.width - 32 - 34 - 90
        x = 32 + drawing.text(32, HEADER / 2, name, BODY_STRONG, theme.text, max_width=room) + 8
        right = self.width - 34.0
        if not session.labels.editable:
            drawing.text(right, HEADER / 2, ICONS["read_only"], ICON, theme.text_3, anchor=1)
            rect = Rect(right - 20, 2, 24, 24)
            drawing.zone(rect, "", "read-only", "These labels can only be looked at")
            right -= 24
        title = MIXED if category is None else self._title(category)
        wide = min(drawing.measure(title, SMALL) + 34, right - x)
        rect = Rect(round(x), HEADER / 2 - 11, round(wide), 22)
        self.chooser(
            drawing, rect, "category", lambda: self.offer_categories(rect), title,
            tip="Change the category", enabled=session.labels.editable,
        )  # fmt: skip
        more = Rect(self.width - 30, 2, 24, 24)
        self.button(drawing, more, "more", lambda: self.offer_commands(more), "", icon="more",
                    tip="What can be done with the track", plain=True)  # fmt: skip
        self._tabs(drawing)

    def _tabs(self, drawing: Drawing) -> None:
        theme = self.session.theme
        drawing.box(Rect(0, HEADER, self.width, TAB_H), theme.panel)
        bottom = HEADER + TAB_H - 0.5
        drawing.line((0, bottom), (self.width, bottom), theme.control)
        x = 4.0
        for tab in TABS:
            label = tab.capitalize()
            on, name = tab == self.tab, f"tab.{tab}"
            width = round(drawing.measure(label, SMALL_STRONG) + 24)
            rect = Rect(x, HEADER + 2, width, TAB_H - 4)
            if self.is_hot(name) and not on:
                drawing.box(rect, theme.hover, radius=RADIUS)
            ink = theme.text if on else theme.text_2
            drawing.text(x + width / 2, HEADER + TAB_H / 2, label, SMALL_STRONG if on else SMALL, ink,
                         anchor=0.5)  # fmt: skip
            if on:
                drawing.box(Rect(x + 8, HEADER + TAB_H - 3, width - 16, 3), theme.accent)
            tip = {"cuboid": "Values at this frame", "track": "What holds for the whole track",
                   "history": "What was done to this track"}[tab]  # fmt: skip
            self.add(drawing, rect, name, Control(lambda tab=tab: self.show_tab(tab)), tip)  # type: ignore[misc]
            x += width + 2

    def draw_body(self, drawing: Drawing, y: float) -> float:
        session = self.session
        tracks = selected_tracks(session)
        if not tracks:
            draw_message(
                drawing, session, Rect(0, HEADER, self.width, self.height - HEADER), "cube",
                "Select a track to see its values. Click a cuboid, or press Tab.",
            )  # fmt: skip
            return y
        if self.tab == "history":
            return self._history(drawing, tracks, y)
        if self.tab == "track":
            return self.track.draw(drawing, self._said(drawing, tracks, y) + 8)
        return self._cuboid(drawing, tracks, self._said(drawing, tracks, y) + 4)

    def _said(self, drawing: Drawing, tracks: tuple[Track, ...], y: float) -> float:
        """What somebody has to decide: proposals, findings, issues."""
        y = draw_findings(self, drawing, tracks, draw_proposal(self, drawing, tracks, y))
        return draw_issues(self, drawing, tracks, y)

    def _cuboid(self, drawing: Drawing, tracks: tuple[Track, ...], y: float) -> float:
        y = self.cuboid.draw(drawing, y)
        box = self.session.box_of(tracks[0].id)
        attributes = self.attributes
        if attributes.attributes() or attributes.others():
            missing = attributes.missing()
            note = f"{missing} required" if missing else attributes.scope_words()
            y, shut = self._title_line(drawing, y, "Attributes", note, warn=missing > 0)
            if not shut:
                self._scope(drawing, y - 29, "" if missing else note)
                y = attributes.draw(drawing, y)
        if box is None or len(tracks) > 1:
            return y
        kind = box.state.provenance.value
        y, shut = self._title_line(drawing, y, "Provenance", kind)
        if not shut:
            y = self.motion.draw_provenance(drawing, box, y)
        y, shut = self._title_line(drawing, y, "Certainty", self.motion.note(), accent=True)
        if not shut:
            y = self.motion.draw_certainty(drawing, box, y)
        y, shut = self._title_line(drawing, y, "Measures", "at this frame")
        if not shut:
            distance_m = float(np.hypot(*box.cuboid.center_m[:2]))
            y = self.pair(drawing, "Speed", words.speed(box.state.speed_m_s), y)
            y = self.pair(drawing, "Distance", words.metres(distance_m), y)
            counts = self.session.supply.counts(self.session.frame)
            points = counts.get(box.track.id) if counts is not None else None
            text = "counting" if points is None else words.plural(points, "point")
            if box.track.id in self.session.hidden:
                text = "hidden"
            y = self.pair(drawing, "Inside the cuboid", text, y)
        return y + 4

    def _title_line(
        self, drawing: Drawing, y: float, title: str, note: str, *, warn: bool = False,
        accent: bool = False,
    ) -> tuple[float, bool]:  # fmt: skip
        """A section that can be folded; where its contents begin, and whether it is."""
        theme = self.session.theme
        shut = self.folded != (title in self._toggled)
        paint = theme.warn if warn else theme.accent_text if accent else None

        def toggle() -> None:
            self._toggled ^= {title}

        if title == "Attributes" and not shut and not warn:
            note = ""
        y = self.section(drawing, y, title, note, shut=shut, toggle=toggle, note_colour=paint)
        return y, shut

    def _scope(self, drawing: Drawing, y: float, note: str) -> None:
        """Where values of attributes go, at the right of their title."""
        if not note:
            return
        wide = drawing.measure(note, SMALL) + 34
        rect = Rect(round(self.width - 8 - wide), y + 3, round(wide), 24)
        theme = self.session.theme
        if self.is_hot("scope"):
            drawing.box(rect, theme.control, radius=RADIUS)
        drawing.text(rect.x + 8, y + 15, note, SMALL, theme.text_2)
        drawing.text(rect.right - 19, y + 15, ICONS["chevron_down"], ICON, theme.text_2)
        self.add(drawing, rect, "scope", Control(lambda: self.attributes.choose_scope(rect)),
                 "Where values go that may change in time")  # fmt: skip

    def _history(self, drawing: Drawing, tracks: tuple[Track, ...], y: float) -> float:
        session = self.session
        rect = Rect(0, self.head_height, self.width, self.height - self.head_height)
        lines = self.journal.about(tracks[0].id)
        if len(tracks) > 1 or not lines:
            text = "Not edited yet. What is done to this track is listed here."
            if len(tracks) > 1:
                text = "Select one track to see what was done to it."
            elif lines is None:
                text = "Reading what was done."
            draw_message(drawing, session, rect, "history", text)
            return y
        return draw_entries(self, drawing, y, self.journal, lines, undone_of(lines))

    # Choices

    def _title(self, category: str) -> str:
        known = self.session.labels.ontology.category(category)
        return known.title if known else category_title(category)

    def offer_categories(self, anchor: Rect) -> None:
        """Let the user choose among the categories of the ontology."""
        session = self.session
        held = common(track.category for track in selected_tracks(session))
        items: list[Choice] = []
        for category in session.labels.ontology.categories:
            style = category_style(category.key)
            items.append(
                Choice(category.title, lambda key=category.key: self.set_category(key),  # type: ignore[misc]
                       style.glyph, style.colour, category.hotkey, category.key == held)
            )  # fmt: skip
        session.choices.open(self.name, anchor, tuple(items))

    def set_category(self, category: str) -> None:
        """Make the selected tracks of another category."""
        session = self.session
        title = f"Make {selection_name(session)} {self._title(category)}"
        operation = for_each(session.selection, lambda d, i: change_category(d, i, category))
        session.edits.do(title, operation)

    def offer_commands(self, anchor: Rect) -> None:
        """Open the commands of the menu Track here."""
        if self.host is not None:
            offer_track_menu(self.host, self.name, anchor)
