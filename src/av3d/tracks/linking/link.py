"""From detections to tracks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3, rotation_about_z
from av3d.ontology.ontology import Ontology
from av3d.tracks.detections import Detections
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.linking.forward import fragments_of
from av3d.tracks.linking.habits import Habits, Seen
from av3d.tracks.linking.learning import learnt_noise, smooth_path, sure_ones, worth_of_scores
from av3d.tracks.linking.naming import Identity, attributes_of
from av3d.tracks.linking.relinking import relinked
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import NS_PER_S, FloatArray, IntArray

LIKELY = 0.6
"""A track that is less probable than this is a proposal."""
ENOUGH_HITS = 3
"""With fewer detections a track is less probable than they are."""


@dataclass(frozen=True)
class Linked:
    """What became of detections.

    Attributes:
        tracks: in order of category and number; those that are proposals are marked.
        detections: how many there were.
        too_low: how many were not used because of their score.
        alone: how many are in no track: unsure ones that continue none.
    """

    tracks: tuple[Track, ...]
    detections: int
    too_low: int
    alone: int


def link(
    detections: Detections,
    ontology: Ontology | None = None,
    *,
    frames_ns: npt.ArrayLike = (),
    min_score: float | None = None,
    propose_below: float | None = None,
    name: str = "",
    label_attribute: str = "",
    ego_known: bool = True,
) -> Linked:
    """Link detections to tracks; see docs/linking.md for how.

    The same detections give the same tracks, in whatever order they come as long as no two of a frame
    are equal.

    Args:
        detections: of one log, in the world frame.
        ontology: says how objects of each category move, and how long they may be unseen.
        frames_ns: times of the log's frames, in any order. A frame without detections then counts as
            one in which nothing was found; times of detections are added.
        min_score: detections with a lower score are not used.
        propose_below: tracks with a lower mean score are proposals; None: those that are more probably
            none than real, by what scores are worth in this log.
        name: of the log; becomes part of the IDs.
        label_attribute: the attribute of a track in which the detector's own class is to stand, that
            which most of its detections have; "" for none.
        ego_known: whether the poses of the ego are known, so that what stands does not move.

    Returns:
        Tracks with a keyframe of provenance MODEL for each detection, the mean score as attribute
        SCORE, and presence with gaps where nothing was found for long.
    """
    kept = np.arange(len(detections))
    if min_score is not None:
        kept = np.flatnonzero(detections.scores >= min_score)
    if not len(kept):
        return Linked((), len(detections), len(detections), 0)
    seen, names = _seen(detections, kept, np.asarray(frames_ns, dtype=np.int64))
    typical = [np.median(seen.log_sizes[seen.kinds == kind], axis=0) for kind in range(len(names))]
    habits = Habits.of(names, np.exp(np.array(typical)), ontology, ego_known=ego_known)
    everything = np.ones(len(seen), dtype=bool)
    habits = learnt_noise(fragments_of(seen, habits, everything), seen, habits)
    worth = worth_of_scores(fragments_of(seen, habits, everything), seen, habits)
    fragments = fragments_of(seen, habits, sure_ones(worth, seen))
    whole = relinked(fragments, seen, habits)
    identity = Identity(name, detections)
    tracks = _tracks(
        whole, detections, seen, habits, worth, propose_below, identity, label_attribute
    )
    used = sum(len(rows) for rows in whole)
    return Linked(tracks, len(detections), len(detections) - len(kept), len(kept) - used)


def _seen(
    detections: Detections, kept: IntArray, frames_ns: IntArray
) -> tuple[Seen, tuple[str, ...]]:
    """The detections as the linker works with them, and their categories."""
    places = detections.centers_m[kept]
    order = np.lexsort((*places.T, -detections.scores[kept], detections.times_ns[kept]))
    rows, places = kept[order], places[order]
    times_ns = detections.times_ns[rows]
    within = frames_ns[(frames_ns >= times_ns[0]) & (frames_ns <= times_ns[-1])]
    frames = np.unique(np.concatenate([within, times_ns]))
    headings = SE3.from_quaternion(detections.quaternions_wxyz[rows], places).rotation[:, :, 0]
    names = tuple(sorted(set(detections.categories)))
    kinds = np.array([names.index(detections.categories[row]) for row in rows.tolist()])
    used = np.unique(kinds)
    names, kinds = tuple(names[kind] for kind in used.tolist()), np.searchsorted(used, kinds)
    origin_m = np.median(places, axis=0)
    seen = Seen(
        rows,
        (times_ns - frames[0]) / NS_PER_S,
        np.searchsorted(frames, times_ns),
        (frames - frames[0]) / NS_PER_S,
        places - origin_m,
        origin_m,
        np.arctan2(headings[:, 1], headings[:, 0]),
        np.log(detections.sizes_lwh_m[rows]),
        detections.scores[rows].astype(np.float64),
        kinds.astype(np.int64),
    )
    return seen, names


def _tracks(
    whole: Sequence[IntArray],
    detections: Detections,
    seen: Seen,
    habits: Habits,
    worth: FloatArray,
    propose_below: float | None,
    identity: Identity,
    label_attribute: str,
) -> tuple[Track, ...]:
    numbers: dict[int, int] = defaultdict(int)
    tracks: list[Track] = []
    for rows in sorted(whole, key=lambda rows: (int(seen.kinds[rows[0]]), int(rows[0]))):
        kind = int(seen.kinds[rows[0]])
        numbers[kind] += 1
        score = float(seen.scores[rows].mean())
        if propose_below is None:
            is_proposal = _likelihood(rows, worth, seen) < LIKELY
        else:
            is_proposal = score < propose_below
        tracks.append(
            Track(
                identity.of(int(seen.rows[rows[0]])),
                habits.names[kind],
                _keyframes(rows, detections, seen, habits, worth),
                _presence(rows, detections, seen, habits),
                numbers[kind],
                attributes_of(
                    seen.rows[rows], detections, score, label_attribute, is_proposal=is_proposal
                ),
            )
        )
    return tuple(tracks)


def _likelihood(rows: IntArray, worth: FloatArray, seen: Seen) -> float:
    """How probable it is that a track is of a real object."""
    needed = min(ENOUGH_HITS, len(seen.frame_times_s))
    return float(worth[rows].mean()) * min(1.0, len(rows) / needed)


def _keyframes(
    rows: IntArray, detections: Detections, seen: Seen, habits: Habits, worth: FloatArray
) -> tuple[Keyframe, ...]:
    given = seen.rows[rows]
    places_m, yaws_rad = smooth_path(rows, seen, habits)
    rotations = SE3.from_quaternion(
        detections.quaternions_wxyz[given], detections.centers_m[given]
    ).rotation
    # What is turned around is turned about its own axis, so that it lies on the slope as before.
    turns = yaws_rad - seen.yaws_rad[rows]
    around = np.round(turns / np.pi) * np.pi
    rotations = rotation_about_z(turns - around) @ rotations @ rotation_about_z(around)
    poses = SE3(rotations, places_m + seen.origin_m)
    size_lwh_m = np.exp(_weighted_median(seen.log_sizes[rows], worth[rows]))
    return tuple(
        Keyframe(time_ns, Cuboid(pose, size_lwh_m), Provenance.MODEL)
        for time_ns, pose in zip(detections.times_ns[given].tolist(), poses, strict=True)
    )


def _weighted_median(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Of each column, (K,)."""
    order = np.argsort(values, axis=0, kind="stable")
    sums = np.cumsum(weights[order], axis=0)
    middle = (sums < sums[-1] / 2).sum(axis=0)
    columns = np.arange(values.shape[1])
    return np.asarray(values[order[middle, columns], columns])


def _presence(
    rows: IntArray, detections: Detections, seen: Seen, habits: Habits
) -> tuple[Span, ...]:
    """Spans with gaps where nothing was found for longer than keyframes of the category may be apart."""
    longest_s = max(habits.gap_s[seen.kinds[rows[0]]], 1.5 * seen.step_s)
    times_ns = detections.times_ns[seen.rows[rows]]
    cuts = np.flatnonzero(np.diff(seen.times_s[rows]) > longest_s) + 1
    return tuple(
        Span(int(part[0]), int(part[-1])) for part in np.split(times_ns, cuts) if len(part)
    )
