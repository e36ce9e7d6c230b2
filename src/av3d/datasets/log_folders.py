"""Folders of logs inside an export that holds several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from av3d.datasets.dataset import LabelledLog


def folder_name(log_name: str) -> str:
    """The name of a log as that of a folder: itself, unless a folder cannot be called so."""
    return re.sub(r'[/\\:*?"<>|\x00-\x1f]', "-", log_name).strip(" .") or "log"


def log_folders(items: Sequence[LabelledLog], out: Path) -> list[Path]:
    """A folder of its own for each log, not made yet."""
    names: list[str] = []
    for item in items:
        wanted = folder_name(item.log.name)
        name, number = wanted, 2
        while name.lower() in {taken.lower() for taken in names}:
            name, number = f"{wanted}-{number}", number + 1
        names.append(name)
    return [out / name for name in names]
