"""How an older project is opened: backup, one transaction, all or nothing, one process at a time."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from av3d.cli import main
from av3d.store import schema
from av3d.store.database import Database
from av3d.store.errors import StoreError
from av3d.store.migrations import backup, migrate, steps
from av3d.store.migrations.steps import STEPS, Step
from av3d.store.project import open_project
from databases import fill_up, names

sys.path.append(str(Path(__file__).parent))
from old_projects import TABLES, V2_TABLES, VERSION_1, VERSION_2, contents, copy_to, fill

WHOLE = VERSION_1.read_bytes()
"""Read here, because some tests run as a user who may not read it."""

NEWEST_TABLES = tuple(schema.metadata.tables)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return copy_to(tmp_path / "folder")


def backups(folder: Path) -> list[Path]:
    return sorted(folder.glob("*-backup-*"))


def in_processes(work: Callable[[], None], count: int = 1) -> list[int | None]:
    """Exit codes of processes that do the work."""
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=work) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


# -- the copy of before


def test_the_backup_is_the_project_as_it_was_with_what_was_in_the_log(path: Path) -> None:
    before = contents(path)
    assert "van" in {row["category"] for row in before["track"]}
    with open_project(path) as project:
        assert project.migration is not None
        copy = Path(project.migration.backup)
    assert copy.parent == path.parent
    assert copy.name.startswith("p.v1-backup-2")
    assert copy.suffix == ".av3d"
    assert contents(copy) == before
    assert sorted(names(path.parent)) == sorted(["p.av3d", copy.name])


def test_the_backup_can_be_opened_again(path: Path) -> None:
    with open_project(path) as project:
        assert project.migration is not None
        copy, digest = project.migration.backup, project.document("crossing").digest
    with open_project(copy) as project:
        assert project.document("crossing").digest == digest


def test_the_backup_has_the_rights_of_the_project(path: Path) -> None:
    path.chmod(0o640)
    open_project(path).close()
    assert backups(path.parent)[0].stat().st_mode & 0o777 == 0o640


def test_nothing_is_overwritten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Midnight:
        def __format__(self, _: str) -> str:
            return "20261121-000000"

    monkeypatch.setattr(
        "av3d.store.migrations.backup.datetime", type("", (), {"now": staticmethod(Midnight)})
    )
    mine = path.with_name("p.v1-backup-20261121-000000.av3d")
    mine.write_text("mine")
    with open_project(path) as project:
        assert project.migration is not None
        copy = Path(project.migration.backup)
    assert copy.name == "p.v1-backup-20261121-000000-2.av3d"
    assert mine.read_text() == "mine"


def test_an_attempt_that_fails_again_leaves_one_backup(path: Path) -> None:
    execute(path, "UPDATE keyframe SET length_m = -1")
    for _ in range(3):
        with pytest.raises(StoreError):
            open_project(path)
    assert len(backups(path.parent)) == 1


def test_a_copy_that_a_killed_process_began_is_taken_away(path: Path) -> None:
    open_project(path).close()
    (copy,) = backups(path.parent)
    shutil.copy(copy, path)
    seen: list[Path] = []

    def stop(aside: Path) -> None:
        seen.append(aside)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup, "_sync", stop)
        patch.setattr(backup, "_remove", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            open_project(path)
    assert seen[0].exists()
    open_project(path).close()
    assert not seen[0].exists()


@pytest.mark.parametrize("name", ["Straße 1 — Kopie.av3d", "labels", "ä" * 120 + ".av3d"])
def test_projects_of_any_name_get_a_backup(tmp_path: Path, name: str) -> None:
    shutil.copy(VERSION_1, tmp_path / name)
    with open_project(tmp_path / name) as project:
        assert project.migration is not None
        copy = Path(project.migration.backup)
    assert contents(copy) == contents(VERSION_1)


def test_what_was_done_is_told_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), open_project(path) as project:
        assert project.migration is not None
        assert (project.migration.before, project.migration.after) == (1, schema.SCHEMA_VERSION)
        assert project.migration.backup in caplog.text
        assert "from version 1 to version" in caplog.text
    with open_project(path) as project:
        assert project.migration is None


def test_the_command_line_says_where_the_backup_is(path: Path) -> None:
    def command_line() -> None:
        for number, name in ((1, "stdout"), (2, "stderr")):
            file = (path.parent / name).open("w")
            os.dup2(file.fileno(), number)
            setattr(sys, name, file)
        logging.getLogger().handlers.clear()  # those of pytest, which a user has not
        sys.argv[1:] = ["tracks", "--json", "--project", str(path)]
        main()

    assert in_processes(command_line) == [0]
    said = (path.parent / "stderr").read_text()
    assert str(backups(path.parent)[0]) in said
    assert len(said.splitlines()) == 1
    assert json.loads((path.parent / "stdout").read_text())["logs"]


# -- all or nothing


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE keyframe",
        "DROP TABLE journal",
        "ALTER TABLE track DROP COLUMN presence",
        "CREATE TABLE version_1_log (id INTEGER)",
        "UPDATE keyframe SET x_m = 'far away' WHERE timestamp_ns = 1780300800000000000",
        "UPDATE keyframe SET qw = 0, qx = 0, qy = 0, qz = 0",
        "UPDATE keyframe SET length_m = 1e999",
        "UPDATE keyframe SET timestamp_ns = timestamp_ns + 7000000000000000000",
        "UPDATE keyframe SET provenance = 'interpolated'",
        "UPDATE keyframe SET provenance = x'00ff'",
        "UPDATE keyframe SET attributes = '[' || printf('%.*c', 100000, '[') || ']'",
        "DELETE FROM keyframe WHERE track_key = 5",
        "UPDATE track SET presence = '[[5, 1]]' WHERE key = 5",
        "UPDATE track SET presence = 'null' WHERE key = 5",
        "UPDATE track SET category = '' WHERE key = 5",
        "UPDATE track SET attributes = '{\"a\": NaN}' WHERE key = 5",
        "UPDATE track SET number = -1 WHERE key = 5",
        "UPDATE track SET log_id = 77 WHERE key = 5",
        "UPDATE log SET id = -1 WHERE id = 1",
        "UPDATE log SET start_ns = 'noon'",
        "UPDATE log SET name = x'ff' WHERE id = 2",
        "DELETE FROM log WHERE id = 2",
        "UPDATE journal SET changes = '{' WHERE id = 3",
        "UPDATE journal SET changes = '[{}]' WHERE id = 3",
        'UPDATE journal SET changes = \'[{"before": null, "after": null}]\' WHERE id = 3',
        "UPDATE journal SET changes = replace(changes, 'size_lwh_m', 'size') WHERE id = 1",
        "UPDATE journal SET changes = x'ff00' WHERE id = 3",
        "UPDATE journal SET author = x'ff' WHERE id = 3",
        "UPDATE journal SET time_ns = 'noon' WHERE id = 3",
        "UPDATE journal SET command = char(0)",
    ],
)
def test_a_damaged_project_is_one_line_and_stays_as_it_is(path: Path, statement: str) -> None:
    execute(path, statement)
    with closing(sqlite3.connect(path)) as connection:
        before = list(connection.iterdump()) if "x'" not in statement else None
    shown = r"^the project has schema version 1 and cannot be brought to version \d: "
    with pytest.raises(StoreError, match=shown) as raised:
        open_project(path)
    assert "\n" not in str(raised.value)
    assert len(backups(path.parent)) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT value FROM meta").fetchall() == [("1",)]
        if before is not None:
            assert list(connection.iterdump()) == before


def test_bytes_that_were_flipped_are_one_line_or_no_harm(tmp_path: Path) -> None:
    whole = WHOLE
    chance = random.Random(5)
    for number in range(40):
        path = tmp_path / f"{number}" / "p.av3d"
        path.parent.mkdir()
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 30, 1000))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if number % 4 == 0:
            del damaged[chance.randrange(len(damaged)) :]
        path.write_bytes(damaged)
        try:
            open_project(path).close()
        except StoreError as error:
            assert "\n" not in str(error)  # noqa: PT017
            if "schema version 1" in str(error):
                assert path.read_bytes()[100:] == bytes(damaged)[100:]
        shutil.rmtree(path.parent)


def test_an_unknown_version_is_refused(path: Path) -> None:
    execute(path, "UPDATE meta SET value = '0'")
    with pytest.raises(StoreError, match="version 0, which no av3d can have written"):
        open_project(path)
    execute(path, "UPDATE meta SET value = printf('%.*c', 5000, '9')")
    with pytest.raises(StoreError, match="no schema version"):
        open_project(path)
    assert backups(path.parent) == []


def test_a_newer_project_is_refused_and_stays_as_it_is(project_url: str) -> None:
    open_project(project_url, create=True).close()
    database = Database(project_url, create=False)
    with database.writing() as connection:
        connection.execute(text("UPDATE meta SET value = '99'"))
    database.close()
    with pytest.raises(StoreError, match=r"schema version 99, this av3d knows up to.*update av3d"):
        open_project(project_url)


# -- rights and room


@pytest.fixture
def migrated_before(tmp_path: Path) -> None:
    """All that a migration imports and reads is in memory: another user may not read it."""
    with open_project(shutil.copy(VERSION_1, tmp_path / "before.av3d")) as project:
        assert project.migration is not None


@pytest.fixture
def plain_project(migrated_before: None, plain_folder: Path) -> Path:
    (plain_folder / "p.av3d").write_bytes(WHOLE)
    return plain_folder / "p.av3d"


@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o400, 0o700), (0o600, 0o500)])
def test_a_read_only_project_says_so(plain_project: Path, file_mode: int, folder_mode: int) -> None:
    plain_project.chmod(file_mode)
    plain_project.parent.chmod(folder_mode)
    with pytest.raises(StoreError, match=r"schema version 1 and cannot.*permissions"):
        open_project(plain_project)
    plain_project.parent.chmod(0o700)
    assert plain_project.read_bytes() == WHOLE
    assert names(plain_project.parent) == ["p.av3d"]


def test_a_folder_that_takes_no_backup_is_named(plain_project: Path) -> None:
    # The files that SQLite needs are there, but no new one can be made.
    with closing(sqlite3.connect(plain_project)) as open_elsewhere:
        open_elsewhere.execute("PRAGMA journal_mode = WAL")
        open_elsewhere.execute("SELECT * FROM meta").fetchall()
        plain_project.parent.chmod(0o500)
        with pytest.raises(StoreError, match=r"cannot make a backup copy: Permission denied"):
            open_project(plain_project)
        plain_project.parent.chmod(0o700)
    with open_project(plain_project) as project:
        assert project.check().clean


def test_a_full_disk_says_so_and_when_there_is_room_it_goes_on(small_disk: Path) -> None:
    path = small_disk / "p.av3d"
    shutil.copy(VERSION_1, path)
    before = contents(path)
    fill_up(small_disk / "filler")
    with pytest.raises(StoreError, match=r"schema version 1 and cannot.*(space|room)"):
        open_project(path)
    assert backups(small_disk) == []
    (small_disk / "filler").unlink()
    # Now the backup has room, but not what comes after it.
    with pytest.raises(StoreError, match=r"schema version 1 and cannot.*disk is full.*space"):
        open_project(path)
    assert [contents(copy) for copy in backups(small_disk)] == [before]
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    with open_project(path) as project:
        assert project.check().clean
    assert len(backups(small_disk)) == 1


# -- several processes


def test_of_processes_that_open_it_at_once_one_does_the_work(path: Path) -> None:
    start = multiprocessing.get_context("fork").Barrier(3)

    def open_it() -> None:
        start.wait()
        with open_project(path) as project:
            sys.exit(int(project.migration is not None))

    assert sorted(in_processes(open_it, count=3)) == [0, 0, 1]
    assert len(backups(path.parent)) == 1
    with open_project(path) as project:
        assert project.check().clean


def test_a_program_that_reads_the_old_project_goes_on_with_it(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("BEGIN")
        before = old.execute("SELECT count(*), sum(x_m) FROM keyframe").fetchall()
        open_project(path).close()
        assert old.execute("SELECT count(*), sum(x_m) FROM keyframe").fetchall() == before
        old.execute("COMMIT")
        assert old.execute("SELECT value FROM meta").fetchall() == [(str(schema.SCHEMA_VERSION),)]


# -- on a server, and the versions to come


def server_tables(url: str) -> set[str]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_on_a_server_the_backup_is_tables_beside_the_others(postgres_url: str) -> None:
    fill(postgres_url)
    with open_project(postgres_url) as project:
        assert project.migration is not None
        prefix = project.migration.backup
    assert server_tables(postgres_url) == {*NEWEST_TABLES, *(prefix + name for name in TABLES)}
    database = Database(postgres_url, create=False)
    with database.reading() as connection:
        for table, expected in contents(VERSION_1).items():
            found = connection.execute(text(f"SELECT * FROM {prefix}{table} ORDER BY 1, 2"))
            assert [dict(row._mapping) for row in found] == expected
    database.close()


def test_on_a_server_what_fails_leaves_nothing(postgres_url: str) -> None:
    fill(postgres_url)
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE track SET number = -1 WHERE key = 5"))
    engine.dispose()
    with pytest.raises(StoreError, match="schema version 1 and cannot be brought"):
        open_project(postgres_url)
    assert server_tables(postgres_url) == set(TABLES)


def add_a_table(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE news (id INTEGER PRIMARY KEY, words TEXT)"))
    connection.execute(text("INSERT INTO news VALUES (1, 'a')"))


def fail_half_way(connection: Connection) -> None:
    add_a_table(connection)
    connection.execute(text("DROP TABLE change"))
    raise ValueError("half way")


@pytest.fixture
def newer_program(monkeypatch: pytest.MonkeyPatch) -> int:
    """The version after today's, which the program knows in the test."""
    today = schema.SCHEMA_VERSION
    monkeypatch.setattr(schema, "SCHEMA_VERSION", today + 1)
    monkeypatch.setattr(migrate, "STEPS", {**STEPS, today: Step(NEWEST_TABLES, add_a_table)})
    return today + 1


