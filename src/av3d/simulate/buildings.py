"""Houses along the streets: shops below, recessed windows with sills above, cornices and roofs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.simulate.ground import (
    HALF_STREET_M,
    KERB_M,
    PAVEMENT_M,
    STREET_PITCH_M,
    road_height_m,
)
from av3d.simulate.mesh import Color, Material, Mesh, box, quads
from av3d.types import FloatArray

DEPTH_M = 11.0
FLOOR_M = 3.05
SHOP_M = 3.9
RECESS_M = 0.22

PLASTER: tuple[Color, ...] = (
    (0.68, 0.62, 0.50), (0.74, 0.70, 0.63), (0.62, 0.46, 0.34), (0.56, 0.60, 0.60),
    (0.70, 0.56, 0.38), (0.78, 0.76, 0.72), (0.50, 0.54, 0.44), (0.66, 0.50, 0.46),
)  # fmt: skip
BRICKS: tuple[Color, ...] = ((0.36, 0.15, 0.10), (0.42, 0.22, 0.14), (0.30, 0.20, 0.16))
SHOP_SIGNS: tuple[Color, ...] = (
    (0.05, 0.14, 0.30), (0.40, 0.05, 0.05), (0.03, 0.12, 0.075), (0.06, 0.06, 0.07),
    (0.55, 0.36, 0.05), (0.16, 0.05, 0.13), (0.62, 0.60, 0.55),
)  # fmt: skip
STONE: Color = (0.60, 0.57, 0.51)


@dataclass(frozen=True)
class _Style:
    """How one house looks."""

    wall: Color
    material: Material
    trim: Color
    floors: int
    window_m: tuple[float, float]
    pitch_m: float
    shop: bool
    sign: Color
    awning: bool
    gable: bool
    roof: Color
    balcony: bool


def block_houses(block_x: int, block_y: int, rng: np.random.Generator) -> list[Mesh]:
    """The houses around one block, shoulder to shoulder; the corners belong to the x sides."""
    inset = HALF_STREET_M + PAVEMENT_M
    low = np.array([block_x, block_y]) * STREET_PITCH_M + inset
    high = np.array([block_x + 1, block_y + 1]) * STREET_PITCH_M - inset
    meshes: list[Mesh] = []
    for side in range(4):
        along_x = side < 2
        # Start and direction so that the street is on the right hand: outward normal.
        if side == 0:
            start, direction = np.array([low[0], low[1]]), np.array([1.0, 0])
        elif side == 1:
            start, direction = np.array([high[0], high[1]]), np.array([-1.0, 0])
        elif side == 2:
            start, direction = np.array([high[0], low[1] + DEPTH_M]), np.array([0, 1.0])
        else:
            start, direction = np.array([low[0], high[1] - DEPTH_M]), np.array([0, -1.0])
        length = (high - low)[0] if along_x else (high - low)[1] - 2 * DEPTH_M
        for offset, width in _lots(float(length), rng):
            # A gap now and then lets the sky and a side wall show.
            inner = offset > 1 and offset + width < length - 1
            if inner and rng.random() < 0.08:
                continue
            corners = (along_x and offset < 1, along_x and offset + width > length - 1)
            meshes += _house(start + direction * offset, direction, width, corners, rng)
    return meshes


def _lots(length_m: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Start and width of the houses that fill a side."""
    count = max(round(length_m / 13.5), 1)
    weights = rng.uniform(0.75, 1.25, count)
    widths = weights / weights.sum() * length_m
    return list(zip(np.concatenate([[0.0], np.cumsum(widths)[:-1]]), widths, strict=True))


def _style(rng: np.random.Generator) -> _Style:
    brick = rng.random() < 0.35
    walls = BRICKS if brick else PLASTER
    wall = np.array(walls[rng.integers(len(walls))]) * rng.uniform(0.9, 1.08)
    gable = rng.random() < 0.55
    return _Style(
        wall=(float(wall[0]), float(wall[1]), float(wall[2])),
        material=Material.BRICK if brick else Material.WALL,
        trim=STONE if rng.random() < 0.6 else (0.75, 0.74, 0.71),
        floors=int(rng.integers(2, 5)),
        window_m=(float(rng.uniform(1.0, 1.45)), float(rng.uniform(1.45, 1.8))),
        pitch_m=float(rng.uniform(2.3, 3.0)),
        shop=rng.random() < 0.6,
        sign=SHOP_SIGNS[rng.integers(len(SHOP_SIGNS))],
        awning=rng.random() < 0.45,
        gable=gable,
        roof=(0.32, 0.12, 0.07) if rng.random() < 0.6 else (0.10, 0.10, 0.11),
        balcony=rng.random() < 0.3,
    )


