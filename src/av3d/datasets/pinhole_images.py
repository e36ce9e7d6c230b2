"""Images as several datasets store them: JPEG files of ideal pinhole cameras."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.pinhole import StandIn, pinhole_in_place_of, remap_tables
from av3d.datasets.dataset import Loss
from av3d.datasets.media_files import hard_linked
from av3d.errors import InputFileError
from av3d.logs.log import Log, LogError
from av3d.reading import read_bytes
from av3d.types import Float32Array

JPEG_QUALITY = 95


@dataclass
class ImageCounts:
    """What was done to the images of one log, by number of images."""

    copied: int = 0
    linked: int = 0
    unlinkable: int = 0
    encoded: int = 0
    rectified: int = 0
    black: dict[str, float] = field(default_factory=dict)
    """Part of the rectified image without content, by camera."""
    cut: dict[str, StandIn] = field(default_factory=dict)
    """What stands in for a camera whose lens sees more than a pinhole can, by camera."""


class ImageWriter:
    """Writes the images of one camera.

    JPEG files of pinhole cameras are taken over byte for byte. Other images are decoded, lens
    distortion is removed with the same intrinsic matrix (for a fisheye with another one, see
    `pinhole_in_place_of`), and the result is written as JPEG.

    Args:
        log: the log.
        camera: name of the camera.
        counts: is added to.
        link: hard-link files instead of copying them, where the disk allows it.
    """

    def __init__(self, log: Log, camera: str, counts: ImageCounts, *, link: bool) -> None:
        self._log = log
        self._name = camera
        self._camera = log.rig.camera(camera).camera
        self._counts = counts
        self._link = link
        self._maps: tuple[Float32Array, Float32Array] | None = None
        stand_in = pinhole_in_place_of(self._camera)
        self._pinhole = stand_in.camera
        if self._camera.bends:
            self._maps = remap_tables(self._camera, self._pinhole)
            counts.black[camera] = _outside(self._camera, self._maps)
        if stand_in.is_cut:
            counts.cut[camera] = stand_in

    @property
    def pinhole(self) -> Camera:
        """The camera of the written images."""
        return self._pinhole

    def write(self, index: int, target: Path) -> None:
        """Write one image.

        Raises:
            InputFileError, LogError: the source is missing, truncated or of another size.
        """
        source = self._log.cameras[self._name].path(index)
        if self._maps is None and source is not None:
            data = _read(source)
            if data[:2] == b"\xff\xd8":
                self._check(data, source)
                self._take_over(source, data, target)
                return
        image = self._log.image(self._name, index)
        if self._maps is not None:
            image = cv2.remap(image, *self._maps, cv2.INTER_LINEAR)
            self._counts.rectified += 1
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        _, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)
        target.write_bytes(encoded.tobytes())
        self._counts.encoded += 1

    def _check(self, data: bytes, source: Path) -> None:
        size = jpeg_size(data, source)
        expected = (self._camera.width_px, self._camera.height_px)
        if size != expected:
            raise LogError(
                f"image is {size[0]}x{size[1]} px, the rig says {expected[0]}x{expected[1]}",
                source,
                "correct the image size in the calibration",
            )

    def _take_over(self, source: Path, data: bytes, target: Path) -> None:
        if self._link and hard_linked(source, target):
            self._counts.linked += 1
            return
        self._counts.unlinkable += self._link
        target.write_bytes(data)
        self._counts.copied += 1


def jpeg_size(data: bytes, where: str | Path) -> tuple[int, int]:
    """Width and height of a JPEG file, from its frame header (ITU-T T.81, annex B).

    Raises:
        InputFileError: the file stops early or has no frame header.
    """
    if b"\xff\xd9" not in data[-64:]:
        raise InputFileError(
            f"image is truncated, it stops after {len(data):,} bytes", where, "copy the file again"
        )
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        # Start of frame: C0 to CF without the tables C4, C8 and CC.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height = int.from_bytes(data[position + 5 : position + 7], "big")
            return int.from_bytes(data[position + 7 : position + 9], "big"), height
        if marker == 0xFF:
            position += 1  # a fill byte
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    raise InputFileError("JPEG image without a frame header", where, "copy the file again")


def _read(source: Path) -> bytes:
    data = read_bytes(source, "image")
    if not data:
        raise InputFileError("image is empty, 0 bytes", source, "copy the file again")
    return data


def _outside(camera: Camera, maps: tuple[Float32Array, Float32Array]) -> float:
    inside = camera.contains(np.stack(maps, axis=-1))
    return float(1.0 - inside.mean())


def image_losses(counts: ImageCounts, format_title: str) -> list[Loss]:
    """What of the images an export changed; none that did not happen."""
    worst = max(counts.black, key=lambda camera: counts.black[camera], default="")
    views = ", ".join(
        f"{camera} {np.degrees(view.source_view_rad):.0f}° to {np.degrees(view.view_rad):.0f}°"
        for camera, view in sorted(counts.cut.items())
    )
    found = [
        Loss(
            "lens distortion",
            counts.rectified,
            "images",
            f"removed, since {format_title} has pinhole images; those of a fisheye get an intrinsic "
            "matrix of their own, others keep theirs; black without content at most: "
            f"{counts.black.get(worst, 0.0):.1%} of each image of {worst}",
        ),
        Loss(
            "view",
            len(counts.cut),
            "cameras",
            f"cut from left to right, since a pinhole stretches its borders beyond use: {views}",
        ),
        Loss(
            "image encoding",
            counts.encoded,
            "images",
            f"written anew as JPEG of quality {JPEG_QUALITY}",
        ),
    ]
    return [loss for loss in found if loss.count]


def image_notes(counts: ImageCounts) -> list[str]:
    """How images came into an export, in words."""
    notes: list[str] = []
    if counts.linked:
        notes.append(
            f"images that are hard links, so that changing one changes the log's file too: "
            f"{counts.linked}"
        )
    if counts.unlinkable:
        notes.append(f"images copied because the disk cannot link them: {counts.unlinkable}")
    return notes
