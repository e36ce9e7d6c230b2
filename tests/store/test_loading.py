"""Tracks read out of rows that another program or a damaged disk has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.store.errors import StoreError
from av3d.store.project import open_project
from av3d.tracks.change import Change
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.noise import Noise
from store.projects import LOG, car, damage, new_project


def test_noises_come_to_their_keyframes_among_those_without(project_url: str) -> None:
    noise = Noise(0.1, 1e-300, 0.0, 1 / 3)
    known = {1: noise, 2500: Noise(0.4, 0.3, 0.2, 0.1)}
    long = car("b", *map(float, range(3000)), number=8)
    keyframes = tuple(replace(k, noise=known.get(row)) for row, k in enumerate(long.keyframes))
    tracks = [car("a"), replace(long, keyframes=keyframes), car("c", number=9)]
    with new_project(project_url) as project:
        project.apply(LOG, [Change(None, track) for track in tracks], command="import")
    with open_project(project_url) as project:
        found = project.tracks(LOG)
        assert [track.digest for track in found] == [track.digest for track in tracks]
        assert [keyframe.noise for keyframe in found[1].keyframes] == [k.noise for k in keyframes]
        assert found[0].columns.noises is None or found[0].keyframes[0].noise is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE keyframe SET noise = '[0.1,0.1,0.1]'",
        "UPDATE keyframe SET noise = '[0.1,0.1,0.1,-0.1]'",
        "UPDATE keyframe SET noise = '[0.1,0.1,0.1,NaN]'",
        "UPDATE keyframe SET noise = '[0.1,0.1,0.1,true]'",
        "UPDATE keyframe SET noise = 'null'",
        "UPDATE keyframe SET noise = '7'",
        "UPDATE keyframe SET noise = ''",
        """UPDATE keyframe SET noise = '{"a":1,"b":2,"c":3,"d":4}'""",
        """UPDATE track SET interpolation = '{"model":"cubic"}'""",
        """UPDATE track SET interpolation = '{"moves":[]}'""",
        """UPDATE track SET interpolation = '{"pinned":1}'""",
        "UPDATE track SET interpolation = '[]'",
        "UPDATE track SET interpolation = '{'",
    ],
)
def test_what_makes_no_sense_is_one_line_and_found(project_url: str, statement: str) -> None:
    said = replace(car("a"), interpolation=Interpolation(Model.LINEAR))
    with new_project(project_url) as project:
        project.apply(LOG, [Change(None, said)], command="import")
    damage(project_url, statement)
    with open_project(project_url) as project:
        with pytest.raises(StoreError, match="makes no sense") as caught:
            project.tracks(LOG)
        assert "\n" not in str(caught.value)
        assert not project.check().clean
