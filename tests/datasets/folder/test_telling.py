"""What intensities and times of points mean is told from the data, alike for all sweeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyarrow import feather
from pyarrow import table as arrow_table

import av3d
from av3d.datasets.dataset import DatasetError
from av3d.datasets.folder.layout import LogSettings, read_settings, write_settings
from av3d.datasets.folder.lidar_settings import LidarSettings, TimeFrom
from av3d.datasets.folder.points import SweepFiles, read_sweep
from av3d.errors import InputFileError

START_NS = 1_700_000_000_000_000_000
STEP_NS = 100_000_000
XYZ = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 1, 1]]


def stream(folder: Path, columns: list[list[float]], settings: LidarSettings) -> SweepFiles:
    """One .bin file for each list of values, which become the fourth column."""
    paths = []
    for row, values in enumerate(columns):
        path = folder / f"{row}.bin"
        np.column_stack([XYZ, values]).astype("<f4").tofile(path)
        paths.append(path)
    return SweepFiles("top", START_NS + STEP_NS * np.arange(len(paths)), paths, settings)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([0, 0.2, 0.5, 1], 1), ([0, 3, 7, 200], 255), ([0, 3, 7, 2000], 4095),
        ([0, 3, 7, 60_000], 65535), ([0, 3, 7, 70_000], 131071), ([0, 0, 0, 0], 1),
    ],
)  # fmt: skip
def test_the_scale_of_intensities_is_told(tmp_path: Path, values, scale: float) -> None:
    sweeps = stream(tmp_path, [values], LidarSettings())
    np.testing.assert_allclose(sweeps.read(0).intensity, np.array(values) / scale, rtol=1e-6)
    assert sweeps.notes() == (
        f"top: intensity {scale} is taken for intensity 1, told from 1 sweeps; intensity_scale in "
        "log.toml sets it",
    )


def test_one_dark_sweep_does_not_decide(tmp_path: Path) -> None:
    dark, bright = [0, 0, 0, 1], [0, 9, 20, 255]
    columns = [bright, bright, dark, bright, bright]
    for first in range(5):
        sweeps = stream(tmp_path, columns, LidarSettings())
        sweeps.read(first)
        np.testing.assert_allclose(sweeps.read(2).intensity, [0, 0, 0, 1 / 255])
        np.testing.assert_allclose(sweeps.read(4).intensity[3], 1)


def test_a_setting_decides_about_the_scale(tmp_path: Path) -> None:
    sweeps = stream(tmp_path, [[0, 25, 50, 100]], LidarSettings(intensity_scale=100))
    np.testing.assert_allclose(sweeps.read(0).intensity, [0, 0.25, 0.5, 1])
    assert sweeps.notes() == ()


@pytest.mark.parametrize(
    ("name", "values", "offsets_ms"),
    [
        ("t", [0, 0.03, 0.06, 0.1], [0, 30, 60, 100]),
        ("t", [0, 3e4, 6e4, 1e5], [0, 30, 60, 100]),
        ("t", [0, 3e7, 6e7, 1e8], [0, 30, 60, 100]),
        ("time_us", [0, 3, 6, 9], [0, 0.003, 0.006, 0.009]),
        ("time_offset_s", [-0.05, 0, 0.02, 0.05], [-50, 0, 20, 50]),
        ("t", [5, 5, 5, 5], None),
    ],
)
def test_times_of_points_are_told(tmp_path: Path, name, values, offsets_ms) -> None:
    settings = LidarSettings(columns=("x", "y", "z", name))
    sweep = stream(tmp_path, [values, values], settings).read(1)
    if offsets_ms is None:
        assert sweep.time_offset_ns is None
        assert sweep.extra[name].tolist() == values
    else:
        np.testing.assert_allclose(sweep.time_offset_ns / 1e6, offsets_ms, atol=1e-4)


@pytest.mark.parametrize(
    ("start", "values", "offsets_ms"),
    [
        (TimeFrom.STAMP, [2, 3, 4, 5], [2, 3, 4, 5]),
        (TimeFrom.FIRST_POINT, [2, 3, 4, 5], [0, 1, 2, 3]),
    ],
)
def test_settings_decide_about_times(tmp_path: Path, start, values, offsets_ms) -> None:
    settings = LidarSettings(
        columns=("x", "y", "z", "clock"), time_field="clock", time_unit="ms", time_from=start
    )
    sweep = stream(tmp_path, [values], settings).read(0)
    np.testing.assert_allclose(sweep.time_offset_ns / 1e6, offsets_ms)


def test_times_since_1970_may_be_doubles(tmp_path: Path) -> None:
    layout = [("x", "f4"), ("y", "f4"), ("z", "f4"), ("timestamp", "f8")]
    cloud = np.array([(1, 0, 0, 1_700_000_000.0), (2, 0, 0, 1_700_000_000.09)], layout)
    np.save(tmp_path / "1.npy", cloud)
    sweep = read_sweep(tmp_path / "1.npy", "top", START_NS)
    np.testing.assert_allclose(sweep.time_offset_ns / 1e6, [0, 90], atol=1e-3)


def test_a_field_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    for settings in (LidarSettings(intensity_field="echo"), LidarSettings(time_field="clock")):
        with pytest.raises(InputFileError, match=r"no field (echo|clock), which log.toml names"):
            stream(tmp_path, [[1, 2, 3, 4]], settings).read(0)


def test_feather_keeps_its_columns_as_argoverse_has_them(tmp_path: Path) -> None:
    columns = {
        "x": np.array([1, np.nan, 3], np.float16), "y": np.array([1, 2, 3], np.float16),
        "z": np.array([1, 2, 3], np.float16), "intensity": np.array([0, 5, 255], np.uint8),
        "laser_number": np.array([1, 2, 3], np.uint8), "offset_ns": np.array([0, 7, 99_000_000]),
        "echo": np.array([1, 2, 3], np.int8), "note": ["a", "b", "c"],
    }  # fmt: skip
    feather.write_feather(arrow_table(columns), str(tmp_path / "1.feather"))
    sweep = read_sweep(tmp_path / "1.feather", "up", START_NS)
    assert sweep.points_m.tolist() == [[1, 1, 1], [3, 3, 3]]
    assert sweep.intensity.tolist() == [0, 1]
    assert sweep.time_offset_ns.tolist() == [0, 99_000_000]
    assert {name: values.tolist() for name, values in sweep.extra.items()} == {
        "ring": [1, 3], "echo": [1, 3],
    }  # fmt: skip


def test_the_log_says_what_was_told(log_folder: Path) -> None:
    lidar = log_folder / "lidar" / "top"
    for path in sorted(lidar.iterdir()):
        cloud = np.array([[5, 0, -1, 200], [np.nan, 2, 0.5, 7]], np.float32)
        head = b"FIELDS x y z i\nSIZE 4 4 4 4\nTYPE F F F F\nWIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA binary\n"
        path.with_suffix(".pcd").write_bytes(head + cloud.tobytes())
        path.unlink()
    notes = av3d.open_log(log_folder).lidars["top"].notes()
    assert notes[0].startswith("top: i 255 is taken for intensity 1, told from 3 sweeps")
    assert notes[1].startswith("top: points without a return are left out (1 of 2 in ")


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    lidar = LidarSettings(
        True, ("x", "y", "z", "t"), "echo", 100.0, "t", "us", TimeFrom.FIRST_POINT
    )
    settings = LogSettings("a", lidars={"top": lidar}, time_unit_of_names="ms", trajectory_of="top")
    write_settings(settings, tmp_path / "log.toml")
    assert read_settings(tmp_path / "log.toml") == settings


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('columns = ["x", "y"]', 'different names with "x", "y" and "z" among them'),
        ('columns = ["x", "y", "z", "x"]', "different names"),
        ('columns = ["x", "y", "z", 4]', "a list of texts"),
        ("columns = true", "3, 4 or 5, or a list of names"),
        ('time_unit = "h"', 'lidar.top.time_unit is \'h\'.*one of "s", "ms", "us", "ns"'),
        ('time_from = ["stamp"]', 'one of "stamp", "first point", "epoch"'),
        ("intensity_scale = 0", "a positive number"),
        ("time_field = 7", "text in quotes"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_line(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "log.toml").write_text(
        f'format = "av3d-folder"\nversion = 1\n[lidar.top]\n{line}\n', "utf-8"
    )
    with pytest.raises(DatasetError, match=message):
        read_settings(tmp_path / "log.toml")


def test_a_log_needs_no_log_toml_but_a_rig(log_folder: Path) -> None:
    (log_folder / "log.toml").unlink()
    log = av3d.open_log(log_folder)
    assert (log.name, log.kind, len(log.frames)) == ("my lög", "folder", 3)
    (log_folder / "rig.toml").unlink()
    with pytest.raises(DatasetError, match=r"no rig.toml.*av3d rig convert FILES --out my lög/rig"):
        av3d.open_log(log_folder, format="folder")
