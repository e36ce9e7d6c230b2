"""JSON text in the tables of a project, which another program or a damaged disk may have changed."""

from __future__ import annotations

import json
from typing import Any

from av3d.store.errors import StoreError


def stored_json(text: Any, where: str) -> Any:
    """The value of JSON text.

    Args:
        text: what a column holds.
        where: the row that it is of, for the message.

    Raises:
        StoreError: it is no JSON; the caller adds which project it is of.
    """
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(
            f"{where} makes no sense: {str(error)[:100]}", "", "restore the project from a backup"
        ) from error
