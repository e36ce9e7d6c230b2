"""Labels of a log that is several scenes of an export, put together again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from av3d.datasets.dataset import ImportedLabels
from av3d.tracks.track import Track
from av3d.types import Scalar


def joined(parts: Sequence[ImportedLabels]) -> ImportedLabels:
    """The labels of several scenes of one log, in order of time.

    A track that is in several of them is one again: with all of its keyframes, and absent in between.
    """
    by_id: dict[str, list[Track]] = {}
    for part in parts:
        for track in part.tracks:
            by_id.setdefault(track.id, []).append(track)
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.counts)
    tracks = tuple(_track(pieces) for pieces in by_id.values())
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    counts["tracks"] = len(tracks)
    return ImportedLabels(tracks, (*notes, f"put together from {len(parts)} scenes"), dict(counts))


def _track(pieces: Sequence[Track]) -> Track:
    if len(pieces) == 1:
        return pieces[0]
    first = pieces[0].attributes
    same: dict[str, Scalar] = {
        name: value
        for name, value in first.items()
        if all(name in piece.attributes and piece.attributes[name] == value for piece in pieces)
    }
    keyframes = [
        # What holds for one piece of the track only holds for its keyframes.
        replace(
            keyframe,
            attributes={
                **{name: value for name, value in piece.attributes.items() if name not in same},
                **keyframe.attributes,
            },
        )
        for piece in pieces
        for keyframe in piece.keyframes
    ]
    presence = [span for piece in pieces for span in piece.presence]
    return Track(
        pieces[0].id,
        pieces[0].category,
        tuple(sorted(keyframes, key=lambda keyframe: keyframe.timestamp_ns)),
        tuple(presence),
        pieces[0].number,
        same,
    )
