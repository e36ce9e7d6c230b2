"""How long a model takes to fit a track and to answer for many times."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from motion.made import made_spans
from motion.models import Given, Interpolator
from motion.noise import NoiseLevel, noisy
from motion.spans import Span

from av3d.types import IntArray

FRAMES = 200
KEYFRAMES = 10
ASKED = 1000
REPEATS = 200


def long_spans() -> list[Span]:
    """Made cases of about FRAMES frames, moving."""
    return [span for span in made_spans(1) if span.moves and len(span) >= 0.75 * FRAMES]


def asked_ns(span: Span) -> IntArray:
    """ASKED times from the first frame to the last; as floats, times since 1970 would get beyond."""
    duration_ns = span.times_ns[-1] - span.times_ns[0]
    return span.times_ns[0] + np.linspace(0, duration_ns, ASKED).astype(np.int64)


def median_ms(calls: Sequence[Callable[[], object]]) -> float:
    """Median time of calls, each of which was made once before, milliseconds of a processor.

    What else a busy machine does in the meantime does not count, but for its use of the caches.
    """
    took_ms: list[float] = []
    for call in calls:
        call()
        start = time.process_time()
        call()
        took_ms.append((time.process_time() - start) * 1e3)
    return float(np.median(took_ms))


def speed(model: Interpolator) -> dict[str, float]:
    """Medians in milliseconds: the fit of KEYFRAMES keyframes, states at ASKED times, advice."""
    spans = long_spans()
    givens: list[tuple[Span, Given]] = []
    for number in range(REPEATS):
        span = spans[number % len(spans)]
        rows = np.linspace(0, len(span) - 1, KEYFRAMES).round().astype(np.int64)
        poses = noisy(span, NoiseLevel(0.05, 1.0), number)
        givens.append((span, Given.of(span, poses, rows)))
    fits = [(span, model.fit(given)) for span, given in givens]
    found = {
        # With one answer: a model may put its work off until it is asked.
        "fit": median_ms(
            [lambda given=given: model.fit(given).states(given.times_ns[:1]) for _, given in givens]
        ),
        "states": median_ms(
            [lambda span=span, fit=fit: fit.states(asked_ns(span)) for span, fit in fits]
        ),
    }
    if hasattr(fits[0][1], "next_keyframe"):
        found["expected IoU"] = median_ms(
            [lambda span=span, fit=fit: fit.expected_iou(span.times_ns) for span, fit in fits]
        )
        found["next keyframe"] = median_ms(
            [
                lambda span=span, fit=fit: fit.next_keyframe(span.times_ns[1:-1])
                for span, fit in fits[:20]
            ]
        )
    return found
