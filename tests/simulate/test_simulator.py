from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import av3d
import av3d.simulate.world as world_module
from av3d.errors import OutputError
from av3d.simulate import SimulateOptions, SimulationError, simulate_log
from av3d.simulate.simulator import schedule

TINY = SimulateOptions(
    frames=8, seed=3, name="tiny", image_width_px=64, image_height_px=36, beams=4,
    azimuth_steps=90,
)  # fmt: skip


@pytest.fixture
def hamlet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four blocks instead of sixteen, and fog, to make a log faster."""
    monkeypatch.setattr(world_module, "BLOCKS", range(-1, 1))
    monkeypatch.setattr(world_module, "SIGHT_M", 18.0)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_equal_options_give_equal_logs(hamlet: None, tmp_path: Path) -> None:
    first = simulate_log(tmp_path / "a", TINY)
    second = simulate_log(tmp_path / "b ö", TINY)
    assert first.sweeps == second.sweeps == 7
    assert (first.images, first.dropped_sweeps, first.dropped_images) == (28, 1, 4)
    assert contents(tmp_path / "a") == contents(tmp_path / "b ö")
    log = av3d.open_log(tmp_path / "b ö")
    assert log.name == "tiny"
    assert log.image("left", 0).shape == (36, 64, 3)
    assert log.sweep(3).time_offset_ns is not None


def test_another_seed_gives_another_log_and_no_cameras_are_quick(
    hamlet: None, tmp_path: Path
) -> None:
    made = simulate_log(
        tmp_path / "c", SimulateOptions(beams=4, azimuth_steps=90, cameras=False), frames=2, seed=9
    )
    assert (made.sweeps, made.images) == (2, 0)
    assert list(av3d.open_log(tmp_path / "c").cameras) == []
    with pytest.raises(OutputError, match="not empty"):
        simulate_log(tmp_path / "c", TINY)


def test_an_interrupted_run_leaves_nothing(hamlet: None, tmp_path: Path) -> None:
    def interrupt(text: str, done: int, total: int) -> None:
        if text == "Measuring sweeps":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_log(tmp_path / "d", TINY, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames": 0}, "frames is 0, simulation, use 1 to 6000"),
        ({"seed": -1}, "seed is -1"),
        ({"beams": 500}, "beams is 500"),
        ({"range_noise_m": float("nan")}, "range_noise_m is nan"),
        ({"name": " "}, "the log needs a name"),
        ({"scenario": "fast", "frames": 151}, "frames is 151, simulation, use 1 to 150"),
        ({"scenario": "slow"}, "scenario is 'slow', simulation, use one of: crossing fast"),
        ({"sweep_stamp": "now"}, "sweep_stamp is 'now', simulation, use one of: start middle end"),
    ],
)
def test_options_without_sense_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        SimulateOptions(**change)


@pytest.mark.parametrize("frames", [1, 7, 8, 42, 400])
def test_dropped_sweeps_are_never_neighbours_and_never_at_the_ends(frames: int) -> None:
    plan = schedule(SimulateOptions(frames=frames), 10**18, {"front": 0, "back": -37_500_000})
    assert len(plan.turns_ns) == frames
    assert all(np.diff(plan.dropped_sweeps) > 1)
    assert not {0, 1, frames - 2, frames - 1} & set(plan.dropped_sweeps)
    assert bool(plan.dropped_sweeps) == (frames >= 8)
