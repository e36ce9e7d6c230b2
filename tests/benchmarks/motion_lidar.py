"""How much better points make a track between few keyframes; tests/benchmarks/motion/README.md.

    AV3D_REAL_DATA=... python tests/benchmarks/motion_lidar.py [--log PATH ...] [--simulate SEED ...]
        [--edits] [--neighbours] [--half report] [--json]

Prints the tables of protocol e for each log.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # arrays are small: threads only get in each other's way

from motion.lidar import (  # noqa: E402
    MIN_POINTS,
    OCCLUDED_FRAMES,
    RADIUS_M,
    TWO_S,
    InLog,
    lidar_tasks,
    longest_s,
)
from motion.measuring import measure  # noqa: E402
from motion.models import Interpolator, WorldLinear  # noqa: E402
from motion.noise import LEVELS  # noqa: E402
from motion.report import ALL, Figure, figures, half_name, head, pick, table, unique  # noqa: E402
from motion.spacing import COORDINATES  # noqa: E402
from motion.spans import spans_of, true_tracks  # noqa: E402

from av3d.datasets.registry import open_log  # noqa: E402
from av3d.simulate import SimulateOptions, simulate_log  # noqa: E402

SIMULATED_FRAMES = 150


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--log", type=Path, nargs="+", default=[],
        help="logs with points and labels; default: PandaSet's in AV3D_REAL_DATA",
    )  # fmt: skip
    parser.add_argument(
        "--simulate", type=int, nargs="+", default=[], metavar="SEED",
        help=f"make crossings of {SIMULATED_FRAMES} frames with these seeds (minutes each)",
    )  # fmt: skip
    parser.add_argument("--noise", choices=[level.name for level in LEVELS], nargs="+")
    parser.add_argument("--edits", action="store_true", help="edits as in protocol a too (long)")
    parser.add_argument(
        "--neighbours", action="store_true", help="the fill knows all other true tracks"
    )
    parser.add_argument("--half", choices=["tune", "report"], help="only this half of the tracks")
    parser.add_argument("--model", nargs="+", help="only these")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser.parse_args()


def measured(path: Path, options: argparse.Namespace) -> tuple[str, list[Figure]]:
    """What was measured in a log, in words, and the figures."""
    log = open_log(path)
    tracks = true_tracks(log)
    spans = [
        span
        for span in spans_of(
            log, tracks, radius_m=RADIUS_M, min_points=MIN_POINTS, bridged=OCCLUDED_FRAMES,
            upright=False,
        )
        if options.half in (None, span.half)
    ]  # fmt: skip
    if not spans:
        sys.exit(f"error: no road user is seen for two seconds, {path}, give another log")
    logs = {log.name: (log, tracks)}
    neighbours = options.neighbours
    models: list[Interpolator] = [
        WorldLinear(),
        InLog(logs, fill=False, neighbours=neighbours),
        InLog(logs, fill=True, neighbours=neighbours),
    ]
    models = [model for model in models if options.model is None or model.name in options.model]
    levels = [level for level in LEVELS if options.noise is None or level.name in options.noise]
    longest = longest_s([span.times_ns for span in spans])
    work = list(lidar_tasks(models, levels, longest, options.edits))
    return f"{log.name}: {head(spans)}", figures(measure(spans, work, options.jobs, progress))


def progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total}", end="\n" if done == total else "", file=sys.stderr)


def tables(found: Sequence[Figure]) -> str:
    """A table of the IoU for each half, all spans and those that move, and the edits."""
    parts: list[str] = []
    for half in (ALL, "report"):
        for motion in (ALL, "moving"):
            chosen = pick(found, half=half, group=ALL, motion=motion)
            filled = pick(chosen, protocol="c")
            lines = [
                [model, noise]
                + [_cell(figure) for figure in pick(filled, model=model, noise=noise)]
                + [_edits(pick(chosen, model=model, noise=noise, protocol="a"))]
                for noise in unique(figure["noise"] for figure in filled)
                for model in unique(figure["model"] for figure in filled)
            ]
            names = unique(_spacing(figure) for figure in filled)
            which = "moving, " if motion == "moving" else ""
            title = f"(e) mean IoU, share >= .7, ms a frame, {which}{half_name(half)}"
            edits = ["(a) per 100"] if pick(chosen, protocol="a") else []
            parts.append(table(title, ["model", "noise", *names, *edits], lines))
            parts.append(_coverage(filled, f"{which}{half_name(half)}"))
    return "\n\n".join(part for part in parts if part)


def _coverage(filled: Sequence[Figure], title: str) -> str:
    stated = [figure for figure in filled if "coverage" in figure]
    lines = [
        [figure["model"], figure["noise"], _spacing(figure)]
        + [f"{share:.1%}" for name, share in figure["coverage"].items() if "IoU" not in name]
        for figure in stated
    ]
    names = ["model", "noise", "every", *COORDINATES, "jointly"]
    return table(f"truth within the stated 90 %, {title}", names, lines)


def _spacing(figure: Figure) -> str:
    spacing_s = figure["spacing_s"]
    return "two" if spacing_s == TWO_S else f"{spacing_s:g} s"


def _cell(figure: Figure) -> str:
    return (
        f"{figure['mean_iou']:.3f} {figure['share_good']:6.1%} {figure['ms_per_filled_frame']:4.1f}"
    )


def _edits(found: Sequence[Figure]) -> str:
    return f"{found[0]['keyframes_per_100']:.2f}" if found else ""


def main() -> None:
    options = arguments()
    start = time.perf_counter()
    paths: list[Path] = list(options.log)
    if not paths and not options.simulate:
        paths = [Path(os.environ["AV3D_REAL_DATA"]) / "pandaset" / "002"]
    document: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in options.simulate:
            path = Path(folder) / f"crossing-{seed}"
            simulate_log(
                path,
                SimulateOptions(frames=SIMULATED_FRAMES, seed=seed, name=path.name, cameras=False),
            )
            paths.append(path)
        for path in paths:
            words, found = measured(path, options)
            document.append({"spans": words, "figures": found})
            if not options.json:
                print(words, tables(found), sep="\n\n", end="\n\n", flush=True)
    if options.json:
        print(json.dumps(document))
    else:
        print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
