"""An annotator who only uses mouse and keys labels from empty, and how good what comes out is.

    python tests/benchmarks/annotator.py [--seed 1] [--out FOLDER] [--only sample|pandaset] [--pictures]

A window opens on a display of its own with a new, empty project. In it one turning car, one stopped
car and one pedestrian of the sample log are labelled through all frames, and one moving car of the
PandaSet log (if AV3D_REAL_DATA says where it is) through 30 frames.

The annotator decides as a person would. It sees where an object is with 0.3 m of error and how it is
turned with 5 degrees, only in the frames that it visits, and it sees the points. It drags a rectangle
with Ctrl around the points, checks the heading (G), fits (T), goes where the next keyframe is suggested
(N), and corrects by drags and nudges what is visibly off, until the overlap to expect is good. Then it
plays the log once and goes back to frames in which points stick out. What
stands still gets one good cuboid and M. Where the true cuboid is is asked only afterwards.

Then the project is opened by a new process, which has to show the same cuboids, and
`av3d project fsck` has to pass. Printed are keyframes, actions (keys, clicks, drags, turns of the
wheel) and overlap with the truth in all frames.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from eyes import EYE_M, Eyes, Goal, Sight, true_tracks
from hands import Hands, WindowError, screen
from shown import overlaps, same, shown_cuboid, shown_through

import av3d
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import wrap_angle_rad
from av3d.logs.log import Log
from av3d.tracks.track import Track
from av3d.types import FloatArray

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_logs" / "crossing"
OFF_M, OFF_DEG = 0.5, 10.0
"""What is visibly off, beside what the eyes are unsure about."""
LIFTED_M = 0.1
"""A bottom so far off the line of the ground in the side views is seen to be."""
ENOUGH = 0.8
"""Expected overlap of the worst frame from which on no more keyframes are set."""
STICK_OUT = 0.85
"""Where fewer of an object's points are in the cuboid, it is seen while the log plays."""
MOST_VISITS = 12


SAMPLE_GOALS = (
    Goal("turning car", "0efedcf4-00a4-5540-ac88-7de724ba1fca", "1", "car", (4.6, 1.9)),
    Goal("stopped car", "cd6e713f-8e5c-5866-918d-31be9f9e8354", "1", "car", (4.6, 1.9), still=True),
    Goal("pedestrian", "d58bfe8a-80d7-5cb3-a338-d606f9436f59", "8", "pedestrian", (0.8, 0.6)),
)
PANDASET_GOALS = (
    Goal("moving car", "0d238564", "1", "car", (4.6, 1.9)),
)  # fmt: skip


