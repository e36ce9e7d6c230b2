"""Which planted mistakes are named right, and whether a log that is right stays without any.

Usage: python tests/benchmarks/doctor_alignment.py [LOG ...]
For each log: what is said of it as it is, then one line per camera and planted mistake.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import av3d
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount, LidarMount, Rig
from av3d.doctor.alignment import given_mount
from av3d.doctor.hypotheses import Mistake
from av3d.doctor.mistakes import find_mistakes
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"


def with_mount(log: Log, camera: str, mount: CameraMount) -> Log:
    """The log with another mount of one camera, by which it is then drawn."""
    return _with_rig(log, replace(log.rig, cameras={**log.rig.cameras, camera: mount}))


def _with_rig(log: Log, rig: Rig) -> Log:
    return Log(
        name=log.name,
        kind=log.kind,
        path=log.path,
        rig=rig,
        trajectory=log.trajectory,
        lidars=log.lidars,
        cameras=log.cameras,
        reference_lidar=log.reference_lidar,
    )


def planted(log: Log, camera: str) -> Iterator[tuple[Mistake, Log]]:
    """The log with each mistake made in a camera."""
    right = given_mount(log, camera)
    pose = right.ego_SE3_camera
    lens = right.camera

    def at(pose: SE3) -> CameraMount:
        return replace(right, ego_SE3_camera=pose)

    def seen(**changes: object) -> CameraMount:
        return replace(right, camera=replace(lens, **changes))  # type: ignore[arg-type]

    mirror, flip = np.diag([1.0, -1, 1]), np.diag([-1.0, 1, 1])
    cases = [
        (Mistake.INVERTED, at(pose.inverse())),
        (Mistake.TRANSPOSED, at(SE3(pose.rotation.T, pose.translation_m))),
        (
            Mistake.BODY_FRAME,
            at(SE3(pose.rotation @ BODY_SE3_OPTICAL.rotation.T, pose.translation_m)),
        ),
        (
            Mistake.AXES,
            at(SE3(pose.rotation @ np.diag([-1.0, -1, 1]), pose.translation_m)),
        ),
        (
            Mistake.MIRRORED,
            at(SE3(mirror @ pose.rotation @ flip, pose.translation_m * (1, -1, 1))),
        ),
        (
            Mistake.QUATERNION,
            at(SE3.from_quaternion(np.roll(pose.quaternion_wxyz, 1), pose.translation_m)),
        ),
        (
            Mistake.SCALED,
            seen(
                fx_px=lens.fx_px / 2,
                fy_px=lens.fy_px / 2,
                cx_px=lens.cx_px / 2,
                cy_px=lens.cy_px / 2,
            ),
        ),
        (Mistake.PRINCIPAL_POINT, seen(cx_px=lens.cy_px, cy_px=lens.cx_px)),
        (Mistake.CLOCK, replace(right, clock_offset_ns=right.clock_offset_ns + 100_000_000)),
    ]
    if lens.lens is None:
        cases.append((Mistake.RECTIFIED, seen(lens=BrownConrady(k1=-0.3, k2=0.1))))
    else:
        cases.append((Mistake.NO_LENS, seen(lens=None)))
    for mistake, mount in cases:
        moved = mount.ego_SE3_camera.inverse() @ pose
        # Mirrored, a camera in the middle stays where it is, and its error is none of these.
        if mount.ego_SE3_camera == pose or moved.angle_to_rad(SE3.identity()) > np.radians(3):
            yield mistake, with_mount(log, camera, mount)
    others = [name for name in log.rig.cameras if name != camera]
    if others:
        first, second = given_mount(log, camera), given_mount(log, others[0])
        wrong = with_mount(log, camera, replace(first, ego_SE3_camera=second.ego_SE3_camera))
        exchanged = replace(second, ego_SE3_camera=first.ego_SE3_camera)
        yield Mistake.EXCHANGED, with_mount(wrong, others[0], exchanged)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="*", default=[SAMPLE], type=Path)
    parser.add_argument("--cameras", nargs="*")
    parser.add_argument("--untouched", action="store_true", help="do not plant anything")
    arguments = parser.parse_args()
    for path in arguments.logs:
        log = av3d.open_log(path)
        begun = time.perf_counter(), time.process_time()
        found = find_mistakes(log)
        took = time.perf_counter() - begun[0], time.process_time() - begun[1]
        print(
            f"{log.name} as it is ({took[0]:.1f} s, {took[1]:.1f} s of it computing): "
            f"{len(found)} found"
        )
        for suspicion in found:
            print(f"    {suspicion}; {_figures(suspicion)}")
        if arguments.untouched:
            continue
        right = total = 0
        for camera in arguments.cameras or log.rig.cameras:
            for mistake, wrong in planted(log, camera):
                found = find_mistakes(wrong, [camera])
                total += 1
                hit = [suspicion.mistake for suspicion in found] == [mistake]
                right += hit
                said = "; ".join(f"{s} {_figures(s)}" for s in found) or "nothing"
                print(f"{'  ' if hit else '! '}{camera} {mistake.name}: {said}", flush=True)
        for lidar, mount in log.rig.lidars.items():
            changed = LidarMount(mount.ego_SE3_lidar.inverse())
            rig = replace(log.rig, lidars={**log.rig.lidars, lidar: changed})
            found = find_mistakes(_with_rig(log, rig))
            hit = [suspicion.mistake for suspicion in found] == [Mistake.LIDAR]
            total += 1
            right += hit
            said = "; ".join(f"{s} {_figures(s)}" for s in found) or "nothing"
            print(f"{'  ' if hit else '! '}{lidar} {Mistake.LIDAR.name}: {said}", flush=True)
        print(f"{log.name}: {right} of {total} planted mistakes named right")


def _figures(suspicion: object) -> str:
    from av3d.doctor.scorer import Suspicion

    assert isinstance(suspicion, Suspicion)
    return (
        f"score {suspicion.given_score:.3f} -> {suspicion.proposed_score:.3f}, "
        f"{suspicion.sigmas:.1f} sigmas"
    )


if __name__ == "__main__":
    main()
