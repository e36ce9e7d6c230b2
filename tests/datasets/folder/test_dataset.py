from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import av3d
from av3d.datasets.dataset import DatasetError, ExportOptions, LabelledLog
from av3d.datasets.folder import DATASET
from av3d.datasets.registry import recognise
from av3d.errors import Av3dError, InputFileError, OutputError
from av3d.geometry.cuboid import Cuboid
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track

START_NS = 1_700_000_000_000_000_000


def a_track(track_id: str = "t1") -> Track:
    first = Cuboid.from_yaw((10, 2, 0.8), (4.5, 1.9, 1.6), 0.3)
    second = Cuboid.from_yaw((14, 2, 0.9), (4.5, 1.9, 1.6), 0.4)
    return Track(
        track_id,
        "car",
        (
            Keyframe(START_NS, first, Provenance.MODEL),
            Keyframe(START_NS + 200_000_000, second, Provenance.FITTED, {"occlusion": 0.5}),
        ),
        number=4,
    )


def test_a_written_folder_is_recognised_and_opens(log_folder: Path) -> None:
    assert recognise(log_folder).name == "folder"
    log = av3d.open_log(log_folder)
    assert log.name == "my lög"
    assert len(log.frames) == 3
    assert log.frames[1].images == {"front": 1}
    assert log.sweep(0).points_m.tolist() == [[5, 0, -1], [7, 2, 0.5]]
    assert log.sweep(0).time_offset_ns.tolist() == [-1_000_000, 2_000_000]
    assert log.image("front", 2).shape == (6, 8, 3)
    assert log.world_SE3_ego(START_NS + 50_000_000).translation_m.tolist() == [0.5, 0, 0]


def test_opening_reads_no_points_and_no_images(log_folder: Path) -> None:
    for path in [*log_folder.glob("lidar/*/*"), *log_folder.glob("camera/*/*")]:
        path.write_bytes(b"")
    log = av3d.open_log(log_folder)
    assert len(log.frames) == 3
    with pytest.raises(InputFileError, match="sweep is empty, 0 bytes"):
        log.sweep(1)
    with pytest.raises(InputFileError, match="image is empty"):
        log.image("front", 0)


def test_without_a_trajectory_the_log_says_that_it_stands_still(log_folder: Path) -> None:
    (log_folder / "trajectory.csv").unlink()
    log = av3d.open_log(log_folder)
    assert log.trajectory.is_identity
    assert any("trajectory.csv" in note for note in log.notes)


def test_the_fingerprint_follows_the_content_and_not_the_labels(log_folder: Path) -> None:
    before = av3d.open_log(log_folder).fingerprint
    (log_folder / "labels.json").write_text("{}")
    assert av3d.open_log(log_folder).fingerprint == before
    sweep = next(log_folder.glob("lidar/top/*.npz"))
    sweep.write_bytes(sweep.read_bytes() + b"x")
    assert av3d.open_log(log_folder).fingerprint != before


def test_files_that_are_not_ours_are_left_alone(log_folder: Path) -> None:
    (log_folder / "lidar/top/.DS_Store").write_text("x")
    (log_folder / "camera/front/Thumbs.db").write_text("x")
    (log_folder / "camera/.hidden").mkdir()
    assert len(av3d.open_log(log_folder).frames) == 3


