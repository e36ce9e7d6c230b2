"""Clouds as nuScenes stores them, and how many points lie in a box as its toolkit counts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pyquaternion import Quaternion

from av3d.datasets.nuscenes.tables import Row
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.types import BoolArray, Float32Array, FloatArray, IntArray

CLEAR_OF_FACES = 1e-9
"""Points nearer to a face than this part of the edge are decided by the toolkit's own arithmetic."""

PAIRS = 200_000
"""About so many pairs of a box and a point are looked at at once."""

_SIGNS = np.array(
    [
        [1.0, 1, 1, 1, -1, -1, -1, -1],
        [1, -1, -1, 1, 1, -1, -1, 1],
        [1, 1, -1, -1, 1, 1, -1, -1],
    ]
)
"""The toolkit's order of corners: all eight, because sums of eight columns round like sums of eight."""


def cloud_of_frame(log: Log, frame_index: int) -> Float32Array:
    """Points of a frame as (N, 5) float32: x, y, z, intensity 0..255, ring.

    In the frame of the reference LiDAR at the frame's time, ego motion removed where points carry
    times. Without times the sweep of a log with one LiDAR is taken bit for bit; the points of several
    are merged.
    """
    if len(log.lidars) == 1:
        sweep = log.compensated_sweep(frame_index)
        points_m: FloatArray | Float32Array = sweep.points_m
    else:
        sweep = log.cloud(frame_index)
        lidar_SE3_ego = log.rig.lidar(log.reference_lidar).ego_SE3_lidar.inverse()
        points_m = lidar_SE3_ego.transform(sweep.points_m)
    out = np.zeros((len(sweep), 5), dtype=np.float32)
    out[:, :3] = points_m
    if sweep.intensity is not None:
        out[:, 3] = np.nan_to_num(sweep.intensity, nan=0.0, posinf=1.0, neginf=0.0) * 255.0
    if "ring" in sweep.extra:
        out[:, 4] = sweep.extra["ring"]
    return out


def write_cloud(path: Path, cloud: Float32Array) -> None:
    """Write (N, 5) float32 as a .pcd.bin file: the values one after the other, little-endian."""
    path.write_bytes(np.ascontiguousarray(cloud, dtype="<f4").tobytes())


