"""What formats share that keep the labels of a log in one file: its name, and runs of frames."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from av3d.datasets.dataset import DatasetError, LabelledLog


def stem_of(log_name: str) -> str:
    """The name of a log's file without its ending."""
    # Log names may carry characters that a file name cannot, such as the slash of "drive/12".
    return re.sub(r"[^\w.\- ()+]", "_", log_name)


def check_stems(items: Sequence[LabelledLog], out: Path, suffix: str) -> list[str]:
    """The names of the files of logs, one each.

    Raises:
        DatasetError: two logs would be written to the same file.
    """
    names = [stem_of(item.log.name) + suffix for item in items]
    for name in names:
        if names.count(name) > 1:
            raise DatasetError(f"two logs would be written to {name}", out, "rename one")
    return names


class FrameRuns:
    """The frames in which each track was written, as runs of frames without a gap.

    Args:
        count: how many tracks there are.
    """

    def __init__(self, count: int) -> None:
        self._runs: list[list[list[int]]] = [[] for _ in range(count)]

    def add(self, track: int, frame: int, previous: int | None) -> None:
        """A track is in a frame; `previous` is the frame that was written before it."""
        runs = self._runs[track]
        if runs and runs[-1][1] == previous:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])

    def of(self, track: int) -> Sequence[Sequence[int]]:
        """First and last frame of each run of a track."""
        return self._runs[track]

    def __len__(self) -> int:
        """How many tracks are in any frame."""
        return sum(map(bool, self._runs))
