"""The command `tracks`: what tracks there are, where they are and how sure, what to label next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, progress, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.cli.projects import (
    AnyProjectOption,
    LabelledLogArgument,
    LabelsFormatOption,
    LabelsOfLogOption,
    LogNameOption,
    log_names,
    log_time_ns,
    recorded_log,
)
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.logs.log import Log
    from av3d.store.project import Project
    from av3d.tracks.state import TrackState
    from av3d.tracks.track import Track

MOST_KEYFRAMES = 100
"""So many keyframes ahead are counted and told; a track that needs more needs a person to look at it."""
LEAST_GAIN = 0.001
"""A keyframe that raises the expected mean overlap by less is not suggested."""


def tracks(
    log_path: LabelledLogArgument = None,
    project: AnyProjectOption = None,
    log: LogNameOption = None,
    labels: LabelsOfLogOption = None,
    format: LabelsFormatOption = None,
    at: Annotated[
        int | None,
        typer.Option("--at", metavar="ENTRY", min=0, help="As they were after this journal entry."),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            "--time", metavar="TIME", help="Where they are at this time, how fast, and how sure."
        ),
    ] = None,
    suggest: Annotated[
        int | None,
        typer.Option(
            "--suggest",
            metavar="N",
            min=1,
            max=MOST_KEYFRAMES,
            help="The next N keyframes of each track that help most.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List tracks as they are or were, where they are at a time, or where keyframes help most."""
    if time is not None and suggest is not None:
        raise Av3dError("one question at a time", "--time, --suggest", "leave one of them out")
    if (project is None) == (log_path is None):
        raise Av3dError(
            "tracks are of a project or of the labels of a log",
            "LOG, --project",
            "give one of them",
        )
    if project is not None:
        for value, option in ((labels, "--labels"), (format, "--format")):
            if value is not None:
                raise Av3dError("a project has its own labels", option, "give LOG, or leave it out")
        logs = _of_project(project, log, at, recorded=suggest is not None)
    else:
        for asked, option in ((log, "--log"), (at, "--at")):
            if asked is not None:
                raise Av3dError(
                    "labels of a log are of no project", option, "give --project, or leave it out"
                )
        assert log_path is not None
        logs = [_of_labels(log_path, labels, format)]
    if time is not None:
        _tell_states(logs, time, as_json=as_json)
    elif suggest is not None:
        _tell_suggestions(logs, suggest, as_json=as_json)
    elif as_json:
        print_json({"logs": {one.name: [t.as_json() for t in one.tracks] for one in logs}})
    else:
        for one in logs:
            _list(one)


@dataclass(frozen=True)
class _Tracks:
    """Tracks of a log, and the log itself where it is needed."""

    name: str
    start_ns: int
    tracks: Sequence[Track]
    log: Log | None = None


def _of_project(
    project: str, wanted: list[str] | None, at: int | None, *, recorded: bool
) -> list[_Tracks]:
    from av3d.store.project import open_project

    with open_project(project) as opened:
        found = []
        for name in log_names(opened, wanted):
            entry = opened.log(name)
            log = recorded_log(entry) if recorded else None
            found.append(_Tracks(name, entry.start_ns, _as_of(opened, name, at), log))
    return found


def _as_of(project: Project, name: str, at: int | None) -> Sequence[Track]:
    if at is None:
        return project.tracks(name)
    return tuple(project.document_at(name, at).tracks.values())


def _of_labels(log_path: Path, labels: Path | None, format: str | None) -> _Tracks:
    from av3d.datasets.registry import dataset_of_labels, open_log

    # Labels that lie in the log are of its own kind.
    log = open_log(log_path, format if labels is None else None)
    found = dataset_of_labels(log, labels, format).read_labels(log, labels)
    for note in found.notes:
        remark(f"note: {note}")
    return _Tracks(log.name, log.start_ns, found.tracks, log)


def _list(found: _Tracks) -> None:
    say(f"{found.name}: {len(found.tracks)} tracks")
    if not found.tracks:
        return
    rows = [_track_row(track, found.start_ns) for track in found.tracks]
    headers = ["track", "keys", "from", "to", "present", "moves", "id"]
    said = [track.interpolation.as_json() for track in found.tracks]
    if any(said):
        # A column that nearly always is empty is there only if it is not.
        headers.append("interpolation")
        for row, track, is_said in zip(rows, found.tracks, said, strict=True):
            row.append(track.interpolation.words if is_said else "")
    say(table(headers, rows, "lrrrrr"))


