"""nuScenes imported, exported, imported and exported again: nothing changes any more, radar included."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nuscenes import NuScenes
from nuscenes.utils.data_classes import RadarPointCloud
from nuscenes.utils.geometry_utils import points_in_box

from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.nuscenes import DATASET
from av3d.datasets.nuscenes.reading.labels import read_labels
from av3d.datasets.nuscenes.reading.log import NuScenesLog, open_log
from av3d.datasets.selection import Selection
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track


@dataclass(frozen=True)
class Exports:
    """A scene, its export, and the export of what was read of that."""

    log: NuScenesLog
    tracks: tuple[Track, ...]
    first: Path
    second: Path


@pytest.fixture(scope="module")
def exports(database: Any, tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("back")
    log = open_log(database.root / "scene-0061")
    # A box around what the radar sees, so that there is something to count.
    big = Cuboid(
        log.world_SE3_ego(log.start_ns) @ SE3.from_yaw(0.4, [33.0, 20.0, 0.0]),
        np.array([30.0, 40.0, 9.0]),
    )
    times = sorted(log.sample_times_ns.values())
    around = Track(
        "c" * 32, "truck",
        tuple(Keyframe(time_ns, big, Provenance.IMPORTED) for time_ns in times), number=1,
    )  # fmt: skip
    tracks = (*read_labels(log).tracks, around)
    first, second = folder / "first", folder / "second"
    DATASET.write_labels([LabelledLog(log, tracks)], first, ExportOptions())
    again = open_log(first)
    DATASET.write_labels([LabelledLog(again, read_labels(again).tracks)], second, ExportOptions())
    return Exports(log, tracks, first, second)


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((out / "v1.0-trainval" / f"{table}.json").read_text())
    return found


def test_a_second_export_says_the_same(exports: Exports) -> None:
    changed = {
        path.relative_to(exports.first).as_posix()
        for path in exports.first.rglob("*")
        if path.is_file()
        and path.read_bytes() != (exports.second / path.relative_to(exports.first)).read_bytes()
    }
    # The second one is of a log that has the channel names of nuScenes, and says so.
    assert changed <= {"av3d.json", "v1.0-trainval/ego_pose.json"}
    poses = [rows(out, "ego_pose") for out in (exports.first, exports.second)]
    for first, second in zip(*poses, strict=True):
        assert first["token"] == second["token"]
        assert np.allclose(first["translation"], second["translation"], rtol=0, atol=1e-6)


def test_samples_keep_their_tokens(exports: Exports) -> None:
    assert [row["token"] for row in rows(exports.first, "sample")] == list(
        exports.log.sample_times_ns
    )


def test_tracks_come_back(exports: Exports) -> None:
    found = {track.id: track for track in read_labels(open_log(exports.first)).tracks}
    assert set(found) == {track.id for track in exports.tracks}
    for track in exports.tracks:
        before, after = (t.keyframes[0].cuboid.corners_m() for t in (track, found[track.id]))
        assert np.abs(before - after).max() < 1e-9
        assert found[track.id].times_ns == track.times_ns
        assert found[track.id].presence == track.presence


def test_radar_files_are_taken_over_with_their_samples(exports: Exports) -> None:
    again = open_log(exports.first)
    before, after = exports.log.radars["RADAR_FRONT"], again.radars["RADAR_FRONT"]
    assert after.timestamps_ns.tolist() == before.timestamps_ns.tolist()
    assert after.samples == before.samples
    assert [after.path(k).read_bytes() for k in range(len(after))] == [
        before.path(k).read_bytes() for k in range(len(before))
    ]


def test_radar_points_are_counted_without_the_filters_of_the_toolkit(exports: Exports) -> None:
    nusc = NuScenes("v1.0-trainval", dataroot=str(exports.first), verbose=False)
    every = list(range(18))
    counted = []
    for sample in nusc.sample:
        path, boxes, _ = nusc.get_sample_data(sample["data"]["RADAR_FRONT"])
        cloud = RadarPointCloud.from_file(path, every, every, every)
        for box in boxes:
            inside = int(points_in_box(box, cloud.points[:3]).sum())
            assert nusc.get("sample_annotation", box.token)["num_radar_pts"] == inside
            counted.append(inside)
    assert max(counted) > 2


def test_a_stretch_has_its_own_radar_measurements(exports: Exports, tmp_path: Path) -> None:
    chosen = Selection(frames=((10, 20),), proposals=True)
    item = LabelledLog(exports.log, exports.tracks, chosen)
    DATASET.write_labels([item], tmp_path / "part", ExportOptions())
    part: Any = open_log(tmp_path / "part")
    whole = exports.log.radars["RADAR_FRONT"].timestamps_ns.tolist()
    kept = part.radars["RADAR_FRONT"].timestamps_ns.tolist()
    assert kept == whole[whole.index(kept[0]) : whole.index(kept[0]) + len(kept)]
    assert len(kept) in (7, 8)
    assert set(part.radars["RADAR_FRONT"].samples) - {""} == set(part.sample_times_ns)
