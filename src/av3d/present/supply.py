"""What the panes show of a frame, made on worker threads: points, pictures, cuboids, counts.

Everything is a pure function of (log, tracks, frame); results are kept, and the frames ahead in the
direction of travel are made while nobody waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from av3d.calibration.camera import Camera
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep
from av3d.present.loader import Job, Loader
from av3d.render import palette
from av3d.render.colours import PointColour, point_colours
from av3d.render.drawing import CuboidDrawing
from av3d.render.outline import cuboid_lines_camera, cuboid_style, in_sight
from av3d.render.point_grid import PointGrid
from av3d.tracks.track import Track, TrackState
from av3d.types import Float32Array, FloatArray, IntArray, Uint8Array

AHEAD = 3
"""Frames prepared ahead of the one that shows."""


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
class SceneBox:
    """A track at the time of a frame; the cuboid is in the ego frame at that time."""

    track: Track
    state: TrackState
    cuboid: Cuboid


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
        value: Cloud | None = self.loader.get(("cloud", frame, self.colour))
        return value

    def boxes(self, frame: int) -> tuple[SceneBox, ...] | None:
        value: tuple[SceneBox, ...] | None = self.loader.get(("boxes", frame, self._revision))
        return value

    def counts(self, frame: int) -> Mapping[str, int] | None:
        """Points in the cuboid of each track of a frame."""
        value: Mapping[str, int] | None = self.loader.get(("counts", frame, self._revision))
        return value

    def camera_boxes(self, frame: int, camera: str) -> tuple[CameraBox, ...] | None:
        key = ("lines", camera, frame, self._revision)
        value: tuple[CameraBox, ...] | None = self.loader.get(key)
        return value

    def trail(self, track_id: str) -> Trail | None:
        """Where a track goes; made for the selected one."""
        value: Trail | None = self.loader.get(("trail", track_id, self._revision))
        return value

    def picture(self, frame: int, camera: str, spec: PictureSpec) -> Uint8Array | None:
        """The part of the image that a pane shows, (H, W, 4) uint8."""
        value: Uint8Array | None = self.loader.get(("picture", camera, frame, spec))
        return value

    def error(self, kind: str, frame: int, camera: str = "", spec: object = None) -> str:
        """Why something of a frame cannot be shown, "" if it can or is not ready."""
        keys = {
            "cloud": ("cloud", frame, self.colour),
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
    ) -> None:
        """Make a frame, then those ahead.

        Args:
            frame: the frame to show.
            step: +1 or -1, the direction of travel.
            specs: what each camera pane shows, the most important first.
            selected: the track whose trail is wanted too.
        """
        jobs = [Job(("kernels",), _warm_up)]
        if selected is not None:
            key = ("trail", selected.id, self._revision)
            jobs.append(Job(key, lambda: make_trail(self.log, selected)))
        count = len(self.log.frames)
        for number in range(AHEAD + 1):
            index = frame + step * number
            if 0 <= index < count:
                jobs += self._frame_jobs(index, specs)
        self.loader.want(jobs)

    def _frame_jobs(self, index: int, specs: Mapping[str, PictureSpec]) -> list[Job]:
        revision, tracks, log, colour = self._revision, self.tracks, self.log, self.colour
        jobs = [Job(("boxes", index, revision), lambda: scene_boxes(log, tracks, index))]
        cameras: list[Job] = []
        for camera, spec in specs.items():
            image_index = log.frames[index].images.get(camera)
            if image_index is None:
                continue
            cameras += [
                self._picture_job(index, camera, image_index, spec),
                Job(
                    ("lines", camera, index, revision),
                    lambda camera=camera: camera_boxes(log, tracks, camera, index),  # type: ignore[misc]
                    lambda value: 4096 * len(value),
                ),
            ]
        points = [
            Job(
                ("cloud", index, colour),
                lambda: make_cloud(log.cloud(index), colour),
                lambda cloud: cloud.nbytes,
            ),
            Job(("counts", index, revision), lambda: count_points(log, tracks, index)),
        ]
        return [*jobs, *cameras[:2], points[0], *cameras[2:], points[1]]

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


def make_cloud(sweep: Sweep, colour: PointColour) -> Cloud:
    """Colour and sort the points of a frame (ego frame)."""
    return Cloud(sweep.points_m, point_colours(sweep, colour), PointGrid(sweep.points_m))


def make_trail(log: Log, track: Track) -> Trail:
    """The floor of a track's cuboid in every frame in which it is present."""
    frames: list[int] = []
    floor_m: list[FloatArray] = []
    for frame in log.frames:
        state = track.state_at(frame.timestamp_ns)
        if state is not None:
            down = np.array([0.0, 0.0, -state.cuboid.height_m / 2])
            frames.append(frame.index)
            floor_m.append(state.cuboid.frame_SE3_cuboid.transform(down))
    return Trail(np.array(frames, dtype=np.int64), np.array(floor_m).reshape(-1, 3))


