"""Commands about a span of time: choosing it, and what can be done with the selected tracks in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from av3d.present import words
from av3d.present.commands.command import Command, has_selection
from av3d.present.time_span import TimeSpan
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations import keyframes, presence, spans
from av3d.tracks.operations.simplify import simplify
from av3d.tracks.presence import Span

if TYPE_CHECKING:
    from av3d.present.session import Session
    from av3d.present.workspace import Workspace

TOLERANCE_M = 0.05
TOLERANCE_RAD = math.radians(1.0)
"""What simplifying may change: about what a steady hand is off by anyway."""

Edit = Callable[["Session", TimeSpan, Document], Iterable[Change]]


def _has_span(workspace: Workspace) -> bool:
    return workspace.session.span is not None


def _can_edit(workspace: Workspace) -> bool:
    session = workspace.session
    return session.span is not None and session.selected is not None


def _edge(*, start: bool) -> Callable[[Workspace, str], None]:
    """The span begins (or ends) at the frame that shows; the other end stays if it may."""

    def action(workspace: Workspace, _argument: str) -> None:
        session = workspace.session
        now, span = session.timestamp_ns, session.span
        frames = session.log.frames
        last_ns = int(frames.timestamps_ns[-1])
        if start:
            end_ns = span.end_ns if span is not None and span.end_ns >= now else last_ns
            session.span = TimeSpan(now, end_ns)
        else:
            first_ns = int(frames.timestamps_ns[0])
            start_ns = span.start_ns if span is not None and span.start_ns <= now else first_ns
            session.span = TimeSpan(start_ns, now)

    return action


def _whole_track(workspace: Workspace, _argument: str) -> None:
    session = workspace.session
    track = session.selected_track
    if track is not None:
        session.span = TimeSpan.between(session.log.frames, track.start_ns, track.end_ns)


def _clear(workspace: Workspace, _argument: str) -> None:
    workspace.session.span = None


def _on_span(title: str, edit: Edit) -> Callable[[Workspace, str], None]:
    """Does an edit to the selected tracks on the span, as one step of undo."""

    def action(workspace: Workspace, _argument: str) -> None:
        session = workspace.session
        span = session.span
        if span is None or session.selected is None:
            return
        tracks = [session.track(track_id) for track_id in session.selection]
        names = [track.name for track in tracks if track is not None]
        who = names[0] if len(names) == 1 else words.plural(len(names), "track")
        where = f"frames {_numbers(session, span)} of {who}"
        told = len(session.messages)
        done = session.edits.do(f"{title}, {where}", lambda d: edit(session, span, d))
        if not done and len(session.messages) == told:
            session.say("info", f"{title}: nothing to do", f"It is so already in {where}.")

    return action


def _numbers(session: Session, span: TimeSpan) -> str:
    inside = span.frames(session.log.frames)
    return f"{inside.start} to {inside.stop - 1}"


def _times_ns(session: Session) -> list[int]:
    times_ns: list[int] = session.log.frames.timestamps_ns.tolist()
    return times_ns


def _delete(session: Session, span: TimeSpan, document: Document) -> Iterable[Change]:
    return keyframes.delete_keyframes(document, session.selection, span.start_ns, span.end_ns)


def _convert(session: Session, span: TimeSpan, document: Document) -> Iterable[Change]:
    return keyframes.convert_interpolated(
        document, session.selection, _times_ns(session), span.start_ns, span.end_ns
    )


def _simplify(session: Session, span: TimeSpan, document: Document) -> Iterable[Change]:
    return simplify(
        document, session.selection, TOLERANCE_M, TOLERANCE_RAD,
        start_ns=span.start_ns, end_ns=span.end_ns,
    ).changes  # fmt: skip


def _confirm(session: Session, span: TimeSpan, document: Document) -> Iterable[Change]:
    return keyframes.confirm(document, session.selection, span.start_ns, span.end_ns)


def _flip(session: Session, span: TimeSpan, document: Document) -> Iterable[Change]:
    frames = spans.FrameSpan(span.start_ns, span.end_ns, _times_ns(session))
    return spans.flip_heading(document, session.selection, frames)


def _absent(session: Session, span: TimeSpan, document: Document) -> Iterable[Change]:
    for track_id in session.selection:
        yield from presence.cut_presence(
            document, track_id, span.start_ns, span.end_ns, frames_ns=_times_ns(session)
        )


def _present(session: Session, span: TimeSpan, document: Document) -> Iterable[Change]:
    """Spans of presence that touch the chosen one, or are next to it, become one with it."""
    frames = session.log.frames
    inside = span.frames(frames)
    before, after = max(inside.start - 1, 0), min(inside.stop, len(frames) - 1)
    near = (frames[before].timestamp_ns, frames[after].timestamp_ns)
    for track_id in session.selection:
        touching = [
            other
            for other in document.track(track_id).presence
            if other.end_ns >= near[0] and other.start_ns <= near[1]
        ]
        if touching:
            start_ns = min(span.start_ns, touching[0].start_ns)
            end_ns = max(span.end_ns, touching[-1].end_ns)
            yield from presence.resize_span(
                document, track_id, touching[0].start_ns, start_ns=start_ns, end_ns=end_ns
            )
        else:
            new = Span(span.start_ns, span.end_ns)
            yield from presence.add_span(document, track_id, new)


COMMANDS: tuple[Command, ...] = (
    Command("span.from", "Span from this frame", "Timeline", _edge(start=True), ("Shift+Home",),
            separated=True),
    Command("span.to", "Span to this frame", "Timeline", _edge(start=False), ("Shift+End",)),
    Command("span.track", "Span of the whole track", "Timeline", _whole_track, (), has_selection),
    Command("span.clear", "No span", "Timeline", _clear, (), _has_span),
    Command("span.delete", "Delete keyframes in the span", "Timeline",
            _on_span("Delete keyframes", _delete), ("Ctrl+Del",), _can_edit, separated=True),
    Command("span.convert", "Make all frames of the span keyframes", "Timeline",
            _on_span("Make keyframes", _convert), (), _can_edit,
            tip="Interpolated cuboids become keyframes where they are"),
    Command("span.simplify", "Simplify keyframes in the span", "Timeline",
            _on_span("Simplify", _simplify), (), _can_edit,
            tip="Takes keyframes away that the motion of the others passes within 5 cm and 1 °; "
            "those set by hand stay"),
    Command("span.confirm", "Confirm keyframes in the span", "Timeline",
            _on_span("Confirm", _confirm), (), _can_edit,
            tip="Fitted, imported and model keyframes count as set by hand from now on"),
    Command("span.flip", "Flip the heading in the span", "Timeline", _on_span("Flip heading", _flip),
            ("Ctrl+Shift+G",), _can_edit),
    Command("span.absent", "Not there in the span", "Timeline", _on_span("Not there", _absent), (),
            _can_edit),
    Command("span.present", "There in the span", "Timeline", _on_span("There", _present), (),
            _can_edit),
)  # fmt: skip
