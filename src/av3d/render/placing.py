"""Where the tracks of a log are in one frame, as drawings for a camera or for the bird's-eye view.

A cuboid in an image is the track's state at the image's own time, seen from where the camera was then
(`Log.track_time_ns` says why that counts from the time when the LiDAR passed the object); in the
bird's-eye view it is the state at the frame's time, seen from the ego pose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.render.drawing import CuboidDrawing
from av3d.render.outline import (
    CuboidStyle,
    Item,
    all_lines_camera,
    cuboid_lines_bev,
    cuboid_style,
    in_sight,
)
from av3d.render.palette import CROWDED
from av3d.render.views import OrthographicView
from av3d.tracks.track import Track, TrackState
from av3d.types import NS_PER_S


@dataclass(frozen=True, eq=False)
class PlacedTrack:
    """A track that is there in a frame, with its cuboid in the frame of reference of a canvas.

    Attributes:
        track: the track.
        state: the track at the time of the canvas, in the world frame.
        cuboid: the state's cuboid in the camera frame (images) or ego frame (bird's-eye view).
        provenance: of the track at the frame's time; an image's own time falls between keyframes.
    """

    track: Track
    state: TrackState
    cuboid: Cuboid
    provenance: str


def tracks_in_image(
    log: Log,
    frame_index: int,
    camera: str,
    tracks: Sequence[Track],
    *,
    in_frame: Sequence[PlacedTrack] | None = None,
) -> list[PlacedTrack]:
    """The tracks that may show in a camera's image of a frame; none if it has no image there.

    Args:
        log: the log.
        frame_index: which frame.
        camera: name of the camera.
        tracks: what to look for.
        in_frame: `tracks_in_frame` of the same frame and tracks, where the caller has it already;
            it spares most of the work for several cameras.
    """
    frame = log.frame(frame_index)
    image_index = frame.images.get(camera)
    if image_index is None:
        return []
    camera_SE3_world = log.world_SE3_camera(camera, image_index).inverse()
    lens = log.rig.camera(camera).camera
    if in_frame is None:
        in_frame = tracks_in_frame(log, frame_index, tracks)
    if not in_frame:
        return []
    cuboids = [item.state.cuboid for item in in_frame]
    poses = SE3.stack([cuboid.frame_SE3_cuboid for cuboid in cuboids])
    times_ns = log.track_time_ns(frame, camera, image_index, poses.translation_m)
    # A quick test first, with cuboids that contain where the object may be at the image's time. It
    # may turn and speed up on the way: twice its distance at constant velocity, 1 m more.
    speed_m_s = np.linalg.norm([item.state.velocity_m_s for item in in_frame], axis=1)
    way_m = 2 * speed_m_s * np.abs(times_ns - frame.timestamp_ns) / NS_PER_S + 1.0
    grown_m = np.stack([cuboid.size_lwh_m for cuboid in cuboids]) + 2 * way_m[:, None]
    near = in_sight(lens, camera_SE3_world @ poses, grown_m).tolist()
    candidates = [
        (item.track, time_ns)
        for item, time_ns, may_show in zip(in_frame, times_ns.tolist(), near, strict=True)
        if may_show
    ]
    placed = _placed(candidates, frame.timestamp_ns, camera_SE3_world)
    visible = in_sight(
        lens,
        SE3.stack([item.cuboid.frame_SE3_cuboid for item in placed]),
        np.array([item.cuboid.size_lwh_m for item in placed]).reshape(-1, 3),
    )
    return [item for item, shows in zip(placed, visible.tolist(), strict=True) if shows]


def tracks_in_frame(log: Log, frame_index: int, tracks: Sequence[Track]) -> list[PlacedTrack]:
    """The tracks that are there at a frame's time, in the ego frame."""
    timestamp_ns = log.frame(frame_index).timestamp_ns
    ego_SE3_world = log.world_SE3_ego(timestamp_ns).inverse()
    return _placed([(track, timestamp_ns) for track in tracks], timestamp_ns, ego_SE3_world)


def camera_drawings(
    log: Log,
    frame_index: int,
    camera: str,
    tracks: Sequence[Track],
    *,
    selected: str | None = None,
    hovered: str | None = None,
    patterns: bool | None = None,
    in_frame: Sequence[PlacedTrack] | None = None,
) -> list[CuboidDrawing]:
    """The cuboids in a camera's image of a frame, in pixels of the full image.

    Args:
        log: the log.
        frame_index: which frame.
        camera: name of the camera.
        tracks: what to draw.
        selected: ID of the selected track.
        hovered: ID of the track under the pointer.
        patterns: line patterns of provenance; None: unless there are more than CROWDED cuboids.
        in_frame: see `tracks_in_image`.
    """
    placed = tracks_in_image(log, frame_index, camera, tracks, in_frame=in_frame)
    patterned = _with_patterns(patterns, placed)
    return all_lines_camera(
        log.rig.camera(camera).camera,
        [
            Item(
                item.cuboid,
                _style(item, selected, hovered, patterned, in_image=True),
                item.track.id,
                tag_text(item.track, item.state, selected),
            )
            for item in placed
        ],
    )


def bev_drawings(
    log: Log,
    frame_index: int,
    view: OrthographicView,
    tracks: Sequence[Track],
    *,
    selected: str | None = None,
    hovered: str | None = None,
    patterns: bool | None = None,
) -> list[CuboidDrawing]:
    """The cuboids of a frame from above; `view` is in the ego frame. See `camera_drawings`."""
    placed = tracks_in_frame(log, frame_index, tracks)
    drawings = [
        cuboid_lines_bev(
            view,
            item.cuboid,
            _style(item, selected, hovered, _with_patterns(patterns, placed), in_image=False),
            track_id=item.track.id,
            text=tag_text(item.track, item.state, selected),
        )
        for item in placed
    ]
    return [drawing for drawing in drawings if drawing is not None]


def tag_text(track: Track, state: TrackState, selected: str | None) -> str:
    """The name, "Car 21", and the speed where it is selected: "Car 21 · 6.8 km/h"."""
    if track.id != selected or len(track.keyframes) < 2:
        return track.name
    return f"{track.name} · {state.speed_m_s * 3.6:.1f} km/h"


def _placed(
    tracks: Sequence[tuple[Track, int]], frame_ns: int, canvas_SE3_world: SE3
) -> list[PlacedTrack]:
    """Tracks, each at its own time, as far as they are there at the frame's time."""
    placed: list[PlacedTrack] = []
    for track, timestamp_ns in tracks:
        state = track.state_near(timestamp_ns, present_at_ns=frame_ns)
        if state is not None:
            keyframe = track.keyframe_at(frame_ns)
            provenance = keyframe.provenance.value if keyframe else state.provenance.value
            cuboid = state.cuboid.in_frame(canvas_SE3_world)
            placed.append(PlacedTrack(track, state, cuboid, provenance))
    return placed


def _with_patterns(patterns: bool | None, placed: Sequence[PlacedTrack]) -> bool:
    return len(placed) <= CROWDED if patterns is None else patterns


def _style(
    item: PlacedTrack, selected: str | None, hovered: str | None, patterns: bool, *, in_image: bool
) -> CuboidStyle:
    is_selected = item.track.id == selected
    return cuboid_style(
        item.track.category,
        selected=is_selected,
        hovered=item.track.id == hovered,
        provenance=item.provenance if patterns else None,
        # Dotted edges of many cuboids bury what the image shows.
        hidden_edges=is_selected or not in_image,
    )
