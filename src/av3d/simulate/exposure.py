"""The world while one image is exposed: at once, or row by row as a rolling shutter does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

from av3d.calibration.rig import CameraMount
from av3d.geometry.se3 import SE3
from av3d.simulate.sky import SUN_DIRECTION
from av3d.simulate.tracing import NOTHING, Caster, Hits, nearer
from av3d.simulate.world import World
from av3d.types import BoolArray, Float32Array, IntArray

REACH_M = 0.05
"""Added to the ball around an actor in which rays are tested, for rounding."""


def expose(world: World, mount: CameraMount, middle_ns: int) -> Exposure:
    """The world for an image whose middle is exposed at a time."""
    if mount.readout_ns == 0:
        return _AtOnce(world, mount, middle_ns)
    return _Rolling(world, mount, middle_ns)


class Exposure(ABC):
    """What rays of an image meet; each ray belongs to a row of pixels and is cast at its time.

    Attributes:
        near: indices of the actors within sight.
        middle_ns: time of the middle of the image.
    """

    def __init__(self, world: World, mount: CameraMount, middle_ns: int) -> None:
        self.world = world
        self.middle_ns = middle_ns
        self._mount = mount
        place_m = world.scenario.world_SE3_ego(middle_ns).translation_m
        self.near = world.near(place_m, middle_ns)

    @abstractmethod
    def rays(self, rays: Float32Array, rows: IntArray) -> tuple[Float32Array, Float32Array]:
        """Origins and directions (N, 3) in the world of unit rays (N, 3) of the camera frame."""

    @abstractmethod
    def trace(self, origins_m: Float32Array, directions: Float32Array, rows: IntArray) -> Hits:
        """What rays of the world meet; owners are indices of actors."""

    @abstractmethod
    def in_shade(self, points_m: Float32Array, rows: IntArray) -> BoolArray:
        """Which points (N, 3) the sun does not reach, (N,)."""

    @abstractmethod
    def times_ns(self, rows: IntArray) -> IntArray | int:
        """When rows are exposed."""

    @abstractmethod
    def drift_m(self, index: int, rows: IntArray) -> Float32Array:
        """How far an actor is at rows' times from where it is at the middle's, (N, 3) or (3,)."""


class _AtOnce(Exposure):
    """A global shutter: the world stands still."""

    def __init__(self, world: World, mount: CameraMount, middle_ns: int) -> None:
        super().__init__(world, mount, middle_ns)
        body, world_SE3_ego = world.ego_body(middle_ns)
        self._world_SE3_camera = world_SE3_ego @ mount.ego_SE3_camera
        self._moving = world.moving(middle_ns, self.near)
        self._ego = Caster([body], [NOTHING])

    def rays(self, rays: Float32Array, rows: IntArray) -> tuple[Float32Array, Float32Array]:
        pose = self._world_SE3_camera
        directions = rays @ pose.rotation.T.astype(np.float32)
        return np.broadcast_to(pose.translation_m.astype(np.float32), rays.shape), directions

    def trace(self, origins_m: Float32Array, directions: Float32Array, rows: IntArray) -> Hits:
        hits = self.world.static.cast(origins_m, directions)
        if self._moving is not None:
            hits = nearer(hits, self._moving.cast(origins_m, directions))
        return hits

    def in_shade(self, points_m: Float32Array, rows: IntArray) -> BoolArray:
        shade = self.world.static.shaded(points_m, SUN_DIRECTION)
        for caster in (self._moving, self._ego):
            if caster is not None:
                lit = np.flatnonzero(~shade)
                shade[lit] = caster.shaded(points_m[lit], SUN_DIRECTION)
        return shade

    def times_ns(self, rows: IntArray) -> IntArray | int:
        return self.middle_ns

    def drift_m(self, index: int, rows: IntArray) -> Float32Array:
        return np.zeros(3, np.float32)


class _Rolling(Exposure):
    """A rolling shutter: the camera and all that moves are where they are at each row's time.

    Rays are taken to what moves, not the other way round: its triangles stay in its own frame.
    """

    def __init__(self, world: World, mount: CameraMount, middle_ns: int) -> None:
        super().__init__(world, mount, middle_ns)
        height = mount.camera.height_px
        part = (np.arange(height) + 0.5) / height - 0.5
        self._times_ns: IntArray = middle_ns + np.round(part * mount.readout_ns).astype(np.int64)
        world_SE3_ego = world.scenario.world_SE3_ego(self._times_ns)
        self._world_SE3_camera = world_SE3_ego @ mount.ego_SE3_camera
        self._ego_SE3_world = world_SE3_ego.inverse()
        actors = world.scenario.actors
        self._moving = {
            index: actors[index].world_SE3_base(self._times_ns).inverse()
            for index in self.near
            if not actors[index].still
        }

    def rays(self, rays: Float32Array, rows: IntArray) -> tuple[Float32Array, Float32Array]:
        pose = self._world_SE3_camera
        directions = _turned(pose.rotation.astype(np.float32), rows, rays)
        return pose.translation_m.astype(np.float32)[rows], directions

    def trace(self, origins_m: Float32Array, directions: Float32Array, rows: IntArray) -> Hits:
        hits = self.world.static.cast(origins_m, directions)
        for index, base_SE3_world in self._moving.items():
            close = self._close(index, origins_m, directions, rows)
            for some, caster in self._casters(index, close, rows):
                own = rows[some]
                found = caster.cast(
                    _moved(base_SE3_world, own, origins_m[some]),
                    _turned(base_SE3_world.rotation, own, directions[some]),
                )
                found.owner[found.met] = index
                back = np.swapaxes(base_SE3_world.rotation, -1, -2)
                found.normal[:] = _turned(back, own, found.normal)
                best = nearer(hits.take(some), found)
                hits.put(some, best)
        return hits

    def in_shade(self, points_m: Float32Array, rows: IntArray) -> BoolArray:
        shade = self.world.static.shaded(points_m, SUN_DIRECTION)
        towards = np.broadcast_to(SUN_DIRECTION.astype(np.float32), points_m.shape)
        for index, base_SE3_world in self._moving.items():
            lit = np.flatnonzero(~shade)
            close = lit[self._close(index, points_m[lit], towards[lit], rows[lit])]
            for some, caster in self._casters(index, close, rows):
                shade[some] = _shaded(caster, base_SE3_world, rows[some], points_m[some])
        lit = np.flatnonzero(~shade)
        body = self.world.ego_caster
        shade[lit] = _shaded(body, self._ego_SE3_world, rows[lit], points_m[lit])
        return shade

    def times_ns(self, rows: IntArray) -> IntArray | int:
        return np.asarray(self._times_ns[rows])

    def drift_m(self, index: int, rows: IntArray) -> Float32Array:
        if index not in self._moving:
            return np.zeros(3, np.float32)
        actor = self.world.scenario.actors[index]
        places = actor.world_SE3_base(self._times_ns).translation_m
        middle = actor.world_SE3_base(self.middle_ns).translation_m
        return np.asarray((places - middle)[rows], dtype=np.float32)

    def _close(
        self, index: int, origins_m: Float32Array, directions: Float32Array, rows: IntArray
    ) -> IntArray:
        """Which rays pass through the ball around an actor, (K,)."""
        actor = self.world.scenario.actors[index]
        centers = actor.centers_m(self._times_ns).astype(np.float32)
        offset = centers[rows] - origins_m
        along = np.einsum("ni,ni->n", offset, directions)
        aside_2 = np.einsum("ni,ni->n", offset, offset) - along * along
        radius = actor.radius_m + REACH_M
        return np.flatnonzero((aside_2 < radius * radius) & (along > -radius))

    def _casters(
        self, index: int, chosen: IntArray, rows: IntArray
    ) -> Iterator[tuple[IntArray, Caster]]:
        """Of rays, those that meet the actor at each moment of its gait, with its shape then."""
        actor = self.world.scenario.actors[index]
        steps = actor.steps(self._times_ns)[rows[chosen]]
        for step in np.unique(steps):
            yield chosen[steps == step], actor.caster(int(step))


def _turned(rotations: np.ndarray, rows: IntArray, vectors: Float32Array) -> Float32Array:  # type: ignore[type-arg]
    """Vectors (N, 3), each turned by the rotation of its row."""
    return np.asarray(np.einsum("nij,nj->ni", rotations[rows], vectors), dtype=np.float32)


def _moved(a_SE3_b: SE3, rows: IntArray, points_m: Float32Array) -> Float32Array:
    """Points (N, 3), each moved by the transform of its row."""
    turned = np.einsum("nij,nj->ni", a_SE3_b.rotation[rows], points_m)
    return np.asarray(turned + a_SE3_b.translation_m[rows], dtype=np.float32)


def _shaded(
    caster: Caster, base_SE3_world: SE3, rows: IntArray, points_m: Float32Array
) -> BoolArray:
    towards = (base_SE3_world.rotation @ SUN_DIRECTION).astype(np.float32)[rows]
    return caster.shaded(_moved(base_SE3_world, rows, points_m), towards)
