from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from av3d.datasets.registry import open_log, own_labels
from av3d.geometry.cuboid import Cuboid
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.operations.candidates import candidates
from av3d.tracks.track import Track
from tracks.strategies import documents

S = 1_000_000_000


def driving(track_id: str, *places: tuple[float, float, float], **more) -> Track:
    size = more.pop("size", [4, 2, 1.5])
    keyframes = tuple(
        Keyframe(round(t * S), Cuboid.from_yaw([x, y, 0], size, 0.0)) for t, x, y in places
    )
    return Track(track_id, more.pop("category", "car"), keyframes, number=1, **more)


LOST = driving("lost", (0, 0, 0), (2, 20, 0))


def test_what_goes_on_along_the_way_comes_first():
    street = Document.of(
        [
            LOST,
            driving("near the end", (4, 21, 0), (5, 31, 0)),
            driving("along the way", (4, 40.5, 0), (5, 50.5, 0)),
            driving("other lane", (4, 40, 3.5), (5, 50, 3.5)),
            driving("another class", (4, 40, 0), (5, 50, 0), category="pedestrian"),
            driving("another size", (4, 40, 0), (5, 50, 0), size=[12, 2.5, 3.5]),
            driving("before", (0, 40, 0), (1, 50, 0)),
            driving("much later", (20, 200, 0), (21, 210, 0)),
        ]
    )
    found = candidates(street, "lost")
    assert [candidate.track_id for candidate in found] == [
        "along the way", "another class", "other lane", "another size", "near the end",
    ]  # fmt: skip
    first = found[0]
    assert (first.name, first.gap_s, first.has_same_category) == ("Car 1", 2.0, True)
    assert first.miss_m == pytest.approx(0.5)
    assert first.size_part == pytest.approx(0)
    # 0.5 m, where 0.9 m is usual after two seconds.
    assert first.plausibility == pytest.approx(1 / (1 + (0.5 / 0.9) ** 2))
    assert found[3].size_part == pytest.approx(2)


def test_the_longest_absence_may_be_chosen():
    street = Document.of([LOST, driving("later", (5, 50, 0)), driving("now", (2.5, 25, 0))])
    assert [c.track_id for c in candidates(street, "lost", max_gap_s=2)] == ["now"]
    assert candidates(street, "later") == ()
    with pytest.raises(EditError, match="there is no such track"):
        candidates(street, "?")


def test_braking_counts_by_the_mean_of_both_velocities():
    street = Document.of([LOST, driving("slower", (4, 30, 0), (5, 30, 0))])
    assert candidates(street, "lost")[0].miss_m == pytest.approx(0)


@given(documents(min_tracks=1))
def test_candidates_begin_after_the_end_and_are_ranked(document):
    found = candidates(document, "t0", max_gap_s=3)
    end_ns = document.tracks["t0"].end_ns
    later = {t.id for t in document.tracks.values() if 0 < t.start_ns - end_ns <= 3 * S}
    assert {candidate.track_id for candidate in found} == later
    ranks = [candidate.plausibility for candidate in found]
    assert ranks == sorted(ranks, reverse=True)
    assert all(0 <= rank <= 1 for rank in ranks)


@pytest.mark.parametrize("gap_s", [1, 3])
def test_real_tracks_are_found_again_after_a_gap(real_data: Path, gap_s: int):
    for folder in sorted((real_data / "av2").iterdir()):
        pieces: list[Track] = []
        for track in own_labels(open_log(folder)):
            gone_ns = (track.times_ns[0] + track.times_ns[-1] - gap_s * S) // 2
            before = [k for k in track.keyframes if k.timestamp_ns <= gone_ns]
            after = [k for k in track.keyframes if k.timestamp_ns >= gone_ns + gap_s * S]
            if len(before) > 1 and len(after) > 1:
                for name, part in (("lost", before), ("found", after)):
                    pieces.append(
                        replace(track, id=f"{track.id} {name}", keyframes=tuple(part), presence=())
                    )
        street = Document.of(pieces)
        lost = [track.id.split()[0] for track in pieces if track.id.endswith("lost")]
        first = [candidates(street, f"{key} lost")[0].track_id for key in lost]
        right = sum(one == f"{key} found" for one, key in zip(first, lost, strict=True))
        assert right >= 0.95 * len(lost) > 50
