"""What the window remembers from one day to the next: a TOML file in the platform's config folder."""

from __future__ import annotations

import copy
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from av3d.errors import Av3dError
from av3d.present.playback import SPEEDS
from av3d.render.colours import PointColour

CONFIG_FOLDER_VARIABLE = "AV3D_CONFIG_DIR"
"""Environment variable that names another folder, for tests and for people with several set-ups."""
FILE_NAME = "settings.toml"
KEYS_FILE_NAME = "keys.toml"

THEMES = ("dark", "light")
SCALES = (1.0, 1.25, 1.5, 2.0)
POINT_SIZES_PX = (1, 8)
"""Smallest and largest."""
MOST_RECENT = 20
MOST_AUTHOR = 100
"""Characters of a name; it goes into every entry of the journal."""


class SettingsError(Av3dError):
    """A file of settings that cannot be read as it is; the values that can be are used."""


def config_folder() -> Path:
    """Where settings and the key map are: AV3D_CONFIG_DIR, else the platform's folder."""
    named = os.environ.get(CONFIG_FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_config_dir("av3d"))


@dataclass(frozen=True)
class RecentLog:
    """A log that was open, and where its user was.

    Attributes:
        path: what `open_log` takes: an absolute path or an address.
        opened_s: Unix time when it was last opened, in seconds.
        project: path or URL of the project that was open with it, "" for the default one.
        frame: the frame that showed.
        workspace: the workspace that showed, for example "Annotate"; "" if it is not known.
    """

    path: str
    opened_s: int = 0
    project: str = ""
    frame: int = 0
    workspace: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything that is remembered. Values are valid; `read_settings` sees to it.

    Attributes:
        theme: one of THEMES.
        scale: size of text and controls, one of SCALES.
        playback_speed: one of `playback.SPEEDS`.
        point_size_px: POINT_SIZES_PX, both ends included.
        point_colour: what the colour of points says.
        background_checks: whether labels are checked while they are edited.
        author: who edits, for the journal; "": the name of the system's user.
        key_map: path of the key map; "": keys.toml beside the settings.
        hints_seen: names of the hints that need not be shown again.
        layouts: whatever the layouts of panes want to keep, by name.
        recent: logs that were open, the last one first.
        other: keys of the file that this version does not know; they are written back.
    """

    theme: str = "dark"
    scale: float = 1.0
    playback_speed: float = 1.0
    point_size_px: int = 2
    point_colour: PointColour = PointColour.HEIGHT
    background_checks: bool = True
    author: str = ""
    key_map: str = ""
    hints_seen: tuple[str, ...] = ()
    layouts: Mapping[str, Any] = field(default_factory=dict)
    recent: tuple[RecentLog, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict)

    def with_recent(self, log: RecentLog) -> Settings:
        """With this log as the last one that was open; at most MOST_RECENT are kept."""
        others = tuple(known for known in self.recent if known.path != log.path)
        return replace(self, recent=(log, *others)[:MOST_RECENT])

    def without_recent(self, path: str) -> Settings:
        """With this log forgotten."""
        return replace(self, recent=tuple(log for log in self.recent if log.path != path))

    def recent_log(self, path: str) -> RecentLog | None:
        """What is remembered of a log."""
        return next((log for log in self.recent if log.path == path), None)

    def key_map_path(self) -> Path:
        """Where the key map is."""
        if not self.key_map:
            return config_folder() / KEYS_FILE_NAME
        # A Path would refuse the home of somebody who is not known.
        return Path(os.path.expanduser(self.key_map))  # noqa: PTH111


@dataclass(frozen=True)
class _Field:
    """How one key of the file is read.

    Attributes:
        allowed: what it may be, as an instruction.
        read: makes the value; ValueError or TypeError if it is something else.
    """

    allowed: str
    read: Callable[[Any], Any]


def _one_of(values: Iterable[Any]) -> Callable[[Any], Any]:
    known = tuple(values)

    def read(value: Any) -> Any:
        if isinstance(value, bool) or value not in known:
            raise ValueError
        return known[known.index(value)]

    return read


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError
        return value

    return read


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _text(most: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > most or not value.isprintable():
            raise ValueError
        return value

    return read


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(dict.fromkeys(map(_text(MOST_AUTHOR), value)))


def _recent(value: Any) -> tuple[RecentLog, ...]:
    if not isinstance(value, list):
        raise TypeError
    path, number = _text(4096), _whole(0, 2**53)
    found: dict[str, RecentLog] = {}
    for row in value:
        table = _table(row)
        log = RecentLog(
            path(table["path"]),
            number(table.get("opened_s", 0)),
            path(table.get("project", "")),
            number(table.get("frame", 0)),
            path(table.get("workspace", "")),
        )
        found.setdefault(log.path, log)
    return _newest_first(found.values())


def _newest_first(logs: Iterable[RecentLog]) -> tuple[RecentLog, ...]:
    return tuple(sorted(logs, key=lambda log: -log.opened_s)[:MOST_RECENT])


def _words(values: Iterable[object]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else last


_FIELDS: dict[str, _Field] = {
    "theme": _Field(f"use {_words(THEMES)}", _one_of(THEMES)),
    "scale": _Field(f"use {_words(SCALES)}", _one_of(SCALES)),
    "playback_speed": _Field(f"use {_words(SPEEDS)}", _one_of(SPEEDS)),
    "point_size_px": _Field(
        f"use a whole number from {POINT_SIZES_PX[0]} to {POINT_SIZES_PX[1]}",
        _whole(*POINT_SIZES_PX),
    ),
    "point_colour": _Field(
        f"use {_words(colour.value for colour in PointColour)}",
        lambda value: PointColour(_text(100)(value)),
    ),
    "background_checks": _Field("use true or false", _switch),
    "author": _Field(f"use a name of at most {MOST_AUTHOR} characters", _text(MOST_AUTHOR)),
    "key_map": _Field("use the path of a file", _text(4096)),
    "hints_seen": _Field("use a list of names", _texts),
    "layouts": _Field("use a table", _table),
    "recent": _Field("use tables with path, opened_s, project, frame and workspace", _recent),
}


def settings_of(table: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """Settings of a parsed file, and for each value that is not allowed what is (its default is used)."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, known in _FIELDS.items():
        if name not in table:
            continue
        try:
            values[name] = known.read(table[name])
        except (ValueError, TypeError, KeyError):
            shown = repr(table[name])
            shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
            problems.append(f"{name} is {shown}, {known.allowed}")
    other = {key: value for key, value in table.items() if key not in _FIELDS}
    return Settings(**values, other=other), problems


