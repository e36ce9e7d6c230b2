# ruff: noqa: PT012  # what a block under `raises` did to the disk is the very thing tested here

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from av3d.store.new_database import new_database
from databases import names


def make(target: Path, *, killed: bool = False) -> None:
    with new_database(target) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE a (b)")
        if killed:
            os.kill(os.getpid(), signal.SIGKILL)


def make_and_die(target: Path) -> None:
    process = multiprocessing.get_context("fork").Process(
        target=make, args=(target,), kwargs={"killed": True}
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_it_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "p.av3d"
    with new_database(target) as connection:
        connection.execute("CREATE TABLE a (b)")
        assert not target.exists()
    assert names(tmp_path) == ["p.av3d"]
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_database(tmp_path / "p.av3d"):
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_what_appeared_meanwhile_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "p.av3d"
    with pytest.raises(FileExistsError), new_database(target):
        target.write_text("mine")
    assert target.read_text() == "mine"
    assert names(tmp_path) == ["p.av3d"]


def test_what_killed_processes_left_goes_when_the_next_one_makes_it(tmp_path: Path) -> None:
    target = tmp_path / "p.av3d"
    make_and_die(target)
    assert any(name.endswith(".part-wal") for name in names(tmp_path))
    make_and_die(target)
    assert len([name for name in names(tmp_path) if name.endswith(".part")]) == 1
    make(target)
    assert names(tmp_path) == ["p.av3d"]


def test_what_another_one_is_making_stays(tmp_path: Path) -> None:
    target = tmp_path / "p.av3d"
    with pytest.raises(FileExistsError), new_database(target) as first:
        first.execute("CREATE TABLE a (b)")
        make(target)
        assert first.execute("SELECT count(*) FROM a").fetchone() == (0,)
    assert names(tmp_path) == ["p.av3d"]
