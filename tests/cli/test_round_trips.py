"""Each format's own export comes back through `av3d import`, and does no harm when it is damaged."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
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
from round_trips import ONE_WAY, WAYS

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from fuzzing.labels import seed_of_export
from fuzzing.pool import FINE, REFUSED, run_cases
from kill import make_log

CLOSE_M = 0.005
CASES = 10
"""Of malformed labels, of each format; tests/benchmarks/malformed_labels.py has a thousand."""
SEED = 11


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sweeps of the sample log, and a project with its labels."""
    folder = tmp_path_factory.mktemp("round trips")
    log = make_log(folder)
    assert run(["import", str(log), "--project", str(folder / "p.av3d")]) == 0
    return folder


@pytest.fixture(scope="module", params=sorted(WAYS))
def exported(request: pytest.FixtureRequest, work: Path) -> tuple[str, Path]:
    """A format, and the labels in it."""
    out = work / f"made {request.param}"  # as the benchmark calls what it damages
    given = ["--project", str(work / "p.av3d"), "--format", request.param, "--out", str(out)]
    assert run(["export", *given]) == 0
    return request.param, out


def test_every_format_that_is_written_comes_back_or_says_why_not() -> None:
    writers = {one.name for one in datasets() if one.writes_labels}
    assert writers == WAYS.keys() | ONE_WAY.keys()


def test_an_export_comes_back(
    exported: tuple[str, Path], work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_format, out = exported
    way, back = WAYS[of_format], tmp_path / "back.av3d"
    arguments = way.arguments(out, work / "log", of_format)
    capsys.readouterr()
    assert run(["import", *arguments, "--project", str(back), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    with av3d.open_project(work / "p.av3d") as before, av3d.open_project(back) as after:
        assert after.check().clean
        source = av3d.open_log(work / "log")
        log = av3d.open_log(arguments[0], None if way.labels else of_format)
        ours, theirs = before.tracks("crossing"), after.tracks(facts["log"])
        assert len(theirs) == facts["tracks"]
        for here, there in way.frames:
            expected, found = centres(source, here, ours), centres(log, there, theirs)
            assert len(expected) >= len(found) > 0
            assert len(found) == len(expected) or not way.complete
            # Some formats give tracks other IDs: each cuboid is where one was.
            places = np.stack(list(expected.values()))
            for place in found.values():
                assert np.linalg.norm(places - place, axis=1).min() < CLOSE_M


@pytest.mark.usefixtures("_fuzzing")
def test_malformed_labels_are_imported_wholly_or_refused_in_a_line(
    exported: tuple[str, Path], work: Path, tmp_path: Path
) -> None:
    of_format, out = exported
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        seed = seed_of_export(of_format, out, work / "log", work / f"{of_format}.av3d")
    results = list(run_cases(f"labels {of_format}", SEED, range(CASES), [seed], tmp_path, 1))
    assert [result for result in results if result.outcome not in (FINE, REFUSED)] == []
    assert len(results) == CASES
    assert REFUSED in {result.outcome for result in results}


@pytest.fixture
def _fuzzing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect shows where it is, and nobody's files are touched."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("AV3D_DEBUG", "1")


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
