"""Bags that are cut, flipped and stuffed at random: one line of error or a log, never anything else."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace

import pytest
from mcap.writer import CompressionType

from av3d.datasets.registry import open_log
from av3d.errors import Av3dError

CASES = 150
HUGE = (2**31 - 1, 2**32 - 1, 2**40, 2**63 - 1)


def broken(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    kind = dice.choice(("cut", "flip", "scatter", "huge", "zero", "insert"))
    if kind == "cut":
        return data[:at]
    changed = bytearray(data)
    if kind == "flip":
        changed[at] ^= 1 << dice.randrange(8)
    elif kind == "scatter":
        for _ in range(30):
            changed[dice.randrange(len(data))] = dice.randrange(256)
    elif kind == "huge":
        changed[at : at + 8] = dice.choice(HUGE).to_bytes(8, "little")
    elif kind == "zero":
        changed[at : at + 64] = bytes(64)
    else:
        changed[at:at] = dice.randbytes(20)
    return bytes(changed)


@pytest.mark.parametrize("compression", ["NONE", "ZSTD", "LZ4"])
def test_broken_bags_give_a_line_or_a_log(
    tmp_path: Path, write: SimpleNamespace, compression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = (CompressionType[compression], 4096)
    monkeypatch.setattr(write.BagWriter.__init__, "__defaults__", small)
    data = write.small_bag(tmp_path / "good.mcap").read_bytes()
    dice = random.Random(compression)
    path = tmp_path / "broken.mcap"
    opened, lines = 0, []
    for _ in range(CASES):
        path.write_bytes(broken(data, dice))
        try:
            log = open_log(path)
        except Av3dError as error:
            lines.append(str(error))
            continue
        opened += 1
        for frame in log.frames:
            try:
                log.cloud(frame.index)
                for camera, image in frame.images.items():
                    if image is not None:
                        log.image(camera, image)
            except Av3dError as error:
                lines.append(str(error))
    assert not any("\n" in line for line in lines)
    assert opened > CASES / 3
