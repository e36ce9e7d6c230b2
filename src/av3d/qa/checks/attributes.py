"""Attributes that the ontology demands."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
