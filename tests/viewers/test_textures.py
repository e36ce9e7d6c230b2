from __future__ import annotations

import math

import numpy as np
import pytest

from av3d.present.panes.pane import PaneImage
from av3d_viewers import textures
from av3d_viewers.textures import RESTS_FRAMES, SPARE_BYTES, WASTE, Textures, best_size


@pytest.fixture
def made(monkeypatch):
    """Textures, and the sizes of those that Dear PyGui was asked for."""
    sizes = []

    def add(width, height, *_values, **_place):
        sizes.append((width, height))
        return len(sizes)

    monkeypatch.setattr(textures.dpg, "add_dynamic_texture", add)
    monkeypatch.setattr(textures.dpg, "set_value", lambda *_: None)
    monkeypatch.setattr(textures.dpg, "texture_registry", _Registry)
    return Textures(), sizes


class _Registry:
    def __enter__(self):
        return 1

    def __exit__(self, *_error):
        return None


def picture(width, height, version):
    return PaneImage(version, np.zeros((height, width, 4), dtype=np.uint8))


def test_the_smallest_texture_that_holds_the_picture_serves():
    sizes = [(128, 128), (256, 192), (256, 256)]
    assert best_size(sizes, (192, 192), math.inf) == 1


@pytest.mark.parametrize("sizes", [[], [(64, 256)], [(1024, 1024)]])
def test_none_serves_that_is_too_small_or_much_too_large(sizes):
    assert best_size(sizes, (128, 128), WASTE) is None


def test_a_pane_that_becomes_a_little_smaller_keeps_its_texture(made):
    pool, sizes = made
    pool.upload({"main": picture(640, 640, 1)})
    for _ in range(2):
        pool.upload({})
    assert pool.upload({"main": picture(600, 570, 2)}) == {"main"}
    assert sizes == [(640, 640)]
    assert pool["main"].uv_max == (600 / 640, 570 / 640)


def test_a_pane_that_is_dragged_to_ever_new_sizes_comes_to_an_end_of_textures(made):
    pool, sizes = made
    random = np.random.default_rng(1)
    for version in range(600):
        width, height = random.integers(100, 1900), random.integers(100, 1000)
        pool.upload({"main": picture(int(width), int(height), version)})
    megabytes = sum(width * height * 16 for width, height in sizes) / 1e6
    assert megabytes < 200


def test_a_texture_that_another_pane_had_is_shown_only_when_it_holds_the_new_picture(made):
    pool, sizes = made
    pool.upload({"camera": picture(640, 640, 1)})
    for _ in range(2):
        pool.upload({})
    assert pool["camera"] is not None
    pool.forget()
    pool.upload({"main": picture(640, 640, 1)})
    assert pool["main"] is None  # it still holds the image of the camera
    assert pool.frames_to_show == 2
    assert pool.upload({"main": picture(640, 640, 1)}) == {"main"}
    assert pool["main"] is not None
    assert sizes == [(640, 640)]


def test_while_a_larger_texture_is_made_the_old_picture_stays(made):
    pool, _ = made
    pool.upload({"main": picture(640, 640, 1)})
    for _ in range(2):
        pool.upload({})
    before = pool["main"]
    pool.upload({"main": picture(900, 900, 2)})
    assert pool["main"] is before
    for _ in range(2):
        pool.upload({"main": picture(900, 900, 2)})
    assert pool["main"].size == (1024, 1024)


class Buffers:
    """Pixel buffers by name, made with each texture."""

    def __init__(self, sizes):
        self.sizes = sizes
        self.deleted = set()

    def of_size(self, nbytes):
        made = {row + 1 for row, (w, h) in enumerate(self.sizes) if 16 * w * h == nbytes}
        return made - self.deleted

    def delete(self, name):
        self.deleted.add(name)


def test_textures_that_wait_too_long_are_deleted_with_their_buffers(made, monkeypatch):
    pool, sizes = made
    pool._buffers = Buffers(sizes)
    gone = []
    monkeypatch.setattr(textures.dpg, "delete_item", gone.append)
    for version, side in enumerate((600, 700, 900, 1000, 1200, 1500)):
        for _ in range(4):
            pool.upload({"main": picture(side, side, version)})
    for _ in range(RESTS_FRAMES + 2):
        pool.upload({})
    shown = pool["main"].texture
    assert gone
    assert shown not in gone
    assert pool._buffers.deleted == set(gone)  # they have the same numbers here
    waiting = [size for number, size in enumerate(sizes, 1) if number not in {*gone, shown}]
    assert sum(16 * width * height for width, height in waiting) <= SPARE_BYTES


def test_a_texture_is_kept_when_nobody_can_say_which_buffer_is_its_own(made, monkeypatch):
    pool, sizes = made
    pool._buffers = Buffers(sizes)
    gone = []
    monkeypatch.setattr(textures.dpg, "delete_item", gone.append)
    for version in range(4):
        both = {"main": picture(1500, 1500, version), "camera": picture(1500, 1500, version)}
        pool.upload(both)
    pool.forget()
    for _ in range(RESTS_FRAMES + 2):
        pool.upload({})
    assert len(sizes) == 2
    assert gone == []
