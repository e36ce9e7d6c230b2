"""The attribute and visibility of each annotation, and a count of what nuScenes cannot say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.labels import (
    MotionRule,
    choose_category,
    expressed_attributes,
    has_none,
    lacks_attribute,
    motion_rule,
    said_attribute,
    said_visibility,
    speed_over_window,
)
from av3d.tracks.keyframe import Provenance
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import Scalar


class Choice(NamedTuple):
    """What the attributes of a state say.

    Attributes:
        given, provenance: those of the state.
        attribute: name of the nuScenes attribute; None where the motion decides.
        visibility: token of a visibility that was said or read, "" of none.
        dropped: names of attributes that nuScenes cannot say.
        lacks: whether a cuboid of the category should have an attribute.
    """

    given: Mapping[str, Scalar]
    provenance: Provenance
    attribute: str | None
    visibility: str
    dropped: frozenset[str]
    lacks: bool


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
        # Most tracks have the same attributes all the time.
        self._last: list[Choice | None] = [None] * len(tracks)
        self._rules: list[MotionRule | None] = [None] * len(tracks)

    def choose(
        self, indices: Sequence[int], states: Sequence[TrackState]
    ) -> tuple[list[str], list[str]]:
        """What is said of the cuboids of one sample.

        What the track says goes first; otherwise its motion decides.

        Args:
            indices: which tracks they are of, P.
            states: theirs, P.

        Returns:
            The name of each attribute, "" for none, and the token of each visibility that people said
            or a reader recorded, "" where nobody did, P.
        """
        if not states:
            return [], []
        facts = self._facts
        for provenance, count in Counter(state.provenance for state in states).items():
            facts.provenance[str(provenance)] += count
        velocities_m_s = np.concatenate([state.velocity_m_s for state in states]).reshape(-1, 3)
        speeds_m_s = np.hypot(velocities_m_s[:, 0], velocities_m_s[:, 1]).tolist()
        attributes: list[str] = []
        visibilities: list[str] = []
        for index, state, speed_m_s in zip(indices, states, speeds_m_s, strict=True):
            choice = self._last[index]
            if (
                choice is None
                or choice.given is not state.attributes
                or choice.provenance is not state.provenance
            ):
                choice = self._last[index] = self._choice(index, state)
            if choice.dropped:
                facts.dropped_attributes.update(choice.dropped)
            attribute = choice.attribute
            if attribute is None:
                rule = self._rules[index]
                if rule is None:
                    category = self.categories[index].name
                    rule = self._rules[index] = motion_rule(self._tracks[index], category)
                speed: float | None = speed_m_s
                if rule.is_windowed:
                    speed = speed_over_window(self._tracks[index], state.timestamp_ns, speed_m_s)
                if speed is None:
                    attribute = ""
                else:
                    attribute = rule.moving if speed >= rule.from_m_s else rule.standing
            if not attribute and choice.lacks:
                facts.unknown_motion += 1
            attributes.append(attribute)
            visibilities.append(choice.visibility)
        return attributes, visibilities

    def _choice(self, index: int, state: TrackState) -> Choice:
        category = self.categories[index].name
        said = said_attribute(state, category)
        expressed = expressed_attributes(self._tracks[index], state, category)
        return Choice(
            state.attributes,
            state.provenance,
            said if said or has_none(state) else None,
            said_visibility(state),
            frozenset(state.attributes) - (expressed - self._lost),
            lacks_attribute(state, category),
        )
