"""Clouds as nuScenes stores them, and how many points lie in a box as its toolkit counts them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pyquaternion import Quaternion

from av3d.datasets.nuscenes.tables import Row
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.types import Float32Array, FloatArray, IntArray

CLEAR_OF_FACES = 1e-9
"""Points nearer to a face than this part of the edge are decided by the toolkit's own arithmetic."""

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
        self, annotations: Sequence[Row], world_SE3_cuboid: SE3, sizes_lwh_m: FloatArray
    ) -> list[int]:
        """Points inside the boxes of rows of the sample_annotation table, surfaces included.

        Args:
            annotations: the rows, N.
            world_SE3_cuboid: the same boxes, batch of N.
            sizes_lwh_m: their sizes, (N, 3).
        """
        if not annotations:
            return []
        centers_m, axes = world_SE3_cuboid.translation_m, world_SE3_cuboid.rotation
        for frame in self._frames:
            # The origin goes first: the global frame may be that of a whole continent.
            centers_m = (centers_m - frame.translation_m) @ frame.rotation
            axes = frame.rotation.T @ axes
        # The front left top corner and the edges to the back, the right and the bottom.
        edges = -np.swapaxes(axes, 1, 2) * sizes_lwh_m[:, :, None]
        corners = centers_m - edges.sum(axis=1) / 2
        low = corners[:, 0] + np.minimum(edges[:, :, 0], 0).sum(axis=1)
        high = corners[:, 0] + np.maximum(edges[:, :, 0], 0).sum(axis=1)
        x = self._sorted[:, 0]
        first = np.searchsorted(x, low - 1e-6 * (1 + np.abs(low))).tolist()
        last = np.searchsorted(x, high + 1e-6 * (1 + np.abs(high)), side="right").tolist()
        return [
            self._count(annotations[row], first[row], last[row], corners[row], edges[row])
            if first[row] < last[row]
            else 0
            for row in range(len(annotations))
        ]

    def _count(
        self, annotation: Row, first: int, last: int, corner: FloatArray, edges: FloatArray
    ) -> int:
        limits = (edges * edges).sum(axis=1)
        along = (self._sorted[first:last] - corner) @ edges.T
        slack = CLEAR_OF_FACES * limits
        if ((np.abs(along) <= slack) | (np.abs(along - limits) <= slack)).any():
            return self._count_as_toolkit(*self._corner_and_edges(annotation))
        return int(((along > 0) & (along < limits)).all(axis=1).sum())

    def _corner_and_edges(self, annotation: Row) -> tuple[FloatArray, FloatArray]:
        """The front left top corner and the edges to the back, the right and the bottom, (3, 3)."""
        center = np.array(annotation["translation"])
        orientation = Quaternion(annotation["rotation"])
        for origin, rotation in self._poses:
            center = np.dot(rotation.rotation_matrix, center - origin)
            orientation = rotation * orientation
        width, length, height = annotation["size"]
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
