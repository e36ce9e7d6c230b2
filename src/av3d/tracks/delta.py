"""The difference of two values of an entity, small enough for a journal, to be applied both ways.

A value is compared as a tree: nested JSON objects, keyframes by their time. A difference is

* `[before, after]` where a value is not the same, `null` standing for "not there", or
* `{key: difference, …}` for an object of which some keys differ.

So a moved keyframe takes `{"keyframes": {"1780300800000000000": {"center_m": [[…], […]]}}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from av3d.digests import canonical, digest_of, digest_of_text
from av3d.errors import Av3dError
from av3d.tracks.change import Change
from av3d.tracks.track import Track

Tree = dict[str, Any]
"""A value of an entity; of a track, `keyframes` is an object by time instead of a list."""


class DeltaError(Av3dError):
    """A difference does not fit the value that it is applied to."""


def as_tree(value: Mapping[str, Any]) -> Tree:
    """The tree of what an entity's `as_json` gives."""
    tree = dict(value)
    if "keyframes" in tree:
        tree["keyframes"] = {
            str(keyframe["timestamp_ns"]): {
                key: item for key, item in keyframe.items() if key != "timestamp_ns"
            }
            for keyframe in tree["keyframes"]
        }
    return tree


def as_value(tree: Tree) -> dict[str, Any]:
    """The JSON values of a tree; keyframes in order of time."""
    value = dict(tree)
    if "keyframes" in value:
        keyframes = sorted((int(time), item) for time, item in value["keyframes"].items())
        value["keyframes"] = [{"timestamp_ns": time, **item} for time, item in keyframes]
    return value


def change_delta(change: Change) -> Any:
    """The difference that a change makes; an empty object when it changes nothing."""
    before, after = change.before, change.after
    if isinstance(before, Track) and isinstance(after, Track):
        return _track_delta(before, after)
    trees = [None if entity is None else as_tree(entity.as_json()) for entity in (before, after)]
    return difference(*trees) or {}


def patched(tree: Tree | None, delta: Any, *, backwards: bool = False) -> Tree | None:
    """The tree after a difference, or, backwards, before it; None when the entity is not there.

    The tree itself is not changed.

    Raises:
        DeltaError: the tree is not the one that the difference starts from.
    """
    result = _patched(tree, delta, 1 if backwards else 0, "")
    if result is not None and not isinstance(result, dict):
        raise DeltaError("a difference ends in something that is no entity")
    return result


def _patched(value: Any, delta: Any, side: int, path: str) -> Any:
    if isinstance(delta, list):
        if len(delta) != 2 or value != delta[side]:
            raise DeltaError(f"a difference starts from another value of {path or 'the entity'}")
        return delta[1 - side]
    if not isinstance(delta, dict) or not isinstance(value, dict):
        raise DeltaError(f"a difference does not fit {path or 'the entity'}")
    out = dict(value)
    for key, part in delta.items():
        item = _patched(value.get(key), part, side, f"{path}/{key}")
        if item is None:
            out.pop(key, None)
        else:
            out[key] = item
    return out


def difference(before: Any, after: Any) -> Any:
    """The difference of two trees, None when they are equal; None stands for what is not there."""
    if isinstance(before, dict) and isinstance(after, dict):
        parts = {
            key: part
            for key in [*before, *(key for key in after if key not in before)]
            if (part := difference(before.get(key), after.get(key))) is not None
        }
        return parts or None
    # 1, 1.0 and true are equal in Python but not in a file; the order of keys says nothing.
    same = type(before) is type(after) and before == after and canonical(before) == canonical(after)
    return None if same else [before, after]


def tree_digest(tree: Tree) -> str:
    """The digest of the entity that has this tree; equal to its own `digest`."""
    if "keyframes" not in tree:
        return digest_of(tree)
    header = {key: item for key, item in tree.items() if key != "keyframes"}
    keyframes = sorted((int(time), item) for time, item in tree["keyframes"].items())
    digests = [digest_of({"timestamp_ns": time, **item}) for time, item in keyframes]
    return digest_of_text(canonical(header), *digests)


def _track_delta(before: Track, after: Track) -> dict[str, Any]:
    """As `difference`; most keyframes are the same objects and are not looked into."""
    header = difference(before.header_as_json(), after.header_as_json()) or {}
    kept = {id(keyframe) for keyframe in before.keyframes}.intersection(map(id, after.keyframes))
    old, new = (
        {keyframe.timestamp_ns: keyframe for keyframe in keyframes if id(keyframe) not in kept}
        for keyframes in (before.keyframes, after.keyframes)
    )
    parts: dict[str, Any] = {}
    for time_ns in sorted(old.keys() | new.keys()):
        first, second = old.get(time_ns), new.get(time_ns)
        if first and second and first.digest == second.digest:
            continue
        trees = [
            None if keyframe is None else _without_time(keyframe.as_json())
            for keyframe in (first, second)
        ]
        parts[str(time_ns)] = difference(*trees)
    return {**header, "keyframes": parts} if parts else header


def _without_time(keyframe: dict[str, Any]) -> dict[str, Any]:
    del keyframe["timestamp_ns"]
    return keyframe