class BoxCounter:
    """Counts the points of one cloud inside boxes, equal to the toolkit's `points_in_box`.

    The toolkit takes each box from the global to the ego and on to the sensor frame with
    pyquaternion, and projects all points on three edges of the box. The same is done here, but only
    for the points between the box's outermost x values; where a point lies on a face but for
    rounding, the toolkit's order of operations decides over the whole cloud.

    Args:
        cloud: as it is in the file, in the sensor frame; x, y, z and maybe more, (N, >= 3) float32.
        ego_pose: row of the ego_pose table.
        calibrated_sensor: row of the calibrated_sensor table.
    """

    def __init__(self, cloud: Float32Array, ego_pose: Row, calibrated_sensor: Row) -> None:
        # The toolkit's arrays are columns of a row-major file; sums must run over the same layout.
        self._points = cloud[:, :4].T[:3]
        self._order: IntArray = np.argsort(cloud[:, 0], kind="stable")
        self._sorted: FloatArray = cloud[self._order, :3].astype(np.float64)
        self._poses = [
            (np.array(row["translation"]), Quaternion(row["rotation"]).inverse)
            for row in (ego_pose, calibrated_sensor)
        ]
        self._frames = [_pose(ego_pose), _pose(calibrated_sensor)]

    def counts(
        self, world_SE3_cuboid: SE3, rotations_wxyz: FloatArray, sizes_wlh_m: FloatArray
    ) -> list[int]:
        """Points inside boxes, surfaces included, N.

        Args:
            world_SE3_cuboid: the boxes, batch of N.
            rotations_wxyz: column of the sample_annotation table, (N, 4).
            sizes_wlh_m: the same, (N, 3).
        """
        counts: IntArray = np.zeros(len(sizes_wlh_m), dtype=np.int64)
        if not len(sizes_wlh_m) or not len(self._sorted):
            return [0] * len(counts)
        translations_m, axes = world_SE3_cuboid.translation_m, world_SE3_cuboid.rotation
        centers_m = translations_m
        for frame in self._frames:
            # The origin goes first: the global frame may be that of a whole continent.
            centers_m = (centers_m - frame.translation_m) @ frame.rotation
            axes = frame.rotation.T @ axes
        # The front left top corner and the edges to the back, the right and the bottom.
        edges = -np.swapaxes(axes, 1, 2) * sizes_wlh_m[:, [1, 0, 2], None]
        corners = centers_m - edges.sum(axis=1) / 2
        low = corners[:, 0] + np.minimum(edges[:, :, 0], 0).sum(axis=1)
        high = corners[:, 0] + np.maximum(edges[:, :, 0], 0).sum(axis=1)
        x = self._sorted[:, 0]
        first = np.searchsorted(x, low - 1e-6 * (1 + np.abs(low)))
        last = np.searchsorted(x, high + 1e-6 * (1 + np.abs(high)), side="right")
        on_face = self._count_pairs(counts, corners, edges, first, last)
        for row in np.flatnonzero(on_face).tolist():
            box = translations_m[row], rotations_wxyz[row], sizes_wlh_m[row]
            counts[row] = self._count_as_toolkit(*self._corner_and_edges(*box))
        found: list[int] = counts.tolist()
        return found

    def _count_pairs(
        self,
        counts: IntArray,
        corners: FloatArray,
        edges: FloatArray,
        first: IntArray,
        last: IntArray,
    ) -> BoolArray:
        """Count points in boxes (N,), each among the points from `first` to `last`.

        Returns:
            Boxes with a point on a face but for rounding, of which the count is not to be trusted.
        """
        limits = (edges * edges).sum(axis=2)
        on_face: BoolArray = np.zeros(len(counts), dtype=bool)
        numbers = np.maximum(last - first, 0)
        # Boxes in groups, so that pairs of a box and a point do not fill the memory.
        group = np.cumsum(numbers) // PAIRS
        for one in range(int(group[-1]) + 1):
            rows = np.flatnonzero((group == one) & (numbers > 0))
            if not len(rows):
                continue
            box = np.repeat(rows, numbers[rows])
            starts = np.cumsum(numbers[rows]) - numbers[rows]
            point = np.arange(len(box)) - np.repeat(starts - first[rows], numbers[rows])
            offset = self._sorted[point] - corners[box]
            along = np.einsum("mi,mji->mj", offset, edges[box])
            most = limits[box]
            slack = CLEAR_OF_FACES * most
            near = ((np.abs(along) <= slack) | (np.abs(along - most) <= slack)).any(axis=1)
            on_face[box[near]] = True
            inside = ((along > 0) & (along < most)).all(axis=1)
            counts += np.bincount(box[inside], minlength=len(counts))
        return on_face

    def _corner_and_edges(
        self, center: FloatArray, rotation_wxyz: FloatArray, size_wlh_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """The front left top corner and the edges to the back, the right and the bottom, (3, 3)."""
        orientation = Quaternion(rotation_wxyz)
        for origin, rotation in self._poses:
            center = np.dot(rotation.rotation_matrix, center - origin)
            orientation = rotation * orientation
        width, length, height = size_wlh_m
        corners = np.array([[length / 2], [width / 2], [height / 2]]) * _SIGNS
        corners = np.dot(orientation.rotation_matrix, corners) + center[:, None]
        return corners[:, 0], np.stack([corners[:, i] - corners[:, 0] for i in (4, 1, 3)])

    def _count_as_toolkit(self, corner: FloatArray, edges: FloatArray) -> int:
        offset = self._points - corner.reshape((-1, 1))
        inside = np.ones(offset.shape[1], dtype=bool)
        for edge in edges:
            along = np.dot(edge, offset)
            inside &= (along >= 0) & (along <= np.dot(edge, edge))
        return int(inside.sum())


def _pose(row: Row) -> SE3:
    return SE3.from_quaternion(row["rotation"], row["translation"])
