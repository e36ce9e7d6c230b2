from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.present.certainty import Certainties, Level, TrackCertainty, judge, suggest
from av3d.present.loader import Loader
from av3d.tracks.presence import Span

PERIOD_NS = 100_000_000


def certainty(overlaps, by_hand=(), ends=None):
    count = len(overlaps)
    times = np.arange(count) * PERIOD_NS
    hands = np.isin(np.arange(count), by_hand)
    ends = ends or ((0, (count - 1) * PERIOD_NS),)
    return TrackCertainty(times, np.array(overlaps), hands, hands, ends)


def test_overlaps_have_levels_and_frames_set_by_hand_are_certain():
    found = certainty([0.5, 0.69, 0.7, 0.79, 0.8, 0.3], by_hand=[5])
    assert found.levels.tolist() == [2, 2, 1, 1, 0, 0]


def test_stretches_meet_half_way_between_frames_and_end_with_presence():
    found = certainty([0.9, 0.9, 0.6, 0.5, 0.9])
    assert [(s.start_ns, s.end_ns, s.level, s.worst_iou) for s in found.stretches] == [
        (0, 150_000_000, Level.LOW, 0.9),
        (150_000_000, 350_000_000, Level.HIGH, 0.5),
        (350_000_000, 400_000_000, Level.LOW, 0.9),
    ]


def test_no_stretch_goes_through_an_absence():
    found = certainty([0.6] * 5, ends=((0, PERIOD_NS), (3 * PERIOD_NS, 4 * PERIOD_NS)))
    spans = [(stretch.start_ns, stretch.end_ns) for stretch in found.stretches]
    assert spans == [(0, PERIOD_NS), (3 * PERIOD_NS, 4 * PERIOD_NS)]
    assert found.at(2 * PERIOD_NS) is None


def test_the_least_certain_frame_has_no_keyframe():
    assert certainty([0.2, 0.6, 0.4, 0.9], by_hand=[0]).least == (2 * PERIOD_NS, 0.4)
    assert certainty([0.2, 0.6], by_hand=[0, 1]).least is None


def test_frames_between_keyframes_are_less_certain_than_those_at_them(log, tracks):
    found = judge(tracks[0], log.frames.timestamps_ns)
    assert found.expected_iou[5] < found.expected_iou[0]
    assert found.by_hand.tolist() == [True] + [False] * 11


def test_one_keyframe_tells_nothing(log, tracks):
    single = tracks[0].with_keyframes(tracks[0].keyframes[:1])
    assert judge(single, log.frames.timestamps_ns) is None
    assert suggest(single, log.frames.timestamps_ns) is None


def test_only_frames_in_which_the_object_is_there_are_judged(log, tracks):
    shown = replace(
        tracks[0], presence=(Span(0, 2 * PERIOD_NS), Span(9 * PERIOD_NS, 10 * PERIOD_NS))
    )
    found = judge(shown, log.frames.timestamps_ns)
    assert (found.times_ns // PERIOD_NS).tolist() == [0, 1, 2, 9, 10]


def test_after_an_edit_the_last_certainty_shows_until_the_new_one_is_known(log, tracks):
    loader = Loader(threads=0)
    certainties = Certainties(log, loader)
    before = tracks[0]
    assert certainties.of(before) is None
    loader.want(certainties.jobs([before], before))
    old = certainties.of(before)
    assert certainties.suggestion(before).time_ns % PERIOD_NS == 0
    after = before.with_keyframes([*before.keyframes])
    after = replace(after, note="another")
    assert certainties.of(after) is old
    assert not certainties.knows(after)
    assert certainties.suggestion(after) is None
    loader.want(certainties.jobs([after], None))
    assert certainties.knows(after)
    assert certainties.of(after) is not old


def test_what_was_found_elsewhere_is_learned(log, tracks):
    certainties = Certainties(log, Loader(threads=0))
    assert certainties.unknown(tracks) == list(tracks)
    certainties.learn(tracks[0], certainties.judge(tracks[0]))
    assert certainties.unknown(tracks) == list(tracks[1:])
    assert certainties.judge_now(tracks[1]).least[1] == pytest.approx(
        float(certainties.of(tracks[1]).expected_iou[1:-1].min())
    )
