"""Cuboids against the ground: floating above it or sunk into it."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
