"""How a track moves, as its noisy cuboids tell: velocities by fits, and the frames that fit nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from av3d.qa.local_fits import LocalFits, local_fits
from av3d.types import NS_PER_S, BoolArray, FloatArray, IntArray

CLOSEST_NS = 1_000_000
"""Two frames are at least this far apart on the clock of the beam."""
APART_S = 1.5
"""Over a longer time without a frame nothing is known of the motion."""
NOISE_S = 1.0
"""Noise is that of the frames within this time to both sides."""
FEWEST_BESIDE = 4
"""... and of so many to both sides, where frames are far apart."""
LEAST_NOISE_M = 0.02
"""Cuboids are not placed more exactly than so, whatever a stretch of interpolated ones says."""
LEAST_NOISE_RAD = float(np.deg2rad(0.5))
STRAY_M = 0.35
"""A place that is so far from where its neighbours say is no noise any more, ..."""
HARDEST_M_S2 = 5.0
"""... nor what braking or setting off between two frames makes of it, ..."""
STRAY_SIGMAS = 5.0
"""... if it is also so many times the noise of the track away."""


@dataclass(frozen=True, eq=False)
class Course:
    """The motion of a track over M frames.

    Attributes:
        met_ns: when the beam met the object, (M,).
        centers_m: world frame, (M, 3).
        yaws_rad: headings in the world, (M,).
        stretches: rows of one span of presence each.
    """

    met_ns: IntArray
    centers_m: FloatArray
    yaws_rad: FloatArray
    stretches: tuple[slice, ...]

    @cached_property
    def times_s(self) -> FloatArray:
        """Since the first frame, increasing, (M,)."""
        if not len(self.met_ns):
            return np.zeros(0)
        # At the seam of a sweep the beam meets an object twice in a moment.
        least_ns = CLOSEST_NS * np.arange(len(self.met_ns))
        increasing_ns = np.maximum.accumulate(self.met_ns - least_ns) + least_ns
        return np.asarray((increasing_ns - self.met_ns[0]) / NS_PER_S)

    @cached_property
    def pieces(self) -> tuple[slice, ...]:
        """Rows without a long time between them, within a span of presence."""
        found: list[slice] = []
        for rows in self.stretches:
            apart = np.flatnonzero(np.diff(self.times_s[rows]) > APART_S) + 1
            edges = [rows.start, *(rows.start + apart).tolist(), rows.stop]
            found += [slice(a, b) for a, b in pairwise(edges)]
        return tuple(found)

    @cached_property
    def places_m(self) -> FloatArray:
        """Centres on the ground plane, from the first one, (M, 2): small numbers lose no digits."""
        return np.asarray(self.centers_m[:, :2] - self.centers_m[:1, :2])

    @cached_property
    def axes_rad(self) -> FloatArray:
        """Headings without a jump: front and back are alike, so that a flip is no turn, (M,)."""
        found = self.yaws_rad.copy()
        for rows in self.pieces:
            found[rows] = np.unwrap(found[rows], period=np.pi)
        return found

    @cached_property
    def at_ends(self) -> BoolArray:
        """First and last frames of the pieces, (M,): there polynomials swing."""
        found = np.zeros(len(self.met_ns), dtype=bool)
        for rows in self.pieces:
            found[[rows.start, rows.stop - 1]] = True
        return found

    # Frames that fit nowhere

    @cached_property
    def _sways_m(self) -> FloatArray:
        """What braking or setting off between two frames makes of where neighbours say, (M,)."""
        found = np.zeros(len(self.met_ns))
        for rows in self.pieces:
            if rows.stop - rows.start > 1:
                step_s = float(np.median(np.diff(self.times_s[rows])))
                found[rows] = HARDEST_M_S2 * step_s**2 / 2
        return found

    @cached_property
    def _without_strays(self) -> tuple[BoolArray, FloatArray]:
        """Which frames are to be believed, and how far all are from where the others say, (M,) each."""
        usable = np.ones(len(self.met_ns), dtype=bool)
        away_m, noises_m, reaches_m = self._strays(usable)
        # One by one, the worst first: next to a stray one good ones look bad.
        for _ in range(len(usable) // 4):
            far = usable & (away_m > reaches_m)
            if not far.any():
                break
            worst = int(np.argmax(np.where(far, away_m / noises_m, 0.0)))
            without = usable.copy()
            without[worst] = False
            # How much noise there is shows without it: in a short track one stray spoils every fit.
            then_m, then_noises_m, then_reaches_m = self._strays(without)
            if not then_m[worst] > max(then_reaches_m[worst], STRAY_SIGMAS * then_noises_m[worst]):
                break
            usable, away_m, noises_m, reaches_m = without, then_m, then_noises_m, then_reaches_m
        # Where a track goes on elsewhere, frames at both sides look bad and are none.
        back = [row for row in np.flatnonzero(~usable).tolist() if self._goes_on(row, usable)]
        if back:
            usable[back] = True
            away_m, *_ = self._strays(usable)
        return usable, away_m

    def _goes_on(self, row: int, usable: BoolArray) -> bool:
        """Whether a place is where the frames before it, or those after it, lead to."""
        piece = next(rows for rows in self.pieces if rows.start <= row < rows.stop)
        known = piece.start + np.flatnonzero(usable[piece])
        for side in (known[known < row][-3:], known[known > row][:3]):
            if len(side) < 3:
                continue
            times_s, places_m = self.times_s[side], self.places_m[side]
            apart_s = times_s - times_s.mean()
            velocity_m_s = apart_s @ places_m / (apart_s @ apart_s)
            there_m = places_m.mean(axis=0) + velocity_m_s * (self.times_s[row] - times_s.mean())
            if np.hypot(*(self.places_m[row] - there_m)) < STRAY_M + self._sways_m[row]:
                return True
        return False

    def _strays(self, usable: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """How far each place is from where its neighbours say, (M,).

        And what noise makes of that as a standard deviation, and how far it may be without any, (M,)
        each.
        """
        fits = local_fits(self.times_s, self.places_m, self.pieces, 0.2, 2, usable)
        apart_m = np.hypot(*(self.places_m - fits.derivatives[:, 0]).T)
        own = np.maximum(1.0 - fits.leverages, 1e-6)
        # A frame that is fitted by as many as it has coefficients is met by every polynomial.
        known = (fits.counts > 3) | (~usable & (fits.counts >= 3))
        away_m = np.where(known, apart_m / own, np.nan)
        # Residuals of a fit have the variance 1 - leverage: brought to that of the cuboids.
        noise_m = self._noise(
            np.where(usable & known, apart_m / np.sqrt(own), np.nan), LEAST_NOISE_M
        )
        # What the others say has a spread of its own, at the ends a large one: of a frame that counts
        # it is found by leaving it out again.
        theirs = np.where(usable, np.sqrt(fits.leverages / own), fits.spreads[:, 0])
        reaches_m = STRAY_M + self._sways_m * np.maximum(theirs, 1.0)
        return away_m, noise_m * np.hypot(1.0, theirs), reaches_m

    def _noise(self, residuals: FloatArray, least: float) -> FloatArray:
        """Standard deviation per axis of residuals on the plane, those within NOISE_S, (M,)."""
        found = np.full(len(residuals), least)
        for rows in self.pieces:
            part = residuals[rows]
            if not np.isfinite(part).any():
                continue
            step_s = float(np.median(np.diff(self.times_s[rows])))
            side = max(FEWEST_BESIDE, round(NOISE_S / step_s))
            padded = np.pad(part, side, constant_values=np.nan)
            windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * side + 1)
            known = np.isfinite(windows).any(axis=1)
            # Of a normal distribution on a plane half are within 1.1774 standard deviations.
            medians = np.full(len(part), np.nanmedian(part))
            medians[known] = np.nanmedian(windows[known], axis=1)
            found[rows] = np.maximum(medians / 1.1774, least)
        return found

    @property
    def usable(self) -> BoolArray:
        """Frames that are where their neighbours say, as far as noise allows, (M,)."""
        return self._without_strays[0]

    @property
    def away_m(self) -> FloatArray:
        """How far the place is from where the frames around it say, (M,)."""
        return self._without_strays[1]

    @cached_property
    def noises_m(self) -> FloatArray:
        """Standard deviation of the places around each frame, per axis, (M,)."""
        fits = local_fits(self.times_s, self.places_m, self.pieces, 0.4, 2, self.usable)
        apart_m = np.hypot(*(self.places_m - fits.derivatives[:, 0]).T)
        own = np.sqrt(np.maximum(1.0 - fits.leverages, 1e-6))
        return self._noise(
            np.where(self.usable & (fits.counts > 3), apart_m / own, np.nan), LEAST_NOISE_M
        )

    @cached_property
    def axis_noises_rad(self) -> FloatArray:
        """Standard deviation of the headings around each frame, (M,)."""
        fits = self._fit("axis", self.axes_rad[:, None], 0.2, 2)
        apart = np.abs(self.axes_rad - fits.derivatives[:, 0, 0])
        own = np.sqrt(np.maximum(1.0 - fits.leverages, 1e-6))
        # Half of a normal distribution is within .6745 standard deviations.
        residuals = np.where(self.usable & (fits.counts > 3), apart / own, np.nan) * (
            1.1774 / 0.6745
        )
        return self._noise(residuals, LEAST_NOISE_RAD)

    # Motion

    @cached_property
    def _fits(self) -> dict[tuple[str, float, int], LocalFits]:
        return {}

    def moving(self, half_s: float, degree: int = 2) -> LocalFits:
        """Place, velocity, acceleration (and jerk) on the ground plane, without the strays."""
        return self._fit("place", self.places_m, half_s, degree)

    def turning(self, half_s: float) -> LocalFits:
        """Heading and its rate, front and back alike."""
        return self._fit("axis", self.axes_rad[:, None], half_s, 1)

    def _fit(self, what: str, values: FloatArray, half_s: float, degree: int) -> LocalFits:
        # Several checks ask for the same ones.
        key = what, half_s, degree
        if key not in self._fits:
            self._fits[key] = local_fits(
                self.times_s, values, self.pieces, half_s, degree, self.usable
            )
        return self._fits[key]
