"""How points, images and surroundings are shown: what the View menu switches, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from av3d.present.clouds import CloudSpec


class ImageOverlay(StrEnum):
    """What lies over a camera's image."""

    NONE = "none"
    POINTS = "points"
    CHECK = "check"
    """Points and outlines in both, so that a wrong calibration shows at once."""


class Ghosts(StrEnum):
    """Where else the selected cuboid shows, dashed."""

    NONE = "none"
    KEYFRAMES = "neighbouring keyframes"
    FRAMES = "every 5th frame"


@dataclass(frozen=True)
class Seeing:
    """What is shown besides the cuboids. Hashable as far as layers and jobs need it.

    Attributes:
        cloud: which points, and how they are coloured.
        crop: only points near the selected cuboid.
        legend: what the colours of the points mean.
        frustums: what the cameras see.
        ego_path: the way of the vehicle.
        trails: of all tracks; that of the selected one always shows.
        ghosts: where else the selected cuboid shows.
        overlays: by camera; NONE for those that are not in it.
    """

    cloud: CloudSpec = field(default_factory=CloudSpec)
    crop: bool = False
    legend: bool = True
    frustums: bool = False
    ego_path: bool = False
    trails: bool = False
    ghosts: Ghosts = Ghosts.KEYFRAMES
    overlays: tuple[tuple[str, ImageOverlay], ...] = ()

    def overlay(self, camera: str) -> ImageOverlay:
        """What lies over the images of a camera."""
        return self.by_camera.get(camera, ImageOverlay.NONE)

    @property
    def by_camera(self) -> Mapping[str, ImageOverlay]:
        """The overlays by camera."""
        return MappingProxyType(dict(self.overlays))

    def with_overlay(self, camera: str, overlay: ImageOverlay) -> Seeing:
        """With another overlay of one camera."""
        kept = {name: value for name, value in self.overlays if name != camera}
        if overlay is not ImageOverlay.NONE:
            kept[camera] = overlay
        return replace(self, overlays=tuple(sorted(kept.items())))
