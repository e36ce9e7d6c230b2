"""The command `release verify`: whether releases, their files and exports are what was given out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, progress, say
from av3d.cli.logs import JsonOption
from av3d.cli.projects import AnyProjectOption, counted
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.store.releases.release import Release


@dataclass
class _Verdict:
    """What was looked at, and what is wrong with it."""

    what: str
    sha256: str = ""
    facts: str = ""
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "sound": not self.faults,
            "sha256": self.sha256 or None,
            "faults": self.faults,
        }


def verify(
    given: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME|FILE|DIR]…",
            help="Releases of the project, files of releases, folders of exports. Default: all "
            "releases of the project, and the project itself.",
        ),
    ] = None,
    project: AnyProjectOption = None,
    sha256: Annotated[
        str | None,
        typer.Option("--sha256", metavar="HEX", help="What the release should have, as published."),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Prove that releases are what they were.

    Exits with 1 when one is not.
    """
    if not given and project is None:
        raise Av3dError(
            "there is nothing to verify", "release verify", "give --project, a file or a folder"
        )
    names = [one for one in given or [] if not Path(one).exists()]
    paths = [Path(one) for one in given or [] if one not in names]
    if names and project is None:
        raise Av3dError(
            f"there is no file or folder {names[0][:100]!r}",
            "release verify",
            "give --project for the name of a release",
        )
    if sha256 is not None and len(given or []) != 1:
        raise Av3dError("one digest is of one release", "--sha256", "name one release or file")
    verdicts: list[_Verdict] = []
    known: dict[str, Release] = {}
    if project is not None:
        verdicts, known = _of_project(project, names, only_files=bool(paths) and not names)
    for path in paths:
        known_here = known if project is not None else None
        verdicts.append(
            _of_folder(path, known_here) if path.is_dir() else _of_file(path, known_here)
        )
    if sha256 is not None and verdicts[-1].sha256.lower() != sha256.strip().lower():
        has = f"SHA-256 {verdicts[-1].sha256}" if verdicts[-1].sha256 else "no SHA-256"
        verdicts[-1].faults.append(f"it has {has}, not the one that was given")
    sound = not any(one.faults for one in verdicts)
    if as_json:
        print_json({"sound": sound, "verified": [one.as_json() for one in verdicts]})
    else:
        for one in verdicts:
            for fault in one.faults:
                say(f"{one.what}: {fault}")
            if not one.faults:
                digest = f", SHA-256 {one.sha256}" if one.sha256 else ""
                say(f"{one.what} is sound: {one.facts}{digest}")
    return 0 if sound else 1


def _of_project(
    place: str, names: list[str], *, only_files: bool
) -> tuple[list[_Verdict], dict[str, Release]]:
    """Verdicts on the project and its releases; where only files were asked about, its faults."""
    from av3d.store.errors import StoreError
    from av3d.store.project import open_project
    from av3d.store.releases.making import no_such_release, releases

    with open_project(place) as opened, progress() as show:
        where = opened.where
        report = opened.check(lambda done, total: show("entries", done, total))
        try:
            known = {release.id: release for release in releases(opened)}
        except StoreError:
            known = {}  # the report says why
    told = {finding.where.removeprefix("release ") for finding in report.findings}
    for name in names:
        if name not in known and name not in told:
            raise no_such_release(name, list(known.values()), where)
    faults: dict[str, list[str]] = {}
    for finding in report.findings:
        faults.setdefault(finding.where, []).append(finding.what)
    verdicts = []
    for name in names or ([] if only_files else list(known)):
        release = known.get(name)
        facts = "" if release is None else _facts(release)
        digest = "" if release is None else release.sha256
        verdicts.append(
            _Verdict(f"release {name}", digest, facts, faults.pop(f"release {name}", []))
        )
    entries = counted(report.entries, "entry", "entries")
    labels = f"{counted(report.tracks, 'track')}, {counted(report.keyframes, 'keyframe')}"
    rest = [f"{what}: {fault}" for what, own in faults.items() for fault in own]
    if rest or not (only_files or names):
        verdicts.insert(0, _Verdict(f"project {where}", "", f"{entries}, {labels}", rest))
    return verdicts, known


def _facts(release: Release) -> str:
    tracks = counted(sum(log.tracks for log in release.logs), "track")
    return f"{tracks} in {counted(len(release.logs), 'log')}"


def _of_file(path: Path, known: dict[str, Release] | None) -> _Verdict:
    from av3d.store.errors import StoreError
    from av3d.store.releases.file import is_release_file, read_release_file

    verdict = _Verdict(str(path))
    if not is_release_file(path):
        raise Av3dError(
            "this is neither a release’s file nor the folder of an export",
            path,
            "give what `av3d release export` has written",
        )
    try:
        found = read_release_file(path)
    except StoreError as error:
        verdict.faults.append(error.what)
        return verdict
    release = found.release
    verdict.sha256 = release.sha256
    verdict.facts = f"release {release.id}, {_facts(release)}"
    verdict.faults += found.faults
    if known is not None:
        verdict.faults += _against(release.id, release.sha256, known)
    return verdict


def _of_folder(path: Path, known: dict[str, Release] | None) -> _Verdict:
    from av3d.datasets.exporting import differences, read_manifest

    manifest = read_manifest(path)
    source = manifest.get("source")
    name, digest = (
        (source.get("release"), source.get("release_sha256"))
        if isinstance(source, dict)
        else (None, None)
    )
    facts = f"{counted(len(manifest['files']), 'file')}, format {manifest.get('format')}"
    verdict = _Verdict(str(path), digest if isinstance(digest, str) else "", facts)
    if isinstance(name, str):
        verdict.facts = f"release {name}, {facts}"
    with progress() as show:
        verdict.faults += differences(path, show)
    if known is not None:
        if isinstance(name, str) and isinstance(digest, str):
            verdict.faults += _against(name, digest, known)
        else:
            verdict.faults.append("it is the export of no release")
    return verdict


def _against(name: str, sha256: str, known: dict[str, Release]) -> list[str]:
    """What is wrong with a release that comes from elsewhere, seen from the project."""
    if name not in known:
        return [f"the project has no release {name[:100]!r}"]
    if known[name].sha256 != sha256:
        return [f"it is another release {name} than the project's"]
    return []
