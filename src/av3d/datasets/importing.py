"""From what a reader found to the tracks of a project: categories, links, scores, numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from av3d.datasets.dataset import Dataset, DatasetError, ImportedLabels
from av3d.datasets.relabelling import category_in_project, for_project
from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.tracks.detections import Detections
from av3d.tracks.linking.apart import leave_apart
from av3d.tracks.linking.link import Linked, link
from av3d.tracks.proposal import is_proposal, proposed, score_of
from av3d.tracks.track import Track


@dataclass(frozen=True)
class ImportOptions:
    """What to do with what comes from a detector.

    Attributes:
        min_score: detections, and tracks with a score, that have a lower one are left out.
        link: detections without identity are linked to tracks; else each becomes one of its own.
        propose_below: tracks with a lower score are proposals; None: as `av3d.tracks.linking` finds.

    Raises:
        DatasetError: a score is not a finite number.
    """

    min_score: float | None = None
    link: bool = True
    propose_below: float | None = None

    def __post_init__(self) -> None:
        for value, option in ((self.min_score, "min_score"), (self.propose_below, "propose_below")):
            if value is not None and not math.isfinite(value):
                raise DatasetError(f"{value} is no score", option, "give a number")


@dataclass(frozen=True)
class ForProject:
    """Tracks for a project, and what was done with what was read.

    Attributes:
        tracks: in the categories of the project's ontology.
        notes: the reader's and what else is to be said.
        counts: the reader's and those of detections.
        linked: of how many tracks are made of detections.
        proposals: how many of the tracks are proposals.
    """

    tracks: tuple[Track, ...]
    notes: tuple[str, ...]
    counts: Mapping[str, int]
    linked: int
    proposals: int


def tracks_for_project(
    found: ImportedLabels,
    source: Dataset,
    log: Log,
    ontology: Ontology,
    options: ImportOptions,
    stored: Iterable[Track] = (),
) -> ForProject:
    """The tracks that labels become in a project.

    Args:
        found: by the reader of `source`.
        source: the dataset.
        log: that the labels belong to.
        ontology: the project's.
        options: about what comes from a detector.
        stored: tracks that the project has of the log; what detections become is numbered after them.
    """
    read, unknown = for_project(_by_score(found.tracks, options), source, ontology)
    notes, counts = [*found.notes, *unknown], dict(found.counts)
    made: tuple[Track, ...] = ()
    if found.detections is not None:
        result = _linked(found.detections, source, log, ontology, options)
        made = _numbered(result.tracks, [*stored, *read])
        notes += _told(result, made, ontology, options)
        counts |= {
            "detections": result.detections,
            "detections_below_min_score": result.too_low,
            "detections_in_no_track": result.alone,
        }
    tracks = (*read, *made)
    proposals = sum(is_proposal(track) for track in tracks)
    return ForProject(tracks, tuple(notes), counts, len(made), proposals)


def _by_score(tracks: Iterable[Track], options: ImportOptions) -> list[Track]:
    """Tracks that have identities already: without those of too low a score, and with their marks."""
    kept = []
    for track in tracks:
        score = score_of(track)
        if score is not None and options.min_score is not None and score < options.min_score:
            continue
        limit = options.propose_below
        low = score is not None and limit is not None and score < limit
        kept.append(proposed(track, score) if low and score is not None else track)
    return kept


def _linked(
    detections: Detections, source: Dataset, log: Log, ontology: Ontology, options: ImportOptions
) -> Linked:
    labels = detections.labels or ("",) * len(detections)
    pairs = list(zip(detections.categories, labels, strict=True))
    categories = {
        pair: category_in_project(pair[0], pair[1], source, ontology)
        for pair in dict.fromkeys(pairs)
    }
    detections = replace(detections, categories=tuple(categories[pair] for pair in pairs))
    if not options.link:
        return leave_apart(
            detections, min_score=options.min_score, propose_below=options.propose_below,
            name=log.name, label_attribute=source.label_attribute,
        )  # fmt: skip
    return link(
        detections, ontology, frames_ns=[frame.timestamp_ns for frame in log.frames],
        min_score=options.min_score, propose_below=options.propose_below, name=log.name,
        label_attribute=source.label_attribute, ego_known=not log.trajectory.is_identity,
    )  # fmt: skip


def _told(
    result: Linked, made: tuple[Track, ...], ontology: Ontology, options: ImportOptions
) -> list[str]:
    """What became of detections, in words."""
    proposals = sum(is_proposal(track) for track in made)
    did = "linked to" if options.link else "made into"
    text = f"{result.detections:,} detections {did} {len(made):,} tracks"
    text += f", {proposals:,} of them proposals" if proposals else ""
    if result.too_low:
        text += f"; {result.too_low:,} have a score below {options.min_score:g}"
    if result.alone:
        text += f"; {result.alone:,} with low scores go on from nothing and were left out"
    unknown = Counter(track.category for track in made if ontology.category(track.category) is None)
    return [
        text,
        *(
            f"category {name!r} ({count} of the tracks) is not in ontology {ontology.name}; it is kept"
            for name, count in sorted(unknown.items())
        ),
    ]


def _numbered(tracks: Iterable[Track], taken: Iterable[Track]) -> tuple[Track, ...]:
    """Tracks with numbers after those that are taken; one that is there already keeps its own."""
    highest: dict[str, int] = {}
    known: dict[str, Track] = {}
    for track in taken:
        known[track.id] = track
        highest[track.category] = max(highest.get(track.category, 0), track.number)
    numbered = []
    for track in tracks:
        old = known.get(track.id)
        if old is not None and old.category == track.category:
            number = old.number
        else:
            number = highest[track.category] = highest.get(track.category, 0) + 1
        numbered.append(replace(track, number=number))
    return tuple(numbered)
