"""The real window on a display of its own, with a small log, synthetic mouse and keys."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.datasets.folder.layout import LogSettings
from av3d.datasets.folder.writer import LogFolderWriter
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.logs.sweep import Sweep
from av3d.logs.trajectory import Trajectory
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track

FRAMES = 12
PERIOD_NS = 100_000_000
FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
LEFTWARD = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]) @ FORWARD
COMMAND = [sys.executable, "-c", "from av3d.cli.main import main; main()", "open"]


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory):
    """Settings, log files and projects of tests are nobody's own."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "LOG", "DATA"):
            patch.setenv(f"AV3D_{name}_DIR", str(folder / name.lower()))
        yield


@pytest.fixture(scope="session")
def display():
    """A display of our own: tests that move the mouse must not do it on somebody's desktop."""
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (apt install xvfb xdotool)")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"],
        pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="session")
def street(tmp_path_factory):
    """12 frames, two cameras (one image dropped), three tracks; the path is not plain ASCII."""
    folder = tmp_path_factory.mktemp("logs") / "street in Zürich"
    folder.mkdir()
    camera = Camera(320, 180, 120.0, 120.0, 159.5, 89.5)
    rig = Rig(
        "test",
        {"top": LidarMount(SE3.identity())},
        {
            "front": CameraMount(camera, SE3(FORWARD, np.array([1.5, 0.0, 1.6]))),
            "left": CameraMount(camera, SE3(LEFTWARD, np.array([0.0, 0.5, 1.6]))),
        },
    )
    times = np.arange(FRAMES) * PERIOD_NS
    poses = SE3.stack([SE3.from_yaw(0.0, [0.5 * frame, 0, 0]) for frame in range(FRAMES)])
    writer = LogFolderWriter(folder, LogSettings(name="street"), rig, Trajectory(times, poses))
    random = np.random.default_rng(1)
    for frame, time_ns in enumerate(times.tolist()):
        ground = random.uniform([-40, -40, 0], [60, 40, 0.05], (20_000, 3))
        car = random.uniform([8.2, -0.8, 0.1], [11.8, 0.8, 1.5], (600, 3))
        points = np.concatenate([ground, car]).astype(np.float32)
        writer.add_sweep(Sweep("top", time_ns, points))
        for name, shade in (("front", 70), ("left", 100)):
            if (name, frame) == ("left", 7):
                continue
            image = np.full((180, 320, 3), shade, np.uint8)
            cv2.rectangle(image, (10 * frame, 20), (10 * frame + 30, 50), (0, 160, 0), -1)
            writer.add_image(name, time_ns, cv2.imencode(".jpg", image)[1].tobytes())
    end_ns = int(times[-1])

    def track(number, category, start, velocity, size, last_ns=end_ns):
        keyframes = [
            Keyframe(t, Cuboid.from_yaw(np.add(start, np.multiply(velocity, t / 1e9)), size, 0.0))
            for t in (0, last_ns)
        ]
        return Track(f"{category}-{number}", category, tuple(keyframes), number=number)

    writer.add_tracks(
        [
            track(1, "car", [10, 0, 0.8], [5, 0, 0], [4.4, 1.9, 1.6]),
            # To the left and ahead: both cameras see it.
            track(2, "car", [9.5, 8.5, 0.8], [5, 0, 0], [4.4, 1.9, 1.6]),
            track(1, "pedestrian", [14, -4, 0.9], [5, 0, 0], [0.8, 0.8, 1.8], 5 * PERIOD_NS),
        ]
    )
    return folder


def _shows_points(state):
    return state["shown"]["main"] is not None and not state["busy"]


