"""Proposals: tracks of a detector that nobody has accepted yet.

A proposal is a track like any other, in the journal and to be undone; a mark tells that nobody vouches
for it. Whoever edits one by hand accepts it with that.
"""

from __future__ import annotations

from dataclasses import replace

from av3d.tracks.columns import PROVENANCES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.track import Track
from av3d.types import Scalar

PROPOSAL = "av3d.proposal"
"""Attribute of a track: true while it is a proposal."""
SCORE = "score"
"""Attribute of a track, or of its keyframes: how sure the detector was, more is surer."""


def is_proposal(track: Track) -> bool:
    """Whether nobody vouches for a track: it is marked so, and no keyframe was made by hand."""
    if track.attributes.get(PROPOSAL) is not True:
        return False
    codes = set(track.columns.provenances.tolist())
    return Provenance.MANUAL not in {PROVENANCES[code] for code in codes}


def score_of(track: Track) -> float | None:
    """How sure the detector was of a track: its score, else the mean of those of its keyframes.

    None where neither has one.
    """
    own = _number(track.attributes.get(SCORE))
    if own is not None:
        return own
    scores = [_number(keyframe.attributes.get(SCORE)) for keyframe in track.keyframes]
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known else None


def _number(value: Scalar | None) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def proposed(track: Track, score: float) -> Track:
    """The track as a proposal."""
    return replace(track, attributes={**track.attributes, PROPOSAL: True, SCORE: float(score)})


def accepted(track: Track) -> Track:
    """The track as one that somebody vouches for; its score stays."""
    attributes = {name: value for name, value in track.attributes.items() if name != PROPOSAL}
    return replace(track, attributes=attributes)
