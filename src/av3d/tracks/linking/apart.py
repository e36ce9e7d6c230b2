"""Detections that are not linked: a track each."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.detections import Detections
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.linking.link import Linked
from av3d.tracks.linking.naming import Identity, attributes_of
from av3d.tracks.track import Track


def leave_apart(
    detections: Detections,
    *,
    min_score: float | None = None,
    propose_below: float | None = None,
    name: str = "",
    label_attribute: str = "",
) -> Linked:
    """Make a track of one keyframe of each detection, as it is.

    Args:
        detections: of one log, in the world frame.
        min_score: detections with a lower score are not used.
        propose_below: those with a lower score are proposals; None: none are.
        name: of the log; becomes part of the IDs.
        label_attribute: the attribute in which the detector's own class is to stand; "" for none.
    """
    kept = np.arange(len(detections))
    if min_score is not None:
        kept = np.flatnonzero(detections.scores >= min_score)
    kept = kept[np.argsort(detections.times_ns[kept], kind="stable")]
    poses = SE3.from_quaternion(detections.quaternions_wxyz[kept], detections.centers_m[kept])
    identity = Identity(name, detections)
    numbers: dict[str, int] = defaultdict(int)
    tracks = []
    for place, row in enumerate(kept.tolist()):
        score, category = float(detections.scores[row]), detections.categories[row]
        numbers[category] += 1
        keyframe = Keyframe(
            int(detections.times_ns[row]),
            Cuboid(poses[place], detections.sizes_lwh_m[row]),
            Provenance.MODEL,
        )
        is_proposal = propose_below is not None and score < propose_below
        attributes = attributes_of(
            kept[place : place + 1], detections, score, label_attribute, is_proposal=is_proposal
        )
        number = numbers[category]
        tracks.append(
            Track(identity.of(row), category, (keyframe,), (), number, attributes, free_size=False)
        )
    return Linked(tuple(tracks), len(detections), len(detections) - len(kept), 0)
