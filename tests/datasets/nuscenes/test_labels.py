"""av3d categories and motion as nuScenes categories and attributes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from av3d.datasets.nuscenes.attributes import AttributeChooser
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.labels import choose_category, expressed_attributes
from av3d.geometry.cuboid import Cuboid
from av3d.tracks.categories import CATEGORIES
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

S = 1_000_000_000


def track(category: str, path: dict[float, float], **attributes: Any) -> Track:
    """A track that is at x = path[t] at time t, in seconds."""
    keyframes = tuple(
        Keyframe(round(t * S), Cuboid.from_yaw([x, 0, 0], [1, 1, 1], 0)) for t, x in path.items()
    )
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return Track("t", category, keyframes, attributes=named)


def attribute(made: Track, at_s: float) -> str:
    state = made.state_at(round(at_s * S))
    assert state is not None
    [name], _ = AttributeChooser([made], SceneFacts("scene", "log")).choose([0], [state])
    return name


@pytest.mark.parametrize("key", [c.key for c in CATEGORIES if c.key != "other"])
def test_every_category_of_av3d_but_other_has_a_nuscenes_category(key: str) -> None:
    assert not choose_category(track(key, {0: 0})).is_fallback


def test_other_is_written_as_something_that_no_task_scores() -> None:
    choice = choose_category(track("other", {0: 0}))
    assert choice.is_fallback
    assert choice.name == "movable_object.pushable_pullable"


@pytest.mark.parametrize("key", ["barrier", "movable_object.barrier", "Barrier"])
def test_an_ontology_may_use_nuscenes_words(key: str) -> None:
    choice = choose_category(track(key, {0: 0}))
    assert (choice.name, choice.is_fallback) == ("movable_object.barrier", False)


def test_a_track_may_say_its_nuscenes_category() -> None:
    made = track("pedestrian", {0: 0}, nuscenes__category="human.pedestrian.child")
    assert choose_category(made).name == "human.pedestrian.child"


def test_an_unknown_nuscenes_category_is_not_taken() -> None:
    made = track("car", {0: 0}, nuscenes__category="vehicle.spaceship")
    assert choose_category(made).name == "vehicle.car"
    state = made.state_at(0)
    assert state is not None
    assert expressed_attributes(made, state, "vehicle.car") == set()


def test_a_car_that_stops_is_moving_then_stopped() -> None:
    made = track("car", {0: 0, 4: 40, 10: 40})
    assert attribute(made, 2) == "vehicle.moving"
    assert attribute(made, 8) == "vehicle.stopped"


def test_a_car_that_never_moves_is_parked_even_if_its_labels_tremble() -> None:
    made = track("car", {t / 10: 0.02 * (t % 2) for t in range(50)})
    assert {attribute(made, t) for t in (0, 1.1, 2.5, 4.9)} == {"vehicle.parked"}


@pytest.mark.parametrize("said", [Interpolation(Model.LINEAR), Interpolation(pinned=True)])
def test_what_follows_every_tremble_is_judged_by_its_way_in_a_second(said: Interpolation) -> None:
    trembling = replace(
        track("car", {t / 10: 0.1 * (t % 2) for t in range(50)}), interpolation=said
    )
    assert {attribute(trembling, t) for t in (0, 1.15, 2.55, 4.9)} == {"vehicle.parked"}


def test_a_car_that_starts_is_moving_as_soon_as_its_motion_says_so() -> None:
    starts = track("car", {0: 0, 2: 0, 4: 0, 6: 8, 8: 24, 10: 40})
    assert attribute(starts, 1) == "vehicle.stopped"
    assert attribute(starts, 5.5) == "vehicle.moving"


def test_a_cycle_has_a_rider_if_it_ever_goes_somewhere() -> None:
    assert attribute(track("bicycle", {0: 0, 4: 12, 9: 12}), 8) == "cycle.with_rider"
    assert attribute(track("motorcycle", {0: 0, 9: 0}), 8) == "cycle.without_rider"


def test_people_move_or_stand() -> None:
    made = track("pedestrian", {0: 0, 4: 4, 9: 4})
    assert attribute(made, 2) == "pedestrian.moving"
    assert attribute(made, 8) == "pedestrian.standing"


def test_one_keyframe_held_for_long_stands_still() -> None:
    keyframe = Keyframe(0, Cuboid.from_yaw([0, 0, 0], [4, 2, 1], 0))
    assert attribute(Track("t", "car", (keyframe,), (Span(0, 5 * S),)), 2) == "vehicle.parked"


def test_motion_of_a_moment_is_not_known() -> None:
    assert attribute(track("car", {0: 0}), 0) == ""


@pytest.mark.parametrize("category", ["cone", "other", "animal"])
def test_things_that_do_not_drive_have_no_attribute(category: str) -> None:
    assert attribute(track(category, {0: 0, 5: 9}), 1) == ""


@pytest.mark.parametrize(
    ("category", "said", "expected"),
    [
        ("car", {"motion": "parked"}, "vehicle.parked"),
        ("car", {"nuscenes__attribute": "vehicle.stopped", "motion": "parked"}, "vehicle.stopped"),
        ("pedestrian", {"motion": "sitting"}, "pedestrian.sitting_lying_down"),
        ("bicycle", {"rider": False}, "cycle.without_rider"),
        ("car", {"nuscenes__attribute": "pedestrian.standing"}, "vehicle.moving"),
        ("car", {"motion": "sitting"}, "vehicle.moving"),
    ],
)
def test_what_the_track_says_goes_before_its_motion(
    category: str, said: dict[str, Any], expected: str
) -> None:
    assert attribute(track(category, {0: 0, 5: 50}, **said), 2) == expected
