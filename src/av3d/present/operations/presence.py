"""When objects are there: direct edits at the frame that shows, and why they come and go."""

from __future__ import annotations

from av3d.present.dialog import Dialog, Option, Pick, Plan, Values
from av3d.present.operations.common import do, times_ns
from av3d.present.selection import for_each, selected_tracks, selection_name
from av3d.present.session import Session
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations import presence
from av3d.tracks.presence import ENDS, STARTS, Edge, Span


def from_here(session: Session) -> None:
    """Not there before this frame."""
    now = session.timestamp_ns
    do(session, "There from here on", for_each(
        session.selection, lambda d, i: presence.begin_here(d, i, now)))  # fmt: skip


def until_here(session: Session) -> None:
    """Not there after this frame."""
    now = session.timestamp_ns
    do(session, "There until here", for_each(
        session.selection, lambda d, i: presence.end_here(d, i, now)))  # fmt: skip


def not_here(session: Session) -> None:
    """Not there in this frame."""
    now, frames_ns = session.timestamp_ns, times_ns(session)

    def cut(document: Document, track_id: str) -> tuple[Change, ...]:
        if not document.track(track_id).is_present(now):
            return ()
        return presence.cut_presence(document, track_id, now, now, frames_ns=frames_ns)

    do(session, "Not there in this frame", for_each(session.selection, cut))


def here_too(session: Session) -> None:
    """There from the nearest span up to this frame."""
    now = session.timestamp_ns
    do(session, "There up to this frame", for_each(
        session.selection, lambda d, i: presence.extend_presence(d, i, now)))  # fmt: skip


def only_here(session: Session) -> None:
    """There in this frame alone, beside the spans that there are."""
    now = session.timestamp_ns

    def add(document: Document, track_id: str) -> tuple[Change, ...]:
        if document.track(track_id).is_present(now):
            return ()
        return presence.add_span(document, track_id, Span(now, now))

    do(session, "There in this frame", for_each(session.selection, add))


def without_gaps(session: Session) -> None:
    """There all the time from where it comes to where it goes."""

    def join(document: Document, track_id: str) -> tuple[Change, ...]:
        track = document.track(track_id)
        return presence.join_spans(document, track_id, track.start_ns, track.end_ns)

    do(session, "There without gaps", for_each(session.selection, join))


def everywhere(session: Session) -> None:
    """There in all frames of the log."""
    times = times_ns(session)

    def all_of(document: Document, track_id: str) -> list[Change]:
        track = document.track(track_id)
        changes = list(presence.join_spans(document, track_id, track.start_ns, track.end_ns))
        for time in (times[0], times[-1]):
            made = presence.extend_presence(document.apply(changes), track_id, time)
            changes = [*changes, *made]
        return changes

    do(session, "There in all frames", for_each(session.selection, all_of))


def drop_absent(session: Session) -> None:
    """Delete keyframes outside of presence."""
    ids = session.selection
    do(session, "Delete keyframes where it is not there",
       lambda document: presence.delete_absent_keyframes(document, ids),
       "There is a track at each of its keyframes.")  # fmt: skip


def reasons(session: Session) -> Dialog:
    """Why the leading track comes and goes, at the span that is nearest to this frame."""
    track = selected_tracks(session)[0]
    now, frames = session.timestamp_ns, session.log.frames
    span = min(track.presence, key=lambda s: max(s.start_ns - now, now - s.end_ns))
    first, last = frames.nearest(span.start_ns), frames.nearest(span.end_ns)

    def options(said: dict[Edge, str]) -> tuple[Option, ...]:
        return tuple(Option(edge.value, said[edge].capitalize()) for edge in Edge)

    inputs = (
        Pick("starts", f"At frame {first} it", options(STARTS)),
        Pick("ends", f"After frame {last} it", options(ENDS)),
    )

    def plan(values: Values) -> Plan:
        return Plan(
            f"Why {selection_name(session)} comes and goes",
            lambda document: presence.set_reason(
                document, track.id, span.start_ns,
                starts=Edge(values["starts"]), ends=Edge(values["ends"]),
            ),
            shows=(track.id,),
        )  # fmt: skip

    return Dialog(
        "reasons", f"Why {track.name} comes and goes", "eye", "Keep", plan, lambda _values: inputs,
        {"starts": span.starts.value, "ends": span.ends.value},
    )  # fmt: skip
