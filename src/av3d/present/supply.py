"""What the panes show of a frame, made on worker threads: points, pictures, cuboids, counts.

Everything is a pure function of (log, tracks, frame); results are kept, and the frames ahead in the
direction of travel are made while nobody waits.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from av3d.logs.cache import ByteCache
from av3d.logs.log import Log
from av3d.present.clouds import Cloud, CloudSpec, make_cloud
from av3d.present.image_points import draw_over
from av3d.present.loader import Job, Loader
from av3d.present.pictures import PictureSpec, fit_picture
from av3d.present.placed import FEW, CameraBox, Placer
from av3d.present.seeing import ImageOverlay, Seeing
from av3d.present.trails import TRAIL_BLOCK, TRAILS_BLOCK, Trail, Trails, make_trail, make_trails
from av3d.render.colours import PointColour
from av3d.render.placing import PlacedTrack
from av3d.render.points_in_image import ImagePoints, points_in_image
from av3d.tracks.track import Track
from av3d.types import Uint8Array

BYTES_PLACED, BYTES_DRAWN, BYTES_COUNTED = 3072, 4096, 160
"""About what a cuboid takes that is placed in a frame, drawn in an image, counted the points of."""
AHEAD = 3
"""Frames prepared ahead of the one that shows."""
CLOUDS_BYTES = 64 * 1024 * 1024
"""Clouds kept for counting the points in cuboids; the loader keeps those that are drawn."""
DOTS_BYTES = 32 * 1024 * 1024
"""Points in images kept while the part of the image that shows changes."""


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
        self.seeing = Seeing()
        self.scale = 1.0
        """Pixels of the screen per logical pixel: pictures are as sharp as the screen."""
        self._placer = Placer(log)
        self._clouds: ByteCache[Cloud] = ByteCache(CLOUDS_BYTES, lambda cloud: cloud.nbytes)
        self._dots: ByteCache[ImagePoints] = ByteCache(DOTS_BYTES, lambda dots: dots.nbytes)
        self._revision = 0
        self._revised: set[tuple[Hashable, ...]] = set()
        """Keys of results that hold for one revision, which is the last of each."""
        self.live: frozenset[str] = frozenset()
        """IDs of the tracks that a gesture is changing now."""
        self.standing = 0
        """Grows with every change of the tracks but of those that a gesture is changing."""
        self._settled: tuple[int, tuple[Track, ...]] = (0, ())
        """Revision and tracks with which points travel: not those of an edit that is under way."""
        self._due: dict[str, int] = {}
        """Cameras and the frame of which they know all cuboids but the few that changed since."""
        self._last_cloud: tuple[object, Cloud | None] = (None, None)
        self._last_trails: Trails | None = None
        self._versions: dict[str, int] = {}
        """Revision in which each track became what it is."""
        self._trails: dict[str, Trail] = {}
        """The last trail of a track, shown until the new one is made."""

    def set_tracks(
        self,
        tracks: Sequence[Track],
        frame: int | None = None,
        live: frozenset[str] = frozenset(),
    ) -> None:
        """Show these tracks from now on.

        Args:
            tracks: all of them; those that are the same objects as before are known already.
            frame: the one that shows. Where only some tracks changed, what it shows of them is
                made at once, so that an edit is seen with the next picture.
            live: IDs of the tracks that a gesture is changing now.
        """
        before = {track.id: track for track in self.tracks}
        now = {track.id: track for track in tracks}
        old, self._revision = self._revision, self._revision + 1
        self.tracks = tuple(tracks)
        changed = [track for track in now.values() if before.get(track.id) is not track]
        for track in changed:
            self._versions[track.id] = self._revision
        gone = before.keys() - now.keys()
        if not {track.id for track in changed} | gone <= self.live | live:
            self.standing += 1
        self.live = live
        if frame is not None and len(changed) + len(gone) <= FEW:
            self._patch(frame, old, changed, gone)
        else:
            self._due = {}
        self.loader.drop(key for key in self._revised if key[-1] == old)
        self._revised = {key for key in self._revised if key[-1] != old}

    def _revise(self, *key: Hashable) -> tuple[Hashable, ...]:
        """The key of a result that holds for this revision, and goes with it."""
        made = (*key, self._revision)
        self._revised.add(made)
        return made

    def _patch(self, frame: int, old: int, changed: Sequence[Track], gone: Collection[str]) -> None:
        """Make what a frame shows of changed tracks from what it showed in an old revision."""
        put = self.loader.put
        if self.loader.get(("boxes", frame, old)) is None:
            self._due = {}
            return
        boxes = self._placer.in_frame(frame, self.tracks)
        put(self._revise("boxes", frame), boxes, BYTES_PLACED * len(boxes))
        # Made when a pane asks: while a cuboid is dragged not every one does with every picture.
        self._due = {
            camera: frame
            for camera in self.log.cameras
            if self._due.get(camera) == frame
            or self.loader.get(("lines", camera, frame, old)) is not None
        }
        counts = self.loader.get(("counts", frame, self.lidar, old))
        cloud = self.cloud(frame)
        if counts is not None and cloud is not None:
            ids = {track.id for track in changed}
            counts = {key: count for key, count in counts.items() if key not in ids | set(gone)}
            counts |= {
                box.track.id: len(cloud.grid.inside(box.cuboid))
                for box in boxes
                if box.track.id in ids
            }
            put(self._revise("counts", frame, self.lidar), counts, BYTES_COUNTED * len(counts))

    @property
    def revision(self) -> int:
        """Grows with every change of the tracks."""
        return self._revision

    @property
    def cloud_spec(self) -> CloudSpec:
        """Which points show, and how they are coloured."""
        return self.seeing.cloud

    @cloud_spec.setter
    def cloud_spec(self, spec: CloudSpec) -> None:
        self.seeing = replace(self.seeing, cloud=spec)

    @property
    def colour(self) -> PointColour:
        """What the colour of the points says."""
        return self.cloud_spec.colour

    @colour.setter
    def colour(self, colour: PointColour) -> None:
        self.cloud_spec = replace(self.cloud_spec, colour=colour)

    @property
    def lidar(self) -> str | None:
        """The LiDAR whose points show; None: all."""
        return self.cloud_spec.lidar

    @lidar.setter
    def lidar(self, lidar: str | None) -> None:
        self.cloud_spec = replace(self.cloud_spec, lidar=lidar)

    def cloud(self, frame: int) -> Cloud | None:
        """The points that show of a frame; after an edit those of before it until they are made."""
        value: Cloud | None = self.loader.get(self._cloud_key(frame))
        made_of = frame, self.cloud_spec
        if value is not None:
            self._last_cloud = made_of, value
        return value or (self._last_cloud[1] if self._last_cloud[0] == made_of else None)

    def _cloud_key(self, frame: int) -> tuple[object, ...]:
        spec = self.cloud_spec
        return "cloud", frame, spec, self._settled[0] if spec.uses_tracks else 0

    def trails(self, frame: int) -> Trails | None:
        """Where all tracks go around a frame, if that is to be shown; old ones until they are made."""
        if not self.seeing.trails:
            return None
        value: Trails | None = self.loader.get(self._trails_key(frame))
        self._last_trails = value or self._last_trails
        return self._last_trails

    def _trails_key(self, frame: int) -> tuple[object, ...]:
        return "trails", frame // TRAILS_BLOCK, self._settled[0]

    def boxes(self, frame: int) -> tuple[PlacedTrack, ...] | None:
        value: tuple[PlacedTrack, ...] | None = self.loader.get(("boxes", frame, self._revision))
        return value

    def counts(self, frame: int) -> Mapping[str, int] | None:
        """Points in the cuboid of each track of a frame."""
        value: Mapping[str, int] | None = self.loader.get(
            ("counts", frame, self.lidar, self._revision)
        )
        return value

    def camera_boxes(self, frame: int, camera: str) -> tuple[CameraBox, ...] | None:
        """The cuboids in a camera's image of a frame; after an edit of a few they are made at once."""
        key = ("lines", camera, frame, self._revision)
        value: tuple[CameraBox, ...] | None = self.loader.get(key)
        if value is None and self._due.get(camera) == frame:
            value = self._placer.in_image(frame, camera, self.tracks)
            made = self._revise("lines", camera, frame)
            self.loader.put(made, value, BYTES_DRAWN * len(value))
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
        value: Uint8Array | None = self.loader.get(self._picture_key(frame, camera, spec))
        return value

    def _picture_key(self, frame: int, camera: str, spec: object) -> tuple[object, ...]:
        spec = spec, self.scale
        overlay = self.seeing.overlay(camera)
        if overlay is ImageOverlay.NONE:
            return "picture", camera, frame, spec
        return "picture", camera, frame, spec, overlay, self._dots_key(frame, camera)

    def _dots_key(self, frame: int, camera: str) -> tuple[object, ...]:
        spec = self.cloud_spec
        # Colours are those of distance, whatever the cloud shows.
        return frame, camera, replace(spec, colour=PointColour.HEIGHT), self._settled[0]

    def error(self, kind: str, frame: int, camera: str = "", spec: object = None) -> str:
        """Why something of a frame cannot be shown, "" if it can or is not ready."""
        keys = {
            "cloud": self._cloud_key(frame),
            "boxes": ("boxes", frame, self._revision),
            "lines": ("lines", camera, frame, self._revision),
            "picture": self._picture_key(frame, camera, spec),
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
        asked: Sequence[Job] = (),
    ) -> None:
        """Make a frame, then those ahead.

        Args:
            frame: the frame to show.
            step: +1 or -1, the direction of travel.
            specs: what each camera pane shows, the most important first.
            selected: the track whose trail is wanted too.
            first: jobs that come before all others.
            watched: cameras whose cuboids are wanted although no pane shows their picture.
            ahead: frames to prepare beyond it; 0 while an edit is under way.
            asked: jobs that come after this frame and before the next ones.
        """
        if ahead:
            self._settled = self._revision, self.tracks
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
        jobs += asked
        jobs.append(Job(("motion kernels",), _warm_up_motion))
        if self.seeing.trails:
            work = partial(make_trails, self.log, self._settled[1], frame)
            jobs.append(Job(self._trails_key(frame), work))
        jobs += [job for part in parts[1:] for job in part[0]]
        jobs += [job for part in parts[1:] for job in part[1]]
        self.loader.want(jobs)

    def _frame_jobs(
        self, index: int, specs: Mapping[str, PictureSpec], watched: Collection[str]
    ) -> tuple[list[Job], list[Job]]:
        """Main view and large camera of a frame, and the rest of it."""
        log, spec = self.log, self.cloud_spec
        single = spec.single
        placed, tracks = self._placer.in_frame, self.tracks
        jobs = [
            Job(
                self._revise("boxes", index),
                lambda: placed(index, tracks),
                lambda boxes: BYTES_PLACED * len(boxes),
            )
        ]
        large: list[Job] = []
        pictures: list[Job] = []
        lines: list[Job] = []
        for camera, part in specs.items():
            image_index = log.frames[index].images.get(camera)
            if image_index is None:
                continue
            picture = self._picture_job(index, camera, image_index, part)
            if large:
                pictures.append(picture)
                lines += self._lines_jobs(index, camera)
            else:
                large = [picture, *self._lines_jobs(index, camera)]
        unseen = [
            job
            for camera in watched
            if camera not in specs and log.frames[index].images.get(camera) is not None
            for job in self._lines_jobs(index, camera)
        ]
        points = [
            self._cloud_job(index, spec),
            Job(
                self._revise("counts", index, spec.lidar),
                lambda: {
                    box.track.id: len(self._cloud(index, single).grid.inside(box.cuboid))
                    for box in placed(index, tracks)
                },
                lambda counts: BYTES_COUNTED * len(counts),
            ),
        ]
        # The points first: they take longest, and another thread does the rest meanwhile.
        # Images next: their decoder lets Python go on, which draws what is there.
        return [points[0], *jobs, *large], [*pictures, *unseen, *lines, points[1]]

    def _lines_jobs(self, index: int, camera: str) -> list[Job]:
        """The cuboids in one camera's image of a frame, unless they are made when asked for."""
        if self._due.get(camera) == index:
            return []
        tracks = self.tracks
        return [
            Job(
                self._revise("lines", camera, index),
                lambda: self._placer.in_image(index, camera, tracks),
                lambda value: BYTES_DRAWN * len(value),
            )
        ]

    def count_points(self, index: int, tracks: tuple[Track, ...]) -> dict[str, int]:
        """Points in the cuboids of tracks at a frame, by track; reads the sweep, so for a worker."""
        cloud = self._cloud(index, self.cloud_spec.single)
        return {
            box.track.id: len(cloud.grid.inside(box.cuboid))
            for box in self._placer.in_frame(index, tracks)
        }

    def _cloud_job(self, index: int, spec: CloudSpec) -> Job:
        return Job(
            self._cloud_key(index),
            partial(self._cloud, index, spec, *self._settled),
            lambda cloud: cloud.nbytes,
        )

    def _cloud(
        self, index: int, spec: CloudSpec, revision: int = 0, tracks: tuple[Track, ...] = ()
    ) -> Cloud:
        """On a worker: points and counts share one cloud, whichever comes first."""
        return self._clouds.get(
            (index, spec, revision if spec.uses_tracks else 0),
            lambda: make_cloud(self.log, index, spec, partial(self._placed, tracks)),
        )

    def _placed(self, tracks: tuple[Track, ...], index: int) -> Sequence[PlacedTrack]:
        return self._placer.in_frame(index, tracks)

    def _picture_job(self, index: int, camera: str, image_index: int, spec: PictureSpec) -> Job:
        log, overlay = self.log, self.seeing.overlay(camera)
        large = spec.enlarged(self.scale)
        key, cloud_spec = self._dots_key(index, camera), self.cloud_spec
        revision, tracks = self._settled

        def dots() -> ImagePoints:
            cloud = self._cloud(index, cloud_spec, revision, tracks)
            points_m = cloud.points_m if cloud.hidden is None else cloud.points_m[~cloud.hidden]
            found = points_in_image(log, index, camera, points_m, self._placed(tracks, index))
            assert found is not None  # the frame has this image
            return found

        def picture() -> Uint8Array:
            made = fit_picture(log.image(camera, image_index), large)
            if overlay is not ImageOverlay.NONE:
                draw_over(made, self._dots.get(key, dots), large, overlay)
            return made

        return Job(self._picture_key(index, camera, spec), picture, lambda picture: picture.nbytes)


def _warm_up() -> bool:
    from av3d.render.splat import warm_up

    warm_up()
    return True


def _warm_up_motion() -> bool:
    """Nobody who sets a first keyframe, or selects a track, shall wait for this."""
    from av3d.tracks.motion.posterior import warm_up

    warm_up()
    return True
