"""What edits ask of the database: few statements, none of which walks through a journal or a log.

Speed itself is measured in tests/benchmarks/project_speed.py.
"""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from av3d.geometry.cuboid import Cuboid
from av3d.store.project import open_project
from av3d.store.references import LogReference
from av3d.tracks.change import Change
from av3d.tracks.history import Kind
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

S = 1_000_000_000
TRACKS, KEYFRAMES, ENTRIES = 20, 30, 60


def keyframe(time_ns, x):
    return Keyframe(time_ns, Cuboid.from_yaw([x, 0, 0], [4, 2, 1.5], 0.1))


def moved(track, row, x):
    keyframes = list(track.keyframes)
    keyframes[row] = keyframe(keyframes[row].timestamp_ns, x)
    return Change(track, track.with_keyframes(keyframes))


@pytest.fixture
def project(project_url):
    """A project with a log, some tracks and a longer journal."""
    with open_project(project_url, create=True, session="s") as made:
        log = LogReference("drive", "folder", "/nowhere", "", "f", 0, 100 * S)
        made.commit({"": [Change(None, log)]}, command="add log", kind=Kind.FIXED)
        tracks = [
            Track(f"t{n}", "car", tuple(keyframe(k * S, k + n) for k in range(KEYFRAMES)), (), n)
            for n in range(TRACKS)
        ]
        made.apply("drive", [Change(None, track) for track in tracks], command="import")
        editor = made.edit("drive", session="s")
        for number in range(ENTRIES):
            editor.apply([moved(editor.document.track("t1"), 2, float(number))], "move")
        yield made


@contextmanager
def statements(project):
    """The statements with their values that a block sends."""
    sent = []

    def note(connection, cursor, statement, values, context, many):
        sent.append((statement, values))

    engine = project._database._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def counted(project, action):
    with statements(project) as sent:
        action()
    return len(sent)


def test_an_edit_takes_the_same_few_statements_however_much_there_is(project):
    editor = project.edit("drive", session="s")

    def edit(track_id, row):
        editor.apply([moved(editor.document.track(track_id), row, -1.0)], "move")

    first = counted(project, lambda: edit("t3", 4))
    assert first <= 10
    assert counted(project, lambda: edit("t3", 5)) == first
    assert counted(project, lambda: edit("t4", 5)) == first
    undo = counted(project, editor.undo)
    assert undo <= 25
    # Each undo adds a step and goes one further back; pages of steps grow.
    more = [counted(project, editor.undo) for _ in range(30)]
    assert set(more) <= {undo, undo + 1}
    assert counted(project, editor.redo) <= undo + 1


def test_a_log_is_read_with_the_same_few_statements_whatever_it_holds(project):
    found = counted(project, lambda: project.document("drive"))
    assert found <= 8
    document = project.document("drive")
    new = [Track(f"n{n}", "car", (keyframe(n, n),), (), n) for n in range(150)]
    project.apply("drive", [Change(None, track) for track in new], command="import")
    gone = [Change(document.track("t7"), None)]
    project.apply("drive", gone, command="delete")
    assert counted(project, lambda: project.document("drive")) == found
    assert len(project.document("drive").tracks) == TRACKS + 149


def test_undo_reads_no_more_of_the_journal_than_it_needs(project):
    with statements(project) as sent:
        project.undo(session="s")
    pages = [text for text, _ in sent if "journal.session =" in text]
    assert len(pages) == 1
    assert "LIMIT" in pages[0].upper()


@pytest.mark.parametrize("project_url", ["sqlite"], indirect=True)
def test_no_statement_of_an_edit_walks_through_a_table_that_grows(project):
    editor = project.edit("drive", session="s")
    with statements(project) as sent:
        editor.apply([moved(editor.document.track("t3"), 4, -1.0)], "move")
        editor.undo()
        editor.redo()
        editor.refresh()
        editor.apply([Change(editor.document.track("t5"), None)], "delete")
        editor.undo()
        editor.apply([Change(None, Track("new", "car", (keyframe(0, 1.0),)))], "create")
    plans = []
    with project.reading() as connection:
        for text, values in sent:
            if text.split()[0] in ("SELECT", "UPDATE", "DELETE"):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
                plans += [(row.detail, text) for row in rows]
    assert any("USING PRIMARY KEY" in detail for detail, _ in plans)
    for detail, text in plans:
        for table in ("journal", "change", "keyframe"):
            # From the end of the journal to its last entry is no walk.
            walks = detail.startswith(f"SCAN {table}") and "LIMIT" not in text
            assert not walks, (detail, text)
