"""What tracks are to each other, and values of attributes on a span."""

from __future__ import annotations

from av3d.ontology.attribute import Attribute, AttributeKind
from av3d.present.dialog import Amount, Dialog, Input, Option, Pick, Plan, Switch, Values, Words
from av3d.present.operations.common import chosen, next_ns, span_of, span_words, track_option
from av3d.present.selection import for_each, selected_tracks, selection_name
from av3d.present.session import Session
from av3d.tracks.document import EditError
from av3d.tracks.operations import attributes, belonging
from av3d.tracks.track import Track
from av3d.types import Scalar

NEAREST = 8
"""Tracks that are offered; more of them are too far away to belong."""


def relate(session: Session) -> Dialog | None:
    """What the leading track is to another one; a second selected track is that one."""
    child, *others = selected_tracks(session)
    kinds = [
        kind
        for kind in session.labels.ontology.relations
        if not kind.children or child.category in kind.children
    ]
    if not kinds:
        session.say("info", f"{child.name} belongs to nothing",
                    "The ontology has no relation for its category.")  # fmt: skip
        return None
    titles = {kind.key: kind.title for kind in kinds}
    by_key = {kind.key: kind for kind in kinds}

    def parents(kind: str) -> list[Track]:
        fitting = [
            other for other in others or _nearest(session, child)
            if other.id != child.id and by_key[kind].allows(child.category, other.category)
        ]  # fmt: skip
        return fitting[:NEAREST]

    def inputs(values: Values) -> tuple[Pick, ...]:
        kind = Pick("kind", f"{child.name} is", tuple(Option(k.key, k.title) for k in kinds))
        options = tuple(track_option(track) for track in parents(str(values["kind"])))
        return (kind, Pick("parent", "To which track", options)) if options else (kind,)

    def plan(values: Values) -> Plan:
        kind = chosen(values["kind"], "relation")
        allowed = [track.id for track in parents(kind)]
        if not allowed:
            raise EditError("no track here fits this relation", child.name,
                            "go to a frame in which the other one is there")  # fmt: skip
        parent = values["parent"] if values["parent"] in allowed else allowed[0]
        name = session.labels.document.track(parent).name
        return Plan(
            f"{child.name}: {titles[kind].lower()} {name}",
            lambda document: belonging.relate(document, child.id, kind, parent),
            shows=(child.id,),
        )

    first = next((kind.key for kind in kinds if parents(kind.key)), kinds[0].key)
    offered = parents(first)
    return Dialog(
        "relate", f"What {child.name} belongs to", "grouped", "Relate", plan, inputs,
        {"kind": first, "parent": offered[0].id if offered else ""},
    )  # fmt: skip


def _nearest(session: Session, track: Track) -> list[Track]:
    """The tracks of this frame, the nearest first."""
    own = session.box_of(track.id)
    boxes = session.supply.boxes(session.frame) or ()
    if own is None:
        return [box.track for box in boxes]
    centre = own.cuboid.center_m
    ordered = sorted(boxes, key=lambda box: float(((box.cuboid.center_m - centre) ** 2).sum()))
    return [box.track for box in ordered]


def unrelate(session: Session) -> Dialog:
    """End a relation of the leading track."""
    child = selected_tracks(session)[0]
    ontology = session.labels.ontology
    said: dict[str, tuple[str, str]] = {}
    options = []
    for relation in child.relations:
        parent = session.track(relation.track_id)
        known = ontology.relation(relation.kind)
        title = known.title if known else relation.kind.replace("_", " ").capitalize()
        key = f"{relation.kind} {relation.track_id}"
        said[key] = (relation.kind, relation.track_id)
        options.append(Option(key, f"{title} {parent.name if parent else relation.track_id}"))

    def plan(values: Values) -> Plan:
        kind, parent_id = said[chosen(values["relation"], "relation")]
        return Plan(
            f"{child.name} no longer belongs",
            lambda document: belonging.unrelate(document, child.id, parent_id, kind),
            shows=(child.id,),
        )

    pick = Pick("relation", "Which relation ends", tuple(options))
    return Dialog("unrelate", f"What {child.name} belongs to", "grouped", "End it", plan,
                  lambda _values: (pick,), {"relation": options[0].key})  # fmt: skip


