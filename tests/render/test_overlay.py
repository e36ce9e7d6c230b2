import itertools

import numpy as np

from av3d.calibration.camera import Camera
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.render.outline import cuboid_lines_camera, cuboid_style
from av3d.render.overlay import draw_cuboids, tag_size_px
from av3d.render.palette import hex_to_rgb

CAMERA = Camera(640, 480, 500.0, 500.0, 319.5, 239.5)
AHEAD = SE3(np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]]), np.zeros(3))


def drawing(x, y, category="car", text="Car 1", selected=False):
    cuboid = Cuboid.from_yaw([x, y, -1.0], [4.0, 2.0, 1.5], 0.2).in_frame(AHEAD)
    found = cuboid_lines_camera(
        CAMERA, cuboid, cuboid_style(category, selected=selected), text=text
    )
    assert found is not None
    return found


def has_colour(image, colour):
    return (np.abs(image[..., :3].astype(int) - hex_to_rgb(colour)).max(axis=2) <= 2).any()


def test_cuboids_are_drawn_in_their_colours_with_tags():
    image = np.full((480, 640, 3), 90, np.uint8)
    placed = draw_cuboids(image, [drawing(12, 3), drawing(20, -5, "bus", "Bus 2")])
    assert sorted(item.tag.text for item in placed) == ["Bus 2", "Car 1"]
    assert has_colour(image, "#4DB2F5")
    assert has_colour(image, "#379B43")


def test_the_order_of_the_drawings_does_not_matter():
    drawings = [drawing(12, 3), drawing(14, 2, "bus"), drawing(30, 1, selected=True)]
    pictures = []
    for order in itertools.permutations(drawings):
        pictures.append(np.full((480, 640, 3), 90, np.uint8))
        draw_cuboids(pictures[-1], order)
    assert all((picture == pictures[0]).all() for picture in pictures)


def test_tags_do_not_overlap_in_a_crowd():
    crowd = [drawing(10 + n, -3 + 0.2 * n, text=f"Car {n}") for n in range(30)]
    image = np.zeros((480, 640, 4), np.uint8)
    placed = draw_cuboids(image, crowd)
    assert 1 < len(placed) < 30
    for one, other in itertools.combinations([item.box_px for item in placed], 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_the_selected_tag_is_dark_words_on_accent():
    image = np.full((480, 640, 3), 90, np.uint8)
    placed = draw_cuboids(image, [drawing(12, 3, text="Car 21", selected=True)])
    left, top, right, bottom = (round(value) for value in placed[0].box_px)
    assert (right - left, bottom - top) == tag_size_px("Car 21")
    ground = image[top + 1, left + 4 : right - 4]
    assert (ground == hex_to_rgb("#FFC53D")).all()
    assert has_colour(image[top:bottom, left:right], "#15181C")


def test_nothing_to_draw_leaves_the_picture_alone():
    image = np.full((48, 64, 3), 90, np.uint8)
    assert draw_cuboids(image, []) == []
    assert (image == 90).all()
