import json

import pytest
from hypothesis import given

from av3d.ontology.motion import Motion
from av3d.tracks.codec import interpolation_from_json
from av3d.tracks.interpolation import AUTOMATIC, Interpolation, Model
from av3d.tracks.noise import Noise
from tracks.strategies import interpolations


def test_the_default_has_nothing_to_say():
    assert Interpolation(Model.AUTOMATIC, None, False) == AUTOMATIC
    assert AUTOMATIC.as_json() == {}


def test_only_what_differs_from_the_default_is_said():
    assert Interpolation(Model.LINEAR).as_json() == {"model": "linear"}
    assert Interpolation(moves=Motion.LEGGED, pinned=True).as_json() == {
        "moves": "legged",
        "pinned": True,
    }


@given(interpolations)
def test_it_comes_back_from_json(interpolation):
    text = json.dumps(interpolation.as_json())
    assert interpolation_from_json(json.loads(text), "track a", "") == interpolation


@pytest.mark.parametrize(
    ("interpolation", "words"),
    [
        (AUTOMATIC, "automatic"),
        (Interpolation(Model.LINEAR, pinned=True), "linear, pinned"),
        (Interpolation(Model.SMOOTH, Motion.WHEELED), "smooth, moves wheeled"),
        (
            Interpolation(hand=Noise(0.05, 0.05, 0.02, 0.0175)),
            "automatic, hand exact to 0.05 m along, 0.05 m across, 0.02 m up, 1°",
        ),
    ],
)
def test_people_read_it_in_words(interpolation, words):
    assert interpolation.words == words
