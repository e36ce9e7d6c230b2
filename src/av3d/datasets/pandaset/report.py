"""The report of an export: what PandaSet has no place for, with counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from av3d.datasets.dataset import ExportReport, Loss
from av3d.datasets.pandaset.sweep_writing import CloudFacts
from av3d.datasets.pinhole_images import ImageCounts, image_losses, image_notes
from av3d.datasets.tally import LabelTally

TITLE = "PandaSet"


@dataclass
class Facts:
    """What happens in an export, over all logs.

    Attributes:
        tally: of cuboids.
        clouds, images: of media.
        frames: written.
        rounded: timestamps of sweeps that are no whole microseconds.
        images_missing: frames of a camera that has no image for them.
        images_between: images that belong to no frame.
        lidars_merged: LiDARs that share the number 1.
        rolling: cameras with a rolling shutter.
        renamed: cameras with other names, one entry per log.
        foreign, without_poses, without_gps: names of logs.
    """

    tally: LabelTally = field(default_factory=LabelTally)
    clouds: CloudFacts = field(default_factory=CloudFacts)
    images: ImageCounts = field(default_factory=ImageCounts)
    frames: int = 0
    rounded: int = 0
    images_missing: int = 0
    images_between: int = 0
    lidars_merged: list[str] = field(default_factory=list)
    rolling: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    without_poses: list[str] = field(default_factory=list)
    without_gps: list[str] = field(default_factory=list)


def build_report(name: str, out: Path, logs: int, files: int, facts: Facts) -> ExportReport:
    """Sum up an export."""
    losses = [*facts.tally.losses(TITLE), *_media_losses(facts)]
    return ExportReport(
        format=name,
        out=out,
        logs=logs,
        frames=facts.frames,
        tracks=facts.tally.tracks,
        cuboids=facts.tally.cuboids,
        files=files,
        losses=tuple(loss for loss in losses if loss.count),
        notes=tuple(_notes(facts)),
    )


def _media_losses(facts: Facts) -> list[Loss]:
    clouds = facts.clouds
    return [
        Loss(
            "nanoseconds",
            facts.rounded,
            "timestamps",
            "seconds as floating-point numbers: right to a quarter of a microsecond; cuboids are those "
            "at the exact time",
        ),
        Loss("intensity", clouds.without_intensity, "points", "0, since the log has none"),
        Loss(
            "time of each point",
            clouds.without_time,
            "points",
            "that of the sweep, since the log has none",
        ),
        Loss(
            "values of points",
            len(clouds.dropped_fields),
            "fields",
            "left out: " + ", ".join(sorted(clouds.dropped_fields)),
        ),
        Loss(
            "LiDARs",
            len(facts.lidars_merged),
            "LiDARs",
            "the format has two, all but the reference share one number: "
            + ", ".join(facts.lidars_merged),
        ),
        *image_losses(facts.images, TITLE),
        Loss(
            "images between frames",
            facts.images_between,
            "images",
            "left out: the format has one image of each camera per sweep",
        ),
        Loss(
            "images missing in frames",
            facts.images_missing,
            "images",
            "the camera has none for the frame; its time and pose are those that it should have had",
        ),
        Loss(
            "rolling shutter",
            len(facts.rolling),
            "cameras",
            "the time that an image takes from top to bottom is not kept: "
            + ", ".join(facts.rolling),
        ),
    ]


def _notes(facts: Facts) -> list[str]:
    notes = ["frames are counted from 0"]
    if facts.renamed:
        notes.append("cameras: " + "; ".join(facts.renamed))
    if facts.foreign:
        notes.append(
            "sweeps have the timestamps of their logs, which need not be the end of a turn as in "
            "PandaSet; the reference LiDAR has d = 0: " + ", ".join(facts.foreign)
        )
    if facts.without_poses:
        notes.append(
            "without ego poses, so that the world is the ego frame: "
            + ", ".join(facts.without_poses)
        )
    if facts.without_gps:
        notes.append("without meta/gps.json: " + ", ".join(facts.without_gps))
    if facts.clouds.taken_over:
        notes.append(f"sweep files taken over byte for byte: {facts.clouds.taken_over}")
    return [*notes, *image_notes(facts.images)]
