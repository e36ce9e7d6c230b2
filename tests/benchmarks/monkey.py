"""Random use of the window with real events: nothing may break, grow or be lost.

    python tests/benchmarks/monkey.py [LOG] [--minutes 60] [--seed 1] [--out FOLDER]

A window opens on a display of its own with a new project. Drags in all panes, handles, keys of the
command table, the wheel, typing in fields, menus, the palette, sizes of the window, workspaces, themes,
scales and seeks come at random, all through xdotool; quitting alone is left out. Watched are

* the process, which has to answer: every half minute the palette has to open and close;
* its log file and its messages: no exception, no "Something went wrong";
* its memory: the last tenth of the time against the tenth after the first fifth, which warms up;
* the project: in the end all edits are undone one by one, until it is as empty as in the beginning,
  and `av3d project fsck` has to pass.

Ends with 1 if anything of it fails, and says what was done last.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
from hands import NAMES_OF_X, Hands, State, WindowError, key_of_x, screen

from av3d.present.commands import COMMANDS
from av3d.present.layout import SMALLEST

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"
MOST_GROWTH = 0.05
PATIENCE_S = 120.0  # on a busy machine without a graphics card a long word takes its time
NEVER = ("app.quit",)
SIZES = ((1920, 1080), (1920, 1080), (1600, 900), (1366, 768), (1280, 720), (1900, 640), (900, 500))
TEXTS = (
    "car", "12", "-3.5", "0", "1e9", "", "pedestrian 1", "x", "4.20", "nan", "999999", "truck",
    "/nowhere", "a b c", "0.001", "frame 7",
)  # fmt: skip
KEYS = tuple(
    key
    for command in COMMANDS
    if command.name not in NEVER
    for key in command.keys
    if set(re.split(r"\+(?=.)", key)[:-1]) <= {"Ctrl", "Alt", "Shift"}
)
TITLES = tuple(command.title for command in COMMANDS if command.name not in NEVER and command.menu)
EDIT_KEYS = (
    "W", "A", "S", "D", "Q", "E", "R", "F", "T", "G", "H", "K", "U", "M", "N", "C", "Z", "L", "Tab",
    "Ctrl+Z", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+C", "Ctrl+V", "Ctrl+Shift+V", "Alt+Right", "Del",
)  # fmt: skip
NO_MENUS = ("File",)
"""It ends with Quit."""


class Monkey:
    """Does something at random, again and again.

    Args:
        hands: on the window.
        random: decides.
        log_path: opened again when the log was closed.
        record: where each thing that is done is written.

    Attributes:
        last: what was done last.
        done: how often each kind of thing was done.
    """

    def __init__(self, hands: Hands, random: Random, log_path: Path, record: Path) -> None:
        self.hands, self.random, self.log_path = hands, random, log_path
        self.last: deque[str] = deque(maxlen=25)
        self.done: Counter[str] = Counter()
        self._record = record.open("w", buffering=1)
        self._acts: tuple[tuple[int, Callable[[State], str]], ...] = (
            (22, self._drag), (8, self._drag_handle), (8, self._draw), (16, self._click),
            (14, self._key), (16, self._edit_key), (8, self._wheel), (4, self._type_in_pane),
            (3, self._search), (3, self._ask_frame), (4, self._menu), (4, self._palette),
            (1, self._resize), (2, self._appearance), (6, self._seek), (2, self._play),
            (2, self._drag_pane), (2, self._rest), (3, self._storm), (1, self._open),
        )  # fmt: skip

    def step(self) -> None:
        """One thing."""
        state = self.hands.state
        if not state["log"] and not state["opening"]["open"] and self.random.random() < 0.3:
            self.reopen()
            return
        acts = [act for _, act in self._acts]
        [act] = self.random.choices(acts, [weight for weight, _ in self._acts])
        words = act(state)
        self.done[act.__name__.strip("_")] += 1
        line = f"{time.strftime('%H:%M:%S')} {act.__name__.strip('_')}: {words}"
        self.last.append(line)
        self._record.write(line + "\n")
        # Hands see what they have done before they do something else; a storm does not.
        if self.random.random() < 0.9:
            self.hands.sync(PATIENCE_S)

    def answers(self) -> None:
        """Close what is open; then the palette has to come and go."""
        hands = self.hands
        hands.press_keys(*["Esc"] * 4)
        hands.press_keys("Ctrl+K")
        hands.wait(lambda s: s["palette"], PATIENCE_S)
        hands.press_keys("Esc")
        hands.wait(lambda s: not s["palette"], PATIENCE_S)

    def _pane(self, state: State) -> tuple[str, tuple[float, float, float, float]]:
        names = [*state["panes"], *[name for name in ("main", "camera") if name in state["panes"]]]
        name = self.random.choice(names)
        scale = state["scale"]
        x, y, width, height = (value * scale for value in state["panes"][name])
        return name, (x, y, width, height)

    def _place(self, rect: tuple[float, float, float, float]) -> tuple[float, float]:
        x, y, width, height = rect
        return x + self.random.uniform(1, width - 1), y + self.random.uniform(1, height - 1)

    # Things

    def _drag(self, state: State) -> str:
        name, rect = self._pane(state)
        start = self._place(rect)
        reach = self.random.choice((4, 20, 80, 400))
        end = tuple(max(0.0, value + self.random.uniform(-reach, reach)) for value in start)
        button = self.random.choices((1, 2, 3), (7, 1, 2))[0]
        held = self.random.choices(((), ("Ctrl",), ("Shift",), ("Alt",)), (8, 1, 1, 1))[0]
        if self.random.random() < 0.15:
            self._broken_off(start, end, button)
            return f"{name} {start} {end} {button}, Esc while dragging"
        self.hands.drag(start, end, held=held, button=button, steps=self.random.randint(1, 4))
        return f"{name} {start} {end} {button} {held}"

    def _broken_off(self, start: tuple[float, ...], end: tuple[float, ...], button: int) -> None:
        hands = self.hands
        hands.move(*start)
        hands.send(f"mousedown {button}")
        hands.move(*(np.add(start, end) / 2))
        hands.press_keys(self.random.choice(("Esc", "Esc", "Right", "Tab", "Ctrl+Z", "Del", "F11")))
        hands.move(*end)
        hands.send(f"mouseup {button}")

    def _drag_handle(self, state: State) -> str:
        pane = self.random.choice(("main", "camera"))
        handles = state["handles"][pane]
        if not handles or pane not in state["panes"]:
            return "none there"
        name = self.random.choice(sorted(handles))
        scale = state["scale"]
        x, y = (
            scale * (corner + place)
            for corner, place in zip(state["panes"][pane][:2], handles[name], strict=True)
        )
        end = x + self.random.gauss(0, 30), y + self.random.gauss(0, 30)
        if min(x, y, *end) < 0:
            return "off the screen"
        held = self.random.choices(((), ("Ctrl",), ("Shift",), ("Alt",)), (8, 1, 1, 1))[0]
        self.hands.drag((x, y), end, held=held, steps=self.random.randint(2, 4))
        return f"{pane} {name} {(x, y)} {end} {held}"

    def _draw(self, state: State) -> str:
        name = self.random.choice(("main", "main", "camera"))
        if name not in state["panes"]:
            return "no such pane"
        start = self._place(tuple(state["scale"] * value for value in state["panes"][name]))
        end = tuple(max(0.0, value + self.random.uniform(-60, 60)) for value in start)
        held = self.random.choice((("Ctrl",), ("Shift",)))
        if self.random.random() < 0.3:
            self.hands.press_keys("B")
            held = ()
        self.hands.drag(start, end, held=held, steps=3)
        return f"{name} {start} {end} {held}"

    def _click(self, state: State) -> str:
        name, rect = self._pane(state)
        if name == "top_bar":
            rect = (rect[0] + 60 * state["scale"], rect[1], rect[2] - 60, rect[3])
        place = self._place(rect)
        if name == "main" and state["boxes"]["main"] and self.random.random() < 0.7:
            box = self.random.choice(list(state["boxes"]["main"].values()))
            near = state["scale"] * np.add(state["panes"]["main"][:2], box)
            if near.min() > 0:
                place = tuple(near.tolist())
        button = self.random.choices((1, 2, 3), (8, 1, 3))[0]
        for _ in range(self.random.choices((1, 2, 3), (6, 2, 1))[0]):
            self.hands.click(*place, button)
        return f"{name} {place} {button}"

    def _key(self, state: State) -> str:
        key = self.random.choice(KEYS)
        if key.endswith("Q"):
            self.hands.sync(PATIENCE_S)
        self.hands.press_keys(key)
        return key

    def _edit_key(self, state: State) -> str:
        keys = [self.random.choice(EDIT_KEYS) for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.3:
            keys = keys[:1] * self.random.randint(2, 12)
        if "Q" in keys:
            keys = [key for key in keys if not key.startswith("Ctrl")]
            self.hands.sync(PATIENCE_S)
        self.hands.press_keys(*keys)
        return " ".join(keys)

    def _wheel(self, state: State) -> str:
        name, rect = self._pane(state)
        place = self._place(rect)
        held = self.random.choices(("", "shift", "ctrl"), (8, 1, 1))[0]
        button = self.random.choice((4, 5))
        if held:
            self.hands.send(f"keydown {held}")
        for _ in range(self.random.randint(1, 8)):
            self.hands.click(*place, button)
        if held:
            self.hands.send(f"keyup {held}")
        return f"{name} {place} {button} {held}"

    def _type_in_pane(self, state: State) -> str:
        name = self.random.choice(("inspector", "inspector", "tracks", "timeline_head", "note"))
        if name not in state["panes"]:
            return "no such pane"
        place = self._place(tuple(state["scale"] * value for value in state["panes"][name]))
        self.hands.click(*place)
        text = self.random.choice(TEXTS)
        self._write(text)
        end = self.random.choice(("Enter", "Esc", "Tab"))
        self.hands.press_keys(end)
        return f"{name} {place} {text!r} {end}"

    def _search(self, state: State) -> str:
        text = self.random.choice(TEXTS)
        self.hands.press_keys("/")
        self._write(text)
        end = self.random.choice(("Enter", "Esc", "Down"))
        self.hands.press_keys(end)
        return f"{text!r} {end}"

    def _ask_frame(self, state: State) -> str:
        text = self.random.choice((*TEXTS, str(self.random.randrange(60)), "1.4 s"))
        self.hands.press_keys("Ctrl+J")
        self._write(text)
        self.hands.press_keys("Enter")
        return repr(text)

    def _menu(self, state: State) -> str:
        scale = state["scale"]
        titles = {name: at for name, at in state["menu"]["titles"].items() if name not in NO_MENUS}
        x, y = (scale * place for place in self.random.choice([*titles.values(), (5, 18)]))
        self.hands.click(x, y)
        time.sleep(0.2)
        below = x + scale * self.random.uniform(0, 150), y + scale * self.random.uniform(20, 500)
        self.hands.click(*below)
        return f"{x} {below}"

    def _palette(self, state: State) -> str:
        text = self.random.choice((*TITLES, *TEXTS[:1], TEXTS[6], "15"))
        self.hands.press_keys("Ctrl+K")
        try:
            self.hands.wait(lambda s: s["palette"] and s["typing"], 3)
        except WindowError:
            if self.hands.ended:
                raise
            return "it did not open"
        self._write(text)
        self.hands.press_keys(self.random.choice(("Enter", "Enter", "Enter", "Esc")))
        return text

    def _resize(self, state: State) -> str:
        size = self.random.choice(SIZES)
        self.hands.resize(*size)
        time.sleep(0.3)
        if size < SMALLEST:
            # Too small to show anything but that: all keys but those that quit wait for more room.
            self.hands.press_keys("Right", "A")
            self.hands.resize(*SIZES[0])
            time.sleep(0.3)
        return str(size)

    def _appearance(self, state: State) -> str:
        key = self.random.choice(("Alt+1", "Alt+2", "Ctrl++", "Ctrl+-", "Ctrl+-", "F11", "Ctrl+3"))
        self.hands.press_keys(key)
        time.sleep(0.2)
        return key

    def _seek(self, state: State) -> str:
        keys = [
            self.random.choice(("Home", "End", "Right", "Left", "Shift+Right", "Shift+Left"))
            for _ in range(self.random.randint(1, 6))
        ]
        self.hands.press_keys(*keys)
        return " ".join(keys)

    def _play(self, state: State) -> str:
        self.hands.press_keys("Space")
        time.sleep(self.random.uniform(0.2, 2.0))
        self.hands.press_keys("Space")
        return ""

    def _drag_pane(self, state: State) -> str:
        heads = [name for name in state["panes"] if name.endswith("_head")] or [*state["panes"]]
        scale = state["scale"]
        name = self.random.choice([*heads, *state["gutters"]] or heads)
        rect = state["panes"].get(name) or state["gutters"][name]
        start = self._place(tuple(scale * value for value in rect))
        _, other = self._pane(state)
        self.hands.drag(start, self._place(other), steps=4)
        return f"{name} {start} {other}"

    def _rest(self, state: State) -> str:
        time.sleep(self.random.uniform(0.2, 1.0))
        return ""

    def _storm(self, state: State) -> str:
        """Keys faster than anybody presses them; but Q may then come with the Ctrl before it."""
        safe = [key for key in (*EDIT_KEYS, "Right", "Left") if key != "Q"]
        keys = [key_of_x(self.random.choice(safe)) for _ in range(15)]
        self.hands.send(*[f"key {key}" for key in keys])
        time.sleep(0.3)
        return " ".join(keys)

    def _open(self, state: State) -> str:
        text = self.random.choice(TEXTS)
        self.hands.press_keys("Ctrl+O")
        self._write(text)
        end = self.random.choice(("Enter", "Esc"))
        self.hands.press_keys(end, "Esc")
        return f"{text!r} {end}"

    def reopen(self) -> None:
        """The log was closed: open it again, as people do."""
        self.hands.press_keys("Esc", "Ctrl+O")
        self.hands.wait(lambda s: s["opening"]["open"] and s["typing"], 10)
        self._write(str(self.log_path))
        self.hands.press_keys("Enter")
        self.hands.wait(lambda s: s["log"], 30)
        self.last.append("the log was opened again")

    def _write(self, text: str) -> None:
        for letter in text:
            name = NAMES_OF_X.get(letter, "space" if letter == " " else letter)
            name = {"_": "underscore", "'": "apostrophe", ":": "colon"}.get(name, name)
            self.hands.send(f"key {name}")
            time.sleep(0.03)


class Watch:
    """What is wrong with a window, from outside.

    Args:
        hands: on it.

    Attributes:
        wrong: what was found, each once.
        memory: minutes since the start, and megabytes.
    """

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._begun = time.monotonic()
        self._read = 0
        self.wrong: dict[str, list[str]] = {}
        self.memory: list[tuple[float, float]] = []

    @property
    def minutes(self) -> float:
        """Since the start."""
        return (time.monotonic() - self._begun) / 60

    def look(self, last: deque[str]) -> None:
        """Look at messages, log file and memory."""
        for toast in self._hands.state["toasts"]:
            if "went wrong" in toast:
                self.wrong.setdefault(toast, list(last))
        if self._hands.log_file.exists():
            with self._hands.log_file.open(errors="replace") as lines:
                lines.seek(0, 2)
                if lines.tell() < self._read:  # a new one was begun
                    self._read = 0
                lines.seek(self._read)
                text = lines.read()
                self._read = lines.tell()
            for entry in re.split(r"(?m)^(?=\d{4}-\d\d-\d\d )", text):
                # Bad input, a wrong path say, is told to the user and written down too.
                told = entry.rstrip().rsplit("\n", 1)[-1].startswith("av3d.")
                if not told and re.match(r"\S+ \S+ (ERROR|CRITICAL)", entry):
                    self.wrong.setdefault(entry.split(" ", 2)[-1][-3000:], list(last))
        status = Path(f"/proc/{self._hands.process.pid}/status").read_text()
        self.memory.append((self.minutes, int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024))

    def growth(self) -> float:
        """Memory in the last tenth of the time against the tenth after the first fifth, minus 1."""
        times, megabytes = np.array(self.memory).T
        part = times / times[-1]
        early = megabytes[(part >= 0.2) & (part <= 0.3)]
        late = megabytes[part >= 0.9]
        return float(np.median(late) / np.median(early) - 1)

    def report(self) -> str:
        """Memory by the minute, and what is wrong so far."""
        by_minute: dict[int, float] = {}
        for minutes, megabytes in self.memory:
            by_minute.setdefault(int(minutes), megabytes)
        lines = ["memory by the minute, MB: " + " ".join(f"{mb:.0f}" for mb in by_minute.values())]
        lines += [
            f"\nWRONG: {what}\nafter\n  " + "\n  ".join(last[-8:])
            for what, last in self.wrong.items()
        ]
        return "\n".join(lines) + "\n"


def undo_all(hands: Hands) -> None:
    """Take back edit after edit until none is left."""
    hands.press_keys(*["Esc"] * 4)
    hands.resize(1920, 1080)
    hands.settled()
    while hands.state["editing"]["undoable"]:
        before = hands.state
        for _ in range(10):
            hands.send("key ctrl+z")
            time.sleep(0.06)
        hands.settled()
        if hands.state == before:
            raise WindowError(f"undo does nothing more: {before['editing']} {before['toasts']}")


def main() -> int:
    """Let the monkey go; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", nargs="?", default=SAMPLE, type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="keep project, log files and the record here")
    arguments = parser.parse_args()
    out = arguments.out or Path(tempfile.mkdtemp(prefix="monkey-"))
    project = out / "labels.sqlite"
    failed = ""
    with screen() as display:
        hands = Hands(
            display, out / "window", [str(arguments.log), "--project", str(project)], pace_s=0.008
        )
        monkey = Monkey(hands, Random(arguments.seed), arguments.log, out / "events.txt")
        watch = Watch(hands)
        try:
            looked = answered = watch.minutes
            while watch.minutes < arguments.minutes:
                monkey.step()
                if watch.minutes - looked > 1 / 12:
                    looked = watch.minutes
                    watch.look(monkey.last)
                    (out / "so_far.txt").write_text(watch.report())
                if watch.minutes - answered > 0.5:
                    answered = watch.minutes
                    monkey.answers()
            monkey.answers()
            if not hands.state["log"]:
                monkey.reopen()
            watch.look(monkey.last)
            edits = hands.state["editing"]["edits"]
            undo_all(hands)
            watch.look(monkey.last)
            left = hands.state["tracks"]
            if hands.quit() != 0:
                failed = f"it did not quit well: {hands.ended}"
            print(f"{edits} edits since the log was opened last; all undone: {left} tracks left")
            if left:
                failed = "tracks are left after everything was undone"
        except (WindowError, FileNotFoundError) as error:
            failed = f"{error} {hands.ended}"
            hands.picture(out / "last.png")
        finally:
            hands.close()
    if project.exists():
        done = subprocess.run(
            [sys.executable, "-c", "from av3d.cli.main import main; main()", "project", "fsck",
             "--project", str(project)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        print(f"fsck ends with {done.returncode}: {done.stdout.strip()} {done.stderr.strip()}")
        if done.returncode:
            failed = failed or "fsck"
    print(f"{sum(monkey.done.values())} things in {watch.minutes:.1f} min: {dict(monkey.done)}")
    print(watch.report())
    growth = watch.growth()
    print(f"growth after warming up: {growth:+.1%}")
    if failed:
        print(f"\nFAILED: {failed}\nafter\n  " + "\n  ".join(monkey.last))
    return 1 if failed or watch.wrong or growth > MOST_GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
