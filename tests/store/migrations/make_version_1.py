"""Makes version_1.av3d: a project as av3d wrote it before projects had a version 2.

Runs with the code of then and its sample log, not with that of today:

    git archive e90cf3f src sample_logs | tar x -C OLD
    cp -r OLD/sample_logs/crossing /data/logs/crossing
    cp -r OLD/sample_logs/crossing "/data/logs/kreuzung nachts"   # name = "kreuzung nachts" in log.toml
    PYTHONPATH=OLD/src python make_version_1.py /data/logs /data/labels/version_1.av3d

The edits are those that version 1 knew: import, again with --replace, and `Project.apply`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from av3d.cli.main import run
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.store.project import Project, open_project
from av3d.tracks.change import Change
from av3d.tracks.track import Keyframe, Provenance, Span, Track

CROSSING, NIGHT = "crossing", "kreuzung nachts"
ANNA, LEI = "Anna Müller", "李雷"


def main(logs: Path, path: Path) -> None:
    for log in (CROSSING, NIGHT):
        assert run(["import", str(logs / log), "--project", str(path), "--author", ANNA]) == 0
    with open_project(path) as project:
        edit(project)
    again = ["import", str(logs / NIGHT), "--project", str(path), "--replace", "--author", LEI]
    assert run(again) == 0
    with open_project(path) as project:
        first = project.tracks(NIGHT)[0]
        apply(
            project, NIGHT, LEI, "delete keyframe", first, first.with_keyframes(first.keyframes[1:])
        )


def edit(project: Project) -> None:
    for step in range(12):
        track = project.tracks(CROSSING)[step % 3]
        row = step % len(track.keyframes)
        moved = shifted(track.keyframes[row], 0.1 * (step + 1), 0.02 * step)
        keyframes = (*track.keyframes[:row], moved, *track.keyframes[row + 1 :])
        apply(project, CROSSING, ANNA, "move cuboid", track, track.with_keyframes(keyframes))
    by_hand, other, third, fourth = project.tracks(CROSSING)[:4]
    # A new keyframe with attributes of its own, of an orientation that is no plain turn.
    state = by_hand.state_at((by_hand.start_ns + by_hand.end_ns) // 2 + 1)
    assert state is not None
    added = shifted(
        Keyframe(state.timestamp_ns, state.cuboid, Provenance.FITTED, {"occlusion": 0.25, "n": 3}),
        0.05,
        0.3,
    )
    with_more = by_hand.with_keyframes([*by_hand.keyframes, added])
    apply(project, CROSSING, LEI, "Keyframe „gefittet“", by_hand, with_more)
    named = replace(with_more, attributes={"motion": "parked", "Größe": 1, "sure": True})
    apply(project, CROSSING, LEI, "set attributes", with_more, named)
    # Hidden in between.
    start_ns, end_ns = other.start_ns, other.end_ns
    third_ns = (end_ns - start_ns) // 3
    spans = (Span(start_ns, start_ns + third_ns), Span(end_ns - third_ns, end_ns))
    apply(project, CROSSING, ANNA, "cut presence", other, replace(other, presence=spans))
    # Split.
    middle = len(third.keyframes) // 2
    times = [keyframe.timestamp_ns for keyframe in third.keyframes]
    before = replace(
        third,
        keyframes=third.keyframes[:middle],
        presence=(Span(third.start_ns, times[middle - 1]),),
    )
    after = replace(
        third,
        id="split-0001",
        number=99,
        keyframes=third.keyframes[middle:],
        presence=(Span(times[middle], third.end_ns),),
    )
    changes = [Change(third, before), Change(None, after)]
    project.apply(CROSSING, changes, command="split track", author=ANNA)
    # Deleted, brought back, deleted.
    apply(project, CROSSING, ANNA, "delete track", fourth, None)
    apply(project, CROSSING, ANNA, "delete track (taken back)", None, fourth)
    apply(project, CROSSING, ANNA, "delete track", fourth, None)
    # Nothing changes, and nothing at all.
    same = project.tracks(CROSSING)[-1]
    apply(project, CROSSING, LEI, "nothing", same, same)
    project.apply(CROSSING, [], command="empty", author=LEI)
    made = replace(same, id="Straße 1", number=7, category="traffic_cone")
    apply(project, CROSSING, LEI, "copy track", None, made)


def shifted(keyframe: Keyframe, forward_m: float, roll_rad: float) -> Keyframe:
    turn = SE3.from_quaternion([1.0, roll_rad, 0.0, 0.01], [forward_m, 0.0, -0.0])
    pose = keyframe.cuboid.frame_SE3_cuboid @ turn
    return replace(keyframe, cuboid=Cuboid(pose, keyframe.cuboid.size_lwh_m))


def apply(
    project: Project, log: str, author: str, command: str, before: Track | None, after: Track | None
) -> None:
    project.apply(log, [Change(before, after)], command=command, author=author)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
