"""What a dataset plug-in offers: open logs, read labels, write labels.

A dataset is an object registered in the entry-point group `av3d.datasets`. It subclasses Dataset and
overrides what it can do. Conventions of the dataset (axis order, box origin, yaw zero, units, class
names) live in its own folder and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from av3d.calibration.rig import Rig
from av3d.datasets.selection import EVERYTHING, CuboidFilter, Selection
from av3d.errors import Av3dError
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.tracks.approval import Approval
from av3d.tracks.detections import Detections
from av3d.tracks.event import Event
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import Scalar

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done and how many there are."""

SAID = "said."
"""Before the name of what a reader records, in tracks for a writer: what people say instead. Where it
stands ("said.kitti.occluded"), it is written, not what was read or what can be worked out."""


def no_progress(text: str, done: int, total: int) -> None:
    """A Progress that shows nothing."""


class DatasetError(Av3dError):
    """A folder that is not what a dataset expects, or something a dataset cannot do."""


@dataclass(frozen=True)
class ImportedLabels:
    """Labels read from a dataset.

    Attributes:
        tracks: with provenance IMPORTED, in the world frame of the log.
        detections: cuboids of a detector that are not tracks yet: whoever asked links them
            (`av3d.tracks.linking`). None in labels of people.
        notes: what was merged, dropped or assumed, with counts, in words for the user.
        counts: the same as numbers, for --json.
    """

    tracks: tuple[Track, ...]
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    detections: Detections | None = None


@dataclass(frozen=True)
class LabelledLog:
    """A log and the tracks that are to be exported with it.

    Attributes:
        log: the log.
        tracks: those that are chosen, as `av3d.datasets.relabelling.for_export` gives them.
        selection: which frames and cuboids are chosen. Writers take `frames` and `states` from here
            and not from the log, and then need not know what can be chosen.
        events: all events of the log, decisions of reviewers among them.
        approval: what reviewers have approved, if only that is chosen.
    """

    log: Log
    tracks: tuple[Track, ...]
    selection: Selection = EVERYTHING
    events: tuple[Event, ...] = ()
    approval: Approval | None = None

    @cached_property
    def frames(self) -> Sequence[Frame]:
        """The frames to write, in order of time; their indices are those of the log.

        Raises:
            SelectionError: the log has none of those chosen.
        """
        return self.selection.chosen_frames(self.log)

    @cached_property
    def cuboids(self) -> CuboidFilter:
        """What leaves single cuboids out, and knows how many it left out so far."""
        return CuboidFilter(self.log, self.selection, self.approval)

    def states(self, frame: Frame) -> list[TrackState | None]:
        """The tracks as the sweep of a frame shows them (`av3d.tracks.measured.states_in_sweep`).

        Returns:
            One state per track, in the world frame; None where the object is not there, or its
            cuboid is not chosen.
        """
        states = states_in_sweep(self.tracks, frame.timestamp_ns, self.log)
        return self.cuboids(states, frame, self.tracks)


