import itertools
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from av3d.datasets.argoverse2.classes import CATEGORY as OF_ARGOVERSE
from av3d.datasets.kitti.types import CATEGORY_OF_TYPE
from av3d.datasets.nuscenes.labels import said_attribute
from av3d.datasets.nuscenes.official import ATTRIBUTE_TOKENS
from av3d.datasets.nuscenes.official import CATEGORIES as NUSCENES
from av3d.datasets.pandaset.classes import CATEGORY as OF_PANDASET
from av3d.geometry.cuboid import Cuboid
from av3d.ontology import presets as module
from av3d.ontology.attribute import AttributeKind
from av3d.ontology.checks import OntologyError
from av3d.ontology.codec import from_json
from av3d.ontology.file import read_ontology, write_ontology
from av3d.ontology.mapping import label_for
from av3d.ontology.motion import Motion
from av3d.ontology.presets import default, load_ontology, preset, presets
from av3d.render.palette import ACCENT, CATEGORY_STYLES, hex_to_rgb
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track
from av3d.types import FloatArray, Scalar

NAMES = ("av2", "av3d", "kitti", "nuscenes", "pandaset", "waymo")


def test_all_presets_are_installed() -> None:
    assert set(NAMES) <= set(presets())
    assert default() == preset("av3d")


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_whole_and_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    ontology = preset(name)
    assert ontology.name == name
    assert ontology.note
    assert from_json(ontology.as_json()) == ontology
    write_ontology(ontology, tmp_path / "out.toml")
    assert read_ontology(tmp_path / "out.toml") == ontology


@pytest.mark.parametrize("name", NAMES)
def test_every_category_of_a_preset_says_what_a_labeller_needs(name: str) -> None:
    for category in preset(name).categories:
        assert category.guidance, category.key
        assert (category.longest_gap_s is None) == (
            category.motion in (Motion.STATIC, Motion.FREE)
        ) or category.key == "Misc"


# What people see who have no cones for green (deuteranopia) or red (protanopia), in linear sRGB.
# Source: Machado, Oliveira, Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", IEEE TVCG 15(6), 2009, severity 1.0.
VISIONS = {
    "normal": np.eye(3),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
}  # fmt: skip


def lab(colour: str, vision: str) -> FloatArray:
    """CIELAB (D65) of "#rrggbb" as somebody sees it."""
    encoded = np.array(hex_to_rgb(colour)) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    xyz_from_rgb = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
         [0.0193339, 0.1191920, 0.9503041]]
    )  # fmt: skip
    xyz = xyz_from_rgb @ np.clip(VISIONS[vision] @ linear, 0, 1) / [0.95047, 1.0, 1.08883]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (841 / 108) * xyz + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("name", NAMES)
def test_colours_of_a_preset_can_be_told_apart(name: str, vision: str) -> None:
    colours = [lab(category.colour, vision) for category in preset(name).categories]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(colours, 2)) > 9


@pytest.mark.parametrize("name", NAMES)
def test_no_category_looks_selected_or_is_too_dark(name: str) -> None:
    for category in preset(name).categories:
        seen = lab(category.colour, "normal")
        assert np.linalg.norm(seen - lab(ACCENT, "normal")) > 20, category.key
        assert seen[0] > 35, category.key


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", NAMES)
def test_what_a_preset_exports_is_a_category_of_the_target(name: str, target: str) -> None:
    known = {category.key for category in preset(target).categories}
    labels = {label_for(preset(name), target, c.key) for c in preset(name).categories}
    assert labels - {"", None} <= known


@pytest.mark.parametrize("name", sorted({*NAMES} - {"av3d"}))
def test_a_preset_writes_its_own_format_under_its_own_names(name: str) -> None:
    ontology = preset(name)
    for category in ontology.categories:
        assert label_for(ontology, name, category.key) == category.key


def test_the_default_ontology_looks_as_pictures_and_window_do() -> None:
    styles = {key: style.colour.lower() for key, style in CATEGORY_STYLES.items()}
    assert {category.key: category.colour for category in default().categories} == styles
    assert [category.hotkey for category in default().categories] == list("1234567890")


