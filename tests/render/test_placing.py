from dataclasses import replace

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.render.placing import (
    bev_drawings,
    camera_drawings,
    tag_text,
    tracks_in_frame,
    tracks_in_image,
)
from av3d.render.views import OrthographicView
from av3d.tracks.keyframe import Provenance

MS = 1_000_000


def at(x, y=0.0, z=0.8):
    return Cuboid.from_yaw([x, y, z], [4, 2, 1.6], 0.1)


def test_in_the_frame_a_cuboid_is_where_it_was_put_in_the_ego_frame(log, make_track):
    track = make_track({0: at(10), 100 * MS: at(12), 200 * MS: at(13)})
    placed = tracks_in_frame(log, 1, [track])
    assert placed[0].cuboid.center_m == pytest.approx([12, 0, 0.8])
    assert placed[0].provenance == "manual"


def test_in_an_image_a_cuboid_is_where_it_is_at_the_time_of_the_image(log, make_track):
    track = make_track({0: at(10), 100 * MS: at(12), 200 * MS: at(16)})
    placed = tracks_in_image(log, 0, "front", [track])
    assert placed[0].state.timestamp_ns == 30 * MS
    world = track.state_at(30 * MS).cuboid
    expected = log.world_SE3_camera("front", 0).inverse().transform(world.center_m)
    assert placed[0].cuboid.center_m == pytest.approx(expected)
    assert placed[0].provenance == "manual"


def scanned(log, monkeypatch, offset_ms):
    """The beam passes everything of a sweep so many ms after its timestamp; one value per sweep."""
    stream = log.lidars[log.reference_lidar]

    def beam(index, positions_m):
        time_ns = stream.timestamps_ns[index] + offset_ms[index] * MS
        return np.full(np.shape(positions_m)[:-1], time_ns)

    monkeypatch.setattr(stream, "measured_ns", beam)


def test_in_an_image_time_counts_from_the_measurement_of_the_lidar(log, make_track, monkeypatch):
    """Seen by the LiDAR 20 ms before the frame's timestamp, 50 ms before the exposure."""
    scanned(log, monkeypatch, [-20, -20, -20])
    track = make_track({0: at(10), 100 * MS: at(12), 200 * MS: at(16)})
    placed = tracks_in_image(log, 0, "front", [track])
    expected = track.state_at(50 * MS).cuboid
    assert placed[0].state.timestamp_ns == 30 * MS
    assert placed[0].state.cuboid.center_m == pytest.approx(expected.center_m, abs=1e-6)


def test_between_keyframes_a_sweep_shows_where_the_beam_found_the_object(
    log, make_track, monkeypatch
):
    """Passed at 0, 120 and 260 ms: at the second frame 120 / 260 of the way are done."""
    scanned(log, monkeypatch, [0, 20, 60])
    still = log.world_SE3_ego(0).inverse()
    track = make_track({0: at(10), 200 * MS: at(14)})
    start, end = (k.cuboid.in_frame(still).center_m for k in track.keyframes)
    [placed] = tracks_in_frame(log, 1, [track])
    there = placed.state.cuboid.in_frame(still).center_m
    assert there == pytest.approx(start + 120 / 260 * (end - start), abs=1e-5)
    assert placed.provenance == "interpolated"


def test_a_rolling_shutter_shows_a_cuboid_at_the_time_of_its_row(log, make_track):
    mount = replace(log.rig.camera("front"), readout_ns=30 * MS)
    log.rig = replace(log.rig, cameras={"front": mount})
    track = make_track({0: at(8, 0, 1.5), 100 * MS: at(9, 0, 1.5), 200 * MS: at(10, 0, 1.5)})
    [item] = tracks_in_image(log, 0, "front", [track])
    lens = mount.camera
    row = lens.project(item.cuboid.center_m)[0][1]
    # Exposed 30 ms after the frame, from 15 to 45 ms.
    expected_ns = 30 * MS + 30 * MS * ((row + 0.5) / lens.height_px - 0.5)
    assert item.state.timestamp_ns == pytest.approx(expected_ns, abs=1000)
    world = track.state_at(item.state.timestamp_ns).cuboid
    world_SE3_camera = log.world_SE3_ego(item.state.timestamp_ns) @ mount.ego_SE3_camera
    there = world_SE3_camera.inverse().transform(world.center_m)
    assert item.cuboid.center_m == pytest.approx(there, abs=1e-5)
    for pose, time_ns in zip(item.over_readout, (15 * MS, 45 * MS), strict=True):
        world_SE3_camera = log.world_SE3_ego(time_ns) @ mount.ego_SE3_camera
        edge = track.state_at(time_ns).cuboid.in_frame(world_SE3_camera.inverse())
        assert pose.translation_m == pytest.approx(edge.center_m, abs=1e-6)


