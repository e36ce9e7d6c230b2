"""Tracks in physical time: a keyframe holds when the LiDAR's beam passed its object.

Keyframes carry the timestamp of their sweep, in which the object was measured up to a revolution
before or after (docs/adr/0006). What is drawn at a time of its own, in an image say, needs the track
on the same clock as that time: its keyframes at the times of the beam, its motion in between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from av3d.tracks import measured_linear
from av3d.tracks.columns import PROVENANCES
from av3d.tracks.keyframe import Provenance
from av3d.tracks.measured_linear import ROUNDS, BeamTimes
from av3d.tracks.motion.fitting import motion_of
from av3d.tracks.motion.model import Motion
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track

CLOSEST_NS = 1_000_000
"""Two keyframes are at least this far apart on the clock of the beam."""

MET_NS = 1_000
"""A beam that passed this close to the time asked for has met its object: fast ones are off by 30 um."""


def states_in_sweep(
    tracks: Sequence[Track], frame_times_ns: int | Sequence[int], beam: BeamTimes
) -> list[TrackState | None]:
    """Tracks as a sweep shows them, each where it was when the beam passed its centre.

    Where a track has a keyframe at the frame, that is the stored cuboid.

    Args:
        tracks: the tracks, N.
        frame_times_ns: timestamp of the frame, or one for each track.
        beam: when the beam passed.

    Returns:
        One state per track, None where the object is not there. Their times are those of the frames;
        their velocities are in physical time.
    """
    frames = [frame_times_ns] * len(tracks) if isinstance(frame_times_ns, int) else frame_times_ns
    states: list[TrackState | None] = [None] * len(tracks)
    there = [
        k for k, (track, ns) in enumerate(zip(tracks, frames, strict=True)) if track.is_present(ns)
    ]
    linear = [k for k in there if tracks[k].is_linear]
    smooth = [k for k in there if not tracks[k].is_linear]
    for rows, ask in ((linear, measured_linear.in_sweep), (smooth, _in_sweep)):
        if rows:
            found = ask([tracks[k] for k in rows], [frames[k] for k in rows], beam)
            for k, state in zip(rows, found, strict=True):
                states[k] = state
    return states


def states_at(
    tracks: Sequence[Track], times_ns: int | Sequence[int], frame_ns: int, beam: BeamTimes
) -> list[TrackState | None]:
    """Tracks at physical times near a frame, which decides about presence (docs/adr/0004).

    Past the first and last keyframe the motion goes on, but at a frame before or after all keyframes
    the nearest one holds.

    Args:
        tracks: the tracks, N.
        times_ns: a time such as that of an exposure, or one for each track.
        frame_ns: timestamp of the frame.
        beam: when the beam passed.

    Returns:
        One state per track, None where the object is not there at the frame.
    """
    times = [times_ns] * len(tracks) if isinstance(times_ns, int) else times_ns
    states: list[TrackState | None] = [None] * len(tracks)
    there = [k for k, track in enumerate(tracks) if track.is_present(frame_ns)]
    linear = [k for k in there if tracks[k].is_linear]
    if linear:
        of_linear = [tracks[k] for k in linear], [times[k] for k in linear]
        found = measured_linear.at_times(*of_linear, frame_ns, beam)
        for k, state in zip(linear, found, strict=True):
            states[k] = state
    for k in there:
        if not tracks[k].is_linear:
            states[k] = _at_time(tracks[k], times[k], frame_ns, beam)
    return states


def _in_sweep(
    tracks: Sequence[Track], frames_ns: Sequence[int], beam: BeamTimes
) -> list[TrackState]:
    """`states_in_sweep` of tracks that are there and do not move linearly."""
    motions = [_on_beam(track, beam) for track in tracks]
    frames = np.array(frames_ns, dtype=np.int64)
    rows = [
        bisect_right(track.times_ns, ns) - 1 for track, ns in zip(tracks, frames_ns, strict=True)
    ]
    at_keyframe = np.zeros(len(tracks), dtype=bool)
    between = np.zeros(len(tracks), dtype=bool)
    places_m = np.empty((len(tracks), 3))
    for k, (track, row) in enumerate(zip(tracks, rows, strict=True)):
        times_ns = track.times_ns
        between[k] = times_ns[0] <= frames_ns[k] <= times_ns[-1]
        at_keyframe[k] = row >= 0 and times_ns[row] == frames_ns[k]
        if at_keyframe[k]:
            # The place is known, and with it when the beam passed.
            places_m[k] = track.columns.centers_m[row]
    asked_ns, moving = frames.copy(), np.flatnonzero(between)
    for _ in range(ROUNDS):
        if not len(moving):
            break
        for k in moving[~at_keyframe[moving]].tolist():
            places_m[k] = motions[k].states(asked_ns[k : k + 1]).centers_m[0]
        met_ns = beam.beam_times_ns(frames[moving], places_m[moving])
        late = np.abs(met_ns - asked_ns[moving]) > MET_NS
        asked_ns[moving] = met_ns
        moving = moving[late & ~at_keyframe[moving]]
    return [
        _when_met(
            track, motions[k], int(asked_ns[k]), frames_ns[k], row if at_keyframe[k] else None
        )
        if between[k]
        else _held(track, frames_ns[k], frames_ns[k])
        for k, (track, row) in enumerate(zip(tracks, rows, strict=True))
    ]


def _when_met(
    track: Track, motion: Motion, met_ns: int, frame_ns: int, row: int | None
) -> TrackState:
    """The state of a track when the beam met it, with its keyframe at the frame if it has one."""
    attributes = track.attributes_at(frame_ns)
    if row is None:
        state = track.moving_state(motion, met_ns, attributes)
    else:
        provenance = PROVENANCES[track.columns.provenances[row]]
        cuboid = track.keyframe_cuboid(row)
        state = track.moving_state(motion, met_ns, attributes, cuboid, provenance)
    return replace(state, timestamp_ns=frame_ns)


def _held(track: Track, time_ns: int, frame_ns: int) -> TrackState:
    """A track at a frame before or after all of its keyframes."""
    cuboid = track.keyframe_cuboid(0 if frame_ns <= track.times_ns[0] else -1)
    attributes = track.attributes_at(frame_ns)
    return TrackState(time_ns, cuboid, Provenance.INTERPOLATED, np.zeros(3), attributes)


def _at_time(track: Track, time_ns: int, frame_ns: int, beam: BeamTimes) -> TrackState:
    """`states_at` of a track that is there and does not move linearly."""
    if not track.times_ns[0] <= frame_ns <= track.times_ns[-1]:
        return _held(track, time_ns, frame_ns)
    return track.moving_state(_on_beam(track, beam), time_ns, track.attributes_at(frame_ns))


def _on_beam(track: Track, beam: BeamTimes) -> Motion:
    """The motion of a track with its keyframes at the times of the beam."""
    found = track.beam_motions.get(beam)
    if found is None:
        columns = track.columns
        times_ns = beam.beam_times_ns(columns.times_ns, columns.centers_m)
        # Turns that overlap at the seam may pass an object in the wrong order, or twice at once.
        steps = np.arange(len(times_ns)) * CLOSEST_NS
        times_ns = np.maximum.accumulate(times_ns - steps) + steps
        on_beam = replace(columns, times_ns=times_ns)
        found = track.beam_motions[beam] = motion_of(on_beam, track.interpolation, track.category)
    return found
