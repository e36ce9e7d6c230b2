"""Paths of many files of one folder, made when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload


class Paths(Sequence[Path]):
    """The files of a folder by name; 36,000 Path objects would take long to make and to hold.

    Args:
        folder: where they are.
        names: their names, in the order of the sequence.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Path: ...

    @overload
    def __getitem__(self, index: slice) -> Paths: ...

    def __getitem__(self, index: int | slice) -> Path | Paths:
        if isinstance(index, slice):
            return Paths(self.folder, self.names[index])
        return self.folder / self.names[index]
