import math

import pytest

from av3d.ontology.category import Category
from av3d.ontology.checks import OntologyError
from av3d.ontology.motion import Motion
from av3d.ontology.picture import Picture

PICTURE = Picture("pictures/car.png", b"\x89PNG\r\n\x1a\n...")


def test_a_category_needs_no_more_than_a_key() -> None:
    car = Category("articulated_bus")
    assert (car.title, car.motion, car.longest_gap_s) == ("Articulated bus", Motion.FREE, None)
    assert car.as_json() == {
        "key": "articulated_bus",
        "colour": "#7f8790",
        "size_lwh_m": [1.0, 1.0, 1.0],
        "motion": "free",
    }


def test_colours_are_kept_in_lower_case() -> None:
    assert Category("car", colour="#4DB2F5").colour == "#4db2f5"


def test_limits_go_around_the_usual_size() -> None:
    car = Category(
        "car", size_lwh_m=(4.5, 1.9, 1.6), smallest_lwh_m=(2, 1, 1), largest_lwh_m=(7, 3, 3)
    )
    assert car.as_json()["largest_lwh_m"] == [7, 3, 3]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"key": ""}, "'' is no key"),
        ({"key": "x" * 101}, "is no key"),
        ({"key": "car", "title": "\t"}, "is no title"),
        ({"key": "car", "colour": "blue"}, "'blue' is no colour, category 'car'"),
        ({"key": "car", "colour": "#12345g"}, "is no colour"),
        ({"key": "car", "hotkey": "F1"}, "'F1' is no key of a keyboard"),
        ({"key": "car", "size_lwh_m": (4, 0, 1)}, "a length of size_lwh_m is 0"),
        ({"key": "car", "size_lwh_m": (4, math.inf, 1)}, "a length of size_lwh_m is inf"),
        (
            {"key": "car", "size_lwh_m": (4, 2, 2), "smallest_lwh_m": (5, 1, 1)},
            "the lengths 5, 4 m are no smallest, usual and largest one",
        ),
        (
            {"key": "car", "size_lwh_m": (4, 2, 2), "largest_lwh_m": (5, 1, 3)},
            "the widths 2, 1 m",
        ),
        ({"key": "car", "longest_gap_s": 0}, "longest_gap_s is 0"),
        ({"key": "car", "longest_gap_s": math.nan}, "longest_gap_s is nan"),
        ({"key": "car", "attributes": ("a", "a")}, "attribute 'a' is there twice"),
        ({"key": "car", "pictures": (PICTURE, PICTURE)}, "is there twice"),
        ({"key": "car", "exports": {"kitti": "a\n"}}, "is no key"),
        ({"key": "car", "imports": {"kitti": ("Van", "Van")}}, "'Van' is there twice"),
        ({"key": "car", "imports": {"kitti": ("",)}}, "'' is no key"),
        ({"key": "car", "formerly": ("",)}, "'' is no key"),
        ({"key": "car", "guidance": "\ud800"}, "control character"),
    ],
)
def test_a_category_that_contradicts_itself_is_refused(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(OntologyError) as error:
        Category(**values)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_line_ends_of_guidance_are_one_character() -> None:
    assert Category("car", guidance="a\r\nb").guidance == "a\nb"


def test_what_a_category_holds_cannot_be_changed() -> None:
    exports = {"kitti": "Car"}
    car = Category("car", exports=exports)
    exports["kitti"] = "Van"
    assert car.exports["kitti"] == "Car"
    with pytest.raises(TypeError):
        car.exports["kitti"] = "Van"  # type: ignore[index]
