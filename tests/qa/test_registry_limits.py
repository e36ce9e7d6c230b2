"""Limits in an ontology that no check asks for are told, not passed over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.ontology.presets import default
from av3d.qa.registry import unknown_limits


@pytest.mark.parametrize("name", ["speed", "speed.window_s", "keyframe-gap", "slip.speed_m_s"])
def test_limits_and_parameters_of_checks_are_known(name: str) -> None:
    assert unknown_limits(replace(default(), checks={name: 1.0})) == ()


@pytest.mark.parametrize(
    ("name", "hint"), [("sped", "use 'speed'"), ("speed.windows", "use 'speed.window_s'")]
)
def test_a_name_that_no_check_has_is_told_with_the_nearest(name: str, hint: str) -> None:
    (line,) = unknown_limits(replace(default(), checks={name: 1.0}))
    assert line.startswith(f"the ontology has a limit '{name}' that no check asks for; {hint}")


def test_the_category_is_named() -> None:
    car, *others = default().categories
    ontology = replace(default(), categories=(replace(car, checks={"jiter": False}), *others))
    (line,) = unknown_limits(ontology)
    assert line.startswith("category car has a limit 'jiter'")
    assert "use 'jitter'" in line
