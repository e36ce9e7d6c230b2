"""Which of the usual mistakes would explain that images and sweeps do not line up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from av3d.doctor.hypotheses import (
    FINE,
    Hypothesis,
    Mistake,
    clock_hypotheses,
    extrinsic_hypotheses,
    intrinsic_hypotheses,
    lidar_hypotheses,
)
from av3d.doctor.placement import oddities
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.types import FloatArray, IntArray

OF_TWO = {Mistake.EXCHANGED, Mistake.WRONG_IMAGES}
"""Mistakes that concern two cameras; their detail is the name of the other one."""

FRAMES = 10
"""Frames that are looked at."""
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
ODD_GAIN, ODD_SIGMAS, ODD_SCORE = 1.2, 1.5, 0.015
"""Enough where the given mount is odd in itself."""
CAMERA_HEIGHTS_M = 0.3, 3.5
"""Where cameras are over the origin of the ego frame; that of an inverted mount is rarely there."""
FINE_LIMITS = ((1.15, 5.0), (1.4, 3.5))
"""The same for fine ones: gain and standard errors, one pair or the other."""
SLOWEST_M_S = 2.0
"""A slower vehicle does not show what its cameras' clocks are."""
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


def find_mistakes(
    log: Log, cameras: Sequence[str] | None = None, frames: Sequence[int] | None = None
) -> list[Suspicion]:
    """Mistakes without which the log would line up much better; none for a log that is right.

    Every mistake is undone in turn, and what comes out is compared with what is given by the images:
    see `CameraEdges`. Where there are no images, or too little to see in them, a mount that is odd
    in itself (`oddities`) is compared with mounts that are not.

    Args:
        log: the log.
        cameras: names of cameras; None: all of the rig.
        frames: frames to look at; None: some from all over the log.
    """
    if frames is None:
        count = min(len(log.frames), FRAMES)
        frames = np.unique(np.linspace(0, len(log.frames) - 1, count).astype(int)).tolist()
    edges = LogEdges(log, frames, WIDTH_PX)
    scorers: dict[str, _Scorer] = {}
    for camera in log.rig.cameras if cameras is None else cameras:
        if camera not in log.cameras:
            continue
        try:
            scorers[camera] = _Scorer(edges.of(camera), given_mount(log, camera))
        except AlignmentError:
            continue
    found: list[Suspicion] = []
    # One camera alone does not tell whether it or the LiDAR is wrong.
    if len(scorers) > 1 and len(scorers) == len(log.cameras):
        found = _lidar_mistakes(log, scorers)
        if found:
            return found
    for camera in log.rig.cameras if cameras is None else cameras:
        odd = oddities(camera, log.rig.camera(camera).ego_SE3_camera)
        suspicion = None
        if camera in scorers:
            suspicion = _camera_mistake(log, camera, scorers[camera], odd)
            odd = oddities(camera, scorers[camera].given.ego_SE3_camera)
        if suspicion is None and odd:
            suspicion = _odd_mount(log, camera, odd, scorers.get(camera))
        if suspicion is not None:
            found.append(suspicion)
    return found


@dataclass(frozen=True, eq=False)
class _Score:
    """A score and what each group of edges adds to it, (G,)."""

    value: float
    groups: FloatArray
    seen: int

    def sigmas_over(self, other: _Score) -> float:
        """By how many standard errors it is better, from the scatter of the gain over groups."""
        gain = self.groups - other.groups
        gain = gain[gain != 0]
        if len(gain) < 3:
            return 0.0
        spread = float(np.sqrt((gain**2).sum() - gain.sum() ** 2 / len(gain)))
        return float(gain.sum()) / max(spread, 1e-9)


class _Scorer:
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

    def score(
        self,
        mount: CameraMount,
        blur_px: float = COARSE_PX,
        lidar: int | None = None,
        ego_SE3_ego: SE3 | None = None,
    ) -> _Score:
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
        return _Score(float(strength.sum()), groups.astype(np.float64), len(rows))

    def peak(
        self, mount: CameraMount, lidar: int | None = None, ego_SE3_ego: SE3 | None = None
    ) -> _Score:
        """The score less the mean of those of the mount turned aside: what fits has a peak."""
        score = self.score(mount, COARSE_PX, lidar, ego_SE3_ego)
        others = []
        for angle in np.arange(8) * np.pi / 4:
            vector = ASIDE_RAD * np.array([np.cos(angle), np.sin(angle), 0.0])
            others.append(self.score(_turned(mount, vector), COARSE_PX, lidar, ego_SE3_ego))
        groups = np.asarray(score.groups - np.mean([other.groups for other in others], axis=0))
        return _Score(float(groups.sum()), groups, score.seen)

    def nearby(self, mount: CameraMount) -> _Score:
        """The best sharp score of the mount and those turned a little."""

        def height(vector: FloatArray) -> float:
            if np.linalg.norm(vector) > 1:
                return 0.0
            return self.score(_turned(mount, NEARBY_RAD * vector), SHARP_PX).value

        best = climb(height, np.zeros(3), 0.4, evaluations=50)
        return self.score(_turned(mount, NEARBY_RAD * best), SHARP_PX)


