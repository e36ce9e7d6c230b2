import cv2
import numpy as np
import pytest

from av3d.errors import OutputError
from av3d.logs.image import read_image
from av3d.render.png import write_png


def test_a_picture_comes_back_as_it_was(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    path = tmp_path / "new folder" / "Straße 日本.png"
    write_png(path, image)
    assert (read_image(path) == image).all()


def test_alpha_is_kept(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 4), dtype=np.uint8)
    write_png(tmp_path / "a.png", image)
    read = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    assert (cv2.cvtColor(read, cv2.COLOR_BGRA2RGBA) == image).all()


def test_an_existing_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    for value in (1, 2):
        write_png(tmp_path / "a.png", np.full((3, 3, 3), value, np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert read_image(tmp_path / "a.png").max() == 2


def test_what_is_no_picture_changes_nothing(tmp_path):
    for image in (np.zeros((3, 3)), np.zeros((0, 3, 3), np.uint8), np.zeros((3, 3, 3), np.float32)):
        with pytest.raises(OutputError, match="is not a picture"):
            write_png(tmp_path / "a.png", image)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_an_error(tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(OutputError):
        write_png(tmp_path / "a.png", np.zeros((3, 3, 3), np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
