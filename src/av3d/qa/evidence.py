"""What sweeps say of the cuboids of a track."""

from __future__ import annotations

from dataclasses import dataclass

from av3d.types import FloatArray


@dataclass(frozen=True, eq=False)
class PointFacts:
    """What the points in and around the M cuboids of a subject say; NaN where nobody has looked.

    Attributes:
        inside: number of points inside, (M,).
    """

    inside: FloatArray
