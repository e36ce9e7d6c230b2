"""The command `doctor`: what is wrong with a log, before anybody labels on it."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, progress, say
from av3d.cli.logs import FormatOption, JsonOption, LogArgument, RigOption
from av3d.errors import Av3dError, OutputError
from av3d.files import real_path

if TYPE_CHECKING:
    from av3d.doctor.examination import Report
    from av3d.doctor.finding import Finding
    from av3d.logs.log import Log
    from av3d.present.doctor_results import Results

OURS = (".png", ".toml", ".json", ".csv")
"""What a folder of results holds; one with anything else is not replaced."""

MOST_REPAIRS = 8
"""So many files are repaired one after the other to look further into a log that does not open."""


def doctor(
    log: LogArgument,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Folder for pictures and proposals. Default: LOGNAME-doctor, if there are any.",
        ),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on", metavar="LEVEL", help="Exit with 1 on an error, or on a warning."
        ),
    ] = None,
    no_images: Annotated[
        bool, typer.Option("--no-images", help="Read no images and sweeps: only times and poses.")
    ] = False,
    refine: Annotated[
        list[str] | None,
        typer.Option(
            "--refine",
            metavar="CAMERA",
            help="Instead of checking, refine the extrinsics of a camera (or all) from the data.",
        ),
    ] = None,
    clock: Annotated[
        bool,
        typer.Option("--clock", help="With --refine: also the camera's clock, if the log moves."),
    ] = False,
    rig: RigOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the folder given by --out.")
    ] = False,
    format: FormatOption = None,
    as_json: JsonOption = False,
) -> int:
    """Check times, poses, calibration and files of a log."""
    from av3d.doctor.finding import Severity
    from av3d.present.doctor_results import write_results

    levels = {level.value: level for level in (Severity.ERROR, Severity.WARNING)}
    if fail_on is not None and fail_on not in levels:
        raise Av3dError(f"no level {fail_on[:40]!r}", "--fail-on", "use error or warning")
    _check_out(out, overwrite)
    if refine:
        return _refine(log, refine, clock, out, overwrite, rig, format, as_json)
    with _opened(log, format) as (opened, before), progress() as show:
        report = _report(log, opened if rig is None else _by(opened, rig), before, no_images, show)
        results = write_results(report, out, overwrite=overwrite, progress=show)
    _print(report, log, results, as_json)
    return 1 if fail_on is not None and report.at_least(levels[fail_on]) else 0


def _check_out(out: Path | None, overwrite: bool) -> None:
    """Refuse a folder that cannot be written before minutes are spent on filling it."""
    if out is None or not out.exists():
        return
    if not out.is_dir():
        raise OutputError("the output is a file, not a folder", out, "choose another folder")
    entries = list(out.iterdir())
    if entries and not overwrite:
        raise OutputError("the output folder is not empty", out, "choose another or --overwrite")
    for entry in entries:
        if entry.suffix not in OURS or not entry.is_file():
            raise OutputError(
                f"the output folder holds something else than results: {entry.name}", out,
                "choose another folder",
            )  # fmt: skip


def _by(log: Log | None, rig: Path) -> Log | None:
    from av3d.calibration.rig_toml import read_rig

    read = read_rig(rig)
    return None if log is None else log.with_rig(read)


@contextmanager
def _opened(path: Path, format: str | None) -> Iterator[tuple[Log | None, list[Finding]]]:
    """The log, and what keeps it from opening; then it is opened with the repaired files, if any."""
    from av3d.datasets.registry import dataset, open_log, recognise
    from av3d.doctor.unopened import diagnose
    from av3d.remote import is_remote, local_path

    kind = dataset(format) if format else recognise(path)
    here = local_path(path)
    found: list[Finding] = []
    repairs: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="av3d-doctor-") as temporary:
        place: str | Path = path
        while True:
            try:
                opened = open_log(place, kind.name)
                break
            except Av3dError as error:
                finding = _named(diagnose(error, Path(place)), here, Path(place))
                found.append(finding)
                new = {name: data for name, data in finding.repairs.items() if name not in repairs}
                # Links into the mirror of a remote log would lead past what fetches its files.
                there = here.is_dir() and not is_remote(path)
                if not new or len(found) > MOST_REPAIRS or not there:
                    yield None, found
                    return
                repairs.update(new)
                place = _repaired(here, repairs, Path(temporary) / str(len(found)))
        yield opened, found


def _named(finding: Finding, log: Path, place: Path) -> Finding:
    """The finding with the user's paths where a repaired copy was read."""
    from dataclasses import replace

    return replace(finding, where=finding.where.replace(str(place), str(log)))


