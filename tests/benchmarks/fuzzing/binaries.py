"""Damage to binary files that their formats allow: claims, types and values that make no sense."""

from __future__ import annotations

import ast
import gzip
import io
import pickle
import random
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from fuzzing.files import Damage, put
from fuzzing.texts import WORDS

Array = npt.NDArray[Any]


def senseless(rows: int, chance: random.Random) -> Array:
    """Values that no column of a table has."""
    return chance.choice(
        [
            np.full(rows, np.nan), np.full(rows, np.inf), np.full(rows, 1e300), np.full(rows, -1e38),
            np.full(rows, 3e38, "<f4"), np.zeros(rows), np.zeros(rows, "<f2"), np.zeros(rows, "i1"),
            np.full(rows, -(2**63)), np.full(rows, 2**63 - 1), np.full(rows, 2**64 - 1, np.uint64),
            np.arange(rows) * 10**17, -np.arange(rows), np.full(rows, 1e-320), np.full(rows, True),
            np.where(np.arange(rows) % 7 == 3, np.nan, 1.0), np.arange(rows)[::-1] * 1e-3,
        ]
    )  # fmt: skip


def floats_changed(path: Path, chance: random.Random) -> None:
    """Numbers of a file of raw float32 become others."""
    data = path.read_bytes()
    values = np.frombuffer(data[: len(data) // 4 * 4], "<f4").copy()
    if len(values):
        some = chance.choice([slice(None), slice(0, None, 4), slice(2, None, 5), slice(7, 8)])
        values[some] = chance.choice(
            [np.nan, np.inf, -np.inf, 1e38, -1e9, 1e-42, 0, 256, -1, 65536]
        )
    put(path, values.tobytes() + data[len(values) * 4 :])


def length_changed(path: Path, chance: random.Random) -> None:
    """A file of rows that end in the middle of one, or of many more rows."""
    data = path.read_bytes()
    put(path, chance.choice([data[:-1], data[:-4], data + b"\0", data[4:], data * 3, data[:16]]))


def header_words(path: Path, chance: random.Random) -> None:
    """Words of a header in text (PCD, PLY, NPY) become others; the data stay."""
    data = path.read_bytes()
    end = max(data.find(mark) + len(mark) for mark in (b"\nDATA", b"end_header", b"'shape'"))
    head, body = data[: end + 40].decode("latin-1"), data[end + 40 :]
    found = list(re.finditer(r"[-\w.]+", head))
    for match in sorted(
        chance.sample(found, min(len(found), chance.choice([1, 1, 2, 4]))),
        key=lambda match: -match.start(),
    ):
        word = chance.choice(
            [*WORDS[:40], "float", "double", "uchar", "int", "list uchar int", "ascii", "binary",
             "binary_compressed", "binary_big_endian", "x", "y", "z", "intensity", "8", "16", "F",
             "U", "I", "1000000000000", "element face 100000000000", chance.choice(found).group()]
        )  # fmt: skip
        head = head[: match.start()] + word + head[match.end() :]
    put(path, head.encode("latin-1", "replace") + body)


def header_lines(path: Path, chance: random.Random) -> None:
    """Lines of a header in text are missing, doubled or in another order; or there are too many."""
    data = path.read_bytes()
    marks = [match.end() for match in re.finditer(rb"(\nDATA [^\n]*|end_header)\n", data[:4000])]
    end = marks[0] if marks else min(len(data), 300)
    lines = data[:end].split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    action = chance.randrange(6)
    if action == 0:
        del lines[at]
    elif action == 1:
        lines.insert(at, lines[other])
    elif action == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif action == 3:
        lines[at] = lines[at] * chance.choice([2, 1000])
    elif action == 4:
        lines[at:at] = [lines[at]] * chance.choice([3, 10_000])
    else:
        lines[at] += chance.choice([b" 1", b" " + b"9" * 5000, b"\r", b"\0", b" x" * 5000])
    put(path, b"\n".join(lines) + data[end:])


NPY_TYPES = ("<f2", ">f8", "<c16", "|O", "<U1000000", "|S0", "|V0", "|b1", "<M8[ns]", "<i8", "|u1",
             "f4, f4", "garbage", "<f4,(1000000,1000000)f8", ("<f4", (3,)))  # fmt: skip
NPY_SHAPES = ((10**12, 4), (2**62, 4), (-1, 4), (0, 4), (4,), (), (1,) * 40, (2**31, 2**33), (0, 2**62),
              (10**40, 4), (3, 0), (1, 4), "ab", None, (4.5, 4), (True, 4), (0, 0, 10**18))  # fmt: skip


def npy_header(path: Path, chance: random.Random) -> None:
    """An array file that claims another shape, type, order, version or length of its header."""
    put(path, _npy(path.read_bytes(), chance))


def _npy(data: bytes, chance: random.Random) -> bytes:
    length = struct.unpack("<H", data[8:10])[0]
    claims = ast.literal_eval(data[10 : 10 + length].decode("latin-1"))
    body = data[10 + length :]
    action = chance.randrange(7)
    if action < 2:
        claims["shape"] = chance.choice(NPY_SHAPES)
    elif action < 4:
        claims["descr"] = chance.choice(NPY_TYPES)
    elif action == 4:
        claims["fortran_order"] = chance.choice([True, 1, "no", None])
    elif action == 5:
        claims[chance.choice(["x", "shape"])] = chance.choice([0, "(" * 5000])
    text = (
        repr(claims)
        if action < 6
        else chance.choice(["(" * 9000, "[" * 60_000, "{}", "1", "-" * 9000])
    )
    head = text.encode("latin-1", "replace") + b"\n"
    version = chance.choice([1, 1, 1, 1, 2, 3, 9])
    size = len(head) if chance.random() < 0.9 else chance.choice([0, 65_535, 3])
    packed = struct.pack("<H", min(size, 65_535)) if version == 1 else struct.pack("<I", size)
    return b"\x93NUMPY" + bytes([version, 0]) + packed + head + body


def npz_members(path: Path, chance: random.Random) -> None:
    """Another array in place of one, or one more, one less, twice, under another name."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    name = chance.choice(sorted(members))
    points = int(np.load(io.BytesIO(members["points_m.npy"])).shape[0])
    action = chance.randrange(8)
    kind = zipfile.ZIP_DEFLATED
    if action < 3:
        members[name] = _saved(senseless(points, chance))
    elif action == 3:
        table = np.zeros((chance.choice([0, 1, points]), 3), "<f4")
        members["points_m.npy"] = _saved(table + chance.choice([0, np.nan, 1e30]))
    elif action == 4:
        members[name] = _npy(members[name], chance)
    elif action == 5:
        del members[name]
    elif action == 6:
        members[chance.choice(["../x.npy", "/etc/x.npy", "x" * 60_000, "", "unit_m.npy", "points.npy",
                               "ä\n.npy", ".npy", "lidar.npy"])] = members[name]  # fmt: skip
    else:
        kind = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as archive:
        for key, data in members.items():
            archive.writestr(key, data)
    put(path, stream.getvalue())


def npz_directory(path: Path, chance: random.Random) -> None:
    """Fields of the archive's directory become others: sizes, offsets, methods, flags, names."""
    data = bytearray(path.read_bytes())
    places = [
        match.start() for match in re.finditer(rb"PK\x01\x02|PK\x05\x06|PK\x03\x04", bytes(data))
    ]
    at = chance.choice(places) + 4 + 2 * chance.randrange(20)
    word = chance.choice([0, 1, 8, 99, 255, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF])
    size = chance.choice([2, 4])
    data[at : at + size] = (word % 256**size).to_bytes(size, "little")
    put(path, bytes(data))


def npz_bomb(path: Path, chance: random.Random) -> None:
    """Megabytes that unpack to more than a gigabyte of zeros, with and without saying so."""
    head = _saved(np.zeros((1, 3), "<f4"))[:10]
    count = chance.choice([120_000_000, 4_000_000, 21_000_000])
    text = repr({"descr": "<f4", "fortran_order": False, "shape": (count, 3)}).ljust(117) + "\n"
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("points_m.npy", "w", force_zip64=True) as member,
    ):
        member.write(head[:8] + struct.pack("<H", len(text)) + text.encode())
        for _ in range(chance.choice([2, 40])):
            member.write(bytes(2**20))
    data = bytearray(stream.getvalue())
    if chance.random() < 0.5:
        at = bytes(data).find(b"PK\x01\x02") + 24
        data[at : at + 4] = struct.pack("<I", chance.choice([2**30 - 1, 1000, 2**32 - 2]))
    put(path, bytes(data))


def _saved(array: Array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def feather_column(path: Path, chance: random.Random) -> None:
    """A column of an Arrow table has other values or another type, is missing, or there twice."""
    from pyarrow import feather

    table = feather.read_table(io.BytesIO(path.read_bytes()))
    stream = io.BytesIO()
    made = _column_changed(table, chance)
    feather.write_feather(made, stream, compression=chance.choice(["lz4", "zstd", "uncompressed"]))
    put(path, stream.getvalue())


def parquet_column(path: Path, chance: random.Random) -> None:
    """The same in a Parquet file."""
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(path.read_bytes()))
    stream = io.BytesIO()
    parquet.write_table(_column_changed(table, chance), stream)
    put(path, stream.getvalue())


def _column_changed(table: Any, chance: random.Random) -> Any:
    import pyarrow as pa

    name = chance.choice(table.column_names)
    rows = table.num_rows
    others: list[Any] = [
        senseless(rows, chance), ["../../etc/passwd"] * rows, [""] * rows, [None] * rows, [[1, 2]] * rows,
        ["ä\n"] * rows, [b"x"] * rows, ["x" * 3000] * rows,
        pa.array(["a"] * rows).dictionary_encode(), pa.array([1] * rows, pa.timestamp("ns")),
        pa.array([1] * rows, pa.decimal128(20)), pa.array([None] * rows, pa.null()),
        pa.array([{"a": 1}] * rows), pa.array([1.0] + [None] * (rows - 1) if rows else [], pa.float64()),
        pa.array([0] * rows, pa.int8()),
    ]  # fmt: skip
    columns = [(key, table.column(key)) for key in table.column_names]
    action = chance.randrange(10)
    if action < 6:
        columns = [(key, chance.choice(others) if key == name else old) for key, old in columns]
    elif action == 6:
        columns = [(key, old) for key, old in columns if key != name]
    elif action == 7:
        columns.append((chance.choice([name, "x" * 5000, "ä\n", ""]), chance.choice(others)))
    elif action == 8:
        kept = chance.choice([table.slice(0, 0), table.slice(0, 1), table.slice(max(rows - 1, 0))])
        columns = [(key, kept.column(key)) for key in kept.column_names]
    else:
        order = chance.choice([list(range(rows))[::-1], [0] * rows, [*range(rows), 0]])
        columns = (
            [(key, old.take(pa.array(order, pa.int64()))) for key, old in columns]
            if rows
            else columns
        )
    return pa.Table.from_arrays([pa.array(v) if not isinstance(v, pa.ChunkedArray | pa.Array) else v
                                 for _, v in columns], names=[key for key, _ in columns])  # fmt: skip


def gzip_changed(path: Path, chance: random.Random) -> None:
    """What is packed is damaged and packed again, so that the damage gets past the checksum."""
    data = path.read_bytes()
    packed = data[:2] == b"\x1f\x8b"
    plain = bytearray(gzip.decompress(data) if packed else data)
    if not plain:
        return
    for _ in range(chance.choice([1, 1, 2, 10])):
        at = chance.randrange(len(plain))
        plain[at] = chance.choice(
            [plain[at] ^ (1 << chance.randrange(8)), 0, 255, chance.randrange(256)]
        )
    if chance.random() < 0.2:
        at = chance.randrange(len(plain))
        plain[at:] = plain[at : at + 4] + plain[at + chance.choice([5, 9, 20]) :]
    put(path, gzip.compress(bytes(plain), 1) if packed else bytes(plain))


def gzip_bomb(path: Path, chance: random.Random) -> None:
    """Some megabytes that unpack to gigabytes, in one piece or in many."""
    piece = gzip.compress(bytes(2**20), 1)
    data = path.read_bytes()
    first = data if data[:2] == b"\x1f\x8b" else gzip.compress(data)
    put(path, chance.choice([first + piece * 2500, piece * 2500, first + first, first + b"junk"]))


class _Runs:
    """Pickles to a call of something that no table needs."""

    def __init__(self, call: tuple[Any, ...]) -> None:
        self.call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def pickle_program(path: Path, chance: random.Random) -> None:
    """A pickle that asks for code, for memory, or for a depth that no table has."""
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    long = struct.pack("<Q", chance.choice([2**31, 2**40, 2**63 - 1, 2**64 - 1]))
    data = chance.choice([
        pickle.dumps(_Runs((eval, ("open('/tmp/av3d-fuzz-was-here','w')",)))),
        pickle.dumps(_Runs((bytearray, (2**33,)))),
        pickle.dumps(_Runs((np.zeros, ((2**33,),)))),
        pickle.dumps(np.zeros(3)), pickle.dumps({"x": [1, 2]}), pickle.dumps(None), pickle.dumps(deep),
        b"\x80\x04\x8e" + long + b"x.", b"\x80\x05\x96" + long + b"x.", b"\x80\x04\x8d" + long + b"x.",
        b"\x80\x04\x95" + long + b"N.", b"\x80\x04N" + b"r\xff\xff\xff\x7f" + b".",
        b"\x80\x04\x8b\xff\xff\xff\x7f.", b"(" * 3_000_000 + b".", b"]" * 100_000 + b"a" * 99_999 + b".",
        b"\x80\x04" + b"N\x85" * 1_000_000 + b".", b"cos\nsystem\n(S'true'\ntR.",
        b"I" + b"9" * 10_000 + b"\n.",
        b"c__builtin__\neval\n.", b"\x80\x04\x8c\x05numpy\x8c\x07ndarray\x93.", b".", b"\x80\xff.",
    ])  # fmt: skip
    was_packed = path.read_bytes()[:2] == b"\x1f\x8b"
    put(path, gzip.compress(data, 1) if was_packed else data)


def table_changed(path: Path, chance: random.Random) -> None:
    """A pickled table whose columns have other values, types, names or lengths."""
    import pandas as pd

    data = path.read_bytes()
    packed = data[:2] == b"\x1f\x8b"
    table = pd.read_pickle(io.BytesIO(gzip.decompress(data) if packed else data))
    name = chance.choice(list(table.columns))
    rows = len(table)
    action = chance.randrange(10)
    if action < 5:
        table[name] = chance.choice([
            senseless(rows, chance), ["x"] * rows, [None] * rows, [[1, 2]] * rows, ["../x\n"] * rows,
            [{"a": 1}] * rows, [10**400] * rows, [b"x"] * rows, [pd.NaT] * rows, ["x" * 5000] * rows,
            pd.Categorical(["a"] * rows), pd.array([1] * rows, dtype="Int64"), [np.zeros(2)] * rows,
            np.zeros(rows, complex), [Path] * rows, ["1.5"] * rows, ["\ud800"] * rows,
        ])  # fmt: skip
    elif action == 5:
        table = table.drop(columns=[name])
    elif action == 6:
        table = table.iloc[chance.choice([slice(0, 0), slice(0, 1), slice(None, None, -1)])]
    elif action == 7:
        table = pd.concat([table, table])
    elif action == 8:
        table.columns = chance.choice([
            list(range(len(table.columns))), [name] * len(table.columns),
            pd.MultiIndex.from_tuples([("a", column) for column in table.columns]),
        ])  # fmt: skip
    else:
        table = chance.choice([table[name], table.T, table.set_index(name), table.astype(object)])
    plain = pickle.dumps(table, protocol=chance.choice([2, 3, 4, 5]))
    put(path, gzip.compress(plain, 1) if packed else plain)


CLOUD: tuple[Damage, ...] = (floats_changed, floats_changed, length_changed)
HEADER: tuple[Damage, ...] = (header_words, header_words, header_words, header_lines, header_lines)
NPZ: tuple[Damage, ...] = (
    npz_members,
    npz_members,
    npz_members,
    npz_directory,
    npz_directory,
    npz_bomb,
)
PICKLE: tuple[Damage, ...] = (
    gzip_changed, gzip_changed, gzip_changed, table_changed, table_changed, table_changed, pickle_program,
    pickle_program, gzip_bomb,
)  # fmt: skip
