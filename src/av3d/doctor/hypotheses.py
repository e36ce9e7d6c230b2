"""The usual mistakes in a camera's calibration, undone: what the mount would be without each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from av3d.calibration.camera import Camera, InvalidCameraError
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount, Rig
from av3d.geometry.se3 import SE3
from av3d.types import NS_PER_MS, FloatArray


class Mistake(Enum):
    """Kinds of mistakes; the value is how messages name them."""

    INVERTED = "the extrinsic is inverted"
    TRANSPOSED = "the rotation is transposed"
    QUATERNION = "the quaternion's order is wrong"
    BODY_FRAME = "the extrinsic is of the body frame, not of the optical frame"
    AXES = "axes are swapped"
    MIRRORED = "left and right are mirrored"
    EXCHANGED = "it has the extrinsic of another camera"
    WRONG_IMAGES = "its images are those of another camera"
    SCALED = "the intrinsics are of another image size"
    PRINCIPAL_POINT = "cx and cy are swapped"
    FOCAL_LENGTHS = "fx and fy are swapped"
    NO_LENS = "the images are distorted, the calibration has no lens"
    RECTIFIED = "the images are rectified, the calibration has a lens"
    OTHER_LENS = "the distortion is of another model"
    CLOCK = "its clock is off"
    LIDAR = "the LiDAR's extrinsic is inverted"
    LIDAR_TURN = "the LiDAR's extrinsic is turned about the vertical axis"


FINE = {
    Mistake.PRINCIPAL_POINT,
    Mistake.FOCAL_LENGTHS,
    Mistake.NO_LENS,
    Mistake.RECTIFIED,
    Mistake.OTHER_LENS,
    Mistake.CLOCK,
}
"""Mistakes that move pixels by little; a small error of the mount may look like one of them."""


@dataclass(frozen=True)
class Hypothesis:
    """A mistake, and the mount that is right if it was made.

    Attributes:
        mistake: its kind.
        mount: the corrected mount.
        detail: which of several, in words; may be "".
    """

    mistake: Mistake
    mount: CameraMount
    detail: str = ""


def extrinsic_hypotheses(rig: Rig, camera: str, given: CameraMount) -> Iterator[Hypothesis]:
    """What the extrinsic would be without each mistake; of what is the same twice, the first.

    Args:
        rig: gives the other cameras.
        camera: the camera.
        given: its mount.
    """
    pose = given.ego_SE3_camera
    seen = [pose]

    def new(
        mistake: Mistake, corrected: SE3, detail: str = "", camera_: Camera | None = None
    ) -> Iterator[Hypothesis]:
        if camera_ is None and any(_same(corrected, other) for other in seen):
            return
        if camera_ is None:
            seen.append(corrected)
        mount = replace(given, ego_SE3_camera=corrected, camera=camera_ or given.camera)
        yield Hypothesis(mistake, mount, detail)

    rotation, place = pose.rotation, pose.translation_m
    yield from new(Mistake.INVERTED, pose.inverse())
    for name, other in rig.cameras.items():
        if name != camera:
            yield from new(Mistake.EXCHANGED, other.ego_SE3_camera, name)
            if other.camera != given.camera:
                size = given.camera.width_px, given.camera.height_px
                yield from new(
                    Mistake.WRONG_IMAGES, other.ego_SE3_camera, name, other.camera.scaled(*size)
                )
    yield from new(Mistake.BODY_FRAME, SE3(rotation @ BODY_SE3_OPTICAL.rotation, place))
    inverse = pose.inverse()
    yield from new(
        Mistake.BODY_FRAME,
        SE3(inverse.rotation @ BODY_SE3_OPTICAL.rotation, inverse.translation_m),
        "and inverted",
    )
    yield from new(Mistake.TRANSPOSED, SE3(rotation.T, place))
    yield from new(Mistake.TRANSPOSED, SE3(rotation, inverse.translation_m), "of the place only")
    mirror = np.diag([1.0, -1.0, 1.0])
    flip = np.diag([-1.0, 1.0, 1.0])
    yield from new(Mistake.MIRRORED, SE3(mirror @ rotation @ flip, place * (1, -1, 1)))
    yield from new(Mistake.MIRRORED, SE3(mirror @ rotation @ flip, place), "of the rotation only")
    quaternion = pose.quaternion_wxyz
    for turn, words in (
        (-1, "x, y, z, w read as w, x, y, z"),
        (1, "w, x, y, z read as x, y, z, w"),
    ):
        # The quaternion that was meant, from the one that was read.
        meant = np.roll(quaternion, -turn)
        yield from new(Mistake.QUATERNION, SE3.from_quaternion(meant, place), words)
    for turned, words in _turns():
        yield from new(Mistake.AXES, SE3(rotation @ turned, place), words)


def _same(first: SE3, second: SE3) -> bool:
    moved_m = np.linalg.norm(first.translation_m - second.translation_m)
    return bool(first.angle_to_rad(second) < 0.02 and moved_m < 0.05)


def _turns() -> Iterator[tuple[FloatArray, str]]:
    """The 23 ways to name the axes of a right-handed frame anew, in words."""
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[order, range(3)] = signs
            if np.linalg.det(matrix) > 0 and not np.array_equal(matrix, np.eye(3)):
                names = ("-" * (s < 0) + "xyz"[o] for o, s in zip(order, signs, strict=True))
                yield matrix, "x, y, z of the image are " + ", ".join(names) + " of the mount"


def intrinsic_hypotheses(given: CameraMount) -> Iterator[Hypothesis]:
    """What the intrinsics would be without each mistake."""
    camera = given.camera

    def new(mistake: Mistake, detail: str = "", **changes: object) -> Iterator[Hypothesis]:
        try:
            changed = replace(camera, **changes)  # type: ignore[arg-type]
        except InvalidCameraError:
            return
        yield Hypothesis(mistake, replace(given, camera=changed), detail)

    for scale in (0.5, 2.0, 2 / 3, 1.5, 0.75, 4 / 3):
        yield from new(
            Mistake.SCALED,
            f"made for images {1 / scale:.3g} times as large",
            fx_px=camera.fx_px * scale,
            fy_px=camera.fy_px * scale,
            cx_px=(camera.cx_px + 0.5) * scale - 0.5,
            cy_px=(camera.cy_px + 0.5) * scale - 0.5,
        )
    if abs(camera.cx_px - camera.cy_px) > 0.02 * camera.width_px:
        yield from new(Mistake.PRINCIPAL_POINT, cx_px=camera.cy_px, cy_px=camera.cx_px)
    if abs(camera.fx_px / camera.fy_px - 1) > 0.02:
        yield from new(Mistake.FOCAL_LENGTHS, fx_px=camera.fy_px, fy_px=camera.fx_px)
    if camera.lens is None:
        for k1 in (-0.4, -0.3, -0.2, -0.12, 0.12):
            # The usual second coefficient bends the other way, about a third as much.
            lens = BrownConrady(k1=k1, k2=-k1 / 3)
            yield from new(Mistake.NO_LENS, f"about k1 = {k1:g}", lens=lens)
        return
    yield from new(Mistake.RECTIFIED, lens=None)
    if isinstance(camera.lens, BrownConrady):
        k1, k2, p1, p2 = camera.lens.coefficients[:4].tolist()
        yield from new(
            Mistake.OTHER_LENS, "fisheye (Kannala-Brandt)", lens=KannalaBrandt(k1, k2, p1, p2)
        )
    elif isinstance(camera.lens, KannalaBrandt):
        k1, k2, p1, p2 = camera.lens.coefficients[:4].tolist()
        yield from new(Mistake.OTHER_LENS, "Brown-Conrady", lens=BrownConrady(k1, k2, p1, p2))


def lidar_hypotheses(ego_SE3_lidar: SE3) -> Iterator[tuple[str, SE3]]:
    """What the extrinsic of a LiDAR would be if it was inverted, or a part of it; in words, too."""
    inverse = ego_SE3_lidar.inverse()
    place = ego_SE3_lidar.translation_m
    yield "", inverse
    yield "of the rotation only", SE3(inverse.rotation, place)
    yield "of the place only", SE3(ego_SE3_lidar.rotation, inverse.translation_m)


def turn_hypotheses(ego_SE3_lidar: SE3) -> Iterator[tuple[str, SE3]]:
    """What the rotation of a LiDAR would be without the usual mistakes that turn it; in words, too.

    The other orders of the quaternion, of an upright sensor a turn about the vertical axis, and quarter
    turns: a sensor's frame with other axes forward.
    """
    rotation, place = ego_SE3_lidar.rotation, ego_SE3_lidar.translation_m
    quaternion = ego_SE3_lidar.quaternion_wxyz
    for turn, words in (
        (1, "x, y, z, w read as w, x, y, z"),
        (-1, "w, x, y, z read as x, y, z, w"),
    ):
        yield words, SE3.from_quaternion(np.roll(quaternion, turn), place)
    for degrees in (90, -90, 180):
        turned = SE3.from_yaw(np.radians(degrees), np.zeros(3)).rotation @ rotation
        yield "other axes point forward", SE3(turned, place)


def clock_hypotheses(given: CameraMount, period_ns: int) -> Iterator[Hypothesis]:
    """The mount with other clock offsets: tens of milliseconds up to one image.

    Args:
        given: the mount.
        period_ns: time between two images.
    """
    steps = {k * 10 * NS_PER_MS for k in (*range(-10, 0), *range(1, 11))}
    steps |= {-period_ns, period_ns} if period_ns < 300 * NS_PER_MS else set()
    for step_ns in sorted(steps, key=abs):
        words = f"the stamps are {abs(step_ns) / 1e6:.0f} ms {'early' if step_ns > 0 else 'late'}"
        changed = replace(given, clock_offset_ns=given.clock_offset_ns + step_ns)
        yield Hypothesis(Mistake.CLOCK, changed, words)
