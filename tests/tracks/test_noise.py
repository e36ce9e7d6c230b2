import math

import numpy as np
import pytest

from av3d.tracks.checking import TrackError
from av3d.tracks.noise import Noise


def test_the_numbers_are_in_the_order_of_the_axes():
    assert Noise(0.4, 0.3, 0.2, 0.1).as_list() == [0.4, 0.3, 0.2, 0.1]


def test_whole_numbers_and_zeros_with_a_sign_become_plain_floats():
    assert repr(Noise(1, np.float64(2.0), -0.0, 0).as_list()) == "[1.0, 2.0, 0.0, 0.0]"


def test_people_read_it_in_words():
    noise = Noise(0.1, 0.05, 0.002, math.radians(1.5))
    assert noise.words == "0.10 m along, 0.05 m across, 2 mm up, 1.5°"


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf, 2e6])
def test_what_no_error_can_be_is_refused(value):
    with pytest.raises(TrackError, match=r"the noise up_m of a keyframe is"):
        Noise(0.1, 0.1, value, 0.1)


@pytest.mark.parametrize("value", [True, "0.1", None, [0.1]])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TrackError, match="the noise along_m of a keyframe is not a number"):
        Noise(value, 0.1, 0.1, 0.1)
