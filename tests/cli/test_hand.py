from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from av3d.cli.main import run
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.store.project import open_project
from av3d.tracks.change import Change
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

S = 1_000_000_000


@pytest.fixture
def shaky(project: str) -> str:
    """A project with ten tracks of people who stand, placed by a hand that errs by 10 cm."""
    chance = np.random.default_rng(7)
    with open_project(project) as opened:
        begin_ns = opened.document("street").tracks["moving"].start_ns
        changes = []
        for number in range(10):
            keyframes = [
                Keyframe(
                    begin_ns + k * S,
                    Cuboid(
                        SE3.from_yaw(chance.normal(0, 0.03), chance.normal(0, [0.1, 0.1, 0.05])),
                        np.array([0.7, 0.7, 1.8]),
                    ),
                )
                for k in range(12)
            ]
            track = Track(f"p{number}", "pedestrian", tuple(keyframes), number=number + 1)
            changes.append(Change(None, track))
        opened.apply("street", changes, command="people")
    return project


def test_the_noise_of_a_hand_is_learned_from_all_its_tracks(
    shaky: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["project", "hand", "--project", shaky, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["from"], told["changed"], told["left_out"]) == (11, 0, 1)
    assert told["told_by"] == {"tracks": 10, "keyframes": 120}
    along_m, across_m, up_m, yaw_rad = told["hand"]
    assert along_m == across_m == pytest.approx(0.1, rel=0.3)
    assert up_m == pytest.approx(0.05, rel=0.4)
    assert yaw_rad == pytest.approx(0.03, rel=0.5)


def test_tracks_believe_it_when_told_and_forget_it_again(
    shaky: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["project", "hand", "--project", shaky, "--apply"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("Hand of log street, by 120 keyframes of 10 tracks: exact to 0.1")
    assert rest == [
        "11 tracks believe it now.",
        "Left out: 1 track without keyframes placed by hand.",
    ]
    with open_project(shaky) as opened:
        tracks = opened.document("street").tracks
        assert tracks["p0"].interpolation.hand == tracks["p9"].interpolation.hand is not None
    assert run(["project", "interpolation", "pedestrian 1", "--project", shaky]) == 0
    assert "automatic, hand exact to 0.1" in capsys.readouterr().out
    assert run(["project", "hand", "--project", shaky, "--forget"]) == 0
    with open_project(shaky) as opened:
        track = opened.document("street").tracks["p0"]
        assert track.interpolation == replace(track.interpolation, hand=None)


def test_where_nothing_was_placed_by_hand_it_is_one_line(
    project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_project(project) as opened:
        document = opened.document("street")
        opened.apply("street", [Change(t, None) for t in document.tracks.values()], command="none")
    assert run(["project", "hand", "--project", project]) == 2
    assert "no track tells how exact its keyframes are" in capsys.readouterr().err


def test_it_says_when_so_few_keyframes_tell_that_it_is_mostly_what_is_expected(
    shaky: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["project", "hand", "--project", shaky]) == 0
    assert capsys.readouterr().err == ""
    with open_project(shaky) as opened:
        document = opened.document("street")
        changes = [Change(document.tracks[f"p{k}"], None) for k in range(2, 10)]
        opened.apply("street", changes, command="two are left")
    assert run(["project", "hand", "--project", shaky, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["told_by"] == {"tracks": 2, "keyframes": 24}
    assert err == (
        "note: 2 tracks with 4 or more keyframes placed by hand, 10 would tell: "
        "this may be mostly what is expected of any hand\n"
    )
