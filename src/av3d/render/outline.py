"""What a cuboid looks like on a canvas: the one place where its drawn geometry is computed.

Used by headless pictures and by the window alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.projection import (
    ARROW_BEYOND,
    ProjectedCuboid,
    may_show,
    project_cuboids,
    visible_faces,
)
from av3d.geometry.cuboid import EDGES, FACES, Cuboid, cuboid_corners_m
from av3d.geometry.se3 import SE3
from av3d.render import palette
from av3d.render.chains import chained
from av3d.render.drawing import CuboidDrawing, Fill, Stroke, Tag, join_pieces
from av3d.render.palette import CategoryStyle, category_style
from av3d.render.views import OrthographicView, PerspectiveView
from av3d.types import BoolArray, FloatArray, IntArray

MIN_TAG_PX = 14.0
"""Cuboids with both sides smaller than this on the canvas get no tag until they are hovered."""


@dataclass(frozen=True)
class CuboidStyle:
    """How one cuboid is drawn.

    Attributes:
        category: colours and icon.
        selected: whether it is the selected one.
        hovered: whether the pointer is on it.
        dash: pattern of the visible edges, () is solid (see palette.PROVENANCE_STYLES).
        hidden_edges: whether edges of faces turned away are drawn, dotted.
        tagged: whether it asks for a tag.
    """

    category: CategoryStyle
    selected: bool = False
    hovered: bool = False
    dash: tuple[float, ...] = ()
    hidden_edges: bool = True
    tagged: bool = True

    @property
    def colour(self) -> str:
        return palette.ACCENT if self.selected else self.category.colour

    @property
    def edge_px(self) -> float:
        if self.selected:
            return palette.EDGE_SELECTED_PX
        return palette.EDGE_HOVER_PX if self.hovered else palette.EDGE_PX

    @property
    def front_fill(self) -> float:
        return palette.FRONT_FILL_SELECTED if self.selected else palette.FRONT_FILL


def cuboid_style(
    category: str,
    *,
    selected: bool = False,
    hovered: bool = False,
    provenance: str | None = None,
    hidden_edges: bool = True,
    tagged: bool = True,
    proposal: bool = False,
) -> CuboidStyle:
    """The style of a cuboid of a category.

    Args:
        category: key of the category; unknown ones get a style too.
        selected: whether it is the selected one.
        hovered: whether the pointer is on it.
        provenance: draw its line pattern ("imported"); None: solid edges, for crowded views.
        hidden_edges: draw edges of faces turned away.
        tagged: ask for a tag.
        proposal: nobody vouches for it yet: dashed in any case.
    """
    # The selected cuboid is always solid: its provenance is named in the inspector.
    dash = () if selected or provenance is None else palette.PROVENANCE_STYLES[provenance].dash
    if proposal:
        dash = palette.PROPOSAL_DASH
    return CuboidStyle(category_style(category), selected, hovered, dash, hidden_edges, tagged)


def cuboid_lines_camera(
    camera: Camera,
    cuboid: Cuboid,
    style: CuboidStyle,
    *,
    track_id: str = "",
    text: str = "",
) -> CuboidDrawing | None:
    """A cuboid in an image.

    Args:
        camera: the image; use `Camera.scaled` for another resolution.
        cuboid: in the camera frame (x right, y down, z forward) at the image's time.
        style: how it looks.
        track_id: goes into the drawing.
        text: words of the tag.

    Returns:
        None if no part of it is on the image.
    """
    found = all_lines_camera(camera, [Item(cuboid, style, track_id, text)])
    return found[0] if found else None


@dataclass(frozen=True, eq=False)
class Item:
    """A cuboid to draw, its style, its track and the words of its tag.

    `over_readout` is its pose in the camera frame when the top and when the bottom edge of the image
    was read; None for a global shutter. The items of one image have it all or none.
    """

    cuboid: Cuboid
    style: CuboidStyle
    track_id: str = ""
    text: str = ""
    over_readout: tuple[SE3, SE3] | None = None


def all_lines_camera(camera: Camera, items: Sequence[Item]) -> list[CuboidDrawing]:
    """The cuboids of one image, in its camera frame; those that are not on the image are left out."""
    projected = zip(items, project_items(camera, items), strict=True)
    return lines_of(camera, [(item, seen) for item, seen in projected if seen is not None])


def project_items(camera: Camera, items: Sequence[Item]) -> list[ProjectedCuboid | None]:
    """Where the cuboids are on the image; None for those that are not on it."""
    if not items:
        return []
    edges_of_readout = [item.over_readout for item in items if item.over_readout is not None]
    over_readout = None
    if edges_of_readout:
        top, bottom = zip(*edges_of_readout, strict=True)
        over_readout = SE3.stack(top), SE3.stack(bottom)
    return project_cuboids(
        camera,
        SE3.stack([item.cuboid.frame_SE3_cuboid for item in items]),
        np.stack([item.cuboid.size_lwh_m for item in items]),
        over_readout=over_readout,
    )


def lines_of(camera: Camera, shown: Sequence[tuple[Item, ProjectedCuboid]]) -> list[CuboidDrawing]:
    """The drawings of cuboids from where they are on the image."""
    edges = join_pieces([(seen.starts_px, seen.ends_px, seen.edge) for _, seen in shown])
    arrows = join_pieces([_arrow_pieces(seen) for _, seen in shown])
    return [
        _drawing(camera, item, seen, edge_lines, [line for _, line in arrow_lines])
        for (item, seen), edge_lines, arrow_lines in zip(shown, edges, arrows, strict=True)
    ]


def all_lines_view(view: PerspectiveView, items: Sequence[Item]) -> list[CuboidDrawing]:
    """The cuboids of an orbit view, in the frame of the view; those out of sight are left out."""
    view_SE3_frame = view.view_SE3_frame
    moved = [replace(item, cuboid=item.cuboid.in_frame(view_SE3_frame)) for item in items]
    return all_lines_camera(view.camera, moved)


def _arrow_pieces(seen: ProjectedCuboid) -> tuple[FloatArray, FloatArray, IntArray]:
    starts_px, ends_px = seen.arrow_px[:, 0], seen.arrow_px[:, 1]
    return starts_px, ends_px, np.zeros(len(starts_px), dtype=np.int64)


def _drawing(
    camera: Camera,
    item: Item,
    projected: ProjectedCuboid,
    edges: Sequence[tuple[int, FloatArray]],
    arrow: list[FloatArray],
) -> CuboidDrawing:
    """The drawing of a cuboid from its arrow and the lines of its edges with the first piece of each."""
    style = item.style
    away = projected.hidden.tolist()
    # Where only back faces are on the image the camera is inside; dotted lines would say nothing.
    if all(away):
        away = [False] * len(away)
    number = projected.edge.tolist()
    towards = [(number[first], line) for first, line in edges if not away[first]]
    # A pattern starts anew on each edge, so that every corner it starts from is drawn.
    visible = [line for _, line in towards] if style.dash else chained(towards, EDGES)
    hidden = [line for first, line in edges if away[first]] if style.hidden_edges else []
    fills: list[Fill] = []
    if style.selected:
        fills += [
            Fill(face, style.colour, palette.FACE_FILL_SELECTED)
            for face in visible_faces(camera, item.cuboid).values()
        ]
    if len(projected.front_px) >= 3:
        fills.append(Fill(projected.front_px, style.colour, style.front_fill))
    return CuboidDrawing(
        item.track_id,
        projected.depth_m,
        style.selected,
        projected.bounds_px,
        tuple(fills),
        _strokes(visible, hidden, arrow, style, closed=False),
        _tag(style, item.text, projected.bounds_px, projected.bounds_px[:2], projected.depth_m),
    )


def cuboid_lines_view(
    view: PerspectiveView,
    cuboid: Cuboid,
    style: CuboidStyle,
    *,
    track_id: str = "",
    text: str = "",
) -> CuboidDrawing | None:
    """A cuboid, given in the frame of the view, in the orbit view; see `cuboid_lines_camera`."""
    return cuboid_lines_camera(
        view.camera, cuboid.in_frame(view.view_SE3_frame), style, track_id=track_id, text=text
    )


def cuboid_lines_bev(
    view: OrthographicView,
    cuboid: Cuboid,
    style: CuboidStyle,
    *,
    track_id: str = "",
    text: str = "",
) -> CuboidDrawing | None:
    """A cuboid, given in the frame of the view, from above: top outline and arrow.

    Returns:
        None if it is off the canvas.
    """
    found = all_lines_bev(view, [Item(cuboid, style, track_id, text)])
    return found[0] if found else None


def all_lines_bev(
    view: OrthographicView,
    items: Sequence[Item],
    offset_px: tuple[float, float] = (0.0, 0.0),
) -> list[CuboidDrawing]:
    """Cuboids, given in the frame of the view, from above; those off the canvas are left out.

    Args:
        view: the canvas.
        items: what to draw.
        offset_px: added to all pixels, for panes that count edges and not centres of pixels.
    """
    if not items:
        return []
    poses = SE3.stack([item.cuboid.frame_SE3_cuboid for item in items])
    sizes_m = np.stack([item.cuboid.size_lwh_m for item in items])
    corners_m = cuboid_corners_m(poses, sizes_m)
    length_m, width_m = sizes_m[:, 0], sizes_m[:, 1]
    tip_m = length_m * (0.5 + ARROW_BEYOND)
    barb_m = np.minimum(length_m, width_m) * 0.22
    arrows_m = np.zeros((len(items), 4, 3))
    arrows_m[:, 1, 0] = tip_m
    arrows_m[:, 2:, 0] = (tip_m - barb_m)[:, None]
    arrows_m[:, 2, 1], arrows_m[:, 3, 1] = barb_m, -barb_m
    outlines_px = view.to_pixels(corners_m[:, list(FACES["top"])])
    arrows_px = view.to_pixels(poses.transform(arrows_m))
    everything_px = np.concatenate([outlines_px, arrows_px], axis=1)
    low_px, high_px = everything_px.min(axis=1), everything_px.max(axis=1)
    size_px = np.array([view.width_px, view.height_px])
    shows = ~((high_px < -0.5).any(axis=1) | (low_px > size_px - 0.5).any(axis=1))
    distances_px = np.linalg.norm(arrows_px[:, 0] - (size_px - 1) / 2, axis=1).tolist()
    depths_m = (-corners_m[..., 2].max(axis=1)).tolist()
    outlines_px, arrows_px = outlines_px + offset_px, arrows_px + offset_px
    lows_px, highs_px = outlines_px.min(axis=1).tolist(), outlines_px.max(axis=1).tolist()
    found: list[CuboidDrawing] = []
    for n in np.flatnonzero(shows).tolist():
        item, style = items[n], items[n].style
        centre, point = arrows_px[n, :2]
        (left, top), (right, bottom) = lows_px[n], highs_px[n]
        # At the end that the arrow does not leave through.
        hangs = bool(point[1] < centre[1])
        anchor = ((left + right) / 2, bottom if hangs else top)
        bounds = (left, top, right, bottom)
        fills: tuple[Fill, ...] = ()
        if style.selected:
            fills = (Fill(outlines_px[n], style.colour, palette.FACE_FILL_SELECTED),)
        arrow = [arrows_px[n, :2], arrows_px[n, [2, 1, 3]]]
        found.append(
            CuboidDrawing(
                item.track_id,
                depths_m[n],
                style.selected,
                bounds,
                fills,
                _strokes([outlines_px[n]], [], arrow, style, closed=True),
                _tag(style, item.text, bounds, anchor, distances_px[n], centred=True, hangs=hangs),
            )
        )
    return found


def in_sight(camera: Camera, camera_SE3_cuboids: SE3, sizes_lwh_m: FloatArray) -> BoolArray:
    """Which cuboids may show in an image, (N,): a quick test that never loses one; see `may_show`.

    Args:
        camera: the image.
        camera_SE3_cuboids: their poses in the camera frame, batch of N.
        sizes_lwh_m: their sizes, (N, 3).
    """
    return may_show(camera, cuboid_corners_m(camera_SE3_cuboids, sizes_lwh_m))


def _strokes(
    visible: list[FloatArray],
    hidden: list[FloatArray],
    arrow: list[FloatArray],
    style: CuboidStyle,
    *,
    closed: bool,
) -> tuple[Stroke, ...]:
    strokes: list[Stroke] = []
    width = style.edge_px
    if style.selected:
        casing = width + palette.CASING_PX
        strokes += [Stroke(line, palette.CANVAS, casing, 0.8, closed=closed) for line in visible]
        strokes += [Stroke(line, palette.CANVAS, casing, 0.8) for line in arrow]
    strokes += [
        Stroke(
            line, style.colour, palette.EDGE_HIDDEN_PX, palette.HIDDEN_ALPHA, palette.HIDDEN_DASH
        )
        for line in hidden
    ]
    strokes += [
        Stroke(line, style.colour, width, dash=style.dash, closed=closed) for line in visible
    ]
    strokes += [Stroke(line, style.colour, width) for line in arrow]
    return tuple(strokes)


def _tag(
    style: CuboidStyle,
    text: str,
    bounds: tuple[float, float, float, float],
    anchor: tuple[float, float],
    distance: float,
    *,
    centred: bool = False,
    hangs: bool = False,
) -> Tag | None:
    large = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) >= MIN_TAG_PX
    pointed_at = style.selected or style.hovered
    if not text or not style.tagged or not (large or pointed_at):
        return None
    rank = distance - (1e9 if style.selected else 0) - (1e6 if style.hovered else 0)
    if style.selected:
        colours = (palette.ON_ACCENT, palette.ON_ACCENT, palette.ACCENT, 1.0)
    else:
        colours = (style.category.tag_text, style.category.colour, palette.BAR, 0.85)
    return Tag(text, style.category.glyph, anchor, centred, *colours, rank=rank, hangs=hangs)
