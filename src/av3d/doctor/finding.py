"""What the doctor says: one thing that is wrong, or worth knowing, with evidence and a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from av3d.calibration.rig import CameraMount, LidarMount
from av3d.types import FloatArray


class Severity(StrEnum):
    """How much it matters, worst first."""

    ERROR = "error"
    """Labels made on this log would be wrong, or parts of it cannot be read."""
    WARNING = "warning"
    """Probably a fault: look at it before labelling."""
    NOTE = "note"
    """A fact about the log that is no fault: dropped frames, files that were not downloaded."""

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, eq=False)
class Curve:
    """A value over time that shows a fault: what the chart beside it draws.

    Attributes:
        title: what is drawn, with its unit: "speed of the ego poses, m/s".
        times_s: seconds since the start of the log, (N,).
        values: (N,).
        span_s: first and last second of the fault.
    """

    title: str
    times_s: FloatArray
    values: FloatArray
    span_s: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that the doctor found.

    Attributes:
        check: ID of the check, for example "poses.jump".
        severity: how much it matters.
        what: what is wrong, with numbers and units.
        where: the sensor, file or time concerned.
        fix: what to do, as an instruction; "" for a note that needs nothing.
        numbers: the evidence as JSON values, for scripts.
        sensor: name of the camera or LiDAR concerned, or "".
        frame: a frame in which it shows, or None.
        cameras: corrected mounts that are proposed, by camera.
        lidars: corrected mounts that are proposed, by LiDAR.
        repairs: corrected text files that are proposed, content by file name.
        curve: the evidence over time, or None.
    """

    check: str
    severity: Severity
    what: str
    where: str
    fix: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    sensor: str = ""
    frame: int | None = None
    cameras: Mapping[str, CameraMount] = field(default_factory=dict)
    lidars: Mapping[str, LidarMount] = field(default_factory=dict)
    repairs: Mapping[str, bytes] = field(default_factory=dict)
    curve: Curve | None = None

    @property
    def proposes(self) -> bool:
        """Whether it comes with a corrected calibration or file."""
        return bool(self.cameras or self.lidars or self.repairs)

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "check": self.check,
            "severity": self.severity.value,
            "what": self.what,
            "where": self.where,
            "fix": self.fix,
            "sensor": self.sensor,
            "frame": self.frame,
            "numbers": dict(self.numbers),
            "proposes": self.proposes,
        }
