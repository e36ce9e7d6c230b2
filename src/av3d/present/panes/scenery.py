"""What lies around the cuboids in the main view: trails, the vehicle's path, cameras, ghosts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np

from av3d.calibration.camera import Camera
from av3d.geometry.cuboid import EDGES, FACES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.present import words
from av3d.present.drawing import (
    TINY,
    Circle,
    Drawing,
    Polygon,
    Polyline,
    Rect,
    as_points,
    key_shape,
)
from av3d.present.panes.ground import PLATE
from av3d.present.seeing import Ghosts
from av3d.present.session import Session
from av3d.present.theme import Colour, colour
from av3d.present.trails import TRAIL_FRAMES, TRAILS_FRAMES, Trail
from av3d.render import palette
from av3d.render.views import OrthographicView, View
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track
from av3d.types import BoolArray, FloatArray

PATH_FRAMES = 100
"""Frames of the vehicle's path, before and after the one that shows."""
FRUSTUM_M = 6.0
"""Length of the pyramids that show what cameras see."""
GHOST_STEP, GHOST_REACH = 5, 20
"""Frames between the ghosts of a review, and how far they go."""
STILL_M = 0.15
"""A ghost closer than this to the cuboid would only blur it."""


def scenery_key(session: Session, frame: int | None, view: View) -> Hashable:
    """Everything on which `draw_scenery` depends."""
    seeing = session.supply.seeing
    trails = session.supply.trails(frame) if frame is not None else None
    shown = (seeing.frustums, seeing.ego_path, seeing.trails)
    if not any(shown):
        return shown
    return frame, view, session.camera, shown, id(trails)


def draw_scenery(
    drawing: Drawing, session: Session, frame: int, view: View, size: tuple[int, int]
) -> None:
    """The vehicle's path, the trails of all tracks and the cameras, as far as they are switched on.

    Args:
        drawing: where to.
        session: what is being looked at.
        frame: the one that shows.
        view: of its ego frame.
        size: of the pane.
    """
    seeing = session.supply.seeing
    if seeing.ego_path:
        draw_ego_path(drawing, session, frame, view)
    if seeing.trails:
        draw_trails(drawing, session, frame, view)
    if seeing.frustums:
        draw_frustums(drawing, session, frame, view, size)


def draw_ego_path(drawing: Drawing, session: Session, frame: int, view: View) -> None:
    """Where the vehicle was and will be: solid behind it, dashed ahead, on the ground."""
    log = session.log
    first = max(frame - PATH_FRAMES, 0)
    last = min(frame + PATH_FRAMES, session.frames - 1)
    frames = np.array(
        [n for n in range(first, last + 1) if log.trajectory.covers(log.frames[n].timestamp_ns)]
    )
    if len(frames) < 2 or frame not in frames:
        return
    poses = log.trajectory.at(log.frames.timestamps_ns[frames])
    ego_SE3_world = log.world_SE3_ego(log.frames[frame].timestamp_ns).inverse()
    path_m = ego_SE3_world.transform(poses.translation_m)
    pixels, good = _on_canvas(view, path_m)
    paint = colour(palette.TEXT, 0.75)
    for run in _runs(good & (frames <= frame)):
        drawing.add(Polyline(as_points(pixels[run]), paint, 1.6))
    for run in _runs(good & (frames >= frame)):
        drawing.dashed(as_points(pixels[run]), (8, 5), paint, 1.6)


def draw_trails(drawing: Drawing, session: Session, frame: int, view: View) -> None:
    """The trails of all moving tracks but the selected one: past in full, future thin and faint."""
    trails = session.supply.trails(frame)
    if trails is None:
        return
    time_ns = session.log.frames[frame].timestamp_ns
    ego_SE3_world = session.log.world_SE3_ego(time_ns).inverse()
    for track, trail in zip(trails.tracks, trails.trails, strict=True):
        if track.id == session.selected:
            continue
        near = np.abs(trail.frames - frame) <= TRAILS_FRAMES
        if near.sum() < 2:
            continue
        frames = trail.frames[near]
        pixels, good = _on_canvas(view, ego_SE3_world.transform(trail.world_floor_m[near]))
        paint = palette.category_style(track.category).colour
        for run in _runs(good & (frames <= frame)):
            drawing.add(Polyline(as_points(pixels[run]), colour(paint, 0.85), 1.6))
        for run in _runs(good & (frames >= frame)):
            drawing.add(Polyline(as_points(pixels[run]), colour(paint, 0.4), 1.0))


