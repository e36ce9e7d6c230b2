"""Which of the usual mistakes would explain that images and sweeps do not line up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.calibration.rig import CameraMount
from av3d.doctor.alignment import (
    AlignmentError,
    CameraEdges,
    LogEdges,
    given_mount,
)
from av3d.doctor.hypotheses import (
    FINE,
    Hypothesis,
    Mistake,
    clock_hypotheses,
    extrinsic_hypotheses,
    intrinsic_hypotheses,
)
from av3d.doctor.lidar_mistakes import lidar_mistakes
from av3d.doctor.placement import oddities
from av3d.doctor.scorer import (
    FEWEST,
    GROSS_GAIN,
    GROSS_SCORE,
    GROSS_SIGMAS,
    SHARP_PX,
    WIDTH_PX,
    Score,
    Scorer,
    Suspicion,
)
from av3d.logs.log import Log

OF_TWO = {Mistake.EXCHANGED, Mistake.WRONG_IMAGES}
"""Mistakes that concern two cameras; their detail is the name of the other one."""

FRAMES = 10
"""Frames that are looked at."""
FEWEST_IMAGES = 3
"""A camera with fewer images is not judged: only a gross mistake shows in them."""
ADRIFT_SCORE = 0.012
"""Cameras whose mean score is below this do not line up; by right calibrations it is .026 or more."""
ODD_GAIN, ODD_SIGMAS, ODD_SCORE = 1.2, 1.5, 0.015
"""Enough where the given mount is odd in itself."""
CAMERA_HEIGHTS_M = 0.3, 3.5
"""Where cameras are over the origin of the ego frame; that of an inverted mount is rarely there."""
FINE_LIMITS = ((1.15, 5.0), (1.4, 3.5))
"""The same for fine ones: gain and standard errors, one pair or the other."""
SLOWEST_M_S = 2.0
"""A slower vehicle does not show what its cameras' clocks are."""


@dataclass(frozen=True)
class Judgement:
    """What images and sweeps say about the calibration.

    Attributes:
        suspicions: mistakes without which the log would line up much better.
        not_judged: cameras that have images, but too little in them to be compared, with the reason.
        adrift: cameras whose images do not line up with the sweeps at all, if none does and no mistake
            explains it; else empty.
    """

    suspicions: tuple[Suspicion, ...]
    not_judged: Mapping[str, str]
    adrift: tuple[str, ...]


def find_mistakes(
    log: Log, cameras: Sequence[str] | None = None, frames: Sequence[int] | None = None
) -> list[Suspicion]:
    """The suspicions of `judge`; none for a log that is right."""
    return list(judge(log, cameras, frames).suspicions)


def judge(
    log: Log, cameras: Sequence[str] | None = None, frames: Sequence[int] | None = None
) -> Judgement:
    """Compare the edges of sweeps with those of images, by the given calibration and by others.

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
    scorers: dict[str, Scorer] = {}
    not_judged: dict[str, str] = {}
    for camera in log.rig.cameras if cameras is None else cameras:
        if camera not in log.cameras or len(log.cameras[camera]) == 0:
            continue
        try:
            scorers[camera] = Scorer(edges.of(camera), given_mount(log, camera))
        except AlignmentError:
            not_judged[camera] = "no image that can be compared with a sweep"
            continue
        images = len(scorers[camera].edges.times_ns)
        if images < FEWEST_IMAGES:
            not_judged[camera] = f"{images} image{'s' if images != 1 else ''}"
        elif scorers[camera].score(scorers[camera].given).seen < 5 * FEWEST:
            not_judged[camera] = "too few edges of the sweeps in its images"
    found: list[Suspicion] = []
    # One camera alone does not tell whether it or the LiDAR is wrong.
    if len(scorers) > 1 and len(scorers) == len(log.cameras):
        found = lidar_mistakes(log, scorers, edges)
        if found:
            return Judgement(tuple(found), not_judged, ())
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
    judged = {name: scorer for name, scorer in scorers.items() if name not in not_judged}
    return Judgement(tuple(found), not_judged, () if found else _adrift(judged))


def _adrift(scorers: Mapping[str, Scorer]) -> tuple[str, ...]:
    """All cameras, if not one of them lines up with the sweeps."""
    if len(scorers) < 2:
        return ()
    # One of several cameras has some score by chance; their mean hardly.
    mean = float(np.mean([scorer.peak(scorer.given).value for scorer in scorers.values()]))
    if mean > ADRIFT_SCORE:
        return ()
    return tuple(scorers)


def _camera_mistake(log: Log, camera: str, scorer: Scorer, odd: Sequence[str]) -> Suspicion | None:
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


def _best_peaks(scorer: Scorer, hypotheses: Iterable[Hypothesis]) -> list[tuple[Hypothesis, Score]]:
    """The most promising hypotheses, best first, with their peaks."""
    scores = [(hypothesis, scorer.score(hypothesis.mount)) for hypothesis in hypotheses]
    scores = [pair for pair in scores if pair[1].seen >= FEWEST]
    scores.sort(key=lambda pair: -pair[1].value)
    peaks = [(h, scorer.peak(h.mount)) for h, _ in scores[:4]]
    return sorted(peaks, key=lambda pair: -pair[1].value)


def _fine_mistake(
    camera: str, scorer: Scorer, hypotheses: Sequence[Hypothesis], odd: Sequence[str]
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
    given: Score,
    proposed: Score,
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


def _odd_mount(
    log: Log, camera: str, odd: Sequence[str], scorer: Scorer | None
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
        nothing = Score(0.0, np.zeros(0), 0)
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
