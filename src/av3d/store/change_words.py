"""Entries of the journal in words: what they did to each track, event …, from the differences alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av3d.store.journal import EntityChange
    from av3d.store.replay import Key

ONE_BY_ONE = 3
"""So many changes are told one by one; more are counted."""

MAX_WORDS = 60
"""Characters of a value that is shown."""

_KINDS = {"ontology": "ontologies"}
_QUIET = frozenset({"relative_path"})
"""Fields that follow from others."""


def counted(count: int, noun: str) -> str:
    """A number with its noun: "1 keyframe", "2,000 keyframes"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def changes_in_words(changes: Sequence[EntityChange], names: Mapping[Key, str]) -> str:
    """What a transaction changed, as one line."""
    if not changes:
        return "nothing"
    if len(changes) <= ONE_BY_ONE:
        return "; ".join(change_in_words(change, names) for change in changes)
    counts = Counter((change.kind, _did(change)) for change in changes)
    return ", ".join(
        f"{count:,} {kind if count == 1 else _KINDS.get(kind, kind + 's')} {did}"
        for (kind, did), count in counts.items()
    )


def change_in_words(change: EntityChange, names: Mapping[Key, str]) -> str:
    """What happened to one entity, with its name."""
    key = (change.log, change.kind, change.id)
    name = names.get(key, f"{change.kind} {change.id}")
    did = _did(change)
    if did == "changed":
        return f"{name}: {difference_in_words(change.delta) or 'nothing'}"
    tree = change.delta[1] or change.delta[0]
    if change.kind == "track":
        return f"{name} {did}, {counted(len(tree['keyframes']), 'keyframe')}"
    return f"{name} {did}"


def difference_in_words(delta: Mapping[str, Any]) -> str:
    """A difference of two values of an entity."""
    words: list[str] = []
    for field, part in delta.items():
        if field == "keyframes" and isinstance(part, dict):
            words.append(_keyframes(part))
        elif field == "interpolation":
            words += _interpolation(part)
        elif isinstance(part, dict):
            words += [_pair(name, item) for name, item in part.items()]
        elif field not in _QUIET:
            words.append(_pair(field, part))
    return ", ".join(words)


def _did(change: EntityChange) -> str:
    if change.before is None:
        return "made"
    return "deleted" if change.after is None else "changed"


def _keyframes(parts: Mapping[str, Any]) -> str:
    counts: Counter[str] = Counter()
    for part in parts.values():
        if isinstance(part, list):
            counts["set" if part[0] is None else "deleted"] += 1
        else:
            moved = {"center_m", "quaternion_wxyz", "size_lwh_m"} & part.keys()
            counts["moved" if moved else "changed"] += 1
    return ", ".join(f"{counted(count, 'keyframe')} {did}" for did, count in counts.items())


def _interpolation(part: Any) -> list[str]:
    """What is said about the motion; what is not said is as for everybody."""
    if isinstance(part, dict):
        return [_pair(f"interpolation {name}", item) for name, item in part.items()]
    before, after = (_said(side) for side in part)
    return [f"interpolation {before} → {after}"]


def _said(interpolation: Any) -> str:
    values = {"model": "automatic", **(interpolation or {})}
    words = [values["model"]]
    if "moves" in values:
        words.append(f"moves {values['moves']}")
    if values.get("pinned"):
        words.append("pinned")
    return _value(", ".join(map(str, words)))


def _pair(field: str, part: Any) -> str:
    """A field with its values where they are short."""
    name = field.replace("_", " ")
    if not isinstance(part, list) or any(isinstance(item, list | dict) for item in part):
        return name
    before, after = part
    if before is None or before == "":
        return f"{name} {_value(after)}"
    if after is None or after == "":
        return f"{name} {_value(before)} removed"
    return f"{name} {_value(before)} → {_value(after)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(str(value).split())
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"
