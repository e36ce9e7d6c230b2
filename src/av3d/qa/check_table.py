"""The tables of docs/guide/checks.md, made of the checks that come with av3d (`make checks`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from inspect import getmodule
from pathlib import Path

from av3d.ontology.motion import Motion
from av3d.qa.check import Check
from av3d.qa.registry import all_checks

BEGIN = "<!-- made of the checks by `make checks`; changes below are overwritten -->"
"""What comes after it is made anew."""
OWN = "av3d.qa.checks."
"""Checks of other packages are none of the guide's."""
HEAD = ["| check | what is measured | limit | parameters | fix |", "|---|---|---|---|---|"]


def tables(checks: Iterable[Check]) -> str:
    """Checks by the module that they are in, as Markdown."""
    groups: dict[str, list[Check]] = {}
    for check in checks:
        if type(check).__module__.startswith(OWN):
            groups.setdefault(_heading(check), []).append(check)
    lines = [BEGIN, ""]
    for heading, group in groups.items():
        lines += [f"### {heading}", "", *HEAD, *(_row(check) for check in group), ""]
    return "\n".join(lines).rstrip() + "\n"


def _heading(check: Check) -> str:
    """What the module says of itself: its first line, up to what follows a colon."""
    words = (getattr(getmodule(type(check)), "__doc__", None) or "").strip().split("\n")[0]
    return words.partition(":")[0].rstrip(".")


def _row(check: Check) -> str:
    needs = [
        word
        for word, needed in (("points", check.reads_points), ("images", check.reads_images))
        if needed
    ]
    asked = f"<br>reads {' and '.join(needs)}" if needs else ""
    parameters = ", ".join(f"`{key}` {value:g}" for key, value in check.parameters.items())
    fix = check.fix + (" (by itself)" if check.repairs else "")
    cells = (
        f"{check.title}<br>`{check.id}`<br>{check.severity.value}{asked}",
        check.sentence, _limits(check), parameters, fix,
    )  # fmt: skip
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _limits(check: Check) -> str:
    """The limits in words: one for all, or those by how objects move."""
    limits = {motion: check.defaults[motion] for motion in Motion if motion in check.defaults}
    if not limits:
        return "a parameter" if check.parameters else "the category's"
    sign = ">" if check.above else "<"
    if len(limits) == len(Motion) and len(set(limits.values())) == 1:
        return f"{sign} {_number(check, limits[Motion.FREE])}"
    words = [f"{motion.value} {sign} {_number(check, limit)}" for motion, limit in limits.items()]
    return "<br>".join(words)


def _number(check: Check, limit: float) -> str:
    text = f"{limit:g}"
    return f"{text}{check.unit}" if check.unit in ("°", "%") else f"{text} {check.unit}".rstrip()


def updated(text: str) -> str:
    """A page with the tables made anew below the mark; at its end if it has none."""
    head, _, _ = text.partition(BEGIN)
    return head.rstrip() + "\n\n" + tables(all_checks())


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(updated(page.read_text(encoding="utf-8")), encoding="utf-8")
