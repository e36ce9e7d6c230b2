"""Which class of a format a cuboid is written as."""

from __future__ import annotations

from collections.abc import Mapping

from av3d.ontology.mapping import label_for
from av3d.ontology.presets import default
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track


def class_of(
    track: Track,
    state: TrackState,
    attribute: str,
    format_name: str,
    category_of: Mapping[str, str],
) -> str:
    """The class that a cuboid is written as, "" if the format has none.

    The class that was read, or that the ontology named, holds while the track is of its category
    still. Then comes the class of av3d's category, and last a category that is called as a class.

    Args:
        track: of the cuboid, with a category of av3d's.
        state: the cuboid; its attributes say what was read.
        attribute: name of the attribute with the class.
        format_name: as ontologies call the format.
        category_of: av3d's category of each class of the format.
    """
    said = state.attributes.get(attribute)
    if isinstance(said, str) and said:
        # What is no class of the format was read nevertheless, and became other.
        own = category_of.get(said, "other")
        if track.category in (own, "other"):
            return said
    label = label_for(default(), format_name, track.category)
    return label or (track.category if track.category in category_of else "")
