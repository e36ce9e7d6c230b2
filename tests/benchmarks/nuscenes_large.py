"""Opening one scene out of tables as large as those of v1.0-trainval: time and memory.

    python tests/benchmarks/nuscenes_large.py SCENE_FOLDER [COPIES]

Copies the rows of a data root with one scene (default: as often as trainval has scenes) under new tokens,
with as many entries of sample_data per scene as nuScenes has, into a temporary folder (about 2.5 GB), and
opens one scene of it in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SCENES = 850
DATA_PER_SCENE = 3_000
"""nuScenes: 2.63 million entries of sample_data in 850 scenes."""


def write(source: Path, version: Path, scenes: int) -> None:
    """Write the tables of many scenes, indented like the real ones."""
    version.mkdir(parents=True)
    tables = {path.stem: json.loads(path.read_text()) for path in source.glob("*.json")}
    per_scene = ("scene", "sample", "sample_data", "ego_pose", "sample_annotation", "instance")
    repeats = -(-DATA_PER_SCENE // len(tables["sample_data"]))
    for name, rows in tables.items():
        with (version / f"{name}.json").open("w") as file:
            file.write("[\n")
            first = True
            for number in range(scenes if name in per_scene else 1):
                many = repeats if name in ("sample_data", "ego_pose") else 1
                for again in range(many):
                    for row in rows:
                        text = json.dumps(_renamed(row, name, number, again), indent=0)
                        file.write(("" if first else ",\n") + text)
                        first = False
            file.write("\n]\n")


def _renamed(row: dict[str, Any], table: str, number: int, again: int) -> dict[str, Any]:
    """The row under tokens of its own in each scene; the first scene keeps its tokens."""
    own = dict(row)
    if table in ("scene", "sample", "sample_data", "ego_pose", "sample_annotation", "instance"):
        for key, value in row.items():
            if key.endswith("token") and key not in (
                "calibrated_sensor_token", "log_token", "category_token", "visibility_token",
            ):  # fmt: skip
                twice = again and key in ("token", "ego_pose_token")
                own[key] = f"{number:04x}{again if twice else 0:04x}{value[8:]}"
        if table == "scene":
            own["name"] = f"scene-{number:04d}"
        if "timestamp" in own:
            own["timestamp"] += again
        if again and "is_key_frame" in own:
            own["is_key_frame"] = False
    return own


def measure(root: str, scenes: int) -> None:
    """Open a scene in this process and print what it took."""
    from av3d.datasets.registry import open_log, own_labels

    start, cpu = time.perf_counter(), time.process_time()
    log = open_log(Path(root) / f"scene-{scenes // 2:04d}")
    opened, cpu_s = time.perf_counter(), time.process_time() - cpu
    tracks = own_labels(log)
    read = time.perf_counter()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"opened {len(log.frames)} frames in {opened - start:.1f} s ({cpu_s:.1f} s of one core), "
        f"{len(tracks)} tracks in "
        f"{read - opened:.1f} s, peak {peak_mb:.0f} MB"
    )


def main() -> None:
    """Make the tables, say how large they are, and open one scene."""
    source = next(Path(sys.argv[1]).glob("v1.0-*"))
    scenes = int(sys.argv[2]) if len(sys.argv) > 2 else SCENES
    with tempfile.TemporaryDirectory() as folder:
        version = Path(folder) / "v1.0-trainval"
        write(source, version, scenes)
        size_mb = sum(path.stat().st_size for path in version.glob("*.json")) / 1e6
        print(f"{scenes} scenes, tables of {size_mb:,.0f} MB")
        subprocess.run([sys.executable, __file__, "--measure", folder, str(scenes)], check=True)


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main()
