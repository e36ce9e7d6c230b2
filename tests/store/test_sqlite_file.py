"""The file is taken away while it is open: what was saved is put back, and work goes on."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from av3d.store import schema
from av3d.store.database import Database, StoreError
from databases import keys, names, put, stored


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
