"""How much of what programs made was later done again: share of cuboids, and by how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from av3d.present.quality.effort import DAY_NS
from av3d.present.quality.past import (
    INTERPOLATED,
    MANUAL,
    Past,
    PastKeyframe,
    PastTrack,
    Pose,
    pose_of,
)
from av3d.tracks.columns import PROVENANCES
from av3d.types import FloatArray

LEAST = (0.001, 0.01, 0.001)
"""A cuboid was changed if its centre moved by more (m), or it turned (degrees), or grew (m)."""
THINNED = (0.1, 2.0, 0.1)
"""A keyframe that was taken out was not needed if what is interpolated there differs by no more."""


@dataclass
class Rework:
    """What became of cuboids that programs made.

    Attributes:
        made: cuboids; of interpolated ones those that a person has put a keyframe on.
        changed: of them, those that are elsewhere, turned or of another size now.
        removed: those that are gone.
        amounts: by how much those that changed did: centre (m), heading (degrees), the side that
            changed most (m).
    """

    made: int = 0
    changed: int = 0
    removed: int = 0
    amounts: list[tuple[float, float, float]] = field(default_factory=list)

    @property
    def share(self) -> float | None:
        """Of the cuboids that were made, the part that was changed or removed."""
        return (self.changed + self.removed) / self.made if self.made else None

    def percentile(self, percent: float) -> tuple[float, float, float] | None:
        """Of centre (m), heading (degrees) and size (m), each by itself; None without any."""
        if not self.amounts:
            return None
        found: list[float] = np.percentile(np.array(self.amounts), percent, axis=0).tolist()
        return found[0], found[1], found[2]

    def as_json(self) -> dict[str, Any]:
        """The numbers as JSON values."""
        names = ("center_m", "yaw_deg", "size_m")
        spread: dict[str, Any] = {}
        for name, percent in (("median", 50), ("p90", 90), ("max", 100)):
            values = self.percentile(percent)
            spread[name] = None if values is None else dict(zip(names, values, strict=True))
        return {
            "cuboids": self.made,
            "changed": self.changed,
            "removed": self.removed,
            "share": self.share,
            **spread,
        }


Key = tuple[str, str, int]
"""Provenance, category, and the day (since 1970 in UTC) on which the cuboid came to be."""


def rework_of(past: Past, log_ids: frozenset[int]) -> Mapping[Key, Rework]:
    """What became of the cuboids of some logs.

    Fitted, imported and model cuboids are those of keyframes that a program made, whoever asked it
    to. Interpolated ones are between keyframes; of them those are counted on which a person has put
    a keyframe. Each is compared with what is there now, so that what was undone counts as never done.

    Args:
        past: the whole journal.
        log_ids: keys of the logs that are looked at.
    """
    found: defaultdict[Key, Rework] = defaultdict(Rework)
    for (log_id, _), track in past.tracks.items():
        if log_id not in log_ids:
            continue
        for at_ns, key, is_gone in _made(track):
            one = found[PROVENANCES[key.origin].value, track.category, key.made_ns // DAY_NS]
            if key.origin == INTERPOLATED and is_gone:
                continue
            one.made += 1
            if not is_gone and key.pose is key.original:
                continue
            _add(one, track, at_ns, key, is_gone)
    return {key: one for key, one in sorted(found.items()) if one.made}


def merged(parts: Mapping[Key, Rework], place: int, of: str | None = None) -> dict[Any, Rework]:
    """The numbers by provenance (place 0), category (1) or day (2), of one provenance or of all."""
    found: dict[Any, Rework] = {}
    for key, part in parts.items():
        if of is not None and key[0] != of:
            continue
        one = found.setdefault(key[place], Rework())
        one.made += part.made
        one.changed += part.changed
        one.removed += part.removed
        one.amounts += part.amounts
    return dict(sorted(found.items()))


def _made(track: PastTrack) -> Iterator[tuple[int, PastKeyframe, bool]]:
    for keys, is_gone in ((track.keys, False), (track.gone, True)):
        for at_ns, key in keys.items():
            if key.origin != MANUAL:
                yield at_ns, key, is_gone


def _add(one: Rework, track: PastTrack, at_ns: int, key: PastKeyframe, is_gone: bool) -> None:
    now: Pose[float] | None = key.pose
    if is_gone:
        value = track.value()
        state = None if value is None else value.state_at(at_ns)
        now = None if state is None else pose_of(state.cuboid)
    if now is None:
        one.removed += 1
    elif key.original is None:
        one.changed += 1
    else:
        amount = _apart(np.array(key.original), np.array(now))
        if any(a > b for a, b in zip(amount, THINNED if is_gone else LEAST, strict=True)):
            one.changed += 1
            one.amounts.append(amount)


def _apart(one: FloatArray, other: FloatArray) -> tuple[float, float, float]:
    """Distance of the centres (m), difference of the headings (degrees), of the worst side (m)."""
    yaws = [_yaw(pose[3:7]) for pose in (one, other)]
    turned = (yaws[1] - yaws[0] + np.pi) % (2 * np.pi) - np.pi
    return (
        float(np.linalg.norm(other[:3] - one[:3])),
        abs(float(np.rad2deg(turned))),
        float(np.abs(other[7:] - one[7:]).max()),
    )


def _yaw(quaternion_wxyz: FloatArray) -> float:
    """Heading of the x axis that a unit quaternion turns."""
    w, x, y, z = quaternion_wxyz
    return float(np.arctan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z)))
