"""Cuboids against what the cameras show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from av3d.calibration.projection import may_show, project_cuboids
from av3d.geometry.cuboid import CORNER_SIGNS
from av3d.geometry.se3 import SE3
from av3d.logs.trajectory import TrajectoryError
from av3d.qa.appearance import Appearance, Look
from av3d.qa.check import Check, SceneCheck, TrackCheck, alike
from av3d.qa.finding import Finding, Severity
from av3d.qa.pictures import Pictures, pictures
from av3d.qa.scene import Scene
from av3d.qa.subject import Subject
from av3d.types import FloatArray

LEAST_PX = 24.0
"""What is smaller on an image, along its longer side, nobody can tell from anything else."""
LEAST_IMAGES = 2
"""One image may show anything."""


class NeverSeen(TrackCheck):
    """A cuboid that no sensor ever saw."""

    id = "never-seen"
    title = "Never seen"
    sentence = (
        "A track without a single point inside in any sweep that is on no camera's image, or too small "
        "there, as long as it is there."
    )
    severity = Severity.ERROR
    unit = "points"
    digits = 0
    above = False
    weight = 90
    defaults = alike(1.0)
    lasting = True
    reads_points = True

    def examine(self, subject: Subject) -> Iterator[Finding]:
        limit = self.limit_for(subject)
        if limit is None or subject.points is None or not len(subject.frames):
            return
        absent = subject.log.lidars[subject.log.reference_lidar].absent
        inside = subject.points.inside[~np.isin(subject.frames, list(absent))]
        # A sweep that is not there says nothing; where most are missing, nobody can tell.
        if 2 * len(inside) < len(subject.frames) or not np.isfinite(inside).all():
            return
        most = float(inside.max())
        if most >= limit or _in_a_view(subject):
            return
        frames = "1 frame" if len(subject.frames) == 1 else f"{len(subject.frames)} frames"
        first_ns, last_ns = int(subject.times_ns[0]), int(subject.times_ns[-1])
        nearest = int(np.argmin(subject.ranges_m))
        yield self.about(
            subject, (first_ns, last_ns), int(subject.times_ns[nearest]), most, limit,
            f"No sensor sees it: no points in {frames}, {subject.ranges_m[nearest]:.0f} m away, and too "
            "small or outside of all images",
            risk=self.weight,
        )  # fmt: skip


@dataclass(eq=False)
class _Memory:
    """What tracks look like, and which cuboids that was."""

    subjects: dict[str, Subject] = field(default_factory=dict)
    pictures: dict[str, Pictures] = field(default_factory=dict)
    appearance: Appearance = field(default_factory=Appearance)


class ImageMismatch(SceneCheck):
    """Cuboids that are beside what the images show."""

    id = "image"
    title = "Image mismatch"
    sentence = (
        "How much more the images beside a track's cuboids look like an object than those at them. What "
        "objects look like is learnt from the other labels of the log."
    )
    unit = ""
    digits = 2
    weight = 80
    defaults = alike(0.2)
    parameters = {"own": 0.0}
    """Images at the cuboids that look more like an object than so (1 is one, -1 none) are believed."""
    reads_points = True
    reads_images = True

    def examine(self, scene: Scene) -> Iterator[Finding]:
        general = scene.ontology.checks
        if scene.sight is None or not scene.log.cameras or general.get(self.id) is False:
            return
        memory = scene.memory.setdefault(self.id, _Memory())
        self._look(scene, memory)
        for track_id, look in memory.appearance.looks(memory.pictures).items():
            subject = scene.subjects[track_id]
            limits = subject.limits
            limit = limits.limit(self.id, self.defaults)
            own = limits.parameter(self.id, "own", self.parameters["own"])
            margin = look.best - look.own
            if limit is None or look.images < LEAST_IMAGES:
                continue
            if margin > limit and look.own < own:
                yield self._finding(subject, memory.pictures[track_id], look, margin, limit)

    def _look(self, scene: Scene, memory: _Memory) -> None:
        """Look at the images of tracks that are new or have changed."""
        told = scene.told("Looking at images")
        fresh = [
            (track_id, one)
            for track_id, one in scene.subjects.items()
            if memory.subjects.get(track_id) is not one
        ]
        for track_id in [one for one in memory.subjects if one not in scene.subjects]:
            del memory.subjects[track_id], memory.pictures[track_id]
        for number, (track_id, subject) in enumerate(fresh):
            if told is not None:
                told(number, len(fresh))
            before = memory.pictures.get(track_id)
            now = pictures(subject, before)
            # The same pictures stay the same value, so that nothing is learnt anew.
            if before is None or before.by_place.keys() != now.by_place.keys():
                memory.pictures[track_id] = now
            memory.subjects[track_id] = subject

    def _finding(
        self, subject: Subject, seen: Pictures, look: Look, margin: float, limit: float
    ) -> Finding:
        track = subject.track
        frames = [place[0] for place in seen.by_place]
        frame, camera, _ = max(seen.by_place, key=lambda place: _area_px2(place[2]))
        times_ns = subject.log.frames.timestamps_ns
        return Finding(
            self.id, self.severity, (track.id,), track.name, track.category,
            int(times_ns[min(frames)]), int(times_ns[max(frames)]), int(times_ns[frame]), margin, limit,
            f"The images look more like an object beside it than where it is, in {look.images} images "
            f"(best in {camera}): by {margin:.2f}, limit {limit:.2f}",
            self.risk(margin, limit), track.digest,
        )  # fmt: skip


CHECKS: list[type[Check]] = [NeverSeen, ImageMismatch]


def _area_px2(bounds_px: tuple[float, ...]) -> float:
    left, top, right, bottom = bounds_px
    return (right - left) * (bottom - top)


def _in_a_view(subject: Subject) -> bool:
    """Whether the cuboids of a track are ever large enough on the image of a camera, hidden or not."""
    log = subject.log
    corners_m = _corners_m(subject)
    poses = SE3(subject.rotations, subject.centers_m)
    for camera in log.cameras:
        mount = log.rig.camera(camera)
        for row, frame in enumerate(subject.frames.tolist()):
            image = log.frames[frame].images.get(camera)
            try:
                if image is not None:
                    camera_SE3_world = log.world_SE3_camera(camera, image).inverse()
                else:
                    # An image that is not there: the camera looked all the same.
                    world_SE3_ego = log.world_SE3_ego(int(subject.times_ns[row]))
                    camera_SE3_world = (world_SE3_ego @ mount.ego_SE3_camera).inverse()
            except TrajectoryError:
                continue
            if not may_show(mount.camera, camera_SE3_world.transform(corners_m[row])[None])[0]:
                continue
            pose = SE3.stack([camera_SE3_world @ poses[row]])
            seen = project_cuboids(mount.camera, pose, subject.sizes_lwh_m[row][None])[0]
            if seen is not None:
                left, top, right, bottom = seen.bounds_px
                if max(right - left, bottom - top) >= LEAST_PX:
                    return True
    return False


def _corners_m(subject: Subject) -> FloatArray:
    """Corners of the cuboids of a track, world frame, (M, 8, 3)."""
    halves_m = CORNER_SIGNS * subject.sizes_lwh_m[:, None] / 2
    turned_m = halves_m @ subject.rotations.transpose(0, 2, 1)
    return np.asarray(turned_m + subject.centers_m[:, None])
