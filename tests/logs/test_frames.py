import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.logs.frames import CameraSync, Frames, SynchronisationError, nearest, synchronise
from av3d.logs.rhythm import _assign_block, assign

MS = 1_000_000
T0 = 1_557_539_924_000 * MS  # a real time of day, as int64 nanoseconds


def times(*values_ms: float) -> np.ndarray:
    return np.array([T0 + round(value * MS) for value in values_ms], dtype=np.int64)


def every(period_ms: float, count: int, first_ms: float = 0.0) -> np.ndarray:
    return times(*(first_ms + period_ms * index for index in range(count)))


def match(sweeps: np.ndarray, images: np.ndarray, **more) -> tuple[list[int | None], CameraSync]:
    frames, report = synchronise(sweeps, {"front": images}, **more)
    assert [frame.timestamp_ns for frame in frames] == sweeps.tolist()
    return [frame.images["front"] for frame in frames], report.cameras["front"]


# A camera in step


def test_each_sweep_gets_its_image():
    images, sync = match(every(100, 5), every(100, 5, first_ms=12))
    assert images == [0, 1, 2, 3, 4]
    assert sync.offset_ms == pytest.approx(12)
    assert sync.jitter_ms == pytest.approx(0)
    assert (sync.missing_frames, sync.doubled_images, sync.late_frames) == ((), (), ())
    assert (sync.images, sync.matched, sync.unused_images, sync.period_ms) == (5, 5, 0, 100)
    assert sync.missing_images_ns == ()


@pytest.mark.parametrize(
    ("phase", "first", "offset"),
    [
        (-49.9, 0, -49.9),  # front: half a period early stays early
        (-99.9, 1, 0.1),  # back: the next image is at nearly the sweep's own time
        (-60.7, 1, 39.3),
        (-39.1, 0, -39.1),
        (-81.2, 1, 18.8),
        (-18.6, 0, -18.6),
    ],
)
def test_the_phases_of_pandaset(phase, first, offset):
    images, sync = match(every(100, 30), every(100, 30, first_ms=phase))
    assert images == [*range(first, 30), *[None] * first]
    assert sync.offset_ms == pytest.approx(offset, abs=1e-3)
    # The recording ends before the image that belongs to the last sweep.
    assert sync.missing_frames == ((29,) if first else ())


@pytest.mark.parametrize("phase", [-52, -50, -48, 48, 50, 52])
def test_half_a_period_off_with_jitter_never_flips(phase):
    rng = np.random.default_rng(3)
    jitter = rng.uniform(-15, 15, 200)
    images, sync = match(every(100, 200), times(*(100 * k + phase + jitter[k] for k in range(200))))
    steps = {b - a for a, b in itertools.pairwise(images) if None not in (a, b)}
    assert steps == {1}
    assert sync.matched >= 199
    assert abs(sync.offset_ms) == pytest.approx(50, abs=5)
    assert sync.offset_ms < 0


# Drops


def test_a_dropped_image_leaves_its_frame_without_one():
    images, sync = match(every(100, 6), np.delete(every(100, 6, 12), 3))
    assert images == [0, 1, 2, None, 3, 4]
    assert sync.missing_frames == (3,)
    assert sync.missing_images_ns == (T0 + 312 * MS,)


def test_images_dropped_in_a_row_and_at_the_ends():
    images, sync = match(every(100, 10), np.delete(every(100, 10, 12), [0, 4, 5, 9]))
    assert images == [None, 0, 1, 2, None, None, 3, 4, 5, None]
    assert sync.missing_frames == (0, 4, 5, 9)


def test_a_dropped_sweep_is_named_and_its_image_is_not_used():
    sweeps = np.delete(every(100, 6), 2)
    images, sync = match(sweeps, every(100, 6, 12))
    assert images == [0, 1, 3, 4, 5]
    assert sync.missing_frames == ()
    assert sync.unused_images == 1
    assert sync.doubled_images == ()
    assert synchronise(sweeps, {})[1].missing_sweeps_ns == (T0 + 200 * MS,)


def test_an_image_dropped_with_its_sweep_is_named_by_its_time():
    images, sync = match(np.delete(every(100, 6), 2), np.delete(every(100, 6, 12), 2))
    assert images == [0, 1, 2, 3, 4]
    assert sync.missing_frames == ()
    assert sync.missing_images_ns == (T0 + 212 * MS,)


