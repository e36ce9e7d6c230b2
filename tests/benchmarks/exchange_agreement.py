"""Labels to OpenLABEL, CSV and Parquet and back: how exactly they come back, how long, how much memory.

    AV3D_REAL_DATA=... python tests/benchmarks/exchange_agreement.py [LOG ...]

LOG is any log with labels of its own; default: PandaSet and Argoverse 2 of AV3D_REAL_DATA, as far as
they are there, and the sample log. For each log and format the labels are written, read and compared at
every frame: IDs, names, categories, presence and attributes must be equal; the largest differences of
centres, sizes and angles are printed. What was read is written and read once more: by then every cuboid
is an imported keyframe, and tracks should be equal in every digit.

OpenLABEL files are validated against the JSON schema of version 1.0.0, with fastjsonschema and with
jsonschema, and another reader (VCD, by authors of the standard) computes the corners of every tenth frame
in the world.

Then memory: a made log of 200 objects, exported by a process of its own with 40,000 and 200,000 cuboids.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import fastjsonschema
import numpy as np
from jsonschema import Draft7Validator
from vcd.core import OpenLABEL
from vcd.schema import openlabel_schema, openlabel_schema_version
from vcd.scl import Scene
from vcd.utils import generate_cuboid_points_ref_4x8

from av3d.calibration.rig import LidarMount, Rig
from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog
from av3d.datasets.registry import dataset, open_log, own_labels
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track
from av3d.types import FloatArray

FORMATS = ("openlabel", "csv", "parquet")
SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"
STEP_NS = 100_000_000
OBJECTS = 200


def main() -> None:
    """All figures."""
    warnings.filterwarnings("ignore", module="vcd")
    logs = [Path(name) for name in sys.argv[1:]] or default_logs()
    for path in logs:
        log = open_log(path)
        tracks = own_labels(log)
        print(f"{log.kind} {log.name}: {len(log.frames)} frames, {len(tracks)} tracks")
        for name in FORMATS:
            with tempfile.TemporaryDirectory() as folder:
                compare(log, tracks, name, Path(folder))
    for name in FORMATS:
        for cuboids in (40_000, 200_000):
            with tempfile.TemporaryDirectory() as folder:
                command = [sys.executable, __file__, "--memory", name, str(cuboids), folder]
                subprocess.run(command, check=True)


def default_logs() -> list[Path]:
    """The logs of the folder of real data that are there, and the sample log."""
    root = Path(os.environ.get("AV3D_REAL_DATA", "/nowhere"))
    found = [*sorted(root.glob("pandaset/*")), *sorted(root.glob("av2/*"))]
    return [*[path for path in found if path.is_dir() and is_log(path)], SAMPLE]


def is_log(path: Path) -> bool:
    """Whether a folder opens as a log with labels."""
    try:
        return len(own_labels(open_log(path))) > 0
    except Av3dError:
        return False


def compare(log: Log, tracks: tuple[Track, ...], name: str, folder: Path) -> None:
    """Write, read, compare at every frame, and write again."""
    start = time.perf_counter()
    report = write(log, tracks, name, folder / "one")
    written = time.perf_counter()
    found = dataset(name).read_labels(log, folder / "one")
    read = time.perf_counter()
    by_id = {track.id: track for track in found.tracks}
    kept = [track for track in tracks if track.id in by_id]
    again = [by_id[track.id] for track in kept]
    differing = sum(
        (old.name, old.category) != (new.name, new.category)
        for old, new in zip(kept, again, strict=True)
    )
    metres = sizes_m = radians = 0.0
    compared = presence = attributes = 0
    differing += len(kept) - report.tracks
    for frame in log.frames:
        before = states_in_sweep(kept, frame.timestamp_ns, log)
        after = states_in_sweep(again, frame.timestamp_ns, log)
        for old, new in zip(before, after, strict=True):
            presence += (old is None) != (new is None)
            if old is None or new is None:
                continue
            compared += 1
            one, other = old.cuboid, new.cuboid
            metres = max(metres, float(np.abs(one.center_m - other.center_m).max()))
            sizes_m = max(sizes_m, float(np.abs(one.size_lwh_m - other.size_lwh_m).max()))
            turned = one.frame_SE3_cuboid.angle_to_rad(other.frame_SE3_cuboid)
            radians = max(radians, float(turned))
            attributes += dict(old.attributes) != dict(new.attributes)
    missing = len(tracks) - report.tracks
    assert compared == report.cuboids
    megabytes = sum(path.stat().st_size for path in (folder / "one").iterdir()) / 1e6
    print(
        f"  {name}: {report.cuboids:,} cuboids of {report.tracks} tracks ({missing} in no frame), "
        f"{megabytes:.1f} MB, written in {written - start:.2f} s, read in {read - written:.2f} s"
    )
    print(
        f"    back at all frames: centres {metres:.1e} m, sizes {sizes_m:.1e} m, angles "
        f"{radians:.1e} rad; differences of ID, name or category {differing}, of presence "
        f"{presence}, of attributes {attributes}"
    )
    for loss in report.losses:
        print(f"    lost: {loss.what}, {loss.count} {loss.of}")
    write(log, found.tracks, name, folder / "two")
    twice = dataset(name).read_labels(log, folder / "two").tracks
    same = sum(old.digest == new.digest for old, new in zip(found.tracks, twice, strict=True))
    apart_m = max(
        float(np.abs(old.columns.centers_m - new.columns.centers_m).max())
        for old, new in zip(found.tracks, twice, strict=True)
    )
    apart = max(
        float(np.abs(quaternions(old) - quaternions(new)).max())
        for old, new in zip(found.tracks, twice, strict=True)
    )
    print(
        f"    what was read, written and read again: {same} of {len(twice)} tracks equal in every "
        f"digit, centres within {apart_m:.1e} m, quaternions within {apart:.1e}"
    )
    if name == "openlabel":
        validate(log, kept, next((folder / "one").glob("*.json")))


def write(log: Log, tracks: tuple[Track, ...], name: str, out: Path) -> ExportReport:
    """Export labels."""
    return dataset(name).write_labels([LabelledLog(log, tracks)], out, ExportOptions())


def quaternions(track: Track) -> FloatArray:
    """Of all keyframes, (N, 4)."""
    return np.stack([k.cuboid.frame_SE3_cuboid.quaternion_wxyz for k in track.keyframes])


def validate(log: Log, tracks: list[Track], path: Path) -> None:
    """Against the schema, and by another reader."""
    content = json.loads(path.read_text())
    fastjsonschema.compile(openlabel_schema)(content)
    errors = len(list(Draft7Validator(openlabel_schema).iter_errors(content)))
    reader = OpenLABEL()
    reader.load_from_file(str(path), validation=False)
    scene = Scene(reader)
    worst_m, compared = 0.0, 0
    for frame in log.frames[::10]:
        states = states_in_sweep(tracks, frame.timestamp_ns, log)
        objects = content["openlabel"]["frames"][str(frame.index)].get("objects", {})
        named = {object_id(uid, content): entry for uid, entry in objects.items()}
        for track, state in zip(tracks, states, strict=True):
            if state is None:
                continue
            [cuboid] = named[track.id]["object_data"]["cuboid"]
            corners = generate_cuboid_points_ref_4x8(cuboid["val"])
            in_world = scene.transform_points3d_4xN(
                corners, cuboid["coordinate_system"], "world", frame.index
            )
            apart = in_world[:3].T[:, None] - state.cuboid.corners_m()[None]
            worst_m = max(worst_m, float(np.linalg.norm(apart, axis=2).min(axis=1).max()))
            compared += 1
    print(
        f"    schema {openlabel_schema_version}: valid (fastjsonschema), {errors} errors (jsonschema); "
        f"corners of {compared:,} cuboids by VCD within {worst_m:.1e} m"
    )


def object_id(uid: str, content: dict[str, object]) -> str:
    """The ID of the track of an object."""
    objects = content["openlabel"]["objects"]  # type: ignore[index]
    for item in objects[uid].get("object_data", {}).get("text", ()):
        if item["name"] == "av3d.id":
            return str(item["val"])
    return uid


class NoPoints(SweepStream):
    """Sweeps of a made log."""

    def read(self, index: int) -> Sweep:
        empty = np.zeros(0, np.float32)
        return Sweep("lidar", int(self.timestamps_ns[index]), np.zeros((0, 3), np.float32), empty)


def made_log(cuboids: int) -> tuple[Log, tuple[Track, ...]]:
    """Objects that drive straight on, with two keyframes each, in as many frames as it takes."""
    times_ns = STEP_NS * np.arange(cuboids // OBJECTS)
    path = SE3.from_yaw(np.zeros(len(times_ns)), np.outer(times_ns / 1e9, [8.0, 0.0, 0.0]))
    log = Log(
        name="made", kind="made", path=Path("/nowhere"),
        rig=Rig("rig", {"lidar": LidarMount(SE3.identity())}, {}),
        trajectory=Trajectory(times_ns, path), lidars={"lidar": NoPoints(times_ns)},
        cameras={},
    )  # fmt: skip
    tracks = []
    for number in range(OBJECTS):
        places = [(number, 3.0, 0.8), (number + 8.0 * times_ns[-1] / 1e9, 3.0, 0.8)]
        keyframes = tuple(
            Keyframe(int(time_ns), Cuboid.from_yaw(place, (4.5, 1.9, 1.6), 0.01 * number))
            for time_ns, place in zip(times_ns[[0, -1]], places, strict=True)
        )
        tracks.append(Track(f"track {number}", "car", keyframes, (), number + 1, {"a": number}))
    return log, tuple(tracks)


def memory_mb(what: str) -> float:
    """A figure of this process as Linux counts it."""
    [line] = [
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what)
    ]
    return int(line.split()[1]) / 1024


def measure(name: str, cuboids: int, folder: Path) -> None:
    """Export a made log in this process and say how much memory that took."""
    log, tracks = made_log(cuboids)
    small, few = made_log(10 * OBJECTS)
    write(
        small, few, name, folder / "small"
    )  # what is imported and compiled is not what is measured
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here on: proc(5)
    before = memory_mb("VmRSS")
    start = time.perf_counter()
    report = write(log, tracks, name, folder / "out")
    seconds = time.perf_counter() - start
    peak = memory_mb("VmHWM")
    assert report.cuboids == cuboids
    megabytes = sum(path.stat().st_size for path in (folder / "out").iterdir()) / 1e6
    print(
        f"{name}: {cuboids:,} cuboids, {megabytes:.0f} MB in {seconds:.1f} s, "
        f"at its peak {peak - before:.0f} MB of memory more than before"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        measure(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
