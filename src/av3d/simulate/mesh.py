"""Triangle meshes with material, tint, smooth normals and texture coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from av3d.geometry.se3 import SE3
from av3d.types import Float32Array, FloatArray, IntArray

Color = tuple[float, float, float]
"""Linear RGB reflectance, 0 to 1."""


class Material(IntEnum):
    """What a triangle is made of; the surface module says what that looks like."""

    ROAD = 0
    PAVEMENT = 1
    KERB = 2
    FIELD = 3
    WALL = 4
    GLASS = 5
    PLAIN = 6
    METAL = 7
    LEAF = 8
    PAINT = 9
    RUBBER = 10
    SIGN = 11
    LAMP = 12
    CLOTH = 13
    BRICK = 14
    ROOF = 15
    WINDOW = 16
    PATH = 17


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles.

    Attributes:
        vertices_m: (V, 3).
        normals: of the vertices, unit length, (V, 3).
        uv: texture coordinates of the vertices, (V, 2); metres on walls.
        triangles: vertex indices, (T, 3).
        material: of the triangles, (T,).
        tint: colour of the triangles, (T, 3).
    """

    vertices_m: FloatArray
    normals: FloatArray
    uv: FloatArray
    triangles: IntArray
    material: IntArray
    tint: FloatArray

    @staticmethod
    def join(meshes: Sequence[Mesh]) -> Mesh:
        """All triangles of several meshes, in order."""
        starts = np.cumsum([0] + [len(mesh.vertices_m) for mesh in meshes])
        return Mesh(
            np.concatenate([mesh.vertices_m for mesh in meshes]),
            np.concatenate([mesh.normals for mesh in meshes]),
            np.concatenate([mesh.uv for mesh in meshes]),
            np.concatenate(
                [mesh.triangles + start for mesh, start in zip(meshes, starts, strict=False)]
            ),
            np.concatenate([mesh.material for mesh in meshes]),
            np.concatenate([mesh.tint for mesh in meshes]),
        )

    def moved(self, a_SE3_b: SE3) -> Mesh:
        """The same mesh in frame a."""
        return Mesh(
            a_SE3_b.transform(self.vertices_m),
            a_SE3_b.rotate(self.normals),
            self.uv,
            self.triangles,
            self.material,
            self.tint,
        )

    def bounds_m(self) -> tuple[FloatArray, FloatArray]:
        """Lowest and highest coordinates."""
        return self.vertices_m.min(axis=0), self.vertices_m.max(axis=0)

    @property
    def vertices_f32(self) -> Float32Array:
        return np.ascontiguousarray(self.vertices_m, dtype=np.float32)


def quads(
    corners_m: npt.ArrayLike, material: Material, tint: npt.ArrayLike, uv: FloatArray | None = None
) -> Mesh:
    """Flat quadrilaterals, corners (N, 4, 3) counter-clockwise seen from outside.

    Args:
        corners_m: the corners.
        material: of all.
        tint: one colour (3,) or one each (N, 3).
        uv: texture coordinates (N, 4, 2); default: the unit square.
    """
    corners = np.asarray(corners_m, dtype=np.float64).reshape(-1, 4, 3)
    count = len(corners)
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    if uv is None:
        uv = np.broadcast_to(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float), (count, 4, 2))
    first = np.arange(count)[:, None] * 4
    triangles = np.concatenate([first + [0, 1, 2], first + [0, 2, 3]], axis=1).reshape(-1, 3)
    tints = np.broadcast_to(np.asarray(tint, dtype=np.float64), (count, 3))
    return Mesh(
        corners.reshape(-1, 3),
        np.repeat(normal, 4, axis=0),
        np.asarray(uv, dtype=np.float64).reshape(-1, 2),
        triangles,
        np.full(2 * count, int(material)),
        np.repeat(tints, 2, axis=0),
    )


def grid(points_m: FloatArray, material: Material, tint: npt.ArrayLike) -> Mesh:
    """A smooth surface through a grid of points (R, C, 3); R x C counter-clockwise from outside."""
    rows, columns = points_m.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    triangles = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    )
    r, q = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    uv = np.stack([r / max(rows - 1, 1), q / max(columns - 1, 1)], axis=-1).reshape(-1, 2)
    return smooth(points_m.reshape(-1, 3), triangles, material, tint, uv)


