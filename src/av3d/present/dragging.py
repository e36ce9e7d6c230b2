"""A handle of a cuboid dragged with the pointer, from the press to the release."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import wrap_angle_rad
from av3d.present import words
from av3d.present.anchor import FARTHEST_M, Anchor
from av3d.present.handles import AXIS_OF_KNOB, SIZE_NAMES, Handle, HandleKind
from av3d.present.motions import (
    Motion,
    MoveInPlane,
    MoveOnLine,
    PullCorner,
    PullFace,
    Turn,
    corner_kept,
    horizontal_move,
    vertical_move,
)
from av3d.present.projectors import Projector
from av3d.present.rings import angle_of, ring_of
from av3d.types import FloatArray

CLICK_PX = 3.0
"""A pointer that never went this far only clicked, and a click alone changes nothing."""

FINE = 0.2
"""How much of the pointer's way counts in a fine drag."""

UP = (0.0, 0.0, 1.0)
AHEAD = (1.0, 0.0, 0.0)


class Drag:
    """A drag of one handle; made by `begin`.

    Attributes:
        start: the cuboid as it was, to go back to.
        handle: what was grabbed.
    """

    def __init__(
        self,
        start: Cuboid,
        handle: Handle,
        press_px: tuple[float, float],
        motions: tuple[Motion | None, Motion | None],
        bearings: tuple[FloatArray, FloatArray],
    ) -> None:
        self.start = start
        self.handle = handle
        self._press_px = np.array(press_px, dtype=np.float64)
        self._motion, self._vertical = motions
        self._up, self._ahead = bearings
        self._moving = False
        self._last = start

    @staticmethod
    def begin(
        cuboid: Cuboid,
        handle: Handle,
        projector: Projector,
        x: float,
        y: float,
        *,
        up: npt.ArrayLike = UP,
        ahead: npt.ArrayLike = AHEAD,
    ) -> Drag:
        """Grab a handle at a place of the pane.

        The handle keeps its distance to the pointer: nothing jumps when it is grabbed beside its middle.

        Args:
            cuboid: in the working frame of the projector.
            handle: one of `handles_of` the same cuboid and projector.
            projector: the view. It stays as it is at the press until the drag is over.
            x: where the pointer is.
            y: see x.
            up: what is up in the working frame, (3,), of any length. Bodies move at right angles to
                it. In the ego frame of a pitched vehicle, or on an image, it is not (0, 0, 1).
            ahead: which direction of the working frame counts as yaw 0, (3,).
        """
        up_ = np.asarray(up, dtype=np.float64)
        up_ = up_ / np.linalg.norm(up_)
        ahead_ = np.asarray(ahead, dtype=np.float64)
        motion: Motion | None = None
        vertical: Motion | None = None
        anchor = Anchor.at(projector, handle.point_m)
        if handle.kind is HandleKind.MOVE:
            motion = horizontal_move(cuboid, projector, x, y, up_)
            vertical = vertical_move(cuboid, projector, x, y, up_)
        elif anchor is None:
            pass
        elif handle.kind is HandleKind.FACE:
            motion = PullFace(cuboid, anchor, handle.signs)
        elif handle.kind is HandleKind.CORNER:
            kept = corner_kept(cuboid, projector, anchor)
            motion = PullCorner(cuboid, anchor, handle.signs, kept)
        else:
            ring = ring_of(cuboid, projector, AXIS_OF_KNOB[handle.kind])
            if ring is not None:
                motion = Turn.grabbed(cuboid, anchor, ring, up_, ahead_)
        return Drag(cuboid, handle, (x, y), (motion, vertical), (up_, ahead_))

    @property
    def anchor_m(self) -> FloatArray:
        """The point of the start (3,) that follows the pointer.

        It is the handle's point, or for a body the point of its surface that was grabbed, or the middle
        of its floor; see `motions.horizontal_move`.
        """
        if isinstance(self._motion, (MoveInPlane, MoveOnLine)):
            return self._motion.anchor.point_m
        return self.handle.point_m

    @property
    def way(self) -> FloatArray | None:
        """The direction (3,) that a body can only be moved along; None where it moves in a plane."""
        return self._motion.way if isinstance(self._motion, MoveOnLine) else None

    def to(
        self, x: float, y: float, *, snap: bool = False, fine: bool = False, vertical: bool = False
    ) -> Cuboid:
        """The cuboid when the pointer is at a place.

        Until the pointer has gone CLICK_PX it is the start. Where the pointer is over nothing that the
        handle could go to, such as the sky, the cuboid stays as it was last.

        Args:
            x: where the pointer is.
            y: see x.
            snap: sides in steps of 0.05 m, angles of 5 degrees, bodies along one of their own axes.
            fine: only a fifth of the pointer's way counts.
            vertical: bodies move up and down instead; from above they stay.
        """
        way_px = np.array([x, y], dtype=np.float64) - self._press_px
        distance_px = float(np.hypot(*way_px))
        if not np.isfinite(distance_px):
            return self._last
        self._moving = self._moving or distance_px >= CLICK_PX
        if not self._moving:
            return self.start
        upwards = vertical and self.handle.kind is HandleKind.MOVE
        motion = self._vertical if upwards else self._motion
        if motion is None or (distance_px == 0 and not snap):
            self._last = self.start
            return self._last
        found = motion.to(way_px * FINE if fine else way_px, snap=snap)
        if found is not None and self._is_near(found):
            self._last = found
        return self._last

    def _is_near(self, cuboid: Cuboid) -> bool:
        return float(np.linalg.norm(cuboid.center_m - self.start.center_m)) <= FARTHEST_M

    def words(self, cuboid: Cuboid) -> str:
        """What changed since the start: "length 4.73 m +0.06", "yaw 45.3 ° −2.0", "moved 0.32 m"."""
        kind = self.handle.kind
        if kind is HandleKind.MOVE:
            way_m = float(np.linalg.norm(cuboid.center_m - self.start.center_m))
            return f"moved {words.metres(way_m)}"
        if kind in AXIS_OF_KNOB:
            before_rad, now_rad = (
                angle_of(each, AXIS_OF_KNOB[kind], self._up, self._ahead)
                for each in (self.start, cuboid)
            )
            change = float(np.degrees(wrap_angle_rad(now_rad - before_rad)))
            return f"{kind.value} {words.degrees(now_rad)} ° {_signed(change, 1)}"
        changes = cuboid.size_lwh_m - self.start.size_lwh_m
        kept = self._motion.kept if isinstance(self._motion, PullCorner) else None
        named = [axis for axis in range(3) if self.handle.signs[axis] and axis != kept]
        return ", ".join(
            f"{SIZE_NAMES[axis]} {words.metres(float(cuboid.size_lwh_m[axis]))} "
            f"{_signed(float(changes[axis]), 2)}"
            for axis in named
        )


def _signed(value: float, decimals: int) -> str:
    """A change with its sign, "+0.06", "−2.0"; nothing is "+0.00"."""
    text = words.number(value, decimals)
    return text if text.startswith("−") else f"+{text}"
