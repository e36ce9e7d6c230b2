"""Frames and cuboids that are left out of an export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.nuscenes import DATASET
from av3d.datasets.nuscenes.reading.log import open_log
from av3d.datasets.selection import Selection
from av3d.tracks.keyframe import Provenance


@pytest.fixture(scope="module")
def made(make_tilted: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return make_tilted(tmp_path_factory.mktemp("tilted"), "tilted")


@pytest.fixture(scope="module")
def two_stretches(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Frames 2 to 8 and 15 to 22, opened with the toolkit."""
    from nuscenes import NuScenes

    out = tmp_path_factory.mktemp("stretches") / "out"
    item = LabelledLog(made.log, made.tracks, Selection(frames=((2, 8), (15, 22)), proposals=True))
    report = DATASET.write_labels([item], out, ExportOptions())
    return out, report, NuScenes("v1.0-trainval", dataroot=str(out), verbose=False)


def test_each_stretch_is_a_scene_of_the_one_log(two_stretches: Any, made: Any) -> None:
    _, report, nusc = two_stretches
    assert (len(nusc.scene), len(nusc.log), report.logs, report.frames) == (2, 1, 1, 15)
    assert nusc.scene[0]["description"] == "tilted (made), frames 2 to 8"
    times = made.log.frames.timestamps_ns
    for scene, (first, last) in zip(nusc.scene, ((2, 8), (15, 22)), strict=True):
        for token, frame in (("first_sample_token", first), ("last_sample_token", last)):
            stamp = nusc.get("sample", scene[token])["timestamp"]
            assert abs(stamp * 1000 - times[frame]) <= 500


def test_no_chain_leads_from_one_stretch_to_the_other(two_stretches: Any) -> None:
    nusc = two_stretches[2]
    scene_of = {row["token"]: row["scene_token"] for row in nusc.sample}
    for table in ("sample_data", "sample_annotation"):
        for row in getattr(nusc, table):
            if row["next"]:
                following = nusc.get(table, row["next"])
                assert scene_of[following["sample_token"]] == scene_of[row["sample_token"]]
    assert len({row["token"] for row in nusc.instance}) == len(nusc.instance)


def test_images_of_other_frames_are_not_written(two_stretches: Any, made: Any) -> None:
    nusc = two_stretches[2]
    written = sum(row["channel"] == "CAM_FRONT" for row in nusc.sample_data)
    assert written == 7 + 8


def test_tracks_of_two_stretches_come_back_as_one(two_stretches: Any, made: Any) -> None:
    out = two_stretches[0]
    read = DATASET.read_labels(made.log, out)
    assert "put together from 2 scenes" in read.notes
    bin_ = next(track for track in read.tracks if track.id == "bin")
    times = made.log.frames.timestamps_ns
    assert [(s.start_ns, s.end_ns) for s in bin_.presence] == [
        (times[2], times[8]),
        (times[15], times[22]),
    ]


def test_a_stretch_opens_under_a_name_of_its_own(two_stretches: Any) -> None:
    out = two_stretches[0]
    names = [open_log(out / scene).name for scene in ("scene-0003", "scene-0012")]
    assert names == ["tilted frames 2-8", "tilted frames 15-22"]


def test_cuboids_that_are_not_chosen_are_not_written(made: Any, tmp_path: Path) -> None:
    chosen = Selection(provenance=(Provenance.FITTED,), proposals=True)
    item = LabelledLog(made.log, made.tracks, chosen)
    report = DATASET.write_labels([item], tmp_path / "out", ExportOptions())
    rows = json.loads((tmp_path / "out/v1.0-trainval/sample_annotation.json").read_text())
    assert len({row["instance_token"] for row in rows}) == 1
    assert report.cuboids == len(rows) == 7
    # Those that are left out on purpose are not missed at the sweeps between samples.
    assert all(loss.what != "presence between samples" for loss in report.losses)


def test_the_whole_log_chosen_by_its_frames_is_the_whole_log(made: Any, tmp_path: Path) -> None:
    last = len(made.log.frames) - 1
    item = LabelledLog(made.log, made.tracks, Selection(frames=((0, last),), proposals=True))
    DATASET.write_labels([item], tmp_path / "all", ExportOptions())
    [entry] = json.loads((tmp_path / "all" / "av3d.json").read_text())["logs"]
    assert "frames" not in entry
    assert np.all(np.diff([row["timestamp_ns"] for row in entry["samples"]]) > 0)