@pytest.mark.parametrize("phase", [-45.0, -20.0, 0.0, 12.0, 36.0])
@pytest.mark.parametrize("seed", range(8))
def test_all_drops_of_a_jittering_drive_are_named_exactly(phase, seed):
    rng = np.random.default_rng(seed)
    count = 120
    lost_sweeps = set(rng.choice(np.arange(1, count - 1), 8, replace=False).tolist())
    lost_images = set(rng.choice(np.arange(1, count - 1), 8, replace=False).tolist())
    kept_sweeps = [k for k in range(count) if k not in lost_sweeps]
    kept_images = [k for k in range(count) if k not in lost_images]
    sweeps = times(*(100 * k + rng.uniform(-2, 2) for k in kept_sweeps))
    pictures = times(*(100 * k + phase + rng.uniform(-12, 12) for k in kept_images))
    images, sync = match(sweeps, pictures)
    expected = [kept_images.index(sweep) if sweep in kept_images else None for sweep in kept_sweeps]
    assert images == expected
    assert [kept_sweeps[frame] for frame in sync.missing_frames] == sorted(
        lost_images - lost_sweeps
    )
    assert [round((t - T0) / MS / 100 - phase / 100) for t in sync.missing_images_ns] == sorted(
        lost_images
    )
    missing_sweeps = synchronise(sweeps, {})[1].missing_sweeps_ns
    assert [round((t - T0) / MS / 100) for t in missing_sweeps] == sorted(lost_sweeps)


# Doubled, late, early


def test_a_doubled_image_is_named_and_not_used():
    doubled = times(12, 112, 115, 212, 312)
    images, sync = match(every(100, 4), doubled)
    assert images == [0, 1, 3, 4]
    assert sync.doubled_images == (2,)
    assert sync.unused_images == 1
    assert sync.missing_frames == ()


def test_a_doubled_image_does_not_fill_the_gap_of_a_dropped_one():
    images, sync = match(every(100, 5), times(12, 112, 115, 312, 412))
    assert images == [0, 1, None, 3, 4]
    assert sync.missing_frames == (2,)
    assert sync.doubled_images == (2,)


def test_a_doubled_image_at_a_dropped_sweep():
    images, sync = match(times(0, 100, 300, 400), times(12, 112, 212, 215, 312, 412))
    assert images == [0, 1, 4, 5]
    assert sync.doubled_images == (3,)
    assert sync.unused_images == 2


@pytest.mark.parametrize("late_ms", [25, 45, 60, 70])
def test_a_late_image_still_belongs_to_its_frame(late_ms):
    images, sync = match(every(100, 6), times(5, 105, 205, 305 + late_ms, 405, 505))
    assert images == [0, 1, 2, 3, 4, 5]
    assert sync.late_frames == (3,)
    assert sync.jitter_ms == pytest.approx(late_ms)
    assert (sync.missing_frames, sync.doubled_images) == ((), ())


def test_two_images_late_in_a_row():
    images, sync = match(every(100, 7), times(5, 105, 205, 365, 465, 505, 605))
    assert images == [0, 1, 2, 3, 4, 5, 6]
    assert sync.late_frames == (3, 4)


def test_an_early_image_is_named_too():
    images, sync = match(every(100, 6), times(5, 105, 205, 275, 405, 505))
    assert images == [0, 1, 2, 3, 4, 5]
    assert sync.late_frames == (3,)


def test_an_image_beyond_the_tolerance_is_not_used():
    images, sync = match(every(100, 6), every(100, 6, 30), tolerance_ns=20 * MS)
    assert images == [None] * 6
    assert sync.missing_frames == (0, 1, 2, 3, 4, 5)
    assert sync.unused_images == 6


# Other rates


def test_a_camera_at_twice_the_rate_serves_each_sweep_once():
    images, sync = match(every(100, 5), every(50, 10, 7))
    assert images == [0, 2, 4, 6, 8]
    assert (sync.missing_frames, sync.doubled_images) == ((), ())
    assert sync.unused_images == 5
    assert sync.missing_images_ns == ()


