"""Labels of an OpenLABEL file as tracks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from av3d.datasets.customary_classes import OTHER, customary_category
from av3d.datasets.dataset import DatasetError, ImportedLabels
from av3d.datasets.imported_tracks import CuboidRows, TrackFacts, renamed, tracks_of
from av3d.datasets.label_files import stem_of
from av3d.datasets.openlabel.document import Node, is_openlabel, read_document
from av3d.datasets.openlabel.gathering import Cuboids, Gatherer
from av3d.datasets.openlabel.times import frame_times_ns
from av3d.datasets.openlabel.words import ANNOTATOR, ID, NOTE, OF_TRACK, STATIC
from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.tracks.relation import Relation
from av3d.tracks.track import name_of
from av3d.types import Scalar

ROOT_KNOWN = (
    "metadata", "ontologies", "coordinate_systems", "streams", "frames", "frame_intervals",
    "objects", "relations", "resources",
)  # fmt: skip
"""What is read, or says nothing about cuboids: streams and resources are the log's own affair."""


def read_labels(log: Log, labels: Path | None = None) -> ImportedLabels:
    """Tracks of the objects of a file that have cuboids, in the log's world frame.

    Cuboids go through the vehicle's coordinate system to where the log's own ego poses say that the
    vehicle was; those of a file without such a system are taken to be in the log's world frame.

    Args:
        log: the log, of any kind.
        labels: the file, or a folder with <log name>.json or with a single OpenLABEL file.

    Raises:
        InputFileError: the file cannot be read, or is not JSON.
        DatasetError: it is not OpenLABEL 1.0, or an element is wrong; says which.
        TrajectoryError: a frame lies outside the times of the ego poses.
    """
    path = _file(labels if labels is not None else log.path, log)
    root = read_document(path)
    objects = dict(root.members("objects", "object"))
    frames = _frames(root, objects, log)
    times_ns, notes = frame_times_ns(frames, log)
    gatherer = Gatherer(log, root, objects)
    for number in sorted(frames):
        gatherer.read_frame(number, times_ns[number], frames[number])
    found = gatherer.found
    found.skipped.update(key for key in root.value if key not in ROOT_KNOWN)
    described = _Objects(root, objects, found)
    poses, sizes_m = found.poses()
    rows = CuboidRows(
        np.array([times_ns[number] for number in found.frames], dtype=np.int64),
        [described.ids[uid] for uid in found.uids],
        [described.categories[uid] for uid in found.uids],
        poses,
        sizes_m,
        [{**described.attributes[uid], **own}
         for uid, own in zip(found.uids, found.attributes, strict=True)],
        found.place_of,
    )  # fmt: skip
    labelled_ns = np.array(sorted(times_ns.values()), dtype=np.int64)
    tracks = tracks_of(rows, described.facts(), labelled_ns, path)
    counts = {
        "frames": len(frames),
        "cuboids": len(found.uids),
        "tracks": len(tracks),
        "objects_without_cuboid": len(set(objects) - set(found.uids)),
        "further_cuboids": found.further,
        "renamed_cuboids": renamed(rows),
    }
    return ImportedLabels(tracks, (*notes, *_notes(found, counts)), counts)


def _file(place: Path, log: Log) -> Path:
    if not place.is_dir():
        return place
    own = place / f"{stem_of(log.name)}.json"
    if is_openlabel(own):
        return own
    found = [path for path in sorted(place.glob("*.json")) if is_openlabel(path)]
    if len(found) != 1:
        raise DatasetError(
            f"there is no {own.name}, and {len(found) or 'no'} other OpenLABEL files", place,
            "give the file itself",
        )  # fmt: skip
    return found[0]


def _frames(root: Node, objects: Mapping[str, Node], log: Log) -> dict[int, Node]:
    """The frames by number; of a file without any, those of the log, which its objects are in."""
    found: dict[int, Node] = {}
    for key, node in root.members("frames", "frame"):
        if not re.fullmatch(r"[0-9]{1,18}", key):
            raise node.wrong("its key is no number")
        if int(key) in found:
            raise node.wrong("is there twice, with other leading zeros")
        found[int(key)] = node
    if not found and any(
        node.member("object_data").value.get("cuboid") for node in objects.values()
    ):
        return {frame.index: Node({}, f"frame {frame.index}", root.path) for frame in log.frames}
    return found


