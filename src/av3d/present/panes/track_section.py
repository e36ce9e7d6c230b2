"""What holds for the selected tracks as a whole: number, note, presence, relations, keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from av3d.present import words
from av3d.present.choices import Choice
from av3d.present.cuboid_fields import calculated
from av3d.present.drawing import NUMBER, SMALL, TINY, Drawing, Polygon, Rect, key_shape
from av3d.present.edits import Operation
from av3d.present.fields import Field
from av3d.present.panes.category_icon import draw_category
from av3d.present.panes.controls import Control
from av3d.present.selection import MIXED, common, for_each, selected_tracks, selection_name
from av3d.present.theme import CONTROL, RADIUS, provenance_colour
from av3d.render import palette
from av3d.render.palette import category_style
from av3d.tracks.operations.belonging import relate, unrelate
from av3d.tracks.operations.life import change_number, write_note
from av3d.tracks.operations.presence import begin_here, cut_presence, end_here, extend_presence
from av3d.tracks.operations.shape import set_static, unset_static
from av3d.tracks.presence import ENDS, STARTS
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.panes.inspector import InspectorPane

LINE = 24
NOTE_LINES = 3
KEYS_SHOWN = 200
"""Keys that are listed; more of them are counted, and the timeline has all."""


class TrackSection:
    """The second tab of the inspector.

    Args:
        pane: the inspector.
    """

    def __init__(self, pane: InspectorPane) -> None:
        self.pane = pane
        self._note_rect = Rect(0, 0, 0, 0)

    @property
    def key(self) -> tuple[object, ...]:
        """What the drawing depends on beside the tracks and the frame."""
        active = self.pane.session.fields.active
        return (active.name if active is not None and active.pane == self.pane.name else "",)

    def draw(self, drawing: Drawing, y: float) -> float:
        """Everything from `y` down; returns where it ends."""
        tracks = selected_tracks(self.pane.session)
        lead = tracks[0]
        y = self._facts(drawing, tracks, y)
        y = self._note(drawing, tracks, y)
        y = self._presence(drawing, tracks, y)
        y = self.pane.motion.draw_model(drawing, self.pane.section(drawing, y, "Motion"))
        if len(tracks) == 1:
            y = self._relations(drawing, lead, y)
            y = self._keys(drawing, lead, y)
        return y

    def _do(self, title: str, operation: Operation) -> None:
        session = self.pane.session
        session.edits.do(f"{title}: {selection_name(session)}", operation)

    # ID, number, static

    def _facts(self, drawing: Drawing, tracks: tuple[Track, ...], y: float) -> float:
        pane = self.pane
        lead = tracks[0]
        if len(tracks) == 1:
            copy = Control(lambda: pane.run("text.copy", lead.id))
            below = pane.pair(drawing, "ID", lead.id, y)
            pane.add(
                drawing, Rect(0, y - 1, pane.width, 22), "id", copy, f"{lead.id}. Click to copy"
            )
            y = below
            y = self._number(drawing, lead, y)
        static = common(track.static for track in tracks)
        pane.switch(
            drawing, 10, y + LINE / 2, "static", lambda: self._static(static is not True),
            "static", static, enabled=pane.session.labels.editable, max_width=pane.width - 20,
            tip="It never moves: all keys get the cuboid of this frame, or their mean",
        )  # fmt: skip
        return y + LINE + 4

    def _static(self, static: bool) -> None:
        now = self.pane.session.timestamp_ns
        ids = self.pane.session.selection
        if not static:
            self._do("May move", for_each(ids, unset_static))
            return
        self._do("Static", for_each(ids, lambda d, track_id: set_static(
            d, track_id, now if d.track(track_id).is_present(now) else None)))  # fmt: skip

    def _number(self, drawing: Drawing, track: Track, y: float) -> float:
        pane, session = self.pane, self.pane.session
        drawing.text(10, y + LINE / 2, "Number", SMALL, session.theme.text_2)
        rect = Rect(pane.width - 10 - 72, y, 72, CONTROL)

        def entered(text: str) -> None:
            value = calculated(text)
            if text in ("", str(track.number)):
                return
            if value is None or value != int(value):
                title = f"The number of {track.name} is not changed"
                session.say("error", title, f"{text[:40]} is no whole number")
                return
            title = f"Number of {track.name}"
            session.edits.do(title, lambda d: change_number(d, track.id, int(value)))

        pane.entry(drawing, rect, "number", str(track.number), entered, number=True,
                   tip="What people call the track by: category and number")  # fmt: skip
        return y + LINE + 2

    # Note

    def _note(self, drawing: Drawing, tracks: tuple[Track, ...], y: float) -> float:
        pane, theme = self.pane, self.pane.session.theme
        drawing.text(10, y + 10, "Note", SMALL, theme.text_2)
        y += 20
        rect = Rect(10, y, pane.width - 20, 12 + 18 * NOTE_LINES)
        self._note_rect = rect
        note = common(track.note for track in tracks)
        active = pane.session.fields.active
        typing = active is not None and active.name == "note"
        drawing.box(rect, theme.field, theme.accent if typing else theme.border, RADIUS)
        text = MIXED if note is None else note
        shown = [line for part in text.splitlines() for line in pane.wrapped(part, rect.width - 16)]
        if not text:
            drawing.text(rect.x + 7, rect.y + 14, "Write to colleagues", SMALL, theme.text_3)
        for number, line in enumerate(shown[:NOTE_LINES]):
            more = "…" if number == NOTE_LINES - 1 and len(shown) > NOTE_LINES else ""
            drawing.text(rect.x + 7, rect.y + 14 + 18 * number, line + more, SMALL, theme.text,
                         max_width=rect.width - 14)  # fmt: skip
        tip = text if len(shown) > NOTE_LINES else "Click to write; Ctrl+Enter keeps, Esc goes back"
        press = self.begin_note if pane.session.labels.editable else None
        pane.add(drawing, rect, "note", Control(press), tip)
        return rect.bottom + 8

    def begin_note(self) -> None:
        """Put the text cursor into the note."""
        session = self.pane.session
        tracks = selected_tracks(session)
        note = common(track.note for track in tracks) or ""
        ids = session.selection

        def entered(text: str) -> None:
            if text != note:
                self._do("Note", for_each(ids, lambda d, track_id: write_note(d, track_id, text)))

        rect = self._note_rect
        inner = Rect(rect.x + 2, rect.y + 2, rect.width - 4, rect.height - 4)
        session.fields.open(
            Field("note", self.pane.name, inner, note, "Write to colleagues", on_enter=entered,
                  lines=NOTE_LINES)
        )  # fmt: skip

    # Presence

    def _presence(self, drawing: Drawing, tracks: tuple[Track, ...], y: float) -> float:
        pane, session = self.pane, self.pane.session
        theme, frames, now = session.theme, session.log.frames, session.timestamp_ns
        lead = tracks[0]
        present = sum(len(frames.between(s.start_ns, s.end_ns)) for s in lead.presence)
        note = f"{words.count(present)} of {words.plural(session.frames, 'frame')}"
        y = pane.section(drawing, y, "Presence", note if len(tracks) == 1 else "")
        if len(tracks) == 1:
            for span in lead.presence[:12]:
                first, last = frames.nearest(span.start_ns), frames.nearest(span.end_ns)
                inside = span.contains(now)
                text = f"{first} to {last}" if first != last else str(first)
                wide = drawing.text(10, y + LINE / 2, text, NUMBER,
                                    theme.accent_text if inside else theme.text)  # fmt: skip
                said = f"{STARTS[span.starts]}, {ENDS[span.ends]}"
                drawing.text(pane.width - 10, y + LINE / 2, said, SMALL, theme.text_3, anchor=1,
                             max_width=pane.width - wide - 34)  # fmt: skip
                pane.add(
                    drawing, Rect(0, y, pane.width, LINE), f"span.{span.start_ns}",
                    Control(lambda first=first: session.go_to(first)),  # type: ignore[misc]
                    f"Frames {text}: {said}. Click to go to its first frame",
                )  # fmt: skip
                y += LINE
            if len(lead.presence) > 12:
                more = words.plural(len(lead.presence) - 12, "more span")
                drawing.text(10, y + LINE / 2, more, SMALL, theme.text_3)
                y += LINE
        here = any(track.is_present(now) for track in tracks)
        buttons: list[tuple[str, str, Callable[[], None]]] = [
            ("From here", "The object is not there before this frame", self.from_here),
            ("Until here", "The object is not there after this frame", self.until_here),
        ]
        if here:
            buttons.append(("Not here", "The object cannot be seen in this frame", self.not_here))
        else:
            buttons.append(("Here too", "The object is there at this frame, and up to it",
                            self.here_too))  # fmt: skip
        width = (pane.width - 20 - 2 * 6) / 3
        for number, (label, tip, press) in enumerate(buttons):
            rect = Rect(round(10 + number * (width + 6)), y + 2, round(width), CONTROL)
            pane.button(drawing, rect, f"presence.{number}", press, label, tip=tip,
                        enabled=session.labels.editable)  # fmt: skip
        return y + CONTROL + 12

    def from_here(self) -> None:
        """Not present before this frame."""
        now = self.pane.session.timestamp_ns
        ids = self.pane.session.selection
        self._do("Present from here", for_each(ids, lambda d, i: begin_here(d, i, now)))

    def until_here(self) -> None:
        """Not present after this frame."""
        now = self.pane.session.timestamp_ns
        ids = self.pane.session.selection
        self._do("Present until here", for_each(ids, lambda d, i: end_here(d, i, now)))

    def not_here(self) -> None:
        """Not present at this frame."""
        session = self.pane.session
        now, ids = session.timestamp_ns, session.selection
        times = [int(time_ns) for time_ns in session.log.frames.timestamps_ns]
        self._do("Not present here", for_each(
            ids, lambda d, i: cut_presence(d, i, now, now, frames_ns=times)
            if d.track(i).is_present(now) else ()))  # fmt: skip

    def here_too(self) -> None:
        """Present at this frame."""
        now, ids = self.pane.session.timestamp_ns, self.pane.session.selection
        self._do("Present here", for_each(ids, lambda d, i: extend_presence(d, i, now)))

    # Relations

    def _relations(self, drawing: Drawing, track: Track, y: float) -> float:
        pane, session = self.pane, self.pane.session
        ontology = session.labels.ontology
        kinds = [kind for kind in ontology.relations
                 if not kind.children or track.category in kind.children]  # fmt: skip
        parents = [(r, session.track(r.track_id)) for r in track.relations]
        children = [(other, r) for other in session.tracks for r in other.relations
                    if r.track_id == track.id]  # fmt: skip
        if not (kinds or parents or children):
            return y
        y = pane.section(drawing, y, "Relations")

        def title(kind: str) -> str:
            known = ontology.relation(kind)
            return known.title if known else kind.replace("_", " ").capitalize()

        for relation, parent in parents:
            name = parent.name if parent is not None else relation.track_id
            self._related(drawing, y, f"{title(relation.kind)} {name}", parent)
            rect = Rect(pane.width - 10 - CONTROL, y, CONTROL, CONTROL)
            pane.button(
                drawing, rect, f"unrelate.{relation.kind}.{relation.track_id}",
                lambda relation=relation: self._do("Unrelate", lambda d: unrelate(  # type: ignore[misc]
                    d, track.id, relation.track_id, relation.kind)),
                "", icon="close", tip=f"No longer: {title(relation.kind).lower()} {name}", plain=True,
                enabled=session.labels.editable,
            )  # fmt: skip
            y += LINE + 2
        for other, relation in children:
            self._related(drawing, y, f"{other.name}: {title(relation.kind).lower()} it", other)
            y += LINE + 2
        if kinds:
            rect = Rect(10, y + 2, pane.width - 20, CONTROL)
            pane.chooser(drawing, rect, "relate", lambda: self._offer(rect, track),
                         "Add a relation", tip="Say what this track is to another one",
                         enabled=session.labels.editable)  # fmt: skip
            y += CONTROL + 10
        return y

    def _related(self, drawing: Drawing, y: float, text: str, other: Track | None) -> None:
        pane, session = self.pane, self.pane.session
        room = pane.width - 20 - CONTROL - 26
        if other is not None:
            draw_category(drawing, session.theme, 10, y + LINE / 2, other.category)
        drawing.text(34, y + LINE / 2, text, SMALL, session.theme.text, max_width=room)
        if other is not None:
            place = Rect(0, y, pane.width - 14 - CONTROL, LINE)
            pane.add(drawing, place, f"related.{other.id}.{text}",
                     Control(lambda: session.select(other.id)), f"{text}. Click to select")  # fmt: skip

    def _offer(self, anchor: Rect, track: Track) -> None:
        """The tracks that may be meant: those of this frame, nearest first."""
        session = self.pane.session
        boxes = {box.track.id: box for box in session.supply.boxes(session.frame) or ()}
        own = session.box_of(track.id)
        centre = None if own is None else own.cuboid.center_m

        def distance(other: Track) -> float:
            box = boxes.get(other.id)
            if box is None or centre is None:
                return 1e9
            return float(((box.cuboid.center_m - centre) ** 2).sum())

        items: list[Choice] = []
        for kind in session.labels.ontology.relations:
            fitting = [
                other for other in session.tracks
                if other.id != track.id and kind.allows(track.category, other.category)
            ]  # fmt: skip
            near = sorted(fitting, key=distance)[:6]
            for number, other in enumerate(near):
                style = category_style(other.category)
                items.append(
                    Choice(
                        f"{kind.title} {other.name}",
                        lambda kind=kind, other=other: self._do(  # type: ignore[misc]
                            f"{kind.title} {other.name}",
                            lambda d: relate(d, track.id, kind.key, other.id)),
                        style.glyph, style.colour, separated=number == 0 and bool(items),
                    )
                )  # fmt: skip
        if not items:
            items = [Choice("No track that it could belong to", lambda: None, enabled=False)]
        session.choices.open(self.pane.name, anchor, tuple(items))

    # Keys

    def _keys(self, drawing: Drawing, track: Track, y: float) -> float:
        pane, session = self.pane, self.pane.session
        theme = session.theme
        y = pane.section(drawing, y, "Keys", words.plural(len(track.keyframes), "key"))
        for key in track.keyframes[:KEYS_SHOWN]:
            frame = session.log.frames.nearest(key.timestamp_ns)
            name = f"keys.{key.timestamp_ns}"
            rect = Rect(0, y, pane.width, LINE)
            here = key.timestamp_ns == session.timestamp_ns
            if here or pane.is_hot(name):
                drawing.box(rect, theme.selected if here else theme.hover)
            kind = key.provenance.value
            outline = key_shape(palette.PROVENANCE_STYLES[kind].shape, (17, y + LINE / 2), 5)
            drawing.add(Polygon(outline, provenance_colour(theme, kind)))
            drawing.text(34, y + LINE / 2, f"frame {frame}", NUMBER, theme.text)
            drawing.text(pane.width - 10, y + LINE / 2, kind, TINY, theme.text_2, anchor=1)
            pane.add(drawing, rect, name, Control(lambda frame=frame: session.go_to(frame)),  # type: ignore[misc]
                     f"Go to frame {frame}")  # fmt: skip
            y += LINE
        if len(track.keyframes) > KEYS_SHOWN:
            more = words.plural(len(track.keyframes) - KEYS_SHOWN, "more key")
            drawing.text(10, y + LINE / 2, f"{more}, see the timeline", SMALL, theme.text_3)
            y += LINE
        return y + 4
