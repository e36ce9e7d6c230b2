import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from av3d.calibration.camera import Camera
from av3d.calibration.rig import CameraMount, LidarMount, Rig
from av3d.errors import Av3dError, InputFileError
from av3d.geometry.se3 import SE3
from av3d.logs.cache import cache_bytes
from av3d.logs.image import ImageStream
from av3d.logs.log import Log
from av3d.logs.prefetch import AHEAD, Travel, Workers
from av3d.logs.sweep import Sweep, SweepStream
from av3d.logs.trajectory import Trajectory

MS = 1_000_000


class Sweeps(SweepStream):
    def read(self, index):
        points = np.full((3, 3), index, np.float32)
        return Sweep("top", int(self.timestamps_ns[index]), points)


class Images(ImageStream):
    def read(self, index):
        if index == 6:
            raise InputFileError("image is truncated", "6.jpg")
        return np.full((4, 6, 3), index, np.uint8)


def make() -> Log:
    times = np.arange(9) * 100 * MS
    forward = SE3(np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.zeros(3))
    mount = CameraMount(Camera(6, 4, 5, 5, 2.5, 1.5), forward)
    return Log(
        name="drive",
        kind="test",
        path=None,
        rig=Rig("van", {"top": LidarMount(SE3.identity())}, {"front": mount, "rear": mount}),
        trajectory=Trajectory.identity(),
        lidars={"top": Sweeps(times)},
        # The rear camera lost its image of frame 2.
        cameras={"front": Images(times), "rear": Images(np.delete(times, 2))},
    )


def test_a_frame_is_prepared_with_all_its_images_and_points():
    prepared = make().prepare(3)
    assert prepared.frame.index == 3
    assert prepared.cloud.points_m[0, 0] == 3
    assert {name: image[0, 0, 0] for name, image in prepared.images.items()} == {
        "front": 3,
        "rear": 2,
    }


def test_a_camera_without_an_image_is_left_out():
    assert list(make().prepare(2).images) == ["front"]


def test_what_cannot_be_read_is_raised_and_the_next_frame_is_there():
    log = make()
    with pytest.raises(InputFileError, match=r"image is truncated, 6\.jpg"):
        log.prepare(6)
    assert log.prepare(5).frame.index == 5


def test_a_frame_that_the_log_does_not_have_is_an_error():
    with pytest.raises(Av3dError, match="no frame 9, drive, use 0 to 8"):
        make().prepare(9)


class Done:
    """The work of frames, noted when it is done; done() waits for a frame."""

    def __init__(self):
        self.frames = []
        self._condition = threading.Condition()

    def work(self, index):
        def run():
            with self._condition:
                self.frames.append(index)
                self._condition.notify_all()

        return [run]

    def wait_for(self, *frames):
        with self._condition:
            assert self._condition.wait_for(lambda: set(frames) <= set(self.frames), timeout=10)


@pytest.mark.parametrize(
    ("visited", "ahead"), [((4, 5), (6, 7, 8)), ((6, 5), (4, 3, 2)), ((0, 2), (4, 6, 8))]
)
def test_frames_ahead_are_read_in_the_direction_of_travel(visited, ahead):
    done = Done()
    travel = Travel(20, done.work, lambda: AHEAD)
    for frame in visited:
        travel.prepare(frame)
    done.wait_for(*visited, *ahead)
    assert sorted(done.frames) == sorted([*visited, *ahead])


def test_who_jumps_about_gets_no_neighbours():
    done = Done()
    travel = Travel(100, done.work, lambda: AHEAD)
    for frame in (50, 7, 93, 20):
        travel.prepare(frame)
    assert done.frames == [50, 7, 93, 20]


def test_no_frame_is_read_ahead_beyond_the_ends_or_what_the_memory_holds():
    done = Done()
    travel = Travel(4, done.work, lambda: 1)
    for frame in (1, 2):
        travel.prepare(frame)
    done.wait_for(3)
    travel.prepare(3)
    assert done.frames == [1, 2, 3, 3]


def test_urgent_work_comes_before_what_was_to_be_read_ahead():
    workers, order, gate = Workers(threads=1), [], threading.Event()
    first = workers.submit(lambda: gate.wait(10))
    workers.later([lambda: order.append("later")])
    urgent = workers.submit(lambda: order.append("urgent"))
    gate.set()
    assert first.result(10)
    urgent.result(10)
    assert order[0] == "urgent"


def test_stopped_workers_finish_what_they_are_at_and_leave_the_rest():
    workers, order, begun, gate = Workers(threads=1), [], threading.Event(), threading.Event()
    workers.submit(lambda: (begun.set(), gate.wait(10), order.append("at work")))
    workers.later([lambda: order.append("later")])
    assert begun.wait(10)
    stopping = threading.Thread(target=workers.stop)
    stopping.start()
    gate.set()
    stopping.join(10)
    assert order == ["at work"]
    # Who comes too late does it himself.
    assert workers.submit(threading.current_thread).result(0) is threading.current_thread()


def test_the_program_does_not_end_in_the_middle_of_a_decoder():
    program = """
import threading
from av3d.logs import prefetch
begun = threading.Event()
def work():
    begun.set()
    threading.Event().wait(0.3)
    print("decoded")
prefetch._workers.later([work])
begun.wait(10)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "decoded\n", "")


def test_a_forked_process_decodes_too():
    log = make()
    log.prepare(0)
    child = os.fork()
    if child == 0:
        os._exit(0 if log.prepare(1).frame.index == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_memory_of_a_log_is_set_by_the_environment(monkeypatch):
    assert cache_bytes() == 512 * 1024 * 1024
    monkeypatch.setenv("AV3D_CACHE_MB", "100")
    assert cache_bytes() == 100 * 1024 * 1024
    for wrong in ("63", "-1", "1e3", "much", "9" * 30):
        monkeypatch.setenv("AV3D_CACHE_MB", wrong)
        with pytest.raises(
            Av3dError, match=r"AV3D_CACHE_MB is '.*', environment, write 64 or more"
        ):
            make()
