"""What a camera of the rig sees at one time: ray casting with sun, shadows, sky and mirrors."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from av3d.calibration.rig import CameraMount
from av3d.simulate.actor import Actor
from av3d.simulate.car_paint import paint_car
from av3d.simulate.exposure import Exposure, expose
from av3d.simulate.mesh import Material
from av3d.simulate.sky import (
    AMBIENT_GROUND,
    AMBIENT_SKY,
    HAZE,
    HAZE_M,
    SUN_COLOR,
    SUN_DIRECTION,
    mirrored,
    sky,
    tone_map,
)
from av3d.simulate.surface import Surface, static_surface
from av3d.simulate.tracing import NOTHING, Hits
from av3d.simulate.world import World
from av3d.types import BoolArray, Float32Array, IntArray, Uint8Array

SAMPLES: Float32Array = np.array(
    [[-0.375, -0.125], [0.125, -0.375], [0.375, 0.125], [-0.125, 0.375]], dtype=np.float32
)
"""Extra rays within a pixel where the picture has an edge (a rotated grid)."""

EDGE_CONTRAST = 0.045
"""Neighbouring pixels that differ by more than this are drawn again with more rays."""

CONTACT_M = 0.32
"""Reach of the darkness under and beside a car, where the sky is hidden."""


class CameraPicture:
    """Takes pictures with one camera.

    Args:
        world: what there is to see.
        mount: the camera and its place on the sensor car.
    """

    def __init__(self, world: World, mount: CameraMount) -> None:
        self._world = world
        self._mount = mount
        camera = mount.camera
        v, u = np.mgrid[0 : camera.height_px, 0 : camera.width_px]
        self._pixels = np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float64)
        self._rows: IntArray = np.repeat(np.arange(camera.height_px), camera.width_px)

    # Rays do not depend on time: the undistortion is solved once, when a picture is first taken.
    @cached_property
    def _middle_rays(self) -> Float32Array:
        return self._unit_rays((0.0, 0.0))

    @cached_property
    def _more_rays(self) -> list[Float32Array]:
        return [self._unit_rays(shift_px) for shift_px in SAMPLES]

    def _unit_rays(self, shift_px: npt.ArrayLike) -> Float32Array:
        rays = self._mount.camera.unproject(self._pixels + np.asarray(shift_px))
        # NaN where the lens model reaches no ray; such pixels are painted black.
        unit = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
        return np.asarray(unit, dtype=np.float32)

    def take(self, timestamp_ns: int) -> Uint8Array:
        """The picture whose middle is exposed at a time, RGB (H, W, 3)."""
        exposure = expose(self._world, self._mount, timestamp_ns)
        color, owner = self._sample(exposure, self._middle_rays, self._rows)
        shape = (self._mount.camera.height_px, self._mount.camera.width_px)
        rough = np.flatnonzero(_edges(color.reshape(*shape, 3), owner.reshape(shape)))
        total = color[rough]
        for rays in self._more_rays:
            total = total + self._sample(exposure, rays[rough], self._rows[rough])[0]
        color[rough] = total / (1 + len(SAMPLES))
        return np.asarray(np.round(color.reshape(*shape, 3) * 255), dtype=np.uint8)

    def owners(self, timestamp_ns: int) -> IntArray:
        """Index of the actor at each pixel's centre, NOTHING for all else, (H, W)."""
        exposure = expose(self._world, self._mount, timestamp_ns)
        origins, directions = exposure.rays(np.nan_to_num(self._middle_rays), self._rows)
        owner = exposure.trace(origins, directions, self._rows).owner
        owner[np.isnan(self._middle_rays[:, 2])] = NOTHING
        return owner.reshape(self._mount.camera.height_px, self._mount.camera.width_px)

    def _sample(
        self, exposure: Exposure, rays: Float32Array, rows: IntArray
    ) -> tuple[Float32Array, IntArray]:
        """Display colour (N, 3) and owner (N,) of camera rays (N, 3) of rows of pixels (N,)."""
        origins, directions = exposure.rays(np.nan_to_num(rays), rows)
        hits = exposure.trace(origins, directions, rows)
        radiance = np.empty((len(rays), 3), np.float32)
        met = hits.met
        radiance[~met] = sky(directions[~met])
        some = np.flatnonzero(met)
        radiance[some] = _shade(
            exposure, origins[some], directions[some], hits.take(some), rows[some]
        )
        radiance[np.isnan(rays[:, 2])] = 0.0
        return tone_map(radiance), hits.owner


