"""The records of an MCAP file: where they are and what they say.

Source of the layout: https://mcap.dev/spec. Schemas and channels are read by the library `mcap`. The
records that an hour of driving has by the hundred thousand, and those whose lengths decide how much
memory is asked for, are read here, where every length is checked before it is believed.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

MAGIC = b"\x89MCAP0\r\n"
FOOTER_BYTES = 9 + 20 + len(MAGIC)

FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX, STATISTICS, DATA_END = (
    0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0B, 0x0F,
)  # fmt: skip
HIGHEST = 0x0F
"""Opcode of the last kind of record; beyond it, below 0x80, is nothing that a file may hold."""

MAX_RECORD_BYTES = 512 * 1024**2
"""Largest chunk, packed or unpacked. Chunks have a few MB; one raw 4K image has 25."""
MAX_RATIO, FREE_BYTES = 1000, 16 * 1024**2
"""Beyond FREE_BYTES a chunk may not unpack to more than so many times what it takes in the file."""
MAX_ENTRIES = 1_000_000
"""Most messages of one chunk."""

HEAD = struct.Struct("<BQ")
MESSAGE_HEAD = struct.Struct("<HIQQ")
FULL_HEAD = struct.Struct("<BQHIQQ")
"""HEAD and MESSAGE_HEAD in one."""
_CHUNK_HEAD = struct.Struct("<QQQII")
_INDEX_ENTRIES = np.dtype([("log_ns", "<u8"), ("at", "<u8")])


class DamagedError(Exception):
    """Bytes that are not what the format says; where they are is known to whoever catches it."""


@dataclass(frozen=True)
class Channel:
    """A topic as one file declares it.

    Attributes:
        topic: its name.
        type: type of its messages, "sensor_msgs/msg/PointCloud2".
        message_encoding: "cdr" for ROS 2.
        schema_encoding, schema: how the type is defined, and the definition.
    """

    topic: str
    type: str
    message_encoding: str
    schema_encoding: str
    schema: bytes


@dataclass(frozen=True)
class ChunkHead:
    """What a chunk says about itself.

    Attributes:
        compression: "", "zstd" or "lz4".
        unpacked_bytes: length of its records.
        crc: CRC-32 of its records, or 0.
        start, end: where its packed records are in the file.
    """

    compression: str
    unpacked_bytes: int
    crc: int
    start: int
    end: int


@dataclass(frozen=True)
class ChunkPlace:
    """Where the summary says that a chunk and its message indexes are; `channels` are those in it."""

    start: int
    length: int
    index_length: int
    channels: tuple[int, ...]


@dataclass
class Declarations:
    """Schemas and channels met so far."""

    schemas: dict[int, tuple[str, str, bytes]]
    channels: dict[int, Channel]

    def add(self, opcode: int, body: bytes) -> None:
        """Take a SCHEMA or CHANNEL record."""
        from mcap.data_stream import ReadDataStream
        from mcap.records import Channel as ChannelRecord
        from mcap.records import Schema

        stream = ReadDataStream(io.BytesIO(body))
        try:
            if opcode == SCHEMA:
                schema = Schema.read(stream)
                self.schemas[schema.id] = (schema.name, schema.encoding, schema.data)
            else:
                channel = ChannelRecord.read(stream)
                type_, encoding, data = self.schemas.get(channel.schema_id, ("", "", b""))
                self.channels[channel.id] = Channel(
                    printable(channel.topic), type_, channel.message_encoding, encoding, data
                )
        except Exception as error:  # the library raises whatever its unpacking does
            raise DamagedError(f"a schema or channel is damaged: {error}") from error


def printable(name: str) -> str:
    """A name as it may be shown: what could move a terminal's cursor becomes a question mark."""
    return name if name.isprintable() else "".join(c if c.isprintable() else "?" for c in name)


