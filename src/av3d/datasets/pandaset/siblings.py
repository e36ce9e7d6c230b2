"""One object, two uuids: PandaSet labels much of what both LiDARs see once for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

REFERENCE_SENSOR = 0
"""`cuboids.sensor_id` of cuboids fitted to the Pandar64; 1 is the PandarGT, -1 has no sibling."""


@dataclass(frozen=True)
class LabelledObject:
    """What sibling links say about one uuid.

    Attributes:
        uuid: the object's identity in the files.
        sensor: `cuboids.sensor_id`.
        frames: frames in which it has a cuboid.
        siblings: uuids that its cuboids name as the same object.
    """

    uuid: str
    sensor: int
    frames: frozenset[int]
    siblings: frozenset[str]


def groups(objects: Mapping[str, LabelledObject]) -> list[tuple[str, ...]]:
    """The uuids of each real object, the one that is kept first.

    Two uuids are one object if either names the other as its sibling and they belong to different
    LiDARs. (Links are not always mutual, may name the uuid itself, or one that is not in the log.)
    Kept is the one of the Pandar64, because it scans all around and its sweeps make the frames;
    the other serves in frames in which the kept one has no cuboid.

    Args:
        objects: by uuid, in order of first appearance.

    Returns:
        One tuple per object, in order of the first appearance of any of its uuids.
    """
    root = {uuid: uuid for uuid in objects}

    def find(uuid: str) -> str:
        while root[uuid] != uuid:
            uuid = root[uuid]
        return uuid

    for uuid, other in _links(objects):
        root[find(other)] = find(uuid)
    together: dict[str, list[LabelledObject]] = {}
    for uuid, item in objects.items():
        together.setdefault(find(uuid), []).append(item)
    return [
        tuple(
            item.uuid
            for item in sorted(
                items, key=lambda item: (item.sensor != REFERENCE_SENSOR, -len(item.frames))
            )
        )
        for items in together.values()
    ]


def _links(objects: Mapping[str, LabelledObject]) -> Iterable[tuple[str, str]]:
    for uuid, item in objects.items():
        for other in sorted(item.siblings):
            if other in objects and objects[other].sensor != item.sensor:
                yield uuid, other
