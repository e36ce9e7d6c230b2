"""The tilts of the cuboids of an export, which the text of KITTI drops and the sidecar keeps."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from av3d.datasets.kitti.labelling import Labelled
from av3d.datasets.kitti.losses import TILT_FROM_RAD

UPRIGHT_RAD = 1e-6
"""Tilt in the world frame up to which the sidecar need not keep it: 5 micrometres on a car."""

_OFF_WORLD, _OFF_CAMERA = 1, 2


class Tilts:
    """Collects the tilts that a sidecar must keep, 33 bytes each."""

    def __init__(self) -> None:
        self._keys = array("q")
        self._tilts_rad = array("d")
        self._off = array("b")

    def add(self, frame: int, number: int, one: Labelled) -> None:
        """Keep the tilt of a cuboid, by frame number and track id or line number."""
        off = 0
        if max(abs(one.roll_rad), abs(one.pitch_rad)) > UPRIGHT_RAD:
            off |= _OFF_WORLD
        if one.tilt_rad > TILT_FROM_RAD / 10:
            off |= _OFF_CAMERA
        if off:
            self._keys.extend((frame, number))
            self._tilts_rad.extend((one.roll_rad, one.pitch_rad))
            self._off.append(off)

    @property
    def upright_in_world(self) -> bool:
        """Whether boxes stand upright in the world, or else in the camera: what has fewer exceptions."""
        return self._count(_OFF_WORLD) < self._count(_OFF_CAMERA)

    def exceptions(self) -> Iterator[tuple[tuple[int, int], tuple[float, float]]]:
        """Frame and number, roll and pitch in the world frame, of boxes that do not stand so."""
        wanted = _OFF_WORLD if self.upright_in_world else _OFF_CAMERA
        for row, off in enumerate(self._off):
            if off & wanted:
                frame, number = self._keys[2 * row : 2 * row + 2]
                roll, pitch = self._tilts_rad[2 * row : 2 * row + 2]
                yield (frame, number), (roll, pitch)

    def _count(self, wanted: int) -> int:
        return sum(1 for off in self._off if off & wanted)
