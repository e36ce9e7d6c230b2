"""What a project of version 2 becomes. version_2.av3d was made by the program of then."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from av3d.store.project import Project, open_project
from av3d.tracks.change import Change
from av3d.tracks.interpolation import AUTOMATIC, Interpolation, Model
from av3d.tracks.noise import Noise

sys.path.append(str(Path(__file__).parent))
from old_projects import V2_TABLES, VERSION_2, contents, fill, rows, structure

DAY, NIGHT = "drive", "kreuzung nachts"

DIGESTS = {DAY: "77fe067712afb181b00487afc1657314", NIGHT: "bab5e7220805d9eedfc485c507ec4241"}
"""Of the documents, as the program of then gave them."""

PAST = {
    4: "017b4cbd39608f54dc6c5a3bc399cb8e",
    6: "44910a0f83ac97fe49819a40da7936a5",
    9: "a0053bafd9d791de2abd0df13e6ef265",
}
"""Of the document of DAY after some entries, as the program of then gave them."""


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """The project, opened: once from the file, once from the same rows on a server."""
    if request.param == "sqlite":
        location = str(shutil.copy(VERSION_2, tmp_path / "p.av3d"))
    else:
        location = request.getfixturevalue("postgres_url")
        fill(location, VERSION_2, V2_TABLES)
    with open_project(location) as project:
        yield project


def test_every_row_but_the_version_stays_as_it_was(tmp_path: Path) -> None:
    path = Path(shutil.copy(VERSION_2, tmp_path / "p.av3d"))
    open_project(path).close()
    new = {"track": {"interpolation": None}, "keyframe": {"noise": None}}
    for table, before in contents(VERSION_2, V2_TABLES).items():
        if table == "meta":
            assert rows(path, "meta") == [{"key": "schema_version", "value": "3"}]
        else:
            assert rows(path, table) == [{**row, **new.get(table, {})} for row in before]


def test_labels_and_past_states_have_the_digests_of_then(project: Project) -> None:
    assert {name: project.document(name).digest for name in DIGESTS} == DIGESTS
    assert {entry: project.document_at(DAY, entry).digest for entry in PAST} == PAST
    assert project.check().clean


def test_nobody_has_said_anything_of_motion_or_noise(project: Project) -> None:
    tracks = [*project.tracks(DAY), *project.tracks(NIGHT)]
    assert [track.interpolation for track in tracks] == [AUTOMATIC] * 4
    assert {keyframe.noise for track in tracks for keyframe in track.keyframes} == {None}


def test_undo_goes_on_where_it_was(project: Project) -> None:
    entry = project.undo(session="lei")
    assert entry is not None
    assert entry.command == "undo draw a cuboid"
    assert project.tracks(NIGHT) == ()


def test_what_is_new_can_be_said_and_taken_back(project: Project) -> None:
    truck = project.document(DAY).tracks["truck"]
    first = replace(truck.keyframes[0], noise=Noise(0.1, 0.05, 0.02, 0.01))
    said = replace(
        truck,
        keyframes=(first, *truck.keyframes[1:]),
        interpolation=Interpolation(Model.SMOOTH, None, True),
    )
    project.apply(DAY, [Change(truck, said)], command="say")
    (found,) = (track for track in project.tracks(DAY) if track.id == "truck")
    assert found.as_json() == said.as_json()
    assert project.check().clean
    project.undo()
    assert project.document(DAY).digest == DIGESTS[DAY]
    assert project.check().clean


def test_the_tables_are_those_of_a_new_project(tmp_path: Path) -> None:
    path = Path(shutil.copy(VERSION_2, tmp_path / "p.av3d"))
    open_project(path).close()
    open_project(tmp_path / "new.av3d", create=True).close()
    assert structure(path) == structure(tmp_path / "new.av3d")
