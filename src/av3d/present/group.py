"""The selected cuboids of a frame, which move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av3d.geometry.cuboid import Cuboid
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.keyframe import Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.operations.anchors import CENTER, Anchor

if TYPE_CHECKING:
    from av3d.present.edits import Operation
    from av3d.present.session import Session


@dataclass(frozen=True, eq=False)
class Group:
    """The selected tracks that are there in a frame, as they are when a gesture begins.

    Attributes:
        session: whose selection.
        frame: which frame.
        leader: the track that has the handles.
        start: its cuboid in the ego frame at the frame's time.
        others: the other selected tracks and their cuboids.
    """

    session: Session
    frame: int
    leader: str
    start: Cuboid
    others: tuple[tuple[str, Cuboid], ...] = ()

    @staticmethod
    def of(session: Session) -> Group | None:
        """The selection at the frame that shows, but for hidden tracks that do not lead it.

        None where its leading track is not there.
        """
        box = session.selected_box()
        if box is None:
            return None
        # Nobody sees where hidden ones would go.
        seen = [track_id for track_id in session.selection[1:] if track_id not in session.hidden]
        found = [(track_id, session.box_of(track_id)) for track_id in seen]
        others = tuple((track_id, other.cuboid) for track_id, other in found if other is not None)
        return Group(session, session.frame, box.track.id, box.cuboid, others)

    @property
    def words(self) -> str:
        """What is edited, for the title of an edit: "Car 21", "Car 21 and 2 more"."""
        track = self.session.track(self.leader)
        name = track.name if track is not None else self.leader
        return f"{name} and {len(self.others)} more" if self.others else name

    def operation(
        self,
        cuboid: Cuboid,
        *,
        anchor: Anchor = CENTER,
        provenance: Provenance = Provenance.MANUAL,
        noise: Noise | None = None,
        together: bool = True,
    ) -> Operation:
        """What puts the leading track at a cuboid, and moves the others as one body with it.

        Args:
            cuboid: of the leading track, in the ego frame.
            anchor: the point of its other cuboids that stays where it is when the size changes.
            provenance: who vouches for it.
            noise: how exact it is, where known.
            together: whether the others go along; a new size or front is its own.
        """
        set_cuboid = self.session.edits.set_cuboid
        steps = [
            set_cuboid(
                self.leader, cuboid, frame=self.frame, provenance=provenance, anchor=anchor,
                noise=noise,
            )
        ]  # fmt: skip
        if together:
            after_SE3_before = cuboid.frame_SE3_cuboid @ self.start.frame_SE3_cuboid.inverse()
            for track_id, other in self.others:
                moved = Cuboid(after_SE3_before @ other.frame_SE3_cuboid, other.size_lwh_m)
                steps.append(set_cuboid(track_id, moved, frame=self.frame))
        return joined(steps)


def joined(operations: Sequence[Operation]) -> Operation:
    """Operations on tracks that have nothing to do with each other, as one."""

    def operation(document: Document) -> tuple[Change, ...]:
        return tuple(change for part in operations for change in part(document))

    return operation
