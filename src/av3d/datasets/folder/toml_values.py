"""Typed access to a TOML file, with errors that name file and key."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from av3d import reading
from av3d.datasets.dataset import DatasetError
from av3d.errors import InputFileError


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; InputFileError if it cannot be read or parsed."""
    tables = reading.read_toml(path)
    if not tables:
        raise InputFileError("the file is empty", path, "see docs/formats/folder.md")
    return tables


@dataclass(frozen=True)
class TomlValues:
    """A table of a TOML file.

    Attributes:
        path: the file.
        data: the table.
        prefix: what stands before its keys in messages: "lidar.top.".
    """

    path: Path
    data: Mapping[str, Any]
    prefix: str = ""

    def wrong(self, key: str, expected: str) -> DatasetError:
        """The error of a value, to be raised."""
        return DatasetError(
            f"{self.prefix}{key} is {reprlib.repr(self.data.get(key))}",
            self.path,
            f"write {expected}",
        )

    def text(self, key: str) -> str:
        """Text; "" if the key is not there."""
        value = self.data.get(key, "")
        if not isinstance(value, str):
            raise self.wrong(key, "text in quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty if the key is not there."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of texts in quotes")
        return tuple(value)

    def positive(self, key: str) -> float | None:
        """A positive number; None if the key is not there."""
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
            raise self.wrong(key, "a positive number")
        return float(value)

    def tables(self, key: str) -> Mapping[str, Mapping[str, Any]]:
        """Tables by name, such as [lidar.top]; empty if the key is not there."""
        value = self.data.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(t, dict) for t in value.values()):
            raise self.wrong(key, f"tables such as [{key}.top]")
        return value

    def choice(self, key: str, choices: Sequence[str]) -> str | None:
        """One of some words; None if the key is not there."""
        if key not in self.data:
            return None
        value = self.data[key]
        if value not in choices or not isinstance(value, str):
            words = ", ".join(f'"{choice}"' for choice in choices)
            raise self.wrong(key, f"one of {words}")
        return value
