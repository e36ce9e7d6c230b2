"""How fast the real window is: dragging a cuboid, orbiting, scrubbing, seeking, and doing nothing.

`python tests/benchmarks/window_speed.py [--logs sample pandaset nuscenes] [--parts drag orbit] [--json]`

The window opens at 1920x1080 on a display of its own (Xvfb, software GL) and is driven by mouse and keys
alone. It tells itself when it prepared and drew each frame, and what the frame shows (AV3D_TRACE); the
clock is that of the system, so a picture can be set against the event that made it:

* drag: the nearest car is dragged in the view from above, a pixel every 16 ms, with all cameras showing.
  First it is asserted that the cuboid went where the pointer went, within half a pixel. `input to
  picture` is from handing an event to X until the first picture of that place, or one beyond, is drawn;
* orbit: the 3D view is turned, all points drawn anew for each picture;
* scrub: the pointer moves along the ruler of the timeline, first there and then, all being read, back;
* seek: a click on the ruler, until points and the large camera's image of that frame are on the screen.
  The floor is the plainest code on the same files in the same run: decoding on two threads (seek.py),
  drawing the points once, one frame of a window that shows nothing. Each frame is asked for once only;
* idle: work of all threads while nothing happens.

Wall times only mean something on a machine that does nothing else; the work of all threads holds anyhow.
With `--memory N` it is also told how much memory N random seeks and N edits leave behind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import seek
from hands import Hands, screen

from av3d.datasets.registry import open_log
from av3d.logs.log import Log
from av3d.render.splat import splat
from av3d.render.views import OrthographicView

PARTS = ("drag", "orbit", "scrub", "seek", "idle")
STEP_S = 0.016
"""Between two moves of the pointer: a usual mouse tells of up to 125 a second, a hand means fewer."""
STEPS = 240
IDLE_S = 10.0
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
EMPTY_WINDOW = """
import time
import dearpygui.dearpygui as dpg
dpg.create_context()
dpg.create_viewport(width=1920, height=1080, vsync=False)
dpg.setup_dearpygui()
dpg.show_viewport()
times = []
for _ in range(80):
    start = time.perf_counter()
    dpg.render_dearpygui_frame()
    times.append(time.perf_counter() - start)
print(sorted(times[20:])[30])
"""

Row = dict[str, Any]


class Traced:
    """A window whose frames are taken down.

    Args:
        display: where it opens.
        folder: for its files.
        path: the log.
        arguments: more of `av3d open`.
    """

    def __init__(self, display: str, folder: Path, path: Path, *arguments: str) -> None:
        self._trace = folder / "trace.jsonl"
        os.environ["AV3D_TRACE"] = str(self._trace)
        folder.mkdir(parents=True, exist_ok=True)
        self.hands = Hands(display, folder, ["--fresh", *arguments, str(path)])
        self.hands.settled(60)

    def frames(self, since_s: float) -> list[Row]:
        """The frames drawn since a time of `time.monotonic`."""
        lines = self._trace.read_text().splitlines()
        rows = [json.loads(line) for line in lines if line.endswith("}")]
        return [row for row in rows if row["prepare"][0] >= since_s]

    def cpu_s(self) -> float:
        """Work of all threads of the window so far."""
        fields = Path(f"/proc/{self.hands.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * TICK_S

    def resident_mb(self) -> float:
        """Memory of the window that is in RAM."""
        text = Path(f"/proc/{self.hands.process.pid}/status").read_text()
        return float(text.split("VmRSS:")[1].split()[0]) / 1024

    def path_of_pointer(self, places: Sequence[tuple[int, int]]) -> list[float]:
        """Move the pointer from place to place at an even pace; when each was handed over."""
        sent: list[float] = []
        begin = time.monotonic()
        for number, (x, y) in enumerate(places):
            time.sleep(max(begin + number * STEP_S - time.monotonic(), 0.0))
            sent.append(time.monotonic())
            self.hands.send(f"mousemove {x} {y}")
        return sent

    def ruler(self, log: Log, frame: int) -> tuple[int, int]:
        """Where a frame is on the ruler of the timeline."""
        state = self.hands.state
        left, right, start_ns, end_ns = state["timeline"]["axis"]
        x, y, _, _ = state["panes"]["timeline"]
        part = (log.frames[frame].timestamp_ns - start_ns) / (end_ns - start_ns)
        return round(x + left + (right - left) * part), round(y + 11)


@contextmanager
def traced(display: str, path: Path, *arguments: str) -> Iterator[Traced]:
    """A traced window, for as long as the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        window = Traced(display, Path(folder), path, *arguments)
        try:
            yield window
        finally:
            window.hands.close()


