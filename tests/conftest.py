"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, so that a run says something about the change and not about luck.
# HYPOTHESIS_PROFILE=search looks for new ones; what it finds becomes an example of its own.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

REPOSITORY = Path(__file__).parents[1]


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
