"""Pickles are programs: what must load, and what must never run."""

from __future__ import annotations

import gzip
import os
import pickle
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from av3d.datasets.pandaset import pickles
from av3d.datasets.pandaset.pickles import numbers_of, read_table
from av3d.errors import InputFileError

TABLE = pd.DataFrame(
    {"x": [1.5, 2.5], "d": [0, 1], "uuid": ["a", "ü"], "stationary": [True, False]}
)


class Call:
    """Pickles to a call of any function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.what = (function, arguments)

    def __reduce__(self):
        return self.what


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", ["00.pkl", "00.pkl.gz"])
def test_tables_load_with_every_protocol(tmp_path: Path, protocol: int, name: str) -> None:
    TABLE.to_pickle(tmp_path / name, protocol=protocol)
    table = read_table(tmp_path / name, ("x", "uuid"))
    assert table["x"].tolist() == [1.5, 2.5]
    assert table["uuid"].tolist() == ["a", "ü"]
    assert table["stationary"].tolist() == [True, False]


def test_an_empty_table_has_no_rows(tmp_path: Path) -> None:
    TABLE.iloc[:0].to_pickle(tmp_path / "00.pkl")
    assert read_table(tmp_path / "00.pkl", ("x",))["x"].shape == (0,)


def test_tables_of_pandas_1_with_an_int64_index_load(tmp_path: Path) -> None:
    data = pickle.dumps(TABLE.set_index(pd.Index([4, 7])), protocol=2)
    # pandas 1 names the class of such an index itself.
    old = data.replace(
        b"cpandas.core.indexes.base\nIndex\n", b"cpandas.core.indexes.numeric\nInt64Index\n"
    )
    assert old != data
    (tmp_path / "00.pkl").write_bytes(old)
    assert read_table(tmp_path / "00.pkl", ("x",))["x"].tolist() == [1.5, 2.5]


def test_real_tables_are_what_pandas_reads(real_data: Path) -> None:
    for path in ("lidar/00.pkl.gz", "annotations/cuboids/29.pkl.gz"):
        expected = pd.read_pickle(real_data / "pandaset" / "002" / path)
        table = read_table(real_data / "pandaset" / "002" / path, ())
        assert list(table) == list(expected.columns)
        for name in expected.columns:
            same = (table[name] == expected[name].to_numpy()) | expected[name].isna().to_numpy()
            assert same.all(), name


@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (lambda mark: Call(os.system, f"touch '{mark}'"), "system"),
        (lambda mark: Call(eval, f"open({str(mark)!r}, 'w')"), "eval"),
        (lambda mark: [TABLE, {"deep": (Call(open, str(mark), "w"),)}], "open"),
        (lambda mark: Call(getattr, TABLE, "to_csv"), "getattr"),
        (lambda mark: Call(pd.read_pickle, str(mark)), "read_pickle"),
        (lambda mark: Call(np.load, str(mark)), "numpy.load"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("protocol", [2, 5])
def test_a_pickle_that_calls_something_is_refused_before_it_does(
    tmp_path: Path, attack, named: str, zipped: bool, protocol: int
) -> None:
    mark = tmp_path / "it ran"
    data = pickle.dumps(attack(mark), protocol=protocol)
    path = tmp_path / "00.pkl.gz"
    path.write_bytes(gzip.compress(data) if zipped else data)
    with pytest.raises(InputFileError) as caught:
        read_table(path, ())
    assert not mark.exists()
    assert "\n" not in str(caught.value)
    assert "asks to run" in str(caught.value)
    assert named in str(caught.value)


def test_a_dotted_name_does_not_reach_past_an_allowed_class(tmp_path: Path) -> None:
    data = b"\x80\x04\x8c\x11pandas.core.frame\x8c\x13DataFrame.to_pickle\x93."
    (tmp_path / "00.pkl").write_bytes(data)
    with pytest.raises(
        InputFileError, match=r"asks to run pandas\.core\.frame\.DataFrame\.to_pickle"
    ):
        read_table(tmp_path / "00.pkl", ())


def test_a_pickle_cannot_change_pandas_for_the_rest_of_the_program(tmp_path: Path) -> None:
    # BUILD on a class with (None, {name: value}) sets its attributes.
    data = b"\x80\x02cpandas.core.indexes.base\nIndex\nN}U\x05evil_K\x01s\x86b."
    (tmp_path / "00.pkl").write_bytes(data)
    with pytest.raises(InputFileError, match="a change of 'Index'"):
        read_table(tmp_path / "00.pkl", ())
    assert not hasattr(pd.Index, "evil_")


def test_an_array_cannot_reserve_memory_by_its_shape(tmp_path: Path) -> None:
    huge = Call(np.core.multiarray._reconstruct, np.ndarray, (10**12,), b"b")
    (tmp_path / "00.pkl").write_bytes(pickle.dumps(huge))
    with pytest.raises(InputFileError, match="starts with the shape"):
        read_table(tmp_path / "00.pkl", ())


@pytest.mark.parametrize(
    ("bomb", "message"),
    [
        (pd.DataFrame(index=pd.RangeIndex(10**12)), "an index of 1,000,000,000,000 rows"),
        (Call(pd.DataFrame, 0, pd.RangeIndex(1000), ["x"]), "a call of 'DataFrame'"),
        (Call(pd.Index, pd.RangeIndex(1000)), "a call of 'Index'"),
        (Call(np.ndarray, (10**12,)), "a call of '_ArrayType'"),
        (Call(np.core.multiarray.scalar, np.dtype("V1000000000")), "a value has the type"),
    ],
)
def test_a_few_bytes_cannot_ask_for_a_large_table(tmp_path: Path, bomb, message: str) -> None:
    (tmp_path / "00.pkl").write_bytes(pickle.dumps(bomb, protocol=4))
    with pytest.raises(InputFileError, match=message):
        read_table(tmp_path / "00.pkl", ())


def test_a_length_without_its_bytes_reserves_no_memory(tmp_path: Path) -> None:
    (tmp_path / "00.pkl").write_bytes(b"\x80\x05\x96" + struct.pack("<Q", 2**31) + b"x.")
    tracemalloc.start()
    try:
        with pytest.raises(InputFileError, match="not a pickled pandas table"):
            read_table(tmp_path / "00.pkl", ())
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("protocol", [0, 1])
def test_a_call_spelled_the_oldest_way_is_refused(tmp_path: Path, protocol: int) -> None:
    data = pickle.dumps(Call(os.system, f"touch '{tmp_path / 'it ran'}'"), protocol=protocol)
    (tmp_path / "00.pkl").write_bytes(data)
    with pytest.raises(InputFileError, match=r"asks to run posix\.system"):
        read_table(tmp_path / "00.pkl", ())
    (tmp_path / "01.pkl").write_bytes(b"(S'touch x'\nios\nsystem\n.")
    with pytest.raises(InputFileError, match="a call in a way that tables do not use"):
        read_table(tmp_path / "01.pkl", ())
    assert not (tmp_path / "it ran").exists()


def test_a_zip_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "MAX_UNPACKED_BYTES", 1024 * 1024)
    path = tmp_path / "00.pkl.gz"
    path.write_bytes(gzip.compress(bytes(50 * 1024 * 1024)))
    assert path.stat().st_size < 100_000
    with pytest.raises(InputFileError, match="unpacks to more than 1 MB"):
        read_table(path, ())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty, 0 bytes"),
        (gzip.compress(b""), "empty, 0 bytes"),
        (gzip.compress(pickle.dumps(TABLE))[:-200], "truncated"),
        (b"\x1f\x8bgarbage that is not deflated", "damaged gzip"),
        (pickle.dumps(TABLE)[:-20], "not a pickled pandas table"),
        (b"x,y,z\n1,2,3\n", "not a pickled pandas table"),
        (pickle.dumps({"x": [1]}), "holds a dict"),
    ],
    ids=["empty", "empty gzip", "cut gzip", "garbage", "cut pickle", "text", "another type"],
)
def test_damaged_files_are_one_clear_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "ein Ordner mit Ü" / "00.pkl.gz"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=message) as caught:
        read_table(path, ("x",))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    TABLE.to_pickle(tmp_path / "00.pkl")
    with pytest.raises(InputFileError, match="lacks the column 'y', it has d stationary uuid x"):
        read_table(tmp_path / "00.pkl", ("x", "y"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="No such file"):
        read_table(tmp_path / "00.pkl", ())


@pytest.mark.parametrize("values", [[1 + 2j], ["far"], [10**400]])
def test_columns_of_other_things_than_real_numbers_are_refused(values: list[Any]) -> None:
    column = np.array(values)
    with pytest.raises(InputFileError, match="column 'yaw' is not made of numbers"):
        numbers_of(column, "yaw", Path("00.pkl.gz"))
