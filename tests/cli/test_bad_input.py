"""What broken files do to the commands: one clear line and exit code 2, or the rest of the log.

Each case breaks a copy of a tiny log. The command line runs as users run it, with the process's own
file descriptors, so that what libraries print is seen too.
"""

from __future__ import annotations

import gzip
import json
import os
import pickle
import shutil
import sqlite3
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from av3d.cli.console import quiet_libraries
from av3d.cli.main import run

Break = Callable[[Path], object]
KITTI_CALIB = """\
P2: 700 0 600 43.2 0 700 180 0.36 0 0 1 0.002
R0_rect: 1 0 0 0 1 0 0 0 1
Tr_velo_to_cam: 0 -1 0 0 0 0 -1 -0.08 1 0 0 -0.27
Tr_imu_to_velo: 1 0 0 -0.8 0 1 0 0.3 0 0 1 -0.8
"""
KITTI_LABELS = "".join(
    f"{frame} 7 Car 0 1 0.10 500 150 560 200 1.5 1.6 4.0 -2 1.6 20 0.2\n" for frame in range(2)
)
PANDA_TIMES = [1557539956.5, 1557539956.6]
UPRIGHT = {"position": {"x": 0, "y": 0, "z": 0}, "heading": {"w": 1, "x": 0, "y": 0, "z": 0}}


@pytest.fixture(scope="module")
def kitti_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two frames of a tracking sequence, in a folder with a space and an umlaut."""
    root = tmp_path_factory.mktemp("kitti") / "Zwei Wörter"
    split = root / "training"
    for folder in ("velodyne/0000", "image_02/0000", "calib", "label_02", "oxts"):
        (split / folder).mkdir(parents=True)
    picture = cv2.imencode(".png", np.zeros((360, 1200, 3), np.uint8))[1].tobytes()
    for frame in range(2):
        points = np.array([[20, 2, -1, 0.5], [5, 0, -1.7, 0.25]], dtype="<f4")
        points.tofile(split / f"velodyne/0000/{frame:06d}.bin")
        (split / f"image_02/0000/{frame:06d}.png").write_bytes(picture)
    (split / "calib/0000.txt").write_text(KITTI_CALIB)
    (split / "label_02/0000.txt").write_text(KITTI_LABELS)
    (split / "oxts/0000.txt").write_text(f"49.0 8.4 110 0 0 1.57 {' '.join(['0'] * 24)}\n" * 2)
    return root


@pytest.fixture(scope="module")
def panda_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two PandaSet sweeps without cameras, one labelled car."""
    root = tmp_path_factory.mktemp("panda") / "日本 2"
    (root / "annotations/cuboids").mkdir(parents=True)
    (root / "lidar").mkdir()
    for frame, time in enumerate(PANDA_TIMES):
        cloud = {"x": [0.0, 5.0], "y": [10.0, 0.0], "z": [1.0, 0.5], "i": [0.0, 51.0]}
        table = pd.DataFrame({**cloud, "t": [time - 0.05] * 2, "d": [0, 1]})
        table.to_pickle(root / f"lidar/{frame:02d}.pkl.gz", protocol=4)
        car: dict[str, Any] = {"uuid": "a", "label": "Car", "yaw": 0.0}
        car |= {f"position.{axis}": 5.0 for axis in "xyz"}
        car |= {f"dimensions.{axis}": 2.0 for axis in "xyz"}
        pd.DataFrame([car]).to_pickle(root / f"annotations/cuboids/{frame:02d}.pkl.gz", protocol=4)
    (root / "lidar/timestamps.json").write_text(json.dumps(PANDA_TIMES))
    (root / "lidar/poses.json").write_text(json.dumps([UPRIGHT] * 2))
    return root


def av3d(*arguments: object) -> int:
    with quiet_libraries():
        return run([str(argument) for argument in arguments])


