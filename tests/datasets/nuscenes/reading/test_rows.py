"""Tables that are damaged, large or hostile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from av3d.datasets.nuscenes.reading import rows as rows_module
from av3d.datasets.nuscenes.reading.place import data_path
from av3d.datasets.nuscenes.reading.rows import read_rows
from av3d.datasets.registry import open_log
from av3d.errors import Av3dError, InputFileError


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table that counts as large, gone through in blocks of 100 bytes."""
    monkeypatch.setattr(rows_module, "WHOLE_BYTES", 150)
    monkeypatch.setattr(rows_module, "BLOCK_BYTES", 100)
    path = tmp_path / "sample_data.json"
    content = [{"token": f"t{n}", "sample_token": f"s{n // 3}", "n": n} for n in range(40)]
    path.write_text(json.dumps(content, indent=0))
    return path


def test_a_large_table_gives_the_same_rows_as_a_small_one(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_rows(table, "sample_token", {"s4", "s11"})
    assert [row["n"] for row in found] == [12, 13, 14, 33, 34, 35]
    monkeypatch.undo()
    assert read_rows(table, "sample_token", {"s4", "s11"}) == found


def test_a_key_that_ends_like_another_is_not_taken_for_it(table: Path) -> None:
    assert [row["n"] for row in read_rows(table, "token", {"t7", "s4"})] == [7]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda data: data[:-20], "truncated"),
        (lambda data: data.replace(b'"n": 13', b'"n": 1e'), "not valid JSON"),
        (lambda data: b"{" + data[1:], "not a list of rows"),
        (lambda data: data.replace(b"}", b" "), "not a list of rows"),
        (lambda data: data.replace(b"{", b" "), "not valid JSON|damaged"),
    ],
)
def test_a_damaged_large_table_is_one_line(
    table: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes], problem: str
) -> None:
    monkeypatch.setattr(rows_module, "MAX_ROW_BYTES", 500)
    table.write_bytes(change(table.read_bytes()))
    with pytest.raises(InputFileError, match=problem):
        read_rows(table, "sample_token", {"s4"})


def test_more_rows_than_a_scene_can_have_are_refused(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "MAX_ROWS", 2)
    with pytest.raises(InputFileError, match="more than 2 rows"):
        read_rows(table, "sample_token", {"s4"})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty, 0 bytes"),
        (b"[{", "not valid JSON"),
        (b"{}", "not a list"),
        (b"[1]", "row 0 is not an object"),
        (b"[" * 100_000, "not valid JSON"),
        (b"\xff\xfe[]", "not valid JSON"),
        (b'[{"token": ' + b"9" * 5000 + b"}]", "not valid JSON"),
    ],
)
def test_what_is_no_table_is_one_line(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "scene.json"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=problem):
        read_rows(path)


@pytest.mark.parametrize(
    "filename",
    ["../../etc/passwd", "/etc/passwd", "samples/../../x", "", "a\\b", "a\nb", "a\0b"],
)
def test_a_file_name_that_leads_out_of_the_data_root_is_refused(filename: str) -> None:
    with pytest.raises(InputFileError, match="does not lie below the data root"):
        data_path(Path("/data"), filename, "sample_data.json")


@pytest.mark.parametrize(
    ("table", "values", "problem"),
    [
        ("sample_data", {"filename": "../../../etc/passwd"}, "does not lie below the data root"),
        ("sample_data", {"timestamp": -1}, "timestamp of row"),
        ("sample_data", {"timestamp": 10**30}, "timestamp of row"),
        ("sample_data", {"timestamp": "1533151603547590"}, "expected a whole number"),
        ("sample_data", {"timestamp": True}, "expected a whole number"),
        ("sample_data", {"is_key_frame": 1}, "expected true or false"),
        ("sample_data", {"width": 10**9}, "width of row"),
        ("sample_data", {"calibrated_sensor_token": "x"}, "is not in calibrated_sensor.json"),
        ("sample_data", {"ego_pose_token": "x"}, "there is no ego pose 'x'"),
        ("sample_data", {"sample_token": ["x"]}, "expected text"),
        ("ego_pose", {"rotation": [1, 0, 0]}, "expected 4 finite numbers"),
        ("ego_pose", {"rotation": [0, 0, 0, 0]}, "quaternion is zero"),
        ("ego_pose", {"translation": [0, 0, 1e12]}, "not of this world"),
        ("ego_pose", {"token": "scene-0061-LIDAR_TOP-1"}, "two rows have the token"),
        ("calibrated_sensor", {"sensor_token": "x"}, "is not in sensor.json"),
        ("calibrated_sensor", {"rotation": "x"}, "expected 4 finite numbers"),
        ("scene", {"log_token": "x"}, "is not in log.json"),
        ("scene", {"name": 5}, "expected text"),
        ("scene", {"token": "\ud800"}, "expected Unicode text"),
        ("sensor", {"channel": "\x1b[2J"}, "is doubled or no name"),
        ("sensor", {"modality": "camera"}, "scene-0061 has no LiDAR"),
        ("sample", {"timestamp": None}, "timestamp of row"),
        ("log", {"vehicle": None}, "expected text"),
    ],
)
def test_a_damaged_row_is_one_line(
    copy: Callable[..., Any], table: str, values: dict[str, Any], problem: str
) -> None:
    database = copy()
    database.change(table, 0, **values)
    with pytest.raises(Av3dError, match=problem) as error:
        open_log(database.root / "scene-0061")
    assert "\n" not in str(error.value)


def test_a_camera_that_is_none_is_one_line(copy: Callable[..., Any]) -> None:
    database = copy()
    for matrix in ([], [[1, 2], [3, 4]], [[0, 0, 0]] * 3, [[-5.0, 0, 1], [0, 5, 1], [0, 0, 1]]):
        database.change("calibrated_sensor", 1, camera_intrinsic=matrix)
        with pytest.raises(InputFileError):
            open_log(database.root / "scene-0061")


def test_links_between_rows_that_go_in_circles_do_no_harm(copy: Callable[..., Any]) -> None:
    database = copy()
    for table in ("sample", "sample_data", "sample_annotation"):
        rows = database.rows(table)
        for row in rows:
            row["prev"] = row["next"] = row["token"]
        database.write(table, rows)
    assert len(open_log(database.root / "scene-0061").frames) == 41


def test_doubled_times_are_left_out_and_said(copy: Callable[..., Any]) -> None:
    database = copy()
    rows = database.rows("sample_data")
    rows[1]["timestamp"] = rows[0]["timestamp"]
    database.write("sample_data", rows)
    log = open_log(database.root / "scene-0061")
    assert len(log.frames) == 40
    assert any("1 of 41 entries are left out" in note for note in log.notes)


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "null", '{"format": "nuscenes"}', '{"format": "nuscenes", "version": 2}',
        '{"format": "nuscenes", "version": 1, "logs": 5}',
        '{"format": "nuscenes", "version": 1, "logs": [{"log": 5}]}',
    ],
)  # fmt: skip
def test_a_damaged_description_of_an_export_is_one_line(
    copy: Callable[..., Any], content: str
) -> None:
    database = copy()
    (database.root / "av3d.json").write_text(content)
    with pytest.raises(InputFileError, match=r"av3d\.json"):
        open_log(database.root / "scene-0061")