def attributes_on_span(session: Session) -> Dialog | None:
    """A value of an attribute for the selected tracks, in the span or in this frame and on."""
    tracks = selected_tracks(session)
    offered = _common_attributes(session, tracks)
    if not offered:
        session.say("info", "No attributes", "The ontology has none for what is selected.")
        return None
    by_key = {attribute.key: attribute for attribute in offered}
    span = span_of(session, tracks)
    where = span_words(session, span)
    last = session.log.frames.between(span.start_ns, span.end_ns)
    after_ns = next_ns(session, last.stop - 1) if len(last) else None

    def inputs(values: Values) -> tuple[Input, ...]:
        pick = Pick("attribute", "Attribute", tuple(Option(a.key, a.title) for a in offered))
        attribute = by_key[str(values["attribute"])]
        off = Switch("none", "No value of its own", "The track's value holds")
        if values["none"]:
            return pick, off
        return pick, _value_input(attribute, tracks[0].category), off

    def value(values: Values) -> Scalar | None:
        attribute = by_key[str(values["attribute"])]
        if values["none"]:
            return None
        found = values.get(f"value.{attribute.key}")
        if attribute.kind is AttributeKind.BOOL:
            return bool(found)
        if attribute.kind is AttributeKind.NUMBER:
            given = float(found or 0.0)
            return int(given) if given == int(given) else given
        said = chosen(found, "value")
        problem = attribute.problem_with(said, tracks[0].category)
        if problem:
            raise EditError(f"the value {problem}", attribute.title, "choose another one")
        return said

    def plan(values: Values) -> Plan:
        attribute, wanted = by_key[str(values["attribute"])], value(values)
        return Plan(
            f"{attribute.title} of {selection_name(session)}, {where}",
            for_each(
                [track.id for track in tracks],
                lambda d, i: attributes.set_attribute_on_span(
                    d, i, span.start_ns, span.end_ns, attribute.key, wanted,
                    next_ns=after_ns, frames_ns=span.frames_ns,
                ),
            ),
            shows=session.selection,
        )  # fmt: skip

    now = tracks[0].attributes_at(session.timestamp_ns)
    start = {f"value.{a.key}": now.get(a.key, _first(a, tracks[0].category)) for a in offered}
    return Dialog(
        "attributes", f"Attributes in {where}", "tag", "Set", plan, inputs,
        {"attribute": offered[0].key, "none": False, **start},
    )  # fmt: skip


def _common_attributes(session: Session, tracks: tuple[Track, ...]) -> tuple[Attribute, ...]:
    ontology = session.labels.ontology
    lists = []
    for track in tracks:
        category = ontology.category(track.category)
        lists.append(() if category is None else ontology.attributes_of(category))
    return tuple(a for a in lists[0] if all(a in other for other in lists[1:]))


def _first(attribute: Attribute, category: str) -> Scalar:
    """A value to begin with."""
    if attribute.default is not None:
        return attribute.default
    if attribute.kind is AttributeKind.ENUM:
        fitting = [v.key for v in attribute.values if attribute.accepts(v.key, category)]
        return fitting[0] if fitting else ""
    if attribute.kind is AttributeKind.NUMBER:
        return attribute.minimum or 0.0
    return False if attribute.kind is AttributeKind.BOOL else ""


def _value_input(attribute: Attribute, category: str) -> Input:
    name = f"value.{attribute.key}"
    if attribute.kind is AttributeKind.ENUM:
        options = tuple(
            Option(value.key, value.title)
            for value in attribute.values
            if attribute.accepts(value.key, category)
        )
        return Pick(name, attribute.title, options)
    if attribute.kind is AttributeKind.BOOL:
        return Switch(name, attribute.title)
    if attribute.kind is AttributeKind.NUMBER:
        low = attribute.minimum if attribute.minimum is not None else -1e6
        high = attribute.maximum if attribute.maximum is not None else 1e6
        fine = high - low <= 10
        return Amount(name, attribute.title, attribute.unit, 0.1 if fine else 1.0, low, high,
                      2 if fine else 1)  # fmt: skip
    return Words(name, attribute.title, "Write a value")
