"""One case: a copy of a seed with some damage, chosen by a number."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

from fuzzing import bags, binaries, files, texts
from fuzzing.files import Damage
from fuzzing.labels import LabelSeed
from fuzzing.seeds import Seed, builder

TEXT = (".toml", ".csv", ".txt", ".yaml", ".xml")
REAL_PART = 0.1
"""Real logs are larger and slower to read than made ones, and are damaged in the same ways."""


def case_seed(seeds: list[Seed], chance: random.Random) -> Seed:
    """The input that a case starts from."""
    made = [seed for seed in seeds if seed.folder.name.startswith("made")]
    real = [seed for seed in seeds if seed not in made]
    return chance.choice(real if real and chance.random() < REAL_PART else made)


def copy(seed: Seed, target: Path) -> None:
    """A copy of a seed whose files are links to its own: damage replaces files."""
    shutil.copytree(seed.folder, target, copy_function=os.link)


def damage(seed: Seed, target: Path, chance: random.Random) -> str:
    """Damage a copy; returns what was done, in words."""
    done = []
    for _ in range(chance.choice([1, 1, 1, 1, 2])):
        path = _chosen(seed, target, chance)
        if path is None:
            break
        kinds = _kinds(path, seed)
        share = chance.random()
        if kinds and share < 0.72:
            what = chance.choice(kinds)
        elif share < 0.95 or path.parent == target:
            what = chance.choice(files.FILES)
        else:
            what = chance.choice(files.FOLDERS)
        try:
            what(path, chance)
        except Exception:  # the first damage has left nothing that the second knows
            files.inserted(path, chance)
        done.append(f"{path.relative_to(target)} {what.__name__}")
    return "; ".join(done)


def _chosen(seed: Seed, target: Path, chance: random.Random) -> Path | None:
    """A file of the copy: first a kind, then a file, so that images do not outnumber tables."""
    found: dict[str, list[Path]] = {}
    for folder, _, names in os.walk(target):
        for name in names:
            path = Path(folder, name)
            if isinstance(seed, LabelSeed) and not seed.may_be_damaged(
                path.relative_to(target).as_posix()
            ):
                continue
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 2**28:
                # Tables with names of their own are kinds of their own.
                is_numbered = path.stem[-1:].isdigit() or path.suffix in (".jpg", ".png", ".bin")
                key = path.suffix if is_numbered else name
                found.setdefault(key, []).append(path)
    if not found:
        return None
    kinds = sorted(found)
    weights = [0.4 if kind in (".jpg", ".png", ".jpeg") else 1.0 for kind in kinds]
    group = found[chance.choices(kinds, weights)[0]]
    # What is used are the first frames and the last.
    group.sort()
    place = chance.choice([0, -1, chance.randrange(len(group))])
    return group[place]


def _kinds(path: Path, seed: Seed) -> tuple[Damage, ...]:
    """Damage that knows the format of a file."""
    suffix = path.suffix
    if suffix == ".json":
        return texts.JSON + texts.TEXTS[:5]
    if suffix in TEXT:
        extra = (texts.bomb,) if suffix in (".xml", ".yaml") else ()
        return texts.TEXTS + extra
    if suffix == ".npz":
        return binaries.NPZ
    if suffix == ".npy":
        return (binaries.npy_header, binaries.npy_header, *binaries.CLOUD)
    if suffix == ".bin":
        return binaries.CLOUD
    if suffix in (".pcd", ".ply"):
        return (*binaries.HEADER, binaries.floats_changed)
    if suffix == ".parquet":
        return (binaries.parquet_column,) * 3 + (files.large_number, files.flipped)
    if suffix == ".feather":
        return (binaries.feather_column,) * 3 + (files.large_number, files.flipped)
    if suffix in (".gz", ".pkl"):
        return binaries.PICKLE
    if suffix == ".mcap":
        return (*bags.BAG, *(bags.bag_maker(builder("mcap_ros2")),) * 3)
    return ()
