"""Tracks as JSON values and back, without loss: for the journal of a project and for text files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.track import Keyframe, Provenance, Span, Track, TrackError
from av3d.types import Scalar


def track_to_json(track: Track) -> dict[str, Any]:
    """A track as JSON values; keys are sorted by meaning, keyframes and spans by time."""
    return {
        "id": track.id,
        "category": track.category,
        "number": track.number,
        "attributes": dict(sorted(track.attributes.items())),
        "presence": [[span.start_ns, span.end_ns] for span in track.presence],
        "keyframes": [_keyframe_to_json(keyframe) for keyframe in track.keyframes],
    }


def track_from_json(value: Any, where: str) -> Track:
    """The track of JSON values as `track_to_json` makes them.

    Args:
        value: decoded JSON.
        where: file and place for messages.

    Raises:
        TrackError: a value is missing or of the wrong type or makes no sense.
    """
    try:
        return Track(
            id=_text(value["id"]),
            category=_text(value["category"]),
            number=int(value.get("number", 0)),
            attributes=attributes_from_json(value.get("attributes", {})),
            presence=tuple(Span(int(start), int(end)) for start, end in value.get("presence", [])),
            keyframes=tuple(_keyframe_from_json(entry) for entry in value["keyframes"]),
        )
    except KeyError as error:
        raise TrackError(f"a track lacks the key {error.args[0]!r}", where) from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise TrackError(f"a track has a value of the wrong kind: {error}", where) from error
    except Av3dError as error:
        raise TrackError(error.what, f"{where} {error.where}".strip(), error.fix) from error


def attributes_from_json(value: Any) -> Mapping[str, Scalar]:
    """Attributes checked to be a mapping from text to text, number or bool."""
    if not isinstance(value, dict):
        raise TypeError("attributes are not a mapping")
    for name, scalar in value.items():
        if not isinstance(scalar, str | bool | int | float):
            raise TypeError(f"attribute {name!r} is neither text, number nor true/false")
    return value


def _keyframe_to_json(keyframe: Keyframe) -> dict[str, Any]:
    pose = keyframe.cuboid.frame_SE3_cuboid
    return {
        "timestamp_ns": keyframe.timestamp_ns,
        "center_m": pose.translation_m.tolist(),
        "size_lwh_m": keyframe.cuboid.size_lwh_m.tolist(),
        "quaternion_wxyz": pose.quaternion_wxyz.tolist(),
        "provenance": keyframe.provenance.value,
        "attributes": dict(sorted(keyframe.attributes.items())),
    }


def _keyframe_from_json(value: Any) -> Keyframe:
    return Keyframe(
        timestamp_ns=int(value["timestamp_ns"]),
        cuboid=Cuboid(
            SE3.from_quaternion(
                np.asarray(value["quaternion_wxyz"], dtype=np.float64),
                np.asarray(value["center_m"], dtype=np.float64),
            ),
            np.asarray(value["size_lwh_m"], dtype=np.float64),
        ),
        provenance=Provenance(value.get("provenance", Provenance.MANUAL)),
        attributes=attributes_from_json(value.get("attributes", {})),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
