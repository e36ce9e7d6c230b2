"""Random seek: how long until all images and the points of a frame are there.

`python tests/benchmarks/seek.py [--seeks 40] [--json]`

Compared are, at the same random frames and in turns, each on two threads:

* bare: the plainest code that decodes the same files (OpenCV's decoder and the channels in order; gzip
  and an unpickler, or numpy's own loader): nothing checked, nothing scaled, no frame of reference;
* prepare: `Log.prepare`, that is checked files, points of all LiDARs in the ego frame, intensity, times;
* window: from the seek to a picture of all panes at 1920x1080, without a screen: points coloured, sorted
  and drawn, the parts of the images that show, cuboids in place. It begins with the same decoding.

First it is asserted that both ways give the same pixels and points. Measured are the sample log, and
PandaSet if AV3D_REAL_DATA says where it is. The log is opened anew before each seek, outside the time
taken, so that nothing is in a cache of ours; files come from the system's page cache for all.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import pickle
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from av3d.datasets.pandaset.streams import LIDARS
from av3d.datasets.registry import open_log, own_labels
from av3d.logs.log import Log
from av3d.present.session import Session
from av3d.present.supply import AHEAD
from av3d.present.workspace import Workspace
from av3d.tracks.track import Track

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"


def bare_image(path: Path) -> Any:
    """An image as RGB."""
    return cv2.cvtColor(cv2.imdecode(np.fromfile(path, np.uint8), 1), cv2.COLOR_BGR2RGB)


def bare_sweep(path: Path) -> Any:
    """The columns of a sweep's file as they are stored."""
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return dict(arrays)
    return pickle.loads(gzip.decompress(path.read_bytes()))  # our own copy, which we have looked at


def files_of(log: Log, index: int) -> tuple[list[Path], list[Path]]:
    """The files of a frame: of sweeps and their labels, and of images."""
    sweeps: list[Path] = []
    for stream in log.lidars.values():
        path = stream.path(index)
        assert path is not None
        sweeps.append(path)
        labels = log.path / "annotations" / "semseg" / path.name
        sweeps += [labels] if labels.exists() else []
    images = [
        log.cameras[camera].path(at)
        for camera, at in log.frames[index].images.items()
        if at is not None
    ]
    return list(dict.fromkeys(sweeps)), [path for path in images if path is not None]


def bare(pool: ThreadPoolExecutor, log: Log, index: int) -> tuple[list[Any], list[Any]]:
    """All files of a frame on the pool's threads, the longest first."""
    sweeps, images = files_of(log, index)
    points = [pool.submit(bare_sweep, path) for path in sweeps]
    pixels = [pool.submit(bare_image, path) for path in images]
    return [future.result() for future in points], [future.result() for future in pixels]


def check(log: Log, index: int) -> int:
    """Both ways give the same; returns the number of points."""
    with ThreadPoolExecutor(2) as pool:
        tables, pictures = bare(pool, log, index)
    prepared = log.prepare(index)
    assert len(pictures) == len(prepared.images)
    for expected, image in zip(pictures, prepared.images.values(), strict=True):
        np.testing.assert_array_equal(image, expected)
    table = tables[0]
    if isinstance(table, dict):
        stored = table["points"] * table["unit_m"] if "points" in table else table["points_m"]
        np.testing.assert_allclose(log.sweep(index).points_m, stored, atol=1e-5)
        assert len(prepared.cloud) == len(stored)
    else:
        world_m = np.stack([table[name].to_numpy() for name in "xyz"], axis=1)
        order = np.argsort(table["d"].to_numpy() == LIDARS["pandar_gt"], kind="stable")
        world_SE3_ego = log.world_SE3_ego(prepared.frame.timestamp_ns)
        moved_m = world_SE3_ego.transform(prepared.cloud.points_m)
        np.testing.assert_allclose(moved_m, world_m[order], atol=1e-4)
    return len(prepared.cloud)


