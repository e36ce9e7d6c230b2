"""What is being looked at: log, frame, selection, playback. Every pane shows the same session."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

from av3d.errors import Av3dError
from av3d.logs.log import Log
from av3d.ontology.category import Category
from av3d.present.certainty import Certainties
from av3d.present.choices import Choices
from av3d.present.edits import Edits
from av3d.present.fields import Fields
from av3d.present.labels import Labels
from av3d.present.loader import Job, Loader
from av3d.present.marks import Mark
from av3d.present.no_log import is_no_log
from av3d.present.playback import Playback
from av3d.present.supply import Supply
from av3d.present.tasks import Work, WorkQueue
from av3d.present.theme import DARK, LIGHT, Theme
from av3d.present.time_span import TimeSpan
from av3d.render.placing import PlacedTrack
from av3d.tracks.categories import CATEGORIES
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.track import Track

TRACKS_KEY = ("tracks",)


class TrackNotFoundError(Av3dError):
    """The log has no track of the name that was asked for."""


CATEGORY_ORDER = {category.key: number for number, category in enumerate(CATEGORIES)}


def name_order(track: Track) -> tuple[int, str, int, str]:
    """Sorts by category, in the order of their number keys, then by number, whatever the log."""
    known = CATEGORY_ORDER.get(track.category, len(CATEGORY_ORDER))
    return known, track.category, track.number, track.id


@dataclass(frozen=True)
class Message:
    """Something to tell the user: kind "info" leaves by itself, "error" stays until it is closed."""

    kind: str
    title: str
    text: str = ""
    details: str = ""
    """What [Copy details] copies."""


@dataclass(frozen=True)
class Told:
    """A message that was shown, for the list of them.

    Attributes:
        time_ns: when, since 1970.
        kind, title, text: as of `Message`.
        details: for copying, "" if the text says it all.
    """

    time_ns: int
    kind: str
    title: str
    text: str = ""
    details: str = ""


MOTION_S = 0.15
"""A cuboid under the pointer moves until the pointer has rested for so long."""

PLACED_KEPT = 256
"""Cuboids in frames that are kept because they are asked for again and again."""

TOLD_KEPT = 1000
"""Messages that the list of them holds; the log file has all."""


class Session:
    """The state that all panes share.

    Args:
        log: what to look at.
        tracks: its tracks, as long as nothing is edited.
        project_name: shown beside the log's name; "" when no project is open.
        labels: what is edited; None: the tracks can only be looked at.
        loader: runs slow work; None makes one with two threads.
        works: runs what takes so long that the user is told how far it is; None makes one.
        clock: seconds of a monotonic clock; tests pass their own.
    """

    def __init__(
        self,
        log: Log,
        tracks: Sequence[Track] = (),
        *,
        project_name: str = "",
        labels: Labels | None = None,
        loader: Loader | None = None,
        works: WorkQueue | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.log = log
        self.project_name = project_name
        self.clock = clock
        self.loader = loader or Loader()
        self.works = works or WorkQueue(clock)
        self._own_works: WeakSet[Work[Any]] = WeakSet()
        self.supply = Supply(log, self.loader)
        self.certainties = Certainties(log, self.loader)
        self.playback = Playback(log.frames.timestamps_ns)
        self.theme: Theme = DARK
        self.wanted_scale = 1.0
        """Size of text and controls that the user has chosen."""
        self.frame = 0
        self.step = 1
        self.selected: str | None = None
        self._also: tuple[str, ...] = ()
        self.messages: list[Message] = []
        self.told: deque[Told] = deque(maxlen=TOLD_KEPT)
        self.wall_ns: Callable[[], int] = time.time_ns
        """The time of day, for what is told; tests pass their own."""
        self.fields = Fields()
        self.choices = Choices()
        self.asked: dict[str, Job] = {}
        """Work that panes ask for beside what a frame shows, by what it is for; done after the frame."""
        self.hidden: frozenset[str] = frozenset()
        """IDs of tracks that views do not draw; lists have them all the same."""
        self.modifiers: frozenset[str] = frozenset()
        """Of "Ctrl", "Alt" and "Shift" those that are held now; gestures ask for them."""
        self._placed: dict[tuple[str, int], tuple[Track, PlacedTrack | None]] = {}
        """Tracks in frames as they were last asked for."""
        self.hovered: str | None = None
        self.span: TimeSpan | None = None
        """What is chosen of the time; commands that work on a span take it."""
        self.marks: Mapping[str, Sequence[Mark]] = {}
        """Remarks on tracks, by ID, in order of time."""
        self.hint = ""
        """What the pointer would do, or does, in words for the status bar."""
        self.tool = ""
        """"box" while the next press makes a cuboid."""
        self.tilt = False
        """Whether cuboids have knobs for pitch and roll."""
        self.dragging = False
        """Whether a cuboid is being dragged; views stay where they are meanwhile."""
        self._moved_s: float | None = None
        self._category = ""
        self.camera = next(iter(log.cameras), "")
        self.main_mode = "bev"
        self.follow = False
        self.follow_camera = False
        self._tracks: tuple[Track, ...] = ()
        self._by_id: dict[str, Track] = {}
        self.loading_tracks = False
        self._select_then = ""
        self.not_found: TrackNotFoundError | None = None
        self._tracks_job: Job | None = None
        self.labels = labels or Labels(tracks)
        self.edits = Edits(self)
        self.set_tracks(self.labels.tracks)

    def set_tracks(self, tracks: Sequence[Track], live: frozenset[str] = frozenset()) -> None:
        """Show other tracks, for example after an edit; `live`: those that a gesture changes now."""
        self._tracks = tuple(tracks)
        self._by_id = {track.id: track for track in tracks}
        self._moved_s = self.clock() if live else None
        self.hidden &= self._by_id.keys()
        self._supply_tracks(live)
        self._also = tuple(track_id for track_id in self._also if track_id in self._by_id)
        if self.selected not in self._by_id:
            self.selected = None
        if self.hovered not in self._by_id:
            self.hovered = None

    def hide(self, track_ids: Iterable[str]) -> None:
        """Let views draw all tracks but these."""
        self.hidden = frozenset(track_ids) & self._by_id.keys()
        self._supply_tracks()
        if self.hovered in self.hidden:
            self.hovered = None

    @property
    def in_motion(self) -> bool:
        """Whether the pointer is moving a cuboid right now.

        What takes long to draw waits until it rests: the cuboid itself must keep up with the hand.
        """
        moved_s = self._moved_s
        return self.dragging and moved_s is not None and 0 <= self.clock() - moved_s < MOTION_S

    @property
    def apart(self) -> frozenset[str]:
        """IDs of the tracks that are drawn by themselves, because they may change with each picture."""
        return self.supply.live.union(self.selection)

    def _supply_tracks(self, live: frozenset[str] = frozenset()) -> None:
        shown = self._tracks
        if self.hidden:
            shown = tuple(track for track in shown if track.id not in self.hidden)
        self.supply.set_tracks(shown, self.frame, live)

    def say(self, kind: str, title: str, text: str = "", details: str = "") -> None:
        """Tell the user something ("info", "error"); the workspace shows it with the next frame."""
        self.messages.append(Message(kind, title, text, details))

    def note_told(self, kind: str, title: str, text: str = "", details: str = "") -> None:
        """Take down that the user was told something."""
        self.told.append(Told(self.wall_ns(), kind, title, text, details))

    def begin(self, work: Work[Any]) -> Work[Any]:
        """Run a work that makes sense only as long as this log shows."""
        self._own_works.add(work)
        return self.works.add(work)

    def stop_works(self) -> None:
        """The log shows no more: stop what makes no sense any longer."""
        for work in self._own_works:
            work.cancel(silently=True)

    def undo(self) -> None:
        """Take back the last edit of this session."""
        self.edits.undo()

    def redo(self) -> None:
        """Make the last edit again that was taken back."""
        self.edits.redo()

    def load_labels(self, work: Callable[[], Labels], select: str = "") -> None:
        """Read the labels on a worker thread; the window is there meanwhile.

        Args:
            work: reads them.
            select: name or ID of a track to select then.
        """
        self.loading_tracks = True
        self._select_then = select
        self._tracks_job = Job(TRACKS_KEY, work)

    def take_tracks(self) -> Av3dError | None:
        """Take over the tracks once they are read; returns what went wrong, once."""
        if not self.loading_tracks:
            return None
        labels: Labels | None = self.loader.get(TRACKS_KEY)
        error = self.loader.error(TRACKS_KEY)
        if labels is None and error is None:
            return None
        self.loading_tracks = False
        if error is not None:
            return error if isinstance(error, Av3dError) else Av3dError(str(error), self.log.name)
        assert labels is not None
        self.labels = labels
        self.set_tracks(labels.tracks)
        name, self._select_then = self._select_then, ""
        found = [track for track in self.tracks if name and track.is_called(name)]
        if found:
            self.select(found[0].id)
            self.follow_camera = True
        elif name:
            known = ", ".join(track.name for track in self.tracks[:3])
            more = " ..." if len(self.tracks) > 3 else ""
            fix = f"there are {known}{more}" if known else "there are no tracks"
            self.not_found = TrackNotFoundError(f"no track {name!r}", self.log.name, fix)
            return self.not_found
        return None

    def urgent_jobs(self) -> list[Job]:
        """Jobs that everything else waits for."""
        return [self._tracks_job] if self.loading_tracks and self._tracks_job else []

    @property
    def scale(self) -> float:
        """Pixels of the screen per logical pixel; less than is wanted in a small window."""
        return self.supply.scale

    @property
    def has_log(self) -> bool:
        """Whether a log is open."""
        return not is_no_log(self.log)

    @property
    def tracks(self) -> tuple[Track, ...]:
        """All tracks of the log, hidden ones too."""
        return self._tracks

    @property
    def frames(self) -> int:
        """Number of frames of the log."""
        return len(self.log.frames)

    @property
    def timestamp_ns(self) -> int:
        """Time of the frame that shows."""
        return self.log.frames[self.frame].timestamp_ns

    def track(self, track_id: str | None) -> Track | None:
        """A track by its ID."""
        return self._by_id.get(track_id) if track_id else None

    @property
    def selected_track(self) -> Track | None:
        return self.track(self.selected)

    @property
    def category(self) -> Category | None:
        """What new cuboids are; None where the ontology has no category at all."""
        categories = self.labels.ontology.categories
        known = self.labels.ontology.category(self._category)
        return known or (categories[0] if categories else None)

    def set_category(self, key: str) -> None:
        """Say what new cuboids are."""
        self._category = key

    def selected_box(self, frame: int | None = None) -> PlacedTrack | None:
        """The selected track at a frame (default: the one that shows), in the ego frame."""
        return self.box_of(self.selected, frame)

    def box_of(self, track_id: str | None, frame: int | None = None) -> PlacedTrack | None:
        """A track at a frame (default: the one that shows), in the ego frame; None if not there."""
        track = self.track(track_id)
        if track is None:
            return None
        frame = self.frame if frame is None else frame
        known, box = self._placed.get((track.id, frame), (None, None))
        if known is not track:
            # Half a dozen panes ask for it in each frame, and it takes a millisecond.
            box = self._place(track, frame)
            self._placed[track.id, frame] = track, box
            while len(self._placed) > PLACED_KEPT:
                self._placed.pop(next(iter(self._placed)))
        return box

    def _place(self, track: Track, frame: int) -> PlacedTrack | None:
        for made in self.supply.boxes(frame) or ():
            if made.track is track:
                return made
        time_ns = self.log.frames[frame].timestamp_ns
        [state] = states_in_sweep([track], time_ns, self.log)
        if state is None:
            return None
        return PlacedTrack(
            track,
            state,
            state.cuboid.in_frame(self.log.world_SE3_ego(time_ns).inverse()),
            state.provenance.value,
        )

    def go_to(self, frame: int) -> None:
        """Show a frame; a number outside the log goes to its end."""
        frame = min(max(frame, 0), self.frames - 1)
        if frame != self.frame:
            self.step = 1 if frame > self.frame else -1
            self.frame = frame
        self.playback.moved(frame, self.clock())

    def go_to_time(self, timestamp_ns: int) -> None:
        """Show the frame that is nearest in time."""
        self.go_to(self.log.frames.nearest(timestamp_ns))

    def _limit_playback(self) -> None:
        """A loop plays the span, where one is chosen."""
        inside = None if self.span is None else self.span.frames(self.log.frames)
        self.playback.limits = (inside.start, inside.stop - 1) if inside else None

    def toggle_play(self) -> None:
        """Start or stop."""
        self._limit_playback()
        if self.playback.playing:
            self.playback.stop()
        else:
            self.step = 1
            self.frame = self.playback.start(self.frame, self.clock())

    def play_around(self, timestamp_ns: int, half_s: float) -> None:
        """Play the time around a moment once, and come back to its frame."""
        self.step = 1
        frame = self.log.frames.nearest(timestamp_ns)
        self.frame = self.playback.start_around(frame, half_s, self.clock())

    def tick(self, *, ready: bool = True) -> None:
        """Go to the frame that is due while playing.

        Args:
            ready: whether the present frame shows. If it does not yet, it is waited for, and then
                frames are skipped: what plays is slow on a slow machine, but never empty or late.
        """
        self._limit_playback()
        if self.playback.playing and ready:
            self.frame = self.playback.frame_at(self.clock(), self.frame)

    def select(self, track_id: str | None) -> None:
        """Select a track alone, or nothing; an unknown ID selects nothing."""
        self.selected = track_id if track_id in self._by_id else None
        self._also = ()

    def select_also(self, track_id: str) -> None:
        """Add a track to the selection, which it then leads; one that is in it leaves it."""
        if track_id not in self._by_id:
            return
        chosen = [other for other in self.selection if other != track_id]
        if len(chosen) == len(self.selection):
            chosen = [track_id, *chosen]
        self.select_many(chosen)

    def select_many(self, track_ids: Sequence[str]) -> None:
        """Select these tracks; the first leads: it has handles and fills the inspector."""
        known = [track_id for track_id in dict.fromkeys(track_ids) if track_id in self._by_id]
        self.selected = known[0] if known else None
        self._also = tuple(known[1:])

    @property
    def selection(self) -> tuple[str, ...]:
        """IDs of all selected tracks, the leading one first."""
        return () if self.selected is None else (self.selected, *self._also)

    def select_step(self, step: int) -> None:
        """Select the next (+1) or previous (-1) track of this frame, by category and number."""
        present = [
            track
            for track in sorted(self.tracks, key=name_order)
            if track.is_present(self.timestamp_ns)
        ]
        if not present:
            return
        ids = [track.id for track in present]
        if self.selected in ids:
            self.select(ids[(ids.index(self.selected) + step) % len(ids)])
        else:
            self.select(ids[0 if step > 0 else -1])

    def go_to_keyframe(self, step: int) -> None:
        """Go to the next (+1) or previous (-1) keyframe of the selected track."""
        track = self.selected_track
        if track is None:
            return
        now = self.timestamp_ns
        times = [keyframe.timestamp_ns for keyframe in track.keyframes]
        later = [time_ns for time_ns in times if (time_ns - now) * step > 0]
        if later:
            self.go_to_time(min(later) if step > 0 else max(later))

    def next_camera(self, step: int = 1) -> None:
        """Make the next camera the large one."""
        names = list(self.log.cameras)
        if names:
            self.camera = names[(names.index(self.camera) + step) % len(names)]
            self.follow_camera = False

    def show_camera(self, name: str) -> None:
        """Make a camera the large one."""
        if name in self.log.cameras:
            self.camera = name
            self.follow_camera = False

    def toggle_theme(self) -> None:
        self.theme = LIGHT if self.theme is DARK else DARK
