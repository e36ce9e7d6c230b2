"""Commands of the table as lines of a list that opens at a place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from av3d.present.choices import Choice

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def choices_of(
    workspace: Workspace, names: Iterable[str], separated: Collection[str] = ()
) -> tuple[Choice, ...]:
    """Commands by name with their keys, as they can be done now; a line above those in `separated`."""
    items = []
    for name in names:
        command = workspace.table.by_name(name)
        items.append(
            Choice(
                command.title,
                lambda name=name: workspace.run(name),  # type: ignore[misc]
                key=command.key,
                on=command.checked is not None and command.checked(workspace),
                enabled=command.enabled(workspace),
                separated=name in separated,
            )
        )
    return tuple(items)
