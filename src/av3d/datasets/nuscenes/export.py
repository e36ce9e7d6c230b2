"""Writing logs and tracks as a nuScenes database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from av3d.datasets.dataset import (
    DatasetError,
    ExportOptions,
    ExportReport,
    LabelledLog,
    Progress,
)
from av3d.datasets.nuscenes.differences import Differences
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.official import SPLIT_OF_ALL, VERSION, scene_name
from av3d.datasets.nuscenes.report import build_report
from av3d.datasets.nuscenes.scene import SceneWriter, add_log
from av3d.datasets.nuscenes.stretches import Stretch, radars_of, stretches_of
from av3d.datasets.nuscenes.tables import Tables, write_json
from av3d.datasets.nuscenes.tokens import token
from av3d.errors import OutputError
from av3d.files import new_folder

SIDECAR = "av3d.json"
"""Beside the version folder: which instance is which track, which channel which camera."""

MAP_SIZE_PX = 100
"""The map masks cover 10 m by 10 m and say nothing: the toolkit wants a file for every log."""


def export(
    name: str,
    items: Sequence[LabelledLog],
    out: Path,
    options: ExportOptions,
    progress: Progress,
) -> ExportReport:
    """Write a nuScenes database with one scene per log; see `Dataset.write_labels`.

    Raises:
        DatasetError: no log, or two of one name, or a spacing of samples that is none.
        OutputError: the folder is in use, or the disk refuses.
        Av3dError: a cloud or image cannot be read; nothing is left behind.
    """
    names = [item.log.name for item in items]
    if not items:
        raise DatasetError("there is no log to export", out, "name at least one log")
    doubled = {log_name for log_name in names if names.count(log_name) > 1}
    if doubled:
        raise DatasetError(
            f"two logs are called {min(doubled)!r}", out, "export them into different folders"
        )
    _check_replaceable(out, options)
    stretches = [stretches_of(item) for item in items]
    total = sum(_files_of(stretch) for of_log in stretches for stretch in of_log)
    scenes, done = list[SceneFacts](), 0
    taken, channels = set[str](), set[str]()
    between, at_images = Differences(), Differences()
    with new_folder(out, replace=options.overwrite) as folder:
        version = folder / VERSION
        with Tables(version) as tables:
            for of_log, logfile in zip(stretches, _logfiles(names), strict=True):
                add_log(tables, of_log[0], logfile)
                for stretch in of_log:

                    def tick(log_name: str = stretch.log.name) -> None:
                        nonlocal done
                        done += 1
                        progress(f"writing {log_name}", done, total)

                    name_of_scene = scene_name(len(scenes))
                    writer = SceneWriter(
                        stretch, name_of_scene, logfile, tables, folder, options, taken, channels,
                        (between, at_images), tick,
                    )  # fmt: skip
                    scenes.append(writer.write())
                _write_map(folder, tables, of_log[0].log.name)
        write_json(version / "splits.json", {SPLIT_OF_ALL: [scene.scene for scene in scenes]})
        content = {"format": name, "version": 1, "logs": [scene.sidecar for scene in scenes]}
        write_json(folder / SIDECAR, content)
        files = sum(path.is_file() for path in folder.rglob("*"))
    return build_report(name, out, scenes, between, at_images, files)


def _files_of(stretch: Stretch) -> int:
    """How many clouds, images and radar measurements are written, for the progress."""
    return (
        len(stretch.frames)
        + sum(len(stretch.images(camera)) for camera in stretch.log.cameras)
        + sum(len(stretch.measurements(radar)) for radar in radars_of(stretch.log).values())
    )


def _check_replaceable(out: Path, options: ExportOptions) -> None:
    """Overwriting deletes the folder: only ever do that to an export."""
    if options.overwrite and out.is_dir() and any(out.iterdir()) and not (out / SIDECAR).is_file():
        raise OutputError(
            f"the output folder holds something else than an export (no {SIDECAR})",
            out,
            "choose another folder",
        )


def _logfiles(names: Sequence[str]) -> list[str]:
    """What file names start with, for each log: its name, with plain characters only."""
    plain = [re.sub(r"[^A-Za-z0-9+.-]+", "-", log_name).strip("-.") or "log" for log_name in names]
    return [
        word if plain.count(word) == 1 else f"{word}-{token('logfile', log_name)[:8]}"
        for word, log_name in zip(plain, names, strict=True)
    ]


def _write_map(folder: Path, tables: Tables, log_name: str) -> None:
    own = token("map", log_name)
    filename = f"maps/{own}.png"
    (folder / "maps").mkdir(exist_ok=True)
    mask = np.zeros((MAP_SIZE_PX, MAP_SIZE_PX), dtype=np.uint8)
    _, encoded = cv2.imencode(".png", mask)
    (folder / filename).write_bytes(encoded.tobytes())
    tables.add("map", {
        "category": "semantic_prior",
        "token": own,
        "filename": filename,
        "log_tokens": [token("log", log_name)],
    })  # fmt: skip
