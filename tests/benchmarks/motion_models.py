"""How good motion models are between few, imperfect keyframes; tests/benchmarks/motion/README.md.

    AV3D_REAL_DATA=... python tests/benchmarks/motion_models.py [--log PATH ...] [--made]
        [--protocol a b b-middle b-stop c d speed] [--model NAME ...] [--half tune] [--seeds 3] [--json]

Prints the tables of protocols a to d, of the coverage of stated uncertainty and of speed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # arrays are small: threads only get in each other's way

from motion.made import made_spans  # noqa: E402
from motion.measuring import PROTOCOLS, measure, tasks  # noqa: E402
from motion.models import BASELINES  # noqa: E402
from motion.ours import HAND, OURS, VARIANTS  # noqa: E402
from motion.report import figures, head, speed_table, tables  # noqa: E402
from motion.spans import MIN_FRAMES, Span, av2_logs, read_spans  # noqa: E402
from motion.speed import speed  # noqa: E402

SPEED = "speed"
MODELS = (*BASELINES, OURS, HAND)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--log", type=Path, nargs="+", default=[],
        help="logs with labels; default: those of Argoverse 2 in AV3D_REAL_DATA",
    )  # fmt: skip
    parser.add_argument("--made", action="store_true", help="made hard cases instead of logs")
    parser.add_argument("--protocol", nargs="+", choices=[*PROTOCOLS, SPEED], metavar="NAME")
    names = [model.name for model in (*MODELS, *VARIANTS)]
    parser.add_argument("--model", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--half", choices=["tune", "report"], help="only this half of the tracks")
    parser.add_argument("--seeds", type=int, default=3, help="of the noise")
    parser.add_argument("--min-points", type=int, default=0, help="frames with fewer do not count")
    parser.add_argument("--min-frames", type=int, default=MIN_FRAMES, help="of a span")
    parser.add_argument("--full", action="store_true", help="full orientations, not yaw alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser.parse_args()


def chosen_spans(options: argparse.Namespace) -> list[Span]:
    if options.made:
        spans = made_spans()
    else:
        paths = options.log or av2_logs(Path(os.environ["AV3D_REAL_DATA"]))
        spans = read_spans(
            paths,
            min_points=options.min_points,
            min_frames=options.min_frames,
            upright=not options.full,
        )
    return [span for span in spans if options.half in (None, span.half)]


def progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total}", end="\n" if done == total else "", file=sys.stderr)


def main() -> None:
    options = arguments()
    start = time.perf_counter()
    spans = chosen_spans(options)
    if not spans:
        sys.exit("error: no spans, in these logs, label road users for two seconds or more")
    models = [
        model
        for model in (*MODELS, *VARIANTS)
        if (model.name in options.model if options.model else model in MODELS)
    ]
    protocols = options.protocol or [*PROTOCOLS, SPEED]
    work = list(tasks([name for name in protocols if name != SPEED], models, options.seeds))
    found = figures(measure(spans, work, options.jobs, progress))
    times = {model.name: speed(model) for model in models} if SPEED in protocols else {}
    took_s = time.perf_counter() - start
    if options.json:
        print(
            json.dumps(
                {"spans": head(spans), "seconds": took_s, "figures": found, "milliseconds": times}
            )
        )
        return
    parts = [head(spans), tables(found), speed_table(times), f"{took_s:.0f} s"]
    print("\n\n".join(part for part in parts if part))


if __name__ == "__main__":
    main()
