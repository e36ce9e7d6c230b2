"""Results of detectors in the order of columns that AB3DMOT made common, and which files mean what.

Columns, with commas between: frame, kind, left, top, right, bottom, score, height, width, length, x, y,
z, rotation_y, alpha; in a file for each sequence and kind of object, Car/0001.txt. The kinds are
numbers. Values and frame of reference are those of the tracking benchmark. Source: the description of
the detections that X. Weng et al. published with AB3DMOT (github.com/xinshuoweng/AB3DMOT, docs/KITTI.md
and its detections of PointRCNN); that alpha is rotation_y minus the bearing was checked on these.
"""

from __future__ import annotations

from pathlib import Path

from av3d.datasets.dataset import DatasetError
from av3d.datasets.kitti.labels import KittiLabel, frame_number, label_of, lines_of
from av3d.errors import InputFileError
from av3d.reading import open_file

KINDS = {"1": "Pedestrian", "2": "Car", "3": "Cyclist"}
COLUMNS = 15

_HEAD_BYTES = 4096


def is_ab3dmot(path: Path) -> bool:
    """Whether a file has these columns, by the commas in its first line. Never raises."""
    try:
        with open_file(path) as file:
            head = file.read(_HEAD_BYTES).lstrip().split(b"\n", 1)[0]
    except (InputFileError, OSError):
        return False
    return head.count(b",") >= COLUMNS // 2


def read_ab3dmot(path: Path) -> tuple[KittiLabel, ...]:
    """The detections of a file, in its order; truncation and occlusion are not known and -1.

    Raises:
        InputFileError: the file cannot be read, or a line has a wrong number of values, an unknown
            kind, a value that is not a finite number, or a size that is not positive.
    """
    labels: list[KittiLabel] = []
    for number, values in lines_of(path, ","):
        where = f"{path} line {number}"
        words = [value.strip() for value in values]
        if len(words) != COLUMNS:
            raise InputFileError(
                f"{len(words)} values where a detection has {COLUMNS}, with commas between",
                where,
                "correct or remove the line",
            )
        frame, kind, left, top, right, bottom, score, *box, alpha = words
        if kind not in KINDS:
            names = ", ".join(f"{code} {name}" for code, name in KINDS.items())
            raise InputFileError(
                f"{kind[:40]!r} is no kind of object", where, f"use one of {names}"
            )
        columns = [KINDS[kind], "-1", "-1", alpha, left, top, right, bottom, *box, score]
        labels.append(label_of(number, frame_number(frame, where), -1, columns, where))
    return tuple(labels)


def label_files(labels: Path, name: str | None, folder: str) -> tuple[Path, ...]:
    """The label files that a path means: itself, or those of a sequence or frame in a folder.

    Args:
        labels: a file or a folder.
        name: of the sequence or frame.
        folder: where a split keeps label files.

    Raises:
        DatasetError: the folder has none.
    """
    if not labels.is_dir():
        return (labels,)
    if name is None:
        raise DatasetError(
            "the folder does not say which label file belongs to the log",
            labels,
            "name the file",
        )
    candidates = [
        labels / f"{name}.txt",
        labels / folder / f"{name}.txt",
        labels / "training" / folder / f"{name}.txt",
        labels / "data" / f"{name}.txt",  # results as evaluations have them
    ]
    for candidate in candidates:
        if candidate.is_file():
            return (candidate,)
    of_kinds = sorted(path for path in labels.glob(f"*/{name}.txt") if is_ab3dmot(path))
    if not of_kinds:
        raise DatasetError(f"there is no {name}.txt", labels, "name the label file")
    return tuple(of_kinds)
