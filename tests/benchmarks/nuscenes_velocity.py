"""Velocities that the nuScenes toolkit finds in exports of tracks with few keyframes.

    python tests/benchmarks/nuscenes_velocity.py LOG [LOG ...] [--spacing 2] [--sigma-cm 5] [--yaw-deg 1]

Each log is exported three times: with all labels (the truth), and with keyframes some seconds apart,
filled by av3d's own motion model and linearly. Prints how far the toolkit's `box_velocity` is from that
of the truth (root mean square and median, m/s), and how often the attribute (moving, stopped ...) is the
same; "moving" are boxes that go 0.5 m/s or more.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.registry import dataset, open_log, own_labels
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.thinning import thin_keyframes
from av3d.tracks.track import Track
from av3d.types import FloatArray

FEWEST_KEYFRAMES = 20
MOVING_M_S = 0.5
LINEAR = Interpolation(Model.LINEAR)

Boxes = dict[tuple[str, int], tuple[FloatArray, list[str]]]
"""Velocity and attributes of the boxes of an export, by instance and time."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", type=Path, nargs="+")
    parser.add_argument("--spacing", type=float, default=2.0, metavar="S", help="of keyframes")
    parser.add_argument("--sigma-cm", type=float, default=0.0, help="noise of keyframes")
    parser.add_argument("--yaw-deg", type=float, default=0.0, help="noise of their headings")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    for path in options.log:
        log = open_log(path)
        labels = [
            track
            for track in own_labels(log)
            if len(track.keyframes) >= FEWEST_KEYFRAMES and len(track.presence) == 1
        ]
        sparse = [
            sparse_track(
                track, options.spacing, options.sigma_cm / 100, np.radians(options.yaw_deg), rng
            )
            for track in labels
        ]
        truth = exported(log, [replace(track, interpolation=LINEAR) for track in labels])
        print(f"{log.kind} {log.name}, keyframes {options.spacing:g} s apart")
        for name, tracks in (
            ("av3d", sparse),
            ("linear", [replace(track, interpolation=LINEAR) for track in sparse]),
        ):
            compare(name, exported(log, tracks), truth)


def sparse_track(
    track: Track, spacing_s: float, sigma_m: float, sigma_rad: float, rng: np.random.Generator
) -> Track:
    """Keyframes some seconds apart, each off by chance, half as much in height."""

    def off(keyframe: Keyframe) -> Keyframe:
        shift_m = rng.normal(size=3) * [sigma_m, sigma_m, sigma_m / 2]
        yaw_rad = sigma_rad * rng.normal()
        pose = keyframe.cuboid.frame_SE3_cuboid
        turned = SE3.from_yaw(yaw_rad, [0.0, 0.0, 0.0]).rotation @ pose.rotation
        cuboid = Cuboid(SE3(turned, pose.translation_m + shift_m), keyframe.cuboid.size_lwh_m)
        return replace(keyframe, cuboid=cuboid)

    thin = thin_keyframes(track, round(spacing_s * 1e9))
    return thin.with_keyframes([off(keyframe) for keyframe in thin.keyframes])


def exported(log: Log, tracks: Sequence[Track]) -> Boxes:
    """What the toolkit says of an export."""
    from nuscenes.nuscenes import NuScenes

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "export"
        items = [LabelledLog(log, tuple(tracks))]
        dataset("nuscenes").write_labels(items, out, ExportOptions(link_media=True))
        (version,) = (path.name for path in out.iterdir() if path.name.startswith("v1"))
        toolkit = NuScenes(version, str(out), verbose=False)
        return {
            (box["instance_token"], toolkit.get("sample", box["sample_token"])["timestamp"]): (
                toolkit.box_velocity(box["token"])[:2],
                [toolkit.get("attribute", token)["name"] for token in box["attribute_tokens"]],
            )
            for box in toolkit.sample_annotation
        }


def compare(name: str, found: Boxes, truth: Boxes) -> None:
    """One line for all boxes, and one for those that move."""
    both = [key for key in truth if key in found]
    known = [
        key for key in both if np.isfinite(truth[key][0]).all() and np.isfinite(found[key][0]).all()
    ]
    for what, least_m_s in (("all", 0.0), ("moving", MOVING_M_S)):
        keys = [key for key in known if np.linalg.norm(truth[key][0]) >= least_m_s]
        off = np.array([np.linalg.norm(found[key][0] - truth[key][0]) for key in keys])
        same = np.mean([found[key][1] == truth[key][1] for key in keys])
        print(
            f"  {name:6} {what:6} {len(keys):5} boxes: {np.sqrt(np.mean(off**2)):.3f} m/s, "
            f"median {np.median(off):.3f}; same attribute {same:.1%}"
        )


if __name__ == "__main__":
    main()
