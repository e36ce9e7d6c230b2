"""Tracks along made courses, in a log without points, as checks of labels look at them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default
from av3d.qa.subject import Subject
from av3d.tracks.document import Document
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track
from av3d.types import FloatArray

STEP_NS = 100_000_000
CAR_M = (4.5, 1.9, 1.6)


class NoPoints(SweepStream):
    """Sweeps without points."""

    def read(self, index: int) -> Sweep:
        return Sweep("top", int(self.timestamps_ns[index]), np.zeros((0, 3), dtype=np.float32))


def drive(frames: int = 41, *, poses: bool = True, step_ns: int = STEP_NS) -> Log:
    """A log of an ego vehicle that stands, or of one that nobody knows how it goes."""
    times_ns = np.arange(frames) * step_ns
    standing = Trajectory([0, int(times_ns[-1]) + step_ns], SE3.identity((2,)), source="made")
    return Log(
        name="drive", kind="folder", path=Path("drive"),
        rig=Rig("made", {"top": LidarMount(SE3.identity())}, {}),
        trajectory=standing if poses else Trajectory.identity(),
        lidars={"top": NoPoints(times_ns)}, cameras={},
    )  # fmt: skip


def times_s(frames: int = 41) -> FloatArray:
    """Of the frames of a drive, (M,)."""
    return np.arange(frames) / 10.0


def track_along(
    xy_m: npt.ArrayLike,
    yaws_rad: npt.ArrayLike = 0.0,
    sizes_lwh_m: npt.ArrayLike = CAR_M,
    *,
    category: str = "car",
    frames: npt.ArrayLike | None = None,
    step_ns: int = STEP_NS,
    **values: object,
) -> Track:
    """A track with a keyframe at each frame from the first on, or at `frames`.

    Args:
        xy_m: centres, (M, 2).
        yaws_rad: headings, (M,) or one.
        sizes_lwh_m: (M, 3) or one.
    """
    places = np.asarray(xy_m, dtype=np.float64)
    rows = np.arange(len(places)) if frames is None else np.asarray(frames)
    yaws = np.broadcast_to(yaws_rad, len(places))
    sizes = np.broadcast_to(sizes_lwh_m, (len(places), 3))
    keyframes = tuple(
        Keyframe(
            int(row) * step_ns,
            Cuboid.from_yaw([*places[k], 0.8], sizes[k], float(yaws[k])),
            Provenance.IMPORTED,
        )
        for k, row in enumerate(rows)
    )
    return Track("t7", category, keyframes, number=7, **values)  # type: ignore[arg-type]


def ahead(speed_m_s: float, frames: int = 41) -> FloatArray:
    """Places along x at a steady speed, (M, 2)."""
    return np.column_stack([speed_m_s * times_s(frames), np.zeros(frames)])


def subject_of(track: Track, log: Log | None = None, ontology: Ontology | None = None) -> Subject:
    """A track as checks look at it."""
    return Subject(track, log or drive(), ontology or default())


def document_of(track: Track) -> Document:
    """The labels of a log, with this track only."""
    return Document.of([track])
