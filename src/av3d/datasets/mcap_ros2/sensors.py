"""Which topics are LiDARs and cameras, and what they are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from av3d.datasets.dataset import DatasetError
from av3d.datasets.mcap_ros2 import messages as ros
from av3d.datasets.mcap_ros2.index import BagIndex, Topic
from av3d.datasets.mcap_ros2.pictures import why_not_a_picture
from av3d.datasets.mcap_ros2.sidecar import Sidecar

_MADE_FROM_SWEEPS = re.compile(
    r"filter|crop|ground|obstacle|cluster|segment|down_?sampl|voxel|(^|[/_])map|concat|merged|fused|"
    r"combined|registered|aligned|feature|corner|surf|outlier|debug|object|detect|rectified|"
    r"undistort|deskew|compensat|transformed|depth|stereo|radar|costmap|global|local"
)
"""Words in topics of clouds that some node has made, not a LiDAR."""

_GENERIC = re.compile(
    r"(velodyne_|rslidar_|lidar_)?(points|point_?cloud2?)(_raw)?(_ex)?|cloud|scan|lidars?|raw|data|"
    r"sensing|sensors?|drivers?|packets|cameras?|(image_?)?(raw|color|mono|rgb|rect|rect_color|rect_raw)|"
    r"image|raw_image|compressed|ros2"
)
"""Parts of topics that do not tell one sensor from another."""

_POINTS_OF = re.compile(r"_(points|point_?cloud2?|cloud|scan|image)(_raw)?$")
"""Ends of names that tell what comes, not from where: velodyne_points."""

_FEW = 0.2
"""A cloud that comes less often than this share of the most frequent one is a map or the like."""

_IMAGE_ORDER = ("image_raw", "image_color", "image", "image_rect_color", "image_rect", "image_mono")
"""Of several images of one camera the first of these is taken: what the camera saw, in colour."""


@dataclass(frozen=True)
class Sensor:
    """A topic that was chosen.

    Attributes:
        name: of the LiDAR or camera in av3d.
        topic: its sweeps or images.
    """

    name: str
    topic: Topic


def choose_lidars(index: BagIndex, sidecar: Sidecar, notes: list[str], bag: Path) -> list[Sensor]:
    """The LiDARs, the one with the largest sweeps first.

    Args:
        index: the bag.
        sidecar: what av3d.toml says.
        notes: what is left out is added.
        bag: the bag, for messages.

    Raises:
        DatasetError: there is none, or av3d.toml names a topic that is none.
    """
    clouds = {name: topic for name, topic in index.topics.items() if topic.type == ros.CLOUD}
    if sidecar.lidars is not None:
        return _with_names(_named(sidecar.lidars, clouds, "lidar", sidecar), sidecar)
    if not clouds:
        raise DatasetError(
            "; ".join(
                ["the bag has no messages of type sensor_msgs/PointCloud2", *index.notes[:1]]
            ),
            bag,
            f"record the points of a LiDAR; the bag has {_listed(index)}",
        )
    most = max(topic.count for topic in clouds.values())
    kept: list[Topic] = []
    left: dict[str, str] = {}
    for name, topic in sorted(clouds.items()):
        if topic.count < _FEW * most:
            left[name] = f"only {topic.count} messages"
        else:
            kept.append(topic)
    measured = [topic for topic in kept if not _MADE_FROM_SWEEPS.search(topic.name.lower())]
    if measured:
        left.update({topic.name: "made from sweeps" for topic in kept if topic not in measured})
        kept = measured
    # Nodes that filter a cloud leave its header as it is; what the driver sends is the largest.
    kept.sort(key=lambda topic: (-_usual_size(topic), topic.name.count("/"), topic.name))
    chosen: list[Topic] = []
    for topic in kept:
        same = next((first for first in chosen if _same_sweeps(first, topic)), None)
        if same is None:
            chosen.append(topic)
        else:
            left[topic.name] = f"the sweeps of {same.name} once more"
    chosen.sort(key=lambda topic: (-_usual_size(topic), topic.name))
    if left:
        why = ", ".join(f"{name} ({reason})" for name, reason in sorted(left.items()))
        notes.append(
            f"clouds left out: {why}; to choose others write [topics] lidar = [...] in "
            f"{sidecar.path.name}"
        )
    return _with_names(chosen, sidecar)


def choose_cameras(
    index: BagIndex, sidecar: Sidecar, taken: Iterable[str], notes: list[str]
) -> list[Sensor]:
    """The cameras, those that look ahead first; depth images and unknown encodings are no cameras.

    Args:
        index: the bag.
        sidecar: what av3d.toml says.
        taken: names of LiDARs, which a camera cannot have.
        notes: what is left out is added.

    Raises:
        DatasetError: av3d.toml names a topic that has no images.
    """
    images = {name: topic for name, topic in index.topics.items() if topic.type in ros.PICTURES}
    if sidecar.cameras is not None:
        chosen = _named(sidecar.cameras, images, "camera", sidecar)
        return _with_names(chosen, sidecar, taken)
    left: dict[str, str] = {}
    by_camera: dict[tuple[str, str], list[Topic]] = {}
    for name, topic in sorted(images.items()):
        why = why_not_a_picture(topic)
        if why:
            left[name] = why
        else:
            by_camera.setdefault(_camera_of(topic), []).append(topic)
    chosen = []
    for topics in by_camera.values():
        first = min(topics, key=_image_rank)
        chosen.append(first)
        left.update(
            {topic.name: f"same camera as {first.name}" for topic in topics if topic is not first}
        )
    if left:
        why = ", ".join(f"{name} ({reason})" for name, reason in sorted(left.items()))
        notes.append(
            f"images left out: {why}; to choose others write [topics] camera = [...] in "
            f"{sidecar.path.name}"
        )
    sensors = _with_names(chosen, sidecar, taken)
    return sorted(sensors, key=lambda sensor: (_direction(sensor.name), sensor.name))


def calibration_of(index: BagIndex, image: Topic, sidecar: Sidecar) -> Topic | None:
    """The CameraInfo of an image topic: beside it, below it, or the only one with its frame.

    Raises:
        DatasetError: av3d.toml names a topic that is none.
    """
    infos = {name: topic for name, topic in index.topics.items() if topic.type == ros.CAMERA_INFO}
    named = sidecar.camera_info.get(image.name)
    if named is not None:
        if named not in infos:
            raise DatasetError(
                f"topics.camera_info names {named!r}, which is no CameraInfo",
                sidecar.path,
                f"use one of: {' '.join(sorted(infos)) or 'none is in the bag'}",
            )
        return infos[named]
    base = image_base(image.name)
    for name in (f"{base.rpartition('/')[0]}/camera_info", f"{base}/camera_info"):
        if name in infos:
            return infos[name]
    same_frame = [topic for topic in infos.values() if image.frame and topic.frame == image.frame]
    return same_frame[0] if len(same_frame) == 1 else None


def image_base(topic: str) -> str:
    """The topic of an image without what its transport adds: /front/image_raw of .../compressed."""
    return topic.removesuffix("/compressed")


def is_rectified(topic: str) -> bool:
    """Whether a topic's name says that its images are rectified."""
    return "rect" in image_base(topic).rpartition("/")[2].split("_")