def test_nuscenes_has_23_categories_and_asks_for_its_8_attributes() -> None:
    ontology = preset("nuscenes")
    assert len(ontology.categories) == 23
    motion = ontology.attribute("motion")
    assert motion is not None
    vehicles = {value.key for value in motion.values if motion.accepts(value.key, "vehicle.car")}
    person = "human.pedestrian.adult"
    people = {value.key for value in motion.values if motion.accepts(value.key, person)}
    assert vehicles == {"moving", "stopped", "parked"}
    assert people == {"moving", "standing", "sitting"}
    with_rider = [c.key for c in ontology.categories if "rider" in c.attributes]
    assert with_rider == ["vehicle.motorcycle", "vehicle.bicycle"]
    visibility = ontology.attribute("visibility")
    assert visibility is not None
    assert [v.key for v in visibility.values] == ["v0-40", "v40-60", "v60-80", "v80-100"]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("nuscenes", {entry.name for entry in NUSCENES}),
        ("kitti", CATEGORY_OF_TYPE.keys() - {"Person"}),  # another name of Person_sitting
        ("av2", OF_ARGOVERSE.keys()),
        ("pandaset", OF_PANDASET.keys()),
        ("waymo", {"TYPE_VEHICLE", "TYPE_PEDESTRIAN", "TYPE_CYCLIST", "TYPE_SIGN"}),
    ],
)
def test_a_preset_has_all_classes_of_its_dataset(name: str, keys: set[str]) -> None:
    assert {category.key for category in preset(name).categories} == set(keys)


def test_every_answer_of_the_nuscenes_preset_is_one_of_its_attributes() -> None:
    ontology = preset("nuscenes")
    cuboid = Cuboid.from_yaw([0.0, 0.0, 0.8], [4.5, 1.9, 1.6], 0.0)
    said = set()
    for category in ontology.categories:
        for attribute in ontology.attributes_of(category):
            answers: list[Scalar] = [v.key for v in attribute.values]
            answers = answers or [True, False]
            for answer in answers:
                if attribute.key == "visibility" or not attribute.accepts(answer, category.key):
                    continue
                labelled = Track(
                    "t", category.key, (Keyframe(0, cuboid, attributes={attribute.key: answer}),)
                )
                state = labelled.state_at(0)
                assert state is not None
                said.add(said_attribute(state, category.key))
    assert said == set(ATTRIBUTE_TOKENS)


def test_pandaset_asks_what_its_cuboids_say() -> None:
    ontology = preset("pandaset")
    keys = [a.key for a in ontology.attributes if "pandaset" in a.exports]
    assert keys == ["object_motion", "rider_status", "pedestrian_behavior", "pedestrian_age"]
    assert all(a.kind == AttributeKind.ENUM for a in ontology.attributes)


def test_a_name_or_a_file_can_be_given(tmp_path: Path) -> None:
    write_ontology(preset("kitti"), tmp_path / "mine.toml")
    assert load_ontology("kitti") == load_ontology(tmp_path / "mine.toml")
    assert load_ontology(str(tmp_path / "mine.toml")).name == "kitti"


def test_a_name_that_is_none_is_told_with_the_names_there_are() -> None:
    with pytest.raises(OntologyError, match="use 'kitti' or give a file"):
        load_ontology("kity")
    with pytest.raises(OntologyError, match="use one of: av2 av3d"):
        preset("none")


def test_a_package_brings_its_own_ontology(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "team_labels"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('is not imported')")
    (package / "ontology.toml").write_text('name = "team"')
    monkeypatch.syspath_prepend(tmp_path)
    entries = {"team": EntryPoint("team", "team_labels", module.GROUP)}
    monkeypatch.setattr(module, "_entries", lambda: entries)
    assert load_ontology("team").name == "team"


@pytest.mark.parametrize("place", ["no_such_package", "no_such_package.inner", "colorsys"])
def test_a_broken_package_is_one_line(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {place: EntryPoint(place, place, module.GROUP)}
    monkeypatch.setattr(module, "_entries", lambda: entries)
    with pytest.raises(OntologyError, match=r"is no package|does not load"):
        preset(place)
