from __future__ import annotations

from typing import Any

import pytest

from av3d.store.change_words import changes_in_words, difference_in_words
from av3d.store.journal import EntityChange

KEYFRAME = {"center_m": [1.0, 2.0, 3.0]}
NAMES = {("drive", "track", "a"): "Car 4"}


def change(delta: Any, entity_id: str = "a", kind: str = "track") -> EntityChange:
    made, gone = (
        isinstance(delta, list) and delta[0] is None,
        isinstance(delta, list) and delta[1] is None,
    )
    return EntityChange(
        "drive", kind, entity_id, None if made else "0" * 32, None if gone else "1" * 32, delta
    )


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        ({"number": [4, 7]}, "number 4 → 7"),
        ({"note": ["", "is it?\nyes"]}, "note is it? yes"),
        ({"note": ["old", ""]}, "note old removed"),
        ({"static": [False, True]}, "static no → yes"),
        ({"attributes": {"motion": ["parked", "moving"]}}, "motion parked → moving"),
        ({"interpolation": [None, {"model": "linear"}]}, "interpolation automatic → linear"),
        (
            {"interpolation": [{"moves": "legged", "pinned": True}, None]},
            "interpolation automatic, moves legged, pinned → automatic",
        ),
        ({"interpolation": {"model": ["linear", "smooth"], "pinned": [None, True]}},
         "interpolation model linear → smooth, interpolation pinned yes"),
        ({"keyframes": {"5": {"noise": [None, [0.1] * 4]}}}, "1 keyframe changed"),
        ({"presence": [[[0, 1]], [[0, 2]]]}, "presence"),
        ({"keyframes": {"5": [None, KEYFRAME]}}, "1 keyframe set"),
        (
            {
                "keyframes": {
                    "5": {"center_m": [[1], [2]]},
                    "6": {"provenance": ["manual", "fitted"]},
                    "7": [KEYFRAME, None],
                }
            },
            "1 keyframe moved, 1 keyframe changed, 1 keyframe deleted",
        ),
    ],
)  # fmt: skip
def test_a_difference_in_words(delta: dict[str, Any], words: str) -> None:
    assert difference_in_words(delta) == words


def test_few_changes_are_told_one_by_one_with_the_names_of_tracks() -> None:
    tree = {"keyframes": {"5": KEYFRAME}}
    told = changes_in_words([change({"number": [4, 7]}), change([None, tree], "b")], NAMES)
    assert told == "Car 4: number 4 → 7; track b made, 1 keyframe"


def test_many_changes_are_counted() -> None:
    tree = {"keyframes": {}}
    made = [change([None, tree], str(k)) for k in range(2000)]
    told = changes_in_words([*made, change([{"id": "e"}, None], "e", "event")], NAMES)
    assert told == "2,000 tracks made, 1 event deleted"


def test_an_entry_without_changes_changes_nothing() -> None:
    assert changes_in_words([], NAMES) == "nothing"
