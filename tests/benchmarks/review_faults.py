"""A reviewer who only uses mouse and keys is led to planted faults by the queue alone.

    python tests/benchmarks/review_faults.py [--faults 20] [--seed 1] [--log crossing --log pandaset]
        [--out FOLDER]

Faults of `faults/` in plain strength, each of another kind where there are enough, are put into the
official labels of a log, each into tracks of its own; the labels go into a new project. A window opens
on a display of its own (Xvfb, xdotool), and the reviewer changes to Review and goes down the queue,
from the riskiest finding on, without knowing where the faults are. At each finding the reviewer sees
whether there is a fault, as a person would with points and images. If so: the check repairs it (R)
where it can, else it is sent back with one line (X); so is what a repair has not put right. What is
right is accepted (A). A finding whose fault was dealt with already is accepted as well. It ends with an
empty queue.

Afterwards another process asks the project: a fault that was repaired is found no more, one that was
sent back has an open issue that is pinned to its track, and `av3d project review` names who decided.

Printed are faults that the queue led to, how they were decided, and actions (keys and clicks) per
fault and per finding. With AV3D_REAL_DATA unset only the sample log is used.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from faults.campaign import about, labels_with
from faults.fault import Planting, Strength
from faults.kinds import KINDS
from faults.material import Material, log_paths, opened
from hands import Hands, State, screen

from av3d.qa.inspection import Inspection
from av3d.store.project import open_project
from av3d.tracks.change import Change

LEAST_LED = 0.9
"""So many of the faults the queue has to lead to."""
MOST_ACTIONS = 12.0
"""More actions than these per fault, lines that were typed left out, and something is wrong."""
AUTHOR = "rita"
LINE = "misplaced"
CHECKS_OF = {kind.name: kind.checks for kind in KINDS}
CHECKED_S = 900.0


@dataclass
class Outcome:
    """What became of the faults of a log.

    Attributes:
        planted: how many there are.
        repaired, sent_back: kinds of those that were decided so.
        accepted: findings that were right as they are, or whose fault was dealt with.
        actions: keys and clicks in all, without the letters of lines.
        missed: kinds of those that no finding led to.
        verified: how many the project confirms.
    """

    planted: int
    repaired: list[str] = field(default_factory=list)
    sent_back: list[str] = field(default_factory=list)
    accepted: int = 0
    actions: int = 0
    missed: list[str] = field(default_factory=list)
    verified: int = 0

    @property
    def led(self) -> int:
        """Faults that the queue led to; each was decided."""
        return len(self.repaired) + len(self.sent_back)


def planted(material: Material, count: int, rng: np.random.Generator) -> list[Planting]:
    """Faults in plain strength, each in tracks of its own, of as many kinds as there are."""
    found: list[Planting] = []
    used: set[str] = set()
    for number in range(4 * count):
        kind = KINDS[number % len(KINDS)]
        subjects = list(material.subjects.values())
        for index in rng.permutation(len(subjects)):
            planting = kind.plant(material, subjects[int(index)], Strength.PLAIN, rng)
            if planting is not None and not used & {*planting.touched, *planting.fault.track_ids}:
                found.append(planting)
                used |= {*planting.touched, *planting.fault.track_ids}
                break
        if len(found) == count:
            break
    return found


def project_of(material: Material, plantings: list[Planting], place: Path) -> None:
    """The labels with the faults, as a project."""
    tracks = labels_with(material.tracks, plantings)
    with open_project(place, create=True, author="someone", ontology=material.ontology) as project:
        project.add_log(material.log)
        project.apply(
            material.log.name, [Change(None, track) for track in tracks], command="import"
        )


def checked(hands: Hands) -> State:
    """The state once all checks are up to date."""
    hands.settled(120)
    return hands.wait(lambda s: s["review"]["complete"], CHECKED_S)


def is_about(planting: Planting, shown: dict[str, Any], *, again: bool = False) -> bool:
    """Whether what is looked at shows a fault; `again`: by a check that finds such faults."""
    if again and shown["check"] not in CHECKS_OF[planting.fault.kind]:
        return False
    start_ns, end_ns = shown["span_ns"]
    finding = SimpleNamespace(
        start_ns=start_ns, end_ns=end_ns, timestamp_ns=(start_ns + end_ns) // 2,
        track_ids=shown["tracks"], place_m=shown["place_m"],
    )  # fmt: skip
    return about(planting.fault, finding)  # type: ignore[arg-type]


def review(hands: Hands, plantings: list[Planting]) -> Outcome:
    """Go down the queue until it is empty."""
    outcome = Outcome(len(plantings))
    left, mended = list(plantings), []
    letters = 0
    hands.press_keys("Alt+2")
    state = checked(hands)
    while state["review"]["open"]:
        shown = state["review"]
        if not shown["current"]:
            hands.press_keys("J")
            state = checked(hands)
            continue
        fault = next((one for one in left if is_about(one, shown)), None)
        again = next((one for one in mended if is_about(one, shown, again=True)), None)
        if fault is None and again is None:
            hands.press_keys("A")
            outcome.accepted += 1
        elif fault is not None and shown["repairable"]:
            hands.press_keys("R")
            left.remove(fault)
            mended.append(fault)
            outcome.repaired.append(fault.fault.kind)
        else:
            if fault is None:
                # The repair was not enough.
                mended.remove(again)
                outcome.repaired.remove(again.fault.kind)
                fault = again
            else:
                left.remove(fault)
            hands.press_keys("X")
            hands.wait(lambda s: s["field"] == "review.note", 60)
            # The text cursor is there one picture later.
            hands.settled(60)
            hands.type(LINE)
            letters += len(LINE)
            hands.press_keys("Enter")
            outcome.sent_back.append(fault.fault.kind)
        before = shown["current"]
        hands.wait(lambda s, b=before: s["review"]["current"] != b or not s["review"]["open"], 60)
        state = checked(hands)
    outcome.missed = [one.fault.kind for one in left]
    outcome.actions = hands.actions - letters
    return outcome


def verify(material: Material, plantings: list[Planting], place: Path, outcome: Outcome) -> None:
    """Ask the project, in which the reviewer's decisions are, what became of each fault."""
    command = (sys.executable, "-c", "from av3d.cli.main import main; main()", "project")
    told = subprocess.run(
        [*command, "review", "--project", str(place), "--json"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert AUTHOR in told, told[:500]
    told = subprocess.run(
        [*command, "issues", "list", "--project", str(place), "--json"], capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    pinned = {
        track_id
        for issues in json.loads(told)["logs"].values()
        for issue in issues
        for track_id in issue["tracks"]
        if issue["state"] == "open"
    }
    with open_project(place) as project:
        tracks = project.tracks(material.log.name)
    inspection = Inspection(material.log, material.ontology)
    findings = inspection.update(tracks)
    for planting in plantings:
        fault = planting.fault
        if fault.kind in outcome.missed:
            continue
        still = any(
            about(fault, finding) and finding.check in CHECKS_OF[fault.kind] for finding in findings
        )
        if not still or pinned & set(fault.track_ids) or fault.path is not None:
            outcome.verified += 1


def main() -> int:
    """Run it, log by log."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", action="append", default=[])
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()
    paths = log_paths()
    wanted = arguments.log or [name for name in ("crossing", "pandaset") if name in paths]
    out = arguments.out or Path(tempfile.mkdtemp(prefix="av3d-review-"))
    good = True
    for name in wanted:
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        log = opened(name, paths[name], folder)
        material = Material.of(name, log)
        plantings = planted(material, arguments.faults, np.random.default_rng(arguments.seed))
        place = folder / "faults.av3d"
        project_of(material, plantings, place)
        options = ["--project", str(place), "--size", "1920x1080"]
        (folder / "config").mkdir(exist_ok=True)
        (folder / "config" / "settings.toml").write_text(f'author = "{AUTHOR}"\n')
        with screen() as display:
            hands = Hands(display, folder, [str(paths[name]), *options])
            try:
                outcome = review(hands, plantings)
                hands.picture(folder / "end.png")
                hands.quit()
            finally:
                hands.close()
        verify(material, plantings, place, outcome)
        per_fault = outcome.actions / max(outcome.led, 1)
        decided = outcome.led + outcome.accepted
        print(
            f"{name}: {outcome.planted} faults of "
            f"{len({one.fault.kind for one in plantings})} kinds, the queue led to {outcome.led}: "
            f"{len(outcome.repaired)} repaired, {len(outcome.sent_back)} sent back; "
            f"{outcome.accepted} findings accepted; {outcome.verified} confirmed by the project; "
            f"{outcome.actions / max(decided, 1):.1f} actions per finding, {per_fault:.1f} per fault"
        )
        if outcome.missed:
            print(f"  not led to: {', '.join(sorted(outcome.missed))}")
        good &= outcome.led >= LEAST_LED * outcome.planted
        good &= outcome.verified == outcome.led
        good &= outcome.actions / max(decided, 1) <= MOST_ACTIONS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
