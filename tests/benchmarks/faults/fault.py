"""A fault that is planted into labels, and the kinds of faults there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from av3d.qa.subject import Subject
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from faults.material import Material


class Strength(StrEnum):
    """How bad a fault is; each kind says what that means in numbers."""

    SLIGHT = "slight"
    PLAIN = "plain"
    GROSS = "gross"


STRENGTHS = tuple(Strength)


@dataclass(frozen=True)
class Fault:
    """What was planted.

    Attributes:
        kind, strength: name of the kind, and how bad it is.
        track_ids: a finding that names one of them may be about the fault.
        start_ns, end_ns: when it holds.
        amount: in words, with numbers: "31° off for 1.2 s".
        path: where the object was whose label is gone: times and centres, world frame.
    """

    kind: str
    strength: Strength
    track_ids: tuple[str, ...]
    start_ns: int
    end_ns: int
    amount: str
    path: tuple[np.ndarray, np.ndarray] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Planting:
    """A fault with the labels that have it.

    Attributes:
        fault: what it is.
        tracks: tracks that are new or other values than before.
        gone: IDs of tracks that are no longer there.
        touched: IDs of the untouched labels that it is about.
    """

    fault: Fault
    tracks: tuple[Track, ...]
    touched: tuple[str, ...]
    gone: tuple[str, ...] = ()


Plant = Callable[["Material", Subject, Strength, np.random.Generator], Planting | None]


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        name: "heading flip".
        words: what the three strengths mean, for people.
        checks: IDs of the checks that may find it: any one is enough.
        plant: puts it into a track; None where it does not fit (a fault of motion into what stands).
        points: whether it takes sweeps to plant it, and to find it.
    """

    name: str
    words: tuple[str, str, str]
    checks: frozenset[str]
    plant: Plant
    points: bool = False
