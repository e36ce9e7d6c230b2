"""What a project holds as lines of text and back: ontology, logs, authors, tasks, releases, labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from av3d.errors import Av3dError
from av3d.store import transactions
from av3d.store.decoding import NONSENSE, value_of
from av3d.store.entities import read_all
from av3d.store.errors import StoreError
from av3d.store.exchange_lines import Line, Lines, line_of
from av3d.store.replay import Key
from av3d.store.rows import read_trees
from av3d.store.schema import PROJECT
from av3d.tracks.change import Entity
from av3d.tracks.delta import Tree, as_tree, tree_digest
from av3d.tracks.document import references

LABELS = "labels"
"""The line that begins the labels of a log."""

_PARTS = {
    "category": "categories",
    "attribute": "attributes",
    "event_kind": "events",
    "relation_kind": "relations",
}
"""Lines of the ontology, and where they belong in its tree."""

_ORDER = {
    "log": ("id",),
    "author": ("id",),
    "task": ("log", "start_ns", "id"),
    "event": ("start_ns", "id"),
    "release": ("number", "id"),
}
"""What entities are sorted by."""

_PROJECT_KINDS = ("log", "author", "task", "release")


@dataclass(frozen=True)
class Labelled:
    """An entity as the text has it.

    Attributes:
        key: log, kind and ID.
        tree: its tree, see `av3d.tracks.delta`.
        digest: of the tree.
        value: what it is.
        line: where it begins.
    """

    key: Key
    tree: Tree
    digest: str
    value: Entity
    line: Line


def label_lines(connection: Connection) -> Iterator[str]:
    """The lines of everything that is stored now, in their order."""
    names = transactions.log_names(connection)
    entities: dict[tuple[str, str], list[Tree]] = {}
    for (log_id, kind, _), (tree, _) in read_all(connection).items():
        log = names.get(log_id, "") if log_id != PROJECT else ""
        if kind not in {"ontology", *_ORDER}:
            raise StoreError(
                f"a text has no place for the {kind} in the project", "", "update av3d"
            )
        entities.setdefault((log, kind), []).append(tree)
    for tree in entities.get(("", "ontology"), []):
        yield from _ontology_lines(tree)
    for kind in _PROJECT_KINDS:
        yield from _sorted_lines(kind, entities.get(("", kind), []))
    for log_id, log in sorted(names.items(), key=lambda item: item[1]):
        yield line_of(LABELS, {"log": log})
        # In the order of the tracks, see `read_trees`.
        for tree, _ in read_trees(connection, log_id).values():
            keyframes = tree.pop("keyframes")
            yield line_of("track", tree)
            for time_ns, keyframe in sorted((int(t), item) for t, item in keyframes.items()):
                yield line_of("keyframe", {"timestamp_ns": time_ns, **keyframe})
        yield from _sorted_lines("event", entities.get((log, "event"), []))


def _sorted_lines(kind: str, trees: Iterable[Tree]) -> Iterator[str]:
    for tree in sorted(trees, key=lambda tree: [tree[name] for name in _ORDER[kind]]):
        yield line_of(kind, tree)


def _ontology_lines(tree: Tree) -> Iterator[str]:
    """Every part on its own line, so that a changed category is one line."""
    apart = {*_PARTS.values(), "contents"}
    yield line_of("ontology", {key: item for key, item in tree.items() if key not in apart})
    for what, key in _PARTS.items():
        for part in tree.get(key, []):
            yield line_of(what, part)
    for digest, content in sorted(tree.get("contents", {}).items()):
        yield line_of("picture", {"digest": digest, "content": content})


def read_labels(lines: Lines, *, exact: bool) -> Iterator[Labelled]:
    """The entities of the text, one by one; leaves the reader at what follows them.

    Args:
        lines: after the header.
        exact: refuse values that av3d would write in another way (1 for 1.0, or a default left out);
            otherwise they become what av3d writes.

    Raises:
        StoreError: a line makes no sense, is there twice or in the wrong place; says which.
    """
    reading = _Reading(exact)
    yield reading.ontology(lines)
    for kind in _PROJECT_KINDS:
        for line in lines.all(kind):
            yield reading.entity("", kind, line, line.value)
    sections: dict[str, int] = {}
    for line in lines.all(LABELS):
        (log,) = line.fields("log")
        if not isinstance(log, str) or ("", "log", log) not in reading.seen:
            raise line.wrong(f"there is no log {str(log)[:60]!r} above", "add its line")
        if log in sections:
            raise line.wrong(f"the labels of {log[:60]} begin on line {sections[log]} already")
        sections[log] = line.number
        yield from reading.labels(lines, log)
    missing = [log for (_, kind, log) in reading.seen if kind == "log" and log not in sections]
    if exact and missing:
        raise lines.peek().wrong(f"the labels of log {missing[0][:60]} should begin above")


class _Reading:
    def __init__(self, exact: bool) -> None:
        self._exact = exact
        self.seen: dict[Key, int] = {}
        """The line of every entity."""

    def entity(self, log: str, kind: str, line: Line, tree: Any) -> Labelled:
        if not isinstance(tree, dict):
            raise line.wrong(f"a {kind} is an object")
        value = self._value(kind, line, tree)
        key = (log, kind, value.id)
        if key in self.seen:
            raise line.wrong(
                f"{kind} {value.id[:60]} is there twice, first on line {self.seen[key]}"
            )
        self.seen[key] = line.number
        if not self._exact:
            tree = as_tree(value.as_json())
        digest = tree_digest(tree)
        if digest != value.digest:
            raise line.wrong(
                f"{kind} {value.id[:60]} is not written as av3d writes it",
                "load it with --without-journal, which is less strict",
            )
        return Labelled(key, tree, digest, value, line)

    def _value(self, kind: str, line: Line, tree: Tree) -> Entity:
        try:
            value = value_of(kind, tree)
        except RecursionError as error:
            raise line.wrong("it is too deep") from error
        except NONSENSE as error:
            what = error.what if isinstance(error, Av3dError) else str(error)
            raise line.wrong(f"no {kind}: {what[:200]}") from error
        return value

    def ontology(self, lines: Lines) -> Labelled:
        first = lines.take("ontology")
        if first is None:
            line = lines.peek()
            raise line.wrong(f"the ontology should be here, not {line.what[:40]!r}")
        if not isinstance(first.value, dict):
            raise first.wrong("the ontology is an object")
        tree = dict(first.value)
        for what, key in _PARTS.items():
            parts = [line.value for line in lines.all(what)]
            if parts:
                tree[key] = parts
        contents: dict[str, Any] = {}
        for line in lines.all("picture"):
            digest, content = line.fields("digest", "content")
            if not isinstance(digest, str) or digest in contents:
                raise line.wrong("this picture has no digest, or is there twice")
            contents[digest] = content
        if contents:
            tree["contents"] = contents
        return self.entity("", "ontology", first, tree)

    def labels(self, lines: Lines, log: str) -> Iterator[Labelled]:
        """Tracks with their keyframes and events of one log."""
        referring: list[tuple[Line, tuple[str, ...]]] = []
        for line in lines.all("track"):
            if not isinstance(line.value, dict) or "keyframes" in line.value:
                raise line.wrong("a track is an object, its keyframes are on the next lines")
            tree = {**line.value, "keyframes": self._keyframes(lines.all("keyframe"))}
            track = self.entity(log, "track", line, tree)
            referring.append((line, references(track.value)))
            yield track
        for line in lines.all("event"):
            event = self.entity(log, "event", line, line.value)
            referring.append((line, references(event.value)))
            yield event
        for line, targets in referring:
            for target in targets:
                if (log, "track", target) not in self.seen:
                    raise line.wrong(f"there is no track {target[:60]} in log {log[:60]}")

    def _keyframes(self, lines: Iterable[Line]) -> Tree:
        keyframes: Tree = {}
        for line in lines:
            if not isinstance(line.value, dict) or type(line.value.get("timestamp_ns")) is not int:
                raise line.wrong("a keyframe is an object with timestamp_ns")
            keyframe = dict(line.value)
            time = str(keyframe.pop("timestamp_ns"))
            if time in keyframes:
                raise line.wrong(f"there is a keyframe at {time[:40]} ns already")
            keyframes[time] = keyframe
        return keyframes