def walk(data: bytes | bytearray, at: int = 0) -> Iterator[tuple[int, int, int]]:
    """Opcode, start and end of the body of each record in a buffer.

    Raises:
        DamagedError: a record that reaches past the buffer, or of a kind that does not exist.
    """
    while at < len(data):
        if at + HEAD.size > len(data):
            raise DamagedError("a record is cut off")
        opcode, length = HEAD.unpack_from(data, at)
        start = at + HEAD.size
        if length > len(data) - start or not (0 < opcode <= HIGHEST or opcode >= 0x80):
            raise DamagedError(f"a record of kind {opcode} with {length:,} bytes")
        yield opcode, start, start + length
        at = start + length


def read_exactly(file: BinaryIO, at: int, length: int) -> bytes:
    """Bytes of a file; DamagedError if it ends before, or if they are more than MAX_RECORD_BYTES."""
    if length > MAX_RECORD_BYTES or at > 2**62:
        raise DamagedError(f"a record claims {length:,} bytes")
    file.seek(at)
    data = file.read(length)
    if len(data) != length:
        raise DamagedError("the file ends within a record")
    return data


def read_summary(file: BinaryIO, size: int) -> tuple[Declarations, list[ChunkPlace]] | None:
    """Channels and chunks from the end of the file; None if it has no summary that can be trusted."""
    if size < len(MAGIC) + FOOTER_BYTES:
        return None
    try:
        footer = read_exactly(file, size - FOOTER_BYTES, FOOTER_BYTES)
        opcode, length = HEAD.unpack_from(footer)
        start, _, crc = struct.unpack_from("<QQI", footer, HEAD.size)
        if opcode != FOOTER or length != 20 or not footer.endswith(MAGIC):
            return None
        if not len(MAGIC) <= start < size - FOOTER_BYTES:
            return None
        body = read_exactly(file, start, size - FOOTER_BYTES - start)
        if crc and zlib.crc32(footer[: HEAD.size + 16], zlib.crc32(body)) != crc:
            return None
        declared = Declarations({}, {})
        chunks: list[ChunkPlace] = []
        for opcode, begin, end in walk(body):
            if opcode in (SCHEMA, CHANNEL):
                declared.add(opcode, body[begin:end])
            elif opcode == CHUNK_INDEX:
                chunks.append(_chunk_place(body, begin, end))
    except (DamagedError, struct.error):
        return None
    used = {channel for chunk in chunks for channel in chunk.channels}
    # Files may leave out the copies of schemas and channels, and all indexes.
    complete = chunks and used <= declared.channels.keys()
    complete = complete and all(chunk.index_length and chunk.channels for chunk in chunks)
    return (declared, chunks) if complete else None


def _chunk_place(body: bytes, begin: int, end: int) -> ChunkPlace:
    _, _, start, length, map_bytes = struct.unpack_from("<QQQQI", body, begin)
    at = begin + 36
    if map_bytes % 10 or at + map_bytes + 8 > end:
        raise DamagedError("a chunk index is damaged")
    channels = tuple(channel for channel, _ in struct.iter_unpack("<HQ", body[at : at + map_bytes]))
    (index_length,) = struct.unpack_from("<Q", body, at + map_bytes)
    return ChunkPlace(start, length, index_length, channels)


