from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import av3d
from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.folder import DATASET
from av3d.datasets.folder.choosing import chosen_tracks
from av3d.datasets.registry import own_labels
from av3d.datasets.selection import Selection
from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track

LINEAR = Interpolation(Model.LINEAR)


@pytest.fixture(scope="module")
def crossing(repository: Path) -> Log:
    return av3d.open_log(repository / "sample_logs" / "crossing")


@pytest.fixture(scope="module")
def tracks(crossing: Log) -> tuple[Track, ...]:
    return own_labels(crossing)


def a_track(log: Log, frames: list[int], **more: object) -> Track:
    """A car that moves a metre per frame, with keyframes at some frames."""
    keyframes = tuple(
        Keyframe(log.frames[n].timestamp_ns, Cuboid.from_yaw((n, 2, 1), (4, 2, 1.5), 0.1))
        for n in frames
    )
    return Track("t", "car", keyframes, interpolation=LINEAR, **more)  # type: ignore[arg-type]


def test_without_a_choice_tracks_are_the_very_same(
    crossing: Log, tracks: tuple[Track, ...]
) -> None:
    assert chosen_tracks(LabelledLog(crossing, tracks)).tracks is tracks


def test_chosen_frames_have_the_same_cuboids_and_the_others_none(
    crossing: Log, tracks: tuple[Track, ...]
) -> None:
    item = LabelledLog(crossing, tracks, Selection(frames=((7, 12), (30, 30)), max_distance_m=30.0))
    found = chosen_tracks(item)
    again = {track.id: track for track in found.tracks}
    assert 0 < len(again) < len(tracks)
    chosen = {frame.index for frame in item.frames}
    for frame in crossing.frames:
        states = item.states(frame) if frame.index in chosen else [None] * len(tracks)
        for track, old in zip(tracks, states, strict=True):
            new = None
            if track.id in again:
                [new] = states_in_sweep([again[track.id]], frame.timestamp_ns, crossing)
            assert (old is None) == (new is None)
            if old is not None and new is not None:
                np.testing.assert_allclose(
                    old.cuboid.corners_m(), new.cuboid.corners_m(), atol=1e-9
                )
    assert {loss.what for loss in found.losses} >= {"tracks in no chosen frame"}


def test_keyframes_stay_where_they_are_needed(crossing: Log) -> None:
    track = a_track(crossing, [0, 5, 10, 15, 20, 25])
    found = chosen_tracks(LabelledLog(crossing, (track,), Selection(frames=((11, 16),))))
    [kept] = found.tracks
    times_ns = [frame.timestamp_ns for frame in crossing.frames]
    assert kept.times_ns == [times_ns[n] for n in (10, 15, 20)]
    assert kept.presence == (Span(times_ns[11], times_ns[16]),)
    [loss] = found.losses
    assert (loss.what, loss.count, loss.tracks) == ("keyframes", 3, ("Car 0",))


def test_a_track_whose_motion_needs_all_keyframes_keeps_them(crossing: Log) -> None:
    track = a_track(crossing, [0, 10, 20, 30])
    smooth = Track("s", "car", track.keyframes, interpolation=Interpolation(Model.SMOOTH))
    [kept] = chosen_tracks(LabelledLog(crossing, (smooth,), Selection(frames=((3, 4),)))).tracks
    assert kept.keyframes == smooth.keyframes
    assert not kept.is_present(crossing.frames[5].timestamp_ns)


def test_an_end_that_was_the_tracks_own_stays_with_its_reason(crossing: Log) -> None:
    times_ns = [frame.timestamp_ns for frame in crossing.frames]
    own = Span(times_ns[4] - 1000, times_ns[20] + 1000, Edge.OCCLUDED, Edge.RANGE)
    track = a_track(crossing, [4, 20], presence=(own,))
    item = LabelledLog(crossing, (track,), Selection(frames=((0, 10),)))
    assert chosen_tracks(item).tracks[0].presence == (
        Span(times_ns[4] - 1000, times_ns[10], Edge.OCCLUDED, Edge.VIEW),
    )


def test_an_export_of_some_frames_says_what_was_left_out(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path
) -> None:
    item = LabelledLog(crossing, tracks, Selection(frames=((0, 1),)))
    report = DATASET.write_labels([item], tmp_path / "out", ExportOptions())
    read = DATASET.read_labels(crossing, tmp_path / "out")
    assert report.frames == 2
    assert report.tracks == len(read.tracks)
    assert report.cuboids == sum(len(track.keyframes) for track in read.tracks)


def test_a_track_of_which_nothing_is_left_out_stays_as_it_is(crossing: Log) -> None:
    track = a_track(crossing, [0, 5, 10, 15])
    chosen = Selection(frames=((0, 20),))
    assert chosen_tracks(LabelledLog(crossing, (track,), chosen)).tracks[0] is track
