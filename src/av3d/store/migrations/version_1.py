"""What a project of version 1 held: its rows, and its tracks as the values of version 2.

Version 1 knew logs, tracks and a journal that had every changed track whole, before and after. Here its
tables have the names that they get when the new ones take their places.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, column, select, table, text

from av3d.digests import canonical, digest_of, digest_of_text
from av3d.store.errors import StoreError
from av3d.tracks.codec import track_from_json
from av3d.tracks.delta import Tree, difference

TABLES = ("meta", "log", "track", "keyframe", "journal")
"""All tables."""

ASIDE = "version_1_"
"""Put before the names of tables whose names the new ones take."""

_log = table(
    f"{ASIDE}log",
    *map(
        column, ("id", "name", "kind", "path", "relative_path", "fingerprint", "start_ns", "end_ns")
    ),
)
_track = table(
    f"{ASIDE}track",
    *map(column, ("key", "log_id", "id", "category", "number", "attributes", "presence")),
)
_keyframe = table(
    f"{ASIDE}keyframe",
    *map(column, ("track_key", "timestamp_ns", "x_m", "y_m", "z_m", "qw", "qx", "qy", "qz")),
    *map(column, ("length_m", "width_m", "height_m", "provenance", "attributes")),
)
_journal = table(
    f"{ASIDE}journal",
    *map(column, ("id", "log_id", "time_ns", "author", "command", "changes")),
)
_ENTRY = select(_journal).where(_journal.c.id == bindparam("of_id"))
_KEYFRAMES = (
    select(_keyframe)
    .where(_keyframe.c.track_key == bindparam("of_track"))
    .order_by(_keyframe.c.timestamp_ns)
)


def put_aside(connection: Connection) -> None:
    """Rename the tables, so that those of version 2 can have their names."""
    for name in TABLES[1:]:
        connection.execute(text(f"ALTER TABLE {name} RENAME TO {ASIDE}{name}"))


def drop(connection: Connection) -> None:
    """Drop the renamed tables, those first that refer to others."""
    for name in ("keyframe", "track", "journal", "log"):
        connection.execute(text(f"DROP TABLE {ASIDE}{name}"))


def read_logs(connection: Connection) -> dict[int, Tree]:
    """The logs as version 2 has them, by key, in the order in which they were added."""
    logs: dict[int, Tree] = {}
    for row in connection.execute(select(_log).order_by(_log.c.id)):
        if type(row.id) is not int or row.id < 1:
            raise ValueError(f"the key of a log is {row.id!r}")
        logs[row.id] = {
            "id": row.name,
            "dataset": row.kind,
            "path": row.path,
            "relative_path": row.relative_path,
            "fingerprint": row.fingerprint,
            "start_ns": row.start_ns,
            "end_ns": row.end_ns,
        }
    return logs


@dataclass(frozen=True)
class Entry:
    """One transaction of the journal of version 1.

    Attributes:
        number: of the entry.
        log_id: key of the log whose tracks it changed.
        time_ns: when, since 1970 (UTC).
        author: who did it.
        command: what was done, in words.
        changes: ID of a track, and its JSON afterwards or None where it was deleted.
    """

    number: int
    log_id: int
    time_ns: int
    author: str
    command: str
    changes: tuple[tuple[str, Any], ...]


def read_journal(connection: Connection) -> Iterator[Entry]:
    """All entries, oldest first."""
    numbers = connection.scalars(select(_journal.c.id).order_by(_journal.c.id)).all()
    for number in numbers:
        # One at a time: an import's holds all of its tracks, twice where it replaced them.
        row = connection.execute(_ENTRY, {"of_id": number}).one()
        where = f"entry {number} of the journal"
        if not (type(row.time_ns) is int and _is_text(row.author) and _is_text(row.command)):
            raise ValueError(f"time, author or command of {where} is none")
        try:
            changes = tuple(_change(item) for item in json.loads(row.changes))
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise ValueError(f"{where} holds no changes of tracks: {error}") from error
        yield Entry(number, row.log_id, row.time_ns, row.author, row.command, changes)


def _change(item: Any) -> tuple[str, Any]:
    before, after = item["before"], item["after"]
    track_id = (before if after is None else after)["id"]
    if not _is_text(track_id):
        raise ValueError(f"the ID of a track is {track_id!r}")
    return track_id, after


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\x00" not in value


def read_tracks(connection: Connection, log_id: int) -> Iterator[tuple[int, Any]]:
    """Key and JSON of every track of a log, as its journal would have it."""
    rows = connection.execute(select(_track).where(_track.c.log_id == log_id)).all()
    for row in sorted(rows, key=lambda row: int(row.key)):
        keyframes = connection.execute(_KEYFRAMES, {"of_track": row.key})
        track = {
            "id": row.id,
            "category": row.category,
            "number": row.number,
            "attributes": json.loads(row.attributes),
            "presence": json.loads(row.presence),
            "keyframes": [_keyframe_json(keyframe) for keyframe in keyframes],
        }
        yield row.key, track


def _keyframe_json(row: Row[Any]) -> dict[str, Any]:
    return {
        "timestamp_ns": row.timestamp_ns,
        "center_m": [row.x_m, row.y_m, row.z_m],
        "size_lwh_m": [row.length_m, row.width_m, row.height_m],
        "quaternion_wxyz": [row.qw, row.qx, row.qy, row.qz],
        "provenance": row.provenance,
        "attributes": json.loads(row.attributes),
    }


def count_lost_tracks(connection: Connection) -> int:
    """How many tracks are of a log that is not there."""
    found = connection.scalars(
        select(_track.c.key).where(_track.c.log_id.not_in(select(_log.c.id)))
    )
    return len(found.all())


@dataclass(frozen=True)
class LabelledTrack:
    """A track as version 2 writes it, in pieces that can be compared quickly.

    Attributes:
        header: all but the keyframes.
        keyframes: by time.
        digests: of the keyframes, by time.
    """

    header: Tree
    keyframes: dict[str, Tree]
    digests: dict[str, str]

    @property
    def tree(self) -> Tree:
        """The whole track."""
        return {**self.header, "keyframes": self.keyframes}

    @property
    def digest(self) -> str:
        """Of the whole track."""
        times = sorted(self.digests, key=int)
        return digest_of_text(canonical(self.header), *(self.digests[time] for time in times))

    def difference(self, after: LabelledTrack) -> Tree:
        """What turns this track into another; empty when they are equal."""
        header: Tree = difference(self.header, after.header) or {}
        parts: dict[str, Any] = {}
        for time in sorted(self.keyframes.keys() | after.keyframes.keys(), key=int):
            if self.digests.get(time) != after.digests.get(time):
                parts[time] = difference(self.keyframes.get(time), after.keyframes.get(time))
        return {**header, "keyframes": parts} if parts else header


def labelled_track(value: Any, known: LabelledTrack | None) -> LabelledTrack:
    """The track that a JSON value of version 1 stands for.

    Args:
        value: decoded JSON.
        known: the track as it was before; keyframes that did not change are taken from it.

    Raises:
        Av3dError, ValueError, TypeError, LookupError: the value makes no sense.
    """
    items = value["keyframes"]
    keyframes: dict[str, Tree] = {}
    digests: dict[str, str] = {}
    new = []
    for item in items:
        time = str(item["timestamp_ns"])
        old = known.keyframes.get(time) if known else None
        if known and old and _is_same(item, old):
            keyframes[time], digests[time] = old, known.digests[time]
        else:
            new.append(item)
    # As today's program reads it: what comes out is what it will find and compare with.
    checked = track_from_json({**value, "keyframes": new or items[:1]}, 0, "")
    for keyframe in checked.keyframes if new else ():
        pose, time = keyframe.cuboid.frame_SE3_cuboid, str(keyframe.timestamp_ns)
        keyframes[time] = {
            "center_m": (pose.translation_m + 0.0).tolist(),
            "size_lwh_m": keyframe.cuboid.size_lwh_m.tolist(),
            "quaternion_wxyz": (pose.quaternion_wxyz + 0.0).tolist(),
            "provenance": keyframe.provenance.value,
            "attributes": dict(sorted(keyframe.attributes.items())),
        }
        digests[time] = digest_of({"timestamp_ns": keyframe.timestamp_ns, **keyframes[time]})
    if len(keyframes) != len(items):
        raise StoreError(f"track {checked.id} has two keyframes at one time")
    times_ns = [int(time) for time in keyframes]
    spans = [[span.start_ns, span.end_ns] for span in checked.presence]
    header = {
        "id": checked.id,
        "category": checked.category,
        "number": checked.number,
        "static": False,
        "free_size": len({tuple(item["size_lwh_m"]) for item in keyframes.values()}) > 1,
        "attributes": dict(sorted(checked.attributes.items())),
        "relations": [],
        "note": "",
        "presence": spans if value["presence"] else [[min(times_ns), max(times_ns)]],
    }
    return LabelledTrack(header, keyframes, digests)


def _is_same(item: Any, old: Tree) -> bool:
    numbers = ("center_m", "size_lwh_m", "quaternion_wxyz", "provenance")
    return (
        all(item[name] == old[name] for name in numbers)
        # 1, 1.0 and true are equal in Python but not in a file.
        and repr(sorted(item["attributes"].items())) == repr(list(old["attributes"].items()))
    )
