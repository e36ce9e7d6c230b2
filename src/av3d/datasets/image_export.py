"""What exports of 2D boxes share: the images of a log with their boxes, their files, and what is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from av3d.datasets.dataset import (
    DatasetError,
    ExportOptions,
    ExportReport,
    LabelledLog,
    Loss,
    Progress,
)
from av3d.datasets.image_boxes import SMALLEST_PX, ImageBoxes, boxes_in_image
from av3d.datasets.log_folders import folder_name, log_folders
from av3d.datasets.media_files import hard_linked
from av3d.datasets.relabelling import NAMED
from av3d.datasets.tally import LabelTally
from av3d.logs.frames import Frame
from av3d.logs.image import image_size
from av3d.logs.log import Log, LogError
from av3d.reading import read_bytes
from av3d.tracks.interpolation import AUTOMATIC
from av3d.tracks.state import TrackState
from av3d.types import FloatArray

JPEG_QUALITY = 95

SUFFIXES = {b"\xff\xd8": ".jpg", b"\x89P": ".png"}
"""How files are called, by their first two bytes."""

BOX_DECIMALS = 3
"""Digits of pixels after the point where nobody says how many: boxes are exact to a tenth of a pixel."""

FLAT = "a 2D box alone is no cuboid: it does not say how far away, how large and how turned its object is"
"""Why boxes of an image cannot become tracks."""
INSTEAD = "import labels that have cuboids"
NO_IMAGES, OTHERS = "no frame has an image", "choose other frames, or a format of cuboids"


@dataclass(frozen=True, eq=False)
class ShownImage:
    """One image of a frame.

    Attributes:
        camera: name of the camera.
        index: of the image among those of the camera.
        time_ns: when its middle was exposed.
        boxes: of the tracks that it shows.
    """

    camera: str
    index: int
    time_ns: int
    boxes: ImageBoxes


@dataclass(frozen=True, eq=False)
class ShownFrame:
    """One frame of a log: where its tracks are in the sweep (N), and what its images show of them."""

    frame: Frame
    states: Sequence[TrackState | None]
    images: Sequence[ShownImage]


@dataclass
class BoxTally:
    """Counts what an export of 2D boxes writes and loses.

    Attributes:
        keeps_cuboids: whether the format holds the cuboids too, with all attributes.
        images, boxes: how many were written.
        frames: how many have an image that was written.
        unseen: how many cuboids no image shows, by the name of their track.
        too_small: boxes that are smaller than SMALLEST_PX.
        unplaced: images that the ego poses do not reach.
        missing: frames that have no image at all.
        encoded: images that were written anew, as the log has no files for them.
        unlinkable: images that were copied though they should have been linked.
        motions, remarks: names of tracks that say how they move, and that have a note or relations.
        labels: of the cuboids.
    """

    keeps_cuboids: bool = False
    images: int = 0
    boxes: int = 0
    frames: int = 0
    unseen: dict[str, int] = field(default_factory=dict)
    too_small: int = 0
    unplaced: int = 0
    missing: int = 0
    encoded: int = 0
    unlinkable: int = 0
    motions: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    labels: LabelTally = field(default_factory=LabelTally)

    def add(self, item: LabelledLog, shown: ShownFrame) -> None:
        """Count what a frame shows and does not."""
        seen = {row for image in shown.images for row in image.boxes.rows.tolist()}
        for row, state in enumerate(shown.states):
            if state is None:
                continue
            track = item.tracks[row]
            if row in seen or self.keeps_cuboids:
                self.labels.add(track, state, state.attributes if self.keeps_cuboids else ())
            if row not in seen:
                self.unseen[track.name] = self.unseen.get(track.name, 0) + 1
        self.frames += bool(shown.images)
        self.images += len(shown.images)
        self.too_small += sum(image.boxes.too_small for image in shown.images)
        self.missing += not any(index is not None for index in shown.frame.images.values())

    def finish_log(self, item: LabelledLog) -> None:
        """Count what is lost once per track."""
        self.labels.finish_log(item, (frame.timestamp_ns for frame in item.frames))
        self.motions += [track.name for track in item.tracks if track.interpolation != AUTOMATIC]
        self.remarks += [track.name for track in item.tracks if track.note or track.relations]

    def losses(self, title: str) -> list[Loss]:
        """The losses, without those that did not happen."""
        unseen = "kept without a box" if self.keeps_cuboids else "not written"
        own = [
            Loss(
                "cuboids in no image",
                sum(self.unseen.values()),
                "cuboids",
                f"no camera of their frame shows them: {unseen}",
                tuple(self.unseen)[:NAMED],
            ),
            Loss(
                "third dimension",
                0 if self.keeps_cuboids else self.labels.cuboids,
                "cuboids",
                f"{title} has no place for where a cuboid is, its size and its orientation",
            ),
            Loss(
                "notes and relations",
                0 if self.keeps_cuboids else len(self.remarks),
                "tracks",
                "not written",
                tuple(self.remarks)[:NAMED],
            ),
            Loss(
                "motion models",
                len(self.motions),
                "tracks",
                "what was said of how they move between keyframes is not written",
                tuple(self.motions)[:NAMED],
            ),
            Loss(
                "small boxes",
                self.too_small,
                "boxes",
                f"left out: narrower or lower than {SMALLEST_PX:g} px",
            ),
            Loss(
                "images without an ego pose",
                self.unplaced,
                "images",
                "left out: nobody knows what they show",
            ),
            Loss(
                "frames without an image", self.missing, "frames", "no camera has an image of them"
            ),
            Loss(
                "image pixels",
                self.encoded,
                "images",
                f"the log has no image files; written as JPEG of quality {JPEG_QUALITY}",
            ),
            Loss(
                "point clouds, calibration and poses",
                self.frames,
                "frames",
                f"{title} is about images",
            ),
        ]
        labels = self.labels.losses(title)
        if self.keeps_cuboids:
            labels = [loss for loss in labels if loss.what != "provenance"]
        return [*(loss for loss in own if loss.count), *labels]

    def notes(self) -> list[str]:
        """What was written, in words."""
        found = [f"{self.boxes:,} boxes in {self.images:,} images"]
        if self.unlinkable:
            found.append(f"{self.unlinkable} images could not be linked and were copied")
        return found

    def report(
        self,
        format_name: str,
        items: Sequence[LabelledLog],
        out: Path,
        files: int,
        losses: Sequence[Loss],
        notes: Sequence[str] = (),
    ) -> ExportReport:
        """The report of the export."""
        return ExportReport(
            format=format_name,
            out=out,
            logs=len(items),
            frames=self.frames,
            tracks=self.labels.tracks,
            cuboids=self.labels.cuboids,
            files=files,
            losses=tuple(losses),
            notes=(*self.notes(), *notes),
        )


def check_items(items: Sequence[LabelledLog], out: Path, options: ExportOptions) -> int:
    """Refuse what cannot be written; the digits to write boxes with.

    Raises:
        DatasetError: there is no log, two of one name, one without cameras, or senseless digits.
    """
    if not items:
        raise DatasetError("there is no log to export", out, "name at least one log")
    names = [item.log.name for item in items]
    for name in names:
        if names.count(name) > 1:
            raise DatasetError(
                f"{names.count(name)} logs are called {name!r}", out,
                "export them into different folders",
            )  # fmt: skip
    for item in items:
        if not any(len(stream) for stream in item.log.cameras.values()):
            raise DatasetError(
                f"log {item.log.name} has no camera images, so there are no 2D boxes",
                item.log.source,
                "export it in a format of cuboids",
            )
    decimals = BOX_DECIMALS if options.decimals is None else options.decimals
    if not 0 <= decimals <= 15:
        raise DatasetError(f"{decimals} decimals", out, "use 0 to 15")
    return decimals


def shown_frames(item: LabelledLog, tally: BoxTally, progress: Progress) -> Iterator[ShownFrame]:
    """The chosen frames of a log in order, each with those of its images whose place is known."""
    log, frames = item.log, item.frames
    for done, frame in enumerate(frames):
        states = item.states(frame)
        images: list[ShownImage] = []
        for camera in log.cameras:
            index = frame.images.get(camera)
            if index is None:
                continue
            boxes = boxes_in_image(log, item.tracks, states, frame, camera)
            if boxes is None:
                tally.unplaced += 1
            else:
                images.append(ShownImage(camera, index, log.image_time_ns(camera, index), boxes))
        shown = ShownFrame(frame, states, images)
        tally.add(item, shown)
        yield shown
        progress(f"Writing {log.name}", done + 1, len(frames))
    tally.finish_log(item)


@dataclass
class ImageFolder:
    """The image files of one camera in an export: those of the log, byte for byte.

    All have one suffix. An image that the log has no file of, or one of another kind, is encoded.

    Args:
        log: the log.
        camera: name of the camera.
        folder: where to; it is made.
        tally: is added to.
        link: hard-link files instead of copying them, where the disk allows it.
    """

    log: Log
    camera: str
    folder: Path
    tally: BoxTally
    link: bool
    suffix: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)

    def write(self, index: int, stem: str) -> str:
        """Write one image; returns the name of its file.

        Raises:
            InputFileError, LogError: it is missing, truncated, or of another size than the rig says.
        """
        source = self.log.cameras[self.camera].path(index)
        data = b"" if source is None else read_bytes(source, "image")
        if source is not None:
            self._check(data, source)
        kind = SUFFIXES.get(data[:2], ".jpg")
        self.suffix = self.suffix or kind
        target = self.folder / f"{stem}{self.suffix}"
        if source is None or kind != self.suffix:
            picture = cv2.cvtColor(self.log.image(self.camera, index), cv2.COLOR_RGB2BGR)
            quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if self.suffix == ".jpg" else []
            target.write_bytes(cv2.imencode(self.suffix, picture, quality)[1].tobytes())
            self.tally.encoded += self.suffix == ".jpg"
        elif not (self.link and hard_linked(source, target)):
            target.write_bytes(data)
            self.tally.unlinkable += self.link
        return target.name

    def _check(self, data: bytes, source: Path) -> None:
        lens = self.log.rig.camera(self.camera).camera
        size = image_size(data, source)
        if size != (lens.width_px, lens.height_px):
            raise LogError(
                f"image is {size[0]}x{size[1]} px, the rig says {lens.width_px}x{lens.height_px}",
                source,
                "correct the image size in the calibration",
            )


def class_names(items: Sequence[LabelledLog], options: ExportOptions) -> dict[str, str]:
    """What the format calls each category: those of the ontology in its order, then what tracks have.

    Several categories may have one name.
    """
    names = dict(options.class_names)
    for category in sorted({track.category for item in items for track in item.tracks}):
        names.setdefault(category, category)
    return names


def folder_names(items: Sequence[LabelledLog]) -> list[str]:
    """A name for each log that a folder can have, all different."""
    return [path.name for path in log_folders(items, Path())]


def camera_folders(log: Log) -> dict[str, str]:
    """A name for each camera of a log that a folder can have, all different."""
    found: dict[str, str] = {}
    for camera in log.cameras:
        wanted = name = folder_name(camera)
        number = 2
        while name.lower() in {taken.lower() for taken in found.values()}:
            name, number = f"{wanted}-{number}", number + 1
        found[camera] = name
    return found


def from_edges(boxes_px: FloatArray) -> FloatArray:
    """Boxes (K, 4) as left, top, width and height from the outer corner of the first pixel, (K, 4).

    av3d counts from the centre of the first pixel, image formats from its edge: half a pixel.
    """
    found = boxes_px + 0.5
    found[:, 2:] -= found[:, :2]
    return found
