"""The JSON of an OpenLABEL file, looked into without trusting it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from av3d.datasets.dataset import DatasetError
from av3d.datasets.openlabel.words import KINDS, SCHEMA_VERSION
from av3d.errors import Av3dError, InputFileError
from av3d.reading import open_file, read_text
from av3d.tracks.checking import MAX_WHOLE
from av3d.types import Scalar

HEAD_BYTES = 4096
"""Of a file that is asked whether it is OpenLABEL."""


def is_openlabel(path: Path) -> bool:
    """Whether a file says at its beginning that it is OpenLABEL. Never raises."""
    try:
        if path.suffix.lower() != ".json" or not path.is_file():
            return False
        with open_file(path, "labels") as file:
            head = file.read(HEAD_BYTES)
    except (OSError, ValueError, Av3dError):
        return False
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"{") and text[1:].lstrip().startswith(b'"openlabel"')


def read_document(path: Path) -> Node:
    """The root object of a file.

    Raises:
        InputFileError: it cannot be read, or is not JSON.
        DatasetError: it is not OpenLABEL 1.0.
    """
    text = read_text(path, "labels")
    if not text.strip():
        raise InputFileError("labels are empty", path, "copy the file again")
    try:
        data = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise InputFileError(
            f"is not JSON: {error.msg} in line {error.lineno}", path, "copy the file again"
        ) from error
    except (ValueError, RecursionError) as error:
        # A number with thousands of digits, NaN, or brackets in brackets.
        raise InputFileError(f"is not JSON: {error}", path, "copy the file again") from error
    if not isinstance(data, dict) or not isinstance(data.get("openlabel"), dict):
        raise DatasetError(
            'is not an OpenLABEL file: it has no object "openlabel"', path, "give another file"
        )
    root = Node(data["openlabel"], "", path)
    version = root.member("metadata").value.get("schema_version")
    if not isinstance(version, str) or version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise DatasetError(
            f"metadata: schema_version is {version!r}", path, f"expected {SCHEMA_VERSION!r}"
        )
    return root


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


@dataclass(frozen=True)
class Node:
    """An object of the file, and where it is.

    Attributes:
        value: its members.
        place: "frame 3, object 7"; "" at the root.
        path: the file.
    """

    value: Mapping[str, Any]
    place: str
    path: Path

    def wrong(self, what: str, fix: str = "correct it") -> DatasetError:
        """The error that something of this object is wrong."""
        return DatasetError(f"{self.place}: {what}" if self.place else what, self.path, fix)

    def member(self, key: str) -> Node:
        """An object in this one; an empty one where there is none."""
        value = self.value.get(key)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(f"{key} is no object", "see docs/formats/openlabel.md")
        return Node(value or {}, self._below(key), self.path)

    def members(self, key: str, name: str) -> Iterator[tuple[str, Node]]:
        """The objects in a member, by their keys; `name` says what each is, for messages."""
        for inner, value in self.member(key).value.items():
            place = self._below(f"{name} {inner}")
            if not isinstance(value, dict):
                raise Node({}, place, self.path).wrong("is no object")
            yield inner, Node(value, place, self.path)

    def items(self, key: str) -> Iterator[Node]:
        """The objects in a list; none where it is left out."""
        values = self.value.get(key, [])
        if not isinstance(values, list):
            raise self.wrong(f"{key} is no list")
        for position, value in enumerate(values):
            place = self._below(f"{key} {position}")
            if not isinstance(value, dict):
                raise Node({}, place, self.path).wrong("is no object")
            yield Node(value, place, self.path)

    def text(self, key: str, default: str = "") -> str:
        """A text; the default where it is left out."""
        value = self.value.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(f"{key} is {_short(value)}, not a text")
        return value

    def numbers(self, key: str, *counts: int) -> list[float]:
        """A list of finite numbers, of one of some lengths."""
        values = self.value.get(key)
        if not isinstance(values, list) or len(values) not in counts:
            raise self.wrong(
                f"{key} is {_short(values)}, not {' or '.join(map(str, counts))} numbers"
            )
        return [self._number(key, value) for value in values]

    def _number(self, key: str, value: object) -> float:
        try:
            if isinstance(value, int | float) and not isinstance(value, bool):
                number = float(value)
                if math.isfinite(number):
                    return number
        except OverflowError:
            pass
        raise self.wrong(f"{key} holds {_short(value)}, which is no finite number")

    def intervals(self) -> list[tuple[int, int]]:
        """The frame intervals."""
        found: list[tuple[int, int]] = []
        for item in self.items("frame_intervals"):
            ends = [item.value.get(key) for key in ("frame_start", "frame_end")]
            first, last = ends
            if type(first) is not int or type(last) is not int or last < first:
                raise item.wrong(f"is from {_short(first)} to {_short(last)}")
            found.append((first, last))
        return found

    def attributes(self, skipped: Counter[str]) -> dict[str, Scalar]:
        """What the data lists of this object say, by name.

        Args:
            skipped: gets what is not taken over, and how often.
        """
        found: dict[str, Scalar] = {}
        for kind in KINDS:
            for item in self.items(kind):
                name, value = item.value.get("name"), item.value.get("val")
                if not isinstance(name, str) or not name:
                    skipped[f"{kind} without a name"] += 1
                else:
                    found[name] = item._scalar(kind, value)
        if self.value.get("vec"):
            skipped["vec"] += 1
        return found

    def _scalar(self, kind: str, value: object) -> Scalar:
        if kind == "text" and isinstance(value, str):
            return value
        if kind == "boolean" and isinstance(value, bool):
            return value
        if kind == "num":
            number = self._number("val", value)
            whole = isinstance(value, int) and abs(value) < MAX_WHOLE
            return int(value) if whole and isinstance(value, int) else number
        raise self.wrong(f"val is {_short(value)}, not a {kind}")

    def _below(self, name: str) -> str:
        return f"{self.place}, {name}" if self.place else name


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
