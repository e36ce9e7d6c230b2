from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace

import pytest

import av3d
from av3d.datasets.dataset import Dataset, DatasetError, ExportOptions, ExportReport, Loss
from av3d.datasets.exporting import MANIFEST, LogLabels, Source, export_labels, read_manifest
from av3d.datasets.manifest import differences
from av3d.datasets.registry import dataset, own_labels
from av3d.datasets.selection import Selection, SelectionError
from av3d.errors import OutputError
from av3d.files import new_folder
from av3d.ontology.presets import default
from av3d.tracks.proposal import proposed


class Lines(Dataset):
    """One line per cuboid, in a file per log."""

    name = "lines"
    title = "Lines"
    writes_labels = True

    def write_labels(self, items, out, options, progress=lambda *_: None):
        cuboids = 0
        with new_folder(out, replace=options.overwrite) as folder:
            for item in items:
                with (folder / f"{item.log.name}.txt").open("w") as file:
                    for frame in item.frames:
                        states = item.states(frame)
                        there = [t.id for t, s in zip(item.tracks, states, strict=True) if s]
                        cuboids += len(there)
                        file.write(f"{frame.index} {' '.join(there)}\n")
        return ExportReport(
            self.name, out, len(items), sum(len(item.frames) for item in items),
            sum(len(item.tracks) for item in items), cuboids, files=99,
            losses=(Loss("colour", 1, "cuboids", "there is none"),),
        )  # fmt: skip


LINES = Lines()


@pytest.fixture
def labels(lane):
    log = av3d.open_log(lane)
    return LogLabels(log, own_labels(log))


def export(labels, out, target=LINES, *, overwrite=False, **more):
    options = ExportOptions(overwrite=overwrite)
    return export_labels(target, [labels], out, options, default(), **more)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# What is written


def test_the_manifest_says_what_it_is_and_where_it_comes_from(labels, tmp_path):
    source = Source("town.av3d", 12, "abcd", 99)
    report = export(labels, tmp_path / "out", source=source)
    content = read_manifest(tmp_path / "out")
    assert content["tool"] == {"name": "av3d", "version": av3d.__version__}
    assert content["format"] == "lines"
    assert content["source"] == {
        "project": "town.av3d",
        "journal_position": 12,
        "journal_digest": "abcd",
        "time_ns": 99,
    }
    assert content["ontology"]["digest"] == default().digest
    assert content["ontology"]["version"] == default().version
    assert content["selection"] == {"proposals": True}
    [log] = content["logs"]
    assert (log["name"], log["fingerprint"], log["tracks"]) == (
        "lane", labels.log.fingerprint, 2,
    )  # fmt: skip
    assert list(content["files"]) == ["lane.txt"]
    assert content["report"]["losses"][0]["what"] == "colour"
    assert content["report"]["cuboids"] == report.cuboids == 10
    assert content["report"]["files"] == report.files == 1
    assert report.out == tmp_path / "out"
    assert differences(tmp_path / "out") == ()


def test_the_same_labels_give_the_same_bytes(labels, tmp_path):
    for name in ("one", "two"):
        export(labels, tmp_path / name)
    one, two = ((tmp_path / name / MANIFEST).read_bytes() for name in ("one", "two"))
    assert one == two


def test_the_report_says_what_the_selection_left_out(labels, tmp_path):
    near, far = labels.tracks
    given = replace(labels, tracks=(near, far, replace(proposed(far, 0.3), id="p", number=3)))
    chosen = Selection(frames=((1, 2),), min_points=5)
    report = export(given, tmp_path / "out", selection=chosen)
    assert (tmp_path / "out" / "lane.txt").read_text() == "1 near\n2 near\n"
    assert [(loss.what, loss.count, loss.of, loss.tracks) for loss in report.losses] == [
        ("proposals that nobody accepted", 1, "tracks", ("Car 3",)),
        ("fewer than 5 points", 2, "cuboids", ()),
        ("colour", 1, "cuboids", ()),
    ]
    assert read_manifest(tmp_path / "out")["selection"] == chosen.as_json()


def test_frames_that_a_log_does_not_have_are_refused_before_anything_is_written(labels, tmp_path):
    written = []

    class Watched(Lines):
        def write_labels(self, items, out, options, progress=lambda *_: None):
            written.append(out)

    with pytest.raises(SelectionError, match="none of the frames"):
        export(labels, tmp_path / "out", Watched(), selection=Selection(frames=((7, 9),)))
    assert (written, names(tmp_path)) == ([], [])


# What may be replaced


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_export_is_replaced_only_when_that_is_asked_for(labels, tmp_path, overwrite):
    out = tmp_path / "out"
    export(labels, out)
    before = (out / "lane.txt").read_text()
    chosen = Selection(frames=((0, 0),))
    if overwrite:
        export(labels, out, overwrite=True, selection=chosen)
        assert (out / "lane.txt").read_text() != before
    else:
        with pytest.raises(OutputError, match=r"not empty.*--overwrite"):
            export(labels, out, selection=chosen)
        assert (out / "lane.txt").read_text() == before
    assert names(tmp_path) == ["out"]


