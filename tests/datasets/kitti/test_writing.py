"""Exports: every cuboid comes back, the text is KITTI's, and nothing is written by halves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera, Lens
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.datasets.dataset import Dataset, ExportOptions, LabelledLog
from av3d.datasets.kitti import OBJECT, TRACKING
from av3d.datasets.kitti.labels import KittiLabel, read_object_labels, read_tracking_labels
from av3d.datasets.relabelling import for_export, for_project
from av3d.errors import Av3dError
from av3d.geometry.overlap import iou_3d
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.ontology.presets import preset
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.attributes import set_attribute_at
from av3d.tracks.operations.keyframes import set_keyframe
from av3d.tracks.operations.shape import set_constant_size
from av3d.tracks.thinning import thin_keyframes
from av3d.tracks.track import Track


def export(make: SimpleNamespace, dataset: Dataset, out: Path, **options: object) -> Path:
    item = LabelledLog(make.log(), make.tracks())
    dataset.write_labels([item], out, ExportOptions(**options))  # type: ignore[arg-type]
    return out / "training"


def read_back(dataset: Dataset, split: Path) -> list[tuple[Log, Track]]:
    logs = (
        [dataset.open(path) for path in sorted((split / "velodyne").glob("*.bin"))]
        if dataset is OBJECT
        else [dataset.open(split)]
    )
    return [(log, track) for log in logs for track in dataset.read_labels(log).tracks]


@pytest.mark.parametrize("dataset", [TRACKING, OBJECT])
def test_every_cuboid_of_a_hilly_drive_comes_back(
    make: SimpleNamespace, dataset: Dataset, tmp_path: Path
) -> None:
    source = {track.id: track for track in make.tracks()}
    count = 0
    for _, track in read_back(dataset, export(make, dataset, tmp_path / "out")):
        assert track.category == source[track.id].category
        for keyframe in track.keyframes:
            state = source[track.id].state_at(keyframe.timestamp_ns)
            assert state is not None
            assert iou_3d(state.cuboid, keyframe.cuboid) >= 0.999
            np.testing.assert_allclose(
                keyframe.cuboid.corners_m(), state.cuboid.corners_m(), atol=1e-5
            )
            count += 1
    assert count == 5 + 3 + 5


def test_identities_numbers_presence_and_attributes_come_back(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    tracks = {
        track.id: track for _, track in read_back(TRACKING, export(make, TRACKING, tmp_path / "o"))
    }
    source = {track.id: track for track in make.tracks()}
    assert set(tracks) == set(source)
    for track_id, track in tracks.items():
        assert (track.number, track.presence) == (
            source[track_id].number,
            source[track_id].presence,
        )
    assert tracks["0e7f3a52-4d0b-4c59-9a41-6a3a8f0f7a01"].attributes["colour"] == "red"


def test_the_log_comes_back_with_times_poses_and_points(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    log, source = TRACKING.open(export(make, TRACKING, tmp_path / "out")), make.log()
    assert [f.timestamp_ns for f in log.frames] == [f.timestamp_ns for f in source.frames]
    assert log.image_time_ns("image_02", 2) == source.image_time_ns("front", 2)
    for frame in source.frames:
        np.testing.assert_allclose(
            log.world_SE3_ego(frame.timestamp_ns).matrix,
            source.world_SE3_ego(frame.timestamp_ns).matrix,
            atol=1e-6,
        )
    np.testing.assert_allclose(log.cloud(1).points_m, source.cloud(1).points_m, atol=1e-5)


def test_the_text_of_an_object_export_alone_keeps_upright_boxes(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    """Each frame has a calibration of its own, whose y axis is turned to where boxes point down."""
    log, (car, bus, _) = make.log(), make.tracks()
    OBJECT.write_labels([LabelledLog(log, (car, bus))], tmp_path / "out", ExportOptions())
    split = tmp_path / "out/training"
    shutil.rmtree(split / "av3d")
    for index, path in enumerate(sorted((split / "velodyne").iterdir())):
        time_ns = log.frames[index].timestamp_ns
        plain = OBJECT.open(path)
        assert plain.trajectory.is_identity
        truth = next(s for t in (car, bus) if (s := t.state_at(time_ns)))
        cuboid = OBJECT.read_labels(plain).tracks[0].keyframes[0].cuboid
        np.testing.assert_allclose(
            cuboid.in_frame(log.world_SE3_ego(time_ns)).corners_m(),
            truth.cuboid.corners_m(),
            atol=1e-4,
        )


def test_the_tilt_that_the_text_drops_is_reported(make: SimpleNamespace, tmp_path: Path) -> None:
    item = LabelledLog(make.log(), make.tracks())
    report = TRACKING.write_labels([item], tmp_path / "out", ExportOptions())
    losses = {loss.what: loss for loss in report.losses}
    assert losses["roll and pitch"].count == 13
    assert losses["category bus"].detail.startswith("written as Truck")
    assert losses["cameras"].count == 5
    assert losses["image times"].count == 5
    assert losses["attributes"].tracks == ("Car 3",)
    assert losses["track ids"].count == 3
    assert (report.frames, report.tracks, report.cuboids) == (5, 3, 13)
    json.dumps(report.as_dict())


def test_two_decimals_are_reported(make: SimpleNamespace, tmp_path: Path) -> None:
    item = LabelledLog(make.log(), make.tracks())
    report = OBJECT.write_labels([item], tmp_path / "out", ExportOptions(decimals=2))
    assert "digits" in {loss.what for loss in report.losses}
    first = (tmp_path / "out/training/label_2/000000.txt").read_text().split("\n")[0]
    assert all(len(word.split(".")[1]) == 2 for word in first.split()[3:])


def test_cuboids_beside_the_image_have_no_2d_box(make: SimpleNamespace, tmp_path: Path) -> None:
    split = export(make, TRACKING, tmp_path / "out")
    labels = read_tracking_labels(split / "label_02/0000.txt")
    bus = next(label for label in labels if label.type == "Truck")
    assert bus.box_px == (-1, -1, -1, -1)
    assert (bus.truncated, bus.occluded) == (2, 3)


def test_the_sequence_map_says_how_long_each_sequence_is(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    items = [LabelledLog(make.log(frames=n), make.tracks(n)) for n in (3, 5)]
    TRACKING.write_labels(items, tmp_path / "out", ExportOptions())
    path = tmp_path / "out/training/evaluate_tracking.seqmap.training"
    assert path.read_text() == "0000 empty 000000 000003\n0001 empty 000000 000005\n"


@pytest.mark.parametrize(
    "distortion", [None, BrownConrady(k1=-0.3, k2=0.1, p1=0.001), KannalaBrandt(k1=0.01)]
)
def test_the_written_image_fits_the_written_projection(
    make: SimpleNamespace, tmp_path: Path, distortion: Lens | None
) -> None:
    """The white square of the source image appears where the rectified camera sees its ray."""
    log = make.log(distortion)
    TRACKING.write_labels([LabelledLog(log, make.tracks())], tmp_path / "out", ExportOptions())
    picture = cv2.imread(str(tmp_path / "out/training/image_02/0000/000001.png"))
    white = picture[..., 0].astype(float)
    rows, columns = (np.average(index, weights=white) for index in np.indices(white.shape))
    written = TRACKING.open(tmp_path / "out").rig.camera("image_02")
    source = log.rig.camera("front")
    ray = source.camera.unproject(np.array([199.5, 149.5]))
    in_ego = source.ego_SE3_camera.rotate(ray)
    pixel, _ = written.camera.project(written.ego_SE3_camera.rotation.T @ in_ego)
    np.testing.assert_allclose([columns, rows], pixel, atol=0.25)


def test_a_view_too_wide_for_a_pinhole_is_cut_and_the_report_says_so(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    log = make.log(KannalaBrandt())
    front = log.rig.camera("front")
    # 400 px at 140 px per radian: 164 degrees.
    wide = Camera(400, 300, 140.0, 140.0, 199.5, 149.5, KannalaBrandt())
    log.rig = replace(log.rig, cameras={**log.rig.cameras, "front": replace(front, camera=wide)})
    report = TRACKING.write_labels(
        [LabelledLog(log, make.tracks())], tmp_path / "out", ExportOptions()
    )
    (loss,) = (loss for loss in report.losses if loss.what == "view")
    assert loss.detail.startswith("cut from 164 to 120 degrees from left to right")


def test_a_kitti_sequence_goes_back_to_the_same_text(tracking: Path, tmp_path: Path) -> None:
    path = tracking / "training/label_02/0000.txt"
    with path.open("a") as file:
        file.write("0 -1 DontCare -1 -1 -10 1 1 9 9 -1000 -1000 -1000 -10 -1 -1 -1\n")
        file.write("1 3 Van 1 2 1.5 5 5 9 9 2 2 5 4 1.7 30 -1.5\n")
    log = TRACKING.open(tracking)
    item = LabelledLog(log, TRACKING.read_labels(log).tracks)
    report = TRACKING.write_labels([item], tmp_path / "out", ExportOptions())
    assert report.losses == ()
    for name in ("calib/0000.txt", "oxts/0000.txt", "velodyne/0000/000001.bin"):
        first, second = tracking / "training" / name, tmp_path / "out/training" / name
        assert first.read_bytes() == second.read_bytes()

    def content(file: Path) -> set[tuple]:
        return {
            tuple(float(w) if w[-1].isdigit() else w for w in line.split())
            for line in file.read_text().splitlines()
        }

    assert content(tmp_path / "out/training/label_02/0000.txt") == content(path)


def test_kitti_labels_beyond_the_last_sweep_are_written(tracking: Path, tmp_path: Path) -> None:
    (tracking / "training/velodyne/0000/000002.bin").unlink()
    log = TRACKING.open(tracking)
    item = LabelledLog(log, TRACKING.read_labels(log).tracks)
    TRACKING.write_labels([item], tmp_path / "out", ExportOptions())
    labels = read_tracking_labels(tmp_path / "out/training/label_02/0000.txt")
    assert [label.frame for label in labels] == [0, 1, 2]


def test_object_frames_keep_their_names_and_dont_care(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    split = make.object_folder(tmp_path / "in", frames=3)
    logs = [OBJECT.open(split / f"velodyne/{name}.bin") for name in ("000000", "000002")]
    items = [LabelledLog(log, OBJECT.read_labels(log).tracks) for log in logs]
    OBJECT.write_labels(items, tmp_path / "out", ExportOptions(decimals=2))
    labels = read_object_labels(tmp_path / "out/training/label_2/000002.txt")
    assert [label.type for label in labels] == ["Van", "DontCare"]
    assert not (tmp_path / "out/training/label_2/000001.txt").exists()


def test_links_instead_of_copies(tracking: Path, tmp_path: Path) -> None:
    log = TRACKING.open(tracking)
    item = LabelledLog(log, ())
    TRACKING.write_labels([item], tmp_path / "out", ExportOptions(link_media=True))
    inside = "training/velodyne/0000/000000.bin"
    assert (tmp_path / "out" / inside).samefile(tracking / inside)


def test_a_failure_leaves_nothing_behind(tracking: Path, tmp_path: Path) -> None:
    log = TRACKING.open(tracking)
    (tracking / "training/velodyne/0000/000001.bin").write_bytes(b"")
    item = LabelledLog(log, ())
    log.calibration.path.unlink()  # type: ignore[attr-defined]
    with pytest.raises(Av3dError):
        TRACKING.write_labels([item], tmp_path / "out", ExportOptions())
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))


def test_overwrite_spares_what_is_not_an_export(make: SimpleNamespace, tmp_path: Path) -> None:
    split = make.tracking_folder(tmp_path / "kitti")
    log = TRACKING.open(split)
    overwrite = ExportOptions(overwrite=True)
    with pytest.raises(Av3dError, match="something else than an export of av3d"):
        TRACKING.write_labels([LabelledLog(log, ())], split.parent, overwrite)
    export(make, TRACKING, tmp_path / "out")
    own = TRACKING.open(tmp_path / "out")
    with pytest.raises(Av3dError, match="cannot replace the log that it is made from"):
        TRACKING.write_labels([LabelledLog(own, ())], tmp_path / "out", overwrite)
    export(make, TRACKING, tmp_path / "out", overwrite=True)


def test_an_edited_label_file_is_read_with_a_note(make: SimpleNamespace, tmp_path: Path) -> None:
    split = export(make, TRACKING, tmp_path / "out")
    path = split / "label_02/0000.txt"
    path.write_text("\n".join(path.read_text().splitlines()[1:]) + "\n")
    labels = TRACKING.read_labels(TRACKING.open(split))
    assert any("was changed after av3d wrote it" in note for note in labels.notes)


def test_edited_object_labels_get_new_identities(make: SimpleNamespace, tmp_path: Path) -> None:
    split = export(make, OBJECT, tmp_path / "out")
    path = split / "label_2/000000.txt"
    path.write_text("\n".join(path.read_text().splitlines()[1:]) + "\n")
    labels = OBJECT.read_labels(OBJECT.open(split / "velodyne/000000.bin"))
    assert {track.id for track in labels.tracks} == {
        "kitti-object-000000-1",
        "kitti-object-000000-2",
    }


def test_frames_are_reported_as_they_are_written(make: SimpleNamespace, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    TRACKING.write_labels(
        [LabelledLog(make.log(), make.tracks())],
        tmp_path / "out",
        ExportOptions(),
        lambda text, done, total: seen.append((done, total)),
    )
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_the_first_frame_is_at_the_start(make: SimpleNamespace, tmp_path: Path) -> None:
    assert TRACKING.open(export(make, TRACKING, tmp_path / "out")).start_ns == make.start_ns


def test_a_keyframe_beyond_an_export_that_is_opened_again_does_not_hold_it_up(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    log = TRACKING.open(export(make, TRACKING, tmp_path / "out"))
    track = make.tracks()[0]
    late = replace(track.keyframes[-1], timestamp_ns=track.keyframes[-1].timestamp_ns + 10**8)
    item = LabelledLog(log, (track.with_keyframes([*track.keyframes, late]),))
    report = TRACKING.write_labels([item], tmp_path / "again", ExportOptions())
    assert (report.frames, report.cuboids) == (5, 5)
    losses = {loss.what: loss.count for loss in report.losses}
    assert losses["keyframes at other times"] == 1


def test_labels_find_their_log_among_several_sequences(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    items = [LabelledLog(make.log(frames=n), make.tracks(n)) for n in (3, 5)]
    items[1].log.name = "second"
    TRACKING.write_labels(items, tmp_path / "out", ExportOptions())
    labels = TRACKING.read_labels(items[1].log, tmp_path / "out")
    assert labels.counts["cuboids"] == 13


@pytest.mark.parametrize("offset_ms", [-80, -50, 50, 80])
def test_images_stay_with_their_frame_however_late_they_are(
    make: SimpleNamespace, tmp_path: Path, offset_ms: int
) -> None:
    source = make.log(image_offset_ns=offset_ms * 1_000_000)
    TRACKING.write_labels([LabelledLog(source, ())], tmp_path / "out", ExportOptions())
    log = TRACKING.open(tmp_path / "out")
    assert [frame.images["image_02"] for frame in log.frames] == [0, 1, 2, 3, 4]
    assert log.image_time_ns("image_02", 2) - log.frames[2].timestamp_ns == offset_ms * 1_000_000


CAR_ID = "kitti-tracking-0000-7"
CAR_BOX = (500, 150, 560, 200)
"""Of the car of the folders here, as it was annotated."""


def car_after(
    split: Path, out: Path, *edits: Callable[[Document], Sequence[Change]]
) -> list[KittiLabel]:
    """The labels of the car, read with the `kitti` ontology, edited and written again."""
    log = TRACKING.open(split)
    ontology = preset("kitti")
    tracks, _ = for_project(TRACKING.read_labels(log).tracks, TRACKING, ontology)
    document = Document.of(tracks)
    for edit in edits:
        document = document.apply(edit(document))
    prepared = for_export(list(document.tracks.values()), TRACKING, ontology)
    report = TRACKING.write_labels([LabelledLog(log, prepared.tracks)], out, ExportOptions())
    assert "attributes" not in {loss.what for loss in report.losses}
    return list(read_tracking_labels(out / "training/label_02/0000.txt"))


def test_what_somebody_said_since_is_written(make: SimpleNamespace, tmp_path: Path) -> None:
    split = make.tracking_folder(tmp_path / "in")
    second = TRACKING.open(split).frames[1].timestamp_ns
    labels = car_after(
        split,
        tmp_path / "out",
        lambda found: set_attribute_at(found, CAR_ID, second, "occluded", "2"),
        lambda found: set_attribute_at(found, CAR_ID, second, "truncated", 1),
    )
    assert [label.occluded for label in labels] == [1, 2, 1]
    assert [label.truncated for label in labels] == [0, 1, 0]
    assert {label.box_px for label in labels} == {CAR_BOX}


def test_columns_of_a_moved_cuboid_are_worked_out(make: SimpleNamespace, tmp_path: Path) -> None:
    split = make.tracking_folder(tmp_path / "in")
    second = TRACKING.open(split).frames[1].timestamp_ns

    def move(found: Document) -> Sequence[Change]:
        cuboid = found.track(CAR_ID).keyframes[1].cuboid
        moved = replace(
            cuboid, frame_SE3_cuboid=SE3.from_yaw(0, [0, 0.5, 0]) @ cuboid.frame_SE3_cuboid
        )
        return set_keyframe(found, CAR_ID, second, moved)

    first, moved, last = car_after(split, tmp_path / "out", move)
    assert first.box_px == last.box_px == CAR_BOX
    assert moved.box_px != CAR_BOX
    assert (first.alpha_rad, moved.alpha_rad) == (0.1, pytest.approx(0.3, abs=0.05))
    assert moved.occluded == 1  # as a person saw it; moving the cuboid hides nothing


def test_columns_of_a_resized_track_are_worked_out(make: SimpleNamespace, tmp_path: Path) -> None:
    split = make.tracking_folder(tmp_path / "in")
    labels = car_after(
        split, tmp_path / "out", lambda found: set_constant_size(found, CAR_ID, (4.5, 1.9, 1.7))
    )
    assert CAR_BOX not in {label.box_px for label in labels}
    assert 0.1 not in {label.alpha_rad for label in labels}


def test_columns_are_not_carried_to_frames_between_keyframes(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    """Neither where the cuboid is interpolated nor where such a state became a keyframe."""
    split = make.tracking_folder(tmp_path / "in", frames=5)
    log = TRACKING.open(split)
    third = log.frames[2].timestamp_ns

    def thin(found: Document) -> Sequence[Change]:
        before = found.track(CAR_ID)
        return (Change(before, thin_keyframes(before, 1_000_000_000)),)

    labels = car_after(
        split,
        tmp_path / "out",
        thin,
        lambda found: set_attribute_at(found, CAR_ID, third, "occluded", "3"),
    )
    assert [label.box_px == CAR_BOX for label in labels] == [True, False, False, False, True]
    assert [label.alpha_rad == 0.1 for label in labels] == [True, False, False, False, True]
    assert [label.occluded for label in labels] == [1, 1, 3, 3, 1]


def test_truncation_of_one_benchmark_is_not_written_as_the_others(
    make: SimpleNamespace, tmp_path: Path
) -> None:
    log, ontology = TRACKING.open(make.tracking_folder(tmp_path / "in")), preset("kitti")
    tracks, _ = for_project(TRACKING.read_labels(log).tracks, TRACKING, ontology)
    document = Document.of(tracks)
    document = document.apply(
        set_attribute_at(document, CAR_ID, log.frames[1].timestamp_ns, "truncated", 1)
    )
    prepared = for_export(list(document.tracks.values()), OBJECT, ontology)
    report = OBJECT.write_labels(
        [LabelledLog(log, prepared.tracks)], tmp_path / "out", ExportOptions()
    )
    (label,) = read_object_labels(tmp_path / "out/training/label_2/000001.txt")
    assert label.truncated == 0  # all of the car is on the image
    (loss,) = (loss for loss in report.losses if loss.what == "attributes")
    assert (loss.count, loss.tracks) == (1, ("Car 7",))
