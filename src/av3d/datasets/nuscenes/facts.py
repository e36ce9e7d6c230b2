"""What was written for one scene, and what could not be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from av3d.datasets.nuscenes.images import ImageCounts
from av3d.datasets.nuscenes.tables import Row


@dataclass
class SceneFacts:
    """Counts and notes of one scene.

    Attributes:
        scene: its name, "scene-0003".
        log: name of the log.
        sweeps: LiDAR sweeps written, those of samples included.
        samples, images, cuboids, instances: how many were written.
        radar_measurements: radar measurements written.
        image_counts: how images were written.
        images_without_pose: images left out because no ego pose covers their time.
        radars_without_pose: radar measurements left out for the same reason.
        samples_without_image: images that samples lack, as sample number and channel.
        seen_tracks: IDs of tracks that have cuboids.
        unseen_tracks: names, by ID, of tracks that are not there at the time of any sample.
        fallbacks: names of tracks in each category that nuScenes does not have.
        unknown_motion: cuboids without an attribute because the motion is not known.
        dropped_attributes: attributes that were left out, with the number of cuboids.
        provenance: cuboids by provenance.
        unused_keyframes: keyframes that are at no sample's time.
        dropped_fields: values of points that were left out.
        rounded: timestamps that are no whole microseconds.
        notes: what was chosen or assumed for it.
        sidecar: its entry in av3d.json.
    """

    scene: str
    log: str
    sweeps: int = 0
    samples: int = 0
    images: int = 0
    cuboids: int = 0
    instances: int = 0
    radar_measurements: int = 0
    image_counts: ImageCounts = field(default_factory=ImageCounts)
    images_without_pose: int = 0
    radars_without_pose: int = 0
    samples_without_image: list[str] = field(default_factory=list)
    seen_tracks: set[str] = field(default_factory=set)
    unseen_tracks: dict[str, str] = field(default_factory=dict)
    fallbacks: dict[str, list[str]] = field(default_factory=dict)
    unknown_motion: int = 0
    dropped_attributes: Counter[str] = field(default_factory=Counter)
    provenance: Counter[str] = field(default_factory=Counter)
    unused_keyframes: int = 0
    dropped_fields: set[str] = field(default_factory=set)
    rounded: int = 0
    notes: list[str] = field(default_factory=list)
    sidecar: Row = field(default_factory=dict)
