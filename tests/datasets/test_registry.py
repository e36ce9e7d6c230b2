from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

import av3d
from av3d.datasets import registry
from av3d.datasets.dataset import Dataset, DatasetError
from av3d.errors import Av3dError
from av3d.logs.log import Log


class Sketches(Dataset):
    name = "sketches"
    title = "Sketches"
    looks_for = "a file named sketch.txt"
    reads_logs = True

    def recognise(self, path: Path) -> bool:
        return (path / "sketch.txt").exists()


SKETCHES = Sketches()
NOT_A_DATASET = 3


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch):
    """Install exactly the named attributes of this module as dataset plug-ins."""

    def install(**plugins: str) -> None:
        import sys

        monkeypatch.setitem(sys.modules, "sketch_plugin", sys.modules[__name__])
        entries = [
            EntryPoint(name, f"sketch_plugin:{value}", registry.GROUP)
            for name, value in plugins.items()
        ]
        monkeypatch.setattr(registry, "entry_points", lambda group: entries)
        registry.datasets.cache_clear()

    yield install
    registry.datasets.cache_clear()


def test_the_built_in_datasets_are_found_by_entry_point() -> None:
    names = {dataset.name for dataset in registry.datasets()}
    assert {"folder", "pandaset", "kitti-tracking", "kitti-object", "nuscenes"} <= names


def test_a_plug_in_recognises_its_folder(only, tmp_path: Path) -> None:
    only(sketches="SKETCHES")
    (tmp_path / "sketch.txt").touch()
    assert registry.recognise(tmp_path) is SKETCHES


def test_a_broken_plug_in_is_named_and_does_not_stop_the_others(
    only, caplog: pytest.LogCaptureFixture
) -> None:
    only(sketches="SKETCHES", broken="NO_SUCH_NAME", wrong="NOT_A_DATASET")
    assert registry.datasets() == (SKETCHES,)
    assert "broken (sketch_plugin:NO_SUCH_NAME) does not load" in caplog.text
    assert "wrong (sketch_plugin:NOT_A_DATASET) is not a Dataset" in caplog.text


def test_an_unknown_folder_is_told_the_formats_and_the_guide(only, tmp_path: Path) -> None:
    only(sketches="SKETCHES")
    with pytest.raises(
        DatasetError, match=r"see docs/guide/bring-your-own-log\.md, .*--format: sketches$"
    ):
        registry.recognise(tmp_path)


def test_a_part_of_a_log_names_the_log(only, tmp_path: Path) -> None:
    only(sketches="SKETCHES")
    (tmp_path / "sketch.txt").touch()
    (tmp_path / "camera" / "front").mkdir(parents=True)
    for part in ("sketch.txt", "camera", "camera/front"):
        with pytest.raises(DatasetError) as caught:
            registry.recognise(tmp_path / part)
        assert str(caught.value).endswith(
            f"part of a log, {tmp_path / part}, give its folder: {tmp_path}"
        )


def test_a_folder_with_logs_names_some_of_them(only, tmp_path: Path) -> None:
    only(sketches="SKETCHES")
    for name in ("000", *(f"drive {number}" for number in range(7))):
        (tmp_path / name).mkdir()
        (tmp_path / name / ("notes.txt" if name == "000" else "sketch.txt")).touch()
    with pytest.raises(DatasetError, match=r"those in it: drive 0, drive 1, .*, drive 4 …$"):
        registry.recognise(tmp_path)


def test_two_datasets_that_claim_a_folder_are_both_named(only, tmp_path: Path) -> None:
    only(a="SKETCHES", b="SKETCHES")
    (tmp_path / "sketch.txt").touch()
    with pytest.raises(DatasetError, match=r"looks like sketches or sketches.*--format"):
        registry.recognise(tmp_path)


def test_open_log_of_a_missing_path_says_so(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such file or folder"):
        av3d.open_log(tmp_path / "nowhere")


def test_an_unknown_format_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no dataset 'tape'.*kitti-tracking"):
        av3d.open_log(tmp_path, format="tape")


def test_a_format_that_does_not_fit_the_path_says_what_it_looks_for(tmp_path: Path) -> None:
    looks_for = registry.dataset("pandaset").looks_for
    with pytest.raises(Av3dError) as caught:
        av3d.open_log(tmp_path, format="pandaset")
    assert str(caught.value).endswith(f"pandaset is {looks_for}")


def test_only_formats_that_can_be_written_are_offered_for_export() -> None:
    with pytest.raises(DatasetError, match=r"cannot be written as 'mcap'.*kitti-tracking") as error:
        registry.dataset("mcap", writes_labels=True)
    offered = str(error.value).partition("use one of: ")[2].split()
    assert {"av2", "folder", "kitti-object", "nuscenes", "pandaset", "waymo"} <= set(offered)
    assert "mcap" not in offered


@pytest.mark.parametrize(
    ("text", "format", "read_by"),
    [
        ('{"format": "av3d-tracks", "version": 2, "tracks": []}', None, "folder"),
        ('{"format": "av3d-tracks", "version": 2, "tracks": []}', "av2", "av2"),
        ('{"format": "something else"}', None, "pandaset"),
        ("", None, "pandaset"),
        (None, None, "pandaset"),
    ],
)
def test_a_file_that_says_what_its_labels_are_is_read_as_that_for_any_log(
    tmp_path: Path, text: str | None, format: str | None, read_by: str
) -> None:
    labels = tmp_path / "mine.json"
    if text is not None:
        labels.write_text(text)
    log = cast(Log, SimpleNamespace(kind="pandaset"))
    assert registry.dataset_of_labels(log, labels, format).name == read_by
