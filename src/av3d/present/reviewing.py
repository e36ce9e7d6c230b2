"""How the views follow a review: from above, with the way of the track in sight."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from av3d.present.concerns import Concern
from av3d.present.layout import REVIEW
from av3d.present.panes.alarm import Alarm
from av3d.present.panes.review import value_words
from av3d.present.seeing import Ghosts
from av3d.tracks.measured import states_in_sweep

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace

READ_ONLY = "Review is read-only. Fix (F) opens Annotate at this frame."
REACH_FRAMES = 20
"""How much of the way, before and after the frame, is in sight."""
AROUND_M = 14.0
"""Room around the way, in all."""
LEAST_SPAN_M = 24.0


class Reviewing:
    """Switches the views over when a review begins and ends, and shows each concern.

    Args:
        workspace: whose views.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._before: tuple[str, Ghosts, bool] | None = None
        self._framed = ""

    def tick(self) -> None:
        """Once per frame."""
        workspace = self._workspace
        session, review = workspace.session, workspace.review
        if workspace.desk.base != REVIEW:
            self._leave()
            return
        self._enter()
        session.labels.locked = READ_ONLY
        review.poll()
        if review.open and (not review.current or review.ended):
            review.show(review.open[0].id)
        if review.current != self._framed:
            self._framed = review.current
            self._frame()
        concern = review.concern
        workspace.main.alarm = None if concern is None else _alarm(concern)

    def _enter(self) -> None:
        session = self._workspace.session
        if self._before is not None:
            return
        seeing = session.supply.seeing
        self._before = session.main_mode, seeing.ghosts, session.follow_camera
        session.main_mode, session.follow_camera, session.follow = "bev", True, False
        session.supply.seeing = replace(seeing, ghosts=Ghosts.FRAMES)
        self._framed = ""

    def _leave(self) -> None:
        session = self._workspace.session
        if self._before is None:
            return
        session.labels.locked = ""
        self._workspace.main.alarm = None
        session.main_mode, ghosts, session.follow_camera = self._before
        session.supply.seeing = replace(session.supply.seeing, ghosts=ghosts)
        self._before = None

    def _frame(self) -> None:
        """Move the view from above so that the way of the track is in sight."""
        workspace = self._workspace
        session, main = workspace.session, workspace.main
        track = session.selected_track
        if track is None:
            return
        log = session.log
        first = max(session.frame - REACH_FRAMES, 0)
        last = min(session.frame + REACH_FRAMES, session.frames - 1)
        times_ns = [log.frames[index].timestamp_ns for index in range(first, last + 1, 2)]
        states = states_in_sweep([track] * len(times_ns), times_ns, log)
        ego_SE3_world = log.world_SE3_ego(session.timestamp_ns).inverse()
        way_m = np.array(
            [
                ego_SE3_world.transform(state.cuboid.center_m)
                for state in states
                if state is not None
            ]
        )
        if not len(way_m):
            return
        low, high = way_m[:, :2].min(axis=0), way_m[:, :2].max(axis=0)
        middle = (low + high) / 2
        # Forward is up: x of the ego is the height of the view, y its width.
        span = np.maximum(high - low + AROUND_M, LEAST_SPAN_M)
        scale = max(span[0] / max(main.height, 1), span[1] / max(main.width, 1))
        main.bev = replace(
            main.bev, center_m=(float(middle[0]), float(middle[1])), metres_per_pixel=float(scale)
        )


def _alarm(concern: Concern) -> Alarm:
    value, limit = value_words(concern)
    text = f"{concern.kind.title} {value}, limit {limit}"
    return Alarm(concern.track_id, concern.start_ns, concern.end_ns, concern.timestamp_ns, text)
