"""What a press on the timeline begins, and what dragging does until it is released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from av3d.present import words
from av3d.present.time_axis import TimeAxis
from av3d.present.time_span import TimeSpan
from av3d.tracks.document import Document
from av3d.tracks.operations.keyframes import move_keyframe
from av3d.tracks.operations.presence import resize_span
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av3d.present.session import Session
    from av3d.tracks.change import Change

DRAG_PX = 4
"""A press that moves less is a click."""


class Gesture(Protocol):
    """Something that lasts while a button is held."""

    def drag(self, x: float, axis: TimeAxis) -> None:
        """The pointer is at a place of the axis."""

    def release(self) -> None:
        """The button went up: what shows counts."""

    def cancel(self) -> None:
        """Esc: everything is as it was before."""


class Scrub:
    """Goes to the frame under the pointer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._before = session.frame

    def drag(self, x: float, axis: TimeAxis) -> None:
        self._session.go_to_time(axis.time_at(x))

    def release(self) -> None:
        pass

    def cancel(self) -> None:
        self._session.go_to(self._before)


class SpanDrag:
    """Chooses the span between where the drag began and the pointer.

    Args:
        session: whose span.
        fixed_ns: the end that stays.
    """

    def __init__(self, session: Session, fixed_ns: int) -> None:
        self._session = session
        self._fixed_ns = fixed_ns
        self._before = session.span

    def drag(self, x: float, axis: TimeAxis) -> None:
        session = self._session
        frames = session.log.frames
        session.span = TimeSpan.between(frames, self._fixed_ns, axis.time_at(x))
        session.hint = f"Span: {session.span.words(frames)}"

    def release(self) -> None:
        self._session.hint = ""

    def cancel(self) -> None:
        self._session.span = self._before
        self._session.hint = ""


class KeyDrag:
    """Moves a keyframe in time, from frame to frame; not onto another one.

    Args:
        session: whose labels.
        track: the track.
        at_ns: time of the keyframe.
        x: where the press was.
    """

    def __init__(self, session: Session, track: Track, at_ns: int, x: float) -> None:
        self._session = session
        self._track = track
        self._at_ns = at_ns
        self._x = x
        self._before = session.frame
        self._moving = False

    def drag(self, x: float, axis: TimeAxis) -> None:
        if not self._moving and abs(x - self._x) < DRAG_PX:
            return
        self._moving = True
        session, at_ns = self._session, self._at_ns
        frames = session.log.frames
        # Where the pointer is, counted from where the key was taken hold of.
        frame = frames.nearest(at_ns + round((x - self._x) * axis.ns_per_px))
        to_ns = frames[frame].timestamp_ns
        taken = self._track.keyframe_at(to_ns)
        if frame == frames.nearest(at_ns):
            session.edits.drop()
            session.hint = "Keyframe where it was"
        elif taken is not None:
            session.hint = f"There is a keyframe at frame {frame} already"
            return
        else:
            session.edits.preview(
                lambda document: move_keyframe(document, self._track.id, at_ns, to_ns)
            )
            far = words.seconds(abs(to_ns - at_ns))
            session.hint = (
                f"Keyframe to frame {frame}, {far} {'later' if to_ns > at_ns else 'earlier'}"
            )
        session.go_to(frame)

    def release(self) -> None:
        self._session.hint = ""
        if self._moving:
            self._session.edits.keep(f"Move a keyframe of {self._track.name}")

    def cancel(self) -> None:
        self._session.hint = ""
        self._session.edits.drop()
        self._session.go_to(self._before)


class EdgeDrag:
    """Moves the start or the end of a span of presence, from frame to frame.

    Args:
        session: whose labels.
        track: the track.
        row: which of its spans.
        start: whether its start is dragged, not its end.
    """

    def __init__(self, session: Session, track: Track, row: int, *, start: bool) -> None:
        self._session = session
        self._track = track
        self._row = row
        self._start = start
        self._before = session.frame
        self._to_ns: int | None = None

    def drag(self, x: float, axis: TimeAxis) -> None:
        session = self._session
        frames, spans = session.log.frames, self._track.presence
        span = spans[self._row]
        frame = frames.nearest(axis.time_at(x))
        to_ns = frames[frame].timestamp_ns
        to_ns = min(to_ns, span.end_ns) if self._start else max(to_ns, span.start_ns)
        session.hint = f"Present {'from' if self._start else 'until'} frame {frames.nearest(to_ns)}"
        session.go_to(frame)
        if to_ns == self._to_ns:
            return
        self._to_ns = to_ns
        if to_ns == (span.start_ns if self._start else span.end_ns):
            session.edits.drop()
        else:
            session.edits.preview(lambda document: self._resized(document, to_ns))

    def _resized(self, document: Document, to_ns: int) -> Iterable[Change]:
        spans, row = self._track.presence, self._row
        frames = self._session.log.frames
        at_ns = spans[row].start_ns
        # No frame between it and its neighbour: then they are one.
        if self._start:
            near_ns = spans[row - 1].end_ns if row else None
            if near_ns is not None and len(frames.between(near_ns + 1, to_ns - 1)) == 0:
                to_ns = min(to_ns, near_ns)
            return resize_span(document, self._track.id, at_ns, start_ns=to_ns)
        near_ns = spans[row + 1].start_ns if row + 1 < len(spans) else None
        if near_ns is not None and len(frames.between(to_ns + 1, near_ns - 1)) == 0:
            to_ns = max(to_ns, near_ns)
        return resize_span(document, self._track.id, at_ns, end_ns=to_ns)

    def release(self) -> None:
        session = self._session
        session.hint = ""
        what = "starts" if self._start else "ends"
        session.edits.keep(f"Change when {self._track.name} {what}")

    def cancel(self) -> None:
        self._session.hint = ""
        self._session.edits.drop()
        self._session.go_to(self._before)
