"""What the panes show of a frame, made on worker threads: points, pictures, cuboids, counts.

Everything is a pure function of (log, tracks, frame); results are kept, and the frames ahead in the
direction of travel are made while nobody waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from av3d.logs.cache import ByteCache
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep
from av3d.present.loader import Job, Loader
from av3d.present.pictures import PictureSpec, fit_picture
from av3d.present.placed import FEW, CameraBox, Placer
from av3d.present.trails import TRAIL_BLOCK, Trail, make_trail
from av3d.render.colours import PointColour, point_colours
from av3d.render.placing import PlacedTrack
from av3d.render.point_grid import PointGrid
from av3d.tracks.track import Track
from av3d.types import Float32Array, Uint8Array

AHEAD = 3
"""Frames prepared ahead of the one that shows."""
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
        self._placer = Placer(log)
        self._clouds: ByteCache[Cloud] = ByteCache(CLOUDS_BYTES, lambda cloud: cloud.nbytes)
        self._revision = 0
        self._versions: dict[str, int] = {}
        """Revision in which each track became what it is."""
        self._trails: dict[str, Trail] = {}
        """The last trail of a track, shown until the new one is made."""

    def set_tracks(self, tracks: Sequence[Track], frame: int | None = None) -> None:
        """Show these tracks from now on.

        Args:
            tracks: all of them; those that are the same objects as before are known already.
            frame: the one that shows. Where only some tracks changed, what it shows of them is
                made at once, so that an edit is seen with the next picture.
        """
        before = {track.id: track for track in self.tracks}
        now = {track.id: track for track in tracks}
        old, self._revision = self._revision, self._revision + 1
        self.tracks = tuple(tracks)
        changed = [track for track in now.values() if before.get(track.id) is not track]
        for track in changed:
            self._versions[track.id] = self._revision
        gone = before.keys() - now.keys()
        if frame is not None and before and len(changed) + len(gone) <= FEW:
            self._patch(frame, old, changed, gone)

    def _patch(self, frame: int, old: int, changed: Sequence[Track], gone: Collection[str]) -> None:
        """Make what a frame shows of changed tracks from what it showed in an old revision."""
        new, put = self._revision, self.loader.put
        if self.loader.get(("boxes", frame, old)) is None:
            return
        boxes = self._placer.in_frame(frame, self.tracks)
        put(("boxes", frame, new), boxes)
        for camera in self.log.cameras:
            if self.loader.get(("lines", camera, frame, old)) is not None:
                value = self._placer.in_image(frame, camera, self.tracks)
                put(("lines", camera, frame, new), value, 4096 * len(value))
        counts = self.loader.get(("counts", frame, old, self.lidar))
        cloud = self.cloud(frame)
        if counts is not None and cloud is not None:
            ids = {track.id for track in changed}
            counts = {key: count for key, count in counts.items() if key not in ids | set(gone)}
            counts |= {
                box.track.id: len(cloud.grid.inside(box.cuboid))
                for box in boxes
                if box.track.id in ids
            }
            put(("counts", frame, new, self.lidar), counts)

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
        """Where a track goes around a frame; made for the selected one. An old one until it is."""
        value: Trail | None = self.loader.get(self._trail_key(track_id, frame))
        if value is not None:
            self._trails = {track_id: value}
        return value or self._trails.get(track_id)

    def _trail_key(self, track_id: str, frame: int) -> tuple[object, ...]:
        return "trail", track_id, frame // TRAIL_BLOCK, self._versions.get(track_id, 0)

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
        ahead: int = AHEAD,
    ) -> None:
        """Make a frame, then those ahead.

        Args:
            frame: the frame to show.
            step: +1 or -1, the direction of travel.
            specs: what each camera pane shows, the most important first.
            selected: the track whose trail is wanted too.
            first: jobs that come before all others.
            watched: cameras whose cuboids are wanted although no pane shows their picture.
            ahead: frames to prepare beyond it.
        """
        jobs = [*first, Job(("kernels",), _warm_up)]
        if selected is not None:
            jobs += [
                Job(
                    self._trail_key(selected.id, near),
                    partial(make_trail, self.log, selected, near),
                )
                for near in (frame, frame + step * ahead)
            ]
        count = len(self.log.frames)
        wanted = [frame + step * number for number in range(ahead + 1)]
        parts = [self._frame_jobs(index, specs, watched) for index in wanted if 0 <= index < count]
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
        placed, tracks = self._placer.in_frame, self.tracks
        jobs = [Job(("boxes", index, revision), lambda: placed(index, tracks))]
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
                    for box in placed(index, tracks)
                },
            ),
        ]
        # The points first: they take longest, and another thread does the rest meanwhile.
        return [points[0], *jobs, *cameras[:2]], [*unseen, *cameras[2:], points[1]]

    def _lines_job(self, index: int, camera: str) -> Job:
        """The cuboids in one camera's image of a frame."""
        tracks = self.tracks
        return Job(
            ("lines", camera, index, self._revision),
            lambda: self._placer.in_image(index, camera, tracks),
            lambda value: 4096 * len(value),
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
