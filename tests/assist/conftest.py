from __future__ import annotations

from pathlib import Path

import pytest

import av3d
from assist.scene import cuboid_at, seen_of, street_with
from av3d.logs.log import Log


@pytest.fixture(scope="session")
def street() -> Log:
    return street_with(lambda index: seen_of(cuboid_at(index * 0.1)))


@pytest.fixture(scope="session")
def crossing(repository: Path) -> Log:
    return av3d.open_log(repository / "sample_logs" / "crossing")
