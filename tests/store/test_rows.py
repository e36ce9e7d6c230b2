"""Tracks come back from the database bit for bit, whole and after any edit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.store.project import open_project
from av3d.tracks.change import Change, combined
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Edge, Span
from av3d.tracks.track import Track
from store.projects import LOG, car, new_project
from tracks.random_edits import NAMES, TEXTS, VALUES, possible, random_changes

LIMIT_NS = 2**62 - 1
NUMBERS = [1e-300, 5e-324, 0.1 + 0.2, 1 / 3, 1e9, 123456.78901234567, -0.0, 2.0**-1074, 1e-17]


def extremes() -> Track:
    """Every kind of value near to what it may be at most."""
    keyframes = [
        Keyframe(
            time_ns,
            Cuboid(
                SE3.from_euler(0.1 * row, -1.5, 3.14, [x, -x, row / 3]), np.array([1e-3, 7, 99])
            ),
            (Provenance.MODEL, Provenance.FITTED)[row % 2],
            {name: value for name in NAMES for value in (VALUES[row % len(VALUES)],)},
        )
        for row, (time_ns, x) in enumerate(
            zip([-LIMIT_NS, -1, 0, 1, 2, 3, 4, 5, LIMIT_NS], NUMBERS, strict=True)
        )
    ]
    return Track(
        "ü 車 🚗 'x'",
        "überhöhtes fahrzeug",
        tuple(k for k in keyframes),
        (Span(-LIMIT_NS, -5, Edge.RANGE, Edge.OCCLUDED), Span(7, LIMIT_NS)),
        2**31 - 1,
        {f"{row}": value for row, value in enumerate(VALUES)},
        note="".join(text for text in TEXTS),
    )


def test_extreme_values_come_back_bit_for_bit(project_url: str) -> None:
    track = extremes()
    with new_project(project_url) as project:
        project.apply(LOG, [Change(None, track)], command="import")
    with open_project(project_url) as project:
        (found,) = project.tracks(LOG)
        assert found.as_json() == track.as_json()
        assert repr(found.as_json()) == repr(track.as_json())  # 1, 1.0 and true are not the same
        assert found.digest == track.digest
        project.undo(session=project.journal()[-1].session)
        assert project.document(LOG).as_text() == ""
        assert project.document_at(LOG, 3).as_text() == Document.of([track]).as_text()
        assert project.check().clean


@pytest.mark.parametrize("one", VALUES[:8], ids=repr)
@pytest.mark.parametrize("other", VALUES[:8], ids=repr)
def test_values_that_python_takes_for_the_same_are_told_apart(
    one_project, one: object, other: object
) -> None:
    project = one_project
    for stored in project.document(LOG).tracks.values():
        project.apply(LOG, [Change(stored, None)], command="clear")
    first = car("a", attributes={"x": one})
    first = replace(first, keyframes=(replace(first.keyframes[0], attributes={"x": one}),))
    project.apply(LOG, [Change(None, first)], command="make")
    second = replace(
        first,
        attributes={"x": other},
        keyframes=(replace(first.keyframes[0], attributes={"x": other}),),
    )
    project.apply(LOG, [Change(first, second)], command="change")
    (found,) = project.tracks(LOG)
    assert repr(found.as_json()) == repr(second.as_json())
    if second.digest != first.digest:
        project.undo()
        (found,) = project.tracks(LOG)
        assert repr(found.as_json()) == repr(first.as_json())


@pytest.fixture(scope="module")
def one_project(tmp_path_factory: pytest.TempPathFactory):
    with new_project(tmp_path_factory.mktemp("rows") / "p.av3d") as project:
        yield project
        assert project.check().clean


@pytest.mark.parametrize("seed", range(3))
def test_random_edits_are_stored_as_they_are_in_memory(project_url: str, seed: int) -> None:
    """Editors are not asked: documents in memory against what another reader finds."""
    random, document = Random(seed), Document()
    with new_project(project_url) as project, open_project(project_url) as reader:
        for _ in range(25):
            name = random.choice(possible(document))
            try:
                changes = combined(random_changes(random, name, document))
                after = document.apply(changes)
            except EditError:
                continue
            project.apply(LOG, changes, command=name)
            document = after
            assert reader.document(LOG).as_text() == document.as_text()
            assert reader.document(LOG).digest == document.digest
        assert reader.check().clean


def test_tracks_are_sorted_alike_on_every_database(project_url: str) -> None:
    names = ["b", "B", "a", "Ä", "_", "Z", "é", "10", "9"]
    with new_project(project_url) as project:
        tracks = [replace(car(name, number=1), category=name) for name in names]
        project.apply(LOG, [Change(None, track) for track in tracks], command="import")
        assert [track.id for track in project.tracks(LOG)] == sorted(names)


def test_a_header_edit_leaves_the_keyframes_alone(tmp_path: Path) -> None:
    """An edit of a long track must not write its keyframes anew."""
    from sqlalchemy import event

    with new_project(tmp_path / "p.av3d") as project:
        project.apply(LOG, [Change(None, car("a", *range(200)))], command="import")
        (track,) = project.tracks(LOG)
        statements: list[str] = []
        with project.reading() as connection:
            engine = connection.engine
        event.listen(
            engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2])
        )
        project.apply(LOG, [Change(track, replace(track, note="?"))], command="note")
    assert not [statement for statement in statements if "keyframe" in statement]
