"""Faults of identity and time: who is who, when a track is there, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from faults.fault import Fault, Kind, Planting, Strength
from faults.material import SHAPE, Material
from faults.moving import UNSTEADY, of
from faults.path import Path, direction, period_s, span_of, speed_m_s, stands, way_m
from faults.shape import POINTS

from av3d.ontology.motion import Motion
from av3d.qa.subject import Subject
from av3d.tracks.presence import Span
from av3d.tracks.track import Track
from av3d.types import NS_PER_S

FIRST_FREE_NUMBER = 9000
"""Numbers of tracks that are added begin here."""


def _added(track: Track, name: str, **changes: object) -> Track:
    made: Mapping[str, object] = {"number": FIRST_FREE_NUMBER + track.number, **changes}
    return replace(track, id=f"{track.id}-{name}", **made)  # type: ignore[arg-type]


def _duplicate(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    rows = span_of(subject, max(1.0, 3 * period_s(subject)), rng, margin=0)
    if rows is None or subject.motion == Motion.FREE:
        return None
    if strength != Strength.SLIGHT:
        rows = subject.stretches[0]
    off_m = of(strength, 0.5, 0.3, 0.0) * float(np.median(subject.sizes_lwh_m[:, 1]))
    path = Path.of(subject)
    path.centers_m += off_m * direction(rng)
    keep = np.zeros(len(path.centers_m), dtype=bool)
    keep[rows] = True
    times_ns = subject.times_ns[rows]
    start_ns, end_ns = int(times_ns[0]), int(times_ns[-1])
    made = _added(path.track(keep, presence=(Span(start_ns, end_ns),)), "twice")
    fault = Fault(
        "duplicate", strength, (made.id,), start_ns, end_ns,
        f"{off_m:.2f} m off, for {(end_ns - start_ns) / NS_PER_S:.1f} s",
    )  # fmt: skip
    return Planting(fault, (made,), (subject.track.id,))


def _swap(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    least_m, most_m = {
        Strength.SLIGHT: (0.0, 4.0),
        Strength.PLAIN: (4.0, 12.0),
        Strength.GROSS: (12.0, 40.0),
    }[strength]
    if len(subject.track.presence) > 1:
        return None
    others = [
        other
        for other in material.subjects.values()
        if other is not subject
        and other.track.category == subject.track.category
        and len(other.track.presence) == 1
        and material.apart_m(subject, other) < most_m
    ]
    rng.shuffle(others)  # type: ignore[arg-type]
    for other in others:
        frames, mine, theirs = np.intersect1d(
            subject.frames, other.frames, assume_unique=True, return_indices=True
        )
        at = [
            row
            for row in range(5, len(frames) - 5)
            if least_m
            <= np.hypot(*(subject.centers_m[mine[row]] - other.centers_m[theirs[row]])[:2])
            < most_m
        ]
        if at:
            row = at[int(rng.integers(len(at)))]
            return _swapped(subject, other, int(frames[row]), strength)
    return None


def _swapped(subject: Subject, other: Subject, frame: int, strength: Strength) -> Planting:
    moment_ns = int(subject.log.frames.timestamps_ns[frame])
    halves = []
    for one in (subject, other):
        track = Path.of(one).track()
        before = [keyframe for keyframe in track.keyframes if keyframe.timestamp_ns < moment_ns]
        after = [keyframe for keyframe in track.keyframes if keyframe.timestamp_ns >= moment_ns]
        halves.append((track, before, after))
    (first, head, tail), (second, second_head, second_tail) = halves
    made = (
        replace(
            first, keyframes=(*head, *second_tail), presence=(Span(first.start_ns, second.end_ns),),
            free_size=None,
        ),
        replace(
            second, keyframes=(*second_head, *tail), presence=(Span(second.start_ns, first.end_ns),),
            free_size=None,
        ),
    )  # fmt: skip
    apart_m = np.hypot(
        *(
            subject.centers_m[np.searchsorted(subject.frames, frame)]
            - other.centers_m[np.searchsorted(other.frames, frame)]
        )[:2]
    )
    period_ns = subject.log.frame_period_ns
    ids = (first.id, second.id)
    fault = Fault(
        "identities swapped", strength, ids, moment_ns - period_ns, moment_ns + period_ns,
        f"{apart_m:.1f} m apart",
    )  # fmt: skip
    return Planting(fault, made, ids)


def _fragments(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    gap_s = of(strength, 1.5, 0.5, 0.0)
    gap = round(gap_s / period_s(subject))
    whole = max((rows.stop - rows.start for rows in subject.stretches), default=0)
    least = max(3, round(0.7 / period_s(subject)))
    if len(subject.track.presence) > 1 or whole < gap + 2 * least:
        return None
    if subject.motion == Motion.FREE:
        return None
    cut = int(rng.integers(least, whole - gap - least + 1))
    path, rows, times_ns = Path.of(subject), np.arange(whole), subject.times_ns
    first = path.track(rows < cut, presence=(Span(int(times_ns[0]), int(times_ns[cut - 1])),))
    again = int(times_ns[cut + gap])
    second = _added(path.track(rows >= cut + gap, presence=(Span(again, int(times_ns[-1])),)), "on")
    fault = Fault(
        "two tracks, one after the other", strength, (second.id,), int(times_ns[0]),
        int(times_ns[-1]), f"{gap_s} s between them",
    )  # fmt: skip
    return Planting(fault, (first, second), (first.id,))


def _hole(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not material.sees(subject, 20, 40) or len(subject.track.presence) > 1:
        return None
    rows = span_of(subject, of(strength, 0.4, 0.8, 1.5), rng, margin=4)
    if rows is None or not material.points_inside(subject)[rows].min() >= 10:
        return None
    keep = np.ones(len(subject.times_ns), dtype=bool)
    keep[rows] = False
    times_ns = subject.times_ns
    spans = (
        Span(int(times_ns[0]), int(times_ns[rows.start - 1])),
        Span(int(times_ns[rows.stop]), int(times_ns[-1])),
    )
    track = Path.of(subject).track(keep, presence=spans)
    fault = Fault(
        "a hole in presence", strength, (track.id,), spans[0].end_ns, spans[1].start_ns,
        f"{rows.stop - rows.start} frames",
    )  # fmt: skip
    return Planting(fault, (track,), (track.id,))


def _cut_off(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    if not material.sees(subject, 20, 40) or len(subject.track.presence) > 1:
        return None
    count = round(of(strength, 0.4, 0.8, 1.5) / period_s(subject))
    whole, inside = len(subject.times_ns), material.points_inside(subject)
    if whole < count + 6:
        return None
    keep, late = np.ones(whole, dtype=bool), bool(rng.random() < 0.5)
    rows = slice(whole - count, whole) if late else slice(0, count)
    if not inside[rows].min() >= 10:
        return None
    keep[rows] = False
    times_ns = subject.times_ns[keep]
    span = Span(int(times_ns[0]), int(times_ns[-1]))
    track = Path.of(subject).track(keep, presence=(span,))
    lost_ns = subject.times_ns[rows]
    fault = Fault(
        "begins late or ends early", strength, (track.id,),
        min(int(lost_ns[0]), span.end_ns), max(int(lost_ns[-1]), span.start_ns),
        f"{count} frames at the {'end' if late else 'start'}",
    )  # fmt: skip
    return Planting(fault, (track,), (track.id,))


def _missed(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    points, least_m, within_m = {
        Strength.SLIGHT: (10, 3.0, 60.0),
        Strength.PLAIN: (50, 5.0, 40.0),
        Strength.GROSS: (150, 10.0, 25.0),
    }[strength]
    if subject.motion not in (Motion.WHEELED, Motion.LEGGED) or len(subject.times_ns) < 10:
        return None
    if way_m(subject) < least_m or not material.sees(subject, points, within_m):
        return None
    times_ns = subject.times_ns
    fault = Fault(
        "missed object", strength, (), int(times_ns[0]), int(times_ns[-1]),
        f"{subject.track.category} that moves {way_m(subject):.1f} m",
        (times_ns, subject.centers_m),
    )  # fmt: skip
    return Planting(fault, (), (subject.track.id,), gone=(subject.track.id,))


def _blip(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    frames = int(of(strength, 4, 2, 1))
    rows = span_of(subject, frames * period_s(subject), rng, margin=0)
    if rows is None or subject.motion == Motion.FREE:
        return None
    path = Path.of(subject)
    path.centers_m += 6.0 * direction(rng)
    keep = np.zeros(len(path.centers_m), dtype=bool)
    keep[rows] = True
    times_ns = subject.times_ns[rows]
    span = Span(int(times_ns[0]), int(times_ns[-1]))
    made = _added(path.track(keep, presence=(span,)), "blip")
    fault = Fault(
        "track of a moment", strength, (made.id,), span.start_ns, span.end_ns, f"{frames} frames"
    )
    return Planting(fault, (made,), (subject.track.id,))


def _far_keyframes(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    category = subject.category
    if category is None or category.longest_gap_s is None or stands(subject):
        return None
    if speed_m_s(subject) < 1:
        return None
    seconds = category.longest_gap_s * of(strength, 1.2, 2, 4)
    rows = span_of(subject, seconds, rng, margin=1)
    if rows is None:
        return None
    keep = np.ones(len(subject.times_ns), dtype=bool)
    keep[rows] = False
    return _without(subject, keep, rows, "keyframes far apart", strength, f"{seconds:.1f} s")


def _without(
    subject: Subject, keep: np.ndarray, rows: slice, kind: str, strength: Strength, amount: str
) -> Planting:
    track, times_ns = Path.of(subject).track(keep), subject.times_ns[rows]
    fault = Fault(kind, strength, (track.id,), int(times_ns[0]), int(times_ns[-1]), amount)
    return Planting(fault, (track,), (track.id,))


def _bridged(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    least_m, most_m = {
        Strength.SLIGHT: (0.25, 0.5),
        Strength.PLAIN: (0.5, 1.0),
        Strength.GROSS: (1.0, 3.0),
    }[strength]
    category = subject.category
    if category is None or category.longest_gap_s is None or way_m(subject) < 3:
        return None
    for _ in range(6):
        seconds = rng.uniform(0.5, 1.0) * category.longest_gap_s
        rows = span_of(subject, seconds, rng, margin=1)
        if rows is None:
            return None
        # How far a straight line is off, which is quick: only where that matters a track is made.
        ends_ns = subject.times_ns[[rows.start - 1, rows.stop]]
        parts = (subject.times_ns[rows] - ends_ns[0]) / (ends_ns[1] - ends_ns[0])
        first_m, last_m = subject.centers_m[[rows.start - 1, rows.stop]]
        straight_m = first_m + parts[:, None] * (last_m - first_m)
        if np.hypot(*(straight_m - subject.centers_m[rows])[:, :2].T).max() < least_m:
            continue
        keep = np.ones(len(subject.times_ns), dtype=bool)
        keep[rows] = False
        track = Path.of(subject).track(keep)
        states = [track.state_at(time_ns) for time_ns in subject.times_ns[rows].tolist()]
        bent_m = np.stack([state.cuboid.center_m for state in states if state is not None])
        off_m = float(np.hypot(*(bent_m - subject.centers_m[rows])[:, :2].T).max())
        if least_m <= off_m < most_m:
            amount = f"{off_m:.2f} m off after {seconds:.1f} s"
            return _without(subject, keep, rows, "interpolated past a turn", strength, amount)
    return None


def _attribute(
    material: Material, subject: Subject, strength: Strength, rng: np.random.Generator
) -> Planting | None:
    track, times_ns = subject.track, subject.times_ns
    if track.attributes.get(SHAPE) is None:
        return None
    left = {key: value for key, value in track.attributes.items() if key != SHAPE}
    if strength == Strength.SLIGHT:
        made, amount = replace(track, attributes={**left, SHAPE: "unheard of"}), "unknown value"
    elif strength == Strength.PLAIN:
        made, amount = replace(track, attributes=left), "required one missing"
    else:
        made, amount = replace(track, category="unheard_of"), "unknown category"
    fault = Fault(
        "not as the ontology says",
        strength,
        (track.id,),
        int(times_ns[0]),
        int(times_ns[-1]),
        amount,
    )
    return Planting(fault, (made,), (track.id,))


KINDS = (
    Kind(
        "duplicate",
        (
            "a second track on one object for a second, half its width off",
            "all the time, .3 of its width off",
            "all the time, the same cuboids",
        ),
        frozenset({"duplicate", "overlap"}),
        _duplicate,
    ),
    Kind(
        "identities swapped",
        (
            "two tracks of one category less than 4 m apart go on as each other",
            "4 m to 12 m",
            "12 m to 40 m",
        ),
        UNSTEADY | {"swap"},
        _swap,
    ),
    Kind(
        "two tracks, one after the other",
        ("the second begins 1.5 s after the first has ended", ".5 s", "in the next frame"),
        frozenset({"fragment", "track-gap"}),
        _fragments,
    ),
    Kind(
        "a hole in presence",
        ("not there for .4 s, with 10 points and more in every frame", ".8 s", "1.5 s"),
        frozenset({"track-gap"}),
        _hole,
        points=True,
    ),
    Kind(
        "begins late or ends early",
        ("by .4 s, with 10 points and more in every frame", ".8 s", "1.5 s"),
        frozenset({"track-gap"}),
        _cut_off,
        points=True,
    ),
    Kind(
        "missed object",
        (
            "an object without label that moves 3 m or more; 10 points or more, within 60 m",
            "5 m; 50 points, 40 m",
            "10 m; 150 points, 25 m",
        ),
        frozenset({"unlabelled"}),
        _missed,
        points=True,
    ),
    Kind(
        "track of a moment",
        ("a track of four frames, 6 m from another", "two frames", "one frame"),
        POINTS | {"short-track"},
        _blip,
    ),
    Kind(
        "keyframes far apart",
        (
            "1.2 times as far as the category may have them, of an object that goes 1 m/s or more",
            "twice as far",
            "4 times",
        ),
        frozenset({"keyframe-gap", "uncertain", "interpolated-off"}),
        _far_keyframes,
    ),
    Kind(
        "interpolated past a turn",
        ("keyframes left out: .25 m to .5 m off in between", ".5 m to 1 m", "1 m to 3 m"),
        POINTS | UNSTEADY | {"keyframe-gap", "uncertain", "slip", "yaw-rate"},
        _bridged,
    ),
    Kind(
        "not as the ontology says",
        (
            "a value of an attribute that the ontology does not know",
            "a required attribute is missing",
            "an unknown category",
        ),
        frozenset({"attributes"}),
        _attribute,
    ),
)
