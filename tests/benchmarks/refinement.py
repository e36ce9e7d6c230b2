"""How well a mount comes back after it was moved by a degree and 10 cm.

Usage: python tests/benchmarks/refinement.py [LOG] [--seeds N] [--frames N] [--time-ms MS]
Prints, for every camera, the error against the log's own calibration: at the start, after the
refinement, the uncertainty that it states, and in how many cases the error is within twice that.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

import av3d
from av3d.doctor.alignment import LogEdges, given_mount
from av3d.doctor.refine import refine
from av3d.geometry.se3 import SE3

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", nargs="?", default=SAMPLE, type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--degrees", type=float, default=1.0)
    parser.add_argument("--metres", type=float, default=0.1)
    parser.add_argument("--time-ms", type=float, default=0.0, help="also move and refine the clock")
    parser.add_argument("--cameras", nargs="*")
    arguments = parser.parse_args()
    log = av3d.open_log(arguments.log)
    count = min(arguments.frames, len(log.frames))
    frames = np.unique(np.linspace(0, len(log.frames) - 1, count).astype(int)).tolist()
    edges = LogEdges(log, frames)
    print(f"{log.name}: {count} frames, moved by {arguments.degrees} deg and {arguments.metres} m")
    print("camera seed: error deg, cm, ms; stated (1 sigma) deg, cm, ms; score before, after; s")
    within = []
    for camera in arguments.cameras or log.cameras:
        truth = given_mount(log, camera)
        errors = []
        for seed in range(arguments.seeds):
            random = np.random.default_rng(seed)
            turn, move = (v / np.linalg.norm(v) for v in random.normal(size=(2, 3)))
            moved = SE3(
                Rotation.from_rotvec(np.radians(arguments.degrees) * turn).as_matrix(),
                arguments.metres * move,
            )
            late_ns = round(arguments.time_ms * 1e6 * random.choice([-1, 1]))
            start = replace(
                truth,
                ego_SE3_camera=truth.ego_SE3_camera @ moved,
                clock_offset_ns=truth.clock_offset_ns + late_ns,
            )
            begun = time.perf_counter()
            refined = refine(
                log, camera, start=start, with_time=arguments.time_ms != 0, edges=edges
            )
            took_s = time.perf_counter() - begun
            away = refined.mount.ego_SE3_camera.inverse() @ truth.ego_SE3_camera
            degrees = float(np.degrees(away.angle_to_rad(SE3.identity())))
            metres = float(np.linalg.norm(away.translation_m))
            late_ms = (refined.mount.clock_offset_ns - truth.clock_offset_ns) / 1e6
            errors.append((degrees, metres, abs(late_ms)))
            stated = (
                np.degrees(refined.rotation_sigma_rad),
                refined.translation_sigma_m,
                refined.time_sigma_ns / 1e6,
            )
            covered = degrees < 2 * stated[0] and metres < 2 * stated[1]
            within.append(covered)
            print(
                f"{camera:>16} {seed}: {degrees:5.3f} {100 * metres:5.1f} {late_ms:5.1f}; "
                f"{stated[0]:5.3f} {100 * stated[1]:5.1f} {stated[2]:5.1f}; "
                f"{refined.score_before:.3f} {refined.score_after:.3f}; {took_s:4.1f}"
                + ("" if covered else "  beyond 2 sigma")
                + f"  along x y z: {np.round(100 * away.translation_m, 1)} cm",
                flush=True,
            )
        worst = np.max(errors, axis=0)
        print(f"{camera:>16} worst: {worst[0]:.3f} deg, {100 * worst[1]:.1f} cm, {worst[2]:.1f} ms")
    print(f"error within twice the stated uncertainty: {sum(within)} of {len(within)}")


if __name__ == "__main__":
    main()
