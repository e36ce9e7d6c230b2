"""A box truck; frame: x forward, y left, z up, the floor under its middle at the origin."""

from __future__ import annotations

import numpy as np

from av3d.simulate.mesh import Color, Material, Mesh, box, quads, tube

TRUCK_SIZE_LWH_M = (7.4, 2.4, 3.15)
TRUCK_WHEELBASE_M = 4.1
BLACK: Color = (0.02, 0.02, 0.022)
GLASS: Color = (0.015, 0.018, 0.02)


def truck_mesh(cab: Color, cargo: Color, stripe: Color) -> Mesh:
    """Cab with windscreen, cargo box with a stripe, chassis, six wheels, lamps."""
    length, width, height = TRUCK_SIZE_LWH_M
    half_l, half_w = length / 2, width / 2
    parts = [_cab(cab, half_l, half_w - 0.08)]
    back = -half_l + 0.03
    front = half_l - 2.05
    low = 0.98
    parts += [
        box((back, -half_w, low), (front, half_w, height), Material.PLAIN, cargo),
        box((-half_l, -0.45, 0.62), (half_l - 0.4, 0.45, low), Material.PLAIN, BLACK),
        # Side guards between the axles, and the bumper under the doors.
        box((-1.2, -half_w + 0.06, 0.48), (0.9, -half_w + 0.1, 0.84), Material.PLAIN, (0.2,) * 3),
        box((-1.2, half_w - 0.1, 0.48), (0.9, half_w - 0.06, 0.84), Material.PLAIN, (0.2,) * 3),
        box((-half_l, -1.05, 0.42), (-half_l + 0.1, 1.05, 0.56), Material.PLAIN, (0.3, 0.3, 0.3)),
    ]
    trim: Color = (0.5, 0.5, 0.52)
    for x in (back, front - 0.06):
        for y in (-half_w, half_w - 0.05):
            parts.append(
                box((x, y - 0.004, low), (x + 0.06, y + 0.054, height), Material.PLAIN, trim)
            )
    z0, z1 = 1.7, 2.25
    for side in (1, -1):
        y = side * (half_w + 0.004)
        corners = np.array(
            [[back + 0.4, y, z0], [front - 0.4, y, z0], [front - 0.7, y, z1], [back + 0.7, y, z1]]
        )
        parts.append(quads(corners[::-1] if side > 0 else corners, Material.PLAIN, stripe))
    doors = -half_l + 0.026
    for y0, y1 in ((-half_w + 0.08, -0.02), (0.02, half_w - 0.08)):
        parts.append(
            box((doors, y0, low + 0.1), (doors + 0.02, y1, height - 0.1), Material.PLAIN, cargo)
        )
        middle = (y0 + y1) / 2
        parts.append(
            tube((doors, middle, low + 0.15), (doors, middle, height - 0.15), 0.02,
                 material=Material.METAL, tint=(0.5, 0.5, 0.5), sides=6)
        )  # fmt: skip
    for y in (-0.95, 0.95):
        parts.append(
            box((-half_l - 0.0, y - 0.14, 0.66), (-half_l + 0.08, y + 0.14, 0.82), Material.SIGN,
                (0.5, 0.02, 0.02))
        )  # fmt: skip
    parts.append(
        box((-half_l + 0.0, -0.26, 0.7), (-half_l + 0.02, 0.26, 0.82), Material.SIGN, (0.7,) * 3)
    )
    for x in (half_l - 0.85 - TRUCK_WHEELBASE_M, half_l - 0.85):
        for side in (1, -1):
            parts += _wheel(x, side * (half_w - 0.06), side, 0.46)
    return Mesh.join(parts)


def _cab(color: Color, half_l: float, half_w: float) -> Mesh:
    """A prism over the side view of the cab, with windows set a finger's breadth proud."""
    back = half_l - 1.95
    outline = np.array(
        [
            (back, 0.55), (half_l - 0.03, 0.5), (half_l - 0.008, 0.62), (half_l - 0.008, 1.25),
            (half_l - 0.04, 1.45), (half_l - 0.32, 2.42), (half_l - 0.55, 2.6), (back, 2.68),
        ]
    )  # fmt: skip
    left = np.column_stack([outline[:, 0], np.full(len(outline), half_w), outline[:, 1]])
    right = left * [1, -1, 1]
    wall = []
    for i in range(len(outline)):
        j = (i + 1) % len(outline)
        wall.append([left[i], left[j], right[j], right[i]])
    hub = outline.mean(axis=0)
    centre_l = np.array([hub[0], half_w, hub[1]])
    sides = []
    for i in range(len(outline)):
        j = (i + 1) % len(outline)
        sides.append([centre_l, left[j], left[i], left[i]])
        c = centre_l * [1, -1, 1]
        sides.append([c, right[i], right[j], right[j]])
    side_mesh = quads(sides, Material.PLAIN, color)
    normals = np.zeros_like(side_mesh.normals)
    normals[:, 1] = np.sign(side_mesh.vertices_m[:, 1])
    side_mesh = Mesh(
        side_mesh.vertices_m, normals, side_mesh.uv, side_mesh.triangles, side_mesh.material,
        side_mesh.tint,
    )  # fmt: skip
    w = half_w - 0.12
    screen = [
        [half_l - 0.055, -w, 1.53], [half_l - 0.055, w, 1.53],
        [half_l - 0.285, w * 0.96, 2.34], [half_l - 0.285, -w * 0.96, 2.34],
    ]  # fmt: skip
    panes = [quads([screen], Material.GLASS, GLASS)]
    for side in (1, -1):
        y = side * (half_w + 0.008)
        pane = np.array(
            [[back + 0.75, y, 1.55], [half_l - 0.2, y, 1.55], [half_l - 0.42, y, 2.3],
             [back + 0.75, y, 2.3]]
        )  # fmt: skip
        panes.append(quads(pane[::-1] if side > 0 else pane, Material.GLASS, GLASS))
        panes.append(
            box((half_l - 0.02, side * (w - 0.02) - 0.17, 0.74),
                (half_l + 0.0, side * (w - 0.02) + 0.17, 0.93), Material.SIGN, (0.75, 0.76, 0.78))
        )  # fmt: skip
        panes.append(
            box((half_l - 0.3, side * (half_w + 0.04) - 0.04, 1.75),
                (half_l - 0.18, side * (half_w + 0.04) + 0.04, 2.15), Material.PLAIN, BLACK)
        )  # fmt: skip
    grille = [[half_l + 0.0, -0.7, 0.98], [half_l, 0.7, 0.98], [half_l, 0.7, 1.22],
              [half_l, -0.7, 1.22]]  # fmt: skip
    panes.append(quads([grille], Material.PLAIN, BLACK))
    return Mesh.join([quads(np.array(wall), Material.PLAIN, color), side_mesh, *panes])


def _wheel(x: float, y: float, side: int, radius: float) -> list[Mesh]:
    inner = y - side * 0.3
    face = y + side * 0.01
    return [
        tube((x, inner, radius), (x, y, radius), radius, material=Material.RUBBER,
             tint=(0.02, 0.02, 0.02), sides=28),
        tube((x, y, radius), (x, face, radius), radius * 0.6, material=Material.METAL,
             tint=(0.35, 0.35, 0.36), sides=20),
        tube((x, face, radius), (x, face + side * 0.04, radius), radius * 0.2,
             material=Material.METAL, tint=(0.12, 0.12, 0.12), sides=12),
    ]  # fmt: skip