def smooth(
    vertices_m: FloatArray,
    triangles: IntArray,
    material: Material,
    tint: npt.ArrayLike,
    uv: FloatArray | None = None,
) -> Mesh:
    """A mesh whose vertex normals are the area-weighted means of its triangles' normals."""
    corner = vertices_m[triangles]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    # Vertices at one place (a seam, a pole) share their normal.
    place = np.round(vertices_m * 1e4).astype(np.int64)
    key = place @ np.array([73_856_093, 19_349_663, 83_492_791])
    _, same = np.unique(key, return_inverse=True)
    corner_of = same[triangles]
    normals = np.zeros_like(vertices_m)
    for axis in range(3):
        weight = np.repeat(face[:, axis], 3)
        normals[:, axis] = np.bincount(corner_of.ravel(), weight, len(vertices_m))[same]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    count = len(triangles)
    return Mesh(
        vertices_m,
        normals,
        np.zeros((len(vertices_m), 2)) if uv is None else uv,
        triangles,
        np.full(count, int(material)),
        np.broadcast_to(np.asarray(tint, dtype=np.float64), (count, 3)).copy(),
    )


def box(low_m: npt.ArrayLike, high_m: npt.ArrayLike, material: Material, tint: Color) -> Mesh:
    """An axis-aligned box."""
    (x0, y0, z0), (x1, y1, z1) = np.asarray(low_m, float), np.asarray(high_m, float)
    faces = [
        [[x1, y0, z0], [x1, y1, z0], [x1, y1, z1], [x1, y0, z1]],
        [[x0, y1, z0], [x0, y0, z0], [x0, y0, z1], [x0, y1, z1]],
        [[x1, y1, z0], [x0, y1, z0], [x0, y1, z1], [x1, y1, z1]],
        [[x0, y0, z0], [x1, y0, z0], [x1, y0, z1], [x0, y0, z1]],
        [[x0, y0, z1], [x1, y0, z1], [x1, y1, z1], [x0, y1, z1]],
        [[x0, y1, z0], [x1, y1, z0], [x1, y0, z0], [x0, y0, z0]],
    ]
    return quads(faces, material, tint)


def tube(
    start_m: npt.ArrayLike,
    end_m: npt.ArrayLike,
    radius_m: float,
    end_radius_m: float | None = None,
    *,
    material: Material,
    tint: Color,
    sides: int = 10,
    round_ends: bool = False,
) -> Mesh:
    """A cylinder or cone stump with closed (flat or rounded) ends."""
    start, end = np.asarray(start_m, float), np.asarray(end_m, float)
    last = radius_m if end_radius_m is None else end_radius_m
    axis = end - start
    length = float(np.linalg.norm(axis))
    axis = axis / max(length, 1e-9)
    helper = np.array([0.0, 0, 1]) if abs(axis[2]) < 0.9 else np.array([1.0, 0, 0])
    side = np.cross(helper, axis)
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    circle = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other
    if round_ends:
        bend = np.linspace(-np.pi / 2, 0, 4)
        profile = [(np.sin(b) * radius_m, np.cos(b) * radius_m) for b in bend]
        profile += [(length + np.sin(-b) * last, np.cos(b) * last) for b in bend[::-1]]
        rings = [start + along * axis + r * circle for along, r in profile]
        return grid(np.stack(rings, axis=1), material, tint)
    body = grid(np.stack([start + radius_m * circle, end + last * circle], 1), material, tint)
    caps = []
    for centre, radius, turn in ((start, radius_m, -1), (end, last, 1)):
        rim = centre + radius * circle[::turn]
        fan = np.stack(
            [np.broadcast_to(centre, rim[:-1].shape), rim[:-1], rim[1:], rim[1:]], axis=1
        )
        normal = np.broadcast_to(axis * turn, (4 * sides, 3)).copy()
        cap = quads(fan, material, tint)
        caps.append(Mesh(cap.vertices_m, normal, cap.uv, cap.triangles, cap.material, cap.tint))
    return Mesh.join([body, *caps])


def ellipsoid(
    center_m: npt.ArrayLike,
    radii_m: npt.ArrayLike,
    *,
    material: Material,
    tint: Color,
    rows: int = 9,
    columns: int = 14,
) -> Mesh:
    """An axis-aligned ellipsoid."""
    polar = np.linspace(0, np.pi, rows)
    around = np.linspace(0, 2 * np.pi, columns + 1)
    p, a = np.meshgrid(polar, around, indexing="ij")
    unit = np.stack([np.sin(p) * np.cos(a), np.sin(p) * np.sin(a), np.cos(p)], axis=-1)
    return grid(unit * np.asarray(radii_m, float) + np.asarray(center_m, float), material, tint)


def ring(
    center_m: npt.ArrayLike,
    radius_m: float,
    thickness_m: float,
    *,
    material: Material,
    tint: Color,
    sides: int = 28,
) -> Mesh:
    """A torus in the x-z plane (a bicycle wheel)."""
    around, across = np.linspace(0, 2 * np.pi, sides + 1), np.linspace(0, 2 * np.pi, 7)
    a, c = np.meshgrid(around, across, indexing="ij")
    reach = radius_m + thickness_m * np.cos(c)
    points = np.stack([reach * np.cos(a), thickness_m * np.sin(c), reach * np.sin(a)], axis=-1)
    return grid(points[::-1] + np.asarray(center_m, float), material, tint)
