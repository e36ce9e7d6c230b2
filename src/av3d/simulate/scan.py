"""When the beam of the spinning LiDAR passes a thing: the time for which labels of a sweep hold."""

from __future__ import annotations

import numpy as np

from av3d.calibration.rig import LidarMount
from av3d.geometry.cuboid import Cuboid
from av3d.simulate.actor import Actor, PoseFunction
from av3d.simulate.rig import MIDDLE_AZIMUTH_RAD, TURN_NS
from av3d.types import FloatArray, IntArray

SAMPLES = 256
"""Times per turn between which the beam passes a place at most once."""


class Scan:
    """The turning beam, seen from the moving car.

    Args:
        world_SE3_ego: ego pose at times.
        mount: where the LiDAR is on the sensor car.
    """

    def __init__(self, world_SE3_ego: PoseFunction, mount: LidarMount) -> None:
        self._world_SE3_ego = world_SE3_ego
        self._mount = mount

    def passing_ns(self, actor: Actor, middle_ns: int, near_ns: int | None = None) -> int:
        """When the beam points at the centre of an actor's cuboid during one turn.

        Both move meanwhile: it is the time t at which the azimuth of the centre at t is that of the
        beam at t.

        Args:
            actor: what the beam passes.
            middle_ns: time of the middle of the turn.
            near_ns: where the turn begins and ends, a thing may be passed twice or not at all; of
                several times this one's neighbour is taken, default: the first.

        Returns:
            A time within the turn; the begin or end of the turn, whichever is closer to pointing at
            the thing, if the beam never does.
        """
        times = middle_ns + np.linspace(-TURN_NS // 2, TURN_NS // 2, SAMPLES + 1).astype(np.int64)
        ahead = self._ahead_rad(actor, times, middle_ns)
        # Wrapped to half a turn the angle jumps where the beam points away; only sign changes that
        # are not such jumps are passings.
        passing = (np.sign(ahead[:-1]) != np.sign(ahead[1:])) & (np.abs(np.diff(ahead)) < np.pi)
        # Within 0.4 ms both angles are straight lines: this is exact to a microsecond.
        found = [
            int(times[k] + (times[k + 1] - times[k]) * ahead[k] / (ahead[k] - ahead[k + 1]))
            for k in np.flatnonzero(passing)
        ]
        if not found:
            return int(times[0] if abs(ahead[0]) < abs(ahead[-1]) else times[-1])
        wanted = found[0] if near_ns is None else near_ns
        return min(found, key=lambda time: abs(time - wanted))

    def measured_cuboid(self, actor: Actor, middle_ns: int, near_ns: int | None = None) -> Cuboid:
        """The cuboid where the beam passed it in one turn, world frame; see `passing_ns`."""
        return actor.cuboid_at(self.passing_ns(actor, middle_ns, near_ns))

    def _ahead_rad(self, actor: Actor, times_ns: IntArray, middle_ns: int) -> FloatArray:
        """Azimuth of the beam minus that of the actor's centre at times (N,), wrapped to half a turn."""
        lidar_SE3_world = (self._world_SE3_ego(times_ns) @ self._mount.ego_SE3_lidar).inverse()
        centers = lidar_SE3_world.transform(actor.centers_m(times_ns)[:, None])[:, 0]
        beam = MIDDLE_AZIMUTH_RAD - (times_ns - middle_ns) / TURN_NS * 2 * np.pi
        off = beam - np.arctan2(centers[:, 1], centers[:, 0])
        return np.asarray((off + np.pi) % (2 * np.pi) - np.pi)
