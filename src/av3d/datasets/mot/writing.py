"""Writing logs and tracks as sequences of MOTChallenge, one per log and camera, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from av3d.datasets.dataset import (
    DatasetError,
    ExportOptions,
    ExportReport,
    LabelledLog,
    Loss,
    Progress,
)
from av3d.datasets.image_export import (
    NO_IMAGES,
    OTHERS,
    BoxTally,
    ImageFolder,
    ShownFrame,
    ShownImage,
    camera_folders,
    check_items,
    class_names,
    folder_names,
    from_edges,
    shown_frames,
)
from av3d.datasets.mot.classes import CLASSES, mot_class
from av3d.datasets.relabelling import NAMED
from av3d.files import new_folder

SPLIT = "av3d-train"
"""Folder of the sequences: benchmark and split, as the official evaluation looks for them."""
FIRST = 1
"""Frames, tracks and pixels are counted from 1."""
VISIBILITY_DECIMALS = 4


@dataclass
class _Sequence:
    """A sequence that is being written.

    Attributes:
        name: of its folder.
        images: where they go.
        boxes: the lines of gt.txt.
        frames: the lines of frames.csv.
        length: images so far.
    """

    name: str
    images: ImageFolder
    boxes: TextIO
    frames: TextIO
    length: int = 0


@dataclass
class _Log:
    """What the frames of a log are written with."""

    item: LabelledLog
    name: str
    root: Path
    classes: Mapping[str, int]
    tally: BoxTally
    decimals: int
    link: bool
    files: ExitStack
    cameras: Mapping[str, str]
    sequences: dict[str, _Sequence] = field(default_factory=dict)

    def sequence(self, camera: str) -> _Sequence:
        """The sequence of a camera, begun when its first image comes."""
        found = self.sequences.get(camera)
        if found is None:
            name = f"{self.name}-{self.cameras[camera]}".replace(" ", "_")
            while (self.root / name).exists():  # "a-b" with camera "c", and "a" with camera "b-c"
                name += "-2"
            folder = self.root / name
            images = ImageFolder(self.item.log, camera, folder / "img1", self.tally, self.link)
            (folder / "gt").mkdir()
            boxes, frames = (
                self.files.enter_context(path.open("w", encoding="utf-8", newline="\n"))
                for path in (folder / "gt" / "gt.txt", folder / "frames.csv")
            )
            frames.write("frame,log_frame,log_frame_ns,image_ns\n")
            found = self.sequences[camera] = _Sequence(name, images, boxes, frames)
        return found

    def write(self, shown: ShownFrame) -> None:
        """Write one frame."""
        for image in shown.images:
            self._write_image(shown, image)

    def _write_image(self, shown: ShownFrame, image: ShownImage) -> None:
        sequence, frame = self.sequence(image.camera), shown.frame
        number = sequence.length + FIRST
        sequence.length += 1
        sequence.images.write(image.index, f"{number:06d}")
        sequence.frames.write(f"{number},{frame.index},{frame.timestamp_ns},{image.time_ns}\n")
        boxes = image.boxes
        # A box that begins with the first pixel begins at 1, not at its outer edge at 0.5.
        places = from_edges(boxes.seen_px).tolist()
        for row, (left, top, width, height), visible in zip(
            boxes.rows.tolist(), places, boxes.visible.tolist(), strict=True
        ):
            numbers = ",".join(
                f"{value:.{self.decimals}f}" for value in (left + FIRST, top + FIRST, width, height)
            )
            category = self.classes[self.item.tracks[row].category]
            sequence.boxes.write(
                f"{number},{row + FIRST},{numbers},1,{category},{visible:.{VISIBILITY_DECIMALS}f}\n"
            )
        self.tally.boxes += len(boxes)

    def finish(self) -> None:
        """Write what is known at the end: the facts of each sequence."""
        rate = max(round(1e9 / self.item.log.frame_period_ns), 1)
        for camera, sequence in self.sequences.items():
            lens = self.item.log.rig.camera(camera).camera
            text = (
                f"[Sequence]\nname={sequence.name}\nimDir=img1\nframeRate={rate}\n"
                f"seqLength={sequence.length}\nimWidth={lens.width_px}\nimHeight={lens.height_px}\n"
                f"imExt={sequence.images.suffix}\n"
            )
            (self.root / sequence.name / "seqinfo.ini").write_text(text, encoding="utf-8")


def write_mot(
    items: Sequence[LabelledLog], out: Path, options: ExportOptions, progress: Progress
) -> ExportReport:
    """Write every camera of every log as one sequence.

    Raises:
        DatasetError: there is nothing to write.
        InputFileError, LogError: an image cannot be read.
        OutputError: the folder is not empty, or the disk refuses; nothing is left half-written.
    """
    decimals = check_items(items, out, options)
    tally = BoxTally()
    names = class_names(items, options)
    classes = {category: mot_class(name)[0] for category, name in names.items()}
    sequences: list[str] = []
    notes: list[str] = []
    with new_folder(out, replace=options.overwrite) as aside:
        root = aside / SPLIT
        root.mkdir()
        for item, name in zip(items, folder_names(items), strict=True):
            with ExitStack() as files:
                log = _Log(
                    item, name, root, classes, tally, decimals, options.link_media, files,
                    camera_folders(item.log),
                )  # fmt: skip
                for shown in shown_frames(item, tally, progress):
                    log.write(shown)
                log.finish()
            own = [
                log.sequences[camera].name for camera in item.log.cameras if camera in log.sequences
            ]
            sequences += own
            notes.append(f"log {item.log.name} is {', '.join(own)}")
        if not sequences:
            raise DatasetError(NO_IMAGES, out, OTHERS)
        (aside / "seqmaps").mkdir()
        seqmap = "".join(f"{name}\n" for name in ("name", *sequences))
        (aside / "seqmaps" / f"{SPLIT}.txt").write_text(seqmap, encoding="utf-8")
    losses = [*_classes_lost(items, names), *tally.losses("MOTChallenge")]
    files_count = tally.images + 3 * len(sequences) + 1
    return tally.report("mot", items, out, files_count, losses, notes)


def _classes_lost(items: Sequence[LabelledLog], names: Mapping[str, str]) -> list[Loss]:
    """Categories that became a class that also stands for others."""
    found: dict[str, list[str]] = {}
    for item in items:
        for track in item.tracks:
            if not mot_class(names[track.category])[1]:
                found.setdefault(track.category, []).append(track.name)
    called = {number: name for name, number in CLASSES.items()}
    return [
        Loss(
            f"category {category}",
            len(tracks),
            "tracks",
            f"written as {called[mot_class(names[category])[0]]}, which also stands for others",
            tuple(tracks[:NAMED]),
        )
        for category, tracks in sorted(found.items())
    ]
