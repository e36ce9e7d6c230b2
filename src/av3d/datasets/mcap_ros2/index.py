"""What a bag holds: its topics, and when each message was measured and where it is.

The time of a sweep or an image is in the message itself, so a first look at a bag unpacks every chunk as
far as the last of these headers, and reads all poses. The result is kept, see `kept.py`.
"""

from __future__ import annotations

import struct
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.datasets.mcap_ros2 import messages as ros
from av3d.datasets.mcap_ros2 import records
from av3d.datasets.mcap_ros2.records import Channel, DamagedError, Unpacked
from av3d.reading import open_file
from av3d.types import FloatArray, IntArray

HEAD_BYTES = 512
"""What is read of a message whose content comes later: its header, an image's size and encoding."""

NOT_CHUNKED = -1

LARGEST = 2**62
"""Times and places beyond it are not kept; those of a damaged index may not fit into 64 bits."""

COLUMNS = ("stamp_ns", "log_ns", "part", "chunk", "at", "size")
"""What is known of a message: when it was measured and recorded, which file of the bag it is in, where
its chunk starts there (or NOT_CHUNKED), where its record starts in the chunk (or in the file), and the
length of its data."""


@dataclass(frozen=True, eq=False)
class Topic:
    """A topic with what is needed of it.

    Attributes:
        name: as in the bag, "/lidar/top/points".
        type: short name of its type.
        frame: frame of the first message's header.
        head: the first bytes of the first message; all of it for a CameraInfo.
        rows: the columns of COLUMNS, (N, 6); sweeps and images only. In the order of the file.
        count: how many messages there are.
    """

    name: str
    type: str
    frame: str
    head: bytes
    rows: IntArray
    count: int


@dataclass(frozen=True, eq=False)
class PoseTrack:
    """Poses of one frame in another, as one topic gives them.

    Attributes:
        topic: the topic.
        type: short name of its type.
        parent, child: frames; child is "" where the type does not say what moves.
        times_ns: as stamped, in the order of the file, (N,).
        values: x, y, z, qx, qy, qz, qw, (N, 7).
    """

    topic: str
    type: str
    parent: str
    child: str
    times_ns: IntArray
    values: FloatArray


@dataclass(frozen=True)
class BagIndex:
    """All that opening a log needs of a bag.

    Attributes:
        topics: clouds, images and calibrations by topic.
        poses: transforms and poses.
        others: types of topics that are not read, by topic.
        notes: what was damaged or skipped.
    """

    topics: dict[str, Topic]
    poses: tuple[PoseTrack, ...]
    others: dict[str, str]
    notes: tuple[str, ...]


@dataclass
class _Growing:
    """A topic while it is read."""

    type: str
    frame: str = ""
    head: bytes = b""
    rows: array[int] = field(default_factory=lambda: array("q"))
    count: int = 0


