"""Projects of old versions for the tests, and what is in them, read without any code of av3d."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

VERSION_1 = Path(__file__).with_name("version_1.av3d")
VERSION_2 = Path(__file__).with_name("version_2.av3d")
TABLES = ("meta", "log", "track", "keyframe", "journal")
"""All tables of version 1."""
V2_TABLES = ("meta", "log", "track", "keyframe", "entity", "journal", "change")
"""All tables of version 2."""


def copy_to(folder: Path) -> Path:
    """A copy with the last edit still in the write-ahead log, as a killed program leaves it."""
    whole, path = folder / "whole", folder / "p.av3d"
    shutil.copy(VERSION_1, whole)
    with closing(sqlite3.connect(whole)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE track SET category = 'van' WHERE id = 'Straße 1'")
        connection.execute(
            """UPDATE journal SET changes = replace(changes, 'traffic_cone', 'van') WHERE id = 24"""
        )
        connection.commit()
        shutil.copy(whole, path)
        shutil.copy(f"{whole}-wal", f"{path}-wal")
    whole.unlink()
    return path


def rows(path: Path, table: str) -> list[dict[str, Any]]:
    # Nobody writes a file of the checkout: said so, SQLite leaves no -wal and -shm beside it.
    how = "immutable=1" if path in (VERSION_1, VERSION_2) else "mode=ro"
    with closing(sqlite3.connect(f"file:{path}?{how}", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]


def contents(path: Path, tables: Sequence[str] = TABLES) -> dict[str, list[dict[str, Any]]]:
    return {table: rows(path, table) for table in tables}


def tracks(path: Path, log_id: int) -> dict[str, dict[str, Any]]:
    """What the tables of version 1 say of the tracks of a log, by ID."""
    found = {}
    keyframes = rows(path, "keyframe")
    for row in rows(path, "track"):
        if row["log_id"] == log_id:
            found[row["id"]] = {
                "category": row["category"],
                "number": row["number"],
                "attributes": json.loads(row["attributes"]),
                "presence": json.loads(row["presence"]),
                "keyframes": [
                    {
                        "timestamp_ns": keyframe["timestamp_ns"],
                        "center_m": [keyframe[name] for name in ("x_m", "y_m", "z_m")],
                        "size_lwh_m": [
                            keyframe[name] for name in ("length_m", "width_m", "height_m")
                        ],
                        "quaternion_wxyz": [keyframe[name] for name in ("qw", "qx", "qy", "qz")],
                        "provenance": keyframe["provenance"],
                        "attributes": json.loads(keyframe["attributes"]),
                    }
                    for keyframe in keyframes
                    if keyframe["track_key"] == row["key"]
                ],
            }
    return found


def structure(path: Path) -> dict[str, list[Any]]:
    """Columns, keys, indexes and references of every table, and its kind."""
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM pragma_table_list")]
        found: dict[str, list[Any]] = {
            "tables": sorted(connection.execute("SELECT name, type, wr FROM pragma_table_list"))
        }
        for name in names:
            for what in ("table_xinfo", "index_list", "foreign_key_list"):
                query = f"SELECT * FROM pragma_{what}(?)"
                found[f"{what} of {name}"] = list(connection.execute(query, (name,)))
    return found


def fill(url: str, project: Path = VERSION_1, tables: Sequence[str] = TABLES) -> None:
    """The rows of an old project in a PostgreSQL database."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with closing(sqlite3.connect(project)) as source, engine.begin() as connection:
        for (statement,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"):
            for here, there in (("DOUBLE", "DOUBLE PRECISION"), (" WITHOUT ROWID", "")):
                statement = statement.replace(here, there)  # noqa: PLW2901
            connection.execute(text(statement))
        for table in tables:
            found = [
                {n: bool(v) if n in ("static", "free_size") else v for n, v in row.items()}
                for row in rows(project, table)
            ]
            names = ", ".join(f'"{name}"' for name in found[0])
            places = ", ".join(f":{name}" for name in found[0])
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), found)
    engine.dispose()
