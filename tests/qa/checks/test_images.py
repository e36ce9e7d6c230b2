"""Cuboids against what the cameras show, in the sample log."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from av3d.datasets.registry import dataset, open_log, own_labels
from av3d.datasets.relabelling import for_project
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.ontology.presets import default
from av3d.qa.checks.images import ImageMismatch, NeverSeen
from av3d.qa.evidence import NUMBERS, PointFacts
from av3d.qa.pictures import ASIDE, LENGTH, Pictures, pictures
from av3d.qa.scene import Scene
from av3d.qa.sight import Sight
from av3d.qa.subject import Subject

ONTOLOGY = default()


@pytest.fixture(scope="module")
def log(repository):
    return open_log(repository / "sample_logs" / "crossing")


@pytest.fixture(scope="module")
def tracks(log):
    found, _ = for_project(own_labels(log), dataset(log.kind), ONTOLOGY)
    return {track.name: track for track in found}


def seen(log, track, points=40.0):
    """A track with so many points in each cuboid, and nothing before it."""
    subject = Subject(track, log, ONTOLOGY)
    numbers = np.zeros((len(subject.frames), NUMBERS), dtype=np.float32)
    numbers[:, 0] = points
    return replace(subject, points=PointFacts.of(numbers))


def moved(track, by_m):
    """A track with all cuboids somewhere else, world frame."""
    return track.with_keyframes(
        [
            replace(
                keyframe,
                cuboid=Cuboid(
                    SE3(
                        keyframe.cuboid.frame_SE3_cuboid.rotation,
                        keyframe.cuboid.center_m + np.asarray(by_m),
                    ),
                    keyframe.cuboid.size_lwh_m,
                ),
            )
            for keyframe in track.keyframes
        ]
    )


@pytest.fixture
def looks(monkeypatch):
    """Tracks look like an object where they are, but for one, which does to its left."""
    rng = np.random.default_rng(3)
    thing, street = rng.normal(0.0, 0.05, (2, LENGTH))
    asked = []

    def made(subject, before):
        asked.append(subject.track.name)
        stacks = street + rng.normal(0.0, 0.02, (3, len(ASIDE), LENGTH))
        stacks[:, 3 if subject.track.name == "Car 1" else 0] += thing - street
        places = [(8 * k, "left", (0.0, 0.0, 50.0 + k, 40.0)) for k in range(3)]
        return Pictures(dict(zip(places, stacks.astype(np.float32), strict=True)))

    monkeypatch.setattr("av3d.qa.checks.images.pictures", made)
    return asked


def mismatches(log, subjects, memory=None, ontology=ONTOLOGY):
    by_id = {one.track.id: one for one in subjects}
    return list(ImageMismatch().examine(Scene(log, ontology, by_id, Sight(log), memory or {})))


def test_a_car_beside_what_the_images_show(log, tracks, looks):
    (finding,) = mismatches(log, [seen(log, track) for track in tracks.values()])
    assert (finding.name, finding.limit) == ("Car 1", 0.2)
    assert finding.what.startswith(
        "The images look more like an object beside it than where it is, in 3 images (best in left): "
    )
    times_ns = log.frames.timestamps_ns[[0, 16]].tolist()
    assert [finding.start_ns, finding.end_ns] == times_ns
    assert finding.timestamp_ns == times_ns[1]  # where it is largest


def test_only_the_images_of_edited_tracks_are_looked_at_again(log, tracks, looks):
    subjects = [seen(log, track) for track in tracks.values()]
    memory = {"other": None}
    assert len(mismatches(log, subjects, memory)) == 1
    looks.clear()
    assert len(mismatches(log, [seen(log, subjects[0].track), *subjects[1:]], memory)) == 1
    assert looks == [subjects[0].track.name]


def test_the_ontology_can_leave_it_out(log, tracks, looks):
    silent = replace(ONTOLOGY, checks={"image": False})
    assert mismatches(log, [seen(log, track) for track in tracks.values()], ontology=silent) == []


def test_pictures_are_of_frames_in_which_the_track_is_large_and_free(log, tracks):
    subject = seen(log, tracks["Car 1"])
    found = pictures(subject)
    assert 2 <= len(found.by_place) <= 6
    for (frame, camera, bounds_px), stack in found.by_place.items():
        assert frame % 5 == 0
        assert camera in log.cameras
        assert max(bounds_px[2] - bounds_px[0], bounds_px[3] - bounds_px[1]) >= 48
        assert stack.shape == (len(ASIDE), LENGTH)
        assert np.isfinite(stack[0]).all()


def test_pictures_of_earlier_are_used_again_where_the_cuboid_is_the_same(log, tracks):
    subject = seen(log, tracks["Car 1"])
    found = pictures(subject)
    again = pictures(subject, found)
    assert all(again.by_place[place] is stack for place, stack in found.by_place.items())


def test_what_is_hidden_has_no_pictures(log, tracks):
    subject = seen(log, tracks["Car 1"])
    hidden = replace(subject.points, hidden=np.full(len(subject.frames), 0.6))
    assert pictures(replace(subject, points=hidden)).by_place == {}


def test_far_away_without_points_nobody_ever_saw_it(log, tracks):
    away = moved(tracks["Car 1"], [0.0, 400.0, 0.0])
    (finding,) = NeverSeen().examine(seen(log, away, points=0.0))
    assert finding.what.startswith("No sensor sees it: no points in ")
    assert list(NeverSeen().examine(seen(log, away, points=1.0))) == []


def test_what_a_camera_shows_was_seen(log, tracks):
    assert list(NeverSeen().examine(seen(log, tracks["Car 1"], points=0.0))) == []


def test_where_nobody_looked_at_points_nothing_is_said(log, tracks):
    away = moved(tracks["Car 1"], [0.0, 400.0, 0.0])
    assert list(NeverSeen().examine(Subject(away, log, ONTOLOGY))) == []
    assert list(NeverSeen().examine(seen(log, away, points=np.nan))) == []
