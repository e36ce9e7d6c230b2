"""Each format's own export comes back through `av3d import`, from the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import av3d
from av3d.cli.main import run
from av3d.datasets.registry import datasets
from av3d.logs.log import Log
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track
from av3d.types import FloatArray
from benchmarks.kill import make_log
from round_trips import ONE_WAY, WAYS

CLOSE_M = 0.005


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sweeps of the sample log, and a project with its labels."""
    folder = tmp_path_factory.mktemp("exported")
    log = make_log(folder)
    assert run(["import", str(log), "--project", str(folder / "p.av3d")]) == 0
    return folder


def test_every_format_that_is_written_comes_back_or_says_why_not() -> None:
    writers = {one.name for one in datasets() if one.writes_labels}
    assert writers == WAYS.keys() | ONE_WAY.keys()


@pytest.mark.parametrize("of_format", sorted(WAYS))
def test_an_export_comes_back(
    of_format: str, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way, out, back = WAYS[of_format], tmp_path / "out", tmp_path / "back.av3d"
    given = ["--project", str(exported / "p.av3d"), "--format", of_format, "--out", str(out)]
    assert run(["export", *given]) == 0
    arguments = way.arguments(out, exported / "log", of_format)
    capsys.readouterr()
    assert run(["import", *arguments, "--project", str(back), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    with av3d.open_project(exported / "p.av3d") as before, av3d.open_project(back) as after:
        assert after.check().clean
        source = av3d.open_log(exported / "log")
        log = av3d.open_log(arguments[0], None if way.labels else of_format)
        ours, theirs = before.tracks("crossing"), after.tracks(facts["log"])
        assert len(theirs) == facts["tracks"]
        for here, there in way.frames:
            expected, found = centres(source, here, ours), centres(log, there, theirs)
            assert len(found) == len(expected) > 0
            # Some formats give tracks other IDs: each cuboid is where one was.
            places = np.stack(list(expected.values()))
            for place in found.values():
                assert np.linalg.norm(places - place, axis=1).min() < CLOSE_M


def centres(log: Log, frame: int, tracks: tuple[Track, ...]) -> Mapping[str, FloatArray]:
    """Where the tracks are at a frame, in the ego frame, by ID."""
    time_ns = log.frames[frame].timestamp_ns
    ego_SE3_world = log.world_SE3_ego(time_ns).inverse()
    states = states_in_sweep(tracks, time_ns, log)
    return {
        track.id: ego_SE3_world.transform(state.cuboid.center_m)
        for track, state in zip(tracks, states, strict=True)
        if state is not None
    }
