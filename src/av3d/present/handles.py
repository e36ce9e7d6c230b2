"""The handles of a cuboid in a view: where they are on the pane and which one is under the pointer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product

import cv2
import numpy as np

from av3d.geometry.cuboid import CORNER_SIGNS, EDGES, Cuboid
from av3d.present.projectors import (
    Projector,
    ViewKind,
    across_view,
    pixels_per_metre,
    ray_at,
)
from av3d.present.rings import Axis, ring_of
from av3d.types import BoolArray, FloatArray

REACH_PX = 7.0
"""A handle is hit this far from its place: 14 px across."""

SMALLEST_REACH_PX = 2.5
REACH_OF_SIDE = 0.2
"""Handles of a cuboid that is small on the pane reach only so far along its side: the body is left."""

HEAD_ON = 0.08
"""A handle whose way is seen this much shortened, or more, cannot be steered and is not offered."""

EDGE_PIECES = 8
"""The outline of the body follows this many points of each edge."""

FACE_NAMES = (("front", "back"), ("left", "right"), ("top", "bottom"))
SIZE_NAMES = ("length", "width", "height")

Signs = tuple[int, int, int]


class HandleKind(Enum):
    """What dragging a handle does."""

    MOVE = "move"
    FACE = "face"
    CORNER = "corner"
    YAW = "yaw"
    PITCH = "pitch"
    ROLL = "roll"


AXIS_OF_KNOB = {
    HandleKind.YAW: Axis.YAW,
    HandleKind.PITCH: Axis.PITCH,
    HandleKind.ROLL: Axis.ROLL,
}
_RANK = {HandleKind.FACE: 1, HandleKind.MOVE: 2}


@dataclass(frozen=True, eq=False)
class Handle:
    """A place of a cuboid that can be dragged.

    Attributes:
        kind: what dragging it does.
        signs: on which sides of the cuboid's axes it is: (1, 0, 0) is the front face, (-1, 1, 0) the
            corner at the back left in a view from above; zeros for the body and for knobs.
        point_m: the point that it sits on, in the working frame, (3,).
        place_px: where it is on the pane.
        reach_px: how far from there it is hit.
        visible: whether it can be seen and dragged; others are not drawn and not hit.
        line_px: the edge that is dragged along all its length (2, 2), or the outline of the body
            (N, 2), clockwise or not; None for a point.
    """

    kind: HandleKind
    signs: Signs
    point_m: FloatArray
    place_px: tuple[float, float]
    reach_px: float = REACH_PX
    visible: bool = True
    line_px: FloatArray | None = None

    @property
    def name(self) -> str:
        """What it is called, "front" or "back left top"; "" for the body."""
        if self.kind in AXIS_OF_KNOB:
            return self.kind.value
        pairs = zip(FACE_NAMES, self.signs, strict=True)
        return " ".join(names[sign < 0] for names, sign in pairs if sign)

    @property
    def tip(self) -> str:
        """What dragging it does, for a tooltip; keys are the caller's to add."""
        if self.kind is HandleKind.MOVE:
            return "Drag to move"
        if self.kind in AXIS_OF_KNOB:
            return f"Drag to change the {self.kind.value}"
        sizes = [name for name, sign in zip(SIZE_NAMES, self.signs, strict=True) if sign]
        if self.kind is HandleKind.FACE:
            return f"Drag the {self.name} face to change the {sizes[0]}"
        # In perspective a corner has three faces; which two it moves depends on the view.
        what = "the two sizes across the view" if len(sizes) == 3 else " and ".join(sizes)
        return f"Drag the {self.name} corner to change {what}"

    def distance_px(self, x: float, y: float) -> float:
        """From a place of the pane; 0 inside the body."""
        if self.line_px is None:
            return float(np.hypot(x - self.place_px[0], y - self.place_px[1]))
        if self.kind is HandleKind.MOVE:
            outline = self.line_px.astype(np.float32)
            return max(-float(cv2.pointPolygonTest(outline, (x, y), True)), 0.0)
        start, end = self.line_px
        way = end - start
        along = np.clip((np.array([x, y]) - start) @ way / max(float(way @ way), 1e-12), 0.0, 1.0)
        return float(np.hypot(*(start + along * way - (x, y))))


