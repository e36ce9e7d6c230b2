# ruff: noqa: PT012  # what a block under `raises` did to the disk is the very thing tested here

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from av3d import files
from av3d.errors import OutputError
from av3d.files import new_file, new_folder


def contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# Folders


def test_a_folder_appears_complete_or_not_at_all(tmp_path):
    target = tmp_path / "out"
    with new_folder(target) as aside:
        (aside / "a.txt").write_text("a")
        assert not target.exists()
    assert contents(tmp_path) == ["out", "out/a.txt"]


def test_a_failure_leaves_no_trace(tmp_path):
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "x" / "y" / "out") as aside:
        (aside / "a.txt").write_text("a")
        raise ZeroDivisionError
    assert contents(tmp_path) == []


def test_an_interrupt_leaves_no_trace(tmp_path):
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "out") as aside:
        (aside / "a.txt").write_text("a")
        raise KeyboardInterrupt
    assert contents(tmp_path) == []


def test_folders_above_are_made(tmp_path):
    with new_folder(tmp_path / "x" / "y" / "out"):
        pass
    assert contents(tmp_path) == ["x", "x/y", "x/y/out"]


def test_an_empty_folder_may_be_the_target(tmp_path):
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out") as aside:
        (aside / "a.txt").write_text("a")
    assert contents(tmp_path) == ["out", "out/a.txt"]


def test_a_folder_with_content_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"not empty.*--overwrite"), new_folder(tmp_path / "out"):
        pytest.fail("the block must not run")
    assert contents(tmp_path) == ["out", "out/mine.txt"]


def test_a_folder_that_is_filled_meanwhile_is_not_overwritten(tmp_path):
    with pytest.raises(OutputError, match="not empty"), new_folder(tmp_path / "out") as aside:
        (aside / "a.txt").write_text("a")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine.txt").write_text("mine")
    assert contents(tmp_path) == ["out", "out/mine.txt"]


@pytest.fixture(params=["in one step", "in two steps"])
def either_way(request, monkeypatch):
    """Replacing works on file systems without RENAME_EXCHANGE too."""
    if request.param == "in two steps":
        monkeypatch.setattr(files, "_exchange", lambda first, second: False)


def test_replace_takes_away_all_of_the_old_folder(tmp_path, either_way):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("old")
    with new_folder(tmp_path / "out", replace=True) as aside:
        (aside / "new.txt").write_text("new")
    assert contents(tmp_path) == ["out", "out/new.txt"]


def test_a_failed_replace_leaves_the_old_folder(tmp_path, either_way):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("old")
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "out", replace=True) as aside:
        (aside / "new.txt").write_text("new")
        raise ZeroDivisionError
    assert contents(tmp_path) == ["out", "out/old.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="RENAME_EXCHANGE is a call of Linux")
def test_linux_swaps_folders_in_one_step(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"was {name}").touch()
    if not files._exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system has no RENAME_EXCHANGE")
    assert contents(tmp_path) == ["a", "a/was b", "b", "b/was a"]


def test_a_file_in_the_place_of_the_folder_is_refused_and_kept(tmp_path):
    (tmp_path / "out").write_text("mine")
    for replace in (False, True):
        with (
            pytest.raises(OutputError, match="is a file, not a folder"),
            new_folder(tmp_path / "out", replace=replace),
        ):
            pytest.fail("the block must not run")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_file_in_the_place_of_a_folder_above_is_one_error(tmp_path):
    (tmp_path / "x").write_text("mine")
    with pytest.raises(OutputError, match="cannot write"), new_folder(tmp_path / "x" / "out"):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("name", ["Prüfung 1", "日本 ラベル", "v1.0-mini", "x" * 250, "ü" * 120])
def test_names_with_spaces_dots_and_other_letters(tmp_path, name):
    with new_folder(tmp_path / name) as aside:
        (aside / "a.txt").write_text("a")
    assert contents(tmp_path) == [name, f"{name}/a.txt"]


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    with new_folder(tmp_path / "out") as aside:
        (aside / "a.txt").write_text("a")
    assert (tmp_path / "out").is_symlink()
    assert contents(tmp_path) == ["disk", "disk/a.txt", "out"]


def test_a_source_that_is_missing_is_named_in_the_error(tmp_path):
    with (
        pytest.raises(OutputError, match=r"No such file or directory, .*gone\.bin"),
        new_folder(tmp_path / "out"),
    ):
        (tmp_path / "gone.bin").read_bytes()
    assert contents(tmp_path) == []


def test_an_error_names_the_target_not_the_folder_aside(tmp_path):
    with pytest.raises(OutputError) as caught, new_folder(tmp_path / "out") as aside:
        (aside / "missing" / "a.txt").write_text("a")
    assert caught.value.where == str(tmp_path / "out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_one_error(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Permission denied"), new_folder(tmp_path / "out"):
            pytest.fail("the block must not run")
        with pytest.raises(OutputError, match="Permission denied"), new_file(tmp_path / "a") as a:
            a.write_text("a")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is a folder of Linux")
def test_a_disk_that_refuses_is_one_error():
    with pytest.raises(OutputError, match="cannot write"), new_folder(Path("/proc/av3d/out")):
        pytest.fail("the block must not run")
    with (
        pytest.raises(OutputError, match="cannot write"),
        new_file(Path("/proc/av3d.txt")) as aside,
    ):
        aside.write_text("a")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_killed_process_leaves_the_old_result(tmp_path, kind):
    target = tmp_path / "out"
    if kind == "folder":
        target.mkdir()
        (target / "old.txt").write_text("old")
        body = "with new_folder(target, replace=True) as aside:\n    (aside / 'new').touch()\n"
    else:
        target.write_text("old")
        body = "with new_file(target) as aside:\n    aside.write_text('half')\n"
    script = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from av3d.files import new_file, new_folder\ntarget = Path(sys.argv[1])\n"
        + body
        + "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), target], check=False)
    assert done.returncode == -signal.SIGKILL
    old = target / "old.txt" if kind == "folder" else target
    assert old.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["out"]


# Files


def test_a_file_replaces_the_old_one_when_it_is_complete(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with new_file(target) as aside:
        aside.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert contents(tmp_path) == ["a.txt"]


def test_a_failure_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), new_file(target) as aside:
        aside.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert contents(tmp_path) == ["a.txt"]


def test_a_failure_leaves_no_folders_behind(tmp_path):
    with pytest.raises(ZeroDivisionError), new_file(tmp_path / "x" / "y" / "a.txt"):
        raise ZeroDivisionError
    assert contents(tmp_path) == []


def test_the_suffix_stays_for_libraries_that_choose_a_format_by_it(tmp_path):
    with new_file(tmp_path / "picture.png") as aside:
        assert aside.suffix == ".png"
        aside.write_bytes(b"")


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(OutputError, match="cannot write"), new_file(tmp_path / "a.txt"):
        pass
    assert contents(tmp_path) == []


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="is a folder, not a file"), new_file(tmp_path / "out"):
        pytest.fail("the block must not run")


