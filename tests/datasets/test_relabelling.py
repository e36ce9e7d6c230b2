from __future__ import annotations

from dataclasses import replace

import pytest

from av3d.datasets.registry import dataset
from av3d.datasets.relabelling import class_names, for_export, for_project, joined
from av3d.geometry.cuboid import Cuboid
from av3d.ontology.attribute import Attribute, AttributeKind
from av3d.ontology.category import Category
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default, preset
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track
from av3d.types import Scalar

CUBOID = Cuboid.from_yaw([10.0, 2.0, 0.8], [4.5, 1.9, 1.6], 0.1)


def track(category: str, number: int = 1, **attributes: Scalar) -> Track:
    said = {name.replace("__", "."): value for name, value in attributes.items()}
    frame = Keyframe(0, CUBOID)
    return Track(f"{category}{number}", category, (frame,), (), number, said)


@pytest.mark.parametrize(
    ("ontology", "category"),
    [("av3d", "car"), ("kitti", "Van"), ("nuscenes", "vehicle.car"), ("waymo", "TYPE_VEHICLE")],
)
def test_a_class_becomes_the_category_of_the_projects_ontology(
    ontology: str, category: str
) -> None:
    tracks, notes = for_project(
        [track("car", kitti__type="Van")], dataset("kitti-tracking"), preset(ontology)
    )
    assert [found.category for found in tracks] == [category]
    assert notes == ()


def test_what_is_only_called_other_is_not_made_something_special() -> None:
    tracks, (note,) = for_project([track("other")], dataset("folder"), preset("nuscenes"))
    assert tracks[0].category == "other"
    assert "'other' (1 of the tracks) is not in ontology nuscenes" in note


def test_a_class_that_could_be_several_categories_is_taken_as_the_reader_takes_it() -> None:
    tracks, _ = for_project(
        [track("truck", kitti__type="Truck")], dataset("kitti-tracking"), preset("pandaset")
    )
    assert tracks[0].category == "Medium-sized Truck"  # not the first that KITTI calls Truck


def test_a_class_that_the_ontology_does_not_know_is_kept_and_counted() -> None:
    tracks, notes = for_project(
        [track("spaceship"), track("spaceship", 2)], dataset("folder"), preset("kitti")
    )
    assert [found.name for found in tracks] == ["Spaceship 1", "Spaceship 2"]
    assert notes == ("category 'spaceship' (2 of the tracks) is not in ontology kitti; it is kept",)


def test_tracks_that_come_together_in_a_category_get_different_numbers() -> None:
    tracks, _ = for_project(
        [track("car"), track("truck"), track("TYPE_VEHICLE")], dataset("folder"), preset("waymo")
    )
    assert [(found.category, found.number) for found in tracks] == [
        ("TYPE_VEHICLE", 2), ("TYPE_VEHICLE", 3), ("TYPE_VEHICLE", 1),
    ]  # fmt: skip


def test_with_av3ds_own_ontology_nothing_changes_on_the_way_in_and_out() -> None:
    given = [track("car", kitti__type="Van", motion="parked"), track("bus"), track("cone")]
    source = dataset("kitti-tracking")
    tracks, _ = for_project(given, source, default())
    assert all(new is old for new, old in zip(tracks, given, strict=True))
    prepared = for_export(tracks, source, default())
    assert [found.digest for found in prepared.tracks] == [found.digest for found in given]
    assert prepared.losses == ()


def test_an_export_writes_the_class_that_the_ontology_says() -> None:
    prepared = for_export(
        [track("Pickup Truck"), track("Bicycle")], dataset("kitti-object"), preset("pandaset")
    )
    assert [found.attributes["kitti.type"] for found in prepared.tracks] == ["Truck", "Cyclist"]
    (loss,) = prepared.losses
    assert (loss.what, loss.count) == ("category Pickup Truck", 1)


def test_a_narrower_class_that_was_read_and_still_fits_is_written_again() -> None:
    child = track("pedestrian", nuscenes__category="human.pedestrian.child")
    target = dataset("nuscenes")
    assert for_export([child], target, default()).tracks[0] is child
    relabelled = replace(child, category="car")
    (written,) = for_export([relabelled], target, default()).tracks
    assert written.attributes["nuscenes.category"] == "vehicle.car"


