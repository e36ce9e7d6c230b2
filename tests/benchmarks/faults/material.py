"""Real labels to plant faults in: a log, its official labels, and what the checks say of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from av3d.datasets.registry import dataset, open_log, own_labels
from av3d.datasets.relabelling import for_project
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3, wrap_angle_rad
from av3d.logs.log import Log
from av3d.ontology.attribute import Attribute, AttributeKind, Per, Value
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default
from av3d.qa.check import Check
from av3d.qa.finding import Finding
from av3d.qa.inspection import Inspection
from av3d.qa.subject import Subject
from av3d.simulate import SimulateOptions, simulate_log
from av3d.simulate.options import ScenarioName
from av3d.tracks.track import Track

REPOSITORY = Path(__file__).parents[3]

SAMPLE = REPOSITORY / "sample_logs" / "crossing"

SHAPE = "faults_shape"
"""A required attribute: the ontology of the study has one, and the labels are given a value of it."""

AV2 = ("7fab2350-7eaf-3b7e-a39d-6937a4c1bede", "adcf7d18-0510-35b0-a2fa-b4cea13a6d76")
HELD_KITTI = ("0005", "0007", "0008")
"""Such sequences that nobody has looked at while limits were chosen."""
SIMULATED: dict[str, ScenarioName] = {"town31": "crossing", "fast31": "fast"}
"""Simulated logs with sweeps, kept back as well, by name; and their scenarios."""
KITTI_MOVING_RIG = ("0000", "0004", "0010")
"""Sequences of KITTI tracking without poses: everything seems to move, and nothing is known of it."""


@dataclass
class Material:
    """A log with its untouched labels under an inspection.

    Attributes:
        name: of the log, short.
        log, ontology: as the project would have them.
        tracks: the untouched labels.
        inspection: has looked at them.
        untouched: its findings on them.
    """

    name: str
    log: Log
    ontology: Ontology
    tracks: tuple[Track, ...]
    inspection: Inspection
    untouched: tuple[Finding, ...]

    @staticmethod
    def of(
        name: str, log: Log, checks: Sequence[Check] | None = None, *, read: bool = True
    ) -> Material:
        """The official labels of a log, looked at; without sweeps and images if not `read`."""
        ontology = ontology_of_study()
        tracks, _ = for_project(_labels(log), dataset(log.kind), ontology)
        tracks = tuple(
            replace(track, attributes={**track.attributes, SHAPE: "whole"})
            if ontology.category(track.category) is not None
            else track
            for track in tracks
        )
        inspection = Inspection(log, ontology, checks, read=read)
        return Material(name, log, ontology, tracks, inspection, inspection.update(tracks))

    @cached_property
    def subjects(self) -> dict[str, Subject]:
        """The untouched tracks as checks look at them, by ID."""
        found = {track.id: self.inspection.subject(track.id) for track in self.tracks}
        return {track_id: one for track_id, one in found.items() if one and len(one.frames)}

    @cached_property
    def cuboids(self) -> int:
        """Number of cuboids at frames."""
        return sum(len(one.frames) for one in self.subjects.values())

    def points_inside(self, subject: Subject) -> np.ndarray:
        """Number of points in each cuboid, (M,); NaN where there is no sweep."""
        if subject.points is None:
            return np.full(len(subject.frames), np.nan)
        return np.asarray(subject.points.inside, dtype=np.float64)

    def sees(self, subject: Subject, points: float, within_m: float = np.inf) -> bool:
        """Whether there are sweeps nearly all of the time, with as many points in most cuboids."""
        inside = self.points_inside(subject)
        if np.isfinite(inside).mean() < 0.8:
            return False
        return bool(np.nanmedian(inside) >= points and np.median(subject.ranges_m) <= within_m)

    def is_empty(self, cuboid: Cuboid, frame: int) -> bool:
        """Whether a cuboid of the world frame is in view of the LiDAR in a frame, and empty.

        In view: most of the points in the directions of its upper half lie beyond it, and there are
        some. Empty: two points at most, above the ground that it stands on.
        """
        ego_SE3_world = self.log.world_SE3_ego(self.log.frames[frame].timestamp_ns).inverse()
        box = cuboid.in_frame(ego_SE3_world)
        points_m = np.asarray(self.log.cloud(frame).points_m, dtype=np.float64)
        mount = self.log.rig.lidar(self.log.reference_lidar)
        origin_m = mount.ego_SE3_lidar.translation_m
        lifted_m = np.add(box.center_m, [0, 0, 0.1 * box.height_m])
        body = Cuboid(SE3(box.frame_SE3_cuboid.rotation, lifted_m), box.size_lwh_m * [1, 1, 0.8])
        if np.count_nonzero(body.contains(points_m)) > 2:
            return False
        (azimuths, elevations, ways_m), corners = (
            _polar(place_m - origin_m) for place_m in (points_m, box.corners_m())
        )
        middle, level, way_m = (part[0] for part in _polar((box.center_m - origin_m)[None]))
        aside = np.abs(wrap_angle_rad(azimuths - middle))
        towards = aside < np.abs(wrap_angle_rad(corners[0] - middle)).max()
        towards &= (elevations > level) & (elevations < corners[1].max())
        beyond = ways_m[towards] > way_m + np.hypot(box.length_m, box.width_m) / 2
        return bool(len(beyond) >= 5 and beyond.mean() > 0.5)

    def apart_m(self, one: Subject, other: Subject) -> float:
        """How close two tracks come to each other, between centres seen from above."""
        _, rows, others = np.intersect1d(
            one.frames, other.frames, assume_unique=True, return_indices=True
        )
        if not len(rows):
            return float("inf")
        ways_m = one.centers_m[rows, :2] - other.centers_m[others, :2]
        return float(np.hypot(*ways_m.T).min())


def _polar(ways_m: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Azimuth, elevation and horizontal distance of ways, (N, 3) → three times (N,)."""
    far_m = np.hypot(ways_m[:, 0], ways_m[:, 1])
    return np.arctan2(ways_m[:, 1], ways_m[:, 0]), np.arctan2(ways_m[:, 2], far_m), far_m


