"""Ideal pinhole cameras in place of real ones, for formats that know no others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from av3d.calibration.camera import Camera
from av3d.types import Float32Array, FloatArray

MAX_HALF_VIEW_RAD = float(np.radians(60.0))
"""A pinhole stretches what is further from its axis beyond use: four times and more in area."""

NOWHERE_PX = -10.0
"""Where a pixel comes from that the source does not see: beyond the border of any image."""


@dataclass(frozen=True)
class StandIn:
    """The pinhole camera that images of another camera are turned into.

    Attributes:
        camera: the pinhole, with an image of the same size.
        view_rad: what it sees of the middle row, from the left end to the right end.
        source_view_rad: what the source sees of it; more, if the view had to be cut.
    """

    camera: Camera
    view_rad: float
    source_view_rad: float

    @property
    def is_cut(self) -> bool:
        """Whether less is seen than the source saw, because the source is too wide for a pinhole."""
        return self.source_view_rad > self.view_rad + 1e-9


def pinhole_in_place_of(camera: Camera) -> StandIn:
    """A pinhole for the images of a camera.

    A lens that bends the plane keeps its intrinsic matrix. A wide lens gets one in whose image the
    middle row and column end where they do in the source, or 60 degrees from the axis.
    """
    middle_u, middle_v = (camera.width_px - 1) / 2, (camera.height_px - 1) / 2
    rays = camera.unproject(
        [
            (-0.5, middle_v), (camera.width_px - 0.5, middle_v),
            (middle_u, -0.5), (middle_u, camera.height_px - 0.5),
        ]
    )  # fmt: skip
    end_rad = np.pi / 2 if camera.lens is None else camera.lens.max_angle_rad
    across = np.array([-rays[0, 0], rays[1, 0], -rays[2, 1], rays[3, 1]])
    angle = np.arctan2(across, rays[:, 2])
    angle = np.where(np.isnan(angle), end_rad, angle)
    view_rad = float(angle[0] + angle[1])
    if not camera.is_wide:
        return StandIn(replace(camera, lens=None), view_rad, view_rad)
    cut = np.clip(angle, -MAX_HALF_VIEW_RAD, MAX_HALF_VIEW_RAD)
    left, right, top, bottom = np.tan(cut).tolist()
    focal_px = camera.width_px / (left + right)
    pinhole = replace(
        camera,
        fx_px=focal_px,
        fy_px=focal_px,
        cx_px=focal_px * left - 0.5,
        # Where rows do not suffice for the column, both ends lose alike.
        cy_px=camera.height_px * top / (top + bottom) - 0.5,
        lens=None,
    )
    return StandIn(pinhole, float(cut[0] + cut[1]), view_rad)


def remap_tables(
    source: Camera, target: Camera, target_R_source: FloatArray | None = None
) -> tuple[Float32Array, Float32Array]:
    """Where each pixel of the target's image comes from in the source's, for `cv2.remap`.

    Args:
        source: the camera that took the image.
        target: the camera whose image is wanted, at the same place.
        target_R_source: rotation from the source's camera frame to the target's, (3, 3); None if they
            look the same way.

    Returns:
        x and y, (H, W) each, NOWHERE_PX where the source does not see.
    """
    columns, rows = np.meshgrid(np.arange(target.width_px), np.arange(target.height_px))
    rays = target.unproject(np.stack([columns, rows], axis=-1))
    if target_R_source is not None:
        rays = rays @ target_R_source
    pixels, seen = source.project(rays)
    pixels = np.where(seen[..., None], pixels, NOWHERE_PX).astype(np.float32)
    return np.ascontiguousarray(pixels[..., 0]), np.ascontiguousarray(pixels[..., 1])
