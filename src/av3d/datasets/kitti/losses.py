"""What a KITTI export could not express, counted while it is written."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from av3d.calibration.pinhole import StandIn
from av3d.datasets.dataset import Loss
from av3d.datasets.kitti.types import EXACT
from av3d.tracks.keyframe import Provenance

TILT_FROM_RAD = 1e-4
"""Smaller tilts move a corner by less than half a millimetre and are not counted."""

TIME_FROM_NS = 1_000_000

NAMED_TRACKS = 24
"""How many tracks a loss names."""


@dataclass
class LossCount:
    """Counters that the writer adds to; `losses` turns them into the report."""

    decimals: int
    has_ids: bool
    cuboids: int = 0
    tilted: int = 0
    largest_tilt_rad: float = 0.0
    tilted_tracks: dict[str, None] = field(default_factory=dict)
    provenance: Counter[Provenance] = field(default_factory=Counter)
    types: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    attributes: dict[str, set[str]] = field(default_factory=dict)
    renamed_tracks: int = 0
    cameras: Counter[str] = field(default_factory=Counter)
    images_without: int = 0
    resampled: int = 0
    largest_turn_rad: float = 0.0
    distorted: bool = False
    cut: StandIn | None = None
    moved_images: int = 0
    largest_offset_ns: int = 0
    retimed_frames: int = 0
    merged_sweeps: int = 0
    point_values: set[str] = field(default_factory=set)
    between_frames: int = 0
    poses_lost: int = 0
    outside_image: int = 0
    without_sweep: int = 0
    unseen_tracks: list[str] = field(default_factory=list)

    def add_tilt(self, tilt_rad: float, track: str) -> None:
        if tilt_rad > TILT_FROM_RAD:
            self.tilted += 1
            self.tilted_tracks[track] = None
        self.largest_tilt_rad = max(self.largest_tilt_rad, tilt_rad)

    def add_type(self, category: str, kitti_type: str, track: str, original: object) -> None:
        """Count a track whose category is wider or narrower than the type that was written."""
        if (category, kitti_type) not in EXACT and original != kitti_type:
            self.types.setdefault((category, kitti_type), set()).add(track)

    def add_image_offset(self, offset_ns: int) -> None:
        if abs(offset_ns) > TIME_FROM_NS:
            self.moved_images += 1
        self.largest_offset_ns = max(self.largest_offset_ns, abs(offset_ns))

    def losses(self) -> tuple[Loss, ...]:
        """The losses, the ones that move boxes first."""
        found: list[Loss] = []
        if self.tilted:
            degrees = math.degrees(self.largest_tilt_rad)
            found.append(
                Loss(
                    "roll and pitch",
                    self.tilted,
                    "cuboids",
                    "KITTI has one angle: these are written upright in the rectified camera frame, "
                    f"by at most {degrees:.2f} degrees off; the end of a 5 m long car then is "
                    f"{2500 * math.sin(self.largest_tilt_rad):.0f} mm too high or low. av3d reads "
                    "the tilt back from the av3d folder, other programs do not.",
                    tuple(self.tilted_tracks)[:NAMED_TRACKS],
                )
            )
        if self.decimals < 4:
            half = 0.5 * 10.0**-self.decimals
            found.append(
                Loss(
                    "digits",
                    self.cuboids,
                    "cuboids",
                    f"rounded to {self.decimals} decimals: sizes and positions to {1000 * half:g} "
                    f"mm, angles to {math.degrees(half):.2g} degrees.",
                )
            )
        for (category, kitti_type), tracks in sorted(self.types.items()):
            found.append(
                Loss(
                    f"category {category}",
                    len(tracks),
                    "tracks",
                    f"written as {kitti_type}, the nearest of KITTI's types.",
                    tuple(sorted(tracks))[:NAMED_TRACKS],
                )
            )
        found += self._media()
        found += self._rest()
        return tuple(found)

    def _media(self) -> list[Loss]:
        found: list[Loss] = []
        if self.cameras:
            found.append(
                Loss(
                    "cameras",
                    self.cameras.total(),
                    "images",
                    f"KITTI has one reference camera; not written: {' '.join(sorted(self.cameras))}.",
                )
            )
        if self.resampled:
            turn = math.degrees(self.largest_turn_rad)
            reason = "undistorted and levelled" if self.distorted else "levelled"
            found.append(
                Loss(
                    "image pixels",
                    self.resampled,
                    "images",
                    f"{reason} (turned by at most {turn:.2f} degrees) so that they fit KITTI's "
                    "pinhole and upright boxes; their borders may be black.",
                )
            )
        if self.cut is not None:
            seen, left = (
                math.degrees(view) for view in (self.cut.source_view_rad, self.cut.view_rad)
            )
            found.append(
                Loss(
                    "view",
                    self.resampled,
                    "images",
                    f"cut from {seen:.0f} to {left:.0f} degrees from left to right, since a pinhole "
                    "stretches its borders beyond use.",
                )
            )
        if self.moved_images:
            found.append(
                Loss(
                    "image times",
                    self.moved_images,
                    "images",
                    f"taken up to {self.largest_offset_ns / 1e6:.0f} ms from the sweep, which KITTI "
                    "cannot say: 3D boxes hold at the sweep, 2D boxes at the image.",
                )
            )
        if self.merged_sweeps:
            values = " ".join(sorted(self.point_values))
            found.append(
                Loss(
                    "point values",
                    self.merged_sweeps,
                    "sweeps",
                    "points of all LiDARs are merged in the ego frame with x, y, z and intensity"
                    + (f"; not written: {values}." if values else "."),
                )
            )
        return found

    def _rest(self) -> list[Loss]:
        found: list[Loss] = []
        if self.retimed_frames:
            found.append(
                Loss(
                    "times",
                    self.retimed_frames,
                    "frames",
                    "KITTI numbers its frames and has no times; av3d reads them back from the av3d "
                    "folder.",
                )
            )
        if self.poses_lost:
            found.append(
                Loss(
                    "ego poses",
                    self.poses_lost,
                    "frames",
                    "the object benchmark has none; av3d reads them back from the av3d folder.",
                )
            )
        if self.without_sweep:
            found.append(
                Loss(
                    "frames without a sweep",
                    self.without_sweep,
                    "frames",
                    "have labels or images only and are left out where frames or cuboids with "
                    "points are chosen.",
                )
            )
        if self.unseen_tracks:
            found.append(
                Loss(
                    "tracks without a cuboid",
                    len(self.unseen_tracks),
                    "tracks",
                    "have none in the frames that are written.",
                    tuple(sorted(self.unseen_tracks))[:NAMED_TRACKS],
                )
            )
        if self.between_frames:
            found.append(
                Loss(
                    "keyframes at other times",
                    self.between_frames,
                    "keyframes",
                    "KITTI labels frames only; keyframes between or beyond the written frames shape "
                    "the interpolated cuboids but are not written themselves.",
                )
            )
        if self.provenance:
            kinds = ", ".join(
                f"{count} {kind.value}" for kind, count in sorted(self.provenance.items())
            )
            found.append(
                Loss(
                    "provenance",
                    self.provenance.total(),
                    "cuboids",
                    f"KITTI does not say where a cuboid comes from ({kinds}).",
                )
            )
        if self.renamed_tracks:
            found.append(
                Loss(
                    "track ids",
                    self.renamed_tracks,
                    "tracks",
                    "numbered from 0, as KITTI wants it; the av3d folder maps the numbers to the ids."
                    if self.has_ids
                    else "the object benchmark has none; the av3d folder maps the lines to the ids.",
                )
            )
        if self.attributes:
            tracks = set[str]().union(*self.attributes.values())
            found.append(
                Loss(
                    "attributes",
                    len(tracks),
                    "tracks",
                    f"KITTI has no place for: {' '.join(sorted(self.attributes))}. Those that hold for "
                    "a whole track come back through the av3d folder, those of keyframes do not.",
                    tuple(sorted(tracks))[:NAMED_TRACKS],
                )
            )
        return found
