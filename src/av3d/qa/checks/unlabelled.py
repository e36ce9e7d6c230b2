"""What moves and has no label."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
