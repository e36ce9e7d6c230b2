"""Differences between a session's labels and others, as the window goes through them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.adjudicating import Adjudicating
from av3d.present.comparison import OtherLabels
from av3d.present.tasks import WorkQueue


@pytest.fixture
def ready(editing):
    """Works run at once."""
    editing.session.works = WorkQueue(editing.session.clock, start=lambda work: work())
    return editing


def moved(track, metres):
    keyframes = [
        replace(
            keyframe,
            cuboid=Cuboid(
                SE3(
                    keyframe.cuboid.frame_SE3_cuboid.rotation,
                    np.add(keyframe.cuboid.center_m, [0.0, metres, 0.0]),
                ),
                keyframe.cuboid.size_lwh_m,
            ),
        )
        for keyframe in track.keyframes
    ]
    return replace(track, keyframes=tuple(keyframes))


@pytest.fixture
def adjudicating(ready, tracks):
    """Bea has car 1 a metre to the left and no pedestrian."""
    first, second, _ = tracks
    found = Adjudicating(ready.session, OtherLabels("bea", (moved(first, 1.0), second)))
    assert (found.ready, found.findings) == (False, ())
    settled(ready, found)
    return found


def settled(workspace, adjudicating):
    for _ in range(3):
        adjudicating.poll()
        workspace.session.works.tick()


def whats(adjudicating):
    return {finding.what for finding in adjudicating.findings}


def test_differences_come_beside_the_window(adjudicating):
    assert adjudicating.ready
    assert whats(adjudicating) == {
        "bea has it 1.00 m to the left", "bea has nothing here for 0.6 s"
    }  # fmt: skip
    assert adjudicating.summary.startswith("2 differences to bea, ")


def test_theirs_is_one_edit_after_which_it_differs_no_more(ready, adjudicating):
    [finding] = [one for one in adjudicating.findings if one.check == "agreement.moved"]
    version = adjudicating.version
    assert ready.session.edits.do("Take theirs", adjudicating.take_theirs(finding))
    settled(ready, adjudicating)
    assert adjudicating.version > version
    assert whats(adjudicating) == {"bea has nothing here for 0.6 s"}
    ready.session.undo()
    settled(ready, adjudicating)
    assert len(adjudicating.findings) == 2


def test_the_average_is_offered_where_there_is_one(ready, adjudicating):
    by_check = {finding.check: finding for finding in adjudicating.findings}
    assert adjudicating.take_average(by_check["agreement.extra"]) is None
    average = adjudicating.take_average(by_check["agreement.moved"])
    assert average is not None
    ready.session.edits.do("Take the average", average)
    assert ready.session.track("car-1").keyframes[0].cuboid.center_m[1] == pytest.approx(0.5)


def test_nothing_is_compared_again_while_nothing_changes(ready, adjudicating):
    version = adjudicating.version
    settled(ready, adjudicating)
    assert adjudicating.version == version
