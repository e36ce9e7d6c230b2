from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.datasets.dataset import DatasetError, ExportOptions, ImportedLabels, LabelledLog
from av3d.datasets.registry import dataset_of_labels
from av3d.datasets.selection import Selection
from av3d.datasets.table import CSV, PARQUET, TableDataset
from av3d.datasets.table.columns import Kind
from av3d.datasets.table.csv_source import read_csv
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.cuboid import Cuboid
from av3d.logs.log import Log
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.relation import TOWED_BY, Relation
from av3d.tracks.track import Track

BOTH = pytest.mark.parametrize("target", [CSV, PARQUET], ids=lambda target: target.name)

HEADER = (
    "frame,track_id,category,world_x_m,world_y_m,world_z_m,world_yaw_rad,length_m,width_m,height_m"
)
QUATERNION = HEADER.replace("world_yaw_rad", "world_qw,world_qx,world_qy,world_qz")
ROW = "0,a,car,1,2,3,0.5,4.5,1.9,1.6"

Read = Callable[[str], ImportedLabels]


@pytest.fixture
def read(crossing: Log, tmp_path: Path) -> Read:
    """Reads the text of a CSV file."""

    def read_text(text: str) -> ImportedLabels:
        (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
        return CSV.read_labels(crossing, tmp_path / "mine.csv")

    return read_text


@BOTH
def test_a_project_comes_back_with_ids_sizes_and_poses_at_every_frame(
    exported: Path, crossing: Log, tracks: tuple[Track, ...], target: TableDataset
) -> None:
    found = target.read_labels(crossing, exported / target.name)
    by_id = {track.id: track for track in found.tracks}
    again = [by_id[track.id] for track in tracks]
    assert [(t.name, t.category, t.attributes) for t in again] == [
        (t.name, t.category, t.attributes) for t in tracks
    ]
    for frame in crossing.frames:
        before = states_in_sweep(tracks, frame.timestamp_ns, crossing)
        for old, new in zip(
            before, states_in_sweep(again, frame.timestamp_ns, crossing), strict=True
        ):
            assert (old is None) == (new is None)
            if old is not None and new is not None:
                np.testing.assert_allclose(
                    old.cuboid.corners_m(), new.cuboid.corners_m(), atol=1e-6
                )
    assert {k.provenance for t in again for k in t.keyframes} == {Provenance.IMPORTED}
    assert found.notes == ()


@BOTH
def test_what_the_table_of_tracks_says_comes_back(
    crossing: Log, tmp_path: Path, target: TableDataset
) -> None:
    frames = crossing.frames
    cuboid = Cuboid.from_yaw((30, 5, 1), (4.0, 2.0, 1.5), 1.0)
    keyframes = (
        Keyframe(frames[3].timestamp_ns, cuboid, Provenance.MODEL, {"score": 0.5, "a": 1}),
        Keyframe(frames[8].timestamp_ns, cuboid, Provenance.MODEL, {"score": 0.25, "b": True}),
    )
    truck = Track("t", "My Truck", keyframes, (), 3, {"c": 1.0, "d": 'x,"y"\nz'})
    other = Track(
        "u", "truck", keyframes[:1], (), 9, {}, True, None, (Relation(TOWED_BY, "t"),), "a\nb"
    )
    target.write_labels([LabelledLog(crossing, (truck, other))], tmp_path / "o", ExportOptions())
    found = {track.id: track for track in target.read_labels(crossing, tmp_path / "o").tracks}
    for track in (truck, other):
        assert found[track.id].header_as_json() == track.header_as_json()
        for frame in frames[3:9]:
            old, new = (
                track.state_at(frame.timestamp_ns),
                found[track.id].state_at(frame.timestamp_ns),
            )
            assert (old is None) == (new is None)
            if old is not None and new is not None:
                assert dict(old.attributes) == dict(new.attributes)


def test_a_table_says_itself_that_it_has_cuboids(exported: Path, crossing: Log) -> None:
    for name in ("csv", "parquet"):
        for place in (exported / name, exported / name / f"cuboids.{name}"):
            assert dataset_of_labels(crossing, place).name == name
        assert not CSV.recognise_labels(exported / name / f"tracks.{name}")


def test_the_smallest_table_with_ids_gives_tracks(read: Read, crossing: Log) -> None:
    found = read(f"{HEADER}\n{ROW}\n2,a,car,2,2,3,0.6,4.5,1.9,1.6\n0,b,Person,5,5,1,0,.8,.8,1.8\n")
    first, second = found.tracks
    assert (first.id, first.category, first.number) == ("a", "car", 1)
    assert [k.timestamp_ns for k in first.keyframes] == [
        crossing.frames[n].timestamp_ns for n in (0, 2)
    ]
    assert first.keyframes[0].cuboid == Cuboid.from_yaw((1, 2, 3), (4.5, 1.9, 1.6), 0.5)
    assert (second.id, second.category) == ("b", "pedestrian")
    assert found.detections is None


def test_the_smallest_table_without_ids_gives_detections(crossing: Log, tmp_path: Path) -> None:
    frame = crossing.frames[4]
    table = pd.DataFrame(
        {
            "timestamp_s": [frame.timestamp_ns / 1e9] * 2,
            "category": ["Car", "TYPE_CYCLIST"],
            "ego_x_m": [10.0, 12.0], "ego_y_m": [1.0, 2.0], "ego_z_m": [0.5, 0.5],
            "ego_yaw_rad": [0.1, 0.2],
            "length_m": [4.5, 1.8], "width_m": [1.9, 0.6], "height_m": [1.6, 1.7],
            "score": [0.9, 0.4],
        }
    )  # fmt: skip
    for target in (CSV, PARQUET):
        path = tmp_path / f"mine.{target.name}"
        table.to_csv(path, index=False) if target is CSV else table.to_parquet(path)
        found = target.read_labels(crossing, path)
        assert found.tracks == ()
        detections = found.detections
        assert detections is not None
        assert detections.times_ns.tolist() == [frame.timestamp_ns] * 2
        assert detections.labels == ("Car", "TYPE_CYCLIST")
        assert detections.categories[0] == "car"
        assert detections.scores.tolist() == [0.9, 0.4]
        world_SE3_ego = crossing.world_SE3_ego(frame.timestamp_ns)
        expected = world_SE3_ego.transform([[10.0, 1.0, 0.5], [12.0, 2.0, 0.5]])
        np.testing.assert_allclose(detections.centers_m, expected, atol=1e-9)


def test_attributes_may_have_columns_of_their_own(read: Read) -> None:
    header = f"{HEADER},attribute.occlusion,attribute.parked,attribute.plate,weight"
    found = read(f"{header}\n{ROW},0.5,TRUE,B 12,7\n1,a,car,1,2,3,0.5,4.5,1.9,1.6,1,,B 12,8\n")
    [track] = found.tracks
    assert dict(track.attributes) == {"plate": "B 12"}
    assert [dict(k.attributes) for k in track.keyframes] == [
        {"occlusion": 0.5, "parked": True},
        {"occlusion": 1},
    ]
    assert found.notes == ("columns that are not read: weight",)


def test_a_track_of_scored_rows_has_their_mean(read: Read) -> None:
    [track] = read(f"{HEADER},score\n{ROW},0.5\n1,a,car,1,2,3,0.5,4.5,1.9,1.6,0.75\n").tracks
    assert dict(track.attributes) == {"score": 0.625}
    assert [k.attributes["score"] for k in track.keyframes] == [0.5, 0.75]


def test_rows_of_other_logs_are_left_out(read: Read) -> None:
    found = read(f"log,{HEADER}\ncrossing,{ROW}\nelsewhere,{ROW}\n")
    assert len(found.tracks[0].keyframes) == 1
    assert found.notes == ("1 rows of other logs were left out",)
    with pytest.raises(DatasetError, match="no rows of log crossing; it has those of a, b"):
        read(f"log,{HEADER}\na,{ROW}\nb,{ROW}\n")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_a_byte_order_mark_are_read(read: Read, separator: str) -> None:
    text = f"\ufeff{HEADER}\r\n{ROW}\r\n\r\n".replace(",", separator)
    assert len(read(text).tracks) == 1


def test_a_gap_in_a_table_of_all_frames_is_an_absence(read: Read, crossing: Log) -> None:
    both = [f"{n},b,car,1,9,3,0.5,4.5,1.9,1.6" for n in range(6)]
    some = [f"{n},a,car,1,2,3,0.5,4.5,1.9,1.6" for n in (0, 1, 4, 5)]
    found = {track.id: track for track in read("\n".join([HEADER, *both, *some])).tracks}
    assert not found["a"].is_present(crossing.frames[2].timestamp_ns)
    assert found["b"].is_present(crossing.frames[2].timestamp_ns)


def test_a_table_of_every_fifth_frame_does_not_say_that_objects_are_gone_between(
    read: Read, crossing: Log
) -> None:
    rows = [f"{n},a,car,1,2,3,0.5,4.5,1.9,1.6" for n in (0, 5, 10)]
    [track] = read("\n".join([HEADER, *rows])).tracks
    assert track.is_present(crossing.frames[3].timestamp_ns)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no header"),
        ("a,b\n1,2\n", "no column length_m"),
        (f"{HEADER},category\n{ROW},x\n", "two columns are called 'category'"),
        (HEADER.replace("world_yaw_rad", "yaw") + f"\n{ROW}\n", "no whole pose: world_x_m"),
        (HEADER.replace("frame", "index") + f"\n{ROW}\n", "no column timestamp_ns, timestamp_s or frame"),
        (f"{HEADER}\n{ROW}\n0,a,car,1,2\n", "line 3: 5 cells, and the header has 10"),
        (f"{HEADER}\n{ROW.replace('1.9', 'wide')}\n", "line 2: width_m is 'wide', not a number"),
        (f"{HEADER}\n{ROW.replace('1.9', '1_9')}\n", "width_m is '1_9', not a number"),
        (f"{HEADER}\n{ROW.replace('1.9', '1e999')}\n", "width_m is not a finite number"),
        (f"{HEADER}\n{ROW.replace('1.9', 'nan')}\n", "line 2: width_m is empty"),
        (f"{HEADER}\n{ROW.replace('1.9', '')}\n", "line 2: width_m is empty"),
        (f"{HEADER}\n{ROW.replace('1.9', '-1.9')}\n", "line 2: the cuboid is 4.5 x -1.9 x 1.6 m"),
        (f"{HEADER}\n{ROW.replace('0,a', '40,a')}\n", "frame is 40, and log crossing has 0 to 39"),
        (f"{HEADER}\n{ROW.replace('0,a', '0.5,a')}\n", "frame is '0.5', not a whole number"),
        (f"{HEADER}\n{ROW.replace('car', '')}\n", "line 2: category is empty"),
        (f"{HEADER}\n{ROW}\n{ROW.replace(',a,', ',,')}\n", "line 3: track_id is empty"),
        (f"{HEADER}\n\n{ROW}\n{ROW}\n", r"two cuboids at \d+ ns \(line 3 and line 4\)"),
        (f'{HEADER}\n0,"a,car,1,2,3,0.5,4.5,1.9,1.6\n', "line 2: unexpected end of data"),
        (f'{HEADER}\n0,"a"x,car,1,2,3,0.5,4.5,1.9,1.6\n', "line 2: ',' expected after '\"'"),
        (f"{HEADER}\n{ROW.replace(',1,2', ',1e300,2')}\n", "line 2: .* is not of this world"),
        (f"{HEADER}\n{ROW}\n".replace("car", "c\0r"), "line 2: holds a zero character"),
        (f"{QUATERNION}\n{ROW.replace('0.5', '0,0,0,0')}\n", "line 2: its quaternion has length 0"),
        (f"{QUATERNION}\n{ROW.replace('0.5', '1e300,0,0,0')}\n", "line 2: its quaternion has length inf"),
        (f"{HEADER},attributes\n{ROW},{{\n", "line 2: attributes is not JSON"),
        (f'{HEADER},attributes\n{ROW},"{{""a"": [1]}}"\n', "attributes: 'a' is .* no value"),
        (f"timestamp_ns,{HEADER}\n17,{ROW}\n", "cuboids are from 17 to 17 ns, and log crossing"),
        (f"timestamp_ns,{HEADER}\n{'9' * 30},{ROW}\n", "timestamp_ns is '9999.*, not a whole number"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_in_one_line(read: Read, text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        read(text)
    assert "mine.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "UTF-16"),
        (f"{HEADER}\n{ROW}\n0,\xdf".encode("latin-1"), "line 3: byte 2 is not UTF-8"),
        (b"x" * 2_000_000, "line 1: longer than"),
    ],
)  # fmt: skip
def test_a_file_in_another_encoding_is_refused(
    crossing: Log, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        CSV.read_labels(crossing, tmp_path / "mine.csv")


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(2**63), 2**63 - 1),
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"])),
        )
    )
)
def test_any_numbers_and_texts_come_back_from_csv(rows: list[tuple[float, int, str]]) -> None:
    import tempfile

    from av3d.datasets.table.sinks import sink

    columns = {"x": Kind.NUMBER, "n": Kind.WHOLE, "t": Kind.TEXT}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        with sink(path, columns) as target:
            target.write({name: [row[at] for row in rows] for at, name in enumerate(columns)})
        table = read_csv(path, columns)
    assert list(zip(table.numbers["x"], table.whole["n"][0], table.texts["t"], strict=True)) == rows


