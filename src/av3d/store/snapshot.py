"""Labels of several logs as they are at one moment, and which moment that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from av3d.ontology.ontology import Ontology
from av3d.store import journal, transactions
from av3d.store.errors import StoreError
from av3d.store.view import ProjectView
from av3d.tracks.document import Document


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a project holds after one entry of its journal.

    Attributes:
        documents: tracks and events by name of their log, in the order asked for.
        ontology: the project's.
        position: number of the last entry, 0 when there is none.
        digest: of that entry; as the journal is a chain, also of all entries before.
        time_ns: when it was committed, since 1970 in UTC.
    """

    documents: Mapping[str, Document]
    ontology: Ontology
    position: int
    digest: str
    time_ns: int


def snapshot(project: ProjectView, log_names: list[str]) -> Snapshot:
    """Read the labels of some logs at one moment, whoever writes meanwhile.

    Raises:
        StoreError: the project has no such log, or is damaged.
    """
    with project.reading() as connection:
        documents = {name: project.document_in(connection, name) for name in log_names}
        ontology = project.ontology_in(connection)
        position, digest = journal.last_entry(connection)
        names = transactions.log_names(connection)
        last = list(journal.read_entries(connection, names, position, position))
    if position and not last:
        raise StoreError("the journal has no last entry", project.where, "run `av3d project fsck`")
    time_ns = last[0].time_ns if last else 0
    return Snapshot(documents, ontology, position, digest, time_ns)