def test_drops_of_a_camera_at_twice_the_rate():
    pictures = np.delete(every(50, 20, 7), [6, 11])  # of frame 3, and one between 5 and 6
    images, sync = match(every(100, 10), pictures)
    assert sync.missing_frames == (3,)
    assert images[3] is None
    assert sync.missing_images_ns == (T0 + 307 * MS, T0 + 557 * MS)


def test_a_camera_at_half_the_rate_is_not_missing_every_other_frame():
    images, sync = match(every(100, 9), every(200, 4, 105))
    assert images == [None, 0, None, 1, None, 2, None, 3, None]
    assert (sync.missing_frames, sync.doubled_images, sync.unused_images) == ((), (), 0)


def test_drops_of_a_camera_at_half_the_rate():
    images, sync = match(every(100, 12), np.delete(every(200, 6, 5), 2))
    assert images == [0, None, 1, None, None, None, 2, None, 3, None, 4, None]
    assert sync.missing_frames == (4,)
    assert sync.missing_images_ns == (T0 + 405 * MS,)


def test_a_camera_that_keeps_no_step_serves_the_nearest_sweep():
    sweeps, pictures = every(100, 60), every(83.3333, 72, 3)
    images, sync = match(sweeps, pictures)
    used = [image for image in images if image is not None]
    assert used == sorted(set(used))
    offsets = [
        abs(int(pictures[image] - sweeps[k])) / MS
        for k, image in enumerate(images)
        if image is not None
    ]
    assert max(offsets) <= 42
    assert sync.matched >= 59
    assert sync.late_frames == ()
    assert sync.doubled_images == ()


def test_twelve_images_spread_over_twenty_sweeps_as_in_nuscenes():
    # 20 Hz sweeps; the camera fires on sweeps 0, 2, 4, 5, 7, 9, 10 ...
    fired = [5 * k + step for k in range(12) for step in (0, 2, 4)]
    jitter = np.random.default_rng(0).uniform(-4, 4, len(fired))
    pictures = times(*(50 * k - 20 + j for k, j in zip(fired, jitter, strict=True)))
    images, sync = match(every(50, 60), pictures)
    assert images == [fired.index(k) if k in fired else None for k in range(60)]
    assert (sync.doubled_images, sync.unused_images, sync.late_frames) == ((), 0, ())
    assert sync.missing_frames == ()


# Small and odd streams


def test_one_sweep_takes_the_nearest_image():
    assert match(times(0), times(-30))[0] == [0]
    assert match(times(0), times(-130, -30, 70))[0] == [1]
    assert match(times(0), times(-60.7))[0] == [0]
    images, sync = match(times(0), times(150))
    assert images == [None]
    assert sync.missing_frames == (0,)
    assert synchronise(times(0), {})[1].period_ms == 0


def test_one_image_for_many_sweeps_goes_to_the_nearest():
    assert match(every(100, 5), times(205))[0] == [None, None, 0, None, None]


def test_a_camera_without_images_is_missing_everywhere():
    images, sync = match(every(100, 3), np.zeros(0, dtype=np.int64))
    assert images == [None, None, None]
    assert sync.missing_frames == (0, 1, 2)
    assert (sync.images, sync.matched, sync.offset_ms) == (0, 0, 0.0)


def test_no_cameras_and_no_sweeps():
    assert [frame.images for frame in synchronise(every(100, 2), {})[0]] == [{}, {}]
    frames, report = synchronise(np.zeros(0, dtype=np.int64), {"front": times(1, 2)})
    assert list(frames) == []
    assert report.cameras["front"].unused_images == 2


def test_a_camera_on_another_clock_matches_nothing():
    images, sync = match(every(100, 5), every(100, 5, first_ms=3_600_000))
    assert images == [None] * 5
    assert sync.unused_images == 5


def test_a_camera_that_starts_late_is_missing_before():
    images, sync = match(every(100, 20), every(100, 15, 512))
    assert images == [None] * 5 + list(range(15))
    assert sync.missing_frames == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("gap_ms", [30_000, 1e9, 1e12])
