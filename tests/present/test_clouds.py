"""Which points show, in which colours: one value that keys clouds."""

from dataclasses import replace

import numpy as np
import pytest

from av3d.logs.accumulation import MovingPoints
from av3d.present.clouds import (
    CROP_M,
    CloudSpec,
    available_colours,
    category_legend,
    drawn_points,
    make_cloud,
    painted_categories,
)
from av3d.present.placed import Placer
from av3d.render.colours import PointColour
from av3d.render.palette import category_style


@pytest.fixture
def placed(log, tracks):
    placer = Placer(log)
    return lambda frame: placer.in_frame(frame, tracks)


def test_specs_of_the_same_values_are_one_key():
    assert {CloudSpec().with_sweeps(2): 1}[CloudSpec(sweeps_before=2, sweeps_after=2)] == 1


def test_the_plain_cloud_is_the_frames_own_points_and_hides_none(log):
    cloud = make_cloud(log, 3, CloudSpec())
    np.testing.assert_array_equal(cloud.points_m, log.cloud(3).points_m)
    assert cloud.hidden is None
    assert drawn_points(cloud) is cloud.points_m


def test_a_plain_cloud_asks_for_no_tracks(log):
    def nobody(frame):
        raise AssertionError(f"asked for frame {frame}")

    make_cloud(log, 3, CloudSpec(colour=PointColour.INTENSITY), nobody)
    assert not CloudSpec().uses_tracks


def test_with_sweeps_the_points_of_frames_around_join(log, placed):
    own = len(log.cloud(3))
    assert len(make_cloud(log, 3, CloudSpec().with_sweeps(2), placed).points_m) == 5 * own
    before = CloudSpec(sweeps_before=2)
    assert len(make_cloud(log, 3, before, placed).points_m) == 3 * own


def test_a_car_that_drives_along_stays_sharp(log, placed):
    spec = CloudSpec().with_sweeps(5)
    sharp = make_cloud(log, 6, spec, placed).points_m
    traces = replace(spec, moving=MovingPoints.AS_MEASURED)
    smeared = make_cloud(log, 6, traces, placed).points_m
    # The car is 4 m long and drives 0.5 m from frame to frame; the ground is below 0.05 m.
    assert np.ptp(sharp[sharp[:, 2] > 0.2, 0]) < 4.1
    assert np.ptp(smeared[smeared[:, 2] > 0.2, 0]) > 8


def test_hidden_ground_is_not_drawn_but_still_there(log):
    cloud = make_cloud(log, 0, CloudSpec(ground_hidden=True))
    drawn = drawn_points(cloud)
    assert len(drawn) == len(cloud.points_m)
    ground = cloud.points_m[:, 2] < 0.05
    assert np.isnan(drawn[ground]).all()
    assert np.isfinite(drawn[cloud.points_m[:, 2] > 0.6]).all()


def test_cropped_to_a_cuboid_only_points_near_it_are_drawn(log, placed):
    cloud = make_cloud(log, 0, CloudSpec())
    cuboid = placed(0)[0].cuboid
    drawn = np.isfinite(drawn_points(cloud, cuboid)).all(axis=1)
    assert drawn.tolist() == cuboid.contains(cloud.points_m, CROP_M).tolist()
    assert 0 < drawn.sum() < len(drawn)


def test_counting_and_fitting_take_the_frames_own_points():
    spec = CloudSpec(PointColour.CAMERA, "top", 2, 2, MovingPoints.LEFT_OUT, True)
    assert spec.single == CloudSpec(lidar="top")
    plain = CloudSpec(PointColour.TIME)
    assert plain.single is plain


def test_points_inside_cuboids_take_the_colour_of_their_category(log, placed):
    cloud = make_cloud(log, 0, CloudSpec(PointColour.CATEGORY))
    box = placed(0)[0]
    colours = painted_categories(cloud, placed(0))
    inside = cloud.grid.inside(box.cuboid)
    assert {tuple(row) for row in colours[inside].tolist()} == {category_style("car").rgb}
    assert (cloud.colours[inside] != colours[inside]).any()


def test_the_legend_of_categories_has_their_names_and_icons(placed):
    legend = category_legend(placed(0))
    assert [entry.name for entry in legend.entries] == ["Car", "Pedestrian"]
    assert all(entry.glyph for entry in legend.entries)
    assert category_legend(()).note == "no cuboid in this frame"


def test_camera_colours_are_those_of_the_images(log, placed):
    cloud = make_cloud(log, 0, CloudSpec(PointColour.CAMERA), placed)
    ahead = (np.abs(cloud.points_m[:, 1]) > 5) & (cloud.points_m[:, 0] > 20)
    found = {tuple(row) for row in cloud.colours[ahead].tolist()}
    assert (90, 110, 130) in found


def test_colourings_that_say_nothing_about_a_log_are_not_offered(log):
    offered = available_colours(log, log.cloud(0))
    assert PointColour.HEIGHT in offered
    assert PointColour.CAMERA in offered
    assert PointColour.TIME not in offered
    assert PointColour.SEMANTIC not in offered
    assert PointColour.LIDAR not in offered
