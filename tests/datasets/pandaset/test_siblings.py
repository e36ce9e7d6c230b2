"""One object with two uuids becomes one track."""

from __future__ import annotations

from av3d.datasets.pandaset.siblings import LabelledObject, groups


def objects(*items: LabelledObject) -> dict[str, LabelledObject]:
    return {item.uuid: item for item in items}


def item(uuid: str, sensor: int, siblings: str = "", frames: int = 30) -> LabelledObject:
    return LabelledObject(uuid, sensor, frozenset(range(frames)), frozenset(siblings.split()))


def test_the_cuboid_of_the_pandar64_is_kept() -> None:
    assert groups(objects(item("gt", 1, "p64"), item("p64", 0, "gt"))) == [("p64", "gt")]


def test_a_link_in_one_direction_is_enough() -> None:
    assert groups(objects(item("p64", 0), item("gt", 1, "p64"))) == [("p64", "gt")]
    assert groups(objects(item("p64", 0, "gt"), item("gt", 1))) == [("p64", "gt")]


def test_links_to_itself_and_to_objects_that_are_not_there_mean_nothing() -> None:
    assert groups(objects(item("a", 0, "a"), item("b", 1, "gone"))) == [("a",), ("b",)]


def test_two_objects_of_one_lidar_stay_apart() -> None:
    assert groups(objects(item("a", 0, "b"), item("b", 0, "a"))) == [("a",), ("b",)]


def test_of_three_the_pandar64_with_most_frames_is_kept() -> None:
    linked = objects(item("gt", 1, "short long"), item("short", 0, frames=3), item("long", 0))
    assert groups(linked) == [("long", "short", "gt")]


def test_objects_keep_the_order_in_which_they_first_appear() -> None:
    linked = objects(item("c", -1), item("gt", 1, "p64"), item("b", -1), item("p64", 0))
    assert groups(linked) == [("c",), ("p64", "gt"), ("b",)]
