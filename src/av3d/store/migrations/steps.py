"""The steps from each version of a project to the next. A new version is one file and one line here.

A step uses nothing that a later version may change: it has its own definitions of tables and values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection

from av3d.store.migrations import version_1, version_2, version_2_tables, version_3


@dataclass(frozen=True)
class Step:
    """What makes a project of one version one of the next.

    Attributes:
        tables: names of all tables of the version that it starts from, for the backup copy.
        run: does it, in a transaction that holds the project's write lock. The version in the table
            `meta` is set by the caller.
    """

    tables: tuple[str, ...]
    run: Callable[[Connection], None]


STEPS: Mapping[int, Step] = MappingProxyType(
    {
        1: Step(version_1.TABLES, version_2.migrate),
        2: Step(version_2_tables.TABLES, version_3.migrate),
    }
)
"""By the version that they start from."""
