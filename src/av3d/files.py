"""Writing results so that a reader never sees half of one: aside first, then moved into place."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from av3d.errors import OutputError


@contextmanager
def new_folder(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside `target` that becomes `target` when the block ends well.

    When the block raises, the folder is removed and `target` is as it was.

    Args:
        target: where the folder shall be.
        replace: allow a target with content; it is moved away only after the new one is complete.

    Raises:
        OutputError: the target has content and replace is False, or the disk refuses.
    """
    target = target.absolute()
    if target.exists() and not target.is_dir():
        raise OutputError("the output is a file, not a folder", target, "choose another folder")
    if target.is_dir() and any(target.iterdir()) and not replace:
        raise OutputError(
            "the output folder is not empty", target, "choose a new folder or add --overwrite"
        )
    aside = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        aside.mkdir(parents=True)
        yield aside
        if target.exists():
            old = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.old"
            target.rename(old)
            try:
                aside.rename(target)
            except OSError:
                old.rename(target)
                raise
            shutil.rmtree(old, ignore_errors=True)
        else:
            aside.rename(target)
    except OSError as error:
        raise _output_error(error, target) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Yield a path beside `target`; the file written there replaces `target` when the block ends well.

    Raises:
        OutputError: the disk refuses.
    """
    target = target.absolute()
    aside = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.part{target.suffix}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        aside.replace(target)
    except OSError as error:
        raise _output_error(error, target) from error
    finally:
        aside.unlink(missing_ok=True)


def _output_error(error: OSError, target: Path) -> OutputError:
    return OutputError(
        f"cannot write: {error.strerror or error}",
        target,
        "free some space or choose another place; nothing was changed",
    )
