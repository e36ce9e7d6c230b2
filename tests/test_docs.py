"""What the documents show is true: links lead somewhere, commands and code of the README run."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest

from av3d.cli.main import run


def markdown_files(repository: Path) -> list[Path]:
    return [*repository.glob("*.md"), *(repository / "docs").rglob("*.md")]


def blocks(repository: Path, language: str, page: str = "README.md") -> list[str]:
    text = (repository / page).read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_every_relative_link_leads_to_a_file(repository: Path) -> None:
    broken = [
        f"{path.relative_to(repository)}: {target}"
        for path in markdown_files(repository)
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert broken == []


def test_the_tour_of_the_readme_runs(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sample_logs").symlink_to(repository / "sample_logs")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    lines = [
        line.split(" # ")[0] for block in blocks(repository, "sh") for line in block.split("\n")
    ]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("av3d ")]
    headless = [command for command in commands if command[0] != "open"]
    assert len(headless) >= 7
    for command in headless:
        assert run(command) == 0, command
    (code,) = blocks(repository, "python")
    exec(compile(code, "README.md", "exec"), {})
    for name in ("town.av3d", "front.png", "bev.png", "town-nuscenes", "town-kitti"):
        assert (tmp_path / "out" / name).exists()


def test_the_guide_to_editing_from_python_runs(
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = "docs/guide/edit-from-python.md"
    (tmp_path / "sample_logs").symlink_to(repository / "sample_logs")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    (command,) = blocks(repository, "sh", page)
    assert run(shlex.split(command)[1:]) == 0
    names: dict[str, object] = {}
    for code in blocks(repository, "python", page):
        exec(compile(code, page, "exec"), names)
    said = capsys.readouterr().out
    assert "Car 4 was changed by mira" in said
    assert run(["project", "fsck", "--project", "out/edited.av3d"]) == 0


def test_the_guide_to_fewer_keyframes_runs_in_python(
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = "docs/guide/fewer-keyframes.md"
    (tmp_path / "sample_logs").symlink_to(repository / "sample_logs")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run(["import", "sample_logs/crossing", "--project", "out/town.av3d"]) == 0
    (code,) = blocks(repository, "python", page)
    exec(compile(code, page, "exec"), {})
    assert "m along" in capsys.readouterr().out


def test_every_command_is_named_in_the_readme_or_the_docs(repository: Path) -> None:
    from av3d.cli.main import app

    text = " ".join(path.read_text() for path in markdown_files(repository))
    names = [command.name for command in app.registered_commands]
    assert [
        name for name in names if f"av3d {name}" not in text and f"make {name}" not in text
    ] == []


def test_the_pictures_of_motion_models_can_be_made_of_the_sample_log(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, log = (
        str(repository / place)
        for place in ("docs/examples/motion_pictures.py", "sample_logs/crossing")
    )
    monkeypatch.setattr("sys.argv", [script, log, "--out", str(tmp_path)])
    runpy.run_path(script, run_name="__main__")
    kept = {path.name for path in (repository / "docs/images").glob("motion-crossing-*.png")}
    made = {path.name.replace("motion-", "motion-crossing-") for path in tmp_path.glob("*.png")}
    assert made == kept
    assert len(kept) == 6
