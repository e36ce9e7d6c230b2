from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import pytest

from av3d.errors import InputFileError
from av3d.reading import (
    MAX_BYTES,
    attach,
    copy_file,
    detach,
    local_file,
    open_file,
    read_bytes,
    read_text,
    read_toml,
    stays,
)


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


def test_a_file_is_opened_for_reading_in_parts(tmp_path: Path) -> None:
    (tmp_path / "bag").write_bytes(b"abcdef")
    with open_file(tmp_path / "bag") as file:
        file.seek(2)
        assert file.read(2) == b"cd"
    assert local_file(tmp_path / "bag") == tmp_path / "bag"


def test_a_file_is_copied_and_stays(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    copy_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"abc"
    assert stays(tmp_path / "a")
    with pytest.raises(InputFileError, match="cannot read file: No such file"):
        copy_file(tmp_path / "c", tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_a_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputFileError, match="cannot read sweep: not a regular file"):
        read_bytes(tmp_path / "pipe", "sweep")
    with pytest.raises(InputFileError, match="not a regular file"):
        read_bytes(Path("/dev/zero"))


def test_a_file_too_large_to_be_read_as_a_whole_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(InputFileError, match=r"1,073,741,825 bytes, limit 1,073,741,824"):
        read_bytes(tmp_path / "huge")


class Upper:
    """A source whose files are those of a folder in capital letters."""

    def open(self, path: Path) -> BinaryIO:
        copy = path.with_suffix(".fetched")
        copy.write_bytes(path.read_bytes().upper())
        return copy.open("rb")

    def local_file(self, path: Path) -> Path:
        raise OSError(5, "the line is dead")


def test_files_below_an_attached_folder_come_from_its_source(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "farther").mkdir()
    for folder in ("far", "farther"):
        (tmp_path / folder / "a.txt").write_text("abc")
    attach(tmp_path / "far", Upper())
    try:
        assert read_text(tmp_path / "far" / "a.txt") == "ABC"
        assert read_text(tmp_path / "farther" / "a.txt") == "abc"
        with pytest.raises(InputFileError, match="cannot read bag: the line is dead"):
            local_file(tmp_path / "far" / "a.txt", "bag")
        assert not stays(tmp_path / "far" / "a.txt")
    finally:
        detach(tmp_path / "far")
    assert read_text(tmp_path / "far" / "a.txt") == "abc"


def test_a_toml_file_gives_its_tables(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('a.b = [1.5, 2.5]\nnote = "...."  # dots: ....\n')
    assert read_toml(tmp_path / "a.toml") == {"a": {"b": [1.5, 2.5]}, "note": "...."}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x = [", "not TOML"),
        ("x = " + "9" * 5000, "not TOML"),
        ("x = " + "[" * 9000, "not TOML"),
        ("x" + ".x" * 200_000 + " = 1", "line 1 of file has 200,000 dots"),
        ("\n'\"'" + ".x" * 200_000 + ".'\"' = 1", "line 2 of file has 200,001 dots"),
        ("#" * 1_000_001, "1,000,001 bytes, limit 1,000,000"),
    ],
)
def test_a_toml_file_that_would_take_gigabytes_is_refused(
    tmp_path: Path, text: str, what: str
) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(InputFileError, match=what):
        read_toml(tmp_path / "a.toml")


def test_text_files_have_a_limit_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    os.truncate(tmp_path / "a.txt", 300 * 1024**2)
    with pytest.raises(InputFileError, match="limit 268,435,456"):
        read_text(tmp_path / "a.txt")
