from __future__ import annotations

import pytest

from av3d.store.errors import StoreError
from av3d.store.project import open_project
from av3d.store.snapshot import snapshot
from av3d.tracks.change import Change
from store.projects import LOG, car, new_project, rain


def test_it_holds_the_labels_of_logs_and_the_entry_after_which_they_are_so(
    project_url: str,
) -> None:
    with new_project(project_url, LOG, "other", "third") as project:
        project.commit({LOG: [Change(None, car("a")), Change(None, rain("e", "a"))]}, command="one")
        project.commit({"other": [Change(None, car("b"))]}, command="two")
        taken = snapshot(project, ["other", LOG])
        assert list(taken.documents) == ["other", LOG]
        assert list(taken.documents[LOG].tracks) == ["a"]
        assert list(taken.documents[LOG].events) == ["e"]
        assert list(taken.documents["other"].tracks) == ["b"]
        last = project.journal()[-1]
        assert (taken.position, taken.digest, taken.time_ns) == (last.id, last.digest, last.time_ns)
        assert taken.ontology == project.ontology()


def test_what_somebody_writes_meanwhile_is_not_in_it(project_url: str) -> None:
    with new_project(project_url, LOG, "other") as project, open_project(project_url) as theirs:

        class Names(list[str]):
            """Somebody commits between the reading of one log and of the next."""

            def __iter__(self):  # type: ignore[no-untyped-def]
                for name in (LOG, "other"):
                    yield name
                    if not theirs.tracks("other"):
                        theirs.commit({"other": [Change(None, car("b"))]}, command="theirs")

        before = project.position
        taken = snapshot(project, Names())
        assert taken.position == before
        assert taken.documents["other"].tracks == {}
        assert list(theirs.document("other").tracks) == ["b"]


def test_a_project_without_such_a_log_says_which_there_are(project_url: str) -> None:
    with new_project(project_url) as project, pytest.raises(StoreError, match="no log 'other'"):
        snapshot(project, ["other"])
