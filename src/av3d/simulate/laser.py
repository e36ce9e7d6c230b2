"""What the spinning LiDAR measures in one turn, each shot at its own time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from av3d.calibration.rig import LidarMount
from av3d.geometry.se3 import SE3
from av3d.logs.sweep import Sweep
from av3d.simulate.options import SimulateOptions, SweepStamp
from av3d.simulate.picture import surfaces
from av3d.simulate.rig import LIDAR, MIDDLE_AZIMUTH_RAD, TURN_NS
from av3d.simulate.tracing import Hits, nearer
from av3d.simulate.world import World
from av3d.types import Float32Array, FloatArray, IntArray

MAX_RANGE_M = 100.0
MIN_RANGE_M = 1.6
GLASS_RETURN = 0.12
"""Part of the shots at a pane that come back; the rest goes through."""
WEAKEST = 2.6e-5
"""Returned light, relative to a white wall at 1 m, below which a shot is lost."""


STAMP_NS: Mapping[SweepStamp, int] = {"start": -TURN_NS // 2, "middle": 0, "end": TURN_NS // 2}
"""Stamp of a sweep minus the time of the middle of its turn."""


class Laser:
    """Measures sweeps.

    Args:
        world: what there is to measure.
        mount: where the LiDAR is on the sensor car.
        options: beams, shots per turn, noise, and which moment a sweep is stamped with.
    """

    def __init__(self, world: World, mount: LidarMount, options: SimulateOptions) -> None:
        self._world = world
        self._mount = mount
        self._options = options
        self._stamp_ns = STAMP_NS[options.sweep_stamp]
        shots = options.azimuth_steps
        self._offset_ns: IntArray = np.round(
            ((np.arange(shots) + 0.5) / shots - 0.5) * TURN_NS
        ).astype(np.int64)
        # Clockwise seen from above: the azimuth falls with time.
        azimuth = MIDDLE_AZIMUTH_RAD - self._offset_ns / TURN_NS * 2 * np.pi
        up = beam_elevations_rad(options.beams)
        self._azimuth_rad: FloatArray = azimuth
        self._directions: FloatArray = np.stack(
            [
                np.cos(up) * np.cos(azimuth)[:, None],
                np.cos(up) * np.sin(azimuth)[:, None],
                np.broadcast_to(np.sin(up), (shots, options.beams)),
            ],
            axis=-1,
        )

    def measure(self, middle_ns: int) -> tuple[Sweep, IntArray]:
        """One sweep and, per point, the index of the actor that was hit (tracing.NOTHING for the town).

        Points are in the sensor frame at the time of their shot: neither the motion of the sensor
        car nor that of others is taken out.

        Args:
            middle_ns: time of the middle of the turn.
        """
        times = middle_ns + self._offset_ns
        world_SE3_lidar = self._world.scenario.world_SE3_ego(times) @ self._mount.ego_SE3_lidar
        directions = np.einsum("aij,abj->abi", world_SE3_lidar.rotation, self._directions)
        shape = directions.shape[:2]
        origins = np.broadcast_to(world_SE3_lidar.translation_m[:, None], directions.shape)
        flat_origins = origins.reshape(-1, 3).astype(np.float32)
        flat = directions.reshape(-1, 3).astype(np.float32)
        hits = self._world.static.cast(flat_origins, flat)
        for index in self._world.near(world_SE3_lidar.translation_m[shape[0] // 2], middle_ns):
            if self._world.scenario.actors[index].still:
                continue
            hits = self._against(index, times, world_SE3_lidar, directions, hits)
        return self._sweep(middle_ns, times, flat_origins, flat, hits)

    def _against(
        self,
        index: int,
        times: IntArray,
        world_SE3_lidar: SE3,
        directions: FloatArray,
        hits: Hits,
    ) -> Hits:
        """Hits with one actor taken in, which is where it is at the time of each shot."""
        actor = self._world.scenario.actors[index]
        columns = self._columns(actor.centers_m(times), actor.radius_m, world_SE3_lidar)
        if not len(columns):
            return hits
        beams = directions.shape[1]
        base_SE3_world = actor.world_SE3_base(times[columns]).inverse()
        origin = (base_SE3_world @ world_SE3_lidar[columns]).translation_m
        local = np.einsum("aij,abj->abi", base_SE3_world.rotation, directions[columns])
        steps = actor.steps(times[columns])
        for step in np.unique(steps):
            at = np.flatnonzero(steps == step)
            rows = (columns[at][:, None] * beams + np.arange(beams)).ravel()
            ray = local[at].reshape(-1, 3).astype(np.float32)
            start = np.repeat(origin[at], beams, axis=0).astype(np.float32)
            found = actor.caster(int(step)).cast(start, ray)
            # Normals go back to the world through the pose of their own shot.
            turn = np.repeat(base_SE3_world.rotation[at], beams, axis=0)
            normal = np.einsum("nji,nj->ni", turn, found.normal).astype(np.float32)
            found.owner[found.met] = index
            mine = Hits(found.distance_m, found.material, found.owner, found.tint, normal, found.uv)
            hits.put(rows, nearer(hits.take(rows), mine))
        return hits

    def _columns(self, centers_m: FloatArray, radius_m: float, world_SE3_lidar: SE3) -> IntArray:
        """Shots of the turn that may meet a ball around the centres, (K,)."""
        offset = centers_m - world_SE3_lidar.translation_m
        local = np.einsum("aji,aj->ai", world_SE3_lidar.rotation, offset)
        reach = np.hypot(local[:, 0], local[:, 1])
        half = np.arcsin(np.clip((radius_m + 0.3) / np.maximum(reach, 1e-3), 0, 1))
        half = np.where(reach < radius_m + 0.5, np.pi, half)
        away = np.arctan2(local[:, 1], local[:, 0]) - self._azimuth_rad
        away = np.abs((away + np.pi) % (2 * np.pi) - np.pi)
        return np.flatnonzero(away <= half)

    def _sweep(
        self,
        middle_ns: int,
        times: IntArray,
        origins: Float32Array,
        directions: Float32Array,
        hits: Hits,
    ) -> tuple[Sweep, IntArray]:
        options, scenario = self._options, self._world.scenario
        rng = np.random.default_rng([options.seed, 5, middle_ns % 2**63])
        points = origins + directions * hits.distance_m[:, None].clip(max=1e4)
        cosine = np.abs((hits.normal * directions).sum(axis=1)).clip(0.03, 1)
        rows = np.flatnonzero((hits.distance_m < MAX_RANGE_M) & (hits.distance_m > MIN_RANGE_M))
        shot = rows // options.beams
        seen = hits.take(rows)
        painted_ns = times[shot] if scenario.paint_at_shot else middle_ns
        surface = surfaces(scenario.actors, painted_ns, seen, points[rows])
        # Near infrared sees colours flatter than the eye, and leaves bright.
        reflect = 0.12 + 0.75 * surface.albedo.mean(axis=1)
        reflect = np.where(surface.leaf, 0.45, reflect)
        reflect = np.where(surface.retro, 0.95, reflect * cosine[rows] ** 0.6)
        power = reflect / np.maximum(seen.distance_m, 1) ** 2
        kept = power > WEAKEST * rng.uniform(0.6, 1.6, len(rows))
        kept &= ~surface.glass | (rng.random(len(rows)) < GLASS_RETURN)
        kept &= rng.random(len(rows)) > 0.004
        noise = rng.normal(0.0, 1.0, len(rows)) * options.range_noise_m
        measured = seen.distance_m + noise
        beam = self._directions.reshape(-1, 3)[rows]
        intensity = np.clip(reflect * rng.normal(1.0, 0.04, len(rows)), 0, 1)
        kept_rows = np.flatnonzero(kept)
        order = _by_beam(rows[kept_rows], options.beams, kept_rows)
        sweep = Sweep(
            LIDAR,
            middle_ns + self._stamp_ns,
            (beam[order] * measured[order][:, None]).astype(np.float32),
            intensity[order].astype(np.float32),
            self._offset_ns[shot[order]] - self._stamp_ns,
        )
        return sweep, seen.owner[order]


def beam_elevations_rad(beams: int) -> FloatArray:
    """Angles of the lasers above the horizontal, rising; most look at the street near and far.

    Seven in ten point below -1 degree, closer together towards the horizon, where a car covers
    few degrees; the others reach up to 8 degrees.
    """
    part = np.linspace(-0.7, 0.3, beams)
    below, above = np.clip(-part / 0.7, 0, 1), np.clip(part / 0.3, 0, 1)
    return np.asarray(np.deg2rad(-1.0 - 23.0 * below**1.5 + 9.0 * above**1.25))


def _by_beam(shots: IntArray, beams: int, rows: IntArray) -> IntArray:
    """Rows sorted by beam, then by time: neighbours in the file are neighbours on a surface."""
    return np.asarray(rows[np.lexsort((shots // beams, shots % beams))])
