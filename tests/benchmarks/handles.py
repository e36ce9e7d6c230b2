"""How exactly and how fast a cuboid follows the pointer, for every handle in every kind of view.

    python tests/benchmarks/handles.py [--seed 1] [--scenes 200]

Random cuboids on slopes, seen from a pitched and rolled vehicle at many zooms. Each visible handle on
the pane is dragged by 4 to 15 px in four steps. The error is how far the handle is from the pointer in
the end, in the directions in which it can go: both for bodies and corners, along the axis or the ring
for faces and knobs. Drags that end at the smallest size, or where no ray goes, are counted and left out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.shutter import row_fractions
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.dragging import Drag
from av3d.present.handles import AXIS_OF_KNOB, Handle, HandleKind, handles_of
from av3d.present.image_view import ImageView
from av3d.present.projectors import (
    ImageProjector,
    OrbitProjector,
    PlanProjector,
    Projector,
    SideProjector,
)
from av3d.present.rings import ring_of
from av3d.render.views import OrthographicView, PerspectiveView
from av3d.types import FloatArray

PANE_PX = (640, 600)
EGO_SE3_CAMERA = SE3(
    np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.array([1.5, 0.0, 1.6])
)
LENSES = {
    "pinhole": Camera(1600, 900, 1266.0, 1266.0, 816.0, 491.0),
    "brown-conrady": Camera(
        1920, 1080, 930.4514, 930.0891, 991.6883, 541.6057,
        BrownConrady(-0.1582, -0.0266, -0.00015221, 0.00059011, 0.0449),
    ),
    "fisheye": Camera(
        1000, 1000, 301.0, 302.0, 499.5, 497.0, KannalaBrandt(0.003, 0.0007, -0.002)
    ),
    "mei": Camera(
        1400, 1400, 1336.3, 1335.8, 716.9, 705.8, Mei(2.2134, 0.0168, 1.6548, 4e-4, 5e-4)
    ),
}  # fmt: skip

Random = np.random.Generator
Scene = tuple[Cuboid, Projector, FloatArray]


@dataclass
class Tally:
    """What was measured in one kind of view."""

    errors_px: list[float] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    held: int = 0


def in_ego_frame(random: Random) -> tuple[Cuboid, FloatArray]:
    """A cuboid and what is up, both in the ego frame."""
    roll, pitch, ego_roll, ego_pitch = random.uniform(-0.15, 0.15, 4)
    place = random.uniform([5.0, -12.0, 0.3], [40.0, 12.0, 1.5])
    size = random.uniform([0.4, 0.4, 0.5], [12.0, 2.6, 3.5])
    world = Cuboid(SE3.from_euler(roll, pitch, random.uniform(-3.1, 3.1), place), size)
    ego_SE3_world = SE3.from_euler(ego_roll, ego_pitch, 0.3, [0.0, 0.0, 0.0]).inverse()
    return world.in_frame(ego_SE3_world), ego_SE3_world.rotation[:, 2]


def plan(random: Random) -> Scene:
    cuboid, up = in_ego_frame(random)
    x, y = cuboid.center_m[:2]
    scale = float(10 ** random.uniform(-2.5, 0))
    view = OrthographicView(*PANE_PX, (float(x), float(y)), scale, random.uniform(-3, 3))
    return cuboid, PlanProjector(view), up


def side(random: Random) -> Scene:
    cuboid, up = in_ego_frame(random)
    scale = float(10 ** random.uniform(-2.5, -1))
    view = OrthographicView(360, 200, metres_per_pixel=scale, up_rad=np.pi / 2)
    turned, signs = (
        ((0, 1, 2), (1, 1, 1)), ((0, 2, 1), (1, 1, -1)), ((1, 2, 0), (1, 1, 1)),
    )[random.integers(3)]  # fmt: skip
    return cuboid, SideProjector(view, cuboid.frame_SE3_cuboid, turned, signs), up


def orbit(random: Random) -> Scene:
    cuboid, up = in_ego_frame(random)
    x, y, z = cuboid.center_m.tolist()
    distance_m, azimuth, elevation = random.uniform([4, -3, 0], [80, 3, 1.5]).tolist()
    return (
        cuboid,
        OrbitProjector(PerspectiveView(*PANE_PX, (x, y, z), distance_m, azimuth, elevation)),
        up,
    )


def image(camera: Camera, *, rolling: bool) -> Callable[[Random], Scene]:
    """Scenes of a camera; with a rolling shutter the object passes at up to 20 m/s and turns."""

    def made(random: Random) -> Scene:
        while True:
            cuboid, up = in_ego_frame(random)
            camera_SE3_ego = EGO_SE3_CAMERA.inverse()
            cuboid, up = cuboid.in_frame(camera_SE3_ego), camera_SE3_ego.rotation @ up
            place, seen = camera.project(cuboid.center_m)
            if seen and camera.contains(place):
                break
        view = ImageView.fill(PANE_PX, (camera.width_px, camera.height_px))
        view = view.zoomed(random.uniform(1, 8), (300, 250)).centred_on(*place.tolist())
        if not rolling:
            return cuboid, ImageProjector(camera, view), up
        top = cuboid.frame_SE3_cuboid
        turn = SE3.from_euler(*random.uniform(-0.03, 0.03, 3), [0, 0, 0]).rotation
        bottom = SE3(turn @ top.rotation, top.translation_m + random.uniform(-0.6, 0.6, 3))
        part = row_fractions(camera, top.translation_m, bottom.translation_m)
        pose = top.interpolate(bottom, part)
        return (
            Cuboid(pose, cuboid.size_lwh_m),
            ImageProjector(camera, view, pose, (top, bottom)),
            up,
        )

    return made


def place_of(projector: Projector, point_m: FloatArray) -> FloatArray:
    return projector.project(np.asarray(point_m)[None])[0][0]


def error_px(
    projector: Projector, handle: Handle, drag: Drag, way_px: FloatArray, found: Cuboid
) -> float:
    """How far the handle is from the pointer, in the directions in which it can go."""
    start = drag.start
    target_px = place_of(projector, drag.anchor_m) + way_px
    way_m = found.center_m - start.center_m
    one_way: FloatArray | None = None
    if handle.kind in AXIS_OF_KNOB:
        ring = ring_of(start, projector, AXIS_OF_KNOB[handle.kind])
        assert ring is not None
        turn = start.frame_SE3_cuboid.rotation.T @ found.frame_SE3_cuboid.rotation
        first, second = (ring.axis + 1) % 3, (ring.axis + 2) % 3
        angle = np.arctan2(turn[second, first], turn[first, first])
        now_m = ring.points_m(np.array([angle]))[0]
        one_way = ring.points_m(np.array([angle + 1e-3]))[0] - now_m
    elif handle.kind is HandleKind.MOVE:
        now_m = drag.anchor_m + way_m
        one_way = drag.way
    else:
        now_m = drag.anchor_m + 2 * way_m  # the opposite face stays, the centre goes half the way
        if handle.kind is HandleKind.FACE:
            axis = int(np.flatnonzero(handle.signs)[0])
            one_way = start.frame_SE3_cuboid.rotation[:, axis]
    off_px = place_of(projector, now_m) - target_px
    if one_way is None:
        return float(np.hypot(*off_px))
    step_m = 1e-3 * one_way / np.linalg.norm(one_way)
    along_px = place_of(projector, now_m + step_m) - place_of(projector, now_m - step_m)
    return float(abs(off_px @ along_px) / np.hypot(*along_px))


def measure(scenes: Callable[[Random], Scene], random: Random, count: int) -> Tally:
    """Drag every handle that people could press."""
    tally = Tally()
    for _ in range(count):
        cuboid, projector, up = scenes(random)
        for handle in handles_of(cuboid, projector, tilt=True):
            x, y = np.add(handle.place_px, random.uniform(-4, 4, 2))
            if not handle.visible or not (0 <= x <= PANE_PX[0] and 0 <= y <= PANE_PX[1]):
                continue
            angle, length_px = random.uniform([-np.pi, 4], [np.pi, 15])
            way_px = length_px * np.array([np.cos(angle), np.sin(angle)])
            drag = Drag.begin(cuboid, handle, projector, x, y, up=up)
            found = cuboid
            for part in (0.25, 0.5, 0.75, 1.0):
                begun = time.perf_counter()
                found = drag.to(*(np.array([x, y]) + part * way_px))
                tally.times_ms.append((time.perf_counter() - begun) * 1e3)
            smallest = (found.size_lwh_m <= 0.0501).any()
            if smallest or projector.ray(*(np.array([x, y]) + way_px)) is None:
                tally.held += 1
                continue
            tally.errors_px.append(error_px(projector, handle, drag, way_px, found))
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenes", type=int, default=200)
    arguments = parser.parse_args()
    views: dict[str, Callable[[Random], Scene]] = {"plan": plan, "side": side, "orbit": orbit}
    for name, camera in LENSES.items():
        views[name] = image(camera, rolling=False)
        views[f"{name}, rolling"] = image(camera, rolling=True)
    print(f"{'view':24} {'drags':>6} {'left out':>8} | error, px: {'p50':>7} {'p99':>7} {'max':>7} "
          f"| ms for a step: {'p50':>5} {'p99':>5}")  # fmt: skip
    for name, scenes in views.items():
        tally = measure(scenes, np.random.default_rng(arguments.seed), arguments.scenes)
        middle, most = np.percentile(tally.errors_px, [50, 99])
        step, slow = np.percentile(tally.times_ms, [50, 99])
        print(f"{name:24} {len(tally.errors_px):6} {tally.held:8} |            {middle:7.4f} {most:7.4f} "
              f"{max(tally.errors_px):7.4f} |                {step:5.1f} {slow:5.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
