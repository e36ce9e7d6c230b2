"""What happens in an export, counted for its report."""

from __future__ import annotations

from dataclasses import dataclass, field

from av3d.datasets.argoverse2.clouds import CloudFacts
from av3d.datasets.pinhole_images import ImageCounts
from av3d.datasets.tally import LabelTally


@dataclass
class Facts:
    """Counters over all logs of an export.

    Attributes:
        tally: of cuboids.
        clouds, images: of media.
        frames: written.
        images_without_pose: images left out.
        moved_images, moved_most_m: images whose measured pose is not that of ego pose and mount.
        rolling: cameras with a rolling shutter.
        labels_without_sweep: cuboids whose points could not be counted.
        counts_kept: of those that have the number that was read.
        lidars_merged: LiDARs beyond the two of the format.
        renamed: sensors with other names, one entry per log.
        without_poses, foreign: names of logs.
    """

    tally: LabelTally = field(default_factory=LabelTally)
    clouds: CloudFacts = field(default_factory=CloudFacts)
    images: ImageCounts = field(default_factory=ImageCounts)
    frames: int = 0
    images_without_pose: int = 0
    moved_images: int = 0
    moved_most_m: float = 0.0
    rolling: list[str] = field(default_factory=list)
    labels_without_sweep: int = 0
    counts_kept: int = 0
    lidars_merged: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    without_poses: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
