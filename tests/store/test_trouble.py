"""A full disk, no rights, a file that is taken away, another process: nothing is lost, work goes on."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from av3d.store import schema
from av3d.store.database import Database, StoreError


def put(database: Database, key: str, value: str = "1") -> None:
    with database.writing() as connection:
        connection.execute(schema.meta.insert(), [{"key": key, "value": value}])


def keys(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.scalars(select(schema.meta.c.key))) - {"schema_version"}


def stored(path: Path) -> set[str]:
    """What another process finds in the file now."""
    program = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]);"
        "assert connection.execute('PRAGMA integrity_check').fetchone() == ('ok',);"
        "print(*[row[0] for row in connection.execute('SELECT key FROM meta')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split()) - {"schema_version"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


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


def fill_up(path: Path) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    with suppress(OSError):
        while os.write(descriptor, bytes(4096)):
            pass
    os.close(descriptor)


# -- the file is taken away ----------------------------------------------------------------------


def test_a_deleted_file_is_put_back_and_work_goes_on(database: Database, path: Path) -> None:
    path.unlink()
    with pytest.raises(StoreError, match=r"was deleted while it was open.*repeat the last edit"):
        put(database, "second")
    put(database, "second")
    assert keys(database) == stored(path) == {"first", "second"}
    assert names(path.parent) == ["p.av3d", "p.av3d-shm", "p.av3d-wal"]


def test_all_its_files_may_be_deleted(database: Database, path: Path) -> None:
    for file in path.parent.iterdir():
        file.unlink()
    with pytest.raises(StoreError, match="was deleted"):
        keys(database)
    put(database, "second")
    assert stored(path) == {"first", "second"}


def test_an_edit_is_not_acknowledged_when_its_file_goes_before_the_commit(
    database: Database, path: Path
) -> None:
    def edit() -> None:
        with database.writing() as connection:
            connection.execute(schema.meta.insert(), [{"key": "second", "value": ""}])
            path.unlink()

    with pytest.raises(StoreError, match="repeat the last edit"):
        edit()
    assert keys(database) == stored(path) == {"first"}


def test_an_edit_whose_file_goes_with_the_commit_is_in_the_file_that_is_put_back(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.engine.default import DefaultDialect

    commit = DefaultDialect.do_commit

    def commit_and_delete(self: DefaultDialect, connection: object) -> None:
        commit(self, connection)  # type: ignore[arg-type]
        path.unlink()

    with monkeypatch.context() as patch:
        patch.setattr(DefaultDialect, "do_commit", commit_and_delete)
        put(database, "second")
    assert stored(path) == {"first", "second"}


def test_closing_puts_a_deleted_file_back(path: Path) -> None:
    database = Database(path, create=True)
    put(database, "first")
    path.unlink()
    database.close()
    assert stored(path) == {"first"}
    assert names(path.parent) == ["p.av3d"]


def test_its_permissions_come_back_with_the_file(database: Database, path: Path) -> None:
    path.chmod(0o600)
    path.unlink()
    with pytest.raises(StoreError):
        keys(database)
    assert path.stat().st_mode & 0o777 == 0o600


def test_readers_in_other_threads_see_the_file_that_was_put_back(
    database: Database, path: Path
) -> None:
    seen: list[set[str]] = []
    inside, go_on = threading.Event(), threading.Event()

    def read() -> None:
        with database.reading() as connection:
            connection.scalars(select(schema.meta.c.key)).all()
            inside.set()
            go_on.wait(10)
        seen.append(keys(database))

    thread = threading.Thread(target=read)
    thread.start()
    inside.wait(10)
    path.unlink()
    with pytest.raises(StoreError, match="was deleted"):
        keys(database)
    put(database, "second")
    go_on.set()
    thread.join()
    assert seen == [{"first", "second"}]
    put(database, "third")
    assert stored(path) == {"first", "second", "third"}


def test_of_two_processes_one_puts_the_file_back_and_the_other_goes_on_with_it(
    database: Database, path: Path
) -> None:
    other = Database(path, create=False)
    path.unlink()
    with pytest.raises(StoreError, match="was deleted"):
        put(database, "second")
    put(database, "second")
    with pytest.raises(StoreError, match=r"was put back.*repeat the last edit"):
        put(other, "third")
    put(other, "third")
    other.close()
    put(database, "fourth")
    assert stored(path) == {"first", "second", "third", "fourth"}
    assert names(path.parent) == ["p.av3d", "p.av3d-shm", "p.av3d-wal"]


def test_a_renamed_file_is_left_and_a_whole_copy_is_put_in_its_place(
    database: Database, path: Path
) -> None:
    path.rename(path.with_name("renamed.av3d"))
    with pytest.raises(StoreError, match=r"was moved to .*renamed\.av3d while it was open"):
        put(database, "second")
    put(database, "second")
    assert stored(path) == {"first", "second"}
    assert path.with_name("renamed.av3d").exists()


def test_a_file_that_comes_back_in_time_is_no_trouble(database: Database, path: Path) -> None:
    path.rename(path.with_name("renamed.av3d"))
    path.with_name("renamed.av3d").rename(path)
    put(database, "second")
    assert stored(path) == {"first", "second"}


def test_a_project_whose_folder_moved_is_found_where_it_is(database: Database, path: Path) -> None:
    moved = path.parent.with_name("moved")
    path.parent.rename(moved)
    with pytest.raises(StoreError, match=r"was moved to .*moved/p\.av3d.*open it there"):
        put(database, "second")
    assert stored(moved / "p.av3d") == {"first"}
    moved.rename(path.parent)
    put(database, "second")
    assert stored(path) == {"first", "second"}


def test_a_file_deleted_with_its_folder_is_kept_in_the_users_folder(
    path: Path, user_data: Path
) -> None:
    database = Database(path, create=True)
    put(database, "first")
    shutil.rmtree(path.parent)
    with pytest.raises(StoreError, match="deleted with its folder") as caught:
        put(database, "second")
    (copy,) = user_data.iterdir()
    assert str(copy) in str(caught.value)
    assert stored(copy) == {"first"}
    with pytest.raises(StoreError, match="deleted with its folder"):
        put(database, "second")
    assert list(user_data.iterdir()) == [copy]
    path.parent.mkdir()
    with pytest.raises(StoreError, match=r"was deleted while it was open.*repeat"):
        put(database, "second")
    put(database, "second")
    assert stored(path) == {"first", "second"}
    database.close()


def test_closing_says_where_the_content_is_when_the_folder_is_gone(
    path: Path, user_data: Path
) -> None:
    database = Database(path, create=True)
    put(database, "first")
    shutil.rmtree(path.parent)
    with pytest.raises(StoreError, match="everything is in the copy"):
        database.close()
    assert stored(next(user_data.iterdir())) == {"first"}


def test_a_file_that_was_replaced_is_left_alone_and_what_was_open_is_kept(
    path: Path, tmp_path: Path
) -> None:
    with_journal = Database(path, create=True)
    with with_journal.writing() as connection:
        connection.execute(schema.log.insert(), [log_row()])
    put(with_journal, "mine")
    other = Database(tmp_path / "other.av3d", create=True)
    put(other, "theirs")
    other.close()
    (tmp_path / "other.av3d").replace(path)
    with pytest.raises(StoreError, match=r"replaced by another.*is kept in .*rescued") as caught:
        put(with_journal, "second")
    with pytest.raises(StoreError, match=r"replaced by another"):
        keys(with_journal)
    (copy,) = [name for name in path.parent.iterdir() if "rescued" in name.name]
    assert str(copy) in str(caught.value)
    assert (stored(path), stored(copy)) == ({"theirs"}, {"mine"})
    with pytest.raises(StoreError, match="replaced by another"):
        with_journal.close()
    assert stored(path) == {"theirs"}


def log_row() -> dict[str, object]:
    """A row of the table of logs, whatever columns it has."""
    return {
        column.name: 1 if column.type.python_type is int else "drive"
        for column in schema.log.columns
    }


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_what_lies_beside_the_file_may_be_deleted(
    database: Database, path: Path, ending: str
) -> None:
    Path(f"{path}{ending}").unlink()
    with pytest.raises(StoreError, match="files beside the project were deleted"):
        put(database, "second")
    put(database, "second")
    assert keys(database) == stored(path) == {"first", "second"}


# -- no rights -----------------------------------------------------------------------------------


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


# -- a full disk ---------------------------------------------------------------------------------


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


# -- another process -----------------------------------------------------------------------------


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


# -- damage --------------------------------------------------------------------------------------


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
