import numpy as np

from av3d.doctor.finding import Severity
from av3d.doctor.media import Intensity, Missing, Points, Still, Unreadable, sampled

MS = 1_000_000
TIMES = np.arange(0, 4000, 100) * MS


def test_a_sound_log_has_no_finding(make, Sweeps):
    log = make(lidars={"top": Sweeps(TIMES, intensity=0.4)})
    for check in (Missing(), Unreadable(), Points(), Intensity(), Still()):
        assert list(check.examine(log)) == []


def test_sweeps_that_were_not_downloaded_are_a_note(make, Sweeps):
    sweeps = Sweeps(TIMES)
    sweeps.absent = frozenset(range(30))
    [found] = Missing().examine(make(lidars={"top": sweeps}))
    assert found.severity is Severity.NOTE
    assert found.what == "the files of 30 of 40 sweeps are not there"


def test_a_camera_of_the_rig_without_images_is_a_note(make):
    [found] = Missing().examine(make(cameras={}))
    assert found.where == "front"


def test_a_broken_sweep_is_named_with_what_to_do(make, Sweeps):
    [found] = Unreadable().examine(make(lidars={"top": Sweeps(TIMES, broken={0, 39})}))
    assert found.severity is Severity.ERROR
    assert found.what == "2 of 8 that were tried cannot be read: sweep is empty, 0 bytes"
    assert (found.where, found.fix) == ("sweep 0", "copy it again")


def test_points_in_millimetres_are_told_from_metres(make, Sweeps):
    [found] = Points().examine(make(lidars={"top": Sweeps(TIMES, scale=1000.0)}))
    assert "millimetres" in found.what


def test_points_that_are_all_zero_are_told(make, Sweeps):
    [found] = Points().examine(make(lidars={"top": Sweeps(TIMES, scale=0.0)}))
    assert found.what == "100 % of the points are zero"


def test_intensities_of_0_to_255_are_told(make, Sweeps):
    [found] = Intensity().examine(make(lidars={"top": Sweeps(TIMES, intensity=200.0)}))
    assert found.what == "intensities go up to 200"


def test_a_camera_that_repeats_one_image_is_told(make, Images):
    class Stuck(Images):
        def read(self, index):
            return super().read(0)

    [found] = Still().examine(make(cameras={"front": Stuck(TIMES)}))
    assert (found.check, found.sensor) == ("media.frozen-image", "front")


def test_samples_are_spread_over_the_whole_stream():
    assert sampled(9, 3) == [0, 4, 8]
    assert sampled(2, 8) == [0, 1]
    assert sampled(0) == []