def _camera_of(topic: Topic) -> tuple[str, str]:
    """What images of one camera have in common: their frame, and the namespace of usual names."""
    base = image_base(topic.name)
    namespace, _, kind = base.rpartition("/")
    return (namespace if kind in _IMAGE_ORDER else base), topic.frame


def _direction(name: str) -> tuple[bool, bool, bool]:
    """Smallest for a camera that looks ahead, then those beside it, to the sides and back."""
    words = name.lower()
    back = "back" in words or "rear" in words
    beside = "left" in words or "right" in words
    ahead = any(word in words for word in ("front", "forward", "center", "centre"))
    return back, not ahead and beside, beside


def _image_rank(topic: Topic) -> tuple[int, int, int, str]:
    kind = image_base(topic.name).rpartition("/")[2]
    order = _IMAGE_ORDER.index(kind) if kind in _IMAGE_ORDER else len(_IMAGE_ORDER)
    # Of the same images raw and packed, the packed ones are read faster.
    return order, -topic.count, int(topic.type == ros.IMAGE), topic.name


def _same_sweeps(first: Topic, second: Topic) -> bool:
    """Whether two topics have clouds of one frame and one time."""
    if first.frame != second.frame:
        return False
    return bool(np.isin(second.rows[:, 0], first.rows[:, 0]).mean() > 0.5)


def _usual_size(topic: Topic) -> int:
    sizes = sorted(topic.rows[:, 5].tolist())
    return int(sizes[len(sizes) // 2]) if sizes else 0


def _named(
    names: Sequence[str], known: dict[str, Topic], key: str, sidecar: Sidecar
) -> list[Topic]:
    for name in names:
        if name not in known:
            raise DatasetError(
                f"topics.{key} names {name!r}, which the bag does not have",
                sidecar.path,
                f"use some of: {' '.join(sorted(known)) or 'none is in the bag'}",
            )
    return [known[name] for name in names]


def _with_names(
    topics: Sequence[Topic], sidecar: Sidecar, taken: Iterable[str] = ()
) -> list[Sensor]:
    """Short names that tell the sensors apart, or those of av3d.toml."""
    taken = set(taken)
    short = [_short_name(topic.name) for topic in topics]
    doubled = {name for name, count in Counter(short).items() if count > 1}
    sensors: list[Sensor] = []
    for topic, name in zip(topics, short, strict=True):
        kind = "lidar" if topic.type == ros.CLOUD else "camera"
        wanted = sidecar.names.get(topic.name)
        if wanted is None:
            wanted = _full_name(topic.name) if name in doubled else name
            wanted = f"{kind}_{wanted}" if wanted in taken else wanted
        if wanted in taken:
            raise DatasetError(
                f"two sensors are called {wanted!r}",
                sidecar.path,
                f'write [names] "{topic.name}" = "another name"',
            )
        taken.add(wanted)
        sensors.append(Sensor(wanted, topic))
    return sensors


def _full_name(topic: str) -> str:
    return re.sub(r"\W+", "_", topic).strip("_")[:80] or "sensor"


def _short_name(topic: str) -> str:
    parts = [part for part in image_base(topic).strip("/").split("/") if part]
    telling = [part for part in parts if not _GENERIC.fullmatch(part.lower())]
    if not telling:
        telling = [part for part in parts[:1] if part]
    name = "_".join(telling)
    return _full_name(_POINTS_OF.sub("", name) or name)


def _listed(index: BagIndex) -> str:
    """Topics and types for a message, those of sensors first."""
    topics = {name: topic.type for name, topic in index.topics.items()} | index.others
    shown = [f"{name} ({type_})" for name, type_ in sorted(topics.items())]
    more = f" and {len(shown) - 12} more" if len(shown) > 12 else ""
    return (", ".join(shown[:12]) or "no topics") + more
