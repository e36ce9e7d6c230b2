from __future__ import annotations

import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np
import pytest
from mcap.writer import CompressionType, IndexType, Writer
from mcap_ros2._dynamic import serialize_dynamic

from av3d.datasets.mcap_ros2 import records
from av3d.datasets.mcap_ros2.index import BagIndex, Indexer
from av3d.datasets.mcap_ros2.messages import CLOUD, ODOMETRY, definition
from av3d.datasets.registry import open_log
from av3d.errors import Av3dError
from av3d.logs.log import Log


def index_of(path: Path) -> BagIndex:
    indexer = Indexer()
    indexer.add_file(path, 0)
    return indexer.result()


def plain_bag(path: Path, write: SimpleNamespace, count: int = 5, **options: Any) -> Path:
    """Sweeps of one point as the writer of the library writes them with some options."""
    encode = serialize_dynamic(CLOUD, definition(CLOUD))[CLOUD]
    with path.open("wb") as file:
        writer = Writer(file, **options)
        writer.start("ros2", "test")
        name, text = "sensor_msgs/msg/PointCloud2", definition(CLOUD).encode()
        channel = writer.register_channel(
            "/points", "cdr", writer.register_schema(name, "ros2msg", text)
        )
        for step in range(count):
            time = write.start_ns + step * write.step_ns
            data = encode(write.cloud(time, "laser", write.points([[step + 1, 0, 0]])))
            writer.add_message(channel, time, data, time)
        writer.finish()
    return path


def first_x(log: Log) -> list[float]:
    return [float(log.sweep(frame.index).points_m[0, 0]) for frame in log.frames]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": CompressionType.LZ4},
        {"compression": CompressionType.NONE},
        {"chunk_size": 1},
        {"use_chunking": False},
        {"index_types": IndexType.NONE},
        {"index_types": IndexType.CHUNK},
        {"repeat_channels": False, "repeat_schemas": False},
        {"use_statistics": False, "use_summary_offsets": False, "enable_crcs": False},
    ],
)
def test_files_are_read_however_they_were_written(
    tmp_path: Path, write: SimpleNamespace, options: dict[str, Any]
) -> None:
    log = open_log(plain_bag(tmp_path / "bag.mcap", write, **options))
    assert first_x(log) == [1, 2, 3, 4, 5]
    assert not any("damaged" in note for note in log.notes)


@pytest.mark.parametrize("chunks", [True, False])
def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(
    tmp_path: Path, write: SimpleNamespace, chunks: bool
) -> None:
    options = {"chunk_size": 1} if chunks else {"use_chunking": False}
    path = plain_bag(tmp_path / "bag.mcap", write, **options)
    data = path.read_bytes()
    kinds = (records.CHUNK, records.MESSAGE)
    starts = [
        start for kind, start, _ in records.walk(data[:-8], len(records.MAGIC)) if kind in kinds
    ]
    path.write_bytes(data[: starts[3] + 20])
    log = open_log(path)
    assert first_x(log) == [1, 2, 3]
    assert "bag.mcap is damaged or was not closed: read up to byte" in " ".join(log.notes)


def test_a_damaged_chunk_costs_only_what_is_in_it(tmp_path: Path, write: SimpleNamespace) -> None:
    path = plain_bag(tmp_path / "bag.mcap", write, chunk_size=1)
    data = bytearray(path.read_bytes())
    places = records.read_summary(path.open("rb"), len(data))
    assert places is not None
    third = places[1][2]
    data[third.start + 60 : third.start + 80] = bytes(20)
    path.write_bytes(data)
    log = open_log(path)
    assert first_x(log) == [1, 2, 4, 5]
    assert "1 chunks of bag.mcap are damaged: what is in them is left out" in log.notes


