"""The whole project as text: out, in, and out again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from av3d.calibration.rig import LidarMount, Rig
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.ontology.motion import Motion
from av3d.store.errors import StoreError
from av3d.store.exchange import has_journal, load_labels, read_text, write_text
from av3d.store.project import Project, open_project
from av3d.store.tasks import Author, Role, Task, TaskState
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.noise import Noise
from av3d.tracks.relation import TOWED_BY, Relation
from av3d.tracks.track import Track
from store.projects import LOG, car, new_project
from tracks.strategies import documents

CUBOID = Cuboid.from_yaw([10.0, 2.0, 0.8], [4.5, 1.9, 1.6], 0.1)
CAR = Track("c1", "car", (Keyframe(0, CUBOID), Keyframe(100, CUBOID)), number=1, note="ä\n2")
TRAILER = Track(
    "t1", "trailer", (Keyframe(0, CUBOID),), number=1, relations=(Relation(TOWED_BY, "c1"),)
)
RAIN = Event("e1", "rain", 0, 100, {"heavy": True}, track_ids=("c1",))


class NoSweeps(SweepStream):
    def read(self, index: int) -> Sweep:
        raise AssertionError("the store must not read points")


def log(path: Path, name: str = "drive", kind: str = "folder") -> Log:
    return Log(
        name=name,
        kind=kind,
        path=path,
        rig=Rig("car", {"top": LidarMount(SE3.identity())}, {}),
        trajectory=Trajectory.identity(),
        lidars={"top": NoSweeps((0, 100))},
        cameras={},
    )


def moved(track: Track, x_m: float) -> Track:
    cuboid = Cuboid.from_yaw([x_m, 2.0, 0.8], [4.5, 1.9, 1.6], 0.1)
    return track.with_keyframes([Keyframe(0, cuboid), *track.keyframes[1:]])


def fill(project: Project, folder: Path) -> None:
    """Two logs, a task, an author, an undo and a redo in one session."""
    project.add_log(log(folder / "drive"))
    project.add_log(log(folder / "a", "a"))
    made = [Change(None, CAR), Change(None, TRAILER), Change(None, RAIN)]
    project.apply("drive", made, command="import")
    project.apply("drive", [Change(CAR, moved(CAR, 11.0))], command="move")
    project.apply("a", [Change(None, CAR)], command="import", author="Ömer")
    project.undo()
    project.redo()
    project.undo()
    people = [
        Change(None, Task("k1", "drive", 0, 50, "first half", TaskState.REVIEW, "Ömer")),
        Change(None, Author("Ömer", "Ömer Ö.", Role.LEAD)),
    ]
    project.commit({"": people}, command="set up")


def text(project: Project, path: Path, *, with_journal: bool = True) -> str:
    write_text(project, path, with_journal=with_journal)
    return path.read_text(encoding="utf-8")


def values(project: Project, log_name: str) -> list[dict[str, object]]:
    return [track.as_json() for track in project.tracks(log_name)]


@pytest.fixture
def dumped(tmp_path: Path) -> Path:
    """The text of a project, `p.jsonl`; the project itself is gone."""
    with open_project(tmp_path / "first.av3d", create=True, session="s") as project:
        fill(project, tmp_path)
        write_text(project, tmp_path / "p.jsonl")
    (tmp_path / "first.av3d").unlink()
    return tmp_path / "p.jsonl"


def test_a_project_goes_through_text_from_one_database_to_the_other_and_back(
    tmp_path: Path, postgres_url: str
) -> None:
    with open_project(tmp_path / "first.av3d", create=True) as project:
        fill(project, tmp_path)
        first = text(project, tmp_path / "1.jsonl")
    with read_text(tmp_path / "1.jsonl", postgres_url) as project:
        assert project.check().findings == ()
        assert text(project, tmp_path / "2.jsonl") == first
    with read_text(tmp_path / "2.jsonl", tmp_path / "second.av3d") as project:
        assert project.check().findings == ()
        assert text(project, tmp_path / "3.jsonl") == first


def test_lines_come_in_a_fixed_order(dumped: Path) -> None:
    kinds = [next(iter(json.loads(line))) for line in dumped.read_text("utf-8").splitlines()]
    ontology = ["category", "attribute", "event_kind", "relation_kind"]
    kinds = [kind for kind in kinds if kind not in ontology]
    assert kinds == [
        *("av3d-project", "ontology", "log", "log", "author", "task"),
        "labels",  # of log "a", whose car was undone
        *("labels", "track", "keyframe", "keyframe", "track", "keyframe", "event"),
        *("entry", "change"),  # the ontology
        *("entry", "change", "entry", "change"),  # the logs
        *("entry", "change", "change", "change"),  # the import
        *("entry", "change"),  # the move
        *("entry", "change") * 4,  # the car of log a: made, undone, made again, undone again
        *("entry", "change", "change"),  # task and author
        "end",
    ]  # fmt: skip


def test_a_moved_keyframe_is_one_line_among_the_labels(tmp_path: Path) -> None:
    with open_project(tmp_path / "p.av3d", create=True) as project:
        fill(project, tmp_path)
        before = text(project, tmp_path / "1.jsonl", with_journal=False).splitlines()
        change = Change(moved(CAR, 11.0), moved(CAR, 12.5))
        project.apply("drive", [change], command="move")
        after = text(project, tmp_path / "2.jsonl", with_journal=False).splitlines()
    (old,) = set(before) - set(after)
    (new,) = set(after) - set(before)
    assert json.loads(old)["keyframe"]["center_m"] == [11.0, 2.0, 0.8]
    assert json.loads(new)["keyframe"]["center_m"] == [12.5, 2.0, 0.8]


def test_a_longer_journal_is_lines_more_before_the_end(dumped: Path, tmp_path: Path) -> None:
    old = dumped.read_text("utf-8").splitlines()
    with read_text(dumped, tmp_path / "p.av3d") as project:
        project.commit({}, command="nothing", author="Jo", session="s2")
        new = text(project, tmp_path / "new.jsonl").splitlines()
    assert new[: len(old) - 1] == old[:-1]
    assert json.loads(new[-2])["entry"]["command"] == "nothing"


def test_undo_and_past_states_still_work_in_the_copy(dumped: Path, tmp_path: Path) -> None:
    with read_text(dumped, tmp_path / "p.av3d", session="s") as project:
        assert project.document_at("a", 6).as_text() == Document.of([CAR]).as_text()
        assert project.tracks("a") == ()
        assert project.redo() is None  # what came after the last undo took its place
        undone = project.undo()
        assert undone is not None
        assert undone.command == "undo set up"
        undone = project.undo()
        assert undone is not None
        assert undone.command == "undo move"
        assert values(project, "drive") == [CAR.as_json(), TRAILER.as_json()]


@settings(max_examples=10)
@given(before=documents(), after=documents())
def test_any_labels_come_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, before: Document, after: Document
) -> None:
    folder = tmp_path_factory.mktemp("text")
    with open_project(folder / "p.av3d", create=True) as project:
        project.add_log(log(folder))
        made = [Change(None, e) for e in [*before.tracks.values(), *before.events.values()]]
        project.apply("drive", made, command="one")
        project.apply("drive", changes_to(before, after), command="other")
        first = text(project, folder / "1.jsonl")
        labels = text(project, folder / "labels.jsonl", with_journal=False)
    with read_text(folder / "1.jsonl", folder / "q.av3d") as project:
        assert project.document("drive").as_text() == after.as_text()
        assert text(project, folder / "2.jsonl") == first
    load_labels(folder / "1.jsonl", folder / "r.av3d")
    with open_project(folder / "r.av3d") as project:
        assert text(project, folder / "3.jsonl", with_journal=False) == labels
        assert project.check().findings == ()
    shutil.rmtree(folder)


def changes_to(before: Document, after: Document) -> list[Change]:
    pairs: list[Change] = []
    for old, new in ((before.tracks, after.tracks), (before.events, after.events)):
        pairs += [Change(old.get(key), new.get(key)) for key in {**old, **new}]
    return pairs


def test_labels_alone_become_one_entry_that_undo_takes_back(
    project_url: str, tmp_path: Path
) -> None:
    with open_project(tmp_path / "first.av3d", create=True) as project:
        fill(project, tmp_path)
        write_text(project, tmp_path / "labels.jsonl", with_journal=False)
    assert not has_journal(tmp_path / "labels.jsonl")
    entry = load_labels(tmp_path / "labels.jsonl", project_url, author="Jo", session="s")
    assert entry is not None
    assert (entry.command, entry.author) == ("load labels.jsonl", "Jo")
    with open_project(project_url, session="s") as project:
        assert values(project, "drive") == [moved(CAR, 11.0).as_json(), TRAILER.as_json()]
        assert project.tasks()[0].assignee == "Ömer"
        project.undo()
        assert project.tracks("drive") == ()
        assert [found.name for found in project.logs()] == ["a", "drive"]
        assert project.check().findings == ()


def test_loading_labels_again_changes_nothing(dumped: Path, tmp_path: Path) -> None:
    assert load_labels(dumped, tmp_path / "p.av3d") is not None
    assert load_labels(dumped, tmp_path / "p.av3d") is None


def test_labels_edited_by_hand_change_what_was_edited(dumped: Path, tmp_path: Path) -> None:
    read_text(dumped, tmp_path / "p.av3d").close()
    edit(
        dumped,
        lambda line: line.replace('"number":1', '"number":9') if '"id":"c1"' in line else line,
    )
    entry = load_labels(dumped, tmp_path / "p.av3d")
    assert entry is not None
    assert [(c.kind, c.id, c.delta) for c in entry.changes] == [("track", "c1", {"number": [1, 9]})]


def test_labels_of_other_logs_stay(dumped: Path, tmp_path: Path) -> None:
    other = Track("x", "car", (Keyframe(5, CUBOID),))
    with open_project(tmp_path / "p.av3d", create=True) as project:
        project.add_log(log(tmp_path / "third", "third"))
        project.apply("third", [Change(None, other)], command="draw")
        project.commit({"": [Change(None, Task("k3", "third", 0, 9))]}, command="task")
    load_labels(dumped, tmp_path / "p.av3d")
    with open_project(tmp_path / "p.av3d") as project:
        assert values(project, "third") == [other.as_json()]
        assert [task.id for task in project.tasks()] == ["k1", "k3"]


def test_another_log_of_the_same_name_is_refused(dumped: Path, tmp_path: Path) -> None:
    with open_project(tmp_path / "p.av3d", create=True) as project:
        project.add_log(log(tmp_path / "other", kind="pandaset"))
        before = text(project, tmp_path / "before.jsonl")
    with pytest.raises(StoreError, match="another log named 'drive'"):
        load_labels(dumped, tmp_path / "p.av3d")
    with open_project(tmp_path / "p.av3d") as project:
        assert text(project, tmp_path / "after.jsonl") == before


def test_windows_line_ends_and_a_byte_order_mark_are_read(dumped: Path, tmp_path: Path) -> None:
    lines = dumped.read_bytes()
    dumped.write_bytes(b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n", 20))
    with read_text(dumped, tmp_path / "p.av3d") as project:
        write_text(project, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == lines


def test_a_project_is_not_written_over_itself(tmp_path: Path) -> None:
    with open_project(tmp_path / "p.av3d", create=True) as project:
        (tmp_path / "link").symlink_to(tmp_path / "p.av3d")
        for name in ("p.av3d", "link", "p.av3d-wal"):
            with pytest.raises(Av3dError, match="the project itself"):
                write_text(project, tmp_path / name)
        assert project.check().findings == ()


def test_a_text_is_not_read_into_a_project_that_is_there(dumped: Path, project_url: str) -> None:
    open_project(project_url, create=True).close()
    with pytest.raises(StoreError, match="there is a project already"):
        read_text(dumped, project_url)
    with open_project(project_url) as project:
        assert project.position == 1


def edit(path: Path, change: Callable[[str], str]) -> None:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(map(change, lines)), "utf-8", newline="")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"id":"c1","note"', '"id":"c2","note"', "there is no track c1 in log drive"),
        ('"number":1', '"number":2', "track c1 of log drive is not what the journal .* gives"),
        ('{"labels":{"log":"a"}}\n', "", "labels of log a should begin above"),
        ('"command":"move"', '"command":"moved"', r"line \d+: entry 5 is not what was written"),
        ('"center_m":[10.0,', '"center_m":[10,', "track c1 is not written as av3d writes it"),
        ('"center_m":[10.0,', '"center_m":[NaN,', r"line \d+: it is not JSON \(NaN"),
        ('"center_m":[10.0,', '"center_m":[1e999,', r"line \d+: no track: .*center_m"),
        ('"heavy":true', '"heavy":[1]', "no event: event e1: attributes"),
        ('"state":"review"', '"state":"lost"', r"line \d+: no task: 'lost' is not a valid"),
        ('"title":"Ömer Ö."', '"title":"\\ud83d"', r"line \d+: it is not JSON"),
        ('"title":"Ömer Ö."', '"title":"\\u0000"', r"line \d+: no author: the title holds a zero"),
        ('"dataset":"folder"', '"dataset":7', r"line \d+: no log: its dataset is no text"),
        ('{"ontology":', '{"ontolgy":', r"line 2: the ontology should be here, not 'ontolgy'"),
        ('{"event":', '{"evnt":', r"line \d+: a line 'evnt' does not belong here"),
        ('"target":6', '"target":2', r"line \d+: entry 7 is not what was written"),
        ('{"end":"av3d-project"}\n', '{"end":"av3d-project"}\n{"x":1}\n', "after the end"),
    ],
)  # fmt: skip
def test_what_was_edited_by_hand_is_refused_with_its_line(
    dumped: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    content = dumped.read_text("utf-8")
    assert old in content
    dumped.write_text(content.replace(old, new, 1), "utf-8")
    with pytest.raises(Av3dError, match=said):
        read_text(dumped, tmp_path / "p.av3d")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.jsonl"]


def test_lines_that_are_missing_or_twice_are_noticed(dumped: Path, tmp_path: Path) -> None:
    lines = dumped.read_bytes().splitlines(keepends=True)
    for number in range(0, len(lines), 2):
        for wrong in (lines[:number] + lines[number + 1 :], lines[: number + 1] + lines[number:]):
            dumped.write_bytes(b"".join(wrong))
            with pytest.raises(Av3dError):
                read_text(dumped, tmp_path / "p.av3d")
    assert not (tmp_path / "p.av3d").exists()


def test_a_file_that_is_cut_off_anywhere_is_noticed(dumped: Path, tmp_path: Path) -> None:
    content = dumped.read_bytes().rstrip(b"\n")
    for length in [*range(0, 50), *range(0, len(content), 997), len(content) - 1]:
        dumped.write_bytes(content[:length])
        for read in (read_text, load_labels):
            with pytest.raises(Av3dError, match=r"cut off|is empty|not a project's text"):
                read(dumped, tmp_path / "p.av3d")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.jsonl"]


def test_a_newer_version_is_refused(dumped: Path, tmp_path: Path) -> None:
    edit(dumped, lambda line: line.replace('"version":2}}', '"version":3}}', 1))
    with pytest.raises(StoreError, match=r"line 1: version 3, this av3d knows 2, .* update av3d"):
        read_text(dumped, tmp_path / "p.av3d")


def test_a_text_of_version_1_is_read(dumped: Path, tmp_path: Path) -> None:
    edit(dumped, lambda line: line.replace('"version":2}}', '"version":1}}', 1))
    with read_text(dumped, tmp_path / "p.av3d") as project:
        assert project.check().clean


def test_interpolations_and_noises_come_back(tmp_path: Path) -> None:
    first = replace(car("a").keyframes[0], noise=Noise(0.1, 1 / 3, 0.0, 0.04))
    track = replace(car("a"), interpolation=Interpolation(Model.SMOOTH, Motion.WHEELED, True))
    track = replace(track, keyframes=(first, *track.keyframes[1:]))
    with new_project(tmp_path / "p.av3d") as project:
        project.apply(LOG, [Change(None, car("a"))], command="make")
        project.apply(LOG, [Change(car("a"), track)], command="say")
        write_text(project, tmp_path / "p.jsonl")
    with read_text(tmp_path / "p.jsonl", tmp_path / "again.av3d") as project:
        assert project.document(LOG).tracks["a"].as_json() == track.as_json()
        assert project.document_at(LOG, 3).tracks["a"].as_json() == car("a").as_json()
        write_text(project, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "p.jsonl").read_bytes()


def test_hostile_sizes_are_refused_without_reading_them_whole(tmp_path: Path) -> None:
    header = b'{"av3d-project":{"journal":true,"version":1}}\n'
    for content, said in (
        (header + b'{"ontology":"' + b"x" * (65 * 1024**2), "line 2: it has more than 67,108,864"),
        (header + b"[" * 5_000_000 + b"\n", "more than 4,000,000 lists"),
        (header + b"[" * 100_000 + b"]" * 100_000 + b"\n", "line 2: it is not JSON"),
        (header + b'{"a":' + b"9" * 10_000 + b"}\n", "line 2: it is not JSON"),
        (b"\x00" * 1000, "not a project's text"),
        (b"SQLite format 3\x00", "not a project's text"),
    ):
        (tmp_path / "x.jsonl").write_bytes(content)
        with pytest.raises(StoreError, match=said):
            read_text(tmp_path / "x.jsonl", tmp_path / "p.av3d")
