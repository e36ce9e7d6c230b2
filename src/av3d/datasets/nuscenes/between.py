"""What the toolkit makes of the sweeps between samples, compared with the tracks themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from av3d.geometry.se3 import SE3
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray

SAME_M = 0.01
SAME_RAD = np.radians(0.1)


@dataclass
class Differences:
    """Differences between cuboids as they are and as the toolkit shows them.

    Attributes:
        distances_m: between centres, one per cuboid.
        angles_rad: between orientations, one per cuboid.
        missing: cuboids that the toolkit does not show, since the following sample lacks the object.
        extra: cuboids that it shows although the object is not there.
        tracks: names of tracks whose cuboids differ.
        absent: names of tracks with missing or extra cuboids.
    """

    distances_m: list[float] = field(default_factory=list)
    angles_rad: list[float] = field(default_factory=list)
    missing: int = 0
    extra: int = 0
    tracks: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)

    def add(self, track: Track, distance_m: float, angle_rad: float) -> None:
        """Add one cuboid that both have."""
        self.distances_m.append(distance_m)
        self.angles_rad.append(angle_rad)
        if distance_m > SAME_M or angle_rad > SAME_RAD:
            self.tracks.add(track.name)

    def merge(self, other: Differences) -> None:
        """Add those of another log."""
        self.distances_m += other.distances_m
        self.angles_rad += other.angles_rad
        self.missing += other.missing
        self.extra += other.extra
        self.tracks |= other.tracks
        self.absent |= other.absent

    @property
    def differing(self) -> int:
        """Cuboids that are off by more than a centimetre or a tenth of a degree."""
        if not self.distances_m:
            return 0
        far = np.array(self.distances_m) > SAME_M
        return int((far | (np.array(self.angles_rad) > SAME_RAD)).sum())

    def in_words(self) -> str:
        """Largest and 95th percentile differences."""
        if not self.distances_m:
            return "no cuboid to compare"
        distances, angles = np.array(self.distances_m), np.degrees(self.angles_rad)
        return (
            f"largest difference {distances.max():.3f} m and {angles.max():.2f} degrees, "
            f"95th percentile {np.percentile(distances, 95):.3f} m and "
            f"{np.percentile(angles, 95):.2f} degrees, over {len(distances):,} cuboids"
        )


def between_samples(
    track: Track,
    states: Sequence[TrackState | None],
    sample_us: IntArray,
    sweep_states: Sequence[TrackState | None],
    sweep_us: IntArray,
    sweep_sample: IntArray,
) -> Differences:
    """Compare a track with what the toolkit interpolates at the sweeps between samples.

    The toolkit takes the boxes of the sample that a sweep points to. Where the sample before has the
    object too, the centre is interpolated linearly and the orientation by slerp, at a time that is
    not let out of the two samples; otherwise the box is shown where it is in the sample.

    Args:
        track: the track.
        states: its state at each sample, None where it is not there, (S,).
        sample_us: times of the samples, (S,).
        sweep_states: its state at each sweep that is no sample, None where it is not there, (N,).
        sweep_us: times of these sweeps in microseconds, (N,).
        sweep_sample: the sample each of them points to, (N,).
    """
    found = Differences()
    has: FloatArray = np.array([state is not None for state in states])
    shown = np.flatnonzero(has[sweep_sample])
    poses: dict[int, SE3] = {}
    if len(shown):
        right = sweep_sample[shown]
        both = (right > 0) & has[right - 1]
        left = np.where(both, right - 1, right)
        span = np.maximum(sample_us[right] - sample_us[left], 1)
        fraction = np.clip((sweep_us[shown] - sample_us[left]) / span, 0.0, 1.0)
        stack = SE3.stack(
            [SE3.identity() if s is None else s.cuboid.frame_SE3_cuboid for s in states]
        )
        interpolated = stack[left].interpolate(stack[right], fraction)
        poses = {int(sweep): interpolated[row] for row, sweep in enumerate(shown)}
    for sweep, state in enumerate(sweep_states):
        pose = poses.get(sweep)
        if state is not None and pose is not None:
            own = state.cuboid.frame_SE3_cuboid
            distance_m = float(np.linalg.norm(own.translation_m - pose.translation_m))
            found.add(track, distance_m, float(own.angle_to_rad(pose)))
        elif state is not None:
            found.missing += 1
        elif pose is not None:
            found.extra += 1
    if found.missing or found.extra:
        found.absent.add(track.name)
    return found
