from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from av3d.cli.main import run


def test_render_draws_a_camera_with_the_tracks_of_the_project(street: Path, tmp_path: Path) -> None:
    project, out = str(tmp_path / "p.av3d"), tmp_path / "b i l d.png"
    assert run(["import", str(street), "--project", project]) == 0
    arguments = ["render", str(street), "--camera", "front", "--frame", "3", "--out"]
    assert run([*arguments, str(out), "--project", project, "--select", "Car 1"]) == 0
    picture = cv2.imdecode(np.fromfile(out, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (90, 160, 3)
    # The selected cuboid is drawn in the accent colour, #FFC53D.
    accent = np.abs(picture.astype(int) - (0x3D, 0xC5, 0xFF)).sum(axis=2) < 60
    assert accent.sum() > 50


def test_render_draws_a_bev_of_the_size_asked_for(street: Path, tmp_path: Path) -> None:
    out = tmp_path / "bev.png"
    arguments = ["render", str(street), "--view", "bev", "--size", "640x400", "--out", str(out)]
    assert run(arguments) == 0
    picture = cv2.imread(str(out))
    assert picture.shape == (400, 640, 3)
    assert picture.std() > 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--camera", "front"], ""),
        (
            ["--camera", "left"],
            "note: Car 1 is not in the picture of left at frame 3; it is in front",
        ),
        (["--view", "bev"], ""),
    ],
)
def test_a_selected_track_that_is_not_in_the_picture_is_remarked_upon(
    street: Path, tmp_path: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["render", str(street), "--frame", "3", "--select", "Car 1", *options]
    assert run([*arguments, "--out", str(tmp_path / "x.png")]) == 0
    assert capsys.readouterr().err == (words and words + "\n")


def test_a_selected_track_that_is_not_there_at_the_frame_is_remarked_upon(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = json.loads((street / "labels.json").read_text(encoding="utf-8"))
    for track in labels["tracks"]:
        track["keyframes"] = track["keyframes"][:1]
        track["presence"] = [[track["keyframes"][0]["timestamp_ns"]] * 2]
    (street / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    arguments = ["render", str(street), "--frame", "3", "--select", "Car 1", "--view", "bev"]
    assert run([*arguments, "--out", str(tmp_path / "x.png")]) == 0
    assert capsys.readouterr().err == "note: Car 1 is not there at frame 3\n"


@pytest.mark.parametrize("view", [["--view", "bev"], ["--camera", "front"]])
def test_render_draws_the_points_of_more_frames(
    street: Path, tmp_path: Path, view: list[str]
) -> None:
    pictures = []
    for sweeps in ("0", "3"):
        out = tmp_path / f"{sweeps}.png"
        arguments = ["render", str(street), *view, "--frame", "5", "--sweeps", sweeps]
        assert run([*arguments, "--out", str(out)]) == 0
        pictures.append(cv2.imread(str(out)))
    assert (pictures[0] != pictures[1]).any(axis=2).mean() > 0.001


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--camera", "roof"], "use one of: front left"),
        (["--view", "bev", "--frame", "99"], "use 0 to 10"),
        (["--view", "sideways"], "use bev"),
        (["--view", "bev", "--camera", "front"], "two pictures for one file"),
        ([], "give either --camera NAME or --view bev"),
        (["--view", "bev", "--select", "Car 77"], "no track 'Car 77'"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(
    street: Path,
    tmp_path: Path,
    options: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "x.png"
    assert run(["render", str(street), *options, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_a_name_that_promises_another_format_is_refused(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.jpg"
    assert run(["render", str(street), "--view", "bev", "--out", str(out)]) == 2
    assert "ends in .png" in capsys.readouterr().err
    assert not out.exists()


def test_render_draws_by_another_rig(street: Path, tmp_path: Path) -> None:
    rig = tmp_path / "other.toml"
    rig.write_text((street / "rig.toml").read_text().replace("fx_px = 120.0", "fx_px = 60.0"))
    arguments = ["render", str(street), "--camera", "front", "--points", "--out"]
    own, other = tmp_path / "own.png", tmp_path / "other.png"
    assert run([*arguments, str(own)]) == 0
    assert run([*arguments, str(other), "--rig", str(rig)]) == 0
    assert (cv2.imread(str(own)) != cv2.imread(str(other))).any()
