"""The selected cuboid in an image, dragged where the image shows it and set where the sweep does.

An image is exposed at a time of its own, and a keyframe holds at the time of its sweep (docs/adr/0006).
What is dragged is the cuboid of the image; the keyframe is moved so that the track, at the time of the
exposure, is where the pointer has put it.

Pitch and roll are not dragged here. Motion models smooth the tilt of a track strongly, so that an image
taken beside a keyframe shows little of its tilt: for what the pointer asks, the keyframe would have to
lean several times as far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.calibration.shutter import row_fractions
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.drawing import Rect
from av3d.present.handling import Grip
from av3d.present.image_view import ImageView
from av3d.present.projectors import ImageProjector
from av3d.present.session import Session
from av3d.render.placing import PlacedTrack, tracks_in_image
from av3d.tracks.operations.anchors import Anchor
from av3d.types import FloatArray

ROUNDS = 12
"""At most. Near a keyframe a track moves almost as that does, and two or three are enough, but a keyframe
that is dragged far away from its neighbours changes what the motion is taken to be."""
SETTLED_M = 5e-4


def image_grip(session: Session, camera: str, view: ImageView) -> Grip | None:
    """What of the selected track shows in a camera's image of the frame; None where nothing does."""
    frame = session.frame
    image_index = session.log.frames[frame].images.get(camera)
    track, box = session.selected_track, session.selected_box()
    if image_index is None or track is None or box is None:
        return None
    found = tracks_in_image(session.log, frame, camera, [track])
    if not found:
        return None
    placed = found[0]
    model = session.log.rig.camera(camera).camera
    camera_R_world = session.log.world_SE3_camera(camera, image_index).rotation.T
    forward = session.log.world_SE3_ego(session.timestamp_ns).rotation[:, 0]
    image = _Image(session, camera, frame, image_index, placed, box.cuboid)
    projector = ImageProjector(model, view, placed.cuboid.frame_SE3_cuboid, placed.over_readout)
    width, height = view.pane_px
    return Grip(
        placed.cuboid, projector, camera_R_world[:, 2], camera_R_world @ forward, image.to_ego,
        Rect(0, 0, width, height), tilts=False,
    )  # fmt: skip


@dataclass(eq=False)
class _Image:
    """A track in an image as a drag finds it.

    Attributes:
        placed: the track in the camera frame, at the time of the image.
        ego_cuboid: the same in the ego frame at the frame's time.
    """

    session: Session
    camera: str
    frame: int
    image_index: int
    placed: PlacedTrack
    ego_cuboid: Cuboid

    def __post_init__(self) -> None:
        self._correction = SE3.identity()
        """What the last answer had to be corrected by: a good guess for the next, a few pixels on."""

    def to_ego(self, cuboid: Cuboid, anchor: Anchor) -> Cuboid:
        """The cuboid of the frame that makes the image show another one; see the module."""
        log = self.session.log
        world_SE3_ego = log.world_SE3_ego(log.frames[self.frame].timestamp_ns)
        cameras = log.world_SE3_camera_over_readout(self.camera, self.image_index)
        after_SE3_before = cuboid.frame_SE3_cuboid @ self.placed.cuboid.frame_SE3_cuboid.inverse()
        # To begin with, the keyframe moves in the world as the cuboid of the image does.
        middle = log.world_SE3_camera(self.camera, self.image_index)
        way = middle @ after_SE3_before @ middle.inverse()
        moved = way @ world_SE3_ego @ self.ego_cuboid.frame_SE3_cuboid
        pose = moved @ self._correction
        wanted = tuple(after_SE3_before @ edge for edge in _edges(self.placed))
        for _ in range(ROUNDS):
            set_ = Cuboid(world_SE3_ego.inverse() @ pose, cuboid.size_lwh_m)
            shown = self._shown(set_, anchor)
            if shown is None:
                return set_
            steps = [
                world_SE3_camera @ want @ edge.inverse() @ world_SE3_camera.inverse() @ pose
                for world_SE3_camera, want, edge in zip(cameras, wanted, _edges(shown), strict=True)
            ]
            corrected = steps[0].interpolate(steps[1], self._part(shown))
            step_m = float(np.linalg.norm(corrected.translation_m - pose.translation_m))
            pose = corrected
            if step_m < SETTLED_M:
                break
        self._correction = moved.inverse() @ pose
        return Cuboid(world_SE3_ego.inverse() @ pose, cuboid.size_lwh_m)

    def _part(self, placed: PlacedTrack) -> float:
        """Which part of the readout has passed when the row of the object's centre is exposed."""
        if placed.over_readout is None:
            return 0.0
        model = self.session.log.rig.camera(self.camera).camera
        top, bottom = (_row(edge) for edge in placed.over_readout)
        return float(row_fractions(model, top, bottom)[0])

    def _shown(self, ego_cuboid: Cuboid, anchor: Anchor) -> PlacedTrack | None:
        """The track in the image if its keyframe were there; None if that cannot be."""
        session = self.session
        operation = session.edits.set_cuboid(
            self.placed.track.id, ego_cuboid, frame=self.frame, anchor=anchor
        )
        try:
            after = [change.after for change in session.labels.changes(operation)]
        except Av3dError:
            return None
        tracks = [track for track in after if getattr(track, "id", "") == self.placed.track.id]
        tracks = tracks or [self.placed.track]
        found = tracks_in_image(session.log, self.frame, self.camera, tracks)  # type: ignore[arg-type]
        return found[0] if found else None


def _edges(placed: PlacedTrack) -> tuple[SE3, SE3]:
    """Poses in the camera frame when the top and the bottom edge of the image were read."""
    pose = placed.cuboid.frame_SE3_cuboid
    return placed.over_readout if placed.over_readout is not None else (pose, pose)


def _row(pose: SE3) -> FloatArray:
    return pose.translation_m[None]
