"""A span of time that a person has chosen on the timeline."""

from __future__ import annotations

from dataclasses import dataclass

from av3d.logs.frames import Frames
from av3d.present import words


@dataclass(frozen=True)
class TimeSpan:
    """From one frame to another, both included.

    Attributes:
        start_ns: time of the first frame.
        end_ns: time of the last one.
    """

    start_ns: int
    end_ns: int

    @staticmethod
    def between(frames: Frames, one_ns: int, other_ns: int) -> TimeSpan:
        """The span between the frames nearest to two times, whichever is earlier."""
        ends = sorted(frames.nearest(time_ns) for time_ns in (one_ns, other_ns))
        first, last = (frames[index].timestamp_ns for index in ends)
        return TimeSpan(first, last)

    def contains(self, timestamp_ns: int) -> bool:
        return self.start_ns <= timestamp_ns <= self.end_ns

    def frames(self, frames: Frames) -> range:
        """Indices of its frames."""
        return frames.between(self.start_ns, self.end_ns)

    def words(self, frames: Frames) -> str:
        """How long it is: "12 frames, 1.100 s"."""
        count = words.plural(len(self.frames(frames)), "frame")
        return f"{count}, {words.seconds(self.end_ns - self.start_ns)}"
