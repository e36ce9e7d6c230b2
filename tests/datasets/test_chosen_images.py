from __future__ import annotations

from pathlib import Path

from av3d.datasets.chosen_images import chosen_images
from av3d.datasets.dataset import LabelledLog
from av3d.datasets.registry import open_log
from av3d.datasets.selection import Selection


def test_images_go_with_the_chosen_frames(repository: Path) -> None:
    log = open_log(repository / "sample_logs" / "crossing")
    # Frames 10 and 14 of the sample log have no image of the front camera.
    item = LabelledLog(log, (), Selection(frames=((8, 9), (20, 20))))
    own = [frame.images["front"] for frame in item.frames]
    assert list(chosen_images(item, "front")) == own
    assert len(chosen_images(LabelledLog(log, ()), "front")) == len(log.cameras["front"])


def test_every_image_goes_with_one_frame(repository: Path) -> None:
    log = open_log(repository / "sample_logs" / "crossing")
    parts = [LabelledLog(log, (), Selection(frames=(stretch,))) for stretch in ((0, 12), (13, 39))]
    found = [image for part in parts for image in chosen_images(part, "front")]
    assert found == list(range(len(log.cameras["front"])))
