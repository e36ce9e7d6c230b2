"""Size, standing still, motion, and what many frames have in common."""

from __future__ import annotations

import math
from dataclasses import replace

from av3d.present import words
from av3d.present.dialog import Amount, Dialog, Option, Pick, Plan, Switch, Values
from av3d.present.operations.common import do, names_of, span_of, span_words
from av3d.present.selection import common, for_each, selected_tracks, selection_name
from av3d.present.session import Session
from av3d.present.tasks import Work
from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.motion.learning import learned_hand, telling
from av3d.tracks.noise import Noise
from av3d.tracks.operations import copying, shape, spans
from av3d.tracks.operations.anchors import BOTTOM, CENTER, Anchor, face_normal
from av3d.tracks.operations.common import cuboid_at
from av3d.tracks.operations.interpolation import set_interpolation
from av3d.tracks.operations.simplify import Simplified, simplify

ANCHORS: dict[str, tuple[str, Anchor]] = {
    "bottom": ("Bottom", BOTTOM),
    "centre": ("Centre", CENTER),
    "front": ("Front", face_normal("front")),
    "back": ("Back", face_normal("back")),
}
"""What stays where it is when a size changes."""
FREE, MEDIAN, LARGEST, HERE = "free", "median", "largest", "here"
MODELS = {
    Model.AUTOMATIC: "Automatic: what explains the keyframes best",
    Model.STATIC: "Static: stands at one place",
    Model.LINEAR: "Linear: straight from keyframe to keyframe",
    Model.SMOOTH: "Smooth: in any direction",
    Model.VEHICLE: "Vehicle: goes where it points",
}


def size(session: Session) -> Dialog:
    """Whether the keyframes of the selected tracks have one size, and which."""
    tracks = selected_tracks(session)
    ids, now = session.selection, session.timestamp_ns
    frame = session.frame
    kinds = (
        Option(MEDIAN, "One size: the median of its keyframes"),
        Option(LARGEST, "One size: the largest of each side"),
        Option(HERE, f"One size: that of frame {frame}"),
        Option(FREE, "Free: each keyframe has its own"),
    )
    anchors = tuple(Option(key, title) for key, (title, _) in ANCHORS.items())

    def inputs(values: Values) -> tuple[Pick, ...]:
        pick = Pick("size", "", kinds)
        if values["size"] == FREE:
            return (pick,)
        return pick, Pick("anchor", "What stays where it is", anchors)

    def edit(values: Values, document: Document, track_id: str) -> tuple[Change, ...]:
        kind = values["size"]
        if kind == FREE:
            return shape.set_free_size(document, track_id)
        track = document.track(track_id)
        wanted = cuboid_at(track, now).size_lwh_m if kind == HERE else shape.Size(kind)
        return shape.set_constant_size(document, track_id, wanted, ANCHORS[values["anchor"]][1])

    def plan(values: Values) -> Plan:
        return Plan(f"Size of {selection_name(session)}",
                    for_each(ids, lambda d, i: edit(values, d, i)), shows=ids)  # fmt: skip

    return Dialog(
        "size", f"Size of {names_of(tracks)}", "cube", "Keep", plan, inputs,
        {"size": MEDIAN, "anchor": "bottom"},
    )  # fmt: skip


def static_mean(session: Session) -> None:
    """Standing still at the mean place of the keyframes."""
    do(session, "Static at the mean place", for_each(session.selection, shape.set_static))


def copy_shape(session: Session) -> Dialog:
    """The size of the leading track for the other selected ones."""
    lead, *others = selected_tracks(session)
    ids = [track.id for track in others]
    names = tuple(sorted(lead.attributes))
    now = session.timestamp_ns if lead.is_present(session.timestamp_ns) else None
    inputs = [Switch("attributes", f"{words.plural(len(names), 'attribute')} of the track too",
                     ", ".join(words.attribute_titles(names).values()))]  # fmt: skip

    def plan(values: Values) -> Plan:
        copied = names if values["attributes"] else ()
        return Plan(
            f"Copy the shape of {lead.name}",
            lambda document: copying.copy_shape(
                document, lead.id, ids, at_ns=now, attributes=copied
            ),
            shows=session.selection,
        )

    return Dialog(
        "copy_shape", f"Shape of {lead.name} for {names_of(tuple(others))}", "copy", "Copy", plan,
        lambda _values: inputs if names else (), {"attributes": False},
    )  # fmt: skip


