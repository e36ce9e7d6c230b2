"""The reader in docs/examples, built as a package, put beside av3d, used by the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

START_US = 1_700_000_000_000_000


@pytest.fixture(scope="module")
def installed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the built package as an installer unpacks it, for PYTHONPATH."""
    folder = tmp_path_factory.mktemp("plugin")
    source = folder / "source"
    shutil.copytree(repository / "docs/examples/av3d-reader-example", source)
    # Through the hook that pip calls; pip itself would fetch setuptools from the network.
    build = "import sys; from setuptools import build_meta as b; b.build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=source, check=True, capture_output=True
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """Four scans of a vehicle that drives uphill (5 degrees) at 10 m/s, and one parked car."""
    folder = tmp_path / "drive 0042"
    for part in ("scans", "images/front"):
        (folder / part).mkdir(parents=True)
    (folder / "drive.json").write_text('{"format": "roadscan", "name": "uphill"}')
    camera = {"width": 64, "height": 48, "fx": 40, "fy": 40, "cx": 31.5, "cy": 23.5}
    place = {"position": [1.5, 0, 1.6], "roll_pitch_yaw_deg": [0, 0, 0]}
    calibration = {
        "lidar": {"position": [0, 0, 1.9], "roll_pitch_yaw_deg": [0, 0, 90]},
        "cameras": {"front": {**camera, **place}},
    }
    (folder / "calibration.json").write_text(json.dumps(calibration))
    up = np.tan(np.radians(5))
    poses = ["time_us,x,y,z,roll_deg,pitch_deg,yaw_deg"]
    index = ["file,time_us"]
    objects = ["time_us,id,class,x,y,z,length,width,height,yaw_deg"]
    picture = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    for step in range(4):
        time = START_US + 100_000 * step
        poses.append(f"{time},{step},0,{step * up},0,-5,0")
        index.append(f"{step:06}.csv,{time}")
        scan = ["x,y,z,reflectivity,dt_us", "3,-12,-1.5,50,0", "1,-7,0.5,100,90000"]
        (folder / "scans" / f"{step:06}.csv").write_text("\n".join(scan))
        (folder / "images/front" / f"{time + 20_000}.jpg").write_bytes(picture)
        ahead = 20 - step / np.cos(np.radians(5))
        objects.append(f"{time},7,CAR,{ahead},0,0,4.5,1.9,1.6,0")
    for name, lines in (
        ("poses.csv", poses), ("scans/index.csv", index), ("objects.csv", objects),
    ):  # fmt: skip
        (folder / name).write_text("\n".join(lines) + "\n")
    return folder


def av3d(installed: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", "from av3d.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_command_line_uses_the_installed_reader(
    installed: Path, drive: Path, tmp_path: Path
) -> None:
    told = av3d(installed, "info", drive, "--json")
    assert told.returncode == 0, told.stderr
    facts = json.loads(told.stdout)
    assert (facts["kind"], facts["name"], facts["frames"]) == ("roadscan", "uphill", 4)
    assert facts["cameras"]["front"]["frames_with_image"] == 4
    assert facts["lidars"]["roof"]["point_times"] == "per point"

    project = tmp_path / "town.av3d"
    imported = av3d(installed, "import", drive, "--project", project, "--json")
    assert imported.returncode == 0, imported.stderr

    picture = tmp_path / "front.png"
    drawn = av3d(
        installed, "render", drive, "--project", project, "--frame", 1, "--camera", "front",
        "--out", picture,
    )  # fmt: skip
    assert drawn.returncode == 0, drawn.stderr
    assert cv2.imread(str(picture)) is not None


def test_points_poses_and_objects_stand_where_they_are(installed: Path, drive: Path) -> None:
    look = """
import json, sys, av3d
from av3d.datasets.registry import own_labels
log = av3d.open_log(sys.argv[1])
(track,) = own_labels(log)
sweep = log.sweep(0)
print(json.dumps({
    "cloud": log.rig.lidar("roof").ego_SE3_lidar.transform(sweep.points_m).tolist(),
    "intensity": sweep.intensity.tolist(),
    "times": sweep.time_offset_ns.tolist(),
    "category": track.category,
    "provenance": track.keyframes[0].provenance,
    "centers": [k.cuboid.center_m.tolist() for k in track.keyframes],
    "ahead": log.rig.camera("front").ego_SE3_camera.rotate([0, 0, 1]).tolist(),
}))
"""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    ran = subprocess.run(
        [sys.executable, "-c", look, str(drive)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    np.testing.assert_allclose(found["cloud"], [[12, 3, 0.4], [7, 1, 2.4]], atol=1e-5)
    assert found["intensity"] == [0.5, 1.0]
    assert found["times"] == [0, 90_000_000]
    assert (found["category"], found["provenance"]) == ("car", "imported")
    np.testing.assert_allclose(found["ahead"], [1, 0, 0], atol=1e-9)
    # The car does not move, though it stands on the slope and is given in the vehicle's frame.
    slope = np.radians(5)
    expected = [
        20 * np.cos(slope) - 0.8 * np.sin(slope),
        0,
        20 * np.sin(slope) + 0.8 * np.cos(slope),
    ]
    np.testing.assert_allclose(found["centers"], [expected] * 4, atol=1e-6)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "calibration.json").write_text("{}"), "calibration lacks something"),
        (
            lambda f: (f / "scans/index.csv").write_text("file,time_us\n../../etc/passwd,1\n"),
            "is no file name",
        ),
    ],
)  # fmt: skip
def test_a_damaged_drive_is_one_clear_line(
    installed: Path, drive: Path, damage, message: str
) -> None:
    damage(drive)
    ran = av3d(installed, "info", drive)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: ")
    assert message in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_without_the_package_nobody_knows_the_drive(drive: Path, tmp_path: Path) -> None:
    ran = av3d(tmp_path, "info", drive)
    assert ran.returncode == 2
    assert "not a log that av3d knows" in ran.stderr
