from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.datasets.dataset import DatasetError
from av3d.datasets.folder.tracks_json import (
    read_tracks,
    tracks_of_json,
    tracks_text,
    write_tracks,
)
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.checking import TrackError
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

metres = st.floats(-1e6, 1e6, allow_nan=False)
sizes = st.floats(0.01, 100)
angles = st.floats(-3.2, 3.2)
texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
names = texts.filter(str.isprintable)
values = st.one_of(texts, st.booleans(), st.integers(-(2**40), 2**40), metres)
attributes = st.dictionaries(texts, values, max_size=3)
provenances = st.sampled_from([p for p in Provenance if p is not Provenance.INTERPOLATED])


@st.composite
def cuboids(draw: st.DrawFn) -> Cuboid:
    pose = SE3.from_euler(
        draw(angles), draw(angles) / 2.1, draw(angles), [draw(metres) for _ in range(3)]
    )
    return Cuboid(pose, np.array([draw(sizes) for _ in range(3)]))


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    times = draw(st.lists(st.integers(0, 2**60), min_size=1, max_size=4, unique=True))
    keyframes = tuple(
        Keyframe(time, draw(cuboids()), draw(provenances), draw(attributes)) for time in times
    )
    edges = sorted(draw(st.lists(st.integers(0, 2**60), max_size=4, unique=True)))
    spans = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))
    return Track(
        draw(names), draw(names), keyframes, spans, draw(st.integers(0, 999)), draw(attributes)
    )


@given(st.lists(tracks(), max_size=3, unique_by=lambda track: track.id), texts)
def test_tracks_survive_writing_and_reading(items: list[Track], log: str) -> None:
    text = tracks_text(items, log)
    back = tracks_of_json(json.loads(text), "here")
    assert back.log == log
    by_id = {track.id: track for track in back.tracks}
    assert set(by_id) == {track.id for track in items}
    for track in items:
        other = by_id[track.id]
        assert (other.category, other.number) == (track.category, track.number)
        assert other.presence == track.presence
        assert dict(other.attributes) == dict(track.attributes)
        for one, two in zip(track.keyframes, other.keyframes, strict=True):
            assert one.timestamp_ns == two.timestamp_ns
            assert one.provenance is two.provenance
            assert dict(one.attributes) == dict(two.attributes)
            # Numbers are written in full; an orientation is one to 1e-11 rad.
            assert one.cuboid.center_m.tolist() == two.cuboid.center_m.tolist()
            assert one.cuboid.size_lwh_m.tolist() == two.cuboid.size_lwh_m.tolist()
            turn = one.cuboid.frame_SE3_cuboid.rotation - two.cuboid.frame_SE3_cuboid.rotation
            assert np.abs(turn).max() < 1e-11


def a_track(track_id: str, category: str, number: int) -> Track:
    keyframe = Keyframe(5, Cuboid.from_yaw((1, 2, 3), (4, 2, 1.5), 0.3), Provenance.FITTED)
    return Track(track_id, category, (keyframe,), number=number)


def test_the_text_does_not_depend_on_the_order_of_tracks() -> None:
    items = [a_track("b", "car", 2), a_track("c", "bus", 9), a_track("a", "car", 1)]
    text = tracks_text(items)
    assert text == tracks_text(items[::-1])
    assert text.index('"bus"') < text.index('"a"') < text.index('"b"')


def test_writing_what_was_read_gives_the_same_text(tmp_path: Path) -> None:
    path = tmp_path / "ö tracks.json"
    write_tracks([a_track("b", "car", 2), a_track("a", "车", 1)], path, "lög")
    text = path.read_text(encoding="utf-8")
    contents = read_tracks(path)
    assert tracks_text(contents.tracks, contents.log) == text


def test_a_file_has_the_version_of_what_is_in_it(tmp_path: Path) -> None:
    """A reader of version 2 gets all that it can read whole, and refuses what it would lose."""
    plain = a_track("a", "car", 1)
    assert '"version": 2,' in tracks_text([plain])
    smooth = replace(plain, interpolation=Interpolation(Model.SMOOTH, pinned=True))
    noisy = plain.with_keyframes(
        replace(keyframe, noise=Noise(0.1, 0.2, 0.3, 0.04)) for keyframe in plain.keyframes
    )
    for track in (smooth, noisy):
        path = tmp_path / "tracks.json"
        write_tracks([track], path)
        text = path.read_text(encoding="utf-8")
        assert '"version": 3,' in text
        contents = read_tracks(path)
        assert tracks_text(contents.tracks) == text
        assert contents.tracks[0].interpolation == track.interpolation
        assert contents.tracks[0].keyframes[0].noise == track.keyframes[0].noise