class Window:
    """All panes of a log, drawn without a screen; starts with frame 0 and what is read ahead of it."""

    def __init__(self, log: Log, tracks: Sequence[Track]) -> None:
        self.session = Session(log, tracks)
        self.workspace = Workspace(self.session, lambda text, style: len(text) * style.size * 0.5)
        self.show(0)
        while self.session.loader.busy:
            self.workspace.tick()
            time.sleep(0.002)

    def show(self, index: int) -> None:
        """Go to a frame and draw until nothing of it is missing, as the window's loop does."""
        self.session.go_to(index)
        while True:
            self.workspace.tick()
            complete = self._complete(index)
            self.workspace.refresh()
            self.workspace.images()
            if complete:
                assert self.workspace.main.shown == index
                return
            time.sleep(0.002)

    def _complete(self, index: int) -> bool:
        supply, images = self.session.supply, self.session.log.frames[index].images
        return None not in (supply.cloud(index), supply.boxes(index)) and all(
            supply.picture(index, camera, spec) is not None
            and supply.camera_boxes(index, camera) is not None
            for camera, spec in self.workspace.wishes.specs().items()
            if images[camera] is not None
        )


Taken = tuple[float, float]
"""Seconds on the wall's clock, and of all cores' work; only the second holds on a busy machine."""


def timed(run: Callable[[], object]) -> Taken:
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start_s, time.process_time() - start_cpu_s


def seek_window(path: Path, tracks: Sequence[Track], index: int) -> Taken:
    window = Window(open_log(path), tracks)
    taken = timed(lambda: window.show(index))
    window.session.loader.close()
    return taken


def seek(path: Path, index: int) -> Taken:
    log = open_log(path)
    len(log.frames)
    return timed(lambda: log.prepare(index))


def measure(path: Path, seeks: int) -> dict[str, Any]:
    """Medians over random frames, each way in turn."""
    log = open_log(path)
    rng = np.random.default_rng(1)
    # The window has read the first frames already.
    frames = rng.integers(AHEAD + 2, len(log.frames), seeks + 1).tolist()
    points = [check(open_log(path), index) for index in (0, len(log.frames) - 1)]
    tracks = own_labels(log)
    times: dict[str, list[Taken]] = {"bare": [], "prepare": [], "window": []}
    with ThreadPoolExecutor(2) as pool:
        ways: dict[str, Callable[[int], Taken]] = {
            "bare": lambda index: timed(lambda: bare(pool, log, index)),
            "prepare": lambda index: seek(path, index),
            "window": lambda index: seek_window(path, tracks, index),
        }
        for number, index in enumerate(frames):
            for way in [*ways][number % 3 :] + [*ways][: number % 3]:
                taken = ways[way](index)
                if number:  # the first round warms up
                    times[way].append(taken)
    walls = {name: np.array(values)[:, 0] * 1e3 for name, values in times.items()}
    medians = {name: float(np.median(values)) for name, values in walls.items()}
    high = {name: float(np.quantile(values, 0.9)) for name, values in walls.items()}
    work = {name: float(np.median(np.array(v)[:, 1])) * 1e3 for name, v in times.items()}
    return {
        "frames": len(log.frames),
        "images": len(log.cameras),
        "points": int(np.mean(points)),
        **{f"{name}_ms": round(value, 1) for name, value in medians.items()},
        **{f"{name}_p90_ms": round(value, 1) for name, value in high.items()},
        **{f"{name}_cpu_ms": round(value, 1) for name, value in work.items()},
        "prepare_to_bare": round(medians["prepare"] / medians["bare"], 2),
        "prepare_to_bare_cpu": round(work["prepare"] / work["bare"], 2),
        "window_on_top_ms": round(medians["window"] - medians["prepare"], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeks", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    logs = {"sample": SAMPLE}
    real = os.environ.get("AV3D_REAL_DATA")
    if real:
        logs["pandaset"] = Path(real) / "pandaset" / "002"
    results = {name: measure(path, options.seeks) for name, path in logs.items()}
    if options.json:
        print(json.dumps(results))
        return
    for name, result in results.items():
        print(f"{name}: {result['images']} images, {result['points']:,} points a frame")
        for key in ("bare", "prepare", "window"):
            wall, high, work = (result[f"{key}_{kind}"] for kind in ("ms", "p90_ms", "cpu_ms"))
            print(f"  {key:8} {wall:7.1f} ms, p90 {high:7.1f} ms, work of all cores {work:7.1f} ms")
        ratios = result["prepare_to_bare"], result["prepare_to_bare_cpu"]
        print("  prepare / bare {:.2f}, by work of all cores {:.2f}".format(*ratios))
        print(f"  window on top of prepare {result['window_on_top_ms']:.1f} ms")


if __name__ == "__main__":
    main()
