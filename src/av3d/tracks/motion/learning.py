"""How exact the keyframes of many tracks are, when the same hand has placed them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.motion.hand import SIGMAS_M, SIGMAS_RAD, SIGMAS_UP_M, Hand
from av3d.tracks.motion.measurements import Measurements
from av3d.tracks.motion.posterior import shares
from av3d.tracks.motion.separate import PRIOR_OF_PSDS_YAW, Separate
from av3d.tracks.noise import Noise
from av3d.types import FloatArray

RESTING = 0.3
"""How probable it is beforehand that an object rests."""
FEWEST = 3
"""Through two keyframes goes a straight line, however exact they are."""


def learned_hand(tracks: Iterable[KeyframeColumns]) -> Noise | None:
    """The noise that is most probable by all keyframes together.

    A track alone tells little: two keyframes nothing, five to ten whether they are exact to 2 or to
    10 cm. Keyframes that know a noise of their own do not count, and of keyframes that are the same
    only the first.

    Args:
        tracks: keyframes of the tracks of one hand.

    Returns:
        Standard deviations; None where no track tells any.
    """
    in_plane, up, yaw = (
        np.zeros(len(SIGMAS_M)),
        np.zeros(len(SIGMAS_UP_M)),
        np.zeros(len(SIGMAS_RAD)),
    )
    told = False
    for columns in tracks:
        chosen = _that_tell(columns)
        if len(chosen) < FEWEST:
            continue
        separate = Separate(Measurements.of(chosen), Hand(), RESTING)
        in_plane += _evidence(separate.plane)
        up += _evidence(separate.height.log_evidences)
        # Most headings are far steadier than the prior for one track has it, and a prior that is wrong
        # a little for each of many tracks makes their common noise wrong.
        yaw += _evidence(separate.yaw - PRIOR_OF_PSDS_YAW)
        told = True
    if not told:
        return None
    hand = Hand()
    in_plane += hand.in_plane
    # Those of the height and yaw hang on that in the plane.
    sigma_m = _mean(SIGMAS_M, in_plane)
    up += np.logaddexp.reduce(hand.upwards + in_plane[:, None], axis=0)
    yaw += np.logaddexp.reduce(hand.turning + in_plane[:, None], axis=0)
    return Noise(sigma_m, sigma_m, _mean(SIGMAS_UP_M, up), _mean(SIGMAS_RAD, yaw))


def telling(columns: KeyframeColumns) -> int:
    """How many keyframes of a track tell `learned_hand` something; 0 where they are too few."""
    count = len(_that_tell(columns))
    return count if count >= FEWEST else 0


def _that_tell(columns: KeyframeColumns) -> KeyframeColumns:
    """Keyframes of unknown noise, without copies of the place of the one before."""
    tells = np.ones(len(columns), dtype=bool)
    tells[1:] = (columns.centers_m[1:] != columns.centers_m[:-1]).any(axis=1)
    if columns.noises is not None:
        tells &= np.isnan(columns.noises[:, 0])
    return columns[tells]


def _evidence(table: FloatArray) -> FloatArray:
    """Log evidence of each noise over all models, (R, Q) → (R,), up to a constant."""
    found = np.logaddexp.reduce(table, axis=1)
    return np.asarray(found - found.max())


def _mean(sigmas: FloatArray, logs: FloatArray) -> float:
    """Geometric mean of a posterior."""
    return float(np.exp(shares(logs) @ np.log(sigmas)))
