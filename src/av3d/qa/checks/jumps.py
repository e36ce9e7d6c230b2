"""Places that an object cannot have got to."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
