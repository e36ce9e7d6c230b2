"""What is there at a remote address, and what goes wrong when one asks: one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from av3d.errors import Av3dError

TIMEOUT_S = 9
"""For connecting and for each answer."""
MAX_FILES = 1_000_000
MAX_DEPTH = 20
HEADS = 16
"""Sizes that are asked for at once where a listing does not give them."""

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"}
_VERSION_KEYS = (
    "ETag", "etag", "md5Hash", "Content-MD5", "generation", "LastModified", "Last-Modified",
    "last_modified", "updated", "mtime", "created",
)  # fmt: skip


class RemoteError(Av3dError):
    """Something elsewhere that is not there, not allowed or not to be reached."""


@dataclass(frozen=True)
class Entry:
    """A remote file.

    Attributes:
        key: what the file system calls it.
        size: bytes; None if the server does not say.
        version: changes when the content does, as far as the server tells; "" if it does not.
    """

    key: str
    size: int | None
    version: str


def file_system(address: str) -> tuple[Any, str]:
    """Fsspec's file system for an address, and the address as that calls it."""
    scheme = address.split("://", 1)[0]
    try:
        import fsspec

        options: dict[str, Any] = {}
        if scheme in ("http", "https"):
            import aiohttp

            timeout = aiohttp.ClientTimeout(total=None, connect=TIMEOUT_S, sock_read=TIMEOUT_S)
            options["client_kwargs"] = {"timeout": timeout}
        elif scheme in ("s3", "s3a"):
            limits = {"connect_timeout": TIMEOUT_S, "read_timeout": TIMEOUT_S}
            options["config_kwargs"] = {**limits, "retries": {"max_attempts": 1}}
        with told(address):
            system = fsspec.filesystem(scheme, use_listings_cache=False, **options)
            return system, system._strip_protocol(address)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        fix = (
            f"in the checkout run: uv sync --frozen --inexact --extra {extra}; elsewhere: "
            f"pip install 'av3d[{extra}]'"
            if extra
            else f"install it ({error})"
        )
        raise RemoteError(f"{scheme}:// needs a package that is missing", address, fix) from error


@contextmanager
def told(address: str) -> Iterator[None]:
    """Turn what file systems raise into one line."""
    try:
        yield
    except (Av3dError, ImportError, MemoryError):
        raise
    except Exception as error:  # each service has its own kinds of errors
        raise _line(error, address) from error


def _line(error: BaseException, address: str) -> RemoteError:
    status = getattr(error, "status", None)
    if isinstance(error, FileNotFoundError) and error.__cause__ is not None:
        # So fsspec calls whatever a web server answers.
        return _line(error.__cause__, address)
    missing = type(error).__name__ in ("NoSuchBucket", "NoSuchKey") or status in (404, 410)
    if isinstance(error, FileNotFoundError) or missing:
        return RemoteError("there is no such file or folder", address, "check the address")
    denied = status in (401, 403) or "credential" in str(error).lower()
    if isinstance(error, PermissionError) or denied:
        return RemoteError(
            "access is denied", address, "check your credentials for it, see docs/remote.md"
        )
    if isinstance(error, TimeoutError):
        return RemoteError(
            f"no answer within {TIMEOUT_S} s", address, "check the network and try again"
        )
    if isinstance(status, int) and status >= 400:
        return RemoteError(f"the server answers {status}", address, "try again later")
    if isinstance(error, ValueError) and "not known" in str(error).lower():
        return RemoteError("unknown kind of address", address, "use s3, gs or https")
    return RemoteError(
        f"cannot be reached ({type(error).__name__}: {str(error)[:200]})",
        address,
        "check the network and the address",
    )


def list_files(address: str) -> dict[str, Entry]:
    """All files below an address by their relative paths; {"": entry} if it is a file itself.

    Raises:
        RemoteError: nothing is there, or it cannot be listed, or a name would lead out of the folder.
    """
    system, root = file_system(address)
    with told(address):
        found = _http_files(system, root) if address.startswith("http") else _files(system, root)
    if not found:
        what = "there are no files"
        if address.startswith("http"):
            what += ", or no page that lists them"
        raise RemoteError(what, address, "check the address")
    if len(found) > MAX_FILES:
        raise RemoteError(
            f"more than {MAX_FILES:,} files", address, "give the folder of a single log"
        )
    for name in found:
        parts = name.split("/")
        if name and (any(part in ("", ".", "..") for part in parts) or "\0" in name):
            raise RemoteError(f"a file has the name {name!r}", address, "rename it")
    return found


def _files(system: Any, root: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for key, info in system.find(root, detail=True).items():
        if info.get("type") == "file":
            # A file is what is found below itself.
            name = "" if key == root else key[len(root) :].lstrip("/")
            if not name.endswith("/"):  # a key that stands for a folder
                found[name] = _entry(key, info)
    return found


def _entry(key: str, info: dict[str, Any]) -> Entry:
    size = info.get("size")
    version = next((str(info[name]) for name in _VERSION_KEYS if info.get(name)), "")
    return Entry(key, size if isinstance(size, int) and size >= 0 else None, version)


def _http_files(system: Any, root: str) -> dict[str, Entry]:
    """Files by the links of index pages; sizes are asked for one by one."""
    info = system.info(root)
    page = info.get("mimetype", "text/html") in ("text/html", "application/xhtml+xml")
    if not page and not root.endswith("/"):
        return {"": _entry(root, info)}
    top = root.rstrip("/") + "/"
    folders, seen, keys = [(top, 0)], {top}, list[str]()
    while folders:
        folder, depth = folders.pop()
        for item in system.ls(folder, detail=True):
            key = item["name"]
            # Links that sort the page, and those that lead elsewhere.
            if "?" in key or "#" in key or not key.startswith(folder) or key in seen:
                continue
            seen.add(key)
            if len(seen) > MAX_FILES:
                return {str(number): Entry("", 0, "") for number in range(MAX_FILES + 1)}
            if not key.endswith("/"):
                keys.append(key)
            elif depth < MAX_DEPTH:
                folders.append((key, depth + 1))
    with ThreadPoolExecutor(HEADS) as pool:
        infos = pool.map(_quiet(system.info), keys)
        return {
            unquote(key[len(top) :]): _entry(key, info)
            for key, info in zip(keys, infos, strict=True)
            if info is not None
        }


def _quiet(ask: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any] | None]:
    def answer(key: str) -> dict[str, Any] | None:
        try:
            return ask(key)
        except FileNotFoundError:  # a link on the page that leads nowhere
            return None

    return answer
