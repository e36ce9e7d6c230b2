"""How long a sweep of 180,000 points takes from each kind of file of a log folder.

    python tests/benchmarks/clouds.py

Prints the best and the median of eleven readings, with points checked, intensities scaled and times told.
"""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import feather

from av3d.datasets.folder.lidar_settings import LidarSettings
from av3d.datasets.folder.points import SweepFiles

POINTS = 180_000
STAMP_NS = 1_700_000_000_000_000_000
LAYOUT = np.dtype(
    [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("intensity", "<f4"), ("ring", "<u2"), ("t", "<u4")]
)


def table() -> np.ndarray:
    rng = np.random.default_rng(3)
    made = np.zeros(POINTS, LAYOUT)
    for axis in "xyz":
        made[axis] = np.round(rng.normal(0, 20, POINTS), 3)
    made["intensity"] = rng.integers(0, 256, POINTS)
    made["ring"] = np.arange(POINTS) % 64
    made["t"] = np.linspace(0, 1e8, POINTS)
    return made


def files(folder: Path) -> list[Path]:
    """The same points in every format."""
    made = table()
    fields = (
        "FIELDS x y z intensity ring t\nSIZE 4 4 4 4 2 4\nTYPE F F F F U U\n"
        f"WIDTH {POINTS}\nHEIGHT 1\nPOINTS {POINTS}\nDATA "
    )
    rows = "\n".join(" ".join(map(repr, row.tolist())) for row in made)
    plain = b"".join(made[name].tobytes() for name in LAYOUT.names or ())
    runs = [plain[at : at + 32] for at in range(0, len(plain), 32)]
    packed = b"".join(bytes([len(run) - 1]) + run for run in runs)
    sizes = len(packed).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
    ply = (
        f"ply\nformat binary_little_endian 1.0\nelement vertex {POINTS}\nproperty float x\n"
        "property float y\nproperty float z\nproperty float intensity\nproperty ushort ring\n"
        "property uint t\nend_header\n"
    )
    xyz = np.stack([made[axis] for axis in "xyz"], axis=1)
    npz, columns = io.BytesIO(), io.BytesIO()
    np.savez(npz, points_m=xyz, intensity=made["intensity"].astype(np.uint8))
    feather.write_feather(
        pa.table({name: np.ascontiguousarray(made[name]) for name in LAYOUT.names or ()}), columns
    )
    contents = {
        "binary.pcd": fields.encode() + b"binary\n" + made.tobytes(),
        "compressed.pcd": fields.encode() + b"binary_compressed\n" + sizes + packed,
        "text.pcd": f"{fields}ascii\n{rows}\n".encode(),
        "binary.ply": ply.encode() + made.tobytes(),
        "lz4.feather": columns.getvalue(),
        "plain.npz": npz.getvalue(),
        "plain.bin": np.column_stack([xyz, made["intensity"]]).astype("<f4").tobytes(),
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in contents]


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        for path in files(Path(made)):
            sweeps = SweepFiles("top", [STAMP_NS], [path], LidarSettings())
            sweeps.read(0)  # imports, compiles and tells what values mean
            taken_ms = []
            for _ in range(11):
                start = time.perf_counter()
                assert len(sweeps.read(0)) == POINTS
                taken_ms.append((time.perf_counter() - start) * 1e3)
            print(f"{path.name:16s} {min(taken_ms):6.1f} ms, median {np.median(taken_ms):6.1f} ms")


if __name__ == "__main__":
    main()
