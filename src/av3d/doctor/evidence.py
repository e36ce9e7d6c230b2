"""What to look at to see a fault: which camera, which frame, and the log by both calibrations."""

from __future__ import annotations

from dataclasses import dataclass

from av3d.doctor.examination import proposed_rig
from av3d.doctor.finding import Finding
from av3d.doctor.media import is_absent, sampled
from av3d.logs.log import Log


@dataclass(frozen=True, eq=False)
class Views:
    """A frame of a camera by the given calibration and by the proposed one."""

    given: Log
    proposed: Log
    camera: str
    frame: int


def title_of(finding: Finding) -> str:
    """The finding as the title of a picture: without the reasons, which the picture shows."""
    what = finding.what.split(": ", 1)[0].split("; ", 1)[0]
    return f"{finding.check}   {finding.where}: {what}"


def views(log: Log, finding: Finding) -> Views | None:
    """What shows a wrong calibration; None if no camera has an image to show it on."""
    rig = proposed_rig(log.rig, [finding])
    if rig is log.rig:
        return None
    names = list(finding.cameras) if finding.cameras else list(log.cameras)
    for camera in names:
        if camera not in log.cameras:
            continue
        frame = frame_with_image(log, camera, finding.frame)
        if frame is not None:
            return Views(log, log.with_rig(rig), camera, frame)
    return None


def frame_with_image(log: Log, camera: str, near: int | None = None) -> int | None:
    """A frame that has an image of a camera and points, near a frame; None if none has."""
    count = len(log.frames)
    middle = count // 2 if near is None else near
    stream = log.lidars[log.reference_lidar]
    rows = set(sampled(count, 100)) | set(range(middle - 5, middle + 6))
    for row in sorted(rows, key=lambda row: abs(row - middle)):
        if not 0 <= row < count or row in stream.absent:
            continue
        image = log.frames[row].images.get(camera)
        if image is not None and not is_absent(log.cameras[camera], image):
            return row
    return None