def table_of(settings: Settings) -> dict[str, Any]:
    """The file's content. Values as they are by default are left out, so that a later default counts."""
    usual = Settings()
    table: dict[str, Any] = dict(settings.other)
    for name in (f.name for f in fields(Settings) if f.name not in ("other", "recent")):
        value = getattr(settings, name)
        if value == getattr(usual, name):
            continue
        if isinstance(value, PointColour):
            value = value.value
        table[name] = list(value) if isinstance(value, tuple) else value
    if settings.recent:
        table["recent"] = [
            {f.name: getattr(log, f.name) for f in fields(RecentLog)} for log in settings.recent
        ]
    return table


def read_settings(path: Path) -> tuple[Settings, SettingsError | None]:
    """The settings of a file, and one message about all that is wrong in it.

    What cannot be used has its default. A file with something wrong is copied to a file of the same
    name and ".bad", because the next write puts a good one in its place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings(), None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        return Settings(), _bad(path, f"the settings cannot be read: {reason}")
    try:
        settings, problems = settings_of(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits and lists in lists in lists are no TOMLDecodeError.
        return Settings(), _bad(path, f"the settings are no TOML: {error}")
    return settings, _bad(path, "; ".join(problems)) if problems else None


def _bad(path: Path, what: str) -> SettingsError:
    kept = path.with_name(f"{path.name}.bad")
    try:
        kept.write_bytes(path.read_bytes())
        fix = f"the usual values are used; the file is kept as {kept.name}"
    except OSError:
        fix = "the usual values are used"
    return SettingsError(what, path, fix)


def merged(base: Settings, mine: Settings, theirs: Settings) -> Settings:
    """What two windows have changed since `base`, together; where both changed a value, `mine`.

    Lists are merged by what is in them: a log that one window opened or forgot is there, or gone, for
    both.
    """
    values: dict[str, Any] = {}
    for name in (f.name for f in fields(Settings)):
        old, ours, other = (getattr(settings, name) for settings in (base, mine, theirs))
        if name == "recent":
            rows = (old, ours, other)
            together = _merged_table(*({log.path: log for log in logs} for logs in rows))
            values[name] = _newest_first(together.values())
        elif name == "hints_seen":
            kept = _merged_table(*(dict.fromkeys(seen, True) for seen in (old, ours, other)))
            values[name] = tuple(kept)
        elif name in ("layouts", "other"):
            values[name] = _merged_table(old, ours, other)
        else:
            values[name] = ours if ours != old else other
    return Settings(**values)


def _merged_table(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    missing = object()
    found: dict[str, Any] = {}
    for key in dict.fromkeys((*mine, *theirs)):
        old, ours, other = (table.get(key, missing) for table in (base, mine, theirs))
        value = ours if ours != old else other
        if value is not missing:
            found[key] = copy.deepcopy(value)
    return found