def summary(rows: Sequence[Row]) -> Row:
    """Median and 99th percentile of the time from one picture to the next, and what a frame costs."""
    drawn_s = np.array([row["drawn"][0] for row in rows])
    parts = {
        name: np.array([row[end][clock] - row[start][clock] for row in rows]) * 1e3
        for name, start, end, clock in (
            ("prepare_ms", "prepare", "draw", 0), ("draw_ms", "draw", "drawn", 0),
            ("prepare_cpu_ms", "prepare", "draw", 1), ("draw_cpu_ms", "draw", "drawn", 1),
        )
    }  # fmt: skip
    between_ms = np.diff(drawn_s) * 1e3
    return {
        "frames": len(rows),
        "panes_left_out": spread([row["left_out"] for row in rows]),
        "frame_ms": spread(between_ms),
        **{name: spread(values) for name, values in parts.items()},
    }


def spread(values: Any) -> list[float]:
    """Median and 99th percentile."""
    return [round(float(np.quantile(values, part)), 1) for part in (0.5, 0.99)]


def select_car(window: Traced, log: Log) -> tuple[float, float]:
    """Select the car in the view from above that is nearest to its middle; where its body is held."""
    hands = window.hands
    state = hands.state
    x, y, width, height = state["panes"]["main"]
    names = {track.id: track.category for track in seek.own_labels(log)}
    inside = {
        track_id: (u, v)
        for track_id, (u, v) in state["boxes"]["main"].items()
        if "car" in names.get(track_id, "") and 40 < u < width - STEPS - 10 and 40 < v < height - 70
    }
    for u, v in sorted(
        inside.values(), key=lambda p: np.hypot(p[0] - width / 2, p[1] - height / 2)
    ):
        hands.click(x + u, y + v)
        hands.settled()
        handles = hands.state["handles"]["main"]
        if "body" in handles:
            body = handles["body"]
            return x + body[0], y + body[1]
    raise SystemExit(f"no car in {inside} can be held")


