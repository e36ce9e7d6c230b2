"""A finding as pictures: from above with what is wrong in red, and in the image that shows it best."""

from __future__ import annotations

import cv2
import numpy as np

from av3d.errors import Av3dError
from av3d.geometry.cuboid import FACES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.present.best_images import best_image, picture_spec
from av3d.present.pictures import fit_picture
from av3d.present.quality.checking import CheckedLog, JudgedFinding
from av3d.render.bev_picture import bev_picture
from av3d.render.drawing import Fill, Stroke
from av3d.render.overlay import draw_cuboids
from av3d.render.paint import Painter
from av3d.render.palette import BAD
from av3d.render.placing import camera_drawings
from av3d.render.trail import draw_trail, trail_in_bev
from av3d.render.views import OrthographicView
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track
from av3d.types import FloatArray, Uint8Array

LEAST_SPAN_M, MOST_SPAN_M = 28.0, 90.0
"""Metres along the shorter side of a picture from above, however small or large the finding is."""
MOST_OUTLINES = 12
"""Cuboids of the stretch that are outlined in red, evenly spread; all would be one red band."""


def picture_from_above(
    checked: CheckedLog, judged: JudgedFinding, size_px: tuple[int, int]
) -> Uint8Array:
    """The frame of a finding: points, all cuboids, the way of its tracks, its stretch in red.

    Args:
        checked: the log that the finding is of.
        judged: the finding.
        size_px: width and height.

    Returns:
        RGB, (height, width, 3) uint8; forward of the ego is up.

    Raises:
        Av3dError: the sweep cannot be read.
    """
    log, finding, frame = checked.log, judged.finding, judged.frame
    ego_SE3_world = log.world_SE3_ego(log.frames[frame].timestamp_ns).inverse()
    tracks = _tracks(checked, judged)
    stretch = [_stretch(log, track, judged) for track in tracks]
    in_ego = [[cuboid.in_frame(ego_SE3_world) for cuboid in cuboids] for cuboids in stretch]
    places = [cuboid.center_m for cuboids in in_ego for cuboid in cuboids]
    if finding.place_m is not None:
        places.append(ego_SE3_world.transform(np.array(finding.place_m)))
    view = _view(places, size_px)
    picture = bev_picture(log, frame, checked.tracks, view=view, caption=False)
    painter = Painter(picture)
    for track in tracks:
        draw_trail(painter, trail_in_bev(log, frame, view, track))
    for cuboids in in_ego:
        _draw_stretch(painter, view, cuboids)
    for track in tracks:
        (state,) = states_in_sweep([track], log.frames[frame].timestamp_ns, log)
        if state is not None:
            _outline(painter, view, state.cuboid.in_frame(ego_SE3_world), 2.5, 0.22)
    if not tracks and places:
        _mark(painter, view, places[-1], finding.size_lwh_m)
    return painter.image


def picture_in_image(
    checked: CheckedLog, judged: JudgedFinding, size_px: tuple[int, int]
) -> tuple[str, Uint8Array] | None:
    """The part of a camera's image that shows the finding's track best.

    Returns:
        Name of the camera and RGB, (height, width, 3) uint8; None where no image shows the track.

    Raises:
        Av3dError: the image cannot be read.
    """
    log, frame = checked.log, judged.frame
    shown = _tracks(checked, judged) or _stand_in(log, judged)
    for track in shown:
        best = best_image(log, track, frame)
        if best.box is None:
            continue
        whole = log.image(best.camera, best.image_index)
        spec = picture_spec(best, (whole.shape[1], whole.shape[0]), *size_px)
        picture = np.ascontiguousarray(fit_picture(whole, spec)[:, :, :3])
        drawings = camera_drawings(log, frame, best.camera, shown, selected=track.id)
        # Lines as wide as anywhere, however much the image is enlarged.
        placed = [drawing.placed(spec.scale, spec.offset_px) for drawing in drawings]
        draw_cuboids(Painter(picture), placed, tag_limit=0)
        return best.camera, picture
    return None


