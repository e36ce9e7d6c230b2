"""What is believed of an object's size before its points are looked at: from its category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.ontology.category import Category
from av3d.ontology.motion import Motion
from av3d.types import FloatArray

COMPACT_M = 1.2
"""Objects usually shorter than this (people, cones) show no sides to measure a heading by."""
LENGTH, CAR_M, WIDTH = 0.1, 4.5, 0.07
"""Standard deviations of lengths and widths, in parts of them; those of trucks differ more."""
LENGTH_AT_MOST, WIDTH_AT_MOST = 0.35, 0.15
UNKNOWN = 0.6
"""The same for what may be anything."""
SMALLEST_M, LARGEST_M = 0.05, 30.0


@dataclass(frozen=True, eq=False)
class SizePrior:
    """A usual size, and how far from it sizes may be.

    Attributes:
        size_lwh_m: the usual length, width and height, (3,).
        sigma: standard deviations of the logarithms of length and width, (2,).
        smallest_lwh_m, largest_lwh_m: limits, (3,).
        is_compact: whether the object is too small or too round to show sides.
        is_known: whether the usual size says anything; else a box is as large as its points.
    """

    size_lwh_m: FloatArray
    sigma: FloatArray
    smallest_lwh_m: FloatArray
    largest_lwh_m: FloatArray
    is_compact: bool
    is_known: bool

    @staticmethod
    def of(category: Category | None) -> SizePrior:
        """That of a category; None: anything."""
        if category is None or category.motion is Motion.FREE:
            usual = (1.0, 1.0, 1.0) if category is None else category.size_lwh_m
            smallest = None if category is None else category.smallest_lwh_m
            largest = None if category is None else category.largest_lwh_m
            return SizePrior(
                np.array(usual),
                np.full(2, UNKNOWN),
                np.array(smallest or (SMALLEST_M,) * 3),
                np.array(largest or (LARGEST_M,) * 3),
                is_compact=False,
                is_known=False,
            )
        size = np.array(category.size_lwh_m)
        larger = max(1.0, float(size[0]) / CAR_M)
        sigma = np.minimum(
            [LENGTH * larger**2, WIDTH * larger**0.7], (LENGTH_AT_MOST, WIDTH_AT_MOST)
        )
        low = np.array(category.smallest_lwh_m or tuple(size / 3))
        high = np.array(category.largest_lwh_m or tuple(size * 2.5))
        compact = bool(size[0] < COMPACT_M) or category.motion is Motion.LEGGED
        return SizePrior(size, sigma, low, high, is_compact=compact, is_known=True)

    @property
    def clearance_m(self) -> float:
        """What is lower above the ground may be ground."""
        return float(np.clip(0.12 * self.size_lwh_m[2], 0.08, 0.25))

    def believed(self, lengths_m: FloatArray, widths_m: FloatArray) -> FloatArray:
        """Logarithms of how usual lengths and widths are, (M,) each."""
        sides = np.stack([lengths_m, widths_m], axis=1)
        off = np.log(sides / self.size_lwh_m[:2]) / self.sigma
        outside = np.maximum(self.smallest_lwh_m[:2] - sides, 0)
        outside += np.maximum(sides - self.largest_lwh_m[:2], 0)
        return np.asarray(-0.5 * (off**2).sum(axis=1) - 20 * outside.sum(axis=1))
