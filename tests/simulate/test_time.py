"""The figures of overlay_time.py and box_time.py that must hold, on a short log.

The log has everything at once: sweeps stamped at their start, images stamped with the turn and clock
offsets in the rig, rolling shutters, wide lenses.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from av3d.calibration.projection import project_cuboids
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.render.placing import tracks_in_image
from av3d.simulate import simulator
from av3d.simulate.fast import fast
from av3d.simulate.picture import CameraPicture
from av3d.simulate.tracing import NOTHING
from av3d.simulate.world import World
from av3d.tracks.thinning import thin_keyframes
from av3d.tracks.track import Track

SEED, FRAMES = 7, 8
CAMERAS = ["front", "left", "right", "back"]


def benchmark(repository: Path, name: str) -> ModuleType:
    path = repository / "tests" / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def overlay(repository: Path) -> ModuleType:
    return benchmark(repository, "overlay_time")


@pytest.fixture(scope="module")
def log(overlay: ModuleType, street: World, tmp_path_factory: pytest.TempPathFactory) -> Log:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulator, "World", lambda scenario, seed: street)
        folder = tmp_path_factory.mktemp("fast") / "log"
        return overlay.make_log(folder, SEED, FRAMES, "start", "sweep")


@pytest.fixture(scope="module")
def tracks(overlay: ModuleType, log: Log) -> tuple[Track, ...]:
    return overlay.true_tracks(log)


def test_corners_in_images_are_within_a_pixel_where_lidar_time_is_off_by_many(
    overlay: ModuleType, log: Log, tracks: tuple[Track, ...]
) -> None:
    errors = overlay.Errors()
    overlay.measure(log, fast(SEED), tracks, errors, range(0, FRAMES, 2))
    _, p90, worst, count = overlay.figures(errors.px, "all", "av3d")
    assert count > 300
    assert p90 < 0.5
    assert worst < 3
    assert overlay.figures(errors.px, "all", "LiDAR time")[1] > 8
    assert overlay.figures(errors.px, "all", "no rolling")[1] > 3 * p90
    assert sum(errors.missing.values()) == 0


@pytest.mark.parametrize("camera", CAMERAS)
def test_what_is_drawn_encloses_what_the_picture_shows(
    log: Log, tracks: tuple[Track, ...], street: World, camera: str
) -> None:
    """Pictures are made row by row by ray casting; overlays by solving for the row."""
    frame = log.frame(5)
    image = frame.images[camera]
    mount = log.rig.camera(camera)
    small = mount.camera.scaled(mount.camera.width_px // 2, mount.camera.height_px // 2)
    mount = replace(mount, camera=small)
    owners = CameraPicture(street, mount).owners(log.image_time_ns(camera, image))
    placed = {item.track.id: item for item in tracks_in_image(log, 5, camera, tracks)}
    seen = 0
    for index in np.unique(owners[owners != NOTHING]):
        v, u = np.nonzero(owners == index)
        item = placed.get(street.scenario.actors[index].track_id)
        if len(u) < 25 or item is None:
            continue
        top, bottom = item.over_readout
        (drawn,) = project_cuboids(
            mount.camera,
            SE3.stack([item.cuboid.frame_SE3_cuboid]),
            item.cuboid.size_lwh_m[None],
            over_readout=(SE3.stack([top]), SE3.stack([bottom])),
        )
        left, upper, right, lower = drawn.bounds_px
        # A pixel for its own size, one for the bulge of faces that are bent by the lens.
        assert left - 2 <= u.min()
        assert u.max() <= right + 2
        assert upper - 2 <= v.min()
        assert v.max() <= lower + 2
        seen += 1
    assert seen >= 2


def test_cuboids_in_sweeps_are_where_their_points_are(
    repository: Path, log: Log, tracks: tuple[Track, ...]
) -> None:
    box = benchmark(repository, "box_time")
    seen = [item for item in box.fast_ones(log, fast(SEED), range(FRAMES)) if not item.split]
    assert len(seen) > 30
    assert box.errors_m(log, seen, tracks).mean() < 0.01
    sparse = [thin_keyframes(track, 500_000_000) for track in tracks]
    assert box.errors_m(log, seen, sparse).mean() < 0.05
    assert box.ignored_m(log, seen).max() > 1.0
