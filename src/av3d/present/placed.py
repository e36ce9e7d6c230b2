"""Where the tracks of a frame are, in the main view and in images, made anew only where they changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np

from av3d.calibration.projection import ProjectedCuboid
from av3d.geometry.cuboid import Cuboid, cuboid_corners_m
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.render import palette
from av3d.render.drawing import CuboidDrawing
from av3d.render.outline import Item, cuboid_style, lines_of, project_items
from av3d.render.placing import PlacedTrack, tag_name, tracks_in_frame, tracks_in_image
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track
from av3d.types import BoolArray, Float32Array, FloatArray

FRAMES_KEPT = 64
"""Frames (and images) whose cuboids are kept to be made anew in part."""
FEW = 12
"""With more changed tracks than this, making all anew costs about the same."""


@dataclass(frozen=True, eq=False)
class CameraBox:
    """A track in an image, at the image's time.

    Attributes:
        track: which.
        cuboid: in the camera frame.
        projected: where it is on the image.
        drawing: its lines, not selected, in pixels of the image.
        hull_px: convex outline for hit tests, (N, 2) float32.
        over_readout: for a rolling shutter, its poses in the camera frame when the top and when the
            bottom edge of the image was read.
    """

    track: Track
    cuboid: Cuboid
    projected: ProjectedCuboid
    drawing: CuboidDrawing
    hull_px: Float32Array
    over_readout: tuple[SE3, SE3] | None = None


Value = TypeVar("Value", PlacedTrack, CameraBox)


class Placer:
    """Places tracks in frames and images; after an edit only those that are not what they were.

    Safe to use from worker threads.

    Args:
        log: the log.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._in_frames: _Latest[PlacedTrack] = _Latest(lambda placed: placed.track.id)
        self._in_images: _Latest[CameraBox] = _Latest(lambda box: box.track.id)

    def in_frame(self, index: int, tracks: Sequence[Track]) -> tuple[PlacedTrack, ...]:
        """The tracks that are there in a frame, in the order given, in the ego frame."""
        return self._in_frames.get(
            index, tracks, lambda some: tracks_in_frame(self._log, index, some)
        )

    def in_image(self, index: int, camera: str, tracks: Sequence[Track]) -> tuple[CameraBox, ...]:
        """The tracks that show in a camera's image of a frame, each at the image's own time."""

        def make(some: Sequence[Track]) -> Sequence[CameraBox]:
            placed = self.in_frame(index, tracks)
            wanted = {track.id for track in some}
            if len(some) < len(tracks):
                placed = tuple(item for item in placed if item.track.id in wanted)
            crowded = len(self.in_frame(index, tracks)) > palette.CROWDED
            return camera_boxes(self._log, some, camera, index, placed, crowded=crowded)

        return self._in_images.get((index, camera), tracks, make)


@dataclass(frozen=True, eq=False)
class _Made(Generic[Value]):
    """A value, the tracks that it was made of as they were given, and those by ID."""

    tracks: Sequence[Track]
    by_id: Mapping[str, Track]
    value: tuple[Value, ...]


class _Latest(Generic[Value]):
    """The last value of each key, and of which tracks it was made."""

    def __init__(self, id_of: Callable[[Value], str]) -> None:
        self._id_of: Callable[[Value], str] = id_of
        self._kept: OrderedDict[Hashable, _Made[Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(
        self,
        key: Hashable,
        tracks: Sequence[Track],
        make: Callable[[Sequence[Track]], Sequence[Value]],
    ) -> tuple[Value, ...]:
        """The value of all tracks; `make` is asked for those that changed since the last call."""
        with self._lock:
            before = self._kept.get(key)
        if before is not None and before.tracks is tracks:
            # Asked for by all cameras in turn.
            return before.value
        now = {track.id: track for track in tracks}
        value: tuple[Value, ...] | None = None
        if before is not None:
            value = self._patched(before, now, make)
        if value is None:
            value = tuple(make(tracks))
        with self._lock:
            self._kept[key] = _Made(tracks, now, value)
            self._kept.move_to_end(key)
            while len(self._kept) > FRAMES_KEPT:
                self._kept.popitem(last=False)
        return value

    def _patched(
        self,
        before: _Made[Value],
        now: Mapping[str, Track],
        make: Callable[[Sequence[Track]], Sequence[Value]],
    ) -> tuple[Value, ...] | None:
        old, value = before.by_id, before.value
        changed = [track for track in now.values() if old.get(track.id) is not track]
        gone = old.keys() - now.keys()
        if not changed and not gone:
            return value
        if len(changed) > FEW:
            return None
        dropped = gone | {track.id for track in changed}
        by_id = {self._id_of(item): item for item in value if self._id_of(item) not in dropped}
        if changed:
            by_id |= {self._id_of(item): item for item in make(changed)}
        return tuple(by_id[track_id] for track_id in now if track_id in by_id)


def camera_boxes(
    log: Log,
    tracks: Sequence[Track],
    camera: str,
    frame: int,
    in_frame: Sequence[PlacedTrack],
    *,
    crowded: bool = False,
) -> tuple[CameraBox, ...]:
    """All tracks that show in a camera's image of a frame, each at the image's own time.

    Args:
        log: the log.
        tracks: what to look for.
        camera: name of the camera.
        frame: index of the frame.
        in_frame: `tracks_in_frame` of the frame and tracks.
        crowded: lines say nothing about provenance: there are too many cuboids.
    """
    model = log.rig.camera(camera).camera
    placed = tracks_in_image(log, frame, camera, tracks, in_frame=in_frame)
    items = [
        Item(
            item.cuboid,
            cuboid_style(
                item.track.category,
                provenance=None if crowded else item.provenance,
                hidden_edges=False,
                proposal=is_proposal(item.track),
            ),
            item.track.id,
            tag_name(item.track),
            item.over_readout,
        )
        for item in placed
    ]
    if not items:
        return ()
    corners_px, valid = model.project(
        cuboid_corners_m(
            SE3.stack([item.cuboid.frame_SE3_cuboid for item in placed]),
            np.stack([item.cuboid.size_lwh_m for item in placed]),
        )
    )
    projected = [(n, seen) for n, seen in enumerate(project_items(model, items)) if seen]
    drawings = lines_of(model, [(items[number], seen) for number, seen in projected])
    found: list[CameraBox] = []
    for (number, seen), drawing in zip(projected, drawings, strict=True):
        item, hull = placed[number], outline_hull(corners_px[number], valid[number], drawing)
        found.append(CameraBox(item.track, item.cuboid, seen, drawing, hull, item.over_readout))
    return tuple(found)


def outline_hull(pixels: FloatArray, valid: BoolArray, drawing: CuboidDrawing) -> Float32Array:
    """Convex outline of a cuboid's corners (8, 2), (N, 2); its bounds where not all are valid (8,)."""
    if valid.all():
        return np.asarray(cv2.convexHull(pixels.astype(np.float32))[:, 0], dtype=np.float32)
    left, top, right, bottom = drawing.bounds_px
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
