"""When the beam passed places, measured on the points of sweeps."""

import numpy as np
import pytest

from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.beam import BeamClock
from av3d.logs.compensation import compensated
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory

MS = 1_000_000
MOUNT = SE3.from_euler(0.01, 0.02, 0.7, [0.4, 0.1, 1.9])
SHOTS = 1200


class Spinning(SweepStream):
    """Clockwise from the back, the timestamp at the start; houses stand around at 30 m or so.

    Args:
        times_ms: timestamps.
        trajectory: ego poses.
        phase_rad: how far the start of each sweep is from the back.
        form: "shot", "compensated" or "bare" (without times).
        broken: sweeps that cannot be read.
    """

    def __init__(self, times_ms, trajectory, *, phase_rad=None, form="shot", broken=()):
        super().__init__(np.array(times_ms) * MS)
        self.trajectory, self.form, self.broken = trajectory, form, broken
        self.phase_rad = np.zeros(len(times_ms)) if phase_rad is None else phase_rad
        self.reads = []

    def shot_ns(self, index, azimuth_rad):
        """The truth: offset of the shot in a direction of the sensor."""
        turned = (np.pi + self.phase_rad[index] - azimuth_rad) % (2 * np.pi)
        return turned / (2 * np.pi) * 100 * MS

    def read(self, index):
        self.reads.append(index)
        if index in self.broken:
            raise InputFileError("sweep is empty, 0 bytes", f"{index}.bin")
        part = (np.arange(SHOTS) + 0.5) / SHOTS
        azimuth = np.pi + self.phase_rad[index] - 2 * np.pi * part
        range_m = np.random.default_rng(index).uniform(25, 35, SHOTS)
        points = np.stack(
            [range_m * np.cos(azimuth), range_m * np.sin(azimuth), np.ones(SHOTS)], axis=1
        )
        offset_ns = np.rint(part * 100 * MS).astype(np.int64)
        stamp = int(self.timestamps_ns[index])
        sweep = Sweep("top", stamp, points.astype(np.float32), None, offset_ns)
        if self.form == "bare":
            return Sweep("top", stamp, sweep.points_m)
        return compensated(sweep, self.trajectory, MOUNT) if self.form == "compensated" else sweep


def driving(speed_m_s=20.0, turn_rad_s=0.6, seconds=4):
    times = np.arange(0, seconds * 1000 + 1, 20)
    poses = [
        SE3.from_euler(0.03, -0.06, turn_rad_s * t / 1000, [1e5 + speed_m_s * t / 1000, 7e5, 40])
        for t in times
    ]
    return Trajectory(times * MS, SE3.stack(poses))


def clock_of(stream, trajectory):
    return BeamClock(stream, stream.read, trajectory, MOUNT, 100 * MS)


def true_beam(stream, trajectory, index, azimuth_rad, range_m=9.0):
    """A place and when the beam of a sweep passed it, by construction of the place."""
    time_ns = int(stream.timestamps_ns[index] + stream.shot_ns(index, azimuth_rad))
    place = [range_m * np.cos(azimuth_rad), range_m * np.sin(azimuth_rad), 0.5]
    return time_ns, (trajectory.at(time_ns) @ MOUNT).transform(place)


@pytest.mark.parametrize("form", ["shot", "compensated"])
@pytest.mark.parametrize("drift", [0.0, 0.13])
def test_the_beam_is_found_whatever_the_ego_does(form, drift):
    """20 m/s, .6 rad/s, objects 9 m away: the ego moves 2 m during the turn."""
    trajectory = driving()
    phase = drift * np.arange(30)
    stream = Spinning(range(200, 3200, 100), trajectory, phase_rad=phase, form=form)
    clock = clock_of(stream, trajectory)
    cases = [(i, a) for i in (0, 7, 21) for a in (-2.5, -1.0, 0.4, 2.2)]
    beams = [true_beam(stream, trajectory, index, azimuth) for index, azimuth in cases]
    stamps = stream.timestamps_ns[[index for index, _ in cases]]
    found = clock.beam_times_ns(stamps, np.stack([place for _, place in beams]))
    np.testing.assert_allclose((found - [t for t, _ in beams]) / MS, 0, atol=0.1)
    assert (clock.common_spin is None) == (drift > 0)


