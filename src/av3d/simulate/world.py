"""The town and what moves in it, ready for sensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from av3d.geometry.se3 import SE3
from av3d.simulate.actor import Actor, PoseFunction
from av3d.simulate.buildings import block_houses
from av3d.simulate.mesh import Mesh
from av3d.simulate.street import furniture, pavement, roads
from av3d.simulate.tracing import NOTHING, Caster

SIGHT_M = 110.0
"""Actors further away are not drawn and not measured."""

BLOCKS = range(-2, 2)


@dataclass(frozen=True, eq=False)
class Scenario:
    """Who is there and how everybody moves; all poses are analytic functions of time.

    Attributes:
        start_ns: time of the first sweep.
        world_SE3_ego: pose of the ego frame (floor centre of the car) at times in nanoseconds.
        ego_mesh: shape of the car that carries the sensors, for its shadow.
        actors: everything that has a track.
        paint_at_shot: whether the LiDAR sees the paint of a moving car where it is at the time of
            the shot, or at the middle of the turn (as in the sample log, whose files stay as they
            are).
    """

    start_ns: int
    world_SE3_ego: PoseFunction
    ego_mesh: Mesh
    actors: tuple[Actor, ...]
    paint_at_shot: bool = True


class World:
    """A scenario in its town.

    Args:
        scenario: who moves.
        seed: decides on houses, trees and colours.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.seed = seed

    @cached_property
    def static(self) -> Caster:
        """The town and the actors that never move, in the world frame; owners are their indices."""
        meshes = roads()
        for block_x in BLOCKS:
            for block_y in BLOCKS:
                # One generator per block, so that a change in one does not reshuffle the town.
                rng = np.random.default_rng([self.seed, 77, block_x + 10, block_y + 10])
                meshes += pavement(block_x, block_y)
                meshes += block_houses(block_x, block_y, rng)
                meshes += furniture(block_x, block_y, rng)
        owners = [NOTHING] * len(meshes)
        for index, actor in enumerate(self.scenario.actors):
            if actor.still:
                pose = actor.world_SE3_base(self.scenario.start_ns)
                meshes.append(actor.meshes[0].moved(pose))
                owners.append(index)
        return Caster(meshes, owners)

    def near(self, place_m: npt.ArrayLike, timestamp_ns: int) -> list[int]:
        """Indices of the actors within sight of a place."""
        place = np.asarray(place_m, dtype=np.float64)
        return [
            index
            for index, actor in enumerate(self.scenario.actors)
            if np.linalg.norm(actor.centers_m(timestamp_ns) - place) < SIGHT_M
        ]

    def moving(self, timestamp_ns: int, indices: Sequence[int]) -> Caster | None:
        """Those of the actors that move, at one time, in the world frame; owners are indices."""
        actors = self.scenario.actors
        indices = [index for index in indices if not actors[index].still]
        if not indices:
            return None
        meshes = []
        for index in indices:
            actor = actors[index]
            step = int(actor.steps(timestamp_ns))
            meshes.append(actor.meshes[step].moved(actor.world_SE3_base(timestamp_ns)))
        return Caster(meshes, indices)

    @cached_property
    def ego_caster(self) -> Caster:
        """The sensor car's own shape in the ego frame."""
        return Caster([self.scenario.ego_mesh], [NOTHING])

    def ego_body(self, timestamp_ns: int) -> tuple[Mesh, SE3]:
        """The sensor car's own shape and pose at one time."""
        pose = self.scenario.world_SE3_ego(timestamp_ns)
        return self.scenario.ego_mesh.moved(pose), pose
