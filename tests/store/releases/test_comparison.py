"""What changed between two states: which tracks, in which way, by how much."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.ontology.presets import default
from av3d.store.releases.comparison import TrackDifference, compare
from av3d.store.releases.distances import comparison_times
from av3d.store.releases.labels import Labels
from av3d.store.releases.words import change_summary, difference_as_json, difference_lines, summary
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

S = 1_000_000_000
LOG = "drive"


def car(
    track_id: str = "a",
    x_m: float = 0.0,
    y_m: float = 0.0,
    yaw_rad: float = 0.0,
    length_m: float = 4.0,
    **more: object,
) -> Track:
    """A car that drives 10 m along x in one second."""
    size = np.array([length_m, 2.0, 1.5])
    keyframes = tuple(
        Keyframe(time_ns, Cuboid(SE3.from_yaw(yaw_rad, [x_m + way_m, y_m, 0.0]), size))
        for time_ns, way_m in ((0, 0.0), (S, 10.0))
    )
    values: dict[str, object] = {"number": 1, **more}
    return Track(track_id, str(values.pop("category", "car")), keyframes, **values)  # type: ignore[arg-type]


def labels(
    *tracks: Track, events: Iterable[Event] = (), title: str = "v1", log: str = LOG
) -> Labels:
    return Labels(
        title, "p.av3d", default(), {log: Document.of(tracks, events)}, {log: (0, S)}, 1, "", 0
    )


def difference(before: Track | None, after: Track | None) -> TrackDifference:
    sides = [labels(*([] if one is None else [one])) for one in (before, after)]
    [found] = compare(*sides).logs[0].tracks
    return found


def test_labels_are_the_same_as_themselves() -> None:
    found = compare(labels(car()), labels(car()))
    assert found.is_empty
    assert list(difference_lines(found))[-1] == "nothing changed"
    assert difference_as_json(found)["same"] is True


def test_a_move_is_told_over_all_times_in_common() -> None:
    found = difference(car(), car(x_m=0.3, y_m=0.4))
    assert (found.state, found.kinds) == ("changed", ("moved",))
    assert found.motion is not None
    assert found.motion.mean_m == pytest.approx(0.5)
    assert found.motion.max_m == pytest.approx(0.5)
    assert (found.motion.times, found.motion.only_before, found.motion.only_after) == (11, 0, 0)


def test_the_time_of_the_largest_distance_is_told() -> None:
    before = car()
    first, last = before.keyframes
    pose = SE3.from_yaw(0.0, [12.0, 0.0, 0.0])
    moved = replace(last, cuboid=Cuboid(pose, last.cuboid.size_lwh_m))
    motion = difference(before, before.with_keyframes((first, moved))).motion
    assert motion is not None
    assert motion.max_at_ns == S
    assert motion.max_m == pytest.approx(2.0)
    assert motion.mean_m == pytest.approx(1.0, abs=0.1)


def test_sizes_and_headings_are_told() -> None:
    found = difference(car(), car(yaw_rad=math.pi - 0.1, length_m=4.5))
    assert {"resized", "turned"} <= set(found.kinds)
    assert found.motion is not None
    assert found.motion.mean_size_change_lwh_m == pytest.approx((0.5, 0.0, 0.0))
    assert found.motion.max_yaw_change_rad == pytest.approx(math.pi - 0.1, abs=0.2)


@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        (car(category="truck"), ("category",)),
        (car(attributes={"parked": True}), ("attributes",)),
        (car(presence=(Span(0, 2 * S),)), ("presence",)),
        (car(note="look at the mirror"), ("other",)),
        (car(category="truck", y_m=1.0), ("category", "moved")),
    ],
)
def test_the_ways_in_which_a_track_can_change(after: Track, kinds: tuple[str, ...]) -> None:
    assert difference(car(), after).kinds == kinds


def test_a_keyframe_that_is_gone_is_no_change_of_attributes() -> None:
    before = car()
    first, last = before.keyframes
    middle = replace(first, timestamp_ns=S // 2, attributes={"points": 7})
    full = before.with_keyframes((first, middle, last))
    assert "attributes" not in difference(full, before).kinds
    told = before.with_keyframes((first, replace(middle, attributes={"points": 8}), last))
    assert difference(full, told).kinds == ("attributes",)


def test_times_at_which_only_one_state_has_the_track_are_counted() -> None:
    motion = difference(car(), car(presence=(Span(0, S // 2),))).motion
    assert motion is not None
    assert (motion.times, motion.only_before, motion.only_after) == (6, 5, 0)


def test_added_and_removed_tracks_are_told() -> None:
    found = compare(labels(car("a")), labels(car("b", y_m=50.0)))
    [log] = found.logs
    assert [(one.state, one.track.id) for one in log.tracks] == [("added", "b"), ("removed", "a")]
    assert summary(log) == "1 → 1 track: 1 added, 1 removed, 0 changed, 0 the same"


def test_a_track_that_was_imported_anew_is_known_by_its_place() -> None:
    before = labels(car("a"), car("b", y_m=5.0, number=2), car("c", y_m=10.0, number=3))
    after = labels(car("x", y_m=5.1, number=1), car("y", y_m=0.2, number=2), car("c", y_m=10.0))
    [log] = compare(before, after).logs
    again = {
        (one.before.id, one.after.id): one.overlap
        for one in log.tracks
        if one.before and one.after and one.overlap is not None
    }
    assert again.keys() == {("a", "y"), ("b", "x")}
    assert again["b", "x"] == pytest.approx((2 - 0.1) / (2 + 0.1))
    assert "2 tracks known again by overlap" in change_summary(log)


def test_a_neighbour_is_not_taken_for_a_track() -> None:
    [log] = compare(labels(car("a")), labels(car("b", y_m=1.5))).logs
    assert {one.state for one in log.tracks} == {"added", "removed"}


def test_a_track_of_another_time_is_not_taken_for_one_at_the_same_place() -> None:
    early, late = car("a"), car("b")
    late = late.with_keyframes(
        replace(keyframe, timestamp_ns=keyframe.timestamp_ns + 2 * S) for keyframe in late.keyframes
    )
    late = replace(late, presence=(Span(2 * S, 3 * S),))
    [log] = compare(labels(early), labels(late)).logs
    assert {one.state for one in log.tracks} == {"added", "removed"}


def test_frames_of_the_recording_are_taken_where_they_are_known() -> None:
    found = compare(labels(car()), labels(car(y_m=1.0)), {LOG: [0, S // 3, S // 2]})
    [one] = found.logs[0].tracks
    assert one.motion is not None
    assert one.motion.times == 3
    assert found.logs[0].frames


def test_sweeps_of_ten_hertz_get_no_times_between_them() -> None:
    times_ns = [0, 100_000_000, 201_000_000, 299_000_000]
    cuboid = car().keyframes[0].cuboid
    track = Track("a", "car", tuple(Keyframe(ns, cuboid) for ns in times_ns))
    assert comparison_times([track], [], None).tolist() == times_ns


def test_a_motion_between_keyframes_that_changed_is_seen() -> None:
    """Both have the same keyframes but for one in the middle."""
    before = car()
    middle = Keyframe(S // 2, Cuboid(SE3.from_yaw(0, [5.0, 3.0, 0.0]), np.array([4.0, 2.0, 1.5])))
    found = difference(before, before.with_keyframes((*before.keyframes, middle)))
    assert found.motion is not None
    assert found.motion.max_m == pytest.approx(3.0, abs=0.3)


def test_logs_and_ontologies_that_only_one_side_has_are_told() -> None:
    before, after = labels(car()), labels(car(), log="other")
    events = default().events
    after = replace(after, ontology=replace(default(), version=2, events=events[:-1]))
    found = compare(before, after)
    assert (found.logs, found.logs_added, found.logs_removed) == ((), ("other",), (LOG,))
    assert found.ontology == (
        "ontology av3d, version 1 → av3d, version 2",
        f"event {events[-1].key} removed",
    )


def test_events_are_told() -> None:
    rain, snow = Event("e", "rain", 0, S), Event("e", "rain", 0, S // 2)
    [log] = compare(labels(events=[rain]), labels(events=[snow])).logs
    [event] = log.events
    assert event.lines == ("holds 0.00–0.50 s, before: 0.00–1.00 s",)


def test_the_text_lists_the_first_and_counts_the_rest() -> None:
    after = [car(f"t{number}", y_m=10.0 * number, number=number) for number in range(5)]
    lines = list(difference_lines(compare(labels(), labels(*after, title="v2")), most=2))
    assert lines[0] == "v1 (entry 1) → v2 (entry 1)"
    assert lines[-1] == "  and 3 tracks more"
    assert sum(line.startswith("  added") for line in lines) == 2


def test_json_says_the_same_as_numbers() -> None:
    [log] = difference_as_json(compare(labels(car()), labels(car(y_m=1.0))))["logs"]
    assert (log["same"], log["added"], log["removed"], log["changed"]) == (0, 0, 0, 1)
    assert log["kinds"]["moved"] == 1
    assert log["compared_at"] == "keyframes and every 0.1 s"
    [track] = log["tracks"]
    assert track["motion"]["mean_distance_m"] == pytest.approx(1.0)
    assert track["words"][-1] == "over 11 times: 1.00 m off on average, at most 1.00 m at 0.00 s"
