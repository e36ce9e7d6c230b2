"""The numbers of a cuboid as people type them, in metres and degrees."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.operations.anchors import BOTTOM, CENTER, Anchor
from av3d.types import FloatArray

SMALLEST_SIDE_M = 0.01
LARGEST_SIDE_M = 100.0
FURTHEST_M = 1e7
"""A place further from the origin is a slip of the keys; UTM coordinates are below it."""


class FieldError(Av3dError):
    """Something typed that is no value of a field; `what` says what is allowed."""


@dataclass(frozen=True)
class CuboidField:
    """One number of a cuboid.

    Attributes:
        name: "x", "length", "yaw" ...
        unit: "m" or "°".
        decimals: that are shown.
        step: what a key or a notch of the wheel adds; Shift: five times, Alt: a fifth of it.
        low, high: what is allowed.
        meaning: for tips.
    """

    name: str
    unit: str
    decimals: int
    step: float
    low: float
    high: float
    meaning: str

    @property
    def allowed(self) -> str:
        """What may be typed, in words."""
        unit = self.unit if self.unit == "°" else f" {self.unit}"
        if self.high >= FURTHEST_M:
            return "a number of metres"
        return f"{self.low:g} to {self.high:g}{unit}".replace("-", "−")


def _place(name: str, way: str) -> CuboidField:
    return CuboidField(name, "m", 2, 0.05, -FURTHEST_M, FURTHEST_M, f"centre, {way}")


def _side(name: str) -> CuboidField:
    return CuboidField(name, "m", 2, 0.05, SMALLEST_SIDE_M, LARGEST_SIDE_M, name)


FIELDS: tuple[CuboidField, ...] = (
    _place("x", "forward"),
    _place("y", "left"),
    _place("z", "up"),
    _side("length"),
    _side("width"),
    _side("height"),
    CuboidField("yaw", "°", 1, 1.0, -360.0, 360.0, "heading, to the left"),
    CuboidField("pitch", "°", 1, 0.5, -89.0, 89.0, "front down"),
    CuboidField("roll", "°", 1, 0.5, -180.0, 180.0, "left side up"),
)
"""Centre, size and angles, three of each."""

_INDEX = {field.name: number for number, field in enumerate(FIELDS)}
_ANGLES = ("roll", "pitch", "yaw")


def field_named(name: str) -> CuboidField:
    """The field of a name."""
    return FIELDS[_INDEX[name]]


def values_of(cuboid: Cuboid) -> tuple[float, ...]:
    """The nine numbers in the order of `FIELDS`, in metres and degrees, in the cuboid's frame."""
    roll, pitch, yaw = np.degrees(cuboid.frame_SE3_cuboid.roll_pitch_yaw_rad)
    return (*map(float, cuboid.center_m), *map(float, cuboid.size_lwh_m), float(yaw), float(pitch),
            float(roll))  # fmt: skip


def all_values(cuboids: Sequence[Cuboid]) -> FloatArray:
    """`values_of` each of N >= 1 cuboids at once, (N, 9)."""
    poses = SE3.stack([cuboid.frame_SE3_cuboid for cuboid in cuboids])
    sizes_m = np.stack([cuboid.size_lwh_m for cuboid in cuboids])
    angles = np.degrees(poses.roll_pitch_yaw_rad)[:, ::-1]
    return np.concatenate([poses.translation_m, sizes_m, angles], axis=1)


def with_value(cuboid: Cuboid, name: str, value: float) -> Cuboid:
    """The cuboid with one number changed, in its own frame.

    Length and width change about the centre; the height changes at the top, since what stands on
    the road goes on standing on it.

    Args:
        cuboid: in any frame.
        name: of the field.
        value: in metres or degrees.
    """
    pose = cuboid.frame_SE3_cuboid
    if name in _ANGLES:
        angles = {axis: float(a) for axis, a in zip(_ANGLES, pose.roll_pitch_yaw_rad, strict=True)}
        angles[name] = math.radians(value)
        turned = SE3.from_euler(angles["roll"], angles["pitch"], angles["yaw"], pose.translation_m)
        return Cuboid(turned, cuboid.size_lwh_m)
    index = _INDEX[name]
    if index < 3:
        center_m = pose.translation_m.copy()
        center_m[index] = value
        return Cuboid(SE3(pose.rotation, center_m), cuboid.size_lwh_m)
    size_m = cuboid.size_lwh_m.copy()
    size_m[index - 3] = value
    grown_m = size_m - cuboid.size_lwh_m
    center_m = pose.translation_m + pose.rotation[:, 2] * grown_m[2] / 2
    return Cuboid(SE3(pose.rotation, center_m), size_m)


def anchor_of(name: str) -> Anchor:
    """The point of the track's other cuboids that stays when this number of one is changed."""
    return BOTTOM if name == "height" else CENTER


def within(field: CuboidField, value: float) -> float:
    """The nearest value that is allowed; angles go round."""
    if field.name in ("yaw", "roll"):
        return (value + 180.0) % 360.0 - 180.0
    return min(max(value, field.low), field.high)


def step_of(field: CuboidField, modifiers: frozenset[str]) -> float:
    """What a notch or a key adds: Shift is coarse, Alt is fine."""
    if "Alt" in modifiers:
        return field.step / 5
    return field.step * 5 if "Shift" in modifiers else field.step


def typed_value(field: CuboidField, text: str) -> float:
    """The value that was typed, "4.73", "4.7+0.1" or "4.7 m".

    Raises:
        FieldError: it is no number, or one that is not allowed; says what is.
    """
    value = calculated(text.strip().removesuffix(field.unit).strip())
    if value is None or not field.low <= value <= field.high:
        raise FieldError(f"{field.name}: type {field.allowed}")
    return value


_TWO: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
LONGEST = 60
"""Characters of a sum that is looked at."""


def calculated(text: str) -> float | None:
    """The value of a number or of a sum of numbers with + − * / and brackets; None where it is none."""
    text = _THOUSANDS.sub("", text.replace("−", "-").replace("×", "*"))
    if not text or len(text) > LONGEST:
        return None
    try:
        value = _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError):
        return None
    return value if math.isfinite(value) else None


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in _TWO:
        return _TWO[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("no number")
