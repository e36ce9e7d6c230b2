"""True tracks of a scenario, and labels such as somebody has begun to make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.simulate.actor import Actor
from av3d.tracks.track import Keyframe, Provenance, Span, Track
from av3d.types import NS_PER_MS, FloatArray

TRUTH_STEP_NS = 50 * NS_PER_MS
"""Spacing of the true states: straight lines between them are within 3 mm of a turning car."""

ENOUGH_POINTS = 5
"""A person labels something only where it has about this many points in a sweep."""


def true_tracks(
    actors: Sequence[Actor],
    start_ns: int,
    end_ns: int,
    points: Mapping[int, Mapping[int, int]],
) -> tuple[Track, ...]:
    """Tracks of every actor that was measured at least once.

    Args:
        actors: all actors of the scenario.
        start_ns: time of the first sweep; states start one step earlier, as images may.
        end_ns: time of the last sweep; states end one step later.
        points: points per sweep time and actor index. At sweep times the keyframe's attribute
            `lidar_points` says how many points the actor has.

    Returns:
        Tracks with provenance IMPORTED that are present from the first to the last state.
    """
    times = range(start_ns - TRUTH_STEP_NS, end_ns + TRUTH_STEP_NS + 1, TRUTH_STEP_NS)
    tracks = []
    for index, actor in enumerate(actors):
        if not any(index in counts for counts in points.values()):
            continue
        keyframes = tuple(
            Keyframe(
                time,
                rounded(actor.cuboid_at(time)),
                Provenance.IMPORTED,
                {"lidar_points": points[time].get(index, 0)} if time in points else {},
            )
            for time in times
        )
        tracks.append(
            Track(
                actor.track_id,
                actor.category,
                keyframes,
                number=actor.number,
                attributes=actor.attributes,
            )
        )
    return tuple(tracks)


def starting_labels(
    actors: Sequence[Actor],
    sweep_times_ns: Sequence[int],
    points: Mapping[int, Mapping[int, int]],
    seed: int,
) -> tuple[Track, ...]:
    """A realistic start: most tracks with a few keyframes, some coarse ones, some not begun.

    Parked cars have one or two keyframes, moving ones a few that lie far apart; centres are off by
    centimetres as a person's are, and keyframes of imported tracks by more. About one actor in
    five has no track yet.
    """
    tracks = []
    for index, actor in enumerate(actors):
        seen = [
            time for time in sweep_times_ns if points.get(time, {}).get(index, 0) >= ENOUGH_POINTS
        ]
        # Drawn for every actor, so that one more or less does not change the others.
        draw = np.random.default_rng([seed, 9, index])
        if len(seen) < 4 or draw.random() < 0.2:
            continue
        count = _keyframe_count(actor, seen, sweep_times_ns)
        chosen = [seen[round(at)] for at in np.linspace(0, len(seen) - 1, count)]
        source = _source(draw.random())
        keyframes = tuple(
            _drawn_keyframe(actor, time, source if number else _first_source(source), draw)
            for number, time in enumerate(chosen)
        )
        tracks.append(
            Track(
                actor.track_id,
                actor.category,
                keyframes,
                (Span(seen[0], seen[-1]),),
                actor.number,
                {key: value for key, value in actor.attributes.items() if key == "motion"},
            )
        )
    return tuple(tracks)


def _keyframe_count(actor: Actor, seen: Sequence[int], sweeps: Sequence[int]) -> int:
    centers = actor.centers_m(np.array([seen[0], seen[-1]]))
    moved_m = float(np.linalg.norm(centers[1] - centers[0]))
    if moved_m < 0.5:
        return 2 if len(seen) > len(sweeps) // 2 else 1
    return int(np.clip(round(len(seen) / 11) + 1, 2, 5))


def _source(draw: float) -> Provenance:
    if draw < 0.5:
        return Provenance.MANUAL
    return Provenance.FITTED if draw < 0.75 else Provenance.IMPORTED


def _first_source(source: Provenance) -> Provenance:
    # A fit starts from a cuboid that a person drew.
    return Provenance.MANUAL if source is Provenance.FITTED else source


def _drawn_keyframe(
    actor: Actor, time: int, source: Provenance, rng: np.random.Generator
) -> Keyframe:
    sigma_m = {Provenance.MANUAL: 0.025, Provenance.FITTED: 0.012, Provenance.IMPORTED: 0.06}[
        source
    ]
    sigma_yaw = {Provenance.MANUAL: 0.008, Provenance.FITTED: 0.004, Provenance.IMPORTED: 0.02}[
        source
    ]
    true = actor.cuboid_at(time)
    shift = rng.normal(0, sigma_m, 3) * [1, 0.7, 0.5]
    turn = SE3.from_yaw(float(rng.normal(0, sigma_yaw)), shift)
    return Keyframe(time, rounded(Cuboid(true.frame_SE3_cuboid @ turn, true.size_lwh_m)), source)


def rounded(cuboid: Cuboid) -> Cuboid:
    """Centre to 0.01 mm and size to 1 mm upwards: short numbers in the file, nothing cut off."""
    pose = cuboid.frame_SE3_cuboid
    size: FloatArray = np.ceil(np.round(cuboid.size_lwh_m * 1000, 6)) / 1000
    return Cuboid(SE3(pose.rotation, np.round(pose.translation_m, 5)), size)
