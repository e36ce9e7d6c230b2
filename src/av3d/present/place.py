"""A place of the world that is looked at where there is no track, and where images show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.render.outline import cuboid_lines_camera, cuboid_style

USUAL_LWH_M = (1.0, 1.0, 1.5)
"""What is taken for something of which nobody knows how large it is."""
LEAST_M = 0.5
"""Anything smaller is taken to be so large, or it would be looked at without what is around it."""


@dataclass(frozen=True)
class Place:
    """Something that has no track.

    Attributes:
        center_m: its middle, world frame.
        size_lwh_m: about how large it is, or None.
    """

    center_m: tuple[float, float, float]
    size_lwh_m: tuple[float, float, float] | None = None

    def bounds_px(
        self, log: Log, frame: int, camera: str
    ) -> tuple[float, float, float, float] | None:
        """Left, top, right, bottom of what a camera's image of a frame shows of it.

        Returns:
            None where the frame has no image of the camera, or that does not show the place.
        """
        image_index = log.frames[frame].images.get(camera)
        if image_index is None:
            return None
        size_lwh_m = np.maximum(self.size_lwh_m or USUAL_LWH_M, LEAST_M)
        cuboid = Cuboid(SE3(np.eye(3), np.array(self.center_m)), size_lwh_m)
        in_camera = cuboid.in_frame(log.world_SE3_camera(camera, image_index).inverse())
        drawing = cuboid_lines_camera(log.rig.camera(camera).camera, in_camera, cuboid_style(""))
        return None if drawing is None else drawing.bounds_px
