"""The export report: what nuScenes has no place for, with counts and sizes of the differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import ExportReport, Loss
from av3d.datasets.nuscenes.differences import Differences
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.images import JPEG_QUALITY, ImageCounts
from av3d.datasets.nuscenes.labels import (
    CATEGORY_ATTRIBUTE,
    FALLBACK,
    MOVING_PERSON_M_S,
    MOVING_VEHICLE_M_S,
    STATE_ATTRIBUTE,
)
from av3d.datasets.nuscenes.official import SPLIT_OF_ALL, VAL_SCENES, VERSION
from av3d.tracks.keyframe import Provenance

MAX_NAMES = 30


def build_report(
    name: str,
    out: Path,
    scenes: Sequence[SceneFacts],
    between: Differences,
    at_images: Differences,
    files: int,
) -> ExportReport:
    """Sum up the scenes of an export.

    Args:
        name: of the format.
        out: the data root.
        scenes: what was written.
        between: at sweeps between samples, the toolkit's boxes against the tracks.
        at_images: at the images of samples, the sample's boxes against the tracks.
        files: how many were written.
    """
    losses = [
        *_label_losses(scenes),
        *_time_losses(scenes, between, at_images),
        *_media_losses(scenes),
    ]
    return ExportReport(
        format=name,
        out=out,
        logs=len({scene.log for scene in scenes}),
        frames=sum(scene.sweeps for scene in scenes),
        tracks=len({(scene.log, own) for scene in scenes for own in scene.seen_tracks}),
        cuboids=sum(scene.cuboids for scene in scenes),
        files=files,
        losses=tuple(loss for loss in losses if loss.count),
        notes=tuple(_notes(scenes)),
    )


def _label_losses(scenes: Sequence[SceneFacts]) -> list[Loss]:
    seen = {(scene.log, own) for scene in scenes for own in scene.seen_tracks}
    never = {
        (scene.log, own): name
        for scene in scenes
        for own, name in scene.unseen_tracks.items()
        if (scene.log, own) not in seen
    }
    unseen = list(never.values())
    fallbacks = [(key, n) for scene in scenes for key, n in scene.fallbacks.items()]
    strange = [name for _, names in fallbacks for name in names]
    attributes: Counter[str] = Counter()
    provenance: Counter[str] = Counter()
    for scene in scenes:
        attributes += scene.dropped_attributes
        provenance += scene.provenance
    unused = sum(scene.unused_keyframes for scene in scenes)
    interpolated = provenance[str(Provenance.INTERPOLATED)]
    return [
        Loss(
            "tracks without a sample",
            len(unseen),
            "tracks",
            "not written, since they are present at no sample's time; where that is between two "
            "samples, take samples more often",
            tuple(unseen[:MAX_NAMES]),
        ),
        Loss(
            "categories that nuScenes does not have",
            len(strange),
            "tracks",
            f"written as {FALLBACK}: {', '.join(sorted({key for key, _ in fallbacks}))}; the track "
            f"attribute {CATEGORY_ATTRIBUTE} names another class",
            tuple(strange[:MAX_NAMES]),
        ),
        Loss(
            "attributes",
            sum(attributes.values()),
            "values",
            "left out: " + ", ".join(f"{key} ({n})" for key, n in sorted(attributes.items())),
        ),
        Loss(
            "provenance",
            sum(provenance.values()),
            "cuboids",
            f"not kept; {interpolated} of the cuboids are interpolated, "
            + ", ".join(
                f"{n} {key}" for key, n in sorted(provenance.items()) if key != "interpolated"
            ),
        ),
        Loss(
            "keyframes not at samples",
            unused,
            "keyframes",
            "not written: nuScenes holds cuboids at samples only",
        ),
    ]


def _time_losses(
    scenes: Sequence[SceneFacts], between: Differences, at_images: Differences
) -> list[Loss]:
    return [
        Loss(
            "motion between samples",
            between.differing,
            "cuboids",
            "at sweeps between samples the toolkit interpolates the boxes of the samples: "
            + between.in_words(),
            tuple(sorted(between.tracks)[:MAX_NAMES]),
        ),
        Loss(
            "presence between samples",
            between.missing + between.extra,
            "cuboids",
            f"at sweeps between samples the toolkit lacks {between.missing} cuboids and shows "
            f"{between.extra} of objects that are not there",
            tuple(sorted(between.absent)[:MAX_NAMES]),
        ),
        Loss(
            "time of each image",
            at_images.differing,
            "cuboids",
            "one box holds for a whole sample, the toolkit draws the box of the sweep's time on every "
            f"image: {at_images.in_words()}",
            tuple(sorted(at_images.tracks)[:MAX_NAMES]),
        ),
        Loss(
            "nanoseconds",
            sum(scene.rounded for scene in scenes),
            "timestamps",
            "rounded to microseconds, by half a microsecond at most; cuboids are those at the exact "
            "time",
        ),
    ]


def _view_losses(counts: Sequence[ImageCounts]) -> list[Loss]:
    """What of wide views a pinhole cannot show."""
    cut = {camera: stand_in for count in counts for camera, stand_in in count.cut.items()}
    views = ", ".join(
        f"{camera} {np.degrees(view.source_view_rad):.0f}° to {np.degrees(view.view_rad):.0f}°"
        for camera, view in sorted(cut.items())
    )
    return [
        Loss(
            "view",
            len(cut),
            "cameras",
            f"cut from left to right, since a pinhole stretches its borders beyond use: {views}",
        )
    ]


def _media_losses(scenes: Sequence[SceneFacts]) -> list[Loss]:
    counts = [scene.image_counts for scene in scenes]
    black = {camera: part for count in counts for camera, part in count.black.items()}
    worst = max(black, key=lambda camera: black[camera], default="")
    fields = sorted({name for scene in scenes for name in scene.dropped_fields})
    lacking = [
        f"{scene.scene} sample {place}" for scene in scenes for place in scene.samples_without_image
    ]
    return [
        Loss(
            "lens distortion",
            sum(count.rectified for count in counts),
            "images",
            "removed, since nuScenes images are pinhole images; those of a fisheye get an intrinsic "
            "matrix of their own, others keep theirs; black "
            f"without content at most: {black.get(worst, 0.0):.1%} of each image of {worst}",
        ),
        *_view_losses(counts),
        Loss(
            "image encoding",
            sum(count.encoded for count in counts),
            "images",
            f"written anew as JPEG of quality {JPEG_QUALITY}",
        ),
        Loss(
            "images missing in samples",
            len(lacking),
            "images",
            "a camera has no image for the sample's sweep; the sample has no entry for its channel: "
            + ", ".join(lacking[:MAX_NAMES])
            + (", ..." if len(lacking) > MAX_NAMES else ""),
        ),
        Loss(
            "images without ego pose",
            sum(scene.images_without_pose for scene in scenes),
            "images",
            "left out: they were taken too far outside the times of the ego poses",
        ),
        Loss(
            "radar measurements without ego pose",
            sum(scene.radars_without_pose for scene in scenes),
            "measurements",
            "left out: they were taken too far outside the times of the ego poses",
        ),
        Loss(
            "values of points",
            len(fields),
            "fields",
            "a point has x, y, z, intensity and ring; left out: " + ", ".join(fields),
        ),
    ]


def _notes(scenes: Sequence[SceneFacts]) -> list[str]:
    samples, sweeps = sum(s.samples for s in scenes), sum(s.sweeps for s in scenes)
    in_val = [scene.scene for scene in scenes[: len(VAL_SCENES)]]
    notes = [
        f'open it with NuScenes(version="{VERSION}", dataroot=...)',
        f"samples: {samples}, sweeps between them: {sweeps - samples}; track IDs, exact times and "
        "camera names are in av3d.json",
        f"evaluate {len(in_val)} of {len(scenes)} scenes as split val, all as split {SPLIT_OF_ALL} "
        "(custom split of the toolkit)",
        "the global frame is the world frame of each log; the map masks are empty",
        f"moving, standing, parked and rider attributes are concluded from motion (vehicles from "
        f"{MOVING_VEHICLE_M_S} m/s, people from {MOVING_PERSON_M_S} m/s) unless a track says "
        f"{STATE_ATTRIBUTE}",
        "visibility is the part of the cuboid that the images show; only other cuboids hide it",
    ]
    measurements = sum(scene.radar_measurements for scene in scenes)
    if measurements:
        notes.append(f"radar measurements, taken over as they are: {measurements}")
    else:
        notes.append("there is no radar: num_radar_pts is 0")
    unknown = sum(scene.unknown_motion for scene in scenes)
    if unknown:
        notes.append(
            f"cuboids without an attribute, since their track is too short to tell motion: {unknown}"
        )
    linked = sum(scene.image_counts.linked for scene in scenes)
    if linked:
        notes.append(
            f"images that are hard links, so that changing one changes the log's file too: {linked}"
        )
    unlinkable = sum(scene.image_counts.unlinkable for scene in scenes)
    if unlinkable:
        notes.append(f"images copied because the disk cannot link them: {unlinkable}")
    for scene in scenes:
        notes += [f"{scene.scene} ({scene.log}): {note}" for note in scene.notes]
    return notes