def test_each_keyframe_is_a_line() -> None:
    lines = tracks_text([a_track("b", "car", 2)]).splitlines()
    keyframes = [line for line in lines if "center_m" in line]
    assert keyframes == [
        '   {"timestamp_ns": 5, "center_m": [1.0, 2.0, 3.0], "size_lwh_m": [4.0, 2.0, 1.5], '
        '"quaternion_wxyz": [0.988771077936, 0.0, 0.0, 0.149438132474], "provenance": "fitted"}'
    ]


GOOD_KEYFRAME = {
    "timestamp_ns": 5, "center_m": [1, 2, 3], "size_lwh_m": [4, 2, 1], "provenance": "manual",
    "quaternion_wxyz": [1, 0, 0, 0],
}  # fmt: skip
GOOD_TRACK = {"id": "a", "category": "car", "keyframes": [GOOD_KEYFRAME]}


def document(track: object = GOOD_TRACK, **other: object) -> dict[str, object]:
    return {"format": "av3d-tracks", "version": 1, "tracks": [track], **other}


def keyframe(**changes: object) -> dict[str, object]:
    return document({**GOOD_TRACK, "keyframes": [{**GOOD_KEYFRAME, **changes}]})


def test_a_file_that_a_script_wrote_needs_little() -> None:
    track = tracks_of_json(document(), "here").tracks[0]
    assert track.presence == (Span(5, 5),)
    assert track.number == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "is not a tracks file"),
        ({"format": "coco"}, "is not a tracks file"),
        (document(version=4), "version 4 is newer"),
        (document(version=True), "version is True"),
        (document(tracks={}), "tracks is not a list"),
        (document(7), "track 0 is not an object"),
        (document(tracks=[GOOD_TRACK, GOOD_TRACK]), "two tracks have the ID 'a'"),
        (document({**GOOD_TRACK, "id": 5}), "track 0: id is 5"),
        (document({**GOOD_TRACK, "category": ""}), "track a: category is"),
        (document({**GOOD_TRACK, "number": -1}), "track a: number is -1"),
        (document({**GOOD_TRACK, "keyframes": []}), "track a: a track needs at least one"),
        (
            document({**GOOD_TRACK, "keyframes": [GOOD_KEYFRAME, GOOD_KEYFRAME]}),
            "track a: two keyframes at 5 ns",
        ),
        (document({**GOOD_TRACK, "presence": [[5]]}), "track a: presence is"),
        (document({**GOOD_TRACK, "presence": [[5, 4]]}), "track a: presence is"),
        (document({**GOOD_TRACK, "presence": [[1, 6], [5, 9]]}), "spans of presence overlap"),
        (document({**GOOD_TRACK, "attributes": {"a": [1]}}), "track a: attributes is"),
        (keyframe(timestamp_ns=1.5), "track a, keyframe 0: timestamp_ns is 1.5"),
        (keyframe(timestamp_ns=2**70), "timestamp_ns is"),
        (keyframe(center_m=[1, 2]), "center_m is .* expected a list of 3 finite numbers"),
        (keyframe(center_m=[1, 2, float("nan")]), "center_m is"),
        (keyframe(center_m=[1, 2, True]), "center_m is"),
        (keyframe(size_lwh_m=[4, 0, 1]), "track a, keyframe 0: a cuboid needs a positive"),
        (keyframe(quaternion_wxyz=[0, 0, 0, 0]), "quaternion is zero"),
        (keyframe(provenance="guess"), "provenance is .*guess"),
        (keyframe(provenance="interpolated"), "not a keyframe"),
    ],
)
def test_wrong_content_is_one_clear_line(data: object, message: str) -> None:
    with pytest.raises((DatasetError, TrackError), match=message) as caught:
        tracks_of_json(data, "labels.json")
    assert "labels.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "tracks file is empty"),
        (b"{", "is not JSON.*line 1"),
        (b"\xff\xfe{}", "is not UTF-8"),
        (b"[" * 100_000, "nested too deeply|is not JSON"),
    ],
)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(data)
    with pytest.raises(Av3dError, match=message):
        read_tracks(path)