def scene_boxes(log: Log, tracks: Sequence[Track], frame: int) -> tuple[SceneBox, ...]:
    """All tracks that are present at a frame, in the ego frame at its time."""
    time_ns = log.frames[frame].timestamp_ns
    ego_SE3_world = log.world_SE3_ego(time_ns).inverse()
    boxes: list[SceneBox] = []
    for track in tracks:
        state = track.state_at(time_ns)
        if state is not None:
            boxes.append(SceneBox(track, state, state.cuboid.in_frame(ego_SE3_world)))
    return tuple(boxes)


def count_points(log: Log, tracks: Sequence[Track], frame: int) -> dict[str, int]:
    """Points of the frame's cloud inside the cuboid of each track that is present."""
    grid = PointGrid(log.cloud(frame).points_m)
    return {box.track.id: len(grid.inside(box.cuboid)) for box in scene_boxes(log, tracks, frame)}


def camera_boxes(
    log: Log, tracks: Sequence[Track], camera: str, frame: int
) -> tuple[CameraBox, ...]:
    """All tracks that show in a camera's image of a frame, each at the image's own time."""
    image_index = log.frames[frame].images[camera]
    if image_index is None:
        return ()
    present_ns = log.frames[frame].timestamp_ns
    camera_SE3_world = log.world_SE3_camera(camera, image_index).inverse()
    model = log.rig.camera(camera).camera
    near = _maybe_seen(model, camera_SE3_world, tracks, present_ns)
    crowded = len(near) > palette.CROWDED
    found: list[CameraBox] = []
    for track, time_ns in zip(near, _times_in_image(log, frame, camera, near), strict=True):
        state = track.state_near(time_ns, present_at_ns=present_ns)
        if state is None:
            continue
        cuboid = state.cuboid.in_frame(camera_SE3_world)
        style = cuboid_style(
            track.category,
            provenance=None if crowded else state.provenance.value,
            hidden_edges=False,
        )
        drawing = cuboid_lines_camera(model, cuboid, style, track_id=track.id, text=track.name)
        if drawing is not None:
            found.append(CameraBox(track, cuboid, drawing, outline_hull(model, cuboid, drawing)))
    return tuple(found)


def _times_in_image(log: Log, frame: int, camera: str, near: Sequence[Track]) -> list[int]:
    """When to ask each track for, see `Log.track_time_ns`; all are present at the frame's time."""
    at = log.frames[frame]
    image_index = at.images[camera]
    assert image_index is not None
    states = [track.state_at(at.timestamp_ns) for track in near]
    centers_m = np.array([state.cuboid.center_m for state in states if state is not None])
    times_ns: list[int] = log.track_time_ns(
        at, camera, image_index, centers_m.reshape(-1, 3)
    ).tolist()
    return times_ns


def _maybe_seen(
    model: Camera, camera_SE3_world: SE3, tracks: Sequence[Track], present_ns: int
) -> list[Track]:
    """Tracks whose nearest keyframes put them in sight, a cheap test before interpolating."""
    present = [track for track in tracks if track.is_present(present_ns)]
    if not present:
        return []
    poses: list[SE3] = []
    sizes: list[FloatArray] = []
    for track in present:
        times = [keyframe.timestamp_ns for keyframe in track.keyframes]
        right = int(np.searchsorted(times, present_ns))
        ends = {max(right - 1, 0), min(right, len(times) - 1)}
        cuboids = [track.keyframes[end].cuboid for end in sorted(ends)]
        centres = np.stack([cuboid.center_m for cuboid in cuboids])
        # A box around both ends, with room for turning and for moving on past the last keyframe.
        reach = np.linalg.norm(np.ptp(centres, axis=0)) + 2.0
        largest = max(float(np.linalg.norm(cuboid.size_lwh_m)) for cuboid in cuboids)
        poses.append(SE3(np.eye(3), centres.mean(axis=0)))
        sizes.append(np.full(3, reach + largest))
    seen = in_sight(model, camera_SE3_world @ SE3.stack(poses), np.stack(sizes))
    return [track for track, is_seen in zip(present, seen, strict=True) if is_seen]


def outline_hull(model: Camera, cuboid: Cuboid, drawing: CuboidDrawing) -> Float32Array:
    """Convex outline of a cuboid (camera frame) on the image, (N, 2); its bounds if partly behind."""
    pixels, valid = model.project(cuboid.corners_m())
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
