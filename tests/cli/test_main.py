from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from av3d.cli.main import run


def test_version_and_help_exit_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert run([]) == 0
    assert "import" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["info"],
        ["info", "/no/such/log"],
        ["info", "--bogus", "x"],
        ["frobnicate"],
        ["render", "/no/such/log", "--out", "x.png"],
        ["render", "/no/such/log", "--out", "x.png", "--frame", "-1"],
        ["tracks", "--project", "/no/such/project"],
        ["export", "--project", "/no/such", "--format", "nuscenes", "--out", "/tmp/never"],
        ["export", "--project", "/no/such", "--format", "bogus", "--out", "/tmp/never"],
        ["import", "/no/such/log", "--project", "/tmp/never.av3d", "--keyframe-every-s", "0"],
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1


def test_a_defect_is_reported_in_one_line_with_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], street: Path
) -> None:
    def explode(path: Path, format: str | None = None) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("av3d.datasets.registry.open_log", explode)
    assert run(["info", str(street)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "ZeroDivisionError: planted" in error
    report = Path(error.split("details in ")[1].split(",")[0])
    assert "Traceback" in report.read_text()
    report.unlink()


def test_the_installed_command_does_not_import_heavy_packages_for_help() -> None:
    code = (
        "import sys; from av3d.cli.main import run; run(['--help']); "
        "heavy = {'numpy', 'cv2', 'open3d', 'numba', 'sqlalchemy', 'pandas', 'dearpygui'}; "
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_json_goes_to_stdout_and_remarks_to_stderr(
    street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (street / "trajectory.csv").unlink()
    assert run(["info", str(street), "--json"]) == 0
    captured = capsys.readouterr()
    assert any("stand still" in note for note in json.loads(captured.out)["notes"])
    assert run(["info", str(street)]) == 0
    captured = capsys.readouterr()
    assert "note: " in captured.err
    assert "note: " not in captured.out


def test_a_closed_pipe_is_no_error(street: Path) -> None:
    command = f"{sys.executable} -c 'from av3d.cli import main; main()' info '{street}' | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_control_c_ends_with_130_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("av3d.qa.registry.all_checks", stopped)
    assert run(["check", "--list"]) == 130
    assert capsys.readouterr().err == "error: stopped\n"
