"""The points of a frame as the panes show them: which ones, in which colours, with a legend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.logs.accumulation import MovingPoints, Occupant, accumulated_cloud
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep
from av3d.present import words
from av3d.render.colours import (
    PointColour,
    height_range,
    paint_cuboids,
    point_classes,
    point_colours,
    point_legend,
)
from av3d.render.legend import Legend
from av3d.render.placing import PlacedTrack
from av3d.render.point_grid import PointGrid
from av3d.render.points_in_image import MOVES_M_S, paint_images
from av3d.tracks.categories import CATEGORIES, category_title
from av3d.types import BoolArray, Float32Array, Uint8Array

NO_LEGEND = Legend("")
COLOUR_TITLES = {
    PointColour.HEIGHT: "Height",
    PointColour.INTENSITY: "Intensity",
    PointColour.DISTANCE: "Distance",
    PointColour.TIME: "Time",
    PointColour.CATEGORY: "Category",
    PointColour.CAMERA: "Camera image",
    PointColour.SEMANTIC: "Class",
    PointColour.LIDAR: "LiDAR",
}
SWEEP_STEPS = (0, 1, 2, 5, 10)
"""Sweeps before and after a frame that one button goes through."""
CROP_M = 2.0
"""Cropped to the selected cuboid, points this close to it still show."""


@dataclass(frozen=True)
class CloudSpec:
    """Which points show, and what their colour says: the whole key of a cloud.

    Attributes:
        colour: what the colour says.
        lidar: the LiDAR whose points show; None: all.
        sweeps_before: sweeps of earlier frames joined to the frame's own.
        sweeps_after: the same of later ones.
        moving: what becomes of joined points on moving tracks.
        ground_hidden: whether points of the ground are not drawn.
    """

    colour: PointColour = PointColour.HEIGHT
    lidar: str | None = None
    sweeps_before: int = 0
    sweeps_after: int = 0
    moving: MovingPoints = MovingPoints.WITH_TRACK
    ground_hidden: bool = False

    @property
    def lidars(self) -> tuple[str, ...] | None:
        """As `Log.cloud` takes it."""
        return None if self.lidar is None else (self.lidar,)

    @property
    def is_merged(self) -> bool:
        """Whether sweeps of other frames are joined."""
        return bool(self.sweeps_before or self.sweeps_after)

    @property
    def uses_tracks(self) -> bool:
        """Whether the cloud depends on where the tracks are."""
        carried = self.is_merged and self.moving is not MovingPoints.AS_MEASURED
        return carried or self.colour is PointColour.CAMERA

    @property
    def single(self) -> CloudSpec:
        """The frame's own points alone, all of them: what is counted and fitted."""
        if not (self.is_merged or self.ground_hidden or self.colour is PointColour.CAMERA):
            return self
        return CloudSpec(lidar=self.lidar)

    def with_sweeps(self, count: int) -> CloudSpec:
        """With so many sweeps before and after."""
        return replace(self, sweeps_before=count, sweeps_after=count)


@dataclass(frozen=True, eq=False)
class Cloud:
    """The points of a frame in the ego frame at its time, ready to be drawn.

    Attributes:
        points_m: (N, 3) float32.
        colours: (N, 3) uint8.
        grid: finds the points in a cuboid.
        hidden: points that are not drawn, (N,); None: all are.
        legend: what the colours mean.
        available: the colourings that say something about these points.
    """

    points_m: Float32Array
    colours: Uint8Array
    grid: PointGrid
    hidden: BoolArray | None = None
    legend: Legend = NO_LEGEND
    available: tuple[PointColour, ...] = ()

    @property
    def nbytes(self) -> int:
        # The grid keeps the points a second time and an order of 8 bytes each.
        return self.points_m.nbytes * 2 + self.colours.nbytes + 9 * len(self.points_m)


Placed = Callable[[int], Sequence[PlacedTrack]]
"""The tracks of a frame, in its ego frame."""


