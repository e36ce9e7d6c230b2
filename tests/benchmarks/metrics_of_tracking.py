"""How well tracks agree with true ones, at 3D distances or overlaps: see `av3d.qa.agreement.tracking`.

`linking.py --check` compares the numbers with TrackEval's on the same similarities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from av3d.qa.agreement.pairs import Pairs
from av3d.qa.agreement.side import Side
from av3d.qa.agreement.tracking import Rows, Tracking, tracking


@dataclass(frozen=True)
class Boxes:
    """Cuboids of one frame: identities (N,), and rows x, y, z, length, width, height, yaw (N, 7)."""

    ids: np.ndarray
    values: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Boxes:
        return Boxes(self.ids[rows], self.values[rows])


NONE = Boxes(np.empty(0, dtype=np.int64), np.empty((0, 7)))
Similarity = Callable[[np.ndarray, np.ndarray], np.ndarray]


def by_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """1 where centres are the same, .5 where they are 2 m apart, 0 from 4 m on."""
    apart = np.linalg.norm(first[:, None, :3] - second[None, :, :3], axis=2)
    return np.maximum(0.0, 1.0 - apart / 4.0)


def by_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of the volumes of upright cuboids."""
    found = np.zeros((len(first), len(second)))
    near = np.linalg.norm(first[:, None, :2] - second[None, :, :2], axis=2)
    reach = np.hypot(first[:, 3], first[:, 4])[:, None] + np.hypot(second[:, 3], second[:, 4])
    rows, columns = np.nonzero(near < reach / 2)
    if not len(rows):
        return found
    floor_1, floor_2 = _floors(first), _floors(second)
    shared = shapely.area(shapely.intersection(floor_1[rows], floor_2[columns]))
    top = np.minimum(
        (first[:, 2] + first[:, 5] / 2)[rows], (second[:, 2] + second[:, 5] / 2)[columns]
    )
    bottom = np.maximum(
        (first[:, 2] - first[:, 5] / 2)[rows], (second[:, 2] - second[:, 5] / 2)[columns]
    )
    both = shared * np.maximum(0.0, top - bottom)
    volumes = first[rows, 3:6].prod(axis=1) + second[columns, 3:6].prod(axis=1)
    found[rows, columns] = both / (volumes - both)
    return found


def _floors(boxes: np.ndarray) -> np.ndarray:
    corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) / 2
    local = corners[None] * boxes[:, None, 3:5]
    cos, sin = np.cos(boxes[:, 6])[:, None], np.sin(boxes[:, 6])[:, None]
    x = boxes[:, 0, None] + local[..., 0] * cos - local[..., 1] * sin
    y = boxes[:, 1, None] + local[..., 0] * sin + local[..., 1] * cos
    return shapely.polygons(np.stack([x, y], axis=-1))


def score(
    true: Sequence[Boxes], found: Sequence[Boxes], similarity: Similarity, threshold: float
) -> Tracking:
    """Compare the frames of one log.

    Args:
        true: of each frame.
        found: of each frame.
        similarity: of two sets of boxes.
        threshold: from which on two are the same for CLEAR MOT and IDF1.
    """
    a, b = (_side(frames) for frames in (found, true))
    a_rows, b_rows, alike = [], [], []
    for frame, (theirs, ours) in enumerate(zip(true, found, strict=True)):
        values = similarity(theirs.values, ours.values)
        rows, columns = np.nonzero(values)
        b_rows.append(rows + b.starts[frame])
        a_rows.append(columns + a.starts[frame])
        alike.append(values[rows, columns])
    pairs = Pairs(a, b, np.concatenate(a_rows), np.concatenate(b_rows))
    every = Rows(np.arange(len(a)), np.arange(len(b)))
    return tracking(pairs, np.concatenate(alike), threshold, every)


def _side(frames: Sequence[Boxes]) -> Side:
    """Boxes as `av3d compare` has them; only who is where in which frame is asked of it."""
    ids = np.concatenate([boxes.ids for boxes in frames]).astype(np.int64)
    counts = [len(boxes.ids) for boxes in frames]
    values = np.concatenate([boxes.values for boxes in frames])
    nothing = np.zeros(len(ids))
    return Side(
        "", (), np.arange(len(frames)), np.repeat(np.arange(len(frames)), counts), ids,
        values[:, :3], np.zeros((len(ids), 3, 3)), values[:, 3:6], nothing, nothing, (),
    )  # fmt: skip