def _track_row(track: Track, log_start_ns: int) -> list[str]:
    present_s = sum(span.end_ns - span.start_ns for span in track.presence) / 1e9
    moved_m = track.keyframes[-1].cuboid.center_m - track.keyframes[0].cuboid.center_m
    return [
        track.name,
        str(len(track.keyframes)),
        f"{(track.start_ns - log_start_ns) / 1e9:.2f} s",
        f"{(track.end_ns - log_start_ns) / 1e9:.2f} s",
        f"{present_s:.1f} s",
        f"{math.hypot(*moved_m):.1f} m",
        track.id,
    ]


def _tell_states(logs: Sequence[_Tracks], time: str, *, as_json: bool) -> None:
    """Tracks that are there at a time: place, motion, and how sure the model is of them."""
    facts: dict[str, Any] = {}
    for one in logs:
        time_ns = log_time_ns(time, one.start_ns, "--time")
        there = [(track, track.state_at(time_ns)) for track in one.tracks]
        states = {track.id: _state(track, state) for track, state in there if state is not None}
        facts[one.name] = {"timestamp_ns": time_ns, "tracks": states}
    if as_json:
        print_json({"logs": facts})
        return
    for one in logs:
        at_s = (facts[one.name]["timestamp_ns"] - one.start_ns) / 1e9
        states = facts[one.name]["tracks"]
        say(f"{one.name}: {len(states)} of {len(one.tracks)} tracks at {at_s:.2f} s")
        if one.tracks and not states:
            first = (min(track.start_ns for track in one.tracks) - one.start_ns) / 1e9
            last = (max(track.end_ns for track in one.tracks) - one.start_ns) / 1e9
            remark(f"note: the tracks of {one.name} are there from {first:.2f} to {last:.2f} s")
        if states:
            headers = ["track", "x", "y", "z", "speed", "accel.", "turns", "±along", "±across"]
            headers += ["±up", "±yaw", "IoU", "from"]
            say(table(headers, [_state_row(state) for state in states.values()], "lrrrrrrrrrrr"))


def _state(track: Track, state: TrackState) -> dict[str, Any]:
    import numpy as np

    from av3d.tracks.expectation import Expectation
    from av3d.tracks.motion.expected_iou import GOOD_IOU, probability_iou_at_least

    pose = state.cuboid.frame_SE3_cuboid
    deviations = chance = None
    if state.covariance is not None:
        size_lwh_m, covariances = state.cuboid.size_lwh_m, state.covariance[None]
        chance = float(probability_iou_at_least(GOOD_IOU, size_lwh_m, covariances)[0])
        deviations = np.sqrt(np.maximum(np.diag(state.covariance), 0)).tolist()
    expectation = Expectation.of(track)
    expected = None
    if expectation is not None:
        asked_ns = np.array([state.timestamp_ns], dtype=np.int64)
        expected = float(expectation.expected_iou(asked_ns)[0])
    return {
        "name": track.name,
        "provenance": state.provenance.value,
        "center_m": pose.translation_m.tolist(),
        "size_lwh_m": state.cuboid.size_lwh_m.tolist(),
        "quaternion_wxyz": pose.quaternion_wxyz.tolist(),
        "velocity_m_s": np.asarray(state.velocity_m_s).tolist(),
        "speed_m_s": state.speed_m_s,
        "acceleration_m_s2": np.asarray(state.acceleration_m_s2).tolist(),
        "yaw_rate_rad_s": state.yaw_rate_rad_s,
        "deviations": None
        if deviations is None
        else dict(
            zip(
                ("along_m", "across_m", "up_m", "roll_rad", "pitch_rad", "yaw_rad"),
                deviations,
                strict=True,
            )
        ),
        "expected_iou": expected,
        "probability_iou_0.7": chance,
    }


def _state_row(state: Mapping[str, Any]) -> list[str]:
    x, y, z = state["center_m"]
    ax, ay, _ = state["acceleration_m_s2"]
    known = state["deviations"]
    doubts = ["-"] * 4
    if known is not None:
        sides = [f"{100 * known[name]:.0f} cm" for name in ("along_m", "across_m", "up_m")]
        doubts = [*sides, f"{math.degrees(known['yaw_rad']):.1f}°"]
    iou = state["expected_iou"]
    return [
        state["name"],
        f"{x:.2f}",
        f"{y:.2f}",
        f"{z:.2f}",
        f"{state['speed_m_s']:.2f} m/s",
        f"{math.hypot(ax, ay):.2f} m/s²",
        f"{round(math.degrees(state['yaw_rate_rad_s']), 1) + 0.0:.1f} °/s",
        *doubts,
        "-" if iou is None else f"{iou:.2f}",
        state["provenance"],
    ]


