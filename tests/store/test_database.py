from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from av3d.store import schema
from av3d.store.database import Database, StoreError
from av3d.store.network import network_kind
from databases import keys, names
from postgres import QUOTED_PASSWORD, Server


def put(connection: Connection, key: str, value: str = "1") -> None:
    connection.execute(schema.meta.insert(), [{"key": key, "value": value}])


def put_and_fail(database: Database) -> None:
    with database.writing() as connection:
        put(connection, "a")
        raise KeyError


def test_what_was_written_is_read_by_another(project_url: str) -> None:
    first = Database(project_url, create=True)
    with first.writing() as connection:
        put(connection, "a", "Straße")
    second = Database(project_url, create=False)
    assert keys(second) == {"a"}
    first.close()
    second.close()


def test_a_block_that_raises_leaves_nothing(project_url: str) -> None:
    database = Database(project_url, create=True)
    with pytest.raises(KeyError):
        put_and_fail(database)
    assert keys(database) == set()
    database.close()


def test_two_queries_of_one_reading_see_the_same_moment(project_url: str) -> None:
    database = Database(project_url, create=True)
    with database.reading() as connection:
        query = select(schema.meta.c.key)
        before = set(connection.scalars(query))
        with database.writing() as other:
            put(other, "a")
        assert set(connection.scalars(query)) == before
    assert keys(database) == {"a"}
    database.close()


def test_writers_wait_for_each_other(project_url: str) -> None:
    database = Database(project_url, create=True)
    with database.writing() as connection:
        put(connection, "count", "0")
    counter = schema.meta.c.key == "count"

    def count() -> None:
        for _ in range(25):
            with database.writing() as connection:
                value = connection.scalar(select(schema.meta.c.value).where(counter))
                connection.execute(
                    schema.meta.update().where(counter).values(value=str(int(value or 0) + 1))
                )

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.scalar(select(schema.meta.c.value).where(counter)) == "100"
    database.close()


def test_a_writer_that_waits_too_long_is_told_why(project_url: str) -> None:
    first = Database(project_url, create=True)
    second = Database(project_url, create=False, lock_timeout_s=0.1)
    with (
        first.writing(),
        pytest.raises(StoreError, match=r"locked by another process.*try again"),
        second.writing(),
    ):
        pass
    with second.writing() as connection:
        put(connection, "a")
    assert keys(first) == {"a"}
    first.close()
    second.close()


def test_threads_read_while_one_writes(project_url: str) -> None:
    database = Database(project_url, create=True)
    stop = threading.Event()
    failed: list[BaseException] = []

    def read() -> None:
        try:
            while not stop.is_set():
                keys(database)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(40):
        with database.writing() as connection:
            put(connection, f"key {number}")
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(keys(database)) == 40
    database.close()


def test_several_may_make_the_same_project_at_once(project_url: str) -> None:
    made: list[Database] = []
    failed: list[BaseException] = []

    def make() -> None:
        try:
            made.append(Database(project_url, create=True))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with made[0].writing() as connection:
        put(connection, "a")
    assert [keys(database) for database in made] == [{"a"}] * 4
    for database in made:
        database.close()


def test_a_database_of_another_program_is_refused_and_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("create table songs (title text)")
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(StoreError, match="not an av3d project"):
        Database(tmp_path / "other.db", create=True)
    assert (tmp_path / "other.db").read_bytes() == before
    assert names(tmp_path) == ["other.db"]


def test_an_empty_file_becomes_a_project_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "p.av3d").touch()
    with pytest.raises(StoreError, match="the database is empty"):
        Database(tmp_path / "p.av3d", create=False)
    Database(tmp_path / "p.av3d", create=True).close()
    Database(tmp_path / "p.av3d", create=False).close()


def test_names_with_anything_in_them_are_files(tmp_path: Path) -> None:
    for name in ("ü ñ 雪.av3d", "100%41?mode=memory#x.av3d", os.fsdecode(b"\xff\xfe.av3d")):
        database = Database(tmp_path / name, create=True)
        with database.writing() as connection:
            put(connection, "a")
        database.close()
        assert (tmp_path / name).stat().st_size > 0
    assert len(names(tmp_path)) == 3


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="not a file"):
        Database(tmp_path / "pipe", create=True)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(StoreError, match=r"cannot open the project.*levels of symbolic links"):
        Database(tmp_path / "loop", create=True)
    with pytest.raises(StoreError, match="write the whole path"):
        Database("~nobody-of-that-name/p.av3d", create=True)
    with pytest.raises(StoreError, match="in memory"):
        Database("sqlite://", create=True)


