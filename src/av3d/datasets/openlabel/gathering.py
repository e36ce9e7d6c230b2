"""Going through the frames of an OpenLABEL file: every cuboid, and where it is in the world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from av3d.datasets.openlabel.document import Node
from av3d.datasets.openlabel.systems import LARGEST, SMALLEST, FrameSystems, Systems
from av3d.datasets.openlabel.words import KINDS, PROVENANCE
from av3d.geometry.se3 import FARTHEST_M, SE3
from av3d.logs.log import Log
from av3d.types import FloatArray, Scalar

FRAME_KNOWN = ("frame_properties", "objects", "relations")
DATA_KNOWN = ("cuboid", "vec", *KINDS)


@dataclass
class Cuboids:
    """Columns of N cuboids, filled one by one.

    Attributes:
        frames: number of the frame of each.
        uids: key of the object of each.
        values: the nine or ten numbers of each.
        attributes: what holds at each and not for all of its object.
        places: index into `systems` of each.
        systems: `world_SE3_system` of coordinate systems at frames.
        skipped: what was met and not taken over, by kind.
        further: cuboids beside the first of an object in a frame.
        without_system: how many said no coordinate system in a file that has none.
        unlinked: frames with cuboids in a world that no transform links to the vehicle.
    """

    frames: list[int] = field(default_factory=list)
    uids: list[str] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)
    attributes: list[Mapping[str, Scalar]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    systems: list[SE3] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    further: int = 0
    without_system: int = 0
    unlinked: set[int] = field(default_factory=set)

    def place_of(self, row: int) -> str:
        """Where a cuboid stands, for messages."""
        return f"frame {self.frames[row]}, object {self.uids[row]}"

    def poses(self) -> tuple[SE3, FloatArray]:
        """`world_SE3_cuboid`, batch of N, and sizes length, width, height, (N, 3).

        Nine numbers have angles about x, y and z, applied in the order Z, Y, X: R = Rz Ry Rx.
        """
        if not self.values:
            return SE3.identity((0,)), np.zeros((0, 3))
        euler = np.array([len(value) == 9 for value in self.values])
        table = np.array([value if len(value) == 10 else [*value, 0.0] for value in self.values])
        xyzw, sizes_m = table[:, 3:7].copy(), table[:, 7:10].copy()
        if euler.any():
            angles_rad = table[euler][:, [5, 4, 3]]
            xyzw[euler] = Rotation.from_euler("ZYX", angles_rad).as_quat()
            sizes_m[euler] = table[euler][:, 6:9]
        system_SE3_cuboid = SE3.from_quaternion(np.roll(xyzw, 1, axis=1), table[:, :3])
        world_SE3_system = SE3.stack(self.systems)[np.array(self.places)]
        return world_SE3_system @ system_SE3_cuboid, sizes_m


class Gatherer:
    """Fills `Cuboids` from a file.

    Args:
        log: says where the vehicle was.
        root: of the file.
        objects: of the file, by key.
    """

    def __init__(self, log: Log, root: Node, objects: Mapping[str, Node]) -> None:
        self._log, self._objects = log, objects
        self._systems = Systems(root, log.rig)
        self._static = {
            uid: node.member("object_data")
            for uid, node in objects.items()
            if node.member("object_data").value.get("cuboid")
        }
        self._intervals = {uid: objects[uid].intervals() for uid in self._static}
        self.found = Cuboids()

    def read_frame(self, number: int, time_ns: int, frame: Node) -> None:
        """Take the cuboids of one frame.

        Raises:
            DatasetError: one of them is wrong.
            TrajectoryError: the ego poses do not cover the time.
        """
        found = self.found
        here = _Here(self._systems, self._systems.in_frame(frame), self._log.world_SE3_ego(time_ns))
        found.skipped.update(key for key in frame.value if key not in FRAME_KNOWN)
        in_frame = set()
        for uid, node in frame.members("objects", "object"):
            data = node.member("object_data")
            found.skipped.update(key for key in data.value if key not in DATA_KNOWN)
            if self._take(uid, data, number, here, data.attributes(found.skipped)):
                in_frame.add(uid)
        for uid, data in self._standing(number):
            if uid not in in_frame:
                self._take(uid, data, number, here, {})

    def _standing(self, number: int) -> Iterator[tuple[str, Node]]:
        """Objects that have the same cuboid in all of their frames, if they are in this one."""
        for uid, data in self._static.items():
            intervals = self._intervals[uid]
            if not intervals or any(first <= number <= last for first, last in intervals):
                yield uid, data

    def _take(
        self, uid: str, data: Node, number: int, here: _Here, attributes: dict[str, Scalar]
    ) -> bool:
        """Take the first cuboid of an object's data; False where it has none."""
        cuboids = [node for node in data.items("cuboid") if node.value.get("val", ()) is not None]
        if not cuboids:
            return False
        found, first = self.found, cuboids[0]
        found.further += len(cuboids) - 1
        own = self._objects[uid].text("coordinate_system") if uid in self._objects else ""
        name = first.text("coordinate_system", own) or own
        values = first.numbers("val", 9, 10)
        if max(map(abs, values[:3])) > FARTHEST_M:
            raise first.wrong(f"val has a centre {max(map(abs, values[:3])):.3g} m away")
        if len(values) == 10 and not SMALLEST < max(map(abs, values[3:7])) < LARGEST:
            raise first.wrong("val has a quaternion of zeros, or far from a unit")
        if name not in here.places:
            here.places[name] = len(found.systems)
            found.systems.append(here.world_SE3(name, first))
        if not here.is_linked(name):
            found.unlinked.add(number)
        found.without_system += not name and not self._systems.names
        attributes |= first.member("attributes").attributes(found.skipped)
        attributes.pop(PROVENANCE, None)
        found.frames.append(number)
        found.uids.append(uid)
        found.values.append(values)
        found.attributes.append(attributes)
        found.places.append(here.places[name])
        return True


class _Here:
    """Coordinate systems in the world, at the time of one frame."""

    def __init__(self, systems: Systems, at_frame: FrameSystems, world_SE3_ego: SE3) -> None:
        self._systems, self._at_frame = systems, at_frame
        self._world_SE3_ego = world_SE3_ego
        self.places: dict[str, int] = {}

    def is_linked(self, name: str) -> bool:
        """Whether transforms lead from a system to the vehicle's, or there are no systems at all."""
        return self._at_frame.vehicle_SE3(name) is not None or not self._systems.names

    def world_SE3(self, name: str, node: Node) -> SE3:
        """`world_SE3_name`. DatasetError if nothing says where the system is."""
        vehicle_SE3_name = self._at_frame.vehicle_SE3(name)
        if vehicle_SE3_name is not None:
            return self._world_SE3_ego @ vehicle_SE3_name
        if not self._systems.names:
            return self._world_SE3_ego
        if name and name not in self._systems.names:
            raise node.wrong(f"there is no coordinate system {name!r}")
        if not name or self._systems.is_root(name):
            return SE3.identity()
        raise node.wrong(
            f"no transforms lead from coordinate system {name!r} to the vehicle's",
            "give it a pose_wrt_parent, or the frame a transform",
        )
