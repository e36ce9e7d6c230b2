"""The sample log in Argoverse 2's layout opens as a full log: points, images, labels."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from av3d.cli.main import run
from av3d.datasets.argoverse2 import DATASET
from av3d.datasets.registry import open_log
from av3d.logs.log import Log


def test_points_come_back_to_the_rounding_of_the_format(
    sample_as_argoverse2: tuple[Path, Log],
) -> None:
    path, sample = sample_as_argoverse2
    cloud, expected = open_log(path).cloud(3), sample.cloud(3)
    assert len(cloud) == len(expected)
    order = np.argsort(np.arange(len(expected)) % 64 >= 32, kind="stable")
    # Half precision has 11 bits: 3 cm at 64 m.
    np.testing.assert_allclose(cloud.points_m, expected.points_m[order], rtol=6e-4, atol=2e-5)


def test_labels_are_the_tracks_at_each_sweep(sample_as_argoverse2: tuple[Path, Log]) -> None:
    from av3d.datasets.registry import own_labels

    path, sample = sample_as_argoverse2
    log = open_log(path)
    imported = {track.id: track for track in DATASET.read_labels(log).tracks}
    compared = 0
    for track in own_labels(sample):
        for frame in log.frames:
            expected = track.state_at(frame.timestamp_ns)
            if expected is None:
                continue
            found = imported[track.id].state_at(frame.timestamp_ns)
            assert found is not None
            np.testing.assert_allclose(
                found.cuboid.corners_m(), expected.cuboid.corners_m(), atol=1e-9
            )
            compared += 1
    assert compared > 100


def test_the_stored_counts_are_the_points_inside(sample_as_argoverse2: tuple[Path, Log]) -> None:
    log = open_log(sample_as_argoverse2[0])
    points_m, stored, counted = log.cloud(2).points_m, [], []
    timestamp_ns = log.frames[2].timestamp_ns
    ego_SE3_world = log.world_SE3_ego(timestamp_ns).inverse()
    for track in DATASET.read_labels(log).tracks:
        keyframe = track.keyframe_at(timestamp_ns)
        if keyframe is not None:
            stored.append(keyframe.attributes["av2.num_interior_pts"])
            counted.append(int(keyframe.cuboid.in_frame(ego_SE3_world).contains(points_m).sum()))
    assert sum(stored) > 100
    np.testing.assert_allclose(counted, stored, atol=1)


def test_every_frame_has_its_images(sample_as_argoverse2: tuple[Path, Log]) -> None:
    log = open_log(sample_as_argoverse2[0])
    assert log.notes == ()
    assert [frame.images["ring_front_center"] for frame in log.frames] == list(range(8))
    assert log.image("ring_front_center", 3).shape == (540, 960, 3)


def test_a_camera_sees_the_sample_log_from_where_the_sample_log_does(
    sample_as_argoverse2: tuple[Path, Log],
) -> None:
    path, sample = sample_as_argoverse2
    log = open_log(path)
    ours, theirs = log.world_SE3_camera("ring_front_center", 2), sample.world_SE3_camera("front", 2)
    assert log.image_time_ns("ring_front_center", 2) == sample.image_time_ns("front", 2)
    np.testing.assert_allclose(ours.matrix, theirs.matrix, atol=1e-3)


def test_the_commands_take_the_log_by_its_path_alone(
    sample_as_argoverse2: tuple[Path, Log], tmp_path: Path, capsys
) -> None:
    path = str(sample_as_argoverse2[0])
    assert run(["info", path]) == 0
    assert "ring_front_center" in capsys.readouterr().out
    picture = tmp_path / "front.png"
    assert (
        run(
            ["render", path, "--camera", "ring_front_center", "--frame", "3", "--out", str(picture)]
        )
        == 0
    )
    assert picture.stat().st_size > 100_000
    assert run(["render", path, "--view", "bev", "--out", str(tmp_path / "bev.png")]) == 0
    assert run(["import", path, "--project", str(tmp_path / "my.av3d")]) == 0
    assert "tracks with" in capsys.readouterr().out


def test_a_log_without_media_is_reviewed_from_above(tiny_log: Path, tmp_path: Path, capsys) -> None:
    shutil.rmtree(tiny_log / "sensors")
    assert run(["info", str(tiny_log), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    lower = facts["lidars"]["down_lidar"]
    assert (lower["sweeps"], lower["without_points"], lower["reference"]) == (4, 4, False)
    assert facts["cameras"]["ring_front_center"]["images"] == 0
    assert run(["info", str(tiny_log)]) == 0
    assert "sweeps    0 missing, 4 of 4 without points" in capsys.readouterr().out
    assert run(["render", str(tiny_log), "--view", "bev", "--out", str(tmp_path / "bev.png")]) == 0
    assert run(["import", str(tiny_log), "--project", str(tmp_path / "my.av3d")]) == 0
