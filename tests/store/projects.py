"""Short words for tests of projects: one with logs in it, cars to label, and what a database holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.store.project import Project, open_project
from av3d.store.references import LogReference
from av3d.tracks.change import Change
from av3d.tracks.event import Event
from av3d.tracks.history import Kind
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

LOG = "drive"


def reference(name: str = "drive") -> LogReference:
    return LogReference(name, "folder", f"/logs/{name}", "", "f1", 0, 100)


def new_project(location: str | Path, *logs: str, **more: Any) -> Project:
    """A project with logs, "drive" if none is named: entry 1 is the ontology, then one for each."""
    project = open_project(location, create=True, **more)
    for name in logs or ("drive",):
        change = Change(None, reference(name))
        project.commit({"": [change]}, command=f"add log {name}", kind=Kind.FIXED)
    return project


def box(x_m: float = 0.0) -> Cuboid:
    return Cuboid(SE3.from_euler(0.1, -0.2, 3.1, [x_m, 2.0, 3.0]), np.array([4.5, 1.9, 1.6]))


def car(track_id: str = "a", *xs_m: float, **more: Any) -> Track:
    """A car with a keyframe every 100 ns, at these places along x."""
    keyframes = tuple(Keyframe(100 * row, box(x_m)) for row, x_m in enumerate(xs_m or (0.0, 1.0)))
    return Track(track_id, "car", keyframes, **{"number": 7, **more})


def rain(event_id: str = "e", *track_ids: str, note: str = "") -> Event:
    return Event(event_id, "rain", 0, 100, note=note, track_ids=track_ids)


def ids(entities: Iterable[Any]) -> list[str]:
    return [entity.id for entity in entities]


def history(project: Project, log_name: str | None = None) -> list[tuple[int, str, str]]:
    """Number, kind and command of the entries of the journal."""
    return [(entry.id, entry.kind.value, entry.command) for entry in project.journal(log_name)]


def findings(project: Project) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    return [(finding.where, finding.what) for finding in project.check().findings]


def damage(location: str | Path, *statements: str) -> None:
    """Change rows behind av3d's back; the database does not look after references meanwhile."""
    if str(location).startswith("postgresql"):
        with psycopg.connect(str(location), autocommit=True) as server:
            server.execute("SET session_replication_role = replica")
            for statement in statements:
                server.execute(statement.encode())
    else:
        with closing(sqlite3.connect(location, isolation_level=None)) as file:
            for statement in statements:
                file.execute(statement)
