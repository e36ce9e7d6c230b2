"""What lies where on the timeline, and what is said about it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from av3d.present import words
from av3d.present.drawing import BODY_STRONG, Measure
from av3d.present.lanes import LaneRow
from av3d.present.panes.timeline_lanes import EYE, FOOT, MIDDLE
from av3d.present.panes.timeline_ruler import RULER
from av3d.present.session import Session
from av3d.present.theme import LANE
from av3d.present.time_axis import TimeAxis
from av3d.present.time_span import TimeSpan
from av3d.tracks.presence import ENDS, STARTS
from av3d.tracks.track import Track

REACH_PX = 6.0
"""How far from a key, a remark or an end of a span a press still means it."""


@dataclass(frozen=True)
class Hit:
    """What lies under a place of the lanes.

    Attributes:
        kind: "name", "eye", "heading", "key", "start", "end", "lane", "ruler", "span start", "span end",
            "overview".
        row: of the lane, counted from the first one that shows; -1 outside of lanes.
        track_id: of the lane, "" for none; of a heading its category.
        timestamp_ns: of the key, of the end of presence, or of the place.
        number: which span of presence.
    """

    kind: str
    row: int = -1
    track_id: str = ""
    timestamp_ns: int = 0
    number: int = 0


@dataclass(frozen=True, eq=False)
class TimelineView:
    """Where lanes and times are.

    Attributes:
        axis: where times are.
        rows: the rows that show, from the top.
        labels: width of the names left of the lanes.
        overview_y: top of the bar that stands for the whole log; None while all of it shows.
    """

    axis: TimeAxis
    rows: tuple[LaneRow, ...]
    labels: float
    overview_y: float | None

    def hit(self, x: float, y: float, span: TimeSpan | None) -> Hit:
        """What lies under a place of the pane, with this span chosen."""
        axis = self.axis
        if self.overview_y is not None and y >= self.overview_y:
            return Hit("overview", timestamp_ns=axis.time_at(x))
        if y < RULER:
            if span is not None and x >= self.labels:
                for kind, time_ns in (("span start", span.start_ns), ("span end", span.end_ns)):
                    if abs(axis.x_of(time_ns) - x) <= REACH_PX:
                        return Hit(kind, timestamp_ns=time_ns)
            return Hit("ruler", timestamp_ns=axis.time_at(x))
        number = int((y - RULER) // LANE)
        rows = self.rows
        if number >= len(rows):
            return Hit("lane", timestamp_ns=axis.time_at(x))
        row = rows[number]
        if row.track is None:
            return Hit("heading", number, row.category)
        if x < self.labels:
            return Hit("eye" if x >= self.labels - EYE else "name", number, row.track.id)
        return self._hit_lane(row.track, number, x, y - RULER - number * LANE)

    def _hit_lane(self, track: Track, number: int, x: float, y: float) -> Hit:
        axis = self.axis
        if abs(y - MIDDLE) <= 10:
            for place, span in enumerate(track.presence):
                # Beside the key at the end of the bar, outside.
                if 4 <= axis.x_of(span.start_ns) - x <= 12:
                    return Hit("start", number, track.id, span.start_ns, place)
                if 4 <= x - axis.x_of(span.end_ns) <= 12:
                    return Hit("end", number, track.id, span.end_ns, place)
            times = track.times_ns
            at = bisect_left(times, axis.time_at(x))
            near = [times[row] for row in (at - 1, at) if 0 <= row < len(times)]
            near = [time_ns for time_ns in near if abs(axis.x_of(time_ns) - x) <= REACH_PX]
            if near:
                closest = min(near, key=lambda time_ns: abs(axis.x_of(time_ns) - x))
                return Hit("key", number, track.id, closest)
        return Hit("lane", number, track.id, axis.time_at(x))


def tip_of(
    session: Session, view: TimelineView, hit: Hit, x: float, y: float, measure: Measure
) -> str:
    """What is said about what lies in a lane.

    Args:
        session: what is being looked at.
        view: where lanes and times are.
        hit: what lies there.
        x: of the pointer, in pixels of the pane.
        y: of the pointer, from the top of the lane.
        measure: width of texts.
    """
    track = session.track(hit.track_id)
    if track is None:
        return "Fold or show these lanes" if hit.kind == "heading" else ""
    frame = session.log.frames.nearest(hit.timestamp_ns)
    if hit.kind == "eye":
        return "Show in views" if track.id in session.hidden else "Hide in views"
    if hit.kind == "name":
        wide = measure(track.name, BODY_STRONG)
        return track.name if wide > view.labels - 150 else ""
    if hit.kind == "key":
        keyframe = track.keyframe_at(hit.timestamp_ns)
        kind = keyframe.provenance.value.capitalize() if keyframe is not None else ""
        return f"{kind} key at frame {frame}. Drag to retime it"
    if hit.kind == "start":
        why = STARTS[track.presence[hit.number].starts]
        return f"Present from frame {frame} ({why}). Drag to change it"
    if hit.kind == "end":
        why = ENDS[track.presence[hit.number].ends]
        return f"Present until frame {frame} ({why}). Drag to change it"
    return _tip_at(session, view, track, frame, x, y)


def _tip_at(
    session: Session, view: TimelineView, track: Track, frame: int, x: float, y: float
) -> str:
    """Remarks and suggestions at a place, else how certain the frame is."""
    for mark in session.marks.get(track.id, ()):
        if -REACH_PX <= x - 13 - view.axis.x_of(mark.timestamp_ns) <= REACH_PX and y < FOOT - 7:
            return mark.text
    suggested_ns = suggested(session, track)
    if suggested_ns is not None and abs(view.axis.x_of(suggested_ns) - x) <= REACH_PX + 2:
        at = session.log.frames.nearest(suggested_ns)
        return f"A key at frame {at} would help most"
    certainty = session.certainties.of(track)
    found = certainty and certainty.at(session.log.frames[frame].timestamp_ns)
    if not found:
        return ""
    overlap, level = found
    return (
        f"Frame {frame}: expected overlap with the truth {words.number(100 * overlap, 0)} %, "
        f"{level.words}"
    )


def suggested(session: Session, track: Track) -> int | None:
    """Time of the suggested next keyframe, which only the selected track has."""
    if track.id != session.selected or session.edits.previewing:
        return None
    suggestion = session.certainties.suggestion(track)
    return None if suggestion is None else suggestion.time_ns
