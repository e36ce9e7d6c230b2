"""How objects of a category can move."""

from __future__ import annotations

from enum import StrEnum


class Motion(StrEnum):
    """How an object can move; checks and motion models go by it.

    STATIC objects stay where they are (cones, signs). WHEELED ones go where they point and turn on an
    arc: cars, bicycles, trailers, trams. LEGGED ones go slowly into any direction: people, animals.
    FREE ones may do anything; nothing is assumed about them.
    """

    STATIC = "static"
    WHEELED = "wheeled"
    LEGGED = "legged"
    FREE = "free"
