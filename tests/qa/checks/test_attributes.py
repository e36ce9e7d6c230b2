"""Categories and attributes that are not as the ontology says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.ontology.attribute import Attribute, AttributeKind, Value
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default
from av3d.qa.checks.attributes import Attributes
from av3d.qa.finding import Severity
from courses import ahead, subject_of, track_along


@pytest.fixture(scope="module")
def demanding() -> Ontology:
    """An ontology in which cars need a colour, red or blue."""
    ontology = default()
    colour = Attribute(
        "paint", kind=AttributeKind.ENUM, required=True, values=(Value("red"), Value("blue"))
    )
    car = ontology.category("car")
    assert car is not None
    categories = [
        replace(one, attributes=(*one.attributes, "paint")) if one is car else one
        for one in ontology.categories
    ]
    return replace(
        ontology, categories=tuple(categories), attributes=(*ontology.attributes, colour)
    )


def whats(ontology: Ontology, category: str = "car", **attributes: str) -> list[str]:
    track = track_along(ahead(5.0), category=category, attributes=attributes)
    return [found.what for found in Attributes().examine(subject_of(track, ontology=ontology))]


def test_a_required_attribute_that_is_missing(demanding: Ontology) -> None:
    assert whats(demanding) == ["Car 7: paint is missing"]
    assert whats(demanding, paint="red") == []


def test_a_value_that_is_not_allowed(demanding: Ontology) -> None:
    (what,) = whats(demanding, paint="green")
    assert what.startswith("Car 7: paint: ")


def test_several_things_are_one_finding(demanding: Ontology) -> None:
    (what,) = whats(demanding, paint="green", mood="gay", song="sad", dance="wild", tune="low")
    assert what.count(";") == 3
    assert what.endswith("; and 2 more")


def test_an_unknown_category_is_an_error(demanding: Ontology) -> None:
    track = track_along(ahead(5.0), category="spaceship")
    (finding,) = Attributes().examine(subject_of(track, ontology=demanding))
    assert finding.severity is Severity.ERROR
    assert finding.what == "Spaceship 7: the ontology has no category 'spaceship'"


def test_an_ontology_may_leave_it_out(demanding: Ontology) -> None:
    assert whats(replace(demanding, checks={"attributes": False})) == []
