"""What a window shows of a track, read through its state; see annotator.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hands import Hands

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import bev_iou, iou_3d
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.render.placing import tracks_in_frame
from av3d.tracks.track import Track
from av3d.types import FloatArray


def shown_cuboid(hands: Hands) -> Cuboid | None:
    """The selected cuboid that the window shows, in the ego frame; None where it is not there."""
    shown = hands.state["editing"]["cuboid"]
    if shown is None:
        return None
    pose = SE3(np.array(shown["rotation"]), np.array(shown["center_m"]))
    return Cuboid(pose, np.array(shown["size_lwh_m"]))


def shown_through(hands: Hands, track_id: str, frames: int) -> list[Cuboid | None]:
    """What a window shows of a track in all frames, stepping through them."""
    hands.press_keys("Home")
    for _ in range(60):
        if hands.settled()["selected"] == track_id:
            break
        hands.press_keys("Tab")
    shown = []
    for frame in range(frames):
        hands.wait(lambda s, frame=frame: s["frame"] == frame)  # type: ignore[misc]
        shown.append(shown_cuboid(hands))
        hands.send("key Right")
    return shown


def same(first: Sequence[Cuboid | None], second: Sequence[Cuboid | None]) -> bool:
    """Whether two windows show the same cuboids, to the last tenth of a millimetre."""
    return len(first) == len(second) and all(
        (a is None) == (b is None)
        and (a is None or b is None or np.allclose(a.corners_m(), b.corners_m(), atol=1e-4))
        for a, b in zip(first, second, strict=True)
    )


def overlaps(
    log: Log, truth: Track, shown: Sequence[Cuboid | None]
) -> tuple[FloatArray, FloatArray]:
    """Overlap with the truth in all frames in which it is there, in 3D and from above."""
    ious, ious_bev = [], []
    for frame, cuboid in enumerate(shown):
        placed = tracks_in_frame(log, frame, (truth,))
        if not placed:
            continue
        ious.append(0.0 if cuboid is None else iou_3d(cuboid, placed[0].cuboid))
        ious_bev.append(0.0 if cuboid is None else bev_iou(cuboid, placed[0].cuboid))
    return np.array(ious), np.array(ious_bev)
