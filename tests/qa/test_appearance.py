"""What objects look like is learnt from the labels of a log, and a wrong label stands out."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.qa.appearance import Appearance
from av3d.qa.pictures import ASIDE, LENGTH, Pictures

RNG = np.random.default_rng(5)
OBJECT, STREET = RNG.normal(0.0, 0.05, (2, LENGTH))


def shown(place: int = 0, images: int = 3, seed: int = 0) -> Pictures:
    """A track with the object at one of the places, 0 being the cuboid's own."""
    rng = np.random.default_rng(seed)
    stacks = STREET + rng.normal(0.0, 0.02, (images, len(ASIDE), LENGTH))
    stacks[:, place] += OBJECT - STREET
    places = [(frame, "front", (0.0, 0.0, 9.0, 9.0)) for frame in range(images)]
    return Pictures(dict(zip(places, stacks.astype(np.float32), strict=True)))


@pytest.fixture
def tracks():
    return {f"t{number}": shown(seed=number) for number in range(20)}


def test_cuboids_on_objects_look_like_objects(tracks):
    looks = Appearance().looks(tracks)
    assert looks.keys() == tracks.keys()
    assert all(look.own > 0.5 and look.best < look.own for look in looks.values())


def test_a_cuboid_beside_its_object_looks_less_like_one_than_what_is_beside_it(tracks):
    look = Appearance().looks({**tracks, "wrong": shown(place=3, seed=99)})["wrong"]
    assert look.own < 0
    assert look.best - look.own > 0.5
    assert look.images == 3


def test_of_few_tracks_nothing_is_learnt(tracks):
    assert Appearance().looks(dict(list(tracks.items())[:9])) == {}


def test_what_was_learnt_before_an_edit_makes_no_difference(tracks):
    appearance = Appearance()
    appearance.looks(tracks)
    edited = {**tracks, "t4": shown(place=2, seed=7)}
    again = appearance.looks(edited)
    anew = Appearance().looks(edited)
    assert {one: (look.own, look.best) for one, look in again.items()} == {
        one: (look.own, look.best) for one, look in anew.items()
    }


def test_places_beyond_the_image_are_not_asked(tracks):
    half = shown(place=3, seed=99)
    for stack in half.by_place.values():
        stack[3] = np.nan
    look = Appearance().looks({**tracks, "half": half})["half"]
    assert look.best - look.own < 0.3
