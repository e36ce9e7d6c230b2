"""Pictures handed to OpenGL directly."""

from __future__ import annotations

import ctypes
import json

import cv2
import numpy as np
import pytest

from av3d.present.panes.pane import PaneImage
from av3d_viewers import card_textures, opengl
from av3d_viewers.card_textures import BATCH, MARK, CardTextures


def test_pictures_look_the_same_with_and_without_calling_opengl(
    display, street, open_log, tmp_path, monkeypatch
):
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("AV3D_STATE_JSON", str(tmp_path / "state.json"))
    images = []
    for called in ("1", "0"):
        monkeypatch.setenv("AV3D_OPENGL", called)
        picture = tmp_path / f"{called}.png"
        done = open_log(street, "--select", "Car 1", "--frame", "3", "--screenshot", picture)
        assert done.returncode == 0, done.stderr
        images.append(cv2.imread(str(picture)).astype(int))
    different = np.abs(images[0] - images[1]).max(axis=2) > 3
    panes = json.loads((tmp_path / "state.json").read_text())["panes"]
    for name in ("main", "camera", "strip", "sides"):
        x, y, width, height = (round(value) for value in panes[name])
        assert different[y : y + height, x : x + width].mean() < 1e-4, name


class Card:
    """OpenGL as far as it is called: textures by name, each with its pixels."""

    def __init__(self):
        self.textures: dict[int, np.ndarray] = {}
        self.bound = 0
        self.uploads = 0

    def glIsTexture(self, name):
        return name in self.textures

    def glBindTexture(self, _target, name):
        self.bound = name

    def glGetTexLevelParameteriv(self, _target, _level, what, size):
        height, width = self.textures[self.bound].shape[:2]
        size._obj.value = width if what == card_textures.WIDTH else height

    def glGetTexImage(self, _target, _level, _format, _kind, address):
        ctypes.memmove(address, self.textures[self.bound].tobytes(), 4)

    def glTexImage2D(self, *arguments):
        self._put(arguments[3], arguments[4], arguments[-1])

    def glTexSubImage2D(self, *arguments):
        assert self.textures[self.bound].shape[1::-1] == (arguments[4], arguments[5])
        self._put(arguments[4], arguments[5], arguments[-1])

    def _put(self, width, height, address):
        values = (ctypes.c_ubyte * (4 * width * height)).from_address(address)
        self.textures[self.bound] = np.array(values, np.uint8).reshape(height, width, 4)
        self.uploads += 1

    def __getattr__(self, _name):
        return lambda *_: None


@pytest.fixture
def card(monkeypatch):
    """What the card holds; Dear PyGui's textures get there with `frame`."""
    made = Card()
    asked = []

    def add(width, height, values, **_place):
        asked.append(np.rint(np.array(values) * 255).astype(np.uint8).reshape(height, width, 4))
        return 1000 + len(asked)

    def frame():
        for pixels in asked[len(made.textures) - 1 :]:
            made.textures[len(made.textures) + 1] = pixels

    monkeypatch.setattr(card_textures.dpg, "add_static_texture", add)
    monkeypatch.setattr(card_textures.dpg, "texture_registry", _Registry)
    monkeypatch.setattr(opengl, "library", lambda: made)
    # Of somebody else, such as the letters; its only pixel looks nearly like one of ours.
    made.textures[1] = np.array([[[0, 0, 1, MARK + 1]]], np.uint8)
    made.frame = frame
    return made


class _Registry:
    def __enter__(self):
        return 1

    def __exit__(self, *_error):
        return None


def picture(width, height, version, value=7):
    return PaneImage(version, np.full((height, width, 4), value, dtype=np.uint8))


def test_a_picture_is_on_the_card_at_once_and_goes_there_once(card):
    pictures = CardTextures()
    card.frame()
    assert pictures.work()
    assert pictures.upload({"main": picture(30, 20, 1)}) == {"main"}
    assert (pictures.fresh, pictures.late, pictures.frames_to_show) == ({"main"}, set(), 1)
    slot = pictures["main"]
    assert (card.textures[slot.name] == 7).all()
    assert slot.used == (30, 20)
    assert pictures.upload({"main": picture(30, 20, 1)}) == set()
    assert card.uploads == 1
    assert pictures.upload({"main": picture(30, 20, 2, 9)}) == set()
    assert (card.textures[slot.name] == 9).all()


def test_a_picture_of_another_size_moves_its_slot(card):
    pictures = CardTextures()
    card.frame()
    assert pictures.work()
    pictures.upload({"main": picture(30, 20, 1)})
    assert pictures.upload({"main": picture(40, 20, 2)}) == {"main"}
    assert card.textures[pictures["main"].name].shape == (20, 40, 4)


def test_where_no_texture_is_found_the_card_is_not_used(card):
    assert not CardTextures().work()


def test_when_textures_run_out_more_are_made_and_the_picture_is_late(card):
    pictures = CardTextures()
    card.frame()
    assert pictures.work()
    images = {f"tile{number}": picture(4, 4, 1) for number in range(BATCH + 1)}
    pictures.upload(images)
    assert len(pictures.late) == 1
    assert pictures.frames_to_show == 2
    card.frame()
    pictures.upload(images)
    assert not pictures.late
    assert all(pictures[name] is not None for name in images)


def test_pictures_of_a_closed_log_leave_the_card_and_show_no_more(card):
    pictures = CardTextures()
    card.frame()
    assert pictures.work()
    pictures.upload({"main": picture(30, 20, 1)})
    name = pictures["main"].name
    pictures.forget()
    assert pictures["main"] is None
    assert card.textures[name].size == 4
    pictures.upload({"main": picture(30, 20, 1)})
    assert (card.textures[pictures["main"].name] == 7).all()
