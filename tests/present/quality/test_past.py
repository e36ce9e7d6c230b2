"""What the journal tells of cuboids: tracks are made and edited in a real project, then read back."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.present.quality.history import read_journal
from av3d.present.quality.past import INTERPOLATED, MOST_MEASURED, Past, pose_of
from av3d.present.quality.rework import merged
from av3d.store.errors import StoreError
from av3d.store.project import open_project
from av3d.store.references import LogReference
from av3d.tracks.change import Change
from av3d.tracks.history import Kind
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

S = 1_000_000_000
LWH = [4.0, 2.0, 1.5]


def keyframe(time_s, x_m, provenance=Provenance.IMPORTED, yaw_rad=0.0, lwh=LWH):
    cuboid = Cuboid.from_yaw([x_m, 0.0, 0.0], lwh, yaw_rad)
    return Keyframe(int(time_s * S), cuboid, provenance)


def car(*keyframes, **values):
    return Track("car", "car", keyframes, number=1, **values)


IMPORTED = car(keyframe(0, 0.0), keyframe(1, 10.0), keyframe(2, 20.0))


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """A project that knows of a log, and of nothing else."""
    place = tmp_path_factory.mktemp("past") / "p.av3d"
    log = LogReference("small", "folder", "/logs/small", "", "f1", 0, 2 * S)
    with open_project(place, create=True, author="import") as project:
        project.commit({"": [Change(None, log)]}, command="add log small", kind=Kind.FIXED)
    return place


@pytest.fixture
def project(street, tmp_path):
    place = tmp_path / "p.av3d"
    place.write_bytes(street.read_bytes())
    with open_project(place, author="import") as opened:
        yield opened


def put(project, before, after, author="ana"):
    project.apply("small", [Change(before, after)], command="edit", author=author)
    return after


def rework(project, provenance):
    return merged(read_journal(project, ["small"]).rework, 0).get(provenance)


def test_imported_cuboids_that_nobody_touched_are_no_rework(project):
    put(project, None, IMPORTED)
    one = rework(project, "imported")
    assert (one.made, one.changed, one.removed, one.share) == (3, 0, 0, 0.0)


def test_a_moved_cuboid_counts_with_how_far_it_went_in_all(project):
    first = put(project, None, IMPORTED)
    steps = [keyframe(1, 10.3, Provenance.MANUAL), keyframe(1, 10.4, Provenance.MANUAL, 0.1)]
    for step in steps:
        first = put(project, first, car(keyframe(0, 0.0), step, keyframe(2, 20.0)))
    one = rework(project, "imported")
    assert (one.made, one.changed) == (3, 1)
    assert one.amounts == [pytest.approx((0.4, np.rad2deg(0.1), 0.0))]


def test_an_edit_that_was_undone_never_was(project):
    put(project, None, IMPORTED)
    put(project, IMPORTED, car(keyframe(0, 5.0, Provenance.MANUAL), *IMPORTED.keyframes[1:]))
    project.undo()
    assert rework(project, "imported").share == 0.0


def test_a_deleted_track_is_cuboids_removed_until_it_comes_back(project):
    put(project, None, IMPORTED)
    put(project, IMPORTED, None)
    assert rework(project, "imported").removed == 3
    project.undo()
    assert rework(project, "imported").removed == 0


def test_a_keyframe_taken_out_where_the_motion_gives_the_same_was_right(project):
    put(project, None, IMPORTED)
    put(project, IMPORTED, car(IMPORTED.keyframes[0], IMPORTED.keyframes[2]))
    one = rework(project, "imported")
    assert (one.made, one.changed, one.removed) == (3, 0, 0)


def test_a_keyframe_put_between_others_corrects_what_was_interpolated(project):
    two = put(
        project,
        None,
        car(keyframe(0, 0.0, Provenance.MANUAL), keyframe(2, 20.0, Provenance.MANUAL)),
    )
    middle = keyframe(1, 10.5, Provenance.MANUAL)
    put(project, two, replace(two, keyframes=(*two.keyframes, middle)))
    one = rework(project, "interpolated")
    assert (one.made, one.changed) == (1, 1)
    assert one.amounts[0][0] == pytest.approx(0.5, abs=0.02)


def test_fitted_cuboids_are_told_apart_by_category(project):
    fitted = car(keyframe(0, 0.0, Provenance.FITTED), keyframe(2, 20.0, Provenance.FITTED))
    put(project, None, fitted)
    other = Track("bus", "bus", (keyframe(0, 0.0, Provenance.FITTED),), number=1)
    project.apply("small", [Change(None, other)], command="add", author="ana")
    facts = read_journal(project, ["small"])
    assert {name: one.made for name, one in merged(facts.rework, 1, "fitted").items()} == {
        "bus": 1, "car": 2,
    }  # fmt: skip


def test_a_split_track_keeps_where_its_cuboids_come_from(project):
    put(project, None, IMPORTED)
    second = Track("car2", "car", IMPORTED.keyframes[1:], number=2)
    changes = [Change(IMPORTED, car(IMPORTED.keyframes[0])), Change(None, second)]
    project.apply("small", changes, command="split", author="ben")
    one = rework(project, "imported")
    assert (one.changed, one.removed) == (0, 0)


def test_a_resized_cuboid_counts_by_its_worst_side(project):
    put(project, None, IMPORTED)
    keyframes = tuple(keyframe(s, 10.0 * s, lwh=[4.5, 1.9, 1.5]) for s in range(3))
    put(project, IMPORTED, car(*keyframes))
    one = rework(project, "imported")
    assert one.changed == 3
    assert one.percentile(50) == pytest.approx((0.0, 0.0, 0.5))


def test_a_cuboid_belongs_to_who_changed_the_nearest_keyframe_last(project):
    put(project, None, IMPORTED, author="import")
    put(
        project, IMPORTED, car(*IMPORTED.keyframes[:2], keyframe(2, 21.0, Provenance.MANUAL)), "ben"
    )
    facts = read_journal(project, ["small"])
    made = facts.made_by["small", "car"]
    times_ns = np.array([0, 0.4 * S, 1.5 * S, 1.6 * S, 2 * S], dtype=np.int64)
    names = [facts.authors[place] for place in made.authors[made.rows(times_ns)]]
    assert names == ["import", "import", "import", "ben", "ben"]
    assert facts.keyframes == {"import": 2, "ben": 1}


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["undo", "redo", "restore", "delete"]),
            st.tuples(st.integers(0, 4), st.floats(-9, 9), st.sampled_from(["manual", "fitted"])),
        ),
        max_size=8,
    )
)
def test_whatever_was_done_the_journal_ends_with_what_is_stored(street, steps):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "p.av3d"
        place.write_bytes(street.read_bytes())
        with open_project(place, author="ana") as opened:
            now = put(opened, None, IMPORTED)
            for step in steps:
                now = taken(opened, now, step)
            past = Past()
            for entry in opened.entries():
                changes = [(1, one.id, one.delta) for one in entry.changes if one.kind == "track"]
                past.take(changes, past.author(entry.author), entry.time_ns, entry.id)
            told = past.tracks[1, "car"]
            assert told.there is (now is not None)
            poses = {} if now is None else {
                one.timestamp_ns: pose_of(one.cuboid) for one in now.keyframes
            }  # fmt: skip
            assert {at_ns: key.pose for at_ns, key in told.keys.items()} == poses


def taken(project, now, step):
    """Take one step; what is stored then."""
    if step == "undo":
        project.undo()
    elif step == "redo":
        project.redo()
    elif step == "restore":
        project.restore(3)
    elif step == "delete":
        put(project, now, None) if now else None
    elif now is not None:
        time_s, x_m, provenance = step
        rest = [one for one in now.keyframes if one.timestamp_ns != time_s * S]
        put(project, now, car(*rest, keyframe(time_s, x_m, Provenance(provenance))))
    return next(iter(project.tracks("small")), None)


def test_beyond_some_thousands_only_some_are_compared_but_all_are_counted():
    past = Past()
    past._between = MOST_MEASURED
    tree = {
        "category": "car", "presence": [[0, 2 * S]],
        "keyframes": {"0": keyframe(0, 0.0, Provenance.MANUAL).as_json()},
    }  # fmt: skip
    past.take([(1, "car", [None, tree])], 0, 1, 1)
    new = keyframe(1, 3.0, Provenance.MANUAL).as_json()
    past.take([(1, "car", {"keyframes": {str(S): [None, new]}})], 0, 2, 2)
    key = past.tracks[1, "car"].keys[S]
    assert (key.origin, key.original) == (INTERPOLATED, None)


@pytest.mark.parametrize(
    "delta",
    [
        {"keyframes": {"5": {"center_m": [[0, 0, 0], [1, 1, 1]]}}},
        {"keyframes": {"5": [{"center_m": [0, 0, 0]}, None]}},
        [None, {"category": "car"}],
        {"category": ["bus", "car"]},
    ],
)
def test_a_journal_that_does_not_fit_says_what_to_do(delta):
    past = Past()
    tree = {"category": "car", "keyframes": {"0": keyframe(0, 0.0).as_json()}}
    past.take([(1, "car", [None, tree])], 0, 1, 1)
    with pytest.raises(StoreError, match="fsck"):
        past.take([(1, "car", delta)], 0, 2, 2)
