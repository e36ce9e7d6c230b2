"""Charts as SVG that stands in a page; colours come from the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np

from av3d.present.quality.checking import CheckedLog, JudgedFinding
from av3d.qa.check import Measure
from av3d.types import BoolArray, FloatArray, IntArray

WIDTH, HEIGHT = 480, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 20, 22
MOST_POINTS = 300
"""Of a curve; it has no more pixels than that."""


@dataclass(frozen=True)
class _Scales:
    """Where times and values are in a chart."""

    start_s: float
    wide_s: float
    low: float
    high: float

    def x(self, time_s: float) -> float:
        return _LEFT + (time_s - self.start_s) / self.wide_s * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        tall = HEIGHT - _TOP - _BOTTOM
        return _TOP + (self.high - value) / (self.high - self.low) * tall


def measure_chart(checked: CheckedLog, judged: JudgedFinding) -> str:
    """What the check looked at over the frames of the track; "" where it is no number per frame.

    The curve, the limit as a dashed line, the finding's stretch on a ground, what is beyond in red.
    """
    finding = judged.finding
    measure = checked.inspection.measure(finding.track_id, finding.check)
    if measure is None:
        return ""
    known = np.isfinite(measure.values)
    if known.sum() < 2:
        return ""
    times_s = (measure.times_ns - checked.log.start_ns) / 1e9
    span_s = tuple(
        (time - checked.log.start_ns) / 1e9 for time in (finding.start_ns, finding.end_ns)
    )
    return _chart(judged, measure, times_s, known, (span_s[0], span_s[1]))


def _chart(
    judged: JudgedFinding,
    measure: Measure,
    times_s: FloatArray,
    known: BoolArray,
    span_s: tuple[float, float],
) -> str:
    values, check = measure.values, judged.check
    limit = measure.limit if np.isfinite(measure.limit) else 0.0
    low = min(float(values[known].min()), limit, 0.0)
    high = max(float(values[known].max()), limit)
    high = high + 0.06 * (high - low) if high > low else low + 1.0
    scales = _Scales(float(times_s[0]), max(float(times_s[-1] - times_s[0]), 1e-3), low, high)
    x, y = scales.x, scales.y
    left, right = max(x(span_s[0]) - 2, _LEFT), min(x(span_s[1]) + 2, WIDTH - _RIGHT)
    parts = [
        f'<rect class="span" x="{left:.1f}" y="{_TOP}" width="{max(right - left, 3):.1f}" '
        f'height="{HEIGHT - _TOP - _BOTTOM}"/>',
        f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{HEIGHT - _BOTTOM}" '
        f'y2="{HEIGHT - _BOTTOM}"/>',
    ]
    for first, last in _runs(known):
        rows = first + _kept(values[first:last])
        curve = " ".join(f"{x(times_s[row]):.1f},{y(values[row]):.1f}" for row in rows.tolist())
        parts.append(f'<polyline class="curve" points="{curve}"/>')
    with np.errstate(invalid="ignore"):
        beyond = values > measure.limit if check.above else values < measure.limit
    for first, last in _runs(beyond):
        rows = first + _kept(values[first:last])
        curve = " ".join(f"{x(times_s[row]):.1f},{y(values[row]):.1f}" for row in rows.tolist())
        if len(rows) > 1:
            parts.append(f'<polyline class="beyond" points="{curve}"/>')
        else:
            across, down = curve.split(",")
            parts.append(f'<circle class="dot" cx="{across}" cy="{down}" r="2.5"/>')
    if np.isfinite(measure.limit):
        parts.append(
            f'<line class="limit" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y(limit):.1f}" '
            f'y2="{y(limit):.1f}"/>'
        )
    parts += _labels(judged, scales, limit, float(times_s[-1]))
    words = escape(f"{check.title} over time, limit {check.words(measure.limit) or 'none'}")
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}">'
        + "".join(parts)
        + "</svg>"
    )


def _labels(judged: JudgedFinding, scales: _Scales, limit: float, end_s: float) -> list[str]:
    digits = judged.check.digits
    y = scales.y
    texts = []
    # Words that would stand on each other are left out, the limit never.
    marks = [limit]
    for value in (scales.high, scales.low):
        if all(abs(y(value) - y(other)) >= 15 for other in marks):
            marks.append(value)
    for value in marks:
        number = f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")
        texts.append(
            f'<text class="number" x="{_LEFT - 5}" y="{y(value) + 4:.1f}" '
            f'text-anchor="end">{number}</text>'
        )
    for time_s, anchor in ((scales.start_s, "start"), (end_s, "end")):
        texts.append(
            f'<text class="number" x="{scales.x(time_s):.1f}" y="{HEIGHT - 6}" '
            f'text-anchor="{anchor}">{time_s:.1f} s</text>'
        )
    if judged.check.unit:
        texts.append(
            f'<text class="number" x="{_LEFT + 4}" y="{_TOP - 7}">{escape(judged.check.unit)}</text>'
        )
    return texts


def bars(rows: Sequence[tuple[str, float | None, str]], *, label: str) -> str:
    """Upright bars side by side, for numbers over time.

    Args:
        rows: words below, height, words above; None for no bar.
        label: what the chart shows, for those who cannot see it.
    """
    if not rows:
        return ""
    known = [value for _, value, _ in rows if value is not None]
    highest = max([*known, 1e-9])
    step = (WIDTH - 2 * _RIGHT) / len(rows)
    width = min(step * 0.7, 36.0)
    # Words below stand apart; with many bars only some have any.
    every = max(1, int(np.ceil(len(rows) * 72 / (WIDTH - 2 * _RIGHT))))
    parts = []
    for number, (words, value, above) in enumerate(rows):
        middle = _RIGHT + (number + 0.5) * step
        if value is not None:
            tall = value / highest * (HEIGHT - _BOTTOM - 22)
            top = HEIGHT - _BOTTOM - tall
            parts.append(
                f'<rect class="bar" x="{middle - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" '
                f'height="{max(tall, 1):.1f}"><title>{escape(words)}: {escape(above)}</title></rect>'
            )
            if step >= 34:
                parts.append(
                    f'<text class="number" x="{middle:.1f}" y="{top - 4:.1f}" '
                    f'text-anchor="middle">{escape(above)}</text>'
                )
        if number % every == 0:
            parts.append(
                f'<text class="number" x="{middle:.1f}" y="{HEIGHT - 6}" '
                f'text-anchor="middle">{escape(words)}</text>'
            )
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        + "".join(parts)
        + "</svg>"
    )


def _runs(mask: BoolArray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _kept(values: FloatArray) -> IntArray:
    """Rows that keep the shape of a long curve: the lowest and highest of each of some groups."""
    if len(values) <= MOST_POINTS:
        return np.arange(len(values), dtype=np.int64)
    edges = np.linspace(0, len(values), MOST_POINTS // 2 + 1).astype(int).tolist()
    rows = [
        first + int(row)
        for first, last in pairwise(edges)
        for row in (values[first:last].argmin(), values[first:last].argmax())
    ]
    return np.unique(np.array([0, *rows, len(values) - 1], dtype=np.int64))
