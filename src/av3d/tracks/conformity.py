"""Whether labels are as the ontology says: what is wrong with a track or an event, and where.

Labels that do not conform are labels all the same: nothing is refused or changed here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.ontology.attribute import Attribute, Per
from av3d.ontology.category import Category
from av3d.ontology.event_kind import EventKind
from av3d.ontology.motion import Motion
from av3d.ontology.ontology import Ontology
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.proposal import SCORE
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, Scalar

NOISE_M, NOISE_RAD = 0.2, np.deg2rad(3.0)
"""What two cuboids of an object that stands still may differ by, as hands and imports place them."""

STAYS_M = 1.0
"""An object that should stand still may seem to move this far: cuboids of parked cars are set anew in
every frame by people who see other sides of them."""

Limit = Scalar | None


class Rule(StrEnum):
    """What a problem is about."""

    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    MISSING_ATTRIBUTE = "missing_attribute"
    ATTRIBUTE_VALUE = "attribute_value"
    SIZE = "size"
    GAP = "gap"
    MOVES = "moves"
    RELATION = "relation"
    UNKNOWN_EVENT = "unknown_event"


@dataclass(frozen=True)
class Problem:
    """Something that is not as the ontology says.

    Attributes:
        rule: what it is about.
        entity_id: the track or event.
        what: one sentence, with numbers and units.
        start_ns, end_ns: where to look; equal for one keyframe.
        value: what was found: a name, a size in metres, a gap in seconds, a count of keyframes.
        limit: what it should be at most or at least, if there is such a thing.
    """

    rule: Rule
    entity_id: str
    what: str
    start_ns: int
    end_ns: int
    value: Scalar
    limit: Limit = None


def problems(
    track: Track, ontology: Ontology, document: Document | None = None
) -> tuple[Problem, ...]:
    """What is wrong with a track; nothing where it conforms.

    Args:
        track: the track.
        ontology: the project's.
        document: the labels of the log; without them relations are not looked at.
    """
    category = ontology.category(track.category)
    if category is None:
        return (
            _of_track(
                Rule.UNKNOWN_CATEGORY,
                track,
                f"the ontology has no category {track.category!r}",
                track.category,
            ),
        )
    found = [problem for check in _CHECKS for problem in check(track, category, ontology)]
    if document is not None:
        found += _relations(track, ontology, document)
    return tuple(found)


def event_problems(event: Event, ontology: Ontology) -> tuple[Problem, ...]:
    """What is wrong with an event; nothing where it conforms."""
    if event.is_record:
        return ()
    kind = ontology.event(event.label)

    def problem(rule: Rule, what: str, value: Scalar) -> Problem:
        return Problem(rule, event.id, what, event.start_ns, event.end_ns, value)

    if kind is None:
        return (
            problem(Rule.UNKNOWN_EVENT, f"the ontology has no event {event.label!r}", event.label),
        )
    missing = [
        problem(Rule.MISSING_ATTRIBUTE, f"{attribute.key} is missing", attribute.key)
        for attribute in ontology.attributes_of(kind)
        if attribute.required and attribute.key not in event.attributes
    ]
    wrong = [
        problem(rule, what, value)
        for name, value in event.attributes.items()
        for rule, what in _wrong(name, value, kind, ontology)
    ]
    return (*missing, *wrong)


def _of_track(rule: Rule, track: Track, what: str, value: Scalar, limit: Limit = None) -> Problem:
    return Problem(rule, track.id, what, track.start_ns, track.end_ns, value, limit)


def _at(
    rule: Rule, track: Track, keyframe: Keyframe, what: str, value: Scalar, limit: Limit = None
) -> Problem:
    time_ns = keyframe.timestamp_ns
    return Problem(rule, track.id, what, time_ns, time_ns, value, limit)


def _missing_attributes(track: Track, category: Category, ontology: Ontology) -> Iterator[Problem]:
    for attribute in ontology.attributes_of(category):
        if not attribute.required or attribute.key in track.attributes:
            continue
        if attribute.per == Per.TRACK:
            yield _of_track(
                Rule.MISSING_ATTRIBUTE, track, f"{attribute.key} is missing", attribute.key
            )
            continue
        without = [frame for frame in track.keyframes if attribute.key not in frame.attributes]
        if without:
            yield Problem(
                Rule.MISSING_ATTRIBUTE,
                track.id,
                f"{attribute.key} is missing at {len(without)} of {len(track.keyframes)} keyframes",
                without[0].timestamp_ns,
                without[-1].timestamp_ns,
                len(without),
                0,
            )


def _attribute_values(track: Track, category: Category, ontology: Ontology) -> Iterator[Problem]:
    for name, value in track.attributes.items():
        for rule, what in _wrong(name, value, category, ontology):
            yield _of_track(rule, track, what, value, _limit(ontology.attribute(name), value))
    told: set[tuple[str, type, Scalar]] = set()
    for keyframe in track.keyframes:
        for name, value in keyframe.attributes.items():
            # The first keyframe with a wrong value is enough to find all of them. 1 is not true.
            if (name, type(value), value) in told:
                continue
            told.add((name, type(value), value))
            for rule, what in _wrong(name, value, category, ontology):
                limit = _limit(ontology.attribute(name), value)
                yield _at(rule, track, keyframe, what, value, limit)
            attribute = ontology.attribute(name)
            if attribute is not None and attribute.per == Per.TRACK:
                yield _at(
                    Rule.ATTRIBUTE_VALUE, track, keyframe,
                    f"{name} is said at a keyframe and should be said once for the track", value,
                )  # fmt: skip


def _wrong(
    name: str, value: Scalar, part: Category | EventKind, ontology: Ontology
) -> Iterator[tuple[Rule, str]]:
    """What is wrong with one value of an attribute."""
    if "." in name or name == SCORE:
        return  # what a reader recorded of its dataset or a detector, which no ontology speaks of
    attribute = ontology.attribute(name)
    if attribute is None:
        yield Rule.UNKNOWN_ATTRIBUTE, f"the ontology has no attribute {name!r}"
    elif name not in part.attributes:
        yield Rule.UNKNOWN_ATTRIBUTE, f"{part.key} has no attribute {name!r}"
    else:
        category = part.key if isinstance(part, Category) else ""
        if what := attribute.problem_with(value, category):
            yield Rule.ATTRIBUTE_VALUE, f"{name}: {what}"


def _limit(attribute: Attribute | None, value: Scalar) -> Limit:
    """The limit that a number is beyond."""
    if attribute is None or isinstance(value, str | bool):
        return None
    if attribute.minimum is not None and value < attribute.minimum:
        return attribute.minimum
    if attribute.maximum is not None and value > attribute.maximum:
        return attribute.maximum
    return None


def _sizes(track: Track, category: Category, _: Ontology) -> Iterator[Problem]:
    limits = ((category.smallest_lwh_m, -1, "below"), (category.largest_lwh_m, 1, "above"))
    sizes_m = np.array([keyframe.cuboid.size_lwh_m for keyframe in track.keyframes])
    for limit_lwh_m, sign, word in limits:
        if limit_lwh_m is None:
            continue
        for axis, name in enumerate(("length", "width", "height")):
            beyond_m = sign * (sizes_m[:, axis] - limit_lwh_m[axis])
            worst = int(np.argmax(beyond_m))
            if beyond_m[worst] > 0:
                size_m, limit_m = float(sizes_m[worst, axis]), limit_lwh_m[axis]
                yield _at(
                    Rule.SIZE, track, track.keyframes[worst],
                    f"its {name} of {size_m:.2f} m is {word} {limit_m:g} m", size_m, limit_m,
                )  # fmt: skip


def _gaps(track: Track, category: Category, _: Ontology) -> Iterator[Problem]:
    limit_s = category.longest_gap_s
    if limit_s is None or track.static:
        return
    for before, after in itertools.pairwise(track.keyframes):
        if after.timestamp_ns - before.timestamp_ns <= limit_s * NS_PER_S:
            continue
        # What does not move in between needs no keyframe there, and what is absent has none.
        if stays(before.cuboid, after.cuboid):
            continue
        for span in track.presence:
            start_ns = max(span.start_ns, before.timestamp_ns)
            end_ns = min(span.end_ns, after.timestamp_ns)
            gap_s = (end_ns - start_ns) / NS_PER_S
            if gap_s > limit_s:
                what = f"{gap_s:.2f} s without a keyframe, limit {limit_s:g} s"
                yield Problem(Rule.GAP, track.id, what, start_ns, end_ns, gap_s, limit_s)


def stays(before: Cuboid, after: Cuboid) -> bool:
    """Whether two keyframes differ by no more than a hand's noise."""
    moved_m = float(np.linalg.norm(after.center_m - before.center_m))
    turned_rad = float(before.frame_SE3_cuboid.angle_to_rad(after.frame_SE3_cuboid))
    return moved_m <= NOISE_M and turned_rad <= NOISE_RAD


