"""A release: labels of logs at one entry of the journal, under a name, never to be changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from av3d.digests import canonical, digest_of
from av3d.store.errors import StoreError
from av3d.tracks.checking import check_text, whole_ns

MOST_NAME = 100
"""Characters of a name."""
NOW = "now"
"""What people call the labels as they are; no release is called so."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class CategoryCounts:
    """How much of a category a release has. Whole numbers and exactly rounded means, so that every
    machine gets the same.

    Attributes:
        tracks: how many.
        keyframes: of all of them, by provenance.
        present_ns: how long they are there, all together.
        mean_size_lwh_m: over all keyframes.
        accepted: tracks that a reviewer accepted and nobody changed since.
    """

    tracks: int
    keyframes: Mapping[str, int]
    present_ns: int
    mean_size_lwh_m: tuple[float, float, float]
    accepted: int

    def as_json(self) -> dict[str, Any]:
        """The counts as JSON values."""
        return {
            "tracks": self.tracks,
            "keyframes": dict(sorted(self.keyframes.items())),
            "present_ns": self.present_ns,
            "mean_size_lwh_m": list(self.mean_size_lwh_m),
            "accepted": self.accepted,
        }


@dataclass(frozen=True)
class ReleasedLog:
    """What a release has of a log.

    Attributes:
        name: of the log.
        dataset: kind of log.
        fingerprint: of the recording.
        start_ns, end_ns: times of its first and last reference sweep.
        sha256: of its labels, see docs/formats/release.md.
        tracks, keyframes, events: how many.
        categories: counts by category.
    """

    name: str
    dataset: str
    fingerprint: str
    start_ns: int
    end_ns: int
    sha256: str
    tracks: int
    keyframes: int
    events: int
    categories: Mapping[str, CategoryCounts] = field(hash=False)

    def as_json(self) -> dict[str, Any]:
        """The log as JSON values."""
        return {
            "name": self.name,
            "dataset": self.dataset,
            "fingerprint": self.fingerprint,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "sha256": self.sha256,
            "tracks": self.tracks,
            "keyframes": self.keyframes,
            "events": self.events,
            "categories": {key: one.as_json() for key, one in sorted(self.categories.items())},
        }


@dataclass(frozen=True)
class ReleasedOntology:
    """Which ontology a release has."""

    name: str
    version: int
    digest: str

    def as_json(self) -> dict[str, Any]:
        """The ontology's identity as JSON values."""
        return {"name": self.name, "version": self.version, "digest": self.digest}


