"""Damage to files as such: what disks, downloads and people do to them."""

from __future__ import annotations

import os
import random
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path, random.Random], None]
"""Damages a file; the copy shares its data with the seed, so the file is replaced, never changed."""


def put(path: Path, data: bytes) -> None:
    """Replace a file; it may be a link to the seed's own."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def truncated(path: Path, chance: random.Random) -> None:
    data = path.read_bytes()
    put(path, data[: chance.randrange(len(data) + 1)])


def flipped(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    # Heads and ends say where everything is.
    first, last = chance.choice(
        [(0, len(data)), (0, min(len(data), 400)), (max(len(data) - 400, 0), len(data))]
    )
    for _ in range(chance.choice([1, 3, 20]) if data else 0):
        data[chance.randrange(first, last)] ^= 1 << chance.randrange(8)
    put(path, bytes(data))


def overwritten(path: Path, chance: random.Random) -> None:
    """A run of the file becomes zeros, ones, or another part of the file."""
    data = bytearray(path.read_bytes())
    if data:
        start = chance.randrange(len(data))
        length = min(chance.choice([4, 8, 64, 4096]), len(data) - start)
        other = chance.randrange(len(data))
        run = chance.choice([b"\0" * length, b"\xff" * length, bytes(data[other : other + length])])
        data[start : start + len(run)] = run
    put(path, bytes(data))


def large_number(path: Path, chance: random.Random) -> None:
    """Four or eight bytes become a large whole number."""
    data = bytearray(path.read_bytes())
    if len(data) > 8:
        last = len(data) - 8
        start = chance.choice([chance.randrange(last), chance.randrange(min(last, 200))])
        if chance.random() < 0.5:
            start &= ~3
        size = chance.choice([4, 8])
        value = chance.choice([2**31 - 1, 2**32 - 1, 2**40, 2**62, 2**63, 2**64 - 1])
        word = min(value, 256**size - 1).to_bytes(size, chance.choice(["little", "big"]))
        data[start : start + size] = word
    put(path, bytes(data))


def inserted(path: Path, chance: random.Random) -> None:
    data = path.read_bytes()
    at = chance.randrange(len(data) + 1)
    put(path, data[:at] + chance.randbytes(chance.choice([1, 3, 100])) + data[at:])


def noise(path: Path, chance: random.Random) -> None:
    put(path, chance.randbytes(chance.choice([1, 7, 5000])))


def emptied(path: Path, chance: random.Random) -> None:
    put(path, b"")


def zeroed(path: Path, chance: random.Random) -> None:
    put(path, bytes(path.stat().st_size))


def gone(path: Path, chance: random.Random) -> None:
    path.unlink()


def huge(path: Path, chance: random.Random) -> None:
    """A file of many gigabytes without content."""
    data = path.read_bytes() if chance.random() < 0.5 else b""
    put(path, data)
    os.truncate(path, chance.choice([700 * 1024**2, 2**33, 2**33, 2**40, 2**40, 2**40]))


def folder(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path, chance: random.Random) -> None:
    path.unlink()
    os.mkfifo(path)


def plug(path: Path, chance: random.Random) -> None:
    """A socket in place of the file."""
    path.unlink()
    here = Path.cwd()
    os.chdir(path.parent)  # names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name[:90])
    finally:
        os.chdir(here)


def link(path: Path, chance: random.Random) -> None:
    path.unlink()
    target = chance.choice(
        [path.name, "/etc/passwd", "/dev/zero", "/dev/stdin", "/nonexistent", "..", ".",
         f"../{path.parent.name}/{path.name}", "/proc/self/mem", "/proc/self/maps"]
    )  # fmt: skip
    path.symlink_to(target)


def renamed(path: Path, chance: random.Random) -> None:
    name: str | bytes = chance.choice(
        ["9" * 30, "-5", "now", "0" * 18, "ä b", "1e9", "१२३", "0x12", "a\nb", "n" * 240, "+7", "٣",
         ".hidden", " ", "1_000", "00000000001", b"\xff\xfe"]
    )  # fmt: skip
    target = os.fsencode(path.parent) + b"/" + os.fsencode(name) + os.fsencode(path.suffix)
    path.rename(os.fsdecode(target))


def doubled(path: Path, chance: random.Random) -> None:
    """A second file beside it: a copy with another name or suffix."""
    name = chance.choice(
        [f"{path.stem} (1){path.suffix}", f"0{path.name}", f"{path.stem}.PNG", f"{path.stem}.npz",
         f"._{path.name}", f"{path.name}~", f"{path.stem}.jpg", "Thumbs.db", "n" * 255,
         f"{path.stem}{path.suffix.upper()}"]
    )  # fmt: skip
    if not path.with_name(name).exists():
        shutil.copyfile(path, path.with_name(name))


def swapped(path: Path, chance: random.Random) -> None:
    """Two files change places; mostly one of the same folder, sometimes any other."""
    others = [entry for entry in path.parent.iterdir() if entry != path and entry.is_file()]
    if chance.random() < 0.4 or not others:
        root = path.parent.parent
        others = [entry for entry in root.rglob("*") if entry != path and entry.is_file()]
    if others:
        other = chance.choice(sorted(others))
        mine, theirs = path.read_bytes(), other.read_bytes()
        put(path, theirs)
        put(other, mine)


def folder_gone(path: Path, chance: random.Random) -> None:
    shutil.rmtree(path.parent)


def folder_emptied(path: Path, chance: random.Random) -> None:
    shutil.rmtree(path.parent)
    path.parent.mkdir()


def folder_is_file(path: Path, chance: random.Random) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_bytes(b"not a folder")


def folder_loop(path: Path, chance: random.Random) -> None:
    """The folder becomes a link to itself, or holds one to its parent."""
    if chance.random() < 0.5:
        shutil.rmtree(path.parent)
        path.parent.symlink_to(chance.choice([path.parent.name, "..", "/", "/proc"]))
    else:
        name = chance.choice(["loop", path.stem + "9" + path.suffix])
        (path.parent / name).symlink_to(chance.choice(["..", ".", name]))


def folder_renamed(path: Path, chance: random.Random) -> None:
    name = chance.choice(["ä b", "x" * 200, "0", "a\nb", path.parent.name.upper()])
    if not path.parent.with_name(name).exists():
        path.parent.rename(path.parent.with_name(name))


FILES: tuple[Damage, ...] = (
    truncated, truncated, flipped, flipped, overwritten, large_number, inserted, noise, emptied,
    zeroed, gone, huge, folder, pipe, plug, link, link, renamed, doubled, swapped, swapped,
)  # fmt: skip
FOLDERS: tuple[Damage, ...] = (
    folder_gone, folder_emptied, folder_is_file, folder_loop, folder_renamed,
)  # fmt: skip
