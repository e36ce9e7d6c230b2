"""A camera's place, and its clock, from the log's own data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from av3d.calibration.rig import CameraMount
from av3d.doctor.alignment import (
    AlignmentError,
    CameraEdges,
    EdgeField,
    LogEdges,
    given_mount,
    project_edges,
)
from av3d.doctor.climbing import climb
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.types import FloatArray, IntArray

LEVELS = ((8.0, 5_000, (4.0, 1.5)), (3.0, 8_000, (1.5, 0.6)), (1.0, 20_000, (0.5, 0.2)))
"""Coarse to fine: how far image edges are smeared, in pixels at the working width; how many edges of
the sweeps are used; and how large the simplexes are, in STEPS."""

EVALUATIONS = 160
"""How often a simplex may ask for the score."""

BIAS_PX, BIAS_M = 0.3, 0.005
"""What an outline seen from the LiDAR and from the camera may differ by, on the average over all
edges, along each axis; the scatter between places does not show it. It is added to the stated
uncertainty. On the simulated log, whose calibration is exact, errors are up to this large."""

STEPS: FloatArray = np.array([0.002, 0.002, 0.004, 0.03, 0.03, 0.04, 0.005])
"""A step of each number that moves edges about as far: rotations in radians, places in metres, time
in seconds."""

FARTHEST: FloatArray = np.array([0.06, 0.06, 0.08, 0.4, 0.4, 0.5, 0.06])
"""How far from the given mount each number is sought, units as in STEPS."""

AT_END = 0.95
"""A search that goes this part of the way to the end of its range has run into it."""

FEWEST_EDGES = 300
"""With fewer edges in the images nothing is refined."""

PLACE_M = 3.0
"""Edges in the same square of this size of the world belong to one thing, in all frames that see it:
their errors are not independent, least of all while the vehicle stands."""

SLOWEST_M_S = 0.5
"""A vehicle slower than this does not show what its cameras' clocks are."""


