"""Events on the time line, tags of the log, and keyframes that go to other frames."""

from __future__ import annotations

from av3d.ontology.event_kind import Extent
from av3d.present.dialog import Amount, Dialog, Input, Option, Pick, Plan, Switch, Values, Words
from av3d.present.operations.common import chosen, listed, span_of, span_words
from av3d.present.selection import selected_tracks
from av3d.present.session import Session
from av3d.tracks.document import EditError
from av3d.tracks.event import RECORDS, Event
from av3d.tracks.operations import events
from av3d.tracks.operations.keyframes import move_keyframe
from av3d.tracks.operations.spans import FrameSpan

OTHER = "other"
"""Stands for a label that the ontology does not have."""


def _here(session: Session) -> FrameSpan:
    """The chosen span, or else this frame."""
    if session.span is not None:
        return span_of(session)
    now = session.timestamp_ns
    return FrameSpan(now, now, (now,))


def add(session: Session) -> Dialog:
    """Say that something happens in the span, or in this frame; the selected tracks take part."""
    kinds = [k for k in session.labels.ontology.events if k.extent is Extent.SPAN]
    tracks = selected_tracks(session)
    span = _here(session)
    where = span_words(session, span)
    options = (*(Option(kind.key, kind.title) for kind in kinds), Option(OTHER, "Something else"))

    def inputs(values: Values) -> tuple[Input, ...]:
        asked: list[Input] = [Pick("label", "What happens", options)]
        if values["label"] == OTHER:
            asked.append(Words("other", "In a word or two", "Near miss"))
        if tracks:
            names = listed(track.name for track in tracks[:4])
            more = f" and {len(tracks) - 4} more" if len(tracks) > 4 else ""
            verb = "take" if len(tracks) > 1 else "takes"
            asked.append(Switch("with_tracks", f"{names}{more} {verb} part"))
        return (*asked, Words("note", "Note", "Write to colleagues"))

    def plan(values: Values) -> Plan:
        label = _label(values)
        who = [track.id for track in tracks] if values["with_tracks"] else []
        name = label.replace("_", " ").capitalize()
        return Plan(
            f"{name}, {where}",
            lambda document: events.add_event(
                document, label, span.start_ns, span.end_ns, track_ids=who,
                note=str(values["note"]),
            ),
            (f"{name} in {where}.",),
            session.selection,
        )  # fmt: skip

    return Dialog(
        "event", f"Event in {where}", "flag", "Add", plan, inputs,
        {"label": options[0].key, "other": "", "note": "", "with_tracks": bool(tracks)},
    )  # fmt: skip


def _label(values: Values) -> str:
    if values["label"] != OTHER:
        return str(values["label"])
    word = chosen(str(values["other"]).strip().lower().replace(" ", "_"), "word")
    if word in RECORDS:
        raise EditError(f"{word!r} is a word of reviews", "the event", "choose another word")
    return word


def tag(session: Session) -> Dialog:
    """Say something of the whole log, such as rain."""
    kinds = [k for k in session.labels.ontology.events if k.extent is Extent.LOG]
    times = session.log.frames.timestamps_ns
    first, last = int(times[0]), int(times[-1])
    options = (*(Option(kind.key, kind.title) for kind in kinds), Option(OTHER, "Something else"))

    def inputs(values: Values) -> tuple[Input, ...]:
        pick = Pick("label", f"What holds for all of {session.log.name}", options)
        other = Words("other", "In a word or two", "Heavy traffic")
        return (pick, other) if values["label"] == OTHER else (pick,)

    def plan(values: Values) -> Plan:
        label = _label(values)
        name = label.replace("_", " ").capitalize()
        return Plan(f"Tag the log: {name}",
                    lambda document: events.tag_log(document, label, first, last),
                    (f"{name} holds for the whole log.",), session.selection)  # fmt: skip

    return Dialog("tag", "Tag the log", "tag", "Tag", plan, inputs,
                  {"label": options[0].key, "other": ""})  # fmt: skip


def own_events(session: Session) -> list[Event]:
    """The events that people have made, the record of a review aside; in order of time."""
    found = [e for e in session.labels.document.events.values() if not e.is_record]
    return sorted(found, key=lambda event: (event.start_ns, event.end_ns, event.id))


def change(session: Session) -> Dialog:
    """Move an event to the span, write its note, or delete it."""
    now = session.timestamp_ns
    found = own_events(session)
    options = tuple(Option(event.id, event.name, _where(session, event)) for event in found)
    span = _here(session)
    actions = (
        Option("note", "Write its note"),
        Option("move", f"Move it to {span_words(session, span)}"),
        Option("delete", "Delete it"),
    )

    def inputs(values: Values) -> tuple[Input, ...]:
        asked: list[Input] = [Pick("event", "Which event", options), Pick("action", "", actions)]
        if values["action"] == "note":
            asked.append(Words("note", "Note", "Write to colleagues"))
        return tuple(asked)

    def plan(values: Values) -> Plan:
        event_id = chosen(values["event"], "event")
        event = session.labels.document.event(event_id)
        if values["action"] == "delete":
            return Plan(
                f"Delete {event.name}", lambda document: events.delete_event(document, event_id)
            )
        if values["action"] == "move":
            return Plan(
                f"Move {event.name}",
                lambda document: events.move_event(
                    document, event_id, start_ns=span.start_ns, end_ns=span.end_ns
                ),
            )
        return Plan(
            f"Note of {event.name}",
            lambda document: events.change_event(document, event_id, note=str(values["note"])),
        )

    nearest = min(found, key=lambda event: max(event.start_ns - now, now - event.end_ns, 0))
    return Dialog(
        "events", "Change an event", "flag", "Do it", plan, inputs,
        {"event": nearest.id, "action": "note", "note": nearest.note},
    )  # fmt: skip


def _where(session: Session, event: Event) -> str:
    frames = session.log.frames
    first, last = frames.nearest(event.start_ns), frames.nearest(event.end_ns)
    return f"frame {first}" if first == last else f"frames {first} to {last}"


def retime(session: Session) -> Dialog:
    """Take the keyframe of this frame to another one."""
    track = selected_tracks(session)[0]
    frames, here = session.log.frames, session.frame
    now = session.timestamp_ns
    asked = Amount("frame", "To frame", "", 1, 0, session.frames - 1,
                   tip="Its cuboid and values go with it")  # fmt: skip

    def plan(values: Values) -> Plan:
        frame = round(float(values["frame"]))
        to_ns = frames[frame].timestamp_ns
        return Plan(
            f"Keyframe of {track.name} from frame {here} to {frame}",
            lambda document: move_keyframe(document, track.id, now, to_ns),
            shows=(track.id,),
        )

    return Dialog("retime", f"Keyframe of {track.name} at frame {here}", "timeline", "Move", plan,
                  lambda _values: (asked,), {"frame": float(here)})  # fmt: skip
