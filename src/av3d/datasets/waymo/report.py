"""The report of an export: what the components have no place for, with counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from av3d.datasets.dataset import ExportReport, Loss
from av3d.datasets.tally import LabelTally

TITLE = "Waymo"


@dataclass
class Facts:
    """What happens in an export, over all logs.

    Attributes:
        tally: of cuboids.
        frames: written.
        sweeps: frames with points, which are not written.
        images: which are not written.
        rounded: timestamps of sweeps that are no whole microseconds.
        without_points: cuboids of frames without points.
        lidars_left_out, cameras_left_out: sensors without calibration in the export.
        renamed: sensors with other names, one entry per log.
        without_poses: names of logs.
    """

    tally: LabelTally = field(default_factory=LabelTally)
    frames: int = 0
    sweeps: int = 0
    images: int = 0
    rounded: int = 0
    without_points: int = 0
    lidars_left_out: list[str] = field(default_factory=list)
    cameras_left_out: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    without_poses: list[str] = field(default_factory=list)


def build_report(name: str, out: Path, logs: int, files: int, facts: Facts) -> ExportReport:
    """Sum up an export."""
    losses = [*facts.tally.losses(TITLE), *_other_losses(facts)]
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


def _other_losses(facts: Facts) -> list[Loss]:
    return [
        Loss(
            "nanoseconds",
            facts.rounded,
            "timestamps",
            "rounded to microseconds, by half a microsecond at most; cuboids are those at the exact "
            "time",
        ),
        Loss(
            "numbers of points",
            facts.without_points,
            "cuboids",
            "0, since their frames have no points to count",
        ),
        Loss(
            "points",
            facts.sweeps,
            "sweeps",
            "not written: the format holds range images of its own LiDARs, one value per direction, "
            "and clouds do not tell these directions",
        ),
        Loss(
            "images",
            facts.images,
            "images",
            "not written: the format asks for exposure and trigger times that logs do not have",
        ),
        Loss(
            "LiDARs",
            len(facts.lidars_left_out),
            "LiDARs",
            "without calibration: the format names five; " + ", ".join(facts.lidars_left_out),
        ),
        Loss(
            "cameras",
            len(facts.cameras_left_out),
            "cameras",
            "without calibration: the format names five by where they look, with five coefficients "
            "of a lens; " + ", ".join(facts.cameras_left_out),
        ),
    ]


def _notes(facts: Facts) -> list[str]:
    notes = [
        "components lidar_box, vehicle_pose, lidar_calibration and camera_calibration",
        "speed and acceleration are in the world frame; difficulty levels are those that tracks "
        "have; beam inclinations are empty",
    ]
    if facts.renamed:
        notes.append("sensors: " + "; ".join(facts.renamed))
    if facts.without_poses:
        notes.append(
            "without ego poses, so that the world is the ego frame: "
            + ", ".join(facts.without_poses)
        )
    return notes
