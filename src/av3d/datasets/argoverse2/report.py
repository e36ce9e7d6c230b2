"""The report of an export: what Argoverse 2 has no place for, with counts."""

from __future__ import annotations

from pathlib import Path

from av3d.datasets.argoverse2.facts import Facts
from av3d.datasets.dataset import ExportReport, Loss
from av3d.datasets.pinhole_images import image_losses, image_notes

TITLE = "Argoverse 2"


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
    encoded = clouds.sweeps - clouds.taken_over
    return [
        Loss(
            "numbers of points",
            facts.labels_without_sweep,
            "cuboids",
            "num_interior_pts is 0, since their frames have no sweep to count in",
        ),
        Loss(
            "digits of points",
            encoded if clouds.rounded_m else 0,
            "sweeps",
            f"coordinates have 16 bits in the format: rounded by {1000 * clouds.rounded_m:.0f} mm at "
            "most",
        ),
        Loss(
            "far points",
            clouds.too_far,
            "points",
            "left out: 16 bits hold coordinates up to 65,504 m",
        ),
        Loss(
            "lasers",
            clouds.without_ring,
            "points",
            "laser_number is the first of its LiDAR, since the ring is not known or the format has "
            "no number for it (64 with one LiDAR, 32 each with two)",
        ),
        Loss("intensity", clouds.without_intensity, "points", "0, since the log has none"),
        Loss("time of each point", clouds.without_time, "points", "0, since the log has none"),
        Loss("time of each point", clouds.clipped, "points", "clipped to 32 bits"),
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
            "the format has two; their points are among those of the upper one: "
            + ", ".join(facts.lidars_merged),
        ),
        *image_losses(facts.images, TITLE),
        Loss(
            "images without ego pose",
            facts.images_without_pose,
            "images",
            "left out: they were taken too far outside the times of the ego poses",
        ),
        Loss(
            "measured camera poses",
            facts.moved_images,
            "images",
            "the format has ego poses and one mount per camera; the measured pose of an image "
            f"differs by {1000 * facts.moved_most_m:.1f} mm at most",
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
    notes = ["maps are not written"]
    if facts.renamed:
        notes.append("sensors: " + "; ".join(facts.renamed))
    if facts.without_poses:
        notes.append(
            "without ego poses, so that the city frame is the ego frame: "
            + ", ".join(facts.without_poses)
        )
    if facts.foreign:
        notes.append(
            "sweeps have the timestamps of their logs, which need not be the start of a turn as in "
            "Argoverse 2: " + ", ".join(facts.foreign)
        )
    if facts.counts_kept:
        notes.append(
            f"num_interior_pts as it was read, since there is no sweep to count in: "
            f"{facts.counts_kept} cuboids"
        )
    if facts.clouds.taken_over:
        notes.append(f"sweep files taken over byte for byte: {facts.clouds.taken_over}")
    return [*notes, *image_notes(facts.images)]