def webp(picture: Uint8Array, quality: int = 78) -> bytes:
    """An RGB picture as the bytes of a WebP file."""
    done, data = cv2.imencode(
        ".webp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, quality]
    )
    if not done:
        raise Av3dError("a picture cannot be made into WebP", "", "install opencv-python anew")
    return data.tobytes()


def _tracks(checked: CheckedLog, judged: JudgedFinding) -> list[Track]:
    by_id = {track.id: track for track in checked.tracks}
    return [by_id[name] for name in judged.finding.track_ids if name in by_id]


def _stand_in(log: Log, judged: JudgedFinding) -> list[Track]:
    """A track where something has no label, to see it in images; none where the place is not known."""
    finding = judged.finding
    if finding.place_m is None:
        return []
    size_lwh_m = np.maximum(finding.size_lwh_m or (1.0, 1.0, 1.5), 0.5)
    cuboid = Cuboid(SE3(np.eye(3), np.array(finding.place_m)), size_lwh_m)
    keyframe = Keyframe(log.frames[judged.frame].timestamp_ns, cuboid, Provenance.MODEL)
    return [Track("unlabelled", "other", (keyframe,))]


def _stretch(log: Log, track: Track, judged: JudgedFinding) -> list[Cuboid]:
    """The cuboids of a track in the frames of a finding, world frame."""
    frames = log.frames.between(judged.finding.start_ns, judged.finding.end_ns)
    times_ns = [log.frames[index].timestamp_ns for index in frames]
    states = states_in_sweep([track] * len(times_ns), times_ns, log)
    return [state.cuboid for state in states if state is not None]


def _view(places_m: list[FloatArray], size_px: tuple[int, int]) -> OrthographicView:
    """Around where it is worst, wide enough for the stretch, as far as one can still see cuboids."""
    if not places_m:
        return OrthographicView(*size_px, metres_per_pixel=MOST_SPAN_M / min(size_px))
    places = np.stack(places_m)[:, :2]
    low, high = places.min(axis=0), places.max(axis=0)
    # Forward, x of the ego frame, is up.
    wanted = max((high[0] - low[0]) / size_px[1], (high[1] - low[1]) / size_px[0]) * 1.35
    least, most = (span / min(size_px) for span in (LEAST_SPAN_M, MOST_SPAN_M))
    middle = (low + high) / 2
    return OrthographicView(
        *size_px,
        center_m=(float(middle[0]), float(middle[1])),
        metres_per_pixel=float(np.clip(wanted, least, most)),
    )


def _draw_stretch(painter: Painter, view: OrthographicView, cuboids: list[Cuboid]) -> None:
    if len(cuboids) > 1:
        way = view.to_pixels(np.stack([cuboid.center_m for cuboid in cuboids]))
        painter.line(way, BAD, 3.0, 0.9)
    rows = np.unique(np.linspace(0, max(len(cuboids) - 1, 0), MOST_OUTLINES).round().astype(int))
    for row in rows[: len(cuboids)].tolist():
        _outline(painter, view, cuboids[row], 1.2, 0.0)


def _outline(
    painter: Painter, view: OrthographicView, cuboid: Cuboid, width_px: float, alpha: float
) -> None:
    corners = view.to_pixels(cuboid.corners_m()[list(FACES["top"])])
    if alpha:
        painter.fill(Fill(corners, BAD, alpha))
    painter.strokes([Stroke(corners, BAD, width_px, closed=True)])


def _mark(
    painter: Painter,
    view: OrthographicView,
    place_m: FloatArray,
    size_lwh_m: tuple[float, float, float] | None,
) -> None:
    """A ring around what has no label."""
    radius_m = 1.0 if size_lwh_m is None else 0.5 * float(np.hypot(*size_lwh_m[:2])) + 0.5
    x, y = view.to_pixels(place_m).tolist()
    painter.circle((x, y), max(radius_m / view.metres_per_pixel, 6.0), BAD, 2.5)
