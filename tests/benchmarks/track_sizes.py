"""The size of a track by `av3d.assist.size`: how far off it is, and how far keyframes were.

    python tests/benchmarks/track_sizes.py LOG [LOG ...] [--sigma-cm 10] [--spacing 2] [--half report]

Labels are the truth. Keyframes are kept some seconds apart; each gets a size off by N(0, sigma) on
every side, or all of a track the same wrong one (--one). Prints errors (root mean square, cm) before
and after, of the median of the keyframes beside, and how often the truth is within the stated 90 %.
"""

from __future__ import annotations

import argparse
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from av3d.assist.size import SIDES, track_size
from av3d.datasets.registry import open_log, own_labels
from av3d.geometry.cuboid import Cuboid
from av3d.ontology.motion import Motion
from av3d.ontology.presets import default
from av3d.tracks.operations.anchors import placed
from av3d.tracks.thinning import thin_keyframes
from av3d.tracks.track import Track
from av3d.types import FloatArray

RADIUS_M, FEWEST_POINTS = 40.0, 3
WITHIN_90 = 1.645


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", type=Path, nargs="+")
    parser.add_argument("--sigma-cm", type=float, default=10.0)
    parser.add_argument("--spacing", type=float, default=1.0, metavar="S", help="of keyframes")
    parser.add_argument("--one", action="store_true", help="all keyframes have the same wrong size")
    parser.add_argument("--half", choices=["tune", "report"])
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    rng = np.random.default_rng(5)
    ontology = default()
    rows = []
    for path in options.log:
        log = open_log(path)
        truth = own_labels(log)
        for track in truth:
            category = ontology.category(track.category)
            is_tune = zlib.crc32(track.id.encode()) % 2 == 0
            known = {"tune": is_tune, "report": not is_tune}.get(options.half, True)
            if category is None or category.motion is not Motion.WHEELED or not known:
                continue
            ways_m = [
                np.linalg.norm(k.cuboid.center_m - log.world_SE3_ego(k.timestamp_ns).translation_m)
                for k in track.keyframes
            ]
            if min(ways_m) > RADIUS_M:
                continue
            true_m = np.median(track.columns.sizes_lwh_m, axis=0)
            wrong = perturbed(track, true_m, options, rng)
            found = track_size(log, wrong, category=category, others=truth)
            if found.with_points < FEWEST_POINTS:
                continue
            given = wrong.columns.sizes_lwh_m
            row = [
                np.sqrt(np.mean((given - true_m) ** 2, axis=0)),
                np.median(given, axis=0) - true_m,
                [side.size_m for side in found.sides] - true_m,
                [side.sigma_m for side in found.sides],
                [np.nan if s.at_least_m is None else s.at_least_m for s in found.sides] - true_m,
            ]
            rows.append(row)
            if options.verbose:
                print(track.name, found.with_points, np.round(row[2:], 2).tolist())
    before, median, after, sigma, reach = np.array(rows).transpose(1, 0, 2) * 100
    print(f"{len(rows)} tracks, keyframes {options.spacing:g} s apart")
    print("side     keyframes   median     av3d   within 90 %   points reach (16, 50, 84 %)")
    for axis, side in enumerate(SIDES):
        rms = [np.sqrt(np.mean(x[:, axis] ** 2)) for x in (before, median, after)]
        within = np.mean(np.abs(after[:, axis]) <= WITHIN_90 * sigma[:, axis])
        reached = np.nanquantile(reach[:, axis], [0.16, 0.5, 0.84])
        print(
            f"{side:8} {rms[0]:6.1f} cm {rms[1]:5.1f} cm {rms[2]:5.1f} cm {within:10.0%}   "
            + ", ".join(f"{x:+.0f} cm" for x in reached)
        )


def perturbed(
    track: Track, true_m: FloatArray, options: argparse.Namespace, rng: np.random.Generator
) -> Track:
    """Keyframes some seconds apart whose sizes are wrong about the true centres."""
    thin = thin_keyframes(track, round(options.spacing * 1e9))
    count = len(thin.keyframes)
    errors_m = rng.normal(0, options.sigma_cm / 100, (1 if options.one else count, 3))
    sizes_m = np.maximum(true_m + np.broadcast_to(errors_m, (count, 3)), 0.2)
    keyframes = []
    for keyframe, size_m in zip(thin.keyframes, sizes_m, strict=True):
        cuboid: Cuboid = placed(keyframe.cuboid, keyframe.cuboid.center_m, size_m, track)
        keyframes.append(replace(keyframe, cuboid=cuboid))
    return replace(thin, keyframes=tuple(keyframes), free_size=None, static=False)


if __name__ == "__main__":
    main()
