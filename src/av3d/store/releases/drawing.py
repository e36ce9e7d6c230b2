"""Small drawings of tracks seen from above, as SVG: before and after, in the world frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from av3d.geometry.overlap import footprint
from av3d.store.releases.comparison import TrackDifference
from av3d.tracks.track import Track
from av3d.types import FloatArray

WIDTH, HEIGHT, MARGIN = 240, 170, 14
"""Of a drawing, in its own units, which are pixels on a plain screen."""
MOST_POINTS = 25
"""Places on the way of a track that are drawn."""
LEAST_SIDE_M = 6.0
"""What a drawing shows at least, so that small cuboids do not fill it."""

_SIDES = ("before", "after")

_LOOK = {
    "before": 'stroke="#0072b2" stroke-width="1.5" stroke-dasharray="4 2"',
    "after": 'stroke="#d55e00" stroke-width="1.5"',
}
"""Blue and orange that also people tell apart who see no red or no green (Okabe and Ito, 2008). The
page's style gives lighter ones to dark screens."""
_FILL = {"before": "#0072b2", "after": "#d55e00"}


@dataclass(frozen=True)
class _View:
    """Where metres come to lie in a drawing: the world's x to the right, its y up."""

    center_m: FloatArray
    pixels_per_m: float

    @staticmethod
    def of(points_m: FloatArray) -> _View:
        """A view of all points, (N, 2)."""
        low, high = points_m.min(axis=0), points_m.max(axis=0)
        width_m, height_m = np.maximum(high - low, LEAST_SIDE_M).tolist()
        scale = min((WIDTH - 2 * MARGIN) / width_m, (HEIGHT - 2 * MARGIN - 12) / height_m)
        return _View((low + high) / 2, scale)

    def path(self, points_m: FloatArray) -> str:
        """Points (N, 2) as SVG writes them."""
        moved = (points_m - self.center_m) * self.pixels_per_m
        places = moved * [1, -1] + [WIDTH / 2, (HEIGHT - 12) / 2]
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in places.tolist())

    def scale_bar(self) -> str:
        """A round length that fits, at the foot."""
        longest_m = 60 / self.pixels_per_m
        power = 10.0 ** math.floor(math.log10(longest_m))
        length_m = max(step * power for step in (1, 2, 5) if step * power <= longest_m)
        end = MARGIN + length_m * self.pixels_per_m
        y = HEIGHT - 8
        return (
            f'<path class="bar" fill="none" stroke="#5c6773" '
            f'd="M{MARGIN} {y - 3}V{y}H{end:.1f}V{y - 3}"/>'
            f'<text x="{end + 5:.1f}" y="{y + 2}" font-size="10" fill="#5c6773">{length_m:g} m</text>'
        )


def way_drawing(one: TrackDifference, title: str) -> str:
    """The whole way of a track, with its cuboids at the first and last time."""
    pairs = list(zip(_SIDES, (one.before, one.after), strict=True))
    ways = {side: _way(track) for side, track in pairs if track is not None}
    boxes = {
        side: [footprint(track.keyframe_cuboid(row)) for row in (0, -1)]
        for side, track in pairs
        if track is not None
    }
    outlines = [outline for own in boxes.values() for outline in own]
    view = _View.of(np.concatenate([*ways.values(), *outlines]))
    shapes = [_polygon(view, outline, side) for side, own in boxes.items() for outline in own]
    shapes += [_line(view, way, side) for side, way in ways.items()]
    return _drawing(title, view, shapes)


def moment_drawing(one: TrackDifference, time_ns: int, title: str) -> str:
    """The cuboids of a track at a time, before and after; empty where one is not there."""
    cuboids = []
    for track in (one.before, one.after):
        state = None if track is None else track.state_at(time_ns)
        if state is None:
            return ""
        cuboids.append(state.cuboid)
    outlines = [footprint(cuboid) for cuboid in cuboids]
    view = _View.of(np.concatenate(outlines))
    shapes = []
    for side, cuboid, outline in zip(_SIDES, cuboids, outlines, strict=True):
        front_m = cuboid.frame_SE3_cuboid.transform(
            np.array([[0.0, 0.0, 0.0], [cuboid.size_lwh_m[0] / 2, 0.0, 0.0]])
        )
        shapes.append(_polygon(view, outline, side))
        shapes.append(_line(view, front_m[:, :2], side))
    return _drawing(title, view, shapes)


def _way(track: Track) -> FloatArray:
    """Places on the way of a track, (N, 2): its keyframes, and more between them where they are few."""
    times_ns = track.columns.times_ns
    if len(times_ns) >= MOST_POINTS:
        rows = np.linspace(0, len(times_ns) - 1, MOST_POINTS).astype(np.int64)
        places_m: FloatArray = track.columns.centers_m[rows, :2]
        return places_m
    asked_ns = np.linspace(times_ns[0], times_ns[-1], MOST_POINTS).astype(np.int64)
    states = (track.state_at(time_ns) for time_ns in asked_ns.tolist())
    places = [state.cuboid.center_m[:2] for state in states if state is not None]
    return np.array(places or [track.keyframe_cuboid(0).center_m[:2]])


def _polygon(view: _View, outline: FloatArray, side: str) -> str:
    fill = f'fill="{_FILL[side]}" fill-opacity="0.12"'
    return f'<polygon class="{side}" {fill} {_LOOK[side]} points="{view.path(outline)}"/>'


def _line(view: _View, points_m: FloatArray, side: str) -> str:
    places = view.path(points_m).replace(" ", "L")
    return f'<path class="{side}" fill="none" {_LOOK[side]} d="M{places}"/>'


def _drawing(title: str, view: _View, shapes: Sequence[str]) -> str:
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{title}">{"".join(shapes)}{view.scale_bar()}</svg>'
        f"<figcaption>{title}</figcaption></figure>"
    )
