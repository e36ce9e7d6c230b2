from __future__ import annotations

import pytest

from av3d.present.place import Place
from av3d.tracks.operations.issues import open_issue
from faulty_labels import checks, reviewing, tracks  # noqa: F401  # fixtures

BEHIND_M = (-20.0, 2.0, 0.5)


def look_at_the_unlabelled_one(workspace):
    [lost] = [one for one in workspace.review.findings if one.check == "lost"]
    workspace.review.show(lost.id)


def middle_px(workspace):
    """What of its image the large camera has in its middle."""
    pane = workspace.camera
    return pane.view.to_image(pane.width / 2, pane.height / 2)


def pin_an_issue(workspace, place_m):
    workspace.session.edits.do(
        "Open an issue",
        lambda document: open_issue(
            document, text="what is that?", author="mira", time_ns=9, timestamp_ns=300_000_000,
            place_m=place_m,
        ),
        locked_too=True,
    )  # fmt: skip
    workspace.run("issue.show", workspace.issues.all[-1].id)


def test_an_image_shows_a_place_only_if_the_place_is_before_its_camera(log):
    place = Place((20.0, 0.0, 1.6), (4.0, 2.0, 1.5))
    left, top, right, bottom = place.bounds_px(log, 0, "front_camera")
    assert (left + right) / 2 == pytest.approx(319.5)
    assert (top + bottom) / 2 == pytest.approx(179.5)
    assert right - left == pytest.approx(2.0 * 400 / (18.5 - 2.0))
    assert place.bounds_px(log, 0, "back_camera") is None


def test_a_frame_without_an_image_shows_no_place(log):
    behind = Place(BEHIND_M)
    assert behind.bounds_px(log, 6, "back_camera") is not None
    assert behind.bounds_px(log, 7, "back_camera") is None


def test_the_large_camera_turns_to_a_finding_without_a_track(reviewing, settle):  # noqa: F811
    reviewing.session.show_camera("back_camera")
    look_at_the_unlabelled_one(reviewing)
    settle(reviewing)
    assert reviewing.session.selected is None
    assert reviewing.session.camera == "front_camera"
    # It is to the right of the middle, 26.5 m ahead; the view goes there as far as the image reaches.
    u, v = middle_px(reviewing)
    assert u > 319.5 + 80
    assert v == pytest.approx(179.5 + 0.6 * 400 / 26.5, abs=8)


def test_a_camera_that_somebody_chose_stays_until_the_next_finding(reviewing, settle):  # noqa: F811
    look_at_the_unlabelled_one(reviewing)
    settle(reviewing)
    reviewing.session.show_camera("back_camera")
    settle(reviewing)
    assert reviewing.session.camera == "back_camera"
    look_at_the_unlabelled_one(reviewing)
    settle(reviewing)
    assert reviewing.session.camera == "front_camera"


def test_a_track_that_is_selected_is_followed_rather_than_the_place(reviewing, settle):  # noqa: F811
    look_at_the_unlabelled_one(reviewing)
    settle(reviewing)
    at_the_place = middle_px(reviewing)
    reviewing.session.select("jumper-1")
    settle(reviewing)
    assert middle_px(reviewing) != pytest.approx(at_the_place, abs=8)


def test_both_views_turn_to_an_issue_that_is_pinned_to_a_place(reviewing, settle):  # noqa: F811
    assert reviewing.session.camera == "front_camera"
    pin_an_issue(reviewing, BEHIND_M)
    settle(reviewing)
    assert reviewing.session.camera == "back_camera"
    # The ego has driven 1.5 m until frame 3.
    assert reviewing.main.bev.center_m == pytest.approx((-21.5, 2.0))


def test_beside_a_review_no_place_is_followed(reviewing, settle):  # noqa: F811
    look_at_the_unlabelled_one(reviewing)
    settle(reviewing)
    reviewing.key("Alt+1")
    settle(reviewing)
    assert reviewing.camera.place is None
