"""The rows that belong to one scene, checked and in time order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from av3d.datasets.dataset import DatasetError
from av3d.datasets.nuscenes.official import LIDAR_CHANNEL
from av3d.datasets.nuscenes.reading.place import Place, data_path
from av3d.datasets.nuscenes.reading.rows import (
    by_token,
    flag,
    linked,
    read_rows,
    text,
    time_ns,
    whole,
)
from av3d.datasets.nuscenes.reading.sidecar import LogEntry, read_sidecar
from av3d.datasets.nuscenes.tables import Row

MAX_SIDE_PX = 2**16
SHOWN_SCENES = 12


@dataclass(frozen=True)
class Datum:
    """One row of sample_data: a sweep or an image.

    Attributes:
        sample: token of its sample, or of the one that follows.
        is_key: whether it is of the sample itself.
    """

    token: str
    sample: str
    pose_token: str
    timestamp_ns: int
    is_key: bool
    path: Path
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Channel:
    """One sensor in one scene.

    Attributes:
        modality: "lidar", "camera" or "radar".
        calibrated: its row of calibrated_sensor.
        data: its sweeps or images in time order, one per time.
    """

    name: str
    modality: str
    calibrated: Row
    data: tuple[Datum, ...]


@dataclass(frozen=True, eq=False)
class Scene:
    """One scene.

    Attributes:
        name: "scene-0061".
        log: its row of log.json.
        samples: tokens of the samples with their times, in time order.
        channels: by name.
        written: what av3d has written about it beside the tables, if they are an export of av3d.
        notes: what was left out.
    """

    place: Place
    name: str
    description: str
    log: Row
    samples: dict[str, int]
    channels: dict[str, Channel]
    written: LogEntry | None = None
    notes: tuple[str, ...] = field(default=())

    def of_modality(self, modality: str) -> list[Channel]:
        """The channels of one kind, by name; LIDAR_TOP first."""
        found = [channel for channel in self.channels.values() if channel.modality == modality]
        return sorted(found, key=lambda channel: (channel.name != LIDAR_CHANNEL, channel.name))

    def table(self, name: str) -> Path:
        """The file of a table."""
        return self.place.version / f"{name}.json"


def read_scene(place: Place, preferred_log: str = "") -> Scene:
    """The scene that a place names, or the only one there.

    Args:
        place: the place.
        preferred_log: name of a log; of several scenes in an export of av3d, take the one of it.

    Raises:
        DatasetError: the place has several scenes and names none, or one that is not there.
        InputFileError: a table is damaged.
    """
    path = place.version / "scene.json"
    rows = read_rows(path)
    entries = read_sidecar(place.root)
    row = _chosen(place, rows, path, [e.scene for e in entries if e.log == preferred_log])
    name = text(row, "name", path)
    written = next(
        (e for e in entries if e.scene == name and e.scene_token == text(row, "token", path)), None
    )
    samples_path = place.version / "sample.json"
    samples = {
        text(sample, "token", samples_path): time_ns(sample, samples_path)
        for sample in read_rows(samples_path, "scene_token", {text(row, "token", path)})
    }
    if not samples:
        raise DatasetError(f"{name} has no samples", samples_path, "restore the tables")
    notes: list[str] = []
    expected = row.get("nbr_samples")
    if isinstance(expected, int) and expected != len(samples):
        notes.append(f"scene.json says {expected} samples, there are {len(samples)}")
    log_path = place.version / "log.json"
    logs = by_token(read_rows(log_path), log_path)
    description = row.get("description")
    return Scene(
        place,
        name,
        description if isinstance(description, str) else "",
        linked(logs, row, "log_token", path, "log"),
        dict(sorted(samples.items(), key=lambda item: item[1])),
        _channels(place, name, samples, notes),
        written,
        tuple(notes),
    )


def _chosen(place: Place, rows: Sequence[Row], path: Path, preferred: Sequence[str]) -> Row:
    names = [text(row, "name", path) for row in rows]
    if not rows:
        raise DatasetError("there are no scenes", path, "restore the table")
    scene = place.scene
    if scene is None and len(rows) > 1 and preferred:
        scene = preferred[0]
    if scene is None:
        if len(rows) == 1:
            return rows[0]
        raise DatasetError(
            f"holds {len(rows)} scenes: {_listed(names)}",
            place.version,
            f"open one, for example {place.version / names[0]}",
        )
    if scene not in names:
        raise DatasetError(
            f"there is no scene {scene[:60]!r}, the scenes are {_listed(names)}", place.version,
            f"open one of these, for example {place.version / names[0]}",
        )  # fmt: skip
    return rows[names.index(scene)]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_SCENES} more" if len(names) > SHOWN_SCENES else ""
    return " ".join(name[:60] for name in names[:SHOWN_SCENES]) + more


def _channels(
    place: Place, scene: str, samples: dict[str, int], notes: list[str]
) -> dict[str, Channel]:
    """The sensors of the scene with their data."""
    sensor_path = place.version / "sensor.json"
    calibrated_path = place.version / "calibrated_sensor.json"
    data_file = place.version / "sample_data.json"
    sensors = by_token(read_rows(sensor_path), sensor_path)
    calibrations = by_token(read_rows(calibrated_path), calibrated_path)
    found: dict[str, list[tuple[str, Datum]]] = {}
    for row in read_rows(data_file, "sample_token", samples):
        calibrated = linked(
            calibrations, row, "calibrated_sensor_token", data_file, "calibrated_sensor"
        )
        sensor = linked(sensors, calibrated, "sensor_token", calibrated_path, "sensor")
        datum = _datum(row, place, data_file)
        found.setdefault(text(sensor, "token", sensor_path), []).append(
            (text(calibrated, "token", calibrated_path), datum)
        )
    channels: dict[str, Channel] = {}
    for sensor_token, data in found.items():
        sensor = sensors[sensor_token]
        name = text(sensor, "channel", sensor_path)
        if not (name and name.isprintable()) or name in channels:
            raise DatasetError(
                f"the channel {name[:60]!r} is doubled or no name", sensor_path, "correct the table"
            )
        # A vehicle is calibrated between drives, so that a scene has one calibration.
        usual = Counter(token for token, _ in data).most_common(1)[0][0]
        kept = [datum for token, datum in data if token == usual]
        ordered = _in_time_order(kept)
        left_out = len(data) - len(ordered)
        if left_out:
            notes.append(
                f"{name}: {left_out} of {len(data)} entries are left out, of another calibration or "
                "doubled times"
            )
        modality = text(sensor, "modality", sensor_path)
        channels[name] = Channel(name, modality, calibrations[usual], ordered)
    if not any(channel.modality == "lidar" for channel in channels.values()):
        raise DatasetError(f"{scene} has no LiDAR", data_file, "restore the tables")
    return channels


def _in_time_order(data: Sequence[Datum]) -> tuple[Datum, ...]:
    """One datum per time, that of a sample if there is one."""
    ordered = sorted(data, key=lambda datum: (datum.timestamp_ns, not datum.is_key))
    kept: list[Datum] = []
    for datum in ordered:
        if not kept or datum.timestamp_ns != kept[-1].timestamp_ns:
            kept.append(datum)
    return tuple(kept)


def _datum(row: Row, place: Place, path: Path) -> Datum:
    return Datum(
        text(row, "token", path),
        text(row, "sample_token", path),
        text(row, "ego_pose_token", path),
        time_ns(row, path),
        flag(row, "is_key_frame", path),
        data_path(place.root, text(row, "filename", path), str(path)),
        whole(row, "width", path, 0, MAX_SIDE_PX),
        whole(row, "height", path, 0, MAX_SIDE_PX),
    )
