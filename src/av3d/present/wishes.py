"""What the panes of a workspace want to be read and made, and whether it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av3d.present.pictures import PictureSpec
from av3d.present.session import TrackNotFoundError
from av3d.present.supply import AHEAD

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


class Wishes:
    """Asks the supply for what shows, and then for what will show next.

    Args:
        workspace: whose panes.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._wanted: tuple[object, ...] | None = None
        self._reported: set[str] = set()

    def tick(self) -> None:
        """Once per frame: ask for what is missing, if that has changed."""
        session = self._workspace.session
        if session.in_motion and self._wanted is not None and self._wanted[0] == session.frame:
            # All of the frame is there; what the cuboid changes is placed anew by who draws it.
            return
        specs = self.specs()
        # To follow a track into the camera that sees it best, its cuboid is wanted in all of them.
        watched = tuple(session.log.cameras) if session.follow_camera else ()
        # Who scrubs is elsewhere before the frames ahead are read.
        scrubbing = self._workspace.mouse.held is self._workspace.timeline
        ahead = 0 if session.edits.previewing or scrubbing else AHEAD
        # A trail is made anew when the pointer rests: workers would take time from what follows it.
        selected = None if session.in_motion else session.selected_track
        wanted = (
            session.frame, session.step, tuple(specs.items()), session.selected, selected is None,
            session.supply.revision, session.supply.seeing,
            session.loading_tracks, watched, ahead,
            tuple(job.key for job in session.asked.values()),
        )  # fmt: skip
        if wanted != self._wanted:
            self._wanted = wanted
            session.supply.want(
                session.frame, session.step, specs, selected,
                session.urgent_jobs(), watched, ahead=ahead,
                asked=tuple(session.asked.values()),
            )  # fmt: skip
            session.loader.drain()

    def frame_shows(self) -> bool:
        """Whether the main view and the large camera show the session's frame, or never will."""
        session = self._workspace.session
        frame, supply = session.frame, session.supply
        if not any(supply.error(kind, frame) for kind in ("cloud", "boxes")) and (
            supply.cloud(frame) is None or supply.boxes(frame) is None
        ):
            return False
        camera = session.camera
        if not camera or session.log.frames[frame].images.get(camera) is None:
            return True
        view = self._workspace.camera.view
        return (
            self._workspace.camera.picture.error(camera, view) != ""
            or supply.picture(frame, camera, view.spec) is not None
        )

    def specs(self) -> dict[str, PictureSpec]:
        """What each camera pane shows, the large one first."""
        session = self._workspace.session
        specs: dict[str, PictureSpec] = {}
        if session.camera:
            specs[session.camera] = self._workspace.camera.view.spec
        strip = (
            self._workspace.strip.views()
            if self._workspace.strip.name in self._workspace.layout.panes
            else {}
        )
        for camera, view in strip.items():
            specs.setdefault(camera, view.spec)
        return specs

    def take_tracks(self) -> None:
        """Take over tracks that were read; tell why they were not."""
        error = self._workspace.session.take_tracks()
        if error is not None:
            missing = isinstance(error, TrackNotFoundError)
            title = "Track not found" if missing else "Tracks cannot be read"
            self._workspace.toasts.show("error", title, str(error))

    def report_errors(self) -> None:
        """One message per thing that cannot be read; the pane says it as well."""
        session = self._workspace.session
        for kind, title in (
            ("cloud", "Points cannot be read"),
            ("boxes", "Cuboids cannot be placed"),
        ):
            error = session.supply.error(kind, session.frame)
            if error and error not in self._reported:
                self._reported.add(error)
                self._workspace.toasts.show("error", title, error)