def draw_frustums(
    drawing: Drawing, session: Session, frame: int, view: View, size: tuple[int, int]
) -> None:
    """What each camera sees, from where it was at its own time; the large one is brighter."""
    log = session.log
    ego_SE3_world = log.world_SE3_ego(log.frames[frame].timestamp_ns).inverse()
    labels: list[Rect] = []
    # The large camera last, over the others.
    for name in sorted(log.cameras, key=lambda camera: camera == session.camera):
        mount = log.rig.camera(name)
        image_index = log.frames[frame].images.get(name)
        ego_SE3_camera = (
            mount.ego_SE3_camera
            if image_index is None
            else ego_SE3_world @ log.world_SE3_camera(name, image_index)
        )
        is_large = name == session.camera
        line = colour(palette.TEXT if is_large else palette.TEXT_3, 0.9 if is_large else 0.6)
        fill = colour(palette.TEXT, 0.10 if is_large else 0.04)
        places_m = ego_SE3_camera.transform(_pyramid(mount.camera))
        if isinstance(view, OrthographicView):
            _draw_wedge(drawing, view, ego_SE3_camera, mount.camera, line, fill)
        else:
            pixels, good = _on_canvas(view, places_m)
            for start, end in ((0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3), (3, 4), (4, 1)):
                if good[start] and good[end]:
                    drawing.add(Polyline(as_points(pixels[[start, end]]), line, 1.2))
        if np.isfinite(places_m).any():
            far_m = np.nanmean(places_m[1:], axis=0)
            _label(drawing, view, far_m, words.camera_title(name), size, labels)


def draw_trail(drawing: Drawing, session: Session, trail: Trail, frame: int, view: View) -> None:
    """The trail of the selected track: solid for the past, dashed for the future, keys by their shape."""
    track = session.selected_track
    if track is None:
        return
    time_ns = session.log.frames[frame].timestamp_ns
    ego_SE3_world = session.log.world_SE3_ego(time_ns).inverse()
    first = int(np.searchsorted(trail.frames, frame - TRAIL_FRAMES))
    last = int(np.searchsorted(trail.frames, frame + TRAIL_FRAMES, side="right"))
    frames = trail.frames[first:last]
    pixels, good = _on_canvas(view, ego_SE3_world.transform(trail.world_floor_m[first:last]))
    accent = colour(palette.ACCENT, 0.9)
    for run in _runs(good & (frames <= frame)):
        drawing.add(Polyline(as_points(pixels[run]), accent, 1.5))
    for run in _runs(good & (frames >= frame)):
        drawing.dashed(as_points(pixels[run]), (5, 4), accent, 1.5)
    if len(pixels) and good.all() and np.linalg.norm(np.ptp(pixels, axis=0)) > 8 * len(pixels):
        for point in as_points(pixels):
            drawing.add(Circle(point, 1.8, fill=accent))
    keys = {keyframe.timestamp_ns: keyframe for keyframe in track.keyframes}
    last_drawn: FloatArray | None = None
    for number, index in enumerate(frames):
        keyframe = keys.get(session.log.frames[int(index)].timestamp_ns)
        if keyframe is None or not good[number]:
            continue
        # Imports have a key in every frame; shapes that touch say nothing.
        if last_drawn is not None and np.linalg.norm(pixels[number] - last_drawn) < 12:
            continue
        last_drawn = pixels[number]
        style = palette.PROVENANCE_STYLES[keyframe.provenance.value]
        point = (float(pixels[number, 0]), float(pixels[number, 1]))
        drawing.add(
            Polygon(
                key_shape(style.shape, point, 4.5), colour(style.colour), colour(palette.CANVAS)
            )
        )


def draw_ghosts(drawing: Drawing, session: Session, frame: int, view: View) -> None:
    """The selected cuboid where it is at other times, dashed and without handles."""
    track = session.selected_track
    if track is None:
        return
    paint = colour(palette.GHOST, palette.GHOST_ALPHA)
    for cuboid in ghosts(session, track, frame):
        corners_m = cuboid.corners_m()
        pixels, good = _on_canvas(view, corners_m)
        if isinstance(view, OrthographicView):
            outline = [*FACES["top"], FACES["top"][0]]
            drawing.dashed(as_points(pixels[outline]), palette.GHOST_DASH, paint, 1.2)
            continue
        for start, end in EDGES:
            if good[start] and good[end]:
                ends = as_points(pixels[[start, end]])
                drawing.dashed(ends, palette.GHOST_DASH, paint, 1.0)