def thin(session: Session) -> Dialog:
    """Fewer keyframes, where the motion between the others passes them by anyway."""
    tracks = selected_tracks(session)
    ids = session.selection
    span = span_of(session, tracks)
    where = span_words(session, span)
    inputs = (
        Amount("metres", "Nothing moves by more than", "m", 0.01, 0.0, 10.0, 2),
        Amount("degrees", "Nothing turns by more than", "°", 0.1, 0.0, 90.0, 1),
        Switch("manual", "Keyframes by hand may go too"),
    )

    def simplified(values: Values, document: Document) -> Simplified:
        return simplify(
            document, ids, float(values["metres"]), math.radians(float(values["degrees"])),
            manual=bool(values["manual"]), start_ns=span.start_ns, end_ns=span.end_ns,
        )  # fmt: skip

    def plan(values: Values) -> Plan:
        found = simplified(values, session.labels.document)
        total = sum(len(session.labels.document.track(i).keyframes) for i in ids)
        lines = (
            f"{words.count(total - found.removed)} of {words.plural(total, 'keyframe')} stay, "
            f"{words.count(found.removed)} go.",
            f"The largest change is {words.metres(found.largest_m)} and "
            f"{words.degrees(found.largest_rad)} °.",
        )
        return Plan(f"Simplify {names_of(tracks)}, {where}", lambda _d: found.changes, lines, ids)

    return Dialog(
        "simplify", f"Simplify {names_of(tracks)}, {where}", "timeline", "Simplify", plan,
        lambda _values: inputs, {"metres": 0.05, "degrees": 1.0, "manual": False},
    )  # fmt: skip


def batch(session: Session) -> Dialog:
    """Move, turn and resize the selected tracks in all frames of the span."""
    tracks = selected_tracks(session)
    ids = session.selection
    span = span_of(session, tracks)
    where = span_words(session, span)
    sides = ("length", "width", "height")
    inputs = (
        Amount("forward", "Forward", "m", 0.05, -500, 500, 2, "Along its own length"),
        Amount("left", "To the left", "m", 0.05, -500, 500, 2, "Along its own width"),
        Amount("up", "Up", "m", 0.05, -100, 100, 2, "Along its own height"),
        Amount("turn", "Turn to the left", "°", 1.0, -180, 180, 1),
        *(
            Amount(side, f"More {side}", "m", 0.05, -50, 50, 2, "Its bottom stays")
            for side in sides
        ),
    )

    def edit(values: Values, document: Document) -> list[Change]:
        changes: list[Change] = []
        offset = [float(values[name]) for name in ("forward", "left", "up")]
        more = [float(values[side]) for side in sides]
        if any(offset):
            changes += spans.shift(document, ids, span, offset, spans.Axes.OWN)
            document = document.apply(changes)
        if values["turn"]:
            made = spans.rotate(document, ids, span, math.radians(float(values["turn"])))
            document = document.apply(made)
            changes += made
        if any(more):
            for track_id in ids:
                made = _grown(document, track_id, span, more, session.timestamp_ns)
                document = document.apply(made)
                changes += made
        return changes

    def plan(values: Values) -> Plan:
        made = edit(values, session.labels.document)
        resizes = any(values[side] for side in sides)
        whole = spans.whole_tracks(session.labels.document, ids, span, resizes=resizes)
        lines = []
        if made:
            lines.append(f"{names_of(tracks)} changed in {where}; elsewhere nothing moves.")
            added = _added(session, made)
            if added:
                lines.append(f"{words.plural(added, 'keyframe')} more.")
            for track_id in whole:
                name = session.labels.document.track(track_id).name
                why = "its size is one for all" if resizes else "it stands still"
                lines.append(f"{name} changes in all frames: {why}.")
        return Plan(f"Change {names_of(tracks)} in {where}", lambda d: edit(values, d), tuple(lines),
                    ids)  # fmt: skip

    names = ("forward", "left", "up", "turn", *sides)
    return Dialog("batch", f"Change {names_of(tracks)} in {where}", "move", "Change", plan,
                  lambda _values: inputs, dict.fromkeys(names, 0.0))  # fmt: skip


