"""Where the tracks of a log are in one frame, as drawings for a camera or for the bird's-eye view.

A cuboid in an image is the track's state at the time when the row in which it appears was exposed, seen
from where the camera was then; in the bird's-eye view it is where the object was when the LiDAR's beam
passed it, as its points are, seen from the ego pose at the frame's time (docs/adr/0006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.calibration.shutter import row_fractions
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
from av3d.tracks.measured import states_at, states_in_sweep
from av3d.tracks.proposal import is_proposal, score_of
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import NS_PER_S


@dataclass(frozen=True, eq=False)
class PlacedTrack:
    """A track that is there in a frame, with its cuboid in the frame of reference of a canvas.

    Attributes:
        track: the track.
        state: the track at the time of the canvas, in the world frame.
        cuboid: the state's cuboid in the camera frame (images) or ego frame (bird's-eye view).
        provenance: of the track at the frame's time; an image's own time falls between keyframes.
        over_readout: for a rolling shutter, the cuboid's pose in the camera frame when the top and
            when the bottom edge of the image was read.
    """

    track: Track
    state: TrackState
    cuboid: Cuboid
    provenance: str
    over_readout: tuple[SE3, SE3] | None = None


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
    if in_frame is None:
        in_frame = tracks_in_frame(log, frame_index, tracks)
    if not in_frame:
        return []
    lens = log.rig.camera(camera).camera
    image_ns = log.image_time_ns(camera, image_index)
    camera_SE3_world = log.world_SE3_camera(camera, image_index).inverse()
    cuboids = [item.state.cuboid for item in in_frame]
    poses = SE3.stack([cuboid.frame_SE3_cuboid for cuboid in cuboids])
    # A quick test first, with cuboids that contain where the object may be at the image's time. It
    # was measured up to a turn from the frame's time, and may turn and speed up on the way: twice
    # its distance at constant velocity, 1 m more.
    apart_ns = abs(image_ns - frame.timestamp_ns) + log.frame_period_ns
    apart_ns += abs(log.rig.camera(camera).readout_ns) // 2
    speed_m_s = np.linalg.norm([item.state.velocity_m_s for item in in_frame], axis=1)
    way_m = 2 * speed_m_s * apart_ns / NS_PER_S + 1.0
    grown_m = np.stack([cuboid.size_lwh_m for cuboid in cuboids]) + 2 * way_m[:, None]
    near = in_sight(lens, camera_SE3_world @ poses, grown_m).tolist()
    candidates = [item for item, may_show in zip(in_frame, near, strict=True) if may_show]
    placed = _in_image(log, frame.timestamp_ns, camera, image_index, candidates)
    if not placed:
        return []
    sizes_m = np.array([item.cuboid.size_lwh_m for item in placed])
    visible = in_sight(lens, SE3.stack([item.cuboid.frame_SE3_cuboid for item in placed]), sizes_m)
    return [item for item, shows in zip(placed, visible.tolist(), strict=True) if shows]


def tracks_in_frame(log: Log, frame_index: int, tracks: Sequence[Track]) -> list[PlacedTrack]:
    """The tracks that are there at a frame's time, where its sweep shows them, in the ego frame."""
    timestamp_ns = log.frame(frame_index).timestamp_ns
    ego_SE3_world = log.world_SE3_ego(timestamp_ns).inverse()
    placed: list[PlacedTrack] = []
    for track, state in zip(tracks, states_in_sweep(tracks, timestamp_ns, log), strict=True):
        if state is not None:
            keyframe = track.keyframe_at(timestamp_ns)
            provenance = keyframe.provenance.value if keyframe else state.provenance.value
            cuboid = state.cuboid.in_frame(ego_SE3_world)
            placed.append(PlacedTrack(track, state, cuboid, provenance))
    return placed


def _in_image(
    log: Log, frame_ns: int, camera: str, image_index: int, candidates: Sequence[PlacedTrack]
) -> list[PlacedTrack]:
    """Tracks of a frame at the time of its image, in the camera frame."""
    if not candidates:
        return []
    tracks = [item.track for item in candidates]
    mount = log.rig.camera(camera)
    image_ns = log.image_time_ns(camera, image_index)
    over_readout: list[tuple[SE3, SE3] | None] = [None] * len(tracks)
    if mount.readout_ns == 0:
        states = _states(log, tracks, image_ns, frame_ns)
        camera_SE3_world = log.world_SE3_camera(camera, image_index).inverse()
        poses = camera_SE3_world @ _poses(states)
    else:
        edges = log.world_SE3_camera_over_readout(camera, image_index)
        top_ns = image_ns - mount.readout_ns // 2
        top, bottom = (
            pose.inverse() @ _poses(_states(log, tracks, time_ns, frame_ns))
            for pose, time_ns in zip(edges, (top_ns, top_ns + mount.readout_ns), strict=True)
        )
        part = row_fractions(mount.camera, top.translation_m, bottom.translation_m)
        times_ns = np.rint(top_ns + part * mount.readout_ns).astype(np.int64).tolist()
        states = _states(log, tracks, times_ns, frame_ns)
        poses = edges[0].interpolate(edges[1], part).inverse() @ _poses(states)
        over_readout = list(zip(top, bottom, strict=True))
    return [
        PlacedTrack(
            item.track, state, Cuboid.trusted(pose, state.cuboid.size_lwh_m), item.provenance, over
        )
        for item, state, pose, over in zip(candidates, states, poses, over_readout, strict=True)
    ]


def _states(
    log: Log, tracks: Sequence[Track], times_ns: int | list[int], frame_ns: int
) -> list[TrackState]:
    """States of tracks that are there at a frame, at other times."""
    return [state for state in states_at(tracks, times_ns, frame_ns, log) if state is not None]


def _poses(states: Sequence[TrackState]) -> SE3:
    return SE3.stack([state.cuboid.frame_SE3_cuboid for state in states])


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
                item.over_readout,
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
        return tag_name(track)
    return f"{tag_name(track)} · {state.speed_m_s * 3.6:.1f} km/h"


def tag_name(track: Track) -> str:
    """The name, "Car 21"; of a proposal with its score, "Car 21 · score 0.43"."""
    if not is_proposal(track):
        return track.name
    score = score_of(track)
    return f"{track.name} · proposal" if score is None else f"{track.name} · score {_signed(score)}"


def _signed(value: float) -> str:
    return f"{value:,.2f}".replace("-", "\u2212")


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
        proposal=is_proposal(item.track),
    )