def rename_sweep(folder: Path, name: str) -> None:
    next(folder.glob("lidar/top/*.npz")).rename(folder / "lidar/top" / name)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "log.toml").write_text(""), "the file is empty"),
        (lambda f: (f / "log.toml").write_bytes(b"\xff\xfe"), "is not UTF-8"),
        (lambda f: (f / "log.toml").write_text("format = "), "is not TOML"),
        (lambda f: (f / "log.toml").write_text('format = "other"'), "format is 'other'"),
        (
            lambda f: (f / "log.toml").write_text('format = "av3d-folder"\nversion = 99'),
            "version 99 of the format is newer",
        ),
        (
            lambda f: (f / "log.toml").write_text(
                'format = "av3d-folder"\nversion = 1\nreference_lidar = "roof"'
            ),
            "reference_lidar is 'roof'.*write one of: top",
        ),
        (
            lambda f: (f / "log.toml").write_text(
                'format = "av3d-folder"\nversion = 1\n[lidar.top]\ncolumns = 9'
            ),
            "lidar.top.columns is 9",
        ),
        (
            lambda f: (f / "log.toml").write_text(
                'format = "av3d-folder"\nversion = 1\ntolerance_ms = -3'
            ),
            "tolerance_ms is -3",
        ),
        (
            lambda f: (f / "log.toml").write_text(
                'format = "av3d-folder"\nversion = 1\n[lidar.roof]\ncolumns = 3'
            ),
            "settings of a LiDAR 'roof'.*write one of: top",
        ),
        (lambda f: (f / "rig.toml").unlink(), "no rig.toml.*av3d rig convert"),
        (lambda f: rename_sweep(f, "first.npz"), "not a time, "),
        (lambda f: rename_sweep(f, "1" * 60 + ".npz"), "not a time, "),
        (
            lambda f: (f / "camera/front" / f"0{START_NS + 1_000_000}.png").write_bytes(b"x"),
            "two files have the time",
        ),
        (lambda f: (f / "lidar/roof").mkdir(), "the rig has no LiDAR 'roof'.*one of: top"),
        (lambda f: (f / "lidar").rename(f / "points"), "the log has no sweeps"),
        (lambda f: (f / "trajectory.csv").write_text(""), "column timestamp_ns is missing"),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_one_clear_line(log_folder: Path, damage, message: str) -> None:
    damage(log_folder)
    with pytest.raises(Av3dError, match=message) as caught:
        av3d.open_log(log_folder, format="folder")
    assert "\n" not in str(caught.value)
    assert log_folder.name in str(caught.value)


def test_labels_keep_their_provenance(log_folder: Path, tmp_path: Path) -> None:
    log = av3d.open_log(log_folder)
    out = tmp_path / "labels out"
    report = DATASET.write_labels([LabelledLog(log, (a_track(),))], out, ExportOptions())
    assert (report.tracks, report.cuboids, report.losses) == (1, 2, ())
    labels = DATASET.read_labels(log, out)
    assert [k.provenance for k in labels.tracks[0].keyframes] == ["model", "fitted"]
    assert labels.tracks[0].keyframes[1].attributes == {"occlusion": 0.5}
    assert labels.counts == {"tracks": 1, "keyframes": 2}


def test_labels_are_found_in_the_log_itself(log_folder: Path, tmp_path: Path) -> None:
    log = av3d.open_log(log_folder)
    with pytest.raises(DatasetError, match=re.escape("there is no labels.json")):
        DATASET.read_labels(log)
    DATASET.write_labels([LabelledLog(log, (a_track(),))], tmp_path / "o", ExportOptions())
    (tmp_path / "o" / "my lög.json").rename(log_folder / "labels.json")
    assert len(DATASET.read_labels(log).tracks) == 1


def test_labels_of_another_log_come_with_a_note(log_folder: Path, tmp_path: Path) -> None:
    log = av3d.open_log(log_folder)
    DATASET.write_labels([LabelledLog(log, (a_track(),))], tmp_path / "o", ExportOptions())
    log.name = "another"
    labels = DATASET.read_labels(log, tmp_path / "o" / "my lög.json")
    assert labels.notes == ("the tracks were made for the log my lög, and this is another",)


def test_an_export_does_not_overwrite_unless_asked(log_folder: Path, tmp_path: Path) -> None:
    item = LabelledLog(av3d.open_log(log_folder), (a_track(),))
    DATASET.write_labels([item], tmp_path / "o", ExportOptions())
    with pytest.raises(OutputError, match="not empty"):
        DATASET.write_labels([item], tmp_path / "o", ExportOptions())
    DATASET.write_labels([item], tmp_path / "o", ExportOptions(overwrite=True))


def test_two_logs_of_one_name_are_refused(log_folder: Path, tmp_path: Path) -> None:
    item = LabelledLog(av3d.open_log(log_folder), (a_track(),))
    with pytest.raises(DatasetError, match="two logs would be written to"):
        DATASET.write_labels([item, item], tmp_path / "o", ExportOptions())
    assert not (tmp_path / "o").exists()


def test_a_camera_without_images_is_a_note(log_folder: Path) -> None:
    for path in (log_folder / "camera/front").iterdir():
        path.unlink()
    (log_folder / "camera/front").rmdir()
    log = av3d.open_log(log_folder)
    assert list(log.cameras) == []
    assert any("front" in note for note in log.notes)


def test_a_camera_folder_may_be_empty(log_folder: Path) -> None:
    for path in (log_folder / "camera/front").iterdir():
        path.unlink()
    log = av3d.open_log(log_folder)
    assert log.frames[0].images == {"front": None}
    assert np.array(log.sync_report.cameras["front"].missing_frames).tolist() == [0, 1, 2]
