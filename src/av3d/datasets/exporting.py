"""Exporting labels: chosen, written aside, described by a manifest, and moved into place.

Every export goes through `export_labels`, so that each has a manifest (docs/formats/manifest.md) with
where it comes from, what was chosen, what the format cannot hold, and the SHA-256 of each file.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from av3d import __version__
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
from av3d.datasets.relabelling import NAMED, for_export, joined
from av3d.datasets.selection import EVERYTHING, Selection
from av3d.errors import OutputError
from av3d.files import new_folder
from av3d.logs.log import Log
from av3d.ontology.ontology import Ontology
from av3d.tracks.event import Event
from av3d.tracks.track import Track

MANIFEST = "av3d-manifest.json"
"""In the folder of every export."""
MANIFEST_VERSION = 1
EARLIER = ("av3d.json",)
"""What exports of before had in place of a manifest."""

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Source:
    """Where labels come from.

    Attributes:
        project: file or URL, without a password; "" for labels that are in no project.
        position: number of the last entry of the journal; 0 without a project.
        digest: of that entry, and with it of all before.
        time_ns: of that entry.
    """

    project: str = ""
    position: int = 0
    digest: str = ""
    time_ns: int = 0

    def as_json(self) -> dict[str, Any]:
        """The source as JSON values."""
        return {
            "project": self.project,
            "journal_position": self.position,
            "journal_digest": self.digest,
            "time_ns": self.time_ns,
        }


@dataclass(frozen=True)
class LogLabels:
    """All labels of a log, of which an export takes those that are chosen."""

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
        detail = "left out, as chosen"
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
    _check_replaceable(out, options)
    left_out, losses = _LeftOut(), list[Loss]()
    items: list[LabelledLog] = []
    for labels in given:
        _check_out(out, labels.log)
        chosen, without = selection.tracks(labels.tracks, labels.events)
        left_out.add_tracks(without)
        prepared = for_export(chosen, target, ontology)
        losses += prepared.losses
        items.append(LabelledLog(labels.log, prepared.tracks, selection, labels.events))
    with new_folder(out, replace=options.overwrite) as aside:
        told = replace(
            options, overwrite=False, ontology=f"{ontology.name}, version {ontology.version}"
        )
        written = target.write_labels(items, aside, told, progress)
        for item in items:
            left_out.cuboids.update(item.cuboids.left_out)
        lost = (*left_out.losses(), *joined(losses), *written.losses)
        report = replace(written, out=out, losses=lost)
        manifest = {
            "manifest": MANIFEST_VERSION,
            "tool": {"name": "av3d", "version": __version__},
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
            "files": files_of(aside, progress),
        }
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        (aside / MANIFEST).write_text(text, encoding="utf-8")
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


def files_of(folder: Path, progress: Progress = no_progress) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of each file of an export but its manifest, by path inside it."""
    paths = sorted(
        path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST
    )
    found = {}
    for done, path in enumerate(paths):
        progress("hashing", done, len(paths))
        found[path.relative_to(folder).as_posix()] = {
            "bytes": path.stat().st_size,
            "sha256": sha256(path),
        }
    return found


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an export.

    Raises:
        DatasetError: there is none, or it is not one that av3d wrote.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DatasetError(
            f"no {MANIFEST}: this is no export of av3d", folder, "give the folder of an export"
        ) from None
    except (OSError, ValueError) as error:
        raise DatasetError(f"the manifest cannot be read: {error}", path, "export anew") from None
    if not isinstance(content, dict) or not isinstance(content.get("files"), dict):
        raise DatasetError("this is no manifest of av3d", path, "export anew")
    if content.get("manifest") != MANIFEST_VERSION:
        raise DatasetError(
            f"a manifest of version {content.get('manifest')!r}", path, "use a newer av3d"
        )
    return content


def differences(folder: Path, progress: Progress = no_progress) -> tuple[str, ...]:
    """What is no longer as the manifest of an export says, one sentence each; empty if all is.

    Raises:
        DatasetError: there is no manifest, or a broken one.
    """
    expected = read_manifest(folder)["files"]
    there = files_of(folder, progress)
    found = [f"{name} is missing" for name in sorted(set(expected) - set(there))]
    found += [f"{name} is not in the manifest" for name in sorted(set(there) - set(expected))]
    found += [
        f"{name} has changed"
        for name in sorted(set(expected) & set(there))
        if expected[name] != there[name]
    ]
    return tuple(found)


def _check_replaceable(out: Path, options: ExportOptions) -> None:
    """Overwriting deletes the folder: only ever do that to an export."""
    if not options.overwrite or not out.is_dir() or not any(out.iterdir()):
        return
    if not any((out / name).is_file() for name in (MANIFEST, *EARLIER)):
        raise OutputError(
            f"the output folder holds something else than an export (no {MANIFEST})",
            out,
            "choose another folder",
        )


def _check_out(out: Path, log: Log) -> None:
    """Refuse a folder that is the log or holds it: replacing it would delete the recording."""
    target, source = out.resolve(), Path(log.source).resolve()
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
