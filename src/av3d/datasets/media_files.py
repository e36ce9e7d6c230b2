"""Files of a log that an export takes over as they are."""

from __future__ import annotations

import os
from pathlib import Path

from av3d.files import real_path
from av3d.reading import stays


def hard_linked(source: Path, target: Path) -> bool:
    """Hard-link a file of a log into an export; False where that is not possible.

    It is not where the file is on another disk, on one without hard links, or only here for a while.
    """
    if not stays(source):
        return False
    try:
        os.link(real_path(source), target)
    except OSError:
        return False
    return True