def test_the_next_version_is_one_more_step(
    project_url: str, request: pytest.FixtureRequest
) -> None:
    with open_project(project_url, create=True) as project:
        journal = project.journal()
    newer = request.getfixturevalue("newer_program")
    with open_project(project_url) as project:
        assert project.migration is not None
        assert (project.migration.before, project.migration.after) == (newer - 1, newer)
        assert project.journal() == journal
    with open_project(project_url) as project:
        assert project.migration is None


def test_several_steps_are_taken_at_once(path: Path, newer_program: int) -> None:
    with open_project(path) as project:
        assert project.migration is not None
        assert (project.migration.before, project.migration.after) == (1, newer_program)
        assert project.check().clean
    assert len(backups(path.parent)) == 1


def test_the_backup_of_version_2_has_all_its_tables(tmp_path: Path) -> None:
    with open_project(shutil.copy(VERSION_2, tmp_path / "p.av3d")) as project:
        assert project.migration is not None
        copy = Path(project.migration.backup)
    assert copy.name.startswith("p.v2-backup-")
    assert contents(copy, V2_TABLES) == contents(VERSION_2, V2_TABLES)


def test_on_a_server_the_backup_of_version_2_has_all_its_tables(postgres_url: str) -> None:
    fill(postgres_url, VERSION_2, V2_TABLES)
    with open_project(postgres_url) as project:
        assert project.migration is not None
        prefix = project.migration.backup
    assert server_tables(postgres_url) == {*NEWEST_TABLES, *(prefix + name for name in V2_TABLES)}
    database = Database(postgres_url, create=False)
    with database.reading() as connection:
        for table, expected in contents(VERSION_2, V2_TABLES).items():
            found = connection.scalar(text(f"SELECT count(*) FROM {prefix}{table}"))
            assert found == len(expected)
    database.close()


def test_a_step_that_fails_half_way_leaves_the_project_as_it_was(
    project_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_project(project_url, create=True) as project:
        journal = project.journal()
    today = schema.SCHEMA_VERSION
    with monkeypatch.context() as patch:
        patch.setattr(schema, "SCHEMA_VERSION", today + 1)
        patch.setattr(migrate, "STEPS", {today: Step(NEWEST_TABLES, fail_half_way)})
        expected = rf"version {today} and cannot.*it makes no sense: half way"
        with pytest.raises(StoreError, match=expected):
            open_project(project_url)
    with open_project(project_url) as project:
        assert project.migration is None
        assert project.journal() == journal
        assert project.check().clean


def test_there_is_a_step_from_every_version() -> None:
    assert sorted(steps.STEPS) == list(range(1, schema.SCHEMA_VERSION))
