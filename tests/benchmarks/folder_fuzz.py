"""Broken log folders: each must open, or end in one line, soon and without much memory.

    python tests/benchmarks/folder_fuzz.py [logs] [seed]

Each log has clouds of one of the formats, images, a rig, poses and times in one of their forms, and one
file damaged: truncated, flipped bytes, words that make no sense, claims of huge sizes, links, folders
in place of files. Fails on anything else than a result or an Av3dError of one line.
"""

from __future__ import annotations

import io
import random
import re
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
from pyarrow import feather

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.calibration.rig_toml import write_rig
from av3d.datasets.registry import open_log
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.render.bev_picture import bev_picture

LONGEST_S = 10.0
MOST_BYTES = 2 * 1024**3
START_NS = 1_700_000_000_000_000_000
POINTS = 600

LAYOUT = np.dtype(
    [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("intensity", "<f4"), ("ring", "<u2"), ("t", "<u4")]
)


def table() -> np.ndarray:
    made = np.zeros(POINTS, LAYOUT)
    rng = np.random.default_rng(3)
    for axis in "xyz":
        made[axis] = np.round(rng.normal(0, 20, POINTS), 1)
    made["intensity"] = rng.integers(0, 256, POINTS)
    made["ring"] = np.arange(POINTS) % 32
    made["t"] = np.linspace(0, 1e8, POINTS)
    return made


def pcd(data: str) -> bytes:
    made = table()
    head = (
        "VERSION 0.7\nFIELDS x y z intensity ring t\nSIZE 4 4 4 4 2 4\nTYPE F F F F U U\n"
        f"COUNT 1 1 1 1 1 1\nWIDTH {POINTS}\nHEIGHT 1\nPOINTS {POINTS}\nDATA {data}\n"
    ).encode()
    if data == "binary":
        return head + made.tobytes()
    if data == "ascii":
        return head + "\n".join(" ".join(map(repr, row.tolist())) for row in made).encode()
    # Runs of literal bytes are valid LZF.
    plain = b"".join(made[name].tobytes() for name in LAYOUT.names or ())
    runs = [plain[at : at + 32] for at in range(0, len(plain), 32)]
    packed = b"".join(bytes([len(run) - 1]) + run for run in runs)
    sizes = len(packed).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
    return head + sizes + packed


def ply(form: str) -> bytes:
    order = ">" if "big" in form else "<"
    made = table().astype(table().dtype.newbyteorder(order))
    head = (
        f"ply\nformat {form} 1.0\nelement face 2\nproperty list uchar int vertex_indices\n"
        f"element vertex {POINTS}\nproperty float x\nproperty float y\nproperty float z\n"
        "property float intensity\nproperty ushort ring\nproperty uint t\nend_header\n"
    ).encode()
    if form == "ascii":
        rows = ["3 0 1 2", "3 0 1 2", *(" ".join(map(repr, row.tolist())) for row in table())]
        return head + "\n".join(rows).encode()
    face = bytes([3]) + np.arange(3, dtype=f"{order}i4").tobytes()
    return head + face * 2 + made.tobytes()


def other(suffix: str) -> bytes:
    made, out = table(), io.BytesIO()
    xyz = np.stack([made[axis] for axis in "xyz"], axis=1)
    if suffix == ".npz":
        np.savez_compressed(
            out,
            points_m=xyz,
            intensity=made["intensity"],
            time_offset_ns=made["t"].astype(np.int64),
        )
    elif suffix == ".npy":
        np.save(out, made)
    elif suffix == ".bin":
        out.write(np.column_stack([xyz, made["intensity"]]).astype("<f4").tobytes())
    else:
        columns = {name: np.ascontiguousarray(made[name]) for name in LAYOUT.names or ()}
        feather.write_feather(pa.table(columns), out)
    return out.getvalue()


CLOUDS = {
    **{f"pcd {data}": (".pcd", pcd(data)) for data in ("ascii", "binary", "binary_compressed")},
    **{
        f"ply {form}": (".ply", ply(form))
        for form in ("ascii", "binary_little_endian", "binary_big_endian")
    },
    **{suffix: (suffix, other(suffix)) for suffix in (".npz", ".npy", ".bin", ".feather")},
}
SETTINGS = """format = "av3d-folder"
version = 1
reference_lidar = "top"
[lidar.top]
intensity_scale = "auto"
spin = { direction = "clockwise", azimuth_at_stamp_deg = 180, stamp = "start", period_ms = 100 }
"""


