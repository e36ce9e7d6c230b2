"""The settings of this window and their file: written now and then, together with other windows."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomli_w

from av3d.errors import Av3dError, OutputError
from av3d.files import new_file
from av3d.present.settings import (
    FILE_NAME,
    Settings,
    config_folder,
    merged,
    read_settings,
    table_of,
)

logger = logging.getLogger(__name__)

LEAST_BETWEEN_S = 3.0
"""A dragged splitter changes the layout many times a second; the file need not follow each."""
MOST_WAIT_S = 0.5
"""Another window holds the file for milliseconds; one that hangs must not hang this one."""


class SettingsFile:
    """Settings that are kept.

    Args:
        path: the file; None: settings.toml in the config folder. It need not be there.
        clock: seconds of a monotonic clock; tests pass their own.

    Attributes:
        settings: the values as they are now; change them with `change` or `set`.
    """

    def __init__(
        self, path: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path or config_folder() / FILE_NAME
        self._clock = clock
        self.settings, problem = read_settings(self.path)
        self._written = self.settings
        self._last_s = -LEAST_BETWEEN_S
        self._messages: list[Av3dError] = [problem] if problem else []
        self._write_failed = False

    def take_messages(self) -> list[Av3dError]:
        """What the user has to be told about the file since the last call."""
        messages, self._messages = self._messages, []
        return messages

    def change(self, **values: Any) -> None:
        """Give fields of `settings` other values."""
        self.settings = replace(self.settings, **values)

    def set(self, settings: Settings) -> None:
        """Replace `settings`, for example by `settings.with_recent(...)`."""
        self.settings = settings

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return self.settings != self._written

    def tick(self) -> None:
        """Once per frame: write if something has changed and the last time is a while ago."""
        if self.changed and self._clock() - self._last_s >= LEAST_BETWEEN_S:
            self.save()

    def save(self) -> None:
        """Write what has changed; what other windows have written since is kept and taken over.

        A disk that refuses is told once (`take_messages`); the values count until the window closes.
        """
        if not self.changed:
            return
        self._last_s = self._clock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(self.path.parent):
                theirs, problem = read_settings(self.path)
                if problem is not None:
                    # Half of a file that somebody edits right now says nothing about the rest.
                    logger.warning("%s", problem)
                    theirs = self._written
                together = merged(self._written, self.settings, theirs)
                text = tomli_w.dumps(table_of(together))
                with new_file(self.path) as aside:
                    aside.write_text(text, encoding="utf-8")
        except (OSError, OutputError) as error:
            if not self._write_failed:
                self._write_failed = True
                reason = error.strerror if isinstance(error, OSError) else error.what
                self._messages.append(
                    OutputError(
                        f"settings are not kept: {reason}", self.path,
                        "free some space or make the folder writable; labels are not concerned",
                    )
                )  # fmt: skip
            logger.warning("settings are not written: %s", error)
            self._written = self.settings
            return
        self._write_failed = False
        self.settings = self._written = together


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other windows from writing during the block; gives up waiting after MOST_WAIT_S."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        end_s = time.monotonic() + MOST_WAIT_S
        while time.monotonic() < end_s:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:  # a file system without locks
                break
        yield
    finally:
        os.close(descriptor)
