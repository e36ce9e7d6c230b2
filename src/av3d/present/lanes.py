"""Which tracks have a lane on the timeline, and in which order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from av3d.tracks.track import Track

if TYPE_CHECKING:
    from collections.abc import Hashable

    from av3d.present.session import Session


class LaneMode(StrEnum):
    """Which tracks have lanes."""

    NEAR = "near"
    FRAME = "frame"
    SELECTED = "selected"
    CATEGORY = "category"

    @property
    def words(self) -> str:
        """What people read after "lanes:"."""
        return {
            LaneMode.NEAR: "near selection",
            LaneMode.FRAME: "in this frame",
            LaneMode.SELECTED: "selected only",
            LaneMode.CATEGORY: "all, by category",
        }[self]


@dataclass(frozen=True, eq=False)
class LaneRow:
    """A lane, or the heading of a category.

    Attributes:
        track: whose lane; None for a heading.
        category: of the track or of those under the heading.
        count: tracks under the heading.
        folded: whether their lanes are folded away.
    """

    track: Track | None
    category: str
    count: int = 0
    folded: bool = False


class Lanes:
    """The rows of the timeline from top to bottom.

    Near a selection, lanes stay where they are while frames pass and tracks are edited: only another
    selection brings another order. One that is made on the timeline itself does not, see `hold`.

    Args:
        session: what is being looked at.

    Attributes:
        mode: which tracks have lanes.
        folded: categories whose lanes are folded away.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.mode = LaneMode.NEAR
        self.folded: frozenset[str] = frozenset()
        self._held: str | None = None
        self._near: tuple[str, ...] = ()
        self._near_key: Hashable = None
        self._present: tuple[str, ...] = ()
        self._present_key: Hashable = None
        self._rows: tuple[LaneRow, ...] = ()
        self._rows_key: Hashable = None

    def hold(self) -> None:
        """The selection was made on the timeline: lanes stay under the pointer."""
        self._held = self._session.selected

    def fold(self, category: str) -> None:
        """Fold the lanes of a category away, or show them again."""
        self.folded ^= {category}

    @property
    def rows(self) -> tuple[LaneRow, ...]:
        """All rows, whether or not there is room for them."""
        session = self._session
        revision = session.supply.revision
        key: Hashable
        if self.mode is LaneMode.NEAR:
            self._update_near()
            key = (self.mode, revision, self._near)
        elif self.mode is LaneMode.FRAME:
            self._update_present()
            key = (self.mode, revision, self._present)
        elif self.mode is LaneMode.SELECTED:
            key = (self.mode, revision, session.selection)
        else:
            key = (self.mode, revision, self.folded)
        if key != self._rows_key:
            self._rows_key, self._rows = key, tuple(self._make())
        return self._rows

    def _make(self) -> list[LaneRow]:
        session = self._session
        if self.mode is not LaneMode.CATEGORY:
            ids = {LaneMode.NEAR: self._near, LaneMode.FRAME: self._present}.get(
                self.mode, session.selection
            )
            return _rows_of([session.track(track_id) for track_id in ids])
        from av3d.present.session import name_order

        counts = Counter(track.category for track in session.tracks)
        rows: list[LaneRow] = []
        ordered = sorted(session.tracks, key=name_order)
        for category, tracks in groupby(ordered, key=lambda track: track.category):
            folded = category in self.folded
            rows.append(LaneRow(None, category, counts[category], folded))
            if not folded:
                rows += _rows_of(list(tracks))
        return rows

    def _update_present(self) -> None:
        """The tracks of the frame that shows; while it plays, lanes that come and go are unreadable."""
        session = self._session
        key = (session.frame, session.supply.revision)
        if key == self._present_key or (session.playback.playing and self._present_key is not None):
            return
        self._present_key = key
        from av3d.present.session import name_order

        now = session.timestamp_ns
        present = [track for track in session.tracks if track.is_present(now)]
        self._present = tuple(track.id for track in sorted(present, key=name_order))

    def _update_near(self) -> None:
        """The selected track, then those nearest to it (or to the vehicle) at that moment."""
        session = self._session
        boxes = session.supply.boxes(session.frame)
        known = bool(self._near) and all(session.track(each) is not None for each in self._near)
        frame = None if session.selected is not None or session.playback.playing else session.frame
        key = (session.selected, frame, len(session.tracks), known)
        if boxes is None or key == self._near_key:
            return
        self._near_key = (*key[:-1], True)
        held, self._held = self._held, None
        if known and held is not None and held == session.selected and held in self._near:
            return
        box = session.selected_box()
        here = np.zeros(2) if box is None else box.cuboid.center_m[:2]
        order = sorted(boxes, key=lambda item: float(np.hypot(*(item.cuboid.center_m[:2] - here))))
        ids = [*session.selection, *(item.track.id for item in order)]
        self._near = tuple(dict.fromkeys(ids))


def _rows_of(tracks: list[Track | None] | list[Track]) -> list[LaneRow]:
    return [LaneRow(track, track.category) for track in tracks if track is not None]
