"""Kills processes at random moments while they edit, import, export and migrate; nothing may be lost.

    python tests/benchmarks/kill.py [--kills 1000] [--server-kills 100] [--seed 1] [--workdir FOLDER]
        [--formats FORMAT ...]

A process tells over a pipe what it is about to do and, when the call has returned, that it is done. It
is killed (SIGKILL) some time after its first word. Then its project has to open, with every edit that
was acknowledged, and possibly the one that was under way, and `check` (what `av3d project fsck` runs)
has to be clean; an export has to be the old one or the new one, whole; and no more may be left beside
them than pieces of what was interrupted last. Of new projects a copy is taken while the process is
stopped, and opened as a disk may hold it after a power cut.

Prints what the processes were doing when they were killed. Ends with 1, and keeps the folder, if
anything is lost. Kills on PostgreSQL are left out where its programs are not installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"  # threads do not survive a fork
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from killing.campaigns import (  # noqa: E402
    FORMATS,
    Campaign,
    Export,
    FreshEdit,
    Import,
    LongEdit,
    Migrate,
)
from killing.phases import PHASES  # noqa: E402
from killing.process import Hunter, KillError  # noqa: E402

from postgres import NoServerError, Server  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--server-kills", type=int, default=100)
    parser.add_argument("--formats", nargs="+", default=FORMATS, help="of exports")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workdir", type=Path)
    options = parser.parse_args()
    folder = options.workdir or Path(tempfile.mkdtemp(prefix="av3d-kill-"))
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(options.seed)
    hunter = Hunter(folder / "said by the processes")
    started = time.monotonic()
    try:
        with ExitStack() as stack:
            log = make_log(folder)
            long = LongEdit(hunter, folder / "long", random)
            fresh = FreshEdit(hunter, folder / "fresh", random)
            # (what, share of the kills)
            shares: list[tuple[Campaign, int]] = [
                (long, 35),
                (fresh, 15),
                (Import(hunter, folder / "import", random, log), 15),
                (Export(hunter, folder / "export", random, log, options.formats), 15),
                (Migrate(hunter, folder / "migrate", random), 20),
            ]
            plan = planned(shares, options.kills)
            if options.server_kills:
                try:
                    server = stack.enter_context(Server())
                except NoServerError as error:
                    print(error)
                else:
                    url = stack.enter_context(server.database())
                    on_server = LongEdit(hunter, folder / "server", random, url)
                    plan += [on_server] * options.server_kills
                    shares.append((on_server, 0))
            random.shuffle(plan)
            for number, campaign in enumerate(plan, start=1):
                campaign.once()
                if number % 100 == 0:
                    print(f"{number} of {len(plan)} kills", file=sys.stderr)
            for campaign, _ in shares:
                campaign.finish()
    except KillError as error:
        print(f"LOST after {sum(hunter.counts.values())} kills, seed {options.seed}: {error}")
        print(f"the folder is kept: {folder}")
        return 1
    print_table(hunter)
    print(
        f"{sum(hunter.counts.values())} kills, {fresh.copies} copies as of a crashed disk, "
        f"nothing lost, {time.monotonic() - started:.0f} s, seed {options.seed}"
    )
    if options.workdir is None:
        shutil.rmtree(folder)
    return 0


def planned(shares: list[tuple[Campaign, int]], kills: int) -> list[Campaign]:
    """As many as there shall be kills, of each by its share in percent."""
    each = [campaign for campaign, share in shares for _ in range(share)]
    return [each[number * len(each) // kills] for number in range(kills)]


def make_log(folder: Path) -> Path:
    """A small log: three sweeps and images of one camera, cut from the sample log."""
    sample, log = Path(__file__).parents[2] / "sample_logs" / "crossing", folder / "log"
    for part in ("", "lidar/top", "camera/front"):
        (log / part).mkdir(parents=True)
        files = sorted(path for path in (sample / part).iterdir() if path.is_file())
        for path in files[:3] if part else files:
            shutil.copy(path, log / part)
    return log


def print_table(hunter: Hunter) -> None:
    """Counts by phase and kind of process."""
    kinds = sorted({kind for kind, _ in hunter.counts})
    rows = [["what it was doing", *kinds, "all"]]
    for phase in PHASES:
        counts = [hunter.counts[kind, phase] for kind in kinds]
        rows.append([phase, *(str(count or "") for count in counts), str(sum(counts))])
    totals = [sum(hunter.counts[kind, phase] for phase in PHASES) for kind in kinds]
    rows.append(["all", *map(str, totals), str(sum(totals))])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *cells[1:]]))


if __name__ == "__main__":
    sys.exit(main())
