"""What the official toolkit makes of exports as nuScenes: boxes, velocities, media, pictures, scores.

    python tests/benchmarks/nuscenes_official.py LOG [LOG ...] [--every S] [--tracking-python PYTHON]

For each log: its labels are exported as tables and as results of both tasks. The toolkit opens the
tables; boxes at all samples are compared with the tracks, every velocity and every channel of every
sample is asked for, the map mask read, and each render function draws. Then the official evaluation of
detection scores the labels against themselves: cuboids with points, as it takes no others for truth.
That of tracking needs motmetrics, which does not go with the rest: give the interpreter of an
environment of its own,

    uv venv /tmp/tracking && uv pip install --python /tmp/tracking/bin/python nuscenes-devkit==1.2.0 \
        motmetrics==1.1.3 numpy==1.23.5 pandas==1.5.3

A nuScenes log is also exported, opened again and compared: samples, cuboids, attributes, radar files.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLBACKEND", "Agg")

import matplotlib.pyplot as plt
import numpy as np
from nuscenes import NuScenes
from nuscenes.eval.common.config import config_factory
from nuscenes.eval.detection.evaluate import DetectionEval

from av3d.datasets.dataset import ExportOptions
from av3d.datasets.exporting import LogLabels, export_labels
from av3d.datasets.registry import dataset, open_log, own_labels
from av3d.datasets.selection import EVERYTHING, Selection
from av3d.logs.log import Log
from av3d.ontology.presets import default
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track

VERSION = "v1.0-trainval"
WITH_POINTS = Selection(min_points=1, proposals=True)
TRACKING = """
import json, sys
from nuscenes.eval.common.config import config_factory
from nuscenes.eval.tracking.evaluate import TrackingEval
results, out, root = sys.argv[1:]
config = config_factory("tracking_nips_2019")
e = TrackingEval(config, results, "av3d", out, "v1.0-trainval", root, verbose=False)
m, _ = e.evaluate()
s = m.serialize()["label_metrics"]
truth = {b.tracking_name for f in e.tracks_gt.values() for boxes in f.values() for b in boxes}
keys = ("ids", "mota", "frag", "fp", "fn")
print(json.dumps({"truth": sorted(truth), **{key: s[key] for key in keys}}))
"""


def main(paths: list[str], every_s: float, tracking_python: str) -> None:
    """Print a block of figures per log."""
    for path in paths:
        log = open_log(path)
        tracks = own_labels(log)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            root = folder / "tables"
            write("nuscenes", log, tracks, root, every_s)
            print(f"{log.kind} {log.name}: {len(tracks)} tracks, {len(log.frames)} frames")
            nusc = NuScenes(VERSION, dataroot=str(root), verbose=False)
            check_boxes(nusc, log, tracks, root)
            check_media(nusc)
            check_pictures(nusc, folder)
            detection = folder / "detection"
            write("nuscenes-detection", log, tracks, detection, every_s, WITH_POINTS)
            score_detection(nusc, detection, folder / "scores")
            tracking = folder / "tracking"
            write("nuscenes-tracking", log, tracks, tracking, every_s, WITH_POINTS)
            if tracking_python:
                score_tracking(tracking_python, tracking, folder / "scores", root)
            match_instances(nusc, tracking, root)
            if log.kind == "nuscenes":
                check_fixed_point(log, tracks, root, folder / "again", every_s)


def write(
    name: str, log: Log, tracks: tuple[Track, ...], out: Path, every_s: float,
    selection: Selection = EVERYTHING,
) -> None:  # fmt: skip
    """Export as the command line does."""
    options = ExportOptions(keyframe_every_s=every_s, link_media=True)
    labels = [LogLabels(log, tracks)]
    export_labels(dataset(name), labels, out, options, default(), selection=selection)


def check_boxes(nusc: Any, log: Log, tracks: tuple[Track, ...], root: Path) -> None:
    """Boxes against states of the tracks; velocities are finite where the toolkit has two samples."""
    [entry] = json.loads((root / "av3d.json").read_text())["logs"]
    by_instance = {row["instance_token"]: row["track_id"] for row in entry["tracks"]}
    boxes = off_m = off_rad = 0.0
    differing = 0
    for sample in entry["samples"]:
        states = states_in_sweep(tracks, sample["timestamp_ns"], log)
        ours = {t.id: s for t, s in zip(tracks, states, strict=True) if s is not None}
        found = nusc.get_boxes(nusc.get("sample", sample["token"])["data"]["LIDAR_TOP"])
        differing += len(found) != len(ours)
        for box in found:
            row = nusc.get("sample_annotation", box.token)
            cuboid = ours[by_instance[row["instance_token"]]].cuboid
            size = np.abs(box.wlh - cuboid.size_lwh_m[[1, 0, 2]]).max()
            off_m = max(off_m, float(np.abs(box.center - cuboid.center_m).max()), float(size))
            turn = box.rotation_matrix - cuboid.frame_SE3_cuboid.rotation
            off_rad = max(off_rad, float(np.abs(turn).max()))
            boxes += 1
    velocities = np.array([nusc.box_velocity(row["token"]) for row in nusc.sample_annotation])
    known = np.isfinite(velocities).all(axis=1)
    print(
        f"  boxes      {boxes:.0f} at {len(entry['samples'])} samples, largest difference {off_m:.1e} m, "
        f"{off_rad:.1e} of a rotation; samples with other tracks: {differing}"
    )
    print(f"  velocity   {known.sum()} of {len(known)} known, {speed(velocities[known])}")
    assert off_m < 1e-6
    assert off_rad < 1e-6
    assert not differing


def speed(velocities_m_s: Any) -> str:
    """The fastest."""
    if not len(velocities_m_s):
        return "none"
    return f"up to {np.linalg.norm(velocities_m_s, axis=1).max():.1f} m/s"


def check_media(nusc: Any) -> None:
    """Every channel of every sample, and the map mask."""
    asked = 0
    for sample in nusc.sample:
        for token in sample["data"].values():
            path, _, _ = nusc.get_sample_data(token)
            assert Path(path).is_file()
            asked += 1
    masks = [row["mask"].mask().shape for row in nusc.map]
    counts = [row["num_radar_pts"] for row in nusc.sample_annotation]
    print(
        f"  media      get_sample_data of {asked} files; map mask {masks[0]}; radar points {sum(counts)}"
    )


def check_pictures(nusc: Any, folder: Path) -> None:
    """Each render function of the toolkit draws; those of images where there are images."""

    def annotation(token: str) -> Any:
        return nusc.get("sample_annotation", token)

    sample = max(nusc.sample, key=lambda row: len(row["data"]))
    camera = next((token for name, token in sample["data"].items() if "CAM" in name), None)
    scene = nusc.scene[0]["token"]
    location = nusc.log[0]["location"]
    renders: dict[str, Callable[[str], Any]] = {
        "render_sample_data": lambda out: nusc.render_sample_data(
            sample["data"]["LIDAR_TOP"], out_path=out, verbose=False
        ),
        "render_sample": lambda out: nusc.render_sample(
            sample["token"], out_path=out, verbose=False
        ),
        "render_egoposes_on_map": lambda out: nusc.render_egoposes_on_map(location, out_path=out),
    }
    if camera:
        shown = [row for row in map(annotation, sample["anns"]) if row["visibility_token"] == "4"]
        renders |= {
            "render_annotation": lambda out: first_shown(
                lambda row: nusc.render_annotation(row["token"], out_path=out), shown
            ),
            "render_instance": lambda out: first_shown(
                lambda row: nusc.render_instance(row["instance_token"], out_path=out), shown
            ),
            "render_pointcloud_in_image": lambda out: nusc.render_pointcloud_in_image(
                sample["token"],
                camera_channel=channel_of(nusc, camera),
                out_path=out,
                verbose=False,
            ),
        }
        if channel_of(nusc, camera) == "CAM_FRONT":
            renders |= {
                "render_scene_channel": lambda out: nusc.render_scene_channel(
                    scene, "CAM_FRONT", out_path=Path(out).with_suffix(".avi")
                ),
            }
    drawn = []
    for name, render in renders.items():
        out = folder / f"{name}.png"
        with_windows_off(lambda render=render, out=out: render(str(out)))  # type: ignore[misc]
        plt.close("all")
        assert any(folder.glob(f"{name}.*")), name
        drawn.append(name.removeprefix("render_"))
    print(f"  render_*   {' '.join(drawn)}")


def first_shown(render: Callable[[Any], Any], rows: list[Any]) -> None:
    """Draw the first that a whole image shows: the toolkit refuses others."""
    for row in rows:
        try:
            render(row)
        except AssertionError as error:
            if "Could not find image" not in str(error):
                raise
        else:
            return


def with_windows_off(render: Callable[[], Any]) -> None:
    """Draw without the windows that scenes are played in."""
    import cv2

    names = ("namedWindow", "moveWindow", "imshow", "waitKey", "destroyAllWindows")
    kept = {name: getattr(cv2, name) for name in names}
    for name in names:
        setattr(cv2, name, lambda *_, **__: -1)
    try:
        render()
    finally:
        for name, function in kept.items():
            setattr(cv2, name, function)


def channel_of(nusc: Any, token: str) -> str:
    """The channel of a row of sample_data."""
    return str(nusc.get("sample_data", token)["channel"])


def score_detection(nusc: Any, results: Path, out: Path) -> None:
    """The official evaluation of the labels against themselves."""
    written = json.loads((results / "results.json").read_text())["results"]
    if not any(written.values()):
        print("  detection  no cuboid has points: the evaluation has no truth to compare with")
        return
    evaluation = DetectionEval(
        nusc, config_factory("detection_cvpr_2019"), str(results / "results.json"), "av3d",
        str(out), verbose=False,
    )  # fmt: skip
    metrics, _ = evaluation.evaluate()
    there = sorted({box.detection_name for box in evaluation.gt_boxes.all})
    aps = {name: metrics.mean_dist_aps[name] for name in there}
    mean = float(np.mean(list(aps.values()))) if aps else float("nan")
    known = [np.nanmax([metrics.get_label_tp(name, "trans_err") for name in there])]
    print(
        f"  detection  mAP {mean:.4f} over the {len(there)} classes there ({' '.join(there)}), "
        f"{len(evaluation.gt_boxes.all)} boxes; largest error of a class's centres {known[0]:.1e} m"
    )


def score_tracking(python: str, results: Path, out: Path, root: Path) -> None:
    """The official tracking evaluation, in its own environment."""
    written = json.loads((results / "results.json").read_text())["results"]
    if not any(written.values()):
        return
    command = [python, "-c", TRACKING, str(results / "results.json"), str(out), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  tracking   the evaluation fails: {done.stderr.strip().splitlines()[-1][:120]}")
        return
    found = json.loads(done.stdout.strip().splitlines()[-1])
    there = found.pop("truth")
    total = {key: [found[key][name] for name in there] for key in found}
    print(
        f"  tracking   official, {len(there)} classes: switches {sum(total['ids']):.0f}, fragments "
        f"{sum(total['frag']):.0f}, false {sum(total['fp']):.0f}, missed {sum(total['fn']):.0f}, "
        f"MOTA {np.mean(total['mota']):.4f}"
    )


def match_instances(nusc: Any, results: Path, root: Path) -> None:
    """Each written box is at the annotation of its own instance, and no instance changes its track."""
    [entry] = json.loads((root / "av3d.json").read_text())["logs"]
    track_of = {row["instance_token"]: row["track_id"] for row in entry["tracks"]}
    boxes = wrong = 0
    for token, rows in json.loads((results / "results.json").read_text())["results"].items():
        annotations = [
            nusc.get("sample_annotation", one) for one in nusc.get("sample", token)["anns"]
        ]
        centers_m = np.array([row["translation"] for row in annotations]).reshape(-1, 3)
        for row in rows:
            boxes += 1
            away_m = np.linalg.norm(centers_m - row["translation"], axis=1)
            nearest = {
                track_of[annotations[k]["instance_token"]] for k in np.flatnonzero(away_m < 1e-6)
            }
            wrong += row["tracking_id"] not in nearest
    print(f"  identity   {boxes} boxes of tracking results, {wrong} not at their own instance")


def check_fixed_point(
    log: Any, tracks: tuple[Track, ...], root: Path, out: Path, every_s: float
) -> None:
    """Opened and exported again, the tables say the same."""
    again: Any = open_log(root)
    write("nuscenes", again, own_labels(again), out, every_s)
    same = {}
    for path in sorted((root / VERSION).glob("*.json")):
        same[path.stem] = path.read_bytes() == (out / VERSION / path.name).read_bytes()
    changed = [name for name, is_same in same.items() if not is_same]
    [entry] = json.loads((root / "av3d.json").read_text())["logs"]
    own = list(log.sample_times_ns)
    kept = [row["token"] for row in entry["samples"]] == own
    off_m = 0.0
    by_id = {track.id: track for track in own_labels(again)}
    for track in tracks:
        other = by_id[track.id]
        assert other.times_ns == track.times_ns
        for key, read in zip(track.keyframes, other.keyframes, strict=True):
            away = np.abs(key.cuboid.corners_m() - read.cuboid.corners_m()).max()
            off_m = max(off_m, float(away))
    radars = sum(len(radar) for radar in log.radars.values())
    back = sum(len(radar) for radar in again.radars.values())
    print(
        f"  again      {len(tracks)} tracks back, corners within {off_m:.1e} m; sample tokens kept: "
        f"{kept}; radar {back} of {radars}; tables that change in a second export: "
        + (" ".join(changed) or "none")
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("logs", nargs="+")
    parser.add_argument("--every", type=float, default=0.5, help="seconds between samples")
    parser.add_argument("--tracking-python", default="", help="of an environment with motmetrics")
    arguments = parser.parse_args()
    main(arguments.logs, arguments.every, arguments.tracking_python)
