"""All tracks at one time, against `Track.state_at` of each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.tracks import pool
from av3d.tracks.change import Change
from av3d.tracks.columns import PROVENANCES
from av3d.tracks.document import Document
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.motion.model import Motion
from av3d.tracks.motion.states import MotionStates
from av3d.tracks.placement import Placement
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from tracks.strategies import FRAMES, STEP_NS, times_ns, tracks

S = 1_000_000_000


def box(x=0.0, y=0.0, yaw=0.0, length=4.0):
    return Cuboid.from_yaw([x, y, 0.0], [length, 2.0, 1.5], yaw)


LINEAR = Interpolation(model=Model.LINEAR)


def track(track_id, *keyframes, presence=(), interpolation=LINEAR):
    boxes = tuple(Keyframe(t, c) for t, c in keyframes)
    return Track(track_id, "car", boxes, presence, interpolation=interpolation)


def assert_as_each_track_says(found, everyone, time_ns):
    """That arrays and items are what the tracks themselves give, in their order."""
    there = [item for item in everyone if item.is_present(time_ns)]
    assert found.timestamp_ns == time_ns
    assert found.tracks == there
    assert found.track_ids == [item.id for item in there]
    assert len(found) == len(there)
    for row, item in enumerate(there):
        state = item.state_at(time_ns)
        assert state is not None
        pose = state.cuboid.frame_SE3_cuboid
        np.testing.assert_allclose(found.centers_m[row], pose.translation_m, atol=1e-9)
        np.testing.assert_allclose(found.rotations[row], pose.rotation, atol=1e-9)
        np.testing.assert_allclose(found.sizes_lwh_m[row], state.cuboid.size_lwh_m, atol=1e-9)
        # A centre that is off by 1e-13 m is 1e-4 m/s where two keyframes are a nanosecond apart.
        np.testing.assert_allclose(found.velocities_m_s[row], state.velocity_m_s, rtol=1e-12)
        assert PROVENANCES[found.provenances[row]] is state.provenance
        one = found[row]
        np.testing.assert_allclose(
            one.cuboid.frame_SE3_cuboid.matrix, pose.matrix, rtol=0, atol=1e-9
        )
        assert (one.timestamp_ns, one.provenance) == (time_ns, state.provenance)
        assert one.attributes == state.attributes
        if state.provenance is not Provenance.INTERPOLATED:
            assert one.cuboid == state.cuboid


@st.composite
def crowds(draw):
    """A few tracks of random keyframes, static or not, with gaps, or of one keyframe."""
    count = draw(st.integers(0, 4))
    return [draw(tracks(f"t{number}")) for number in range(count)]


@given(crowds(), times_ns())
def test_a_document_says_where_its_tracks_are_as_they_do(everyone, time_ns):
    assert_as_each_track_says(Document.of(everyone).cuboids_at(time_ns), everyone, time_ns)


@given(st.data())
def test_edits_leave_nothing_of_what_was_behind(data):
    document = Document.of(data.draw(crowds()))
    earlier = []
    for _ in range(data.draw(st.integers(1, 5))):
        earlier.append(document)
        if data.draw(st.booleans()):  # otherwise the next edit comes before anybody has looked
            document.cuboids_at(0)
        changes = []
        for track_id in data.draw(st.lists(st.sampled_from("abct"), unique=True, max_size=3)):
            before = document.tracks.get(track_id)
            after = (
                data.draw(st.none() | tracks(track_id)) if before else data.draw(tracks(track_id))
            )
            changes.append(Change(before, after))
        document = document.apply(changes)
    time_ns = data.draw(times_ns())
    for one in [document, *earlier]:
        assert_as_each_track_says(one.cuboids_at(time_ns), list(one.tracks.values()), time_ns)


def test_between_keyframes_outside_of_them_and_in_a_gap():
    everyone = [
        track("moves", (0, box()), (2 * S, box(10, 0, 1.0, 5.0))),
        track("held", (S, box(7)), (2 * S, box(8)), presence=(Span(0, 3 * S),)),
        track("one", (S, box(3)), presence=(Span(0, 9 * S),)),
        track("away", (0, box()), (9 * S, box(9)), presence=(Span(0, S // 4), Span(S, 9 * S))),
    ]
    found = Document.of(everyone).cuboids_at(S // 2)
    assert found.track_ids == ["moves", "held", "one"]
    assert found.centers_m[:, 0].tolist() == [2.5, 7.0, 3.0]
    assert found.sizes_lwh_m[:, 0].tolist() == [4.25, 4.0, 4.0]
    assert found.velocities_m_s[:, 0].tolist() == [5.0, 0.0, 0.0]
    assert found.keyframes.tolist() == [-1, -1, -1]
    assert found.world_SE3_cuboids[0].yaw_rad == pytest.approx(0.25)
    assert [state.provenance for state in found] == ["interpolated"] * 3

    at_a_keyframe = Document.of(everyone).cuboids_at(2 * S)
    assert at_a_keyframe.track_ids == ["moves", "held", "one", "away"]
    assert at_a_keyframe.keyframes.tolist() == [1, 1, -1, -1]
    assert at_a_keyframe.cuboid(1) is everyone[1].keyframes[1].cuboid


def test_smooth_tracks_and_labels_of_every_frame_are_as_they_say_themselves():
    smooth = Interpolation()
    everyone = [
        track("sparse", (0, box()), (S, box(4)), (2 * S, box(12, 0, 0.2)), interpolation=smooth),
        track("dense", *((k * S // 10, box(k)) for k in range(21)), interpolation=smooth),
        track("straight", (0, box()), (2 * S, box(9))),
    ]
    document = Document.of(everyone)
    for time_ns in (0, S // 3, S, 7 * S // 4, 2 * S):
        found = document.cuboids_at(time_ns)
        assert np.isnan(found.known_velocities_m_s[:2, 0]).any()
        assert_as_each_track_says(found, everyone, time_ns)


def test_a_flipped_heading_turns_the_way_in_which_the_track_turns():
    """Half a turn has two shortest ways; rounding chooses, in the same way everywhere."""
    everyone = [track(f"t{yaw}", (0, box(yaw=yaw)), (S, box(yaw=yaw + np.pi))) for yaw in range(6)]
    found = Document.of(everyone).cuboids_at(S // 3)
    assert_as_each_track_says(found, everyone, S // 3)


def test_times_as_large_as_can_be_asked_for_find_nobody():
    document = Document.of([track("a", (-(2**62) + 1, box()), (2**62 - 1, box(4)))])
    assert len(document.cuboids_at(2**62)) == 0
    assert len(document.cuboids_at(-(2**80))) == 0
    assert len(document.cuboids_at(2**62 - 1)) == 1
    assert document.cuboids_at(0).centers_m[0, 0] == pytest.approx(2.0)


def test_without_tracks_there_is_nobody():
    found = Document().cuboids_at(0)
    assert found.tracks == []
    assert found.centers_m.shape == (0, 3)
    assert found.rotations.shape == (0, 3, 3)
    assert list(found) == []


def test_what_is_found_cannot_be_changed():
    found = Document.of([track("a", (0, box()), (S, box(1)))]).cuboids_at(S // 2)
    for array in (found.centers_m, found.rotations, found.provenances, found[0].velocity_m_s):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


# What an edit costs


def crowd(count):
    return [track(f"t{n}", (0, box(n)), (S, box(n + 1)), (2 * S, box(n))) for n in range(count)]


def counted(monkeypatch):
    """A list to which the number of tracks is added that are written to a pool each time."""
    written = []
    add = pool.Pool.add

    def add_and_count(self, everyone):
        written.append(len(everyone))
        return add(self, everyone)

    monkeypatch.setattr(pool.Pool, "add", add_and_count)
    return written


def test_an_edit_writes_only_the_tracks_that_it_touches(monkeypatch):
    written = counted(monkeypatch)
    document = Document.of(crowd(50))
    document.cuboids_at(S)
    assert written == [50]
    for number in (3, 4, 5):
        before = document.track(f"t{number}")
        after = track(before.id, (0, box(100.0)))
        document = document.apply([Change(before, after)])
        if number > 3:  # nobody looks after the first edit
            assert document.cuboids_at(0).centers_m[3:6, 0].max() == 100
    assert written == [50, 2, 1]


def test_what_edits_leave_behind_is_cleared_away(monkeypatch):
    monkeypatch.setattr("av3d.tracks.placement.SPARE", 10)
    written = counted(monkeypatch)
    everyone = {item.id: item for item in crowd(4)}
    placement = Placement(everyone)
    for _ in range(30):
        placement = placement.changed(everyone, ["t2"])
    # 12 keyframes at first, 3 more with each edit: the ninth finds more than 34, and so on.
    assert [n for n, count in enumerate(written) if count == 4] == [0, 9, 18, 27]
    assert placement._pool.keyframe_count <= 2 * 12 + 10 + 3
    assert_as_each_track_says(placement.at(S // 2), list(everyone.values()), S // 2)


def test_a_track_that_moves_by_another_model_is_asked_itself():
    class Jumps(Motion):
        """Stays at a keyframe until the next one."""

        def states(self, times_ns):
            columns, count = self.columns, len(times_ns)
            rows = np.searchsorted(columns.times_ns, times_ns, "right") - 1
            still = np.zeros((count, 3))
            return MotionStates(
                times_ns, columns.centers_m[rows], columns.rotations[rows], still, still,
                np.zeros(count), None,
            )  # fmt: skip

    jumping = track("jumps", (0, box(1)), (S, box(2)), (2 * S, box(5)))
    jumping.__dict__["motion"] = Jumps(jumping.columns)
    jumping.__dict__["is_linear"] = False
    everyone = [jumping, track("moves", (0, box(1)), (S, box(2)))]
    document = Document.of(everyone)
    found = document.cuboids_at(S // 2)
    assert found.centers_m[:, 0].tolist() == [1.0, 1.5]
    for time_ns in range(0, FRAMES * STEP_NS, STEP_NS // 2):
        assert_as_each_track_says(document.cuboids_at(time_ns), everyone, time_ns)