def test_parquet_cells_of_another_type_or_without_a_value_are_named(
    exported: Path, crossing: Log, tmp_path: Path
) -> None:
    whole = pd.read_parquet(exported / "parquet" / "cuboids.parquet")
    path = tmp_path / "mine.parquet"
    for changed, message in [
        (whole.assign(width_m="wide"), "column width_m holds .*string, not a number"),
        (whole.assign(width_m=whole.width_m.where(whole.index != 7)), "row 7: width_m is empty"),
        (
            whole.assign(timestamp_ns=whole.timestamp_ns / 1e9),
            "row 19: timestamp_ns is 1780300800.1, not a whole number",
        ),
        (whole.drop(columns="height_m"), "no column height_m"),
    ]:
        changed.to_parquet(path)
        with pytest.raises(DatasetError, match=message):
            PARQUET.read_labels(crossing, path)


def test_times_of_pandas_and_dictionaries_of_texts_are_read(
    exported: Path, crossing: Log, tmp_path: Path
) -> None:
    whole = pd.read_parquet(exported / "parquet" / "cuboids.parquet")
    whole["timestamp_ns"] = pd.to_datetime(whole.timestamp_ns)
    whole["category"] = whole.category.astype("category")
    whole.to_parquet(tmp_path / "mine.parquet")
    assert PARQUET.read_labels(crossing, tmp_path / "mine.parquet").counts["cuboids"] == len(whole)


