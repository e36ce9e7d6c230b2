from __future__ import annotations

import numpy as np
import pytest

from av3d.assist.size import SizeError, track_size
from av3d.calibration.rig import LidarMount, Rig
from av3d.datasets.folder.layout import LogSettings
from av3d.datasets.folder.writer import LogFolderWriter
from av3d.datasets.registry import open_log
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep
from av3d.logs.trajectory import Trajectory
from av3d.ontology.presets import default
from av3d.tracks.document import Document
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import FloatArray

PERIOD_NS = 100_000_000
START_NS = 1_700_000_000_000_000_000
FRAMES = 8
TRUE_LWH_M = np.array([4.6, 1.9, 1.5])
"""Of a car that is passed: it stands to the left of an ego that drives by, seen first from behind."""
CAR = SE3.from_yaw(0.0, [10.0, 4.0, 0.75])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The ego drives from x = 0 to 17.5 m; the LiDAR sees the faces of the car that look at it."""
    folder = tmp_path_factory.mktemp("passing")
    times_ns = START_NS + PERIOD_NS * np.arange(-1, FRAMES + 1)
    places_m = np.column_stack([2.5 * np.arange(-1, FRAMES + 1), *np.zeros((2, FRAMES + 2))])
    rig = Rig("test", {"top": LidarMount(SE3.from_yaw(0.0, [0.0, 0.0, 1.2]))}, {})
    trajectory = Trajectory(times_ns, SE3.from_yaw(np.zeros(len(times_ns)), places_m))
    settings = LogSettings(name="passing", reference_lidar="top")
    writer = LogFolderWriter(folder, settings, rig, trajectory)
    for index in range(FRAMES):
        world_SE3_lidar = SE3.from_yaw(0.0, [2.5 * index, 0.0, 1.2])
        points_m = world_SE3_lidar.inverse().transform(_visible(world_SE3_lidar.translation_m))
        writer.add_sweep(Sweep("top", START_NS + PERIOD_NS * index, points_m.astype(np.float32)))
    return open_log(folder)


def _visible(lidar_m: FloatArray) -> FloatArray:
    """Points on the ground around and on the faces of the car that are turned to the LiDAR."""
    half = TRUE_LWH_M / 2
    at_m = CAR.inverse().transform(lidar_m)
    steps = np.linspace(-1, 1, 40)
    a, b = (values.ravel() for values in np.meshgrid(steps, steps))
    faces = []
    for axis in range(3):
        if abs(at_m[axis]) > half[axis] and (axis < 2 or at_m[2] > 0):
            face = np.insert(np.column_stack([a, b]), axis, np.sign(at_m[axis]), axis=1)
            faces.append(CAR.transform(face * half))
    x, y = (values.ravel() for values in np.meshgrid(np.arange(0, 20, 0.4), np.arange(-1, 9, 0.4)))
    inside = (np.abs(x - 10) < half[0]) & (np.abs(y - 4) < half[1])
    ground = np.column_stack([x, y, np.zeros(len(x))])[~inside]
    return np.concatenate([*faces, ground])


def car(
    *sizes_lwh_m: list[float], rows: tuple[int, ...] = (0, 3, 7), static: bool = False
) -> Track:
    """The car with keyframes at some sweeps, each of one of the sizes about the true centre."""
    keyframes = tuple(
        Keyframe(START_NS + PERIOD_NS * row, Cuboid(CAR, np.array(size)), Provenance.MANUAL)
        for row, size in zip(rows, sizes_lwh_m, strict=True)
    )
    return Track("car", "car", keyframes, number=1, static=static)


CATEGORY = default().category("car")


def test_keyframes_that_are_wrong_by_chance_become_one_size_that_is_less_wrong(log: Log) -> None:
    wrong = car([4.7, 1.8, 1.58], [4.45, 1.96, 1.44], [4.66, 2.02, 1.5])
    found = track_size(log, wrong, category=CATEGORY)
    errors_m = np.abs(wrong.columns.sizes_lwh_m - TRUE_LWH_M)
    assert (np.abs(found.size_lwh_m - TRUE_LWH_M) < np.sqrt((errors_m**2).mean(axis=0))).all()
    assert (np.abs(found.size_lwh_m - TRUE_LWH_M) < 0.06).all()


def test_it_says_how_far_the_points_reach_and_where_both_ends_were_seen(log: Log) -> None:
    found = track_size(log, car(*[TRUE_LWH_M.tolist()] * 3), category=CATEGORY)
    length, width, height = found.sides
    assert (found.frames, found.with_points) == (FRAMES, FRAMES)
    assert length.at_least_m == pytest.approx(4.6, abs=0.05)
    assert height.at_least_m == pytest.approx(1.5, abs=0.1)
    assert length.both_ends == FRAMES  # the side that looks at the road is always seen whole
    assert width.both_ends < FRAMES  # the LiDAR sees the back or the front, but not beside the car
    assert 0.01 < length.sigma_m < 0.2


def test_a_side_is_hardly_shorter_than_its_points_show(log: Log) -> None:
    short = car([4.35, 1.9, 1.5], rows=(3,), static=True)
    found = track_size(
        log, Track("car", "car", short.keyframes, (Span(*BOUNDS),)), category=CATEGORY
    )
    assert found.sides[0].size_m > 4.42


BOUNDS = (START_NS, START_NS + PERIOD_NS * (FRAMES - 1))


def test_the_faces_that_the_lidar_sees_stay_where_they_are(log: Log) -> None:
    track = car([4.2, 1.7, 1.3], [4.2, 1.7, 1.3], rows=(0, 7))
    found = track_size(log, track, category=CATEGORY)
    assert found.anchors == ((-1.0, -1.0, -1.0), (1.0, -1.0, -1.0))
    (change,) = found.changes
    after = Document({track.id: track}).apply([change]).track("car")
    for keyframe, anchor in zip(track.keyframes, found.anchors, strict=True):
        resized = after.keyframe_at(keyframe.timestamp_ns)
        assert resized is not None
        np.testing.assert_allclose(resized.cuboid.size_lwh_m, found.size_lwh_m)
        kept_m = [
            cuboid.frame_SE3_cuboid.transform(np.array(anchor) * cuboid.size_lwh_m / 2)
            for cuboid in (keyframe.cuboid, resized.cuboid)
        ]
        np.testing.assert_allclose(kept_m[0], kept_m[1], atol=1e-9)
    assert after.free_size is False


def test_a_static_track_stays_static(log: Log) -> None:
    track = car([4.2, 1.7, 1.3], [4.2, 1.7, 1.3], rows=(0, 7), static=True)
    (change,) = track_size(log, track).changes
    after = Document({track.id: track}).apply([change]).track("car")
    assert after.static
    assert after.columns.one_pose


def test_without_points_the_keyframes_and_what_is_usual_are_all_there_is(log: Log) -> None:
    far = Cuboid.from_yaw([300.0, 0.0, 1.0], [4.4, 1.8, 1.4], 0.0)
    track = Track("far", "car", (Keyframe(START_NS, far),))
    found = track_size(log, track, category=CATEGORY)
    assert found.with_points == 0
    assert [side.at_least_m for side in found.sides] == [None] * 3
    assert found.size_lwh_m == pytest.approx([4.4, 1.8, 1.4], abs=0.03)
    assert found.sides[0].sigma_m > 0.15


def test_a_track_outside_of_the_log_is_refused(log: Log) -> None:
    keyframe = Keyframe(START_NS - 10**12, Cuboid(CAR, TRUE_LWH_M))
    with pytest.raises(SizeError, match="no frame of log passing shows the track"):
        track_size(log, Track("early", "car", (keyframe,)))
