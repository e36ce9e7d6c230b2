"""Processes that are killed at random moments; the long form is tests/benchmarks/kill.py."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def test_nothing_is_lost_when_processes_are_killed(repository: Path, tmp_path: Path) -> None:
    """While they edit, import, export and migrate, in a process of its own: forks want no threads."""
    program = repository / "tests" / "benchmarks" / "kill.py"
    options = ["--kills", "16", "--server-kills", "0", "--seed", "5", "--workdir", tmp_path / "w"]
    options += ["--formats", "folder", "csv"]
    done = subprocess.run(
        [sys.executable, program, *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^16 kills, \d+ copies as of a crashed disk, nothing lost", done.stdout, re.M)