def _turned(mount: CameraMount, vector_rad: FloatArray) -> CameraMount:
    turn = SE3(Rotation.from_rotvec(vector_rad).as_matrix(), np.zeros(3))
    return replace(mount, ego_SE3_camera=mount.ego_SE3_camera @ turn)


def _camera_mistake(log: Log, camera: str, scorer: _Scorer, odd: Sequence[str]) -> Suspicion | None:
    given = scorer.given
    hypotheses = [*extrinsic_hypotheses(log.rig, camera, given), *intrinsic_hypotheses(given)]
    at_given = scorer.score(given)
    peak_given = scorer.peak(given)
    gross = [hypothesis for hypothesis in hypotheses if hypothesis.mistake not in FINE]
    for best, peak in _best_peaks(scorer, gross):
        sigmas = peak.sigmas_over(peak_given)
        if (
            peak.value > max(GROSS_SCORE, GROSS_GAIN * peak_given.value)
            and sigmas > GROSS_SIGMAS
            and len(oddities(camera, best.mount.ego_SE3_camera)) <= len(odd)
        ):
            return _suspicion(camera, best, peak_given, peak, sigmas, odd)
    if at_given.seen < 5 * FEWEST:
        return None
    fine = [hypothesis for hypothesis in hypotheses if hypothesis.mistake in FINE]
    if _moves(scorer.edges):
        times_ns = log.cameras[camera].timestamps_ns
        period_ns = int(np.median(np.diff(times_ns))) if len(times_ns) > 1 else 0
        fine += list(clock_hypotheses(given, period_ns or log.frame_period_ns))
    return _fine_mistake(camera, scorer, fine, odd)


def _best_peaks(
    scorer: _Scorer, hypotheses: Iterable[Hypothesis]
) -> list[tuple[Hypothesis, _Score]]:
    """The most promising hypotheses, best first, with their peaks."""
    scores = [(hypothesis, scorer.score(hypothesis.mount)) for hypothesis in hypotheses]
    scores = [pair for pair in scores if pair[1].seen >= FEWEST]
    scores.sort(key=lambda pair: -pair[1].value)
    peaks = [(h, scorer.peak(h.mount)) for h, _ in scores[:4]]
    return sorted(peaks, key=lambda pair: -pair[1].value)


def _fine_mistake(
    camera: str, scorer: _Scorer, hypotheses: Sequence[Hypothesis], odd: Sequence[str]
) -> Suspicion | None:
    """A fine mistake: compared where both calibrations may be turned a little to fit."""
    scores = [(h, scorer.score(h.mount, SHARP_PX).value) for h in hypotheses]
    scores.sort(key=lambda pair: -pair[1])
    at_given = scorer.score(scorer.given, SHARP_PX)
    promising = [h for h, value in scores[:3] if value > at_given.value]
    if not promising:
        return None
    near_given = scorer.nearby(scorer.given)
    found = [(h, scorer.nearby(h.mount)) for h in promising]
    best, score = max(found, key=lambda pair: pair[1].value)
    sigmas = score.sigmas_over(near_given)
    enough = [
        score.value > gain * near_given.value and sigmas > least for gain, least in FINE_LIMITS
    ]
    if score.value < GROSS_SCORE or not any(enough):
        return None
    return _suspicion(camera, best, near_given, score, sigmas, odd)


def _suspicion(
    camera: str,
    hypothesis: Hypothesis,
    given: _Score,
    proposed: _Score,
    sigmas: float,
    odd: Sequence[str],
) -> Suspicion:
    return Suspicion(
        camera,
        hypothesis.mistake,
        hypothesis.detail,
        given.value,
        proposed.value,
        sigmas,
        mount=hypothesis.mount,
        oddities=tuple(odd),
    )


