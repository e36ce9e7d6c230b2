"""Keyframes: too far apart, or leaving too much doubt between them."""

from __future__ import annotations

from av3d.qa.check import Check

CHECKS: list[type[Check]] = []
