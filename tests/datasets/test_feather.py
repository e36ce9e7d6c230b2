"""Feather files: what they hold, and what broken ones may not do."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from av3d.datasets import feather as ours
from av3d.datasets.feather import numbers, read_feather, texts, whole_numbers
from av3d.errors import InputFileError

COLUMNS = {
    "time": np.array([5, 6, 7]),
    "x": np.array([0.5, -1.25, 3.0], np.float16),
    "name": ["a", "b", "ä"],
    "moving": [True, False, True],
}


def write(path: Path, columns: Any, compression: str = "lz4") -> Path:
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    feather.write_feather(table, str(path), compression=compression)
    return path


@pytest.mark.parametrize("compression", ["lz4", "zstd", "uncompressed"])
def test_columns_come_back_as_they_were_written(tmp_path: Path, compression: str) -> None:
    path = write(tmp_path / "a.feather", COLUMNS, compression)
    table = read_feather(path, "labels")
    assert table["x"].dtype == np.float16
    assert whole_numbers(table, "time", path).tolist() == [5, 6, 7]
    assert numbers(table, "x", path).tolist() == [0.5, -1.25, 3.0]
    assert texts(table, "name", path) == ["a", "b", "ä"]
    assert table["moving"].tolist() == [True, False, True]


def test_only_the_columns_asked_for_are_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.feather", COLUMNS)
    assert list(read_feather(path, "labels", ["name", "time"])) == ["name", "time"]


def test_a_table_in_many_parts_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.feather"
    feather.write_feather(pa.table({"x": np.arange(1000)}), str(path), chunksize=64)
    assert read_feather(path, "sweep")["x"].tolist() == list(range(1000))


def test_an_empty_table_has_empty_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.feather", pa.table({"x": pa.array([], pa.float32())}))
    assert read_feather(path, "sweep")["x"].shape == (0,)


def test_categories_of_pandas_are_text(tmp_path: Path) -> None:
    words = pa.array(["CAR", "BUS", "CAR"]).dictionary_encode()
    path = write(tmp_path / "a.feather", pa.table({"category": words}))
    table = read_feather(path, "labels", ["category"])
    assert texts(table, "category", path) == ["CAR", "BUS", "CAR"]


def test_columns_of_other_kinds_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.feather", {"x": [1.0], "list": [[1, 2]], "gap": pa.array([None], pa.int8())}
    )
    assert list(read_feather(path, "sweep")) == ["x"]
    with pytest.raises(InputFileError, match=r"column 'list' is list.*, neither numbers nor text"):
        read_feather(path, "sweep", ["list"])
    with pytest.raises(InputFileError, match="column 'gap' has no value in row 0"):
        read_feather(path, "sweep", ["gap"])


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.feather", COLUMNS)
    with pytest.raises(
        InputFileError, match=r"sweep has no column 'y', .*, give a table with the columns x, y"
    ):
        read_feather(path, "sweep", ["x", "y"])


def test_a_column_of_the_wrong_kind_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.feather", COLUMNS | {"far": np.array([2**63], np.uint64).repeat(3)})
    table = read_feather(path, "labels")
    with pytest.raises(InputFileError, match="column 'name' is text, not numbers"):
        numbers(table, "name", path)
    with pytest.raises(InputFileError, match="column 'x' is float16, not whole numbers"):
        whole_numbers(table, "x", path)
    with pytest.raises(
        InputFileError, match="column 'far' is uint64, not whole numbers of 64 bits"
    ):
        whole_numbers(table, "far", path)
    with pytest.raises(InputFileError, match="column 'time' is int64, not text"):
        texts(table, "time", path)


def test_the_first_row_without_a_number_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.feather", {"x": [1.0, float("nan"), float("inf")]})
    with pytest.raises(InputFileError, match="column 'x', row 1: nan is not a finite number"):
        numbers(read_feather(path, "poses"), "x", path)


def test_empty_foreign_and_truncated_files_are_told_apart(tmp_path: Path) -> None:
    data = write(tmp_path / "a.feather", COLUMNS).read_bytes()
    for content, message in (
        (b"", "poses is empty, 0 bytes"),
        (b"hello", r"poses is not a Feather file \(version 2\)"),
        (data[:-30], "poses is truncated"),
        (data[:20] + b"\xff\xff\xff\x7f" + b"ARROW1", "poses is damaged: a footer of"),
    ):
        path = tmp_path / "b.feather"
        path.write_bytes(content)
        with pytest.raises(InputFileError, match=message):
            read_feather(path, "poses")


def test_a_table_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.feather", {"x": np.zeros(1_000_000)})
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(ours, "MAX_UNPACKED_BYTES", 7_999_999)
    with pytest.raises(InputFileError, match=r"unpacks to 8,000,0.. bytes, limit 7,999,999"):
        read_feather(path, "sweep")
    monkeypatch.setattr(ours, "MAX_ROWS", 999_999)
    with pytest.raises(InputFileError, match="sweep has 1,000,000 rows, limit 999,999"):
        read_feather(path, "sweep")


def test_a_column_that_claims_a_terabyte_takes_no_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "a.feather", {"x": np.zeros(4099)})
    data = bytearray(path.read_bytes())
    stated = struct.pack("<q", 8 * 4099)
    assert data.count(stated) == 1
    position = data.index(stated)
    data[position : position + 8] = struct.pack("<q", 2**40)
    path.write_bytes(data)
    with pytest.raises(InputFileError, match=r"unpacks to 1,099,511,627,7.. bytes"):
        read_feather(path, "sweep")


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_end_in_one_line(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = write(
        tmp_path / "a.feather", COLUMNS, "uncompressed" if seed % 2 else "lz4"
    ).read_bytes()
    path, messages = tmp_path / "b.feather", []
    for _ in range(100):
        broken = bytearray(data)
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(8, len(broken))] ^= 1 << chance.randrange(8)
        path.write_bytes(broken if chance.random() < 0.8 else broken[: chance.randrange(len(data))])
        try:
            read_feather(path, "sweep")
        except InputFileError as error:
            messages.append(str(error))
    assert len(messages) > 20
    assert not [message for message in messages if "\n" in message]
