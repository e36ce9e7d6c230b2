"""A release is a name for labels as they were, for good: in both databases, through undo and text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.store import transactions
from av3d.store.exchange import load_labels, read_text, write_text
from av3d.store.journal import EntityChange
from av3d.store.project import Project, open_project
from av3d.store.releases.labels import labels_at, labels_of
from av3d.store.releases.making import create_release, find_release, releases
from av3d.store.releases.release import Release, release_from_json
from av3d.store.transactions import write
from av3d.tracks.change import Change
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.decisions import approve_task
from av3d.tracks.track import Track
from store.projects import LOG, box, car, damage, findings, new_project, rain


def labelled(location: str | Path) -> Project:
    """Entry 3 makes two cars, 4 is release v1.0, 5 moves car a, 6 is release v1.1."""
    project = new_project(location, author="mira")
    project.apply(
        LOG,
        [Change(None, car("a")), Change(None, car("b", number=8)), Change(None, rain("e", "a"))],
        command="label",
    )
    create_release(project, "v1.0", note="first for the benchmark")
    project.apply(LOG, [Change(project.document(LOG).tracks["a"], car("a", 5.0, 6.0))], command="m")
    create_release(project, "v1.1")
    return project


def test_a_release_says_what_it_is_of(project_url: str) -> None:
    with labelled(project_url) as project:
        first, second = releases(project)
        entries = project.journal()
    assert (first.id, first.position, first.author, first.note) == (
        "v1.0", 3, "mira", "first for the benchmark",
    )  # fmt: skip
    assert first.journal_digest == entries[2].digest
    assert entries[3].command == "release v1.0"
    assert first.ontology.version == 1
    [log] = first.logs
    assert (log.name, log.tracks, log.keyframes, log.events) == (LOG, 2, 4, 1)
    counts = first.counts()["car"]
    assert (counts.tracks, dict(counts.keyframes), counts.present_ns) == (2, {"manual": 4}, 200)
    assert counts.mean_size_lwh_m == (4.5, 1.9, 1.6)
    assert (first.previous, second.previous) == ("", first.sha256)


def test_the_labels_of_a_release_stay_what_they_were(project_url: str) -> None:
    with labelled(project_url) as project:
        project.apply(LOG, [Change(project.document(LOG).tracks["b"], None)], command="delete b")
        old = labels_of(project, find_release(project, "v1.0")).documents[LOG]
        now = labels_at(project).documents[LOG]
    assert set(old.tracks) == {"a", "b"}
    assert set(old.events) == {"e"}
    assert old.tracks["a"].digest == car("a").digest
    assert set(now.tracks) == {"a"}
    assert now.tracks["a"].digest == car("a", 5.0, 6.0).digest


def test_a_release_can_be_of_an_entry_before(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        made = create_release(project, "v0.9", at=3)
        assert made.release.position == 3
        assert made.release.logs == find_release(project, "v1.0").logs
        assert findings(project) == []


def test_undo_and_restore_pass_over_releases(project_url: str) -> None:
    with labelled(project_url) as project:
        undone = project.undo()
        assert undone is not None
        assert undone.command == "undo m"
        project.restore(0)
        assert [one.id for one in releases(project)] == ["v1.0", "v1.1"]
        assert project.tracks(LOG) == ()
        assert len(labels_of(project, find_release(project, "v1.0")).documents[LOG].tracks) == 2
        assert findings(project) == []


def test_a_release_cannot_be_changed_or_taken_away(project_url: str) -> None:
    with labelled(project_url) as project:
        release = find_release(project, "v1.0")
        with (
            pytest.raises(Av3dError, match=r"release v1\.0 cannot be changed or taken away"),
            project.writing() as connection,
        ):
            write(
                connection,
                [EntityChange.of("", Change(release, None))],
                author="eve", session="s", command="tidy up",
            )  # fmt: skip
        assert [one.id for one in releases(project)] == ["v1.0", "v1.1"]


@pytest.mark.parametrize(
    "name", ["", "now", "12", "../v1", "v 1", "a" * 101, "v1\n", "entry:3", "p@v1"]
)
def test_names_that_mean_something_else_are_refused(name: str, tmp_path: Path) -> None:
    with new_project(tmp_path / "p.av3d") as project:
        with pytest.raises(Av3dError, match="is no name of a release"):
            create_release(project, name)
        assert project.position == 2


def test_a_name_is_given_once(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        with pytest.raises(Av3dError, match=r"there is a release v1\.0 already, of entry 3"):
            create_release(project, "v1.0")
        assert project.position == 6


def test_a_release_may_have_some_of_the_logs(tmp_path: Path) -> None:
    with new_project(tmp_path / "p.av3d", "north", "south") as project:
        made = create_release(project, "v1", log_names=["south"])
        assert [log.name for log in made.release.logs] == ["south"]
        with pytest.raises(Av3dError, match=r"no log 'west', .*logs there: north, south"):
            create_release(project, "v2", log_names=["west"])
        with pytest.raises(Av3dError, match=r"release v1 has no log 'north'"):
            labels_of(project, made.release, ["north"])


def test_reviewed_tracks_are_counted(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        track = project.document(LOG).tracks["b"]
        decision = {"state": "accepted", "track_digest": track.digest}
        event = Event("r", REVIEW, 0, 100, decision, track_ids=("b",))
        project.apply(LOG, [Change(None, event)], command="accept")
        assert create_release(project, "v2").release.counts()["car"].accepted == 1
        changed = car("b", 3.0, 4.0, number=8)
        project.apply(LOG, [Change(track, changed)], command="move")
        assert create_release(project, "v3").release.counts()["car"].accepted == 0


def test_tracks_that_were_approved_with_a_task_are_counted_until_they_are_changed(
    tmp_path: Path,
) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        document = project.document(LOG)
        track = document.tracks["b"]
        changes = approve_task(
            document, "t", track.start_ns, track.end_ns, [track], author="ada", tier=1, time_ns=5
        )
        project.apply(LOG, changes, command="done")
        assert create_release(project, "v2").release.counts()["car"].accepted == 1
        project.apply(LOG, [Change(track, car("b", 3.0, 4.0, number=8))], command="move")
        assert create_release(project, "v3").release.counts()["car"].accepted == 0


def test_the_projects_text_carries_releases(tmp_path: Path, postgres_url: str) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        write_text(project, tmp_path / "p.jsonl")
        known = releases(project)
    with read_text(tmp_path / "p.jsonl", postgres_url) as project:
        assert releases(project) == known
        assert findings(project) == []
        write_text(project, tmp_path / "2.jsonl")
    assert (tmp_path / "2.jsonl").read_bytes() == (tmp_path / "p.jsonl").read_bytes()


def test_labels_loaded_without_a_journal_bring_no_releases(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        write_text(project, tmp_path / "p.jsonl")
    load_labels(tmp_path / "p.jsonl", tmp_path / "q.av3d")
    with open_project(tmp_path / "q.av3d") as project:
        assert releases(project) == ()
        assert len(project.tracks(LOG)) == 2


TAMPERED = {
    "a keyframe of now": (
        "UPDATE keyframe SET x_m = x_m + 0.01 WHERE timestamp_ns = 0",
        ("track a of log drive", "what is stored is not what the journal gives"),
    ),
    "the release": (
        "UPDATE entity SET value = replace(value, 'benchmark', 'shelf') WHERE kind = 'release'",
        ("release v1.0", "what is stored is not what the journal gives"),
    ),
    "the release, deleted": (
        "DELETE FROM entity WHERE kind = 'release' AND id = 'v1.0'",
        ("release v1.0", "it is in the journal but not in the tables"),
    ),
    "labels in the journal": (
        """UPDATE change SET delta = replace(delta, '4.5', '4.6') WHERE entry = 3""",
        ("release v1.0", "the labels of log drive are not those that were released"),
    ),
    "a count in the journal's release": (
        """UPDATE change SET delta = replace(delta, '"tracks":2', '"tracks":3') WHERE entry = 4""",
        ("release v1.0", "what it says of log drive is not so"),
    ),
    "the name of an entry": (
        "UPDATE journal SET author = 'eve' WHERE id = 3",
        ("journal entry 3", "it is not what was written, or one before it is missing"),
    ),
    "the digest of an entry": (
        "UPDATE journal SET digest = '00000000000000000000000000000000' WHERE id = 3",
        ("release v1.0", "entry 3 of the journal is not the one it was made of"),
    ),
    "the release's entry, gone": (
        "DELETE FROM journal WHERE id = 4",
        ("journal entry 5", "entry 4 is missing before it"),
    ),
    "the release's change, gone": (
        "DELETE FROM change WHERE entry = 4",
        ("release v1.1", "the chain is broken: it does not follow the release before it"),
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found(what: str, project_url: str) -> None:
    statement, expected = TAMPERED[what]
    labelled(project_url).close()
    damage(project_url, statement)
    with open_project(project_url) as project:
        assert expected in findings(project)


def test_an_entry_that_changes_a_release_is_found(tmp_path: Path) -> None:
    """Written by a program that does not know better, with all digests in order."""
    with labelled(tmp_path / "p.av3d") as project:
        release = find_release(project, "v1.1")
        change = EntityChange.of("", Change(release, None))
        with pytest.MonkeyPatch.context() as patch, project.writing() as connection:
            patch.setattr(transactions, "_check_releases", lambda changes: None)
            write(connection, [change], author="eve", session="s", command="tidy up")
        assert findings(project) == [
            ("release v1.1", "entry 7 of the journal changes it: a release is never changed")
        ]


def test_labels_that_are_not_the_released_ones_are_not_given_out(tmp_path: Path) -> None:
    labelled(tmp_path / "p.av3d").close()
    damage(
        tmp_path / "p.av3d",
        "UPDATE keyframe SET y_m = 2.5 WHERE track_key = (SELECT key FROM track WHERE id = 'b')",
    )
    with (
        open_project(tmp_path / "p.av3d") as project,
        pytest.raises(Av3dError, match=r"at entry 5 is not what was released as v1\.1"),
    ):
        labels_of(project, find_release(project, "v1.1"))


def test_a_size_is_told_exactly(tmp_path: Path) -> None:
    """The mean does not depend on the order of tracks, so that every machine gets the same."""
    tracks = []
    for number, length_m in enumerate((0.1, 0.2, 0.3, 1e5, 1e-5, 1e5)):
        cuboid = Cuboid(box().frame_SE3_cuboid, np.array([length_m, 1.0, 1.0]))
        tracks.append(Track(f"t{number}", "car", (Keyframe(0, cuboid),), number=number))
    means = []
    for name, order in (("p", tracks), ("q", tracks[::-1])):
        with new_project(tmp_path / f"{name}.av3d") as project:
            project.apply(LOG, [Change(None, track) for track in order], command="label")
            means.append(create_release(project, "v1").release.counts()["car"].mean_size_lwh_m)
    assert means[0] == means[1]


def test_releases_are_equal_when_all_values_are(tmp_path: Path) -> None:
    with labelled(tmp_path / "p.av3d") as project:
        release = find_release(project, "v1.1")
    again = release_from_json(release.as_json())
    assert isinstance(again, Release)
    assert (again, again.sha256, again.digest) == (release, release.sha256, release.digest)
