"""The annotation table of one log, written frame by frame."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from av3d.datasets.argoverse2.classes import CATEGORY, LABEL
from av3d.datasets.argoverse2.labels import POINTS
from av3d.datasets.argoverse2.sensors import transform_values
from av3d.datasets.argoverse2.tables import ANNOTATION_TYPES, TableWriter
from av3d.datasets.class_choice import class_of
from av3d.datasets.dataset import LabelledLog
from av3d.datasets.point_count import PointCount
from av3d.datasets.tally import LabelTally
from av3d.logs.frames import Frame
from av3d.tracks.keyframe import Provenance
from av3d.tracks.state import TrackState
from av3d.types import FloatArray

COUNT_ATTRIBUTE = f"av2.{POINTS}"
"""What was read of the number of points; it stands where the points themselves are not there."""

_HELD = frozenset({LABEL, COUNT_ATTRIBUTE})


class AnnotationWriter:
    """Writes annotations.feather; use it in a `with` block.

    Args:
        item: the log and its tracks.
        path: the file.
        tally: is added to.

    Attributes:
        without_sweep: cuboids whose points could not be counted, so that 0 is written.
        counts_kept: cuboids whose points could not be counted, but the number that was read holds.
    """

    def __init__(self, item: LabelledLog, path: Path, tally: LabelTally) -> None:
        self.without_sweep = 0
        self.counts_kept = 0
        self._item = item
        self._tally = tally
        self._table = TableWriter(path, ANNOTATION_TYPES)

    def __enter__(self) -> Self:
        self._table.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._table.__exit__(*error)  # type: ignore[arg-type]

    def write(self, frame: Frame, points_m: FloatArray | None) -> None:
        """Add the cuboids of a frame.

        Args:
            frame: one of the log.
            points_m: as they stand in its sweep file, ego frame, (N, 3); None without a file.
        """
        ego_SE3_world = self._item.log.world_SE3_ego(frame.timestamp_ns).inverse()
        count = None if points_m is None else PointCount(points_m)
        for track, state in zip(self._item.tracks, self._item.states(frame), strict=True):
            if state is None:
                continue
            label = class_of(track, state, LABEL, "av2", CATEGORY)
            if not label:
                self._tally.add_without_class(track)
                continue
            cuboid = state.cuboid.in_frame(ego_SE3_world)
            points = self._without_points(state) if count is None else count(cuboid)
            self._tally.add(track, state, _HELD)
            self._table.add(
                [
                    frame.timestamp_ns,
                    track.id,
                    label,
                    *cuboid.size_lwh_m.tolist(),
                    *transform_values(cuboid.frame_SE3_cuboid),
                    points,
                ]
            )

    def _without_points(self, state: TrackState) -> int:
        read = state.attributes.get(COUNT_ATTRIBUTE)
        is_as_read = state.provenance == Provenance.IMPORTED
        if is_as_read and isinstance(read, int) and 0 <= read < 2**62:
            self.counts_kept += 1
            return read
        self.without_sweep += 1
        return 0