def _edges(color: Float32Array, owner: IntArray) -> BoolArray:
    """Pixels that differ from a neighbour in colour or owner, flat."""
    edge = np.zeros(owner.shape, dtype=bool)
    for axis in (0, 1):
        step = np.diff(owner, axis=axis) != 0
        for channel in range(3):
            step |= np.abs(np.diff(color[..., channel], axis=axis)) > EDGE_CONTRAST
        low = [slice(None)] * 2
        high = [slice(None)] * 2
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        edge[tuple(low)] |= step
        edge[tuple(high)] |= step
    return edge.ravel()


def _shade(
    exposure: Exposure,
    origins_m: Float32Array,
    directions: Float32Array,
    hits: Hits,
    pixel_rows: IntArray,
) -> Float32Array:
    """Radiance (N, 3) of hits seen along directions from rows of pixels."""
    points = origins_m + directions * hits.distance_m[:, None]
    painted_ns = exposure.times_ns(pixel_rows)
    surface = surfaces(exposure.world.scenario.actors, painted_ns, hits, points)
    normal = hits.normal
    facing = normal @ SUN_DIRECTION
    sunlit = np.where(surface.leaf, np.clip(0.25 + 0.75 * facing, 0, 1), np.clip(facing, 0, 1))
    rows = np.flatnonzero(sunlit > 0)
    # Start a little above the surface, so that it does not shade itself.
    lift = 0.004 + 0.0006 * hits.distance_m[rows]
    lift = np.where(surface.leaf[rows], 0.25, lift)[:, None]
    shade = np.zeros(len(points), dtype=bool)
    shade[rows] = exposure.in_shade(points[rows] + normal[rows] * lift, pixel_rows[rows])
    # Leaves let some light pass to those behind.
    sun = sunlit * np.where(shade, np.where(surface.leaf, 0.4, 0.0), 1.0)
    open_sky = _open_sky(exposure, points, normal, hits, pixel_rows)
    up = (0.5 + 0.5 * normal[:, 2:3]) * open_sky[:, None]
    light = SUN_COLOR * sun[:, None] + AMBIENT_SKY * up + AMBIENT_GROUND * (1 - up) * 0.75
    radiance = surface.albedo * light
    radiance += surface.albedo * surface.emission[:, None]
    rows = np.flatnonzero(surface.gloss > 0)
    if len(rows):
        radiance[rows] += _mirror(directions[rows], normal[rows], surface.gloss[rows],
                                  shade[rows], open_sky[rows])  # fmt: skip
    haze = 1 - np.exp(-(hits.distance_m / HAZE_M))
    return np.asarray(radiance + (HAZE - radiance) * haze[:, None], dtype=np.float32)


def _mirror(
    directions: Float32Array, normal: Float32Array, gloss: Float32Array, shade: BoolArray,
    open_sky: Float32Array,
) -> Float32Array:  # fmt: skip
    """Mirrored light: Fresnel after C. Schlick (1994), and the sun's highlight."""
    cosine = np.clip(-(directions * normal).sum(axis=1), 0, 1)
    mirror = directions + 2 * cosine[:, None] * normal
    strength = gloss + (1 - gloss) * (1 - cosine) ** 5 * 0.45
    spot = np.clip(mirror @ SUN_DIRECTION, 0, 1) ** 260 * 26 * ~shade
    color = mirrored(mirror) * (0.35 + 0.65 * open_sky[:, None]) + spot[:, None] * SUN_COLOR / 3
    return np.asarray(color * strength[:, None], dtype=np.float32)


