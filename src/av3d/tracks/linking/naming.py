"""Identities and attributes of tracks that are made of detections."""

from __future__ import annotations

import uuid
from collections import Counter

from av3d.tracks.detections import Detections
from av3d.tracks.proposal import PROPOSAL, SCORE
from av3d.types import IntArray, Scalar

NAMESPACE = uuid.UUID("6d0f4fb8-9f0c-4d2b-8d4f-5f6b7e0b61a7")


class Identity:
    """IDs of tracks by their first detection: the same detections give the same IDs.

    Args:
        name: of the log.
        detections: of it.
    """

    def __init__(self, name: str, detections: Detections) -> None:
        self._name, self._detections = name, detections
        self._given: Counter[str] = Counter()

    def of(self, row: int) -> str:
        """The ID of a track that begins with a detection; equal detections get different ones."""
        given = self._detections
        numbers = [*given.centers_m[row].tolist(), *given.sizes_lwh_m[row].tolist()]
        what = f"{given.categories[row]}|{given.times_ns[row]}|{numbers}|{given.scores[row]}"
        text = f"{self._name}|{what}"
        self._given[text] += 1
        return str(uuid.uuid5(NAMESPACE, f"{text}|{self._given[text]}"))


def attributes_of(
    rows: IntArray,
    detections: Detections,
    score: float,
    label_attribute: str,
    *,
    is_proposal: bool,
) -> dict[str, Scalar]:
    """Attributes of the track of some detections.

    Args:
        rows: of the detections.
        detections: all of them.
        score: of the track.
        label_attribute: where the class goes that most of them have; "" for nowhere.
        is_proposal: whether to mark it so.
    """
    attributes: dict[str, Scalar] = {SCORE: score}
    if label_attribute and detections.labels:
        counts = Counter(detections.labels[row] for row in rows.tolist())
        attributes[label_attribute] = max(sorted(counts), key=lambda label: counts[label])
    if is_proposal:
        attributes[PROPOSAL] = True
    return attributes
