"""The labels of the log that shows: read, edited and kept, wherever they are kept.

A project is there from the first edit on. Before that a log shows its own labels, and nothing was
written; with the first edit a project is made, takes them over as they are, and then the edit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from av3d.errors import Av3dError, OutputError
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default as default_ontology
from av3d.tracks.change import Change, combined
from av3d.tracks.document import Document
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.logs.log import Log
    from av3d.store.editor import Editor
    from av3d.store.project import Project

Operation = Callable[[Document], Iterable[Change]]
"""What an edit does: gives the changes to a document, and nothing else. See av3d.tracks.operations."""


class LabelsError(Av3dError):
    """Labels that cannot be edited now."""


class Labels:
    """The document of a log, and where its edits are kept.

    Args:
        tracks: the labels as long as there is no project.
        editor: work on a project that is there.
        begin: makes the project and the work on it, with the first edit; None: the labels cannot be
            edited.
        planned: file that `begin` will make; "" without it.

    Attributes:
        editor: None until the project is there.
        ontology: what can be labelled.
        failure: why the last edit was not kept, "" if it was.
        edits: transactions of this session, undone ones too.
        locked: why edits wait at the moment, "" if they do not.
    """

    def __init__(
        self,
        tracks: Iterable[Track] = (),
        *,
        editor: Editor | None = None,
        begin: Callable[[], Editor] | None = None,
        planned: str = "",
    ) -> None:
        self._document = Document.of(tracks)
        self._begin = begin
        self.editor = editor
        self.ontology: Ontology = default_ontology() if editor is None else _ontology(editor)
        self.failure = ""
        self.edits = 0
        self.locked = ""
        self.planned = planned

    @property
    def document(self) -> Document:
        """All labels of the log as of the last edit."""
        return self._document if self.editor is None else self.editor.document

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks in the order in which they were added."""
        return tuple(self.document.tracks.values())

    @property
    def editable(self) -> bool:
        """Whether an edit would be kept."""
        return not self.locked and (self.editor is not None or self._begin is not None)

    @property
    def where(self) -> str:
        """File or URL of the project, "" while there is none."""
        return "" if self.editor is None else self.editor.project.where

    @property
    def undoable(self) -> int | None:
        """Number of the transaction that undo takes back next."""
        return None if self.editor is None else self.editor.history.undoable

    @property
    def redoable(self) -> int | None:
        """Number of the transaction that redo makes again next."""
        return None if self.editor is None else self.editor.history.redoable

    def changes(self, operation: Operation) -> tuple[Change, ...]:
        """What an operation would do, without doing it; Av3dError where it is impossible."""
        return tuple(combined(operation(self.document)))

    def apply(self, changes: Iterable[Change], command: str) -> bool:
        """Make changes that were given for `document`, as one transaction; whether any were made.

        Raises:
            LabelsError: there is nowhere to keep them.
            ConflictError: somebody else changed a track since. Theirs shows now.
            Av3dError: the changes do not fit, or the project refuses; nothing was changed.
        """
        changes = combined(changes)
        if not changes:
            return False
        try:
            self._editor().apply(changes, command)
        except Exception as error:
            self.failure = str(error)
            # A conflict is told by what the others did, which must then show. If that cannot be read
            # either, the first error is the one to tell.
            with suppress(Av3dError):
                self.refresh()
            raise
        self.failure = ""
        self.edits += 1
        return True

    def _editor(self) -> Editor:
        if self.editor is None:
            if self._begin is None:
                raise LabelsError(
                    "these labels cannot be edited", "", "open the log with --project FILE"
                )
            editor = self._begin()
            self.editor, self.ontology = editor, _ontology(editor)
            self._document = Document()
        return self.editor

    def undo(self) -> str | None:
        """Take back the last transaction of this session; what it did, None if there was none."""
        entry = None if self.editor is None else self.editor.undo()
        return None if entry is None else entry.command.removeprefix("undo ")

    def redo(self) -> str | None:
        """Make the last transaction again that was taken back; what it does, None if there is none."""
        entry = None if self.editor is None else self.editor.redo()
        return None if entry is None else entry.command.removeprefix("redo ")

    def refresh(self) -> bool:
        """Take over what others have committed; whether anything changed."""
        return self.editor is not None and bool(self.editor.refresh())

    @property
    def far(self) -> bool:
        """Whether the project is on a server, which may take long to answer, or never do."""
        return "://" in self.where

    def close(self) -> None:
        """Close the project."""
        if self.editor is not None:
            self.editor.project.close()