def ghosts(session: Session, track: Track, frame: int) -> list[Cuboid]:
    """Where else the selected cuboid shows, in the ego frame of a frame."""
    log = session.log
    now_ns = log.frames[frame].timestamp_ns
    ego_SE3_world = log.world_SE3_ego(now_ns).inverse()
    kind = session.supply.seeing.ghosts
    found: list[Cuboid] = []
    if kind is Ghosts.KEYFRAMES:
        before = [key for key in track.keyframes if key.timestamp_ns < now_ns][-1:]
        after = [key for key in track.keyframes if key.timestamp_ns > now_ns][:1]
        found = [key.cuboid.in_frame(ego_SE3_world) for key in (*before, *after)]
    elif kind is Ghosts.FRAMES:
        # Frames of the log, not counted from this one: they stay where they are while time goes on.
        first = -(-max(frame - GHOST_REACH, 0) // GHOST_STEP) * GHOST_STEP
        last = min(frame + GHOST_REACH, session.frames - 1)
        others = [n for n in range(first, last + 1, GHOST_STEP) if n != frame]
        times_ns = [log.frames[n].timestamp_ns for n in others]
        states = states_in_sweep([track] * len(others), times_ns, log) if others else []
        found = [state.cuboid.in_frame(ego_SE3_world) for state in states if state is not None]
    present = session.selected_box(frame)
    if present is None:
        return found
    return [
        cuboid
        for cuboid in found
        if np.linalg.norm(cuboid.center_m - present.cuboid.center_m) > STILL_M
    ]


def _pyramid(camera: Camera) -> FloatArray:
    """Apex and corners of what a camera sees, in the camera frame, (5, 3); NaN where no ray reaches."""
    rays = camera.corner_rays[:4]
    return np.concatenate([np.zeros((1, 3)), rays * FRUSTUM_M])


def _draw_wedge(
    drawing: Drawing,
    view: OrthographicView,
    ego_SE3_camera: SE3,
    camera: Camera,
    line: Colour,
    fill: Colour,
) -> None:
    """The field of view from above: along the middle row of the image, whatever the pitch."""
    columns = np.linspace(0, camera.width_px - 1, 9)
    pixels = np.stack([columns, np.full(9, (camera.height_px - 1) / 2)], axis=1)
    rays = camera.unproject(pixels)
    rays = rays[np.isfinite(rays).all(axis=1)]
    if len(rays) < 2:
        return
    edge_m = ego_SE3_camera.transform(rays * FRUSTUM_M)
    apex_m = ego_SE3_camera.translation_m[None]
    outline = view.to_pixels(np.concatenate([apex_m, edge_m])) + 0.5
    if not (np.abs(outline) < 1e5).all():
        return
    # A fan of triangles: beyond 180 degrees the whole would not be convex.
    for number in range(1, len(outline) - 1):
        drawing.add(Polygon(as_points(outline[[0, number, number + 1]]), fill))
    drawing.add(Polyline(as_points(outline), line, 1.2, closed=True))


def _label(
    drawing: Drawing,
    view: View,
    place_m: FloatArray,
    text: str,
    size: tuple[int, int],
    taken: list[Rect],
) -> None:
    """A name at a place, left out where it would be cut or lie over another."""
    pixels, good = _on_canvas(view, place_m[None])
    if not good[0]:
        return
    wide = drawing.measure(text, TINY) + 8
    x, y = (float(value) for value in pixels[0])
    rect = Rect(round(x - wide / 2), round(y - 8), wide, 16)
    inside = (
        rect.x >= 4 and rect.y >= 4 and rect.right <= size[0] - 4 and rect.bottom <= size[1] - 4
    )
    if not inside or any(rect.overlaps(other) for other in taken):
        return
    taken.append(rect)
    drawing.box(rect, PLATE, radius=2)
    drawing.text(rect.centre[0], rect.centre[1], text, TINY, colour(palette.TEXT_2), anchor=0.5)


def _on_canvas(view: View, points_m: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Pixels of places (N, 3), and which of them can be drawn, (N,)."""
    pixels = view.to_pixels(points_m) + 0.5
    good = np.isfinite(pixels).all(axis=1) & (np.abs(np.nan_to_num(pixels)) < 1e5).all(axis=1)
    return pixels, good


def _runs(mask: BoolArray) -> Iterator[slice]:
    """The stretches of two or more that are true in a row."""
    ends = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    for first, last in ends.reshape(-1, 2).tolist():
        if last - first > 1:
            yield slice(first, last)
