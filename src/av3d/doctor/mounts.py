"""Checks of the calibration: sizes, places of LiDARs, and the usual mistakes in a camera's mount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount
from av3d.doctor.check import Check
from av3d.doctor.finding import Finding, Severity
from av3d.doctor.hypotheses import Mistake, lidar_hypotheses
from av3d.doctor.media import FEWEST_POINTS, is_absent, present_rows, sampled
from av3d.doctor.mistakes import FRAMES, judge
from av3d.doctor.scorer import Suspicion
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log

CHECK_IDS: Mapping[Mistake, str] = {
    Mistake.INVERTED: "calibration.inverted",
    Mistake.TRANSPOSED: "calibration.inverted",
    Mistake.QUATERNION: "calibration.quaternion",
    Mistake.BODY_FRAME: "calibration.optical-frame",
    Mistake.AXES: "calibration.axes",
    Mistake.MIRRORED: "calibration.handedness",
    Mistake.EXCHANGED: "calibration.wrong-camera",
    Mistake.WRONG_IMAGES: "calibration.wrong-camera",
    Mistake.SCALED: "calibration.image-size",
    Mistake.PRINCIPAL_POINT: "calibration.intrinsics",
    Mistake.FOCAL_LENGTHS: "calibration.intrinsics",
    Mistake.NO_LENS: "calibration.lens",
    Mistake.RECTIFIED: "calibration.lens",
    Mistake.OTHER_LENS: "calibration.lens",
    Mistake.CLOCK: "timestamps.offset",
    Mistake.LIDAR: "calibration.lidar",
    Mistake.LIDAR_TURN: "calibration.lidar",
}
"""The check that names each mistake."""

FOCAL_PARTS = (0.1, 20.0)
"""Focal lengths as parts of the image's width: a wide fisheye, and a view of three degrees."""

MOST_ASPECT = 1.5
"""fx and fy differ by less than this; images that were squeezed do by a few percent."""

LOWEST_GROUND_M, HIGHEST_GROUND_M = -4.5, 0.8
"""The ground in an ego frame, whose origin is on the ground, at an axle, an IMU or a roof."""

HANGING_M, FAR_BELOW_M = -0.8, -2.5
"""A LiDAR that hangs this far under the origin does not see the ground that far below it."""

LEAST_HEIGHT_M = 0.15
"""A LiDAR sits at least this far above the ground."""

CLOSEST_M, NEAR_GROUND_M = 3.0, 12.0
"""Points between these distances tell where the ground is."""

GROUND_QUANTILE = 0.05
"""So many of them are lower than it: mirrored ones, and the road where it falls."""


class ImageSize(Check):
    """Images of another size than the calibration says."""

    id = "calibration.image-size"
    severity = Severity.ERROR
    title = "Images have the size that the calibration is for."
    reads_media = True

    def examine(self, log: Log) -> Iterator[Finding]:
        for name, images in log.cameras.items():
            mount = log.rig.camera(name)
            camera = mount.camera
            for row in present_rows(images, 3):
                try:
                    height_px, width_px = images.read(row).shape[:2]
                except Av3dError:
                    continue
                if (width_px, height_px) == (camera.width_px, camera.height_px):
                    continue
                corrected, words = _resized(camera, width_px, height_px)
                yield self.finding(
                    f"images are {width_px}x{height_px} px, the calibration is for "
                    f"{camera.width_px}x{camera.height_px}",
                    f"camera {name}",
                    words,
                    numbers={
                        "image_px": [width_px, height_px],
                        "calibration_px": [camera.width_px, camera.height_px],
                    },
                    sensor=name,
                    frame=log.frames.nearest(log.image_time_ns(name, row)),
                    cameras={name: replace(mount, camera=corrected)},
                )
                break


def _resized(camera: Camera, width_px: int, height_px: int) -> tuple[Camera, str]:
    """The camera for images of another size, and what was assumed.

    The principal point is near the middle of the images that the intrinsics were made for.
    """

    def off_centre(width: int, height: int) -> float:
        return abs(camera.cx_px / width - 0.5) + abs(camera.cy_px / height - 0.5)

    if off_centre(width_px, height_px) < off_centre(camera.width_px, camera.height_px):
        kept = replace(camera, width_px=width_px, height_px=height_px)
        return kept, "correct width and height; focal lengths and principal point fit the images"
    scaled = camera.scaled(width_px, height_px)
    return scaled, "scale the intrinsics with the images, as the proposal does"


