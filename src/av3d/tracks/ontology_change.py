"""What a new ontology means for the labels there are: how they change, or what is in the way.

Keys are looked up in the new ontology, then among what its entries were `formerly` called. A label that
the old ontology allowed and the new one has no place for blocks: nothing is dropped. What only becomes
wrong (a size beyond a tighter limit, a required attribute that is missing) does not block and is counted.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from av3d.ontology.attribute import Per
from av3d.ontology.category import Category
from av3d.ontology.event_kind import EventKind
from av3d.ontology.ontology import Ontology, Part
from av3d.tracks.change import Change
from av3d.tracks.conformity import Problem, event_problems, problems
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.findings import Blocker, Findings, Subject
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from av3d.tracks.value_conversion import converted, is_renamed
from av3d.types import Scalar

EDIT = "edit these labels first"

_Sources = dict[str, dict[str, list[Scalar]]]
"""By new key of an attribute and old key, the values that come from there."""


@dataclass(frozen=True)
class OntologyPlan:
    """What changing an ontology does.

    Attributes:
        changes: by name of log, what becomes of its labels; empty while something blocks.
        blockers: what is in the way.
        notes: what is renamed, kept as it is, or no longer as the ontology says; with counts.
    """

    changes: Mapping[str, tuple[Change, ...]]
    blockers: tuple[Blocker, ...]
    notes: tuple[str, ...]


def plan_change(old: Ontology, new: Ontology, documents: Mapping[str, Document]) -> OntologyPlan:
    """What the labels become when a project takes another ontology, or what keeps it from doing so.

    Args:
        old: the project's ontology.
        new: what it shall be.
        documents: by name of log, all labels of the project.
    """
    planner = _Planner(old, new, len(documents) > 1)
    changes = {log: planner.document(log, document) for log, document in documents.items()}
    blockers = planner.findings.blockers()
    if not blockers:
        planner.note_problems()
    kept = {log: found for log, found in changes.items() if found}
    return OntologyPlan({} if blockers else kept, blockers, planner.findings.notes())


class _Planner:
    """Goes through documents one by one."""

    def __init__(self, old: Ontology, new: Ontology, many_logs: bool) -> None:
        self.old, self.new = old, new
        self.findings = Findings()
        self._many_logs = many_logs
        self._categories = _former(new.categories)
        self._attributes = _former(new.attributes)
        self._events = _former(new.events)
        self._relations = _former(new.relations)
        self._converted: dict[tuple[str, str], Scalar] = {}
        self._done: list[tuple[Document, Document, dict[tuple[str, str], Subject]]] = []

    def document(self, log: str, document: Document) -> tuple[Change, ...]:
        """The changes of one log's labels."""
        suffix = f" of {log}" if self._many_logs else ""
        entities: list[Track | Event] = [*document.tracks.values(), *document.events.values()]
        subjects = {
            (entity.kind, entity.id): Subject(log, entity.kind, entity.id, entity.name + suffix)
            for entity in entities
        }
        tracks = document.tracks.values()
        categories = {
            track.id: self._key(
                "category", track.category, self.old.category(track.category),
                self.new.category(track.category), self._categories, subjects["track", track.id],
            )
            for track in tracks
        }  # fmt: skip
        numbers = self._numbers(document, categories, subjects)
        afters = []
        for track in tracks:
            subject = subjects["track", track.id]
            moved = track
            if categories[track.id] != track.category:
                moved = replace(track, category=categories[track.id], number=numbers[track.id])
            moved = self._with_attributes(track, moved, subject)
            afters.append(self._with_relations(track, moved, document, categories, subject))
        events = [
            self._event(event, subjects["event", event.id]) for event in document.events.values()
        ]
        self._done.append((document, Document.of(afters, events), subjects))
        pairs: list[tuple[Track | Event, Track | Event]] = [
            *zip(tracks, afters, strict=True),
            *zip(document.events.values(), events, strict=True),
        ]
        return tuple(Change(before, now) for before, now in pairs if now is not before)

    def _key(
        self, what: str, key: str, old: Part | None, new: Part | None,
        former: Mapping[str, str], subject: Subject,
    ) -> str:  # fmt: skip
        """What a key becomes; the same key where nothing is known of it, or where that blocks."""
        if new is not None:
            return key
        if key in former:
            self.findings.note(f"{what} {key!r} becomes {former[key]!r}", subject)
            return former[key]
        if old is not None:
            self.findings.block(
                f"{what} {key!r} would be gone", subject,
                f"add formerly = [{key!r}] to the {what} that replaces it, or {EDIT}",
            )  # fmt: skip
        else:
            self.findings.note(f"{what} {key!r} is in neither ontology and stays", subject)
        return key

    def _numbers(
        self,
        document: Document,
        categories: Mapping[str, str],
        subjects: Mapping[tuple[str, str], Subject],
    ) -> dict[str, int]:
        """Numbers of tracks: another one where two categories become one and numbers meet."""
        used: dict[str, set[int]] = {}
        tracks = document.tracks.values()
        for track in tracks:
            if categories[track.id] == track.category:
                used.setdefault(track.category, set()).add(track.number)
        numbers = {track.id: track.number for track in tracks}
        for track in tracks:
            category = categories[track.id]
            if category == track.category or track.number == 0:
                continue
            taken = used.setdefault(category, set())
            if track.number in taken:
                numbers[track.id] = max(taken) + 1
                self.findings.note(
                    f"another track of {category!r} has the number, so it gets the next one",
                    subjects["track", track.id],
                )
            taken.add(numbers[track.id])
        return numbers

    def _with_attributes(self, track: Track, moved: Track, subject: Subject) -> Track:
        old_part = self.old.category(track.category)
        new_part = self.new.category(moved.category)
        sources: _Sources = {}
        # Thousands of keyframes say the same; what becomes of it is worked out once.
        known: dict[tuple[object, ...], dict[str, Scalar]] = {}

        def migrated(said: Mapping[str, Scalar]) -> dict[str, Scalar]:
            signature = tuple((key, type(value), value) for key, value in said.items())
            if signature not in known:
                known[signature] = self._migrated(said, old_part, new_part, subject, sources)
            return dict(known[signature])

        attributes = migrated(track.attributes)
        frames = [(frame, migrated(frame.attributes)) for frame in track.keyframes]
        self._check_merged(sources, subject)
        self._lift(attributes, [said for _, said in frames], subject)
        keyframes = tuple(_keyframe(frame, said) for frame, said in frames)
        same_frames = all(map(operator.is_, keyframes, track.keyframes))
        if same_frames and _equal(attributes, track.attributes):
            return moved
        return replace(moved, attributes=attributes, keyframes=keyframes)

    def _migrated(
        self,
        attributes: Mapping[str, Scalar],
        old_part: Category | EventKind | None,
        new_part: Category | EventKind | None,
        subject: Subject,
        sources: _Sources,
    ) -> dict[str, Scalar]:
        """The attributes of a track, keyframe or event under the new ontology."""
        if not attributes:
            return {}
        out: dict[str, Scalar] = {}
        for key, value in attributes.items():
            if "." in key:  # what a reader recorded of its dataset
                out[key] = value
                continue
            target = self._key(
                "attribute", key, self.old.attribute(key), self.new.attribute(key),
                self._attributes, subject,
            )  # fmt: skip
            result = self._value(key, target, value, old_part, new_part, subject)
            sources.setdefault(target, {}).setdefault(key, []).append(result)
            out[target] = result
        return out

    def _check_merged(self, sources: _Sources, subject: Subject) -> None:
        """Block where two attributes become one and say different things."""
        for target, by_key in sources.items():
            values = [value for values in by_key.values() for value in values]
            if len(by_key) > 1 and not all(_same(value, values[0]) for value in values):
                self.findings.block(
                    f"attributes {' and '.join(map(repr, by_key))} would both become {target!r} "
                    "and say different things",
                    subject,
                    EDIT,
                )

    def _value(
        self,
        key: str,
        target: str,
        value: Scalar,
        old_part: Category | EventKind | None,
        new_part: Category | EventKind | None,
        subject: Subject,
    ) -> Scalar:
        """What a value becomes; itself where nothing better is known, or where that blocks."""
        old, new = self.old.attribute(key), self.new.attribute(target)
        if new is None:
            return value
        old_category = old_part.key if isinstance(old_part, Category) else ""
        new_category = new_part.key if isinstance(new_part, Category) else ""
        was_allowed = (
            old is not None
            and (old_part is None or key in old_part.attributes)
            and old.accepts(value, old_category)
        )
        if new_part is not None and target not in new_part.attributes:
            what = f"{new_part.key!r} has no attribute {target!r}"
            if was_allowed:
                self.findings.block(
                    what, subject, f"add it to the attributes of {new_part.key!r}, or {EDIT}"
                )
            else:
                self.findings.note(f"{what}, and did not have it; it stays", subject)
            return value
        # A wrong value of a kind that stays is no reason to make it a right one.
        was_wrong = old is not None and old.kind == new.kind and not old.is_kind(value)
        result = None if was_wrong else converted(value, new)
        if result is None or not new.accepts(result, new_category):
            of = f" of {new_category!r}" if new_category else ""
            what = f"{value!r:.60} is no value of attribute {target!r}{of}"
            if was_allowed:
                renamed = f"add formerly = [{value!r:.60}] to the value that replaces it, or "
                self.findings.block(what, subject, f"{renamed if new.values else ''}{EDIT}")
            else:
                self.findings.note(f"{what}, and was none; it stays", subject)
            return value
        if is_renamed(value, new):
            self.findings.note(f"{target} {value!r:.60} becomes {result!r:.60}", subject)
            return result
        if not _same(result, value):
            self.findings.note(f"values of attribute {target!r} become {new.kind}", subject)
        self._check_distinct(target, value, result, subject)
        return result

    def _check_distinct(self, target: str, value: Scalar, result: Scalar, subject: Subject) -> None:
        """Block where two values become the same one and nobody has said so with `formerly`."""
        other = self._converted.setdefault((target, repr(result)), value)
        if not _same(other, value) and not _is_same_number(other, value):
            self.findings.block(
                f"{other!r:.60} and {value!r:.60} of attribute {target!r} would both become "
                f"{result!r:.60}",
                subject,
                EDIT,
            )

    def _lift(
        self, attributes: dict[str, Scalar], frames: Sequence[dict[str, Scalar]], subject: Subject
    ) -> None:
        """Move values that keyframes had and the track shall have from now on."""
        for key in {key for said in frames for key in said}:
            new = self.new.attribute(key)
            if new is None or new.per != Per.TRACK or not self._was_per_keyframe(key):
                continue
            said_values = [said.get(key, attributes.get(key)) for said in frames]
            first = said_values[0]
            # A value of the track that no keyframe shows would be lost, too.
            said_values.append(attributes.get(key, first))
            if first is None or not all(
                value is not None and _same(value, first) for value in said_values
            ):
                self.findings.block(
                    f"attribute {key!r} would have one value for a track, and changes within it",
                    subject, f'let it stay per = "keyframe", or {EDIT}',
                )  # fmt: skip
                continue
            attributes[key] = first
            for said in frames:
                said.pop(key, None)

    def _was_per_keyframe(self, key: str) -> bool:
        old_keys = [old for old, now in self._attributes.items() if now == key]
        found = [self.old.attribute(old) for old in (key, *old_keys)]
        return any(old is not None and old.per == Per.KEYFRAME for old in found)

    def _with_relations(
        self,
        track: Track,
        moved: Track,
        document: Document,
        categories: Mapping[str, str],
        subject: Subject,
    ) -> Track:
        relations = []
        for relation in track.relations:
            kind = self._key(
                "relation", relation.kind, self.old.relation(relation.kind),
                self.new.relation(relation.kind), self._relations, subject,
            )  # fmt: skip
            relations.append(Relation(kind, relation.track_id))
            parent = document.tracks.get(relation.track_id)
            now, before = self.new.relation(kind), self.old.relation(relation.kind)
            if parent is None or now is None:
                continue
            parent_category = categories[parent.id]
            if not now.allows(moved.category, parent_category):
                what = f"{moved.category} {kind} {parent_category} is not allowed"
                if before is not None and before.allows(track.category, parent.category):
                    self.findings.block(
                        what, subject, f"add them to children and parents of {kind!r}, or {EDIT}"
                    )
                else:
                    self.findings.note(f"{what}, and was not; it stays", subject)
        if tuple(relations) == track.relations:
            return moved
        return replace(moved, relations=tuple(relations))

    def _event(self, event: Event, subject: Subject) -> Event:
        if event.is_record:
            return event  # its attributes are no ontology's
        label = self._key(
            "event", event.label, self.old.event(event.label), self.new.event(event.label),
            self._events, subject,
        )  # fmt: skip
        sources: _Sources = {}
        attributes = self._migrated(
            event.attributes, self.old.event(event.label), self.new.event(label), subject, sources
        )
        self._check_merged(sources, subject)
        if label == event.label and _equal(attributes, event.attributes):
            return event
        return replace(event, label=label, attributes=attributes)

    def note_problems(self) -> None:
        """Count the labels that were as the old ontology said and are not as the new one says."""

        def note(now: Iterable[Problem], was: Iterable[Problem], subject: Subject) -> None:
            known = {found.rule for found in was}
            for rule in dict.fromkeys(found.rule for found in now if found.rule not in known):
                self.findings.note(f"not as the new ontology says ({rule})", subject)

        for before, after, subjects in self._done:
            for track in before.tracks.values():
                note(
                    problems(after.tracks[track.id], self.new, after),
                    problems(track, self.old, before),
                    subjects["track", track.id],
                )
            for event in before.events.values():
                note(
                    event_problems(after.events[event.id], self.new),
                    event_problems(event, self.old),
                    subjects["event", event.id],
                )


def _former(parts: Sequence[Part]) -> dict[str, str]:
    """By former key, the key that replaces it."""
    return {old: part.key for part in parts for old in part.formerly}


def _keyframe(frame: Keyframe, attributes: dict[str, Scalar]) -> Keyframe:
    """The same keyframe with other attributes; the very same one where they are equal."""
    return frame if _equal(attributes, frame.attributes) else replace(frame, attributes=attributes)


def _equal(first: Mapping[str, Scalar], second: Mapping[str, Scalar]) -> bool:
    return first.keys() == second.keys() and all(
        _same(value, second[key]) for key, value in first.items()
    )


def _is_same_number(first: Scalar, second: Scalar) -> bool:
    """Whether 1 and 1.0 are meant; true is no number."""
    numbers = (
        isinstance(value, int | float) and type(value) is not bool for value in (first, second)
    )
    return all(numbers) and first == second


def _same(first: Scalar, second: Scalar) -> bool:
    """Whether two values are the same in a file: 1, 1.0 and true are not."""
    return type(first) is type(second) and first == second