def _moves(track: Track, category: Category, ontology: Ontology) -> Iterator[Problem]:
    """Stretches of keyframes in which the object should stand still and does not."""
    standing = {
        attribute.key: {value.key for value in attribute.values if value.motion == Motion.STATIC}
        for attribute in ontology.attributes_of(category)
    }
    standing = {key: values for key, values in standing.items() if values}
    if category.motion != Motion.STATIC and not standing:
        return

    def reason(keyframe: Keyframe) -> str:
        if category.motion == Motion.STATIC:
            return category.key
        for key, values in standing.items():
            said = keyframe.attributes.get(key, track.attributes.get(key))
            if said in values:
                return str(said)
        return ""

    for why, group in itertools.groupby(track.keyframes, reason):
        stretch = list(group)
        if not why:
            continue
        centers_m = np.array([keyframe.cuboid.center_m for keyframe in stretch])
        away_m = np.linalg.norm(centers_m - centers_m[0], axis=1)
        worst_m = float(away_m.max())
        if worst_m > STAYS_M:
            what = f"{why} should stay where it is and moves {worst_m:.2f} m"
            yield Problem(
                Rule.MOVES, track.id, what,
                stretch[0].timestamp_ns, stretch[int(np.argmax(away_m))].timestamp_ns,
                worst_m, STAYS_M,
            )  # fmt: skip


def _relations(track: Track, ontology: Ontology, document: Document) -> Iterator[Problem]:
    for relation in track.relations:
        kind = ontology.relation(relation.kind)
        parent = document.tracks.get(relation.track_id)
        if kind is None:
            yield _of_track(
                Rule.RELATION, track, f"the ontology has no relation {relation.kind!r}",
                relation.kind,
            )  # fmt: skip
        elif parent is not None and not kind.allows(track.category, parent.category):
            yield _of_track(
                Rule.RELATION, track,
                f"{track.category} {relation.kind} {parent.category} is not allowed",
                relation.kind,
            )  # fmt: skip


_CHECKS: tuple[Callable[[Track, Category, Ontology], Iterator[Problem]], ...] = (
    _missing_attributes,
    _attribute_values,
    _sizes,
    _gaps,
    _moves,
)
