"""The application without its window: which log is open, what is remembered of it, and opening others."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.present.keymap import Keymap
from av3d.present.labels import Labels, data_folder, labels_of
from av3d.present.no_log import no_log
from av3d.present.panes.guide import HINT
from av3d.present.playback import SPEEDS
from av3d.present.session import Session
from av3d.present.settings import POINT_SIZES_PX, RecentLog, Settings
from av3d.present.settings_file import SettingsFile
from av3d.present.tasks import Message, Work, WorkQueue
from av3d.present.theme import DARK, LIGHT
from av3d.present.words import sentences
from av3d.present.workspace import Workspace

logger = logging.getLogger(__name__)

Open = Callable[[str], Log]
"""Opens a log by its path or address."""


@dataclass(frozen=True)
class Wish:
    """A log to open, and where to begin in it.

    Attributes:
        path: what `open_log` takes.
        project: path or URL of its project, "" for the default one.
        frame: the frame to show.
        layout: name of the layout of panes, "" for the usual one.
        remembered: whether it is what was open the last time: then what is not there any more is told
            but keeps nobody from working.
        guided: whether it is for the first task; then the list of recent logs stays as it is.
    """

    path: str
    project: str = ""
    frame: int = 0
    layout: str = ""
    remembered: bool = False
    guided: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rpartition("/")[2] or self.path


class Application:
    """What stays while logs are opened and closed: settings, keys, long work.

    The window asks for `take_next` once per frame and shows that session when there is one.

    Args:
        settings: what is remembered.
        sample: gives the folder of the sample log; may take long.
        open_log: opens logs; default: as the registry of datasets does.
        works: default: one that runs on threads.
        wall_clock: Unix time in seconds.

    Attributes:
        session: what shows.
        keymap: the keys of the commands.
    """

    def __init__(
        self,
        settings: SettingsFile,
        *,
        sample: Callable[[], Path],
        open_log: Open | None = None,
        works: WorkQueue | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.works = works or WorkQueue()
        self.keymap = Keymap.load(settings.settings.key_map_path())
        self._sample = sample
        self._open_log = open_log or _open_log
        self._wall_clock = wall_clock
        self.files: tuple[tuple[str, str], ...] = ()
        """Names and paths of what else the program keeps, for the page about it."""
        self._messages: list[Message] = []
        self._path, self._project, self._layout, self._opened_s = "", "", "", 0
        self._noted: RecentLog | None = None
        self._opening: Work[tuple[Log, str]] | None = None
        self._next: Session | None = None
        self._remembered = True
        self._guided = False
        self.session = self._session(no_log())
        if self.keymap.problem is not None:
            self._say(self.keymap.problem, "Some keys are not as you chose them")

    def _session(self, log: Log, project: str = "") -> Session:
        name = Path(project).stem if project else ""
        session = Session(log, project_name=name, works=self.works)
        session.wanted_scale = self.settings.settings.scale
        return session

    def _say(self, error: Av3dError, title: str) -> None:
        self._messages.append(Message("error", title, sentences(error), "\n".join(error.details)))

    # Logs

    def begin(
        self,
        log: Log,
        path: str,
        project: str = "",
        *,
        frame: int = 0,
        select: str = "",
        remembered: bool = True,
    ) -> None:
        """Show a log that is open already.

        Args:
            log: the log.
            path: what it was opened by.
            project: path or URL of its project, "" for the default one.
            frame: the frame to show.
            select: name or ID of a track to select.
            remembered: whether it becomes the last one that was open; not for a picture of the window.
        """
        self._remembered = remembered
        path = _absolute(path)
        known = self.settings.settings.recent_log(path)
        layout = known.workspace if known is not None else ""
        self._show(log, Wish(path, _absolute(project), frame, layout), select)
        self.session = self._next or self.session
        self._next = None

    def restore(self) -> bool:
        """Open the log that was open the last time, where it was left; whether there is one."""
        recent = self.settings.settings.recent
        if not recent:
            return False
        last = recent[0]
        self.open(_as_left(last))
        return True

    def open(self, wish: Wish) -> None:
        """Open a log beside the window; one that is being opened is given up."""
        if self._opening is not None and not self._opening.finished:
            self._opening.cancel()

        def run(report: Callable[[str, int, int], None]) -> tuple[Log, str]:
            report("", 0, 0)
            opened = self._open_log(wish.path)
            # A log that nobody waits for any more must not take the place of another.
            report("", 0, 0)
            return opened, wish.path

        self._opening = self.works.add(
            Work(
                f"Opening {wish.name}", run, failed="Log not opened", alone=False,
                then=lambda found: self._show(found[0], wish, ""),
            )
        )  # fmt: skip

    def open_sample(self) -> None:
        """Open the log that comes with av3d; where a package lacks it, it is made first."""
        self.works.add(
            Work(
                "Looking for the sample log", lambda _report: self._sample(),
                failed="Sample log not opened", alone=False,
                then=lambda path: self.open(self._wish(str(path))),
            )
        )  # fmt: skip

    def open_first_task(self) -> None:
        """Open the sample log with the project of the first task, whatever it holds by now."""

        def begin(path: Path) -> None:
            self.open(Wish(str(path), str(first_task_project()), guided=True))

        self.works.add(
            Work(
                "Looking for the sample log", lambda _report: self._sample(),
                failed="Sample log not opened", alone=False, then=begin,
            )
        )  # fmt: skip

    def _wish(self, path: str) -> Wish:
        """A log by its path, where it was left the last time."""
        path = _absolute(path)
        known = self.settings.settings.recent_log(path)
        return _as_left(known) if known else Wish(path)

    def _show(self, log: Log, wish: Wish, select: str) -> None:
        project = wish.project
        if project and "://" not in project and not Path(project).exists() and wish.remembered:
            self._messages.append(
                Message(
                    "error", "The project of this log is not there",
                    f"{project} was moved or deleted. The log is shown with its own labels; open it "
                    "with --project to go on in the project.",
                )
            )  # fmt: skip
            project = ""
        session = self._session(log, project)
        session.go_to(wish.frame)
        author = self.settings.settings.author or None
        session.load_labels(lambda: labels_of(log, project or None, author=author), select)
        self._next = session
        self._guided = wish.guided
        # The first task has a project of its own and must not become what is opened the next time.
        self._path = "" if wish.guided else wish.path
        self._project, self._layout = project, wish.layout
        self._opened_s, self._noted = int(self._wall_clock()), None
        logger.info("log %s opened from %s, project %s", log.name, wish.path, project or "default")

    def close_log(self) -> None:
        """Go back to the page without a log."""
        self._next = self._session(no_log())
        self._path, self._project, self._guided = "", "", False

    def take_next(self) -> Session | None:
        """The session that shall show from now on, once; the one before is put away."""
        new, self._next = self._next, None
        if new is not None:
            _put_away(self.session)
            self.session = new
        return new

    # The workspace

    def attach(self, workspace: Workspace) -> None:
        """Show a workspace as it was left, and what there is to say."""
        settings = self.settings.settings
        session = workspace.session
        workspace.keymap, workspace.keymap_path = self.keymap, settings.key_map_path()
        session.theme = LIGHT if settings.theme == "light" else DARK
        session.supply.colour = settings.point_colour
        workspace.main.point_px = settings.point_size_px
        workspace.inspecting.on = settings.background_checks
        if settings.playback_speed in SPEEDS:
            session.playback.set_speed(settings.playback_speed, session.frame, session.clock())
        last = next((log.path for log in settings.recent if "://" not in log.path), "")
        folder = str(Path(last).parent) if last else str(Path.cwd())
        for problem in workspace.desk.restore({"layouts": settings.layouts}):
            self._messages.append(Message("error", "A layout is not as it was", problem))
        if self._layout in workspace.desk.arrangements:
            workspace.desk.show(self._layout)
        workspace.opening_folder = folder.rstrip("/") + "/"
        workspace.files = (
            ("settings", str(self.settings.path)),
            ("keys", str(settings.key_map_path())),
            *self.files,
        )
        if self._guided and session.has_log:
            workspace.guide.begin()
        elif self._remembered and is_sample(self._path) and HINT not in settings.hints_seen:
            workspace.guide.offer()

    def tick(self, workspace: Workspace) -> None:
        """Once per frame: remember what shows, say what there is to say."""
        self._remember(workspace)
        self.settings.tick()
        workspace.start.recent = self.settings.settings.recent
        opening = self._opening
        workspace.start.opening = (
            opening.title.removeprefix("Opening ") if opening and not opening.finished else ""
        )
        for error in self.settings.take_messages():
            self._say(error, "Some settings are not as you chose them")
        for message in self._messages:
            workspace.toasts.show(
                message.kind, message.title, message.text, details=message.details
            )
        self._messages.clear()

    def _remember(self, workspace: Workspace) -> None:
        session, settings = workspace.session, self.settings.settings
        if not self._remembered or session is not self.session:
            return
        size = min(max(workspace.main.point_px, POINT_SIZES_PX[0]), POINT_SIZES_PX[1])
        settings = replace(
            settings,
            theme=session.theme.name,
            playback_speed=session.playback.speed,
            scale=session.wanted_scale,
            point_size_px=size,
            point_colour=session.supply.colour,
            background_checks=workspace.inspecting.on,
        )
        if session.has_log and self._path:
            settings = replace(settings, layouts=workspace.desk.plain().get("layouts", {}))
            settings = self._with_this_log(settings, workspace.desk.name)
        if settings != self.settings.settings:
            self.settings.set(settings)

    def _with_this_log(self, settings: Settings, layout: str) -> Settings:
        frame = self.session.frame
        now = RecentLog(self._path, self._opened_s, self._project, frame, layout)
        # Compared with what this window noted, not with the list: another window may have the same
        # log open, and the two would overwrite each other's frame for ever.
        if now == self._noted:
            return settings
        is_new = self._noted is None or self._noted.path != now.path
        self._noted = now
        if is_new or settings.recent_log(now.path) is None:
            return settings.with_recent(now)
        recent = tuple(now if log.path == now.path else log for log in settings.recent)
        return replace(settings, recent=recent)

    # What the workspace asks for

    def request(self, text: str) -> bool:
        """Do what `Workspace.ask` was called with; False if it is not for the application."""
        what, _, argument = text.partition(":")
        match what:
            case "open" | "recent":
                self.open(self._wish(argument))
            case "forget":
                self.settings.set(self.settings.settings.without_recent(argument))
            case "sample":
                self.open_sample()
            case "first_task":
                self.open_first_task()
            case "hint":
                self._note_hint(argument)
            case "close":
                self.close_log()
            case _:
                return False
        return True

    def _note_hint(self, name: str) -> None:
        """A hint was seen and need not be shown again."""
        settings = self.settings.settings
        if name not in settings.hints_seen:
            seen = (*settings.hints_seen, name)
            self.settings.set(replace(settings, hints_seen=seen))

    # The end

    def situation(self) -> tuple[str, str, int | None]:
        """Name of the log, place of the project and number of its last entry, for a crash report."""
        session = self.session
        editor = session.labels.editor
        if not session.has_log:
            return "", "", None
        return session.log.name, session.labels.where, editor.position if editor else None

    def close(self) -> tuple[str, ...]:
        """Stop work, close the project, write the settings.

        Returns:
            Titles of works that could not be stopped; see `WorkQueue.close`.
        """
        running = self.works.close()
        self.session.edits.settle()
        _close_labels(self.session.labels)
        self.session.loader.close()
        self.settings.save()
        return running


def first_task_project() -> Path:
    """Where the labels of the first task are kept, apart from all others."""
    return data_folder() / "projects" / "first-task.sqlite"


def is_sample(path: str) -> bool:
    """Whether a path is that of the log that comes with av3d, or of the one that is made for it."""
    place = Path(path)
    return place.parent.name in ("sample_logs", "_sample") or place.name == "sample_log"


def _as_left(log: RecentLog) -> Wish:
    """To go on where a log was left."""
    return Wish(log.path, log.project, log.frame, log.workspace, remembered=True)


def _put_away(session: Session) -> None:
    """Close a session that shows no more; its threads end after what they read now."""
    session.stop_works()
    session.edits.close()
    _close_labels(session.labels)
    threading.Thread(target=session.loader.close, name="av3d-closing", daemon=True).start()


def _close_labels(labels: Labels) -> None:
    try:
        labels.close()
    except Av3dError as error:
        logger.warning("the project was not closed: %s", error)


def _open_log(path: str) -> Log:
    from av3d.datasets.registry import open_log

    return open_log(path)


def _absolute(path: str) -> str:
    """The path from wherever the program is started the next time; addresses stay."""
    if not path or "://" in path:
        return path
    # Without following links: people know a log by the name that they gave it.
    # And a Path would refuse the home of somebody who is not known.
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111
