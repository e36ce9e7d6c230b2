"""How well a mount lines a camera's images up with the sweeps, and who seems to be wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from av3d.calibration.rig import CameraMount
from av3d.doctor.alignment import CameraEdges, EdgeField, project_edges
from av3d.doctor.climbing import climb
from av3d.doctor.hypotheses import Mistake
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray, IntArray

WIDTH_PX = 640
COARSE_PX, SHARP_PX = 4.0, 1.5
"""How far image edges are smeared for gross and for fine mistakes: about .5 and .2 degrees."""
EDGES = 15_000
"""Edges per camera, all around the vehicle; more only take time."""
FEW = 60
"""So many edges without any strength are added to those seen, lest a handful decides."""
FEWEST = 40
"""Fewer edges in the images decide nothing."""
SECTORS = 72
"""Edges in the same part of the view are not independent; parts by azimuth."""

GROSS_GAIN, GROSS_SIGMAS, GROSS_SCORE = 1.8, 3.5, 0.025
"""A gross mistake is named if undoing it gives this much times the score, by this many standard
errors, and at least this score."""
ASIDE_RAD = np.radians(2.5)
"""Turned by this much, a calibration that fits does so no more."""
NEARBY_RAD = np.radians(0.8)
"""An ordinary calibration may be off by this much; it does not count as a mistake."""


@dataclass(frozen=True)
class Suspicion:
    """A mistake that somebody seems to have made.

    Attributes:
        sensor: the camera, or the LiDAR, that it concerns.
        mistake: its kind.
        detail: which of several of the kind, in words; may be "".
        given_score, proposed_score: how much stronger image edges are at the sweeps' edges than
            around them, by the given calibration and the proposed one; 0 without images.
        sigmas: how many standard errors the gain is; 0 without images.
        mount: the corrected mount of a camera, None for a LiDAR.
        ego_SE3_lidar: the corrected mount of a LiDAR, None for a camera.
        oddities: what is odd about the given mount in itself.
    """

    sensor: str
    mistake: Mistake
    detail: str
    given_score: float
    proposed_score: float
    sigmas: float
    mount: CameraMount | None = None
    ego_SE3_lidar: SE3 | None = None
    oddities: tuple[str, ...] = ()

    @property
    def from_images(self) -> bool:
        """Whether images say so, not only the mount itself."""
        return self.sigmas > 0

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.sensor}: {self.mistake.value}{detail}"


@dataclass(frozen=True, eq=False)
class Score:
    """A score and what each group of edges adds to it, (G,)."""

    value: float
    groups: FloatArray
    seen: int

    def sigmas_over(self, other: Score) -> float:
        """By how many standard errors it is better, from the scatter of the gain over groups."""
        gain = self.groups - other.groups
        gain = gain[gain != 0]
        if len(gain) < 3:
            return 0.0
        spread = float(np.sqrt((gain**2).sum() - gain.sum() ** 2 / len(gain)))
        return float(gain.sum()) / max(spread, 1e-9)


class Scorer:
    """Scores mounts of one camera."""

    def __init__(self, edges: CameraEdges, given: CameraMount) -> None:
        self.given = given
        self.edges = edges.of(np.arange(0, len(edges), max(1, len(edges) // EDGES)))
        # Neighbouring frames see the same things.
        views = self.edges.view // (2 if len(edges.times_ns) > 5 else 1)
        ego_m, across = self.edges.ego_m()
        sector = np.floor((np.arctan2(ego_m[:, 1], ego_m[:, 0]) / (2 * np.pi) + 0.5) * SECTORS)
        self._group: IntArray = (views * (SECTORS + 1) + sector).astype(np.int64)
        self._ego = {0: (ego_m, across)}
        self._opened_ns = edges.log.rig.camera(edges.camera).clock_offset_ns
        self._fields: dict[float, EdgeField] = {}

    def thinned(self, edges: int) -> Scorer:
        """The same with at most about so many edges."""
        return Scorer(
            self.edges.of(np.arange(0, len(self.edges), -(-len(self.edges) // edges))), self.given
        )

    def score(
        self,
        mount: CameraMount,
        blur_px: float = COARSE_PX,
        lidar: int | None = None,
        ego_SE3_ego: SE3 | None = None,
    ) -> Score:
        """The score of a mount.

        Args:
            mount: the mount.
            blur_px: how far image edges are smeared.
            lidar: only the edges that this LiDAR saw; None: all.
            ego_SE3_ego: moves the edges first.
        """
        if blur_px not in self._fields:
            self._fields[blur_px] = EdgeField(self.edges.images, blur_px)
        offset_ns = mount.clock_offset_ns - self._opened_ns
        if offset_ns not in self._ego:
            self._ego[offset_ns] = self.edges.ego_m(offset_ns)
        ego_m, across = self._ego[offset_ns]
        if ego_SE3_ego is not None:
            ego_m, across = ego_SE3_ego.transform(ego_m), ego_SE3_ego.rotate(across)
        height, width = self.edges.images.shape[1:]
        camera = mount.camera.scaled(width, height)
        pixels, direction = project_edges(camera, mount.ego_SE3_camera, ego_m, across)
        rows = np.flatnonzero(np.isfinite(pixels).all(axis=1) & np.isfinite(direction).all(axis=1))
        rows = rows[camera.contains(pixels[rows])]
        if lidar is not None:
            rows = rows[self.edges.lidar[rows] == lidar]
        strength = self._fields[blur_px].at(
            self.edges.view[rows], pixels[rows], direction[rows]
        ) / (len(rows) + FEW)
        size = int(self._group.max(initial=0)) + 1
        groups = np.bincount(self._group[rows], weights=strength, minlength=size)
        return Score(float(strength.sum()), groups.astype(np.float64), len(rows))

    def peak(
        self, mount: CameraMount, lidar: int | None = None, ego_SE3_ego: SE3 | None = None
    ) -> Score:
        """The score less the mean of those of the mount turned aside: what fits has a peak."""
        score = self.score(mount, COARSE_PX, lidar, ego_SE3_ego)
        others = []
        for angle in np.arange(8) * np.pi / 4:
            vector = ASIDE_RAD * np.array([np.cos(angle), np.sin(angle), 0.0])
            others.append(self.score(turned(mount, vector), COARSE_PX, lidar, ego_SE3_ego))
        groups = np.asarray(score.groups - np.mean([other.groups for other in others], axis=0))
        return Score(float(groups.sum()), groups, score.seen)

    def nearby(self, mount: CameraMount) -> Score:
        """The best sharp score of the mount and those turned a little."""

        def height(vector: FloatArray) -> float:
            if np.linalg.norm(vector) > 1:
                return 0.0
            return self.score(turned(mount, NEARBY_RAD * vector), SHARP_PX).value

        best = climb(height, np.zeros(3), 0.4, evaluations=50)
        return self.score(turned(mount, NEARBY_RAD * best), SHARP_PX)


def turned(mount: CameraMount, vector_rad: FloatArray) -> CameraMount:
    """The mount turned in its place about its own axes."""
    turn = SE3(Rotation.from_rotvec(vector_rad).as_matrix(), np.zeros(3))
    return replace(mount, ego_SE3_camera=mount.ego_SE3_camera @ turn)
