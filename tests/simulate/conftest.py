from __future__ import annotations

from pathlib import Path

import pytest

import av3d
from av3d.logs.log import Log
from av3d.simulate.crossing import crossing
from av3d.simulate.world import World


@pytest.fixture(scope="session")
def world() -> World:
    """The crossing with all its houses; making it takes some seconds."""
    return World(crossing(7), 7)


@pytest.fixture(scope="session")
def sample_log(repository: Path) -> Log:
    """The log that ships with av3d."""
    return av3d.open_log(repository / "sample_logs" / "crossing")