@dataclass(frozen=True)
class Loss:
    """Something a format cannot hold.

    Attributes:
        what: a short name, for example "roll and pitch".
        count: how many cuboids (or tracks, images: `of` says which) are concerned.
        of: what is counted: "cuboids", "tracks", "images".
        detail: one sentence: what was written instead, and how large the difference is.
        tracks: names of the tracks concerned, at most a few dozen.
    """

    what: str
    count: int
    of: str
    detail: str
    tracks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote and what it could not express.

    Attributes:
        format: name of the format.
        out: folder that holds the result.
        logs, frames, tracks, cuboids, files: how many were written.
        losses: empty if nothing was lost.
        notes: what was chosen or assumed.
    """

    format: str
    out: Path
    logs: int
    frames: int
    tracks: int
    cuboids: int
    files: int
    losses: tuple[Loss, ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "format": self.format,
            "out": str(self.out),
            "logs": self.logs,
            "frames": self.frames,
            "tracks": self.tracks,
            "cuboids": self.cuboids,
            "files": self.files,
            "losses": [
                {
                    "what": loss.what,
                    "count": loss.count,
                    "of": loss.of,
                    "detail": loss.detail,
                    "tracks": list(loss.tracks),
                }
                for loss in self.losses
            ],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class ExportOptions:
    """Choices at export.

    Attributes:
        overwrite: replace an export that is already in the folder.
        decimals: digits after the point in text formats; None: the format's full-precision choice.
        keyframe_every_s: spacing of keyframes in formats that separate them from sweeps (nuScenes).
        link_media: hard-link or symlink point clouds and images where the format allows, else copy.
        ontology: name and version of the project's, for formats that say whose categories they use.
        class_names: what the project's ontology says the format calls its categories, by category and in
            the ontology's order, for formats that take any names and number them.
    """

    overwrite: bool = False
    decimals: int | None = None
    keyframe_every_s: float = 0.5
    link_media: bool = False
    ontology: str = ""
    class_names: Mapping[str, str] = field(default_factory=dict, hash=False)


class Dataset:
    """Base of all datasets; every method may be overridden, `name` and `title` must be set."""

    name: str = ""
    """Short name used on the command line, for example "kitti-tracking"."""
    title: str = ""
    """Name as people write it, for example "KITTI tracking"."""
    looks_for: str = ""
    """What `recognise` needs to find, in words: "a folder with lidar/poses.json and camera/". Said
    when a path that `recognise` does not know is opened with --format and does not open."""
    holds: str = ""
    """What an export holds, in a few words: "samples, sweeps, maps and all 13 tables"."""
    label_attribute: str = ""
    """Attribute of a track in which the dataset's own class name stands: the reader puts it there, the
    writer takes it from there. "format.name", as formats are called in ontologies."""
    has_fixed_classes: bool = False
    """Whether a format that takes its classes from `ExportOptions.class_names` knows some only."""
    reads_logs: bool = False
    reads_labels: bool = False
    writes_labels: bool = False
    reads_rigs: bool = False

    def recognise(self, path: Path) -> bool:
        """Whether `path` is a log of this kind, by looking at names only. Never raises."""
        return False

    def open(self, path: Path) -> Log:
        """Open the log. Av3dError says what is wrong with it."""
        raise DatasetError(f"{self.title} logs cannot be opened", path)

    def recognise_rig(self, path: Path) -> bool:
        """Whether `path` holds calibration of this kind, by looking at names only. Never raises."""
        return False

    def read_rig(self, path: Path) -> Rig:
        """Read the calibration alone, for `av3d rig convert`. Av3dError says what is wrong with it."""
        raise DatasetError(f"{self.title} calibration cannot be read", path)

    def recognise_labels(self, path: Path) -> bool:
        """Whether a file says itself that its labels are of this kind, whatever log they belong to."""
        return False

    def read_labels(self, log: Log, labels: Path | None = None) -> ImportedLabels:
        """Read labels as tracks in the log's world frame.

        Args:
            log: the log that the labels belong to.
            labels: where they are; None: where the dataset keeps them.
        """
        raise DatasetError(f"{self.title} labels cannot be read", log.path)

    def takes(self, record: str, value: Scalar) -> bool:
        """Whether the writer can write what people say instead of a record of the reader.

        Args:
            record: name of what the reader records, such as "kitti.occluded".
            value: as the format calls it.
        """
        return False

    def wrote(self, folder: Path) -> bool:
        """Whether a folder is surely an export in this format of before exports had manifests.

        `--overwrite` deletes such a folder: in doubt it is none. Never raises.
        """
        return False

    def write_labels(
        self,
        items: Sequence[LabelledLog],
        out: Path,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> ExportReport:
        """Write tracks to a new folder, aside first; see `av3d.files.new_folder`."""
        raise DatasetError(f"{self.title} labels cannot be written", out)
