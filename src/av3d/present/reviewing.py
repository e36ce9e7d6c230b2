"""How the views follow a review: from above, with the way of the track in sight."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from av3d.present.finding_words import PLANNED, measured_words
from av3d.present.issues import ISSUE
from av3d.present.layout import REVIEW
from av3d.present.panes.alarm import Alarm
from av3d.present.panes.remarks import MOST, Remark
from av3d.present.place import Place
from av3d.present.seeing import Ghosts
from av3d.qa.finding import Finding
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
    """Switches the views over when a review begins and ends, and shows each finding.

    Args:
        workspace: whose views.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._before: tuple[str, Ghosts, bool] | None = None
        self._framed = ""
        self._begun_with = ""
        """The finding that a review began with by itself."""
        self._remarked: object = None

    def tick(self) -> None:
        """Once per frame."""
        workspace = self._workspace
        session, review = workspace.session, workspace.review
        reviews = workspace.desk.base == REVIEW
        review.inspecting.poll(now=reviews)
        if review.sources.differences is not None:
            review.sources.differences.poll()
        workspace.flags.tick()
        workspace.status_bar.findings = workspace.flags.words
        if not reviews:
            self._leave()
            return
        self._enter()
        session.labels.locked = READ_ONLY
        if review.open and (not review.current or review.ended or self._is_outdone()):
            review.show(review.open[0].id)
            self._begun_with = review.current
        elif review.open and self._is_gone():
            review.show(self._instead().id)
        if review.current != self._framed:
            self._framed = review.current
            self._frame()
        workspace.camera.place = self._place()
        finding = review.finding
        # Of a track that a plan asks for nothing is wrong: nothing is red.
        wrong = None if finding is None or finding.check == PLANNED else finding
        workspace.main.alarm = None if wrong is None else _alarm(wrong)
        self._remark()

    def _is_outdone(self) -> bool:
        """Whether a riskier finding came in while the reviewer has not moved from the first one."""
        review = self._workspace.review
        waits = review.current == self._begun_with and not self._workspace.session.fields.active
        return waits and review.open[0].risk > (review.finding or review.open[0]).risk

    def _is_gone(self) -> bool:
        """Whether what was looked at is found no more: it was edited, and all was checked again."""
        review = self._workspace.review
        if review.finding is not None or review.current.startswith(ISSUE):
            return False
        return review.inspecting.complete

    def _instead(self) -> Finding:
        """What waits of the same check and track, else the riskiest."""
        review = self._workspace.review
        kin = review.current.rpartition("/")[0]
        same = (one for one in review.open if kin and one.id.rpartition("/")[0] == kin)
        return next(same, review.open[0])

    def _enter(self) -> None:
        session = self._workspace.session
        if self._before is not None:
            return
        seeing = session.supply.seeing
        self._before = session.main_mode, seeing.ghosts, session.follow_camera
        session.main_mode, session.follow_camera, session.follow = "bev", True, False
        session.supply.seeing = replace(seeing, ghosts=Ghosts.FRAMES)
        self._framed = ""
        review = self._workspace.review
        if review.finding is not None and session.selected not in review.finding.track_ids:
            # Another track was selected meanwhile: back to what is looked at.
            review.show(review.current)

    def _leave(self) -> None:
        workspace = self._workspace
        session = workspace.session
        if self._before is None:
            return
        session.labels.locked = ""
        workspace.main.alarm, workspace.main.remarks, self._remarked = None, (), None
        workspace.camera.place = None
        session.main_mode, ghosts, session.follow_camera = self._before
        session.supply.seeing = replace(session.supply.seeing, ghosts=ghosts)
        self._before = None

    def _remark(self) -> None:
        """Mark the findings and issues of this frame."""
        workspace = self._workspace
        session, review = workspace.session, workspace.review
        rows = review.rows
        key = (
            session.frame, id(rows), review.version, review.current, workspace.main.shows_remarks,
        )  # fmt: skip
        if key == self._remarked:
            return
        self._remarked = key
        now_ns = session.timestamp_ns
        found: list[Remark] = []
        if workspace.main.shows_remarks:
            for number, one in enumerate(rows, 1):
                if one.id == review.current or not one.start_ns <= now_ns <= one.end_ns:
                    continue
                tip = f"{number}. {measured_words(one)}, {review.names(one)}"
                found.append(
                    Remark(number, "review.show", one.id, tip, one.track_id, one.place_m, False)
                )
            for issue in review.record.issues:
                if issue.is_open and issue.timestamp_ns <= now_ns <= issue.end_ns:
                    tip = f"{issue.name}: {issue.title}"
                    track_id = issue.track_ids[0] if issue.track_ids else ""
                    found.append(
                        Remark(
                            issue.number, "issue.show", issue.id, tip, track_id, issue.place_m, True
                        )
                    )
        workspace.main.remarks = tuple(found[:MOST])

    def _place(self) -> Place | None:
        """Where what is looked at is, if that has no track: of a finding, or of an issue without one."""
        review, issue = self._workspace.review, self._workspace.issues.shown
        finding = review.finding
        if finding is not None:
            if finding.track_ids or finding.place_m is None:
                return None
            return Place(finding.place_m, finding.size_lwh_m)
        if issue is None or review.current != f"{ISSUE}{issue.id}" or issue.track_ids:
            return None
        return None if issue.place_m is None else Place(issue.place_m)

    def _frame(self) -> None:
        """Move the view from above so that the way of the track, or the place, is in sight."""
        workspace = self._workspace
        session, main = workspace.session, workspace.main
        track, place = session.selected_track, self._place()
        log = session.log
        ego_SE3_world = log.world_SE3_ego(session.timestamp_ns).inverse()
        if place is not None:
            place_m = ego_SE3_world.transform(np.asarray(place.center_m, dtype=np.float64))
            scale = LEAST_SPAN_M / max(min(main.height, main.width), 1)
            main.bev = replace(
                main.bev, center_m=(float(place_m[0]), float(place_m[1])), metres_per_pixel=scale
            )
            return
        if track is None:
            return
        first = max(session.frame - REACH_FRAMES, 0)
        last = min(session.frame + REACH_FRAMES, session.frames - 1)
        times_ns = [log.frames[index].timestamp_ns for index in range(first, last + 1, 2)]
        states = states_in_sweep([track] * len(times_ns), times_ns, log)
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


def _alarm(finding: Finding) -> Alarm:
    size_m = 0.0 if finding.size_lwh_m is None else max(finding.size_lwh_m[:2]) / 2
    return Alarm(
        finding.track_id, finding.start_ns, finding.end_ns, finding.timestamp_ns,
        measured_words(finding), finding.place_m, size_m,
    )  # fmt: skip
