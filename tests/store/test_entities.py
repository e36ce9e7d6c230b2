from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.ontology.presets import default
from av3d.store.errors import StoreError
from av3d.store.project import open_project
from av3d.tracks.change import Change
from store.projects import LOG, car, damage, ids, new_project, rain


def test_events_are_sorted_by_time_and_come_back_as_they_were(project_url: str) -> None:
    events = [rain("e2", "a", note="ü"), rain("e1")]
    with new_project(project_url) as project:
        made = [Change(None, entity) for entity in (car("a"), *events)]
        project.apply(LOG, made, command="label")
        assert project.events(LOG) == (events[1], events[0])
        assert project.document(LOG).events["e2"].as_json() == events[0].as_json()


def test_an_ontology_comes_back_as_it_was_and_changes_part_by_part(project_url: str) -> None:
    with open_project(project_url, create=True) as project:
        before = project.ontology()
        assert before == default()
        after = replace(
            before, version=before.version + 1, note="ü", categories=before.categories[::-1]
        )
        project.commit({"": [Change(before, after)]}, command="change the ontology")
        assert project.ontology() == after
        project.undo()
        assert project.ontology() == before
        assert project.ontology().digest == before.digest
        assert project.check().clean


def test_events_of_two_logs_with_one_id_are_two(project_url: str) -> None:
    with new_project(project_url, "one", "two") as project:
        project.apply("one", [Change(None, rain("e"))], command="rain")
        project.apply("two", [Change(None, rain("e", note="heavy"))], command="rain")
        project.apply("one", [Change(rain("e"), None)], command="delete")
        assert (ids(project.events("one")), ids(project.events("two"))) == ([], ["e"])


@pytest.mark.parametrize(
    "value",
    ["", "{", "[]", "7", "{}", '{"id": 5}', "NaN", "[" * 100_000, '{"id":"e","label":null}'],
)
def test_a_value_that_makes_no_sense_gives_one_line(project_url: str, value: str) -> None:
    with new_project(project_url) as project:
        project.apply(LOG, [Change(None, rain("e"))], command="rain")
        damage(project_url, f"UPDATE entity SET value = '{value}' WHERE kind = 'event'")
        for read in (project.events, project.document):
            with pytest.raises(StoreError, match="makes no sense") as caught:
                read(LOG)
            assert "\n" not in str(caught.value)
            assert caught.value.where == project.where
        assert project.check().findings
