"""True tracks of a scenario, and labels such as somebody has begun to make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.sweep import Sweep
from av3d.simulate.actor import Actor
from av3d.simulate.scan import Scan
from av3d.simulate.tracing import NOTHING
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import NS_PER_MS, FloatArray, IntArray

TRUTH_STEP_NS = 50 * NS_PER_MS
"""Spacing of the physical states: straight lines between them are within 3 mm of a turning car."""

PHYSICAL_MARGIN_NS = 2 * TRUTH_STEP_NS
"""How long before the first and after the last sweep there are physical states; images may be there."""

ENOUGH_POINTS = 5
"""A person labels something only where it has about this many points in a sweep."""


@dataclass(frozen=True)
class Turn:
    """What one turn of the LiDAR measured.

    Attributes:
        timestamp_ns: of the sweep.
        middle_ns: time of the middle of the turn.
        points: points per actor, by its index; tracing.NOTHING for the town.
        median_ns: median time of the points of each actor.
    """

    timestamp_ns: int
    middle_ns: int
    points: Counter[int]
    median_ns: Mapping[int, int] = field(default_factory=dict)

    @staticmethod
    def of(sweep: Sweep, owners: IntArray, middle_ns: int) -> Turn:
        """What a sweep holds, whose points belong to `owners`."""
        assert sweep.time_offset_ns is not None
        points = Counter(owners.tolist())
        median_ns = {
            index: sweep.timestamp_ns + int(np.median(sweep.time_offset_ns[owners == index]))
            for index in points
            if index != NOTHING
        }
        return Turn(sweep.timestamp_ns, middle_ns, points, median_ns)


def measured_cuboid(scan: Scan, actor: Actor, index: int, turn: Turn) -> Cuboid:
    """The cuboid of an actor where the beam passed it in a turn: it sits on the points of the sweep."""
    if actor.still:
        return actor.cuboid_at(turn.middle_ns)
    return scan.measured_cuboid(actor, turn.middle_ns, turn.median_ns.get(index))


def measured_tracks(
    actors: Sequence[Actor], turns: Sequence[Turn], scan: Scan
) -> tuple[Track, ...]:
    """Tracks of every actor that was measured at least once, on the clock of the frames.

    At each sweep's timestamp the keyframe is the cuboid where the beam passed it
    (docs/adr/0006-track-time-in-images.md), and its attribute `lidar_points` says how many points
    of the sweep the actor has.

    Args:
        actors: all actors of the scenario.
        turns: those that were recorded, in order of time.
        scan: the beam.

    Returns:
        Tracks with provenance IMPORTED that are present from the first to the last sweep.
    """
    return tuple(
        _true_track(
            actor,
            tuple(
                Keyframe(
                    turn.timestamp_ns,
                    rounded(measured_cuboid(scan, actor, index, turn)),
                    Provenance.IMPORTED,
                    {"lidar_points": turn.points.get(index, 0)},
                )
                for turn in turns
            ),
        )
        for index, actor in _seen_by(actors, turns)
    )


def physical_tracks(
    actors: Sequence[Actor], turns: Sequence[Turn], start_ns: int, end_ns: int
) -> tuple[Track, ...]:
    """The same tracks as they were at each time: one keyframe every TRUTH_STEP_NS.

    Args:
        actors: all actors of the scenario.
        turns: those that were recorded.
        start_ns: time of the first sweep; states start PHYSICAL_MARGIN_NS earlier.
        end_ns: time of the last sweep; states end as much later.
    """
    times = range(start_ns - PHYSICAL_MARGIN_NS, end_ns + PHYSICAL_MARGIN_NS + 1, TRUTH_STEP_NS)
    return tuple(
        _true_track(
            actor,
            tuple(
                Keyframe(time, rounded(actor.cuboid_at(time)), Provenance.IMPORTED)
                for time in times
            ),
        )
        for _, actor in _seen_by(actors, turns)
    )


def _seen_by(actors: Sequence[Actor], turns: Sequence[Turn]) -> list[tuple[int, Actor]]:
    """Actors that have a point in some turn, with their indices."""
    return [
        (index, actor)
        for index, actor in enumerate(actors)
        if any(index in turn.points for turn in turns)
    ]


def _true_track(actor: Actor, keyframes: tuple[Keyframe, ...]) -> Track:
    return Track(
        actor.track_id,
        actor.category,
        keyframes,
        number=actor.number,
        attributes=actor.attributes,
    )


def starting_labels(
    actors: Sequence[Actor], turns: Sequence[Turn], scan: Scan, seed: int
) -> tuple[Track, ...]:
    """A realistic start: most tracks with a few keyframes, some coarse ones, some not begun.

    Parked cars have one or two keyframes, moving ones a few that lie far apart; centres are off by
    centimetres as a person's are, and keyframes of imported tracks by more. About one actor in
    five has no track yet. Cuboids are where the beam passed the actors, as a person sees them.
    """
    tracks = []
    for index, actor in enumerate(actors):
        seen = [turn for turn in turns if turn.points.get(index, 0) >= ENOUGH_POINTS]
        # Drawn for every actor, so that one more or less does not change the others.
        draw = np.random.default_rng([seed, 9, index])
        if len(seen) < 4 or draw.random() < 0.2:
            continue
        count = _keyframe_count(actor, seen, turns)
        chosen = [seen[round(at)] for at in np.linspace(0, len(seen) - 1, count)]
        source = _source(draw.random())
        keyframes = tuple(
            _drawn_keyframe(
                measured_cuboid(scan, actor, index, turn),
                turn.timestamp_ns,
                source if number else _first_source(source),
                draw,
            )
            for number, turn in enumerate(chosen)
        )
        tracks.append(
            Track(
                actor.track_id,
                actor.category,
                keyframes,
                (Span(seen[0].timestamp_ns, seen[-1].timestamp_ns),),
                actor.number,
                {key: value for key, value in actor.attributes.items() if key == "motion"},
            )
        )
    return tuple(tracks)


def _keyframe_count(actor: Actor, seen: Sequence[Turn], turns: Sequence[Turn]) -> int:
    centers = actor.centers_m(np.array([seen[0].middle_ns, seen[-1].middle_ns]))
    moved_m = float(np.linalg.norm(centers[1] - centers[0]))
    if moved_m < 0.5:
        return 2 if len(seen) > len(turns) // 2 else 1
    return int(np.clip(round(len(seen) / 11) + 1, 2, 5))


def _source(draw: float) -> Provenance:
    if draw < 0.5:
        return Provenance.MANUAL
    return Provenance.FITTED if draw < 0.75 else Provenance.IMPORTED


def _first_source(source: Provenance) -> Provenance:
    # A fit starts from a cuboid that a person drew.
    return Provenance.MANUAL if source is Provenance.FITTED else source


def _drawn_keyframe(
    true: Cuboid, time: int, source: Provenance, rng: np.random.Generator
) -> Keyframe:
    sigma_m = {Provenance.MANUAL: 0.025, Provenance.FITTED: 0.012, Provenance.IMPORTED: 0.06}[
        source
    ]
    sigma_yaw = {Provenance.MANUAL: 0.008, Provenance.FITTED: 0.004, Provenance.IMPORTED: 0.02}[
        source
    ]
    shift = rng.normal(0, sigma_m, 3) * [1, 0.7, 0.5]
    turn = SE3.from_yaw(float(rng.normal(0, sigma_yaw)), shift)
    return Keyframe(time, rounded(Cuboid(true.frame_SE3_cuboid @ turn, true.size_lwh_m)), source)


def rounded(cuboid: Cuboid) -> Cuboid:
    """Centre to 0.01 mm and size to 1 mm upwards: short numbers in the file, nothing cut off."""
    pose = cuboid.frame_SE3_cuboid
    size: FloatArray = np.ceil(np.round(cuboid.size_lwh_m * 1000, 6)) / 1000
    return Cuboid(SE3(pose.rotation, np.round(pose.translation_m, 5)), size)
