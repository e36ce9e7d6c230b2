"""Which frame shows while a log plays: by the clock, so that a slow machine skips frames, not time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from av3d.types import NS_PER_S, IntArray

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


class Playback:
    """Plays frames at their own times.

    The caller passes the clock's reading (seconds of a monotonic clock), so tests need no waiting.

    Args:
        timestamps_ns: times of the frames, strictly increasing, (N,).

    Attributes:
        playing: whether it plays.
        speed: 1 is true time.
        loop: whether it begins again at the end.
        limits: first and last frame of the part that a loop plays; None: all.
    """

    def __init__(self, timestamps_ns: Sequence[int] | IntArray) -> None:
        self._times: IntArray = np.asarray(timestamps_ns, dtype=np.int64)
        self.playing = False
        self.speed = 1.0
        self.loop = False
        self.limits: tuple[int, int] | None = None
        self._start_s = 0.0
        self._start_ns = 0
        self._part: tuple[int, int, int] | None = None

    @property
    def _period_ns(self) -> int:
        """How long the last frame stays before a loop begins again."""
        steps = np.diff(self._times)
        return int(np.median(steps)) if len(steps) else NS_PER_S // 10

    def start(self, frame_index: int, now_s: float) -> int:
        """Play from a frame, or from the first if it is the last; returns where it starts."""
        self._part = None
        first, last = self._ends
        if frame_index >= last or frame_index < first:
            frame_index = first
        self.playing = len(self._times) > 1
        self._begin(frame_index, now_s)
        return frame_index

    def start_around(self, frame_index: int, half_s: float, now_s: float) -> int:
        """Play what is around a frame once, and come back to it; returns where it starts.

        Args:
            frame_index: the frame.
            half_s: seconds before and after it.
            now_s: reading of the clock.
        """
        half_ns = round(half_s * NS_PER_S)
        middle_ns = int(self._times[frame_index])
        first, after = np.searchsorted(self._times, [middle_ns - half_ns, middle_ns + half_ns + 1])
        self._part = int(first), int(after) - 1, frame_index
        self.playing = self._part[0] < self._part[1]
        self._begin(self._part[0], now_s)
        return self._part[0] if self.playing else frame_index

    @property
    def _ends(self) -> tuple[int, int]:
        """First and last frame of what plays."""
        if self._part is not None:
            return self._part[:2]
        if self.loop and self.limits is not None and self.limits[0] < self.limits[1]:
            return self.limits
        return 0, len(self._times) - 1

    def stop(self) -> None:
        self.playing = False

    def moved(self, frame_index: int, now_s: float) -> None:
        """The user went to another frame; go on from there."""
        self._part = None
        self._begin(frame_index, now_s)

    def set_speed(self, speed: float, frame_index: int, now_s: float) -> None:
        """Play at another speed from now on."""
        self.speed = speed
        self._begin(frame_index, now_s)

    def _begin(self, frame_index: int, now_s: float) -> None:
        self._start_s = now_s
        self._start_ns = int(self._times[frame_index]) if len(self._times) else 0

    def frame_at(self, now_s: float, current: int) -> int:
        """The frame that is due; stops at the end, or begins again when looping.

        Args:
            now_s: reading of the clock.
            current: the frame that shows, returned when nothing plays.
        """
        if not self.playing:
            return current
        first, last = self._ends
        time_ns = self._time_ns(now_s)
        end_ns = int(self._times[last])
        if self._part is not None:
            if time_ns >= end_ns + self._period_ns:
                self.playing = False
                return self._part[2]
            return min(int(np.searchsorted(self._times, time_ns, side="right")) - 1, last)
        if self.loop and time_ns >= end_ns + self._period_ns:
            self._begin(first, now_s)
            return first
        index = int(np.searchsorted(self._times, time_ns, side="right")) - 1
        index = min(max(index, 0), last)
        if index == last and not self.loop:
            self.playing = False
        return index

    def seconds_to_next(self, now_s: float) -> float:
        """How long the frame of `now_s` stays; 0 if the next one is due."""
        last = self._ends[1]
        time_ns = self._time_ns(now_s)
        index = int(np.searchsorted(self._times, time_ns, side="right"))
        due_ns = (
            int(self._times[index]) if index <= last else int(self._times[last]) + self._period_ns
        )
        return max(0.0, (due_ns - time_ns) / NS_PER_S / self.speed)

    def _time_ns(self, now_s: float) -> int:
        return self._start_ns + round((now_s - self._start_s) * self.speed * NS_PER_S)