def test_a_linked_file_is_written_where_the_link_points(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    with new_file(tmp_path / "link.txt") as aside:
        aside.write_text("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_name_without_a_folder_is_beside_the_caller(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with new_file(Path("a b.txt")) as aside:
        aside.write_text("new")
    with new_folder(Path("out")) as aside:
        pass
    assert contents(tmp_path) == ["a b.txt", "out"]


def test_a_full_disk_is_named_by_the_target_and_not_by_the_file_being_copied(
    tmp_path: Path,
) -> None:
    with (
        pytest.raises(OutputError, match=r"No space left.*out, free some space"),
        new_folder(tmp_path / "out"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device", "/log/000000.png")
    assert not (tmp_path / "out").exists()


# What killed processes leave


KILLED = """
import os, signal, sys
from pathlib import Path
from av3d.files import new_folder
with new_folder(Path(sys.argv[1]), replace=True) as aside:
    (aside / "a.txt").write_text("a")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_goes_when_the_next_one_writes(tmp_path):
    for _ in range(2):
        subprocess.run([sys.executable, "-c", KILLED, tmp_path / "out"], check=False)
    assert len(contents(tmp_path)) == 2
    with new_folder(tmp_path / "out"):
        pass
    assert contents(tmp_path) == ["out"]


def test_a_folder_in_the_making_is_filled_as_it_is_by_who_asks_for_a_new_one(tmp_path):
    with new_folder(tmp_path / "out") as aside:
        with new_folder(aside) as same:
            assert same == aside
            (same / "a.txt").write_text("a")
        # Still in the making: what others begin meanwhile does not take it for abandoned.
        with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "out"):
            raise ZeroDivisionError
        (aside / "b.txt").write_text("b")
    assert contents(tmp_path) == ["out", "out/a.txt", "out/b.txt"]


def test_a_failure_inside_a_folder_in_the_making_leaves_no_trace(tmp_path):
    with (
        pytest.raises(ZeroDivisionError),
        new_folder(tmp_path / "out") as aside,
        new_folder(aside) as same,
    ):
        (same / "a.txt").write_text("a")
        raise ZeroDivisionError
    assert contents(tmp_path) == []


def test_what_another_process_is_writing_stays(tmp_path):
    with new_folder(tmp_path / "out", replace=True) as first:
        (first / "a.txt").write_text("first")
        with new_folder(tmp_path / "out", replace=True) as second:
            (second / "b.txt").write_text("second")
        assert contents(tmp_path / "out") == ["b.txt"]
    assert contents(tmp_path / "out") == ["a.txt"]


def test_pieces_of_other_targets_and_what_only_looks_like_one_stay(tmp_path):
    for name in (".other.01234567.part", ".out.0123.part", ".out.01234567.part.old", "out.part"):
        (tmp_path / name).mkdir()
    before = contents(tmp_path)
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "out"):
        raise ZeroDivisionError
    assert contents(tmp_path) == before


def test_a_piece_of_a_file_goes_after_a_day(tmp_path):
    old, young = tmp_path / ".a.01234567.part.txt", tmp_path / ".a.89abcdef.part.txt"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    with new_file(tmp_path / "a.txt") as aside:
        aside.write_text("a")
    assert contents(tmp_path) == [young.name, "a.txt"]
