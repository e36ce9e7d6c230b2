"""What is known of a log, as headings with lines of names and values, for people to read and copy."""

from __future__ import annotations

import importlib.metadata
import platform
import resource
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av3d.logs.frames import CameraSync
from av3d.logs.log import Log
from av3d.present import words

if TYPE_CHECKING:
    from av3d.present.session import Session

LIBRARIES = (
    "numpy", "scipy", "numba", "opencv-python", "dearpygui", "open3d", "SQLAlchemy",
    "nuscenes-devkit", "pyarrow", "mcap",
)  # fmt: skip
MOST_RUNS = 8


@dataclass(frozen=True)
class Section:
    """A heading and what is below it.

    Attributes:
        title: the heading.
        pairs: names and values.
        alarming: names of those values that tell of something that is not as it should be.
    """

    title: str
    pairs: tuple[tuple[str, str], ...]
    alarming: frozenset[str] = frozenset()


def log_sections(session: Session) -> tuple[Section, ...]:
    """What is known of the log of a session, its labels included."""
    log = session.log
    cameras = [_camera(log, name) for name in log.rig.cameras]
    lidars = [_lidar(log, name) for name in log.lidars]
    notes = [*log.notes, *(note for stream in log.lidars.values() for note in stream.notes())]
    notes += log.rig.notes
    told = Section("Notes of the reader", tuple((str(n), note) for n, note in enumerate(notes, 1)))
    sections = [_log(log), _ego(log), _sync(log), *lidars, *cameras, _rig(log), _labels(session)]
    if notes:
        sections.append(told)
    return (*sections, _memory(session))


def program_sections(places: Iterable[tuple[str, str]] = ()) -> tuple[Section, ...]:
    """What is known of the program.

    Args:
        places: names and paths of what it keeps: settings, keys, the log file.
    """
    program = Section(
        "av3d",
        (
            ("version", _version("av3d")),
            ("licence", "Apache-2.0"),
            ("Python", platform.python_version()),
            ("system", f"{platform.system()} {platform.release()}"),
        ),
    )
    libraries = Section(
        "Libraries", tuple((name, version) for name in LIBRARIES if (version := _version(name)))
    )
    kept = tuple(pair for pair in places if pair[1])
    return (program, *((Section("Files", kept),) if kept else ()), libraries)


def as_text(sections: Iterable[Section]) -> str:
    """All of it as plain text, for an e-mail or an issue."""
    lines: list[str] = []
    for section in sections:
        lines += ["", section.title, *(f"  {name}: {value}" for name, value in section.pairs)]
    return "\n".join(lines).strip() + "\n"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _log(log: Log) -> Section:
    span_ns = log.end_ns - log.start_ns
    return Section(
        "Log",
        (
            ("name", log.name),
            ("kind", log.kind),
            ("path", log.source),
            ("frames", f"{words.count(len(log.frames))} sweeps of {log.reference_lidar}"),
            ("span", words.seconds(span_ns)),
            ("fingerprint", log.fingerprint),
        ),
    )


def _ego(log: Log) -> Section:
    trajectory = log.trajectory
    if trajectory.is_identity:
        return Section("Trajectory", (("poses", "none: the vehicle is taken to stand"),),
                       frozenset({"poses"}))  # fmt: skip
    return Section(
        "Trajectory",
        (
            ("poses", words.count(len(trajectory.timestamps_ns))),
            ("source", trajectory.source),
            ("travelled", f"{words.number(trajectory.length_m(), 1)} m"),
        ),
    )


def _sync(log: Log) -> Section:
    report = log.sync_report
    before = log.frames.timestamps_ns.searchsorted
    missing = [int(before(time_ns)) - 1 for time_ns in report.missing_sweeps_ns]
    after = f", after frame {runs(missing)}" if missing else ""
    pauses = [
        f"{words.number((end - start) / 1e9, 1)} s after frame {int(before(end)) - 1}"
        for start, end in report.pauses_ns
    ]
    clocks: dict[str, list[str]] = {}
    for name, clock in log.clocks.items():
        clocks.setdefault(clock, []).append(name)
    pairs = [
        ("frame period", f"{words.number(report.period_ms, 1)} ms"),
        ("missing sweeps", f"{words.count(len(missing))}{after}"),
        ("pauses", ", ".join(pauses) or "none"),
        *(("clock", f"{', '.join(names)}: {clock}") for clock, names in clocks.items()),
    ]
    alarming = {"missing sweeps"} if missing else set()
    return Section(
        "Synchronisation", tuple(pairs), frozenset(alarming | ({"pauses"} if pauses else set()))
    )


