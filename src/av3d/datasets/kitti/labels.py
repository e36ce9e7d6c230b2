"""KITTI label files as text: one line per object, parsed and written, with errors that name the line.

Columns: [frame, track id,] type, truncated, occluded, alpha, left, top, right, bottom, height,
width, length, x, y, z, rotation_y [, score]; the first two only in the tracking benchmark. Source:
readme.txt of the KITTI object and tracking development kits. Files of results have the score; where a
detector wrote them, nobody has said which lines are the same object, and the track id is -1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from av3d.datasets.kitti.types import DONT_CARE
from av3d.errors import InputFileError
from av3d.reading import read_text

MAX_FRAME = 9_999_999
"""Largest frame number that is believed; file names have six digits."""

NO_POSITION_M = -1000.0
"""Written for x, y and z where a line has a 2D box only."""

NO_BOX = (-1.0, -1.0, -1.0, -1.0)
"""Written for the 2D box of an object that is not in the image; evaluations ignore empty boxes."""


MAX_VALUE = 1e5
"""Metres, pixels or radians that no label of a street reaches; squares of 1e300 overflow."""


@dataclass(frozen=True)
class KittiLabel:
    """One line of a label file.

    Attributes:
        line: number of the line in the file, from 1; 0 for a label that was not read.
        frame: frame number; 0 in the object benchmark.
        track_id: identity within the sequence; -1 in the object benchmark and for detections.
        type: KITTI's name of the kind of object.
        truncated: 0 to 1 in the object benchmark; 0, 1 or 2 in the tracking benchmark.
        occluded: 0 visible, 1 partly, 2 largely occluded, 3 unknown.
        alpha_rad: observation angle.
        box_px: left, top, right, bottom in image 2.
        size_hwl_m: height, width, length.
        position_m: centre of the bottom face in the rectified camera 0 frame.
        rotation_y_rad: heading about the camera's y axis, 0 along its x axis.
        score: confidence of a detection, or None.
    """

    line: int
    frame: int
    track_id: int
    type: str
    truncated: float
    occluded: int
    alpha_rad: float
    box_px: tuple[float, float, float, float]
    size_hwl_m: tuple[float, float, float]
    position_m: tuple[float, float, float]
    rotation_y_rad: float
    score: float | None = None

    @property
    def is_dont_care(self) -> bool:
        return self.type == DONT_CARE

    @property
    def is_detection(self) -> bool:
        """Whether a detector found this and nobody has said which object it is."""
        return self.score is not None and self.track_id < 0 and not self.is_dont_care

    @property
    def is_3d(self) -> bool:
        """Whether the line holds a cuboid; results of image detectors have a 2D box only."""
        return min(self.size_hwl_m) > 0 and self.position_m[2] > NO_POSITION_M


def read_tracking_labels(path: Path) -> tuple[KittiLabel, ...]:
    """All lines of a label file of the tracking benchmark, in the order of the file.

    Raises:
        InputFileError: the file cannot be read, or a line has a wrong number of values, a value
            that is not a finite number, a size that is not positive, or doubles an object; or one
            without a score has no track id.
    """
    labels: list[KittiLabel] = []
    first_line: dict[tuple[int, int], int] = {}
    for number, words in lines_of(path):
        where = f"{path} line {number}"
        if len(words) not in (17, 18):
            raise InputFileError(
                f"{len(words)} values where a KITTI tracking label has 17, or 18 with a score",
                where,
                "correct or remove the line",
            )
        frame = frame_number(words[0], where)
        track_id = _whole(words[1], "track id", where)
        label = label_of(number, frame, track_id, words[2:], where)
        if not (label.is_dont_care or label.is_detection):
            if track_id < 0:
                raise InputFileError(
                    f"track id {track_id} on a {label.type} without a score",
                    where,
                    "use ids from 0 on, or add the score if it is a detection",
                )
            doubled = first_line.setdefault((frame, track_id), number)
            if doubled != number:
                raise InputFileError(
                    f"track {track_id} is in frame {frame} twice (first on line {doubled})",
                    where,
                    "give one of the two another track id or remove it",
                )
        labels.append(label)
    return tuple(labels)


def read_object_labels(path: Path) -> tuple[KittiLabel, ...]:
    """All lines of a label file of the object benchmark, in the order of the file.

    Raises:
        InputFileError: the file cannot be read, or a line has a wrong number of values, a value
            that is not a finite number, or a size that is not positive.
    """
    labels: list[KittiLabel] = []
    for number, words in lines_of(path):
        where = f"{path} line {number}"
        if len(words) not in (15, 16):
            raise InputFileError(
                f"{len(words)} values where a KITTI object label has 15, or 16 with a score",
                where,
                "correct or remove the line",
            )
        labels.append(label_of(number, 0, -1, words, where))
    return tuple(labels)


def tracking_line(label: KittiLabel, decimals: int) -> str:
    """The line of a label in the tracking benchmark; truncation is written as an integer."""
    return (
        f"{label.frame} {label.track_id} {_columns(label, f'{round(label.truncated)}', decimals)}"
    )


def object_line(label: KittiLabel, decimals: int) -> str:
    """The line of a label in the object benchmark; truncation is written as a fraction."""
    truncated = "-1" if label.is_dont_care else f"{label.truncated:.2f}"
    return _columns(label, truncated, decimals)


def box_text(box_px: tuple[float, float, float, float]) -> str:
    """A 2D box as one attribute value that `box_from_text` reads back exactly."""
    return " ".join(f"{value:.10g}" for value in box_px)


def box_from_text(text: object) -> tuple[float, float, float, float] | None:
    """The 2D box of an attribute value; None if the value is not one."""
    try:
        left, top, right, bottom = (float(word) for word in str(text).split())
    except ValueError:
        return None
    return left, top, right, bottom


def _columns(label: KittiLabel, truncated: str, decimals: int) -> str:
    smallest = 10.0**-decimals
    # A size must not round to nothing: readers refuse it.
    size = label.size_hwl_m
    if label.is_3d:
        size = (max(size[0], smallest), max(size[1], smallest), max(size[2], smallest))
    numbers = (*label.box_px, *size, *label.position_m, label.rotation_y_rad)
    text = " ".join(_number(value, decimals) for value in numbers)
    line = f"{label.type} {truncated} {label.occluded} {_number(label.alpha_rad, decimals)} {text}"
    return line if label.score is None else f"{line} {_number(label.score, decimals)}"


def _number(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    # "-0.00" reads as 0 but shows up as a difference when files are compared.
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def frame_number(word: str, where: str) -> int:
    """A frame number; InputFileError names the place if it is none."""
    number = _whole(word, "frame number", where)
    if not 0 <= number <= MAX_FRAME:
        raise InputFileError(
            f"frame number {word} is not in 0 to {MAX_FRAME}", where, "number from 0"
        )
    return number


def lines_of(path: Path, separator: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Number, from 1, and words of each line that is not empty; words are apart by space or else."""
    text = read_text(path)
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split(separator) if line.strip() else []
        if words:
            yield number, words