class Intrinsics(Check):
    """Focal lengths and principal points that no camera for driving has."""

    id = "calibration.intrinsics"
    severity = Severity.WARNING
    title = "Focal lengths and principal points are those of a camera."

    def examine(self, log: Log) -> Iterator[Finding]:
        for name in log.cameras:
            camera = log.rig.camera(name).camera
            odd: list[str] = []
            low, high = (part * camera.width_px for part in FOCAL_PARTS)
            if not low < camera.fx_px < high:
                odd.append(f"fx is {camera.fx_px:,.4g} px for images {camera.width_px} px wide")
            elif not 1 / MOST_ASPECT < camera.fx_px / camera.fy_px < MOST_ASPECT:
                odd.append(f"fx is {camera.fx_px:,.4g} px and fy {camera.fy_px:,.4g} px")
            if not camera.contains((camera.cx_px, camera.cy_px)):
                odd.append(
                    f"the principal point ({camera.cx_px:,.4g}, {camera.cy_px:,.4g}) px is not on "
                    f"the image of {camera.width_px}x{camera.height_px} px"
                )
            if odd:
                yield self.finding(
                    "; ".join(odd),
                    f"camera {name}",
                    "compare the intrinsics with the calibration's own report",
                    numbers={
                        "fx_px": camera.fx_px, "fy_px": camera.fy_px,
                        "cx_px": camera.cx_px, "cy_px": camera.cy_px,
                    },
                    sensor=name,
                )  # fmt: skip


class LidarPlace(Check):
    """A LiDAR whose mount puts it under the ground."""

    id = "calibration.lidar"
    severity = Severity.ERROR
    title = "LiDARs sit above the ground that they see."
    reads_media = True

    def examine(self, log: Log) -> Iterator[Finding]:
        for name in log.lidars:
            mount = log.rig.lidar(name).ego_SE3_lidar
            ground_m = ground_height_m(log, name)
            if ground_m is None or _is_right(mount, ground_m):
                continue
            yield from self._wrong(log, name, mount, ground_m)

    def _wrong(self, log: Log, name: str, mount: SE3, ground_m: float) -> Iterator[Finding]:
        """The finding, with the first correction that puts the LiDAR above the ground."""
        proposals: dict[str, LidarMount] = {}
        words = "correct its extrinsic"
        for detail, corrected in lidar_hypotheses(mount):
            # Readers whose points are stored in the ego frame keep the ground where it is.
            grounds_m = (ground_m, ground_m - mount.translation_m[2] + corrected.translation_m[2])
            if any(_is_right(corrected, ground) for ground in grounds_m):
                proposals = {name: LidarMount(corrected)}
                part = f" {detail}" if detail else ""
                words = f"the extrinsic looks inverted{part}: take its inverse"
                break
        yield self.finding(
            f"it sits {mount.translation_m[2] - ground_m:+.1f} m above the ground, which is at "
            f"{ground_m:+.1f} m in the ego frame",
            f"LiDAR {name}",
            words,
            numbers={"height_m": float(mount.translation_m[2]), "ground_m": ground_m},
            sensor=name,
            frame=0,
            lidars=proposals,
        )


def _is_right(ego_SE3_lidar: SE3, ground_m: float) -> bool:
    height_m = float(ego_SE3_lidar.translation_m[2])
    return (
        LOWEST_GROUND_M < ground_m < HIGHEST_GROUND_M
        and height_m - ground_m > LEAST_HEIGHT_M
        and not (height_m < HANGING_M and ground_m < FAR_BELOW_M)
    )


def ground_height_m(log: Log, lidar: str) -> float | None:
    """Height of the ground around the vehicle in the ego frame; None if no sweep tells."""
    stream = log.lidars[lidar]
    heights = []
    for row in present_rows(stream, 3):
        try:
            points_m = log.sweep(row, lidar).points_m
        except Av3dError:
            continue
        ego_m = log.rig.lidar(lidar).ego_SE3_lidar.transform(points_m)
        flat_m = np.linalg.norm(points_m[:, :2], axis=1)
        near = ego_m[(flat_m > CLOSEST_M) & (flat_m < NEAR_GROUND_M), 2]
        if len(near) >= 200:
            heights.append(float(np.quantile(near, GROUND_QUANTILE)))
    return float(np.median(heights)) if heights else None