def test_a_folder_of_others_is_never_replaced(labels, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(OutputError, match="something else than an export"):
        export(labels, tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "all of it"


def test_an_export_into_which_somebody_put_something_is_not_replaced(labels, tmp_path):
    out = tmp_path / "out"
    export(labels, out)
    (out / "notes").mkdir()
    (out / "notes" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"also holds notes/mine\.txt"):
        export(labels, out, overwrite=True)
    assert (out / "notes" / "mine.txt").read_text() == "mine"


def test_what_is_put_into_it_during_the_export_is_kept(labels, tmp_path):
    out = tmp_path / "out"
    export(labels, out)

    class Slow(Lines):
        def write_labels(self, items, aside, options, progress=lambda *_: None):
            (out / "mine.txt").write_text("mine")
            return super().write_labels(items, aside, options, progress)

    with pytest.raises(OutputError, match=r"also holds mine\.txt"):
        export(labels, out, Slow(), overwrite=True)
    assert names(out) == [MANIFEST, "lane.txt", "mine.txt"]
    assert names(tmp_path) == ["out"]


def test_a_folder_with_a_broken_manifest_is_not_replaced(labels, tmp_path):
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(OutputError, match=r"manifest cannot be read.*move it away"):
        export(labels, tmp_path, overwrite=True)
    assert names(tmp_path) == [MANIFEST]


@pytest.mark.parametrize("format", ["folder", "kitti-tracking", "kitti-object", "nuscenes"])
def test_an_export_of_before_there_were_manifests_is_known(labels, tmp_path, format):
    target, out = dataset(format), tmp_path / "out"
    export(labels, out, target)
    (out / MANIFEST).unlink()
    export(labels, out, target, overwrite=True)
    assert differences(out) == ()
    (out / MANIFEST).unlink()
    with pytest.raises(OutputError, match="something else"):
        export(labels, out, LINES, overwrite=True)


@pytest.mark.parametrize("format", ["folder", "kitti-tracking", "nuscenes"])
def test_data_that_only_looks_like_an_earlier_export_is_kept(labels, tmp_path, format):
    for name in ("training/label_02", "v1.0-mini", "training/av3d"):
        (tmp_path / "data" / name).mkdir(parents=True)
    for name in ("labels.json", "av3d.json", "training/av3d/0000.json"):
        (tmp_path / "data" / name).write_text("{}")
    with pytest.raises(OutputError, match="something else"):
        export(labels, tmp_path / "data", dataset(format), overwrite=True)
    assert (tmp_path / "data" / "training" / "label_02").is_dir()


def test_the_log_is_never_replaced_by_its_export(lane, labels, tmp_path):
    copy = tmp_path / "logs" / "lane"
    shutil.copytree(lane, copy)
    (copy.parent / MANIFEST).write_text('{"manifest": 1, "files": {}}')
    (tmp_path / "link").symlink_to(copy)
    log = av3d.open_log(copy)
    given = replace(labels, log=log)
    for out in (copy, copy.parent, tmp_path / "link"):
        with pytest.raises((DatasetError, OutputError)):
            export(given, out, overwrite=True)
    assert (copy / "log.toml").is_file()


# What goes wrong


class Failing(Lines):
    """Writes something, and fails then."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def write_labels(self, items, out, options, progress=lambda *_: None):
        with new_folder(out) as folder:
            (folder / "half").write_text("half")
            raise self.error


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x"), "No space left.*out"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "Read-only"),
        (DatasetError("too many categories"), "too many categories"),
        (KeyboardInterrupt(), None),
        (MemoryError(), None),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_a_failure_leaves_the_folder_as_it_was(labels, tmp_path, error, shown, there):
    out = tmp_path / "out"
    if there:
        export(labels, out)
    with pytest.raises((OutputError, type(error)), match=shown):
        export(labels, out, Failing(error), overwrite=True)
    assert names(tmp_path) == (["out"] if there else [])
    if there:
        assert differences(out) == ()


def test_a_writer_that_leaves_a_file_nobody_can_read_is_one_line(labels, tmp_path):
    class Odd(Lines):
        def write_labels(self, items, out, options, progress=lambda *_: None):
            report = super().write_labels(items, out, options, progress)
            (out / "loop").symlink_to(tmp_path / "gone")
            (out / "lane.txt").unlink()
            (out / "lane.txt").symlink_to("/proc/self/mem")
            return report

    with pytest.raises(OutputError, match="cannot write"):
        export(labels, tmp_path / "out", Odd())
    assert names(tmp_path) == []


def test_a_link_stays_a_link_and_its_folder_is_replaced(labels, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    for overwrite in (False, True):
        export(labels, tmp_path / "out", overwrite=overwrite)
    assert (tmp_path / "out").is_symlink()
    assert differences(tmp_path / "disk") == ()
    assert names(tmp_path) == ["disk", "out"]


def test_nothing_is_written_into_the_folder_of_a_log(labels, lane):
    before = names(lane)
    for out in (lane / "labels", lane / "deep" / "labels"):
        with pytest.raises(DatasetError, match="inside of the log"):
            export(labels, out)
    assert names(lane) == before