def _tell_suggestions(logs: Sequence[_Tracks], count: int, *, as_json: bool) -> None:
    """For each track what its frames may be expected to be worth, and which keyframes help most."""
    from av3d.tracks.motion.expected_iou import GOOD_IOU

    facts: dict[str, dict[str, Any]] = {}
    with progress() as show:
        for one in logs:
            advice = facts[one.name] = {}
            for done, track in enumerate(one.tracks):
                show(f"{one.name}, {track.name}", done, len(one.tracks))
                advice[track.id] = _advice(track, one, count, GOOD_IOU)
    if as_json:
        print_json({"good_iou": GOOD_IOU, "logs": facts})
        return
    for one in logs:
        _print_advice(one, facts[one.name], GOOD_IOU)


def _advice(track: Track, found: _Tracks, count: int, good: float) -> dict[str, Any]:
    import numpy as np

    from av3d.tracks.expectation import Expectation, frames_of
    from av3d.tracks.motion.next_keyframe import keyframes_until, next_keyframes

    assert found.log is not None
    frames = found.log.frames
    indices = {frame.timestamp_ns: frame.index for frame in frames}
    times_ns = frames_of(track, np.array(sorted(indices), dtype=np.int64))
    expectation = Expectation.of(track)
    told: dict[str, Any] = {
        "name": track.name,
        "frames": len(times_ns),
        "keyframes": len(track.columns),
        "expected_worst_iou": None,
        "expected_mean_iou": None,
        "keyframes_until_good": None,
        "suggestions": [],
    }
    if expectation is None or not len(times_ns):
        return told
    expected = expectation.expected_iou(times_ns)
    needed = keyframes_until(expectation, times_ns, good, MOST_KEYFRAMES)
    enough = not needed or needed[-1].worst_after >= good
    # What has been found on the way need not be looked for again.
    chosen = needed[:count]
    if len(chosen) < count:
        chosen = next_keyframes(expectation, times_ns, count)
    told["expected_worst_iou"] = float(expected.min())
    told["expected_mean_iou"] = float(expected.mean())
    told["keyframes_until_good"] = len(needed) if enough else None
    told["suggestions"] = [
        {
            "timestamp_ns": one.time_ns,
            "frame": indices[one.time_ns],
            "time_s": (one.time_ns - found.start_ns) / 1e9,
            "worst_before": one.worst_before,
            "worst_after": one.worst_after,
            "mean_before": one.mean_before,
            "mean_after": one.mean_after,
        }
        for one in chosen
        # One that gains nothing, as of a track that stands, is no advice.
        if one.mean_after - one.mean_before > LEAST_GAIN
    ]
    return told


def _print_advice(found: _Tracks, advice: Mapping[str, Mapping[str, Any]], good: float) -> None:
    known = [one for one in advice.values() if one["expected_worst_iou"] is not None]
    known.sort(key=lambda one: float(one["expected_worst_iou"]))
    fine = sum(one["keyframes_until_good"] == 0 for one in known)
    say(
        f"{found.name}: {fine} of {len(advice)} tracks may be expected to reach {good:g} everywhere"
    )
    rows = []
    for one in known:
        until = one["keyframes_until_good"]
        needs = f"> {MOST_KEYFRAMES}" if until is None else str(until)
        for place, step in enumerate(one["suggestions"]):
            rows.append(
                [
                    one["name"] if place == 0 else "",
                    needs if place == 0 else "",
                    f"{step['time_s']:.2f} s",
                    str(step["frame"]),
                    f"{step['worst_before']:.2f}",
                    f"{step['worst_after']:.2f}",
                    f"{step['mean_before']:.2f}",
                    f"{step['mean_after']:.2f}",
                ]
            )
    if rows:
        headers = ["track", "needs", "time", "frame", "worst", "worst then", "mean", "mean then"]
        say(table(headers, rows, "lrrrrrrr"))
    unknown = [one["name"] for one in advice.values() if one["expected_worst_iou"] is None]
    if unknown:
        from av3d.cli.projects import shown

        say(f"nothing is known of {shown(unknown)}: one keyframe says nothing of how a track moves")
