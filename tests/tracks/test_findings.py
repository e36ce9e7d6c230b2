from av3d.tracks.findings import Blocker, Findings, Subject


def car(number: int) -> Subject:
    return Subject("log", "track", f"t{number}", f"Car {number}")


def test_subjects_of_one_finding_are_counted_and_three_are_named() -> None:
    findings = Findings()
    for number in (1, 2, 2, 3, 4):
        findings.note("category 'car' becomes 'auto'", car(number))
    assert findings.notes() == ("category 'car' becomes 'auto': 4 tracks (Car 1, Car 2, Car 3 …)",)
    assert findings.blockers() == ()


def test_tracks_and_events_are_counted_apart() -> None:
    findings = Findings()
    findings.block("it would be gone", car(1), "keep it")
    findings.block("it would be gone", Subject("log", "event", "e", "Rain"), "keep it")
    assert findings.blockers() == (
        Blocker("it would be gone: 1 track and 1 event (Car 1, Rain)", "keep it"),
    )


def test_tracks_of_one_name_count_each() -> None:
    findings = Findings()
    findings.note("x", Subject("a", "track", "1", "Car 1"))
    findings.note("x", Subject("b", "track", "1", "Car 1"))
    assert findings.notes() == ("x: 2 tracks (Car 1, Car 1)",)
