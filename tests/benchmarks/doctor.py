"""Confusion table of the doctor: faults planted x faults named, and what it says of untouched logs.

Usage: python tests/benchmarks/doctor.py [LOG ...] [--untouched LOG ...] [--faults ID ...]

Faults of files are planted on disk, in a copy of the folder made of links; others in the loaded log,
whatever its kind. A fault counts as named right if the worst finding has its ID.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import av3d
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount, LidarMount
from av3d.calibration.rig_toml import write_rig
from av3d.doctor.alignment import given_mount
from av3d.doctor.examination import examine
from av3d.doctor.finding import Finding
from av3d.doctor.unopened import diagnose
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageStream
from av3d.logs.log import Log
from av3d.logs.sweep import SweepStream
from av3d.logs.trajectory import Trajectory

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"
MS = 1_000_000


class Sweeps(SweepStream):
    """Some sweeps of a stream with other times."""

    def __init__(self, stream: SweepStream, rows: Sequence[int], times_ns: Sequence[int]) -> None:
        super().__init__(np.asarray(times_ns, dtype=np.int64))
        self._stream, self._rows = stream, list(rows)
        self.absent = frozenset(i for i, row in enumerate(self._rows) if row in stream.absent)

    def read(self, index):
        sweep = self._stream.read(self._rows[index])
        return replace(sweep, timestamp_ns=int(self.timestamps_ns[index]))

    def path(self, index):
        return self._stream.path(self._rows[index])


class Images(ImageStream):
    """The images of a stream with other times."""

    def __init__(self, stream: ImageStream, times_ns) -> None:
        super().__init__(np.asarray(times_ns, dtype=np.int64))
        self._stream = stream

    def read(self, index):
        return self._stream.read(index)

    def path(self, index):
        return self._stream.path(index)


def rebuilt(log: Log, **changes) -> Log:
    """The log with other parts; images are placed by trajectory and mount."""
    values = {
        "name": log.name, "kind": log.kind, "path": log.path, "rig": log.rig,
        "trajectory": log.trajectory, "lidars": log.lidars, "cameras": log.cameras,
        "reference_lidar": log.reference_lidar, "tolerance_ns": log.tolerance_ns,
    }  # fmt: skip
    return Log(**{**values, **changes})


def with_poses(log: Log, change: Callable[[np.ndarray, SE3], SE3]) -> Log:
    poses = log.trajectory
    changed = change(poses.timestamps_ns, poses.world_SE3_ego)
    return rebuilt(log, trajectory=Trajectory(poses.timestamps_ns, changed, source=poses.source))


def with_mount(log: Log, mounts: dict[str, CameraMount]) -> Log:
    return rebuilt(log, rig=replace(log.rig, cameras={**log.rig.cameras, **mounts}))


def with_sweeps(log: Log, choose: Callable[[np.ndarray], tuple[list[int], np.ndarray]]) -> Log:
    lidars = {}
    for name, stream in log.lidars.items():
        rows, times_ns = choose(stream.timestamps_ns)
        lidars[name] = Sweeps(stream, rows, times_ns)
    return rebuilt(log, lidars=lidars)


def moved(pose: SE3, places: np.ndarray) -> SE3:
    return SE3.trusted(pose.rotation.copy(), places)


# Faults of times


def gap(log: Log) -> Log:
    def choose(times_ns):
        first = len(times_ns) // 2
        rows = [row for row in range(len(times_ns)) if not first <= row < first + 5]
        return rows, times_ns[rows]

    return with_sweeps(log, choose)


def jitter(log: Log) -> Log:
    def choose(times_ns):
        noise = np.random.default_rng(3).uniform(-0.3, 0.3, len(times_ns)) * log.frame_period_ns
        return list(range(len(times_ns))), times_ns + noise.astype(np.int64)

    return with_sweeps(log, choose)


def disorder(log: Log) -> Log:
    def choose(times_ns):
        changed = times_ns.copy()
        changed[[4, 5]] = changed[[5, 4]]
        return list(range(len(times_ns))), changed

    return with_sweeps(log, choose)


def offset(log: Log) -> Log:
    camera = the_camera(log)
    stream = log.cameras[camera]
    late = Images(stream, stream.timestamps_ns + 70 * MS)
    return rebuilt(log, cameras={**log.cameras, camera: late})


# Faults of poses


def jump(log: Log) -> Log:
    def change(times_ns, poses):
        places = poses.translation_m.copy()
        places[times_ns > (log.start_ns + log.end_ns) // 2] += (0.6, 1.2, 0.0)
        return moved(poses, places)

    return with_poses(log, change)


def speed(log: Log) -> Log:
    """Millimetres instead of metres."""
    return with_poses(log, lambda _, poses: moved(poses, poses.translation_m * 1000.0))


def frozen(log: Log) -> Log:
    """Where the vehicle is fastest, the pose stays for a second."""

    def change(times_ns, poses):
        inside = (times_ns >= log.start_ns) & (times_ns <= log.end_ns - 1100 * MS)
        rows = np.flatnonzero(inside)
        later = np.searchsorted(times_ns, times_ns[rows] + 1000 * MS).clip(0, len(times_ns) - 1)
        far_m = np.linalg.norm(poses.translation_m[later] - poses.translation_m[rows], axis=1)
        best = int(np.argmax(far_m))
        first, last = int(rows[best]), int(later[best])
        index = np.arange(len(times_ns))
        index[first:last] = first
        return poses[index]

    return with_poses(log, change)


# Faults of the calibration


def the_camera(log: Log) -> str:
    names = list(log.cameras) or list(log.rig.cameras)
    return names[0]


def changed_pose(log: Log, change: Callable[[SE3], SE3]) -> Log:
    camera = the_camera(log)
    mount = given_mount(log, camera) if camera in log.cameras else log.rig.camera(camera)
    pose = change(mount.ego_SE3_camera)
    return with_mount(log, {camera: replace(mount, ego_SE3_camera=pose)})


def inverted(log: Log) -> Log:
    return changed_pose(log, lambda pose: pose.inverse())


def axes(log: Log) -> Log:
    turn = np.diag([-1.0, -1.0, 1.0])
    return changed_pose(log, lambda pose: SE3(pose.rotation @ turn, pose.translation_m))


def optical(log: Log) -> Log:
    return changed_pose(
        log, lambda pose: SE3(pose.rotation @ BODY_SE3_OPTICAL.rotation.T, pose.translation_m)
    )


def handedness(log: Log) -> Log:
    """Mirrored, as by a calibration whose y axis points to the right; of a side camera."""
    mirror, flip = np.diag([1.0, -1, 1]), np.diag([-1.0, 1, 1])
    names = list(log.cameras)
    camera = names[1] if len(names) > 1 else names[0]
    mount = given_mount(log, camera)
    pose = mount.ego_SE3_camera
    wrong = SE3(mirror @ pose.rotation @ flip, pose.translation_m * (1, -1, 1))
    return with_mount(log, {camera: replace(mount, ego_SE3_camera=wrong)})


def image_size(log: Log) -> Log:
    camera = the_camera(log)
    mount = given_mount(log, camera)
    half = mount.camera.scaled(mount.camera.width_px // 2, mount.camera.height_px // 2)
    return with_mount(log, {camera: replace(mount, camera=half)})


def intrinsics_of_half(log: Log) -> Log:
    camera = the_camera(log)
    mount = given_mount(log, camera)
    half = mount.camera.scaled(mount.camera.width_px // 2, mount.camera.height_px // 2)
    size = {"width_px": mount.camera.width_px, "height_px": mount.camera.height_px}
    return with_mount(log, {camera: replace(mount, camera=replace(half, **size))})


def lens(log: Log) -> Log:
    """The coefficients of another model; of a pinhole, those of a raw image."""
    camera = the_camera(log)
    mount = given_mount(log, camera)
    given = mount.camera.lens
    if given is None:
        other = BrownConrady(k1=-0.3, k2=0.1)
    else:
        other = KannalaBrandt(*given.coefficients[:4].tolist())
    return with_mount(log, {camera: replace(mount, camera=replace(mount.camera, lens=other))})


def exchanged(log: Log) -> Log:
    names = list(log.cameras) or list(log.rig.cameras)
    directions = [log.rig.camera(name).ego_SE3_camera.rotation[:, 2] for name in names]
    second = names[int(np.argmin([direction @ directions[0] for direction in directions]))]
    pair = {}
    for name, other in ((names[0], second), (second, names[0])):
        mount = given_mount(log, name) if name in log.cameras else log.rig.camera(name)
        there = given_mount(log, other) if other in log.cameras else log.rig.camera(other)
        pair[name] = replace(mount, ego_SE3_camera=there.ego_SE3_camera)
    return with_mount(log, pair)


def lidar(log: Log) -> Log:
    name = log.reference_lidar
    wrong = LidarMount(log.rig.lidar(name).ego_SE3_lidar.inverse())
    return rebuilt(log, rig=replace(log.rig, lidars={**log.rig.lidars, name: wrong}))


LOADED: list[tuple[str, str, Callable[[Log], Log]]] = [
    ("timestamps.gap", "five sweeps removed", gap),
    ("timestamps.jitter", "stamps of sweeps ±30 % of a period", jitter),
    ("timestamps.disorder", "two stamps exchanged", disorder),
    ("timestamps.offset", "a camera 70 ms late", offset),
    ("poses.jump", "1.3 m aside from the middle on", jump),
    ("poses.speed", "positions in millimetres", speed),
    ("poses.frozen", "a second of equal poses", frozen),
    ("calibration.inverted", "extrinsic inverted", inverted),
    ("calibration.axes", "axes swapped", axes),
    ("calibration.optical-frame", "body instead of optical frame", optical),
    ("calibration.handedness", "left and right mirrored", handedness),
    ("calibration.image-size", "half the size in the calibration", image_size),
    ("calibration.image-size", "intrinsics of images half as large", intrinsics_of_half),
    ("calibration.lens", "coefficients of another model", lens),
    ("calibration.wrong-camera", "extrinsics of two cameras exchanged", exchanged),
    ("calibration.lidar", "extrinsic of the LiDAR inverted", lidar),
]
NEED_IMAGES = {"timestamps.offset", "calibration.image-size", "calibration.lens",
               "calibration.handedness"}  # fmt: skip


# Faults on disk


def copied(log: Path, into: Path, without: Sequence[str]) -> Path:
    """A folder of links to the log's entries; the named files are copies."""
    folder = into / log.name
    folder.mkdir(parents=True)
    for entry in log.iterdir():
        inner = [name for name in without if name.split("/")[0] == entry.name]
        if not inner:
            (folder / entry.name).symlink_to(entry)
        elif entry.is_file():
            shutil.copy(entry, folder / entry.name)
        else:
            copied(entry, folder, [name.split("/", 1)[1] for name in inner])
    return folder


