"""Who is who: one object in several tracks, two tracks that exchange their objects."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
