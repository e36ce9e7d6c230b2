"""A track in the image that shows it best, frame by frame: which camera, which part of its image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from av3d.logs.log import Log
from av3d.present.image_view import LARGEST_SCALE, ImageView
from av3d.present.loader import Job
from av3d.present.pictures import PictureSpec, fit_picture
from av3d.present.placed import CameraBox, camera_boxes
from av3d.present.session import Session
from av3d.render.placing import tracks_in_frame
from av3d.tracks.track import Track
from av3d.types import Uint8Array

AROUND = 1.5
"""A picture shows so many times the width and height of the cuboid."""
STEPS_OF_TWO = 4
"""Scales are rounded, so many to a doubling, so that a small edit needs no new picture."""
CENTRE_STEP_PX = 8.0
"""Places are rounded to this, in pixels of the picture."""


@dataclass(frozen=True, eq=False)
class BestImage:
    """The image of a frame that shows a track best.

    Attributes:
        camera: which camera; "" where none of them sees the track.
        image_index: of its images.
        offset_ns: when it was exposed, after the frame's time.
        box: the track in it, at its own time; None where none sees it.
        visible: how much of the track's outline is on the image, 0 to 1.
    """

    camera: str
    image_index: int
    offset_ns: int
    box: CameraBox | None
    visible: float


UNSEEN = BestImage("", 0, 0, None, 0.0)


def box_in(log: Log, track: Track, frame: int, camera: str) -> CameraBox | None:
    """A track in a camera's image of a frame; None where it does not show."""
    found = camera_boxes(log, [track], camera, frame, tracks_in_frame(log, frame, [track]))
    return found[0] if found else None


def best_image(log: Log, track: Track, frame: int) -> BestImage:
    """The image in which a track is largest and least cut off.

    The score is the area of the part that is on the image, times the share of the outline that it is:
    a whole car 100 px wide wins over the half of one 130 px wide.
    """
    best, best_score = UNSEEN, 0.0
    in_frame = tracks_in_frame(log, frame, [track])
    if not in_frame:
        return UNSEEN
    for camera, image_index in log.frames[frame].images.items():
        if image_index is None:
            continue
        found = camera_boxes(log, [track], camera, frame, in_frame)
        if not found:
            continue
        box = found[0]
        left, top, right, bottom = box.drawing.bounds_px
        area = max(right - left, 0.0) * max(bottom - top, 0.0)
        low, high = box.hull_px.min(axis=0), box.hull_px.max(axis=0)
        whole = float(np.prod(np.maximum(high - low, 1e-6)))
        visible = min(area / whole, 1.0)
        if area * visible > best_score:
            offset_ns = log.image_time_ns(camera, image_index) - log.frames[frame].timestamp_ns
            best_score = area * visible
            best = BestImage(camera, image_index, offset_ns, box, visible)
    return best


def picture_spec(
    best: BestImage, image_px: tuple[int, int], width_px: int, height_px: int
) -> PictureSpec:
    """The part of an image of a size around the track, on a canvas of a size.

    It is inside the image as far as that is large enough.
    """
    assert best.box is not None
    left, top, right, bottom = best.box.drawing.bounds_px
    wide, high = max(right - left, 8.0) * AROUND, max(bottom - top, 8.0) * AROUND
    fitting = min(width_px / wide, height_px / high)
    # Rounded down: what is shown may be a little more than asked for, never less.
    scale = 2.0 ** (np.floor(np.log2(fitting) * STEPS_OF_TWO) / STEPS_OF_TWO)
    scale = float(min(scale, LARGEST_SCALE))
    offsets = [
        round(((size - 1) / 2 - middle * scale) / CENTRE_STEP_PX) * CENTRE_STEP_PX
        for size, middle in ((width_px, (left + right) / 2), (height_px, (top + bottom) / 2))
    ]
    view = ImageView((width_px, height_px), image_px, scale, (offsets[0], offsets[1]))
    return view.kept_inside().spec


class BestImages:
    """The best images of the selected track as they become known.

    Args:
        session: whose selection.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._last: dict[int, BestImage] = {}
        self._of: str | None = None
        self._live: tuple[object, BestImage | None] = (None, None)

    def of(self, track: Track, frame: int) -> BestImage | None:
        """The best image of a frame, or that before the last edit; None until it is known."""
        if self._of != track.id:
            self._of, self._last = track.id, {}
        if self.session.edits.previewing and frame == self.session.frame and frame in self._last:
            return self._followed(track, frame)
        found: BestImage | None = self.session.loader.get(self._key(track, frame))
        if found is not None:
            self._last[frame] = found
        return found or self._last.get(frame)

    def _followed(self, track: Track, frame: int) -> BestImage:
        """During an edit, the track as it is now in the image of before."""
        last = self._last[frame]
        if self._live[0] is not track:
            box = box_in(self.session.log, track, frame, last.camera) if last.camera else None
            live = BestImage(last.camera, last.image_index, last.offset_ns, box, last.visible)
            self._live = track, live if box is not None else last
        return self._live[1] or last

    def picture(self, best: BestImage, spec: PictureSpec) -> Uint8Array | None:
        """Part of an image, (H, W, 4) uint8; None until it is decoded."""
        found: Uint8Array | None = self.session.loader.get(_picture_key(best, spec))
        return found

    def choice_job(self, track: Track, frame: int) -> Job | None:
        """What finds the best image of a frame; None where it is known."""
        key, loader = self._key(track, frame), self.session.loader
        if loader.get(key) is not None or loader.error(key) is not None:
            return None
        return Job(key, partial(best_image, self.session.log, track, frame), lambda _: 4096)

    def picture_job(self, best: BestImage, spec: PictureSpec) -> Job | None:
        """What decodes a picture; None where it is there, or cannot be made."""
        key, session = _picture_key(best, spec), self.session
        if session.loader.get(key) is not None or session.loader.error(key) is not None:
            return None
        log, camera, index = session.log, best.camera, best.image_index
        return Job(
            key, lambda: fit_picture(log.image(camera, index), spec), lambda pixels: pixels.nbytes
        )

    def _key(self, track: Track, frame: int) -> tuple[object, ...]:
        return "best image", track.id, self.session.certainties.version(track), frame


def _picture_key(best: BestImage, spec: PictureSpec) -> tuple[object, ...]:
    return "best picture", best.camera, best.image_index, spec
