"""What a finding is about in the main view: the way of the track in red, or the place, and its words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.present.drawing import ICON_TINY, TINY_STRONG, Drawing, Polyline, Rect
from av3d.present.icons import ICONS
from av3d.present.session import Session
from av3d.present.theme import DARK, faded
from av3d.render.views import View
from av3d.tracks.measured import states_in_sweep
from av3d.types import BoolArray, FloatArray

MOST_FRAMES = 60
"""Of a long stretch this many places are drawn, evenly spread."""
OUT_OF_SIGHT_PX = 1e5
RING_CORNERS = 32
LEAST_RING_M = 1.0


@dataclass(frozen=True)
class Alarm:
    """What is told about a stretch of a track, or of a place without one.

    Attributes:
        track_id: the track, "" for none.
        start_ns, end_ns: first and last time.
        timestamp_ns: of the worst value.
        text: what it is: "Acceleration 6.1 m/s², limit 5.0".
        place_m: world frame, for what has no track, or where of the track it is.
        size_m: how far what has no track reaches to all sides.
    """

    track_id: str
    start_ns: int
    end_ns: int
    timestamp_ns: int
    text: str
    place_m: tuple[float, float, float] | None = None
    size_m: float = 0.0


def draw_alarm(drawing: Drawing, session: Session, alarm: Alarm, frame: int, view: View) -> None:
    """Draw the way of the track in the stretch, or a ring around a place without a track.

    Args:
        drawing: where to.
        session: whose track.
        alarm: the stretch.
        frame: the one that shows.
        view: of the points, in the ego frame.
    """
    log = session.log
    if not alarm.track_id:
        _draw_ring(drawing, session, alarm, frame, view)
        return
    first, last = log.frames.nearest(alarm.start_ns), log.frames.nearest(alarm.end_ns)
    # One frame to either side: a jump is between two places.
    rows = np.linspace(
        max(first - 1, 0), min(last + 1, session.frames - 1), min(last - first + 3, MOST_FRAMES)
    )
    indices = np.unique(rows.round().astype(int)).tolist()
    pixels = _floor_px(session, alarm, [log.frames[i].timestamp_ns for i in indices], frame, view)
    points = tuple((float(x), float(y)) for x, y in pixels[_in_reach(pixels)])
    # The canvas is dark in both themes.
    if len(points) > 1:
        drawing.add(Polyline(points, faded(DARK.bad, 0.9), 3.0))


def _draw_ring(drawing: Drawing, session: Session, alarm: Alarm, frame: int, view: View) -> None:
    if alarm.place_m is None:
        return
    angles = np.linspace(0, 2 * np.pi, RING_CORNERS + 1)
    around_m = max(alarm.size_m, LEAST_RING_M) * np.stack(
        [np.cos(angles), np.sin(angles), np.zeros_like(angles)], axis=1
    )
    log = session.log
    ego_SE3_world = log.world_SE3_ego(log.frames[frame].timestamp_ns).inverse()
    places_m = ego_SE3_world.transform(np.asarray(alarm.place_m) + around_m)
    pixels = np.asarray(view.to_pixels(places_m) + 0.5)
    if _in_reach(pixels).all():
        points = tuple((float(x), float(y)) for x, y in pixels)
        drawing.dashed(points, (6, 4), faded(DARK.bad, 0.9), 2.0)


def draw_callout(
    drawing: Drawing, session: Session, alarm: Alarm, frame: int, view: View, size: tuple[int, int]
) -> None:
    """Draw the words beside the place of the worst value, with a line to it.

    Args:
        drawing: where to.
        session: whose track.
        alarm: the stretch.
        frame: the one that shows.
        view: of the points, in the ego frame.
        size: of the canvas.
    """
    worst_ns = session.log.frames[session.log.frames.nearest(alarm.timestamp_ns)].timestamp_ns
    pixels = _floor_px(session, alarm, [worst_ns], frame, view)
    if not _in_reach(pixels).all():
        return
    x, y = float(pixels[0, 0]), float(pixels[0, 1])
    if not (-40 < x < size[0] + 40 and -40 < y < size[1] + 40):
        return
    width = drawing.measure(alarm.text, TINY_STRONG) + 32
    right = x + 56 + width < size[0] - 4
    left = x + 56 if right else max(x - 56 - width, 4)
    # Below: the tag of the cuboid mostly is above it.
    top = min(max(y + 34, 40), max(size[1] - 60, 0))
    rect = Rect(round(left), round(top), round(width), 20)
    end = rect.x if right else rect.right
    drawing.line((x, y), (end, rect.centre[1]), faded(DARK.bad, 0.9), 1.2)
    drawing.box(rect, DARK.bad, radius=2)
    drawing.text(rect.x + 6, rect.centre[1], ICONS["alert"], ICON_TINY, DARK.on_bad)
    drawing.text(rect.x + 24, rect.centre[1], alarm.text, TINY_STRONG, DARK.on_bad)


def _floor_px(
    session: Session, alarm: Alarm, times_ns: list[int], frame: int, view: View
) -> FloatArray:
    """Where the middle of the floor of the cuboid was at times, as a frame shows it, (N, 2)."""
    log, track = session.log, session.track(alarm.track_id)
    if track is None and alarm.place_m is not None:
        ego_SE3_world = log.world_SE3_ego(log.frames[frame].timestamp_ns).inverse()
        place_m = ego_SE3_world.transform(np.array([alarm.place_m] * len(times_ns)))
        return np.asarray(view.to_pixels(place_m) + 0.5)
    if track is None:
        return np.full((len(times_ns), 2), np.nan)
    states = states_in_sweep([track] * len(times_ns), times_ns, log)
    floor_m = np.array(
        [
            state.cuboid.center_m - [0, 0, state.cuboid.size_lwh_m[2] / 2]
            if state
            else [np.nan] * 3
            for state in states
        ]
    )
    ego_SE3_world = log.world_SE3_ego(log.frames[frame].timestamp_ns).inverse()
    return np.asarray(view.to_pixels(ego_SE3_world.transform(floor_m)) + 0.5)


def _in_reach(pixels: FloatArray) -> BoolArray:
    """Which places can be drawn: seen at all, and not absurdly far away."""
    good = np.isfinite(pixels).all(axis=1) & (np.abs(pixels) < OUT_OF_SIGHT_PX).all(axis=1)
    return np.asarray(good)
