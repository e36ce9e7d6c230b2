"""The lines of a text: one JSON object each, which names in its only key what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from av3d.digests import canonical
from av3d.errors import InputFileError
from av3d.store.errors import StoreError

FORMAT, VERSION = "av3d-project", 2
"""Version 2 added interpolation and noise, which a reader of version 1 might pass over. A text of
version 1 has neither, and is read as one of version 2."""

OLDER_VERSIONS = (1,)
"""Versions that are read like the newest."""

END = "end"
"""What the last line is, so that a file that was cut off is noticed."""

MAX_LINE_BYTES = 64 * 1024**2
"""The longest line is the entry of the journal that makes a track: 250,000 keyframes."""
MAX_PARTS = 4_000_000
"""Objects and lists on a line: each takes memory, however short its text is. A keyframe has five."""


def line_of(what: str, value: Any) -> str:
    """A line with its end; the same value gives the same line."""
    return canonical({what: value}) + "\n"


@dataclass(frozen=True)
class Line:
    """A line of the file.

    Attributes:
        number: 1 for the first.
        what: its only key, such as "keyframe".
        value: what it says.
        path: of the file, for messages.
    """

    number: int
    what: str
    value: Any
    path: Path

    def wrong(self, what: str, fix: str = "") -> StoreError:
        """The error that this line is wrong in some way."""
        return StoreError(f"line {self.number}: {what}", self.path, fix or "correct the file")

    def fields(self, *names: str) -> list[Any]:
        """The values of an object that has these keys and no others."""
        if not isinstance(self.value, dict) or set(self.value) != set(names):
            raise self.wrong(f"a line {self.what!r} is an object with {', '.join(names)}")
        return [self.value[name] for name in names]


@dataclass(frozen=True)
class TextKind:
    """A kind of file that is made of such lines.

    Attributes:
        format: what its first and its last line say.
        versions: those that are read, the newest first.
        what: it is, for messages.
        fix: what to do about a file that is something else.
    """

    format: str
    versions: tuple[int, ...]
    what: str
    fix: str


PROJECT_TEXT = TextKind(
    FORMAT,
    (VERSION, *OLDER_VERSIONS),
    "a project's text",
    "give what `av3d project dump` has written",
)


class Lines:
    """Reads a text line by line, with a look at the next one.

    Args:
        file: open for reading bytes.
        path: of the file, for messages.
        kind: what it should be.

    Raises:
        StoreError: it is something else, or of another version.
    """

    def __init__(self, file: BinaryIO, path: Path, kind: TextKind = PROJECT_TEXT) -> None:
        self._file = file
        self._path = path
        self._kind = kind
        self._number = 0
        self._next: Line | None = None
        header = self.take(kind.format)
        if header is None:
            raise StoreError(f"this is not {kind.what}", path, kind.fix)
        has_journal_said = kind is PROJECT_TEXT
        names = ("version", "journal") if has_journal_said else ("version",)
        version, *said = header.fields(*names)
        if type(version) is not int or version not in kind.versions:
            raise header.wrong(
                f"version {canonical(version)[:20]}, this av3d knows {kind.versions[0]}",
                "update av3d",
            )
        if has_journal_said and not isinstance(said[0], bool):
            raise header.wrong("journal is not true or false")
        self.has_journal = bool(said and said[0])

    def peek(self) -> Line:
        """The next line; it stays the next one."""
        if self._next is None:
            self._next = self._read()
        return self._next

    def take(self, what: str) -> Line | None:
        """The next line if it is of a kind, and goes on to the one after it."""
        line = self.peek()
        if line.what != what:
            return None
        self._next = None
        return line

    def all(self, what: str) -> Iterator[Line]:
        """The next lines, as long as they are of a kind."""
        while (line := self.take(what)) is not None:
            yield line

    def finish(self) -> Line:
        """The next line, which is the last.

        Raises:
            StoreError: it is another one, or there is more.
        """
        end = self.take(END)
        if end is None:
            line = self.peek()
            raise line.wrong(f"a line {line.what[:40]!r} does not belong here")
        if self._raw():
            raise self._wrong("there is something after the end")
        return end

    def skip_rest(self) -> None:
        """Go to the end without looking into the lines."""
        last = canonical({END: self._kind.format}).encode()
        line = (
            b"" if self._next is None else canonical({self._next.what: self._next.value}).encode()
        )
        while raw := self._raw():
            line = raw
        if line.strip() != last:
            raise self._cut_off()

    def _read(self) -> Line:
        raw = self._raw()
        if not raw:
            raise self._cut_off()
        if self._number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")  # byte order mark, put there by some editors
        if raw.count(b"{") + raw.count(b"[") > MAX_PARTS:
            raise self._wrong(f"it has more than {MAX_PARTS:,} lists and objects")
        try:
            value = json.loads(raw, object_pairs_hook=_once, parse_constant=_refused)
            if b"\\u" in raw:
                canonical(value).encode()  # refuses halves of characters, which no file can hold
        except (ValueError, RecursionError) as error:
            # ValueError: JSON, UTF-8, and numbers of thousands of digits.
            if not raw.endswith(b"\n") and not self._file.read(1):
                raise self._cut_off() from error
            said = getattr(error, "msg", None) or str(error)
            raise self._wrong(f"it is not JSON ({said[:100]})") from error
        if not isinstance(value, dict) or len(value) != 1:
            raise self._wrong("it is not an object with one key")
        ((what, content),) = value.items()
        return Line(self._number, what, content, self._path)

    def _raw(self) -> bytes:
        try:
            raw = self._file.readline(MAX_LINE_BYTES + 1)
        except OSError as error:
            raise InputFileError(
                f"cannot read {self._kind.what}: {error.strerror or error}",
                self._path,
                "try again",
            ) from error
        self._number += 1
        if len(raw) > MAX_LINE_BYTES:
            raise self._wrong(f"it has more than {MAX_LINE_BYTES:,} bytes")
        return raw

    def _wrong(self, what: str) -> StoreError:
        if self._number == 1:
            return StoreError(
                f"this is not {self._kind.what}: line 1: {what}", self._path, self._kind.fix
            )
        return StoreError(f"line {self._number}: {what}", self._path, "correct the file")

    def _cut_off(self) -> StoreError:
        if self._number == 1:
            return self._wrong("it is empty")
        return StoreError(
            f"the file is cut off at line {self._number}: its end is missing",
            self._path,
            "copy it again",
        )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number")
