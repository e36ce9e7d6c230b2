"""In words, how two values of a track, an event or another entity differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from av3d.geometry.se3 import SE3
from av3d.tracks.change import Entity
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.noise import Noise, length_words
from av3d.tracks.presence import ENDS, STARTS, Edge, Span
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, Scalar

LISTED = 3
"""More keyframes than these are told of together."""

VISIBLE = 5e-7
"""Metres and radians below which a move is a matter of rounding."""


def difference(
    before: Entity | None,
    after: Entity | None,
    start_ns: int,
    names: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """What makes one value of an entity another one; no lines when nothing does.

    Args:
        before: a value, None where the entity is not there.
        after: another value of the same entity, or None.
        start_ns: the time from which times are told, that of the log's first frame.
        names: what people call the tracks, by ID; a track that is not in it is named by its ID.

    Returns:
        Lines such as "keyframe at 2.30 s moved 0.42 m forwards, turned 3°", without the entity's name.
    """
    if before is None and after is None:
        return ()
    known = {} if names is None else names
    if isinstance(before, Track | None) and isinstance(after, Track | None):
        return _Track(start_ns, known).lines(before, after)
    if isinstance(before, Event | None) and isinstance(after, Event | None):
        return _Event(start_ns, known).lines(before, after)
    return _values(before, after)


class _Words:
    """Times since the start of the log, and names."""

    def __init__(self, start_ns: int, names: Mapping[str, str]) -> None:
        self.start_ns = start_ns
        self.names = names

    def at(self, timestamp_ns: int) -> str:
        return f"{self._seconds(timestamp_ns)} s"

    def span(self, start_ns: int, end_ns: int) -> str:
        if start_ns == end_ns:
            return self.at(start_ns)
        return f"{self._seconds(start_ns)}–{self.at(end_ns)}"

    def track(self, track_id: str) -> str:
        return self.names.get(track_id, f"track {track_id}")

    def _seconds(self, timestamp_ns: int) -> str:
        return f"{(timestamp_ns - self.start_ns) / NS_PER_S:.2f}"


class _Event(_Words):
    def lines(self, before: Event | None, after: Event | None) -> tuple[str, ...]:
        if before is None or after is None:
            one = after or before
            assert one is not None
            taking_part = ", ".join(self.track(track_id) for track_id in one.track_ids)
            word = "new" if before is None else "deleted"
            text = f"{word}, {self.span(one.start_ns, one.end_ns)}"
            return (f"{text}, with {taking_part}" if taking_part else text,)
        lines: list[str] = []
        if before.label != after.label:
            lines.append(f"becomes {after.name}")
        times = [self.span(event.start_ns, event.end_ns) for event in (before, after)]
        if (before.start_ns, before.end_ns) != (after.start_ns, after.end_ns):
            lines.append(f"holds {times[1]}, before: {times[0]}")
        lines += _attributes(before.attributes, after.attributes)
        lines += [f"with {self.track(t)}" for t in after.track_ids if t not in before.track_ids]
        lines += [f"without {self.track(t)}" for t in before.track_ids if t not in after.track_ids]
        return (*lines, *_note(before.note, after.note))


class _Track(_Words):
    def lines(self, before: Track | None, after: Track | None) -> tuple[str, ...]:
        if before is None or after is None:
            one = after or before
            assert one is not None
            word = "new" if before is None else "deleted"
            return (f"{word}, with {self._keyframes(one.keyframes)}",)
        lines: list[str] = []
        if before.name != after.name or before.category != after.category:
            lines.append(f"becomes {after.name}")
        lines += self._keyframe_lines(before, after)
        if before.presence != after.presence:
            now, then = (self._presence(track.presence) for track in (after, before))
            lines.append(f"there {now}, before: {then}")
        lines += _attributes(before.attributes, after.attributes)
        if before.static != after.static:
            lines.append("stands still for the whole log" if after.static else "may move")
        if before.free_size != after.free_size:
            lines.append("its size may change" if after.free_size else "its size is constant")
        if before.interpolation != after.interpolation:
            lines.append(
                f"interpolation: {before.interpolation.words} → {after.interpolation.words}"
            )
        for relations, others, word in (
            (after.relations, before.relations, ""),
            (before.relations, after.relations, "no longer "),
        ):
            lines += [
                f"{word}{relation.kind.replace('_', ' ')} {self.track(relation.track_id)}"
                for relation in relations
                if relation not in others
            ]
        return (*lines, *_note(before.note, after.note))

    def _keyframe_lines(self, before: Track, after: Track) -> list[str]:
        old = {keyframe.timestamp_ns: keyframe for keyframe in before.keyframes}
        new = {keyframe.timestamp_ns: keyframe for keyframe in after.keyframes}
        removed = [keyframe for time_ns, keyframe in old.items() if time_ns not in new]
        added = [keyframe for time_ns, keyframe in new.items() if time_ns not in old]
        edited = [
            (old[time_ns], keyframe)
            for time_ns, keyframe in new.items()
            if time_ns in old and old[time_ns].digest != keyframe.digest
        ]
        if len(removed) == len(added) == 1 and removed[0].cuboid == added[0].cuboid:
            then, now = removed[0].timestamp_ns, added[0].timestamp_ns
            lines = [f"keyframe at {self.at(then)} moved to {self.at(now)}"]
        else:
            lines = [
                f"{text} {word}"
                for keyframes, word in ((removed, "removed"), (added, "added"))
                for text in self._each(keyframes)
            ]
        groups = [edited] if len(edited) > LISTED else [[pair] for pair in edited]
        return lines + [
            f"{self._keyframes([pair[1] for pair in group])} {_edits(group)}" for group in groups
        ]

    def _each(self, keyframes: Sequence[Keyframe]) -> list[str]:
        if len(keyframes) > LISTED:
            return [self._keyframes(keyframes)]
        return [self._keyframes([keyframe]) for keyframe in keyframes]

    def _keyframes(self, keyframes: Sequence[Keyframe]) -> str:
        first, last = keyframes[0].timestamp_ns, keyframes[-1].timestamp_ns
        if len(keyframes) == 1:
            return f"keyframe at {self.at(first)}"
        return f"{len(keyframes)} keyframes {self.span(first, last)}"

    def _presence(self, spans: Iterable[Span]) -> str:
        texts = []
        for span in spans:
            edges = [
                words[edge]
                for words, edge in ((STARTS, span.starts), (ENDS, span.ends))
                if edge is not Edge.VIEW
            ]
            text = self.span(span.start_ns, span.end_ns)
            texts.append(f"{text} ({', '.join(edges)})" if edges else text)
        return ", ".join(texts)


WAYS = (("forwards", "backwards"), ("to the left", "to the right"), ("up", "down"))
"""What people call the axes of a cuboid, and their opposites."""

ASIDE = 0.4
"""Part of the longest way from which on another one is worth a word."""


def _direction(before: SE3, after: SE3) -> str:
    """Where a cuboid went, seen by itself: " forwards and to the left"."""
    along_m = before.rotation.T @ (after.translation_m - before.translation_m)
    told = np.abs(along_m) >= ASIDE * np.abs(along_m).max()
    words = [WAYS[axis][int(along_m[axis] < 0)] for axis in np.flatnonzero(told)]
    return f" {' and '.join(words)}"


def _edits(pairs: Sequence[tuple[Keyframe, Keyframe]]) -> str:
    """What was done to keyframes, one or many."""
    upto = "by up to " if len(pairs) > 1 else ""
    poses = [(a.cuboid.frame_SE3_cuboid, b.cuboid.frame_SE3_cuboid) for a, b in pairs]
    moved_m = max(float(np.linalg.norm(b.translation_m - a.translation_m)) for a, b in poses)
    turned_rad = max(float(a.angle_to_rad(b)) for a, b in poses)
    texts: list[str] = []
    if moved_m > VISIBLE:
        way = _direction(*poses[0]) if len(pairs) == 1 else ""
        texts.append(f"moved {upto}{length_words(moved_m)}{way}")
    if turned_rad > VISIBLE:
        texts.append(f"turned {upto}{np.degrees(turned_rad):.3g}°")
    if any(not np.array_equal(a.cuboid.size_lwh_m, b.cuboid.size_lwh_m) for a, b in pairs):
        sizes = {tuple(b.cuboid.size_lwh_m.tolist()) for _, b in pairs}
        to = " to " + " × ".join(f"{m:.2f}" for m in sizes.pop()) + " m" if len(sizes) == 1 else ""
        texts.append(f"resized{to}")
    provenances = {b.provenance.value for a, b in pairs if a.provenance is not b.provenance}
    if provenances:
        texts.append(f"now {' or '.join(sorted(provenances))}")
    noises = [b.noise for a, b in pairs if a.noise != b.noise]
    if noises:
        texts.append(_noise(noises[0]) if len(pairs) == 1 else "noise changed")
    values = [line for a, b in pairs for line in _attributes(a.attributes, b.attributes)]
    texts += dict.fromkeys(values)
    return ", ".join(texts) or "changed in the last digits"


def _noise(noise: Noise | None) -> str:
    if noise is None:
        return "noise no longer known"
    return f"noise {noise.words}"


def _attributes(before: Mapping[str, Scalar], after: Mapping[str, Scalar]) -> list[str]:
    lines = []
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            lines.append(f"{name} {_value(before[name])} taken away")
        elif name not in before:
            lines.append(f"{name} {_value(after[name])}")
        elif repr(before[name]) != repr(after[name]):  # 1 is not true, though Python says so
            lines.append(f"{name} {_value(after[name])}, before: {_value(before[name])}")
    return lines


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(str(value).split())
    return (text if len(text) <= 60 else f"{text[:57]}...") or "(empty)"


def _note(before: str, after: str) -> list[str]:
    if before == after:
        return []
    return [f"note: {_value(after)}"] if after else ["note taken away"]


def _values(before: Entity | None, after: Entity | None) -> tuple[str, ...]:
    """For an entity of any kind: the values that differ, by their names."""
    if before is None or after is None:
        return ("new",) if before is None else ("deleted",)
    old, new = before.as_json(), after.as_json()
    lines = []
    for key in sorted(old.keys() | new.keys()):
        then, now = old.get(key), new.get(key)
        if repr(then) != repr(now):
            plain = all(item is None or isinstance(item, str | int | float) for item in (then, now))
            told = f" {_told(now)}, before: {_told(then)}" if plain else " changed"
            lines.append(key.removesuffix("_ns").replace("_", " ") + told)
    return tuple(lines)


def _told(value: object) -> str:
    return "nothing" if value is None else _value(value)
