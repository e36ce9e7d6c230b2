from __future__ import annotations

import numpy as np
import pytest

from av3d.tracks.checking import TrackError, checked_number


def test_a_number_becomes_a_plain_one() -> None:
    assert type(checked_number(np.int64(7), "")) is int


@pytest.mark.parametrize("number", [-1, 2**31, 1.0, "7", None])
def test_a_number_that_no_database_holds_is_refused(number) -> None:
    with pytest.raises(TrackError, match="its number is"):
        checked_number(number, "track 'a'")
