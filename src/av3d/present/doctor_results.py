"""What the doctor found as a folder: pictures of the evidence, proposed files, the report."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from av3d.calibration.rig_toml import write_rig
from av3d.doctor.evidence import title_of, views
from av3d.doctor.examination import Progress, Report, no_progress
from av3d.doctor.finding import Finding
from av3d.errors import Av3dError
from av3d.files import new_folder
from av3d.render.evidence_picture import before_and_after, value_over_time
from av3d.render.png import write_png
from av3d.types import Uint8Array

PROPOSED_RIG = "rig-proposed.toml"


@dataclass(frozen=True)
class Results:
    """What was written.

    Attributes:
        folder: where; None if there was nothing to write.
        pictures: by number of the finding.
        proposals: proposed files by the name of the log's file that they stand for.
    """

    folder: Path | None = None
    pictures: Mapping[int, Path] = field(default_factory=dict)
    proposals: Mapping[str, Path] = field(default_factory=dict)


def free_folder(log_name: str, beside: Path = Path()) -> Path:
    """A folder that is not there yet, named after a log."""
    stem = re.sub(r"[^\w.\- ()+]", "_", log_name) + "-doctor"
    number = 1
    while True:
        folder = beside / (stem if number == 1 else f"{stem}-{number}")
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return folder
        number += 1


def write_results(
    report: Report,
    out: Path | None = None,
    *,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> Results:
    """Write pictures and proposals.

    Args:
        report: what the doctor found.
        out: the folder; None: a free one in the current folder, if there is anything to write.
        overwrite: replace the folder.
        progress: told before each picture.

    Raises:
        OutputError: the folder is not empty, or the disk refuses.
    """
    proposed = report.proposed_rig()
    repairs = {name: data for f in report.findings for name, data in f.repairs.items()}
    drawn = [
        (number, finding)
        for number, finding in enumerate(report.findings)
        if finding.curve is not None or finding.cameras or finding.lidars
    ]
    if out is None and not (proposed or repairs or drawn):
        return Results()
    target = out or free_folder(report.name)
    pictures: dict[int, Path] = {}
    proposals: dict[str, Path] = {}
    with new_folder(target, replace=overwrite) as aside:
        for done, (number, finding) in enumerate(drawn):
            progress("Drawing the evidence", done, len(drawn))
            picture = picture_of(report, finding)
            if picture is not None:
                name = _file_name(number, finding)
                write_png(aside / name, picture)
                pictures[number] = target / name
        for name, data in repairs.items():
            # What was repaired to open the log, and what else is wrong, go into one rig.
            if proposed is not None and Path(name).suffix == ".toml":
                continue
            kept = f"{Path(name).stem}-proposed{Path(name).suffix}"
            (aside / kept).write_bytes(data)
            proposals[name] = target / kept
        if proposed is not None:
            write_rig(proposed, aside / PROPOSED_RIG)
            proposals["rig.toml"] = target / PROPOSED_RIG
        (aside / "report.json").write_text(
            json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return Results(target, pictures, proposals)


def picture_of(report: Report, finding: Finding) -> Uint8Array | None:
    """The evidence of a finding; None if there is none, or what it needs cannot be read."""
    title = title_of(finding)
    if finding.curve is not None:
        curve = finding.curve
        return value_over_time(title, curve.times_s, curve.values, curve.span_s, curve.title)
    shown = views(report.log, finding) if report.log is not None else None
    if shown is None:
        return None
    try:
        return before_and_after(shown.given, shown.proposed, shown.camera, shown.frame, title)
    except Av3dError:
        return None


def _file_name(number: int, finding: Finding) -> str:
    sensor = re.sub(r"[^\w.-]", "_", finding.sensor)
    return "-".join(part for part in (f"{number + 1:02d}", finding.check, sensor) if part) + ".png"
