"""The page of the sample log with a planted fault: what it holds, and that it needs nothing else."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from av3d.datasets.registry import open_log, own_labels
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.ontology.presets import default
from av3d.present.label_statistics import CountedLabels
from av3d.present.quality.checking import check_labels
from av3d.present.quality.effort import AuthorEffort, Effort
from av3d.present.quality.history import read_journal
from av3d.present.quality.page import page
from av3d.present.quality.report import Report
from av3d.present.quality.saving import save_report
from av3d.qa.inspection import Inspection
from av3d.qa.registry import check_of
from av3d.store.project import open_project
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.operations.decisions import approve_track
from av3d.tracks.operations.issues import open_issue, reply

VOID = {"meta", "img", "input"}


class Elements(HTMLParser):
    """All elements, and those that were not closed in the order in which they were opened."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.wrong = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def aside(track, row, way_m):
    """The track with one keyframe elsewhere."""
    keyframes = list(track.keyframes)
    pose = keyframes[row].cuboid.frame_SE3_cuboid
    moved = SE3(pose.rotation, pose.translation_m + np.array(way_m))
    cuboid = Cuboid(moved, keyframes[row].cuboid.size_lwh_m)
    keyframes[row] = replace(keyframes[row], cuboid=cuboid)
    return replace(track, keyframes=tuple(keyframes), static=False)


@pytest.fixture(scope="module")
def given(repository, tmp_path_factory):
    """Log, project: a bicycle that jumps, a note that looks like HTML, an approved track, an issue."""
    log = open_log(repository / "sample_logs" / "crossing")
    place = tmp_path_factory.mktemp("page") / "p.av3d"
    with open_project(place, create=True, author="import") as project:
        project.add_log(log)
        tracks = [track for track in own_labels(log) if track.category in ("bicycle", "pedestrian")]
        project.apply(log.name, [Change(None, track) for track in tracks], command="import")
        bad = aside(tracks[0], len(tracks[0].keyframes) // 2, [0.0, 40.0, 0.0])
        change = Change(tracks[0], bad)
        project.apply(log.name, [change], command="move", author="<script>ana")
        for operation in (
            lambda d: approve_track(d, tracks[1].id, author="clara", tier=1, time_ns=5),
            lambda d: open_issue(
                d, text="Look </p><img src=x onerror=alert(1)>", author="clara", time_ns=6,
                timestamp_ns=log.start_ns, track_ids=[bad.id], issue_id="i",
            ),
            lambda d: reply(d, "i", text="On it", author="ben", time_ns=7),
        ):  # fmt: skip
            changes = operation(project.document(log.name))
            project.apply(log.name, changes, command="review", author="clara")
        yield log, project


def report_of(given):
    log, project = given
    document: Document = project.document(log.name)
    labels = CountedLabels(
        log.name, log.start_ns, log.end_ns, log, tuple(document.tracks.values()),
        tuple(document.events.values()),
    )  # fmt: skip
    checks = [check_of("teleport"), check_of("speed"), check_of("overlap")]
    checked = check_labels(labels, default(), checks, read=False)
    facts = read_journal(project, [log.name])
    return Report("p.av3d", default(), checked.inspection.checks, (checked,), (), facts)


@pytest.fixture(scope="module")
def text(given):
    return page(report_of(given), pictures=2)


def test_nothing_is_fetched_from_anywhere(text):
    elements = Elements(text)
    for tag, attributes in elements.found:
        for name in ("src", "href", "srcset", "poster", "data", "action", "background"):
            value = attributes.get(name, "#")
            assert value.startswith(("data:image/webp;base64,", "#")), (tag, name, value[:60])
    assert not elements.all("link")
    assert not re.search(r"https?://|@import|url\(", text)


def test_the_page_forbids_the_browser_to_fetch(text):
    (policy,) = (one for one in Elements(text).all("meta") if "http-equiv" in one)
    assert "default-src 'none'" in policy["content"]


def test_every_element_is_closed_and_every_link_leads_somewhere(text):
    elements = Elements(text)
    assert (elements.open, elements.wrong) == ([], [])
    names = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(names) == len(set(names))
    assert {one["href"][1:] for one in elements.all("a")} <= set(names)


def test_what_people_wrote_is_text_and_nothing_else(text):
    elements = Elements(text)
    assert "<script>ana" not in text
    assert "&lt;script&gt;ana" in text
    assert len(elements.all("script")) == 1
    assert not any("onerror" in attributes for _, attributes in elements.found)


def test_findings_have_pictures_words_for_those_who_cannot_see_and_a_chart(text):
    elements = Elements(text)
    images = elements.all("img")
    assert any("from above" in image["alt"] for image in images)
    assert any("limit" in chart["aria-label"] for chart in elements.all("svg"))
    assert "Bicycle 1" in text


def test_what_is_wrong_is_red_in_the_picture_from_above(text):
    image = next(one for one in Elements(text).all("img") if "from above" in one["alt"])
    data = base64.b64decode(image["src"].partition(",")[2])
    picture = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    blue, green, red = picture.astype(int).transpose(2, 0, 1)
    assert ((red > 200) & (green < 140) & (blue < 140)).sum() > 100
    assert picture.shape[1::-1] == (int(image["width"]), int(image["height"]))


def test_review_rework_and_time_are_told(text):
    assert "Issues: 1 open of 1" in text
    assert "track approved" in text
    for title in ("Rework", "Time spent", "Findings per 100 cuboids"):
        assert f"<h2>{title}</h2>" in text


def test_the_head_tells_the_last_entry_to_the_minute_and_the_time_spent(given):
    report = report_of(given)
    assert report.journal is not None
    effort = Effort()
    effort.authors[next(iter(report.journal.keyframes))] = AuthorEffort(labelling_s=11_100.0)
    last_ns = (9 * 3600 + 44 * 60) * 1_000_000_000
    facts = replace(report.journal, last_ns=last_ns, effort=effort)
    head = page(replace(report, journal=facts), pictures=0)
    assert ", 1970-01-01 09:44 UTC" in head
    assert "<b>3 h 5 min</b><span>time spent</span>" in head


def test_the_same_project_gives_the_same_bytes(given, text):
    assert page(report_of(given), pictures=2) == text


@pytest.mark.parametrize("kept", [True, False])
def test_a_window_saves_what_it_shows_with_the_journal_where_there_is_one(given, tmp_path, kept):
    log, project = given
    document = project.document(log.name)
    inspection = Inspection(log, default(), [check_of("overlap")], read=False)
    inspection.update(document.tracks.values())
    target = tmp_path / "report.html"
    target.write_text("<!DOCTYPE html>an older one")
    save_report(target, inspection, document, project if kept else None, log.name)
    saved = target.read_text(encoding="utf-8")
    assert ("Time spent" in saved) is kept
    assert f"Quality of {'p.av3d' if kept else log.name}" in saved


def test_pictures_that_have_no_room_are_told(given, monkeypatch):
    monkeypatch.setattr("av3d.present.quality.page_findings.MOST_BYTES", 1000)
    small = page(report_of(given), pictures=1)
    assert "<img" not in small
    assert "would make the page too large" in small