def _ontology(editor: Editor) -> Ontology:
    return editor.project.ontology()


def labels_of(
    log: Log, project_path: str | Path | None = None, *, author: str | None = None
) -> Labels:
    """The labels of a log: those of a project, or else its own.

    Args:
        log: the log.
        project_path: file or URL of the project; one that is not there yet is made, empty, with the
            first edit. None: the project that this log got when it was first edited; before
            that the labels that come with the log.
        author: who works; default: the login name.

    Raises:
        Av3dError: the project cannot be opened, or holds another log of this name.
    """
    location = default_project_path(log) if project_path is None else project_path
    if project_path is not None and "://" in str(project_path):
        return Labels(editor=_opened(log, location, author, _none))
    if Path(location).exists():
        given = _none if project_path is not None else lambda: _own_labels(log)
        return Labels(editor=_opened(log, location, author, given))
    own = () if project_path is not None else _own_labels(log)
    return Labels(
        own, begin=lambda: _opened(log, location, author, lambda: own), planned=str(location)
    )


def data_folder() -> Path:
    """Where projects are that nobody chose a place for: AV3D_DATA_DIR, else the platform's folder."""
    import platformdirs

    return Path(os.environ.get("AV3D_DATA_DIR") or platformdirs.user_data_dir("av3d"))


def default_project_path(log: Log) -> Path:
    """Where the project of a log is kept that was opened without one."""
    digest = hashlib.sha256(log.source.encode(errors="surrogateescape")).hexdigest()[:8]
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in log.name)[:80]
    return data_folder() / "projects" / f"{name}-{digest}.sqlite"


def _none() -> tuple[Track, ...]:
    """No labels, of a project that somebody chose: what is in it is all there is."""
    return ()


def _opened(
    log: Log, location: str | Path, author: str | None, own: Callable[[], tuple[Track, ...]]
) -> Editor:
    """Work on a project with this log in it; `own` labels are taken over if it never had any."""
    from av3d.store.project import open_project

    if "://" not in str(location):
        folder = Path(location).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"the folder of the project cannot be made: {error.strerror or error}",
                folder,
                "check its permissions and the space on its disk, or open the log with --project FILE",
            ) from error
    project = open_project(location, create=True, author=author)
    try:
        project.add_log(log)
        editor = project.edit(log.name)
        # Also where a project was made, but something kept the labels from coming into it.
        if not editor.document.tracks and not project.news(0, log.name, editor.session).values:
            tracks = own()
            if tracks:
                _take_over(project, log, tracks)
                editor = project.edit(log.name)
        return editor
    except BaseException:
        project.close()
        raise


def _take_over(project: Project, log: Log, tracks: tuple[Track, ...]) -> None:
    """Import the log's own labels into a project; not as something that undo takes back."""
    from av3d.tracks.history import Kind

    changes = [Change(None, track) for track in tracks]
    project.commit({log.name: changes}, command="import the labels of the log", kind=Kind.FIXED)


def _own_labels(log: Log) -> tuple[Track, ...]:
    """The labels that come with a log in av3d's words; none is the usual case, and no error."""
    import logging

    from av3d.datasets.registry import dataset, own_labels
    from av3d.datasets.relabelling import for_project

    try:
        tracks, _ = for_project(own_labels(log), dataset(log.kind), default_ontology())
    except Av3dError as error:
        logging.getLogger(__name__).info("no labels shown: %s", error)
        return ()
    return tracks
