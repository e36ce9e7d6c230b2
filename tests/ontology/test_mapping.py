import pytest

from av3d.datasets.argoverse2.classes import CATEGORY as OF_ARGOVERSE
from av3d.datasets.kitti.types import CATEGORY_OF_TYPE, TYPE_OF_CATEGORY
from av3d.datasets.nuscenes.labels import own_category
from av3d.datasets.nuscenes.official import CATEGORIES as NUSCENES
from av3d.datasets.pandaset.classes import CATEGORY as OF_PANDASET
from av3d.ontology.category import Category
from av3d.ontology.mapping import attributes_for, attributes_from, category_of, label_for
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default, preset
from av3d.types import Scalar

MINE = Ontology(
    "mine",
    1,
    (
        Category("car", exports={"kitti": "Car", "kitti-object": "Pkw", "waymo": ""}),
        Category("van", exports={"kitti": "Car"}, imports={"kitti": ("Van", "Minibus")}),
        Category("cone"),
    ),
)


@pytest.mark.parametrize(
    ("format_name", "label", "category"),
    [
        ("kitti", "Car", "car"),
        ("kitti", "Van", "van"),
        ("kitti-tracking", "Minibus", "van"),
        ("kitti-tracking", "Car", "car"),
        ("kitti-object", "Pkw", "car"),
        ("kitti-object", "Car", "van"),
        ("kitti", "Tram", None),
        ("waymo", "", None),
        ("none", "Car", None),
    ],
)
def test_a_class_name_becomes_the_category_that_names_it(
    format_name: str, label: str, category: str | None
) -> None:
    assert category_of(MINE, format_name, label) == category


@pytest.mark.parametrize(
    ("format_name", "category", "label"),
    [
        ("kitti-tracking", "van", "Car"),
        ("kitti-object", "car", "Pkw"),
        ("waymo", "car", ""),
        ("waymo", "cone", None),
        ("kitti", "dog", None),
    ],
)
def test_a_category_is_written_under_the_name_it_says(
    format_name: str, category: str, label: str | None
) -> None:
    assert label_for(MINE, format_name, category) == label


def test_the_default_ontology_reads_class_names_as_the_readers_do() -> None:
    tables = {
        "kitti-tracking": CATEGORY_OF_TYPE,
        "av2": OF_ARGOVERSE,
        "pandaset": OF_PANDASET,
        "nuscenes": {entry.name: own_category(entry.name) for entry in NUSCENES},
    }
    for format_name, table in tables.items():
        found = {label: category_of(default(), format_name, label) for label in table}
        assert found == dict(table)


def test_the_default_ontology_writes_kitti_types_as_the_writer_does() -> None:
    for category in default().categories:
        expected = TYPE_OF_CATEGORY.get(category.key, "Misc")
        assert label_for(default(), "kitti-object", category.key) == expected


@pytest.mark.parametrize(
    ("category", "own", "pandaset"),
    [
        ("Car", {"motion": "parked"}, {"object_motion": "Parked"}),
        ("Bicycle", {"rider": True}, {"rider_status": "With Rider"}),
        ("Pedestrian", {"motion": "moving"}, {"pedestrian_behavior": "Walking"}),
        ("Car", {"pandaset.label": "Car", "note": "x"}, {"pandaset.label": "Car", "note": "x"}),
    ],
)
def test_attributes_of_readers_become_those_of_the_ontology_and_back(
    category: str, own: dict[str, Scalar], pandaset: dict[str, Scalar]
) -> None:
    ontology = preset("pandaset")
    assert attributes_from(ontology, category, own) == pandaset
    assert attributes_for(ontology, category, pandaset) == own


@pytest.mark.parametrize(
    ("name", "category", "read", "known"),
    [
        (
            "pandaset",
            "Pedestrian",
            {"pandaset.pedestrian_age": "Child"},
            {"pedestrian_age": "Child"},
        ),
        ("kitti", "Car", {"kitti.occluded": 2}, {"occluded": "2"}),
        ("kitti", "Car", {"kitti.truncated": 0.25}, {"truncated": 0.25}),
        ("nuscenes", "animal", {"nuscenes.visibility": "v60-80"}, {"visibility": "v60-80"}),
        ("nuscenes", "vehicle.car", {"nuscenes.attribute": "none"}, {}),
        ("kitti", "Car", {"kitti.occluded": 9}, {}),
        ("kitti", "Car", {"kitti.occluded": 2, "occluded": "1"}, {"occluded": "1"}),
    ],
)
def test_what_a_reader_recorded_is_repeated_as_the_ontology_calls_it(
    name: str, category: str, read: dict[str, Scalar], known: dict[str, Scalar]
) -> None:
    assert attributes_from(preset(name), category, read) == read | known


def test_attributes_that_an_ontology_knows_itself_stay() -> None:
    said: dict[str, Scalar] = {"motion": "parked"}
    assert attributes_from(preset("nuscenes"), "vehicle.car", said) == said
    assert attributes_for(preset("nuscenes"), "vehicle.car", said) == said


def test_a_value_that_the_ontology_does_not_have_stays() -> None:
    said: dict[str, Scalar] = {"motion": "flying"}
    assert attributes_from(preset("pandaset"), "Car", said) == said
