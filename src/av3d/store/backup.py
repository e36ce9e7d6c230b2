"""A copy of a project's file that is of one moment, while others go on writing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from av3d.store.errors import StoreError, explain
from av3d.store.new_database import new_database
from av3d.store.view import ProjectView


def backup(project: ProjectView, out: Path) -> None:
    """Copy a project to a new file, which is complete when it appears.

    Args:
        project: an open project in a SQLite file.
        out: where the copy shall be; one that is there is left as it is.

    Raises:
        StoreError: the project is on a server, there is a file already, or the disk refuses.
    """
    with project.reading() as connection:
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise StoreError(
                "a project on a server is not a file",
                project.where,
                "use `av3d project dump`, or pg_dump of PostgreSQL",
            )
        try:
            with new_database(out) as copy:
                source.backup(copy)
        except FileExistsError as error:
            raise StoreError("there is a file already", out, "choose another name") from error
        except sqlite3.Error as error:
            raise explain(error, "back up", str(out), 0.0) from error
        except OSError as error:
            raise StoreError(
                f"cannot write the backup: {error.strerror or error}",
                out,
                "check the folder and the space on its disk",
            ) from error
