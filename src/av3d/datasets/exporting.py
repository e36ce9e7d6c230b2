"""Exporting labels: chosen, written aside, described by a manifest, and moved into place.

Every export goes through `export_labels`, so that each has a manifest (docs/formats/manifest.md) with
where it comes from, what was chosen, what the format cannot hold, and the SHA-256 of each file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from av3d.datasets.dataset import (
    Dataset,
    DatasetError,
    ExportOptions,
    ExportReport,
    LabelledLog,
    Loss,
    Progress,
    no_progress,
)
from av3d.datasets.manifest import (
    MANIFEST,
    Source,
    count_files,
    differences,
    names_in,
    read_manifest,
    write_manifest,
)
from av3d.datasets.relabelling import NAMED, class_names, for_export, joined
from av3d.datasets.selection import EVERYTHING, Selection
from av3d.errors import OutputError
from av3d.files import new_folder, real_path
from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.tracks.event import Event
from av3d.tracks.track import Track

__all__ = [
    "LEFT_OUT",
    "MANIFEST",
    "LogLabels",
    "Source",
    "differences",
    "export_labels",
    "labelled",
    "read_manifest",
]


LEFT_OUT = "left out, as chosen"
"""What the report says of what the selection left out."""


@dataclass(frozen=True)
class LogLabels:
    """All labels of a log, of which an export takes those that are chosen.

    Attributes:
        log: the log.
        tracks: all of the log, in the project's categories.
        events: all of the log; decisions of reviewers are among them.
    """

    log: Log
    tracks: tuple[Track, ...]
    events: tuple[Event, ...] = ()


@dataclass
class _LeftOut:
    """What the selection left out of all logs."""

    tracks: dict[str, list[str]] = field(default_factory=dict)
    cuboids: Counter[str] = field(default_factory=Counter)

    def add_tracks(self, found: Mapping[str, list[str]]) -> None:
        for why, names in found.items():
            self.tracks.setdefault(why, []).extend(names)

    def losses(self) -> list[Loss]:
        """As entries of the report."""
        detail = LEFT_OUT
        return [
            Loss(why, len(names), "tracks", detail, tuple(names[:NAMED]))
            for why, names in sorted(self.tracks.items())
        ] + [Loss(why, count, "cuboids", detail) for why, count in sorted(self.cuboids.items())]


def export_labels(
    target: Dataset,
    given: Iterable[LogLabels],
    out: Path,
    options: ExportOptions,
    ontology: Ontology,
    *,
    selection: Selection = EVERYTHING,
    source: Source = Source(),
    progress: Progress = no_progress,
) -> ExportReport:
    """Write labels of logs in a format to a new folder, with a manifest.

    Args:
        target: the format.
        given: logs and all their labels, in the project's categories.
        out: the folder; nothing of it is seen before all is written.
        options: of the writer; `overwrite` replaces an earlier export and nothing else.
        ontology: says what the categories are in the format.
        selection: what is exported.
        source: for the manifest.
        progress: is told how far it is.

    Raises:
        DatasetError: the writer refuses, or the folder is a log's own.
        SelectionError: a log has none of the frames that are chosen.
        OutputError: the folder is in use, or the disk refuses; it is as it was.
    """
    _check_replaceable(out, target, options)
    left_out, losses = _LeftOut(), list[Loss]()
    items: list[LabelledLog] = []
    for labels in given:
        _check_out(out, labels.log)
        chosen, without = selection.tracks(labels.tracks, labels.events)
        left_out.add_tracks(without)
        prepared = for_export(chosen, target, ontology)
        losses += prepared.losses
        approval = selection.approval(labels.tracks, labels.events)
        item = LabelledLog(labels.log, prepared.tracks, selection, labels.events, approval)
        selection.chosen_frames(item.log)  # that it has none is said before hours are spent
        items.append(item)
    with new_folder(out, replace=options.overwrite) as aside:
        told = replace(
            options,
            overwrite=False,
            ontology=f"{ontology.name}, version {ontology.version}",
            class_names=class_names(target, ontology),
        )
        written = target.write_labels(items, aside, told, progress)
        for item in items:
            left_out.cuboids.update(item.cuboids.left_out)
        lost = (*left_out.losses(), *joined(losses), *written.losses)
        report = replace(written, out=out, losses=lost, files=count_files(aside)[0])
        content = {
            "tool": {"name": "av3d", "version": version("av3d")},
            "format": target.name,
            "source": source.as_json(),
            "ontology": {
                "name": ontology.name,
                "version": ontology.version,
                "digest": ontology.digest,
            },
            "selection": selection.as_json(),
            "logs": [_log_entry(item) for item in items],
            "report": {key: value for key, value in report.as_dict().items() if key != "out"},
        }
        write_manifest(aside, content, progress)
        # Somebody may have put something into it meanwhile.
        _check_replaceable(out, target, options)
    return report


def _log_entry(item: LabelledLog) -> dict[str, Any]:
    log = item.log
    return {
        "name": log.name,
        "kind": log.kind,
        "fingerprint": log.fingerprint,
        "start_ns": log.start_ns,
        "end_ns": log.end_ns,
        "tracks": len(item.tracks),
    }


def _check_replaceable(out: Path, target: Dataset, options: ExportOptions) -> None:
    """Overwriting deletes the folder: only ever do that to an export, with nothing of others in it."""
    if not options.overwrite or not out.is_dir() or not any(out.iterdir()):
        return
    if not (out / MANIFEST).is_file():
        if target.wrote(out):
            return
        raise OutputError(
            f"the output folder holds something else than an export (no {MANIFEST})",
            out,
            "choose another folder",
        )
    try:
        known = read_manifest(out)["files"]
    except DatasetError as error:
        raise OutputError(
            error.what, error.where, "move it away, or choose another folder"
        ) from error
    other = next((name for name in names_in(out) if name not in known), None)
    if other is not None:
        raise OutputError(
            f"the output folder also holds {other}, which no export wrote",
            out,
            "move it away, or choose another folder",
        )


def _check_out(out: Path, log: Log) -> None:
    """Refuse a folder that is the log or holds it, which replacing would delete, or lies in it.

    Recordings are only read: what is put into one is in the next copy of it, and may be taken for data.
    """
    target, source = real_path(out), real_path(Path(log.source))
    if source in target.parents:
        raise DatasetError(
            "the output folder lies inside of the log", out, "choose a folder outside of it"
        )
    if target == source or target in source.parents:
        raise DatasetError("the output folder holds the log itself", out, "choose another folder")


def labelled(items: Sequence[LabelledLog], out: Path) -> None:
    """Check what every writer needs: at least one log, and no two of one name.

    Raises:
        DatasetError: it is not so.
    """
    if not items:
        raise DatasetError("there is no log to export", out, "name at least one log")
    names = Counter(item.log.name for item in items)
    for name, count in names.items():
        if count > 1:
            raise DatasetError(
                f"{count} logs are called {name!r}", out, "export them into different folders"
            )