def _repaired(log: Path, repairs: dict[str, bytes], aside: Path) -> Path:
    """A folder of links to the log's files, with repaired ones among them."""
    copy = aside / real_path(log).name
    copy.mkdir(parents=True)
    for entry in real_path(log).iterdir():
        if entry.name not in repairs:
            (copy / entry.name).symlink_to(entry)
    for name, data in repairs.items():
        (copy / name).write_bytes(data)
    return copy


def _report(
    path: Path, log: Log | None, before: Sequence[Finding], no_images: bool, show: Any
) -> Report:
    from dataclasses import replace

    from av3d.doctor.examination import Report, examine

    if log is None:
        return Report(real_path(path).name, tuple(before), ())
    report = examine(log, media=not no_images, progress=show)
    return replace(report, findings=(*before, *report.findings))


def _print(report: Report, path: Path, results: Results, as_json: bool) -> None:
    shown = results.pictures
    proposals = {name: str(file) for name, file in results.proposals.items()}
    if as_json:
        facts = report.as_dict()
        for number, finding in enumerate(facts["findings"]):
            finding["picture"] = str(shown[number]) if number in shown else None
        print_json({**facts, "path": str(path), "proposals": proposals})
        return
    counts = report.as_dict()["counts"]
    words = [f"{count} {level}{'s' if count != 1 else ''}" for level, count in counts.items()]
    say(f"{report.name}: {', '.join(words)}")
    for number, finding in enumerate(report.findings):
        say()
        say(f"{finding.severity.value:<8} {finding.check}: {finding.where}")
        say(f"         {finding.what}")
        if finding.fix:
            say(f"         fix: {finding.fix}")
        if number in shown:
            say(f"         picture: {shown[number]}")
    if not report.faults:
        say()
        say("No fault found.")
    for name, file in proposals.items():
        say()
        say(f"Proposed instead of {name}: {file}")
        say(f"         {_how_to_accept(report, path, name, file)}")


def _how_to_accept(report: Report, path: Path, name: str, file: str) -> str:
    if report.log is None or report.log.kind == "folder":
        return (
            f"nothing was changed; to take it over: cp {_quoted(file)} {_quoted(str(path / name))}"
        )
    return (
        "nothing was changed; to look at the log by it: "
        f"av3d open {_quoted(str(path))} --rig {_quoted(file)}"
    )


def _quoted(text: str) -> str:
    return shlex.quote(text)


def _refine(
    path: Path,
    wanted: list[str],
    clock: bool,
    out: Path | None,
    overwrite: bool,
    rig: Path | None,
    format: str | None,
    as_json: bool,
) -> int:
    """Refine cameras and write the rig that comes out; the log is not touched."""
    from av3d.calibration.rig_toml import write_rig
    from av3d.datasets.registry import open_log
    from av3d.doctor.refining import refine_cameras, refined_rig
    from av3d.files import new_folder
    from av3d.present.doctor_results import free_folder

    opened = open_log(path, format)
    log = opened if rig is None else _by(opened, rig)
    assert log is not None
    names = list(log.cameras) if "all" in wanted else list(dict.fromkeys(wanted))
    for name in names:
        log.rig.camera(name)
    with progress() as show:
        results = refine_cameras(log, names, show, with_time=clock)
    target = out or free_folder(log.name)
    written: Path | None = None
    if any(result.refined is not None for result in results):
        with new_folder(target, replace=overwrite) as aside:
            write_rig(refined_rig(log.rig, results), aside / "rig-refined.toml")
        written = target / "rig-refined.toml"
    if as_json:
        cameras = {result.camera: result.as_dict() for result in results}
        print_json({"name": log.name, "cameras": cameras, "rig": str(written) if written else None})
        return 0
    for result in results:
        say(result.text())
    if written is not None:
        say()
        say(f"Refined rig: {written}. Nothing was changed; compare before you take it over:")
        say(f"         av3d doctor {_quoted(str(path))} --rig {_quoted(str(written))}")
    return 0