def label_of(number: int, frame: int, track_id: int, words: list[str], where: str) -> KittiLabel:
    """The label of a line's words, from the type on: the columns that both benchmarks share."""
    kitti_type = words[0]
    values = [_real(word, where) for word in words[1:]]
    height, width, length = values[7:10]
    label = KittiLabel(
        line=number,
        frame=frame,
        track_id=track_id,
        type=kitti_type,
        truncated=values[0],
        occluded=_whole(words[2], "occlusion", where),
        alpha_rad=values[2],
        box_px=(values[3], values[4], values[5], values[6]),
        size_hwl_m=(height, width, length),
        position_m=(values[10], values[11], values[12]),
        rotation_y_rad=values[13],
        score=values[14] if len(values) > 14 else None,
    )
    placed = label.position_m[2] > NO_POSITION_M
    if placed and not label.is_dont_care and min(label.size_hwl_m) <= 0:
        raise InputFileError(
            f"height {height:g}, width {width:g}, length {length:g} m: a size must be positive",
            where,
            "correct the size, or write -1000 as position if there is no 3D box",
        )
    return label


def _real(word: str, where: str) -> float:
    try:
        value = float(word)
    except ValueError as error:
        raise InputFileError(
            f"{word!r} is not a number", where, "correct or remove the line"
        ) from error
    if not math.isfinite(value):
        raise InputFileError(f"{word} is not a finite number", where, "correct or remove the line")
    if abs(value) > MAX_VALUE:
        raise InputFileError(
            f"{word[:40]} is beyond {MAX_VALUE:.0e}", where, "correct or remove the line"
        )
    return value


def _whole(word: str, what: str, where: str) -> int:
    value = _real(word, where)
    if value != int(value):
        raise InputFileError(
            f"{what} {word} is not a whole number", where, "correct or remove the line"
        )
    return int(value)