def _moves(edges: CameraEdges) -> bool:
    trajectory = edges.log.trajectory
    if trajectory.is_identity:
        return False
    later = trajectory.at_nearest(edges.times_ns + 10_000_000).translation_m
    sooner = trajectory.at_nearest(edges.times_ns - 10_000_000).translation_m
    speed_m_s = np.linalg.norm(later - sooner, axis=1) / 0.02
    return float(np.median(speed_m_s)) > SLOWEST_M_S


def _lidar_mistakes(log: Log, scorers: dict[str, _Scorer]) -> list[Suspicion]:
    """LiDARs whose extrinsic, inverted, fits most cameras much better."""
    found: list[Suspicion] = []
    for number, lidar in enumerate(log.lidars):
        given = {name: scorer.peak(scorer.given, number) for name, scorer in scorers.items()}
        given = {name: score for name, score in given.items() if score.seen >= FEWEST}
        given_value = float(np.mean([score.value for score in given.values()] or [0.0]))
        if len(given) < 2 or given_value > 2 * GROSS_SCORE:
            continue
        mount = log.rig.lidar(lidar).ego_SE3_lidar
        best: Suspicion | None = None
        for detail, corrected in lidar_hypotheses(mount):
            moved = corrected @ mount.inverse()
            peaks = {name: scorers[name].peak(scorers[name].given, number, moved) for name in given}
            value = float(np.mean([peak.value for peak in peaks.values()]))
            gains = [peaks[name].sigmas_over(given[name]) for name in given]
            sigmas = float(np.sum(gains) / np.sqrt(len(gains)))
            better = [peaks[name].value > given[name].value for name in given]
            if (
                value > max(GROSS_SCORE, GROSS_GAIN * given_value)
                and sigmas > GROSS_SIGMAS
                and np.mean(better) > 0.7
                and (best is None or value > best.proposed_score)
            ):
                best = Suspicion(
                    lidar,
                    Mistake.LIDAR,
                    detail,
                    given_value,
                    value,
                    sigmas,
                    ego_SE3_lidar=corrected,
                )
        if best is not None:
            found.append(best)
    return found


def _odd_mount(
    log: Log, camera: str, odd: Sequence[str], scorer: _Scorer | None
) -> Suspicion | None:
    """The usual mistake that explains an odd mount by one that is not odd at all.

    The first of them; where there are images, that which fits them best, if it fits at all: since
    the mount is odd in itself, they need not be beyond doubt.
    """
    given = log.rig.camera(camera) if scorer is None else scorer.given
    hypotheses = [
        hypothesis
        for hypothesis in extrinsic_hypotheses(log.rig, camera, given)
        if not oddities(camera, hypothesis.mount.ego_SE3_camera)
    ]
    if not hypotheses:
        return None
    if scorer is None:
        # Whose extrinsic stands in another camera's place has a wrong one, too.
        others = {
            name: oddities(name, log.rig.camera(name).ego_SE3_camera) for name in log.rig.cameras
        }
        hypotheses = [h for h in hypotheses if h.mistake not in OF_TWO or others[h.detail]]
        if not hypotheses:
            return None
        # If the place is one for a camera it is right, and only the rotation is not.
        low_m, high_m = CAMERA_HEIGHTS_M
        is_place = low_m < given.ego_SE3_camera.translation_m[2] < high_m
        hypotheses.sort(key=lambda hypothesis: _keeps_place(hypothesis, given) != is_place)
        # Two odd mounts of which each suits the other's camera were exchanged.
        hypotheses.sort(key=lambda hypothesis: not _is_exchange(log, camera, hypothesis))
        nothing = _Score(0.0, np.zeros(0), 0)
        return _suspicion(camera, hypotheses[0], nothing, nothing, 0.0, odd)
    at_given = scorer.peak(given)
    for best, peak in _best_peaks(scorer, hypotheses)[:1]:
        sigmas = peak.sigmas_over(at_given)
        if peak.value > max(ODD_SCORE, ODD_GAIN * at_given.value) and sigmas > ODD_SIGMAS:
            return _suspicion(camera, best, at_given, peak, sigmas, odd)
    return None


def _keeps_place(hypothesis: Hypothesis, given: CameraMount) -> bool:
    place_m = hypothesis.mount.ego_SE3_camera.translation_m
    return bool(np.linalg.norm(place_m - given.ego_SE3_camera.translation_m) < 0.05)


def _is_exchange(log: Log, camera: str, hypothesis: Hypothesis) -> bool:
    if hypothesis.mistake is not Mistake.EXCHANGED:
        return False
    other, mounts = hypothesis.detail, log.rig.cameras
    return bool(oddities(other, mounts[other].ego_SE3_camera)) and not oddities(
        other, mounts[camera].ego_SE3_camera
    )
