"""Typed access to the plain values of an ontology's file, with errors that say where they stand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from av3d.ontology.checks import MAX_ENTRIES, OntologyError
from av3d.ontology.ontology import nearest
from av3d.types import Scalar

Word = TypeVar("Word", bound=StrEnum)

QUOTED = 60
"""Characters of a value or key that a message quotes."""


class Table:
    """A table of a file, and where it stands in it.

    Args:
        values: what the file says.
        place: where ("categories, car"); "" for the file itself.

    Raises:
        OntologyError: it is no table.
    """

    def __init__(self, values: object, place: str = "") -> None:
        if not isinstance(values, Mapping):
            raise OntologyError(f"{_short(values)} is no table", place, "write key = value lines")
        self.values: Mapping[str, Any] = values
        self.place = place

    def at(self, key: object) -> str:
        """The place of a key."""
        text = str(key)
        shown = text if len(text) <= QUOTED else f"{text[:QUOTED]}..."
        return f"{self.place}, {shown}" if self.place else shown

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that are not known: a mistyped optional key would otherwise be ignored."""
        known = tuple(known)
        for key in self.values:
            if key not in known:
                raise OntologyError("unknown key", self.at(key), nearest(str(key), known))

    def text(self, key: str, default: str | None = "") -> str:
        """A text; if it is not there, the default, or an error for None."""
        if key not in self.values and default is not None:
            return default
        value = self.values.get(key)
        if key not in self.values:
            raise OntologyError("missing key", self.at(key), "add it, a text in quotes")
        if not isinstance(value, str):
            raise OntologyError(f"{_short(value)} is not text", self.at(key), "put it in quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; () if it is not there."""
        return _texts(self.values.get(key, []), self.at(key))

    def word(self, key: str, words: type[Word], default: Word | None) -> Word:
        """One word of an enum; if it is not there, the default, or an error for None."""
        if key not in self.values and default is not None:
            return default
        text = self.text(key, None)
        known = [word.value for word in words]
        if text not in known:
            raise OntologyError(
                f"{_short(text)} is not known here", self.at(key), f"use one of: {' '.join(known)}"
            )
        return words(text)

    def number(self, key: str) -> float | None:
        """A finite number; None if it is not there."""
        return _number(self.values[key], self.at(key)) if key in self.values else None

    def whole(self, key: str, default: int) -> int:
        """A whole number."""
        value = self.values.get(key, default)
        if type(value) is not int:
            raise OntologyError(
                f"{_short(value)} is not a whole number", self.at(key), "write 1, 2, 3 ..."
            )
        return value

    def flag(self, key: str) -> bool:
        """True or false; false if it is not there."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise OntologyError(
                f"{_short(value)} is neither true nor false", self.at(key), "write true or false"
            )
        return value

    def scalar(self, key: str) -> Scalar | None:
        """A text, number, true or false; None if it is not there."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, str | bool | int | float):
            raise OntologyError(
                f"{_short(value)} is no single value", self.at(key), "write one text or number"
            )
        return value

    def size(self, key: str) -> tuple[float, float, float] | None:
        """Length, width and height; None if they are not there."""
        if key not in self.values:
            return None
        value = self.values[key]
        if not isinstance(value, list) or len(value) != 3:
            raise OntologyError(
                f"{_short(value)} is no size", self.at(key),
                "write [length, width, height] in metres",
            )  # fmt: skip
        length_m, width_m, height_m = (_number(item, self.at(key)) for item in value)
        return length_m, width_m, height_m

    def names(self, key: str) -> dict[str, str]:
        """A table of texts; {} if it is not there."""
        inner = Table(self.values.get(key, {}), self.at(key))
        return {name: inner.text(name, None) for name in inner.checked()}

    def limits(self, key: str) -> dict[str, float | bool]:
        """A table of finite numbers, or false for none; {} if it is not there."""
        inner = Table(self.values.get(key, {}), self.at(key))
        return {
            name: False
            if inner.values[name] is False
            else _number(inner.values[name], inner.at(name))
            for name in inner.checked()
        }

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of texts; {} if it is not there."""
        inner = Table(self.values.get(key, {}), self.at(key))
        return {name: inner.texts(name) for name in inner.checked()}

    def checked(self) -> list[str]:
        """The keys, which must be texts; YAML knows others."""
        for key in self.values:
            if not isinstance(key, str):
                raise OntologyError(f"{_short(key)} is not text", self.at(key), "put it in quotes")
        return list(self.values)

    def rows(self, key: str) -> list[Any]:
        """A list of anything; [] if it is not there."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise OntologyError(
                f"{_short(value)} is no list", self.at(key), f"write [[{key}]] above each entry"
            )
        if len(value) > MAX_ENTRIES:
            raise OntologyError(
                f"{len(value):,} entries, limit {MAX_ENTRIES:,}", self.at(key), "remove some"
            )
        return value

    def tables(self, key: str) -> list[Table]:
        """A list of tables, each named by its key or, until that is known, its number."""
        tables = []
        for number, row in enumerate(self.rows(key), start=1):
            table = Table(row, f"{self.at(key)} number {number}")
            name = table.values.get("key")
            if isinstance(name, str):
                table.place = f"{self.at(key)}, {name[:QUOTED]}"
            tables.append(table)
        return tables


def _number(value: object, place: str) -> float:
    # bool is an int to Python, but `longest_gap_s = true` is a mistake.
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise OntologyError(f"{_short(value)} is not a finite number", place, "write a number")


def _texts(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise OntologyError(f"{_short(value)} is no list of texts", place, 'write ["a", "b"]')
    return tuple(value)


def _short(value: object) -> str:
    if isinstance(value, str):
        return repr(value) if len(value) <= QUOTED else f"{value[:QUOTED]!r}..."
    if isinstance(value, list | Mapping):
        return f"a {'list' if isinstance(value, list) else 'table'} with {len(value)} entries"
    if isinstance(value, int) and abs(value) >= 10**QUOTED:
        return "a very large number"
    return str(value)[:QUOTED]
