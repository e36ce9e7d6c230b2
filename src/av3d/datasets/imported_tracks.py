"""Tracks from cuboids that a file lists one by one, each with the ID of its object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.digests import canonical
from av3d.errors import Av3dError
from av3d.geometry.cuboid import LARGEST_M, Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.proposal import SCORE
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray, Scalar

SAME = 1e-6
"""Metres, and sines of angles: by this much the cuboids of an object that stands may differ in a file."""


@dataclass(frozen=True, eq=False)
class CuboidRows:
    """Cuboids of a file, as columns of N rows, in any order.

    Attributes:
        times_ns: (N,).
        track_ids: N.
        categories: N.
        world_SE3_cuboid: batch of N.
        sizes_lwh_m: (N, 3).
        attributes: what holds at each, N.
        place_of: where a row stands in the file, for messages: "line 12".
    """

    times_ns: IntArray
    track_ids: Sequence[str]
    categories: Sequence[str]
    world_SE3_cuboid: SE3
    sizes_lwh_m: FloatArray
    attributes: Sequence[Mapping[str, Scalar]]
    place_of: Callable[[int], str]


@dataclass(frozen=True)
class TrackFacts:
    """What a file says of a whole track.

    Attributes:
        number: None: the next that is free.
        attributes: of the track; None: those that are the same in all of its rows.
        exact: it has no others. Else a track whose rows have scores gets their mean as its own.
        static: it stands still. Its cuboids may differ by what rounding does.
        note, relations: as in `Track`.
        spans: when it is there; empty: in each run of labelled times that has a row.
    """

    number: int | None = None
    attributes: Mapping[str, Scalar] | None = None
    exact: bool = False
    static: bool = False
    note: str = ""
    relations: tuple[Relation, ...] = ()
    spans: tuple[Span, ...] = field(default=())


def check_sizes(sizes_lwh_m: FloatArray, place_of: Callable[[int], str], path: Path) -> None:
    """DatasetError for the first row (N, 3) that is no size of a cuboid."""
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero(~((sizes_lwh_m > 0) & (sizes_lwh_m <= LARGEST_M)).all(axis=1))
    if len(wrong):
        size = " x ".join(f"{side:g}" for side in sizes_lwh_m[wrong[0]])
        raise DatasetError(
            f"{place_of(int(wrong[0]))}: the cuboid is {size} m",
            path,
            "correct its length, width and height",
        )


def tracks_of(
    rows: CuboidRows, facts: Mapping[str, TrackFacts], labelled_ns: IntArray, path: Path
) -> tuple[Track, ...]:
    """The tracks of cuboids, each with a keyframe per cuboid, in the order of their first rows.

    Args:
        rows: the cuboids.
        facts: of tracks by ID; a track may have none.
        labelled_ns: the times at which the file could have had cuboids, sorted (M,).
        path: the file, for messages.

    Raises:
        DatasetError: two cuboids of a track at one time, a size that is none, or a track that is
            refused; says where.
    """
    check_sizes(rows.sizes_lwh_m, rows.place_of, path)
    cuboids = Cuboid.trusted_batch(rows.world_SE3_cuboid, np.array(rows.sizes_lwh_m))
    rows_of: dict[str, list[int]] = {}
    for row in np.argsort(rows.times_ns, kind="stable").tolist():
        rows_of.setdefault(rows.track_ids[row], []).append(row)
    ordered = sorted(rows_of.items(), key=lambda item: min(item[1]))
    categories = {
        track_id: Counter(rows.categories[row] for row in own).most_common(1)[0][0]
        for track_id, own in ordered
    }
    taken: dict[str, set[int]] = {}
    for track_id in rows_of:
        number = facts.get(track_id, TrackFacts()).number
        if number is not None:
            taken.setdefault(categories[track_id], set()).add(number)
    tracks: list[Track] = []
    for track_id, own in ordered:
        _check_once(rows, own, path)
        known, category = facts.get(track_id, TrackFacts()), categories[track_id]
        number = known.number
        if number is None:
            number = _free(taken.setdefault(category, set()))
        try:
            tracks.append(_track(rows, cuboids, own, known, category, number, labelled_ns))
        except Av3dError as error:
            raise DatasetError(
                f"track {track_id!r} ({rows.place_of(own[0])}): {error.what}", path, "correct it"
            ) from error
    return tuple(tracks)


def renamed(rows: CuboidRows) -> int:
    """How many rows have another category than most of their track."""
    counts: dict[str, Counter[str]] = {}
    for track_id, category in zip(rows.track_ids, rows.categories, strict=True):
        counts.setdefault(track_id, Counter())[category] += 1
    return sum(count.total() - max(count.values()) for count in counts.values())


def _free(taken: set[int]) -> int:
    number = len(taken) + 1
    while number in taken:
        number += 1
    taken.add(number)
    return number


def _check_once(rows: CuboidRows, own: Sequence[int], path: Path) -> None:
    doubled = np.flatnonzero(np.diff(rows.times_ns[list(own)]) == 0)
    if len(doubled):
        first, second = own[doubled[0]], own[doubled[0] + 1]
        raise DatasetError(
            f"track {rows.track_ids[first]!r} has two cuboids at {rows.times_ns[first]} ns "
            f"({rows.place_of(first)} and {rows.place_of(second)})",
            path,
            "remove one of them",
        )


def _track(
    rows: CuboidRows,
    cuboids: Sequence[Cuboid],
    own: Sequence[int],
    known: TrackFacts,
    category: str,
    number: int,
    labelled_ns: IntArray,
) -> Track:
    values = [rows.attributes[row] for row in own]
    of_track = dict(known.attributes) if known.attributes is not None else _shared(values)
    if not known.exact and SCORE not in of_track:
        of_track |= _mean_score(values)
    static = known.static and _stands(rows, own)
    keyframes = tuple(
        Keyframe(
            int(rows.times_ns[row]),
            cuboids[own[0] if static else row],
            Provenance.IMPORTED,
            _besides(at_row, of_track),
        )
        for row, at_row in zip(own, values, strict=True)
    )
    spans = known.spans or _runs(rows.times_ns[list(own)], labelled_ns)
    return Track(
        rows.track_ids[own[0]], category, keyframes, spans, number, of_track, static,
        relations=known.relations, note=known.note,
    )  # fmt: skip


def _shared(values: Sequence[Mapping[str, Scalar]]) -> dict[str, Scalar]:
    """The attributes that are the same in all rows."""
    first = values[0]
    if all(at_row is first for at_row in values):
        return dict(first)
    return {
        name: value
        for name, value in first.items()
        if all(name in at_row and _is_same(at_row[name], value) for at_row in values)
    }


def _mean_score(values: Sequence[Mapping[str, Scalar]]) -> dict[str, Scalar]:
    scores = [at_row[SCORE] for at_row in values if SCORE in at_row]
    known = [float(score) for score in scores if isinstance(score, int | float)]
    return {SCORE: sum(known) / len(known)} if known else {}


def _besides(values: Mapping[str, Scalar], of_track: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {
        name: value
        for name, value in values.items()
        if name not in of_track or not _is_same(of_track[name], value)
    }


def _is_same(one: Scalar, other: Scalar) -> bool:
    # 1, 1.0 and true are equal in Python and different values of attributes.
    return one is other or (one == other and canonical(one) == canonical(other))


def _stands(rows: CuboidRows, own: Sequence[int]) -> bool:
    places = rows.world_SE3_cuboid[np.array(own)]
    return bool(
        (np.abs(places.translation_m - places.translation_m[0]) < SAME).all()
        and (np.abs(places.rotation - places.rotation[0]) < SAME).all()
        and (rows.sizes_lwh_m[list(own)] == rows.sizes_lwh_m[own[0]]).all()
    )


def _runs(times_ns: IntArray, labelled_ns: IntArray) -> tuple[Span, ...]:
    """From the first to the last of each run of labelled times in which the track has a cuboid."""
    places = np.searchsorted(labelled_ns, times_ns)
    breaks = np.flatnonzero(np.diff(places) > 1) + 1
    return tuple(Span(int(run[0]), int(run[-1])) for run in np.split(times_ns, breaks))
