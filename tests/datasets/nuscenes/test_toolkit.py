"""What the nuScenes toolkit makes of an export, against the logs and tracks it was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from nuscenes.eval.common.config import config_factory
from nuscenes.eval.common.loaders import load_gt
from nuscenes.eval.detection.data_classes import DetectionBox
from nuscenes.eval.detection.evaluate import DetectionEval
from nuscenes.utils.data_classes import LidarPointCloud
from nuscenes.utils.geometry_utils import BoxVisibility, points_in_box, view_points

from av3d.calibration.camera import Camera
from av3d.geometry.se3 import SE3


def sample_of(exported: Any, scene: str) -> list[tuple[dict[str, Any], int]]:
    """The samples of a scene with their exact times from the sidecar."""
    sidecar = json.loads((exported.out / "av3d.json").read_text())
    entry = next(log for log in sidecar["logs"] if log["scene"] == scene)
    times = {row["token"]: row["timestamp_ns"] for row in entry["samples"]}
    return [(row, times[row["token"]]) for row in exported.samples(scene)]


def tracks_by_instance(exported: Any, scene: str) -> dict[str, Any]:
    sidecar = json.loads((exported.out / "av3d.json").read_text())
    entry = next(log for log in sidecar["logs"] if log["scene"] == scene)
    tracks = {track.id: track for track in exported.made[scene].tracks}
    return {row["instance_token"]: tracks[row["track_id"]] for row in entry["tracks"]}


def angle_rad(rotation: Any, other: Any) -> float:
    return float(SE3(rotation, np.zeros(3)).angle_to_rad(SE3(other, np.zeros(3))))


@pytest.mark.parametrize("scene", ["scene-0003", "scene-0012"])
def test_boxes_of_each_sample_are_the_states_of_the_tracks_at_its_time(
    exported: Any, scene: str
) -> None:
    tracks = tracks_by_instance(exported, scene)
    for sample, timestamp_ns in sample_of(exported, scene):
        boxes = exported.nusc.get_boxes(sample["data"]["LIDAR_TOP"])
        expected = [t for t in exported.made[scene].tracks if t.is_present(timestamp_ns)]
        assert len(boxes) == len(expected)
        for box in boxes:
            annotation = exported.nusc.get("sample_annotation", box.token)
            cuboid = tracks[annotation["instance_token"]].state_at(timestamp_ns).cuboid
            assert np.abs(box.center - cuboid.center_m).max() < 1e-9
            assert np.abs(box.wlh - cuboid.size_lwh_m[[1, 0, 2]]).max() < 1e-12
            assert angle_rad(box.rotation_matrix, cuboid.frame_SE3_cuboid.rotation) < 1e-7


@pytest.mark.parametrize("scene", ["scene-0003", "scene-0012"])
def test_point_counts_are_those_of_points_in_box(exported: Any, scene: str) -> None:
    counts = []
    for sample in exported.samples(scene):
        token = sample["data"]["LIDAR_TOP"]
        path, boxes, _ = exported.nusc.get_sample_data(token)
        cloud = LidarPointCloud.from_file(path)
        for box in boxes:
            annotation = exported.nusc.get("sample_annotation", box.token)
            inside = int(points_in_box(box, cloud.points[:3]).sum())
            assert annotation["num_lidar_pts"] == inside
            counts.append(inside)
    assert min(counts) > 5


def test_clouds_line_up_with_boxes_in_the_sensor_frame(exported: Any) -> None:
    # 60 points were made in a box 10 % larger than each cuboid by the LiDAR at the sample's time:
    # .75 of them are inside, unless the extrinsics or the poses are wrong.
    for sample in exported.samples("scene-0003"):
        for token in sample["anns"]:
            assert exported.nusc.get("sample_annotation", token)["num_lidar_pts"] >= 40


def test_velocities_are_those_of_the_tracks(exported: Any) -> None:
    tracks = tracks_by_instance(exported, "scene-0003")
    checked = 0
    for instance in exported.nusc.instance:
        track = tracks.get(instance["token"])
        if track is None or track.id not in ("rider", "cone", "walker"):
            continue
        annotation = exported.nusc.get("sample_annotation", instance["first_annotation_token"])
        while annotation["next"]:
            sample = exported.nusc.get("sample", annotation["sample_token"])
            velocity = exported.nusc.box_velocity(annotation["token"])
            expected = track.state_at(sample["timestamp"] * 1000).velocity_m_s
            if track.id != "walker":  # its keyframes are off the samples: compare straight motion
                # The toolkit takes the way from the sample before to the one after.
                assert velocity == pytest.approx(expected, abs=0.02)
            assert np.linalg.norm(velocity) < 5
            checked += 1
            annotation = exported.nusc.get("sample_annotation", annotation["next"])
    assert checked == 18


def test_projections_agree_with_ours_in_every_camera(exported: Any) -> None:
    made = exported.made["scene-0003"]
    sidecar = json.loads((exported.out / "av3d.json").read_text())["logs"][0]
    tracks = tracks_by_instance(exported, "scene-0003")
    compared = 0
    for sample, timestamp_ns in sample_of(exported, "scene-0003"):
        index = next(f.index for f in made.log.frames if f.timestamp_ns == timestamp_ns)
        for channel, camera in sidecar["cameras"].items():
            image = made.log.frame(index).images[camera]
            if image is None:
                assert channel not in sample["data"]
                continue
            _, boxes, intrinsic = exported.nusc.get_sample_data(
                sample["data"][channel], box_vis_level=BoxVisibility.ANY
            )
            camera_SE3_world = made.log.world_SE3_camera(camera, image).inverse()
            bent = made.log.rig.camera(camera).camera
            ours = Camera(
                bent.width_px, bent.height_px, bent.fx_px, bent.fy_px, bent.cx_px, bent.cy_px
            )
            for box in boxes:
                theirs = view_points(box.corners(), intrinsic, normalize=True)[:2].T
                token = exported.nusc.get("sample_annotation", box.token)["instance_token"]
                cuboid = tracks[token].state_at(timestamp_ns).cuboid.in_frame(camera_SE3_world)
                pixels, valid = ours.project(cuboid.corners_m()[[4, 5, 1, 0, 7, 6, 2, 3]])
                assert valid.all()
                assert np.abs(theirs - pixels).max() < 1e-7
                compared += 1
    assert compared >= 40


def test_every_chain_runs_through_all_data_of_its_sensor_in_time(exported: Any) -> None:
    nusc = exported.nusc
    starts = [row for row in nusc.sample_data if not row["prev"]]
    assert len(starts) == 6
    seen = 0
    for start in starts:
        row = start
        while True:
            seen += 1
            assert (exported.out / row["filename"]).is_file()
            pose = nusc.get("ego_pose", row["ego_pose_token"])
            assert pose["timestamp"] == row["timestamp"]
            if not row["next"]:
                break
            following = nusc.get("sample_data", row["next"])
            assert following["prev"] == row["token"]
            assert following["timestamp"] > row["timestamp"]
            assert following["channel"] == row["channel"]
            row = following
    assert seen == len(nusc.sample_data)


def test_data_between_samples_belong_to_the_sample_that_follows(exported: Any) -> None:
    nusc = exported.nusc
    for row in nusc.sample_data:
        sample = nusc.get("sample", row["sample_token"])
        if row["is_key_frame"]:
            assert abs(row["timestamp"] - sample["timestamp"]) < 50_000
            assert row["filename"].startswith("samples/")
            continue
        assert row["filename"].startswith("sweeps/")
        if row["channel"] == "LIDAR_TOP" and sample["next"]:
            before = nusc.get("sample", sample["prev"])
            assert before["timestamp"] < row["timestamp"] < sample["timestamp"]
        # The next row of the chain that is a keyframe is the one of this sample.
        later = row
        while later["next"] and not later["is_key_frame"]:
            later = nusc.get("sample_data", later["next"])
        if later["is_key_frame"] and row["channel"] in sample["data"]:
            assert later["sample_token"] == sample["token"]


def test_a_dropped_sweep_does_not_shift_the_samples(exported: Any) -> None:
    timestamps = [timestamp_ns for _, timestamp_ns in sample_of(exported, "scene-0003")]
    log = exported.made["scene-0003"].log
    steps = np.round((np.array(timestamps) - log.start_ns) / 1e8)
    assert list(steps) == [0, 5, 10, 15, 20, 25, 30]
    assert len(log.frames) == 30


def test_the_report_states_what_the_toolkit_shows_between_samples(exported: Any) -> None:
    made, nusc = exported.made["scene-0003"], exported.nusc
    tracks = tracks_by_instance(exported, "scene-0003")
    worst_m, missing, extra, compared = 0.0, 0, 0, 0
    times = {(f.timestamp_ns + 500) // 1000: f.timestamp_ns for f in made.log.frames}
    for row in nusc.sample_data:
        if row["is_key_frame"] or row["channel"] != "LIDAR_TOP" or "flat" in row["filename"]:
            continue
        shown = {
            nusc.get("sample_annotation", box.token)["instance_token"]: box
            for box in nusc.get_boxes(row["token"])
        }
        for token, box in shown.items():
            state = tracks[token].state_at(times[row["timestamp"]])
            if state is None:
                extra += 1
                continue
            compared += 1
            worst_m = max(worst_m, float(np.linalg.norm(box.center - state.cuboid.center_m)))
        present = [t for t in made.tracks if t.is_present(times[row["timestamp"]])]
        missing += len(set(present) - {tracks[token] for token in shown})
    losses = {loss.what: loss for loss in exported.report.losses}
    assert worst_m > 0.03
    assert f"largest difference {worst_m:.3f} m" in losses["motion between samples"].detail
    presence = losses["presence between samples"].detail
    assert f"lacks {missing} cuboids and shows {extra} of" in presence
    assert (missing, extra) == (5, 6)


def test_pictures_render_without_a_display(
    exported: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nusc = exported.nusc
    sample = exported.samples("scene-0003")[1]
    for number, channel in enumerate(["LIDAR_TOP", "CAM_FRONT"]):
        nusc.render_sample_data(
            sample["data"][channel], out_path=str(tmp_path / f"{number}.png"), verbose=False
        )
    seen = next(box.token for box in nusc.get_sample_data(sample["data"]["CAM_FRONT"])[1])
    nusc.render_annotation(seen, out_path=str(tmp_path / "2.png"))
    nusc.render_sample(sample["token"], out_path=str(tmp_path / "3.png"), verbose=False)
    nusc.render_egoposes_on_map("tilted-drive", out_path=str(tmp_path / "4.png"))
    plt.close("all")
    assert all((tmp_path / f"{n}.png").stat().st_size > 5000 for n in range(5))
    nusc.list_scenes()
    nusc.list_sample(sample["token"])
    nusc.list_categories()
    nusc.list_attributes()
    assert "scene-0012, flat" in capsys.readouterr().out


def test_map_masks_load_and_cover_nothing(exported: Any) -> None:
    assert len(exported.nusc.map) == 2
    for row in exported.nusc.map:
        assert not row["mask"].mask().any()
        assert not row["mask"].is_on_mask(3.0, 4.0)[0]
    assert all(row["map_token"] for row in exported.nusc.log)


def test_detection_ground_truth_loads_by_split_name(exported: Any) -> None:
    boxes = load_gt(exported.nusc, "val", DetectionBox)
    assert len(boxes.sample_tokens) == 10
    names = {box.detection_name for box in boxes.all}
    assert names == {"car", "pedestrian", "bicycle", "traffic_cone", "truck"}


@pytest.mark.parametrize("split", ["val", "av3d"])
def test_perfect_detections_score_one(exported: Any, tmp_path: Path, split: str) -> None:
    results: dict[str, list[Any]] = {sample["token"]: [] for sample in exported.nusc.sample}
    for box in load_gt(exported.nusc, "val", DetectionBox).all:
        found = box.serialize() | {"detection_score": 0.9}
        found["velocity"] = np.nan_to_num(box.velocity).tolist()
        found["attribute_name"] = box.attribute_name or "pedestrian.standing"
        results[box.sample_token].append(found)
    meta = dict.fromkeys(["use_lidar", "use_camera", "use_radar", "use_map", "use_external"], False)
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"meta": meta, "results": results}))
    evaluation = DetectionEval(
        exported.nusc, config_factory("detection_cvpr_2019"), str(path), split, str(tmp_path), False
    )
    metrics, _ = evaluation.evaluate()
    aps = metrics.mean_dist_aps
    assert [aps[n] for n in ("car", "pedestrian", "truck")] == pytest.approx([1, 1, 1])


def test_sweeps_before_a_sample_add_up_in_its_frame(exported: Any) -> None:
    sample = exported.samples("scene-0003")[2]
    one, _ = LidarPointCloud.from_file_multisweep(
        exported.nusc, sample, "LIDAR_TOP", "LIDAR_TOP", nsweeps=1
    )
    many, lags = LidarPointCloud.from_file_multisweep(
        exported.nusc, sample, "LIDAR_TOP", "LIDAR_TOP", nsweeps=4
    )
    assert many.nbr_points() > 3.5 * one.nbr_points()
    assert sorted(set(np.round(lags.ravel(), 2))) == [0.0, 0.1, 0.2, 0.4]  # sweep 7 is missing
