"""docs/guide/checks.md is true: its tables, its ontology, and its check of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from av3d.ontology.file import read_ontology
from av3d.ontology.presets import default
from av3d.qa.check_table import BEGIN, tables, updated
from av3d.qa.inspection import Inspection
from av3d.qa.limits import Limits
from av3d.qa.registry import CheckError, all_checks, check_of
from courses import ahead, drive, track_along

PAGE = "docs/guide/checks.md"


def blocks(repository: Path, language: str) -> list[str]:
    text = (repository / PAGE).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def package(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package of the page as if it were installed."""
    (code,) = blocks(repository, "python")
    (tmp_path / "town_checks.py").write_text(code, encoding="utf-8")
    (group, entry) = blocks(repository, "toml")[1].strip().split("\n")
    assert group == '[project.entry-points."av3d.checks"]'
    info = tmp_path / "town_checks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: town-checks\nVersion: 1.0\n")
    entries = f"[av3d.checks]\n{entry.replace(chr(34), '')}\n"
    (info / "entry_points.txt").write_text(entries)
    monkeypatch.syspath_prepend(str(tmp_path))
    all_checks.cache_clear()
    yield info / "entry_points.txt"
    all_checks.cache_clear()


def test_the_guide_has_the_checks_that_there_are(repository: Path) -> None:
    page = (repository / PAGE).read_text(encoding="utf-8")
    assert page == updated(page), "run `make checks`"


def test_every_check_is_in_the_tables() -> None:
    text = tables(all_checks())
    assert [check.id for check in all_checks() if f"`{check.id}`" not in text] == []


def test_what_is_written_above_the_tables_stays() -> None:
    assert updated(f"# Checks\n\nMine.\n\n{BEGIN}\n\nold").startswith(
        f"# Checks\n\nMine.\n\n{BEGIN}"
    )


def test_the_ontology_of_the_page_sets_limits_and_parameters(
    repository: Path, tmp_path: Path
) -> None:
    path = tmp_path / "ontology.toml"
    path.write_text(blocks(repository, "toml")[0], encoding="utf-8")
    limits = Limits.of(read_ontology(path), "bicycle")
    assert limits.limit("speed", {}) == 20.0
    assert limits.limit("slip", {limits.motion: 12.0}) is None
    assert limits.limit("jitter", {}) == 0.2
    assert limits.parameter("speed", "window_s", 0.8) == 1.0
    assert limits.off("short-track")
    assert not limits.off("speed")


@pytest.mark.usefixtures("package")
def test_the_check_of_the_page_runs_with_the_others() -> None:
    check = check_of("inside-ego")
    assert check is not None
    log = drive()
    inside = track_along(np.tile([0.5, 0.3], (41, 1)))
    inspection = Inspection(log, default(), read=False)
    findings = inspection.update([inside])
    (finding,) = [one for one in findings if one.check == "inside-ego"]
    assert finding.value == pytest.approx(0.583, abs=0.001)
    assert finding.what == "Inside ego 0.6 m, limit 1.5 m"
    assert inspection.measure(inside.id, "inside-ego") is not None
    away = track_along(ahead(5.0) + np.array([8.0, 0.0]))
    assert [one for one in inspection.update([away]) if one.check == "inside-ego"] == []


@pytest.mark.usefixtures("package")
def test_checks_of_other_packages_are_not_in_the_guide(repository: Path) -> None:
    assert check_of("inside-ego") is not None
    assert "inside-ego" not in tables(all_checks())


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("town = town_checks:Nothing", "it does not load"),
        ("town = av3d.qa.checks.motion:Speed", "two checks have the ID 'speed'"),
        ("town = town_checks:Motion", "is no class of check"),
    ],
)
def test_a_package_that_brings_no_check_is_named(package: Path, entry: str, said: str) -> None:
    package.write_text(f"[av3d.checks]\n{entry}\n")
    with pytest.raises(CheckError, match=said):
        all_checks()
