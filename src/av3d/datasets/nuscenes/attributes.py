"""The attribute and visibility of each annotation, and a count of what nuScenes cannot say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.gathering import gathered
from av3d.datasets.nuscenes.labels import (
    choose_category,
    expressed_attributes,
    has_none,
    lacks_attribute,
    motion_rule,
    said_attribute,
    said_visibility,
    speed_over_window,
)
from av3d.datasets.nuscenes.official import ATTRIBUTES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import IntArray, Scalar

NAMES = ["", *(entry.name for entry in ATTRIBUTES)]
"""Attributes by number."""
NUMBERS = {name: number for number, name in enumerate(NAMES)}
NONE = NUMBERS[""]
BY_MOTION = -1
"""The number of an attribute that the motion decides."""


class Choice(NamedTuple):
    """What the attributes of a state say.

    Attributes:
        given, provenance: those of the state.
        dropped: names of attributes that nuScenes cannot say.
    """

    given: Mapping[str, Scalar]
    provenance: Provenance
    dropped: frozenset[str]


class AttributeChooser:
    """Chooses for the tracks of a log.

    Args:
        tracks: its tracks.
        facts: is added to.
        lost: attributes that are not written, whatever they say.
    """

    def __init__(
        self, tracks: Sequence[Track], facts: SceneFacts, lost: Collection[str] = ()
    ) -> None:
        self._tracks, self._facts, self._lost = tracks, facts, frozenset(lost)
        self.categories = [choose_category(track) for track in tracks]
        count = len(tracks)
        # Most tracks have the same attributes all the time: what they said last, and in columns what
        # follows from it.
        self._last: list[Choice | None] = [None] * count
        self._visibilities = [""] * count
        self._attributes: IntArray = np.full(count, BY_MOTION, dtype=np.int64)
        self._lacks = np.zeros(count, dtype=bool)
        self._drops = np.zeros(count, dtype=bool)
        # Their rules, once they are needed.
        self._has_rule = np.zeros(count, dtype=bool)
        self._is_windowed = np.zeros(count, dtype=bool)
        self._from_m_s = np.zeros(count)
        self._moving: IntArray = np.full(count, NONE, dtype=np.int64)
        self._standing: IntArray = np.full(count, NONE, dtype=np.int64)

    def choose(
        self, indices: Sequence[int], states: Sequence[TrackState]
    ) -> tuple[list[str], list[str]]:
        """What is said of the cuboids of one sample.

        What the track says goes first; otherwise its motion decides.

        Args:
            indices: which tracks they are of, P, each once.
            states: theirs, P.

        Returns:
            The name of each attribute, "" for none, and the token of each visibility that people said
            or a reader recorded, "" where nobody did, P.
        """
        if not states:
            return [], []
        facts, last = self._facts, self._last
        for provenance, count in Counter([state.provenance for state in states]).items():
            facts.provenance[str(provenance)] += count
        for index, state in zip(indices, states, strict=True):
            choice = last[index]
            if (
                choice is None
                or choice.given is not state.attributes
                or choice.provenance is not state.provenance
            ):
                last[index] = self._choice(index, state)
        tracks: IntArray = np.array(indices, dtype=np.int64)
        attributes = self._attributes[tracks]
        by_motion = np.flatnonzero(attributes == BY_MOTION)
        attributes[by_motion] = self._told(
            tracks[by_motion], [states[row] for row in by_motion.tolist()]
        )
        for index in tracks[self._drops[tracks]].tolist():
            choice = last[index]
            facts.dropped_attributes.update(choice.dropped if choice else ())
        facts.unknown_motion += int(np.count_nonzero((attributes == NONE) & self._lacks[tracks]))
        names = [NAMES[number] for number in attributes.tolist()]
        return names, [self._visibilities[index] for index in indices]

    def _choice(self, index: int, state: TrackState) -> Choice:
        """What the attributes of a state say; its columns are set."""
        category = self.categories[index].name
        said = said_attribute(state, category)
        expressed = expressed_attributes(self._tracks[index], state, category)
        dropped = frozenset(state.attributes) - (expressed - self._lost)
        self._attributes[index] = NUMBERS[said] if said or has_none(state) else BY_MOTION
        self._visibilities[index] = said_visibility(state)
        self._lacks[index] = lacks_attribute(state, category)
        self._drops[index] = bool(dropped)
        return Choice(state.attributes, state.provenance, dropped)

    def _told(self, tracks: IntArray, states: Sequence[TrackState]) -> IntArray:
        """What the motion of tracks says, as numbers of attributes, for one state of each, P."""
        if not states:
            return tracks
        for index in tracks[~self._has_rule[tracks]].tolist():
            self._set_rule(index)
        velocities_m_s = gathered([state.velocity_m_s for state in states], (3,))
        speeds_m_s = np.hypot(velocities_m_s[:, 0], velocities_m_s[:, 1])
        is_moving = speeds_m_s >= self._from_m_s[tracks]
        found: IntArray = np.where(is_moving, self._moving[tracks], self._standing[tracks])
        for row in np.flatnonzero(self._is_windowed[tracks]).tolist():
            index, time_ns = int(tracks[row]), states[row].timestamp_ns
            speed_m_s = speed_over_window(self._tracks[index], time_ns, float(speeds_m_s[row]))
            if speed_m_s is None:
                found[row] = NONE
            else:
                is_over = speed_m_s >= self._from_m_s[index]
                found[row] = self._moving[index] if is_over else self._standing[index]
        return found

    def _set_rule(self, index: int) -> None:
        rule = motion_rule(self._tracks[index], self.categories[index].name)
        self._has_rule[index], self._is_windowed[index] = True, rule.is_windowed
        self._from_m_s[index] = rule.from_m_s
        self._moving[index], self._standing[index] = NUMBERS[rule.moving], NUMBERS[rule.standing]