@dataclass(frozen=True)
class Release:
    """Labels under a name. It copies none of them: the journal gives them, and the digests prove it.

    Attributes:
        id: its name, "v1.0".
        number: 1 for the first of the project.
        previous: SHA-256 of the release before, "" for the first: a chain.
        position: number of the entry of the journal after which the labels were so.
        journal_digest: of that entry, and with it of all before.
        time_ns: when it was made, since 1970 (UTC).
        author: who made it.
        tool: what made it, "av3d 0.1".
        note: what it is for.
        ontology: which it has.
        logs: sorted by name.

    Raises:
        StoreError: a name that cannot be one, or a value that makes no sense.
    """

    kind: ClassVar[str] = "release"

    id: str
    number: int
    previous: str
    position: int
    journal_digest: str
    time_ns: int
    author: str
    tool: str
    note: str
    ontology: ReleasedOntology
    logs: tuple[ReleasedLog, ...]

    def __post_init__(self) -> None:
        check_release_name(self.id)
        where = f"release {self.id}"
        for what in ("author", "tool", "note", "journal_digest"):
            check_text(getattr(self, what), f"the {what}", where)
        whole_ns(self.time_ns)
        digests = [log.sha256 for log in self.logs] + ([self.previous] if self.previous else [])
        sound = (
            self.number >= 1
            and self.position >= 0
            and (self.number == 1) == (self.previous == "")
            and all(_SHA256.fullmatch(digest) for digest in digests)
            and [log.name for log in self.logs] == sorted({log.name for log in self.logs})
        )
        if not sound:
            raise StoreError("a release that contradicts itself", where, "make a new release")

    @property
    def name(self) -> str:
        """What people call it."""
        return f"release {self.id}"

    def as_json(self) -> dict[str, Any]:
        """The release as JSON values."""
        return {
            "id": self.id,
            "number": self.number,
            "previous": self.previous,
            "position": self.position,
            "journal_digest": self.journal_digest,
            "time_ns": self.time_ns,
            "author": self.author,
            "tool": self.tool,
            "note": self.note,
            "ontology": self.ontology.as_json(),
            "logs": [log.as_json() for log in self.logs],
        }

    @cached_property
    def digest(self) -> str:
        """Equal for equal releases; see `av3d.digests`."""
        return digest_of(self.as_json())

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the release as canonical JSON: with it, of all its labels and of all before it."""
        return hashlib.sha256(canonical(self.as_json()).encode()).hexdigest()

    def counts(self) -> dict[str, CategoryCounts]:
        """The counts of all logs together, by category."""
        found: dict[str, list[CategoryCounts]] = {}
        for log in self.logs:
            for category, one in log.categories.items():
                found.setdefault(category, []).append(one)
        return {category: _sum(found[category]) for category in sorted(found)}


def check_release_name(name: str) -> None:
    """Refuse a name that a command line or a file could not have, or that means something else.

    Raises:
        StoreError: it is so; says what is allowed.
    """
    if (
        not isinstance(name, str)
        or len(name) > MOST_NAME
        or not _NAME.fullmatch(name)
        or name.isdigit()
        or name == NOW
    ):
        raise StoreError(
            f"{str(name)[:MOST_NAME]!r} is no name of a release",
            "",
            "use letters, digits and . _ + -, like v1.0; numbers alone are entries of the journal",
        )


def release_from_json(value: dict[str, Any]) -> Release:
    """The release of what `Release.as_json` gives.

    Raises:
        LookupError, TypeError, ValueError, Av3dError: it is none.
    """
    logs = tuple(_log(log) for log in value["logs"])
    ontology = ReleasedOntology(**value["ontology"])
    texts = (ontology.name, ontology.digest, value["previous"], *(value[key] for key in _TEXTS))
    numbers = (ontology.version, *(value[key] for key in ("number", "position", "time_ns")))
    _check_types(texts, numbers)
    return Release(**{**value, "ontology": ontology, "logs": logs})


_TEXTS = ("id", "journal_digest", "author", "tool", "note")


def _log(value: dict[str, Any]) -> ReleasedLog:
    categories = {key: _counts(one) for key, one in value["categories"].items()}
    log = ReleasedLog(**{**value, "categories": categories})
    _check_types(
        (log.name, log.dataset, log.fingerprint, log.sha256),
        (log.start_ns, log.end_ns, log.tracks, log.keyframes, log.events),
    )
    return log


def _counts(value: dict[str, Any]) -> CategoryCounts:
    length, width, height = value["mean_size_lwh_m"]
    counts = CategoryCounts(**{**value, "mean_size_lwh_m": (length, width, height)})
    _check_types(
        tuple(counts.keyframes),
        (counts.tracks, counts.present_ns, counts.accepted, *counts.keyframes.values()),
    )
    if not all(type(item) is float for item in counts.mean_size_lwh_m):
        raise TypeError("a size is no number")
    return counts


def _check_types(texts: tuple[Any, ...], numbers: tuple[Any, ...]) -> None:
    if not all(type(text) is str for text in texts):
        raise TypeError("a text of a release is none")
    if not all(type(number) is int for number in numbers):
        raise TypeError("a number of a release is not whole")


def _sum(counts: list[CategoryCounts]) -> CategoryCounts:
    keyframes: dict[str, int] = {}
    for one in counts:
        for provenance, count in one.keyframes.items():
            keyframes[provenance] = keyframes.get(provenance, 0) + count
    weights = [sum(one.keyframes.values()) for one in counts]
    length, width, height = (
        sum(one.mean_size_lwh_m[axis] * weight for one, weight in zip(counts, weights, strict=True))
        / sum(weights)
        for axis in range(3)
    )
    return CategoryCounts(
        sum(one.tracks for one in counts),
        keyframes,
        sum(one.present_ns for one in counts),
        (length, width, height),
        sum(one.accepted for one in counts),
    )
