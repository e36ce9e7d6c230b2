"""A real PandaSet drive as a nuScenes database: two LiDARs, six cameras, a measured pose per image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nuscenes import NuScenes
from nuscenes.utils.data_classes import LidarPointCloud
from nuscenes.utils.geometry_utils import points_in_box, view_points

from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.registry import dataset, open_log, own_labels


@pytest.fixture(scope="module")
def drive(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The log, its labels, the report, and the export opened with the toolkit."""
    reader = dataset("pandaset")
    log = reader.open(real_data / "pandaset" / "002")
    tracks = reader.read_labels(log).tracks
    out = tmp_path_factory.mktemp("pandaset") / "out"
    report = dataset("nuscenes").write_labels(
        [LabelledLog(log, tracks)], out, ExportOptions(link_media=True)
    )
    return log, tracks, report, NuScenes("v1.0-trainval", str(out), verbose=False)


def test_all_six_cameras_have_their_nuscenes_names(drive: Any) -> None:
    nusc = drive[3]
    assert {row["channel"] for row in nusc.sensor} == {
        "CAM_FRONT", "CAM_FRONT_LEFT", "CAM_FRONT_RIGHT", "CAM_BACK", "CAM_BACK_LEFT",
        "CAM_BACK_RIGHT", "LIDAR_TOP",
    }  # fmt: skip
    assert all(len(sample["data"]) == 7 for sample in nusc.sample)


def test_point_counts_equal_those_of_the_toolkit_for_every_cuboid(drive: Any) -> None:
    nusc = drive[3]
    counted = 0
    for sample in nusc.sample:
        path, boxes, _ = nusc.get_sample_data(sample["data"]["LIDAR_TOP"])
        cloud = LidarPointCloud.from_file(path)
        for box in boxes:
            annotation = nusc.get("sample_annotation", box.token)
            assert annotation["num_lidar_pts"] == points_in_box(box, cloud.points[:3]).sum()
            counted += annotation["num_lidar_pts"] > 0
    assert counted > 400


def test_boxes_and_projections_agree_with_ours(drive: Any) -> None:
    log, tracks, _, nusc = drive
    sidecar = json.loads((Path(nusc.dataroot) / "av3d.json").read_text())["logs"][0]
    by_id = {track.id: track for track in tracks}
    by_instance = {t["instance_token"]: by_id[t["track_id"]] for t in sidecar["tracks"]}
    times = {row["token"]: row["timestamp_ns"] for row in sidecar["samples"]}
    worst_m, worst_px, pairs = 0.0, 0.0, 0
    for sample in nusc.sample:
        frame = next(f for f in log.frames if f.timestamp_ns == times[sample["token"]])
        for channel, camera in sidecar["cameras"].items():
            _, boxes, intrinsic = nusc.get_sample_data(sample["data"][channel])
            camera_SE3_world = log.world_SE3_camera(camera, frame.images[camera]).inverse()
            for box in boxes:
                row = nusc.get("sample_annotation", box.token)
                cuboid = by_instance[row["instance_token"]].state_at(frame.timestamp_ns).cuboid
                seen = cuboid.in_frame(camera_SE3_world)
                corners_m = seen.corners_m()[[4, 5, 1, 0, 7, 6, 2, 3]]
                pixels, _ = log.rig.camera(camera).camera.project(corners_m)
                theirs = view_points(box.corners(), intrinsic, normalize=True)[:2].T
                worst_m = max(worst_m, float(np.abs(box.center - seen.center_m).max()))
                worst_px = max(worst_px, float(np.abs(theirs - pixels).max()))
                pairs += 1
    assert pairs > 600
    assert worst_m < 1e-9
    assert worst_px < 1e-6


def test_attributes_from_motion_agree_with_the_labels_of_people(drive: Any) -> None:
    log, tracks, _, nusc = drive
    by_instance = {track.id.replace("-", ""): track for track in tracks}
    same = total = 0
    for row in nusc.sample_annotation:
        track = by_instance.get(row["instance_token"])
        sample_us = nusc.get("sample", row["sample_token"])["timestamp"]
        frame = min(log.frames, key=lambda f: abs(f.timestamp_ns - sample_us * 1000))
        if track is None or not row["attribute_tokens"]:
            continue
        said = track.state_at(frame.timestamp_ns).attributes.get("pandaset.object_motion")
        ours = nusc.get("attribute", row["attribute_tokens"][0])["name"]
        if said and ours.startswith("vehicle."):
            total += 1
            same += ours == f"vehicle.{str(said).lower()}"
    assert total > 300
    assert same / total > 0.9


def test_the_export_opens_again_with_its_tracks_times_and_poses(drive: Any) -> None:
    log, tracks, _, nusc = drive
    again = open_log(nusc.dataroot)
    found = {track.id: track for track in own_labels(again)}
    assert again.name == log.name
    assert np.abs(again.frames.timestamps_ns - log.frames.timestamps_ns).max() <= 500
    samples_ns = sorted({key.timestamp_ns for track in found.values() for key in track.keyframes})
    assert len(samples_ns) == len(nusc.sample)
    compared = 0
    for track in tracks:
        for time_ns in samples_ns:
            state = track.state_at(time_ns)
            if state is None:
                assert track.id not in found or found[track.id].state_at(time_ns) is None
                continue
            other = found[track.id].state_at(time_ns)
            apart_m = np.abs(state.cuboid.corners_m() - other.cuboid.corners_m()).max()
            assert apart_m < 1e-9
            compared += 1
    assert compared > 600
    for camera, channel in {"front": "CAM_FRONT", "back": "CAM_BACK"}.items():
        for image in range(len(log.cameras[camera])):
            pose = log.world_SE3_camera(camera, image)
            apart = pose.inverse() @ again.world_SE3_camera(channel, image)
            assert np.linalg.norm(apart.translation_m) < 1e-6