class App:
    """The window in a process of its own, driven by xdotool and read through its state file."""

    def __init__(self, display, state_file, *arguments, ready=None, folder=None, cwd=None):
        self._state_file = state_file
        state_file.unlink(missing_ok=True)
        # Nobody's settings, log files and projects but the test's own.
        folders = {
            f"AV3D_{name}_DIR": str((folder or state_file.parent) / name.lower())
            for name in ("CONFIG", "LOG", "DATA")
        }
        self._env = {
            **os.environ, **folders, "DISPLAY": display, "AV3D_STATE_JSON": str(state_file)
        }  # fmt: skip
        self.process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)], env=self._env, stderr=subprocess.PIPE, text=True,
            cwd=cwd,
        )  # fmt: skip
        self.wait(ready or _shows_points, 40)
        windows = self._xdotool("search", "--pid", str(self.process.pid)).split()
        self._window = windows[-1]
        # Without a window manager nobody gives the window the keyboard.
        self._xdotool("windowfocus", self._window)

    def _xdotool(self, *arguments):
        return subprocess.run(
            ["xdotool", *arguments], env=self._env, capture_output=True, text=True, check=True
        ).stdout

    @property
    def state(self):
        return json.loads(self._state_file.read_text())

    def wait(self, condition, seconds=10.0):
        """The state as soon as it fulfils a condition."""
        end = time.monotonic() + seconds
        state = None
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the window ended: {self.process.stderr.read()}")
            if self._state_file.exists():
                state = self.state
                if condition(state):
                    return state
            time.sleep(0.03)
        raise AssertionError(f"still waiting, state: {state}")

    def key(self, *keys):
        for key in keys:
            self._xdotool("key", key)
            # As far apart as hands press keys: several drawn frames, also without a graphics card.
            time.sleep(0.15)

    def type(self, text):
        self._xdotool("type", text)

    def move(self, x, y):
        self._xdotool("mousemove", str(round(x)), str(round(y)))

    def click(self, x, y, button=1):
        self.move(x, y)
        self._xdotool("click", str(button))

    def drag(self, start, end, button):
        self.move(*start)
        self._xdotool("mousedown", str(button))
        # In steps, as a hand does it; the first pixels decide between click and drag.
        for part in np.linspace(0, 1, 6)[1:]:
            self.move(*(np.array(start) + part * np.subtract(end, start)))
        self._xdotool("mouseup", str(button))

    def place_of(self, track_id, state=None):
        """Middle of a cuboid in the main view, in pixels of the window."""
        state = state or self.state
        x, y = state["boxes"]["main"][track_id]
        return state["panes"]["main"][0] + x, state["panes"]["main"][1] + y

    def resize(self, width, height):
        self._xdotool("windowsize", self._window, str(width), str(height))

    def picture(self, path):
        """Write what is on the screen, with imagemagick, to look at it."""
        subprocess.run(["import", "-window", "root", str(path)], env=self._env, check=True)

    def quit(self):
        self.key("ctrl+q")
        return self.process.wait(15)


@pytest.fixture(scope="module")
def app(display, street, tmp_path_factory):
    running = App(display, tmp_path_factory.mktemp("state") / "state.json", street)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait(10)


@pytest.fixture
def fresh(app):
    """The window as it opens: first frame, nothing selected."""
    # Shift first: on a busy machine the window may still see it held when the next key comes.
    app.key("shift+z")
    app.key("Escape", "Escape", "Home")
    app.wait(lambda s: s["frame"] == 0 and s["selected"] is None and s["shown"]["main"] == 0)
    return app


@pytest.fixture
def start(display, tmp_path):
    """Starts windows that share their settings, one after the other or at once."""
    started = []

    def run(*arguments, ready=None, cwd=None):
        state_file = tmp_path / f"state-{len(started)}.json"
        started.append(App(display, state_file, *arguments, ready=ready, folder=tmp_path, cwd=cwd))
        return started[-1]

    yield run
    for app in started:
        if app.process.poll() is None:
            app.process.kill()
            app.process.wait(10)


@pytest.fixture(scope="session")
def start_app(display):
    """Starts a window that outlives a test; whoever asks for it ends it."""

    def run(state_file, *arguments):
        return App(display, state_file, *arguments)

    return run


@pytest.fixture(scope="session")
def open_log():
    """Runs `av3d open` with arguments until it ends by itself."""

    def run(*arguments):
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            timeout=60,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
