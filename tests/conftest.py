"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

sys.path.append(str(Path(__file__).parent))  # for postgres.py, which measurements use as well
from postgres import NoServerError, Server

# The same examples in every run, so that a run says something about the change and not about luck.
# HYPOTHESIS_PROFILE=search looks for new ones; what it finds becomes an example of its own.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

REPOSITORY = Path(__file__).parents[1]
WINDOWS = "tests/viewers"
"""Where tests with the real window are."""


class FilesAndWindows(LoadFileScheduling):
    """Which process runs what (`pytest -n 2`): a file is run by one, and all windows are.

    So the fixtures that a file shares are made once, and no two windows fight for the cores.
    """

    def _split_scope(self, nodeid: str) -> str:
        return WINDOWS if nodeid.startswith(f"{WINDOWS}/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesAndWindows:
    """The scheduler of all runs in several processes, whatever `--dist` says."""
    return FilesAndWindows(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Windows first: they take longest, and what is small fills the end evenly."""
    items.sort(key=lambda item: not item.nodeid.startswith(f"{WINDOWS}/"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real driving data, or a skip that says how to provide it."""
    folder = os.environ.get("AV3D_REAL_DATA")
    if not folder:
        pytest.skip("AV3D_REAL_DATA is not set: tests on real driving data are left out")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"AV3D_REAL_DATA is {path}, which is not a folder")
    return path


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A private PostgreSQL server for the whole run, or a skip that says what to install."""
    try:
        server = Server()
    except NoServerError as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that is emptied after the test."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def project_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a test's project shall be: once a new SQLite file, once an empty PostgreSQL database."""
    if request.param == "sqlite":
        return str(tmp_path / "p.av3d")
    return str(request.getfixturevalue("postgres_url"))