class Indexer:
    """Goes through the files of a bag and gathers its index."""

    def __init__(self) -> None:
        self._topics: dict[str, _Growing] = {}
        self._poses: dict[tuple[str, str, str, str], tuple[array[int], array[float]]] = {}
        self._others: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._encodings: set[str] = set()
        self._damage: Counter[str] = Counter()
        self._lost: list[str] = []
        self._broken = 0

    def result(self) -> BagIndex:
        """The index of the files so far."""
        notes = list(self._lost)
        notes += [f"topic {topic} is left out: {why}" for topic, why in self._refused.items()]
        notes += [
            f"{count} messages of {topic} are damaged and left out"
            for topic, count in self._damage.items()
        ]
        topics = {
            name: Topic(
                name, topic.type, topic.frame, topic.head,
                np.array(topic.rows, dtype=np.int64).reshape(-1, len(COLUMNS)), topic.count,
            )
            for name, topic in self._topics.items()
            if topic.count
        }  # fmt: skip
        poses = tuple(
            PoseTrack(
                *key,
                np.array(times, dtype=np.int64),
                np.array(values, dtype=np.float64).reshape(-1, 7),
            )
            for key, (times, values) in self._poses.items()
        )
        return BagIndex(topics, poses, self._others, tuple(notes))

    def add_file(self, path: Path, part: int) -> None:
        """Take one file of the bag.

        Raises:
            InputFileError: it cannot be read.
            DatasetError: it is empty, or no MCAP file at all.
        """
        with open_file(path, "bag") as file:
            size = file.seek(0, 2)
            file.seek(0)
            if size == 0:
                raise DatasetError("the bag is empty, 0 bytes", path, "copy the file again")
            if file.read(len(records.MAGIC)) != records.MAGIC:
                raise DatasetError(
                    "not an MCAP file: its first bytes are others", path, "copy the file again"
                )
            self._broken = 0
            summary = records.read_summary(file, size)
            if summary is None:
                self._scan(file, size, path, part)
            else:
                self._follow(file, summary[0], summary[1], part)
            if self._broken:
                self._lost.append(
                    f"{self._broken} chunks of {path.name} are damaged: what is in them is left out"
                )

    def _follow(
        self,
        file: BinaryIO,
        declared: records.Declarations,
        chunks: Sequence[records.ChunkPlace],
        part: int,
    ) -> None:
        """Take what the indexes at the end of the file point to."""
        needs = {number: self._needs(channel) for number, channel in declared.channels.items()}
        for chunk in {chunk.start: chunk for chunk in chunks}.values():
            if not any(needs[number] for number in chunk.channels):
                continue
            try:
                places = [
                    (at, log_ns, number)
                    for number, entries in records.read_message_indexes(file, chunk).items()
                    if number in declared.channels and self._needs(declared.channels[number])
                    for log_ns, at in entries.tolist()
                ]
                if not places:
                    continue
                unpacked = Unpacked(file, records.read_chunk_head(file, chunk.start))
                for at, log_ns, number in sorted(places):
                    self._take_packed(
                        unpacked, at, log_ns, declared.channels[number], number, part, chunk.start
                    )
            except (DamagedError, struct.error):
                self._broken += 1

    def _take_packed(
        self,
        unpacked: Unpacked,
        at: int,
        log_ns: int,
        channel: Channel,
        number: int,
        part: int,
        chunk: int,
    ) -> None:
        start = at + records.FULL_HEAD.size
        unpacked.reach(start)
        head = records.FULL_HEAD.unpack_from(unpacked.data, at)
        if head[0] != records.MESSAGE or head[2] != number:
            raise DamagedError("there is no message of the channel where the index says")
        length = head[1]
        if length < records.MESSAGE_HEAD.size:
            raise DamagedError("a message ends within its head")
        size = length - records.MESSAGE_HEAD.size
        wanted = size if self._wants_all(channel) else min(size, HEAD_BYTES)
        unpacked.reach(start + wanted)
        data = bytes(unpacked.data[start : start + wanted])
        self._take(channel, data, (log_ns, part, chunk, at, size))

    def _scan(self, file: BinaryIO, size: int, path: Path, part: int) -> None:
        """Take record by record from the start, as far as the file is whole."""
        declared = records.Declarations({}, {})
        at = len(records.MAGIC)
        try:
            while at < size:
                head = records.read_exactly(file, at, records.HEAD.size)
                opcode, length = records.HEAD.unpack(head)
                start = at + records.HEAD.size
                if not (0 < opcode <= records.HIGHEST or opcode >= 0x80) or start + length > size:
                    raise DamagedError("a record is cut off or damaged")
                if opcode in (records.DATA_END, records.FOOTER):
                    return
                if opcode == records.CHUNK:
                    self._scan_chunk(file, at, declared, part)
                elif opcode in (records.SCHEMA, records.CHANNEL, records.MESSAGE):
                    body = records.read_exactly(file, start, length)
                    self._scan_record(declared, opcode, body, part, NOT_CHUNKED, at)
                at = start + length
        except (DamagedError, struct.error):
            pass
        self._lost.append(
            f"{path.name} is damaged or was not closed: read up to byte {at:,} of {size:,}"
        )

    def _scan_chunk(
        self, file: BinaryIO, at: int, declared: records.Declarations, part: int
    ) -> None:
        try:
            data = Unpacked(file, records.read_chunk_head(file, at)).all()
            view = memoryview(data)
            for opcode, start, end in records.walk(data):
                if opcode in (records.SCHEMA, records.CHANNEL, records.MESSAGE):
                    body = view[start:end]
                    place = start - records.HEAD.size
                    self._scan_record(declared, opcode, body, part, at, place)
        except (DamagedError, struct.error):
            self._broken += 1

    def _scan_record(
        self,
        declared: records.Declarations,
        opcode: int,
        body: bytes | memoryview,
        part: int,
        chunk: int,
        at: int,
    ) -> None:
        if opcode != records.MESSAGE:
            declared.add(opcode, bytes(body))
            return
        number, _, log_ns, _ = records.MESSAGE_HEAD.unpack_from(body)
        channel = declared.channels.get(number)
        if channel is None or not self._needs(channel):
            return
        size = len(body) - records.MESSAGE_HEAD.size
        wanted = size if self._wants_all(channel) else min(size, HEAD_BYTES)
        data = bytes(body[records.MESSAGE_HEAD.size : records.MESSAGE_HEAD.size + wanted])
        self._take(channel, data, (log_ns, part, chunk, at, size))

    def _needs(self, channel: Channel) -> bool:
        """Whether messages of a channel are read; remembers the topics there are."""
        name, type_ = channel.topic, ros.short_type(channel.type)
        if name in self._topics:
            # Of a calibration the first one is enough.
            known = self._topics[name]
            return known.type == type_ and not (type_ == ros.CAMERA_INFO and known.count)
        if name in self._others or name in self._refused:
            return False
        why = ros.why_not(channel) if type_ in ros.TYPES else ""
        if type_ not in ros.TYPES:
            self._others[name] = type_ or channel.message_encoding
        elif why:
            self._refused[name] = why
        else:
            self._topics[name] = _Growing(type_)
            return True
        return False

    def _wants_all(self, channel: Channel) -> bool:
        type_ = self._topics[channel.topic].type
        return type_ != ros.CLOUD and type_ not in ros.PICTURES

    def _take(self, channel: Channel, data: bytes, place: tuple[int, int, int, int, int]) -> None:
        name = channel.topic
        topic = self._topics[name]
        try:
            if topic.type == ros.TRANSFORMS:
                for stamp_ns, parent, child, values in ros.read_transforms(data):
                    self._add_pose(name, topic.type, parent, child, stamp_ns, values)
            elif topic.type in ros.POSES:
                with_child = topic.type in ros.WITH_CHILD
                stamp_ns, parent, child, values = ros.read_pose(data, with_child)
                self._add_pose(name, topic.type, parent, child, stamp_ns, values)
            else:
                stamp_ns = ros.read_stamp(data)
                if not topic.count:
                    topic.frame, topic.head = ros.read_header(data)[1], data
                if topic.type != ros.CAMERA_INFO:
                    log_ns, part, chunk, at, size = place
                    if max(chunk, at, size) > LARGEST:
                        raise DamagedError("a place in the file is beyond reason")
                    topic.rows.extend((stamp_ns, min(log_ns, LARGEST), part, chunk, at, size))
            topic.count += 1
        except DamagedError:
            self._damage[name] += 1

    def _add_pose(
        self,
        topic: str,
        type_: str,
        parent: str,
        child: str,
        stamp_ns: int,
        values: tuple[float, ...],
    ) -> None:
        key = (topic, type_, parent, child)
        if key not in self._poses:
            self._poses[key] = array("q"), array("d")
        times, numbers = self._poses[key]
        times.append(stamp_ns)
        numbers.extend(values)