class UsualMistakes(Check):
    """The usual mistakes, where undoing one lets images and sweeps line up much better."""

    id = "calibration.mistakes"
    severity = Severity.ERROR
    title = "No usual mistake explains that images and sweeps do not line up."
    reads_media = True

    def examine(self, log: Log) -> Iterator[Finding]:
        judgement = judge(log, frames=_whole_frames(log))
        for suspicion in judgement.suspicions:
            yield self._finding(log, suspicion)
        if judgement.adrift:
            yield Finding(
                "calibration.adrift",
                Severity.WARNING,
                "nothing lines up: images and sweeps have no edges in common, and no usual mistake "
                "explains it",
                f"cameras {', '.join(judgement.adrift)}",
                "look at the points over the images; check all extrinsics, the poses and the clocks",
                frame=_frame_with_image(log, judgement.adrift[0]),
            )
        named = {suspicion.sensor for suspicion in judgement.suspicions}
        reasons: dict[str, list[str]] = {}
        for camera, reason in judgement.not_judged.items():
            if camera not in named:
                reasons.setdefault(reason, []).append(camera)
        for reason, cameras in reasons.items():
            yield Finding(
                "calibration.not-judged",
                Severity.NOTE,
                f"calibration of {', '.join(cameras)} not judged: {reason}",
                f"camera{'s' if len(cameras) > 1 else ''} {', '.join(cameras)}",
                "look at the points over the images yourself",
            )

    def _finding(self, log: Log, suspicion: Suspicion) -> Finding:
        is_lidar = suspicion.ego_SE3_lidar is not None
        detail = f" ({suspicion.detail})" if suspicion.detail else ""
        odd = f"; {'; '.join(suspicion.oddities)}" if suspicion.oddities else ""
        proof = (
            f": without this mistake its edges line up {_times(suspicion)} better with the images"
            if suspicion.from_images
            else ""
        )
        cameras: dict[str, CameraMount] = {}
        lidars: dict[str, LidarMount] = {}
        if suspicion.mount is not None:
            cameras = {suspicion.sensor: suspicion.mount}
        if suspicion.ego_SE3_lidar is not None:
            lidars = {suspicion.sensor: LidarMount(suspicion.ego_SE3_lidar)}
        return Finding(
            CHECK_IDS[suspicion.mistake],
            self.severity,
            f"{suspicion.mistake.value}{detail}{proof}{odd}",
            f"{'LiDAR' if is_lidar else 'camera'} {suspicion.sensor}",
            "compare the pictures, then take over the proposed calibration",
            numbers={
                "mistake": suspicion.mistake.name.lower(),
                "score_given": round(suspicion.given_score, 4),
                "score_proposed": round(suspicion.proposed_score, 4),
                "sigmas": round(suspicion.sigmas, 1),
                "oddities": list(suspicion.oddities),
            },
            sensor=suspicion.sensor,
            frame=_frame_with_image(log, suspicion.sensor),
            cameras=cameras,
            lidars=lidars,
        )


def _whole_frames(log: Log) -> list[int]:
    """Frames from all over the log whose sweep and images are there and can be read."""
    rows = present_rows(log.lidars[log.reference_lidar], 3 * FRAMES)
    # First those evenly spread, then those between, until there are enough.
    rows = rows[1::3] + rows[::3] + rows[2::3]
    whole: list[int] = []
    for row in rows:
        if len(whole) == FRAMES:
            break
        images = [(name, at) for name, at in log.frames[row].images.items() if at is not None]
        if not images or any(is_absent(log.cameras[name], at) for name, at in images):
            continue
        try:
            if len(log.sweep(row)) < FEWEST_POINTS:
                continue
            for name, at in images:
                log.cameras[name].read(at)
        except Av3dError:
            continue
        whole.append(row)
    return sorted(whole)


def _times(suspicion: Suspicion) -> str:
    # A score by a wrong calibration is about nothing, and may be below.
    ratio = suspicion.proposed_score / max(suspicion.given_score, 1e-3)
    return f"{min(ratio, 99):.1f} times" if ratio < 20 else "many times"


def _frame_with_image(log: Log, camera: str) -> int:
    """A frame from the middle of the log that has an image of the camera, if any has."""
    count = len(log.frames)
    order = sorted(sampled(count, 50), key=lambda index: abs(index - count // 2))
    for index in order:
        image = log.frames[index].images.get(camera)
        if image is not None and not is_absent(log.cameras[camera], image):
            return index
    return count // 2
