"""The manifest of an export: where it comes from, what it holds, and the SHA-256 of each file.

Written by `av3d.datasets.exporting`; what stands in it is in docs/formats/manifest.md.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from av3d.datasets.dataset import DatasetError, Progress, no_progress
from av3d.errors import InputFileError
from av3d.reading import open_file, read_text

MANIFEST = "av3d-manifest.json"
"""In the folder of every export."""
MANIFEST_VERSION = 1

_BLOCK = 1 << 20
_PROGRESS_BYTES = 1_000_000


@dataclass(frozen=True)
class Source:
    """Where labels come from.

    Attributes:
        project: file or URL, without a password; "" for labels that are in no project.
        position: number of the last entry of the journal; 0 without a project.
        digest: of that entry, and with it of all before.
        time_ns: of that entry, or of the release.
        release: name of the release that the labels are of; "" for those that are of none.
        release_sha256: of the release.
    """

    project: str = ""
    position: int = 0
    digest: str = ""
    time_ns: int = 0
    release: str = ""
    release_sha256: str = ""

    def as_json(self) -> dict[str, Any]:
        """The source as JSON values."""
        of_release = {"release": self.release, "release_sha256": self.release_sha256}
        return {
            "project": self.project,
            "journal_position": self.position,
            "journal_digest": self.digest,
            "time_ns": self.time_ns,
            **(of_release if self.release else {}),
        }


def count_files(folder: Path) -> tuple[int, int]:
    """How many files there are in an export but its manifest, and how many bytes."""
    sizes = [path.stat().st_size for path in _paths(folder)]
    return len(sizes), sum(sizes)


def write_manifest(
    folder: Path, content: Mapping[str, Any], progress: Progress = no_progress
) -> None:
    """Describe an export that is complete, in MANIFEST in its folder.

    A file at a time, as there may be hundreds of thousands.

    Args:
        folder: with all files of the export.
        content: what else is to stand in the manifest, JSON values.
        progress: is told how many megabytes are hashed.

    Raises:
        OSError: a file cannot be read, or the disk refuses.
    """
    head = json.dumps({"manifest": MANIFEST_VERSION, **content}, indent=1, ensure_ascii=False)
    # Names that are not UTF-8 come as surrogates, which only escapes can hold.
    with (folder / MANIFEST).open("w", encoding="utf-8", errors="backslashreplace") as out:
        out.write(head.removesuffix("\n}") + ',\n "files": {')
        separator = "\n"
        for name, facts in files_of(folder, progress):
            out.write(f"{separator}  {json.dumps(name, ensure_ascii=False)}: {json.dumps(facts)}")
            separator = ",\n"
        out.write("\n }\n}\n")


def files_of(
    folder: Path, progress: Progress = no_progress
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path inside of it, size and SHA-256 of each file of an export but its manifest, sorted.

    Raises:
        OSError: a file cannot be read.
    """
    total, done = count_files(folder)[1], 0

    def hashed(count: int) -> None:
        nonlocal done
        done += count
        progress("hashing, MB", done // _PROGRESS_BYTES, total // _PROGRESS_BYTES)

    for path in _paths(folder):
        digest = sha256(path, hashed)
        facts = {"bytes": path.stat().st_size, "sha256": digest}
        yield path.relative_to(folder).as_posix(), facts


def sha256(path: Path, hashed: Callable[[int], None] | None = None) -> str:
    """The SHA-256 of a file, in hexadecimal digits.

    Args:
        path: of the file.
        hashed: is told how many bytes, after each block.

    Raises:
        OSError, InputFileError: it cannot be read.
    """
    digest = hashlib.sha256()
    with open_file(path) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            if hashed is not None:
                hashed(len(block))
    return digest.hexdigest()


def names_in(folder: Path) -> Iterator[str]:
    """Path inside of it of each file of an export but its manifest, sorted."""
    for path in _paths(folder):
        yield path.relative_to(folder).as_posix()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an export.

    Raises:
        DatasetError: there is none, or it is not one that av3d wrote.
    """
    path = folder / MANIFEST
    if not path.exists():
        raise DatasetError(
            f"no {MANIFEST}: this is no export of av3d", folder, "give the folder of an export"
        )
    try:
        content = json.loads(read_text(path, "manifest"))
    except (ValueError, RecursionError, InputFileError) as error:
        what = error.what if isinstance(error, InputFileError) else str(error)
        raise DatasetError(f"the manifest cannot be read: {what}", path, "export anew") from None
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
        DatasetError: there is no manifest, or a broken one, or a file cannot be read.
    """
    expected = read_manifest(folder)["files"]
    try:
        there = dict(files_of(folder, progress))
    except OSError as error:
        where = folder if error.filename is None else os.fsdecode(error.filename)
        raise DatasetError(f"cannot be read: {error.strerror}", where, "check this file") from None
    found = [f"{name} is missing" for name in sorted(set(expected) - set(there))]
    found += [f"{name} is not in the manifest" for name in sorted(set(there) - set(expected))]
    found += [
        f"{name} has changed"
        for name in sorted(set(expected) & set(there))
        if expected[name] != there[name]
    ]
    return tuple(found)


def _paths(folder: Path) -> Iterator[Path]:
    """The files of an export but its manifest, folder by folder, sorted by name in each."""
    own = folder / MANIFEST
    pending = [folder]
    while pending:
        here = pending.pop()
        with os.scandir(here) as entries:
            found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        # Last in, first out: the folders come in the order of their names.
        pending += [Path(e.path) for e in reversed(found) if e.is_dir(follow_symlinks=False)]
        for entry in found:
            path = Path(entry.path)
            if entry.is_file() and path != own:
                yield path
