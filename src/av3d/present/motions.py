"""How a cuboid follows the pointer: one motion for each way in which a handle can go.

A motion is made when a handle is grabbed. It holds the cuboid and the view from then, and what it answers
depends on nothing but how far the pointer is from where it was: rounding cannot add up. (A turn also
remembers on which branch of its ring it is.) In this module "the anchor" is the point that follows the
pointer, and a motion answers None where the pointer is over nothing that the anchor could go to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from av3d.geometry.cuboid import LARGEST_M, Cuboid
from av3d.geometry.se3 import SE3, wrap_angle_rad
from av3d.present.anchor import Anchor
from av3d.present.foot import foot
from av3d.present.handles import HEAD_ON, Signs
from av3d.present.projectors import (
    Projector,
    ViewKind,
    pixels_per_metre,
)
from av3d.present.rings import Ring, angle_of, turned
from av3d.types import FloatArray

SMALLEST_SIDE_M = 0.05
SIDE_STEP_M = 0.05
"""Sides come in multiples of this when they snap."""

ANGLE_STEP_RAD = float(np.radians(5.0))

HORIZON_PX = 40.0
"""A plane whose horizon is closer to the anchor counts as edge-on: a pixel is a 40th of the distance."""

RING_SAMPLES = 145

SIDE_PX = 8.0
"""The knob goes over to the other side of a ring seen edge-on when that is nearer by more than this."""

HOLD_PX = 8.0
HOLD_PART = 0.15
"""Within these pixels, and this part of its way to the ring, of the middle the pointer points nowhere."""


class Motion(Protocol):
    """Where the cuboid is when the pointer is `delta_px` (2,) from where it grabbed the handle."""

    def to(self, delta_px: FloatArray, *, snap: bool) -> Cuboid | None:
        """The cuboid, or None where the pointer is over nothing that the handle could go to."""


def moved(cuboid: Cuboid, way_m: FloatArray) -> Cuboid:
    """The cuboid moved by a vector (3,) of its frame of reference."""
    pose = cuboid.frame_SE3_cuboid
    return Cuboid(SE3(pose.rotation, pose.translation_m + way_m), cuboid.size_lwh_m)


def pulled(cuboid: Cuboid, signs: Signs, size_lwh_m: FloatArray) -> Cuboid:
    """The cuboid with another size (3,); the faces opposite to those that `signs` names stay."""
    pose = cuboid.frame_SE3_cuboid
    shift_m = np.array(signs) * (size_lwh_m - cuboid.size_lwh_m) / 2
    return Cuboid(SE3(pose.rotation, pose.translation_m + pose.rotation @ shift_m), size_lwh_m)


def _smallest_m(side_m: float) -> float:
    """What a side may shrink to; one that is smaller already does not grow by being grabbed."""
    return min(side_m, SMALLEST_SIDE_M)


def _side(start_m: float, pulled_m: float, snap: bool) -> float:
    """A side after it was pulled outwards, within its limits."""
    side_m = start_m + pulled_m
    if snap:
        side_m = max(round(side_m / SIDE_STEP_M), 1) * SIDE_STEP_M
    return float(np.clip(side_m, _smallest_m(start_m), LARGEST_M))


@dataclass(frozen=True, eq=False)
class PullFace:
    """A face goes along its normal to where its anchor is nearest to the pointer; the opposite stays."""

    start: Cuboid
    anchor: Anchor
    signs: Signs

    def to(self, delta_px: FloatArray, *, snap: bool) -> Cuboid | None:
        axis = int(np.flatnonzero(self.signs)[0])
        side_m = float(self.start.size_lwh_m[axis])
        normal = self.start.frame_SE3_cuboid.rotation[:, axis] * self.signs[axis]
        pulled_m = self.anchor.on_line(delta_px, normal, _smallest_m(side_m) - side_m)
        if pulled_m is None:
            return None
        size_m = self.start.size_lwh_m.copy()
        size_m[axis] = _side(side_m, pulled_m, snap)
        return pulled(self.start, self.signs, size_m)


@dataclass(frozen=True, eq=False)
class PullCorner:
    """Two faces that meet at the corner go where the corner is under the pointer, in their plane.

    Attributes:
        start: the cuboid at the start.
        anchor: the corner.
        signs: of the corner.
        kept: the axis whose size stays. In a flat view it is the one that is not in the view; in
            perspective the one that is seen most from its end, so that both others are across the view.
    """

    start: Cuboid
    anchor: Anchor
    signs: Signs
    kept: int

    def to(self, delta_px: FloatArray, *, snap: bool) -> Cuboid | None:
        rotation = self.start.frame_SE3_cuboid.rotation
        way_m = self.anchor.on_plane(delta_px, rotation[:, self.kept])
        if way_m is None:
            return None
        outwards_m = (rotation.T @ way_m) * self.signs
        size_m = self.start.size_lwh_m.copy()
        for axis in range(3):
            if axis != self.kept:
                size_m[axis] = _side(float(size_m[axis]), float(outwards_m[axis]), snap)
        return pulled(self.start, self.signs, size_m)


def corner_kept(start: Cuboid, projector: Projector, anchor: Anchor) -> int:
    """The axis whose size stays when a corner is pulled; see PullCorner."""
    if projector.axes is not None:
        return 3 - sum(projector.axes)
    ray = projector.ray(float(anchor.place_px[0]), float(anchor.place_px[1]))
    if ray is None:
        return 2
    return int(np.argmax(np.abs(start.frame_SE3_cuboid.rotation.T @ ray[1])))


@dataclass(frozen=True, eq=False)
class MoveInPlane:
    """The cuboid moves in a plane with its anchor under the pointer.

    Snapping keeps it on its own axis that is closest to the way.
    """

    start: Cuboid
    anchor: Anchor
    normal: FloatArray

    def to(self, delta_px: FloatArray, *, snap: bool) -> Cuboid | None:
        way_m = self.anchor.on_plane(delta_px, self.normal)
        if way_m is None:
            return None
        if snap:
            rotation = self.start.frame_SE3_cuboid.rotation
            along_m = rotation.T @ way_m
            axis = int(np.argmax(np.abs(along_m)))
            way_m = rotation[:, axis] * along_m[axis]
        return moved(self.start, way_m)


@dataclass(frozen=True, eq=False)
class MoveOnLine:
    """The cuboid moves along a direction (3,) to where its anchor is nearest to the pointer."""

    start: Cuboid
    anchor: Anchor
    way: FloatArray

    def to(self, delta_px: FloatArray, *, snap: bool) -> Cuboid | None:
        along_m = self.anchor.on_line(delta_px, self.way)
        return None if along_m is None else moved(self.start, along_m * self.way)


def horizontal_move(
    start: Cuboid, projector: Projector, x: float, y: float, up: FloatArray
) -> MoveInPlane | MoveOnLine | None:
    """How the body moves that was grabbed at a place; None where no part of it can be followed.

    In a side view it moves in the plane of the view, elsewhere horizontally, with the point of its
    surface that was grabbed under the pointer. A camera at about the height of that point sees its plane
    edge-on; then the middle of the floor follows the pointer instead, whose plane is lower. Where that
    too is seen edge-on, far away, the body only moves across the view: a pixel up or down would be many
    metres there.
    """
    grabbed_m = _grabbed(start, projector, x, y)
    if projector.kind is ViewKind.SIDE:
        ray = projector.ray(x, y)
        anchor = Anchor.at(projector, grabbed_m)
        return None if ray is None or anchor is None else MoveInPlane(start, anchor, ray[1])
    floor_m = start.frame_SE3_cuboid.transform([0.0, 0.0, -start.height_m / 2])
    edge_on: tuple[Anchor, FloatArray] | None = None
    for point_m in (grabbed_m, floor_m):
        anchor = Anchor.at(projector, point_m)
        ray = None if anchor is None else projector.ray(*anchor.place_px.tolist())
        if anchor is None or ray is None:
            continue
        sine = abs(float(ray[1] @ up))
        focal_px = np.inf
        if projector.axes is None:
            focal_px = anchor.px_per_m * float(np.linalg.norm(point_m - ray[0]))
        if sine >= HEAD_ON and sine * focal_px >= HORIZON_PX:
            return MoveInPlane(start, anchor, up)
        if edge_on is None:
            edge_on = anchor, np.cross(ray[1], up)
    if edge_on is None:
        return None
    anchor, across = edge_on
    return MoveOnLine(start, anchor, across / np.linalg.norm(across))


def vertical_move(
    start: Cuboid, projector: Projector, x: float, y: float, up: FloatArray
) -> MoveOnLine | None:
    """How the body moves along `up`; None where that is seen from its end, as it is from above."""
    anchor = Anchor.at(projector, _grabbed(start, projector, x, y))
    if anchor is None:
        return None
    rates = pixels_per_metre(projector, anchor.point_m[None])[0]
    if np.hypot(*(rates @ up)) < HEAD_ON * anchor.px_per_m:
        return None
    return MoveOnLine(start, anchor, up)


def _grabbed(cuboid: Cuboid, projector: Projector, x: float, y: float) -> FloatArray:
    """The point of the surface (3,) that shows at a place; beside it, one as far away as the centre."""
    ray = projector.ray(x, y)
    if ray is None:
        return cuboid.center_m
    origin_m, direction = ray
    rotation = cuboid.frame_SE3_cuboid.rotation
    start = (origin_m - cuboid.center_m) @ rotation
    way = direction @ rotation
    way = np.where(np.abs(way) < 1e-12, 1e-12, way)
    # Slab test; the ray's parameter is the distance.
    ends_m = np.stack(
        [(-cuboid.size_lwh_m / 2 - start) / way, (cuboid.size_lwh_m / 2 - start) / way]
    )
    enter_m, leave_m = float(ends_m.min(axis=0).max()), float(ends_m.max(axis=0).min())
    inside = projector.axes is None and enter_m <= 0
    along_m = leave_m if inside else enter_m
    if enter_m > leave_m or (projector.axes is None and along_m <= 0):
        along_m = float((cuboid.center_m - origin_m) @ direction)
    return np.asarray(origin_m + along_m * direction)


@dataclass(eq=False)
class Turn:
    """The knob goes around its ring to where it is nearest to the pointer.

    Seen nearly edge-on, a ring comes close to the pointer with both its near and its far side; the knob
    stays on its own side until the other is clearly nearer. Close to the middle the pointer points
    nowhere: the turn stays as it is, and goes on from there without a jump when the pointer leaves the
    middle on the other side.

    Attributes:
        start: the cuboid at the start.
        anchor: the knob.
        ring: what it is on.
        middle_px: where the middle of that is on the pane, (2,).
        hold_px: how close to it the turn stays as it is.
        up, ahead: what is up, and which heading counts as 0, for snapping.
    """

    start: Cuboid
    anchor: Anchor
    ring: Ring
    middle_px: FloatArray
    hold_px: float
    up: FloatArray
    ahead: FloatArray
    _on_ring_rad: float = field(default=0.0, init=False)
    _from_ring_rad: float = field(default=0.0, init=False)
    _held: bool = field(default=False, init=False)

    @staticmethod
    def grabbed(
        start: Cuboid, anchor: Anchor, ring: Ring, up: FloatArray, ahead: FloatArray
    ) -> Turn:
        """The turn by a knob; see the class."""
        around = ring.points_m(np.linspace(-np.pi, np.pi, RING_SAMPLES))
        pixels, seen = anchor.projector.project(np.concatenate([ring.centre_m[None], around]))
        # The middle is seen: the ring's size was measured there.
        to_ring_px = np.hypot(*(pixels[1:][seen[1:]] - pixels[0]).T)
        hold_px = min(HOLD_PX, HOLD_PART * float(to_ring_px.min(initial=np.inf)))
        return Turn(start, anchor, ring, pixels[0], hold_px, up, ahead)

    def to(self, delta_px: FloatArray, *, snap: bool) -> Cuboid | None:
        target_px = self.anchor.place_px + delta_px
        if np.hypot(*(target_px - self.middle_px)) < self.hold_px:
            self._held = True
        else:
            found_rad = foot(
                lambda angles_rad: self.anchor.projector.project(self.ring.points_m(angles_rad)),
                target_px,
                self._on_ring_rad + np.linspace(-np.pi, np.pi, RING_SAMPLES),
                near=self._on_ring_rad,
                slack_px=SIDE_PX,
                closed=True,
            )
            if found_rad is None:
                return None
            if self._held:
                self._held = False
                if abs(float(wrap_angle_rad(found_rad - self._on_ring_rad))) > np.pi / 2:
                    self._from_ring_rad = np.pi - self._from_ring_rad
            self._on_ring_rad = float(wrap_angle_rad(found_rad))
        angle_rad = self._on_ring_rad + self._from_ring_rad
        if snap:
            angle_rad = self._snapped(angle_rad)
        return turned(self.start, self.ring.axis, float(wrap_angle_rad(angle_rad)))

    def _snapped(self, angle_rad: float) -> float:
        """The turn that brings yaw, pitch or roll to a multiple of ANGLE_STEP_RAD."""
        wanted_rad: float | None = None
        # Once does for a cuboid that stands upright; of a tilted one the angles depend on each other.
        for _ in range(8):
            cuboid = turned(self.start, self.ring.axis, angle_rad)
            now_rad = angle_of(cuboid, self.ring.axis, self.up, self.ahead)
            if wanted_rad is None:
                wanted_rad = round(now_rad / ANGLE_STEP_RAD) * ANGLE_STEP_RAD
            angle_rad += float(wrap_angle_rad(wanted_rad - now_rad))
        return angle_rad
