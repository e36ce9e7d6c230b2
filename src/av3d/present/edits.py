"""Edits of the tracks that show: tried while a gesture lasts, made, taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.present.labels import Labels, LabelsError
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.keyframe import Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.operations.anchors import CENTER, Anchor
from av3d.tracks.operations.keyframes import set_keyframe
from av3d.tracks.operations.proposals import accepted_by_edit
from av3d.tracks.track import Track
from av3d.types import FloatArray

if TYPE_CHECKING:
    from av3d.present.session import Session
    from av3d.store.view import News

POLL_S = 3.0
"""How often it is asked whether others have committed something."""

Operation = Callable[[Document], Iterable[Change]]


class Edits:
    """What a session does to its labels. Every edit is an operation on the document.

    A gesture that lasts calls `preview` as often as the pointer moves, then `keep` once, which is one
    transaction and one step of undo, or `drop`. All panes show a preview as if it were made; nothing
    is written.

    Args:
        session: whose labels; its panes show the outcome.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._previewed: tuple[Change, ...] | None = None
        self._asking = False
        self._kept_as: tuple[str, int, tuple[str, ...]] = ("", 0, ())
        """Title, frame and selection of the steps that wait to be kept."""
        self._kept_at_s: float | None = None
        self._polled_s = session.clock()
        self._closed = False
        self._unread = False
        self._answer: Future[tuple[int, News]] | None = None
        """What a server was asked, and what it has told."""

    @property
    def labels(self) -> Labels:
        return self._session.labels

    @property
    def previewing(self) -> bool:
        """Whether what shows is not what is kept."""
        return self._previewed is not None

    def do(
        self, title: str, operation: Operation, *, locked_too: bool = False, by_hand: bool = True
    ) -> bool:
        """Make an edit as one transaction; what is wrong with it becomes a message.

        Args:
            title: what the user did, for the journal and the list of undo: "Move Car 21".
            operation: gives the changes; see av3d.tracks.operations.
            locked_too: also where edits wait: for the decisions of a review.
            by_hand: whether somebody vouches for what it changes, so that proposals are accepted by it.

        Returns:
            Whether anything was changed.

        Raises:
            LabelsError: the log was closed, while a work was going on whose outcome this is.
        """
        if self._closed:
            raise LabelsError(
                "the log was closed meanwhile", self._session.log.name, "open it and begin again"
            )
        if self.labels.locked and not locked_too:
            return self._refuse()
        self.settle()
        self.drop()
        try:
            changes = self.labels.changes(operation)
            if by_hand:
                changes = accepted_by_edit(changes)
        except Av3dError as error:
            self._session.say("error", f"{title}: not done", str(error))
            return False
        return self._make(title, changes)

    def preview_until(self, title: str, operation: Operation, seconds: float) -> bool:
        """A preview that is kept by itself after some time, or as soon as anything else is edited.

        For keys: one that is held, or pressed again at once with the same title, is one step of undo.
        The operation is that of all the presses together; see `continues`.
        """
        if not self.continues(title):
            self.settle()
        waiting, self._kept_at_s = self._kept_at_s, None
        if not self.preview(operation):
            # What earlier presses did still waits to be kept.
            self._kept_at_s = waiting
            return False
        self._kept_as = title, self._session.frame, self._session.selection
        self._kept_at_s = self._session.clock() + seconds
        return True

    def continues(self, title: str) -> bool:
        """Whether a preview of this title waits to be kept, so that another press belongs to it.

        One in another frame, or of other tracks, does not: its operation knows nothing of this one.
        """
        subject = title, self._session.frame, self._session.selection
        return self._kept_at_s is not None and subject == self._kept_as

    @property
    def waiting(self) -> bool:
        """Whether a preview will be kept by itself."""
        return self._kept_at_s is not None

    def settle(self) -> None:
        """Keep now what would be kept by itself."""
        if self._kept_at_s is not None:
            self._kept_at_s = None
            self.keep(self._kept_as[0])

    def preview(self, operation: Operation, *, asking: bool = False) -> bool:
        """Show what an edit would do; False, and what showed before stays, where it is impossible.

        Args:
            operation: the edit.
            asking: whether a dialog shows what it asks about; `keep` of a gesture does not make that.
        """
        if self.labels.locked:
            return self._refuse()
        self.settle()
        try:
            changes = accepted_by_edit(self.labels.changes(operation))
        except Av3dError:
            return False
        self._previewed, self._asking = changes, asking
        live = frozenset(change.id for change in changes)
        self._show(self.labels.document.apply(changes), live)
        return True

    def keep(self, title: str) -> bool:
        """Make the edit that a gesture previews; whether anything was changed."""
        if self._asking:
            # A mere click, with a dialog open: what shows is the dialog's.
            return False
        self._kept_at_s = None
        changes, self._previewed = self._previewed, None
        if changes is None:
            return False
        if self._make(title, changes):
            return True
        self.show()
        return False

    def drop(self) -> None:
        """Show what is kept, and forget the preview."""
        self._kept_at_s, self._asking = None, False
        if self._previewed is not None:
            self._previewed = None
            self.show()

    def close(self) -> None:
        """The log shows no more: keep what waits to be kept, forget a gesture, and refuse edits."""
        self.settle()
        self.drop()
        self._closed = True

    def undo(self) -> bool:
        """Take back the last transaction; whether there was one."""
        return self._again(self.labels.undo, "Undo", "Undone")

    def redo(self) -> bool:
        """Make the last transaction again that was taken back; whether there was one."""
        return self._again(self.labels.redo, "Redo", "Done again")

    def poll(self) -> None:
        """Now and then take over what others have committed; not in the middle of a gesture."""
        now = self._session.clock()
        if self._kept_at_s is not None and now >= self._kept_at_s:
            self.settle()
        if self.previewing or not 0 <= now - self._polled_s < 1e9 or now - self._polled_s < POLL_S:
            return
        self._polled_s = now
        try:
            changed = self._ask_server() if self.labels.far else self.labels.refresh()
        except Av3dError as error:
            # Once, not every few seconds for as long as the server is away.
            if not self._unread:
                self._session.say("error", "The project cannot be read", str(error))
            self._unread = True
            return
        self._unread = False
        if changed:
            self.show()

    def _ask_server(self) -> bool:
        """Take over what the server has told, and ask it again; the window does not wait for it."""
        answer = self._answer
        if answer is not None and not answer.done():
            return False
        self._answer = None
        editor = self.labels.editor
        changed = False
        try:
            if answer is not None and editor is not None:
                changed = bool(editor.take(*answer.result()))
        finally:
            if editor is not None:
                self._answer = _on_a_thread(editor.news)
        return changed

    def show(self) -> None:
        """Let the panes show what is kept."""
        self._show(self.labels.document)

    def set_cuboid(
        self,
        track_id: str,
        ego_cuboid: Cuboid,
        *,
        frame: int | None = None,
        provenance: Provenance = Provenance.MANUAL,
        anchor: Anchor = CENTER,
        noise: Noise | None = None,
    ) -> Operation:
        """The operation that puts a track's cuboid at a frame where it is wanted, as a keyframe.

        Args:
            track_id: the track.
            ego_cuboid: in the ego frame at the frame's time, where the sweep of the frame shows it.
            frame: default: the one that shows.
            provenance: who vouches for it.
            anchor: the point of other cuboids of the track that stays where it is when the size
                changes.
            noise: how exact it is, where known.
        """
        session = self._session
        time_ns = session.log.frames[session.frame if frame is None else frame].timestamp_ns
        cuboid = ego_cuboid.in_frame(session.log.world_SE3_ego(time_ns))
        return lambda document: set_keyframe(
            document, track_id, time_ns, cuboid, provenance=provenance, anchor=anchor, noise=noise
        )

    def up_in_ego(self, frame: int | None = None) -> FloatArray:
        """The world's vertical in the ego frame at a frame, (3,): the ego may be pitched."""
        session = self._session
        time_ns = session.log.frames[session.frame if frame is None else frame].timestamp_ns
        return np.asarray(session.log.world_SE3_ego(time_ns).rotation[2])

    def _refuse(self) -> bool:
        self._session.say("info", "Nothing was changed", self.labels.locked)
        return False

    def _make(self, title: str, changes: tuple[Change, ...]) -> bool:
        try:
            made = self.labels.apply(changes, title)
        except Av3dError as error:
            self._session.say("error", f"{title}: not saved", str(error))
            self.show()
            return False
        except BaseException:
            # Whatever went wrong, what shows is what is kept.
            self.show()
            raise
        if made:
            self.show()
        return made

    def _again(self, step: Callable[[], str | None], title: str, done: str) -> bool:
        self.settle()
        self.drop()
        command: str | None = None
        try:
            command = step()
        except Av3dError as error:
            self._session.say("error", f"{title}: not done", str(error))
        self.show()
        if command is not None:
            self._session.hint = f"{done}: {command}"
        return command is not None

    def _show(self, document: Document, live: frozenset[str] = frozenset()) -> None:
        tracks: tuple[Track, ...] = tuple(document.tracks.values())
        self._session.set_tracks(tracks, live)


def _on_a_thread(work: Callable[[], tuple[int, News]]) -> Future[tuple[int, News]]:
    """Run something that may never come back, on a thread that keeps nothing from ending."""
    answer: Future[tuple[int, News]] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except Exception as error:  # told by whoever asks for the result
            answer.set_exception(error)

    threading.Thread(target=run, name="av3d-news", daemon=True).start()
    return answer
