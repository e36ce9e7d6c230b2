"""Objects that stand: jitter of what does not move, and motion of what is called static."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
