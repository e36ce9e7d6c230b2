"""What the points of a frame say about a cuboid or a place: fits, the ground, new cuboids.

Everything is in the ego frame at the frame's time. AssistError where the points do not say it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from av3d.assist.error import AssistError
from av3d.geometry.cuboid import Cuboid
from av3d.types import Float32Array, FloatArray

if TYPE_CHECKING:
    from av3d.assist.fitting import Fit
    from av3d.assist.floor import GroundPlane
    from av3d.assist.placing import Placed, Rectangle
    from av3d.present.session import Session
    from av3d.tracks.track import Track

REACH_M = 4.0
"""How far around a place its ground is looked for."""


def points_of(session: Session, frame: int | None = None) -> Float32Array:
    """The points of a frame alone (default: the one that shows), of the LiDARs that show, (N, 3)."""
    frame = session.frame if frame is None else frame
    spec = session.supply.cloud_spec
    if frame == session.frame and not spec.is_merged:
        cloud = session.supply.cloud(frame)
        if cloud is not None:
            return cloud.points_m
    return session.log.cloud(frame, spec.lidars).points_m


def ground_at(
    session: Session, place_m: FloatArray, reach_m: float = REACH_M, frame: int | None = None
) -> GroundPlane | None:
    """The ground around a place (2 or 3,); None where too few points show it."""
    from av3d.assist.floor import local_ground

    up = session.edits.up_in_ego(frame)
    return local_ground(points_of(session, frame), place_m, reach_m, up)


def sensor_m(session: Session) -> FloatArray:
    """Where the LiDAR is whose points show, (3,)."""
    lidars = session.log.rig.lidars
    name = session.supply.lidar
    mount = lidars.get(name) if name is not None else None
    mount = mount or next(iter(lidars.values()), None)
    return np.zeros(3) if mount is None else mount.ego_SE3_lidar.translation_m


def fit(
    session: Session, track: Track, cuboid: Cuboid, *, keep_size: bool, frame: int | None = None
) -> Fit:
    """A cuboid of a track moved onto its points."""
    from av3d.assist.fitting import fitted

    return fitted(
        points_of(session, frame), cuboid, session.labels.ontology.category(track.category),
        ground_at(session, cuboid.center_m, frame=frame), keep_size=keep_size,
        sensor_m=sensor_m(session),
    )  # fmt: skip


def stood_on_ground(session: Session, cuboid: Cuboid, *, tilt: bool = False) -> Cuboid:
    """A cuboid with its bottom on the ground under it."""
    from av3d.assist.faces import on_ground

    ground = ground_at(session, cuboid.center_m)
    if ground is None:
        raise AssistError(
            "too few points show the ground there", "", "set the height in a side view"
        )
    return on_ground(cuboid, ground, tilt=tilt)


def shrunk(session: Session, cuboid: Cuboid, faces: Sequence[str]) -> Cuboid:
    """A cuboid with these faces on the outermost of its points."""
    from av3d.assist.faces import shrunk_face

    points_m = points_of(session)
    for face in faces:
        cuboid = shrunk_face(points_m, cuboid, face)
    return cuboid


def cuboid_in(session: Session, rectangle: Rectangle, *, fitting: bool) -> Placed:
    """The new cuboid of a rectangle dragged on the ground, of the session's category."""
    from av3d.assist.placing import cuboid_from_rectangle

    reach_m = max(float(np.abs(rectangle.diagonal_m).max()), REACH_M)
    return cuboid_from_rectangle(
        points_of(session), rectangle, session.category,
        ground_at(session, rectangle.center_m, reach_m), fit=fitting,
        up=session.edits.up_in_ego(), sensor_m=sensor_m(session),
    )  # fmt: skip


def cuboid_on(session: Session, place_m: FloatArray) -> Placed:
    """The new cuboid of a click on a place (3,), of the session's category."""
    from av3d.assist.placing import cuboid_at

    return cuboid_at(
        points_of(session), place_m, session.category, ground_at(session, place_m),
        up=session.edits.up_in_ego(), sensor_m=sensor_m(session),
    )  # fmt: skip


def place_on_ray(session: Session, origin_m: FloatArray, direction: FloatArray) -> FloatArray:
    """The place that a ray (3,), (3,) means: the nearest thing on it, else the ground, (3,)."""
    from av3d.assist.picking import place_in_cloud

    up = session.edits.up_in_ego()
    found = place_in_cloud(points_of(session), origin_m, direction, up=up)
    if found is None:
        raise AssistError(
            "the ray meets neither points nor ground", "", "click on the object lower down"
        )
    return found
