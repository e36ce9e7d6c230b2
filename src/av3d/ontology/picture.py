"""Example pictures in a guidance: kept with the ontology, so that a project needs no other file."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from av3d.digests import digest_of_text
from av3d.ontology.checks import MAX_KEY, OntologyError, given

MAX_BYTES = 500_000
"""Bytes of one picture; a cut-out of 1000 x 700 pixels as JPEG has a fifth of that."""
MAX_TOTAL_BYTES = 5_000_000
"""Bytes of all pictures of an ontology, which travels with every copy of the project."""

_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
MAX_PATH = 300


@dataclass(frozen=True)
class Picture:
    """An example picture.

    Attributes:
        file: its path beside the ontology's file, with slashes ("pictures/cone.jpg").
        content: the bytes of a PNG or JPEG file.
        caption: what it shows.

    Raises:
        OntologyError: the path leads elsewhere, or the content is no picture or too large.
    """

    file: str
    content: bytes = field(repr=False)
    caption: str = ""

    def __post_init__(self) -> None:
        where = f"picture {self.file[:MAX_PATH]!r}"
        check_picture_path(self.file)
        if not self.content.startswith(_BEGINNINGS):
            raise OntologyError("it is neither PNG nor JPEG", where, "convert it")
        if len(self.content) > MAX_BYTES:
            raise OntologyError(
                f"it has {len(self.content):,} bytes, limit {MAX_BYTES:,}", where,
                "make it smaller, or save it as JPEG",
            )  # fmt: skip
        if not (self.caption.isprintable() and len(self.caption) <= 10 * MAX_KEY):
            raise OntologyError("its caption is long or not printable", where, "shorten it")

    @cached_property
    def content_text(self) -> str:
        """The content in Base64."""
        return base64.b64encode(self.content).decode("ascii")

    @cached_property
    def content_digest(self) -> str:
        """Equal for equal contents."""
        return digest_of_text(self.content_text)

    def as_json(self) -> dict[str, Any]:
        """With the digest of the content; the ontology's own JSON has the contents by digest."""
        return given({"file": self.file, "caption": self.caption, "content": self.content_digest})


def check_picture_path(file: str) -> None:
    """Refuse a path that is not plainly beside or below the file that names it.

    Raises:
        OntologyError: it is absolute, climbs up, or is not printable.
    """
    parts = PurePosixPath(file).parts
    plain = (
        file.isprintable() and 0 < len(file) <= MAX_PATH and "\\" not in file and ":" not in file
    )
    if not plain or file.startswith("/") or ".." in parts or "/".join(parts) != file:
        raise OntologyError(
            f"{file[:MAX_PATH]!r} does not name a file beside the ontology", "picture",
            "put it there and name it as pictures/example.jpg",
        )  # fmt: skip
