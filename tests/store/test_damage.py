"""Damaged files: one line, and the file stays as it is."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from av3d.store import schema
from av3d.store.database import Database, StoreError
from databases import keys, names, put


def damaged(path: Path, data: bytes) -> str:
    """Open and read a file of these bytes; the error, or "" if it could be read."""
    path.write_bytes(data)
    try:
        database = Database(path, create=False)
        try:
            with database.reading() as connection:
                for table in schema.metadata.sorted_tables:
                    connection.execute(select(table)).all()
        finally:
            database.close()
    except StoreError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("healthy") / "p.av3d"
    database = Database(path, create=True)
    with database.writing() as connection:
        rows = [{"key": f"key {number}", "value": "x" * 300} for number in range(200)]
        connection.execute(schema.meta.insert(), rows)
    database.close()
    return path.read_bytes()


def test_a_truncated_file_is_one_line_and_stays_as_it_is(path: Path, healthy: bytes) -> None:
    for part in (1, 15, 16, 99, 100, 511, 4096, 5000, len(healthy) // 2, len(healthy) - 4096):
        line = damaged(path, healthy[:part])
        assert line, f"{part} bytes of {len(healthy)} pass for a project"
        assert "\n" not in line
        assert path.read_bytes() == healthy[:part]
        assert names(path.parent) == ["p.av3d"]


def test_flipped_bytes_are_one_line_or_no_harm(path: Path, healthy: bytes) -> None:
    chance = random.Random(5)
    lines = set()
    for _ in range(150):
        data = bytearray(healthy)
        first = chance.choice([0, 0, 4096, chance.randrange(len(data))])
        for _ in range(chance.choice([1, 5, 100])):
            data[min(len(data) - 1, first + chance.randrange(600))] = chance.randrange(256)
        lines.add(damaged(path, bytes(data)))
    assert any("damaged" in line for line in lines)
    assert all("\n" not in line for line in lines)


def test_text_that_is_no_text_is_one_line(path: Path, healthy: bytes) -> None:
    for good, bad in ((b"CREATE TABLE log", b"CREATE TAB\xff\xff log"), (b"key 7", b"key\xff7")):
        assert good in healthy
        line = damaged(path, healthy.replace(good, bad))
        assert "the file is damaged" in line
        assert "restore the file from a backup" in line


def test_a_damaged_log_beside_the_file_costs_no_more_than_its_own_edits(
    path: Path, healthy: bytes, tmp_path: Path
) -> None:
    database = Database(path, create=True)
    put(database, "first")
    data, log = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    database.close()
    chance = random.Random(6)
    copy = tmp_path / "copy.av3d"
    for _ in range(50):
        flipped = bytearray(log)
        for _ in range(chance.choice([1, 20])):
            flipped[chance.randrange(len(log))] ^= chance.randrange(1, 256)
        copy.write_bytes(data)
        Path(f"{copy}-wal").write_bytes(flipped)
        database = Database(copy, create=False)
        assert keys(database) <= {"first"}
        database.close()


def test_random_bytes_and_other_databases_are_refused(path: Path) -> None:
    assert "not an av3d project" in damaged(path, random.Random(7).randbytes(5000))
    assert "not an av3d project" in damaged(path, b"my shopping list")
    with sqlite3.connect(path.with_name("other")) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    assert "not an av3d project" in damaged(path, path.with_name("other").read_bytes())
