"""A place seen from above with the cuboids of both sides of a comparison, as SVG."""

from __future__ import annotations

import math

import numpy as np

from av3d.present.quality.markup import text
from av3d.qa.agreement.differences import Difference
from av3d.qa.agreement.side import Side
from av3d.types import FloatArray

WIDTH_PX, HEIGHT_PX = 380, 240
MARGIN_M = 5.0
"""What is shown around the cuboids that differ."""
LEAST_M = 14.0
"""What a picture shows at least, from its upper to its lower edge."""

STYLE = """
.pair{fill:none;stroke-width:1}
.pair.a{stroke:var(--a)}.pair.b{stroke:var(--b);stroke-dasharray:5 3}
.pair.shown{stroke-width:2.2}.pair.a.shown{fill:var(--a);fill-opacity:.14}
.pair.b.shown{fill:var(--b);fill-opacity:.14}
.ruler{stroke:var(--text-2);fill:none}
.key b.a{color:var(--a)}.key b.b{color:var(--b)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:10px;margin-top:12px}
.cards .card{margin:0}
svg.above{display:block;background:var(--raised);border-radius:2px;max-width:100%;height:auto}
:root{--a:#0072b2;--b:#d55e00}
@media screen and (prefers-color-scheme:dark){:root{--a:#56b4e9;--b:#e69f00}}
"""
"""Blue and orange that also people tell apart who see no red or no green (Okabe and Ito, 2008)."""


def drawing(one: Difference, a: Side, b: Side) -> str:
    """The frame in which a difference is worst; A is drawn solid, B dashed.

    Forward along the world's x is to the right.
    """
    frame = int(np.searchsorted(a.times_ns, one.finding.timestamp_ns, side="right")) - 1
    shown = {track.id for track in (one.ours, one.partner) if track is not None}
    theirs = {one.theirs.id} if one.theirs is not None else set()
    sides = [("a", a, shown), ("b", b, theirs)]
    outlines: list[tuple[str, bool, FloatArray]] = []
    for letter, side, wanted in sides:
        first, last = side.starts[frame : frame + 2].tolist()
        for row in range(first, last):
            is_shown = side.tracks[int(side.rows[row])].id in wanted
            outlines.append((letter, is_shown, _outline(side, row)))
    place = one.finding.place_m or (0.0, 0.0, 0.0)
    around = [outline for _, is_shown, outline in outlines if is_shown]
    points_m = np.concatenate([*around, np.array([place[:2]])])
    low, high = points_m.min(axis=0) - MARGIN_M, points_m.max(axis=0) + MARGIN_M
    middle, size = (low + high) / 2, np.maximum(high - low, [LEAST_M, LEAST_M])
    scale = float(min(WIDTH_PX / size[0], HEIGHT_PX / size[1]))
    shapes = []
    for letter, is_shown, outline in sorted(outlines, key=lambda shape: shape[1]):
        points = (outline - middle) * [scale, -scale] + [WIDTH_PX / 2, HEIGHT_PX / 2]
        if (points < -200).any() or (points > [WIDTH_PX + 200, HEIGHT_PX + 200]).any():
            continue
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points[:4].tolist())
        (x, y), (u, v) = points[4:].tolist()
        kind = f"pair {letter}{' shown' if is_shown else ''}"
        shapes.append(f'<polygon class="{kind}" points="{corners}"/>')
        shapes.append(f'<path class="{kind}" d="M{x:.1f} {y:.1f}L{u:.1f} {v:.1f}"/>')
    return (
        f'<svg class="above" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" width="{WIDTH_PX}" '
        f'height="{HEIGHT_PX}" role="img" aria-label="{text(one.finding.name)} from above">'
        f"{''.join(shapes)}{_ruler(scale)}</svg>"
    )


def _outline(side: Side, row: int) -> FloatArray:
    """Four corners, the centre and the middle of the front of a cuboid from above, (6, 2)."""
    length, width, _ = side.sizes_lwh_m[row] / 2
    along, across = side.rotations[row][:2, 0] * length, side.rotations[row][:2, 1] * width
    center = side.centers_m[row][:2]
    return np.array(
        [
            center + along + across,
            center - along + across,
            center - along - across,
            center + along - across,
            center,
            center + along,
        ]
    )


def _ruler(scale: float) -> str:
    """A round length at the foot."""
    longest_m = 90 / scale
    power = 10.0 ** math.floor(math.log10(longest_m))
    length_m = max(step * power for step in (1, 2, 5) if step * power <= longest_m)
    end, y = 10 + length_m * scale, HEIGHT_PX - 10
    return (
        f'<path class="ruler" d="M10 {y - 4}V{y}H{end:.1f}V{y - 4}"/>'
        f'<text x="{end + 6:.1f}" y="{y}">{length_m:g} m</text>'
    )
