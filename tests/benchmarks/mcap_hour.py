"""How long a bag of an hour takes to open: the first time, and once its index is kept.

36,000 sweeps and images and 360,000 odometry messages, all tiny: what is measured is the work per
message, not the disk. Run it as `python tests/benchmarks/mcap_hour.py`.
"""

from __future__ import annotations

import os
import random
import resource
import struct
import tempfile
import time
from pathlib import Path
from typing import Any

from mcap.writer import Writer
from mcap_ros2._dynamic import serialize_dynamic

from av3d.datasets.mcap_ros2 import messages as ros
from av3d.datasets.registry import open_log

START_NS, STEP_NS, SWEEPS, PER_SWEEP = 1_700_000_000_000_000_000, 100_000_000, 36_000, 10


def encoded(type_: str, message: dict[str, Any]) -> bytearray:
    return bytearray(serialize_dynamic(type_, ros.definition(type_))[type_](message))


def write_bag(path: Path) -> None:
    def header(frame: str) -> dict[str, Any]:
        return {"stamp": {"sec": 0, "nanosec": 0}, "frame_id": frame}

    fields = [
        {"name": axis, "offset": 4 * at, "datatype": 7, "count": 1} for at, axis in enumerate("xyz")
    ]
    cloud = encoded(ros.CLOUD, {
        "header": header("base_link"), "height": 1, "width": 1, "fields": fields, "point_step": 12,
        "row_step": 12, "data": struct.pack("<3f", 1, 2, 3), "is_dense": True,
    })  # fmt: skip
    image = encoded(
        ros.COMPRESSED_IMAGE, {"header": header("camera"), "format": "jpeg", "data": b"x" * 100}
    )
    odometry = encoded(ros.ODOMETRY, {
        "header": header("odom"), "child_frame_id": "base_link",
        "pose": {"pose": {"orientation": {"w": 1.0}}},
    })  # fmt: skip
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start("ros2", "av3d benchmark")
        channels = []
        for topic, type_ in (
            ("/points", ros.CLOUD), ("/front/image", ros.COMPRESSED_IMAGE), ("/odom", ros.ODOMETRY),
        ):  # fmt: skip
            text = ros.definition(type_).encode()
            schema = writer.register_schema(type_.replace("/", "/msg/"), "ros2msg", text)
            channels.append(writer.register_channel(topic, "cdr", schema))

        def add(channel: int, data: bytearray, time_ns: int) -> None:
            struct.pack_into("<iI", data, 4, *divmod(time_ns, 10**9))
            writer.add_message(channel, time_ns, bytes(data), time_ns)

        for sweep in range(SWEEPS):
            at = START_NS + sweep * STEP_NS
            add(channels[0], cloud, at)
            add(channels[1], image, at)
            for step in range(PER_SWEEP):
                add(channels[2], odometry, at + step * STEP_NS // PER_SWEEP)
        writer.finish()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        path = Path(folder) / "hour.mcap"
        write_bag(path)
        for what in ("first", "with its index kept"):
            started = time.perf_counter()
            log = open_log(path)
            seconds = time.perf_counter() - started
            print(f"opened in {seconds:.2f} s ({what}): {len(log.frames):,} frames")
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        dice = random.Random(1)
        started = time.perf_counter()
        for _ in range(1000):
            log.sweep(dice.randrange(SWEEPS))
        seconds = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            f"1,000 random sweeps in {seconds:.2f} s; RSS {rss // 1024} MB, then {after // 1024} MB"
        )


if __name__ == "__main__":
    main()
