"""What panes need of textures, of whichever kind they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from av3d.present.panes.pane import PaneImage


class Shown(Protocol):
    """A texture that shows the picture of a slot."""

    @property
    def texture(self) -> int:
        """Dear PyGui's id."""

    @property
    def used(self) -> tuple[int, int]:
        """Width and height of the picture, in the top left corner of the texture."""

    @property
    def uv_max(self) -> tuple[float, float]:
        """Where the picture ends in the texture, 0..1."""


class Pictures(Protocol):
    """The pictures of all panes, by slot.

    Attributes:
        fresh: slots whose picture was handed over by the last `upload`.
        late: slots whose newest picture the next frame does not show yet.
        frames_to_show: frames to draw until all of the last `upload` is on the screen; 1 if nothing
            is late.
    """

    fresh: set[str]
    late: set[str]
    frames_to_show: int

    def __getitem__(self, slot: str) -> Shown | None: ...

    def forget(self) -> None:
        """Take all pictures away: those of another log count from 0, too."""

    def upload(self, images: Mapping[str, PaneImage]) -> set[str]:
        """Show these pictures; returns the slots that got another texture or another size."""