def make_cloud(
    log: Log, frame_index: int, spec: CloudSpec, placed: Placed = lambda _frame: ()
) -> Cloud:
    """Join, colour and sort the points of a frame; takes up to seconds for many sweeps.

    Args:
        log: the log.
        frame_index: the frame.
        spec: which points, and how they are coloured.
        placed: the tracks of a frame; asked for if the spec uses tracks.

    Raises:
        LogError, InputFileError: points or an image cannot be read.
    """
    sweep = sweep_of(log, frame_index, spec, placed)
    # What grows with the number of sweeps is not coloured by it: the ramp is that of the frame.
    heights = height_range(log.cloud(frame_index, spec.lidars).points_m)
    colours = point_colours(sweep, spec.colour, heights=heights)
    if spec.colour is PointColour.CAMERA:
        paint_images(colours, log, frame_index, sweep.points_m, placed(frame_index))
    hidden: BoolArray | None = None
    if spec.ground_hidden:
        from av3d.logs.ground_points import ground_points

        hidden = ground_points(sweep.points_m)
    legend = point_legend(
        sweep,
        spec.colour,
        heights=heights,
        lidars=[words.camera_title(name) for name in log.lidars],
        class_names=log.class_names,
    )
    return Cloud(
        sweep.points_m, colours, PointGrid(sweep.points_m), hidden, legend,
        available_colours(log, sweep),
    )  # fmt: skip


def sweep_of(log: Log, frame_index: int, spec: CloudSpec, placed: Placed) -> Sweep:
    """The points of a spec, in the ego frame at the frame's time."""
    if not spec.is_merged:
        return log.cloud(frame_index, spec.lidars)

    def occupants(index: int) -> Mapping[str, Occupant]:
        return {
            item.track.id: Occupant(item.cuboid, item.state.speed_m_s > MOVES_M_S)
            for item in placed(index)
        }

    return accumulated_cloud(
        log, frame_index, spec.sweeps_before, spec.sweeps_after,
        lidars=spec.lidars, occupants=occupants, moving=spec.moving,
    )  # fmt: skip


def drawn_points(cloud: Cloud, crop_to: Cuboid | None = None) -> Float32Array:
    """The points to draw, (N, 3): those of the cloud, NaN where one is not drawn.

    Args:
        cloud: the points.
        crop_to: a cuboid; only points within CROP_M of it are drawn.
    """
    if cloud.hidden is None and crop_to is None:
        return cloud.points_m
    drawn: Float32Array
    if crop_to is None:
        drawn = cloud.points_m.copy()
    else:
        near = cloud.grid.inside(crop_to, CROP_M)
        drawn = np.full_like(cloud.points_m, np.nan)
        drawn[near] = cloud.points_m[near]
    if cloud.hidden is not None:
        drawn[cloud.hidden] = np.nan
    return drawn


def painted_categories(cloud: Cloud, boxes: Sequence[PlacedTrack]) -> Uint8Array:
    """The colours of a cloud with the points inside cuboids in the colour of their category, a copy."""
    colours = cloud.colours.copy()
    paint_cuboids(colours, cloud.grid, [(box.cuboid, box.track.category) for box in boxes])
    return colours


def category_legend(boxes: Sequence[PlacedTrack]) -> Legend:
    """The categories of a frame, in the order in which they are listed everywhere."""
    present = {box.track.category for box in boxes}
    order = [category.key for category in CATEGORIES if category.key in present]
    order += sorted(present - set(order))
    named = [(key, category_title(key)) for key in order]
    empty = Sweep("ego", 0, np.zeros((0, 3), dtype=np.float32))
    return point_legend(empty, PointColour.CATEGORY, categories=named)


def available_colours(log: Log, sweep: Sweep | None = None) -> tuple[PointColour, ...]:
    """The colourings that say something about a log's points.

    Args:
        log: the log.
        sweep: points of a frame, as far as they are known already; they tell whether there are times
            and classes.
    """
    colours = [PointColour.HEIGHT, PointColour.INTENSITY, PointColour.DISTANCE]
    if sweep is None or sweep.time_offset_ns is not None:
        colours.append(PointColour.TIME)
    colours.append(PointColour.CATEGORY)
    if log.cameras:
        colours.append(PointColour.CAMERA)
    if log.class_names or (sweep is not None and point_classes(sweep) is not None):
        colours.append(PointColour.SEMANTIC)
    if len(log.lidars) > 1:
        colours.append(PointColour.LIDAR)
    return tuple(colours)
