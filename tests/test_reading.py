from __future__ import annotations

from pathlib import Path

import pytest

from av3d.errors import InputFileError
from av3d.reading import read_bytes, read_text


def test_text_comes_without_its_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffStraße".encode())
    assert read_text(tmp_path / "a.txt") == "Straße"


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"cannot read sweep: No such file.*b\.bin"):
        read_bytes(tmp_path / "b.bin", "sweep")
    with pytest.raises(InputFileError, match="cannot read file: Is a directory"):
        read_bytes(tmp_path)


def test_bytes_that_are_no_text_are_counted_from_0(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_bytes(b"ab\xff")
    with pytest.raises(InputFileError, match=r"the rig is not UTF-8 text \(byte 2\)"):
        read_text(tmp_path / "c.toml", "the rig")