def _open_sky(
    exposure: Exposure,
    points_m: Float32Array,
    normal: Float32Array,
    hits: Hits,
    pixel_rows: IntArray,
) -> Float32Array:
    """How much of the sky a place sees, 0 to 1: dark under cars and low on their sides."""
    open_sky = np.ones(len(points_m), np.float32)
    ground = np.isin(hits.material, [Material.ROAD, Material.PAVEMENT, Material.KERB])
    rows = np.flatnonzero(ground & (hits.owner == NOTHING) & (hits.distance_m < 70))
    x, y = np.ascontiguousarray(points_m[rows, :2].T)
    factor = np.ones(len(rows), np.float32)
    actors = exposure.world.scenario.actors
    for index in exposure.near:
        actor = actors[index]
        pose = actor.world_SE3_base(exposure.middle_ns)
        reach = float(np.hypot(*actor.size_lwh_m[:2])) / 2 + 3 * CONTACT_M
        x_m, y_m = pose.translation_m[:2].astype(np.float32)
        drift = exposure.drift_m(index, pixel_rows[rows])
        from_x, from_y = x - drift[..., 0] - x_m, y - drift[..., 1] - y_m
        close = np.flatnonzero(np.abs(from_x) < reach)
        close = close[np.abs(from_y[close]) < reach]
        if not len(close):
            continue
        axes = pose.rotation[:2, :2].astype(np.float32)
        offset = np.stack([from_x[close], from_y[close]], axis=-1)
        local = np.abs(offset @ axes) - (actor.size_lwh_m[:2] / 2 - 0.12).astype(np.float32)
        outside = np.linalg.norm(np.maximum(local, 0), axis=1)
        depth = 0.8 if actor.category in ("car", "truck") else 0.45
        factor[close] *= 1 - depth * np.exp(-((outside / CONTACT_M) ** 1.3))
    open_sky[rows] = factor
    for index in np.unique(hits.owner):
        if index != NOTHING:
            rows = np.flatnonzero(hits.owner == index)
            floor = float(actors[index].world_SE3_base(exposure.middle_ns).translation_m[2])
            height = points_m[rows, 2] - exposure.drift_m(index, pixel_rows[rows])[..., 2] - floor
            down = np.clip(0.5 - 0.9 * normal[rows, 2], 0, 1)
            open_sky[rows] = 1 - 0.75 * down * np.exp(-np.maximum(height, 0) / 0.7)
    return open_sky


def surfaces(
    actors: tuple[Actor, ...], timestamp_ns: int | IntArray, hits: Hits, points_m: Float32Array
) -> Surface:
    """Optical values at hits: those of the town, with the paint of cars put over.

    Args:
        actors: of the scenario.
        timestamp_ns: when they were hit, one time or one per hit (N,).
        hits: N hits.
        points_m: where, (N, 3).
    """
    surface = static_surface(hits.material, hits.tint, points_m, hits.uv, hits.distance_m)
    painted = (hits.owner != NOTHING) & (hits.material == int(Material.PAINT))
    for index in np.unique(hits.owner[painted]):
        actor = actors[index]
        if actor.style is None:
            continue
        rows = np.flatnonzero(painted & (hits.owner == index))
        at_ns = timestamp_ns[rows] if isinstance(timestamp_ns, np.ndarray) else timestamp_ns
        base_SE3_world = actor.world_SE3_base(at_ns).inverse()
        points, normals = points_m[rows], hits.normal[rows]
        if base_SE3_world.shape:
            local = base_SE3_world.transform(points[:, None])[:, 0]
            facing = np.einsum("nij,nj->ni", base_SE3_world.rotation, normals)
        else:
            local, facing = base_SE3_world.transform(points), base_SE3_world.rotate(normals)
        _put_paint(surface, rows, actor, local, facing, hits.tint[rows])
    return surface


def _put_paint(
    surface: Surface, rows: IntArray, actor: Actor, points: np.ndarray, normals: np.ndarray,  # type: ignore[type-arg]
    tint: Float32Array,
) -> None:  # fmt: skip
    assert actor.style is not None
    paint = paint_car(actor.style, points, normals, tint.astype(np.float64))
    surface.albedo[rows] = paint.albedo
    surface.gloss[rows] = paint.gloss
    surface.glass[rows] = paint.glass
    surface.retro[rows] = paint.retro
