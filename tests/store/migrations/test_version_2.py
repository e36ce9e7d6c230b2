"""What a project of version 1 becomes. version_1.av3d was made by the program of then."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from av3d.ontology.presets import default
from av3d.store.project import Project, open_project
from av3d.tracks.history import Kind
from av3d.tracks.track import Track

sys.path.append(str(Path(__file__).parent))
from old_projects import VERSION_1, fill, rows, structure, tracks

LOGS = {1: "crossing", 2: "kreuzung nachts"}
IN_FRONT = 3
"""Entries before those of version 1: the ontology and two logs."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(VERSION_1, tmp_path / "p.av3d"))


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """The project, opened: once from the file, once from the same rows on a server."""
    if request.param == "sqlite":
        location = str(shutil.copy(VERSION_1, tmp_path / "p.av3d"))
    else:
        location = request.getfixturevalue("postgres_url")
        fill(location)
    with open_project(location) as project:
        yield project


def plain(track: Track) -> dict[str, Any]:
    value = track.as_json()
    return {
        name: value[name] for name in ("category", "number", "attributes", "presence", "keyframes")
    }


def test_every_label_is_what_it_was_digit_for_digit(project: Project) -> None:
    for log_id, name in LOGS.items():
        expected = tracks(VERSION_1, log_id)
        assert len(expected) in (32, 33)
        assert {track.id: plain(track) for track in project.tracks(name)} == expected


def test_the_project_passes_its_check(project: Project) -> None:
    report = project.check()
    assert (report.findings, report.entries, report.tracks, report.keyframes) == ((), 29, 65, 194)


def test_every_entry_of_the_journal_is_kept(project: Project) -> None:
    old = rows(VERSION_1, "journal")
    new = project.journal()[IN_FRONT:]
    assert [(e.time_ns, e.author, e.command, e.kind) for e in new] == [
        (row["time_ns"], row["author"], row["command"], Kind.DO) for row in old
    ]
    assert {entry.session for entry in new} == {"version 1"}


def test_the_ontology_and_the_logs_are_in_front(project: Project) -> None:
    first = project.journal()[:IN_FRONT]
    assert [(entry.command, entry.kind) for entry in first] == [
        ("new project with ontology av3d", Kind.FIXED),
        ("add log crossing", Kind.FIXED),
        ("add log kreuzung nachts", Kind.FIXED),
    ]
    assert project.ontology() == default()


def test_the_logs_are_where_they_were(project: Project) -> None:
    old = rows(VERSION_1, "log")
    assert [
        (log.name, log.kind, str(log.path), log.fingerprint, log.start_ns, log.end_ns)
        for log in project.logs()
    ] == [
        tuple(row[n] for n in ("name", "kind", "path", "fingerprint", "start_ns", "end_ns"))
        for row in old
    ]


def test_every_past_state_is_what_the_old_journal_said(project: Project) -> None:
    states: dict[int, dict[str, Any]] = {1: {}, 2: {}}
    for row in rows(VERSION_1, "journal"):
        state = states[row["log_id"]]
        for change in json.loads(row["changes"]):
            if change["after"] is None:
                del state[change["before"]["id"]]
            else:
                state[change["after"]["id"]] = change["after"]
        document = project.document_at(LOGS[row["log_id"]], row["id"] + IN_FRONT)
        assert {track.id: plain(track) for track in document.tracks.values()} == {
            track_id: {name: value[name] for name in value if name != "id"}
            for track_id, value in state.items()
        }


def test_an_edit_of_then_can_be_undone(project: Project) -> None:
    before = project.document_at("kreuzung nachts", 28)
    entry = project.undo(session="version 1")
    assert entry is not None
    assert entry.command == "undo delete keyframe"
    assert project.document("kreuzung nachts").digest == before.digest


def test_the_digests_are_those_of_version_2(project: Project) -> None:
    """If these change, what is stored in projects of version 2 has another digest, too."""
    assert [project.document(name).digest for name in LOGS.values()] == [
        "b8b7baf8f64d91e512b1a10721297141",
        "f9e9833af6fdd458d88883b2a96675f7",
    ]


def test_the_tables_are_those_of_a_new_project(path: Path, tmp_path: Path) -> None:
    open_project(path).close()
    open_project(tmp_path / "new.av3d", create=True).close()
    assert structure(path) == structure(tmp_path / "new.av3d")


def test_tables_that_were_changed_by_hand_win_over_the_journal(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE track SET category = 'tram' WHERE id = 'Straße 1'")
        connection.execute("DELETE FROM keyframe WHERE track_key = (SELECT max(key) FROM track)")
        connection.execute("DELETE FROM track WHERE key = (SELECT max(key) FROM track)")
        connection.commit()
    expected = {name: tracks(path, log_id) for log_id, name in LOGS.items()}
    with open_project(path) as project:
        for name in LOGS.values():
            assert {track.id: plain(track) for track in project.tracks(name)} == expected[name]
        last = project.journal()[-1]
        assert last.command.startswith("labels as the tables of version 1 had them")
        assert (last.kind, len(last.changes)) == (Kind.FIXED, 2)
        assert project.check().clean


def test_a_project_without_any_entry_becomes_one_with_its_log(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for table in ("journal", "keyframe", "track"):
            connection.execute(f"DELETE FROM {table}")
        connection.commit()
    with open_project(path) as project:
        assert [entry.command for entry in project.journal()] == [
            "new project with ontology av3d",
            "add log crossing",
            "add log kreuzung nachts",
        ]
        assert project.tracks("crossing") == ()
        assert project.check().clean


def test_zeros_with_a_sign_are_zeros_as_databases_keep_them(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        changes = json.loads(
            connection.execute("SELECT changes FROM journal WHERE id = 24").fetchone()[0]
        )
        changes[0]["after"]["keyframes"][0]["center_m"][2] = -0.0
        connection.execute("UPDATE journal SET changes = ? WHERE id = 24", (json.dumps(changes),))
        key = connection.execute("SELECT key FROM track WHERE id = 'Straße 1'").fetchone()[0]
        time_ns = changes[0]["after"]["keyframes"][0]["timestamp_ns"]
        connection.execute(
            "UPDATE keyframe SET z_m = 0.0 WHERE track_key = ? AND timestamp_ns = ?", (key, time_ns)
        )
        connection.commit()
    with open_project(path) as project:
        assert len(project.journal()) == 29
        assert project.check().clean
