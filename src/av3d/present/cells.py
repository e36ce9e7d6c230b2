"""One track in many frames at once: which frames, its cuboid and points in each, and edits of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from av3d.assist.error import AssistError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.present import aids
from av3d.present.edits import Operation
from av3d.present.loader import Job
from av3d.present.nudging import flipped
from av3d.present.session import Session
from av3d.present.side_drawing import AROUND_M
from av3d.present.tasks import Report, Work
from av3d.present.words import plural
from av3d.tracks.change import Change
from av3d.tracks.document import Document, EditError
from av3d.tracks.keyframe import Provenance
from av3d.tracks.measured import states_in_sweep
from av3d.tracks.operations import keyframes
from av3d.tracks.operations.common import changed
from av3d.tracks.track import Track
from av3d.types import Float32Array, FloatArray

MOST = 20
"""Frames that show at once."""
CROP_STEP_M = 1.0
"""Points are looked for anew when the cuboid has gone this far from where they were cut out."""
MOST_POINTS = 2000
"""Points of a cell; of more an even choice is drawn."""


@dataclass(frozen=True, eq=False)
class Cell:
    """The track in one frame.

    Attributes:
        frame: which.
        cuboid: in the ego frame at the frame's time, where the sweep shows it.
        provenance: of its keyframe there, or "interpolated".
        keyed: whether it has a keyframe there.
    """

    frame: int
    cuboid: Cuboid
    provenance: str
    keyed: bool


@dataclass(frozen=True, eq=False)
class Crop:
    """Points around a cuboid.

    Attributes:
        points_m: in the ego frame at the frame's time, (N, 3).
    """

    points_m: Float32Array


class Cells:
    """The selected track in a row of frames.

    Args:
        session: whose selection.

    Attributes:
        frames: that show, in order; the track is there in all of them.
        chosen: frames that commands are about.
        hovered: the frame under the pointer, or None.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.frames: tuple[int, ...] = ()
        self.chosen: frozenset[int] = frozenset()
        self.hovered: int | None = None
        self._first: int | None = None
        self._shown_for: object = None
        self._of: tuple[Track | None, tuple[int, ...]] = (None, ())
        self._cells: tuple[Cell, ...] = ()
        self._present: tuple[Track | None, tuple[int, ...]] = (None, ())
        self._last: dict[tuple[str, int], Crop] = {}
        self._anchor: int | None = None

    # Which frames

    @property
    def present(self) -> tuple[int, ...]:
        """All frames in which the selected track is there; those of the span, where one is chosen."""
        session = self.session
        track = session.selected_track
        if track is None:
            return ()
        if self._present[0] is not track:
            self._present = track, present_frames(track, session.log)
        found = self._present[1]
        if session.span is not None:
            inside = session.span.frames(session.log.frames)
            found = tuple(frame for frame in found if frame in inside)
        return found

    def show(self, count: int) -> None:
        """Choose the frames that show: they stay until the session's frame is not among them."""
        session = self.session
        present = self.present
        count = min(count, MOST)
        shown_for = (session.selected, session.frame, session.span)
        if shown_for != self._shown_for:
            track_before = self._shown_for[0] if isinstance(self._shown_for, tuple) else None
            if track_before != session.selected:
                self.chosen, self._last = frozenset(), {}
            self._shown_for = shown_for
            if session.frame not in self.frames or self._first is None:
                self._first = None
        at = int(np.searchsorted(present, session.frame))
        last = max(len(present) - count, 0)
        first = at - count // 2 if self._first is None else self._first
        self._first = min(max(first, 0), last)
        self.frames = present[self._first : self._first + count]
        self.chosen &= frozenset(present)

    def scroll(self, step: int) -> None:
        """Show later frames (+) or earlier ones (-)."""
        self._first = (self._first or 0) + step

    # What is in them

    def cells(self) -> tuple[Cell, ...]:
        """The cells of the frames that show."""
        session = self.session
        track = session.selected_track
        if track is None:
            return ()
        if self._of[0] is not track or self._of[1] != self.frames:
            self._of = track, self.frames
            self._cells = tuple(self._made(track, self.frames))
        return self._cells

    def _made(self, track: Track, frames: Sequence[int]) -> Iterable[Cell]:
        log = self.session.log
        times_ns = [log.frames[frame].timestamp_ns for frame in frames]
        states = states_in_sweep([track] * len(frames), times_ns, log)
        for frame, time_ns, state in zip(frames, times_ns, states, strict=True):
            if state is None:
                continue
            key = track.keyframe_at(time_ns)
            provenance = key.provenance.value if key else state.provenance.value
            cuboid = state.cuboid.in_frame(log.world_SE3_ego(time_ns).inverse())
            yield Cell(frame, cuboid, provenance, key is not None)

    def points(self, cell: Cell) -> Crop | None:
        """Points of the frame around the cuboid; None until they are read."""
        track = self.session.selected
        if track is None:
            return None
        found: Crop | None = self.session.loader.get(self._crop_key(cell))
        if found is not None:
            self._last[track, cell.frame] = found
        return self._last.get((track, cell.frame)) if found is None else found

    def _crop_key(self, cell: Cell) -> tuple[object, ...]:
        place = np.round(cell.cuboid.center_m / CROP_STEP_M).astype(int)
        reach = int(np.ceil(float(np.linalg.norm(cell.cuboid.size_lwh_m)) / 2))
        spec = self.session.supply.cloud_spec.single
        return "crop", cell.frame, tuple(place.tolist()), reach, spec.lidar

    def ask(self) -> None:
        """Ask for what is not there yet, the frames next to the one that shows first."""
        session = self.session
        for name in [name for name in session.asked if name.startswith("cell ")]:
            del session.asked[name]
        if session.edits.previewing:
            return
        near = sorted(self.cells(), key=lambda cell: abs(cell.frame - session.frame))
        lidars = session.supply.cloud_spec.lidars
        for cell in near:
            key = self._crop_key(cell)
            if session.loader.get(key) is None and session.loader.error(key) is None:
                _, frame, place, reach, _ = key
                center_m = np.array(place, dtype=np.float64) * CROP_STEP_M
                reach_m = float(reach) + AROUND_M + CROP_STEP_M  # type: ignore[arg-type]
                work = partial(_cropped, session.log, cell.frame, lidars, center_m, reach_m)
                session.asked[f"cell {frame}"] = Job(key, work, lambda crop: crop.points_m.nbytes)
        track = session.selected_track
        if track is not None and not session.certainties.knows(track):
            for number, job in enumerate(session.certainties.jobs([track], None)):
                session.asked[f"cell certainty {number}"] = job

    def error(self, cell: Cell) -> str:
        """Why the points of a frame cannot be read, or ""."""
        found = self.session.loader.error(self._crop_key(cell))
        return str(found) if found is not None else ""

    # Choosing

    def choose(self, frame: int, modifiers: frozenset[str]) -> None:
        """A click on a cell: alone, with Ctrl this one too or no longer, with Shift all up to it."""
        if "Shift" in modifiers and self._anchor is not None:
            low, high = sorted((self._anchor, frame))
            self.chosen = frozenset(f for f in self.present if low <= f <= high)
            return
        self._anchor = frame
        if "Ctrl" in modifiers:
            self.chosen ^= {frame}
        else:
            self.chosen = frozenset() if self.chosen == {frame} else frozenset({frame})

    def choose_all(self) -> None:
        """All frames that show; none, if all are chosen."""
        shown = frozenset(self.frames)
        self.chosen = frozenset() if self.chosen == shown else shown

    @property
    def targets(self) -> tuple[int, ...]:
        """The frames that a command is about: the chosen ones, else the one under the pointer."""
        if self.chosen:
            return tuple(sorted(self.chosen))
        return (self.hovered,) if self.hovered in self.frames and self.hovered is not None else ()

    # Edits

    def set_all(self, cuboids: dict[int, Cuboid], provenance: Provenance) -> Operation:
        """The operation that sets the cuboid of the selected track at several frames."""
        session = self.session
        track_id = session.selected
        assert track_id is not None
        steps = [
            session.edits.set_cuboid(track_id, cuboid, frame=frame, provenance=provenance)
            for frame, cuboid in cuboids.items()
        ]
        return one_after_another(track_id, steps)

    def change(self, title: str, made: Callable[[Cell], Cuboid]) -> None:
        """Change the cuboids of the frames that a command is about, each by itself, as one edit."""
        track = self.session.selected_track
        targets = self.target_cells()
        if track is None or not targets:
            return
        cuboids = {cell.frame: made(cell) for cell in targets}
        self.session.edits.do(
            f"{title} {self.words(track, len(targets))}", self.set_all(cuboids, Provenance.MANUAL)
        )

    def target_cells(self) -> list[Cell]:
        """The cells of `targets`; those of other frames than show, too."""
        track = self.session.selected_track
        return list(self._made(track, self.targets)) if track is not None else []

    @staticmethod
    def words(track: Track, count: int) -> str:
        """Whom an edit concerns: "Car 21 in 5 frames"."""
        return f"{track.name} in {plural(count, 'frame')}"

    def keep(self) -> None:
        """Make keyframes of what shows."""
        self.change("Keyframe of", lambda cell: cell.cuboid)

    def flip(self) -> None:
        """Make the back the front."""
        self.change("Flip", lambda cell: flipped(cell.cuboid))

    def same_size(self) -> None:
        """Give all the size of the first of them that has a keyframe set by hand, else of the first."""
        session, targets = self.session, self.target_cells()
        track = session.selected_track
        if track is None or not targets:
            return
        if not track.free_size:
            session.say("info", f"{track.name} has one size in all frames", "Nothing was changed.")
            return
        by_hand = [cell for cell in targets if cell.provenance == Provenance.MANUAL]
        size_lwh_m = (by_hand or targets)[0].cuboid.size_lwh_m
        self.change("Same size for", lambda cell: Cuboid(cell.cuboid.frame_SE3_cuboid, size_lwh_m))

    def delete(self) -> None:
        """Take the keyframes away."""
        session, track = self.session, self.session.selected_track
        keyed = [cell for cell in self.target_cells() if cell.keyed]
        if track is None:
            return
        if not keyed:
            session.say("info", "No keyframe there", "Nothing was deleted.")
            return
        steps: list[Operation] = [
            partial(
                keyframes.delete_keyframe, track_id=track.id,
                at_ns=session.log.frames[cell.frame].timestamp_ns,
            )
            for cell in keyed
        ]  # fmt: skip
        title = f"Delete keyframes of {self.words(track, len(keyed))}"
        session.edits.do(title, one_after_another(track.id, steps))

    def fit(self) -> None:
        """Move the cuboids onto their points: long work, one edit."""
        session, track = self.session, self.session.selected_track
        targets = self.target_cells()
        if track is None or not targets:
            return
        session.edits.settle()
        words = self.words(track, len(targets))
        run = partial(self._fitted, track, targets, aids.sensor_m(session))
        session.works.add(
            Work(
                f"Fitting {words}", run,
                then=lambda found: self._keep_fits(track, words, *found),
                failed=f"{words}: not fitted", alone=False,
            )
        )  # fmt: skip

    def _fitted(
        self, track: Track, cells: Sequence[Cell], sensor_m: object, report: Report
    ) -> tuple[dict[int, Cuboid], dict[int, str]]:
        from av3d.assist.fitting import fitted
        from av3d.assist.floor import local_ground

        session, log = self.session, self.session.log
        lidars = session.supply.cloud_spec.lidars
        category = session.labels.ontology.category(track.category)
        found: dict[int, Cuboid] = {}
        problems: dict[int, str] = {}
        for number, cell in enumerate(cells):
            report(f"Fitting {track.name}", number, len(cells))
            points_m = log.cloud(cell.frame, lidars).points_m
            up = session.edits.up_in_ego(cell.frame)
            try:
                ground = local_ground(points_m, cell.cuboid.center_m, aids.REACH_M, up)
                fit = fitted(
                    points_m, cell.cuboid, category, ground, keep_size=True,
                    sensor_m=sensor_m,  # type: ignore[arg-type]
                )  # fmt: skip
                found[cell.frame] = fit.cuboid
            except AssistError as error:
                problems[cell.frame] = error.what
        report("", len(cells), len(cells))
        return found, problems

    def _keep_fits(
        self, before: Track, words: str, found: dict[int, Cuboid], problems: dict[int, str]
    ) -> None:
        session = self.session
        steps = [
            session.edits.set_cuboid(before.id, cuboid, frame=frame, provenance=Provenance.FITTED)
            for frame, cuboid in found.items()
        ]
        make = one_after_another(before.id, steps)

        def operation(document: Document) -> Iterable[Change]:
            if document.tracks.get(before.id) != before:
                raise EditError("it was edited meanwhile", before.name, "fit it again")
            return make(document)

        if found:
            session.edits.do(f"Fit {words}", operation)
        if problems:
            frame, why = next(iter(problems.items()))
            title = f"{before.name} not fitted in {plural(len(problems), 'frame')}"
            session.say("info", title, f"Frame {frame}: {why}.")


