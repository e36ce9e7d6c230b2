"""Which images of a camera an export takes along."""

from __future__ import annotations

from collections.abc import Sequence

from av3d.datasets.dataset import LabelledLog
from av3d.logs.rhythm import nearest


def chosen_images(item: LabelledLog, camera: str) -> Sequence[int]:
    """The images of a camera that go with the chosen frames, in order of time.

    These are their own images, and of those that belong to no frame (some cameras take several per
    sweep) the ones whose nearest frame is chosen.
    """
    log = item.log
    if len(item.frames) == len(log.frames):
        return range(len(log.cameras[camera]))
    times_ns = log.image_times_ns(camera)
    frame_of = dict(enumerate(nearest(log.frames.timestamps_ns, times_ns).tolist()))
    for frame in log.frames:
        image = frame.images.get(camera)
        if image is not None:
            frame_of[image] = frame.index
    chosen = {frame.index for frame in item.frames}
    return [image for image, frame in frame_of.items() if frame in chosen]