def test_a_regular_spin_is_found_on_a_few_sweeps_and_used_for_all():
    trajectory = driving(seconds=60)
    stream = Spinning(range(0, 60_000, 100), trajectory)
    clock = clock_of(stream, trajectory)
    for index in range(0, 600, 7):
        time_ns, place = true_beam(stream, trajectory, index, 1.0)
        found = clock.beam_times_ns(stream.timestamps_ns[[index]], place[None])
        assert abs(int(found[0]) - time_ns) < 0.1 * MS
    assert len(stream.reads) <= 6


def test_where_sweeps_start_differently_each_is_read_once():
    trajectory = driving()
    stream = Spinning(range(0, 3000, 100), trajectory, phase_rad=0.4 * np.arange(30) ** 2)
    clock = clock_of(stream, trajectory)
    _, place = true_beam(stream, trajectory, 11, 0.3)
    for _ in range(3):
        clock.beam_times_ns(stream.timestamps_ns[[11, 11]], np.stack([place, place + 1]))
    assert stream.reads.count(11) == 1


def test_without_times_of_points_the_sweeps_time_holds():
    trajectory = driving()
    stream = Spinning(range(0, 3000, 100), trajectory, form="bare")
    clock = clock_of(stream, trajectory)
    stamps = stream.timestamps_ns[[3, 4, 25]]
    assert clock.beam_times_ns(stamps, np.ones((3, 3))).tolist() == stamps.tolist()
    clock.beam_times_ns(stamps, np.ones((3, 3)))
    assert stream.reads == [0]


def test_sweeps_that_cannot_be_read_are_passed_over():
    trajectory = driving()
    stream = Spinning(range(0, 3000, 100), trajectory, broken=(0, 29, 12))
    clock = clock_of(stream, trajectory)
    time_ns, place = true_beam(stream, trajectory, 12, 0.3)
    found = clock.beam_times_ns(stream.timestamps_ns[[12]], place[None])
    assert abs(int(found[0]) - time_ns) < 0.1 * MS
    all_broken = Spinning(range(0, 3000, 100), trajectory, broken=range(30))
    assert clock_of(all_broken, trajectory).beam_times_ns(
        stream.timestamps_ns[[12]], place[None]
    ).tolist() == [1200 * MS]


def test_a_reader_that_knows_the_scan_is_asked_and_no_points_are_read():
    class Known(Spinning):
        def measured_ns(self, index, positions_m):
            azimuth = np.arctan2(positions_m[:, 1], positions_m[:, 0])
            return (self.timestamps_ns[index] + self.shot_ns(index, azimuth)).astype(np.int64)

    trajectory = driving()
    stream = Known(range(0, 3000, 100), trajectory)
    time_ns, place = true_beam(stream, trajectory, 5, -1.2)
    found = clock_of(stream, trajectory).beam_times_ns(stream.timestamps_ns[[5]], place[None])
    assert abs(int(found[0]) - time_ns) < 0.05 * MS
    assert stream.reads == []


def test_a_time_between_sweeps_counts_from_the_nearer_and_one_far_from_all_stays():
    trajectory = Trajectory.identity()
    stream = Spinning([0, 100, 500], trajectory)
    ahead = MOUNT.transform([9.0, 0.0, 0.0])
    times = np.array([30, 320, 510]) * MS
    found = clock_of(stream, trajectory).beam_times_ns(times, np.stack([ahead] * 3))
    np.testing.assert_allclose(found / MS, [80, 320, 560], atol=0.1)


def test_labels_long_after_the_last_pose_are_no_error():
    trajectory = driving(seconds=1)
    stream = Spinning(range(0, 3000, 100), trajectory)
    found = clock_of(stream, trajectory).beam_times_ns(
        stream.timestamps_ns[[29]], np.array([[1e5, 7e5, 40.0]])
    )
    assert 2900 * MS <= int(found[0]) <= 3000 * MS
