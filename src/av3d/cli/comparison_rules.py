"""Rules that make `av3d compare` fail: a number of the comparison beyond a limit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from av3d.errors import Av3dError

_LIMIT = re.compile(
    r"\s*(?:(?P<category>[^<>:]+):)?\s*(?P<name>[a-z0-9_]+)\s*(?P<sign><=|>=|<|>)\s*"
    r"(?P<limit>[-+0-9.eE]+)\s*"
)
_SIGNS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Rule:
    """Something that makes the command fail: "car:recall<0.95"."""

    text: str
    category: str
    name: str
    sign: str
    limit: float

    @staticmethod
    def of(text: str) -> Rule:
        """The rule that a text says; Av3dError for another text."""
        found = _LIMIT.fullmatch(text)
        try:
            limit = float(found["limit"]) if found else math.nan
        except ValueError:
            limit = math.nan
        if found is None or math.isnan(limit):
            raise Av3dError(
                f"not a rule: {text.strip()[:60]!r}", "--fail-on", "write it like recall<0.95"
            )
        category = (found["category"] or "").strip()
        return Rule(text.strip(), category, found["name"], found["sign"], limit)

    def holds(self, told: Mapping[str, Any]) -> bool:
        """Whether it holds for what `av3d.present.comparison.facts` tells, so that the command fails.

        Raises:
            Av3dError: there is no such number, or no such category.
        """
        values = self._values(told)
        if self.name not in values:
            names = " ".join(name for name, value in values.items() if _is_number(value))
            what = f"there is no number {self.name!r}"
            if self.category:
                what += f" of {self.category}"
            raise Av3dError(what, "--fail-on", f"use one of: {names}")
        value = values[self.name]
        # What there is nothing to tell of is not good enough: a check that saw nothing proves nothing.
        return not _is_number(value) or _SIGNS[self.sign](float(value), self.limit)

    def _values(self, told: Mapping[str, Any]) -> dict[str, Any]:
        if not self.category:
            detection = told["detection"] or {}
            numbers = {name: value for name, value in detection.items() if name != "errors"}
            tracking = told["tracking"] or {}
            return {**told["all"], **tracking, **numbers, "differences": told["differences"]}
        groups = {one["category"]: one for one in told["groups"] if one["distance"] is None}
        if self.category not in groups:
            known = ", ".join(groups)
            raise Av3dError(f"there are no {self.category!r}", "--fail-on", f"there are: {known}")
        tracking = told["tracking_by_category"].get(self.category, {})
        detection = told["detection_by_category"].get(self.category, {})
        return {
            **{n: v for n, v in groups[self.category].items() if n not in ("category", "distance")},
            **tracking,
            **{name: value for name, value in detection.items() if name == "ap"},
        }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