def test_a_cut_off_or_changed_parquet_file_is_refused_or_read(
    exported: Path, crossing: Log, tmp_path: Path
) -> None:
    whole = (exported / "parquet" / "cuboids.parquet").read_bytes()
    path = tmp_path / "mine.parquet"
    for part in (0.0, 0.3, 0.99):
        path.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(InputFileError, match="is no Parquet table"):
            PARQUET.read_labels(crossing, path)
    chance = np.random.default_rng(5)
    for _ in range(30):
        damaged = bytearray(whole)
        for place in chance.integers(0, len(whole), 20):
            damaged[place] = chance.integers(0, 256)
        path.write_bytes(damaged)
        with suppress(Av3dError):
            PARQUET.read_labels(crossing, path)


def test_the_rows_that_somebody_removed_are_gone(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path
) -> None:
    """The table of tracks says when they were there, which is no longer so."""
    item = LabelledLog(crossing, tracks[:4], Selection(frames=((0, 9),)))
    CSV.write_labels([item], tmp_path / "o", ExportOptions())
    path = tmp_path / "o" / "cuboids.csv"
    gone = f"crossing,5,{crossing.frames[5].timestamp_ns},{tracks[0].id}"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith(gone)))
    found = {t.id: t for t in CSV.read_labels(crossing, tmp_path / "o").tracks}
    assert not found[tracks[0].id].is_present(crossing.frames[5].timestamp_ns)
    assert found[tracks[1].id].is_present(crossing.frames[5].timestamp_ns)


@BOTH
def test_a_damaged_table_of_tracks_is_refused(
    exported: Path, crossing: Log, tmp_path: Path, target: TableDataset
) -> None:
    for path in (exported / target.name).iterdir():
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(content[:-9] if path.stem == "tracks" else content)
    with pytest.raises(Av3dError, match="tracks"):
        target.read_labels(crossing, tmp_path)


def test_asking_for_help_does_not_load_arrow() -> None:
    code = "import av3d.datasets.table, sys; assert 'pyarrow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_number_that_two_tracks_share_is_kept(crossing: Log, tmp_path: Path) -> None:
    frame = crossing.frames[0]
    cuboid = Cuboid.from_yaw((30, 5, 1), (4.0, 2.0, 1.5), 1.0)
    one = Track("a", "car", (Keyframe(frame.timestamp_ns, cuboid),), (), 7)
    two = replace(one, id="b", number=7)
    CSV.write_labels([LabelledLog(crossing, (one, two))], tmp_path / "o", ExportOptions())
    assert [t.number for t in CSV.read_labels(crossing, tmp_path / "o").tracks] == [7, 7]