def handles_of(cuboid: Cuboid, projector: Projector, *, tilt: bool = False) -> tuple[Handle, ...]:
    """The handles of a cuboid in a view, those in front last; () where nothing of it can be seen.

    Flat views have the four edges and corners of the outline that is drawn; others have the faces and
    corners, of which those that are turned to the viewer are visible.

    Args:
        cuboid: in the working frame of the projector.
        projector: the view.
        tilt: also offer the knobs for pitch and roll.
    """
    body = _body(cuboid, projector)
    if body is None:
        return ()
    sides = _flat(cuboid, projector) if projector.axes is not None else _solid(cuboid, projector)
    return (body, *sides, *_knobs(cuboid, projector, tilt=tilt))


def hit_handle(handles: Sequence[Handle], x: float, y: float) -> Handle | None:
    """The handle at a place of the pane: corners and knobs before faces before the body.

    Of several the nearest.
    """
    found: tuple[int, float, Handle] | None = None
    for handle in handles:
        if not handle.visible:
            continue
        distance_px = handle.distance_px(x, y)
        reach_px = 0.0 if handle.kind is HandleKind.MOVE else handle.reach_px
        rank = _RANK.get(handle.kind, 0)
        if distance_px <= reach_px and (found is None or (rank, distance_px) < found[:2]):
            found = (rank, distance_px, handle)
    return found[2] if found else None


def _local(cuboid: Cuboid, signs: FloatArray) -> FloatArray:
    """Points of a cuboid in its frame of reference from multiples of half its sides, (N, 3)."""
    return cuboid.frame_SE3_cuboid.transform(signs * (cuboid.size_lwh_m / 2))


def _body(cuboid: Cuboid, projector: Projector) -> Handle | None:
    """The whole cuboid; None where no part of it can be seen."""
    part = np.linspace(0, 1, EDGE_PIECES + 1)[:, None]
    signs = np.concatenate(
        [CORNER_SIGNS[start] * (1 - part) + CORNER_SIGNS[end] * part for start, end in EDGES]
    )
    pixels, seen = projector.project(_local(cuboid, signs))
    if seen.sum() < 3:
        return None
    hull = cv2.convexHull(pixels[seen].astype(np.float32)).reshape(-1, 2).astype(np.float64)
    place, centre_seen = projector.project(cuboid.center_m[None])
    middle = place[0] if centre_seen[0] else hull.mean(axis=0)
    return Handle(
        HandleKind.MOVE, (0, 0, 0), cuboid.center_m, (float(middle[0]), float(middle[1])),
        line_px=hull,
    )  # fmt: skip


def _reach_px(side_px: float) -> float:
    return float(np.clip(REACH_OF_SIDE * side_px, SMALLEST_REACH_PX, REACH_PX))


def _steerable(projector: Projector, points_m: FloatArray, ways: FloatArray) -> BoolArray:
    """Which points (N, 3) the pointer can steer along directions (N, 3), (N,)."""
    rates = pixels_per_metre(projector, points_m)
    along = np.linalg.norm((rates @ ways[:, :, None])[:, :, 0], axis=1)
    # What cannot be seen has rates that are no numbers, and those compare as false.
    return np.asarray(along >= HEAD_ON * across_view(rates))


