from av3d.geometry.cuboid import Cuboid
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.presence import Span
from av3d.tracks.thinning import thin_keyframes
from av3d.tracks.track import Track
from av3d.types import Scalar

MS = 1_000_000


def keyframe(time_ms: int, **attributes: Scalar) -> Keyframe:
    cuboid = Cuboid.from_yaw([time_ms / 100, 0, 0], [4, 2, 1.5], 0.0)
    return Keyframe(time_ms * MS, cuboid, attributes=attributes)


def kept_ms(spacing_ms: int, *keyframes: Keyframe, presence: tuple[Span, ...] = ()) -> list[int]:
    track = Track("a", "car", keyframes, presence)
    thinned = thin_keyframes(track, spacing_ms * MS)
    assert thinned.presence == track.presence
    return [time_ns // MS for time_ns in thinned.times_ns]


def test_keyframes_are_left_that_far_apart_and_the_last_one() -> None:
    assert kept_ms(200, *map(keyframe, range(0, 1000, 100))) == [0, 200, 400, 600, 800, 900]


def test_a_keyframe_that_comes_a_little_early_counts() -> None:
    assert kept_ms(100, *map(keyframe, (0, 50, 99, 150, 198, 300))) == [0, 99, 198, 300]


def test_the_ends_of_presence_and_what_lies_outside_stay() -> None:
    spans = (Span(0, 200 * MS), Span(500 * MS, 800 * MS))
    times = map(keyframe, range(0, 1000, 100))
    assert kept_ms(1000, *times, presence=spans) == [0, 200, 300, 400, 500, 800, 900]


def test_a_keyframe_with_which_an_attribute_changes_stays() -> None:
    motion = ("moving", "moving", "stopped", "stopped", "moving", "moving", "moving")
    keyframes = [keyframe(100 * n, motion=said) for n, said in enumerate(motion)]
    assert kept_ms(10_000, *keyframes) == [0, 200, 400, 600]
    lights = [keyframe(100 * n, lights=said) for n, said in enumerate((True, 1, 1, 1))]
    assert kept_ms(10_000, *lights) == [0, 100, 300]


def test_what_a_reader_recorded_is_no_reason_to_stay() -> None:
    keyframes = [keyframe(100 * n, **{"nuscenes.num_lidar_pts": n}) for n in range(5)]
    assert kept_ms(10_000, *keyframes) == [0, 400]
