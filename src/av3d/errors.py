"""One base error whose text is the line a user sees: what happened, where, and what to do."""

from __future__ import annotations

import re
from pathlib import Path

_BREAKS = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*")
"""Line breaks and control characters; the latter could move a terminal's cursor."""


MAX_WORDS, MAX_PATH = 1000, 4096
"""Characters; a value or a key that a broken file quotes may have a million."""


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 100]} … {text[-97:]}"


class Av3dError(Exception):
    """Something the user can act on; the command line prints it as one line and exits with 2.

    Args:
        what: what is wrong, with numbers and units ("image is empty, 0 bytes").
        where: the file, sensor, track or option concerned.
        fix: what to do next, as an instruction.
    """

    def __init__(self, what: str, where: str | Path = "", fix: str = "") -> None:
        self.what = what
        self.where = str(where)
        self.fix = fix
        super().__init__(what, self.where, fix)

    @property
    def details(self) -> tuple[str, ...]:
        """What people may want to read below the line, such as both versions in a conflict."""
        return ()

    def __str__(self) -> str:
        limits = ((self.what, MAX_WORDS), (self.where, MAX_PATH), (self.fix, MAX_WORDS))
        parts = [_short(part, limit) for part, limit in limits if part]
        # Paths and messages of libraries may carry line breaks; the promise is one line. A path whose
        # bytes are not UTF-8 holds surrogates, which cannot be printed.
        text = _BREAKS.sub(" ", ", ".join(parts)).strip()
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


class InputFileError(Av3dError):
    """A file is missing, empty, truncated or not what its name says."""


class OutputError(Av3dError):
    """A result cannot be written; nothing was left half-written."""