def _house(
    start_m: FloatArray,
    direction: FloatArray,
    width_m: float,
    corners: tuple[bool, bool],
    rng: np.random.Generator,
) -> list[Mesh]:
    """One house; `start_m` is the left end of its street side for somebody inside looking out."""
    style = _style(rng)
    outward = np.array([direction[1], -direction[0]])
    end, depth = start_m + direction * width_m, -outward * DEPTH_M
    floor_plan = np.array([start_m, end, end + depth, start_m + depth])
    heights = road_height_m(floor_plan[:, 0], floor_plan[:, 1])
    base = float(road_height_m(*(start_m + end) / 2)) + KERB_M + 0.05
    top = base + SHOP_M + style.floors * FLOOR_M
    bottom = float(heights.min()) - 0.4
    meshes: list[Mesh] = []
    for number in range(4):
        a, b = floor_plan[number], floor_plan[(number + 1) % 4]
        # Streets are at the front, and beside corner houses.
        street = number == 0 or (number == 1 and corners[1]) or (number == 3 and corners[0])
        if street:
            meshes += _facade(a, b, base, bottom, style, rng)
        else:
            meshes.append(_wall(a, b, bottom, top, style))
    meshes += _roof(floor_plan, top, style, gable=style.gable and not any(corners))
    return meshes


