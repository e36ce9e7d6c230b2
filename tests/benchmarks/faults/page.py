"""The tables of docs/qa.md, written from the JSON of one or several runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faults.fault import STRENGTHS
from faults.kinds import KINDS
from faults.material import SIMULATED, log_paths
from faults.tables import strength_table

Faults = list[dict[str, Any]]


def write_page(page: Path, runs: Sequence[dict[str, Any]]) -> None:
    """Write the tables between the marks `<!-- name -->` and `<!-- end -->` of a page anew.

    Args:
        page: docs/qa.md.
        runs: JSON of runs of the study. Logs that nobody tuned on have tables of their own.
    """
    known = set(log_paths())
    logs = [log for run in runs for log in run["logs"]]
    faults = [fault for run in runs for fault in run["faults"]]
    held = {log["name"] for log in logs if log["name"] not in known or log["name"] in SIMULATED}
    tuned_logs = [log for log in logs if log["name"] not in held]
    held_logs = [log for log in logs if log["name"] in held]
    tuned = [fault for fault in faults if fault["log"] not in held]
    kept_back = [fault for fault in faults if fault["log"] in held]
    tables = {
        "strengths": strength_table(KINDS),
        "recall": recall_lines(tuned),
        "logs": log_lines(tuned_logs, tuned),
        "held recall": recall_lines(kept_back),
        "held logs": log_lines(held_logs, kept_back),
        "checks": check_lines(logs),
        "missed": missed_lines(faults),
    }
    text = page.read_text()
    for name, lines in tables.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        if mark:
            _, end, after = rest.partition("<!-- end -->")
            text = before + mark + "\n".join(["", *lines, "", ""]) + end + after
    page.write_text(text)


def recall_lines(faults: Faults) -> list[str]:
    """Per kind and strength, how many were found, and by which checks the plain ones were."""
    lines = ["| fault | slight | plain | gross | plain ones found by |", "|---|---|---|---|---|"]
    for kind in KINDS:
        cells = [_of(faults, kind.name, strength) for strength in STRENGTHS]
        if any(cells):
            by = Counter(check for fault in cells[1] for check in fault["accepted"])
            finders = ", ".join(f"{check} {count}" for check, count in by.most_common(4))
            lines.append(f"| {kind.name} | {' | '.join(map(_found, cells))} | {finders} |")
    total = [_of(faults, None, strength) for strength in STRENGTHS]
    lines.append(f"| **all** | {' | '.join(f'**{_share(cell)}**' for cell in total)} | |")
    return lines


def log_lines(logs: list[dict[str, Any]], faults: Faults) -> list[str]:
    """Per log, how many were found, and what the checks say of its untouched labels."""
    lines = [
        "| log | cuboids | slight | plain | gross | findings on untouched labels | per 100 cuboids |",
        "|---|---|---|---|---|---|---|",
    ]
    for log in logs:
        own = [fault for fault in faults if fault["log"] == log["name"]]
        lines.append(_log_line(log["name"], log["cuboids"], own, log["untouched_findings"]))
    if len(logs) > 1:
        cuboids = sum(log["cuboids"] for log in logs)
        untouched = sum(log["untouched_findings"] for log in logs)
        lines.append(_log_line("**all**", cuboids, faults, untouched))
    return lines


def _log_line(name: str, cuboids: int, faults: Faults, untouched: int) -> str:
    cells = [_share(_of(faults, None, strength)) for strength in STRENGTHS]
    return (
        f"| {name} | {cuboids:,} | {' | '.join(cells)} | {untouched} | "
        f"{100 * untouched / cuboids:.2f} |"
    )


def check_lines(logs: list[dict[str, Any]]) -> list[str]:
    """Per check, how many of its findings were on planted faults."""
    lines = [
        "| check | on planted faults | new, elsewhere | as on untouched labels | precision | "
        "on untouched labels | per 100 cuboids |",
        "|---|---|---|---|---|---|---|",
    ]
    cuboids = sum(log["cuboids"] for log in logs)
    for check in sorted({check for log in logs for check in log["checks"]}):
        tallies = [log["checks"][check] for log in logs if check in log["checks"]]
        on, elsewhere, copies, untouched = (
            sum(tally[part] for tally in tallies)
            for part in ("on", "elsewhere", "in_copies", "untouched")
        )
        total = on + elsewhere + copies
        precision = f"{100 * on / total:.0f} %" if total else "–"
        lines.append(
            f"| {check} | {on} | {elsewhere} | {copies} | {precision} | {untouched} | "
            f"{100 * untouched / cuboids:.3f} |"
        )
    return lines


def missed_lines(faults: Faults) -> list[str]:
    """Plain and gross faults that were not found."""
    return sorted(
        f"* {fault['kind']} ({fault['strength']}), {fault['log']}: {fault['amount']}"
        for fault in faults
        if not fault["accepted"] and fault["strength"] != "slight"
    )


def _of(faults: Faults, kind: str | None, strength: str) -> Faults:
    return [
        fault
        for fault in faults
        if kind in (None, fault["kind"]) and fault["strength"] == str(strength)
    ]


def _found(faults: Faults) -> str:
    return f"{sum(bool(fault['accepted']) for fault in faults)}/{len(faults)}" if faults else "–"


def _share(faults: Faults) -> str:
    if not faults:
        return "–"
    found = sum(bool(fault["accepted"]) for fault in faults)
    return f"{found}/{len(faults)} ({100 * found / len(faults):.1f} %)"