def _flat(cuboid: Cuboid, projector: Projector) -> Iterator[Handle]:
    """Edges, then corners of the outline in a flat view."""
    assert projector.axes is not None
    first, second = projector.axes
    # From above the outline is that of the roof; a side view is turned so that both agree.
    level = np.zeros(3)
    level[3 - first - second] = 1.0 if projector.kind is ViewKind.PLAN else 0.0
    square = np.zeros((4, 3))
    square[:, [first, second]] = [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    corners_m = _local(cuboid, square + level)
    pixels, _ = projector.project(corners_m)
    sides_px = np.linalg.norm(pixels - np.roll(pixels, -1, axis=0), axis=1)
    reach_px = _reach_px(float(sides_px.min()))
    rotation = cuboid.frame_SE3_cuboid.rotation
    steerable = _steerable(projector, corners_m[[0, 0]], rotation.T[[first, second]])
    # Each edge by its outward direction and its two corners.
    for axis, sign, ends in (
        (first, 1, (0, 3)), (first, -1, (1, 2)), (second, 1, (0, 1)), (second, -1, (2, 3)),
    ):  # fmt: skip
        signs = _signs({axis: sign})
        yield Handle(
            HandleKind.FACE, signs, _local(cuboid, np.array(signs) + level),
            _place(pixels[list(ends)].mean(axis=0)), reach_px,
            bool(steerable[0 if axis == first else 1]), pixels[list(ends)],
        )  # fmt: skip
    for number, corner in enumerate(square):
        signs = _signs({first: int(corner[first]), second: int(corner[second])})
        yield Handle(
            HandleKind.CORNER, signs, corners_m[number], _place(pixels[number]), reach_px,
            bool(steerable.all()),
        )  # fmt: skip


def _solid(cuboid: Cuboid, projector: Projector) -> Iterator[Handle]:
    """Faces, then corners of a cuboid in perspective."""
    faces = [_signs({axis: sign}) for axis in range(3) for sign in (1, -1)]
    corners: list[Signs] = [(x, y, z) for x, y, z in product((1, -1), repeat=3)]
    points_m = _local(cuboid, np.array(faces + corners, dtype=np.float64))
    pixels, seen = projector.project(points_m)
    if not seen.any():
        return
    ray = ray_at(projector, points_m[int(np.argmax(seen))])
    if ray is None:
        return
    normals = np.array(faces) @ cuboid.frame_SE3_cuboid.rotation.T
    towards = ((ray[0] - points_m[:6]) * normals).sum(axis=1) > 0
    usable = towards & seen[:6] & _steerable(projector, points_m[:6], normals)
    shown = pixels[seen]
    reach_px = _reach_px(float(np.ptp(shown, axis=0).min()))
    for number, signs in enumerate(faces):
        if seen[number]:
            yield Handle(
                HandleKind.FACE, signs, points_m[number], _place(pixels[number]), reach_px,
                bool(usable[number]),
            )  # fmt: skip
    for number, signs in enumerate(corners, start=len(faces)):
        if seen[number]:
            turned_here = any(
                towards[face]
                for face, side in enumerate(faces)
                if np.dot(side, signs) > 0
            )  # fmt: skip
            yield Handle(
                HandleKind.CORNER, signs, points_m[number], _place(pixels[number]), reach_px,
                turned_here,
            )  # fmt: skip


def _knobs(cuboid: Cuboid, projector: Projector, *, tilt: bool) -> Iterator[Handle]:
    """Knobs that turn the cuboid about an axis that is not in the plane of a flat view."""
    for kind, axis in AXIS_OF_KNOB.items():
        if axis is not Axis.YAW and (not tilt or projector.kind is ViewKind.PLAN):
            continue
        if projector.axes is not None and axis in projector.axes:
            continue
        ring = ring_of(cuboid, projector, axis)
        if ring is None:
            continue
        point_m = ring.points_m(np.zeros(1))
        pixels, seen = projector.project(point_m)
        if seen[0]:
            usable = _steerable(projector, point_m, ring.onward[None])
            yield Handle(
                kind, (0, 0, 0), point_m[0], _place(pixels[0]), visible=bool(usable[0])
            )  # fmt: skip


def _signs(of_axes: dict[int, int]) -> Signs:
    return of_axes.get(0, 0), of_axes.get(1, 0), of_axes.get(2, 0)


def _place(pixel: FloatArray) -> tuple[float, float]:
    return float(pixel[0]), float(pixel[1])
