from dataclasses import replace

import numpy as np

from av3d.doctor.check import Check
from av3d.doctor.examination import CHECKS, examine, proposed_rig
from av3d.doctor.finding import Finding, Severity
from av3d.errors import InputFileError

MS = 1_000_000
TIMES = np.arange(0, 4000, 100) * MS


def test_a_sound_log_has_no_faults(make):
    report = examine(make())
    assert report.faults == ()
    assert report.proposed_rig() is None


def test_ids_and_sentences_of_checks_are_there():
    assert all(check.id.count(".") == 1 and check.title.endswith(".") for check in CHECKS)


def test_findings_come_worst_first_and_are_counted(make, Sweeps, Images):
    log = make(
        lidars={"top": Sweeps(np.delete(TIMES, [5, *range(20, 26)]))},
        cameras={"front": Images(TIMES, size=(96, 128))},
    )
    report = examine(log)
    assert [f.check for f in report.findings] == [
        "calibration.image-size", "timestamps.gap", "timestamps.dropped", "calibration.not-judged",
    ]  # fmt: skip
    assert report.as_dict()["counts"] == {"error": 1, "warning": 1, "note": 2}
    assert [f.check for f in report.at_least(Severity.ERROR)] == ["calibration.image-size"]


def test_the_proposed_rig_has_all_corrections_and_says_where_it_is_from(make, Images):
    report = examine(make(cameras={"front": Images(TIMES, size=(96, 128))}))
    rig = report.proposed_rig()
    assert rig.camera("front").camera.width_px == 128
    assert rig.notes[-1].startswith("proposed by av3d doctor")
    assert report.log.rig.camera("front").camera.width_px == 64


def test_without_media_no_file_is_read(make, Sweeps):
    log = make(lidars={"top": Sweeps(TIMES, broken=range(40))})
    assert examine(log, media=False).faults == ()
    assert [f.check for f in examine(log).faults] == ["media.unreadable"]


def test_a_check_that_cannot_be_made_is_a_note(make):
    class Failing(Check):
        id, severity, title = "test.failing", Severity.ERROR, "It fails."

        def examine(self, log):
            raise InputFileError("no such file", "a.bin", "restore it")
            yield

    [found] = examine(make(), checks=[Failing()]).findings
    assert (found.check, found.severity) == ("test.failing", Severity.NOTE)
    assert found.where == "a.bin"


def test_a_check_with_a_defect_does_not_take_the_others_with_it(make):
    class Broken(Check):
        id, severity, title = "test.broken", Severity.ERROR, "It breaks."

        def examine(self, log):
            return iter([1 / 0])

    report = examine(make(), checks=[Broken(), *CHECKS])
    found = report.findings[0]
    assert "test.broken could not be made, ZeroDivisionError" in found.what
    assert len(report.checked) > 10


def test_a_clock_is_not_judged_where_the_poses_are_wrong(make):
    log = make()
    mount = replace(log.rig.camera("front"), clock_offset_ns=5)

    class Says(Check):
        severity, title = Severity.ERROR, "It says."

        def __init__(self, check, **more):
            self.id, self._more = check, more

        def examine(self, log):
            yield self.finding("what", "where", **self._more)

    late = Says("timestamps.offset", sensor="front", cameras={"front": mount})
    both = examine(log, checks=[Says("poses.jump"), late]).findings
    assert [f.check for f in both] == ["poses.jump"]
    assert [f.check for f in examine(log, checks=[late]).findings] == ["timestamps.offset"]


def test_findings_that_correct_nothing_leave_the_rig_as_it_is(make):
    rig = make().rig
    assert proposed_rig(rig, [Finding("a.b", Severity.NOTE, "what", "where")]) is rig
