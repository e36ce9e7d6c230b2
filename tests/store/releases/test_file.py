"""A release as a file: the same bytes every time, and any other byte is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.errors import Av3dError
from av3d.store.project import open_project
from av3d.store.releases.file import (
    is_release_file,
    read_release_file,
    sound_release_file,
    write_release_file,
)
from av3d.store.releases.labels import labels_of
from av3d.store.releases.making import create_release, find_release
from av3d.tracks.change import Change
from store.projects import LOG, car, damage, new_project, rain


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Release v1.1, of two cars and an event, after v1.0 with one of the cars."""
    folder = tmp_path_factory.mktemp("released")
    with new_project(folder / "p.av3d") as project:
        project.apply(LOG, [Change(None, car("a"))], command="label")
        create_release(project, "v1.0")
        changes = [Change(None, car("b", number=8)), Change(None, rain("e", "a", "b"))]
        project.apply(LOG, changes, command="more")
        create_release(project, "v1.1", note="größer")
        project.apply(LOG, [Change(car("b", number=8), car("b", 9.0, number=8))], command="later")
        write_release_file(project, find_release(project, "v1.1"), folder / "v1.1.jsonl")
        write_release_file(project, find_release(project, "v1.1"), folder / "again.jsonl")
        labels = labels_of(project, find_release(project, "v1.1"))
    assert (folder / "again.jsonl").read_bytes() == (folder / "v1.1.jsonl").read_bytes()
    assert (
        labels.documents[LOG].digest
        == read_release_file(folder / "v1.1.jsonl").labels.documents[LOG].digest
    )
    return folder / "v1.1.jsonl"


def test_the_file_says_all_of_the_release(file: Path) -> None:
    found = read_release_file(file)
    assert found.faults == ()
    assert (found.release.id, found.release.note) == ("v1.1", "größer")
    assert [one.id for one in found.earlier] == ["v1.0"]
    assert found.release.previous == found.earlier[0].sha256
    assert found.labels.documents[LOG].tracks["b"].digest == car("b", number=8).digest
    assert found.labels.documents[LOG].events["e"].track_ids == ("a", "b")
    assert found.labels.ontology.digest == found.release.ontology.digest


def test_the_digest_of_a_log_is_that_of_its_lines(file: Path) -> None:
    """As docs/formats/release.md says, so that nobody needs av3d to check it."""
    import hashlib

    lines = file.read_bytes().splitlines(keepends=True)
    start = next(row for row, line in enumerate(lines) if line.startswith(b'{"labels"')) + 1
    digest = hashlib.sha256(b"".join(lines[start:-1])).hexdigest()
    [release] = [json.loads(line)["release"] for line in lines if line.startswith(b'{"release"')]
    assert digest == release["logs"][0]["sha256"]
    text = json.dumps(release, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert expected == read_release_file(file).release.sha256


def test_it_is_known_by_its_first_line(file: Path) -> None:
    assert is_release_file(file)
    assert not is_release_file(file.with_name("p.av3d"))
    assert not is_release_file(file.with_name("nothing"))


def with_line(file: Path, tmp_path: Path, what: str, old: str, new: str) -> Path:
    """The file with other words on the first line of a kind."""

    def edit(lines: list[str]) -> list[str]:
        row = next(row for row, line in enumerate(lines) if line.startswith(f'{{"{what}"'))
        assert old in lines[row]
        return [*lines[:row], lines[row].replace(old, new, 1), *lines[row + 1 :]]

    return edited(file, tmp_path, edit)


def edited(file: Path, tmp_path: Path, edit: Callable[[list[str]], list[str]]) -> Path:
    lines = file.read_text("utf-8").splitlines(keepends=True)
    other = tmp_path / "other.jsonl"
    other.write_text("".join(edit(lines)), "utf-8")
    return other


@pytest.mark.parametrize(
    ("line", "old", "new", "fault"),
    [
        ("track", "[0.0,2.0,3.0]", "[0.1,2.0,3.0]", "the labels of log drive are not those that"),
        ("track", '"category":"car"', '"category":"bus"', "the labels of log drive are not those"),
        ("event", '"label":"rain"', '"label":"snow"', "the labels of log drive are not those that"),
        ("ontology", '"version":1', '"version":2', "the ontology is not the released one"),
        ("earlier", '"author":"', '"author":"x', "the chain is broken: release v1.1 does not"),
        ("release", '"number":2', '"number":3', "the chain is broken: release v1.1 does not"),
    ],
)
def test_a_changed_file_is_noticed(
    line: str, old: str, new: str, fault: str, file: Path, tmp_path: Path
) -> None:
    other = with_line(file, tmp_path, line, old, new)
    assert [one[: len(fault)] for one in read_release_file(other).faults] == [fault]
    with pytest.raises(Av3dError, match=fault):
        sound_release_file(other)


def test_who_knows_the_sha256_notices_any_change(file: Path, tmp_path: Path) -> None:
    other = with_line(file, tmp_path, "release", '"note":"größer"', '"note":"besser"')
    assert read_release_file(other).release.sha256 != read_release_file(file).release.sha256


def test_a_file_that_is_cut_off_is_refused(file: Path, tmp_path: Path) -> None:
    for count in range(1, len(file.read_text("utf-8").splitlines())):
        other = edited(file, tmp_path, lambda lines, count=count: lines[:count])  # type: ignore[misc]
        with pytest.raises(Av3dError, match=r"is cut off|should be here"):
            read_release_file(other)


def test_a_line_that_is_there_twice_is_refused(file: Path, tmp_path: Path) -> None:
    twice = edited(file, tmp_path, lambda lines: [*lines[:-1], lines[-2], lines[-1]])
    with pytest.raises(Av3dError, match="track b is there twice, or out of order"):
        read_release_file(twice)


def test_an_unknown_key_is_told_in_words_not_in_those_of_python(file: Path, tmp_path: Path) -> None:
    odd = edited(
        file,
        tmp_path,
        lambda lines: [line.replace('"present_ns"', '"absent_ns"') for line in lines],
    )
    with pytest.raises(Av3dError, match="no release: a key is missing, unknown, or holds another"):
        read_release_file(odd)


@given(st.data())
def test_a_broken_file_is_one_clear_line(file: Path, data: st.DataObject) -> None:
    raw = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    other = file.with_name("broken.jsonl")
    other.write_bytes(raw)
    known = read_release_file(file)
    try:
        found = read_release_file(other)
    except Av3dError:
        return  # one line, as all of them are
    same = found.release.sha256 == known.release.sha256
    digests = [one.labels.documents[LOG].digest for one in (found, known)]
    assert found.faults or not same or digests[0] == digests[1]


def test_a_release_that_cannot_be_rebuilt_is_not_written(tmp_path: Path) -> None:
    with new_project(tmp_path / "p.av3d") as project:
        project.apply(LOG, [Change(None, car("a"))], command="label")
        create_release(project, "v1")
    damage(tmp_path / "p.av3d", "UPDATE keyframe SET x_m = 7")
    with (
        open_project(tmp_path / "p.av3d") as project,
        pytest.raises(Av3dError, match="is not what was released as v1"),
    ):
        write_release_file(project, find_release(project, "v1"), tmp_path / "v1.jsonl")
    assert not (tmp_path / "v1.jsonl").exists()
