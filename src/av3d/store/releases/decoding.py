"""Tracks from the trees of a replay, their keyframes as arrays, of which few are ever looked at alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from av3d.tracks.checking import TrackError, checked_attributes
from av3d.tracks.codec import interpolation_from_json
from av3d.tracks.columns import StoredKeyframes
from av3d.tracks.delta import Tree
from av3d.tracks.interpolation import AUTOMATIC
from av3d.tracks.noise import Noise
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track


def track_of(tree: Tree) -> Track:
    """The track of a tree; equal to what `av3d.tracks.codec.track_from_json` makes of it.

    Raises:
        Av3dError, ValueError, TypeError, LookupError: the tree makes no track.
    """
    keyframes = sorted((int(time), item) for time, item in tree["keyframes"].items())
    return Track.of_stored(
        _text(tree["id"]),
        _text(tree["category"]),
        _stored([time for time, _ in keyframes], [item for _, item in keyframes]),
        tuple(Span(span[0], span[1], *map(Edge, span[2:])) for span in tree["presence"]),
        tree["number"],
        checked_attributes(tree["attributes"]),
        tree["static"],
        tree["free_size"],
        tuple(Relation(*relation) for relation in tree["relations"]),
        tree["note"],
        interpolation_from_json(tree["interpolation"], f"track {tree['id']}", "")
        if "interpolation" in tree
        else AUTOMATIC,
    )


def _stored(times_ns: list[int], items: list[dict[str, Any]]) -> StoredKeyframes:
    if not items:
        raise TrackError("a track needs at least one keyframe")
    nothing = checked_attributes({})
    return StoredKeyframes.of(
        np.array(times_ns, dtype=np.int64),
        np.array([item["center_m"] for item in items], dtype=np.float64),
        np.array([item["quaternion_wxyz"] for item in items], dtype=np.float64),
        np.array([item["size_lwh_m"] for item in items], dtype=np.float64),
        [item["provenance"] for item in items],
        [
            checked_attributes(item["attributes"]) if item["attributes"] else nothing
            for item in items
        ],
        [Noise(*item["noise"]) if "noise" in item else None for item in items]
        if any("noise" in item for item in items)
        else None,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a name is no text")
    return value
