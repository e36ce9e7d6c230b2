"""Label lines: what is read, what is refused, and that writing is the inverse of reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.datasets.kitti.labels import (
    KittiLabel,
    object_line,
    read_object_labels,
    read_tracking_labels,
    tracking_line,
)
from av3d.errors import InputFileError

TRACKING = "3 12 Van 1 2 -1.5 10 20 30.5 40 1.9 1.8 4.2 -3 1.7 25 0.4"
OBJECT = "Car 0.25 3 -1.5 10 20 30.5 40 1.9 1.8 4.2 -3 1.7 25 0.4"


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_a_tracking_line_is_read_column_by_column(tmp_path: Path) -> None:
    (label,) = read_tracking_labels(write(tmp_path / "0000.txt", TRACKING))
    assert label == KittiLabel(
        1, 3, 12, "Van", 1.0, 2, -1.5, (10, 20, 30.5, 40), (1.9, 1.8, 4.2), (-3, 1.7, 25), 0.4
    )


def test_an_object_line_may_end_in_a_score(tmp_path: Path) -> None:
    (label,) = read_object_labels(write(tmp_path / "000000.txt", f"{OBJECT} 0.87"))
    assert (label.truncated, label.score) == (0.25, 0.87)


def test_an_empty_label_file_has_no_labels(tmp_path: Path) -> None:
    (tmp_path / "000000.txt").touch()
    assert read_object_labels(tmp_path / "000000.txt") == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (TRACKING.rsplit(" ", 1)[0], "16 values where a KITTI tracking label has 17"),
        (TRACKING.replace("25 0.4", "nan 0.4"), "nan is not a finite number"),
        (TRACKING.replace("25 0.4", "far 0.4"), "'far' is not a number"),
        (TRACKING.replace("3 12", "3.5 12"), "frame number 3.5 is not a whole number"),
        (TRACKING.replace("3 12", "-3 12"), "frame number -3 is not in 0 to"),
        (TRACKING.replace("3 12", "3 -1"), "track id -1 on a Van"),
        (TRACKING.replace("1.9 1.8 4.2", "1.9 0 4.2"), "a size must be positive"),
        (TRACKING, "track 12 is in frame 3 twice (first on line 1)"),
    ],
)
def test_a_bad_line_is_named_with_file_and_number(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path / "0000.txt", TRACKING, line)
    with pytest.raises(InputFileError) as caught:
        read_tracking_labels(path)
    assert message in str(caught.value)
    assert "0000.txt line 2" in str(caught.value)


def test_a_binary_label_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0000.txt").write_bytes(b"\x80\x81\x82")
    with pytest.raises(InputFileError, match="is not UTF-8 text"):
        read_tracking_labels(tmp_path / "0000.txt")


def test_sizes_do_not_round_to_nothing(tmp_path: Path) -> None:
    label = KittiLabel(0, 0, -1, "Misc", 0, 0, 0, (0, 0, 1, 1), (0.001, 0.5, 0.5), (0, 1, 9), 0)
    path = write(tmp_path / "000000.txt", object_line(label, 2))
    assert read_object_labels(path)[0].size_hwl_m == (0.01, 0.5, 0.5)


number = st.floats(-200, 200).map(lambda value: round(value, 6))
size = st.floats(0.01, 30).map(lambda value: round(value, 6))


@given(
    st.integers(0, 9999), st.integers(0, 9999), st.integers(0, 2), st.integers(0, 3),
    st.tuples(number, number, number, number), st.tuples(size, size, size),
    st.tuples(number, number, number), st.one_of(st.none(), number),
)  # fmt: skip
def test_a_written_line_reads_back_as_itself(
    tmp_path_factory: pytest.TempPathFactory, frame: int, track: int, truncated: int,
    occluded: int, box: tuple, hwl: tuple, xyz: tuple, score: float | None,
) -> None:  # fmt: skip
    label = KittiLabel(
        1, frame, track, "Tram", truncated, occluded, 0.5, box, hwl, xyz, 1.25, score
    )
    path = tmp_path_factory.mktemp("line") / "0000.txt"
    assert read_tracking_labels(write(path, tracking_line(label, 6))) == (label,)
