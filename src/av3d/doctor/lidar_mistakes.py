"""LiDARs whose extrinsic is wrong: inverted, or turned about the vertical axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from av3d.calibration.rig import LidarMount, Rig
from av3d.doctor.alignment import LogEdges
from av3d.doctor.hypotheses import Mistake, lidar_hypotheses, turn_hypotheses
from av3d.doctor.scorer import (
    FEWEST,
    GROSS_GAIN,
    GROSS_SCORE,
    GROSS_SIGMAS,
    Score,
    Scorer,
    Suspicion,
)
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.types import FloatArray

SCAN_STEP_DEG, SCAN_PX, SCAN_EDGES = 2.0, 12.0, 3_000
"""The turn is sought in such steps, on images smeared so far that none is missed between two of them,
by so many edges of each camera."""

FINE_STEPS_DEG = (0.5, 0.1)
"""The best turns are then looked at in steps of these."""

LEAST_FIT = 0.015
"""With a mean score of the cameras above this the LiDAR is not turned, and the scan, which takes
seconds, is not made. By right calibrations it is .026 to .1."""

PROMISING = 3
"""So many turns of the scan are looked at closely."""

TURN_GAIN, TURN_SIGMAS, TURN_SCORE = 3.0, 5.0, 0.03
"""A turn found among many is named if it gives this much times the score, by this many standard errors
over all cameras, and at least this score: the best of many is good by chance alone."""

LEAST_TURN_DEG = 2.0
"""A smaller turn is a matter of refinement."""

SAME_PART = 0.9
"""A usual mistake that gives this much of the score of the best turn is the one that was made."""

Places = Mapping[str, Scorer]


def lidar_mistakes(log: Log, scorers: Places, edges: LogEdges) -> list[Suspicion]:
    """LiDARs whose extrinsic, corrected, fits most cameras much better.

    Args:
        log: the log.
        scorers: of its cameras, at least two.
        edges: what they were made from.
    """
    found: list[Suspicion] = []
    for number, lidar in enumerate(log.lidars):
        given = {name: scorer.peak(scorer.given, number) for name, scorer in scorers.items()}
        given = {name: score for name, score in given.items() if score.seen >= FEWEST}
        given_value = _mean(given)
        if len(given) < 2 or given_value > 2 * GROSS_SCORE:
            continue
        mount = log.rig.lidar(lidar).ego_SE3_lidar
        best: Suspicion | None = None
        for detail, corrected in lidar_hypotheses(mount):
            moved = corrected @ mount.inverse()
            peaks = {name: scorers[name].peak(scorers[name].given, number, moved) for name in given}
            value, sigmas = _mean(peaks), _sigmas(peaks, given)
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
        if best is None and given_value < LEAST_FIT:
            best = _turn(log, scorers, edges, number, lidar, given)
        if best is not None:
            found.append(best)
    return found


def _mean(scores: Mapping[str, Score]) -> float:
    return float(np.mean([score.value for score in scores.values()] or [0.0]))


def _sigmas(scores: Mapping[str, Score], given: Mapping[str, Score]) -> float:
    gains = [scores[name].sigmas_over(given[name]) for name in given]
    return float(np.sum(gains) / np.sqrt(len(gains)))


def _turned(mount: SE3, degrees: float) -> SE3:
    """The mount turned about the vertical axis where it is, counter-clockwise from above."""
    turn = SE3.from_yaw(np.radians(degrees), np.zeros(3))
    return SE3(turn.rotation @ mount.rotation, mount.translation_m)


def _turn(
    log: Log, scorers: Places, edges: LogEdges, number: int, lidar: str, given: Mapping[str, Score]
) -> Suspicion | None:
    """The turn about the vertical axis by which nearly all cameras line up much better."""
    mount = log.rig.lidar(lidar).ego_SE3_lidar

    def fit(places: Places, corrected: SE3, by: SE3) -> float:
        moved = corrected @ by.inverse()
        return _mean({n: places[n].peak(places[n].given, number, moved) for n in given})

    candidates = list(turn_hypotheses(mount))
    for degrees in _promising_deg(scorers, number, mount, given):
        candidates.append(("", _turned(mount, degrees)))
    scores = [fit(scorers, corrected, mount) for _, corrected in candidates]
    order = np.argsort(scores)[::-1]
    usual = [at for at in order if candidates[at][0] and scores[at] > SAME_PART * scores[order[0]]]
    words, best = candidates[usual[0] if usual else order[0]]
    # The vehicle moved between sweep and image: only a log that is read by the corrected mount shows
    # the turn exactly.
    read = LogEdges(log.with_rig(_with_lidar(log, lidar, best)), edges.frames, edges.width_px)
    closer = {n: Scorer(read.of(n), scorers[n].given) for n in given}
    seen, middle = best, 0.0
    if not words:
        for step in FINE_STEPS_DEG:
            turns = middle + step * np.arange(-4, 5)
            values = [fit(closer, _turned(seen, turn), seen) for turn in turns]
            middle = float(turns[int(np.argmax(values))])
        best = _turned(seen, middle)
    moved = best @ seen.inverse()
    peaks = {n: closer[n].peak(closer[n].given, number, moved) for n in given}
    value, given_value, sigmas = _mean(peaks), _mean(given), _sigmas(peaks, given)
    better = [peaks[name].value > given[name].value for name in given]
    angle_deg = float(np.degrees(_between_rad(mount, best)))
    if (
        value < max(TURN_SCORE, TURN_GAIN * given_value)
        or sigmas < TURN_SIGMAS
        or np.mean(better) < 0.7
        or abs(angle_deg) < LEAST_TURN_DEG
    ):
        return None
    detail = f"by {-angle_deg:+.1f} deg" + (f", {words}" if words else "")
    return Suspicion(
        lidar,
        Mistake.LIDAR_TURN,
        detail,
        given_value,
        value,
        sigmas,
        ego_SE3_lidar=best,
    )


def _between_rad(first: SE3, second: SE3) -> float:
    """The turn about the vertical axis from one mount to another, within ±pi."""
    change = second.rotation @ first.rotation.T
    return float(np.arctan2(change[1, 0], change[0, 0]))


def _promising_deg(
    scorers: Places, number: int, mount: SE3, given: Mapping[str, Score]
) -> list[float]:
    """The turns that the scan likes best, refined a little, in degrees."""
    turns_deg = np.arange(-180.0, 180.0, SCAN_STEP_DEG)
    few = {name: scorers[name].thinned(SCAN_EDGES) for name in given}

    def scan(degrees: FloatArray, blur_px: float, places: Places) -> FloatArray:
        total = np.zeros(len(degrees))
        for scorer in places.values():
            for row, turn in enumerate(degrees):
                moved = _turned(mount, float(turn)) @ mount.inverse()
                total[row] += scorer.score(scorer.given, blur_px, number, moved).value
        return total

    scores = scan(turns_deg, SCAN_PX, few)
    # What is as good for all turns nearby says nothing: peaks count.
    peaks = scores - (np.roll(scores, 3) + np.roll(scores, -3)) / 2
    found: list[float] = []
    for row in np.argsort(peaks)[::-1]:
        degrees = float(turns_deg[row])
        away = [abs((degrees - other + 180) % 360 - 180) for other in found]
        if all(angle > 2 * SCAN_STEP_DEG for angle in away):
            found.append(degrees)
        if len(found) == PROMISING:
            break
    fine = np.arange(-SCAN_STEP_DEG, SCAN_STEP_DEG + 0.1, 0.4)
    return [d + float(fine[int(np.argmax(scan(d + fine, 4.0, few)))]) for d in found]


def _with_lidar(log: Log, lidar: str, mount: SE3) -> Rig:
    return replace(log.rig, lidars={**log.rig.lidars, lidar: LidarMount(mount)})
