"""The protocols of tests/benchmarks/motion are right: on motions whose figures can be told beforehand."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from motion.edits import edit_advised, edit_worst
from motion.made import DRIVES, START_NS, Drive, Leg, made_spans, walk
from motion.measuring import keyframes_per_100, measure, share_good, tasks
from motion.models import BASELINES, Given, SensorLinear, Spline, States, WorldLinear
from motion.noise import LEVELS, NoiseLevel, noisy
from motion.overlap import ious_3d
from motion.report import figures, head, tables
from motion.spacing import COORDINATES, drop_frames, fill, pose_errors, spaced
from motion.spans import Span, av2_logs, bridge, group_of, read_spans
from scipy.spatial.transform import Rotation

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import iou_3d
from av3d.geometry.se3 import SE3, rotation_about_z

EXACT = NoiseLevel(0.0, 0.0)
SIZE_LWH_M = np.array([4.0, 2.0, 1.5])


def span_of(centers_m: np.ndarray, yaws_rad: np.ndarray, ego: SE3 | None = None) -> Span:
    count = len(centers_m)
    return Span(
        "log", "track", "car", "wheeled", START_NS + 100_000_000 * np.arange(count),
        centers_m, rotation_about_z(yaws_rad), SIZE_LWH_M, ego or SE3.identity((count,)),
    )  # fmt: skip


def straight(count: int = 51, speed_m_s: float = 10.0) -> Span:
    centers_m = np.zeros((count, 3))
    centers_m[:, 0] = speed_m_s * 0.1 * np.arange(count)
    return span_of(centers_m, np.zeros(count))


def with_corner() -> Span:
    """A metre along x, then one along y, five seconds each, heading along x all the time."""
    centers_m = np.zeros((101, 3))
    centers_m[:, 0] = 0.02 * np.minimum(np.arange(101), 50)
    centers_m[:, 1] = 0.02 * np.maximum(np.arange(101) - 50, 0)
    return span_of(centers_m, np.zeros(101))


turns = st.tuples(*[st.floats(-math.pi, math.pi)] * 3)
shifts = st.tuples(*[st.sampled_from([0.0, 0.5, -1.0]) | st.floats(-3, 3)] * 3)
sides = st.tuples(*[st.floats(0.3, 6)] * 3)
axes = st.sampled_from(["x", "y", "z", "xyz"])


@given(turns, turns, axes, shifts, sides)
def test_overlap_is_that_of_the_geometry_for_any_two_poses(
    first, second, axis, shift, size
) -> None:
    one = Rotation.from_euler("xyz", first).as_matrix()
    relative = Rotation.from_euler(axis, second if axis == "xyz" else second[0]).as_matrix()
    other = one @ relative
    center_m = one @ np.array(shift)
    found = ious_3d(np.zeros((1, 3)), one[None], center_m[None], other[None], np.array(size))[0]
    expected = iou_3d(
        Cuboid(SE3(one, np.zeros(3)), np.array(size)), Cuboid(SE3(other, center_m), np.array(size))
    )
    assert found == pytest.approx(expected, abs=1e-6)


def test_overlap_of_equal_cuboids_is_one_and_of_far_ones_none() -> None:
    tilted = Rotation.from_euler("xyz", [0.2, -0.1, 3.0]).as_matrix()[None]
    at = np.array([[7e5, 5e6, 300.0]])
    assert ious_3d(at, tilted, at, tilted, SIZE_LWH_M)[0] == pytest.approx(1.0, abs=1e-9)
    assert ious_3d(at, tilted, at + 50, tilted, SIZE_LWH_M)[0] == 0.0


@pytest.mark.parametrize("model", BASELINES, ids=lambda model: model.name)
def test_a_straight_way_at_constant_speed_takes_two_keyframes(model) -> None:
    edited = edit_worst(straight(), model, EXACT, seed=0)
    assert edited.keyframes == 2
    assert edited.worst_iou == pytest.approx(1.0)
    assert edited.filled == 49


def test_linear_takes_one_more_keyframe_at_the_corner() -> None:
    edited = edit_worst(with_corner(), WorldLinear(), EXACT, seed=0)
    assert edited.keyframes == 3
    assert edited.worst_iou == pytest.approx(1.0)


def test_without_advice_the_middle_of_the_longest_gap_is_next() -> None:
    edited = edit_advised(with_corner(), WorldLinear(), EXACT, seed=0, stop_by_truth=True)
    assert edited.keyframes == 3  # frame 50, between 0 and 100


class Knowing:
    """A model that thinks it needs a keyframe at the sixth free frame until it has four."""

    name = "knowing"
    advises = True

    def fit(self, given: Given) -> Knowing:
        self.inner = WorldLinear().fit(given)
        self.given = given
        return self

    def states(self, times_ns: np.ndarray) -> States:
        return self.inner.states(times_ns)

    def expected_iou(self, times_ns: np.ndarray) -> np.ndarray:
        return np.full(len(times_ns), 0.6 if len(self.given.times_ns) < 4 else 0.8)

    def next_keyframe(self, times_ns: np.ndarray) -> int:
        return 5


def test_advice_is_followed_and_expectation_may_stop() -> None:
    model = Knowing()
    edited = edit_advised(straight(), model, EXACT, seed=0, stop_by_truth=False)
    assert edited.keyframes == 4
    # Row 0 is a keyframe: the sixth free frame is 6, then, without it, 7.
    assert np.searchsorted(straight().times_ns, model.given.times_ns).tolist() == [0, 6, 7, 50]


def test_stopping_by_truth_asks_no_expectation() -> None:
    assert edit_advised(straight(), Knowing(), EXACT, 0, stop_by_truth=True).keyframes == 2


def test_noise_is_the_same_for_everybody_who_asks_for_a_frame() -> None:
    span = straight()
    level = LEVELS[1]
    again = replace(span, rotations=span.rotations.copy())
    assert np.array_equal(noisy(span, level, 3).matrix, noisy(again, level, 3).matrix)
    assert not np.array_equal(noisy(span, level, 3).matrix, noisy(span, level, 4).matrix)
    assert np.array_equal(noisy(span, EXACT, 3).translation_m, span.centers_m)


def test_noise_is_as_large_as_it_is_called_and_half_in_height() -> None:
    span = straight(20_000)
    poses = noisy(span, NoiseLevel(0.1, 2.0), 0)
    off_m = poses.translation_m - span.centers_m
    assert off_m.std(axis=0) == pytest.approx([0.1, 0.1, 0.05], rel=0.03)
    assert np.degrees(poses.yaw_rad).std() == pytest.approx(2.0, rel=0.03)


def test_keyframes_at_a_spacing_begin_and_end_the_span() -> None:
    times_ns = START_NS + 100_000_000 * np.arange(36)
    assert spaced(times_ns, 1.0).tolist() == [0, 10, 20, 30, 35]
    assert spaced(times_ns[[0, 1, 2, 9, 12, 35]], 1.0).tolist() == [0, 3, 4, 5]


def test_dropped_frames_are_gone_and_the_rest_is_filled_in_time() -> None:
    span = drop_frames(straight(1001), seed=1)
    assert span is not None
    assert len(span) == pytest.approx(700, abs=50)
    assert fill(span, WorldLinear(), EXACT, 0, 2.0).ious.min() == pytest.approx(1.0)
    # The ego vehicle stands still here: by the number of the frame it is wrong all the same.
    assert fill(span, SensorLinear(), EXACT, 0, 2.0).ious.min() < 0.9


def test_sensor_linear_is_bent_by_a_turning_ego_vehicle_and_world_linear_is_not() -> None:
    span = straight()
    ego = SE3.from_yaw(0.03 * np.arange(51), np.zeros((51, 3)))
    turning = replace(span, world_SE3_ego=ego)
    ends = np.array([0, 50])
    given = Given.of(turning, noisy(turning, EXACT, 0), ends)
    linear = WorldLinear().fit(given).states(turning.times_ns)
    bent = SensorLinear().fit(given).states(turning.times_ns)
    assert linear.centers_m == pytest.approx(turning.centers_m)
    assert np.abs(bent.centers_m - turning.centers_m).max() > 1
    assert bent.centers_m[ends] == pytest.approx(turning.centers_m[ends])


@pytest.mark.parametrize("kind", ["makima", "cubic"])
def test_splines_go_through_keyframes_and_past_half_a_turn(kind: str) -> None:
    yaws_rad = np.linspace(3.0, 3.6, 41)
    centers_m = np.column_stack([np.arange(41.0), np.zeros(41), np.zeros(41)])
    span = span_of(centers_m, yaws_rad)
    rows = np.array([0, 13, 29, 40])
    states = Spline(kind).fit(Given.of(span, noisy(span, EXACT, 0), rows)).states(span.times_ns)
    assert states.centers_m == pytest.approx(centers_m)
    assert states.rotations == pytest.approx(rotation_about_z(yaws_rad))


def test_the_errors_of_poses_are_seen_from_them() -> None:
    quarter = rotation_about_z(np.array([math.pi / 2]))
    true = rotation_about_z(np.array([math.pi / 2 + 0.1]))
    errors = pose_errors(np.zeros((1, 3)), quarter, np.array([[1.0, 2.0, 3.0]]), true)
    assert dict(zip(COORDINATES, errors[0], strict=True)) == pytest.approx(
        {"along": 2.0, "across": -1.0, "up": 3.0, "yaw": 0.1}
    )


class Honest(WorldLinear):
    """Knows the noise and the motion: straight lines between keyframes."""

    name = "honest"

    def fit(self, given: Given) -> Honest:
        self.inner = super().fit(given)
        self.given = given
        return self

    def states(self, times_ns: np.ndarray) -> States:
        states = self.inner.states(times_ns)
        left = np.clip(
            np.searchsorted(self.given.times_ns, times_ns, side="right") - 1,
            0, len(self.given.times_ns) - 2,
        )  # fmt: skip
        steps = np.diff(self.given.times_ns)[left]
        part = (times_ns - self.given.times_ns[left]) / steps
        share = part**2 + (1 - part) ** 2
        sigmas = np.array([0.1, 0.1, 0.05, 1e-9, 1e-9, math.radians(2)])
        return States(states.centers_m, states.rotations, share[:, None, None] * np.diag(sigmas**2))


def test_an_honest_model_covers_ninety_percent_by_coordinate_and_jointly() -> None:
    span = straight(20_001)
    filled = fill(span, Honest(), NoiseLevel(0.1, 2.0), 0, 0.2)
    assert filled.inside is not None
    assert filled.jointly is not None
    assert filled.inside.mean(axis=0) == pytest.approx([0.9] * 4, abs=0.02)
    assert filled.jointly.mean() == pytest.approx(0.9, abs=0.02)


def test_a_drive_is_integrated_exactly() -> None:
    drive = Drive([Leg(2, 1.5, 0.1), Leg(3, -2.0, -0.05), Leg(1)], speed_m_s=1.0, yaw_rad=0.5)
    found = drive.poses(np.array([1.0, 4.0, 6.0]), ahead_m=1.2)
    steps = 60_000
    times = (np.arange(steps) + 0.5) * 6 / steps
    speed = np.where(times < 2, 1 + 1.5 * times, np.where(times < 5, 4 - 2 * (times - 2), -2.0))
    bend = np.where(times < 2, 0.1, np.where(times < 5, -0.05, 0.0))
    way = speed * 6 / steps
    yaw = 0.5 + np.cumsum(bend * way) - bend * way / 2
    x, y = np.cumsum(way * np.cos(yaw)), np.cumsum(way * np.sin(yaw))
    for row, at in enumerate([10_000, 40_000, 60_000]):
        end_yaw = yaw[at - 1]
        expected = [
            x[at - 1] + 1.2 * math.cos(end_yaw), y[at - 1] + 1.2 * math.sin(end_yaw), end_yaw
        ]  # fmt: skip
        assert found[row] == pytest.approx(expected, abs=1e-3)


def test_somebody_walks_and_turns_at_the_corner() -> None:
    times_s = np.array([0.0, 4.0, 5.25, 6.0])
    found = walk(times_s, [(5.0, 1.0, 0.0), (5.0, 2.0, 1.0)])
    assert found[:3] == pytest.approx(
        np.array([[0, 0, 0], [4, 0, 0], [5 + 0.5 * math.cos(1), 0.5 * math.sin(1), 0.5]])
    )
    assert found[3, 2] == 1.0


def test_made_cases_are_the_same_in_every_run_and_all_there() -> None:
    first, second = made_spans(4, 1), made_spans(4, 1)
    assert all(
        np.array_equal(one.centers_m, other.centers_m)
        for one, other in zip(first, second, strict=True)
    )
    assert {span.case for span in first} >= {*DRIVES, "walk", "u-turn, slope", "left turn, gap"}
    tilts = {span.case: np.abs(span.rotations[:, 2, :2]).max() for span in first}
    assert tilts["u-turn"] == 0
    assert tilts["u-turn, slope"] == pytest.approx(math.hypot(0.08, 0.04), rel=0.02)


def test_a_run_adds_up_by_half_group_and_case() -> None:
    spans = made_spans(0, 1)
    models = [WorldLinear(), Spline("makima")]
    rows = measure(spans, list(tasks(["a", "c"], models, seeds=1)))
    found = figures(rows)
    whole = [
        figure for figure in found
        if (figure.get("half"), figure.get("group"), figure.get("motion")) == ("all",) * 3
        and (figure["protocol"], figure["noise"], figure["model"]) == ("a", "none", "linear")
    ]  # fmt: skip
    linear = [
        row for row in rows if (row.protocol, row.level, row.model) == ("a", "none", "linear")
    ]
    assert len(linear) == len(spans)
    assert len(whole) == 1
    assert whole[0]["keyframes_per_100"] == keyframes_per_100(linear)
    assert whole[0]["share_good"] == share_good(linear) == 1.0
    assert whole[0]["to_linear"] == 1.0
    assert "5 cm/1°" in tables(found)
    assert head(spans).startswith(f"{len(spans)} spans")


def test_processes_find_the_same() -> None:
    spans = made_spans(0, 1)[:3]
    work = list(tasks(["a", "d"], [WorldLinear()], seeds=1))

    def facts(jobs: int) -> list:
        return [replace(row, took_s=0.0) for row in measure(spans, work, jobs)]

    assert facts(2) == facts(1)


def test_road_users_go_by_themselves() -> None:
    assert [group_of(name) for name in ("car", "bicycle", "pedestrian")] == [
        "wheeled", "two-wheeler", "legged"
    ]  # fmt: skip
    assert [group_of(name) for name in ("trailer", "cone", "other", "no such thing")] == [None] * 4


def test_short_occlusions_are_bridged_and_ends_are_not() -> None:
    seen = np.array([0, 1, 0, 0, 1, 0, 0, 0, 1, 0], dtype=bool)
    assert bridge(seen, 2).astype(int).tolist() == [0, 1, 1, 1, 1, 0, 0, 0, 1, 0]


def test_the_spans_are_those_of_the_issue(real_data: Path) -> None:
    spans = read_spans(av2_logs(real_data))
    assert (len(spans), sum(map(len, spans))) == (91, 8867)


def test_baselines_give_the_figures_of_the_issue(real_data: Path) -> None:
    spans = read_spans(av2_logs(real_data))
    edits = {
        model.name: sum(edit_worst(span, model, EXACT, 0).keyframes for span in spans) / 88.67
        for model in (WorldLinear(), Spline("makima"))
    }
    assert edits == pytest.approx({"linear": 4.16, "makima": 3.94}, abs=0.005)