class Annotator:
    """Labels one object after the other in a window.

    Args:
        hands: on the window.
        log: what the window shows.
        random: how the eyes err.
        say: where to tell what is done.
    """

    def __init__(self, hands: Hands, log: Log, random: np.random.Generator) -> None:
        self.hands, self.log, self.random = hands, log, random
        self.story: list[str] = []

    def label(self, goal: Goal, truth: Track) -> str:
        """Label an object through all frames; the ID that its track got."""
        hands = self.hands
        eyes = Eyes(self.log, truth, goal, self.random)
        last = len(self.log.frames) - 1
        # By scrubbing once through the log one sees where an object shows best.
        looks = {frame: eyes.look(frame) for frame in np.linspace(0, last, 5).astype(int).tolist()}
        best = max(looks, key=lambda frame: len(s.points_m) if (s := looks[frame]) else 0)
        if goal.still:
            return self._label_still(goal, eyes, best)
        self._go(best)
        self._draw(goal, eyes, best)
        if not hands.state["follow"]:
            hands.press_keys("L")
        hands.press_keys("Z")
        self._correct(eyes, best)
        self._lower_top(eyes, best)
        for frame in (0, last) if best not in (0, last) else (last - best,):
            self._go(frame)
            self._correct(eyes, frame)
        for _ in range(MOST_VISITS):
            frame = self._next_frame()
            if frame is None:
                break
            self._correct(eyes, frame)
        for frame in self._play_through(eyes):
            self._go(frame)
            self._tell("points stick out here")
            self._correct(eyes, frame)
        return str(hands.state["selected"])

    def _play_through(self, eyes: Eyes) -> list[int]:
        """Play the log once; up to three frames in which most points stick out of the cuboid."""
        hands = self.hands
        last = len(self.log.frames) - 1
        # Slowly: at 0.25 times the speed every frame is seen.
        hands.press_keys("Home", ",", ",")
        hands.settled()
        hands.press_keys("Space")
        hands.wait(lambda s: s["playing"] or s["frame"] > 0, 5)
        shares: dict[int, float] = {}
        end = time.monotonic() + 60
        while time.monotonic() < end:
            state = hands.state
            cuboid, sight = shown_cuboid(hands), eyes.look(state["frame"])
            if sight is not None and cuboid is not None and hands.state["frame"] == state["frame"]:
                shares[state["frame"]] = sight.share_in(cuboid)
            if not state["playing"] and state["frame"] == last:
                break
            time.sleep(0.01)
        hands.press_keys(".", ".")
        found: list[int] = []
        for frame in sorted(shares, key=lambda frame: shares[frame]):
            if shares[frame] < STICK_OUT and all(abs(frame - other) > 1 for other in found):
                found.append(frame)
        return sorted(found[:3])

    def _label_still(self, goal: Goal, eyes: Eyes, best: int) -> str:
        self._go(best)
        self._draw(goal, eyes, best)
        self.hands.press_keys("Z")
        self._correct(eyes, best)
        self._lower_top(eyes, best)
        self._edit("M")
        if best != 0:
            self._go(0)
            if self.hands.state["editing"]["cuboid"] is None:
                self._tell("it is not there before it was drawn: K")
                self._edit("K")
        return str(self.hands.state["selected"])

    def _edit(self, key: str) -> None:
        """Press a key that changes labels, and see that it has."""
        edits = self.hands.state["editing"]["edits"]
        self.hands.press_keys(key)
        self.hands.wait(lambda s: s["editing"]["edits"] > edits, 5)
        self.hands.settled()

    def _tell(self, words: str) -> None:
        state = self.hands.state
        self.story.append(f"{self.hands.actions:4} frame {state['frame']:3}: {words}")

    def _go(self, frame: int) -> None:
        """To a frame, by the fewest keys."""
        hands = self.hands
        state = hands.state
        last = state["frames"] - 1
        if state["frame"] == frame:
            return
        ways = [(state["frame"], []), (0, ["Home"]), (last, ["End"])]
        plans = []
        for start, begun in ways:
            tens, ones = divmod(abs(frame - start), 10)
            if ones > 5 and 0 <= start + (tens + 1) * 10 * (1 if frame > start else -1) <= last:
                tens, ones, back = tens + 1, 10 - ones, True
            else:
                back = False
            way, other = ("Right", "Left") if frame > start else ("Left", "Right")
            plans.append([*begun, *[f"Shift+{way}"] * tens, *[other if back else way] * ones])
        hands.press_keys(*min(plans, key=len))
        hands.wait(lambda s: s["frame"] == frame and s["shown"]["main"] == frame)

    def _next_frame(self) -> int | None:
        """To the suggested keyframe; None where none is suggested."""
        hands = self.hands
        certainty = hands.settled()["editing"]["certainty"]
        end = time.monotonic() + 10
        while certainty is None and time.monotonic() < end:
            time.sleep(0.1)
            certainty = hands.state["editing"]["certainty"]
        enough = certainty and (certainty["least_overlap"] or 1.0) >= ENOUGH
        if certainty is None or certainty["suggested_frame"] is None or enough:
            self._tell(f"enough: {certainty}")
            return None
        hands.press_keys("N")
        frame = int(certainty["suggested_frame"])
        hands.wait(lambda s: s["frame"] == frame and s["shown"]["main"] == frame)
        self._tell(f"suggested, expected overlap at least {certainty['least_overlap']:.2f}")
        return frame

    def _draw(self, goal: Goal, eyes: Eyes, frame: int) -> None:
        """A rectangle around the points of an object, with Ctrl."""
        hands = self.hands
        sight = eyes.look(frame)
        if sight is None:
            raise WindowError(f"{goal.what} is not in frame {frame}")
        hands.press_keys("Esc")
        if hands.settled()["editing"]["category"] != goal.category:
            hands.press_keys(goal.key)
            hands.settled()
        if hands.state["follow"]:
            hands.press_keys("L")
        hands.press_keys("Shift+Z")
        hands.settled()
        self._turn_wheel(sight.center_m, 5)
        low_m, high_m = self._outline(sight, goal)
        before = hands.state["editing"]["edits"]
        hands.drag(hands.place_of(high_m), hands.place_of(low_m), held=("Ctrl",))
        hands.wait(lambda s: s["editing"]["edits"] > before and s["selected"], 10)
        self._tell(f"drawn around {len(sight.points_m)} points")
        hands.settled()

    @staticmethod
    def _outline(sight: Sight, goal: Goal) -> tuple[FloatArray, FloatArray]:
        """Two corners of a rectangle around what is seen."""
        c, s = np.cos(sight.yaw_rad), np.sin(sight.yaw_rad)
        half_m = np.abs(np.array([[c, -s], [s, c]])) @ np.array(goal.size_m) / 2
        low_m, high_m = sight.center_m - half_m, sight.center_m + half_m
        if len(sight.points_m) >= 5:
            own_low_m = np.percentile(sight.points_m[:, :2], 2, axis=0)
            own_high_m = np.percentile(sight.points_m[:, :2], 98, axis=0)
            low_m, high_m = np.minimum(low_m, own_low_m), np.maximum(high_m, own_high_m)
        return low_m - 0.1, high_m + 0.1

    def _turn_wheel(self, place_m: FloatArray, notches: int) -> None:
        """Zoom at a place; one action, however far."""
        hands = self.hands
        before = hands.actions
        x, y = hands.place_of(place_m)
        for _ in range(abs(notches)):
            hands.click(x, y, 4 if notches > 0 else 5)
        hands.actions = before + 1
        hands.settled()

    def _correct(self, eyes: Eyes, frame: int) -> None:
        """Bring the cuboid onto the object: to where it is seen, then onto its points."""
        hands = self.hands
        sight = eyes.look(frame)
        if hands.settled()["editing"]["cuboid"] is None:
            self._edit("K")
            self._tell("not there yet: K")
        if sight is None:
            return
        self._bring(sight)
        self._turn(sight)
        lift_m = sight.lift_m(self._cuboid())
        if abs(lift_m) > LIFTED_M:
            self._edit("H")
            self._tell(f"put on the ground, {lift_m:.2f} m below")
        placed = self._cuboid()
        keys = hands.state["editing"]["edits"]
        hands.press_keys("T")
        hands.wait(lambda s: s["editing"]["edits"] > keys or s["toasts"], 10)
        state = hands.settled()
        if state["editing"]["edits"] == keys:
            self._tell(f"T is not possible: {state['toasts']}")
            self._edit("K")
            return
        fitted = self._cuboid()
        moved_m = float(np.linalg.norm(fitted.center_m[:2] - sight.center_m))
        worse = sight.share_in(fitted) < sight.share_in(placed) - 0.1
        if moved_m > OFF_M + EYE_M or self._off_deg(fitted, sight) > 2 * OFF_DEG or worse:
            self._tell(f"T is {moved_m:.2f} m from what is seen: taken back")
            hands.press_keys("Ctrl+Z")
            hands.settled()
            if np.linalg.norm(self._cuboid().center_m - placed.center_m) < 0.01:
                self._edit("K")
            return
        self._tell(f"fitted, {sight.share_in(fitted):.0%} of what is seen is inside")

    def _lower_top(self, eyes: Eyes, frame: int) -> None:
        """Bring the top down to the highest points, if the side views show room over them."""
        sight, cuboid = eyes.look(frame), self._cuboid()
        if sight is None or len(sight.points_m) < 100:
            return
        local_m = cuboid.frame_SE3_cuboid.inverse().transform(sight.points_m)
        inside = (np.abs(local_m[:, :2]) < cuboid.size_lwh_m[:2] / 2).all(axis=1)
        inside &= local_m[:, 2] < cuboid.height_m / 2
        if not inside.any():
            return
        room_m = cuboid.height_m / 2 - float(local_m[inside, 2].max())
        if room_m > LIFTED_M:
            self._edit("Alt+Shift+R")
            self._tell(f"top brought down by {room_m:.2f} m")

    def _bring(self, sight: Sight) -> None:
        """Drag the cuboid to where the object is seen, if it is visibly elsewhere."""
        hands = self.hands
        cuboid = self._cuboid()
        away_m = float(np.linalg.norm(cuboid.center_m[:2] - sight.center_m))
        if away_m < OFF_M + EYE_M:
            return
        x, y, width, height = hands.state["panes"]["main"]
        for _ in range(6):
            start, end = hands.place_of(cuboid.center_m), hands.place_of(sight.center_m)
            inside = all(
                x + 20 < u < x + width - 20 and y + 20 < v < y + height - 20
                for u, v in (start, end)
            )
            if inside:
                break
            self._turn_wheel(np.array(hands.bev().center_m), -3)
        edits = hands.state["editing"]["edits"]
        hands.drag(start, end)
        hands.wait(lambda s: s["editing"]["edits"] > edits, 5)
        hands.settled()
        self._tell(f"dragged by {away_m:.2f} m")

    def _turn(self, sight: Sight) -> None:
        """Turn the cuboid as the object is seen to head, if it visibly heads elsewhere."""
        hands = self.hands
        off_deg = self._signed_off_deg(self._cuboid(), sight)
        if abs(off_deg) > 135:
            self._edit("G")
            self._tell("heading flipped")
            off_deg = self._signed_off_deg(self._cuboid(), sight)
        if abs(off_deg) < OFF_DEG:
            return
        if abs(off_deg) > 3 * OFF_DEG:
            self._drag_knob(sight.yaw_rad)
        else:
            # Q turns to the left, that is counter-clockwise.
            hands.press_keys(*[f"Shift+{'Q' if off_deg > 0 else 'E'}"] * round(abs(off_deg) / 5))
        hands.settled()
        self._tell(f"turned by {off_deg:.0f}°")

    def _drag_knob(self, yaw_rad: float) -> None:
        """Turn the cuboid by its knob in the view from above."""
        hands = self.hands
        state = hands.state
        if "yaw" not in state["handles"]["main"]:
            raise WindowError("the cuboid has no knob to turn it by")
        corner = np.array(state["panes"]["main"][:2])
        knob = corner + state["handles"]["main"]["yaw"]
        center_m = self._cuboid().center_m
        middle = np.array(hands.place_of(center_m))
        ahead_m = center_m[:2] + np.array([np.cos(yaw_rad), np.sin(yaw_rad)])
        way = np.array(hands.place_of(ahead_m)) - middle
        reach = np.linalg.norm(knob - middle) / np.linalg.norm(way)
        edits = state["editing"]["edits"]
        hands.drag(knob.tolist(), (middle + reach * way).tolist())
        hands.wait(lambda s: s["editing"]["edits"] > edits, 5)

    @staticmethod
    def _signed_off_deg(cuboid: Cuboid, sight: Sight) -> float:
        return float(np.degrees(wrap_angle_rad(sight.yaw_rad - cuboid.yaw_rad)))

    def _off_deg(self, cuboid: Cuboid, sight: Sight) -> float:
        return abs(self._signed_off_deg(cuboid, sight))

    def _cuboid(self) -> Cuboid:
        """The selected cuboid as the window shows it."""
        cuboid = shown_cuboid(self.hands)
        if cuboid is None:
            raise WindowError("the selected track is not there")
        return cuboid


