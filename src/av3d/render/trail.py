"""The way of one track from above: past, future, keyframes and ghosts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.geometry.cuboid import FACES
from av3d.logs.log import Log
from av3d.render.drawing import Fill, Stroke
from av3d.render.paint import Painter
from av3d.render.palette import (
    ACCENT,
    CANVAS,
    GHOST,
    GHOST_ALPHA,
    GHOST_DASH,
    PROVENANCE_STYLES,
)
from av3d.render.views import OrthographicView
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track
from av3d.types import FloatArray

GHOST_EVERY = 5
"""Frames between ghosts of the selected track."""
KEY_PX = 9.0


@dataclass(frozen=True, eq=False)
class Trail:
    """The way of a track on a canvas, in pixels.

    Attributes:
        ghosts: its cuboid every few frames.
        lines: the past solid, the future dashed.
        dots_px: one per frame without a keyframe, (N, 2).
        keys: one shape per keyframe, by provenance.
    """

    ghosts: tuple[Stroke, ...]
    lines: tuple[Stroke, ...]
    dots_px: FloatArray
    keys: tuple[Fill, ...]


def trail_in_bev(log: Log, frame_index: int, view: OrthographicView, track: Track) -> Trail:
    """The trail of a track around a frame, seen from the ego pose of that frame."""
    now = log.frame(frame_index)
    ego_SE3_world = log.world_SE3_ego(now.timestamp_ns).inverse()
    ghosts: list[Stroke] = []
    keys: list[Fill] = []
    dots: list[FloatArray] = []
    past: list[FloatArray] = []
    future: list[FloatArray] = []
    frames = [log.frames[index] for index in log.frames.between(track.start_ns, track.end_ns)]
    times_ns = [frame.timestamp_ns for frame in frames]
    states = states_in_sweep([track] * len(frames), times_ns, log)
    for frame, state in zip(frames, states, strict=True):
        if state is None:
            continue
        cuboid = state.cuboid.in_frame(ego_SE3_world)
        place = view.to_pixels(cuboid.center_m)
        if frame.index <= now.index:
            past.append(place)
        if frame.index >= now.index:
            future.append(place)
        keyframe = track.keyframe_at(frame.timestamp_ns)
        # A track imported with a keyframe in every frame would be a chain of shapes.
        if keyframe is not None and len(track.keyframes) < len(log.frames) / 2:
            keys.append(key_shape(keyframe.provenance.value, place))
        else:
            dots.append(place)
        if frame.index != now.index and frame.index % GHOST_EVERY == 0:
            outline = view.to_pixels(cuboid.corners_m()[list(FACES["top"])])
            ghosts.append(Stroke(outline, GHOST, 1.0, GHOST_ALPHA, GHOST_DASH, closed=True))
    lines = [
        Stroke(np.stack(points), ACCENT, 1.5, dash=dash)
        for points, dash in ((past, ()), (future, (5.0, 4.0)))
        if len(points) >= 2
    ]
    dots_px = np.stack(dots) if dots else np.zeros((0, 2))
    return Trail(tuple(ghosts), tuple(lines), dots_px, tuple(keys))


def key_shape(provenance: str, center_px: FloatArray, size_px: float = KEY_PX) -> Fill:
    """The shape of a keyframe: diamond, square, triangle or hexagon, by provenance."""
    style = PROVENANCE_STYLES[provenance]
    half = size_px / 2
    angle_deg = {
        "diamond": [0, 90, 180, 270],
        "square": [45, 135, 225, 315],
        "triangle_down": [90, 210, 330],
        "hexagon": [0, 60, 120, 180, 240, 300],
    }[style.shape]
    angle = np.deg2rad(angle_deg)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * half * 1.15 + center_px
    return Fill(points, style.colour, 1.0)


def draw_trail(painter: Painter, trail: Trail) -> None:
    """Draw a trail: ghosts, line, dots, then keys on a dark ground."""
    painter.strokes(trail.ghosts)
    painter.strokes(trail.lines)
    painter.strokes([Stroke(np.stack([dot, dot]), ACCENT, 4.0) for dot in trail.dots_px])
    for key in trail.keys:
        middle = key.points_px.mean(axis=0)
        painter.fill(Fill(middle + (key.points_px - middle) * 1.4, CANVAS, 0.8))
        painter.fill(key)