class _Objects:
    """What a file says of whole objects that have cuboids.

    Attributes:
        ids, categories, attributes: by key of the object; attributes hold in all of its frames.
    """

    def __init__(self, root: Node, objects: Mapping[str, Node], found: Cuboids) -> None:
        self._root = root
        self._is_own = root.member("metadata").text("annotator").startswith(ANNOTATOR)
        self.ids: dict[str, str] = {}
        self.categories: dict[str, str] = {}
        self.attributes: dict[str, dict[str, Scalar]] = {}
        self._numbers: dict[str, int | None] = {}
        self._said: dict[str, dict[str, Scalar]] = {}
        for uid in dict.fromkeys(found.uids):
            node = objects.get(uid, Node({}, f"object {uid}", root.path))
            said = node.member("object_data").attributes(found.skipped)
            found.skipped.update(
                key
                for key in node.member("object_data").value
                if key not in ("cuboid", "vec", "boolean", "num", "text")
            )
            kind = node.text("type")
            self.categories[uid] = (kind if self._is_own else customary_category(kind)) or OTHER
            self._numbers[uid] = _number(node.text("name"), self.categories[uid])
            self.ids[uid] = str(said.get(ID) or uid)
            self.attributes[uid] = {k: v for k, v in said.items() if k not in OF_TRACK}
            self._said[uid] = said
        if len(set(self.ids.values())) < len(self.ids):
            doubled = Counter(self.ids.values()).most_common(1)[0][0]
            raise DatasetError(f"two objects have the {ID} {doubled!r}", root.path, "correct one")
        self._relations = self._read_relations(found)

    def facts(self) -> dict[str, TrackFacts]:
        """By ID of the track."""
        return {
            self.ids[uid]: TrackFacts(
                number=self._numbers[uid],
                attributes=self.attributes[uid],
                exact=self._is_own,
                static=said.get(STATIC) is True,
                note=str(said.get(NOTE, "")),
                relations=tuple(self._relations.get(uid, ())),
            )
            for uid, said in self._said.items()
        }

    def _read_relations(self, found: Cuboids) -> dict[str, list[Relation]]:
        """Relations between objects, by the key of the one that keeps them; others are counted."""
        relations: dict[str, list[Relation]] = {}
        for _, node in self._root.members("relations", "relation"):
            ends = [list(_uids(node, key)) for key in ("rdf_subjects", "rdf_objects")]
            kind = node.text("type")
            known = all(ends) and all(uid in self.ids for uids in ends for uid in uids)
            if not known or ends[0] == ends[1]:
                found.skipped["relation"] += 1
                continue
            for child in ends[0]:
                for parent in ends[1]:
                    try:
                        relation = Relation(kind, self.ids[parent])
                    except Av3dError as error:
                        raise node.wrong(error.what) from error
                    relations.setdefault(child, []).append(relation)
        return relations


def _uids(node: Node, key: str) -> Iterator[str]:
    """Keys of the objects at one end of a relation; one that is of no object is "" (which none is)."""
    for agent in node.items(key):
        is_object = agent.text("type", "object") == "object"
        yield agent.text("uid") if is_object else ""


def _number(name: str, category: str) -> int | None:
    """The number in a name such as "Car 21"; None where it is called otherwise."""
    match = re.fullmatch(r"(.*) ([0-9]{1,9})", name)
    if match is None or name_of(category, int(match[2])).lower() != name.lower():
        return None
    return int(match[2])


def _notes(found: Cuboids, counts: Mapping[str, int]) -> Sequence[str]:
    notes: list[str] = []
    if found.without_system:
        notes.append("the file has no coordinate systems: cuboids are taken to be in the vehicle's")
    if found.unlinked:
        notes.append(
            f"in {len(found.unlinked)} frames no transform leads to the vehicle: the coordinates are "
            "taken to be those of the log's world frame"
        )
    if found.further:
        notes.append(
            f"{found.further} cuboids beside the first of their object in a frame left out"
        )
    if counts["renamed_cuboids"]:
        notes.append(
            f"{counts['renamed_cuboids']} cuboids took the category of most of their track"
        )
    if counts["objects_without_cuboid"]:
        notes.append(f"{counts['objects_without_cuboid']} objects have no cuboid and were left out")
    if found.skipped:
        listed = ", ".join(f"{what} ({count})" for what, count in sorted(found.skipped.items()))
        notes.append(f"not taken over: {listed}")
    return notes
