"""The attribute of each annotation, and a count of what nuScenes cannot say."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.labels import (
    choose_attribute,
    choose_category,
    expressed_attributes,
    lacks_attribute,
)
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track


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

    def attribute(self, index: int, state: TrackState) -> str:
        """Name of the attribute of a track's annotation, "" for none."""
        facts, category, track = self._facts, self.categories[index].name, self._tracks[index]
        attribute = choose_attribute(track, state, category)
        facts.unknown_motion += not attribute and lacks_attribute(state, category)
        facts.provenance[str(state.provenance)] += 1
        expressed = expressed_attributes(track, state, category)
        facts.dropped_attributes.update(set(state.attributes) - (expressed - self._lost))
        return attribute
