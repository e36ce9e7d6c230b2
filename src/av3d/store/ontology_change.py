"""Another ontology for a project: all labels that it changes, in one transaction with it."""

from __future__ import annotations

from av3d.ontology.ontology import Ontology
from av3d.store import transactions
from av3d.store.journal import EntityChange, JournalEntry
from av3d.store.project import Project
from av3d.store.view import ProjectView
from av3d.tracks.change import Change
from av3d.tracks.ontology_change import OntologyPlan, plan_change


def plan_for(project: ProjectView, new: Ontology) -> OntologyPlan:
    """What the labels of a project become with another ontology, or what is in the way."""
    documents = {log.name: project.document(log.name) for log in project.logs()}
    return plan_change(project.ontology(), new, documents)


def change_ontology(project: Project, new: Ontology) -> tuple[OntologyPlan, JournalEntry | None]:
    """Give a project another ontology, and migrate its labels with it.

    Args:
        project: an open project.
        new: what can be labelled from now on.

    Returns:
        What was planned, and the new entry of the journal; None when something is in the way or
        nothing changes: then nothing was changed.

    Raises:
        StoreError: the database refuses; nothing was changed.
    """
    # The plan is made while nobody else writes, so that it is about all labels that there are.
    with project.writing() as connection:
        plan, change = plan_for(project, new), Change(project.ontology(), new)
        if plan.blockers or (change.is_empty and not plan.changes):
            return plan, None
        edits = [] if change.is_empty else [EntityChange.of("", change)]
        for log, changes in plan.changes.items():
            edits += [EntityChange.of(log, item) for item in changes if not item.is_empty]
        return plan, transactions.write(
            connection,
            edits,
            author=project.author,
            session=project.session,
            command=f"ontology {new.name}, version {new.version}",
        )
