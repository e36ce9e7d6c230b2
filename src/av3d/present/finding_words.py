"""Findings in words: title, value and limit with unit, frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from av3d.present import words
from av3d.qa.agreement.kinds import BY_ID as DIFFERENCES
from av3d.qa.check import unit_of
from av3d.qa.finding import Finding, Severity
from av3d.qa.registry import CheckError, check_of

if TYPE_CHECKING:
    from av3d.logs.log import Log

PLANNED = "planned"
"""Stands for a check in rows that ask for a look at a whole track."""
SEVERITY_WORDS = {
    Severity.ERROR: "error: the labels are wrong there",
    Severity.WARNING: "warning: probably wrong",
    Severity.NOTE: "note: right in most cases",
}


@dataclass(frozen=True)
class Kind:
    """What all findings of one check have in common.

    Attributes:
        id: of the check.
        title: two or three words.
        sentence: what is measured, and what a value beyond the limit means; "" where nobody says.
        unit, digits: of value and limit.
        above: whether values above the limit are worth a look.
        fix: what to do, as an instruction; "" where a person has to see.
        repairs: whether the program can put it right by itself.
    """

    id: str
    title: str
    sentence: str = ""
    unit: str = ""
    digits: int = 1
    above: bool = True
    fix: str = ""
    repairs: bool = False


PLANNED_KIND = Kind(
    PLANNED, "Whole track",
    "The review plan asks for a look at the whole track: go along it, look at its views, then accept "
    "it or send it back.",
)  # fmt: skip


@cache
def kind_of(check_id: str) -> Kind:
    """The kind of a check; one that is not installed is called by its ID."""
    if check_id == PLANNED:
        return PLANNED_KIND
    try:
        check = check_of(check_id) or DIFFERENCES.get(check_id)
    except CheckError:
        check = None
    if check is None:
        title = check_id.rpartition(".")[2].replace("_", " ").capitalize()
        return Kind(check_id, title)
    return Kind(
        check.id, check.title, check.sentence, check.unit, check.digits, check.above, check.fix,
        check.repairs,
    )  # fmt: skip


def value_words(finding: Finding) -> tuple[str, str]:
    """Value, and limit with its unit; "" for what has no number."""
    kind = kind_of(finding.check)
    value, limit = (
        words.number(number, kind.digits) if math.isfinite(number) else ""
        for number in (finding.value, finding.limit)
    )
    if value and not limit:
        return f"{value} {unit_of(value, kind.unit)}".strip(), ""
    return value, f"{limit} {unit_of(limit, kind.unit)}".strip() if limit else ""


def measured_words(finding: Finding) -> str:
    """What it is in a line: "Acceleration 6.1 m/s², limit 5.0"; the title alone without numbers."""
    kind = kind_of(finding.check)
    value, _ = value_words(finding)
    if not value:
        return kind.title
    unit = f" {unit_of(value, kind.unit)}" if kind.unit and math.isfinite(finding.limit) else ""
    text = f"{kind.title} {value}{unit}"
    if math.isfinite(finding.limit):
        text += f", limit {words.number(finding.limit, kind.digits)}"
    return text


def frames_words(log: Log, finding: Finding) -> str:
    """The frames of a finding: "frames 9–11"."""
    first, last = log.frames.nearest(finding.start_ns), log.frames.nearest(finding.end_ns)
    return f"frame {first}" if first == last else f"frames {first}–{last}"


def sentence(text: str) -> str:
    """A text with a capital and a full stop; a file name at its begin stays as it is called."""
    text = text.strip()
    if not text:
        return ""
    file = "." in text.split(maxsplit=1)[0][:-1]
    begin = text if file else f"{text[0].upper()}{text[1:]}"
    return begin if text[-1] in ".!?" else f"{begin}."
