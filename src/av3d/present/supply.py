"""What the panes show of a frame, made on worker threads: points, pictures, cuboids, counts.

Everything is a pure function of (log, tracks, frame); results are kept, and the frames ahead in the
direction of travel are made while nobody waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from av3d.geometry.cuboid import Cuboid, cuboid_corners_m
from av3d.geometry.se3 import SE3
from av3d.logs.cache import ByteCache
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep
from av3d.present.loader import Job, Loader
from av3d.render import palette
from av3d.render.colours import PointColour, point_colours
from av3d.render.drawing import CuboidDrawing
from av3d.render.outline import Item, all_lines_camera, cuboid_style
from av3d.render.placing import PlacedTrack, tracks_in_frame, tracks_in_image
from av3d.render.point_grid import PointGrid
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track
from av3d.types import BoolArray, Float32Array, FloatArray, IntArray, Uint8Array

AHEAD = 3
"""Frames prepared ahead of the one that shows."""
TRAIL_FRAMES = 60
"""Frames of the selected track's trail, before and after the one that shows."""
TRAIL_BLOCK = 500
"""Frames whose places on a trail are found together; an hour would take seconds."""
BOXES_KEPT = 20_000
"""Cuboids of frames kept for the cameras and counts of the same frame."""
CLOUDS_BYTES = 64 * 1024 * 1024
"""Clouds kept for counting the points in cuboids; the loader keeps those that are drawn."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """The points of a frame in the ego frame at its time, ready to be drawn.

    Attributes:
        points_m: (N, 3) float32.
        colours: (N, 3) uint8.
        grid: finds the points in a cuboid.
    """

    points_m: Float32Array
    colours: Uint8Array
    grid: PointGrid

    @property
    def nbytes(self) -> int:
        # The grid keeps the points a second time and an order of 8 bytes each.
        return self.points_m.nbytes * 2 + self.colours.nbytes + 8 * len(self.points_m)


@dataclass(frozen=True, eq=False)
class CameraBox:
    """A track in an image, at the image's time.

    Attributes:
        track: which.
        cuboid: in the camera frame.
        drawing: its lines, not selected, in pixels of the image.
        hull_px: convex outline for hit tests, (N, 2) float32.
    """

    track: Track
    cuboid: Cuboid
    drawing: CuboidDrawing
    hull_px: Float32Array


@dataclass(frozen=True, eq=False)
class Trail:
    """Where a track stands in the frames in which it is present.

    Attributes:
        frames: their indices, ascending, (N,).
        world_floor_m: the middle of the cuboid's floor, (N, 3).
    """

    frames: IntArray
    world_floor_m: FloatArray


@dataclass(frozen=True)
class PictureSpec:
    """Which part of an image a pane shows: canvas pixel = scale · image pixel + offset."""

    width_px: int
    height_px: int
    scale: float
    offset_px: tuple[float, float]


class Supply:
    """Makes and keeps what the panes show.

    Args:
        log: the log.
        loader: runs the work.
    """

    def __init__(self, log: Log, loader: Loader) -> None:
        self.log = log
        self.loader = loader
        self.tracks: tuple[Track, ...] = ()
        self.colour = PointColour.HEIGHT
        self.lidar: str | None = None
        """The LiDAR whose points show; None: all."""
        self._boxes: ByteCache[tuple[PlacedTrack, ...]] = ByteCache(
            BOXES_KEPT, lambda boxes: len(boxes) + 1
        )
        self._clouds: ByteCache[Cloud] = ByteCache(CLOUDS_BYTES, lambda cloud: cloud.nbytes)
        self._revision = 0

    def set_tracks(self, tracks: Sequence[Track]) -> None:
        """Show these tracks from now on."""
        self.tracks = tuple(tracks)
        self._revision += 1

    @property
    def revision(self) -> int:
        """Grows with every change of the tracks."""
        return self._revision

    def cloud(self, frame: int) -> Cloud | None:
        value: Cloud | None = self.loader.get(("cloud", frame, self.colour, self.lidar))
        return value

    def boxes(self, frame: int) -> tuple[PlacedTrack, ...] | None:
        value: tuple[PlacedTrack, ...] | None = self.loader.get(("boxes", frame, self._revision))
        return value

    def counts(self, frame: int) -> Mapping[str, int] | None:
        """Points in the cuboid of each track of a frame."""
        value: Mapping[str, int] | None = self.loader.get(
            ("counts", frame, self._revision, self.lidar)
        )
        return value

    def camera_boxes(self, frame: int, camera: str) -> tuple[CameraBox, ...] | None:
        key = ("lines", camera, frame, self._revision)
        value: tuple[CameraBox, ...] | None = self.loader.get(key)
        return value

    def trail(self, track_id: str, frame: int) -> Trail | None:
        """Where a track goes around a frame; made for the selected one."""
        value: Trail | None = self.loader.get(self._trail_key(track_id, frame))
        return value

    def _trail_key(self, track_id: str, frame: int) -> tuple[object, ...]:
        return "trail", track_id, frame // TRAIL_BLOCK, self._revision

    def picture(self, frame: int, camera: str, spec: PictureSpec) -> Uint8Array | None:
        """The part of the image that a pane shows, (H, W, 4) uint8."""
        value: Uint8Array | None = self.loader.get(("picture", camera, frame, spec))
        return value

    def error(self, kind: str, frame: int, camera: str = "", spec: object = None) -> str:
        """Why something of a frame cannot be shown, "" if it can or is not ready."""
        keys = {
            "cloud": ("cloud", frame, self.colour, self.lidar),
            "boxes": ("boxes", frame, self._revision),
            "lines": ("lines", camera, frame, self._revision),
            "picture": ("picture", camera, frame, spec),
        }
        found = self.loader.error(keys[kind])
        return str(found) if found is not None else ""

    def kernels_ready(self) -> bool:
        """Whether points can be drawn without compiling first."""
        return self.loader.get(("kernels",)) is not None

    def want(
        self,
        frame: int,
        step: int,
        specs: Mapping[str, PictureSpec],
        selected: Track | None = None,
        first: Sequence[Job] = (),
        watched: Collection[str] = (),
    ) -> None:
        """Make a frame, then those ahead.

        Args:
            frame: the frame to show.
            step: +1 or -1, the direction of travel.
            specs: what each camera pane shows, the most important first.
            selected: the track whose trail is wanted too.
            first: jobs that come before all others.
            watched: cameras whose cuboids are wanted although no pane shows their picture.
        """
        jobs = [*first, Job(("kernels",), _warm_up)]
        if selected is not None:
            jobs += [
                Job(
                    self._trail_key(selected.id, near),
                    partial(make_trail, self.log, selected, near),
                )
                for near in (frame, frame + step * AHEAD)
            ]
        count = len(self.log.frames)
        ahead = [frame + step * number for number in range(AHEAD + 1)]
        parts = [self._frame_jobs(index, specs, watched) for index in ahead if 0 <= index < count]
        # This frame whole, then of the next ones first what playing waits for.
        jobs += [job for part in parts[:1] for job in (*part[0], *part[1])]
        jobs.append(Job(("motion kernels",), _warm_up_motion))
        jobs += [job for part in parts[1:] for job in part[0]]
        jobs += [job for part in parts[1:] for job in part[1]]
        self.loader.want(jobs)

    def _frame_jobs(
        self, index: int, specs: Mapping[str, PictureSpec], watched: Collection[str]
    ) -> tuple[list[Job], list[Job]]:
        """Main view and large camera of a frame, and the rest of it."""
        revision, log, colour, lidar = self._revision, self.log, self.colour, self.lidar
        jobs = [Job(("boxes", index, revision), lambda: self._placed(index))]
        cameras: list[Job] = []
        for camera, spec in specs.items():
            image_index = log.frames[index].images.get(camera)
            if image_index is None:
                continue
            cameras += [
                self._picture_job(index, camera, image_index, spec),
                self._lines_job(index, camera),
            ]
        unseen = [
            self._lines_job(index, camera)
            for camera in watched
            if camera not in specs and log.frames[index].images.get(camera) is not None
        ]
        points = [
            Job(
                ("cloud", index, colour, lidar),
                lambda: self._cloud(index, colour, lidar),
                lambda cloud: cloud.nbytes,
            ),
            Job(
                ("counts", index, revision, lidar),
                lambda: {
                    box.track.id: len(self._cloud(index, colour, lidar).grid.inside(box.cuboid))
                    for box in self._placed(index)
                },
            ),
        ]
        # The points first: they take longest, and another thread does the rest meanwhile.
        return [points[0], *jobs, *cameras[:2]], [*unseen, *cameras[2:], points[1]]

    def _lines_job(self, index: int, camera: str) -> Job:
        """The cuboids in one camera's image of a frame."""
        log, tracks = self.log, self.tracks
        return Job(
            ("lines", camera, index, self._revision),
            lambda: camera_boxes(log, tracks, camera, index, self._placed(index)),
            lambda value: 4096 * len(value),
        )

    def _placed(self, index: int) -> tuple[PlacedTrack, ...]:
        """On a worker: all cameras of a frame and the counts share where its tracks are."""
        tracks = self.tracks
        return self._boxes.get(
            (index, self._revision), lambda: tuple(tracks_in_frame(self.log, index, tracks))
        )

    def _cloud(self, index: int, colour: PointColour, lidar: str | None) -> Cloud:
        """On a worker: points and counts share one cloud, whichever comes first."""
        lidars = None if lidar is None else (lidar,)
        return self._clouds.get(
            (index, colour, lidar), lambda: make_cloud(self.log.cloud(index, lidars), colour)
        )

    def _picture_job(self, index: int, camera: str, image_index: int, spec: PictureSpec) -> Job:
        log = self.log
        return Job(
            ("picture", camera, index, spec),
            lambda: fit_picture(log.image(camera, image_index), spec),
            lambda picture: picture.nbytes,
        )


