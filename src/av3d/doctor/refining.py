"""Refinement of several cameras, as the command line and the window offer it: a proposal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from av3d.calibration.rig import Rig
from av3d.doctor.alignment import AlignmentError, LogEdges
from av3d.doctor.examination import Progress, no_progress
from av3d.doctor.media import FEWEST_POINTS, is_absent, present_rows, sampled
from av3d.doctor.refine import Refined, refine
from av3d.errors import Av3dError
from av3d.logs.log import Log

FRAMES = 40
"""Frames that are looked at; more say little that is new."""


FEWEST_IMAGES = 3
"""Fewer images fit many mounts."""

LEAST_SCORE = 0.04
"""Edges that line up no better than this do so by chance: by wrong calibrations it is .006."""

MOST_TURNED_RAD, MOST_MOVED_M = np.radians(2.0), 0.30
"""Refinement is for what is nearly right: a larger correction is not trusted."""


@dataclass(frozen=True, eq=False)
class CameraResult:
    """The refinement of one camera, or why there is none."""

    camera: str
    refined: Refined | None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON values; angles in degrees, lengths in metres, times in milliseconds."""
        refined = self.refined
        if refined is None:
            return {"refined": False, "reason": self.reason}
        offset_ns = refined.mount.clock_offset_ns - refined.given.clock_offset_ns
        pose = refined.mount.ego_SE3_camera
        return {
            "refined": True,
            "rotation_change_deg": float(np.degrees(refined.rotation_change_rad)),
            "rotation_sigma_deg": float(np.degrees(refined.rotation_sigma_rad)),
            "translation_change_m": refined.translation_change_m,
            "translation_sigma_m": refined.translation_sigma_m,
            "time_change_ms": offset_ns / 1e6 if refined.has_time else None,
            "time_sigma_ms": refined.time_sigma_ns / 1e6 if refined.has_time else None,
            "score_before": refined.score_before,
            "score_after": refined.score_after,
            "frames": refined.frames,
            "edges": refined.edges,
            "translation_m": pose.translation_m.tolist(),
            "quaternion_wxyz": pose.quaternion_wxyz.tolist(),
        }

    def text(self) -> str:
        """One line for people."""
        if self.refined is None:
            return f"{self.camera}: not refined, {self.reason}"
        facts = self.as_dict()
        time = (
            f", {facts['time_change_ms']:+.1f} ± {facts['time_sigma_ms']:.1f} ms"
            if self.refined.has_time
            else ""
        )
        return (
            (
                f"{self.camera}: turned by {facts['rotation_change_deg']:.2f} ± "
                f"{facts['rotation_sigma_deg']:.2f} deg, moved by "
                f"{100 * facts['translation_change_m']:.1f} ± "
                f"{100 * facts['translation_sigma_m']:.1f} cm{time}; edges line up "
                f"{facts['score_before']:.3f} -> {facts['score_after']:.3f} "
                f"({facts['frames']} images)"
            )
            .replace("-", "−")
            .replace("−>", "->")
        )


def refine_cameras(
    log: Log, cameras: Sequence[str], progress: Progress = no_progress, *, with_time: bool = False
) -> list[CameraResult]:
    """Refine the mounts of some cameras, each on its own.

    Args:
        log: the log.
        cameras: their names.
        progress: told before each camera.
        with_time: also their clocks, where the vehicle moves.
    """
    edges = LogEdges(log, _frames(log, cameras))
    results: list[CameraResult] = []
    for done, camera in enumerate(cameras):
        progress(f"Refining {camera}", done, len(cameras))
        results.append(_refine_one(log, camera, edges, with_time))
    progress("Refined", len(cameras), len(cameras))
    return results


def _refine_one(log: Log, camera: str, edges: LogEdges, with_time: bool) -> CameraResult:
    if camera not in log.cameras:
        return CameraResult(camera, None, "it has no images")
    try:
        images = len(edges.of(camera).times_ns)
        if images < FEWEST_IMAGES:
            return CameraResult(
                camera, None, f"it has {images} of the {FEWEST_IMAGES} images that are needed"
            )
        refined = refine(log, camera, edges=edges, with_time=with_time)
        reason = _distrust(refined)
        return CameraResult(camera, None if reason else refined, reason)
    except AlignmentError as error:
        if not with_time:
            return CameraResult(camera, None, error.what)
    return _refine_one(log, camera, edges, with_time=False)


def _distrust(refined: Refined) -> str:
    """Why a refinement is no improvement to be proposed; "" if it is one."""
    if refined.score_after < LEAST_SCORE:
        return (
            f"its images do not line up with the sweeps at all (score {refined.score_after:.3f}); "
            "check the log without --refine first"
        )
    turned_deg = float(np.degrees(refined.rotation_change_rad))
    if (
        refined.at_end
        or refined.rotation_change_rad > MOST_TURNED_RAD
        or refined.translation_change_m > MOST_MOVED_M
    ):
        return (
            f"the correction runs to the end of its range ({turned_deg:.1f} deg, "
            f"{100 * refined.translation_change_m:.0f} cm); check the log without --refine first"
        )
    return ""


def _frames(log: Log, cameras: Sequence[str]) -> list[int]:
    """Frames whose sweep and images are there and can be read."""
    whole: list[int] = []
    for row in present_rows(log.lidars[log.reference_lidar], FRAMES):
        images = [(name, log.frames[row].images.get(name)) for name in cameras]
        there = [(name, at) for name, at in images if at is not None]
        if any(is_absent(log.cameras[name], at) for name, at in there):
            continue
        try:
            if len(log.sweep(row)) < FEWEST_POINTS:
                continue
            for name, at in there:
                log.cameras[name].read(at)
        except Av3dError:
            continue
        whole.append(row)
    return [whole[row] for row in sampled(len(whole), FRAMES)]


def refined_rig(rig: Rig, results: Sequence[CameraResult]) -> Rig:
    """The rig with what was refined."""
    mounts = {r.camera: r.refined.mount for r in results if r.refined is not None}
    note = f"extrinsics of {', '.join(mounts)} refined from the log by av3d doctor"
    return replace(rig, cameras={**rig.cameras, **mounts}, notes=(*rig.notes, note))