def test_a_track_that_is_not_there_at_the_frames_time_is_not_drawn(log, make_track):
    track = make_track({100 * MS: at(10), 200 * MS: at(10)})
    assert tracks_in_image(log, 0, "front", [track]) == []
    assert tracks_in_frame(log, 0, [track]) == []


def test_a_frame_without_an_image_has_no_cuboids(log, make_track):
    assert log.frame(2).images == {"front": None}
    track = make_track({0: at(10), 200 * MS: at(10)})
    assert tracks_in_image(log, 2, "front", [track]) == []
    assert camera_drawings(log, 2, "front", [track]) == []


def test_what_is_behind_the_camera_is_left_out(log, make_track):
    tracks = [make_track({0: at(x), 200 * MS: at(x)}, name=str(x)) for x in (10, -10)]
    assert [item.track.id for item in tracks_in_image(log, 0, "front", tracks)] == ["10"]


def test_a_fast_track_that_enters_the_image_after_the_frames_time_is_drawn(log, make_track):
    """60 m/s across the image: at the frame's time it is still outside."""
    fast = make_track({0: at(8.0, -6.8), 100 * MS: at(8.0, -0.8)})
    near = tracks_in_image(log, 0, "front", [fast])
    again = tracks_in_image(log, 0, "front", [fast], in_frame=tracks_in_frame(log, 0, [fast]))
    assert len(near) == len(again) == 1


def test_patterns_are_for_views_that_are_not_crowded(log, make_track):
    few = [make_track({0: at(10), 200 * MS: at(10)}, provenance=Provenance.IMPORTED)]
    many = [
        make_track({0: at(10 + n), 200 * MS: at(10 + n)}, str(n), provenance=Provenance.IMPORTED)
        for n in range(41)
    ]

    def dashes(tracks, **options):
        drawings = camera_drawings(log, 0, "front", tracks, **options)
        return {stroke.dash for drawing in drawings for stroke in drawing.strokes}

    assert (10, 3, 2, 3) in dashes(few)
    assert dashes(many) == {()}
    assert (10, 3, 2, 3) in dashes(many, patterns=True)


def test_only_the_selected_cuboid_shows_hidden_edges_in_an_image(log, make_track):
    tracks = [make_track({0: at(10, y), 200 * MS: at(10, y)}, str(y)) for y in (-2, 2)]
    for drawing in camera_drawings(log, 0, "front", tracks, selected="2"):
        dotted = [stroke for stroke in drawing.strokes if stroke.width_px == 0.8]
        assert bool(dotted) is drawing.selected


def test_the_selected_tag_tells_the_speed(log, make_track):
    track = make_track({0: at(10), 100 * MS: at(10)}, number=21)
    state = track.state_at(30 * MS)
    assert tag_text(track, state, None) == "Car 21"
    assert tag_text(track, state, "a") == "Car 21 · 36.0 km/h"


def test_from_above_cuboids_are_in_the_ego_frame(log, make_track):
    view = OrthographicView(400, 400, metres_per_pixel=0.1)
    track = make_track({0: at(10), 200 * MS: at(10)})
    left, top, right, bottom = bev_drawings(log, 0, view, [track])[0].bounds_px
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    assert middle == pytest.approx(view.to_pixels([10, 0, 0]), abs=1e-6)
