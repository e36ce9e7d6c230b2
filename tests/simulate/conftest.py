from __future__ import annotations

from pathlib import Path

import pytest

import av3d
import av3d.simulate.world as world_module
from av3d.logs.log import Log
from av3d.simulate.crossing import crossing
from av3d.simulate.fast import fast
from av3d.simulate.world import World


@pytest.fixture(scope="session")
def world() -> World:
    """The crossing with all its houses; making it takes some seconds."""
    return World(crossing(7), 7)


@pytest.fixture(scope="session")
def street() -> World:
    """The fast scenario between the four blocks in the middle of the town, which are made faster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world_module, "BLOCKS", range(-1, 1))
        made = World(fast(7), 7)
        assert made.static is not None
    return made


@pytest.fixture(scope="session")
def sample_log(repository: Path) -> Log:
    """The log that ships with av3d."""
    return av3d.open_log(repository / "sample_logs" / "crossing")
