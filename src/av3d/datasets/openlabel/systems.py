"""The coordinate systems of an OpenLABEL file: how to get from any of them into the vehicle's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.spatial.transform import Rotation

from av3d.calibration.rig import Rig
from av3d.datasets.dataset import DatasetError
from av3d.datasets.openlabel.document import Node
from av3d.datasets.openlabel.words import LOCAL_SYSTEM
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3

VEHICLE_NAMES = ("vehicle", "ego", "base")
"""In names of the vehicle's system, where no type tells which it is."""

SMALLEST, LARGEST = 1e-5, 1e5
"""The largest number of a quaternion is between them; it need not be a unit one."""

Edges = Mapping[tuple[str, str], SE3]
"""`a_SE3_b` by (a, b)."""


class Systems:
    """The tree of coordinate systems.

    Args:
        root: of the file.
        rig: of the log; says where sensors sit that the file says nothing about.

    Attributes:
        vehicle: name of the vehicle's system; "" if the file has none.
    """

    def __init__(self, root: Node, rig: Rig) -> None:
        edges: dict[tuple[str, str], SE3] = {}
        parents: dict[str, str] = {}
        kinds: dict[str, str] = {}
        for name, node in root.members("coordinate_systems", "coordinate system"):
            kinds[name], parents[name] = node.text("type"), node.text("parent")
            if "pose_wrt_parent" in node.value and parents[name]:
                edges[parents[name], name] = read_pose(node.member("pose_wrt_parent"))
        self.vehicle = _vehicle(kinds, parents)
        mounts = {name: mount.ego_SE3_lidar for name, mount in rig.lidars.items()}
        mounts |= {name: mount.ego_SE3_camera for name, mount in rig.cameras.items()}
        for name in kinds if self.vehicle else ():
            if name in mounts and not any(name in pair for pair in edges):
                edges[self.vehicle, name] = mounts[name]
        self._edges: Edges = edges
        self._kinds, self._parents = kinds, parents

    @property
    def names(self) -> tuple[str, ...]:
        """All coordinate systems that the file lists."""
        return tuple(self._kinds)

    def is_root(self, name: str) -> bool:
        """Whether a system has no parent."""
        return not self._parents.get(name)

    def in_frame(self, frame: Node) -> FrameSystems:
        """The systems as they are in a frame, whose own transforms go first."""
        edges = dict(self._edges)
        properties = frame.member("frame_properties")
        for name, node in properties.members("transforms", "transform"):
            source, target = node.text("src"), node.text("dst")
            if not source or not target:
                raise node.wrong(f"{name!r} has no src or no dst")
            edges.pop((source, target), None)
            edges[target, source] = read_pose(node.member("transform_src_to_dst"))
        return FrameSystems(self, edges)


class FrameSystems:
    """The coordinate systems at the time of one frame."""

    def __init__(self, systems: Systems, edges: Edges) -> None:
        self._vehicle = systems.vehicle
        self._neighbours: dict[str, list[tuple[str, SE3]]] = {}
        for (one, other), pose in edges.items():
            self._neighbours.setdefault(one, []).append((other, pose))
            self._neighbours.setdefault(other, []).append((one, pose.inverse()))
        self._found: dict[str, SE3] | None = None

    def vehicle_SE3(self, name: str) -> SE3 | None:
        """`vehicle_SE3_name`; None where no transforms lead there."""
        if self._found is None:
            self._found = self._from_vehicle()
        return self._found.get(name)

    def _from_vehicle(self) -> dict[str, SE3]:
        if not self._vehicle:
            return {}
        found = {self._vehicle: SE3.identity()}
        queue = [self._vehicle]
        for name in queue:
            for other, name_SE3_other in self._neighbours.get(name, ()):
                if other not in found:
                    found[other] = found[name] @ name_SE3_other
                    queue.append(other)
        return found


def read_pose(node: Node) -> SE3:
    """A pose as 4x4 matrix, quaternion x, y, z, w, or Euler angles; it takes the child's points.

    Raises:
        DatasetError: it is none.
    """
    value = node.value
    try:
        if "matrix4x4" in value:
            return SE3.from_matrix(np.reshape(node.numbers("matrix4x4", 16), (4, 4)))
        translation_m = node.numbers("translation", 3)
        if "quaternion" in value:
            quaternion_xyzw = node.numbers("quaternion", 4)
            if not SMALLEST < max(map(abs, quaternion_xyzw)) < LARGEST:
                raise node.wrong("the quaternion is zero, or far from a unit")
            return SE3.from_quaternion(np.roll(quaternion_xyzw, 1), translation_m)
        angles_rad = node.numbers("euler_angles", 3)
        sequence = node.text("sequence", "ZYX").upper()
        # The first angle turns about the first axis of the sequence, which is applied last.
        rotation = Rotation.from_euler(sequence, angles_rad).as_matrix()
        return SE3(rotation, np.array(translation_m))
    except DatasetError:
        raise  # it says where already
    except Av3dError as error:
        raise node.wrong(error.what) from error
    except ValueError as error:
        raise node.wrong(f"is no pose: {error}") from error


def _vehicle(kinds: Mapping[str, str], parents: Mapping[str, str]) -> str:
    """The vehicle's system: the local one; of several, one that is called so, then one with a parent."""
    local = [name for name, kind in kinds.items() if kind in (LOCAL_SYSTEM, "local")]
    called = [name for name in kinds if any(word in name.lower() for word in VEHICLE_NAMES)]
    for names in ([name for name in local if name in called], local, called):
        if names:
            return next((name for name in names if parents[name]), names[0])
    return ""
