import numpy as np
import pytest

from av3d.datasets.dataset import Dataset, DatasetError, ImportedLabels
from av3d.datasets.importing import ImportOptions, tracks_for_project
from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.logs.trajectory import Trajectory
from av3d.ontology.presets import default, load_ontology
from av3d.tracks.detections import Detections
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.proposal import SCORE, is_proposal
from av3d.tracks.track import Track

BOX = Cuboid.from_yaw([0, 0, 0], [4, 2, 1.5], 0.0)


class Made(Dataset):
    """Classes as nuScenes calls them."""

    name, title, label_attribute = "nuscenes", "Made", "nuscenes.category"


def detections(label: str = "vehicle.car", category: str = "car", count: int = 5) -> Detections:
    return Detections(
        np.arange(count, dtype=np.int64) * 100_000_000,
        np.column_stack([np.arange(count) * 1.0, np.zeros(count), np.zeros(count)]),
        np.tile([1.0, 0, 0, 0], (count, 1)),
        np.tile([4.0, 2.0, 1.5], (count, 1)),
        (category,) * count,
        np.full(count, 0.8),
        (label,) * count,
    )


def imported(log: Log, found: ImportedLabels, *stored: Track, ontology=None, **options):
    return tracks_for_project(
        found, Made(), log, ontology or default(), ImportOptions(**options), stored
    )


@pytest.fixture
def log() -> Log:
    """A log of which only the name and the frames are asked."""

    class Named:
        name, frames, trajectory = "made", (), Trajectory.identity()

    return Named()


def scored(track_id: str, score: float) -> Track:
    return Track(
        track_id, "car", (Keyframe(0, BOX, Provenance.IMPORTED),), attributes={SCORE: score}
    )


def test_detections_are_linked_in_the_categories_of_the_project(log):
    ready = imported(
        log, ImportedLabels((), detections=detections()), ontology=load_ontology("nuscenes")
    )
    [track] = ready.tracks
    assert load_ontology("nuscenes").category(track.category) is not None
    assert track.attributes["nuscenes.category"] == "vehicle.car"
    assert (ready.linked, ready.counts["detections"], ready.counts["detections_in_no_track"]) == (
        1,
        5,
        0,
    )


def test_a_category_that_the_ontology_does_not_know_is_kept_and_told(log):
    found = ImportedLabels((), ("read",), detections=detections("hovercraft", "hovercraft"))
    ready = imported(log, found)
    assert [track.category for track in ready.tracks] == ["hovercraft"]
    assert ready.notes[0] == "read"
    assert "'hovercraft' (1 of the tracks) is not in ontology av3d" in ready.notes[-1]


def test_tracks_with_scores_become_proposals_or_are_left_out(log):
    found = ImportedLabels((scored("a", 0.9), scored("b", 0.5), scored("c", 0.1)))
    ready = imported(log, found, min_score=0.2, propose_below=0.6)
    assert [(track.id, is_proposal(track)) for track in ready.tracks] == [("a", False), ("b", True)]
    assert (ready.linked, ready.proposals) == (0, 1)


def test_numbers_go_on_after_those_of_the_project_and_stay_at_a_second_import(log):
    found = ImportedLabels((), detections=detections())
    there = Track("x", "car", (Keyframe(0, BOX),), number=7)
    [first] = imported(log, found, there).tracks
    assert first.name == "Car 8"
    [again] = imported(log, found, there, first).tracks
    assert again == first


def test_a_score_is_finite():
    with pytest.raises(DatasetError, match="no score"):
        ImportOptions(min_score=float("nan"))
