"""Faults planted into official labels: which ones the checks find, and what else they alarm at.

    AV3D_REAL_DATA=... python tests/benchmarks/planted_faults.py [--per 4] [--seed 1] [--log NAME ...]
        [--kind NAME ...] [--check ID ...] [--only-untouched] [--strengths]
        [--json FILE] [--text FILE] [--untouched FILE] [--pictures FOLDER]
        [--page docs/qa.md] [--merge JSON ...]

Labels that come with real logs (and with the sample log) are taken as they are. Then copies are made;
in each some tracks, far from each other, get a fault: of a random kind, in one of three strengths that
`faults/` defines in words and numbers before anything is measured, at a random track, time and
direction. A fault is found when a finding that the untouched labels do not have, of a check that may
find such faults, names its track and meets its time. Tracks on which such a check alarms at that time
anyway are not used: finding them would prove nothing.

The copies go through one inspection, which looks again only at what has changed; for some of them
another looks at everything from the start, and must find the same.

Prints recall per kind and strength, per log, and per check how many of its findings were on planted
faults; `--untouched` writes what the checks say of the official labels.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from faults.campaign import Campaign, run
from faults.fault import Strength
from faults.kinds import KINDS
from faults.material import Material, held_paths, log_paths, opened
from faults.page import write_page
from faults.pictures import write_pictures
from faults.tables import (
    as_json,
    check_table,
    log_table,
    missed_lines,
    recall_table,
    strength_table,
    untouched_lines,
)

from av3d.qa.registry import all_checks


def main() -> int:
    """Run the study."""
    arguments = _arguments()
    if arguments.strengths:
        print("\n".join(strength_table(KINDS)))
        return 0
    if arguments.merge:
        runs = [json.loads(path.read_text()) for path in arguments.merge]
        write_page(arguments.page, runs)
        return 0
    paths = log_paths()
    paths.update(held_paths())
    paths.update((name, Path(name)) for name in arguments.log if Path(name).exists())
    unknown = set(arguments.log) - paths.keys()
    if unknown:
        print(f"no log {', '.join(unknown)}; there are: {', '.join(paths)}", file=sys.stderr)
        return 2
    kinds = [kind for kind in KINDS if not arguments.kind or kind.name in arguments.kind]
    checks = [one for one in all_checks() if not arguments.check or one.id in arguments.check]
    named = {check for kind in KINDS for check in kind.checks}
    installed = {one.id for one in all_checks()}
    for what, ids in (("not installed", named - installed), ("of no kind", installed - named)):
        if ids:
            print(f"checks {what}: {', '.join(sorted(ids))}", file=sys.stderr)
    campaigns = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.log or paths:
            began_s = time.process_time()
            log = opened(name, paths[name], Path(folder))
            material = Material.of(Path(name).stem, log, checks)
            looked_s = time.process_time() - began_s
            if arguments.pictures:
                write_pictures(material, arguments.pictures, arguments.most, arguments.seed)
            if arguments.only_untouched:
                campaigns.append(Campaign(material))
                for finding in material.untouched:
                    campaigns[-1].tally(finding.check).untouched += 1
            else:
                campaigns.append(
                    run(
                        material,
                        kinds,
                        per=arguments.per,
                        together=arguments.together,
                        seed=arguments.seed,
                        prove=arguments.prove,
                        progress=_tell,
                    )
                )
            print(
                f"{name}: {looked_s:.1f} s to look at it, "
                f"{time.process_time() - began_s - looked_s:.1f} s for "
                f"{campaigns[-1].copies} copies",
                file=sys.stderr,
            )
    lines = [
        *log_table(campaigns), "", *recall_table(campaigns, kinds), "", *check_table(campaigns), "",
        f"{sum(one.copies for one in campaigns)} copies; in {sum(one.proven for one in campaigns)} "
        "an inspection from the start found the same",
    ]  # fmt: skip
    print("\n".join(lines))
    missed = missed_lines(campaigns, [Strength.PLAIN, Strength.GROSS])
    if arguments.text:
        arguments.text.write_text("\n".join([*lines, "", "Not found:", *missed]) + "\n")
    if arguments.untouched:
        text = [line for one in campaigns for line in untouched_lines(one)]
        arguments.untouched.write_text("\n".join(text) + "\n")
    if arguments.page:
        write_page(arguments.page, [as_json(campaigns, kinds)])
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(campaigns, kinds), indent=1) + "\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--per", type=int, default=4, help="faults of each kind and strength, per log"
    )
    parser.add_argument("--together", type=int, default=10, help="faults in one copy, at most")
    parser.add_argument(
        "--prove", type=int, default=1, help="copies looked at from the start, per log"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", action="append", default=[], help="name or path; default: all")
    parser.add_argument("--kind", action="append", default=[], help="kind of fault; default: all")
    parser.add_argument("--check", action="append", default=[], help="ID of a check; default: all")
    parser.add_argument("--only-untouched", action="store_true", help="plant nothing")
    parser.add_argument("--strengths", action="store_true", help="only say what they are")
    parser.add_argument("--page", type=Path, help="writes the tables of docs/qa.md anew")
    parser.add_argument("--merge", type=Path, nargs="+", help="JSON of runs, for --page alone")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--text", type=Path, help="tables, and the faults that were missed")
    parser.add_argument("--untouched", type=Path, help="findings on the untouched labels")
    parser.add_argument("--pictures", type=Path, help="of findings on the untouched labels")
    parser.add_argument("--most", type=int, default=12, help="pictures per log and check")
    return parser.parse_args()


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text}", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
