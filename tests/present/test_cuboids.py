from __future__ import annotations

import numpy as np

from av3d.calibration.camera import Camera
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.present.cuboids import draw_tags, hit
from av3d.present.drawing import BODY, Drawing, shortened
from av3d.render.outline import Item, all_lines_camera, cuboid_style


def square(x, y, half):
    return np.array([[x - half, y - half], [x + half, y - half], [x + half, y + half],
                     [x - half, y + half]])  # fmt: skip


def test_of_cuboids_inside_each_other_the_smallest_is_hit():
    hulls = [("bus", square(100, 100, 80)), ("pedestrian", square(110, 100, 10))]
    assert hit(hulls, 112, 98) == "pedestrian"
    assert hit(hulls, 60, 60) == "bus"
    assert hit(hulls, 300, 300) is None


def test_a_click_just_beside_an_edge_still_hits():
    assert hit([("car", square(100, 100, 20))], 122, 100) == "car"
    assert hit([("car", square(100, 100, 20))], 126, 100) is None


ITEMS = [
    Item(Cuboid(SE3.from_euler(0.02, 1.5 + 0.3 * n, 0.1, [x, 1.0, z]), np.array([4.2, 1.9, 1.6])),
         cuboid_style("car", hidden_edges=False), f"t{n}", f"Car {n}")
    for n, (x, z) in enumerate([(0, 20), (-6, 30), (8, 15), (14, 12), (0, 1), (2, 60), (0, -20)])
]  # fmt: skip
CAMERA = Camera(640, 360, 400.0, 400.0, 319.5, 179.5)


def test_tags_do_not_overlap():
    drawing = Drawing(lambda text, style: len(text) * 7.0)
    found = all_lines_camera(CAMERA, ITEMS)
    placed = draw_tags(drawing, found, (640, 360))
    assert placed
    for number, one in enumerate(placed):
        for other in placed[number + 1 :]:
            a, b = one.box_px, other.box_px
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_the_tag_of_a_selected_cuboid_that_the_border_cuts_stays_inside_and_comes_first():
    drawing = Drawing(lambda text, style: len(text) * 7.0)
    cut = Item(Cuboid(SE3.from_euler(0, 1.5, 0, [-4.0, -1.5, 5.0]), np.array([4.2, 1.9, 3.0])),
               cuboid_style("car", selected=True), "cut", "Car 99")  # fmt: skip
    found = next(f for f in all_lines_camera(CAMERA, [cut, *ITEMS]) if f.selected)
    # As in a pane that shows a part of the image, enlarged.
    left, top, _, _ = found.bounds_px
    offset = (-2 * left - 60.0, -2 * top - 60.0)
    placed = [item.placed(2.0, offset) for item in all_lines_camera(CAMERA, [cut, *ITEMS])]
    first = draw_tags(drawing, placed, (640, 360))[0]
    assert first.tag.text == "Car 99"
    left, top, right, bottom = first.box_px
    assert left >= 0
    assert top >= 0
    assert right <= 640
    assert bottom <= 360
    assert draw_tags(drawing, [found.placed(2.0, (-3000.0, 0.0))], (640, 360)) == []


def test_long_texts_end_in_an_ellipsis_that_fits():
    def measure(text, style):
        return len(text) * 8.0

    assert shortened("pandaset.object_motion", BODY, 100, measure) == "pandaset.ob…"
    assert shortened("short", BODY, 100, measure) == "short"
    assert shortened("x", BODY, 3, measure) == ""
