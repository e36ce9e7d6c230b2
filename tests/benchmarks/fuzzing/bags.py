"""Damage to MCAP bags: records that lie about themselves, and messages that make no sense."""

# ruff: noqa: E501
from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from fuzzing.files import Damage, put

MAGIC_BYTES = 8
CHUNK = 0x06
LARGE = (0, 1, 2**16, 2**31, 2**32 - 1, 2**40, 2**62, 2**63, 2**64 - 1)


def records(data: bytes) -> list[tuple[int, int]]:
    """Start and length, head included, of each record at the top of a bag."""
    found = []
    at = MAGIC_BYTES
    while at + 9 <= len(data) - MAGIC_BYTES:
        length = 9 + int.from_bytes(data[at + 1 : at + 9], "little")
        found.append((at, length))
        at += length
    return found


def record_changed(path: Path, chance: random.Random) -> None:
    """The kind, the length or a field near the start of a record becomes another."""
    data = bytearray(path.read_bytes())
    start, length = chance.choice(records(bytes(data)) or [(0, len(data))])
    action = chance.randrange(3)
    if action == 0:
        data[start] = chance.choice([0, 1, 2, 5, 6, 15, 16, 127, 128, 255])
    elif action == 1:
        data[start + 1 : start + 9] = struct.pack("<Q", chance.choice(LARGE))
    else:
        at = start + 9 + chance.randrange(max(min(length - 9, 60), 1))
        size = chance.choice([2, 4, 8])
        word = chance.choice(LARGE) % 256**size
        data[at : at + size] = word.to_bytes(size, "little")
    put(path, bytes(data))


def record_moved(path: Path, chance: random.Random) -> None:
    """A record is missing, there twice, or in another place."""
    data = path.read_bytes()
    found = records(data)
    if not found:
        return
    pieces = [data[start : start + length] for start, length in found]
    at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    action = chance.randrange(4)
    if action == 0:
        del pieces[at]
    elif action == 1:
        pieces.insert(other, pieces[at])
    elif action == 2:
        pieces[at], pieces[other] = pieces[other], pieces[at]
    else:
        pieces = pieces[:at]  # a recorder that was killed, with a whole record at the end
    put(path, data[:MAGIC_BYTES] + b"".join(pieces) + data[-MAGIC_BYTES:])


def chunk_changed(path: Path, chance: random.Random) -> None:
    """Bytes of the messages themselves become others, and the checksum is left out."""
    data = bytearray(path.read_bytes())
    chunks = [(at, length) for at, length in records(bytes(data)) if data[at] == CHUNK]
    if not chunks:
        return
    for start, length in chunks if chance.random() < 0.4 else [chance.choice(chunks)]:
        data[start + 9 + 24 : start + 9 + 28] = bytes(4)  # no checksum
        for _ in range(chance.choice([1, 3, 10])):
            at = start + 9 + 40 + chance.randrange(max(length - 49, 1))
            size = chance.choice([1, 1, 2, 4, 8])
            word = chance.choice([*LARGE, chance.randrange(2**63)]) % 256**size
            data[at : at + size] = word.to_bytes(size, "little")
    put(path, bytes(data[: len(data)]))