def _warm_up() -> bool:
    from av3d.render.splat import warm_up

    warm_up()
    return True


def _warm_up_motion() -> bool:
    """Nobody who sets a first keyframe, or selects a track, shall wait for this."""
    from av3d.tracks.motion.posterior import warm_up

    warm_up()
    return True


def make_cloud(sweep: Sweep, colour: PointColour) -> Cloud:
    """Colour and sort the points of a frame (ego frame)."""
    return Cloud(sweep.points_m, point_colours(sweep, colour), PointGrid(sweep.points_m))


def make_trail(log: Log, track: Track, frame: int) -> Trail:
    """The floor of a track's cuboid where it is present, in the frames of a block and around it."""
    first = frame // TRAIL_BLOCK * TRAIL_BLOCK - TRAIL_FRAMES
    last = first + TRAIL_BLOCK + 2 * TRAIL_FRAMES
    present = log.frames.between(track.start_ns, track.end_ns)
    frames: list[int] = []
    floor_m: list[FloatArray] = []
    indices = list(range(max(first, present.start), min(last, present.stop)))
    if not indices:
        return Trail(np.zeros(0, dtype=np.int64), np.zeros((0, 3)))
    times_ns = log.frames.timestamps_ns[indices].tolist()
    states = states_in_sweep([track] * len(indices), times_ns, log)
    for index, state in zip(indices, states, strict=True):
        if state is not None:
            down = np.array([0.0, 0.0, -state.cuboid.height_m / 2])
            frames.append(index)
            floor_m.append(state.cuboid.frame_SE3_cuboid.transform(down))
    return Trail(np.array(frames, dtype=np.int64), np.array(floor_m).reshape(-1, 3))


