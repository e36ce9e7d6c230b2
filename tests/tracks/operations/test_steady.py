"""Edits of smooth tracks: nothing is seen to move where they do not mean it."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.attributes import set_attribute_at, set_attribute_on_span
from av3d.tracks.operations.common import EXACT, HELD_PART, cuboid_at, pinned
from av3d.tracks.operations.identity import split, swap
from av3d.tracks.operations.keyframes import confirm, delete_keyframe, set_keyframe
from av3d.tracks.operations.merging import plan_merge
from av3d.tracks.operations.simplify import simplify
from av3d.tracks.operations.spans import FrameSpan, flip_heading, rotate, shift
from av3d.tracks.operations.steady import STEADY_M, STEADY_RAD, Places, present_of
from av3d.tracks.track import Track
from tracks.strategies import few, there_and_back

S, STEP = 1_000_000_000, 100_000_000
FRAMES = list(range(0, 12 * S + 1, STEP))
SIZE = (4.5, 1.9, 1.6)


def driven(seed: int, spacing_s: float = 2.0, track_id: str = "a", **more) -> Track:
    """A car that speeds up and turns as drivers do; keyframes by a careful hand: 5 cm and 1 degree."""
    random = np.random.default_rng(seed)
    times_s = np.arange(0, 12.001, 0.02)
    speed = random.uniform(2, 12) + random.uniform(-1, 1) * np.sin(times_s / random.uniform(1.5, 4))
    turning = random.uniform(-0.25, 0.25) * np.sin(times_s / random.uniform(2, 5))
    yaw = random.uniform(-3, 3) + np.cumsum(turning) * 0.02
    x, y = (np.cumsum(speed * f(yaw)) * 0.02 for f in (np.cos, np.sin))
    keyframes = []
    for time_s in np.arange(0, 12.001, spacing_s):
        row = round(time_s / 0.02)
        off = random.normal(size=4) * [0.05, 0.05, 0.025, np.radians(1)]
        cuboid = Cuboid.from_yaw(
            [x[row] + off[0], y[row] + off[1], off[2]], SIZE, yaw[row] + off[3]
        )
        keyframes.append(Keyframe(round(time_s * S), cuboid))
    return Track(track_id, more.pop("category", "car"), tuple(keyframes), number=1, **more)


def after(changes: Iterable[Change], *tracks: Track) -> Document:
    return there_and_back(Document.of(tracks), changes)


def assert_stays(before: Track, edited: Track, frames_ns: Iterable[int]) -> None:
    times_ns = np.array(sorted(frames_ns), dtype=np.int64)
    metres, angles_rad = Places.of(edited, times_ns).apart(Places.of(before, times_ns))
    assert (metres <= STEADY_M).all()
    assert (angles_rad <= STEADY_RAD).all()


seeds = st.integers(0, 999)
frames = st.integers(1, len(FRAMES) - 2).map(lambda row: FRAMES[row])
spacings = st.sampled_from([0.5, 2.0, 4.0])


# Where a track is


def test_places_are_those_of_single_times():
    track = driven(1)
    still = replace(track.keyframes[2], timestamp_ns=5 * S)
    track = track.with_keyframes([*track.keyframes, still])
    times_ns = [-S, 0, S, 2 * S, 4 * S + 1, 5 * S, 7 * S, 12 * S, 20 * S]
    places = Places.of(track, np.array(times_ns))
    for row, time_ns in enumerate(times_ns):
        cuboid = cuboid_at(track, time_ns)
        np.testing.assert_allclose(places.centers_m[row], cuboid.center_m, atol=1e-9)
        np.testing.assert_allclose(
            places.rotations[row], cuboid.frame_SE3_cuboid.rotation, atol=1e-9
        )
    assert places.centers_m[4].tolist() == track.keyframes[2].cuboid.center_m.tolist()
    assert len(Places.of(track, np.empty(0, dtype=np.int64)).centers_m) == 0


def test_a_held_state_knows_half_the_doubt_that_the_motion_tells():
    track = driven(1)
    state = track.state_at(5 * S)
    told = np.sqrt(np.diag(state.covariance))[[0, 1, 2, 5]]
    assert pinned(track, 5 * S).noise.as_list() == pytest.approx(HELD_PART * told)
    assert pinned(track, 20 * S).noise is None


@few
@given(seeds, frames, spacings)
def test_a_held_state_moves_the_rest_by_a_few_centimetres_at_most(seed, time_ns, spacing_s):
    track = driven(seed, spacing_s)
    held = track.with_keyframes(
        {k.timestamp_ns: k for k in (*track.keyframes, pinned(track, time_ns))}.values()
    )
    times_ns = np.array(FRAMES)
    metres, angles_rad = Places.of(held, times_ns).apart(Places.of(track, times_ns))
    assert np.median(metres) < 0.1
    assert metres.max() < 0.25
    assert np.degrees(angles_rad).max() < 3


# Edits


@few
@given(seeds, frames, frames, spacings)
def test_a_value_on_a_span_moves_nothing(seed, one, other, spacing_s):
    track = driven(seed, spacing_s)
    start_ns, end_ns = sorted([one, other])
    changes = set_attribute_on_span(
        Document.of([track]), "a", start_ns, end_ns, "door", "open",
        next_ns=end_ns + STEP, frames_ns=FRAMES,
    )  # fmt: skip
    edited = after(changes, track).tracks["a"]
    assert_stays(track, edited, FRAMES)
    assert edited.attributes_at(end_ns) == {"door": "open"}
    assert edited.attributes_at(end_ns + STEP) == {}


@few
@given(seeds, frames, spacings)
def test_a_split_moves_nothing(seed, cut_ns, spacing_s):
    track = driven(seed, spacing_s)
    changes = split(
        Document.of([track]), "a", cut_ns, new_id="b", last_ns=cut_ns - STEP, frames_ns=FRAMES
    )
    parts = after(changes, track).tracks
    assert_stays(track, parts["a"], present_of(parts["a"], FRAMES).tolist())
    assert_stays(track, parts["b"], present_of(parts["b"], FRAMES).tolist())
    assert {k.timestamp_ns for p in parts.values() for k in p.keyframes} <= set(FRAMES)


@few
@given(seeds, seeds, frames, spacings)
def test_a_swap_moves_nothing_on_either_side(seed, other_seed, cut_ns, spacing_s):
    one, other = driven(seed, spacing_s), replace(driven(other_seed, track_id="b"), number=2)
    changes = swap(
        Document.of([one, other]), "a", "b", cut_ns, last_ns=cut_ns - STEP, frames_ns=FRAMES
    )
    swapped = after(changes, one, other).tracks
    early = [time_ns for time_ns in FRAMES if time_ns < cut_ns]
    late = [time_ns for time_ns in FRAMES if time_ns >= cut_ns]
    assert_stays(one, swapped["a"], early)
    assert_stays(other, swapped["a"], late)
    assert_stays(other, swapped["b"], early)
    assert_stays(one, swapped["b"], late)
    seam = [swapped["a"].keyframe_at(time_ns) for time_ns in (cut_ns - STEP, cut_ns)]
    assert [keyframe.noise for keyframe in seam] == [EXACT, EXACT]


@few
@given(seeds, frames, frames, st.sampled_from(["shift", "flip", "turn"]), spacings)
def test_an_edit_of_a_span_is_seen_in_it_and_nowhere_else(seed, one, other, name, spacing_s):
    track, document = driven(seed, spacing_s), Document.of([driven(seed, spacing_s)])
    start_ns, end_ns = sorted([one, other])
    span = FrameSpan(start_ns, end_ns, FRAMES)
    changes = {
        "shift": lambda: shift(document, ["a"], span, [0.3, 2.0, 0.0]),
        "flip": lambda: flip_heading(document, ["a"], span),
        "turn": lambda: rotate(document, ["a"], span, 0.1),
    }[name]()
    edited = after(changes, track).tracks["a"]
    assert_stays(track, edited, [t for t in FRAMES if not span.contains(t)])
    for time_ns in (t for t in FRAMES if span.contains(t)):
        was, now = cuboid_at(track, time_ns), cuboid_at(edited, time_ns)
        moved_m = now.center_m - was.center_m
        expected_m = [0.3, 2.0, 0.0] if name == "shift" else [0, 0, 0]
        assert np.linalg.norm(moved_m - expected_m) <= STEADY_M + 1e-9
        turned = now.yaw_rad - was.yaw_rad - {"shift": 0.0, "flip": np.pi, "turn": 0.1}[name]
        assert abs(np.arctan2(np.sin(turned), np.cos(turned))) <= STEADY_RAD + 1e-9


def test_setting_and_confirming_keyframes_fits_no_motion():
    track = driven(2)
    document = Document.of([track])
    cuboid = track.keyframes[1].cuboid
    changes = (
        *set_keyframe(document, "a", 3 * S, cuboid),
        *delete_keyframe(document, "a", 2 * S),
        *confirm(document, ["a"]),
        *set_attribute_at(document, "a", 2 * S, "door", "open", frames_ns=FRAMES),
    )
    assert len(changes) == 3
    for change in changes:
        assert "motion" not in change.after.__dict__
    assert "motion" not in track.__dict__


def test_an_edit_of_a_span_takes_few_keyframes():
    added = []
    for seed in range(12):
        track = driven(seed)
        document, span = Document.of([track]), FrameSpan(3 * S, 9 * S, FRAMES)
        edited = document.apply(shift(document, ["a"], span, [0.0, 2.0, 0.0])).tracks["a"]
        added.append(len(edited.keyframes) - len(track.keyframes))
    assert np.median(added) <= 10


def test_an_edit_of_all_of_a_track_makes_no_more_keyframes():
    track = driven(3)
    document, span = Document.of([track]), FrameSpan(0, 12 * S, FRAMES)
    edited = after(flip_heading(document, ["a"], span), track).tracks["a"]
    assert edited.times_ns == track.times_ns
    assert {k.provenance for k in edited.keyframes} == {Provenance.MANUAL}


def test_what_a_split_took_apart_a_merge_puts_together():
    track = driven(5)
    document = Document.of([track])
    apart = document.apply(split(document, "a", 5 * S, new_id="b", last_ns=5 * S - STEP))
    plan = plan_merge(apart, ["a", "b"], "a", step_ns=STEP)
    merged = apart.apply(plan.changes).tracks["a"]
    times_ns = np.array(FRAMES)
    metres, _ = Places.of(merged, times_ns).apart(Places.of(track, times_ns))
    assert metres.max() < 0.1


def test_a_merge_tells_that_how_a_track_moves_is_given_up():
    lost = driven(5)
    found = replace(
        driven(5, track_id="b"), number=2, interpolation=Interpolation(Model.LINEAR, pinned=True)
    )
    plan = plan_merge(Document.of([lost, found]), ["a", "b"], "a")
    assert plan.interpolations == ("linear, pinned",)
    assert "How it moves (linear, pinned) is given up." in plan.summary()


# Simplifying


@few
@given(seeds, st.floats(0.02, 0.5), st.floats(0.02, 0.2))
def test_a_simplified_track_passes_every_keyframe_within_the_tolerance(seed, metres, radians):
    track = driven(seed, 0.2)
    found = simplify(Document.of([track]), ["a"], metres, radians, manual=True)
    simple = after(found.changes, track).tracks["a"]
    off_m, off_rad = Places.of(simple, track.columns.times_ns).apart(
        Places.of(track, track.columns.times_ns)
    )
    assert off_m.max() == pytest.approx(found.largest_m)
    assert off_m.max() <= metres + 1e-8
    assert off_rad.max() <= radians + 1e-7
    assert found.removed == len(track.keyframes) - len(simple.keyframes)


def test_a_smooth_track_needs_fewer_keyframes_than_a_linear_one():
    counts = {Model.AUTOMATIC: 0, Model.LINEAR: 0}
    for model in counts:
        for seed in range(6):
            track = driven(seed, 0.2, interpolation=Interpolation(model))
            found = simplify(Document.of([track]), ["a"], 0.2, 0.1, manual=True)
            counts[model] += len(track.keyframes) - found.removed
    assert counts[Model.AUTOMATIC] < 0.8 * counts[Model.LINEAR]
