"""Ray casting against the town and the things that move in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from av3d.simulate.mesh import Mesh
from av3d.types import BoolArray, Float32Array, IntArray

NOTHING = -1
"""Owner of rays that meet nothing, and of the town itself."""


@dataclass(frozen=True, eq=False)
class Hits:
    """What rays met; values of rays that met nothing are undefined but for distance and owner.

    Attributes:
        distance_m: along the ray, infinite if it met nothing, (N,).
        material, owner: of the triangle, (N,).
        tint: (N, 3).
        normal: smooth, unit length, towards where the ray came from, (N, 3).
        uv: texture coordinates, (N, 2).
    """

    distance_m: Float32Array
    material: IntArray
    owner: IntArray
    tint: Float32Array
    normal: Float32Array
    uv: Float32Array

    @property
    def met(self) -> BoolArray:
        return np.isfinite(self.distance_m)

    def take(self, rows: IntArray) -> Hits:
        """The hits of some rays."""
        return Hits(*(getattr(self, name)[rows] for name in _VALUES))

    def put(self, rows: IntArray, hits: Hits) -> None:
        """Replace the hits of some rays."""
        for name in _VALUES:
            getattr(self, name)[rows] = getattr(hits, name)


_VALUES = tuple(field.name for field in fields(Hits))


class Caster:
    """Triangles of which rays find the nearest.

    Args:
        meshes: in one frame.
        owners: one number per mesh, given back for each hit.
    """

    def __init__(self, meshes: Sequence[Mesh], owners: Sequence[int]) -> None:
        import open3d as o3d

        self._tensor: Any = o3d.core.Tensor.from_numpy
        joined = Mesh.join(meshes)
        self._triangles = joined.triangles.astype(np.int32)
        self._normals = joined.normals.astype(np.float32)
        self._uv = joined.uv.astype(np.float32)
        self._material = joined.material.astype(np.int64)
        self._tint = joined.tint.astype(np.float32)
        counts = [len(mesh.triangles) for mesh in meshes]
        self._owner = np.repeat(np.asarray(owners, dtype=np.int64), counts)
        self._scene: Any = o3d.t.geometry.RaycastingScene()
        self._scene.add_triangles(
            self._tensor(joined.vertices_f32), self._tensor(self._triangles.astype(np.uint32))
        )

    def cast(self, origins_m: Float32Array, directions: Float32Array) -> Hits:
        """Nearest hits of rays (N, 3); directions have unit length."""
        count = len(directions)
        if count == 0:
            return _no_hits(0)
        rays = np.concatenate(np.broadcast_arrays(origins_m, directions), axis=1)
        answer = self._scene.cast_rays(self._tensor(np.ascontiguousarray(rays, dtype=np.float32)))
        distance = answer["t_hit"].numpy()
        hits = _no_hits(count)
        met = np.flatnonzero(np.isfinite(distance))
        triangle = answer["primitive_ids"].numpy()[met].astype(np.int64)
        u, v = answer["primitive_uvs"].numpy()[met].T
        weight = np.stack([1 - u - v, u, v], axis=1)[..., None]
        corner = self._triangles[triangle]
        normal = (self._normals[corner] * weight).sum(axis=1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        away = (normal * directions[met]).sum(axis=1) > 0.15
        normal[away] *= -1
        hits.distance_m[:] = distance
        hits.normal[met] = normal
        hits.uv[met] = (self._uv[corner] * weight).sum(axis=1)
        hits.material[met] = self._material[triangle]
        hits.tint[met] = self._tint[triangle]
        hits.owner[met] = self._owner[triangle]
        return hits

    def shaded(self, points_m: Float32Array, towards: Float32Array) -> BoolArray:
        """Which points (N, 3) have something between them and a far light."""
        if len(points_m) == 0:
            return np.zeros(0, dtype=bool)
        rays = np.concatenate(np.broadcast_arrays(points_m, towards), axis=1)
        tensor = self._tensor(np.ascontiguousarray(rays, dtype=np.float32))
        return np.asarray(self._scene.test_occlusions(tensor).numpy(), dtype=bool)


def nearer(first: Hits, second: Hits) -> Hits:
    """Per ray, the hit that is closer."""
    take = second.distance_m < first.distance_m
    return Hits(
        np.where(take, second.distance_m, first.distance_m),
        np.where(take, second.material, first.material),
        np.where(take, second.owner, first.owner),
        np.where(take[:, None], second.tint, first.tint),
        np.where(take[:, None], second.normal, first.normal),
        np.where(take[:, None], second.uv, first.uv),
    )


def _no_hits(count: int) -> Hits:
    return Hits(
        np.full(count, np.inf, np.float32),
        np.zeros(count, np.int64),
        np.full(count, NOTHING, np.int64),
        np.zeros((count, 3), np.float32),
        np.zeros((count, 3), np.float32),
        np.zeros((count, 2), np.float32),
    )