def test_what_a_format_leaves_out_is_counted_over_all_logs() -> None:
    ontology = Ontology("own", 1, (Category("bush", exports={"kitti": "", "folder": ""}),))
    for name in ("kitti-tracking", "folder"):
        prepared = for_export([track("bush"), track("car")], dataset(name), ontology)
        assert [found.category for found in prepared.tracks] == ["car"]
        (loss,) = joined([*prepared.losses, *prepared.losses])
        assert (loss.what, loss.count, loss.tracks) == ("category bush", 2, ("Bush 1", "Bush 1"))


def test_a_format_that_numbers_its_classes_is_told_what_it_calls_the_ontologys_categories() -> None:
    person = Category("pedestrian", exports={"yolo": "person"})
    ontology = Ontology(
        "town", 1, (Category("car"), person, Category("cone", exports={"yolo": ""}))
    )
    assert class_names(dataset("yolo"), ontology) == {"car": "car", "pedestrian": "person"}
    assert class_names(dataset("mot"), preset("nuscenes"))["vehicle.car"] == "car"


def test_a_format_that_holds_everything_gets_the_tracks_as_they_are() -> None:
    tracks = [track("Van", occluded="fully"), track("spaceship")]
    assert for_export(tracks, dataset("folder"), preset("kitti")).tracks == tuple(tracks)


def said_at_the_keyframe(found: Track) -> dict[str, Scalar]:
    return {**found.attributes, **found.keyframes[0].attributes}


@pytest.mark.parametrize(
    ("target", "ontology", "category", "record", "read", "key", "value"),
    [
        ("kitti-object", "kitti", "Car", "kitti.occluded", 0, "occluded", "2"),
        ("kitti-tracking", "kitti", "Car", "kitti.truncated", 0.0, "truncated", 1),
        ("kitti-object", "kitti", "Car", "kitti.truncated", 0.0, "truncated", 0.5),
        ("nuscenes", "nuscenes", "animal", "nuscenes.visibility", "v80-100", "visibility", "v0-40"),
    ],
)
def test_a_value_that_somebody_said_goes_before_the_record(
    target: str, ontology: str, category: str, record: str, read: Scalar, key: str, value: Scalar
) -> None:
    made = track(category, **{record: read, key: value})
    (written,) = for_export([made], dataset(target), preset(ontology)).tracks
    values = said_at_the_keyframe(written)
    assert values[f"said.{record}"] == value
    assert values[record] == read
    assert key not in values


@pytest.mark.parametrize(
    ("target", "ontology", "category", "record", "read", "key", "value"),
    [
        ("kitti-object", "kitti", "Car", "kitti.occluded", 2, "occluded", "2"),
        ("kitti-object", "kitti", "Car", "kitti.truncated", 1.0, "truncated", 1),
        ("nuscenes", "nuscenes", "animal", "nuscenes.visibility", "v0-40", "visibility", "v0-40"),
    ],
)
def test_a_value_that_repeats_the_record_leaves_it_to_the_record(
    target: str, ontology: str, category: str, record: str, read: Scalar, key: str, value: Scalar
) -> None:
    made = track(category, **{record: read, key: value})
    (written,) = for_export([made], dataset(target), preset(ontology)).tracks
    values = said_at_the_keyframe(written)
    assert values[record] == read
    assert not {key, f"said.{record}"} & set(values)


def test_a_value_that_a_format_cannot_express_stays_for_the_writer_to_count() -> None:
    made = track("Car", truncated=2)
    (written,) = for_export([made], dataset("kitti-object"), preset("kitti")).tracks
    assert said_at_the_keyframe(written)["truncated"] == 2
    (written,) = for_export([made], dataset("kitti-tracking"), preset("kitti")).tracks
    assert said_at_the_keyframe(written)["said.kitti.truncated"] == 2


def test_an_attribute_that_the_ontology_does_not_export_is_not_taken_for_kittis() -> None:
    ontology = Ontology(
        "own", 1, (Category("car", attributes=("occluded",)),),
        (Attribute("occluded", AttributeKind.TEXT),),
    )  # fmt: skip
    made = track("car", occluded="2")
    (written,) = for_export([made], dataset("kitti-object"), ontology).tracks
    assert written is made


def test_a_value_of_the_whole_track_holds_at_keyframes_that_have_none() -> None:
    made = track("Car", occluded="1")
    own = replace(made.keyframes[0], timestamp_ns=1, attributes={"occluded": "3"})
    both = made.with_keyframes([*made.keyframes, own])
    (written,) = for_export([both], dataset("kitti-object"), preset("kitti")).tracks
    said = [keyframe.attributes for keyframe in written.keyframes]
    assert said == [{"said.kitti.occluded": "1"}, {"said.kitti.occluded": "3"}]
    assert "occluded" not in written.attributes
