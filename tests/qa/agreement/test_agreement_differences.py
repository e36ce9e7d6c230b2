"""What two sets of labels differ in, and making them one again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default
from av3d.qa.agreement.adjudication import take_average, take_theirs
from av3d.qa.agreement.averages import mean_cuboid, mean_track
from av3d.qa.agreement.consensus import Take, consensus
from av3d.qa.agreement.differences import Difference, Differences
from av3d.qa.agreement.side import Side
from av3d.qa.registry import check_of
from av3d.tracks.document import Document, EditError
from av3d.tracks.issue import issues_of
from av3d.tracks.presence import Span
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track
from qa.agreement.made import FRAMES, STEP_NS, empty_log, made

TIMES_NS = [frame * STEP_NS for frame in range(FRAMES)]
LAST_NS = TIMES_NS[-1]
NOW_NS = 1_700_000_000_000_000_000


@pytest.fixture(scope="module")
def log() -> Log:
    return empty_log()


def differ(
    log: Log, a: list[Track], b: list[Track], ontology: Ontology | None = None
) -> Differences:
    return Differences(Side.of("mine", a, log), Side.of("theirs", b, log), ontology or default())


def only(found: Differences) -> Difference:
    [one] = found.all
    return one


def settled(log: Log, a: list[Track], b: list[Track], *, average: bool = False) -> list[Track]:
    """The tracks of A after theirs, or the average, was taken for the one difference there is."""
    document = Document.of(a)
    take = take_average if average else take_theirs
    document = document.apply(take(document, only(differ(log, a, b)), TIMES_NS))
    return list(document.tracks.values())


def test_the_same_labels_do_not_differ(log: Log) -> None:
    tracks = [made("car 1", 10.0, step_m=1.0), made("car 2", 40.0, category="truck")]
    found = differ(log, tracks, tracks)
    assert found.findings == ()
    assert len(found.agreeing()) == 2


def test_tracks_are_the_same_object_whatever_their_ids(log: Log) -> None:
    assert differ(log, [made("car 1", 10.0)], [made("auto 7", 10.1)]).findings == ()


@pytest.mark.parametrize(
    ("other", "check", "value", "words"),
    [
        (made("car 1", 11.0, y_m=0.1), "agreement.moved", 1.005, "theirs has it 1.00 m forwards"),
        (made("car 1", 10.0, z_m=0.2), "agreement.moved", 0.6, "theirs has it 0.60 m down"),
        (made("car 1", 10.0, size_m=(5.5, 1.9, 1.6)), "agreement.size", 1.0,
         "theirs has it 5.50 × 1.90 × 1.60 m large, 1.00 m off"),
        (made("car 1", 10.0, yaw_rad=0.5), "agreement.heading", 28.65,
         "theirs has it turned by 29°"),
        (made("car 1", 10.0, yaw_rad=np.pi), "agreement.heading", 180.0,
         "theirs has it the other way around, 180°"),
    ],
)  # fmt: skip
def test_a_difference_says_by_how_much(
    log: Log, other: Track, check: str, value: float, words: str
) -> None:
    finding = only(differ(log, [made("car 1", 10.0)], [other])).finding
    assert (finding.check, finding.what) == (check, words)
    assert finding.value == pytest.approx(value, abs=0.01)
    assert (finding.start_ns, finding.end_ns) == (0, LAST_NS)
    assert finding.track_ids == ("car 1",)


def test_another_category_is_told_once(log: Log) -> None:
    one = only(differ(log, [made("car 1", 10.0)], [made("van 1", 10.0, category="truck")]))
    assert (one.finding.check, one.finding.what) == (
        "agreement.category", "theirs calls it Truck 1",
    )  # fmt: skip


def test_an_object_that_only_they_have_is_about_no_track_but_a_place(log: Log) -> None:
    one = only(differ(log, [], [made("car 1", 10.0)]))
    assert one.finding.check == "agreement.missing"
    assert one.finding.track_ids == ()
    assert one.finding.place_m == pytest.approx((10.0, 0.0, 0.8))
    assert one.finding.what == "theirs has Car 1 here for 2.0 s"
    assert one.whole


def test_two_missing_in_one_place_are_two(log: Log) -> None:
    both = [made("car 1", 10.0), made("car 2", 10.0)]
    assert len(differ(log, [], both).findings) == 2


def test_a_track_that_ends_a_moment_earlier_is_a_matter_of_taste(log: Log) -> None:
    long, short = made("car 1", 10.0), made("car 1", 10.0, frames=range(FRAMES - 2))
    assert differ(log, [short], [long]).findings == ()
    shorter = made("car 1", 10.0, frames=range(FRAMES - 6))
    one = only(differ(log, [shorter], [long]))
    assert (one.finding.check, one.finding.start_ns, one.whole) == (
        "agreement.missing", TIMES_NS[-6], False,
    )  # fmt: skip


def test_the_ontology_sets_the_limits(log: Log) -> None:
    a, b = [made("car 1", 10.0)], [made("car 1", 10.5)]
    assert len(differ(log, a, b).findings) == 1
    patient = replace(default(), checks={"agreement.moved": 0.6})
    assert differ(log, a, b, patient).findings == ()


def test_swapped_objects_are_identities_and_not_moves(log: Log) -> None:
    b = [made("car 1", 10.0), made("car 2", 30.0)]
    found = differ(log, _swapped(b), b)
    assert {one.finding.check for one in found.all} == {"agreement.identity"}
    assert {one.finding.what for one in found.all} == {
        "theirs says this is Car 1, for 0.8 s", "theirs says this is Car 2, for 0.8 s",
    }  # fmt: skip


def _swapped(tracks: list[Track]) -> list[Track]:
    """They exchange their objects for the last eight frames."""
    first, second = range(FRAMES - 8), range(FRAMES - 8, FRAMES)
    keyframes = [
        made("x 1", x, frames=first).keyframes + made("x 1", y, frames=second).keyframes
        for x, y in ((10.0, 30.0), (30.0, 10.0))
    ]
    return [replace(one, keyframes=k) for one, k in zip(tracks, keyframes, strict=True)]


def test_every_kind_is_known_by_its_id(log: Log) -> None:
    check = check_of("agreement.moved")
    assert check is not None
    assert (check.title, check.words(0.5)) == ("Moved", "0.50 m")


# Taking theirs


@pytest.mark.parametrize(
    "other",
    [
        made("car 1", 11.0),
        made("car 1", 10.0, size_m=(5.5, 1.9, 1.6)),
        made("car 1", 10.0, yaw_rad=np.pi),
        made("car 1", 10.0, category="truck"),
        made("car 1", 10.0, frames=range(FRAMES - 8)),
    ],
)
def test_theirs_taken_nothing_differs_any_more(log: Log, other: Track) -> None:
    a = [made("car 1", 10.0), made("car 2", 50.0)]
    b = [other, made("car 2", 50.0)]
    assert differ(log, settled(log, a, b), b).findings == ()
    assert differ(log, settled(log, b, a), a).findings == ()


def test_a_missing_object_is_added_and_one_too_many_goes(log: Log) -> None:
    both = [made("car 1", 10.0), made("car 2", 50.0)]
    added = settled(log, both[:1], both)
    assert [track.id for track in added] == ["car 1", "car 2"]
    assert [track.id for track in settled(log, both, both[:1])] == ["car 1"]


def test_swapped_objects_are_put_back(log: Log) -> None:
    b = [made("car 1", 10.0), made("car 2", 30.0)]
    document = Document.of(_swapped(b))
    found = differ(log, list(document.tracks.values()), b)
    document = document.apply(take_theirs(document, found.all[0], TIMES_NS))
    assert differ(log, list(document.tracks.values()), b).findings == ()


def test_a_fragment_joins_the_track_that_it_belongs_to(log: Log) -> None:
    a = [made("car 1", 10.0, frames=range(12)), made("car 2", 10.0, frames=range(12, FRAMES))]
    [whole] = settled(log, a, [made("car 1", 10.0)])
    assert whole.id == "car 1"
    assert whole.presence == (Span(0, LAST_NS),)


def test_one_track_on_two_objects_becomes_two(log: Log) -> None:
    b = [made("car 1", 10.0, frames=range(12)), made("car 2", 10.0, frames=range(12, FRAMES))]
    first, second = settled(log, [made("car 1", 10.0)], b)
    assert (first.end_ns, second.start_ns) == (TIMES_NS[11], TIMES_NS[12])


def test_only_the_frames_that_differ_are_taken_over(log: Log) -> None:
    a, b = made("car 1", 10.0), made("car 1", 10.0)
    keys = list(b.keyframes)
    for frame in range(5, 9):
        keys[frame] = made("x 1", 11.0, frames=[frame]).keyframes[0]
    [track] = settled(log, [a], [replace(b, keyframes=tuple(keys))])
    assert track.columns.centers_m[[4, 5, 8, 9], 0].tolist() == [10.0, 11.0, 11.0, 10.0]


def test_keeping_the_rest_of_a_sparse_track_where_it_was(log: Log) -> None:
    sparse = made("car 1", 10.0, frames=[0, FRAMES - 1])
    keys = list(made("car 1", 10.0).keyframes)
    for frame in range(8, 12):
        keys[frame] = made("x 1", 11.0, frames=[frame]).keyframes[0]
    [track] = settled(log, [sparse], [replace(made("car 1", 10.0), keyframes=tuple(keys))])
    places = [track.state_at(ns).cuboid.center_m[0] for ns in TIMES_NS]  # type: ignore[union-attr]
    assert places == pytest.approx([10.0] * 8 + [11.0] * 4 + [10.0] * 8)


# The average


def test_the_average_lies_half_way(log: Log) -> None:
    a, b = [made("car 1", 10.0, yaw_rad=0.1)], [made("car 1", 11.0, yaw_rad=0.3)]
    [track] = settled(log, a, b, average=True)
    cuboid = track.keyframes[3].cuboid
    assert cuboid.center_m == pytest.approx([10.5, 0.0, 0.8])
    assert cuboid.yaw_rad == pytest.approx(0.2)


def test_a_size_is_averaged_on_the_ground(log: Log) -> None:
    a = [made("car 1", 10.0)]
    b = [made("car 1", 10.0, z_m=1.2, size_m=(4.5, 1.9, 2.4))]
    found = differ(log, a, b)
    [size] = [one for one in found.all if one.kind.id == "agreement.size"]
    document = Document.of(a)
    [track] = document.apply(take_average(document, size, TIMES_NS)).tracks.values()
    assert track.keyframes[0].cuboid.size_lwh_m == pytest.approx([4.5, 1.9, 2.0])
    assert track.keyframes[0].cuboid.center_m == pytest.approx([10.0, 0.0, 1.0])


def test_there_is_nothing_between_being_there_and_not(log: Log) -> None:
    one = only(differ(log, [], [made("car 1", 10.0)]))
    with pytest.raises(EditError, match="has no average"):
        take_average(Document(), one, TIMES_NS)


@pytest.mark.parametrize(
    ("yaws", "mean"),
    [((0.1, 0.3), 0.2), ((3.1, -3.1), np.pi), ((0.1, np.pi + 0.3), 0.2), ((0.0, 0.1, 0.2), 0.1)],
)
def test_a_mean_heading_goes_round_the_circle_and_takes_the_first_ones_way(
    yaws: tuple[float, ...], mean: float
) -> None:
    cuboids = [Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], yaw) for yaw in yaws]
    turn = mean_cuboid(cuboids).yaw_rad - mean
    assert np.cos(turn) == pytest.approx(1.0)


def test_a_mean_track_has_keyframes_where_any_of_them_has() -> None:
    tracks = [made("car 1", 10.0, frames=[0, 4, 8]), made("car 1", 12.0, frames=[0, 6, 8])]
    mean = mean_track(tracks)
    assert [ns // STEP_NS for ns in mean.times_ns] == [0, 4, 6, 8]
    assert mean.columns.centers_m[:, 0] == pytest.approx(11.0)


def test_three_annotators_have_a_mean_too() -> None:
    tracks = [made("car 1", x) for x in (10.0, 10.3, 10.6)]
    assert mean_track(tracks).columns.centers_m[:, 0] == pytest.approx(10.3)


# Consensus


def test_a_consensus_settles_what_agrees_and_leaves_the_rest_to_people(log: Log) -> None:
    a = [made("car 1", 10.0), made("car 2", 30.0), made("car 3", 50.0)]
    b = [made("car 1", 10.2), made("car 2", 31.0), made("car 4", 70.0)]
    found = consensus(differ(log, a, b), author="mira", time_ns=NOW_NS)
    assert (found.agreed, found.disputed, found.only_a, found.only_b) == (1, 1, 1, 1)
    tracks = found.document.tracks
    assert tracks["car 1"].columns.centers_m[0, 0] == pytest.approx(10.1)
    assert tracks["car 2"].columns.centers_m[0, 0] == 30.0
    assert [is_proposal(tracks[f"car {k}"]) for k in (1, 2, 3, 4)] == [False, False, True, True]
    issues = issues_of(found.document.events.values())
    assert {issue.track_ids for issue in issues} == {("car 2",), ("car 3",), ("car 4",)}
    assert {issue.author for issue in issues} == {"mira"}


@pytest.mark.parametrize(("take", "x_m"), [(Take.A, 10.0), (Take.B, 10.2), (Take.AVERAGE, 10.1)])
def test_what_agrees_may_be_taken_from_one_side(log: Log, take: Take, x_m: float) -> None:
    found = differ(log, [made("car 1", 10.0)], [made("auto 5", 10.2)])
    made_of_both = consensus(found, author="mira", time_ns=NOW_NS, take=take)
    [track] = made_of_both.document.tracks.values()
    assert (track.id, track.columns.centers_m[0, 0]) == ("car 1", pytest.approx(x_m))
