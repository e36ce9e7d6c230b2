"""Everything that stands still but houses: ground, pavements, trees, lamps, signs, signals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from av3d.simulate.ground import (
    CORNER_RADIUS_M,
    HALF_STREET_M,
    KERB_M,
    STREET_PITCH_M,
    TOWN_HALF_M,
    distance_to_kerb_m,
    road_height_m,
)
from av3d.simulate.mesh import Color, Material, Mesh, box, ellipsoid, grid, quads, tube
from av3d.types import FloatArray

ROAD_CELL_M = 1.25
GROUND_HALF_M = 420.0
PAVEMENT_RINGS_M = (0.0, 0.0, 0.28, 0.28, 1.5, 2.8, 4.2, 7.0, 12.0, 20.0, 34.0)
"""Distances of the rings of pavement vertices from the kerb; doubled ones make sharp edges."""


def roads() -> list[Mesh]:
    """The carriageways, without the parts that lie deep under the blocks, and the fields beyond."""
    limit = TOWN_HALF_M + HALF_STREET_M + 1
    line = np.arange(-limit, limit + ROAD_CELL_M, ROAD_CELL_M)
    x, y = np.meshgrid(line, line, indexing="ij")
    surface = grid(np.stack([x, y, road_height_m(x, y)], -1), Material.ROAD, (0.09, 0.09, 0.09))
    centre = surface.vertices_m[surface.triangles].mean(axis=1)
    needed = distance_to_kerb_m(centre[:, 0], centre[:, 1]) < 2.5
    line = np.linspace(-GROUND_HALF_M, GROUND_HALF_M, 85)
    x, y = np.meshgrid(line, line, indexing="ij")
    far = np.maximum(np.abs(x), np.abs(y)) > TOWN_HALF_M + 8
    z = np.where(far, road_height_m(x, y) + 0.05, road_height_m(x, y) - 3.0)
    field = grid(np.stack([x, y, z], axis=-1), Material.FIELD, (0.12, 0.17, 0.06))
    road = Mesh(
        surface.vertices_m, surface.normals, surface.uv, surface.triangles[needed],
        surface.material[needed], surface.tint[needed],
    )  # fmt: skip
    return [road, field]


def pavement(block_x: int, block_y: int) -> list[Mesh]:
    """The raised slab of one block with its kerb."""
    half = STREET_PITCH_M / 2 - HALF_STREET_M
    middle = (np.array([block_x, block_y]) + 0.5) * STREET_PITCH_M
    rings = []
    for number, inset in enumerate(PAVEMENT_RINGS_M):
        outline = _rounded_square(half - inset, max(CORNER_RADIUS_M - inset, 0.4)) + middle
        z = road_height_m(outline[:, 0], outline[:, 1]) + (KERB_M if number else -0.05)
        rings.append(np.column_stack([outline, z]))
    rows = np.stack(rings, axis=1)
    kerb: Color = (0.33, 0.325, 0.31)
    # Rows run around the block; columns run inwards.
    return [
        grid(rows[:, 0:2], Material.KERB, kerb),
        grid(rows[:, 1:3], Material.KERB, kerb),
        grid(rows[:, 3:], Material.PAVEMENT, (0.27, 0.262, 0.25)),
    ]


def _rounded_square(half_m: float, radius_m: float) -> FloatArray:
    """Points around a square with round corners, counter-clockwise, closed; the count is fixed."""
    flat = half_m - radius_m
    pieces = []
    for corner in range(4):
        angle = corner * np.pi / 2
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        side = np.column_stack([np.full(60, half_m), np.linspace(-flat, flat, 60)])
        bend = np.linspace(0, np.pi / 2, 14)[1:-1]
        arc = np.column_stack([flat + radius_m * np.cos(bend), flat + radius_m * np.sin(bend)])
        pieces.append(np.concatenate([side, arc]) @ turn.T)
    outline = np.concatenate(pieces)
    return np.concatenate([outline, outline[:1]])


def furniture(block_x: int, block_y: int, rng: np.random.Generator) -> list[Mesh]:
    """Trees, lamp posts, signs, bins and signals on the pavement of one block."""
    meshes: list[Mesh] = []
    half = STREET_PITCH_M / 2 - HALF_STREET_M
    middle = (np.array([block_x, block_y]) + 0.5) * STREET_PITCH_M
    near_origin = float(np.abs(middle).max()) < STREET_PITCH_M
    for side in range(4):
        angle = side * np.pi / 2
        out = np.array([np.cos(angle), np.sin(angle)])
        along = np.array([-out[1], out[0]])

        def spot(
            along_m: float, inset_m: float, out: FloatArray = out, along: FloatArray = along
        ) -> FloatArray:
            xy = middle + out * (half - inset_m) + along * along_m
            return np.array([*xy, float(road_height_m(*xy)) + KERB_M])

        for place in np.arange(-half + 13, half - 12, 12.5):
            if rng.random() < 0.72:
                at = spot(place + rng.uniform(-1.2, 1.2), 1.15)
                meshes += tree(at, rng, detailed=near_origin)
        for place in (-half + 19.5, 0.4, half - 19.5):
            meshes += lamp_post(spot(place, 0.6), out)
        if rng.random() < 0.8:
            meshes += parking_sign(spot(rng.uniform(-20, 20), 0.5), along)
        if rng.random() < 0.7:
            meshes += bin_(spot(rng.uniform(-half + 12, half - 12), 0.7))
        # Signals stand at the stop line of the lane that drives along this side.
        meshes += signal(spot(half - 9.0, 0.55), along, red=side % 2 == 0)
        meshes += bollards([spot(-half + 6.0 + k * 1.4, 0.4) for k in range(4)])
    return meshes


def tree(at_m: FloatArray, rng: np.random.Generator, *, detailed: bool) -> list[Mesh]:
    """A street tree: trunk, boughs and a crown of leaf clusters, in a pit of earth."""
    height, radius = float(rng.uniform(5.2, 7.6)), float(rng.uniform(1.7, 2.5))
    fork = float(rng.uniform(2.2, 2.7))
    bark: Color = (0.13, 0.09, 0.06)
    crown = at_m + [0, 0, height - radius * 1.05]
    meshes = [
        tube(at_m - [0, 0, 0.2], at_m + [0, 0, fork], 0.17, 0.12, material=Material.PLAIN,
             tint=bark, sides=10),
        quads([at_m + [[-0.6, -0.6, 0.015], [0.6, -0.6, 0.015], [0.6, 0.6, 0.015],
                       [-0.6, 0.6, 0.015]]], Material.PLAIN, (0.07, 0.05, 0.03)),
    ]  # fmt: skip
    lobes = []
    for k in range(6):
        angle = 2 * np.pi * (k / 6) + rng.uniform(-0.4, 0.4)
        reach = radius * rng.uniform(0.35, 0.6)
        lobe = crown + [reach * np.cos(angle), reach * np.sin(angle), rng.uniform(-0.5, 0.4)]
        lobes.append((lobe, radius * rng.uniform(0.5, 0.68)))
        meshes.append(
            tube(at_m + [0, 0, fork - 0.1], lobe, 0.08, 0.03, material=Material.PLAIN, tint=bark,
                 sides=6)
        )  # fmt: skip
    lobes.append((crown + [0, 0, 0.55 * radius], radius * 0.62))
    count, size = (620, 0.15) if detailed else (90, 0.42)
    green = np.array([[0.052, 0.115, 0.028], [0.07, 0.118, 0.035], [0.085, 0.115, 0.032]])
    base = green[rng.integers(3)] * rng.uniform(0.85, 1.15)
    leaves: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    for lobe, reach in lobes:
        direction = rng.normal(size=(count, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        depth = rng.uniform(0.72, 1.0, count) ** 0.5
        centre = lobe + direction * (reach * depth)[:, None] * [1, 1, 0.85]
        facing = direction + 0.55 * rng.normal(size=(count, 3))
        facing /= np.linalg.norm(facing, axis=1, keepdims=True)
        side = np.cross(facing, rng.normal(size=(count, 3)))
        side /= np.linalg.norm(side, axis=1, keepdims=True)
        up = np.cross(facing, side)
        scale = (size * rng.uniform(0.6, 1.15, count))[:, None]
        corners = np.stack(
            [centre - side * scale, centre - up * scale * 0.7, centre + side * scale,
             centre + up * scale * 0.7], axis=1
        )  # fmt: skip
        shade = rng.uniform(0.7, 1.25, (count, 1)) * (0.55 + 0.45 * depth[:, None])
        # Shaded as a round crown, not as single leaves.
        round_normal = centre - (crown - [0, 0, 0.4])
        round_normal = round_normal / np.linalg.norm(round_normal, axis=1, keepdims=True)
        normal = 0.75 * round_normal + 0.25 * facing * np.sign(
            (facing * round_normal).sum(axis=1, keepdims=True)
        )
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        leaves.append((corners, normal, base * shade))
    corners, normal, color = (np.concatenate(values) for values in zip(*leaves, strict=True))
    flat = quads(corners, Material.LEAF, color)
    meshes.append(replace(flat, normals=np.repeat(normal, 4, axis=0)))
    return meshes


def lamp_post(at_m: FloatArray, out: FloatArray) -> list[Mesh]:
    """A street lamp whose arm reaches over the road."""
    steel: Color = (0.16, 0.17, 0.17)
    arm = at_m + [*(out * 1.7), 6.9]
    head = at_m + [*(out * 1.9), 6.88]
    return [
        tube(at_m, at_m + [0, 0, 1.0], 0.1, 0.09, material=Material.METAL, tint=steel),
        tube(at_m, at_m + [0, 0, 6.7], 0.075, 0.05, material=Material.METAL, tint=steel),
        tube(at_m + [0, 0, 6.6], arm, 0.045, 0.035, material=Material.METAL, tint=steel, sides=8),
        ellipsoid(head, (0.34, 0.34, 0.09), material=Material.METAL, tint=(0.5, 0.5, 0.5)),
    ]


def parking_sign(at_m: FloatArray, along: FloatArray) -> list[Mesh]:
    """A blue square on a pole, facing the traffic."""
    meshes = [tube(at_m, at_m + [0, 0, 2.9], 0.03, material=Material.METAL, tint=(0.5, 0.5, 0.5))]
    across = np.array([-along[1], along[0]])
    blue: Color = (0.02, 0.09, 0.42)
    for sign in (1, -1):
        centre = at_m + [*(along * 0.04 * sign), 2.55]
        side = np.array([*(across * 0.3 * sign), 0])
        up = np.array([0, 0, 0.3])
        plate = [centre - side - up, centre + side - up, centre + side + up, centre - side + up]
        meshes.append(quads([plate], Material.SIGN, blue))
        near = centre + [*(along * 0.006 * sign), 0]
        s, v = side / 0.3, up / 0.3
        strokes = ((-0.12, -0.2, -0.05, 0.2), (-0.05, 0.13, 0.12, 0.2), (-0.05, -0.04, 0.12, 0.03),
                   (0.07, -0.04, 0.14, 0.2))  # fmt: skip
        letter = [[near + s * a + v * b, near + s * c + v * b, near + s * c + v * d,
                   near + s * a + v * d] for a, b, c, d in strokes]  # fmt: skip
        meshes.append(quads(np.array(letter), Material.SIGN, (0.8, 0.8, 0.8)))
    return meshes


def signal(at_m: FloatArray, along: FloatArray, *, red: bool) -> list[Mesh]:
    """A traffic light at the right-hand kerb, facing the traffic that comes towards it."""
    steel: Color = (0.05, 0.06, 0.06)
    dark: Color = (0.02, 0.02, 0.02)
    facing = -along
    side = np.array([-facing[1], facing[0]])
    meshes = [tube(at_m, at_m + [0, 0, 3.3], 0.06, material=Material.METAL, tint=steel)]
    centre = at_m + [*(facing * 0.12), 2.85]
    corner = np.abs(np.array([*(facing * 0.11), 0.0])) + np.abs(np.array([*(side * 0.16), 0.0]))
    low, high = centre - corner - [0, 0, 0.48], centre + corner + [0, 0, 0.48]
    meshes.append(box(low, high, Material.PLAIN, dark))
    colors: tuple[Color, ...] = ((1.0, 0.08, 0.04), (0.16, 0.10, 0.01), (0.01, 0.10, 0.05))
    if not red:
        colors = ((0.16, 0.015, 0.01), (0.16, 0.10, 0.01), (0.05, 0.9, 0.45))
    for number, color in enumerate(colors):
        lit = (number == 0) == red and number != 1
        lamp = centre + [*(facing * 0.115), 0.3 - 0.3 * number]
        meshes.append(
            tube(lamp, lamp + [*(facing * 0.02), 0], 0.1,
                 material=Material.LAMP if lit else Material.PLAIN, tint=color, sides=16)
        )  # fmt: skip
    return meshes


def bin_(at_m: FloatArray) -> list[Mesh]:
    """A litter bin."""
    green: Color = (0.03, 0.10, 0.06)
    return [
        tube(at_m, at_m + [0, 0, 0.85], 0.22, 0.25, material=Material.METAL, tint=green, sides=16),
        tube(at_m + [0, 0, 0.85], at_m + [0, 0, 0.92], 0.27, 0.2, material=Material.METAL,
             tint=(0.02, 0.02, 0.02), sides=16),
    ]  # fmt: skip


def bollards(places_m: list[FloatArray]) -> list[Mesh]:
    """A row of posts with a reflecting band."""
    meshes: list[Mesh] = []
    for at in places_m:
        meshes += [
            tube(at, at + [0, 0, 0.92], 0.06, material=Material.METAL, tint=(0.05, 0.05, 0.05)),
            tube(at + [0, 0, 0.7], at + [0, 0, 0.8], 0.063, material=Material.SIGN,
                 tint=(0.7, 0.7, 0.7)),
        ]  # fmt: skip
    return meshes
