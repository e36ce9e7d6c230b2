"""Rows of the list of tracks, and the titles of its groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present import words
from av3d.present.drawing import BODY, BODY_STRONG, ICON, NUMBER, SMALL_STRONG, Drawing, Rect
from av3d.present.icons import ICONS
from av3d.present.panes.category_icon import draw_category
from av3d.present.theme import ROW, Colour
from av3d.present.track_list import Group, TrackState
from av3d.tracks.categories import category_title
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.panes.tracks import TracksPane

STATE_W = 28
"""Width of the column of states."""


def draw_group(pane: TracksPane, drawing: Drawing, group: Group, y: float) -> None:
    """The title of a category; a click folds it."""
    theme = pane.session.theme
    rect = Rect(0, y, pane.width, ROW)
    hot = pane.hot is not None and (pane.hot.command, pane.hot.argument) == (
        "tracks.fold", group.category)  # fmt: skip
    drawing.box(rect, theme.hover if hot else theme.raised)
    middle = rect.centre[1]
    icon = ICONS["chevron_right" if group.shut else "chevron_down"]
    drawing.text(6, middle, icon, ICON, theme.text_2)
    draw_category(drawing, theme, 26, middle, group.category)
    count = words.count(group.count)
    room = pane.width - 50 - drawing.measure(count, NUMBER) - 24
    title = category_title(group.category)
    drawing.text(50, middle, title, SMALL_STRONG, theme.text, max_width=room)
    drawing.text(pane.width - 14, middle, count, NUMBER, theme.text_2, anchor=1)
    tip = f"{'Show' if group.shut else 'Fold'} {words.plural(group.count, 'track')} of {title}"
    drawing.zone(rect, "tracks.fold", group.category, tip)


def draw_row(pane: TracksPane, drawing: Drawing, track: Track, y: float, points: str) -> None:
    """A track; `points` is what its column of points says."""
    session, theme = pane.session, pane.session.theme
    rect = Rect(0, y, pane.width, ROW)
    leads, selected = track.id == session.selected, track.id in session.selection
    hidden = track.id in session.hidden
    if selected:
        drawing.box(rect, theme.selected)
        drawing.box(Rect(0, y, 3 if leads else 2, ROW), theme.accent)
    elif track.id == session.hovered:
        drawing.box(rect, theme.hover)
    present = track.is_present(session.timestamp_ns)
    middle = rect.centre[1]
    faint = not present or hidden
    left = 22 if pane.list.grouped else 8
    draw_category(drawing, theme, left, middle, track.category, alpha=0.5 if faint else 1.0)
    text = theme.text_2 if selected and faint else theme.text_3 if faint else theme.text
    hot = pane.hot is not None and pane.hot.argument == track.id
    eye = hidden or hot
    keys = words.count(len(track.columns))
    room = pane.keys_x - drawing.measure(keys, NUMBER) - 8 - (22 if eye else 0) - left - 24
    drawing.text(left + 24, middle, track.name, BODY_STRONG if leads else BODY, text,
                 max_width=room)  # fmt: skip
    cut = drawing.measure(track.name, BODY) > room
    drawing.text(pane.keys_x, middle, keys, NUMBER, theme.text_2, anchor=1)
    if pane.wide:
        drawing.text(pane.points_x, middle, points, NUMBER, theme.text_2, anchor=1)
    drawing.zone(rect, "track.select", track.id, track.name if cut else "")
    if pane.wide:
        _state(pane, drawing, track, y)
    if eye:
        x = pane.keys_x - drawing.measure(keys, NUMBER) - 26
        place = Rect(x, y + 2, 22, ROW - 4)
        drawing.text(place.centre[0], middle, ICONS["eye_off" if hidden else "eye"], ICON,
                     theme.text_2, anchor=0.5)  # fmt: skip
        tip = "Show in views" if hidden else "Hide in views"
        drawing.zone(place, "tracks.hide", track.id, tip)


def _state(pane: TracksPane, drawing: Drawing, track: Track, y: float) -> None:
    theme = pane.session.theme
    state = pane.list.state(track)
    if not state.icon:
        return
    inks: dict[TrackState, Colour] = {
        TrackState.FINDING: theme.bad,
        TrackState.ISSUE: theme.warn,
        TrackState.UNSURE: theme.warn,
        TrackState.SURE: theme.good,
        TrackState.ACCEPTED: theme.good,
    }
    place = Rect(pane.width - STATE_W, y, STATE_W - 8, ROW)
    ink = inks.get(state, theme.text_2)
    drawing.text(place.centre[0], place.centre[1], ICONS[state.icon], ICON, ink, anchor=0.5)
