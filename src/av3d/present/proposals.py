"""The proposals of a detector in the log that shows: which there are, and where each is best seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from av3d.present import words
from av3d.present.best_images import best_image
from av3d.tracks.proposal import is_proposal, score_of
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.session import Session

TRIED = 6
"""Frames of a proposal whose images are looked at, the nearest ones."""
WHOLE = 0.9
"""So much of a cuboid on an image is as good as all of it."""


class Proposals:
    """The proposals among the tracks of a session.

    Args:
        session: whose tracks.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._scores: dict[str, tuple[Track, float | None]] = {}
        self._found: tuple[object, tuple[Track, ...]] = (None, ())

    @property
    def tracks(self) -> tuple[Track, ...]:
        """All proposals of the log, the surest first."""
        session = self._session
        if self._found[0] is not session.tracks:
            found = [track for track in session.tracks if is_proposal(track)]
            found.sort(key=lambda track: (-self.rank(track), track.category, track.number))
            self._found = session.tracks, tuple(found)
        return self._found[1]

    def score(self, track: Track) -> float | None:
        """How sure the detector was of a track; None where it said nothing."""
        known = self._scores.get(track.id)
        if known is None or known[0] is not track:
            known = self._scores[track.id] = track, score_of(track)
        return known[1]

    def rank(self, track: Track) -> float:
        """The score of a track, below all scores where there is none."""
        score = self.score(track)
        return float("-inf") if score is None else score

    def words(self, track: Track) -> str:
        """The score of a track in a column: "0.43"."""
        score = self.score(track)
        return "–" if score is None else words.number(score)


def best_view(session: Session, track: Track) -> tuple[int, str]:
    """The frame to judge a track in and the camera that shows it there, "" where none does.

    Of the frames nearest to its keyframes, the one where the vehicle is closest to it among those in
    which a camera has the whole of it; without such a one, the closest of all.
    """
    log, columns = session.log, track.columns
    nearest: dict[int, float] = {}
    for time_ns, center_m in zip(columns.times_ns.tolist(), columns.centers_m, strict=True):
        if not track.is_present(time_ns):
            continue
        frame = log.frames.nearest(time_ns)
        ego_m = log.world_SE3_ego(log.frames[frame].timestamp_ns).translation_m
        distance_m = float(np.linalg.norm(center_m - ego_m))
        nearest[frame] = min(distance_m, nearest.get(frame, distance_m))
    ranked = sorted(nearest, key=lambda frame: (nearest[frame], frame))
    if not ranked:
        return log.frames.nearest(track.start_ns), ""
    # Far ones too: what passes beside the vehicle is whole on an image only before or after.
    places = np.linspace(0, len(ranked) - 1, min(TRIED, len(ranked))).round().astype(int).tolist()
    closest = best_image(log, track, ranked[0])
    for place in dict.fromkeys(places):
        seen = best_image(log, track, ranked[place]) if place else closest
        if seen.visible >= WHOLE:
            return ranked[place], seen.camera
    return ranked[0], closest.camera
