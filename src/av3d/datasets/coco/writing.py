"""Writing logs and tracks as one COCO file with their images, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from av3d.datasets.coco.layout import ANNOTATIONS, IMAGES, MARK, VERSION
from av3d.datasets.coco.lists import GrowingLists
from av3d.datasets.dataset import ExportOptions, ExportReport, LabelledLog, Progress
from av3d.datasets.image_export import (
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
from av3d.digests import canonical
from av3d.files import new_folder
from av3d.geometry.se3 import SE3
from av3d.types import FloatArray, Scalar

METRE_DECIMALS = 6
"""Digits of cuboids in camera frames; those in the world frame, which are read back, have all."""
PART_DECIMALS = 4

LISTS = ("logs", "videos", "tracks", "images", "annotations", "frames", "cuboids")
"""In the order in which they stand in the file."""


def write_coco(
    items: Sequence[LabelledLog], out: Path, options: ExportOptions, progress: Progress
) -> ExportReport:
    """Write all logs as videos, one per camera, with one file of annotations.

    Raises:
        DatasetError: there is nothing to write.
        InputFileError, LogError: an image cannot be read.
        OutputError: the folder is not empty, or the disk refuses; nothing is left half-written.
    """
    decimals = check_items(items, out, options)
    tally = BoxTally(keeps_cuboids=True)
    with new_folder(out, replace=options.overwrite) as aside:
        (aside / IMAGES).mkdir()
        path = aside / ANNOTATIONS
        path.parent.mkdir()
        head = _Head(items, class_names(items, options))
        info = {"info": _info(options), "licenses": [], "categories": head.categories()}
        with GrowingLists(path, info, LISTS) as lists:
            for number, item in enumerate(items):
                head.add(number, item, lists)
                writer = _LogWriter(number, item, head, aside, tally, decimals, lists)
                for shown in shown_frames(item, tally, progress):
                    writer.write(shown, link=options.link_media)
    return tally.report("coco", items, out, tally.images + 1, tally.losses("COCO"))


def _info(options: ExportOptions) -> dict[str, Any]:
    # Nothing of the day or the machine: the same labels give the same bytes.
    return {
        MARK: VERSION,
        "description": "2D boxes of cuboids, by av3d",
        "version": str(VERSION),
        "ontology": options.ontology,
    }


class _Head:
    """What is known before the first frame: categories, videos, logs and tracks, numbered from 1."""

    def __init__(self, items: Sequence[LabelledLog], names: Mapping[str, str]) -> None:
        self._classes = list(dict.fromkeys(names.values()))
        numbers = {name: number for number, name in enumerate(self._classes, start=1)}
        self.category_ids = {category: numbers[name] for category, name in names.items()}
        self.video_ids: dict[tuple[int, str], int] = {}
        for number, item in enumerate(items):
            for camera in item.log.cameras:
                self.video_ids[number, camera] = len(self.video_ids) + 1
        self.first_tracks: list[int] = []
        count = 0
        for item in items:
            self.first_tracks.append(count + 1)
            count += len(item.tracks)
        self.folders = folder_names(items)

    def categories(self) -> list[dict[str, Any]]:
        return [
            {"id": number, "name": name, "supercategory": name}
            for number, name in enumerate(self._classes, start=1)
        ]

    def add(self, number: int, item: LabelledLog, lists: GrowingLists) -> None:
        """Add a log, its videos and its tracks."""
        log = item.log
        lists.add(
            "logs",
            {
                "id": number + 1,
                "name": log.name,
                "kind": log.kind,
                "fingerprint": log.fingerprint,
            },
        )
        for video in self._videos(number, item):
            lists.add("videos", video)
        for track in self._tracks(number, item):
            lists.add("tracks", track)

    def _videos(self, number: int, item: LabelledLog) -> list[dict[str, Any]]:
        found = []
        for camera in item.log.cameras:
            lens = item.log.rig.camera(camera).camera
            found.append(
                {
                    "id": self.video_ids[number, camera],
                    "name": f"{self.folders[number]}/{camera}",
                    "width": lens.width_px,
                    "height": lens.height_px,
                    "fps": round(1e9 / item.log.frame_period_ns, 3),
                    "log_id": number + 1,
                    "camera": camera,
                    "camera_model": lens.model,
                    "camera_matrix": lens.matrix.tolist(),
                    "distortion": [] if lens.lens is None else lens.lens.coefficients.tolist(),
                }
            )
        return found

    def _tracks(self, number: int, item: LabelledLog) -> list[dict[str, Any]]:
        return [
            {
                "id": self.first_tracks[number] + row,
                "category_id": self.category_ids[track.category],
                "log_id": number + 1,
                "track_id": track.id,
                "name": track.name,
                "category": track.category,
                "number": track.number,
                "static": track.static,
                "attributes": dict(sorted(track.attributes.items())),
                "relations": [relation.as_json() for relation in track.relations],
                "note": track.note,
            }
            for row, track in enumerate(item.tracks)
        ]


class _LogWriter:
    """Writes the frames of one log."""

    def __init__(
        self,
        number: int,
        item: LabelledLog,
        head: _Head,
        out: Path,
        tally: BoxTally,
        decimals: int,
        lists: GrowingLists,
    ) -> None:
        self._number = number
        self._item = item
        self._head = head
        self._tally = tally
        self._decimals = decimals
        self._lists = lists
        self._place = Path(head.folders[number])
        self._root = out / IMAGES
        self._camera_names = camera_folders(item.log)
        self._folders: dict[str, ImageFolder] = {}
        self._shown: dict[str, int] = {}

    def write(self, shown: ShownFrame, *, link: bool) -> None:
        """Write one frame: its images, their boxes, and all cuboids."""
        frame = shown.frame
        self._lists.add(
            "frames",
            {
                "log_id": self._number + 1,
                "frame": frame.index,
                "timestamp_ns": frame.timestamp_ns,
            },
        )
        there = [(row, state) for row, state in enumerate(shown.states) if state is not None]
        places = _cuboids(
            [state.cuboid.frame_SE3_cuboid for _, state in there],
            [state.cuboid.size_lwh_m for _, state in there],
        )
        cuboid_ids: dict[int, int] = {}
        for (row, state), place in zip(there, places, strict=True):
            cuboid_ids[row] = self._lists.counts["cuboids"] + 1
            own = _besides(state.attributes, self._item.tracks[row].attributes)
            self._lists.add(
                "cuboids",
                {
                    "id": cuboid_ids[row],
                    "track_id": self._head.first_tracks[self._number] + row,
                    "log_id": self._number + 1,
                    "frame": frame.index,
                    **place,
                    "provenance": str(state.provenance),
                    **({"attributes": own} if own else {}),
                },
            )
        for image in shown.images:
            self._write_image(shown, image, cuboid_ids, link=link)

    def _write_image(
        self, shown: ShownFrame, image: ShownImage, cuboid_ids: Mapping[int, int], *, link: bool
    ) -> None:
        camera, frame = image.camera, shown.frame
        folder = self._folders.get(camera)
        if folder is None:
            place = self._root / self._place / self._camera_names[camera]
            folder = ImageFolder(self._item.log, camera, place, self._tally, link)
            self._folders[camera] = folder
        name = folder.write(image.index, f"{frame.index:06d}")
        lens = self._item.log.rig.camera(camera).camera
        video_id = self._head.video_ids[self._number, camera]
        image_id = self._lists.counts["images"] + 1
        position = self._shown.get(camera, 0)
        self._shown[camera] = position + 1
        self._lists.add(
            "images",
            {
                "id": image_id,
                "file_name": (self._place / self._camera_names[camera] / name).as_posix(),
                "width": lens.width_px,
                "height": lens.height_px,
                "video_id": video_id,
                "frame_id": position,
                "frame": frame.index,
                "timestamp_ns": image.time_ns,
                "camera": camera,
                "log": self._item.log.name,
            },
        )
        boxes = image.boxes
        seen, full = from_edges(boxes.seen_px).tolist(), from_edges(boxes.full_px).tolist()
        in_camera = _cuboids(
            boxes.camera_SE3_cuboids.unstacked(), boxes.sizes_lwh_m, METRE_DECIMALS
        )
        for at, row in enumerate(boxes.rows.tolist()):
            track = self._item.tracks[row]
            box = _rounded(seen[at], self._decimals)
            number = self._head.first_tracks[self._number] + row
            self._lists.add(
                "annotations",
                {
                    "id": self._lists.counts["annotations"] + 1,
                    "image_id": image_id,
                    "video_id": video_id,
                    "category_id": self._head.category_ids[track.category],
                    "bbox": box,
                    "area": round(box[2] * box[3], self._decimals),
                    "iscrowd": 0,
                    "instance_id": number,
                    "track_id": number,
                    "bbox_full": _rounded(full[at], self._decimals),
                    "truncated": round(float(boxes.truncated[at]), PART_DECIMALS),
                    "occluded": round(float(boxes.occluded[at]), PART_DECIMALS),
                    "depth_m": round(float(boxes.depth_m[at]), METRE_DECIMALS),
                    "cuboid_id": cuboid_ids[row],
                    "cuboid_camera": in_camera[at],
                },
            )
        self._tally.boxes += len(boxes)


def _besides(values: Mapping[str, Scalar], of_track: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The attributes of a cuboid that are not just those of its track, sorted by name."""
    if values is of_track:
        return {}
    return {
        name: value
        for name, value in sorted(values.items())
        # 1, 1.0 and true are equal in Python and different values of attributes.
        if canonical(of_track.get(name)) != canonical(value)
    }


def _cuboids(
    poses: Sequence[SE3],
    sizes_lwh_m: Sequence[FloatArray] | FloatArray,
    decimals: int | None = None,
) -> list[dict[str, list[float]]]:
    """Where cuboids are, how large and how turned, as JSON values."""
    # Those that are not known yet together: scipy's cost is per call.
    computed = iter(SE3.stack([one for one in poses if not one.knows_quaternion]).quaternion_wxyz)
    return [
        {
            "center_m": _rounded(pose.translation_m.tolist(), decimals),
            "size_lwh_m": _rounded(size_m.tolist(), decimals),
            "quaternion_wxyz": _rounded(
                (pose.quaternion_wxyz if pose.knows_quaternion else next(computed)).tolist(),
                decimals,
            ),
        }
        for pose, size_m in zip(poses, sizes_lwh_m, strict=True)
    ]


def _rounded(values: Sequence[float], decimals: int | None) -> list[float]:
    # Adding zero turns -0.0 into 0.0.
    return [(value if decimals is None else round(value, decimals)) + 0.0 for value in values]
