"""All checks of a log, and what comes out of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from av3d.calibration.rig import Rig
from av3d.doctor.camera_place import CameraPlace
from av3d.doctor.check import Check
from av3d.doctor.finding import Finding, Severity
from av3d.doctor.media import Intensity, Missing, Points, Still, Unreadable
from av3d.doctor.mounts import ImageSize, Intrinsics, LidarPlace, UsualMistakes
from av3d.doctor.poses import Coverage, Frozen, Heading, Jump, NoPoses, Speed
from av3d.doctor.timestamps import Apart, Beam, Dropped, Gap, Jitter
from av3d.errors import Av3dError
from av3d.logs.log import Log

logger = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done and how many there are."""

CHECKS: tuple[Check, ...] = (
    Gap(), Jitter(), Dropped(), Apart(), NoPoses(), Jump(), Speed(), Frozen(), Heading(), Coverage(),
    Intrinsics(), Missing(), Unreadable(), Points(), Intensity(), Still(), ImageSize(), LidarPlace(),
    UsualMistakes(), CameraPlace(), Beam(),
)  # fmt: skip
"""In the order in which they run; later ones see the log as the earlier ones propose it."""


SPOIL_CLOCKS = frozenset({"timestamps.jitter", "poses.jump", "poses.speed", "poses.frozen"})
"""With one of these faults, the clock of a camera cannot be judged by what its images show."""


def no_progress(text: str, done: int, total: int) -> None:
    """A Progress that shows nothing."""


@dataclass(frozen=True, eq=False)
class Report:
    """What the doctor says about a log.

    Attributes:
        name: name of the log.
        findings: worst first.
        checked: IDs of the checks that ran.
        log: the log as it was opened (or repaired, to look further); None if it does not open.
    """

    name: str
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    log: Log | None = None

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Findings that are errors or warnings."""
        return tuple(f for f in self.findings if f.severity is not Severity.NOTE)

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Findings of a severity or worse."""
        return tuple(f for f in self.findings if f.severity.rank <= severity.rank)

    def proposed_rig(self) -> Rig | None:
        """The rig with all corrections that are proposed; None if there is none."""
        if self.log is None:
            return None
        rig = proposed_rig(self.log.rig, self.findings)
        return None if rig is self.log.rig else rig

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        counts = {
            severity.value: sum(f.severity is severity for f in self.findings)
            for severity in Severity
        }
        return {
            "name": self.name,
            "opens": self.log is not None,
            "findings": [finding.as_dict() for finding in self.findings],
            "counts": counts,
            "checked": list(self.checked),
        }


def proposed_rig(rig: Rig, findings: Iterable[Finding]) -> Rig:
    """A rig with the corrections of findings; the same one if they correct nothing."""
    cameras, lidars = dict(rig.cameras), dict(rig.lidars)
    changed = False
    for finding in findings:
        for name, mount in finding.cameras.items():
            cameras[name], changed = mount, True
        for name, lidar in finding.lidars.items():
            lidars[name], changed = lidar, True
    if not changed:
        return rig
    note = "proposed by av3d doctor; look at its pictures before you use it"
    return replace(rig, cameras=cameras, lidars=lidars, notes=(*rig.notes, note))


def examine(
    log: Log,
    *,
    media: bool = True,
    checks: Sequence[Check] = CHECKS,
    progress: Progress = no_progress,
) -> Report:
    """Run all checks on a log.

    Args:
        log: the log.
        media: also the checks that read images and sweeps, which take seconds.
        checks: which checks.
        progress: told before each check.
    """
    chosen = [check for check in checks if media or not check.reads_media]
    found: list[Finding] = []
    seen = log
    for done, check in enumerate(chosen):
        progress(check.title, done, len(chosen))
        for finding in _guarded(check, seen):
            # One fault has one name: what an earlier check said of a sensor is not said again.
            if not any(_same_fault(finding, other) or _follows(finding, other) for other in found):
                found.append(finding)
        # With a fault undone, the others show; and they are not found twice.
        corrected = proposed_rig(log.rig, found)
        if corrected is not log.rig and check is not chosen[-1]:
            seen = log.with_rig(corrected)
    progress("Checked", len(chosen), len(chosen))
    found.sort(key=lambda finding: finding.severity.rank)
    ids = tuple(dict.fromkeys(check.id for check in chosen))
    return Report(log.name, tuple(found), ids, log)


def _guarded(check: Check, log: Log) -> list[Finding]:
    try:
        return list(check.examine(log))
    except Av3dError as error:
        # Another check says which file it is; this one could not do its work.
        what = f"the check {check.id} could not be made: {error.what}"
        return [Finding(check.id, Severity.NOTE, what, error.where, error.fix)]
    except Exception as error:  # what the other checks have found must not be lost with one
        logger.exception("check %s failed", check.id)
        what = f"the check {check.id} could not be made, {type(error).__name__}: {error}"
        return [Finding(check.id, Severity.NOTE, what, log.name, "send us this line and the log")]


def _follows(finding: Finding, earlier: Finding) -> bool:
    """Whether a finding only shows what an earlier fault does: by wrong times or poses of the
    vehicle, images seem to be of another time.
    """
    return finding.check == "timestamps.offset" and earlier.check in SPOIL_CLOCKS


def _same_fault(first: Finding, second: Finding) -> bool:
    return (
        first.check == second.check
        and first.sensor == second.sensor
        and bool(first.sensor)
        and first.proposes
        and second.proposes
    )