def _lidar(log: Log, name: str) -> Section:
    stream = log.lidars[name]
    pairs = [("sweeps", words.count(len(stream)))]
    times_ns = stream.timestamps_ns
    if len(times_ns) > 1:
        pairs.append(("rate", _rate((times_ns[-1] - times_ns[0]) / 1e6 / (len(times_ns) - 1))))
    if len(stream.absent):
        pairs.append(("without points", words.plural(len(stream.absent), "sweep")))
    role = " (frames are its sweeps)" if name == log.reference_lidar and len(log.lidars) > 1 else ""
    return Section(f"LiDAR {name}{role}", tuple(pairs), frozenset({"without points"}))


def _camera(log: Log, name: str) -> Section:
    mount = log.rig.camera(name)
    camera, frames = mount.camera, len(log.frames)
    sync = log.sync_report.cameras.get(name) or CameraSync.without_images(frames)
    missing = f", none at frame {runs(list(sync.missing_frames))}" if sync.missing_frames else ""
    pairs = [
        ("image", f"{camera.width_px} × {camera.height_px} px, {camera.model}"),
        ("frames with image", f"{words.count(sync.matched)} of {words.count(frames)}{missing}"),
        (
            "after the sweep",
            f"{words.number(sync.offset_ms, 1)} ms, up to {words.number(sync.jitter_ms, 1)} ms off",
        ),
        ("doubled images", runs(list(sync.doubled_images)) or "none"),
        ("late in frames", runs(list(sync.late_frames)) or "none"),
    ]
    if sync.period_ms:
        pairs.insert(1, ("rate", _rate(sync.period_ms)))
    if mount.readout_ns:
        rows = words.number(mount.readout_ns / 1e6, 1)
        pairs.append(("rolling shutter", f"{rows} ms from the first row to the last"))
    if mount.clock_offset_ns:
        pairs.append(
            ("clock", f"stamps corrected by {words.number(mount.clock_offset_ns / 1e6, 1)} ms")
        )
    alarming = {
        "frames with image": sync.missing_frames,
        "doubled images": sync.doubled_images,
        "late in frames": sync.late_frames,
    }
    return Section(
        f"Camera {words.camera_title(name)}", tuple(pairs),
        frozenset(key for key, found in alarming.items() if found),
    )  # fmt: skip


def _rate(period_ms: float) -> str:
    return f"{words.number(1000 / period_ms, 1)} Hz" if period_ms > 0 else "not known"


def _rig(log: Log) -> Section:
    return Section(
        "Calibration",
        (
            ("rig", log.rig.name),
            ("source", log.rig.source or "not said"),
            ("date", log.rig.date or "not known"),
        ),
    )


def _labels(session: Session) -> Section:
    labels = session.labels
    state = "can be edited" if labels.editable else "can only be looked at"
    keyframes = sum(len(track.keyframes) for track in session.tracks)
    tracks = words.plural(len(session.tracks), "track")
    pairs = [
        ("tracks", f"{tracks} with {words.plural(keyframes, 'keyframe')}, {state}"),
        ("ontology", f"{labels.ontology.name}, version {labels.ontology.version}"),
        ("project", labels.where or "none yet: it is made with the first edit"),
    ]
    return Section("Labels", tuple(pairs))


def _memory(session: Session) -> Section:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_bytes = peak if sys.platform == "darwin" else peak * 1024
    kept, most = session.loader.kept_bytes, session.loader.capacity_bytes
    return Section(
        "Memory",
        (
            ("program at most", _megabytes(peak_bytes)),
            ("kept of this log", f"{_megabytes(kept)} of at most {_megabytes(most)}"),
        ),
    )


def _megabytes(value: float) -> str:
    return f"{words.number(value / 1e6, 0)} MB"


def runs(values: list[int]) -> str:
    """Numbers with runs shortened, "3, 5–9"; at most eight runs."""
    found: list[list[int]] = []
    for value in values:
        if found and value == found[-1][1] + 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    texts = [f"{a}" if a == b else f"{a}–{b}" for a, b in found[:MOST_RUNS]]
    return ", ".join(texts) + (", …" if len(found) > MOST_RUNS else "")
