"""From version 2 to version 3: how a track is interpolated, and how exact a keyframe is.

Nobody has said either of them in a project of version 2. What is not said has no key in the JSON of a
track, so every digest and the whole journal stay what they are.
"""

from __future__ import annotations

from sqlalchemy import Connection, text


def migrate(connection: Connection) -> None:
    """Turn a project of version 2 into one of version 3.

    Args:
        connection: a transaction that holds the project's write lock.
    """
    # Columns without a default: neither database rewrites a single row for them.
    connection.execute(text("ALTER TABLE track ADD COLUMN interpolation TEXT"))
    connection.execute(text("ALTER TABLE keyframe ADD COLUMN noise TEXT"))