def _labels(log: Log) -> tuple[Track, ...]:
    """The labels that come with a log; of a simulated one the truth. The sample log keeps its labels."""
    truth = log.path / "truth" / "tracks.json"
    if log.path.samefile(SAMPLE) or not truth.is_file():
        return own_labels(log)
    tracks = dataset(log.kind).read_labels(log, truth).tracks
    # Its colours and counts of points are no attributes of any ontology.
    return tuple(
        replace(
            track,
            attributes={},
            keyframes=tuple(replace(keyframe, attributes={}) for keyframe in track.keyframes),
        )
        for track in tracks
    )


def ontology_of_study() -> Ontology:
    """The project's usual ontology, with one required attribute more."""
    ontology = default()
    shape = Attribute(
        SHAPE,
        kind=AttributeKind.ENUM,
        per=Per.TRACK,
        required=True,
        values=(Value("whole"), Value("part")),
    )  # fmt: skip
    categories = tuple(
        replace(category, attributes=(*category.attributes, SHAPE))
        for category in ontology.categories
    )
    return replace(ontology, categories=categories, attributes=(*ontology.attributes, shape))


def real_data() -> Path | None:
    """The folder of real logs, if there is one."""
    folder = os.environ.get("AV3D_REAL_DATA")
    return Path(folder) if folder else None


def log_paths() -> dict[str, Path]:
    """The logs of the study by name; only the sample log without the real ones."""
    found = {"crossing": SAMPLE}
    real = real_data()
    if real is None:
        return found
    labels = real / "kitti_tracking" / "training" / "label_02"
    found["pandaset"] = real / "pandaset" / "002"
    found["av2 7fab"], found["av2 adcf"] = (real / "av2" / name for name in AV2)
    found["nuscenes"] = real / "nuscenes" / "scene_0103"
    found["kitti 0001"] = labels / "0001.txt"
    found.update((f"kitti {name}", labels / f"{name}.txt") for name in KITTI_MOVING_RIG)
    return found


def held_paths() -> dict[str, Path]:
    """Logs that were kept back while limits were chosen; simulated ones are made when opened."""
    real = real_data()
    found = {name: Path(name) for name in SIMULATED}
    if real is not None:
        labels = real / "kitti_tracking" / "training" / "label_02"
        found.update((name, labels / f"{name}.txt") for name in HELD_KITTI)
    return found


def opened(name: str, path: Path, folder: Path) -> Log:
    """Open a log of the study.

    KITTI's 0001 has 447 labelled frames, and sweeps of two; opened without these all frames are
    there. `folder` is where links to its other files are put, and where simulated logs are made.
    """
    if name in SIMULATED and not path.exists():
        options = SimulateOptions(scenario=SIMULATED[name], frames=60, seed=31, cameras=False)
        path = simulate_log(folder / name, options).path
    if name != "kitti 0001":
        return open_log(path)
    training = path.parents[1]
    here = Path(tempfile.mkdtemp(dir=folder)) / "training"
    for kind in ("calib", "label_02", "oxts"):
        (here / kind).mkdir(parents=True)
        (here / kind / path.name).symlink_to((training / kind / path.name).resolve())
    return open_log(here / "label_02" / path.name)
