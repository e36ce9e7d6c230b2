"""The fixed tables against the toolkit's own lists."""

from __future__ import annotations

from nuscenes.eval.detection.constants import ATTRIBUTE_NAMES
from nuscenes.utils.color_map import get_colormap
from nuscenes.utils.splits import create_splits_scenes

from av3d.datasets.nuscenes.official import (
    ATTRIBUTES,
    CATEGORIES,
    VAL_SCENES,
    scene_name,
)
from av3d.datasets.nuscenes.tokens import instance_token, token


def test_the_first_scenes_are_the_split_val() -> None:
    assert [scene_name(i) for i in range(len(VAL_SCENES))] == create_splits_scenes()["val"]


def test_later_scenes_have_names_of_no_split() -> None:
    names = {name for split in create_splits_scenes().values() for name in split}
    assert scene_name(150) == "scene-2001"
    assert scene_name(150) not in names


def test_the_toolkit_has_a_colour_for_every_category() -> None:
    assert len(CATEGORIES) == 23
    assert {entry.name for entry in CATEGORIES} <= set(get_colormap())


def test_attributes_are_those_of_the_detection_task() -> None:
    assert {entry.name for entry in ATTRIBUTES} == set(ATTRIBUTE_NAMES)


def test_tokens_tell_parts_apart() -> None:
    assert token("sample", "a", "bc") != token("sample", "ab", "c")
    assert len(token("sample", 1)) == 32


def test_an_id_that_is_no_uuid_gets_a_token_that_depends_on_the_log() -> None:
    taken: set[str] = set()
    first, second = instance_token("7", "log a", taken), instance_token("7", "log b", taken)
    assert first != second
    assert taken == {first, second}
