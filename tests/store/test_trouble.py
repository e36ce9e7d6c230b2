"""No rights, a full disk, another process: a clear line, nothing lost, and work goes on."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from av3d.store import schema
from av3d.store.database import Database, StoreError
from databases import fill_up, keys, names, put, stored


def test_a_project_in_a_read_only_folder_can_be_read(plain_folder: Path) -> None:
    database = Database(plain_folder / "p.av3d", create=True)
    put(database, "first")
    database.close()
    plain_folder.chmod(0o500)
    database = Database(plain_folder / "p.av3d", create=False)
    assert keys(database) == {"first"}
    with pytest.raises(StoreError, match=r"read-only.*permissions"):
        put(database, "second")
    plain_folder.chmod(0o700)
    put(database, "second")
    assert keys(database) == {"first", "second"}
    database.close()


def test_a_read_only_file_can_be_read_and_written_when_it_may_be(plain_folder: Path) -> None:
    path = plain_folder / "p.av3d"
    database = Database(path, create=True)
    put(database, "first")
    database.close()
    path.chmod(0o400)
    database = Database(path, create=False)
    assert keys(database) == {"first"}
    with pytest.raises(StoreError, match=r"read-only.*permissions"):
        put(database, "second")
    path.chmod(0o600)
    put(database, "second")
    assert keys(database) == {"first", "second"}
    database.close()


def test_edits_that_a_read_only_folder_keeps_apart_are_not_left_out(plain_folder: Path) -> None:
    """The log of a process that was killed can be read, or the project is not read at all."""
    path = plain_folder / "p.av3d"
    database = Database(path, create=True)
    put(database, "first")
    copy = plain_folder / "copy"
    copy.mkdir()
    shutil.copy(path, copy)
    shutil.copy(f"{path}-wal", copy)
    database.close()
    copy.chmod(0o500)
    with pytest.raises(StoreError, match="permissions of the file and its folder"):
        Database(copy / "p.av3d", create=False)
    copy.chmod(0o700)
    database = Database(copy / "p.av3d", create=False)
    assert keys(database) == {"first"}
    database.close()


def test_a_folder_that_cannot_be_written_is_named(plain_folder: Path) -> None:
    plain_folder.chmod(0o500)
    with pytest.raises(StoreError, match=r"cannot make the project: Permission denied.*folder"):
        Database(plain_folder / "p.av3d", create=True)


def test_a_file_that_may_not_be_read_is_named(plain_folder: Path) -> None:
    Database(plain_folder / "p.av3d", create=True).close()
    (plain_folder / "p.av3d").chmod(0)
    with pytest.raises(StoreError, match="check the permissions of the file"):
        Database(plain_folder / "p.av3d", create=False)
    plain_folder.chmod(0)
    with pytest.raises(StoreError, match=r"cannot open the project: Permission denied"):
        Database(plain_folder / "p.av3d", create=False)


def test_a_full_database_refuses_the_edit_and_takes_the_next_one(
    database: Database, path: Path
) -> None:
    def edit_beyond_the_end() -> None:
        with database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            rows = [{"key": f"key {number}", "value": "x" * 4000} for number in range(100)]
            try:
                connection.execute(schema.meta.insert(), rows)
            finally:
                connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    with pytest.raises(StoreError, match=r"the disk is full.*free some space; nothing was changed"):
        edit_beyond_the_end()
    put(database, "second")
    assert keys(database) == stored(path) == {"first", "second"}


def test_a_disk_that_fails_to_write_refuses_the_edit(database: Database, path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = Path(f"{path}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, before[1]))
    try:
        with pytest.raises(StoreError, match=r"nothing was changed"):
            put(database, "big", "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    put(database, "second")
    assert keys(database) == stored(path) == {"first", "second"}


def test_a_full_disk_takes_no_edit_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    path = small_disk / "p.av3d"
    database = Database(path, create=True)
    saved: set[str] = set()

    def fill() -> None:
        for number in range(100):
            put(database, f"key{number}", "x" * 30_000)
            saved.add(f"key{number}")

    with pytest.raises(StoreError, match="the disk is full"):
        fill()
    assert keys(database) == saved
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    put(database, "later", "x" * 100_000)
    assert keys(database) == stored(path) == {*saved, "later"}
    database.close()


def test_a_project_on_a_full_disk_can_be_read(small_disk: Path) -> None:
    path = small_disk / "p.av3d"
    database = Database(path, create=True)
    put(database, "first")
    database.close()
    fill_up(small_disk / "filler")
    database = Database(path, create=False)
    assert keys(database) == {"first"}
    with pytest.raises(StoreError, match="full"):
        put(database, "second")
    with pytest.raises(StoreError, match=r"cannot make the project.*space|disk is full"):
        Database(small_disk / "new.av3d", create=True)
    assert not [name for name in names(small_disk) if "new" in name]
    (small_disk / "filler").unlink()
    put(database, "second")
    assert keys(database) == {"first", "second"}
    database.close()


def test_a_lock_of_another_process_is_waited_for_and_then_named(
    database: Database, path: Path
) -> None:
    program = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "connection.execute('BEGIN IMMEDIATE'); print('locked', flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    other.stdout.readline()
    with pytest.raises(StoreError, match=r"locked by another process for 0.3 s.*try again"):
        put(database, "second")
    assert keys(database) == {"first"}
    other.communicate(b"\n")
    put(database, "second")
    assert stored(path) == {"first", "second"}