def _grown(
    document: Document, track_id: str, span: spans.FrameSpan, more_m: list[float], now_ns: int
) -> tuple[Change, ...]:
    """Other sizes in a span: those of the track at a time, and more."""
    now = cuboid_at(document.track(track_id), now_ns).size_lwh_m
    wanted = [float(side + by) if by else None for side, by in zip(now, more_m, strict=True)]
    if any(side is not None and side <= 0 for side in wanted):
        raise EditError("a side would be no longer than 0 m", document.track(track_id).name,
                        "take less away")  # fmt: skip
    return spans.resize(document, [track_id], span, wanted, BOTTOM)


def _added(session: Session, changes: list[Change]) -> int:
    """How many more keyframes there are after changes."""
    document = session.labels.document
    after = document.apply(changes)
    touched = {change.id for change in changes}
    return sum(
        len(after.tracks[i].keyframes) - len(document.tracks[i].keyframes)
        for i in touched
        if i in after.tracks and i in document.tracks
    )


def quarter_in_span(session: Session) -> None:
    """The left side becomes the front, in the span alone."""
    span = span_of(session, selected_tracks(session))
    ids = session.selection
    do(session, f"Turn by 90 ° in {span_words(session, span)}",
       lambda document: spans.turn_quarter(document, ids, span))  # fmt: skip


def motion(session: Session) -> Dialog:
    """How the selected tracks move between their keyframes."""
    tracks = selected_tracks(session)
    ids = session.selection
    inputs = (
        Pick("model", "", tuple(Option(model.value, title) for model, title in MODELS.items())),
        Switch("pinned", "Exactly through its keyframes",
               "Else keyframes are believed as far as hands and fits are exact"),
    )  # fmt: skip

    def edit(values: Values, document: Document, track_id: str) -> tuple[Change, ...]:
        said = document.track(track_id).interpolation
        wanted = replace(said, model=Model(values["model"]), pinned=bool(values["pinned"]))
        return set_interpolation(document, [track_id], wanted)

    def plan(values: Values) -> Plan:
        return Plan(f"Motion of {selection_name(session)}",
                    for_each(ids, lambda d, i: edit(values, d, i)), shows=ids)  # fmt: skip

    lead: Interpolation = tracks[0].interpolation
    pinned = common(track.interpolation.pinned for track in tracks)
    return Dialog(
        "motion", f"Motion of {names_of(tracks)}", "chart", "Keep", plan, lambda _values: inputs,
        {"model": lead.model.value, "pinned": bool(pinned)},
    )  # fmt: skip


def learn_hand(session: Session) -> None:
    """Find out how exact keyframes are from all tracks together, and tell the tracks."""
    tracks = session.tracks
    told = sum(telling(track.columns) for track in tracks)
    if not told:
        session.say("info", "The keyframes tell nothing yet",
                    "It takes a track with three keyframes or more that moves.")  # fmt: skip
        return

    def keep(noise: Noise | None) -> None:
        if noise is None:
            session.say("info", "The keyframes tell nothing yet", "Label more tracks first.")
            return
        done = session.edits.do(
            "How exact keyframes are", lambda document: _with_hand(document, noise)
        )
        said = f"Keyframes are exact to {noise.words}, by {words.plural(told, 'keyframe')}."
        session.say("info", "Learned how exact keyframes are" if done else "Nothing new", said)

    session.works.add(
        Work(
            "Learning how exact keyframes are",
            lambda _report: learned_hand(track.columns for track in tracks),
            then=keep,
            failed="Not learned how exact keyframes are",
        )
    )


def _with_hand(document: Document, noise: Noise) -> list[Change]:
    changes: list[Change] = []
    for track in document.tracks.values():
        wanted = replace(track.interpolation, hand=noise)
        changes += set_interpolation(document, [track.id], wanted)
    return changes
