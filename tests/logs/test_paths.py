from __future__ import annotations

from pathlib import Path

import pytest

from av3d.logs.paths import Paths


def test_paths_are_a_sequence() -> None:
    paths = Paths(Path("lidar"), ["a.bin", "b.bin", "c.bin"])
    assert len(paths) == 3
    assert paths[-1] == Path("lidar/c.bin")
    assert list(paths[1:]) == [Path("lidar/b.bin"), Path("lidar/c.bin")]
    assert Path("lidar/b.bin") in paths
    with pytest.raises(IndexError):
        paths[3]
