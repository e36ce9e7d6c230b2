"""Bodies of cars and vans: one smooth shell lofted along the length, with wheels in wheel wells.

Frame: x forward, y left, z up, the floor under the middle of the car at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from scipy.interpolate import PchipInterpolator

from av3d.simulate.mesh import Color, Material, Mesh, ellipsoid, grid, tube
from av3d.types import FloatArray

STATIONS = 130
ARCH_GAP_M = 0.05
SECTION_STEPS = (2, 1, 3, 13, 3, 2, 6, 3, 2, 2)
"""Pieces per segment of the half cross-section; the sill-to-belt segment meets the wheel wells."""


@dataclass(frozen=True)
class CarStyle:
    """The look of a kind of car; x is given as a part of the length, z of the height.

    Attributes:
        name: "sedan", "hatchback" ...
        size_lwh_m: length, width, height.
        roof: (x, z) along the top from the back to the front.
        belt: height of the lower edge of the windows.
        axles: x of the rear and the front axle.
        wheel_m: radius of a wheel.
        tumble: how far the roof is narrower than the body, part of the width on each side.
        pillars: x of the pillars between the side windows.
        panel_from: x behind which the sides have no windows (delivery vans), or -1.
    """

    name: str
    size_lwh_m: tuple[float, float, float]
    roof: tuple[tuple[float, float], ...]
    belt: float
    axles: tuple[float, float]
    wheel_m: float
    tumble: float
    pillars: tuple[float, ...]
    panel_from: float = -1.0

    @cached_property
    def _roof(self) -> PchipInterpolator:
        return PchipInterpolator(*np.array(self.roof).T)

    def top(self, part_x: FloatArray) -> FloatArray:
        """Height of the top line as a part of the height."""
        return np.asarray(self._roof(np.clip(part_x, -0.5, 0.5)))

    def half_width_m(self, part_x: FloatArray) -> FloatArray:
        """Half of the width seen from above: rounded at both ends."""
        u = np.abs(2 * np.clip(part_x, -0.5, 0.5))
        return np.asarray(self.size_lwh_m[1] / 2 * (1 - 0.05 * u**3 - 0.2 * u**16))

    @property
    def wheelbase_m(self) -> float:
        return (self.axles[1] - self.axles[0]) * self.size_lwh_m[0]


STYLES: dict[str, CarStyle] = {
    style.name: style
    for style in (
        CarStyle(
            "sedan", (4.62, 1.82, 1.45),
            ((-0.5, 0.52), (-0.49, 0.62), (-0.46, 0.69), (-0.36, 0.715), (-0.32, 0.735),
             (-0.17, 0.965), (-0.08, 1.0), (0.06, 0.985), (0.245, 0.715), (0.27, 0.69),
             (0.42, 0.60), (0.475, 0.54), (0.49, 0.47), (0.5, 0.40)),
            0.64, (-0.3, 0.305), 0.33, 0.2, (-0.015, -0.19),
        ),
        CarStyle(
            "hatchback", (4.05, 1.76, 1.49),
            ((-0.5, 0.50), (-0.495, 0.60), (-0.475, 0.67), (-0.39, 0.92), (-0.34, 0.965),
             (-0.15, 1.0), (0.05, 0.985), (0.25, 0.72), (0.275, 0.695), (0.42, 0.61),
             (0.475, 0.54), (0.49, 0.47), (0.5, 0.40)),
            0.63, (-0.32, 0.31), 0.315, 0.19, (-0.05, -0.27),
        ),
        CarStyle(
            "suv", (4.66, 1.9, 1.7),
            ((-0.5, 0.48), (-0.495, 0.58), (-0.48, 0.66), (-0.42, 0.93), (-0.37, 0.97),
             (-0.1, 1.0), (0.06, 0.985), (0.235, 0.72), (0.26, 0.70), (0.43, 0.64),
             (0.48, 0.57), (0.492, 0.48), (0.5, 0.40)),
            0.65, (-0.305, 0.305), 0.37, 0.17, (-0.03, -0.24),
        ),
        CarStyle(
            "van", (5.3, 2.0, 2.2),
            ((-0.5, 0.40), (-0.497, 0.6), (-0.49, 0.93), (-0.46, 0.985), (-0.2, 1.0),
             (0.15, 0.99), (0.22, 0.96), (0.37, 0.60), (0.39, 0.57), (0.47, 0.48),
             (0.49, 0.40), (0.5, 0.30)),
            0.55, (-0.31, 0.33), 0.35, 0.1, (0.13,), 0.02,
        ),
    )
}  # fmt: skip


@cache
def car_mesh(style: CarStyle, paint: Color) -> Mesh:
    """Body, wheels and mirrors of a car; it fills its length, width and height."""
    parts = [_shell(style, paint)]
    length, width, _ = style.size_lwh_m
    for axle in style.axles:
        for side in (1, -1):
            parts += _wheel(axle * length, side * (width / 2 - 0.02), side, style.wheel_m)
    mirror_x = _mirror_x(style)
    for side in (1, -1):
        y = side * (width / 2 - 0.035)
        parts.append(
            ellipsoid(
                (mirror_x * length, y, (style.belt + 0.05) * style.size_lwh_m[2]),
                (0.07, 0.09, 0.06),
                material=Material.METAL,
                tint=paint,
            )
        )
    return Mesh.join(parts)


def _mirror_x(style: CarStyle) -> float:
    """Where the windscreen is a little higher than the belt."""
    x = np.linspace(0.1, 0.45, 200)
    return float(x[np.argmax(style.top(x) < style.belt + 0.14)])


def _shell(style: CarStyle, paint: Color) -> Mesh:
    bare = _bare_shell(style)
    return replace(bare, tint=np.broadcast_to(np.array(paint), bare.tint.shape))


@cache
def _bare_shell(style: CarStyle) -> Mesh:
    length, width, _ = style.size_lwh_m
    # Stations are closer at the ends, where the shape is round.
    part = np.linspace(-1, 1, STATIONS)
    part = 0.5 * (0.72 * part + 0.28 * np.sin(part * np.pi / 2) * np.abs(part) ** 0.5)
    part /= 2 * part.max()
    half = np.stack([_half_section(style, float(x)) for x in part])
    x = np.broadcast_to((part * length)[:, None], half.shape[:2])
    left = np.stack([x, half[..., 0], half[..., 1]], axis=-1)
    for axle in style.axles:
        _cut_wheel_wells(left, axle * length, style.wheel_m, width)
    right = left * [1, -1, 1]
    loop = np.concatenate([left, right[:, ::-1]], axis=1)
    # The ends are closed by shrinking the last section to its middle in two steps.
    for end in (0, -1):
        ring = loop[end]
        middle = ring.mean(axis=0)
        steps = [middle + f * (ring - middle) for f in (0.85, 0.45, 0.0)]
        extra = np.stack(steps if end == -1 else steps[::-1])
        loop = np.concatenate([loop, extra] if end == -1 else [extra, loop])
    return grid(loop[:, ::-1], Material.PAINT, (0.5, 0.5, 0.5))


def _half_section(style: CarStyle, part_x: float) -> FloatArray:
    """Left half of the cross-section from the bottom's middle to the roof's: (y, z) rows."""
    height = style.size_lwh_m[2]
    w = float(style.half_width_m(np.array(part_x)))
    top = float(style.top(np.array(part_x))) * height
    u = abs(2 * part_x)
    bottom = (0.115 + 0.05 * u**6) * height
    belt = min(style.belt * height, top - 0.035 * height)
    belt = max(belt, bottom + 0.1 * height)
    rise = np.clip((top - belt - 0.03 * height) / (0.3 * height), 0, 1)
    roof_y = w * (0.955 - 2 * style.tumble * rise)
    edge = 0.025 * height + 0.03 * rise
    knots = np.array(
        [
            (0, bottom), (0.80 * w, bottom), (0.93 * w, bottom + 0.03 * height),
            (0.985 * w, bottom + 0.1 * height),
            (w, bottom + 0.62 * (belt - bottom)), (0.985 * w, belt - 0.02 * height),
            (0.955 * w, belt),
            (roof_y + 0.015, top - edge), (roof_y - 0.06 * w, top - 0.35 * edge),
            (0.55 * roof_y, top - 0.04 * edge), (0, top),
        ]
    )  # fmt: skip
    rows = [knots[:1]]
    for number, count in enumerate(SECTION_STEPS):
        f = np.linspace(0, 1, count + 1)[1:, None]
        rows.append(knots[number] * (1 - f) + knots[number + 1] * f)
    return np.concatenate(rows)


def _cut_wheel_wells(half: FloatArray, axle_m: float, wheel_m: float, width_m: float) -> None:
    """Push the side inwards around a wheel, in place."""
    radius = wheel_m + ARCH_GAP_M
    inner = width_m / 2 - 0.3
    near = np.hypot(half[..., 0] - axle_m, half[..., 2] - wheel_m) < radius
    near |= (np.abs(half[..., 0] - axle_m) < radius) & (half[..., 2] < wheel_m)
    half[..., 1] = np.where(near, np.minimum(half[..., 1], inner), half[..., 1])


def _wheel(x_m: float, y_m: float, side: int, radius_m: float) -> list[Mesh]:
    """A tyre with a rim of spokes; y is the outer face."""
    thickness = 0.2
    inner = y_m - side * thickness
    tyre = tube(
        (x_m, inner, radius_m), (x_m, y_m, radius_m), radius_m,
        material=Material.RUBBER, tint=(0.018, 0.018, 0.02), sides=28,
    )  # fmt: skip
    face = y_m + side * 0.006
    rim = tube(
        (x_m, y_m, radius_m), (x_m, face, radius_m), radius_m * 0.66,
        material=Material.METAL, tint=(0.06, 0.06, 0.065), sides=24,
    )  # fmt: skip
    parts = [tyre, rim]
    for spoke in range(5):
        angle = 2 * np.pi * spoke / 5 + 0.3
        tip = (
            x_m + np.cos(angle) * radius_m * 0.6, face, radius_m + np.sin(angle) * radius_m * 0.6
        )  # fmt: skip
        parts.append(
            tube((x_m, face, radius_m), tip, 0.03, 0.042, material=Material.METAL,
                 tint=(0.55, 0.56, 0.58), sides=6)
        )  # fmt: skip
    return parts
