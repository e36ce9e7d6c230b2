"""New tracks out of gestures on the points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.assist.error import AssistError
from av3d.errors import Av3dError
from av3d.present import aids
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations.life import create
from av3d.tracks.track import new_track_id
from av3d.types import FloatArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from av3d.assist.placing import Placed, Rectangle
    from av3d.present.session import Session

BOX_TOOL = "box"


def from_rectangle(session: Session, rectangle: Rectangle, *, fitting: bool) -> bool:
    """Make a track whose cuboid stands in a rectangle of the ground; whether one was made."""
    return _make(session, lambda: aids.cuboid_in(session, rectangle, fitting=fitting))


def from_place(session: Session, place_m: FloatArray) -> bool:
    """Make a track of what stands at a place (3,) of the ego frame; whether one was made."""
    return _make(session, lambda: aids.cuboid_on(session, place_m))


def from_ray(session: Session, origin_m: FloatArray, direction: FloatArray) -> bool:
    """Make a track of what a ray of the ego frame meets, (3,) and (3,); whether one was made."""

    def placed() -> Placed:
        return aids.cuboid_on(session, aids.place_on_ray(session, origin_m, direction))

    return _make(session, placed)


def _make(session: Session, placing: Callable[[], Placed]) -> bool:
    """A track that is there from this frame on, selected; what is wrong becomes a message."""
    session.tool = ""
    try:
        category = session.category
        if category is None:
            raise AssistError("the ontology has no categories", "", "add one to the project")
        placed = placing()
    except Av3dError as error:
        session.say("error", "No cuboid made", str(error))
        return False
    track_id, time_ns = new_track_id(), session.timestamp_ns
    cuboid = placed.cuboid.in_frame(session.log.world_SE3_ego(time_ns))
    number = session.labels.document.next_number(category.key)
    # The person drew it and sees it: what the points added is as good as the hand.
    made = session.edits.do(
        f"Make {category.title} {number}",
        lambda document: create(
            document, category.key, time_ns, cuboid, provenance=Provenance.MANUAL, track_id=track_id
        ),
    )
    if made:
        session.select(track_id)
        session.hint = f"{placed.how}. G: other front, T: fit, 1 to 9: category"
    return made
