"""Tracks from trees are the tracks that were stored."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from av3d.store.decoding import NONSENSE
from av3d.store.releases.decoding import track_of
from av3d.tracks.delta import as_tree
from av3d.tracks.track import Track
from store.projects import car
from tracks.strategies import tracks


@given(tracks())
@settings(max_examples=40)
def test_a_track_comes_back_as_it_was(track: Track) -> None:
    again = track_of(as_tree(track.as_json()))
    assert again.digest == track.digest
    assert again.as_json() == track.as_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"keyframes": {}},
        {"keyframes": {"0": {}}},
        {"keyframes": {"soon": {}}},
        {"id": 7},
        {"category": ""},
        {"number": "seven"},
        {"presence": [[100, 0]]},
        {"presence": 3},
        {"attributes": [1]},
        {"relations": [["towed_by"]]},
        {"interpolation": {"model": "magic"}},
    ],
)
def test_a_tree_that_makes_no_track_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(NONSENSE):
        track_of({**as_tree(car("a").as_json()), **wrong})