def bag_maker(made: ModuleType) -> Damage:
    """Damage that writes the bag anew with messages that make no sense."""
    real = (float("nan"), float("inf"), -1.0, 0.0, 1e300, 1e-320, 1e9)

    def poses(chance: random.Random) -> Callable[[], list[Any]]:
        mount = {
            "translation": made.xyz((0, 0, 0)),
            "rotation": dict(zip("xyzw", (0, 0, 0, 1.0), strict=True)),
        }

        def link(parent: str, child: str) -> dict[str, Any]:
            transform = {key: dict(value) for key, value in mount.items()}
            if chance.random() < 0.3:
                which = chance.choice(["translation", "rotation"])
                transform[which][chance.choice("xyz")] = chance.choice(real)
            return {
                "header": made.header(0, parent),
                "child_frame_id": child,
                "transform": transform,
            }

        names = [
            "base_link",
            "lidar_top",
            "front_optical",
            "odom",
            "",
            "ä\n",
            "a" * 9000,
            "/base_link",
        ]
        count = chance.choice([0, 1, 4, 30])
        chain = [link(f"f{k}", f"f{k + 1}") for k in range(3000)] if chance.random() < 0.1 else []
        return lambda: (
            [link(chance.choice(names), chance.choice(names)) for _ in range(count)] + chain
        )

    def cloud(chance: random.Random) -> Callable[[int], Any]:
        changes: dict[str, Any] = chance.choice([
            {"width": chance.choice([0, 1, 2**20, 2**32 - 1])}, {"height": chance.choice([0, 2, 2**32 - 1])},
            {"point_step": chance.choice([0, 1, 4, 2**31, 2**32 - 1])}, {"row_step": chance.choice([0, 2**32 - 1])},
            {"data": chance.choice([b"", b"\0", bytes(1000)])}, {"fields": []}, {"is_bigendian": True},
            {"fields": [{"name": name, "offset": chance.choice([0, 4, 8, 2**32 - 1]),
                         "datatype": chance.choice([0, 1, 7, 8, 9, 255]), "count": chance.choice([0, 1, 2**32 - 1])}
                        for name in chance.choice([("x", "y", "z"), ("x", "x", "z"), ("", "y", "z"),
                                                   ("x", "y", "z", "time"), ("x", "y", "z", "ring\n")])]},
            {"header": made.header(chance.choice([0, 1, 10**18, 2**31 * 10**9 - 1]), chance.choice(["", "nowhere", "lidar_top"]))},
        ])  # fmt: skip
        values = chance.choice([[[5, 0, -1]], [[float("nan"), 1, 2]], [[1e30, 0, 0]], []])
        rows = np.array(values, np.float32).reshape(-1, 3)
        columns = {axis: rows[:, k] for k, axis in enumerate("xyz")}
        if chance.random() < 0.4:
            kind = chance.choice(["f4", "f8", "u4", "i8", "u1"])
            kind = kind if kind in made.DATATYPES else "f8"
            column = np.full(len(rows), chance.choice([0, 1, 250]), kind)
            columns[
                chance.choice(["t", "time", "timestamp", "offset_time", "intensity", "ring"])
            ] = column
        return lambda t: made.cloud(t, "lidar_top", columns, **changes)

    def image(chance: random.Random) -> Callable[[int], Any]:
        data = chance.choice([b"", b"\xff\xd8\xff\xd9", b"\x89PNG\r\n\x1a\n", b"x" * 2000])
        kind = chance.choice(["jpeg", "png", "", "16UC1; compressedDepth", "h264", "ä\n"])
        return lambda t: {"header": made.header(t, "front_optical"), "format": kind, "data": data}

    def info(chance: random.Random) -> Callable[[], Any]:
        changes: dict[str, Any] = {}
        for _ in range(chance.choice([1, 2])):
            key = chance.choice(
                ["height", "width", "distortion_model", "d", "k", "r", "p", "binning_x", "roi"]
            )
            changes[key] = {
                "height": chance.choice([0, 1, 2**32 - 1]), "width": chance.choice([0, 1, 2**32 - 1]),
                "distortion_model": chance.choice(["", "fisheye", "equidistant", "ä\n", "x" * 9000, "rational_polynomial"]),
                "d": [chance.choice(real)] * chance.choice([0, 1, 4, 5, 8, 14, 300]),
                "k": [chance.choice(real)] * 9, "r": [chance.choice(real)] * 9, "p": [chance.choice(real)] * 12,
                "binning_x": 2**32 - 1,
                "roi": {"x_offset": 2**32 - 1, "y_offset": 3, "height": 5, "width": 2**31, "do_rectify": True},
            }[key]  # fmt: skip
        return lambda: made.camera_info(0, "front_optical", **changes)

    def odometry(chance: random.Random) -> Callable[[int], Any]:
        value = chance.choice(real)
        frames = chance.choice([("odom", "base_link"), ("", ""), ("base_link", "odom"), ("a", "a")])

        def message(t: int) -> Any:
            from av3d.geometry.se3 import SE3

            made_message = made.odometry(chance.choice([t, 0, t // 2]), *frames, SE3.identity())
            inner = made_message["pose"]["pose"]
            part = chance.choice(["position", "orientation"])
            inner[part][chance.choice("xyz")] = value
            return made_message

        return message

    def written_anew(path: Path, chance: random.Random) -> None:
        makers = {
            "static": poses,
            "cloud": cloud,
            "image": image,
            "info": info,
            "odometry": odometry,
        }
        chosen = chance.sample(sorted(makers), chance.choice([1, 1, 2]))
        path.unlink()
        made.small_bag(path, **{name: makers[name](chance) for name in chosen})

    return written_anew


BAG: tuple[Damage, ...] = (
    record_changed, record_changed, record_moved, chunk_changed, chunk_changed, chunk_changed,
)  # fmt: skip
