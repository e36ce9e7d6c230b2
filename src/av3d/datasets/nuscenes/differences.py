"""How far cuboids are from what the toolkit shows, summed up in little memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from av3d.types import FloatArray, IntArray

SAME_M = 0.01
SAME_RAD = np.radians(0.1)


@dataclass
class Spread:
    """Values of which the largest and a percentile are told.

    Attributes:
        step: percentiles are good to this.
        largest: of all values, 0 of none.
        counts: how many values there are, by how many steps they are.
    """

    step: float
    largest: float = 0.0
    counts: Counter[int] = field(default_factory=Counter)

    def add(self, values: FloatArray) -> None:
        """Add values >= 0, (N,)."""
        if not len(values):
            return
        self.largest = max(self.largest, float(values.max()))
        steps, counts = np.unique(np.rint(values / self.step), return_counts=True)
        for steps_up, count in zip(steps.tolist(), counts.tolist(), strict=True):
            self.counts[int(steps_up)] += count

    def percentile(self, percent: float) -> float:
        """The value that so many percent of the values do not exceed, 0 of none."""
        steps = np.array(sorted(self.counts), dtype=np.float64)
        if not len(steps):
            return 0.0
        up_to = np.cumsum([self.counts[int(one)] for one in steps])
        place = int(np.searchsorted(up_to, percent / 100 * up_to[-1]))
        return min(float(steps[place]) * self.step, self.largest)


@dataclass
class Differences:
    """Differences between cuboids as they are and as the toolkit shows them.

    Attributes:
        distances_m: between centres.
        angles_rad: between orientations.
        compared: cuboids that both have.
        differing: of these, those that are off by more than a centimetre or a tenth of a degree.
        missing: cuboids that the toolkit does not show, since the following sample lacks the object.
        extra: cuboids that it shows although the object is not there.
        tracks: names of tracks whose cuboids differ.
        absent: names of tracks with missing or extra cuboids.
    """

    distances_m: Spread = field(default_factory=lambda: Spread(1e-4))
    angles_rad: Spread = field(default_factory=lambda: Spread(float(np.radians(1e-3))))
    compared: int = 0
    differing: int = 0
    missing: int = 0
    extra: int = 0
    tracks: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)

    def add(self, distances_m: FloatArray, angles_rad: FloatArray) -> IntArray:
        """Add cuboids that both have, (N,) and (N,); returns which of them differ."""
        self.distances_m.add(distances_m)
        self.angles_rad.add(angles_rad)
        differ = np.flatnonzero((distances_m > SAME_M) | (angles_rad > SAME_RAD))
        self.compared += len(distances_m)
        self.differing += len(differ)
        return differ

    def in_words(self) -> str:
        """Largest and 95th percentile differences."""
        if not self.compared:
            return "no cuboid to compare"
        distances, angles = self.distances_m, self.angles_rad
        return (
            f"largest difference {distances.largest:.3f} m and {np.degrees(angles.largest):.2f} "
            f"degrees, 95th percentile {distances.percentile(95):.3f} m and "
            f"{np.degrees(angles.percentile(95)):.2f} degrees, over {self.compared:,} cuboids"
        )
