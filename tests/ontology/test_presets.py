from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from av3d.ontology import presets as module
from av3d.ontology.attribute import AttributeKind
from av3d.ontology.checks import OntologyError
from av3d.ontology.codec import from_json
from av3d.ontology.file import read_ontology, write_ontology
from av3d.ontology.mapping import label_for
from av3d.ontology.motion import Motion
from av3d.ontology.presets import default, load_ontology, preset, presets
from av3d.render.palette import CATEGORY_STYLES

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
        assert category.colour != "#0e1114", category.key  # the colour of the canvas
        assert (category.longest_gap_s is None) == (
            category.motion in (Motion.STATIC, Motion.FREE)
        ) or category.key == "Misc"


@pytest.mark.parametrize("name", NAMES)
def test_colours_of_a_preset_differ(name: str) -> None:
    colours = [category.colour for category in preset(name).categories]
    assert len(set(colours)) == len(colours)


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
    ("name", "count"), [("av3d", 10), ("kitti", 8), ("av2", 30), ("waymo", 4), ("pandaset", 28)]
)
def test_other_presets_have_all_categories_of_their_dataset(name: str, count: int) -> None:
    assert len(preset(name).categories) == count


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
