"""What moves and has no label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from av3d.ontology.motion import Motion
from av3d.qa.check import Check, SceneCheck, alike
from av3d.qa.finding import Finding
from av3d.qa.roamers import Roamer, roamers
from av3d.qa.roaming import loose_clusters
from av3d.qa.scene import Scene
from av3d.qa.subject import Subject
from av3d.types import NS_PER_S, BoolArray, FloatArray, IntArray

AROUND_M = 0.6
"""Cuboids are grown by so much to each side: the middle of what is visible may lie beside one."""


@dataclass(eq=False)
class _Memory:
    """What moves in the log, whatever its labels are, and which tracks cover it.

    Attributes:
        things: what moves.
        frames, places_m: all places of all of them, one after the other, (K,), (K, 3).
        owner: which thing is at each place, (K,).
        by: for each track that was asked, as it was then, which places it covers; counted in `covers`.
        covers: how many tracks cover each place, (K,).
    """

    things: list[Roamer]
    frames: IntArray
    places_m: FloatArray
    owner: IntArray
    covers: IntArray
    by: dict[str, tuple[Subject, IntArray]] = field(default_factory=dict)

    @staticmethod
    def of(things: list[Roamer]) -> _Memory:
        frames = [one.frames for one in things]
        places_m = [one.centers_m for one in things]
        return _Memory(
            things,
            np.concatenate([np.zeros(0, dtype=np.int64), *frames]),
            np.concatenate([np.zeros((0, 3)), *places_m]),
            np.repeat(np.arange(len(things)), [len(rows) for rows in frames]),
            np.zeros(sum(map(len, frames)), dtype=np.int64),
        )

    def take(self, scene: Scene) -> None:
        """Ask the tracks that are new or have changed, and forget those that are gone."""
        for track_id in [one for one in self.by if one not in scene.subjects]:
            self.covers[self.by.pop(track_id)[1]] -= 1
        for track_id, subject in scene.subjects.items():
            known = self.by.get(track_id)
            if known is not None and known[0].track is subject.track:
                continue
            if known is not None:
                self.covers[known[1]] -= 1
            rows = np.flatnonzero(_covered(subject, self.frames, self.places_m))
            self.covers[rows] += 1
            self.by[track_id] = subject, rows


class Unlabelled(SceneCheck):
    """Something that moves and has no label."""

    id = "unlabelled"
    title = "Unlabelled"
    sentence = (
        "Part of the way of something that moves on which no cuboid is around it. Found in the points "
        "alone; above the limit a label is probably missing."
    )
    unit = "%"
    digits = 0
    weight = 80
    defaults = alike(50.0)
    reads_points = True

    def examine(self, scene: Scene) -> Iterator[Finding]:
        # What has no label has no category either: only the ontology as a whole can say how much.
        limit = scene.ontology.checks.get(self.id, self.defaults[Motion.FREE])
        if scene.sight is None or limit is False:
            return
        memory = scene.memory.get(self.id)
        if not isinstance(memory, _Memory):
            sweeps = loose_clusters(scene.log, scene.told("Looking for what moves"))
            memory = scene.memory[self.id] = _Memory.of(roamers(sweeps))
        memory.take(scene)
        bare: list[tuple[Roamer, float]] = []
        for number, thing in enumerate(memory.things):
            uncovered = memory.covers[memory.owner == number] == 0
            value = 100.0 * float(np.count_nonzero(uncovered)) / len(uncovered)
            if value > limit:
                bare.append((thing, value))
        for group in _together(bare):
            yield self._finding(scene, group, float(limit))

    def _finding(self, scene: Scene, group: list[tuple[Roamer, float]], limit: float) -> Finding:
        # The part that was seen best speaks for all of it.
        thing, value = max(group, key=lambda one: (one[0].points, len(one[0].frames)))
        times_ns = scene.log.frames.timestamps_ns
        first = int(times_ns[min(int(one.frames[0]) for one, _ in group)])
        last = int(times_ns[max(int(one.frames[-1]) for one, _ in group)])
        # Where most of it is visible, people see best what it is.
        worst = int(np.argmax(np.prod(thing.sizes_m, axis=1)))
        size_m = np.maximum(thing.sizes_m[worst], 0.3)
        across_m = float(np.hypot(*size_m[:2]))
        east_m, north_m, up_m = (float(metres) for metres in thing.centers_m[worst])
        length_m, width_m, height_m = (float(metres) for metres in size_m)
        return Finding(
            self.id, self.severity, (), "Unlabelled", "", first, last,
            int(times_ns[thing.frames[worst]]), value, limit,
            f"About {across_m:.1f} m of something moves at {thing.speed_m_s:.1f} m/s for "
            f"{(last - first) / NS_PER_S:.1f} s without a label, up to {thing.points:,} points",
            self.risk(value, limit),
            place_m=(east_m, north_m, up_m),
            size_lwh_m=(length_m, width_m, height_m),
        )  # fmt: skip


CHECKS: list[type[Check]] = [Unlabelled]


def _covered(subject: Subject, frames: IntArray, places_m: FloatArray) -> BoolArray:
    """Which places at frames lie in or close to the cuboids of a track, seen from above, (K,)."""
    covered = np.zeros(len(frames), dtype=bool)
    if not len(subject.frames) or not len(frames):
        return covered
    rows = np.minimum(np.searchsorted(subject.frames, frames), len(subject.frames) - 1)
    there = np.flatnonzero(subject.frames[rows] == frames)
    rows = rows[there]
    apart_m = places_m[there] - subject.centers_m[rows]
    local_m = np.abs(np.einsum("ki,kij->kj", apart_m, subject.rotations[rows]))[:, :2]
    covered[there] = (local_m <= subject.sizes_lwh_m[rows, :2] / 2 + AROUND_M).all(axis=1)
    return covered


def _together(things: list[tuple[Roamer, float]]) -> list[list[tuple[Roamer, float]]]:
    """Things in groups that move together: a person looks at them once."""
    groups: list[list[tuple[Roamer, float]]] = []
    for thing in things:
        met = [group for group in groups if any(thing[0].goes_with(one) for one, _ in group)]
        groups = [group for group in groups if group not in met]
        groups.append([*(one for group in met for one in group), thing])
    return groups