def test_damage_behind_the_header_is_an_error_of_that_sweep(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    path = plain_bag(tmp_path / "bag.mcap", write, chunk_size=1, compression=CompressionType.NONE)
    data = bytearray(path.read_bytes())
    places = records.read_summary(path.open("rb"), len(data))
    assert places is not None
    third = places[1][2]
    data[third.start + third.length - 3] ^= 1
    path.write_bytes(data)
    log = open_log(path)
    assert len(log.frames) == 5
    with pytest.raises(Av3dError, match="does not have the checksum that was written with it"):
        log.sweep(2)
    assert log.sweep(3).points_m[0, 0] == 4


def chunk_record(compression: str, claimed: int, packed: bytes) -> bytes:
    name = compression.encode()
    body = struct.pack("<QQQII", 0, 0, claimed, 0, len(name)) + name
    body += struct.pack("<Q", len(packed)) + packed
    return records.HEAD.pack(records.CHUNK, len(body)) + body


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
@pytest.mark.parametrize("claimed", [100, 300_000_000, 2**62])
def test_a_bomb_is_not_unpacked(
    tmp_path: Path, write: SimpleNamespace, compression: str, claimed: int
) -> None:
    import lz4.frame
    import zstandard

    zeros = bytes(300_000_000)
    pack = zstandard.compress if compression == "zstd" else lz4.frame.compress
    path = tmp_path / "bomb.mcap"
    # lz4 packs no better than 255 to 1, so it gets a frame that is cut off.
    path.write_bytes(records.MAGIC + chunk_record(compression, claimed, pack(zeros)[:100_000]))
    with path.open("rb") as file, pytest.raises(records.DamagedError):
        unpack(file)


def unpack(file: BinaryIO) -> None:
    unpacked = records.Unpacked(file, records.read_chunk_head(file, len(records.MAGIC)))
    # What was claimed is all that is unpacked, and that is no record.
    list(records.walk(unpacked.all()))


def test_a_large_message_is_unpacked_only_as_far_as_its_header(
    tmp_path: Path, write: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = write.BagWriter(tmp_path / "bag.mcap")
    noise = np.random.default_rng(1).normal(size=(200_000, 3))
    for step in range(2):
        time = write.start_ns + step * write.step_ns
        bag.add("/points", CLOUD, write.cloud(time, "laser", write.points(noise)), time)
    path = bag.close()
    unpacked: list[records.Unpacked] = []
    original = records.Unpacked.__init__

    def counted(self: records.Unpacked, *args: Any) -> None:
        original(self, *args)
        unpacked.append(self)

    monkeypatch.setattr(records.Unpacked, "__init__", counted)
    assert index_of(path).topics["/points"].count == 2
    assert [len(chunk.data) < 200_000 for chunk in unpacked] == [True, True]


def test_an_index_that_points_elsewhere_costs_its_chunk(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    path = plain_bag(tmp_path / "bag.mcap", write, chunk_size=1)
    data = bytearray(path.read_bytes())
    places = records.read_summary(path.open("rb"), len(data))
    assert places is not None
    third = places[1][2]
    # The offset in the only entry of the message index, its last eight bytes.
    end = third.start + third.length + third.index_length
    data[end - 8 : end] = (2**40).to_bytes(8, "little")
    path.write_bytes(data)
    assert first_x(open_log(path)) == [1, 2, 4, 5]


def test_a_topic_with_another_definition_is_left_out_with_a_note(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    bag = write.BagWriter(tmp_path / "bag.mcap")
    text = definition(ODOMETRY).replace(
        "string child_frame_id", "string child_frame_id\nuint8 more"
    )
    assert "uint8 more" in text
    time = write.start_ns
    bag.add("/odom", ODOMETRY, {"header": write.header(time, "odom")}, time, text)
    bag.add("/points", CLOUD, write.cloud(time, "laser", write.points([[1, 2, 3]])), time)
    log = open_log(bag.close())
    assert "topic /odom is left out: its definition is not that of ROS 2" in log.notes


def test_definitions_may_carry_comments_defaults_and_other_spellings(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    text = definition(CLOUD)
    text = text.replace("std_msgs/Header header", "# time\nstd_msgs/Header header  # of the sweep")
    text = text.replace("uint32 height", "uint32   height")
    text = "uint8 UNUSED=3\n" + text
    bag = write.BagWriter(tmp_path / "bag.mcap")
    time = write.start_ns
    bag.add("/points", CLOUD, write.cloud(time, "laser", write.points([[1, 2, 3]])), time, text)
    assert index_of(bag.close()).topics["/points"].count == 1


def test_a_lying_length_is_a_damaged_message(tmp_path: Path, write: SimpleNamespace) -> None:
    encode = serialize_dynamic(CLOUD, definition(CLOUD))[CLOUD]
    good = encode(write.cloud(write.start_ns, "laser", write.points([[1, 2, 3]])))
    bad = good[:12] + (2**31).to_bytes(4, "little") + good[16:]
    with (tmp_path / "bag.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start("ros2", "test")
        schema = writer.register_schema("sensor_msgs/msg/PointCloud2", "", b"")
        channel = writer.register_channel("/points", "cdr", schema)
        for data in (good, bad):
            writer.add_message(channel, 1, data, 1)
        writer.finish()
    index = index_of(tmp_path / "bag.mcap")
    # The length of the frame's name is not needed to see when a sweep was measured.
    assert index.topics["/points"].count == 2
    log = open_log(tmp_path / "bag.mcap")
    assert len(log.frames) == 1


def test_an_hour_opens_without_keeping_what_it_passes(
    tmp_path: Path, write: SimpleNamespace
) -> None:
    """36,000 sweeps and as many poses; the headers alone are kept."""
    cloud = bytearray(
        serialize_dynamic(CLOUD, definition(CLOUD))[CLOUD](
            write.cloud(0, "laser", write.points([[1, 2, 3]]))
        )
    )
    pose = bytearray(
        serialize_dynamic(ODOMETRY, definition(ODOMETRY))[ODOMETRY](
            {"header": write.header(0, "odom"), "child_frame_id": "laser",
             "pose": {"pose": {"orientation": {"w": 1.0}}}}
        )
    )  # fmt: skip
    with (tmp_path / "hour.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start("ros2", "test")
        channels = [
            writer.register_channel(topic, "cdr", writer.register_schema(type_, "", b""))
            for topic, type_ in (
                ("/points", "sensor_msgs/msg/PointCloud2"),
                ("/odom", "nav_msgs/msg/Odometry"),
            )
        ]
        for step in range(36_000):
            time = write.start_ns + step * write.step_ns
            for channel, data in zip(channels, (cloud, pose), strict=True):
                struct.pack_into("<iI", data, 4, *divmod(time, 10**9))
                writer.add_message(channel, time, bytes(data), time)
        writer.finish()
    log = open_log(tmp_path / "hour.mcap")
    assert len(log.lidars["points"]) == 36_000
    assert log.end_ns - log.start_ns == 35_999 * write.step_ns
    assert len(log.sweep(35_999)) == 1
