"""What the images show where the cuboids of a track are, and beside: small pictures in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from av3d.calibration.projection import ProjectedCuboid, may_show, project_cuboids
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.trajectory import TrajectoryError
from av3d.qa.subject import Subject
from av3d.tracks.measured import states_at
from av3d.types import NS_PER_S, Float32Array, FloatArray, IntArray, Uint8Array

EVERY_S = 0.5
"""Images this far apart are looked at, the same ones for all tracks."""
MOST_VIEWS = 6
"""Of one track."""
SMALLEST_PX, SHORTEST_PX = 48.0, 24.0
"""What is smaller on the image, along its longer or its shorter side, shows too little."""
MOST_HIDDEN = 0.3
"""Of the cuboid, behind other things."""
MOST_CUT = 0.02
"""Of the cuboid, beyond the image."""
ASIDE = (
    (0.0, 0.0), (-0.5, 0.0), (0.5, 0.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -0.6), (0.0, 0.6),
    (-0.7, -0.4), (0.7, 0.4),
)  # fmt: skip
"""Where it is looked: at the cuboid, and beside it by parts of its width and height on the image."""
AROUND = 0.25
"""The picture goes beyond the cuboid by this part of its width and height: its outline is inside."""
SIDE_PX, CELLS, TURNS = 36, 6, 6
LENGTH = CELLS * CELLS * (TURNS + 3)
"""Numbers of a picture: edges in CELLS x CELLS cells by TURNS directions, and three of colour."""

Place = tuple[int, str, tuple[float, ...]]
"""A frame, a camera, and the bounds of the cuboid on its image: left, top, right, bottom."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """What a track looks like.

    Attributes:
        by_place: for each image on which it is large enough, the pictures at ASIDE, (A, LENGTH); rows
            of NaN where that is too far beyond the image.
    """

    by_place: Mapping[Place, Float32Array]


def pictures(subject: Subject, known: Pictures | None = None) -> Pictures:
    """The pictures of a track, reading the images on which it is large and free.

    Args:
        subject: the track, with what the sweeps say of what hides it.
        known: pictures of earlier, used again where the cuboid is where it was.
    """
    found: dict[Place, Float32Array] = {}
    places = _places(subject)
    for at in np.unique(np.linspace(0, len(places) - 1, MOST_VIEWS).round().astype(np.int64)):
        if not places:
            break
        place, image_index = places[int(at)]
        before = None if known is None else known.by_place.get(place)
        if before is None:
            before = _at(subject.log.image(place[1], image_index), np.array(place[2]))
        found[place] = before
    return Pictures(found)


def looked_at(log: Log) -> IntArray:
    """The frames whose images are looked at, (K,)."""
    step = max(1, round(EVERY_S * NS_PER_S / log.frame_period_ns))
    return np.arange(0, len(log.frames), step, dtype=np.int64)


def _places(subject: Subject) -> list[tuple[Place, int]]:
    """Where a track is large and free on an image, one for each frame, in order of time."""
    log, facts = subject.log, subject.points
    if facts is None:
        return []
    with np.errstate(invalid="ignore"):
        free = facts.hidden <= MOST_HIDDEN
    rows = np.flatnonzero(np.isin(subject.frames, looked_at(log)) & free)
    found: list[tuple[Place, int]] = []
    for row in rows.tolist():
        frame = log.frames[int(subject.frames[row])]
        best: tuple[float, Place, int] | None = None
        for camera, image_index in frame.images.items():
            if image_index is None:
                continue
            seen = _projected(subject, frame.timestamp_ns, camera, image_index)
            if seen is None or seen.truncation > MOST_CUT:
                continue
            left, top, right, bottom = seen.bounds_px
            sides_px = right - left, bottom - top
            if max(sides_px) < SMALLEST_PX or min(sides_px) < SHORTEST_PX:
                continue
            area_px2 = sides_px[0] * sides_px[1]
            if best is None or area_px2 > best[0]:
                best = area_px2, (frame.index, camera, seen.bounds_px), image_index
        if best is not None:
            found.append(best[1:])
    return found


def _projected(
    subject: Subject, frame_ns: int, camera: str, image_index: int
) -> ProjectedCuboid | None:
    """The cuboid of a track on an image, where it was when that was exposed; None if not on it."""
    log = subject.log
    try:
        camera_SE3_world = log.world_SE3_camera(camera, image_index).inverse()
    except TrajectoryError:
        return None
    lens = log.rig.camera(camera).camera
    image_ns = log.image_time_ns(camera, image_index)
    state = states_at([subject.track], image_ns, frame_ns, log)[0]
    if state is None:
        return None
    cuboid = state.cuboid.in_frame(camera_SE3_world)
    if not may_show(lens, cuboid.corners_m()[None])[0]:
        return None
    return project_cuboids(lens, SE3.stack([cuboid.frame_SE3_cuboid]), cuboid.size_lwh_m[None])[0]


def _at(image: Uint8Array, bounds_px: FloatArray) -> Float32Array:
    """Pictures at ASIDE of what is within bounds (4,) on an image, (A, LENGTH)."""
    size_px = bounds_px[2:] - bounds_px[:2]
    found = np.full((len(ASIDE), LENGTH), np.nan, dtype=np.float32)
    for number, aside in enumerate(ASIDE):
        moved_px = bounds_px + np.tile(np.array(aside) * size_px, 2)
        low = np.rint(moved_px[:2] - AROUND * size_px).astype(np.int64)
        high = np.rint(moved_px[2:] + AROUND * size_px).astype(np.int64)
        end = np.array(image.shape[1::-1])
        # A little beyond the image its border goes on; what is mostly beyond it is not asked.
        if (low < -AROUND * size_px).any() or (high > end + AROUND * size_px).any():
            continue
        found[number] = _numbers(_crop(image, low, high))
    return found


def _crop(image: Uint8Array, low: IntArray, high: IntArray) -> Uint8Array:
    """The pixels from `low` (x, y) to before `high`, with the border of the image beyond it."""
    end = np.array(image.shape[1::-1])
    first, last = np.clip(low, 0, end - 1), np.clip(high, 1, end)
    inside = image[first[1] : last[1], first[0] : last[0]]
    (left, top), (right, bottom) = np.maximum(first - low, 0), np.maximum(high - last, 0)
    if not (left or top or right or bottom):
        return inside
    border = cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.copyMakeBorder(inside, int(top), int(bottom), int(left), int(right), border), np.uint8
    )


def _numbers(crop: Uint8Array) -> Float32Array:
    """Edges by cell and direction, and colours by cell, (LENGTH,).

    Histograms of oriented gradients (Dalal, Triggs: "Histograms of oriented gradients for human
    detection", CVPR 2005), of few cells, with the colour of each cell against that of the whole.
    """
    small = cv2.resize(crop, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    values = small.astype(np.float32)
    across = cv2.Sobel(values, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(values, cv2.CV_32F, 0, 1)
    # The channel in which an edge is strongest.
    strongest = np.argmax(across**2 + down**2, axis=2)[..., None]
    across = np.take_along_axis(across, strongest, axis=2)[..., 0]
    down = np.take_along_axis(down, strongest, axis=2)[..., 0]
    turn = np.minimum((np.arctan2(down, across) % np.pi) / np.pi * TURNS, TURNS - 1).astype(
        np.int64
    )
    cell = SIDE_PX // CELLS
    y, x = np.indices((SIDE_PX, SIDE_PX)) // cell
    bins = (y * CELLS + x) * TURNS + turn
    edges = np.sqrt(
        np.bincount(
            bins.ravel(), weights=np.hypot(across, down).ravel(), minlength=CELLS * CELLS * TURNS
        )
    )
    # What has hardly any edges must not look like something: 20 is that of a grey wall.
    edges /= np.linalg.norm(edges) + 20.0
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    colours = lab.reshape(CELLS, cell, CELLS, cell, 3).mean(axis=(1, 3)).reshape(-1, 3)
    colours = 0.15 * (colours - colours.mean(axis=0)) / 60.0
    return np.asarray(np.concatenate([edges, colours.ravel()]), dtype=np.float32)
