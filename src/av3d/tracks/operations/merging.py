"""Several tracks become one, and what that does is said before it is done."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.anchors import BOTTOM, resized_keyframes
from av3d.tracks.operations.belonging import check_no_circle
from av3d.tracks.operations.common import changed
from av3d.tracks.operations.seam import miss_m
from av3d.tracks.operations.stretches import (
    Stretch,
    presence_ns,
    presence_of,
    selected,
    stretches,
    trust,
)
from av3d.tracks.presence import Edge
from av3d.tracks.proposal import PROPOSAL, is_proposal
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, FloatArray, Scalar

RULE = (
    "Where tracks overlap, the one whose keyframes there are trusted most counts (manual, then "
    "fitted, imported, model), then the one that is there longer, then the first by ID."
)
"""What people read in the preview of a merge."""


@dataclass(frozen=True)
class Conflict:
    """An attribute of which the tracks have different values.

    Attributes:
        name: the attribute.
        kept: its value from now on.
        given_up: the other value.
        track_name: the track that had the other value.
    """

    name: str
    kept: Scalar
    given_up: Scalar
    track_name: str


@dataclass(frozen=True, eq=False)
class MergePlan:
    """What a merge would do.

    Attributes:
        changes: to be applied.
        kept_id: the track that stays; the others are deleted.
        kept_name: what people call it.
        merged_names: what people call the others.
        rule: which track counts where several are there.
        gap_s: for how long no track is there between one and the next.
        is_bridged: whether the object is there in these gaps from now on.
        overlap_s: for how long more than one track is there.
        jump_m: the largest distance, after a gap, from where the motion would have led; and in an
            overlap, between the centres of the tracks.
        dropped: the keyframes that are given up, with the names of their tracks.
        size_difference_m: by how much the size of a merged track is changed at most, length, width
            and height, (3,); 0 where sizes stay.
        categories: those of merged tracks, where they differ from that of the kept one.
        conflicts: attributes of which the kept value differs.
        interpolations: how merged tracks move, as said of them, where that differs from the kept one.
    """

    changes: tuple[Change, ...]
    kept_id: str
    kept_name: str
    merged_names: tuple[str, ...]
    rule: str
    gap_s: float
    is_bridged: bool
    overlap_s: float
    jump_m: float
    dropped: tuple[tuple[str, Keyframe], ...]
    size_difference_m: FloatArray
    categories: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    interpolations: tuple[str, ...]

    def summary(self) -> tuple[str, ...]:
        """The plan in lines for people."""
        become = "becomes" if len(self.merged_names) == 1 else "become"
        lines = [f"{_listed(self.merged_names)} {become} part of {self.kept_name}."]
        if self.gap_s:
            state = "The object counts as there" if self.is_bridged else "The object is away"
            lines.append(f"{state} in the gap of {self.gap_s:.2f} s.")
        if self.overlap_s:
            lines.append(f"They overlap for {self.overlap_s:.2f} s. {self.rule}")
        lines.append(f"At the seam the places differ by up to {self.jump_m:.2f} m.")
        for name, count in _counted(name for name, _ in self.dropped).items():
            plural = "" if count == 1 else "s"
            lines.append(f"{count} keyframe{plural} of {name} given up.")
        if self.size_difference_m.any():
            length, width, height = self.size_difference_m
            lines.append(
                f"All take the size of {self.kept_name}: up to {length:.2f} m of length, "
                f"{width:.2f} m of width, {height:.2f} m of height are changed."
            )
        lines += [f"The category {category} is given up." for category in self.categories]
        lines += [f"How it moves ({words}) is given up." for words in self.interpolations]
        lines += [
            f"{c.name}: {c.kept} stays, {c.given_up} of {c.track_name} is given up."
            for c in self.conflicts
        ]
        return tuple(lines)


def plan_merge(
    document: Document,
    track_ids: Iterable[str],
    keep: str | None = None,
    *,
    bridge: bool = False,
    step_ns: int = 1,
) -> MergePlan:
    """Make one track of several: of pieces that follow each other, or of doubles that overlap.

    The kept track gives ID, number, category, interpolation and, where values differ, attributes; what
    only others have is added, notes are put together, and children, relations and events of the others
    move to it. The size is that of the kept track where all have a constant size, else it is free. The
    track is static, at the kept one's place, where all are.

    Args:
        document: the labels.
        track_ids: at least two.
        keep: the track that stays; default: the one with the most trusted keyframe, then the one
            that is there longest, then the first by ID.
        bridge: let the object be there in the gaps between different tracks, moving from the last
            keyframe of the one to the first of the other.
        step_ns: tracks no further apart than this have no gap between them: the time between frames.

    Raises:
        EditError: fewer than two tracks, or one that is not there, or the track to keep is not among
            them, or the result would belong to itself.
    """
    return _plan(document, tuple(track_ids), keep, bridge=bridge, step_ns=step_ns, reason=None)


def plan_reidentify(
    document: Document, lost_id: str, found_id: str, reason: Edge = Edge.OCCLUDED
) -> MergePlan:
    """Say that an object that was lost is the one that was found later; rules as `plan_merge`.

    The lost track stays. It is away between the two, and the edges of the gap say why.

    Args:
        document: the labels.
        lost_id: the track that ends.
        found_id: the track that begins after it.
        reason: why the object was away.

    Raises:
        EditError: the one does not begin after the other ends, or as `plan_merge`.
    """
    lost, found = document.track(lost_id), document.track(found_id)
    if lost is not found and found.start_ns <= lost.end_ns:
        early_s = (lost.end_ns - found.start_ns) / NS_PER_S
        raise EditError(
            f"{found.name} is there {early_s:.2f} s before {lost.name} is lost",
            f"{lost.name}, {found.name}",
            "merge them, which says what happens to the overlap",
        )
    return _plan(document, (lost_id, found_id), lost_id, bridge=False, step_ns=1, reason=reason)


def reidentify(
    document: Document, lost_id: str, found_id: str, reason: Edge = Edge.OCCLUDED
) -> tuple[Change, ...]:
    """The changes of `plan_reidentify`."""
    return plan_reidentify(document, lost_id, found_id, reason).changes


def _plan(
    document: Document,
    track_ids: Sequence[str],
    keep: str | None,
    *,
    bridge: bool,
    step_ns: int,
    reason: Edge | None,
) -> MergePlan:
    tracks = [document.track(track_id) for track_id in dict.fromkeys(track_ids)]
    if len(tracks) < 2 or len(tracks) < len(track_ids):
        raise EditError("a merge needs two different tracks", "", "choose at least two")
    kept = min(tracks, key=lambda track: (trust(track), -presence_ns(track), track.id))
    if keep is not None:
        if keep not in {track.id for track in tracks}:
            raise EditError("the track to keep is not merged", f"track {keep!r}", "choose another")
        kept = document.track(keep)
    others = [track for track in tracks if track is not kept]
    found, overlaps = stretches(tracks)
    keyframes, dropped = selected(tracks, found)
    static = all(track.static for track in tracks)
    one_size = static or not any(track.free_size for track in tracks)
    values, conflicts = _attributes(kept, others)
    merged = replace(
        kept,
        keyframes=keyframes,
        presence=presence_of(found, step_ns=step_ns, bridge=bridge, reason=reason),
        attributes=values,
        static=False,
        free_size=True,
        relations=_relations(kept, others),
        note="\n".join(dict.fromkeys(t.note for t in (kept, *others) if t.note)),
    )
    merged = _shaped(merged, kept, one_size=one_size, static=static)
    gone = {track.id for track in others}
    changes = (
        *changed(kept, merged),
        *_moved_references(document, kept.id, gone),
        *(Change(track, None) for track in others),
    )
    check_no_circle(document.apply(changes).tracks, kept.id)
    gaps = [
        (before, after)
        for before, after in itertools.pairwise(found)
        if before.track is not after.track and after.start_ns - before.end_ns > step_ns
    ]
    jumps_m = [overlap.distance_m for overlap in overlaps] + [
        miss_m(before.track, before.end_ns, after.track, after.start_ns)
        for before, after in _seams(found)
    ]
    size_m = kept.keyframes[0].cuboid.size_lwh_m
    differences_m = [np.abs(t.keyframes[0].cuboid.size_lwh_m - size_m) for t in tracks]
    return MergePlan(
        changes,
        kept.id,
        kept.name,
        tuple(track.name for track in others),
        RULE,
        sum(after.start_ns - before.end_ns for before, after in gaps) / NS_PER_S,
        bridge,
        sum(overlap.end_ns - overlap.start_ns for overlap in overlaps) / NS_PER_S,
        max(jumps_m, default=0.0),
        tuple((track.name, keyframe) for track, keyframe in dropped),
        np.max(differences_m, axis=0) if one_size else np.zeros(3),
        tuple(dict.fromkeys(t.category for t in others if t.category != kept.category)),
        conflicts,
        tuple(
            dict.fromkeys(
                track.interpolation.words
                for track in others
                if track.interpolation != kept.interpolation
            )
        ),
    )


def _shaped(merged: Track, kept: Track, *, one_size: bool, static: bool) -> Track:
    """The merged track, whose size is free, with the size or the one cuboid that it shall have."""
    first = kept.keyframes[0].cuboid
    if static:
        held = [_like(keyframe, replace(keyframe, cuboid=first)) for keyframe in merged.keyframes]
        return replace(merged, keyframes=tuple(held), static=True, free_size=kept.free_size)
    if one_size:
        sized = resized_keyframes(merged, first.size_lwh_m, BOTTOM)
        return replace(merged, keyframes=sized, free_size=False)
    return merged


def _like(keyframe: Keyframe, edited: Keyframe) -> Keyframe:
    return keyframe if keyframe.digest == edited.digest else edited


def _seams(found: Sequence[Stretch]) -> list[tuple[Stretch, Stretch]]:
    """Where one track follows another, each at the end of its own presence."""
    return [
        (before, after)
        for before, after in itertools.pairwise(found)
        if before.track is not after.track and before.closes and after.opens
    ]


def _attributes(
    kept: Track, others: Sequence[Track]
) -> tuple[Mapping[str, Scalar], tuple[Conflict, ...]]:
    """The values of all tracks, those of the kept one first, and where they differ."""
    values = dict(kept.attributes)
    conflicts: list[Conflict] = []
    for track in others:
        for name, value in track.attributes.items():
            if name == PROPOSAL:
                continue
            held = values.setdefault(name, value)
            if repr(held) != repr(value):  # 1 is not true, though Python says so
                conflicts.append(Conflict(name, held, value, track.name))
    # Somebody vouches for the whole where somebody vouches for a part.
    if PROPOSAL in values and not all(is_proposal(track) for track in (kept, *others)):
        del values[PROPOSAL]
    return values, tuple(conflicts)


def _relations(kept: Track, others: Sequence[Track]) -> tuple[Relation, ...]:
    """What all of them are to tracks beside them."""
    among = {track.id for track in (kept, *others)}
    return tuple(r for t in (kept, *others) for r in t.relations if r.track_id not in among)


def _moved_references(document: Document, kept_id: str, gone: set[str]) -> list[Change]:
    """Children and events of the tracks that are gone go to the kept one."""
    changes: list[Change] = []
    for track in document.tracks.values():
        if track.id == kept_id or track.id in gone:
            continue
        if any(relation.track_id in gone for relation in track.relations):
            relations = tuple(
                Relation(r.kind, kept_id) if r.track_id in gone else r for r in track.relations
            )
            changes += changed(track, replace(track, relations=relations))
    for event in document.events.values():
        if gone.intersection(event.track_ids):
            ids = tuple(kept_id if t in gone else t for t in event.track_ids)
            changes += changed(event, replace(event, track_ids=ids))
    return changes


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts
