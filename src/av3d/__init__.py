"""av3d: label camera + LiDAR driving logs in 3D.

import av3d

log = av3d.open_log("path/to/log")
project = av3d.open_project("labels.av3d")
for track in project.tracks(log.name):
    state = track.state_at(log.frames[0].timestamp_ns)
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av3d.datasets.registry import open_log
    from av3d.store.project import open_project

__version__ = version("av3d")
__all__ = ["__version__", "open_log", "open_project"]


def __getattr__(name: str) -> Any:
    # Imported on first use, so that `av3d --help` does not wait for numpy, cv2 and SQLAlchemy.
    if name == "open_log":
        from av3d.datasets.registry import open_log

        return open_log
    if name == "open_project":
        from av3d.store.project import open_project

        return open_project
    raise AttributeError(f"module 'av3d' has no attribute {name!r}")
