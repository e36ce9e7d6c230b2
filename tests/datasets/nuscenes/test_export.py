"""The files of an export: what they hold, that they are reproducible, and that failures leave none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from av3d.datasets.dataset import DatasetError, ExportOptions, LabelledLog
from av3d.datasets.nuscenes import DATASET
from av3d.errors import Av3dError, InputFileError, OutputError
from av3d.tracks.track import Track


def rows(out: Path, table: str) -> list[dict[str, object]]:
    loaded: list[dict[str, object]] = json.loads(
        (out / "v1.0-trainval" / f"{table}.json").read_text()
    )
    return loaded


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_all_thirteen_tables_are_there(exported: Any) -> None:
    names = {path.stem for path in (exported.out / "v1.0-trainval").glob("*.json")}
    assert names == {
        "category", "attribute", "visibility", "instance", "sensor", "calibrated_sensor",
        "ego_pose", "log", "scene", "sample", "sample_data", "sample_annotation", "map", "splits",
    }  # fmt: skip


def test_rows_have_the_columns_of_the_published_tables(exported: Any, real_data: Path) -> None:
    published = real_data / "nuscenes" / "scene_0103" / "v1.0-mini"
    for path in published.glob("*.json"):
        theirs = json.loads(path.read_text())[0]
        ours = rows(exported.out, path.stem)[0]
        assert set(ours) == set(theirs), path.stem
        for column, value in theirs.items():
            assert type(ours[column]) is type(value), f"{path.stem}.{column}"


def test_category_and_attribute_tokens_are_the_published_ones(
    exported: Any, real_data: Path
) -> None:
    published = real_data / "nuscenes" / "one_sample" / "v1.0-mini"
    for table in ("category", "attribute"):
        theirs = json.loads((published / f"{table}.json").read_text())
        assert {(r["name"], r["token"]) for r in theirs} == {
            (r["name"], r["token"]) for r in rows(exported.out, table)
        }


def test_the_same_project_exported_twice_is_the_same_bytes(exported: Any, tmp_path: Path) -> None:
    again = tmp_path / "again"
    items = [made.item for made in exported.made.values()]
    DATASET.write_labels(items, again, ExportOptions())
    assert digest(again) == digest(exported.out)


def test_tracks_with_a_uuid_keep_it_as_instance_token(exported: Any) -> None:
    tokens = {row["token"] for row in rows(exported.out, "instance")}
    assert {
        "3f2b8c1e0000400080000000" + "0000ab01",
        "3f2b8c1e0000400080000000" + "0000ab02",
    } <= tokens
    sidecar = json.loads((exported.out / "av3d.json").read_text())
    ids = [track["track_id"] for track in sidecar["logs"][0]["tracks"]]
    assert ids == [track.id for track in exported.made["scene-0003"].tracks]


def test_a_copy_of_a_log_gets_instances_of_its_own(tmp_path: Path, make_flat: Any) -> None:
    first, second = make_flat("one"), make_flat("two")
    DATASET.write_labels([first.item, second.item], tmp_path / "out", ExportOptions())
    tokens = [row["token"] for row in rows(tmp_path / "out", "instance")]
    assert len(tokens) == len(set(tokens)) == 8


def test_gaps_of_presence_have_no_annotations_and_are_linked_over(exported: Any) -> None:
    sidecar = json.loads((exported.out / "av3d.json").read_text())["logs"][0]
    token = next(t for t in sidecar["tracks"] if t["track_id"] == "comes-back")["instance_token"]
    order = {row["token"]: i for i, row in enumerate(sidecar["samples"])}
    annotations = [
        row for row in rows(exported.out, "sample_annotation") if row["instance_token"] == token
    ]
    assert [order[str(row["sample_token"])] for row in annotations] == [0, 1, 4, 5, 6]
    assert annotations[1]["next"] == annotations[2]["token"]
    assert annotations[2]["prev"] == annotations[1]["token"]


def test_a_track_between_two_samples_is_reported_not_written(exported: Any) -> None:
    loss = next(x for x in exported.report.losses if x.what == "tracks without a sample")
    assert (loss.count, loss.tracks) == (1, ("Pedestrian 5",))
    assert exported.report.tracks == len(rows(exported.out, "instance")) == 14


def test_categories_and_attributes(exported: Any) -> None:
    out = exported.out
    categories = {row["token"]: row["name"] for row in rows(out, "category")}
    attributes = {row["token"]: row["name"] for row in rows(out, "attribute")}
    instances = {r["token"]: categories[r["category_token"]] for r in rows(out, "instance")}
    sidecar = json.loads((out / "av3d.json").read_text())["logs"][0]
    ids = {t["instance_token"]: t["track_id"] for t in sidecar["tracks"]}
    found = {
        ids[str(row["instance_token"])]: (
            instances[row["instance_token"]],
            [attributes[token] for token in row["attribute_tokens"]],  # type: ignore[attr-defined]
        )
        for row in rows(out, "sample_annotation")
        if row["instance_token"] in ids
    }
    assert found["3f2b8c1e-0000-4000-8000-00000000ab01"] == ("vehicle.car", ["vehicle.moving"])
    assert found["3F2B8C1E00004000800000000000AB02"] == ("vehicle.car", ["vehicle.parked"])
    assert found["walker"] == ("human.pedestrian.adult", ["pedestrian.moving"])
    assert found["rider"] == ("vehicle.bicycle", ["cycle.with_rider"])
    assert found["cone"] == ("movable_object.trafficcone", [])
    assert found["bin"] == ("movable_object.pushable_pullable", [])
    assert found["once"] == ("human.pedestrian.adult", [])
    assert found["police"] == ("vehicle.emergency.police", ["vehicle.stopped"])


def test_report_counts_agree_with_the_folder(exported: Any) -> None:
    report = exported.report
    assert report.cuboids == len(rows(exported.out, "sample_annotation"))
    assert report.logs == len(rows(exported.out, "scene")) == 2
    assert report.files == sum(path.is_file() for path in exported.out.rglob("*"))
    losses = {loss.what: loss.count for loss in report.losses}
    assert losses["provenance"] == report.cuboids
    assert losses["images missing in samples"] == 1
    assert losses["lens distortion"] == losses["image encoding"] == 30
    assert losses["attributes"] == 7
    json.dumps(report.as_dict())


def test_jpeg_images_are_copied_byte_for_byte(exported: Any) -> None:
    made = exported.made["scene-0003"]
    copies = {path.read_bytes() for path in exported.out.glob("s*/CAM_FRONT/*.jpg")}
    originals = {made.log.cameras["front"].path(i).read_bytes() for i in range(30)}  # type: ignore[union-attr]
    assert copies == originals


def test_images_can_be_hard_links(tmp_path: Path, make_tilted: Any) -> None:
    made = make_tilted(tmp_path)
    report = DATASET.write_labels([made.item], tmp_path / "out", ExportOptions(link_media=True))
    sources = {made.log.cameras["front"].path(i).stat().st_ino for i in range(30)}  # type: ignore[union-attr]
    written = {path.stat().st_ino for path in (tmp_path / "out").glob("s*/CAM_FRONT/*.jpg")}
    assert written == sources
    assert any("hard links" in note for note in report.notes)


def test_a_straight_line_in_the_world_is_straight_in_a_rectified_image(exported: Any) -> None:
    # The grid of the source is straight in the bent image, so it must be bent in the rectified one.
    path = sorted(exported.out.glob("samples/CAM_FRONT_LEFT/*.jpg"))[0]
    rectified = cv2.imread(str(path))
    assert rectified.shape == (90, 160, 3)
    green = rectified[:, :, 1].astype(int) - rectified[:, :, 0]
    row_at_edge, row_at_centre = np.argmax(green[5:16, 5]), np.argmax(green[5:16, 75])
    assert row_at_edge != row_at_centre


def test_a_broken_image_in_the_middle_leaves_nothing_behind(
    tmp_path: Path, make_tilted: Any
) -> None:
    made = make_tilted(tmp_path)
    path = made.log.cameras["rear"].path(17)
    assert path is not None
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputFileError, match=f"truncated.*{path.name}"):
        DATASET.write_labels([made.item], tmp_path / "out", ExportOptions())
    assert [p.name for p in tmp_path.iterdir()] == ["log ü"]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xd9"])
def test_empty_and_headless_images_are_named(
    tmp_path: Path, content: bytes, make_tilted: Any
) -> None:
    made = make_tilted(tmp_path)
    path = made.log.cameras["front"].path(3)
    assert path is not None
    path.write_bytes(content)
    with pytest.raises(Av3dError, match=path.name):
        DATASET.write_labels([made.item], tmp_path / "out", ExportOptions())


def test_a_missing_image_is_an_error_of_the_input_not_the_output(
    tmp_path: Path, make_tilted: Any
) -> None:
    made = make_tilted(tmp_path)
    path = made.log.cameras["front"].path(3)
    assert path is not None
    path.unlink()
    with pytest.raises(InputFileError, match="cannot read image"):
        DATASET.write_labels([made.item], tmp_path / "out", ExportOptions())


def test_an_existing_export_is_untouched_without_overwrite(tmp_path: Path, make_flat: Any) -> None:
    item = make_flat().item
    DATASET.write_labels([item], tmp_path / "out", ExportOptions())
    before = digest(tmp_path / "out")
    with pytest.raises(OutputError, match="not empty"):
        DATASET.write_labels([item], tmp_path / "out", ExportOptions())
    assert digest(tmp_path / "out") == before


def test_an_export_that_fails_leaves_the_one_it_would_replace(
    tmp_path: Path, make_tilted: Any, make_flat: Any
) -> None:
    made = make_tilted(tmp_path)
    DATASET.write_labels([make_flat().item], tmp_path / "out", ExportOptions())
    before = digest(tmp_path / "out")
    made.log.cameras["rear"].path(17).write_bytes(b"")  # type: ignore[union-attr]
    with pytest.raises(InputFileError):
        DATASET.write_labels([made.item], tmp_path / "out", ExportOptions(overwrite=True))
    assert digest(tmp_path / "out") == before


def test_overwrite_replaces_an_export_and_nothing_else(tmp_path: Path, make_flat: Any) -> None:
    item = make_flat().item
    DATASET.write_labels([item], tmp_path / "out", ExportOptions())
    DATASET.write_labels([item], tmp_path / "out", ExportOptions(overwrite=True))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(OutputError, match="something else than an export"):
        DATASET.write_labels([item], tmp_path / "photos", ExportOptions(overwrite=True))
    assert (tmp_path / "photos" / "holiday.jpg").read_bytes() == b"precious"


def test_no_log_and_doubled_names_are_refused(tmp_path: Path, make_flat: Any) -> None:
    with pytest.raises(DatasetError, match="no log"):
        DATASET.write_labels([], tmp_path / "out", ExportOptions())
    items = [make_flat().item, make_flat().item]
    with pytest.raises(DatasetError, match="two logs are called 'flat'"):
        DATASET.write_labels(items, tmp_path / "out", ExportOptions())
    assert not (tmp_path / "out").exists()


def test_logs_whose_names_differ_in_strange_letters_only_get_files_of_their_own(
    tmp_path: Path, make_flat: Any
) -> None:
    items = [make_flat("a b").item, make_flat("a/b").item]
    DATASET.write_labels(items, tmp_path / "out", ExportOptions())
    files = [str(row["filename"]) for row in rows(tmp_path / "out", "sample_data")]
    assert len(set(files)) == 22
    assert all((tmp_path / "out" / name).is_file() for name in files)


def test_a_log_without_tracks_loads(tmp_path: Path, make_flat: Any) -> None:
    from nuscenes import NuScenes

    item = LabelledLog(make_flat().log, ())
    DATASET.write_labels([item], tmp_path / "out", ExportOptions())
    nusc = NuScenes("v1.0-trainval", str(tmp_path / "out"), verbose=False)
    assert len(nusc.sample) == 3
    assert nusc.get_boxes(nusc.sample[0]["data"]["LIDAR_TOP"]) == []


def test_samples_as_often_as_sweeps_lose_no_motion(tmp_path: Path, make_tilted: Any) -> None:
    made = make_tilted(tmp_path)
    report = DATASET.write_labels(
        [made.item], tmp_path / "out", ExportOptions(keyframe_every_s=0.05)
    )
    what = {loss.what for loss in report.losses}
    assert not what & {"motion between samples", "presence between samples"}
    assert "keyframes not at samples" in what  # the keyframe at the dropped sweep
    assert len(rows(tmp_path / "out", "sample")) == 30


def test_progress_ends_at_the_number_of_files(tmp_path: Path, make_flat: Any) -> None:
    calls: list[tuple[str, int, int]] = []
    made = make_flat()
    DATASET.write_labels(
        [made.item], tmp_path / "out", ExportOptions(), lambda *call: calls.append(call)
    )
    assert calls[-1] == ("writing flat", 11, 11)


def test_a_wrong_nuscenes_attribute_is_reported(tmp_path: Path, make_flat: Any) -> None:
    made = make_flat()
    tracks = tuple(
        replace(track, attributes={"nuscenes.attribute": "vehicle.flying"}) for track in made.tracks
    )
    assert all(isinstance(track, Track) for track in tracks)
    report = DATASET.write_labels(
        [LabelledLog(made.log, tracks)], tmp_path / "out", ExportOptions()
    )
    loss = next(loss for loss in report.losses if loss.what == "attributes")
    assert loss.detail == "left out: nuscenes.attribute (12)"
