"""How exactly exports come back: nuScenes through the official toolkit, KITTI through our reader.

    AV3D_REAL_DATA=... python tests/benchmarks/export_agreement.py [LOG]

LOG is any log with labels of its own; default: the PandaSet log of AV3D_REAL_DATA. One line per figure.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from nuscenes.nuscenes import NuScenes
from nuscenes.utils.data_classes import LidarPointCloud
from nuscenes.utils.geometry_utils import points_in_box, view_points

from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.registry import dataset, open_log
from av3d.geometry.overlap import iou_3d
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.track import Track


def nuscenes_figures(log: Log, tracks: tuple[Track, ...], out: Path) -> None:
    """What the devkit returns, compared with our states, projections and counts."""
    report = dataset("nuscenes").write_labels([LabelledLog(log, tracks)], out, ExportOptions())
    kit = NuScenes("v1.0-trainval", str(out), verbose=False)
    entry = json.loads((out / "av3d.json").read_text())["logs"][0]
    track_of = {item["instance_token"]: item["track_id"] for item in entry["tracks"]}
    by_id = {track.id: track for track in tracks}
    boxes = wrong_counts = projected = 0
    metres = radians = pixels = 0.0
    for item in entry["samples"]:
        sample = kit.get("sample", item["token"])
        sweep = sample["data"]["LIDAR_TOP"]
        for box in kit.get_boxes(sweep):
            row = kit.get("sample_annotation", box.token)
            state = by_id[track_of[row["instance_token"]]].state_at(item["timestamp_ns"])
            assert state is not None
            ours = state.cuboid
            metres = max(
                metres,
                np.abs(box.center - ours.center_m).max(),
                np.abs(box.wlh - ours.size_lwh_m[[1, 0, 2]]).max(),
            )
            kit_pose = SE3(box.orientation.rotation_matrix, ours.center_m)
            radians = max(radians, float(kit_pose.angle_to_rad(ours.frame_SE3_cuboid)))
            boxes += 1
        path, in_lidar, _ = kit.get_sample_data(sweep)
        points = LidarPointCloud.from_file(path).points[:3]
        for box in in_lidar:
            count = kit.get("sample_annotation", box.token)["num_lidar_pts"]
            wrong_counts += int(points_in_box(box, points).sum()) != count
        for channel, camera in entry["cameras"].items():
            token = sample["data"].get(channel)
            if token is None:
                continue
            _, in_camera, matrix = kit.get_sample_data(token)
            frame = next(f for f in log.frames if f.timestamp_ns == item["timestamp_ns"])
            image = frame.images[camera]
            assert image is not None
            camera_SE3_world = log.world_SE3_camera(camera, image).inverse()
            lens = log.rig.camera(camera).camera
            for box in in_camera:
                corners = box.corners()
                if (corners[2] < 0.5).any():
                    continue
                row = kit.get("sample_annotation", box.token)
                state = by_id[track_of[row["instance_token"]]].state_at(item["timestamp_ns"])
                assert state is not None
                mine = state.cuboid.in_frame(camera_SE3_world).corners_m()
                mine_px = mine[:, :2] / mine[:, 2:] * (lens.fx_px, lens.fy_px)
                mine_px += (lens.cx_px, lens.cy_px)
                theirs_px = view_points(corners, matrix, normalize=True)[:2].T
                apart = np.linalg.norm(mine_px[:, None] - theirs_px[None], axis=2).min(axis=1)
                pixels = max(pixels, float(apart.max()))
                projected += 1
    print(f"nuScenes samples {len(entry['samples'])}, cuboids {boxes}")
    print(f"get_boxes against our states: {metres:.1e} m, {radians:.1e} rad at most")
    print(f"num_lidar_pts unequal to points_in_box: {wrong_counts} of {boxes}")
    print(f"projections against ours: {pixels:.1e} px at most over {projected} boxes in images")
    for loss in report.losses:
        if loss.what in ("motion between samples", "time of each image"):
            print(f"{loss.what}: {loss.detail}")


def kitti_figures(log: Log, tracks: tuple[Track, ...], out: Path, name: str) -> None:
    """Exported and read again: is every cuboid there, and how well does it overlap?"""
    kitti = dataset(name)
    kitti.write_labels([LabelledLog(log, tracks)], out / name, ExportOptions())
    folder = out / name / "training"
    if name == "kitti-tracking":
        logs = [kitti.open(folder)]
    else:
        logs = [kitti.open(path) for path in sorted((folder / "label_2").glob("*.txt"))]
    overlaps: list[float] = []
    wanted = 0
    by_id = {track.id: track for track in tracks}
    frames = iter(log.frames)
    for again in logs:
        found = {track.id: track for track in kitti.read_labels(again).tracks}
        for there in again.frames:
            here = next(frames)
            for track in by_id.values():
                state = track.state_at(here.timestamp_ns)
                if state is None:
                    continue
                wanted += 1
                back = found[track.id].state_at(there.timestamp_ns) if track.id in found else None
                if back is None:
                    continue
                # Worlds differ by where their origin is; compare in the ego frames of this time.
                ours = state.cuboid.in_frame(log.world_SE3_ego(here.timestamp_ns).inverse())
                theirs = back.cuboid.in_frame(again.world_SE3_ego(there.timestamp_ns).inverse())
                overlaps.append(iou_3d(ours, theirs))
    print(
        f"{name}: {len(overlaps)} of {wanted} cuboids come back, IoU at least {min(overlaps):.6f}, "
        f"median {np.median(overlaps):.6f}"
    )


def main() -> None:
    """Print the figures of one log."""
    warnings.filterwarnings("ignore", category=UserWarning)
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
    elif folder := os.environ.get("AV3D_REAL_DATA"):
        path = Path(folder) / "pandaset" / "002"
    else:
        print("skipped: AV3D_REAL_DATA is not set and no log is given")
        return
    log = open_log(path)
    tracks = dataset(log.kind).read_labels(log).tracks
    with tempfile.TemporaryDirectory() as folder_name:
        out = Path(folder_name)
        nuscenes_figures(log, tracks, out / "nuscenes")
        for name in ("kitti-tracking", "kitti-object"):
            kitti_figures(log, tracks, out, name)


if __name__ == "__main__":
    main()
