"""Proposals: tracks of a detector that nobody has accepted yet.

A proposal is a track like any other, in the journal and to be undone; a mark tells that nobody vouches
for it. Whoever edits one by hand accepts it with that.
"""

from __future__ import annotations

from dataclasses import replace

from av3d.tracks.columns import PROVENANCES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.track import Track

PROPOSAL = "av3d.proposal"
"""Attribute of a track: true while it is a proposal."""
SCORE = "score"
"""Attribute of a track: how sure the detector was, more is surer."""


def is_proposal(track: Track) -> bool:
    """Whether nobody vouches for a track: it is marked so, and no keyframe was made by hand."""
    if track.attributes.get(PROPOSAL) is not True:
        return False
    codes = set(track.columns.provenances.tolist())
    return Provenance.MANUAL not in {PROVENANCES[code] for code in codes}


def score_of(track: Track) -> float | None:
    """How sure the detector was of a track; None of one that has no score."""
    score = track.attributes.get(SCORE)
    return float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None


def proposed(track: Track, score: float) -> Track:
    """The track as a proposal."""
    return replace(track, attributes={**track.attributes, PROPOSAL: True, SCORE: float(score)})


def accepted(track: Track) -> Track:
    """The track as one that somebody vouches for; its score stays."""
    attributes = {name: value for name, value in track.attributes.items() if name != PROPOSAL}
    return replace(track, attributes=attributes)
