"""The files of a bag, and reading single messages from them."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from av3d.datasets.dataset import DatasetError
from av3d.datasets.mcap_ros2 import records
from av3d.datasets.mcap_ros2.index import NOT_CHUNKED
from av3d.datasets.mcap_ros2.records import DamagedError, Unpacked
from av3d.errors import InputFileError
from av3d.logs.cache import ByteCache
from av3d.reading import open_file, read_text
from av3d.types import IntArray

METADATA = "metadata.yaml"
MAX_METADATA_CHARACTERS = 2_000_000
MAX_DEPTH = 100
_OPENING = {
    "BlockSequenceStartToken", "BlockMappingStartToken", "FlowSequenceStartToken",
    "FlowMappingStartToken",
}  # fmt: skip
_CLOSING = {"BlockEndToken", "FlowSequenceEndToken", "FlowMappingEndToken"}
UNPACKED_BYTES = 64 * 1024**2
"""Unpacked chunks that are kept: what lies together in a bag is often wanted together."""


def bag_parts(path: Path) -> list[Path]:
    """The .mcap files that make a bag, in order.

    Args:
        path: an .mcap file, or the folder of a bag.

    Raises:
        InputFileError: metadata.yaml cannot be read.
        DatasetError: metadata.yaml names files outside of the folder or none, or a folder without
            it holds several bags.
    """
    if path.is_file():
        return [path]
    if not path.exists():
        raise DatasetError("there is no such file or folder", path, "check the path")
    metadata = path / METADATA
    # Copies from a Mac bring files such as ._drive_0.mcap along.
    visible = (part for part in path.glob("*.mcap") if not part.name.startswith("."))
    found = sorted(visible, key=_numbered)
    if metadata.is_file():
        named = _named_parts(metadata)
        parts = [path / name for name in named]
        missing = [part for part in parts if not part.is_file()]
        if not missing and parts:
            return parts
        # Bags are renamed without their metadata; what is there is what counts.
        if not found:
            name = missing[0].name if missing else "an .mcap file"
            raise DatasetError(
                f"{name} is not there", metadata, "copy the whole folder of the bag again"
            )
    if not found:
        raise DatasetError("there is no .mcap file in the folder", path, "give the .mcap file")
    stems = {_numbered(part)[0] for part in found}
    if len(stems) > 1 and not metadata.is_file():
        names = " ".join(part.name for part in found[:5])
        raise DatasetError(f"the folder holds several bags: {names}", path, "give one .mcap file")
    return found


def _numbered(path: Path) -> tuple[str, int]:
    """Parts are named drive_0.mcap, drive_1.mcap ... drive_10.mcap."""
    stem, _, number = path.stem.rpartition("_")
    digits = number.isascii() and number.isdigit() and len(number) < 10
    return (stem, int(number)) if stem and digits else (path.stem, 0)


def _named_parts(metadata: Path) -> list[str]:
    import yaml

    text = read_text(metadata, "metadata of the bag")
    if len(text) > MAX_METADATA_CHARACTERS:
        raise InputFileError("is too long for what rosbag2 writes", metadata, "remove it")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_tokens(yaml.scan(text, loader), metadata)
        data = yaml.load(text, loader)  # one of the two safe loaders
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = " ".join(str(error).split())[:200]
        raise InputFileError(f"is not YAML: {line}", metadata, "correct or remove it") from error
    information = data.get("rosbag2_bagfile_information") if isinstance(data, dict) else None
    if not isinstance(information, dict):
        raise InputFileError(
            "has no rosbag2_bagfile_information", metadata, "remove it, if it is of something else"
        )
    if information.get("compression_mode") not in (None, "", "NONE", "none"):
        raise DatasetError(
            "rosbag2 has compressed this bag on its own, beside what MCAP can do",
            metadata,
            "convert it with ros2 bag convert, to storage mcap without compression_mode",
        )
    names = information.get("relative_file_paths")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputFileError("relative_file_paths is not a list of names", metadata, "correct it")
    doubled = next((name for name, times in Counter(names).items() if times > 1), None)
    if doubled is not None:
        raise InputFileError(
            f"relative_file_paths names {doubled!r} more than once", metadata, "name each file once"
        )
    for name in names:
        if Path(name).name != name or name in ("", ".", ".."):
            raise DatasetError(
                f"relative_file_paths names {name!r}, which is not in the bag's folder",
                metadata,
                "write names of files in this folder",
            )
        if not name.endswith(".mcap"):
            raise DatasetError(
                f"the bag is stored in {name}, which is not MCAP",
                metadata,
                "convert it with ros2 bag convert, to storage mcap",
            )
    return names


def _check_tokens(tokens: Iterable[Any], metadata: Path) -> None:
    """Refuse YAML that rosbag2 does not write and that would take all memory, or crash the loader."""
    depth = 0
    for token in tokens:
        name = type(token).__name__
        # Aliases let a file of a few lines stand for one of gigabytes.
        if name == "AliasToken":
            raise InputFileError(
                "has YAML aliases, which rosbag2 does not write", metadata, "remove it"
            )
        # The loader in C calls itself for each level and has no limit of its own.
        depth += name in _OPENING
        depth -= name in _CLOSING
        if depth > MAX_DEPTH:
            raise InputFileError(
                f"is nested more than {MAX_DEPTH} levels deep", metadata, "remove it"
            )


class Bag:
    """Reads messages by their place; safe to use from several threads.

    Args:
        parts: the files of the bag, in order.
    """

    def __init__(self, parts: Sequence[Path]) -> None:
        self.parts = tuple(parts)
        self._chunks: ByteCache[bytearray] = ByteCache(UNPACKED_BYTES, len)

    def read(self, row: IntArray, topic: str) -> bytes:
        """The data of one message.

        Args:
            row: its columns, see `index.COLUMNS`.
            topic: its topic, for messages.

        Raises:
            InputFileError: the file is gone, or is damaged there.
        """
        part, chunk, at, size = (int(value) for value in row[2:])
        path = self.parts[part]
        try:
            if chunk == NOT_CHUNKED:
                length = records.HEAD.size + records.MESSAGE_HEAD.size + size
                with open_file(path, "bag") as file:
                    return self._data(records.read_exactly(file, at, length), 0, size)
            return self._data(
                self._chunks.get((part, chunk), lambda: self._unpack(path, chunk)), at, size
            )
        except DamagedError as error:
            place = at if chunk == NOT_CHUNKED else chunk
            raise InputFileError(
                f"a message of {topic} cannot be read: {error} (byte {place:,})",
                path,
                "copy the bag again",
            ) from error
        except OSError as error:
            raise InputFileError(
                f"cannot read a message of {topic}: {error.strerror or error}",
                path,
                "restore the file",
            ) from error

    @staticmethod
    def _unpack(path: Path, chunk: int) -> bytearray:
        with open_file(path, "bag") as file:
            return Unpacked(file, records.read_chunk_head(file, chunk)).all()

    @staticmethod
    def _data(buffer: bytes | bytearray, at: int, size: int) -> bytes:
        start = at + records.HEAD.size + records.MESSAGE_HEAD.size
        try:
            opcode, length = records.HEAD.unpack_from(buffer, at)
        except struct.error as error:
            raise DamagedError("the chunk is shorter than it was") from error
        if opcode != records.MESSAGE or length != records.MESSAGE_HEAD.size + size:
            raise DamagedError("there is no such message any more")
        if start + size > len(buffer):
            raise DamagedError("the message is cut off")
        return bytes(memoryview(buffer)[start : start + size])
