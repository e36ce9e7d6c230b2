from dataclasses import replace

import numpy as np
import pytest

import av3d
from av3d.doctor.finding import Severity
from av3d.doctor.timestamps import Apart, Beam, Dropped, Gap, Jitter

MS = 1_000_000
TIMES = np.arange(0, 4000, 100) * MS


@pytest.mark.parametrize("check", [Gap(), Jitter(), Dropped(), Apart()])
def test_even_streams_have_no_finding(make, check):
    assert list(check.examine(make())) == []


def test_a_stretch_without_sweeps_is_a_gap_and_says_where_and_how_long(make, Sweeps):
    [found] = Gap().examine(make(lidars={"top": Sweeps(np.delete(TIMES, range(20, 26)))}))
    assert (found.check, found.severity) == ("timestamps.gap", Severity.WARNING)
    assert found.what == "nothing for 700 ms, about 6 lost"
    assert found.where == "LiDAR top, 1.90 s after the start"
    assert found.curve.span_s == (1.9, 2.6)
    assert found.frame == 19


def test_four_lost_in_a_row_are_a_gap_that_is_noted_and_no_fault(make, Sweeps):
    [found] = Gap().examine(make(lidars={"top": Sweeps(np.delete(TIMES, range(20, 24)))}))
    assert found.severity is Severity.NOTE
    assert found.what == "nothing for 500 ms, about 4 lost"


def test_single_frames_that_were_dropped_are_a_note_and_no_gap(make, Sweeps):
    log = make(lidars={"top": Sweeps(np.delete(TIMES, [10, 20, 21]))})
    assert list(Gap().examine(log)) == []
    [found] = Dropped().examine(log)
    assert found.severity is Severity.NOTE
    assert found.what == "3 of 40 dropped, in ones or twos"


def test_times_that_tremble_are_jitter(make, Images):
    noise = np.random.default_rng(1).integers(-25, 25, len(TIMES)) * MS
    [found] = Jitter().examine(make(cameras={"front": Images(TIMES + noise)}))
    assert (found.check, found.sensor) == ("timestamps.jitter", "front")
    assert found.numbers["median_departure_ms"] > 5


def test_a_rhythm_with_lost_frames_does_not_jitter(make, Sweeps):
    assert list(Jitter().examine(make(lidars={"top": Sweeps(np.delete(TIMES, [3, 9, 17]))}))) == []


def test_images_of_another_day_get_a_clock_offset_by_which_both_start_together(make, Images):
    log = make(cameras={"front": Images(TIMES + 86_400_000 * MS)})
    [found] = Apart().examine(log)
    assert found.severity is Severity.ERROR
    assert "86,400.0 s after the sweeps" in found.what
    assert found.cameras["front"].clock_offset_ns == -86_400_000 * MS


@pytest.fixture(scope="module")
def crossing(repository):
    return av3d.open_log(repository / "sample_logs" / "crossing")


def late(log, *cameras):
    """The log with the clocks of cameras 40 ms off."""
    mounts = {name: replace(log.rig.camera(name), clock_offset_ns=40 * MS) for name in cameras}
    return log.with_rig(replace(log.rig, cameras={**log.rig.cameras, **mounts}))


def test_a_camera_that_alone_is_not_fired_by_the_beam_has_another_clock(crossing):
    [found] = Beam().examine(late(crossing, "left"))
    assert (found.check, found.sensor) == ("timestamps.offset", "left")
    assert found.numbers["offset_ms"] == pytest.approx(40, abs=3)
    assert abs(found.cameras["left"].clock_offset_ns) < 3 * MS


def test_two_cameras_that_differ_are_fired_by_something_else(crossing):
    assert list(Beam().examine(late(crossing, "left", "right"))) == []


def test_cameras_that_the_beam_fires_have_no_finding(crossing):
    assert list(Beam().examine(crossing)) == []