def test_a_pause_is_not_filled_with_missing_sweeps(gap_ms):
    sweeps = times(0, 100, 200, 200 + gap_ms, 300 + gap_ms, 400 + gap_ms)
    start = time.process_time()
    frames, report = synchronise(sweeps, {"front": sweeps + 5 * MS})
    assert time.process_time() - start < 2
    assert [frame.images["front"] for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert report.missing_sweeps_ns == ()
    assert report.pauses_ns == ((int(sweeps[2]), int(sweeps[3])),)


def test_frames_cannot_be_changed():
    frame = synchronise(every(100, 2), {"front": every(100, 2)})[0][0]
    with pytest.raises(TypeError):
        frame.images["front"] = 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0, 100, 90], "entry 2 is 10.000 ms before entry 1"),
        ([0, 100, 100], "entry 2 has the same time as entry 1"),
    ],
)
def test_times_that_do_not_increase_are_refused(values, message):
    with pytest.raises(SynchronisationError, match=f"{message}, camera front"):
        synchronise(every(100, 3), {"front": times(*values)})
    with pytest.raises(SynchronisationError, match=f"{message}, reference LiDAR"):
        synchronise(times(*values), {})


def test_extreme_times_are_compared_without_overflow():
    ends = np.array([-(2**63), 2**63 - 1])
    with pytest.raises(SynchronisationError, match="before entry 0"):
        synchronise(ends[::-1], {})


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=40),
    st.lists(st.integers(1, 400), max_size=40),
    st.integers(-500, 500),
)
def test_any_streams_are_matched_in_order_and_once(sweep_steps, image_steps, start):
    sweeps = times(*np.cumsum(sweep_steps))
    pictures = times(*(start + np.cumsum(image_steps))) if image_steps else times()
    images, sync = match(sweeps, pictures)
    used = [image for image in images if image is not None]
    assert used == sorted(set(used))
    assert sync.matched == len(used)
    assert sync.unused_images == len(pictures) - len(used)
    assert set(sync.missing_frames) <= {k for k, image in enumerate(images) if image is None}
    assert list(sync.missing_images_ns) == sorted(sync.missing_images_ns)


def test_nearest_takes_the_earlier_of_two():
    assert nearest(np.array([0, 10, 20]), np.array([-5, 5, 6, 15, 99])).tolist() == [0, 0, 1, 1, 2]
    assert nearest(np.array([7]), np.array([0, 7, 9])).tolist() == [0, 0, 0]


# A sequence of frames


def test_frames_are_made_when_asked_for_and_are_a_sequence():
    frames, _ = synchronise(every(100, 5), {"front": np.delete(every(100, 5, 12), 2)})
    assert isinstance(frames, Frames)
    assert (frames[1].index, frames[1].timestamp_ns, frames[1].images) == (
        1,
        T0 + 100 * MS,
        {"front": 1},
    )
    assert frames[-1] == frames[4] == list(frames)[4]
    assert [frame.index for frame in frames[1:4]] == [1, 2, 3]
    assert frames.images("front").tolist() == [0, 1, -1, 2, 3]
    with pytest.raises(IndexError):
        frames[5]


def test_frames_are_found_by_time():
    frames, _ = synchronise(every(100, 5), {})
    assert [frames.nearest(T0 + ms * MS) for ms in (-500, 49, 50, 51, 160, 9000)] == [
        0,
        0,
        0,
        1,
        2,
        4,
    ]
    assert list(frames.between(T0 + 100 * MS, T0 + 300 * MS)) == [1, 2, 3]
    assert list(frames.between(T0 + 101 * MS, T0 + 199 * MS)) == []


@given(
    jitter=st.lists(st.integers(-95, 95), min_size=2, max_size=60),
    extra=st.lists(st.integers(-100, 6100), max_size=20),
)
def test_images_are_assigned_as_well_as_by_looking_at_all_ways_at_once(jitter, extra):
    slots = np.arange(len(jitter)) * 100
    images = np.unique(np.array([100 * k + off for k, off in enumerate(jitter)] + extra))
    chosen, best = assign(images, slots, 100), _assign_block(images, slots, 100)

    def gain(slot_of_image):
        used = slot_of_image >= 0
        assert (np.diff(slot_of_image[used]) > 0).all()
        return (0.9 - np.abs(images[used] - slots[slot_of_image[used]]) / 100).sum()

    assert gain(chosen) == pytest.approx(gain(best))