@pytest.fixture
def refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that has to fail with one line and leave nothing; returns the line."""

    def check(*arguments: object) -> str:
        before = sorted(tmp_path.iterdir())
        assert av3d(*arguments) == 2
        out, error = capfd.readouterr()
        assert out == ""
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert "defect" not in error
        assert sorted(tmp_path.iterdir()) == before
        return error

    return check


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds hardly any data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def text(name: str, before: str, after: str) -> Break:
    def change(log: Path) -> None:
        found = (log / name).read_text()
        assert before in found
        (log / name).write_text(found.replace(before, after, 1))

    return change


def content(name: str, data: bytes | str) -> Break:
    raw = data.encode() if isinstance(data, str) else data
    return lambda log: (log / name).write_bytes(raw)


def folder_instead(name: str) -> Break:
    return lambda log: ((log / name).unlink(), (log / name).mkdir())


def loop_instead(name: str) -> Break:
    return lambda log: ((log / name).unlink(), (log / name).symlink_to(log / name))


IMAGE = "training/image_02/0000/000000.png"
CLOUD = "training/velodyne/0000/000000.bin"
CALIB = "training/calib/0000.txt"
LABELS = "training/label_02/0000.txt"
NAN = np.full((2, 4), np.nan, "<f4").tobytes()
FAR = np.full((2, 4), 1e30, "<f4").tobytes()
GARBAGE = bytes(range(256)) * 8
ROTATION = "R0_rect: 1 0 0 0 1 0 0 0 1"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (content(IMAGE, b""), "empty, 0 bytes"),
        (content(IMAGE, b"<html>not found</html>"), "not a readable JPEG or PNG"),
        (content(IMAGE, png(1200, 360)), "not a readable JPEG or PNG"),
        (content(IMAGE, png(200_000, 200_000)), "more than 100 million"),
        (content(IMAGE, png(0, 0)), "not a readable JPEG or PNG"),
        (content(IMAGE, png(1200, 360)[:40]), "truncated"),
        (folder_instead(IMAGE), "directory"),
        (loop_instead(IMAGE), "symbolic links"),
    ],
)
def test_a_broken_image_concerns_only_its_picture(
    kitti_root: Path, tmp_path: Path, refused: Callable[..., str], broken: Break, message: str
) -> None:
    log = tmp_path / "log"
    shutil.copytree(kitti_root, log)
    broken(log)
    error = refused("render", log, "--camera", "image_02", "--out", tmp_path / "c.png")
    assert message in error.lower() or message in error
    assert "000000.png" in error
    assert av3d("info", log) == 0
    assert av3d("render", log, "--view", "bev", "--size", "60x40", "--out", tmp_path / "b.png") == 0


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (content(CLOUD, b""), "empty, 0 bytes"),
        (content(CLOUD, bytes(33)), "multiple of 16"),
        (content(CLOUD, NAN), "not finite"),
        (content(CLOUD, FAR), "beyond 1e+08 m"),
        (folder_instead(CLOUD), "irectory"),
        (loop_instead(CLOUD), "symbolic links"),
    ],
)
def test_a_broken_point_cloud_concerns_only_its_frame(
    kitti_root: Path, tmp_path: Path, refused: Callable[..., str], broken: Break, message: str
) -> None:
    log = tmp_path / "log"
    shutil.copytree(kitti_root, log)
    broken(log)
    bev = ("render", log, "--view", "bev", "--size", "60x40", "--out")
    assert message in refused(*bev, tmp_path / "a.png")
    assert av3d("info", log) == 0
    assert av3d(*bev, tmp_path / "b.png", "--frame", "1") == 0


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (text(CALIB, ROTATION, "R0_rect: 0 0 0 0 0 0 0 0 0"), "not a rotation"),
        (text(CALIB, ROTATION, "R0_rect: 2 0 0 0 2 0 0 0 2"), "not a rotation"),
        (text(CALIB, ROTATION, "R0_rect: 1 0 0 0 1 0 0 0 -1"), "mirrors"),
        (text(CALIB, "P2: 700", "P2: nan"), "finite numbers"),
        (text(CALIB, "P2: 700", "P2: -700"), "not the projection"),
        (text(CALIB, "-0.08", "1e300"), "not of this world"),
        (content(CALIB, GARBAGE), "UTF-8"),
        (content(CALIB, ""), "empty"),
        (lambda log: (log / CALIB).unlink(), "no calibration"),
        (text(LABELS, " 20 0.2", " nan 0.2"), "not a finite number"),
        (text(LABELS, " 20 0.2", " 1e400 0.2"), "not a finite number"),
        (text(LABELS, " 20 0.2", " 1e300 0.2"), "0000.txt line 1"),
        (text(LABELS, "1.5 1.6 4.0", "0 1.6 4.0"), "must be positive"),
        (text(LABELS, "1.5 1.6 4.0", "1.5 1.6 1e200"), "beyond 1e+05"),
        (content(LABELS, KITTI_LABELS * 2), "is in frame 0 twice"),
        (content(LABELS, GARBAGE), "UTF-8"),
        (content("training/oxts/0000.txt", "1 2 3\n"), "0000.txt"),
    ],
)
def test_broken_kitti_texts_are_refused_at_import(
    kitti_root: Path, tmp_path: Path, refused: Callable[..., str], broken: Break, message: str
) -> None:
    log = tmp_path / "log"
    shutil.copytree(kitti_root, log)
    broken(log)
    assert message in refused("import", log, "--project", tmp_path / "p.av3d")


@pytest.mark.parametrize("name", [CALIB, LABELS, "training/oxts/0000.txt"])
def test_windows_line_endings_are_read(kitti_root: Path, tmp_path: Path, name: str) -> None:
    log = tmp_path / "log"
    shutil.copytree(kitti_root, log)
    (log / name).write_bytes((log / name).read_bytes().replace(b"\n", b"\r\n"))
    assert av3d("import", log, "--project", tmp_path / "p.av3d") == 0


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


TABLE = "annotations/cuboids/00.pkl.gz"


def table(name: str, **columns: object) -> Break:
    def change(log: Path) -> None:
        frame = pd.read_pickle(log / name).assign(**columns)
        frame.to_pickle(log / name, protocol=4)

    return change


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (content("lidar/timestamps.json", json.dumps(PANDA_TIMES[::-1])), "do not increase"),
        (content("lidar/timestamps.json", json.dumps(PANDA_TIMES[:1] * 2)), "do not increase"),
        (content("lidar/timestamps.json", "[1e400, 2]"), "not a time in seconds"),
        (content("lidar/timestamps.json", "[" * 100_000), "not valid JSON"),
        (content("lidar/timestamps.json", f"[1{'0' * 5000}, 2]"), "not valid JSON"),
        (content("lidar/timestamps.json", ""), "empty"),
        (content("lidar/poses.json", "[]"), "list of poses"),
        (content("lidar/poses.json", json.dumps([UPRIGHT])), "1 poses for 2 timestamps"),
        (text("lidar/poses.json", '"w": 1', '"w": 0'), "zero or not finite"),
        (text("lidar/poses.json", '"w": 1', f'"w": 1{"0" * 400}'), "not made of numbers"),
        (text("lidar/poses.json", '"x": 0', '"x": 1e300'), "not of this world"),
        (content(TABLE, gzip.compress(pickle.dumps(Call(os.mkdir, "ran")))), "mkdir"),
        (content(TABLE, gzip.compress(pickle.dumps(Call(pd.eval, "1")))), "eval"),
        (content(TABLE, gzip.compress(pickle.dumps(Call(np.load, "x")))), "load"),
        (content(TABLE, b"cbuiltins\ngetattr\n(cos\nS'mkdir'\ntR."), "getattr"),
        (content(TABLE, b"\x80\x04\x8c\x11pandas.core.frame\x8c\x0eDataFrame.eval\x93."), "eval"),
        (content(TABLE, gzip.compress(pickle.dumps([1]))), "holds a list"),
        (content(TABLE, GARBAGE), "not a pickled pandas table"),
        (content(TABLE, gzip.compress(GARBAGE)[:-9]), "truncated"),
        (table(TABLE, **{"position.x": np.nan}), "not a finite number"),
        (table(TABLE, **{"position.x": 1e300}), "00.pkl.gz"),
        (table(TABLE, **{"dimensions.y": -1.0}), "-1.0 x 2.0 m"),
        (table(TABLE, uuid="a\nb"), "control characters"),
        (table(TABLE, **{"attributes.note": "\ud800"}), "not Unicode"),
    ],
)
def test_broken_pandaset_files_are_refused_at_import(
    panda_root: Path,
    tmp_path: Path,
    refused: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    broken: Break,
    message: str,
) -> None:
    log = tmp_path / "log"
    shutil.copytree(panda_root, log)
    broken(log)
    monkeypatch.chdir(tmp_path)
    assert message in refused("import", log, "--project", tmp_path / "p.av3d")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (content("log.toml", GARBAGE), "UTF-8"),
        (content("log.toml", ""), "empty"),
        (content("log.toml", "a=" + "[" * 50_000), "not TOML"),
        (content("log.toml", "a=1" + "0" * 6000), "not TOML"),
        (text("log.toml", "version = 1", "version = 99"), "newer"),
        (text("log.toml", 'name = "street"', f'name = "{"x" * 3000}"'), "at most 100"),
        (text("rig.toml", "fx_px = 120.0", "fx_px = 0.0"), "not positive"),
        (text("rig.toml", "fx_px = 120.0", "fx_px = nan"), "not finite"),
        (content("trajectory.csv", ""), "column timestamp_ns is missing"),
        (content("labels.json", "[" * 100_000), "not JSON"),
        (text("labels.json", "4.5", "1e400"), "finite numbers"),
        (text("labels.json", "4.5", "1" + "0" * 9000), "not JSON"),
        (text("labels.json", "4.5", "-4.5"), "positive"),
        (text("labels.json", '"parked"', '"moving"'), "two tracks have the ID"),
        (text("labels.json", '"parked"', '"\\ud800"'), "no ID or category"),
        (text("labels.json", '"car"', '"a\\nb"'), "no ID or category"),
        (text("labels.json", '"number": 1', '"number": true'), "whole number"),
    ],
)
def test_broken_folder_files_are_refused_at_import(
    street: Path, tmp_path: Path, refused: Callable[..., str], broken: Break, message: str
) -> None:
    broken(street)
    assert message in refused("import", street, "--project", tmp_path / "p.av3d")


def test_a_link_that_leads_nowhere_concerns_only_its_image(street: Path) -> None:
    image = next((street / "camera" / "front").iterdir())
    image.unlink()
    image.symlink_to(image)
    assert av3d("info", street) == 0


@pytest.fixture
def project(street: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "p.av3d"
    assert av3d("import", street, "--project", path) == 0
    capfd.readouterr()
    return path


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("update meta set value = '99'", "schema version 99"),
        ("update meta set value = '²'", "no schema version"),
        ("delete from meta", "no schema version"),
        ("drop table keyframe", "no such table"),
        ("delete from keyframe", "at least one keyframe"),
        ("update keyframe set length_m = -1", "makes no sense"),
        ("update keyframe set qw = 0, qx = 0, qy = 0, qz = 0", "makes no sense"),
        ("update keyframe set provenance = 'x'", "makes no sense"),
        ("update track set attributes = '{'", "makes no sense"),
        ("update track set attributes = '[1]'", "makes no sense"),
        ("update track set presence = '[[5]]'", "makes no sense"),
    ],
)
def test_a_project_with_broken_values_is_refused_and_kept(
    project: Path, refused: Callable[..., str], statement: str, message: str
) -> None:
    with sqlite3.connect(project) as connection:
        connection.execute(statement)
    connection.close()
    assert message in refused("tracks", "--project", project)


@pytest.mark.parametrize("keep", [50, 5000])
def test_a_truncated_project_is_refused_and_kept(
    project: Path, street: Path, refused: Callable[..., str], keep: int
) -> None:
    data = project.read_bytes()[:keep]
    project.write_bytes(data)
    assert "backup" in refused("import", street, "--project", project)
    assert project.read_bytes() == data


@pytest.mark.parametrize("format", ["folder", "nuscenes", "kitti-tracking", "kitti-object"])
def test_an_export_never_replaces_the_log(
    project: Path, street: Path, tmp_path: Path, refused: Callable[..., str], format: str
) -> None:
    for out in (street, tmp_path, street / "lidar"):
        refused("export", "--project", project, "--format", format, "--out", out, "--overwrite")
    assert (street / "rig.toml").is_file()
    assert list((street / "lidar" / "top").iterdir())


def test_a_log_that_is_gone_is_named(
    project: Path, street: Path, tmp_path: Path, refused: Callable[..., str]
) -> None:
    shutil.rmtree(street)
    error = refused("export", "--project", project, "--format", "folder", "--out", tmp_path / "o")
    assert "not where it was" in error


@pytest.mark.parametrize("size", ["0x0", "²x²", "9" * 5000 + "x1", "99999x99999", "12", "x"])
def test_a_size_that_is_none_is_refused(
    street: Path, tmp_path: Path, refused: Callable[..., str], size: str
) -> None:
    picture = ("--view", "bev", "--out", tmp_path / "b.png")
    assert "--size" in refused("render", street, *picture, "--size", size)


@pytest.mark.parametrize("spacing", ["0", "-1", "nan", "1e300", "1e-300"])
def test_a_spacing_that_is_none_is_refused(
    street: Path, tmp_path: Path, refused: Callable[..., str], spacing: str
) -> None:
    new = tmp_path / "p.av3d"
    assert "not a spacing" in refused(
        "import", street, "--project", new, "--keyframe-every-s", spacing
    )


def test_a_database_in_memory_is_refused(street: Path, refused: Callable[..., str]) -> None:
    assert "in memory" in refused("import", street, "--project", "sqlite://")
