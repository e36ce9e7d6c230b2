"""Time along a line of pixels: which part of a log a pane shows, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from av3d.types import FloatArray, IntArray


@dataclass(frozen=True)
class TimeAxis:
    """Time from left to right, linear.

    Attributes:
        left, right: pixels of the start and the end.
        start_ns, end_ns: what is shown.
    """

    left: float
    right: float
    start_ns: int
    end_ns: int

    @property
    def span_ns(self) -> int:
        """How much is shown."""
        return max(self.end_ns - self.start_ns, 1)

    @property
    def ns_per_px(self) -> float:
        return self.span_ns / max(self.right - self.left, 1.0)

    def x_of(self, timestamp_ns: int) -> float:
        """Where a time is, in pixels; also outside of what shows."""
        return self.left + (timestamp_ns - self.start_ns) / self.ns_per_px

    def xs_of(self, times_ns: IntArray) -> FloatArray:
        """`x_of` of many times, (N,)."""
        return np.asarray(self.left + (times_ns - self.start_ns) / self.ns_per_px)

    def time_at(self, x: float) -> int:
        """The time at a place."""
        # Added as integers: nanoseconds since 1970 are too large for exact floats.
        return self.start_ns + round((x - self.left) * self.ns_per_px)

    def zoomed(
        self, x: float, factor: float, bounds_ns: tuple[int, int], least_ns: int
    ) -> TimeAxis:
        """Show `factor` times as much, with the time at `x` staying there.

        Args:
            x: pixels.
            factor: below 1 shows less, larger.
            bounds_ns: the log; nothing outside is shown.
            least_ns: what is shown at least.
        """
        whole_ns = max(bounds_ns[1] - bounds_ns[0], 1)
        span_ns = min(max(round(self.span_ns * factor), min(least_ns, whole_ns)), whole_ns)
        share = (x - self.left) / max(self.right - self.left, 1.0)
        start_ns = self.time_at(x) - round(share * span_ns)
        return self.showing(start_ns, span_ns, bounds_ns)

    def moved(self, by_ns: int, bounds_ns: tuple[int, int]) -> TimeAxis:
        """Show as much, later (or earlier), as far as the log goes."""
        return self.showing(self.start_ns + by_ns, self.span_ns, bounds_ns)

    def with_in_sight(self, timestamp_ns: int, bounds_ns: tuple[int, int]) -> TimeAxis:
        """Show a time: itself where it is in sight, else as much with the time near the left."""
        if self.start_ns <= timestamp_ns <= self.end_ns:
            return self
        return self.showing(timestamp_ns - self.span_ns // 4, self.span_ns, bounds_ns)

    def showing(self, start_ns: int, span_ns: int, bounds_ns: tuple[int, int]) -> TimeAxis:
        """Show so much from a time on, within the log."""
        start_ns = max(min(start_ns, bounds_ns[1] - span_ns), bounds_ns[0])
        return replace(self, start_ns=start_ns, end_ns=min(start_ns + span_ns, bounds_ns[1]))
