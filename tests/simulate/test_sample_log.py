"""The log that ships with av3d is what its README and its truth say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.rig_toml import read_rig
from av3d.datasets.folder import DATASET
from av3d.datasets.folder.tracks_json import read_tracks
from av3d.logs.log import Log
from av3d.simulate.crossing import crossing
from av3d.simulate.rig import sample_rig
from av3d.simulate.scan import Scan


@pytest.fixture(scope="module")
def dropped(sample_log: Log) -> dict:
    return json.loads((sample_log.path / "truth" / "dropped.json").read_text())


def test_missing_sweeps_are_the_dropped_ones(sample_log: Log, dropped: dict) -> None:
    assert len(dropped["sweeps_ns"]["top"]) == 2
    assert list(sample_log.sync_report.missing_sweeps_ns) == dropped["sweeps_ns"]["top"]
    assert len(sample_log.frames) == 40


@pytest.mark.parametrize("camera", ["front", "left", "right", "back"])
def test_frames_without_image_are_those_of_the_dropped_images(sample_log, dropped, camera) -> None:
    sync = sample_log.sync_report.cameras[camera]
    offset_ns = round(sync.offset_ms * 1e6)
    times = [frame.timestamp_ns for frame in sample_log.frames]
    expected = [times.index(time - offset_ns) for time in dropped["images_ns"][camera]]
    assert expected
    assert list(sync.missing_frames) == sorted(expected)
    assert sync.doubled_images == ()
    assert sync.late_frames == ()
    assert sync.jitter_ms < 1e-6
    # Images of dropped sweeps are there, and belong to no frame.
    assert sync.unused_images == 2


def test_each_camera_has_its_own_exposure_time(sample_log: Log) -> None:
    offsets = [sync.offset_ms for sync in sample_log.sync_report.cameras.values()]
    assert offsets == pytest.approx([12.5, -10.5556, 35.5556, -37.5], abs=1e-3)


def test_it_is_under_20_megabytes(sample_log: Log) -> None:
    size = sum(path.stat().st_size for path in sample_log.path.rglob("*") if path.is_file())
    assert 5e6 < size < 20e6


def test_its_rig_is_the_one_in_calibration(sample_log: Log, repository: Path) -> None:
    published = repository / "calibration" / "sample" / "rig.toml"
    assert published.read_bytes() == (sample_log.path / "rig.toml").read_bytes()
    made, kept = sample_rig(), read_rig(published)
    for name, mount in made.cameras.items():
        assert kept.cameras[name].camera == mount.camera
    assert any(mount.camera.lens for mount in kept.cameras.values())


def test_its_images_and_sweeps_can_be_read(sample_log: Log) -> None:
    for camera in sample_log.cameras:
        assert sample_log.image(camera, 5).shape == (540, 960, 3)
    sweep = sample_log.sweep(7)
    assert len(sweep) > 20_000
    assert sweep.intensity is not None
    assert not sweep.motion_compensated
    assert np.ptp(sweep.time_offset_ns) > 95_000_000


def test_its_poses_and_truth_are_those_of_the_scenario(sample_log: Log) -> None:
    scenario = crossing(7)
    physical = {t.id: t for t in read_tracks(sample_log.path / "truth" / "physical.json").tracks}
    truth = {t.id: t for t in read_tracks(sample_log.path / "truth" / "tracks.json").tracks}
    actors = {actor.track_id: actor for actor in scenario.actors}
    assert 25 < len(truth) <= len(actors)
    assert truth.keys() == physical.keys()
    for time in (sample_log.start_ns + 1, sample_log.end_ns - 12_345_678):
        error = sample_log.world_SE3_ego(time).inverse() @ scenario.world_SE3_ego(time)
        assert np.linalg.norm(error.translation_m) < 1e-3
        for track_id, track in physical.items():
            true = actors[track_id].cuboid_at(time)
            assert np.linalg.norm(track.state_at(time).cuboid.center_m - true.center_m) < 0.005
    scan = Scan(scenario.world_SE3_ego, sample_rig().lidars["top"])
    sweep_ns = sample_log.frame(20).timestamp_ns
    for track_id, track in truth.items():
        measured = scan.measured_cuboid(actors[track_id], sweep_ns)
        stored = track.keyframe_at(sweep_ns).cuboid
        assert np.linalg.norm(stored.center_m - measured.center_m) < 1e-4


@pytest.mark.parametrize("motion", ["parked", "moving"])
def test_points_of_cars_fill_their_true_cuboids(sample_log: Log, motion: str) -> None:
    """From the files alone: trajectory, rig, point times and truth fit together."""
    sweep = sample_log.sweep(20)
    truth = read_tracks(sample_log.path / "truth" / "tracks.json").tracks
    ego = sample_log.world_SE3_ego(sweep.timestamp_ns + sweep.time_offset_ns)
    pose = ego @ sample_log.rig.lidar("top").ego_SE3_lidar
    points = np.einsum("nij,nj->ni", pose.rotation, sweep.points_m) + pose.translation_m
    counted = inside = 0
    for track in truth:
        keyframe = track.keyframe_at(sweep.timestamp_ns)
        if track.category == "car" and track.attributes.get("motion") == motion:
            counted += int(keyframe.attributes["lidar_points"])
            inside += int(keyframe.cuboid.contains(points, margin_m=0.04).sum())
    assert counted > 300
    # Some points of the road under the cars are within the margin, too.
    assert 0.98 < inside / counted < 1.3


def test_labels_are_a_beginning(sample_log: Log) -> None:
    labels = DATASET.read_labels(sample_log).tracks
    truth = read_tracks(sample_log.path / "truth" / "tracks.json").tracks
    assert 12 <= len(labels) < len(truth)
    assert {track.id for track in labels} <= {track.id for track in truth}
    provenances = {str(k.provenance) for track in labels for k in track.keyframes}
    assert provenances == {"manual", "fitted", "imported"}
