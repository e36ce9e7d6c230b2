"""Reading whole files: what goes wrong is one line that names the file."""

from __future__ import annotations

from pathlib import Path

from av3d.errors import InputFileError


def read_bytes(path: Path, what: str = "file") -> bytes:
    """The bytes of a file.

    Args:
        path: the file.
        what: what it is for the user, for the message: "image", "sweep".

    Raises:
        InputFileError: it is missing, a folder, or not accessible.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputFileError(
            f"cannot read {what}: {error.strerror or error}", path, "restore the file"
        ) from error


def read_text(path: Path, what: str = "file") -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises:
        InputFileError: it cannot be read, or is not UTF-8.
    """
    try:
        return read_bytes(path, what).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{what} is not UTF-8 text (byte {error.start})", path, "save it as UTF-8"
        ) from error
