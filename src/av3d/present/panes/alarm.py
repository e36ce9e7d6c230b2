"""The part of a track that gives concern, in the main view: its way in red, and what it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from av3d.present.drawing import ICON_TINY, TINY_STRONG, Drawing, Polyline, Rect
from av3d.present.icons import ICONS
from av3d.present.session import Session
from av3d.present.theme import DARK, faded
from av3d.render.views import View
from av3d.tracks.measured import states_in_sweep

MOST_FRAMES = 60
"""Of a long stretch this many places are drawn, evenly spread."""
OUT_OF_SIGHT_PX = 1e5


@dataclass(frozen=True)
class Alarm:
    """What is told about a stretch of a track.

    Attributes:
        track_id: the track.
        start_ns, end_ns: first and last time.
        timestamp_ns: of the worst value.
        text: what it is: "Acceleration 6.1 m/s², limit 5.0".
    """

    track_id: str
    start_ns: int
    end_ns: int
    timestamp_ns: int
    text: str


def draw_alarm(
    drawing: Drawing, session: Session, alarm: Alarm, frame: int, view: View, size: tuple[int, int]
) -> None:
    """Draw the stretch as the frame shows it.

    Args:
        drawing: where to.
        session: whose track.
        alarm: the stretch.
        frame: the one that shows.
        view: of the points, in the ego frame.
        size: of the canvas.
    """
    track = session.track(alarm.track_id)
    if track is None:
        return
    log = session.log
    first, last = log.frames.nearest(alarm.start_ns), log.frames.nearest(alarm.end_ns)
    # One frame to either side: a jump is between two places.
    rows = np.linspace(
        max(first - 1, 0), min(last + 1, session.frames - 1), min(last - first + 3, MOST_FRAMES)
    )
    indices = np.unique(rows.round().astype(int)).tolist()
    worst = log.frames.nearest(alarm.timestamp_ns)
    times_ns = [log.frames[index].timestamp_ns for index in (*indices, worst)]
    states = states_in_sweep([track] * len(times_ns), times_ns, log)
    ego_SE3_world = log.world_SE3_ego(log.frames[frame].timestamp_ns).inverse()
    floor_m = np.array(
        [
            state.cuboid.center_m - [0, 0, state.cuboid.size_lwh_m[2] / 2]
            if state
            else [np.nan] * 3
            for state in states
        ]
    )
    pixels = view.to_pixels(ego_SE3_world.transform(floor_m)) + 0.5
    seen = np.isfinite(pixels).all(axis=1) & (np.abs(pixels) < OUT_OF_SIGHT_PX).all(axis=1)
    points = [(float(x), float(y)) for x, y in pixels[:-1][seen[:-1]]]
    # The canvas is dark in both themes.
    if len(points) > 1:
        drawing.add(Polyline(tuple(points), faded(DARK.bad, 0.9), 3.0))
    if seen[-1]:
        _callout(drawing, alarm.text, (float(pixels[-1, 0]), float(pixels[-1, 1])), size)


def _callout(
    drawing: Drawing, text: str, place: tuple[float, float], size: tuple[int, int]
) -> None:
    """The words, beside the place, with a line to it."""
    width = drawing.measure(text, TINY_STRONG) + 32
    x, y = place
    if not (-40 < x < size[0] + 40 and -40 < y < size[1] + 40):
        return
    right = x + 56 + width < size[0] - 4
    left = x + 56 if right else max(x - 56 - width, 4)
    top = min(max(y - 40, 40), max(size[1] - 60, 0))
    rect = Rect(round(left), round(top), round(width), 20)
    end = rect.x if right else rect.right
    drawing.line((x, y), (end, rect.centre[1]), faded(DARK.bad, 0.9), 1.2)
    drawing.box(rect, DARK.bad, radius=2)
    drawing.text(rect.x + 6, rect.centre[1], ICONS["alert"], ICON_TINY, DARK.on_bad)
    drawing.text(rect.x + 24, rect.centre[1], text, TINY_STRONG, DARK.on_bad)
