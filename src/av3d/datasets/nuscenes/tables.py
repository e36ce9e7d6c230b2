"""The thirteen tables of a nuScenes database in memory, and their JSON files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from av3d.datasets.nuscenes.official import ATTRIBUTES, CATEGORIES, VISIBILITIES
from av3d.geometry.se3 import SE3

TABLES = (
    "category", "attribute", "visibility", "instance", "sensor", "calibrated_sensor", "ego_pose",
    "log", "scene", "sample", "sample_data", "sample_annotation", "map",
)  # fmt: skip

Row = dict[str, Any]


class Tables:
    """Rows by table name; the fixed tables are filled in."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {name: [] for name in TABLES}
        for name, entries in (("category", CATEGORIES), ("attribute", ATTRIBUTES)):
            self.rows[name] = [
                {"token": e.token, "name": e.name, "description": e.description} for e in entries
            ]
        self.rows["visibility"] = [
            {"description": e.description, "token": e.token, "level": e.name} for e in VISIBILITIES
        ]

    def add(self, table: str, **row: object) -> None:
        """Append a row."""
        self.rows[table].append(row)

    def write(self, folder: Path) -> int:
        """Write one JSON file per table into a new folder; returns how many."""
        folder.mkdir(parents=True)
        for name, rows in self.rows.items():
            write_json(folder / f"{name}.json", rows)
        return len(self.rows)


def write_json(path: Path, rows: list[Row]) -> None:
    """Write rows as JSON, one per line: quick to write, and two exports can be diffed."""
    lines = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
    path.write_text(f"[\n{lines}\n]\n", encoding="ascii")


def pose_fields(a_SE3_b: SE3) -> Row:
    """A pose as the columns `translation` (x, y, z) and `rotation` (w, x, y, z), in full precision."""
    return {
        "translation": a_SE3_b.translation_m.tolist(),
        "rotation": a_SE3_b.quaternion_wxyz.tolist(),
    }


def link(rows: list[Row]) -> None:
    """Fill `prev` and `next` of rows given in time order; "" at both ends."""
    tokens = ["", *(row["token"] for row in rows), ""]
    for index, row in enumerate(rows):
        row["prev"], row["next"] = tokens[index], tokens[index + 2]
