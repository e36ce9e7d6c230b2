"""When a track is there: gaps while there are points, and tracks of a moment."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
