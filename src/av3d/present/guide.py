"""The guided first task: one car of the sample log, labelled through all frames, one step at a time.

Each step is judged by the labels and by what shows, not by which buttons were pressed; so it can be left
at any time and goes on where the labels are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from av3d.present.session import Session
from av3d.tracks.expectation import Expectation
from av3d.tracks.track import Track
from av3d.types import FloatArray

GOOD = 0.8
"""The overlap with the truth that is expected of a good cuboid: what toolkits ask of a car, and more."""
MOVED_M, MOVED_RAD = 0.005, 0.001
"""By less nobody moves a cuboid on purpose."""
STRIDE = 10
"""Frames from the first keyframe to the second."""


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        key: names it.
        title: what to do.
        text: how; "{edit.fit}" stands for the key of that command.
        done: whether it is done.
        command: a command that a button offers to do, "" for none.
        label: of that button.
        asks: whether only the person can say that it is done.
    """

    key: str
    title: str
    text: str
    done: Callable[[Progress], bool]
    command: str = ""
    label: str = ""
    asks: bool = False


class Progress:
    """How far the labels of a session are.

    Args:
        session: with the sample log.
        track: the track that is judged, or None.
    """

    def __init__(self, session: Session, track: Track | None) -> None:
        self.session, self.track = session, track

    @property
    def keyframes(self) -> int:
        """Of the track."""
        return len(self.track.keyframes) if self.track is not None else 0

    @cached_property
    def overlaps(self) -> FloatArray:
        """Expected overlap with the truth in each frame, (F,); 0 where the track is not there."""
        session = self.session
        times_ns = session.log.frames.timestamps_ns
        overlaps = np.zeros(len(times_ns))
        expectation = Expectation.of(self.track) if self.track is not None else None
        if expectation is None or self.track is None:
            return overlaps
        overlaps[:] = expectation.expected_iou(times_ns)
        present = [self.track.is_present(int(time_ns)) for time_ns in times_ns]
        return np.where(present, overlaps, 0.0)

    @property
    def good_frames(self) -> int:
        """Frames in which the cuboid is expected to be good."""
        return int(np.count_nonzero(self.overlaps >= GOOD))

    @property
    def moved(self) -> bool:
        """Whether a keyframe stands elsewhere than the first one: it was not only set down."""
        if self.track is None:
            return False
        first = self.track.keyframes[0].cuboid
        return any(
            np.linalg.norm(key.cuboid.center_m - first.center_m) > MOVED_M
            or abs(np.angle(np.exp(1j * (key.cuboid.yaw_rad - first.yaw_rad)))) > MOVED_RAD
            for key in self.track.keyframes[1:]
        )

    @property
    def first_frame(self) -> int:
        """That of the first keyframe; 0 without one."""
        return self._frame(0)

    @property
    def last_frame(self) -> int:
        """That of the last keyframe; 0 without one."""
        return self._frame(-1)

    def _frame(self, row: int) -> int:
        if self.track is None:
            return 0
        return self.session.log.frames.nearest(int(self.track.times_ns[row]))


STEPS: tuple[Step, ...] = (
    Step(
        "start", "Go to the first frame",
        "A log is a row of frames. The arrow keys step through them, Space plays. "
        "{frame.first} goes to the first one.",
        lambda p: p.session.frame == 0 or p.track is not None, "frame.first", "First frame",
    ),
    Step(
        "make", "Make a cuboid",
        "The red car ahead is a good one; its points are 12 m in front of the vehicle. Hold Ctrl and "
        "drag a rectangle around them: the cuboid fits itself.",
        lambda p: p.track is not None,
    ),
    Step(
        "heading", "Check where its front is",
        "The arrow shows the front: it has to point where the car drives. {edit.flip} turns it round. "
        "The large image shows which end is which.",
        lambda p: p.keyframes > 1, asks=True,
    ),
    Step(
        "forward", "Go 10 frames on",
        "{frame.next10} goes 10 frames on. The track is not there yet: it is where its keyframes say "
        "that it is, and between them.",
        lambda p: p.keyframes > 1 or p.session.frame >= min(
            p.first_frame + STRIDE, p.session.frames - 1),
        "frame.next10", "10 frames on",
    ),
    Step(
        "move", "Put it on the car again",
        "{edit.keyframe} sets it down here, as a keyframe. Drag its body onto the car, or use "
        "{edit.forward} {edit.left} {edit.back} {edit.right}; then {edit.fit} fits it to the points. In "
        "the frames between it moves as cars do.",
        lambda p: p.moved,
    ),
    Step(
        "last", "The same in the last frame",
        "{frame.last} goes there, {edit.keyframe} sets the cuboid down. Drag it onto the car, "
        "{edit.fit} fits it.",
        lambda p: p.last_frame >= p.session.frames - 1, "frame.last", "Last frame",
    ),
    Step(
        "suggested", "Where keyframes help most",
        "{key.suggested} goes to the frame in which one more keyframe helps most. Correct the cuboid "
        "there, {edit.fit} fits it, and go on until all frames are good.",
        lambda p: p.good_frames >= p.session.frames, "key.suggested", "Suggested frame",
    ),
)  # fmt: skip


class FirstTask:
    """Which step is next.

    Args:
        session: with the sample log, in a project of its own.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._confirmed: set[str] = set()
        self._known: tuple[object, Progress] | None = None

    @property
    def progress(self) -> Progress:
        """How far it is, by the track that is selected, else the one with most keyframes."""
        session = self._session
        track = session.selected_track
        if track is None and session.tracks:
            track = max(session.tracks, key=lambda one: len(one.keyframes))
        key = (track, session.frame, session.frames)
        if self._known is None or self._known[0] != key:
            made = Progress(session, track)
            if self._known is not None and self._known[1].track is track:
                made.overlaps = self._known[1].overlaps
            self._known = key, made
        return self._known[1]

    @property
    def step(self) -> Step | None:
        """The first step that is not done; None when all are."""
        progress = self.progress
        return next(
            (step for step in STEPS if step.key not in self._confirmed and not step.done(progress)),
            None,
        )

    def confirm(self) -> None:
        """The person says that the step is done."""
        step = self.step
        if step is not None and step.asks:
            self._confirmed.add(step.key)
