"""Fixtures for tests of a project's file and of the disk it is on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from av3d.store.database import Database
from databases import put


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "p.av3d"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path, create=True, lock_timeout_s=0.3)
    put(database, "first")
    yield database
    database.close()


@pytest.fixture
def user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data home"))
    return tmp_path / "data home" / "av3d" / "rescued"


@pytest.fixture
def plain_folder() -> Iterator[Path]:
    """A folder for tests of rights; root, who has them all, becomes somebody else for their time."""
    folder = Path(tempfile.mkdtemp(prefix="av3d-test-"))
    Database(folder / "warm-up", create=True).close()  # imports what that user may not read
    (folder / "warm-up").unlink()
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.setegid(65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
            os.setegid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "small disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
