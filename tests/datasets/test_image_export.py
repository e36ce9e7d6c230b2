from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.dataset import DatasetError, ExportOptions, LabelledLog
from av3d.datasets.image_export import BoxTally, ImageFolder, check_items, from_edges
from av3d.errors import InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.image import ImageFiles, ImageStream
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory
from av3d.types import Uint8Array

PICTURE = np.full((20, 30, 3), (200, 100, 50), dtype=np.uint8)


class Decoded(ImageStream):
    """Images that are no files, as in a bag."""

    def read(self, index: int) -> Uint8Array:
        return PICTURE


class Sweeps(SweepStream):
    def read(self, index: int) -> Sweep:
        return Sweep("top", 0, np.zeros((0, 3), dtype=np.float32))


def log_of(images: ImageStream) -> Log:
    return Log(
        name="made",
        kind="made",
        path=Path(),
        rig=Rig(
            "made",
            {"top": LidarMount(SE3.identity())},
            {"eye": CameraMount(Camera(30, 20, 30.0, 30.0, 14.5, 9.5), SE3.identity())},
        ),
        trajectory=Trajectory.identity(),
        lidars={"top": Sweeps([0])},
        cameras={"eye": images},
    )


def files(folder: Path, *suffixes: str) -> ImageFiles:
    folder.mkdir()
    paths = [folder / f"{number}{suffix}" for number, suffix in enumerate(suffixes)]
    for path in paths:
        assert cv2.imwrite(str(path), PICTURE[..., ::-1])
    return ImageFiles(list(range(len(paths))), paths)


def folder_for(log: Log, out: Path, tally: BoxTally, *, link: bool = False) -> ImageFolder:
    return ImageFolder(log, "eye", out, tally, link)


def test_images_that_are_no_files_are_written_as_jpeg_and_counted(tmp_path: Path) -> None:
    tally = BoxTally()
    folder = folder_for(log_of(Decoded([0])), tmp_path / "out", tally)
    assert folder.write(0, "000000") == "000000.jpg"
    written = cv2.imread(str(tmp_path / "out" / "000000.jpg"))[..., ::-1]
    assert np.abs(written.astype(int) - PICTURE).max() <= 3
    [loss] = [loss for loss in tally.losses("COCO") if loss.what == "image pixels"]
    assert (loss.count, loss.of) == (1, "images")


def test_all_images_of_a_camera_get_the_suffix_of_the_first(tmp_path: Path) -> None:
    tally = BoxTally()
    folder = folder_for(log_of(files(tmp_path / "in", ".png", ".jpg")), tmp_path / "out", tally)
    assert [folder.write(index, str(index)) for index in (0, 1)] == ["0.png", "1.png"]
    assert (tmp_path / "out" / "0.png").read_bytes() == (tmp_path / "in" / "0.png").read_bytes()
    assert (tmp_path / "out" / "1.png").read_bytes()[:4] == b"\x89PNG"
    assert tally.encoded == 0  # PNG loses nothing


def test_files_are_linked_where_that_is_asked_for_and_possible(tmp_path: Path) -> None:
    log = log_of(files(tmp_path / "in", ".jpg"))
    folder_for(log, tmp_path / "out", BoxTally(), link=True).write(0, "0")
    assert (tmp_path / "in" / "0.jpg").samefile(tmp_path / "out" / "0.jpg")
    folder_for(log, tmp_path / "copied", BoxTally()).write(0, "0")
    assert not (tmp_path / "in" / "0.jpg").samefile(tmp_path / "copied" / "0.jpg")


def test_a_truncated_image_is_refused(tmp_path: Path) -> None:
    images = files(tmp_path / "in", ".jpg")
    whole = (tmp_path / "in" / "0.jpg").read_bytes()
    (tmp_path / "in" / "0.jpg").write_bytes(whole[:-20])
    folder = folder_for(log_of(images), tmp_path / "out", BoxTally())
    with pytest.raises(InputFileError, match="truncated"):
        folder.write(0, "0")


def test_formats_count_from_the_edge_of_the_first_pixel() -> None:
    # The first pixel alone, and the whole of an image of 30 x 20.
    boxes_px = np.array([[-0.5, -0.5, 0.5, 0.5], [-0.5, -0.5, 29.5, 19.5]])
    assert from_edges(boxes_px).tolist() == [[0, 0, 1, 1], [0, 0, 30, 20]]


def test_senseless_digits_and_doubled_logs_are_refused(tmp_path: Path) -> None:
    item = LabelledLog(log_of(Decoded([0])), ())
    for items, options, message in [
        ([item], ExportOptions(decimals=17), "17 decimals"),
        ([item, item], ExportOptions(), "2 logs are called 'made'"),
        ([], ExportOptions(), "no log to export"),
    ]:
        with pytest.raises(DatasetError, match=message):
            check_items(items, tmp_path, options)
