"""Writing logs and tracks as a nuScenes database."""

from __future__ import annotations

import json
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
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.official import SPLIT_OF_ALL, VERSION, scene_name
from av3d.datasets.nuscenes.report import build_report
from av3d.datasets.nuscenes.scene import SceneWriter
from av3d.datasets.nuscenes.tables import Tables
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
    total = sum(
        len(item.log.frames) + sum(len(stream) for stream in item.log.cameras.values())
        for item in items
    )
    tables, scenes, taken, done = Tables(), list[SceneFacts](), set[str](), 0
    with new_folder(out, replace=options.overwrite) as folder:
        for index, (item, logfile) in enumerate(zip(items, _logfiles(names), strict=True)):

            def tick(log_name: str = item.log.name) -> None:
                nonlocal done
                done += 1
                progress(f"writing {log_name}", done, total)

            writer = SceneWriter(
                item, scene_name(index), logfile, tables, folder, options, taken, tick
            )
            scenes.append(writer.write())
            _write_map(folder, tables, item.log.name)
        version = folder / VERSION
        tables.write(version)
        _write_json(version / "splits.json", {SPLIT_OF_ALL: [scene.scene for scene in scenes]})
        content = {"format": name, "version": 1, "logs": [scene.sidecar for scene in scenes]}
        _write_json(folder / SIDECAR, content)
        files = sum(path.is_file() for path in folder.rglob("*"))
    return build_report(name, out, scenes, files)


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
    tables.add(
        "map",
        category="semantic_prior",
        token=own,
        filename=filename,
        log_tokens=[token("log", log_name)],
    )


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="ascii")
