"""Points in cuboids: too few, cut off by a face, or far from one."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
