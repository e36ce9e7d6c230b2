"""Cells that hold more than one value: attributes as JSON, or in columns of their own."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from av3d.datasets.table.columns import ATTRIBUTE
from av3d.datasets.table.sources import Table
from av3d.tracks.checking import MAX_WHOLE
from av3d.tracks.proposal import SCORE
from av3d.types import Scalar

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def attributes_of(table: Table) -> Sequence[Mapping[str, Scalar]]:
    """What holds at each row: the JSON of `attributes`, columns of attributes, and the score.

    Raises:
        DatasetError: a cell is no JSON object of texts, numbers, true and false.
    """
    own = [name for name in table.texts if name.startswith(ATTRIBUTE) and name != ATTRIBUTE]
    cells = table.texts.get("attributes")
    scores = table.numbers.get(SCORE)
    known: dict[str, dict[str, Scalar]] = {"": {}}
    found: list[Mapping[str, Scalar]] = []
    for row in range(table.rows):
        text = cells[row] if cells is not None else ""
        if text not in known:
            known[text] = json_cell(table, row, "attributes", dict)
        values = known[text]
        further: dict[str, Scalar] = {
            name.removeprefix(ATTRIBUTE): _scalar(table.texts[name][row])
            for name in own
            if table.texts[name][row]
        }
        if scores is not None and SCORE not in values:
            score = float(scores[row])
            if math.isinf(score):
                raise table.wrong(row, f"{SCORE} is not a finite number")
            if not math.isnan(score):
                further[SCORE] = score
        found.append({**values, **further} if further else values)
    return found


def json_cell(table: Table, row: int, name: str, kind: type[Any]) -> Any:
    """A list, or an object of attributes, in a cell; an empty one where the cell is empty.

    Raises:
        DatasetError: it is neither, or holds what is no attribute.
    """
    text = table.texts[name][row] if name in table.texts else ""
    if not text:
        return kind()
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise table.wrong(row, f"{name} is not JSON: {str(error)[:100]}") from error
    if not isinstance(value, kind):
        raise table.wrong(row, f"{name} is no JSON {'list' if kind is list else 'object'}")
    if isinstance(value, dict):
        for key, one in value.items():
            if not _is_scalar(one):
                raise table.wrong(row, f"{name}: {key!r} is {str(one)[:60]!r}, which is no value")
    return value


def _is_scalar(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return abs(value) < MAX_WHOLE
    return isinstance(value, str)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _scalar(text: str) -> Scalar:
    """The value of a cell of an attribute: true, false, a number, or the text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text