def test_a_link_leads_to_the_project(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link.av3d").symlink_to(tmp_path / "there" / "p.av3d")
    database = Database(tmp_path / "link.av3d", create=True)
    with database.writing() as connection:
        put(connection, "a")
    database.close()
    assert names(tmp_path / "there") == ["p.av3d"]
    database = Database(tmp_path / "link.av3d", create=False)
    assert keys(database) == {"a"}
    database.close()


def test_on_a_network_folder_commits_go_without_a_shared_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(tmp_path / "p.av3d", create=True)
    database.close()
    for module in ("database", "sqlite_file"):
        monkeypatch.setattr(f"av3d.store.{module}.network_kind", lambda path: "nfs4")
    first = Database(tmp_path / "p.av3d", create=False)
    second = Database(tmp_path / "p.av3d", create=False)
    with first.writing() as connection:
        put(connection, "a")
    with second.writing() as connection:
        put(connection, "b")
    assert keys(first) == {"a", "b"}
    assert names(tmp_path) == ["p.av3d"]
    first.close()
    second.close()


def test_the_kind_of_a_folder_is_read_from_the_list_of_mounts(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    table = tmp_path / "mountinfo"
    table.write_text(f"36 35 {number} / {tmp_path} rw shared:1 - nfs4 server:/share rw\n")
    assert network_kind(tmp_path, table) == "nfs4"
    table.write_text(f"36 35 {number} / {tmp_path} rw shared:1 - ext4 /dev/sda1 rw\n")
    assert network_kind(tmp_path, table) == ""


def test_a_url_of_a_server_needs_no_driver(postgres_url: str) -> None:
    Database(postgres_url, create=True).close()
    Database(postgres_url.replace("postgresql:", "postgres:"), create=False).close()
    database = Database(postgres_url.replace("postgresql:", "postgresql+psycopg:"), create=False)
    database.close()
    assert database.where.startswith("postgresql://av3d:***@127.0.0.1:")


def test_an_empty_database_becomes_a_project_only_when_asked(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="the database is empty"):
        Database(postgres_url, create=False)
    Database(postgres_url, create=True).close()


def test_a_server_database_of_another_program_is_refused(
    postgres_server: Server, postgres_url: str
) -> None:
    postgres_server.run("CREATE TABLE songs (title text)", postgres_url.rpartition("/")[2])
    with pytest.raises(StoreError, match="not an av3d project"):
        Database(postgres_url, create=True)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ((QUOTED_PASSWORD, "wrong-secret"), "the server refuses the password"),
        ((f":{QUOTED_PASSWORD}", ""), "the server refuses the password"),
        (("av3d:", "nobody:"), "the server refuses the password"),
        (("/test_", "/missing_"), "there is no such database"),
        (("127.0.0.1", "no-such-host.invalid"), "there is no such host"),
        (("127.0.0.1:", "127.0.0.1:9"), "no such port"),
    ],
)
def test_a_server_that_cannot_be_used_gives_one_line(
    postgres_url: str, change: tuple[str, str], line: str
) -> None:
    with pytest.raises(StoreError, match=line) as caught:
        Database(postgres_url.replace(*change), create=False)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:geheim/wort@host/labels",
        "postgresql://me:geheim@wort@host/labels",
        "postgresql://me:12/geheim@host/labels",
        "postgresql://me:geheim@host:port/labels",
        "mysql://me:geheim@host/labels",
        "nosuch://me:geheim@host/labels",
        "postgresql+nosuch://me:geheim@host/labels",
        "postgresql://127.0.0.1:1/labels?password=geheim&connect_timeout=2",
        "postgresql://me:geheim@127.0.0.1:1/labels?passfile=/geheim",
    ],
)
def test_a_password_is_never_shown(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Database(url, create=False)
    assert "geheim" not in str(caught.value)
    assert "wort@" not in str(caught.value)


def test_where_no_server_runs_is_said() -> None:
    with pytest.raises(StoreError, match=r"cannot open the project: no server answers.*refused"):
        Database("postgresql://me@127.0.0.1:1/labels", create=True)


def test_a_host_that_does_not_answer_is_given_up_in_time() -> None:
    import socket

    with socket.socket() as silent:  # accepts connections and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        with pytest.raises(StoreError, match="does not answer in time"):
            Database(
                f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/labels?connect_timeout=2",
                create=False,
            )
        assert time.monotonic() - started < 10


def test_a_user_without_rights_is_told(postgres_server: Server, postgres_url: str) -> None:
    Database(postgres_url, create=True).close()
    name = postgres_url.rpartition("/")[2]
    postgres_server.run("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    try:
        url = postgres_server.url(name).replace(f"av3d:{QUOTED_PASSWORD}", "guest:guest")
        with pytest.raises(StoreError, match=r"has not the rights.*GRANT"):
            Database(url, create=False)
        postgres_server.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest", name)
        database = Database(url, create=False)
        with pytest.raises(StoreError, match="has not the rights"), database.writing():
            pass
        database.close()
        postgres_server.run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM guest", name)
    finally:
        postgres_server.run("DROP ROLE guest")


def test_work_goes_on_after_the_server_was_restarted(postgres_server: Server) -> None:
    with postgres_server.database() as url:
        database = Database(url, create=True)
        with database.writing() as connection:
            put(connection, "a")
        postgres_server.stop()
        with pytest.raises(StoreError, match=r"no server answers|connection to the server broke"):
            keys(database)
        postgres_server.start()
        with database.writing() as connection:
            put(connection, "b")
        assert keys(database) == {"a", "b"}
        database.close()


def test_a_connection_that_breaks_while_writing_says_so(
    postgres_server: Server, postgres_url: str
) -> None:
    database = Database(postgres_url, create=True)
    name = postgres_url.rpartition("/")[2]

    def write_over_a_cut_line() -> None:
        with database.writing() as connection:
            put(connection, "a")
            postgres_server.run(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            put(connection, "b")

    with pytest.raises(StoreError, match=r"connection to the server broke.*load the tracks again"):
        write_over_a_cut_line()
    assert keys(database) == set()
    database.close()
