"""Labels as they were released, or at any entry of the journal, as values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from av3d.ontology.ontology import Ontology
from av3d.store import journal, replay, transactions
from av3d.store.decoding import NONSENSE, damaged, decoded
from av3d.store.errors import StoreError
from av3d.store.references import LogReference
from av3d.store.releases.content import LabelLines
from av3d.store.releases.decoding import track_of
from av3d.store.releases.release import NOW, Release
from av3d.store.view import ProjectView
from av3d.tracks.delta import Tree, tree_digest
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.track import Track


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of logs at one moment.

    Attributes:
        title: what people call the moment: "v1.0", "entry 12".
        where: the project or file that they come from.
        ontology: of the moment.
        documents: tracks and events by name of their log.
        spans_ns: times of the first and last reference sweep by name of the log.
        position: number of the last entry of the journal.
        digest: of that entry.
        time_ns: when that entry, or the release, was made; 0 where there is no entry.
        release: of which these are the labels.
    """

    title: str
    where: str
    ontology: Ontology
    documents: Mapping[str, Document]
    spans_ns: Mapping[str, tuple[int, int]]
    position: int
    digest: str
    time_ns: int
    release: Release | None = None


def labels_of(
    project: ProjectView, release: Release, log_names: Collection[str] | None = None
) -> Labels:
    """The labels of a release, rebuilt from the journal and compared with its digests.

    Args:
        project: that it is of.
        release: one of the project's.
        log_names: only these of its logs.

    Raises:
        StoreError: it has no such log, or the labels are not those that were released.
    """
    logs = _chosen(release, log_names, project.where)
    with project.reading() as connection:
        state = released_state(connection, release)
    return _labels(state, logs, project.where, release)


def labels_at(
    project: ProjectView, entry: int | None = None, log_names: Collection[str] | None = None
) -> Labels:
    """The labels after an entry of the journal.

    Args:
        project: an open project.
        entry: its number; None: as they are now.
        log_names: only these logs.

    Raises:
        StoreError: there was no such log, or no such entry, or the journal is damaged.
    """
    with project.reading() as connection:
        last, digest = journal.last_entry(connection)
        position = last if entry is None else entry
        state = (
            replay.stored_state(connection)
            if entry is None
            else replay.state_after(connection, position)
        )
        names = transactions.log_names(connection)
        found = list(journal.read_entries_of(connection, names, [position]))
    there = sorted(key[2] for key in state if key[1] == LogReference.kind)
    for name in log_names or ():
        if name not in there:
            raise StoreError(
                f"no log {name!r}", project.where, f"logs there: {', '.join(there) or 'none'}"
            )
    chosen = [name for name in there if not log_names or name in log_names]
    title = NOW if entry is None else f"entry {entry}"
    time_ns, digest = (found[0].time_ns, found[0].digest) if found else (0, "")
    return _values(state, chosen, title, project.where, position, digest, time_ns)


def released_state(connection: Connection, release: Release) -> replay.State:
    """What a project held at a release.

    Raises:
        StoreError: that is not what was released, or the journal is damaged.
    """
    state = replay.state_after(connection, release.position)
    lines = LabelLines()
    ontology = state.get(("", Ontology.kind, Ontology.id))
    wrong = [
        f"the labels of log {log.name}"
        for log in release.logs
        if lines.sha256(state, log.name) != log.sha256
    ]
    if ontology is None or tree_digest(ontology) != release.ontology.digest:
        wrong.append("the ontology")
    if wrong:
        raise StoreError(
            f"{wrong[0]} at entry {release.position} is not what was released as {release.id}",
            "",
            "run `av3d release verify` on the project",
        )
    return state


def _chosen(release: Release, log_names: Collection[str] | None, where: str) -> list[str]:
    there = [log.name for log in release.logs]
    for name in log_names or ():
        if name not in there:
            raise StoreError(
                f"release {release.id} has no log {name!r}", where, f"it has {', '.join(there)}"
            )
    return [name for name in there if not log_names or name in log_names]


def _labels(state: replay.State, logs: list[str], where: str, release: Release) -> Labels:
    return _values(
        state,
        logs,
        release.id,
        where,
        release.position,
        release.journal_digest,
        release.time_ns,
        release,
    )


def _values(
    state: replay.State,
    logs: list[str],
    title: str,
    where: str,
    position: int,
    digest: str,
    time_ns: int,
    release: Release | None = None,
) -> Labels:
    tree = state.get(("", Ontology.kind, Ontology.id))
    ontology = None if tree is None else decoded(Ontology.kind, tree, where)
    if not isinstance(ontology, Ontology):
        raise StoreError(f"there was no ontology at entry {position}", where)
    tracks: dict[str, list[Track]] = {log: [] for log in logs}
    events: dict[str, list[Event]] = {log: [] for log in logs}
    spans: dict[str, tuple[int, int]] = {}
    for (log, kind, entity_id), tree in state.items():
        if kind == LogReference.kind and entity_id in tracks:
            spans[entity_id] = (int(tree["start_ns"]), int(tree["end_ns"]))
        elif log in tracks and kind == Track.kind:
            tracks[log].append(_track(tree, where))
        elif log in events and kind == Event.kind:
            event = decoded(kind, tree, where)
            if isinstance(event, Event):
                events[log].append(event)
    documents = {log: document_of(tracks[log], events[log]) for log in logs}
    return Labels(title, where, ontology, documents, spans, position, digest, time_ns, release)


def _track(tree: Tree, where: str) -> Track:
    try:
        return track_of(tree)
    except NONSENSE as error:
        raise damaged(error, where, Track.kind) from error


def document_of(tracks: list[Track], events: list[Event]) -> Document:
    """The document of labels, in the order in which a project gives them."""
    tracks = sorted(tracks, key=lambda track: (track.category, track.number, track.id))
    return Document.of(tracks, sorted(events, key=lambda event: (event.start_ns, event.id)))
