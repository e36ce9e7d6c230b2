"""Remote logs without a network: fsspec's memory file system and a web server on this machine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest

from av3d import reading
from av3d.remote import mirrors

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of its own for each test, and a listing each time a log is opened."""
    folder = tmp_path / "remote cache"
    monkeypatch.setenv("AV3D_REMOTE_CACHE", str(folder))
    monkeypatch.setattr(mirrors, "LISTING_S", 0.0)
    monkeypatch.setattr(mirrors, "_mirrors", {})
    attached = dict(reading._sources)
    yield folder
    reading._sources.clear()
    reading._sources.update(attached)


class Bucket:
    """Files in fsspec's memory, and what was fetched of them."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self._system: Any = fsspec.filesystem("memory")

    def put(self, name: str, data: bytes) -> None:
        self._system.pipe(f"/bucket/{name}", data)

    def remove(self, name: str) -> None:
        self._system.rm(f"/bucket/{name}", recursive=True)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    from fsspec.implementations.memory import MemoryFileSystem

    made = Bucket()
    get_file = MemoryFileSystem.get_file

    def noted(self: Any, key: str, target: str, **more: Any) -> Any:
        made.fetched.append(key.removeprefix("/bucket/"))
        return get_file(self, key, target, **more)

    monkeypatch.setattr(MemoryFileSystem, "get_file", noted)
    monkeypatch.setattr(MemoryFileSystem, "store", {})
    monkeypatch.setattr(MemoryFileSystem, "pseudo_dirs", [""])
    return made


@pytest.fixture
def sample_bucket(bucket: Bucket) -> Bucket:
    """The first five frames of the sample log as memory://bucket/drives/crossing."""
    copy_sample(lambda name, path: bucket.put(f"drives/crossing/{name}", path.read_bytes()))
    return bucket


def copy_sample(put: Any) -> None:
    for name in ("log.toml", "rig.toml", "trajectory.csv", "labels.json"):
        put(name, SAMPLE / name)
    for folder in [*(SAMPLE / "lidar").iterdir(), *(SAMPLE / "camera").iterdir()]:
        for path in sorted(folder.iterdir())[:5]:
            put(str(path.relative_to(SAMPLE)), path)


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder with index pages; /secret is denied, /broken fails."""

    def send_head(self) -> Any:
        if "/secret" in self.path:
            self.send_error(403)
            return None
        if "/broken" in self.path:
            self.send_error(500)
            return None
        return super().send_head()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def website(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server's address and the folder that it serves."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()


@pytest.fixture
def sample_site(website: tuple[str, Path]) -> tuple[str, Path]:
    address, folder = website

    def put(name: str, path: Path) -> None:
        target = folder / "my drives" / "crossing" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    copy_sample(put)
    return f"{address}/my%20drives/crossing", folder / "my drives" / "crossing"
