"""What the colours of points mean."""

import numpy as np
import pytest

from av3d.logs.sweep import Sweep
from av3d.render.colours import (
    PointColour,
    lidar_of_points,
    point_classes,
    point_colours,
    point_legend,
    time_range_ns,
)
from av3d.render.legend import MOST_ENTRIES, class_colour, class_entries


def cloud(count=4, **values) -> Sweep:
    points = np.zeros((count, 3), np.float32)
    points[:, 0] = np.arange(1, count + 1)
    return Sweep("top", 0, points, **values)


def test_names_come_the_most_frequent_first():
    entries, note = class_entries(np.array([7, 13, 13, 13, 7, 5]), {7: "Road", 13: "Car"})
    assert [entry.name for entry in entries] == ["Car", "Road", "class 5"]
    assert note == ""


def test_of_many_classes_the_note_counts_those_left_out():
    entries, note = class_entries(np.arange(MOST_ENTRIES + 3), {})
    assert len(entries) == MOST_ENTRIES
    assert note == "and 3 more"


def test_the_first_fifty_classes_have_colours_of_their_own():
    colours = np.array([class_colour(number) for number in range(50)], dtype=float)
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    assert apart[~np.eye(50, dtype=bool)].min() > 12


def test_points_of_a_class_have_the_colour_of_the_legend():
    labelled = cloud(extra={"semantic": np.array([7, 7, 13, 13], np.uint8)})
    legend = point_legend(labelled, "semantic", class_names={7: "Road", 13: "Car"})
    colours = point_colours(labelled, "semantic")
    assert [entry.name for entry in legend.entries] == ["Road", "Car"]
    assert np.abs(colours[0].astype(int) - legend.entries[0].colour).max() < 12
    assert np.abs(colours[3].astype(int) - legend.entries[1].colour).max() < 12


def test_two_lidars_have_two_colours_with_their_names():
    both = cloud(extra={"lidar": np.array([0, 0, 0, 1], np.uint8)})
    legend = point_legend(both, PointColour.LIDAR, lidars=["spinning", "forward"])
    assert [entry.name for entry in legend.entries] == ["spinning", "forward"]
    colours = point_colours(both, PointColour.LIDAR)
    assert (colours[0] != colours[3]).any()
    assert lidar_of_points(cloud()).tolist() == [0, 0, 0, 0]


def test_times_run_from_blue_to_orange_and_the_legend_tells_milliseconds():
    timed = cloud(time_offset_ns=np.array([-50, -25, 0, 50], np.int64) * 1_000_000)
    colours = point_colours(timed, PointColour.TIME).astype(int)
    assert colours[0, 2] > colours[0, 0]
    assert colours[-1, 0] > colours[-1, 2]
    legend = point_legend(timed, PointColour.TIME)
    assert legend.unit == "ms"
    assert legend.low == pytest.approx(-50, abs=1)
    assert legend.high == pytest.approx(50, abs=1)


@pytest.mark.parametrize("colour", ["time", "semantic", "intensity"])
def test_what_a_log_does_not_have_is_grey_and_the_legend_says_so(colour):
    assert len(np.unique(point_colours(cloud(), colour), axis=0)) == 1
    assert "this log has no" in point_legend(cloud(), colour).note


def test_height_counts_from_the_ground():
    rng = np.random.default_rng(1)
    ground = np.column_stack([rng.uniform(-20, 20, (4000, 2)), np.full(4000, -1.6)])
    legend = point_legend(Sweep("ego", 0, ground.astype(np.float32)), "height")
    assert legend.low == pytest.approx(-0.2)
    assert legend.high >= 1.8


def test_every_colouring_has_a_title():
    for colour in PointColour:
        assert point_legend(cloud(), colour).title


def test_other_names_of_classes_are_known():
    assert point_classes(cloud(extra={"label": np.array([1, 2, 3, 4])})).tolist() == [1, 2, 3, 4]
    assert point_classes(cloud()) is None
    assert time_range_ns(cloud()) == (0, 1)
