"""docs/formats/project.md says what is in a project, and its queries run."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from av3d.store import schema
from av3d.store.project import open_project


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "formats" / "project.md").read_text()


def test_every_table_and_column_is_told(page: str) -> None:
    told = {
        name: set(re.findall(r"`(\w+)`", columns))
        for name, columns in re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \|$", page, re.MULTILINE)
    }
    assert told.keys() == schema.metadata.tables.keys()
    for name, table in schema.metadata.tables.items():
        assert set(table.columns.keys()) <= told[name]


def test_the_version_is_the_programs(page: str) -> None:
    assert page.startswith(f"# A project (`.av3d`, version {schema.SCHEMA_VERSION})")
    assert f"`schema_version` is `{schema.SCHEMA_VERSION}`" in page


def test_the_queries_find_what_they_say(page: str, repository: Path, tmp_path: Path) -> None:
    from av3d.cli.main import run

    path = tmp_path / "p.av3d"
    assert (
        run(["import", str(repository / "sample_logs" / "crossing"), "--project", str(path)]) == 0
    )
    with open_project(path) as project:
        (log,) = project.logs()
        tracks = project.tracks(log.name)
        categories = [category.key for category in project.ontology().categories]
    statements = re.findall(r"^(SELECT .*?);$", page, re.MULTILINE | re.DOTALL)
    with closing(sqlite3.connect(path)) as connection:
        found = [connection.execute(statement).fetchall() for statement in statements]
    assert [(t.category, t.number, t.id, len(t.keyframes)) for t in tracks] == found[0]
    assert len(found[1]) == sum(len(track.keyframes) for track in tracks)
    assert found[2][0][3].startswith("import")
    assert len(found[3]) == 1
    assert found[4] == [(log.name, str(log.path))]
    assert [row[0] for row in found[5]] == categories
