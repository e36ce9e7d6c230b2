"""Two cuboids in one place: overlaps, and two tracks on one object."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