def read_message_indexes(file: BinaryIO, place: ChunkPlace) -> dict[int, npt.NDArray[Any]]:
    """For each channel of a chunk, the times and places of its messages: fields log_ns and at."""
    if place.index_length > MAX_ENTRIES * _INDEX_ENTRIES.itemsize:
        raise DamagedError("a chunk claims more than a million messages")
    data = read_exactly(file, place.start + place.length, place.index_length)
    found: dict[int, npt.NDArray[Any]] = {}
    for opcode, start, end in walk(data):
        if opcode != MESSAGE_INDEX:
            continue
        channel, length = struct.unpack_from("<HI", data, start)
        if length % 16 or start + 6 + length > end:
            raise DamagedError("a message index is damaged")
        found[channel] = np.frombuffer(data, _INDEX_ENTRIES, length // 16, start + 6)
    return found


def read_chunk_head(file: BinaryIO, at: int) -> ChunkHead:
    """The head of the chunk record at a place in the file."""
    data = b""
    if at <= 2**62:
        file.seek(at)
        data = file.read(HEAD.size + _CHUNK_HEAD.size + 64)
    if len(data) < HEAD.size + _CHUNK_HEAD.size + 8:
        raise DamagedError("the file ends within a chunk")
    opcode, length = HEAD.unpack_from(data)
    _, _, unpacked, crc, name_bytes = _CHUNK_HEAD.unpack_from(data, HEAD.size)
    names = HEAD.size + _CHUNK_HEAD.size
    if opcode != CHUNK or name_bytes > 32 or names + name_bytes + 8 > len(data):
        raise DamagedError("there is no chunk where the index says")
    compression = bytes(data[names : names + name_bytes]).decode("utf-8", "replace")
    (packed,) = struct.unpack_from("<Q", data, names + name_bytes)
    start = at + names + name_bytes + 8
    if start + packed > at + HEAD.size + length:
        raise DamagedError("a chunk is longer than its record")
    if max(packed, unpacked) > MAX_RECORD_BYTES:
        raise DamagedError(
            f"a chunk of {max(packed, unpacked):,} bytes, limit {MAX_RECORD_BYTES:,}"
        )
    if unpacked > max(FREE_BYTES, MAX_RATIO * packed):
        raise DamagedError(f"a chunk claims to unpack from {packed:,} to {unpacked:,} bytes")
    return ChunkHead(compression, unpacked, crc, start, start + packed)


class Unpacked:
    """The records of a chunk, unpacked only as far as somebody asks.

    A sweep of 2 MB is told from the next by its first 30 bytes: to see when it was measured, the
    rest need not be read. Never unpacks more than the chunk says that it holds.
    """

    def __init__(self, file: BinaryIO, head: ChunkHead) -> None:
        self._head = head
        window = _Window(file, head.start, head.end)
        self._source: Any = window
        if head.compression == "zstd":
            import zstandard

            unpacker: Any = zstandard.ZstdDecompressor(max_window_size=2**27)
            self._source = unpacker.stream_reader(window, read_size=2**16, read_across_frames=True)
        elif head.compression == "lz4":
            import lz4.frame

            self._source = lz4.frame.open(window)
        elif head.compression:
            raise DamagedError(f"compression {head.compression!r} is not known")
        self.data = bytearray()

    def reach(self, length: int) -> None:
        """Make `data` at least `length` bytes long; DamagedError if the chunk does not have them."""
        if length > self._head.unpacked_bytes:
            raise DamagedError("a message lies outside its chunk")
        while len(self.data) < length:
            # In steps, so that asking for one header after the other does not unpack a step each.
            wanted = min(max(length - len(self.data), 2**14), 2**20)
            wanted = min(wanted, self._head.unpacked_bytes - len(self.data))
            try:
                piece = self._source.read(wanted)
            except Exception as error:  # zstandard.ZstdError, RuntimeError of lz4, EOFError
                raise DamagedError(f"a chunk cannot be unpacked: {error}") from error
            if not piece:
                raise DamagedError("a chunk unpacks to less than it says")
            self.data += piece

    def all(self) -> bytearray:
        """All of the chunk, with its checksum compared."""
        self.reach(self._head.unpacked_bytes)
        if self._head.crc and zlib.crc32(self.data) != self._head.crc:
            raise DamagedError("a chunk does not have the checksum that was written with it")
        return self.data


class _Window(io.RawIOBase):
    """A part of a file as a file of its own."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        super().__init__()
        self._file, self._at, self._end = file, start, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._at)
        data = self._file.read(min(len(buffer), self._end - self._at))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
