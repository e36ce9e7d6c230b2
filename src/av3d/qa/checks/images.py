"""Cuboids against what the cameras show."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