def make(folder: Path, kind: str, chance: random.Random) -> None:
    forward = SE3(np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.array([1.5, 0, 1.5]))
    camera = CameraMount(Camera(64, 48, 40, 40, 31.5, 23.5), forward)
    rig = Rig("van", {"top": LidarMount(SE3.from_yaw(0.1, (0, 0, 1.9)))}, {"front": camera})
    for part in ("lidar/top", "camera/front"):
        (folder / part).mkdir(parents=True)
    write_rig(rig, folder / "rig.toml")
    (folder / "log.toml").write_text(SETTINGS)
    suffix, cloud = CLOUDS[kind]
    picture = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    counted = chance.random() < 0.5
    times, poses = [], []
    for step in range(4):
        stamp = f"{1_700_000_000 + step // 10}.{step % 10}00000"
        name = f"{step:06}" if counted else stamp
        (folder / "lidar/top" / f"{name}{suffix}").write_bytes(cloud)
        (folder / "camera/front" / f"{stamp}.jpg").write_bytes(picture)
        times.append(f"{name}{suffix},{stamp}")
        poses.append(f"{stamp} {step} 0 0 0 0 0 1")
    if counted:
        (folder / "lidar/top/timestamps.csv").write_text("\n".join(times))
    if chance.random() < 0.5:
        (folder / "trajectory.txt").write_text("\n".join(poses))
    else:
        head = "timestamp,tx,ty,tz,qx,qy,qz,qw"
        rows = [pose.replace(" ", ",") for pose in poses]
        (folder / "trajectory.csv").write_text("\n".join([head, *rows]))


def truncated(path: Path, chance: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: chance.randrange(len(data))])


def flipped(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    # Half of them in the header.
    last = len(data) if chance.random() < 0.5 else min(len(data), 300)
    for _ in range(chance.randrange(1, 20)):
        data[chance.randrange(last)] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def senseless(path: Path, chance: random.Random) -> None:
    """Another word in place of a number or a name."""
    data = path.read_bytes()
    words = list(re.finditer(rb"[A-Za-z0-9_.]+", data[:2000]))
    word = chance.choice(words)
    instead = chance.choice(
        [
            b"nan", b"-1", b"0", b"99999999999", b"9" * 400, b"1e308", b"../../etc/passwd", b"",
            b"\xff\xfe", b"true", b"[1, 2]", b"4294967295", b"x", b"list", b"ascii", b"binary",
            b"1e-400", b"18446744073709551616", b"\0",
        ]
    )  # fmt: skip
    path.write_bytes(data[: word.start()] + instead + data[word.end() :])


def huge(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    start = chance.randrange(max(len(data) - 8, 1))
    data[start : start + 8] = chance.choice([2**31 - 1, 2**40, 2**62]).to_bytes(8, "little")
    path.write_bytes(data)


def longer(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes() * chance.choice([2, 300]))


def empty(path: Path, chance: random.Random) -> None:
    path.write_bytes(b"")


def zeros(path: Path, chance: random.Random) -> None:
    path.write_bytes(bytes(chance.randrange(1, 100_000)))


def folder(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.mkdir()


def link(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.symlink_to(chance.choice([path.name, "/etc/passwd", "/dev/zero", "/nonexistent"]))


def renamed(path: Path, chance: random.Random) -> None:
    name = chance.choice(["9" * 30, "-5", "now", "0" * 18, "ä b", "1.5", "1_000"])
    path.rename(path.with_name(f"{name}{path.suffix}"))


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (
    truncated, truncated, flipped, flipped, senseless, senseless, senseless, huge, longer, empty,
    zeros, folder, link, renamed,
)  # fmt: skip


def use(path: Path) -> None:
    """What people do with a log."""
    log = open_log(path, "folder")
    for stream in log.lidars.values():
        stream.notes()
    for row in range(len(log.frames)):
        log.cloud(row)
    for row, image in enumerate(log.frames[at].images["front"] for at in range(len(log.frames))):
        if image is not None and row < 2:
            log.image("front", image)
    bev_picture(log, 0, (), size_px=(320, 240))


def main(count: int, seed: int) -> int:
    warnings.simplefilter("error", RuntimeWarning)
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()
    worst_s, worst = 0.0, ""
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "log ä"
        for number in range(count):
            shutil.rmtree(path, ignore_errors=True)
            kind = sorted(CLOUDS)[number % len(CLOUDS)]
            make(path, kind, chance)
            damage = chance.choice(DAMAGES)
            files = sorted(file for file in path.rglob("*") if file.is_file())
            clouds = [file for file in files if file.parent.name == "top"]
            damage(chance.choice(clouds if chance.random() < 0.6 else files), chance)
            start = time.perf_counter()
            try:
                use(path)
                outcomes["used"] += 1
            except Av3dError as error:
                outcomes["refused in one line" if "\n" not in str(error) else "many lines"] += 1
            except Exception as error:  # what this is all about
                outcomes[f"{kind} {damage.__name__}: {error!r}"] += 1
            taken_s = time.perf_counter() - start
            if taken_s > worst_s:
                worst_s, worst = taken_s, f"{kind}, {damage.__name__}"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for outcome, times in outcomes.most_common():
        print(f"{times:5d} {outcome}")
    print(f"longest {worst_s:.2f} s ({worst}), memory {memory / 1e6:.0f} MB")
    fine = set(outcomes) <= {"used", "refused in one line"}
    return 0 if fine and worst_s < LONGEST_S and memory < MOST_BYTES else 1


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(numbers + [1000, 1][len(numbers) :])))
