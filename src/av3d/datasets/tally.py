"""What of tracks a format of plain cuboids cannot hold, counted while they are written."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from av3d.datasets.dataset import LabelledLog, Loss
from av3d.datasets.relabelling import NAMED
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track

TILT_FROM_RAD = 1e-4
"""Smaller tilts move a corner by less than half a millimetre and are not counted."""


def without_frame(names: Sequence[str]) -> Loss:
    """The loss of the tracks of these names: they have no cuboid at a frame that is written."""
    return Loss(
        "tracks without a frame",
        len(names),
        "tracks",
        "not written: they have no cuboid at any frame that is written",
        tuple(names)[:NAMED],
    )


def between_frames(count: int, format_title: str) -> Loss:
    """The loss of keyframes of written tracks that lie at none of the frames that are written."""
    return Loss(
        "keyframes between frames",
        count,
        "keyframes",
        f"not written: {format_title} holds cuboids at frames only",
    )


@dataclass
class LabelTally:
    """Counters for the loss report of one export of any number of logs.

    Attributes:
        cuboids, tracks: how many were written.
    """

    cuboids: int = 0
    tracks: int = 0
    _written: set[str] = field(default_factory=set)
    _left_out: set[str] = field(default_factory=set)
    _unseen: list[str] = field(default_factory=list)
    _unused_keyframes: int = 0
    _provenance: Counter[str] = field(default_factory=Counter)
    _attributes: Counter[str] = field(default_factory=Counter)
    _covariances: int = 0
    _tilted: dict[str, None] = field(default_factory=dict)
    _tilts: int = 0
    _largest_tilt_rad: float = 0.0
    _no_class: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, track: Track, state: TrackState, held: Collection[str]) -> None:
        """Count a cuboid that is written.

        Args:
            track: of the log that is being written.
            state: the cuboid.
            held: names of attributes that the format holds, or that are worked out anew.
        """
        self.cuboids += 1
        self._written.add(track.id)
        self._provenance[str(state.provenance)] += 1
        self._attributes.update(name for name in state.attributes if name not in held)
        self._covariances += state.covariance is not None

    def add_tilt(self, track: Track, roll_rad: float, pitch_rad: float) -> None:
        """Count a cuboid that is written upright."""
        tilt_rad = float(np.hypot(roll_rad, pitch_rad))
        if tilt_rad > TILT_FROM_RAD:
            self._tilts += 1
            self._tilted[track.name] = None
            self._largest_tilt_rad = max(self._largest_tilt_rad, tilt_rad)

    def add_without_class(self, track: Track) -> None:
        """Count a track that is left out because the format has no class for it."""
        self._no_class.setdefault(track.category, {})[track.name] = None
        self._left_out.add(track.id)

    def finish_log(self, item: LabelledLog, frame_times_ns: Iterable[int]) -> None:
        """Count what of a log's tracks lies at no frame that was written; then comes the next log."""
        times = set(frame_times_ns)
        for track in item.tracks:
            if track.id in self._left_out:
                continue
            if track.id not in self._written:
                self._unseen.append(track.name)
                continue
            self.tracks += 1
            self._unused_keyframes += sum(ns not in times for ns in track.times_ns)
        self._written.clear()
        self._left_out.clear()

    def losses(self, format_title: str) -> list[Loss]:
        """The losses, without those that did not happen."""
        provenance = ", ".join(f"{n} {name}" for name, n in sorted(self._provenance.items()))
        names = ", ".join(f"{name} ({n})" for name, n in sorted(self._attributes.items()))
        degrees = math.degrees(self._largest_tilt_rad)
        found = [
            Loss(
                "roll and pitch",
                self._tilts,
                "cuboids",
                f"{format_title} has one angle: written upright, by {degrees:.2g} degrees at most; "
                f"the end of a 5 m long car then is {2500 * math.sin(self._largest_tilt_rad):.0f} mm "
                "too high or low",
                tuple(self._tilted)[:NAMED],
            ),
            *(
                Loss(
                    f"category {category}",
                    len(tracks),
                    "tracks",
                    f"left out: {format_title} has no class for it, and the ontology names none",
                    tuple(tracks)[:NAMED],
                )
                for category, tracks in sorted(self._no_class.items())
            ),
            without_frame(self._unseen),
            Loss("attributes", self._attributes.total(), "values", f"left out: {names}"),
            Loss("provenance", self._provenance.total(), "cuboids", f"not kept: {provenance}"),
            Loss(
                "uncertainty",
                self._covariances,
                "cuboids",
                "how exact a pose is, is not kept",
            ),
            between_frames(self._unused_keyframes, format_title),
        ]
        return [loss for loss in found if loss.count]
