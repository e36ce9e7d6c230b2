"""Promises about the checkout itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

MAX_LINES = 500
TOP_LEVEL = ["pyproject.toml", "uv.lock", "Makefile", "README.md", "LICENSE", "CHANGELOG.md"]
FOLDERS = ["src/av3d", "viewers/av3d_viewers", "calibration", "sample_logs", "tests", "docs"]


def tracked_files(repository: Path) -> list[Path]:
    """Files git knows; in an unpacked archive without git, all Python files."""
    listed = subprocess.run(
        ["git", "-C", str(repository), "ls-files", "-z"], capture_output=True, check=False
    )
    if listed.returncode:
        folders = ("src", "viewers", "tests")
        return [path for name in folders for path in (repository / name).rglob("*.py")]
    names = listed.stdout.decode().split("\0")
    return [repository / name for name in names if name and (repository / name).is_file()]


@pytest.mark.parametrize("name", TOP_LEVEL + FOLDERS)
def test_the_top_level_is_there(repository: Path, name: str) -> None:
    assert (repository / name).exists()


def test_no_python_file_is_over_500_lines(repository: Path) -> None:
    long = {
        str(path.relative_to(repository)): count
        for path in tracked_files(repository)
        if path.suffix == ".py" and (count := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def test_the_core_never_imports_the_window_toolkit(repository: Path) -> None:
    importing = [
        str(path)
        for path in (repository / "src").rglob("*.py")
        if re.search(r"^\s*(import|from) dearpygui", path.read_text(), re.MULTILINE)
    ]
    assert importing == []


def test_plain_pickle_load_is_nowhere_in_the_sources(repository: Path) -> None:
    loading = [
        str(path)
        for path in (repository / "src").rglob("*.py")
        if re.search(r"pickle\.loads?\(|read_pickle\(|allow_pickle=True", path.read_text())
    ]
    assert loading == []


PAST_THE_GATE = re.compile(
    r"\.read_bytes\(\)|\.read_text\((\)|encoding)|(?<!os)\.open\(\s*(\"rb?\"|\))|(?<![\w.])open\("
    r"|np\.fromfile\(|cv2\.imread\(|np\.load\(|np\.loadtxt\(|memory_map\(|ZipFile\(path\)|copyfile\("
)
"""Ways to read a file that a remote log does not have yet."""
NOT_OF_A_LOG = {
    "datasets/mcap_ros2/kept.py",  # our own notes about a bag, in the user's cache
}


@pytest.mark.parametrize("layer", ["calibration", "logs", "tracks", "datasets"])
def test_files_of_logs_are_read_through_av3d_reading(repository: Path, layer: str) -> None:
    source = repository / "src" / "av3d"
    past = [
        f"{path.relative_to(source)}:{number}: {line.strip()}"
        for path in sorted((source / layer).rglob("*.py"))
        if path.relative_to(source).as_posix() not in NOT_OF_A_LOG
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if PAST_THE_GATE.search(line) and not line.lstrip().startswith("def open(")
    ]
    assert past == []


def test_sample_logs_stay_under_20_mb(repository: Path) -> None:
    total = sum(
        path.stat().st_size
        for path in tracked_files(repository)
        if path.is_relative_to(repository / "sample_logs")
    )
    assert 0 < total < 20_000_000


def test_every_dependency_has_its_line_in_the_docs(repository: Path) -> None:
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[<>=~ ;\[]", line)[0] for line in wanted}
    documented = (repository / "docs/dependencies.md").read_text()
    assert sorted(name for name in names if f"`{name}`" not in documented) == []
