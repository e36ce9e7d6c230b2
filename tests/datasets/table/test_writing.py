from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from av3d.datasets.dataset import DatasetError, ExportOptions, LabelledLog
from av3d.datasets.selection import Selection
from av3d.datasets.table import CSV, PARQUET, TableDataset, writing
from av3d.logs.log import Log
from av3d.tracks.event import Event
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.presence import Span
from av3d.tracks.track import Track

BOTH = pytest.mark.parametrize("target", [CSV, PARQUET], ids=lambda target: target.name)


def cuboids_of(folder: Path) -> pd.DataFrame:
    if (folder / "cuboids.csv").is_file():
        return pd.read_csv(folder / "cuboids.csv", float_precision="round_trip")
    return pd.read_parquet(folder / "cuboids.parquet")


@BOTH
def test_pandas_reads_a_row_per_cuboid_and_frame(
    exported: Path, crossing: Log, tracks: tuple[Track, ...], target: TableDataset
) -> None:
    table = cuboids_of(exported / target.name)
    frame = crossing.frames[11]
    states = states_in_sweep(tracks, frame.timestamp_ns, crossing)
    rows = table[table.frame == 11].set_index("track_id")
    assert len(rows) == sum(state is not None for state in states)
    ego_SE3_world = crossing.world_SE3_ego(frame.timestamp_ns).inverse()
    cloud_m = crossing.cloud(11).points_m
    for track, state in zip(tracks, states, strict=True):
        if state is None:
            continue
        row = rows.loc[track.id]
        in_ego = state.cuboid.in_frame(ego_SE3_world)
        assert row.timestamp_ns == frame.timestamp_ns
        assert (row.track_name, row.category) == (track.name, track.category)
        assert [row.world_x_m, row.world_y_m, row.world_z_m] == state.cuboid.center_m.tolist()
        assert [row.length_m, row.width_m, row.height_m] == state.cuboid.size_lwh_m.tolist()
        assert row.world_yaw_rad == pytest.approx(state.cuboid.yaw_rad)
        assert [row.ego_x_m, row.ego_y_m, row.ego_z_m] == pytest.approx(in_ego.center_m.tolist())
        assert row.ego_yaw_rad == pytest.approx(in_ego.yaw_rad)
        assert row.distance_m == pytest.approx(np.hypot(*in_ego.center_m[:2]))
        assert row.velocity_x_m_s == pytest.approx(state.velocity_m_s[0])
        assert row.provenance == state.provenance.value
        assert row.num_points == np.count_nonzero(in_ego.contains(cloud_m))
        assert json.loads(row.attributes) == dict(state.attributes)


def test_both_kinds_of_file_hold_the_same(exported: Path) -> None:
    csv, parquet = cuboids_of(exported / "csv"), cuboids_of(exported / "parquet")
    pd.testing.assert_frame_equal(csv, parquet, check_dtype=False)


def test_columns_of_parquet_have_types(exported: Path) -> None:
    schema = pq.read_schema(exported / "parquet" / "cuboids.parquet")
    types = {name: str(schema.field(name).type) for name in ("timestamp_ns", "world_x_m", "score")}
    assert types == {"timestamp_ns": "int64", "world_x_m": "double", "score": "double"}


def test_a_block_of_frames_is_a_row_group(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BLOCK_ROWS", 100)
    chosen = Selection(frames=((0, 7),))
    PARQUET.write_labels([LabelledLog(crossing, tracks, chosen)], tmp_path / "o", ExportOptions())
    metadata = pq.read_metadata(tmp_path / "o" / "cuboids.parquet")
    sizes = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
    assert len(sizes) > 1
    assert all(100 <= size < 100 + len(tracks) for size in sizes[:-1])


@BOTH
def test_two_exports_are_the_same_bytes(
    exported: Path, crossing: Log, tracks: tuple[Track, ...], tmp_path: Path, target: TableDataset
) -> None:
    target.write_labels([LabelledLog(crossing, tracks)], tmp_path / "o", ExportOptions())
    for path in (tmp_path / "o").iterdir():
        assert path.read_bytes() == (exported / target.name / path.name).read_bytes()


def test_decimals_shorten_csv(crossing: Log, tracks: tuple[Track, ...], tmp_path: Path) -> None:
    item = LabelledLog(crossing, tracks, Selection(frames=((0, 0),)))
    CSV.write_labels([item], tmp_path / "o", ExportOptions(decimals=2))
    table = pd.read_csv(tmp_path / "o" / "cuboids.csv", dtype=str)
    assert table.world_x_m.str.split(".").str[1].str.len().max() <= 2
    assert table.world_yaw_rad.str.split(".").str[1].str.len().max() <= 5


def test_several_logs_are_in_one_table(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path, repository: Path
) -> None:
    import av3d

    other = av3d.open_log(repository / "sample_logs" / "crossing")
    other.name = "other"
    chosen = Selection(frames=((0, 1),))
    items = [LabelledLog(log, tracks[:3], chosen) for log in (crossing, other)]
    report = CSV.write_labels(items, tmp_path / "o", ExportOptions())
    assert set(cuboids_of(tmp_path / "o").log) == {"crossing", "other"}
    assert (report.logs, report.frames, report.tracks, report.files) == (2, 4, 6, 2)
    with pytest.raises(DatasetError, match="2 logs are called"):
        CSV.write_labels([items[0], items[0]], tmp_path / "p", ExportOptions())


def test_a_log_without_points_has_empty_counts(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from av3d.logs.merging import no_points

    monkeypatch.setattr(crossing, "cloud", lambda index: no_points(0), raising=False)
    item = LabelledLog(crossing, tracks, Selection(frames=((0, 0),)))
    PARQUET.write_labels([item], tmp_path / "o", ExportOptions())
    assert cuboids_of(tmp_path / "o").num_points.isna().all()


def test_the_report_counts_what_is_lost(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path
) -> None:
    rain = Event("r", "rain", crossing.start_ns, crossing.end_ns)
    item = LabelledLog(crossing, (replace(tracks[0], note="x"),), events=(rain,))
    report = CSV.write_labels([item], tmp_path / "o", ExportOptions())
    assert {loss.what: loss.count for loss in report.losses} == {
        "motion between frames": 1,
        "events": 1,
    }


def test_the_report_counts_tracks_and_keyframes_at_no_written_frame(
    crossing: Log, tracks: tuple[Track, ...], tmp_path: Path
) -> None:
    seen = next(track for track in tracks if track.state_at(crossing.start_ns) is not None)
    later = replace(seen, id="later", presence=(Span(crossing.end_ns, crossing.end_ns),))
    item = LabelledLog(crossing, (seen, later), Selection(frames=((0, 0),)))
    report = CSV.write_labels([item], tmp_path / "o", ExportOptions())
    losses = {loss.what: (loss.count, loss.tracks) for loss in report.losses}
    assert losses["tracks without a frame"] == (1, (later.name,))
    assert losses["keyframes between frames"][0] == sum(
        ns != crossing.frames[0].timestamp_ns for ns in seen.times_ns
    )
