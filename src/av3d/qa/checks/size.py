"""Sizes: outside of the category's limits, unlikely for it, or changing on a rigid object."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
