"""What the toolkit makes of the sweeps between samples, compared with the tracks themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.datasets.nuscenes.differences import Differences
from av3d.datasets.nuscenes.gathering import stacked
from av3d.geometry.se3 import SE3
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import IntArray


@dataclass(frozen=True, eq=False)
class SampleBoxes:
    """The boxes of one sample.

    Attributes:
        timestamp_us: of the sample.
        tracks: which tracks are there, ascending indices, (P,).
        world_SE3_cuboid: their poses, batch of P.
    """

    timestamp_us: int
    tracks: IntArray
    world_SE3_cuboid: SE3

    def shown(self, before: SampleBoxes | None, time_us: int) -> SE3:
        """What the toolkit shows of these boxes at a sweep that belongs to this sample.

        Where the sample before has the object too, the centre is interpolated linearly and the
        orientation by slerp, at a time that is not let out of the two samples; otherwise the box is
        where it is in the sample.
        """
        if before is None or not len(self.tracks) or not len(before.tracks):
            return self.world_SE3_cuboid
        place = np.searchsorted(before.tracks, self.tracks).clip(max=len(before.tracks) - 1)
        both = before.tracks[place] == self.tracks
        span_us = max(self.timestamp_us - before.timestamp_us, 1)
        fraction = min(max((time_us - before.timestamp_us) / span_us, 0.0), 1.0)
        here = self.world_SE3_cuboid
        moved = before.world_SE3_cuboid[place[both]].interpolate(here[both], fraction)
        rotation, translation_m = here.rotation.copy(), here.translation_m.copy()
        rotation[both], translation_m[both] = moved.rotation, moved.translation_m
        return SE3.trusted(rotation, translation_m)


def compare(
    found: Differences,
    tracks: Sequence[Track],
    states: Sequence[TrackState | None],
    boxes: SampleBoxes,
    shown: SE3,
    *,
    all_chosen: bool,
) -> None:
    """Compare tracks at a sweep between samples with what the toolkit shows there.

    Args:
        found: is added to.
        tracks: all tracks.
        states: theirs at the sweep.
        boxes: those of the sample that the sweep belongs to.
        shown: where the toolkit shows them, batch as `boxes.tracks`.
        all_chosen: every cuboid of the tracks is exported; otherwise one that is missing may have been
            left out on purpose.
    """
    pairs = [(row, states[k]) for row, k in enumerate(boxes.tracks.tolist())]
    both = [(row, state) for row, state in pairs if state is not None]
    if both:
        own = stacked([state.cuboid.frame_SE3_cuboid for _, state in both])
        rows = np.array([row for row, _ in both])
        theirs = shown[rows]
        apart_m = np.linalg.norm(own.translation_m - theirs.translation_m, axis=1)
        differ = found.add(np.asarray(apart_m), np.asarray(own.angle_to_rad(theirs)))
        found.tracks.update(tracks[k].name for k in boxes.tracks[rows[differ]].tolist())
    if not all_chosen:
        return
    is_shown = set(boxes.tracks.tolist())
    extra = [boxes.tracks[row] for row, state in pairs if state is None]
    missing = [k for k, state in enumerate(states) if state is not None and k not in is_shown]
    found.extra += len(extra)
    found.missing += len(missing)
    found.absent.update(tracks[int(k)].name for k in (*extra, *missing))