def rig_with_matrix(folder: Path, camera: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Write a camera's pose as a matrix that is not what it should be."""
    import tomllib

    import tomli_w

    path = folder / "rig.toml"
    document = tomllib.loads(path.read_text())
    pose = document["camera"][camera]["ego_SE3_camera"]
    matrix = SE3.from_quaternion(pose["quaternion_wxyz"], pose["translation_m"]).matrix
    document["camera"][camera]["ego_SE3_camera"] = {"matrix": change(matrix.copy()).tolist()}
    path.write_text(tomli_w.dumps(document))


def scaled_matrix(folder: Path) -> None:
    def change(matrix):
        matrix[:3, :3] *= 1.08
        return matrix

    rig_with_matrix(folder, "front", change)


def mirrored_matrix(folder: Path) -> None:
    rig_with_matrix(folder, "left", lambda matrix: matrix @ np.diag([-1.0, 1, 1, 1]))


def shuffled_csv(folder: Path) -> None:
    path = folder / "trajectory.csv"
    header, *lines = path.read_text().splitlines()
    lines[100:103] = reversed(lines[100:103])
    path.write_text("\n".join([header, *lines]) + "\n")


def renamed_images(folder: Path) -> None:
    camera = folder / "camera" / "front"
    for image in sorted(camera.iterdir(), reverse=True):
        image.rename(camera / f"{int(image.stem) + 70 * MS}{image.suffix}")


def inverted_toml(folder: Path) -> None:
    rig_with_matrix(folder, "front", np.linalg.inv)


def fisheye_toml(folder: Path) -> None:
    write_rig(lens(av3d.open_log(folder)).rig, folder / "rig.toml")


def pandaset_norm(folder: Path) -> None:
    path = folder / "camera" / "front_camera" / "poses.json"
    poses = json.loads(path.read_text())
    for pose in poses:
        for key in "wxyz":
            pose["heading"][key] *= 1.2
    path.write_text(json.dumps(poses))


def av2_norm(folder: Path) -> None:
    import pyarrow.feather as feather

    path = folder / "calibration" / "egovehicle_SE3_sensor.feather"
    table = feather.read_table(path)
    for key in ("qw", "qx", "qy", "qz"):
        at = table.schema.get_field_index(key)
        table = table.set_column(at, key, [np.asarray(table[key]) * 1.2])
    feather.write_feather(table, path)


DISK: dict[str, list[tuple[str, str, Callable[[Path], None], list[str]]]] = {
    "folder": [
        ("calibration.not-a-rotation", "rig.toml: matrix scaled", scaled_matrix, ["rig.toml"]),
        ("calibration.handedness", "rig.toml: matrix mirrors", mirrored_matrix, ["rig.toml"]),
        ("calibration.inverted", "rig.toml: matrix inverted", inverted_toml, ["rig.toml"]),
        ("calibration.lens", "rig.toml: lens of another model", fisheye_toml, ["rig.toml"]),
        ("timestamps.disorder", "trajectory.csv: lines exchanged", shuffled_csv,
         ["trajectory.csv"]),
        ("timestamps.offset", "images renamed, 70 ms late", renamed_images, ["camera/front/x"]),
    ],
    "pandaset": [
        ("calibration.not-a-rotation", "poses.json: quaternions of norm 1.2", pandaset_norm,
         ["camera/front_camera/poses.json"]),
    ],
    "av2": [
        ("calibration.not-a-rotation", "extrinsics: quaternions of norm 1.2", av2_norm,
         ["calibration/egovehicle_SE3_sensor.feather"]),
    ],
}  # fmt: skip


def findings_of(make: Callable[[], Log], path: Path) -> tuple[Finding, ...]:
    try:
        log = make()
    except Av3dError as error:
        return (diagnose(error, path),)
    return examine(log).findings


def faults_of(path: Path, log: Log) -> Iterator[tuple[str, str, Callable[[], tuple[Finding, ...]]]]:
    has_images = any(len(stream) for stream in log.cameras.values())
    for check, words, plant in LOADED:
        if has_images or check not in NEED_IMAGES:
            yield check, words, lambda plant=plant: findings_of(lambda: plant(log), path)
    for check, words, plant, files in DISK.get(log.kind, []):

        def on_disk(plant=plant, files=files):
            with tempfile.TemporaryDirectory() as temporary:
                folder = copied(path.resolve(), Path(temporary), files)
                plant(folder)
                return findings_of(lambda: av3d.open_log(folder, log.kind), folder)

        yield check, words, on_disk


def said(findings: Sequence[Finding]) -> str:
    faults = [f for f in findings if f.severity.rank < 2]
    return "; ".join(f"{f.check} ({f.sensor})" for f in faults) or "nothing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="*", default=[SAMPLE], type=Path)
    parser.add_argument("--untouched", nargs="*", default=[], type=Path)
    parser.add_argument("--faults", nargs="*", help="only these IDs")
    arguments = parser.parse_args()
    false_alarms = 0
    for path in (*arguments.untouched, *([] if arguments.faults else arguments.logs)):
        begun = time.perf_counter()
        findings = examine(av3d.open_log(path)).findings
        faults = [f for f in findings if f.severity.rank < 2]
        false_alarms += len(faults)
        seconds = time.perf_counter() - begun
        print(f"untouched {path.name} ({seconds:.0f} s): {said(findings)}", flush=True)
    table: Counter[tuple[str, str]] = Counter()
    right = alone = total = 0
    for path in arguments.logs:
        log = av3d.open_log(path)
        for check, words, run in faults_of(path, log):
            if arguments.faults and check not in arguments.faults:
                continue
            findings = run()
            faults = [f for f in findings if f.severity.rank < 2]
            named = faults[0].check if faults else "nothing"
            total += 1
            right += named == check
            alone += {f.check for f in faults} == {check}
            table[check, named] += 1
            mark = " " if named == check else "!"
            print(f"{mark} {path.name[:12]:<12} {check:<28} {words:<36} -> {said(findings)}",
                  flush=True)  # fmt: skip
    print("\nplanted x named")
    for (planted, named), count in sorted(table.items()):
        print(f"  {planted:<28} {named:<28} {count:>3}{'' if planted == named else '  <-'}")
    print(f"{right} of {total} planted faults named right, {alone} with nothing else beside them")
    print(f"{false_alarms} false alarms on untouched logs")


if __name__ == "__main__":
    main()