@dataclass(frozen=True, eq=False)
class Refined:
    """Where the data say that a camera is: a proposal.

    Attributes:
        camera: its name.
        mount: the given mount with the new `ego_SE3_camera` and `clock_offset_ns`.
        given: the mount it started from.
        covariance: of rotation (rad), translation (m) about and along the camera's x, y, z, and time
            (s), (7, 7). Rows and columns of what was not refined are 0.
        has_time: whether the clock was refined.
        score_before, score_after: mean strength of image edges at the sweeps' edges.
        frames: how many images were used.
        edges: how many edges were in them.
        at_end: whether the search ran to the end of its range, so that the maximum may lie beyond.
    """

    camera: str
    mount: CameraMount
    given: CameraMount
    covariance: FloatArray
    has_time: bool
    score_before: float
    score_after: float
    frames: int
    edges: int

    at_end: bool = False

    @property
    def sigmas(self) -> FloatArray:
        """Standard deviations, (7,), in the order and units of `covariance`."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def rotation_sigma_rad(self) -> float:
        """Root of the mean square of the error of the rotation that is to be expected."""
        return float(np.sqrt(np.trace(self.covariance[:3, :3])))

    @property
    def translation_sigma_m(self) -> float:
        """Root of the mean square of the error of the place that is to be expected."""
        return float(np.sqrt(np.trace(self.covariance[3:6, 3:6])))

    @property
    def time_sigma_ns(self) -> float:
        """Standard deviation of the clock offset; 0 if it was not refined."""
        return 1e9 * float(self.sigmas[6])

    @property
    def rotation_change_rad(self) -> float:
        """Angle between the given and the new mount."""
        return float(self.given.ego_SE3_camera.angle_to_rad(self.mount.ego_SE3_camera))

    @property
    def translation_change_m(self) -> float:
        """Distance between the given and the new mount."""
        moved = self.mount.ego_SE3_camera.translation_m - self.given.ego_SE3_camera.translation_m
        return float(np.linalg.norm(moved))


def refine(
    log: Log,
    camera: str,
    frames: Sequence[int] | None = None,
    *,
    start: CameraMount | None = None,
    with_time: bool = False,
    edges: LogEdges | None = None,
) -> Refined:
    """Move a camera until the edges of sweeps lie on those of its images.

    The score is the mean strength of image edges at the places where the sweeps' edges are seen. It
    is climbed on ever sharper images from the given mount. The uncertainty is that of the place of
    the maximum, from how much the things in view disagree about it (Huber's sandwich: the curvature
    of the score, and the scatter of its slope between the places where edges are).

    Args:
        log: the log.
        camera: its name.
        frames: frames to use; None: up to 40 from all over the log.
        start: where to begin; None: the mount by which the log is drawn.
        with_time: also seek the clock offset. While the vehicle drives straight and evenly an offset
            looks like a shift of the camera, and both become uncertain.
        edges: what was read of the log before, of the same frames.

    Raises:
        AlignmentError: no images, or too few edges in them; or the clock of a vehicle that stands.
    """
    if edges is None:
        if frames is None:
            count = min(len(log.frames), 40)
            frames = np.unique(np.linspace(0, len(log.frames) - 1, count).astype(int)).tolist()
        edges = LogEdges(log, frames)
    found = edges.of(camera)
    given = start if start is not None else given_mount(log, camera)
    search = _Search(found, given)
    free = np.arange(7 if with_time else 6)
    if with_time and _speed_m_s(found) < SLOWEST_M_S:
        raise AlignmentError(
            f"the vehicle hardly moves, so the clock of camera {camera} does not show",
            log.name,
            "use frames in which it drives, or refine the mount only",
        )
    at: FloatArray = np.zeros(7)
    for blur_px, most_edges, reaches in LEVELS:
        search.look(blur_px, most_edges)
        for reach in reaches:
            at = search.climb(at, free, reach)
    before = search.score(np.zeros(7))
    after = search.score(at)
    covariance = np.zeros((7, 7))
    covariance[np.ix_(free, free)] = search.covariance(at, free)
    covariance += np.diag(search.bias(with_time)) ** 2
    return Refined(
        camera,
        search.mount(at),
        given,
        covariance,
        with_time,
        before,
        after,
        len(found.times_ns),
        len(search.edges),
        bool((np.abs(at[free]) > AT_END * FARTHEST[free]).any()),
    )


def _speed_m_s(edges: CameraEdges) -> float:
    """Middle speed of the vehicle at the times of the images."""
    half_ns = 20_000_000
    poses = [edges.log.trajectory.at_nearest(edges.times_ns + sign * half_ns) for sign in (-1, 1)]
    moved = np.linalg.norm(poses[1].translation_m - poses[0].translation_m, axis=1)
    return float(np.median(moved)) / (2e-9 * half_ns)


class _Search:
    """The score of a camera as a function of 7 numbers, see STEPS."""

    def __init__(self, edges: CameraEdges, given: CameraMount) -> None:
        height, width = edges.images.shape[1:]
        self._given = given
        self._camera = given.camera.scaled(width, height)
        # What is near the image now may come to be on it.
        ego_m, across = edges.ego_m(
            given.clock_offset_ns - edges.log.rig.camera(edges.camera).clock_offset_ns
        )
        pixels, direction = project_edges(self._camera, given.ego_SE3_camera, ego_m, across)
        margin = 0.06 * width
        near = np.isfinite(pixels).all(axis=1) & np.isfinite(direction).all(axis=1)
        low, high = -margin, np.array([width, height]) + margin
        near[near] = ((pixels[near] > low) & (pixels[near] < high)).all(axis=1)
        self.edges = edges.of(near)
        if len(self.edges) < FEWEST_EDGES:
            raise AlignmentError(
                f"only {len(self.edges)} edges of the sweeps are seen by camera {edges.camera}, "
                f"{FEWEST_EDGES} are needed",
                edges.log.name,
                "use more frames",
            )
        self._direction = direction[near]
        # An edge that may lie anywhere between two beams far apart says less.
        self._weight = 1 / (1 + (self.edges.width_rad * self._camera.fx_px / 8) ** 2)
        self._kept: tuple[int, FloatArray] | None = None
        self._rows: IntArray = np.arange(len(self.edges))
        self._field: EdgeField | None = None

    def look(self, blur_px: float, most_edges: int) -> None:
        """Look at the images at another blur from now on, and at so many edges of the sweeps."""
        self._field = EdgeField(self.edges.images, blur_px)
        self._rows = np.arange(0, len(self.edges), -(-len(self.edges) // most_edges))
        self._kept = None

    def mount(self, at: FloatArray) -> CameraMount:
        """The mount that the numbers stand for."""
        moved = SE3(Rotation.from_rotvec(at[:3]).as_matrix(), at[3:6])
        return replace(
            self._given,
            ego_SE3_camera=self._given.ego_SE3_camera @ moved,
            clock_offset_ns=self._given.clock_offset_ns + round(1e9 * at[6]),
        )

    def strengths(self, at: FloatArray) -> FloatArray:
        """What each edge adds to the score, (N,)."""
        assert self._field is not None
        mount = self.mount(at)
        opened_ns = self.edges.log.rig.camera(self.edges.camera).clock_offset_ns
        offset_ns = mount.clock_offset_ns - opened_ns
        if self._kept is None or self._kept[0] != offset_ns:
            self._kept = offset_ns, self.edges.of(self._rows).ego_m(offset_ns)[0]
        rotation, place = mount.ego_SE3_camera.rotation, mount.ego_SE3_camera.translation_m
        pixels, seen = self._camera.project((self._kept[1] - place) @ rotation)
        pixels[~seen] = -1e3
        strength = self._field.at(self.edges.view[self._rows], pixels, self._direction[self._rows])
        weight = self._weight[self._rows]
        return np.asarray(weight * strength / weight.sum())

    def score(self, at: FloatArray) -> float:
        return float(self.strengths(at).sum())

    def climb(self, at: FloatArray, free: IntArray, reach: float) -> FloatArray:
        """The highest score near some numbers."""

        def moved(values: FloatArray) -> FloatArray:
            out = at.copy()
            out[free] = values * STEPS[free]
            return out

        def height(values: FloatArray) -> float:
            at_ = moved(values)
            return 0.0 if (np.abs(at_) > FARTHEST).any() else self.score(at_)

        return moved(climb(height, at[free] / STEPS[free], reach, EVALUATIONS))

    def bias(self, with_time: bool) -> FloatArray:
        """What the scatter between places does not show, as standard deviations, (7,)."""
        turn_rad = BIAS_PX / self._camera.fx_px
        time_s = BIAS_M / _speed_m_s(self.edges) if with_time else 0.0
        return np.array([turn_rad] * 3 + [BIAS_M] * 3 + [time_s])

    def covariance(self, at: FloatArray, free: IntArray) -> FloatArray:
        """Of the place of the maximum."""
        count = len(free)
        step = 0.5 * STEPS[free]
        squares = np.floor(self.edges.world_m[self._rows, :2] / PLACE_M)
        groups = np.unique(squares, axis=0, return_inverse=True)[1].ravel()
        size = int(groups.max()) + 1

        def per_group(moves: FloatArray) -> FloatArray:
            moved = at.copy()
            moved[free] += moves * step
            return np.asarray(np.bincount(groups, self.strengths(moved), size), dtype=np.float64)

        unit = np.eye(count)
        middle = per_group(np.zeros(count)).sum()
        plus = np.stack([per_group(row) for row in unit])
        minus = np.stack([per_group(-row) for row in unit])
        slopes = (plus - minus) / 2
        hessian = np.empty((count, count))
        ups, downs = plus.sum(axis=1), minus.sum(axis=1)
        for i in range(count):
            hessian[i, i] = ups[i] + downs[i] - 2 * middle
            for j in range(i):
                both = per_group(unit[i] + unit[j]).sum() + per_group(-unit[i] - unit[j]).sum()
                mixed = (both - ups[i] - downs[i] - ups[j] - downs[j] + 2 * middle) / 2
                hessian[i, j] = hessian[j, i] = mixed
        # Where the score has no peak in some direction, that direction is unknown.
        values, vectors = np.linalg.eigh(-hessian)
        values = np.maximum(values, 1e-4 * max(float(values.max()), 1e-9))
        inverse = vectors @ np.diag(1 / values) @ vectors.T
        centred = slopes - slopes.mean(axis=1, keepdims=True)
        scatter = centred @ centred.T * size / max(size - 1, 1)
        return np.asarray(inverse @ scatter @ inverse * np.outer(step, step))