def drag(display: str, path: Path, log: Log) -> Row:
    """Frame times and input to picture of a dragged cuboid."""
    with traced(display, path, "--frame", str(len(log.frames) // 2)) as window:
        hands = window.hands
        place = select_car(window, log)
        x, y = round(place[0]), round(place[1])
        before = np.array(hands.settled()["editing"]["cuboid"]["center_m"])
        hands.move(x, y)
        hands.send("mousedown 1")
        time.sleep(0.3)
        began_s = time.monotonic()
        places = [(x + 1 + number, y + number // 8) for number in range(STEPS)]
        sent = window.path_of_pointer(places)
        time.sleep(0.5)
        rows = window.frames(began_s)
        hands.send("mouseup 1")
        state = hands.settled()
        went = np.array(state["editing"]["cuboid"]["center_m"]) - before
        bev = hands.bev()
        wanted = np.subtract(bev.to_plane(places[-1]), bev.to_plane((x, y)))
        error_px = float(np.hypot(*(went[:2] - wanted))) / bev.metres_per_pixel
        assert state["editing"]["edits"] == 1, state["editing"]
        assert error_px < 0.5, f"the cuboid went {went}, the pointer {wanted} m"
        moving = [row for row in rows if row["drawn"][0] <= sent[-1] + 0.2]
        return {
            **summary(moving),
            "input_to_picture_ms": spread(latencies_ms(rows, sent, places)),
            "error_px": round(error_px, 3),
            "cameras": len(log.cameras),
        }


def latencies_ms(
    rows: Sequence[Row], sent: Sequence[float], places: Sequence[tuple[int, int]]
) -> list[float]:
    """From each event until the first picture that shows its place or one beyond it."""
    drawn = np.array([row["drawn"][0] for row in rows])
    reached = np.maximum.accumulate([row["pointer"][0] for row in rows])
    found: list[float] = []
    for time_s, (x, _) in zip(sent, places, strict=True):
        after = np.flatnonzero((reached >= x) & (drawn > time_s))
        found.append((drawn[after[0]] - time_s) * 1e3)
    return found


def orbit(display: str, path: Path, log: Log) -> Row:
    """Frame times of the 3D view while it turns."""
    with traced(display, path) as window:
        hands = window.hands
        hands.press_keys("Ctrl+2")
        state = hands.settled()
        x, y, _, height = state["panes"]["main"]
        # Off all cuboids as long as none is selected: a drag turns the view.
        x, y = round(x + 60), round(y + height / 2)
        hands.move(x, y)
        hands.send("mousedown 1")
        time.sleep(0.3)
        began_s = time.monotonic()
        window.path_of_pointer([(x + 2 * number, y + number // 8) for number in range(STEPS)])
        rows = window.frames(began_s)
        hands.send("mouseup 1")
        return {**summary(rows), "points": len(log.cloud(0).points_m)}


def scrub(display: str, path: Path, log: Log) -> Row:
    """Frame times along the ruler, and how often the main view showed what the pointer was on."""
    frames = len(log.frames)
    with traced(display, path) as window:
        hands = window.hands
        found: Row = {}
        for name, part in (
            ("first", np.linspace(0, 1, STEPS)),
            ("again", np.linspace(1, 0, STEPS)),
        ):
            places = [window.ruler(log, round(p * (frames - 1))) for p in (part[0], part[-1])]
            xs = np.rint(np.linspace(places[0][0], places[1][0], STEPS)).astype(int)
            hands.move(*places[0])
            hands.send("mousedown 1")
            time.sleep(0.2)
            began_s = time.monotonic()
            window.path_of_pointer([(int(u), places[0][1]) for u in xs])
            rows = window.frames(began_s)
            hands.send("mouseup 1")
            hands.settled(60)
            shown = len({row["main"] for row in rows})
            found[name] = {**summary(rows), "frames_shown": shown, "of": frames}
        return found


def seeks(display: str, path: Path, log: Log) -> Row:
    """Random seek against the floor, frame by frame, in turns."""
    frames = len(log.frames)
    # So far apart that none was read ahead of another.
    targets = list(range(8, frames - 1, 6))
    random.Random(4).shuffle(targets)
    found: list[tuple[float, float]] = []
    floor_parts: list[tuple[float, float]] = []
    empty_s = float(
        subprocess.run(
            [sys.executable, "-c", EMPTY_WINDOW], env={**os.environ, "DISPLAY": display},
            capture_output=True, text=True, check=True,
        ).stdout
    )  # fmt: skip
    view = OrthographicView(640, 576, (14.0, 0.0), 0.11)
    with traced(display, path) as window, ThreadPoolExecutor(2) as pool:
        hands = window.hands
        seek.bare(pool, log, 0)
        for target in targets:
            started = time.perf_counter()
            seek.bare(pool, log, target)
            decode_s = time.perf_counter() - started
            points_m = log.cloud(target).points_m
            colours = np.zeros(points_m.shape, np.uint8)
            started = time.perf_counter()
            splat(points_m, colours, view, 2)
            splat_s = time.perf_counter() - started
            hands.move(*window.ruler(log, target))
            hands.settled()
            hands.send("mousedown 1")
            sent_s = time.monotonic()
            hands.send("mouseup 1")
            hands.wait(lambda s, target=target: s["shown"]["main"] == target)
            hands.settled(60)
            drawn = [
                row["drawn"][0]
                for row in window.frames(sent_s)
                if row["main"] == target
                and row["camera"] is not None
                and row["camera"][1] == target
            ]
            found.append((drawn[0] - sent_s, decode_s + splat_s + empty_s))
            floor_parts.append((decode_s, splat_s))
    presented_s, floor_s = np.median(found, axis=0)
    decode_s, splat_s = np.median(floor_parts, axis=0)
    return {
        "seeks": len(found),
        "presented_ms": round(presented_s * 1e3, 1),
        "floor_ms": round(floor_s * 1e3, 1),
        "decode_ms": round(decode_s * 1e3, 1),
        "splat_ms": round(splat_s * 1e3, 1),
        "empty_frame_ms": round(empty_s * 1e3, 1),
        "ratio": round(float(np.median([a / b for a, b in found])), 2),
    }


def idle(display: str, path: Path, log: Log) -> Row:
    """Work of the window while nothing happens, as a part of one core."""
    with traced(display, path) as window:
        window.hands.settled(60)
        window.hands.wait(lambda state: state["review"]["complete"], 300)  # the checks are made
        time.sleep(6)  # the tip and the messages have gone
        began_s, cpu_s = time.monotonic(), window.cpu_s()
        time.sleep(IDLE_S)
        return {
            "percent_of_a_core": round(100 * (window.cpu_s() - cpu_s) / IDLE_S, 2),
            "frames": len(window.frames(began_s)),
        }


def memory(display: str, path: Path, log: Log, count: int) -> Row:
    """Memory after a tenth of the seeks and edits, which fills all caches, and after all of them."""
    frames, rng = len(log.frames), random.Random(1)
    with traced(display, path, "--frame", str(frames // 2)) as window:
        hands = window.hands
        found: Row = {}
        for number in range(count):
            hands.click(*window.ruler(log, rng.randrange(frames)))
            if number == count // 10 or number == count - 1:
                hands.settled(60)
                found.setdefault("seeks_mb", []).append(round(window.resident_mb(), 1))
        hands.click(*window.ruler(log, frames // 2))
        hands.settled(60)
        select_car(window, log)
        for number in range(count):
            hands.press_keys(rng.choice("WASD"))
            if number % 10 == 9:
                time.sleep(1.0)  # one after which a run of keys is kept as an edit
            if number == count // 10 or number == count - 1:
                hands.settled(60)
                found.setdefault("edits_mb", []).append(round(window.resident_mb(), 1))
        for name in ("seeks_mb", "edits_mb"):
            first, last = found[name]
            found[name.replace("mb", "growth_percent")] = round(100 * (last / first - 1), 2)
        return found


def paths() -> Mapping[str, Path]:
    """The logs that are there."""
    logs = {"sample": seek.SAMPLE}
    real = os.environ.get("AV3D_REAL_DATA")
    if real:
        logs |= {
            "pandaset": Path(real) / "pandaset" / "002",
            "nuscenes": Path(real) / "nuscenes" / "one_sample",
        }
    return logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", nargs="+", default=list(paths()))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--memory", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    measures = {"drag": drag, "orbit": orbit, "scrub": scrub, "seek": seeks, "idle": idle}
    results: dict[str, Row] = {}
    for name in options.logs:
        path = paths()[name]
        log = open_log(path)
        results[name] = found = {}
        with screen() as display:
            for part in options.parts:
                if len(log.frames) < 10 and part in ("scrub", "seek"):
                    continue
                found[part] = measures[part](display, path, log)
                if not options.json:
                    print(f"{name:9} {part:6} {json.dumps(found[part])}", flush=True)
            if options.memory and len(log.frames) >= 10:
                found["memory"] = memory(display, path, log, options.memory)
                if not options.json:
                    print(f"{name:9} memory {json.dumps(found['memory'])}", flush=True)
    if options.json:
        print(json.dumps({"load": os.getloadavg(), **results}))
    else:
        print(f"median and 99th percentile; load of the machine {os.getloadavg()}")


if __name__ == "__main__":
    main()
