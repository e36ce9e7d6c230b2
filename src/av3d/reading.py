"""Reading files of a log: what goes wrong is one line that names the file.

All files of a log are read through here, because a remote log's files are not on this machine until
somebody asks for them: `av3d.remote` attaches the folder that stands for such a log, and then every
read below it goes through the log's own source.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from av3d.errors import InputFileError

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 1024**3
"""Largest file that is read as a whole; an image or a sweep has a few MB. `open_file` has no limit."""

MAX_TEXT_BYTES = 256 * 1024**2
"""Largest text file; as text and in pieces it takes several times the memory."""

MAX_TOML_BYTES = 1_000_000
"""Largest TOML file; the rig of a vehicle has a few kilobytes."""
MAX_DOTS = 100
"""Most dots on a line of a TOML file, outside of quotes: memory and time that Python takes for a key
in parts, such as lidar.top.columns, grow with the square of their number. A 4x4 matrix has 16."""

MAX_YAML_VALUES = 100_000
"""Numbers, words and keys of a YAML file."""

_NO_DOTS = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|#[^\n]*")
"""Quoted text and comments."""


class Source(Protocol):
    """Where the content of the files of a folder comes from."""

    def open(self, path: Path) -> BinaryIO:
        """Open a file with its real content; InputFileError or OSError if that is not to be had."""

    def local_file(self, path: Path) -> Path:
        """Make the content of a file stay at its path until the program ends."""


_sources: dict[str, Source] = {}
_lock = threading.Lock()


def attach(folder: Path, source: Source) -> None:
    """Read what is below a folder through a source from now on."""
    with _lock:
        _sources[_name(folder) + os.sep] = source


def detach(folder: Path) -> None:
    """Read the folder's files as they are again."""
    with _lock:
        _sources.pop(_name(folder) + os.sep, None)


def _name(path: Path) -> str:
    # Without following links: what stands for a remote log has none, and asking takes long.
    return os.path.normpath(path.absolute())


def _source(path: Path) -> Source | None:
    if not _sources:
        return None
    name = _name(path)
    with _lock:
        return next((kept for root, kept in _sources.items() if name.startswith(root)), None)


def open_file(path: Path, what: str = "file") -> BinaryIO:
    """Open a file for reading bytes; use it in a `with` block.

    Args:
        path: the file.
        what: what it is for the user, for the message: "image", "sweep".

    Raises:
        InputFileError: it is missing, a folder, no regular file, or not accessible. Errors while
            reading from it later are OSError.
    """
    source = _source(path)
    try:
        file = source.open(path) if source is not None else open_here(path)
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise InputFileError(f"cannot read {what}: not a regular file", path, "give a file")
    except OSError as error:
        raise _unreadable(error, path, what) from error
    return file


def open_here(path: Path) -> BinaryIO:
    """Open a file on this machine whatever stands there, without waiting for a pipe's other end."""
    return open(path, "rb", opener=_open)


def _open(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def local_file(path: Path, what: str = "file") -> Path:
    """The same path, once its content is there; for libraries that open files themselves.

    Raises:
        InputFileError: a remote log's file that cannot be fetched.
    """
    source = _source(path)
    if source is None:
        return path
    try:
        return source.local_file(path)
    except OSError as error:
        raise _unreadable(error, path, what) from error


def stays(path: Path) -> bool:
    """Whether a file is on this machine for good, so that a link to it will do."""
    return _source(path) is None


def copy_file(source: Path, target: Path) -> None:
    """Copy a file's content to a new file.

    Raises:
        InputFileError: the source cannot be read.
        OSError: the target cannot be written.
    """
    with open_file(source) as file, target.open("wb") as copy:
        shutil.copyfileobj(file, copy, 1024 * 1024)


def read_bytes(path: Path, what: str = "file", limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file.

    Args:
        path: the file.
        what: what it is for the user, for the message: "image", "sweep".
        limit: the most bytes that it may have.

    Raises:
        InputFileError: it is missing, a folder, not accessible, or larger than the limit.
    """
    with open_file(path, what) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise InputFileError(
                f"{what} has {size:,} bytes, limit {limit:,}", path, "copy the file again"
            )
        try:
            return file.read()
        except OSError as error:
            raise _unreadable(error, path, what) from error


def read_text(path: Path, what: str = "file") -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises:
        InputFileError: it cannot be read, or is not UTF-8.
    """
    return decoded(read_bytes(path, what, MAX_TEXT_BYTES), path, what)


def read_toml(path: Path, what: str = "file") -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        InputFileError: it cannot be read, is not TOML, or larger than any that is meant so.
    """
    text = decoded(read_bytes(path, what, MAX_TOML_BYTES), path, what)
    for number, line in enumerate(_NO_DOTS.sub("", text).split("\n"), start=1):
        if (dots := line.count(".")) > MAX_DOTS:
            raise InputFileError(
                f"line {number} of {what} has {dots:,} dots, limit {MAX_DOTS}", path,
                "write shorter keys and lists",
            )  # fmt: skip
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # ValueError: TOMLDecodeError, and a number with thousands of digits.
        raise InputFileError(f"{what} is not TOML: {error}", path, "correct that line") from error


def yaml_value(text: str, path: Path, loader_class: type[yaml.SafeLoader]) -> Any:
    """What a YAML document holds, unless its aliases make it unfold to more than MAX_YAML_VALUES.

    YAML is slow to read, about a second for a million characters: limit the text before.

    Raises:
        InputFileError: it is not YAML, or unfolds to too much.
    """
    import yaml

    loader = None
    try:
        loader = loader_class(text)  # looks at the characters at once
        node = loader.get_single_node()
        if node is None:
            return None
        if _unfolded(node, {}) > MAX_YAML_VALUES:
            raise InputFileError(
                f"its aliases unfold to more than {MAX_YAML_VALUES:,} values", path,
                "write them out",
            )  # fmt: skip
        return loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, OverflowError) as error:
        reason = getattr(error, "problem", None) or error
        raise InputFileError(f"not readable: {reason}", path, "correct the file") from error
    finally:
        if loader is not None:
            loader.dispose()


def _unfolded(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node stands for, each alias counted with all that it stands for."""
    if id(node) not in known:
        known[id(node)] = MAX_YAML_VALUES  # for an alias of what it is inside of, which has no end
        # Lists hold nodes, tables pairs of them, and plain values are texts.
        parts = [
            part
            for row in (node.value if isinstance(node.value, list) else ())
            for part in (row if isinstance(row, tuple) else (row,))
        ]
        known[id(node)] = 1 + sum(_unfolded(part, known) for part in parts)
    return known[id(node)]


def decoded(data: bytes, path: Path, what: str = "file") -> str:
    """The bytes of a UTF-8 file as text; InputFileError if they are not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{what} is not UTF-8 text (byte {error.start})", path, "save it as UTF-8"
        ) from error


def _unreadable(error: OSError, path: Path, what: str) -> InputFileError:
    return InputFileError(
        f"cannot read {what}: {error.strerror or error}", path, "restore the file"
    )
