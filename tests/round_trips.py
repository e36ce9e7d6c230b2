"""How `av3d import` reads the exports of each format, and what of them holds the labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Way:
    """The way back of an export.

    Attributes:
        log: pattern of the path in the export that opens as a log; "" if labels belong to the log
            that was exported.
        labels: pattern of the file or folder with the labels; "" if they lie in the log.
        holding: patterns of the files that hold labels.
        complete: whether the export holds every category, each with its track.
        frames: of the exported log that hold cuboids in the export, and which they are there.
    """

    log: str = ""
    labels: str = ""
    holding: tuple[str, ...] = ()
    complete: bool = True
    frames: tuple[tuple[int, int], ...] = ((0, 0), (1, 1), (2, 2))

    def arguments(self, export: Path, log: Path, of_format: str) -> list[str]:
        """Of `av3d import`, but the project.

        Args:
            export: folder of an export.
            log: that was exported.
            of_format: of the export.
        """
        found = [str(next(export.glob(self.log)))] if self.log else [str(log)]
        if self.labels:
            found += ["--labels", str(next(export.glob(self.labels))), "--format", of_format]
        elif self.log:
            found += ["--format", of_format]
        return found


WAYS = {
    "av2": Way("crossing", holding=("crossing/annotations.feather",)),
    "coco": Way(labels="annotations/instances.json", holding=("annotations/*.json",)),
    "csv": Way(labels="cuboids.csv", holding=("*.csv",)),
    "folder": Way(labels="crossing.json", holding=("crossing.json",)),
    "kitti-object": Way(
        "training/velodyne/000001.bin", frames=((1, 0),),
        holding=("training/label_2/000001.txt", "training/av3d/000001.json"),
    ),
    "kitti-raw": Way("*/*_sync", holding=("*/*/tracklet_labels.xml", "*/*/av3d/*.json")),
    "kitti-tracking": Way(
        "training/velodyne/0000", holding=("training/label_02/*.txt", "training/av3d/*.json")
    ),
    "nuscenes": Way(
        "v1.0-*", frames=((0, 0), (2, 2)),
        holding=(
            "v1.0-*/sample_annotation.json", "v1.0-*/instance.json", "v1.0-*/category.json",
            "v1.0-*/attribute.json", "v1.0-*/visibility.json", "av3d.json",
        ),
    ),
    "nuscenes-detection": Way(
        labels="results.json", holding=("results.json",), frames=((0, 0), (2, 2)), complete=False
    ),
    "nuscenes-tracking": Way(
        labels="results.json", holding=("results.json",), frames=((0, 0), (2, 2)), complete=False
    ),
    "openlabel": Way(labels="crossing.json", holding=("crossing.json",)),
    "pandaset": Way("crossing", holding=("*/annotations/cuboids/*.pkl.gz",)),
    "parquet": Way(labels="cuboids.parquet", holding=("*.parquet",)),
    "waymo": Way(
        labels="lidar_box/crossing.parquet",
        holding=("lidar_box/*.parquet", "vehicle_pose/*.parquet"),
    ),
}  # fmt: skip
"""By format: those of which the export comes back as tracks."""

ONE_WAY = {
    "mot": "boxes in images only",
    "yolo": "boxes in images only",
}
"""By format: why its export cannot come back."""
