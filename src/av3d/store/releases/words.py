"""A difference of two states of labels in words, and as JSON values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from av3d.store.change_words import counted
from av3d.store.releases.comparison import (
    KINDS,
    MOVED,
    Difference,
    LogDifference,
    TrackDifference,
)
from av3d.store.releases.distances import Motion
from av3d.store.releases.labels import Labels
from av3d.tracks.difference import VISIBLE
from av3d.tracks.noise import length_words
from av3d.types import NS_PER_S

SIDES = ("length", "width", "height")
LEAST_TURN_DEG = 0.01
"""Headings that differ by less are not worth a word; the JSON has them."""


def side_words(labels: Labels) -> str:
    """What a side of a comparison is: "v1.0 (entry 12)"."""
    entry = f"entry {labels.position}"
    return labels.title if labels.title == entry else f"{labels.title} ({entry})"


def difference_lines(found: Difference, most: int | None = None) -> Iterator[str]:
    """The difference as lines of text.

    Args:
        found: the difference.
        most: tracks and events of a log that are listed; None: all.
    """
    yield f"{side_words(found.before)} → {side_words(found.after)}"
    if found.before.where != found.after.where:
        yield f"  {found.before.where} → {found.after.where}"
    if found.is_empty:
        yield "nothing changed"
        return
    yield from found.ontology
    yield from (f"log {name} added" for name in found.logs_added)
    yield from (f"log {name} removed" for name in found.logs_removed)
    for log in found.logs:
        yield from _log_lines(log, most)


def summary(log: LogDifference) -> str:
    """What changed of a log, counted."""
    counts = [f"{len(log.of(state))} {state}" for state in ("added", "removed", "changed")]
    return f"{log.before} → {counted(log.after, 'track')}: {', '.join(counts)}, {log.same} the same"


def change_summary(log: LogDifference) -> str:
    """In which ways its changed tracks changed, counted; empty when there are none."""
    words = []
    motions = [one.motion for one in log.tracks if one.motion and one.motion.max_m > VISIBLE]
    for kind in KINDS:
        told = f"{kind} {log.count(kind)}" if log.count(kind) else ""
        if kind == MOVED and motions:
            times = sum(motion.times for motion in motions)
            mean_m = sum(motion.mean_m * motion.times for motion in motions) / times
            most_m = max(motion.max_m for motion in motions)
            told += f" (by {length_words(mean_m)} on average, at most {length_words(most_m)})"
        words += [told] if told else []
    again = sum(one.overlap is not None for one in log.tracks)
    if again:
        words.append(f"{counted(again, 'track')} known again by overlap")
    return ", ".join(words)


def _log_lines(log: LogDifference, most: int | None) -> Iterator[str]:
    yield f"{log.name}: {summary(log)}"
    changed = change_summary(log)
    if changed:
        yield f"  {changed}"
    shown = log.tracks if most is None else log.tracks[:most]
    for one in shown:
        yield f"  {one.state:<8} {one.track.name}: {'; '.join(track_words(one, log.start_ns))}"
    if len(shown) < len(log.tracks):
        yield f"  and {len(log.tracks) - len(shown):,} tracks more"
    labels = Counter(one.event.label for one in log.events)
    if labels:
        told = ", ".join(f"{count} {label.replace('_', ' ')}" for label, count in labels.items())
        yield f"  events changed: {told}"
    for event in log.events if most is None else log.events[:most]:
        yield f"  event    {event.event.name}: {'; '.join(event.lines)}"


def track_words(one: TrackDifference, start_ns: int) -> tuple[str, ...]:
    """What changed of a track: what was edited, then how far its cuboids are from where they were."""
    if one.motion is None:
        return one.lines
    words = motion_words(one.motion, start_ns)
    return (*one.lines, words) if words else one.lines


def motion_words(motion: Motion, start_ns: int) -> str:
    """How the cuboids of a track differ over the times in common; empty when they do not."""
    words = []
    if motion.max_m > VISIBLE:
        at_s = (motion.max_at_ns - start_ns) / NS_PER_S
        words.append(
            f"{length_words(motion.mean_m)} off on average, "
            f"at most {length_words(motion.max_m)} at {at_s:.2f} s"
        )
    most_deg = math.degrees(motion.max_yaw_change_rad)
    if most_deg >= LEAST_TURN_DEG:
        mean_deg = math.degrees(motion.mean_yaw_change_rad)
        words.append(f"yaw {mean_deg:.2f}° on average, at most {most_deg:.2f}°")
    words += [
        f"{side} {change_m:+.2f} m"
        for side, change_m in zip(SIDES, motion.mean_size_change_lwh_m, strict=True)
        if abs(change_m) >= 0.005
    ]
    return f"over {counted(motion.times, 'time')}: {', '.join(words)}" if words else ""


def difference_as_json(found: Difference) -> dict[str, Any]:
    """The difference as JSON values; times in nanoseconds."""
    return {
        "before": _side(found.before),
        "after": _side(found.after),
        "same": found.is_empty,
        "ontology": list(found.ontology),
        "logs_added": list(found.logs_added),
        "logs_removed": list(found.logs_removed),
        "logs": [_log(log) for log in found.logs],
    }


def _side(labels: Labels) -> dict[str, Any]:
    return {
        "title": labels.title,
        "where": labels.where,
        "journal_position": labels.position,
        "journal_digest": labels.digest,
        "time_ns": labels.time_ns,
        "release": None if labels.release is None else labels.release.id,
        "sha256": None if labels.release is None else labels.release.sha256,
    }


def _log(log: LogDifference) -> dict[str, Any]:
    return {
        "name": log.name,
        "compared_at": "frames" if log.frames else "keyframes and every 0.1 s",
        "tracks_before": log.before,
        "tracks_after": log.after,
        "same": log.same,
        "added": len(log.of("added")),
        "removed": len(log.of("removed")),
        "changed": len(log.of("changed")),
        "kinds": {kind: log.count(kind) for kind in KINDS},
        "tracks": [_track(one, log.start_ns) for one in log.tracks],
        "events": [
            {
                "id": one.event.id,
                "label": one.event.label,
                "start_ns": one.event.start_ns,
                "end_ns": one.event.end_ns,
                "words": list(one.lines),
            }
            for one in log.events
        ],
    }


def _track(one: TrackDifference, start_ns: int) -> dict[str, Any]:
    before, after = one.before, one.after
    return {
        "state": one.state,
        "name": one.track.name,
        "id_before": None if before is None else before.id,
        "id_after": None if after is None else after.id,
        "category_before": None if before is None else before.category,
        "category_after": None if after is None else after.category,
        "keyframes_before": 0 if before is None else len(before.times_ns),
        "keyframes_after": 0 if after is None else len(after.times_ns),
        "kinds": list(one.kinds),
        "overlap": one.overlap,
        "motion": None if one.motion is None else one.motion.as_json(),
        "words": list(track_words(one, start_ns)),
    }
