from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from av3d.cli.main import run
from av3d.datasets.registry import open_log


def test_info_names_the_dropped_sweep_and_image(
    street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["info", str(street), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["name"] == "street"
    assert facts["kind"] == "folder"
    assert facts["frames"] == 11
    assert facts["missing_sweeps_ns"] == [1_700_000_000_500_000_000]
    assert facts["missing_sweeps_after_frame"] == [4]
    # Sweep 8 is frame 7, because sweep 5 has no frame.
    assert facts["cameras"]["front"]["missing_frames"] == [7]
    assert facts["cameras"]["left"]["missing_frames"] == []
    # 8 periods after the first image, which is 10 ms before the first sweep.
    assert facts["cameras"]["front"]["missing_images_ns"] == [1_700_000_000_790_000_000]
    assert facts["cameras"]["front"]["offset_ms"] == pytest.approx(-10.0)
    assert facts["cameras"]["left"]["offset_ms"] == pytest.approx(20.0)
    assert facts["ego_poses"]["travel_m"] == pytest.approx(12.04, abs=0.01)


def test_info_as_text_says_the_same(street: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", str(street)]) == 0
    text = capsys.readouterr().out
    assert "1 missing: after frame 4" in text
    assert "11 sweeps of top" in text


def test_open_without_a_screen_says_what_to_do(
    street: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert run(["open", str(street)]) == 2
    assert "xvfb-run" in capsys.readouterr().err


def test_open_tells_a_wrong_path_before_a_missing_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert run(["open", str(tmp_path / "nowhere")]) == 2
    assert "no such file or folder" in capsys.readouterr().err


def test_info_of_a_single_sweep_states_no_rhythm(
    street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for sweep in sorted((street / "lidar" / "top").iterdir())[1:]:
        sweep.unlink()
    assert run(["info", str(street)]) == 0
    text = capsys.readouterr().out
    assert "1 sweep of top\n" in text
    assert "one every" not in text


@pytest.mark.parametrize("size", ["wide", "0x10", "10x", "-3x4"])
def test_a_nonsense_size_is_named(
    street: Path, size: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "x.png"
    arguments = ["render", str(street), "--view", "bev", "--size", size, "--out", str(out)]
    assert run(arguments) == 2
    assert "write it like 1920x1080" in capsys.readouterr().err
    assert not out.exists()


def test_info_tells_a_pause_from_missing_sweeps(
    street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweeps = sorted((street / "lidar" / "top").iterdir())
    later = 1_700_000_100_000_000_000
    sweeps[-1].rename(sweeps[-1].with_name(f"{later}.npz"))
    assert run(["info", str(street), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["pauses_ns"] == [[1_700_000_001_000_000_000, later]]
    assert facts["missing_sweeps_after_frame"] == [4]


def test_info_states_clocks_times_of_points_and_shutters(
    street: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = street / "log.toml"
    settings.write_text('clock = "PTP"\n' + settings.read_text("utf-8"), "utf-8")
    log = open_log(street)
    left = replace(log.rig.camera("left"), clock_offset_ns=-1_500_000, readout_ns=21_000_000)
    log.rig = replace(log.rig, cameras={**log.rig.cameras, "left": left})
    monkeypatch.setattr("av3d.datasets.registry.open_log", lambda *_: log)
    assert run(["info", str(street), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["lidars"]["top"]["clock"] == "PTP"
    assert facts["lidars"]["top"]["point_times"] == "none"
    stated = [
        [facts["cameras"][name][key] for key in ("clock", "clock_offset_ms", "readout_ms")]
        for name in ("front", "left")
    ]
    assert stated == [["PTP", 0, 0], ["PTP", -1.5, 21]]
    assert facts["cameras"]["left"]["offset_ms"] == pytest.approx(18.5)
    assert run(["info", str(street)]) == 0
    text = capsys.readouterr().out
    assert "clock     top, front, left: PTP\n" in text
    assert "times     of points: top none\n" in text
    assert "−1.5 ms" in text
    assert "21.0 ms" in text


def test_info_of_sweeps_that_cannot_be_read_does_not_know_about_their_times(
    street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for sweep in (street / "lidar" / "top").iterdir():
        sweep.write_bytes(b"")
    assert run(["info", str(street), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["lidars"]["top"]["point_times"] == "unknown"