def _at(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Unit direction along a wall, outward normal, and length."""
    length = float(np.linalg.norm(b - a))
    u = (b - a) / length
    return u, np.array([u[1], -u[0]]), length


def _panel(
    a: FloatArray, u: FloatArray, n: FloatArray, rects: FloatArray, out_m: float | FloatArray = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Rectangles (N, 4) as u0, z0, u1, z1 on a wall → corners (N, 4, 3) and uv (N, 4, 2)."""
    us = rects[:, [0, 2, 2, 0]]
    zs = rects[:, [1, 1, 3, 3]]
    out = np.broadcast_to(np.asarray(out_m, dtype=np.float64), len(rects))
    flat = a + us[..., None] * u + out[:, None, None] * n
    return np.concatenate([flat, zs[..., None]], axis=-1), np.stack([us, zs], axis=-1)


def _wall(a: FloatArray, b: FloatArray, low: float, high: float, style: _Style) -> Mesh:
    u, n, length = _at(a, b)
    corners, uv = _panel(a, u, n, np.array([[0, low, length, high]]))
    return quads(corners, style.material, style.wall, uv - [0, low])


def _facade(
    a: FloatArray,
    b: FloatArray,
    base: float,
    bottom: float,
    style: _Style,
    rng: np.random.Generator,
) -> list[Mesh]:
    u, n, length = _at(a, b)
    count = max(int(length / style.pitch_m), 1)
    pitch = length / count
    top = base + SHOP_M + style.floors * FLOOR_M
    w, h = min(style.window_m[0], pitch - 0.7), style.window_m[1]
    column, floor = np.meshgrid(np.arange(count), np.arange(style.floors), indexing="ij")
    left = (column.ravel() + 0.5) * pitch - w / 2
    sill = base + SHOP_M + floor.ravel() * FLOOR_M + 0.85
    meshes = _openings(a, u, n, left, sill, left + w, sill + h, rng, panes=True)
    # Wall strips: between the windows of a floor, and the bands between floors.
    solid: list[list[float]] = []
    for k in range(count):
        solid += [
            [k * pitch, base + SHOP_M, k * pitch + (pitch - w) / 2, top],
            [(k + 1) * pitch - (pitch - w) / 2, base + SHOP_M, (k + 1) * pitch, top],
        ]
        x0, x1 = (k + 0.5) * pitch - w / 2, (k + 0.5) * pitch + w / 2
        for f in range(style.floors):
            z = base + SHOP_M + f * FLOOR_M
            solid += [[x0, z, x1, z + 0.85], [x0, z + 0.85 + h, x1, z + FLOOR_M]]
    corners, uv = _panel(a, u, n, np.array(solid))
    meshes.append(quads(corners, style.material, style.wall, uv - [0, bottom]))
    # Sills and lintels stand out; so do the band above the shop and the cornice.
    meshes += [
        _ledges(a, u, n, left - 0.1, left + w + 0.1, sill - 0.09, sill, 0.1, style.trim),
        _ledges(a, u, n, left - 0.08, left + w + 0.08, sill + h, sill + h + 0.14, 0.05, style.trim),
    ]
    whole = np.array([0.0]), np.array([length])
    for z0, z1, out in (
        (base + SHOP_M - 0.12, base + SHOP_M + 0.1, 0.12), (top - 0.28, top, 0.3),
        (top - 0.5, top - 0.28, 0.15), (bottom, base + 0.35, 0.05),
    ):  # fmt: skip
        meshes.append(_ledges(a, u, n, *whole, np.array([z0]), np.array([z1]), out, style.trim))
    if style.balcony:
        meshes += _balconies(a, u, n, pitch, count, base, style, rng)
    meshes += _ground_floor(a, u, n, length, base, bottom, style, rng)
    return meshes


def _openings(
    a: FloatArray, u: FloatArray, n: FloatArray, x0: FloatArray, z0: FloatArray, x1: FloatArray,
    z1: FloatArray, rng: np.random.Generator, *, panes: bool,
) -> list[Mesh]:  # fmt: skip
    """Glass set back into the wall, with the four sides of the recess."""
    rects = np.stack([x0, z0, x1, z1], axis=-1)
    glass, _ = _panel(a, u, n, rects, -RECESS_M)
    front, _ = _panel(a, u, n, rects)
    # Curtains and dark rooms: each pane has its own brightness behind the reflection.
    inside = rng.uniform(0.01, 0.09, len(rects))
    inside = np.where(rng.random(len(rects)) < 0.3, rng.uniform(0.25, 0.5, len(rects)), inside)
    tint = inside[:, None] * np.array([1.0, 0.97, 0.9])
    meshes = [quads(glass, Material.WINDOW if panes else Material.GLASS, tint)]
    reveals = []
    for k in range(4):
        j = (k + 1) % 4
        reveals.append(np.stack([front[:, k], front[:, j], glass[:, j], glass[:, k]], axis=1))
    meshes.append(quads(np.concatenate(reveals), Material.PLAIN, (0.5, 0.48, 0.44)))
    return meshes


def _ledges(
    a: FloatArray, u: FloatArray, n: FloatArray, x0: FloatArray, x1: FloatArray, z0: FloatArray,
    z1: FloatArray, out_m: float, tint: Color,
) -> Mesh:  # fmt: skip
    """Bars in front of a wall: front, top, bottom and both ends."""
    near, _ = _panel(a, u, n, np.stack([x0, z0, x1, z1], axis=-1))
    far, _ = _panel(a, u, n, np.stack([x0, z0, x1, z1], axis=-1), out_m)
    faces = [far]
    for k in range(4):
        j = (k + 1) % 4
        faces.append(np.stack([near[:, k], near[:, j], far[:, j], far[:, k]], axis=1))
    return quads(np.concatenate(faces), Material.PLAIN, tint)


def _balconies(
    a: FloatArray, u: FloatArray, n: FloatArray, pitch: float, count: int, base: float,
    style: _Style, rng: np.random.Generator,
) -> list[Mesh]:  # fmt: skip
    meshes: list[Mesh] = []
    for k in range(count):
        if k % 2 == 0 or rng.random() < 0.2:
            continue
        x0, x1 = np.array([k * pitch + 0.25]), np.array([(k + 1) * pitch - 0.25])
        for f in range(style.floors):
            z = np.array([base + SHOP_M + f * FLOOR_M + 0.05])
            meshes.append(_ledges(a, u, n, x0, x1, z, z + 0.14, 0.95, (0.5, 0.49, 0.46)))
            rail_a = a + n * 0.9
            for rail in (1.0, 0.75, 0.5, 0.25):
                meshes.append(
                    _ledges(rail_a, u, n, x0, x1, z + rail, z + rail + 0.05, 0.04, (0.05,) * 3)
                )
    return meshes


def _ground_floor(
    a: FloatArray, u: FloatArray, n: FloatArray, length: float, base: float, bottom: float,
    style: _Style, rng: np.random.Generator,
) -> list[Mesh]:  # fmt: skip
    """Shop windows under a sign and an awning, or a door among windows."""
    bays = max(int(length / (3.6 if style.shop else style.pitch_m)), 1)
    pitch = length / bays
    pillar = 0.28 if style.shop else (pitch - min(1.25, pitch - 0.8)) / 2
    low, high = (0.45, 2.95) if style.shop else (1.0, 2.75)
    k = np.arange(bays)
    x0, x1 = k * pitch + pillar, (k + 1) * pitch - pillar
    door = int(rng.integers(bays))
    z0 = np.full(bays, base + low)
    z0[door] = base + 0.05
    z1 = np.full(bays, base + high)
    meshes = _openings(a, u, n, x0, z0, x1, z1, rng, panes=True)
    solid: list[list[float]] = []
    for i in range(bays):
        solid += [[i * pitch, bottom, x0[i], base + SHOP_M], [x1[i], bottom, (i + 1) * pitch,
                   base + SHOP_M], [x0[i], bottom, x1[i], z0[i]], [x0[i], z1[i], x1[i],
                   base + SHOP_M]]  # fmt: skip
    corners, uv = _panel(a, u, n, np.array(solid))
    wall = np.array(style.wall)
    shop_wall = np.array(style.sign) * 0.35 + 0.10 if style.shop else wall * 0.9
    material = Material.PLAIN if style.shop else style.material
    meshes.append(quads(corners, material, shop_wall, uv - [0, bottom]))
    if style.shop:
        margin = 0.3
        z = base + 3.08
        one = np.array([margin]), np.array([length - margin])
        meshes.append(_ledges(a, u, n, *one, np.array([z]), np.array([z + 0.62]), 0.16, style.sign))
        meshes += _lettering(a, u, n, length, z, rng)
        if style.awning:
            slope = []
            for i in range(bays):
                p0, p1 = a + u * (x0[i] - 0.1), a + u * (x1[i] + 0.1)
                reach = n * 1.25
                slope.append(
                    [
                        [*(p0 + reach), base + 2.45],
                        [*(p1 + reach), base + 2.45],
                        [*(p1 + n * 0.05), base + 3.0],
                        [*(p0 + n * 0.05), base + 3.0],
                    ]
                )
                slope.append(
                    [
                        [*(p0 + reach), base + 2.25],
                        [*(p1 + reach), base + 2.25],
                        [*(p1 + reach), base + 2.45],
                        [*(p0 + reach), base + 2.45],
                    ]
                )
            color = np.clip(np.array(style.sign) * 1.1 + 0.04, 0, 0.6)
            meshes.append(quads(np.array(slope), Material.CLOTH, color))
    return meshes


def _lettering(
    a: FloatArray, u: FloatArray, n: FloatArray, length: float, z: float, rng: np.random.Generator
) -> list[Mesh]:
    """Light strokes on the sign that read as letters from the street."""
    strokes: list[list[float]] = []
    letters = int(rng.integers(5, 10))
    x = length / 2 - letters * 0.2
    for _ in range(letters):
        kind = rng.integers(4)
        strokes.append([x, z + 0.14, x + 0.07, z + 0.5])
        if kind != 0:
            strokes.append([x + 0.07, z + 0.43, x + 0.26, z + 0.5])
        if kind in (1, 3):
            strokes.append([x + 0.07, z + 0.14, x + 0.26, z + 0.21])
        if kind in (2, 3):
            strokes.append([x + 0.19, z + 0.14, x + 0.26, z + 0.43])
        x += 0.4
    corners, _ = _panel(a, u, n, np.array(strokes), 0.165)
    return [quads(corners, Material.PLAIN, (0.8, 0.78, 0.7))]


def _roof(plan: FloatArray, top: float, style: _Style, *, gable: bool) -> list[Mesh]:
    ground = np.array([[*p, top] for p in plan])
    if not gable:
        # A flat roof behind a parapet.
        roof = [quads([ground + [0, 0, -0.1]], Material.ROOF, (0.3, 0.3, 0.3))]
        for number in range(4):
            u, n, length = _at(plan[number], plan[(number + 1) % 4])
            roof.append(
                _ledges(plan[number] - n * 0.25, u, n, np.array([0.0]), np.array([length]),
                        np.array([top - 0.2]), np.array([top + 0.7]), 0.3, style.trim)
            )  # fmt: skip
        return roof
    u, n, length = _at(plan[0], plan[1])
    overhang = n * 0.45
    rise = 3.4
    eave_f = [ground[0] + [*overhang, -0.05], ground[1] + [*overhang, -0.05]]
    eave_b = [ground[3] - [*overhang, 0.05], ground[2] - [*overhang, 0.05]]
    ridge = [(ground[0] + ground[3]) / 2 + [0, 0, rise], (ground[1] + ground[2]) / 2 + [0, 0, rise]]
    slopes = [
        [eave_f[0], eave_f[1], ridge[1], ridge[0]],
        [eave_b[1], eave_b[0], ridge[0], ridge[1]],
    ]
    span = np.array([[0, 0], [length, 0], [length, 6.5], [0, 6.5]])
    ends = [[ground[1], ground[2], ridge[1], ridge[1]], [ground[3], ground[0], ridge[0], ridge[0]]]
    chimney = ridge[0] * 0.7 + ridge[1] * 0.3
    return [
        quads(np.array(slopes), Material.ROOF, style.roof, np.stack([span, span])),
        quads(np.array(ends), style.material, style.wall),
        box(chimney + [-0.35, -0.35, -1.2], chimney + [0.35, 0.35, 1.0], Material.PLAIN,
            (0.25, 0.14, 0.1)),
    ]  # fmt: skip
