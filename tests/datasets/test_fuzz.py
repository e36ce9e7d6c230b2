"""Some damaged inputs for every reader; tests/benchmarks/fuzz_readers.py has a thousand of each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from fuzzing.pool import FINE, REFUSED, chance_of, run_cases
from fuzzing.seeds import SEEDS, make_seeds
from fuzzing.use import use

CASES = {"folder": 8, "rig": 10}
"""By the first word of a reader's name: each has several kinds. Others get OTHER_CASES."""
OTHER_CASES = 25
SEED = 7


@pytest.fixture(scope="module")
def _libraries(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Loaded and compiled once, here, and not in the process of every reader."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("AV3D_REAL_DATA", raising=False)
        for reader in ("folder npz", "pandaset", "mcap", "rig ros"):
            seed = make_seeds(reader, tmp_path_factory.mktemp("seeds"))[0]
            for part in range(4):
                use(seed, seed.folder, chance_of("valid", 0, part))


@pytest.mark.usefixtures("_libraries")
@pytest.mark.parametrize("reader", SEEDS)
def test_a_damaged_input_is_read_or_refused_in_one_line(
    reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("AV3D_REAL_DATA", raising=False)  # the same cases everywhere
    seeds = make_seeds(reader, tmp_path / "seeds")
    cases = CASES.get(reader.split(maxsplit=1)[0], OTHER_CASES)
    results = list(run_cases(reader, SEED, range(cases), seeds, tmp_path, 1))
    failed = [result for result in results if result.outcome not in (FINE, REFUSED)]
    assert failed == []
    assert len(results) == cases
    assert REFUSED in {result.outcome for result in results}
