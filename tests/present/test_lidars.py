"""A log with two LiDARs: the points of all, or of one."""

import numpy as np
import pytest

from av3d.calibration.rig import LidarMount, Rig
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.present.loader import Loader
from av3d.present.session import Session
from av3d.present.workspace import Workspace


class Side(SweepStream):
    """Ten points on one side."""

    def __init__(self, timestamps_ns, name, y_m):
        super().__init__(timestamps_ns)
        self.name, self.y_m = name, y_m

    def read(self, index):
        points = np.full((10, 3), (5.0, self.y_m, 0.5), dtype=np.float32)
        return Sweep(self.name, int(self.timestamps_ns[index]), points)


@pytest.fixture
def two(log, tracks, clock, settle):
    times = log.lidars["top"].timestamps_ns
    lidars = {"left": Side(times, "left", 4.0), "right": Side(times, "right", -4.0)}
    both = Log(
        name="two",
        kind="folder",
        path=log.path,
        rig=Rig("two", dict.fromkeys(lidars, LidarMount(SE3.identity())), {}),
        trajectory=log.trajectory,
        lidars=lidars,
        cameras={},
    )
    session = Session(both, tracks, loader=Loader(threads=0), clock=clock)
    workspace = Workspace(session, lambda text, style: len(text) * style.size * 0.5)
    settle(workspace)
    return workspace


def sides(workspace):
    return sorted({float(y) for y in workspace.session.supply.cloud(0).points_m[:, 1]})


def test_the_command_goes_from_all_lidars_to_each_and_back(two, settle):
    seen = [sides(two)]
    for _ in range(3):
        two.run("points.lidar")
        settle(two)
        seen.append(sides(two))
    assert seen == [[-4.0, 4.0], [4.0], [-4.0], [-4.0, 4.0]]


def test_the_state_says_whose_points_show(two, settle):
    two.run("points.lidar")
    settle(two)
    assert two.state()["lidar"] == "left"


def test_a_log_with_one_lidar_has_nothing_to_choose(workspace):
    assert not workspace.table.by_name("points.lidar").enabled(workspace)
