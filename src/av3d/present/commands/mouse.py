"""What the mouse does, as one table: the page of keys and the guide are made from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MouseGesture:
    """Something that the mouse does.

    Attributes:
        place: where, as a heading: "Points", "Timeline".
        gesture: what the hand does: "Ctrl+drag".
        title: what comes of it.
    """

    place: str
    gesture: str
    title: str


GESTURES: tuple[MouseGesture, ...] = (
    MouseGesture(
        "Everywhere", "Click", "Select the track under the pointer; a click changes no label"
    ),
    MouseGesture("Everywhere", "Ctrl+click", "Select one more track, or one less"),
    MouseGesture("Everywhere", "Drag a handle", "Move, turn or size the selected cuboid"),
    MouseGesture("Everywhere", "Ctrl while dragging", "In steps of 5 cm or 5 °"),
    MouseGesture("Everywhere", "Alt while dragging", "Finely; on the body: up and down"),
    MouseGesture("Everywhere", "Esc while dragging", "Back to the value before"),
    MouseGesture("Everywhere", "Drag a line between panes", "Give a pane more room"),
    MouseGesture("Points", "Ctrl+drag", "New cuboid that fits the points in the rectangle"),
    MouseGesture("Points", "Shift+drag", "New cuboid as large as the rectangle"),
    MouseGesture("Points", "Drag", "Move the bird's-eye view, turn the 3D view"),
    MouseGesture("Points", "Right drag", "Move the view"),
    MouseGesture("Points", "Wheel", "Zoom at the pointer"),
    MouseGesture("Camera", "Drag", "Move the image"),
    MouseGesture("Camera", "Wheel", "Zoom at the pointer"),
    MouseGesture("Camera", "Click a small image", "Make that camera large"),
    MouseGesture("Timeline", "Drag on lanes or ruler", "Go through the frames"),
    MouseGesture("Timeline", "Drag a keyframe", "Move it to another time"),
    MouseGesture("Timeline", "Drag an end of a bar", "Change when the track is there"),
    MouseGesture("Timeline", "Shift+drag", "Choose a span of time"),
    MouseGesture("Timeline", "Right click", "What can be done at that place"),
    MouseGesture(
        "Timeline", "Wheel", "Zoom the time; with Shift move it, with Ctrl scroll the lanes"
    ),
    MouseGesture("Lists", "Shift+click", "Select all from the last one to this one"),
    MouseGesture("Lists", "Double click", "Select the track and centre the views on it"),
    MouseGesture("Lists", "Right click", "What can be done with the track"),
    MouseGesture("Values", "Drag sideways on a name", "Change the value; Shift coarse, Alt fine"),
    MouseGesture("Values", "Click", "Type a value, Enter keeps it"),
)