@dataclass(frozen=True)
class Result:
    """How one object was labelled."""

    goal: Goal
    track_id: str
    keyframes: int
    actions: int
    seconds: float
    ious: FloatArray
    ious_bev: FloatArray
    shown: list[Cuboid | None]

    def line(self) -> str:
        """One row of the table."""
        return (
            f"{self.goal.what:12} {len(self.ious):6} {self.keyframes:9} {self.actions:7} "
            f"{self.seconds:5.0f}   {self.ious.mean():.3f} {self.ious.min():.3f}   "
            f"{self.ious_bev.mean():.3f} {self.ious_bev.min():.3f}"
        )


HEAD = "object       frames keyframes actions     s   3D mean  min   BEV mean  min"


def label_all(
    display: str, log_path: Path, goals: Sequence[Goal], folder: Path, seed: int, *,
    pictures: bool = False, pace_s: float = 0.03,
) -> tuple[list[Result], list[str]]:  # fmt: skip
    """Label objects of a log from empty; then show the project again in a new window.

    Returns:
        How it went with each object, and what is wrong: nothing, if all is well.
    """
    log = av3d.open_log(log_path)
    truth = {track.id: track for track in true_tracks(log)}
    project = folder / "labels.sqlite"
    arguments = [str(log_path), "--project", str(project)]
    wrong: list[str] = []
    results = []
    hands = Hands(display, folder / "window", arguments, pace_s=pace_s)
    annotator = Annotator(hands, log, np.random.default_rng(seed))
    try:
        for goal in goals:
            [track_id] = [track_id for track_id in truth if track_id.startswith(goal.track_id)]
            begun, before = time.monotonic(), hands.actions
            annotator.story.append(f"{goal.what} of {log.name}")
            made = annotator.label(goal, truth[track_id])
            actions, seconds = hands.actions - before, time.monotonic() - begun
            keyframes = hands.state["editing"]["keyframes"]
            if pictures:
                hands.picture(folder / f"{log.name}-{goal.what.replace(' ', '-')}.png")
            hands.send("mousemove 5 400")
            shown = shown_through(hands, made, len(log.frames))
            ious = overlaps(log, truth[track_id], shown)
            results.append(Result(goal, made, keyframes, actions, seconds, *ious, shown))
        toasts = [text for text in hands.state["toasts"] if "went wrong" in text]
        wrong += toasts
        if hands.quit() != 0:
            wrong.append(f"the window ended badly: {hands.ended}")
    finally:
        print("\n".join(annotator.story), flush=True)
        hands.close()
    again = Hands(display, folder / "again", arguments, pace_s=pace_s)
    try:
        for result in results:
            shown = shown_through(again, result.track_id, len(log.frames))
            if not same(shown, result.shown):
                wrong.append(f"{result.goal.what} shows otherwise when the project opens again")
        again.quit()
    finally:
        again.close()
    fsck = subprocess.run(
        [sys.executable, "-c", "from av3d.cli.main import main; main()", "project", "fsck", "--project",
         str(project)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if fsck.returncode != 0:
        wrong.append(f"fsck: {fsck.stdout} {fsck.stderr}")
    return results, wrong


def main() -> int:
    """Label, print the table; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="keep projects, log files and pictures here")
    parser.add_argument("--only", choices=("sample", "pandaset"))
    parser.add_argument("--pictures", action="store_true")
    arguments = parser.parse_args()
    out = arguments.out or Path(tempfile.mkdtemp(prefix="annotator-"))
    logs = []
    if arguments.only != "pandaset":
        logs.append((SAMPLE, SAMPLE_GOALS))
    real = os.environ.get("AV3D_REAL_DATA")
    if arguments.only != "sample":
        if real:
            logs.append((Path(real) / "pandaset" / "002", PANDASET_GOALS))
        else:
            print("PandaSet is left out: AV3D_REAL_DATA does not say where it is")
    wrong = []
    rows = []
    with screen() as display:
        for log_path, goals in logs:
            results, found = label_all(
                display, log_path, goals, out / log_path.name, arguments.seed,
                pictures=arguments.pictures,
            )  # fmt: skip
            rows += [result.line() for result in results]
            wrong += found
    print(HEAD)
    print("\n".join(rows))
    print("opened again: the same; fsck passes" if not wrong else "\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
