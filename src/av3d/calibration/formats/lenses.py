"""Lens models by the names that calibration files give them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from av3d.calibration.distortion import BrownConrady
from av3d.calibration.formats.values import Values
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei

BROWN_CONRADY = ("plumb_bob", "radtan", "opencv", "brown_conrady", "rational_polynomial")
FISHEYE = ("equidistant", "equi", "fisheye", "kannala_brandt")
NO_DISTORTION = ("none", "pinhole", "")

LENGTHS = (0, 4, 5, 8, 12, 14)
"""How many coefficients OpenCV's model may have: those after the eighth are prisms and tilts."""

Coefficients = Sequence[float] | npt.NDArray[np.float64]


def lens_of(
    model: str, coefficients: Coefficients, values: Values, key: str
) -> BrownConrady | KannalaBrandt | None:
    """The lens of a model's name and coefficients; None for an ideal pinhole.

    Raises:
        RigError: a model that is not supported, or a number of coefficients that it cannot have.
    """
    name = model.strip().lower().replace("-", "_")
    known = [float(value) for value in coefficients]
    if name in NO_DISTORTION:
        return None
    if name in FISHEYE:
        if len(known) != 4:
            raise values.error(f"{len(known)} coefficients of a fisheye, which has 4", key)
        return KannalaBrandt(*known)
    if name not in BROWN_CONRADY:
        raise values.error(
            f"the distortion model {model[:40]!r} is not supported",
            key,
            f"use one of: {' '.join((*BROWN_CONRADY, *FISHEYE))}",
        )
    if len(known) not in LENGTHS:
        raise values.error(f"{len(known)} distortion coefficients; there may be 4, 5 or 8", key)
    if any(known[8:]):
        raise values.error(
            "thin prism and tilt coefficients are not supported", key, "calibrate with 8 at most"
        )
    return BrownConrady(*known[:8]) if any(known) else None


def mei_of(xi: float, coefficients: Coefficients, values: Values) -> Mei:
    """The unified model with k1, k2, p1, p2, or without distortion."""
    known = [float(value) for value in coefficients]
    if len(known) not in (0, 4):
        raise values.error(
            f"{len(known)} coefficients of a MEI lens, which has k1, k2, p1, p2", "distortion"
        )
    return Mei(xi, *known)
