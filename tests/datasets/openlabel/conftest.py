from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import av3d
from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.openlabel import DATASET
from av3d.datasets.registry import own_labels
from av3d.logs.log import Log
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.track import Track


@pytest.fixture(scope="session")
def crossing(repository: Path) -> Log:
    return av3d.open_log(repository / "sample_logs" / "crossing")


@pytest.fixture(scope="session")
def tracks(crossing: Log) -> tuple[Track, ...]:
    return own_labels(crossing)


@pytest.fixture(scope="session")
def events(crossing: Log, tracks: tuple[Track, ...]) -> tuple[Event, ...]:
    start_ns, second_ns = crossing.start_ns, 1_000_000_000
    return (
        Event("rain-1", "rain", start_ns, start_ns + second_ns, {"strength": 2}, "a shower"),
        Event("cut", "cut_in", start_ns + second_ns, start_ns + second_ns, {}, "", (tracks[1].id,)),
        Event("later", "rain", start_ns + 3600 * second_ns, start_ns + 3601 * second_ns),
        Event("seen", REVIEW, start_ns, crossing.end_ns, {"state": "accepted"}),
    )


@pytest.fixture(scope="session")
def exported(
    crossing: Log,
    tracks: tuple[Track, ...],
    events: tuple[Event, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The folder of an export of the sample log."""
    out = tmp_path_factory.mktemp("openlabel") / "out"
    options = ExportOptions(ontology="streets, version 3")
    DATASET.write_labels([LabelledLog(crossing, tracks, events=events)], out, options)
    return out


@pytest.fixture(scope="session")
def document(exported: Path) -> dict[str, Any]:
    """Its file's content; not to be changed."""
    content: dict[str, Any] = json.loads((exported / "crossing.json").read_text())
    return content["openlabel"]  # type: ignore[no-any-return]