def camera_boxes(
    log: Log,
    tracks: Sequence[Track],
    camera: str,
    frame: int,
    in_frame: Sequence[PlacedTrack] | None = None,
) -> tuple[CameraBox, ...]:
    """All tracks that show in a camera's image of a frame, each at the image's own time.

    Args:
        log: the log.
        tracks: what to look for.
        camera: name of the camera.
        frame: index of the frame.
        in_frame: `tracks_in_frame` of the frame, where the caller has it already.
    """
    if in_frame is None:
        in_frame = tracks_in_frame(log, frame, tracks)
    model = log.rig.camera(camera).camera
    placed = tracks_in_image(log, frame, camera, tracks, in_frame=in_frame)
    # The same for all cameras: lines of two kinds side by side would look like a meaning.
    crowded = len(in_frame) > palette.CROWDED
    items = [
        Item(
            item.cuboid,
            cuboid_style(
                item.track.category,
                provenance=None if crowded else item.provenance,
                hidden_edges=False,
            ),
            item.track.id,
            item.track.name,
            item.over_readout,
        )
        for item in placed
    ]
    if not items:
        return ()
    corners_px, valid = model.project(
        cuboid_corners_m(
            SE3.stack([item.cuboid.frame_SE3_cuboid for item in placed]),
            np.stack([item.cuboid.size_lwh_m for item in placed]),
        )
    )
    numbers = {item.track.id: number for number, item in enumerate(placed)}
    found: list[CameraBox] = []
    for drawing in all_lines_camera(model, items):
        number = numbers[drawing.track_id]
        item, hull = placed[number], outline_hull(corners_px[number], valid[number], drawing)
        found.append(CameraBox(item.track, item.cuboid, drawing, hull))
    return tuple(found)


def outline_hull(pixels: FloatArray, valid: BoolArray, drawing: CuboidDrawing) -> Float32Array:
    """Convex outline of a cuboid's corners (8, 2), (N, 2); its bounds where not all are valid (8,)."""
    if valid.all():
        return np.asarray(cv2.convexHull(pixels.astype(np.float32))[:, 0], dtype=np.float32)
    left, top, right, bottom = drawing.bounds_px
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def fit_picture(image: Uint8Array, spec: PictureSpec) -> Uint8Array:
    """The part of an RGB image that a pane shows, (H, W, 4) uint8, exact to a fraction of a pixel."""
    scale = spec.scale
    source = image
    shrink = 1
    # Halving by area first keeps thin lines from flickering when the picture is made smaller.
    while scale * shrink * 2 <= 1.0 and min(source.shape[:2]) >= 4:
        shrink *= 2
    if shrink > 1:
        size = (max(image.shape[1] // shrink, 1), max(image.shape[0] // shrink, 1))
        source = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    step_x, step_y = image.shape[1] / source.shape[1], image.shape[0] / source.shape[0]
    # A pixel centre c of the small picture lies at (c + .5) · step - .5 of the image.
    matrix = np.array(
        [
            [scale * step_x, 0.0, scale * (step_x - 1) / 2 + spec.offset_px[0]],
            [0.0, scale * step_y, scale * (step_y - 1) / 2 + spec.offset_px[1]],
        ]
    )
    red, green, blue = palette.hex_to_rgb(palette.CANVAS)
    canvas = cv2.warpAffine(
        source,
        matrix,
        (spec.width_px, spec.height_px),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(red, green, blue),
    )
    return np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGB2RGBA), dtype=np.uint8)
