from __future__ import annotations

from pathlib import Path

import pytest

from av3d.cli import demo
from av3d.cli.main import run


def test_the_headless_demo_names_labels_and_pictures_that_exist(
    street: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo, "sample_log", lambda: street)
    out = tmp_path / "demo"
    assert run(["demo", "--headless", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    named = [
        Path(line.split(maxsplit=1)[1])
        for line in text.splitlines()
        if line.startswith(("project", "labels", "losses", "picture"))
    ]
    assert len(named) == 1 + 2 + 1 + 3
    assert [path for path in named if not path.exists()] == []
    # A second run replaces the first.
    assert run(["demo", "--headless", "--out", str(out)]) == 0


def test_the_demo_does_not_overwrite_a_folder_of_the_user(
    street: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo, "sample_log", lambda: street)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    assert run(["demo", "--headless", "--out", str(tmp_path / "mine")]) == 2
    assert "not empty" in capsys.readouterr().err
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