def present_frames(track: Track, log: Log) -> tuple[int, ...]:
    """The frames of a log in which a track is there."""
    times_ns = log.frames.timestamps_ns
    there = np.zeros(len(times_ns), dtype=bool)
    for span in track.presence:
        there |= (times_ns >= span.start_ns) & (times_ns <= span.end_ns)
    return tuple(np.flatnonzero(there).tolist())


def moved_alike(before: Cuboid, after: Cuboid, other: Cuboid) -> Cuboid:
    """Another cuboid moved as one was, along its own axes: its heading and size stay."""
    own_m = before.frame_SE3_cuboid.rotation.T @ (after.center_m - before.center_m)
    pose = other.frame_SE3_cuboid
    moved = SE3(pose.rotation, pose.translation_m + pose.rotation @ own_m)
    return Cuboid(moved, other.size_lwh_m)


def one_after_another(track_id: str, operations: Sequence[Operation]) -> Operation:
    """Operations on one track, each on what the one before has made of it, as one change."""

    def operation(document: Document) -> tuple[Change, ...]:
        now = document
        for step in operations:
            now = now.apply(tuple(step(now)))
        return changed(document.track(track_id), now.tracks.get(track_id))

    return operation


def _cropped(
    log: Log, frame: int, lidars: Sequence[str] | None, center_m: FloatArray, reach_m: float
) -> Crop:
    """The points of a frame in a cube around a place of its ego frame."""
    points = log.cloud(frame, None if lidars is None else tuple(lidars)).points_m
    low, high = (center_m - reach_m).astype(np.float32), (center_m + reach_m).astype(np.float32)
    x = points[:, 0]
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]))
    kept = points[near]
    kept = kept[((kept >= low) & (kept <= high)).all(axis=1)]
    if len(kept) > MOST_POINTS:
        # Rings follow each other in a cloud: an even choice of its rows would lose whole ones.
        rows = np.random.default_rng(0).choice(len(kept), MOST_POINTS, replace=False)
        kept = kept[np.sort(rows)]
    return Crop(np.ascontiguousarray(kept))
