"""Limits of checks in an ontology."""

from __future__ import annotations

from pathlib import Path

import pytest

from av3d.ontology.checks import OntologyError
from av3d.ontology.codec import from_json
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default


def ontology(**checks: object) -> Ontology:
    return from_json({"name": "x", "categories": [{"key": "car", "checks": checks}]})


def test_limits_are_numbers_or_false_and_survive_json() -> None:
    made = ontology(**{"speed": 60, "speed.window_s": 0.4, "overlap": False})
    (car,) = from_json(made.as_json()).categories
    assert car.checks == {"speed": 60.0, "speed.window_s": 0.4, "overlap": False}
    assert made.digest == from_json(made.as_json()).digest


def test_an_ontology_without_limits_has_the_text_it_had() -> None:
    assert "checks" not in default().as_json()
    assert all("checks" not in category.as_json() for category in default().categories)


@pytest.mark.parametrize("value", [True, "60", float("nan"), [1], None])
def test_a_limit_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(OntologyError, match="speed"):
        ontology(speed=value)


def test_limits_are_read_from_toml(tmp_path: Path) -> None:
    from av3d.ontology.file import read_ontology

    file = tmp_path / "o.toml"
    file.write_text('name = "x"\nchecks = { jerk = false }\n[[categories]]\nkey = "car"\n')
    assert read_ontology(file).checks == {"jerk": False}
