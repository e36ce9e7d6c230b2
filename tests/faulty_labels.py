"""Labels with faults, and checks whose findings are known."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.present import finding_words, inspecting, review_sources
from av3d.present.drawing import Text
from av3d.present.tasks import WorkQueue
from av3d.qa.check import Measure, PairCheck, SceneCheck, TrackCheck, alike
from av3d.qa.finding import Finding, Severity
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.keyframes import delete_keyframe
from av3d.tracks.track import Track

PERIOD_NS = 100_000_000


class Leap(TrackCheck):
    """Farther from where the track mostly is than a limit."""

    id = "leap"
    title = "Leap"
    sentence = "How far the cuboid is from where it mostly is."
    unit = "m"
    fix = "delete the keyframe that is off"
    defaults = alike(0.2)

    def measure(self, subject):
        away_m = subject.centers_m - np.median(subject.centers_m, axis=0)
        return Measure(subject.times_ns, np.hypot(*away_m[:, :2].T), self.limit_for(subject))

    def repair(self, finding, document):
        return delete_keyframe(document, finding.track_id, finding.timestamp_ns)


class Near(PairCheck):
    """Two tracks less than 5 m apart at the start."""

    id, title, unit, above, severity = "near", "Near", "m", False, Severity.NOTE
    sentence = "How near two cars are at the start."
    defaults = alike(5.0)

    def examine(self, one, other):
        apart_m = float(np.hypot(*(one.centers_m[0] - other.centers_m[0])[:2]))
        if apart_m < 5 and {one.track.number, other.track.number} == {2, 3}:
            yield Finding(
                self.id, self.severity, (one.track.id, other.track.id), one.track.name, "car", 0, 0,
                0, apart_m, 5.0, "they are near", 41, one.track.digest, other.track.digest,
            )  # fmt: skip


class Lost(SceneCheck):
    """Something that has no label."""

    id, title, sentence = "lost", "Unlabelled", "What moves and has no label."
    defaults = alike(0.0)

    def examine(self, scene):
        nan = float("nan")
        yield Finding(
            self.id, Severity.NOTE, (), "Unlabelled", "", 3 * PERIOD_NS, 5 * PERIOD_NS,
            4 * PERIOD_NS, nan, nan, "something moves", 40, place_m=(30.0, -8.0, 1.0),
        )  # fmt: skip


def jumping(number, frame, metres):
    """A car that stands, but in one frame is elsewhere."""
    keyframes = tuple(
        Keyframe(
            index * 100_000_000,
            Cuboid.from_yaw(
                [10.0 + metres * (index == frame), 4.0 * number, 0.8], [4.4, 1.9, 1.6], 0
            ),
            Provenance.FITTED,
        )
        for index in range(12)
    )
    return Track(f"jumper-{number}", "car", keyframes, number=number)


@pytest.fixture
def tracks():
    return jumping(1, 5, 2.0), jumping(2, 7, 0.5), jumping(3, 0, 0.0)


@pytest.fixture(autouse=True)
def checks(monkeypatch):
    """Checks whose outcome is known, whatever av3d and other packages bring."""
    made = Leap(), Near(), Lost()
    monkeypatch.setattr(inspecting, "all_checks", lambda: made)
    for module in (finding_words, review_sources):
        by_id = {check.id: check for check in made}
        monkeypatch.setattr(module, "check_of", by_id.get)
    finding_words.kind_of.cache_clear()
    yield made
    finding_words.kind_of.cache_clear()


@pytest.fixture
def reviewing(editing, settle):
    """A workspace in Review, with everything looked at."""
    session = editing.session
    session.works = WorkQueue(start=lambda run: run())
    editing.key("Alt+2")
    for _ in range(4):
        settle(editing)
    return editing


def words_of(pane):
    return [
        shape.text
        for drawing in pane.drawings.values()
        for shape in drawing.shapes
        if isinstance(shape, Text)
    ]


def leaps(workspace):
    return [one.track_id for one in workspace.review.open if one.check == "leap"]


def pane(workspace, name):
    return next(pane for pane in workspace.panes if pane.name == name)
