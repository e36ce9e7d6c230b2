"""Indexes of bags that have been opened before, in the user's cache folder.

An index is found by the paths, sizes and change times of the bag's files, so that a bag that has
changed is looked through again. What cannot be read or written is not missed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from av3d.datasets.mcap_ros2.index import COLUMNS, BagIndex, PoseTrack, Topic
from av3d.errors import Av3dError
from av3d.files import new_file, real_path

VERSION = 1
"""Counted up when an index of the same bag would come out otherwise."""

MAX_KEPT = 200
"""Indexes that are kept; those used longest ago go. An hour of driving has about 20 MB."""


def load(parts: Sequence[Path]) -> BagIndex | None:
    """The index of a bag's files, if there is one that can be read."""
    try:
        path = _path(parts)
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as arrays:
            index = _unpack({name: arrays[name] for name in arrays.files})
        path.touch()
    except Exception:  # whatever a damaged file makes numpy, zipfile and json raise
        return None
    return index


def keep(parts: Sequence[Path], index: BagIndex) -> None:
    """Keep the index of a bag's files for the next time."""
    with suppress(OSError, Av3dError):
        path = _path(parts)
        with new_file(path) as aside, aside.open("wb") as file:
            np.savez_compressed(file, **_pack(index))
        old = sorted(path.parent.glob("*.npz"), key=lambda kept: kept.stat().st_mtime)
        for kept in old[:-MAX_KEPT]:
            kept.unlink(missing_ok=True)


def _path(parts: Sequence[Path]) -> Path:
    import platformdirs

    digest = hashlib.sha256(f"{VERSION}".encode())
    for part in parts:
        real = real_path(part)
        status = real.stat()
        digest.update(
            f"\0{real}\0{status.st_size}\0{status.st_mtime_ns}".encode("utf-8", "replace")
        )
    return Path(platformdirs.user_cache_dir("av3d")) / "bags" / f"{digest.hexdigest()[:40]}.npz"


def _pack(index: BagIndex) -> dict[str, Any]:
    topics, poses = list(index.topics.values()), index.poses
    words = {
        "topics": [
            [topic.name, topic.type, topic.frame, topic.head.hex(), topic.count] for topic in topics
        ],
        "poses": [[pose.topic, pose.type, pose.parent, pose.child] for pose in poses],
        "others": index.others,
        "notes": index.notes,
    }
    arrays: dict[str, Any] = {"words": np.frombuffer(json.dumps(words).encode(), dtype=np.uint8)}
    for number, topic in enumerate(topics):
        arrays[f"rows{number}"] = topic.rows
    for number, pose in enumerate(poses):
        arrays[f"times{number}"] = pose.times_ns
        arrays[f"values{number}"] = pose.values
    return arrays


def _unpack(arrays: dict[str, Any]) -> BagIndex:
    words = json.loads(arrays["words"].tobytes())
    topics = {}
    for number, (name, type_, frame, head, count) in enumerate(words["topics"]):
        rows = arrays[f"rows{number}"]
        if rows.dtype != np.int64 or rows.ndim != 2 or rows.shape[1] != len(COLUMNS):
            raise ValueError("rows of another shape")
        topics[name] = Topic(name, type_, frame, bytes.fromhex(head), rows, count)
    poses = []
    for number, (topic, type_, parent, child) in enumerate(words["poses"]):
        times, values = arrays[f"times{number}"], arrays[f"values{number}"]
        if times.dtype != np.int64 or values.shape != (len(times), 7):
            raise ValueError("poses of another shape")
        poses.append(PoseTrack(topic, type_, parent, child, times, values))
    return BagIndex(topics, tuple(poses), dict(words["others"]), tuple(words["notes"]))
