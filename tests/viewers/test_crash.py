"""Crash reports: sessions that ended well leave nothing, others are told of at the next start."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import pytest

from av3d_viewers.crash import KEPT_REPORTS, Situation, Watch
from av3d_viewers.logging_setup import FILE_BYTES, FILES, LAST_LINES, ApplicationLog

SESSION = """
import logging, os, sys
from pathlib import Path
from av3d_viewers.crash import Situation, Watch
watch = Watch(Path(sys.argv[1]))
watch.at(Situation("street", "/data/street.sqlite", 1234))
logging.getLogger("av3d").info("a frame was drawn")
{end}
"""


@pytest.fixture
def watched(tmp_path):
    """Watches that are closed at the end of the test."""
    made = []

    def start():
        made.append(Watch(tmp_path))
        return made[-1]

    yield start
    for watch in made:
        watch.close()


def session(folder, end):
    """Run a session in a process of its own that ends in some way."""
    code = SESSION.format(end=end)
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
    )


def reports(folder):
    return sorted(folder.glob("crash-*.txt"))


def test_a_session_that_ends_well_leaves_only_its_log_file(tmp_path):
    done = session(tmp_path, "watch.close()")
    assert (done.returncode, done.stderr) == (0, "")
    [file] = tmp_path.iterdir()
    assert file.name == "av3d.log"
    assert "INFO MainThread av3d: a frame was drawn" in file.read_text()


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("raise ValueError('boom')", "ValueError: boom"),
        ("os.kill(os.getpid(), 9)", "killed, or the machine stopped"),
        ("import ctypes; ctypes.string_at(0)", "Segmentation fault"),
        ("os.abort()", "Aborted"),
    ],
)
def test_a_session_that_ends_otherwise_is_told_of_at_the_next_start(tmp_path, watched, end, words):
    assert session(tmp_path, end).returncode != 0
    [ended] = watched().ended
    assert ended.situation == Situation("street", "/data/street.sqlite", 1234)
    assert ended.text == f"All edits up to entry 1,234 are kept. Report: {ended.report}"
    text = ended.report.read_text()
    assert reports(tmp_path) == [ended.report]
    for part in (
        words, "street", "/data/street.sqlite", "journal position  1,234.", "Python", "numpy",
        "a frame was drawn",
    ):  # fmt: skip
        assert part in text


def test_it_is_told_once(tmp_path, watched):
    session(tmp_path, "os.kill(os.getpid(), 9)")
    watched().close()
    assert watched().ended == ()


def test_a_window_that_is_still_open_did_not_end(tmp_path, watched):
    first, second = watched(), watched()
    assert second.ended == ()
    assert first.log_path.name == "av3d.log"
    assert second.log_path.name == "av3d-2.log"


def test_a_broken_mark_is_told_without_details(tmp_path, watched):
    (tmp_path / "running-1.json").write_text('{"situation": ')
    [ended] = watched().ended
    assert ended.situation == Situation()
    assert ended.text.startswith("No edits were made. Report: ")


def test_a_shorter_mark_after_a_longer_one_is_read_well(tmp_path, watched):
    watch = watched()
    watch.at(Situation("a log with a rather long name", "/somewhere/far.sqlite", 5_000_000))
    watch.at(Situation("b"))
    watch.close(well=False)
    [ended] = watched().ended
    assert ended.situation == Situation("b")


def test_a_thread_that_dies_leaves_a_report_and_the_session_goes_on(tmp_path, watched):
    watch = watched()
    thread = threading.Thread(target=lambda: {}["x"], name="decoder")
    thread.start()
    thread.join()
    [path] = watch.take_background_reports()
    assert "KeyError: 'x'" in path.read_text()
    assert watch.take_background_reports() == ()
    watch.close()
    assert watched().ended == ()


def test_one_exception_is_one_report(tmp_path, watched):
    watch = watched()
    error = ValueError("boom")
    assert watch.report(error) == watch.report(error)
    assert len(reports(tmp_path)) == 1


def test_old_reports_go(tmp_path, watched):
    watch = watched()
    for number in range(KEPT_REPORTS + 3):
        watch.report(ValueError(str(number)))
    assert len(reports(tmp_path)) == KEPT_REPORTS


def test_without_a_folder_the_session_goes_on(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    watch = Watch(in_the_way)
    watch.at(Situation("street"))
    assert watch.report(ValueError("boom")) is None
    assert (watch.log_path, watch.ended) == (None, ())
    watch.close()


def test_hooks_are_given_back(tmp_path):
    before = sys.excepthook, threading.excepthook
    Watch(tmp_path).close()
    assert (sys.excepthook, threading.excepthook) == before


def test_the_log_file_is_rotated(tmp_path):
    log = ApplicationLog(tmp_path / "av3d.log")
    for number in range(4 * FILE_BYTES // 10_000):
        logging.getLogger("av3d.test").info("%d %s", number, "x" * 10_000)
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["av3d.log", "av3d.log.1", "av3d.log.2"]
    assert len(files) == FILES
    assert all(file.stat().st_size <= FILE_BYTES for file in files)


def test_the_last_lines_are_kept_in_memory(tmp_path):
    log = ApplicationLog(None)
    for number in range(LAST_LINES + 10):
        logging.getLogger("av3d.test").info("line %d", number)
    log.close()
    assert len(log.lines) == LAST_LINES
    assert log.lines[-1].endswith(f"line {LAST_LINES + 9}")
