"""What a release records of a log's labels: their digest and counts, from trees (`av3d.tracks.delta`)."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from av3d.digests import canonical
from av3d.store.references import LogReference
from av3d.store.releases.release import CategoryCounts, ReleasedLog
from av3d.store.replay import Key, State
from av3d.tracks.approval import approval_of
from av3d.tracks.codec import event_from_json
from av3d.tracks.delta import Tree, as_value, tree_digest
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.track import Track

KINDS = (Event.kind, Track.kind)
"""Kinds of labels, in the order in which they are hashed."""


class LabelLines:
    """The labels of logs as lines of text, whose SHA-256 is the digest of a log's labels.

    Lines of trees that are the same objects as the last time are not made again: of one release after
    the other, few tracks have changed.
    """

    def __init__(self) -> None:
        self._made: dict[Key, tuple[Tree, str]] = {}

    def of(self, state: State, log: str) -> Iterator[str]:
        """The lines of a log: events, then tracks, each sorted by ID."""
        keys = sorted(key for key in state if key[0] == log and key[1] in KINDS)
        for key in keys:
            made = self._made.get(key)
            if made is None or made[0] is not state[key]:
                made = (state[key], label_line(key[1], state[key]))
                self._made[key] = made
            yield made[1]

    def sha256(self, state: State, log: str) -> str:
        """The digest of the labels of a log."""
        return sha256_of(self.of(state, log))


def label_line(kind: str, tree: Tree) -> str:
    """A track or an event as it stands in a release's file."""
    return canonical({kind: as_value(tree)}) + "\n"


def sha256_of(lines: Iterable[str]) -> str:
    """SHA-256 of lines of text in UTF-8, 64 hexadecimal digits."""
    state = hashlib.sha256()
    for line in lines:
        state.update(line.encode())
    return state.hexdigest()


def released_log(state: State, log: str, lines: LabelLines) -> ReleasedLog:
    """What a release records of a log.

    Args:
        state: of the project at the release.
        log: its name.
        lines: keeps what it made for the next time.
    """
    reference = LogReference(**state["", LogReference.kind, log])
    tracks = [tree for key, tree in state.items() if key[:2] == (log, Track.kind)]
    events = [tree for key, tree in state.items() if key[:2] == (log, Event.kind)]
    accepted = _accepted(tracks, events)
    by_category: dict[str, list[Tree]] = {}
    for tree in tracks:
        by_category.setdefault(tree["category"], []).append(tree)
    return ReleasedLog(
        log,
        reference.dataset,
        reference.fingerprint,
        reference.start_ns,
        reference.end_ns,
        lines.sha256(state, log),
        len(tracks),
        sum(len(tree["keyframes"]) for tree in tracks),
        len(events),
        {category: _counts(group, accepted) for category, group in sorted(by_category.items())},
    )


def _counts(tracks: list[Tree], accepted: frozenset[str]) -> CategoryCounts:
    keyframes = [keyframe for tree in tracks for keyframe in tree["keyframes"].values()]
    length, width, height = (
        # Exactly rounded, whatever the order and the processor.
        math.fsum(keyframe["size_lwh_m"][axis] for keyframe in keyframes) / len(keyframes)
        for axis in range(3)
    )
    return CategoryCounts(
        len(tracks),
        Counter(keyframe["provenance"] for keyframe in keyframes),
        sum(span[1] - span[0] for tree in tracks for span in tree["presence"]),
        (length, width, height),
        sum(tree["id"] in accepted for tree in tracks),
    )


@dataclass(frozen=True)
class _TrackTree:
    """A track as far as decisions are concerned; only of one that was decided on a digest is made."""

    tree: Tree

    @property
    def id(self) -> str:
        return str(self.tree["id"])

    @cached_property
    def digest(self) -> str:
        return tree_digest(self.tree)

    @property
    def start_ns(self) -> int:
        return int(self.tree["presence"][0][0])

    @property
    def end_ns(self) -> int:
        return int(self.tree["presence"][-1][1])


def _accepted(tracks: list[Tree], events: list[Tree]) -> frozenset[str]:
    """IDs of the tracks that a reviewer has approved as they are."""
    decisions = [
        event_from_json(as_value(tree), 0, "") for tree in events if tree["label"] == REVIEW
    ]
    return approval_of([_TrackTree(tree) for tree in tracks], decisions).accepted
