"""Writing logs and tracks in the layout of Ultralytics, image by image."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from av3d.calibration.camera import Camera
from av3d.datasets.dataset import (
    DatasetError,
    ExportOptions,
    ExportReport,
    LabelledLog,
    Loss,
    Progress,
)
from av3d.datasets.image_boxes import ImageBoxes
from av3d.datasets.image_export import (
    NO_IMAGES,
    OTHERS,
    BoxTally,
    ImageFolder,
    camera_folders,
    check_items,
    class_names,
    folder_names,
    from_edges,
    shown_frames,
)
from av3d.files import new_folder

DECIMALS = 6
"""Digits of parts of the image after the point where nobody says how many: .002 px of 1920."""
LEAST_VISIBLE = 0.1
"""A box whose cuboid others cover all but this part of is left out: YOLO cannot say that it is hidden."""


def write_yolo(
    items: Sequence[LabelledLog], out: Path, options: ExportOptions, progress: Progress
) -> ExportReport:
    """Write all images of all logs, each with its text file, and data.yaml.

    Raises:
        DatasetError: there is nothing to write.
        InputFileError, LogError: an image cannot be read.
        OutputError: the folder is not empty, or the disk refuses; nothing is left half-written.
    """
    check_items(items, out, options)
    decimals = DECIMALS if options.decimals is None else options.decimals
    names = class_names(items, options)
    classes = list(dict.fromkeys(names.values()))
    numbers = {category: classes.index(name) for category, name in names.items()}
    tally = BoxTally()
    hidden = 0
    with new_folder(out, replace=options.overwrite) as aside:
        shown_folders: list[str] = []
        for item, name in zip(items, map(_beside, folder_names(items)), strict=True):
            places = {
                camera: Path(name) / _beside(folder)
                for camera, folder in camera_folders(item.log).items()
            }
            images: dict[str, ImageFolder] = {}
            for shown in shown_frames(item, tally, progress):
                for image in shown.images:
                    camera = image.camera
                    place = places[camera]
                    if camera not in images:
                        images[camera] = ImageFolder(
                            item.log, camera, aside / "images" / place, tally, options.link_media
                        )
                        (aside / "labels" / place).mkdir(parents=True)
                    stem = f"{shown.frame.index:06d}"
                    images[camera].write(image.index, stem)
                    classes_of = [
                        numbers[item.tracks[row].category] for row in image.boxes.rows.tolist()
                    ]
                    lens = item.log.rig.camera(camera).camera
                    lines = _lines(image.boxes, classes_of, lens, decimals)
                    # A file without a line says that somebody looked and there is nothing.
                    text = "".join(f"{line}\n" for line in lines)
                    (aside / "labels" / place / f"{stem}.txt").write_text(text, encoding="utf-8")
                    tally.boxes += len(lines)
                    hidden += len(image.boxes) - len(lines)
            if images:
                shown_folders.append(name)
        if not shown_folders:
            raise DatasetError(NO_IMAGES, out, OTHERS)
        (aside / "data.yaml").write_text(_data_yaml(classes, shown_folders), encoding="utf-8")
    covered = Loss(
        "hidden objects",
        hidden,
        "boxes",
        f"left out: other cuboids cover more than {1 - LEAST_VISIBLE:.0%} of what is on the image",
    )
    flags = Loss(
        "track IDs, truncation and occlusion", tally.boxes, "boxes",
        "YOLO has a class and a box and no more",
    )  # fmt: skip
    losses = [loss for loss in (covered, flags) if loss.count]
    notes = [
        "data.yaml trains and validates on all images: each log has a folder of its own, name some "
        "for training and others for validation"
    ]
    return tally.report(
        "yolo", items, out, 2 * tally.images + 1, [*losses, *tally.losses("YOLO")], notes
    )


def _beside(folder: str) -> str:
    """The name of a folder, but not `images`: labels are looked for where the last such folder is."""
    return f"{folder}-" if folder.lower() == "images" else folder


def _lines(boxes: ImageBoxes, classes: Sequence[int], lens: Camera, decimals: int) -> list[str]:
    """Class, and centre, width and height as parts of the image, of the boxes that are not hidden."""
    size = np.array([lens.width_px, lens.height_px])
    placed = from_edges(boxes.seen_px)
    middles, sizes = (placed[:, :2] + placed[:, 2:] / 2) / size, placed[:, 2:] / size
    return [
        f"{number} " + " ".join(f"{value:.{decimals}f}" for value in (*middle, *extent))
        for number, middle, extent, occluded in zip(
            classes, middles.tolist(), sizes.tolist(), boxes.occluded.tolist(), strict=True
        )
        if occluded <= 1 - LEAST_VISIBLE
    ]


def _data_yaml(classes: Sequence[str], folders: Sequence[str]) -> str:
    """The file that training is pointed at. JSON texts are YAML texts."""
    own: Mapping[int, str] = dict(enumerate(classes))
    places = "".join(
        f"  - {json.dumps(f'images/{name}', ensure_ascii=False)}\n" for name in folders
    )
    names = "".join(
        f"  {number}: {json.dumps(name, ensure_ascii=False)}\n" for number, name in own.items()
    )
    return (
        "# Paths are relative to the folder of this file. Each log has a folder of its own.\n"
        f"train:\n{places}val:\n{places}names:\n{names}"
    )
