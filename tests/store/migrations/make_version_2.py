"""Makes version_2.av3d: a project as av3d wrote it before projects had a version 3.

Runs with the code of then, not with that of today:

    git archive 3afeea4 src | tar x -C OLD
    PYTHONPATH=OLD/src python make_version_2.py version_2.av3d

It has every kind of entity, tracks with all that version 2 knew, and entries that were taken back and
made again.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.store.project import Project, open_project
from av3d.store.references import LogReference
from av3d.store.tasks import Author, Task
from av3d.tracks.change import Change
from av3d.tracks.event import Event
from av3d.tracks.history import Kind
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.operations.identity import split
from av3d.tracks.operations.keyframes import delete_keyframe, set_keyframe
from av3d.tracks.operations.shape import set_static
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import TOWED_BY, Relation
from av3d.tracks.track import Track

DAY, NIGHT = "drive", "kreuzung nachts"
ANNA, LEI = "Anna Müller", "李雷"
STEP_NS = 100_000_000
VOUCHED = tuple(p for p in Provenance if p is not Provenance.INTERPOLATED)


def main(path: Path) -> None:
    with open_project(path, create=True, author=ANNA, session="anna") as project:
        for name in (DAY, NIGHT):
            log = LogReference(name, "folder", f"/logs/{name}", "", "f1", 0, 30 * STEP_NS)
            project.commit({"": [Change(None, log)]}, command=f"add log {name}", kind=Kind.FIXED)
        project.apply(
            DAY, [Change(None, track) for track in tracks()], command="import", author=ANNA
        )
        rain = Event("e", "rain", 0, 9 * STEP_NS, {"hard": True}, "nass", ("truck", "Anhänger 1"))
        project.apply(DAY, [Change(None, rain)], command="add event", author=LEI)
        edit(project)
        task = Task("t", DAY, 0, 9 * STEP_NS)
        project.commit({"": [Change(None, Author(LEI)), Change(None, task)]}, command="plan")
    with open_project(path, author=LEI, session="lei") as project:
        person = Track("p", "pedestrian", (Keyframe(0, box(1.0)),), number=1, note="wer?")
        project.apply(NIGHT, [Change(None, person)], command="draw a cuboid", author=LEI)


def edit(project: Project) -> None:
    moved = box(7.5, 0.3)
    for command, changes in (
        ("move cuboid", lambda now: set_keyframe(now, "truck", 3 * STEP_NS, moved)),
        ("delete keyframe", lambda now: delete_keyframe(now, "truck", 0)),
        ("set static", lambda now: set_static(now, "cone")),
        ("split", lambda now: split(now, "Anhänger 1", 5 * STEP_NS, new_id="second part")),
    ):
        project.apply(DAY, changes(project.document(DAY)), command=command, author=ANNA)
    project.undo()
    project.undo()
    project.redo()


def tracks() -> list[Track]:
    truck = Track(
        "truck",
        "truck",
        tuple(
            Keyframe(k * STEP_NS, box(2.0 * k, 0.1 * k), VOUCHED[k % 4], {"occlusion": 0.25 * k})
            for k in (0, 2, 3, 4, 7, 9)
        ),
        (Span(0, 4 * STEP_NS, Edge.VIEW, Edge.OCCLUDED), Span(7 * STEP_NS, 9 * STEP_NS)),
        4,
        {"Größe": 1, "parked": False, "load_t": 1.5},
        note="zwei\nZeilen",
    )
    return [
        truck,
        replace(
            truck,
            id="Anhänger 1",
            category="trailer",
            free_size=True,
            relations=(Relation(TOWED_BY, "truck"),),
        ),
        Track("cone", "traffic_cone", (Keyframe(0, box(50.0)), Keyframe(STEP_NS, box(50.1)))),
    ]


def box(x_m: float, yaw_rad: float = 0.0) -> Cuboid:
    return Cuboid(SE3.from_euler(0.1, -0.2, yaw_rad, [x_m, 1 / 3, -0.0]), np.array([4.5, 1.9, 1.6]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
