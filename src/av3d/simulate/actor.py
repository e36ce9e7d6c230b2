"""Things that have a track: their shape, where they are at any time, and their true cuboid."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.simulate.cars import CarStyle
from av3d.simulate.mesh import Mesh
from av3d.simulate.people import standing_bounds
from av3d.simulate.tracing import Caster
from av3d.types import FloatArray, IntArray, Scalar

PoseFunction = Callable[[npt.ArrayLike], SE3]
StepFunction = Callable[[npt.ArrayLike], IntArray]

_NAMESPACE = uuid.UUID("6f9b7f9e-3a53-5b1e-9d7a-0f3f5a7c2b11")


@dataclass(frozen=True, eq=False)
class Actor:
    """One thing with a track.

    Attributes:
        name: unique within the scenario.
        category: key of an av3d category.
        number: people call it by category and number.
        meshes: its shape in its base frame (floor centre, x forward), one per moment of its gait.
        world_SE3_base: its pose at times in nanoseconds (any shape), analytic.
        step_at: index into `meshes` at times; None if there is one mesh.
        style: for cars, what is painted on the shell.
        attributes: of the track.
        still: whether it never moves.
    """

    name: str
    category: str
    number: int
    meshes: tuple[Mesh, ...]
    world_SE3_base: PoseFunction
    step_at: StepFunction | None = None
    style: CarStyle | None = None
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    still: bool = False
    _bounds: tuple[FloatArray, FloatArray] = field(init=False)
    _casters: dict[int, Caster] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bounds", standing_bounds(list(self.meshes)))

    @property
    def track_id(self) -> str:
        """The same ID for the same name, on every machine."""
        return str(uuid.uuid5(_NAMESPACE, self.name))

    @property
    def size_lwh_m(self) -> FloatArray:
        """Length, width and height of the cuboid that just holds every mesh."""
        low, high = self._bounds
        return high - low

    @property
    def base_center_m(self) -> FloatArray:
        """Centre of the cuboid in the base frame, (3,)."""
        low, high = self._bounds
        return (low + high) / 2

    @property
    def radius_m(self) -> float:
        """Nothing of it is further from the centre of its cuboid."""
        return float(np.linalg.norm(self.size_lwh_m) / 2)

    def cuboid_at(self, timestamp_ns: int) -> Cuboid:
        """The true cuboid at a time, in the world frame."""
        base = self.world_SE3_base(timestamp_ns)
        return Cuboid(base @ SE3(np.eye(3), self.base_center_m), self.size_lwh_m)

    def centers_m(self, timestamps_ns: npt.ArrayLike) -> FloatArray:
        """Centres at times (N,), world frame, (N, 3)."""
        base = self.world_SE3_base(timestamps_ns)
        offset = np.einsum("...ij,j->...i", base.rotation, self.base_center_m)
        return np.asarray(base.translation_m + offset)

    def steps(self, timestamps_ns: npt.ArrayLike) -> IntArray:
        """Which mesh holds at times."""
        if self.step_at is None:
            return np.zeros(np.shape(timestamps_ns), dtype=np.int64)
        return self.step_at(timestamps_ns)

    def caster(self, step: int) -> Caster:
        """Rays against one of the meshes, in the base frame; made when first asked for."""
        if step not in self._casters:
            self._casters[step] = Caster([self.meshes[step]], [0])
        return self._casters[step]
