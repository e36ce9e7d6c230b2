"""The page of a difference: well-formed, self-contained, and safe whatever the labels say."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from av3d.store.releases.comparison import compare
from av3d.store.releases.labels import labels_at, labels_of
from av3d.store.releases.making import create_release, find_release
from av3d.store.releases.page import page
from av3d.tracks.change import Change
from store.projects import LOG, car, new_project

HOSTILE = '<script>alert("x")</script>'
VOID = {"meta", "br"}


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    with new_project(tmp_path_factory.mktemp("page") / "p.av3d") as project:
        project.apply(LOG, [Change(None, car("a")), Change(None, car("b", 50.0, 51.0))], command="")
        create_release(project, "v1", note=HOSTILE)
        tracks = project.document(LOG).tracks
        changes = [
            Change(tracks["a"], car("a", 0.5, 2.5, note=HOSTILE)),
            Change(tracks["b"], None),
            Change(None, car(HOSTILE, 90.0)),
        ]
        project.apply(LOG, changes, command="fix")
        return page(compare(labels_of(project, find_release(project, "v1")), labels_at(project)))


class Tags(HTMLParser):
    """Checks that what is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_is_well_formed(text: str) -> None:
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert {"svg", "polygon", "path", "article"} <= tags.seen


def test_what_labels_say_is_text_and_nothing_else(text: str) -> None:
    tags = Tags()
    tags.feed(text)
    assert "script" not in tags.seen
    assert text.count("&lt;script&gt;") >= 3


def test_it_needs_no_network(text: str) -> None:
    assert re.findall(r"https?://|//\w|src=|href=|url\(", text) == []
    assert "default-src 'none'" in text


def test_drawings_are_sound_and_show_both_states(text: str) -> None:
    drawings = [ElementTree.fromstring(part) for part in re.findall(r"<svg.*?</svg>", text)]
    assert len(drawings) == 4  # ways of three tracks, and where one is farthest from before
    sides = [{shape.get("class") for shape in drawing.iter("polygon")} for drawing in drawings]
    assert sides == [{"after"}, {"before"}, {"before", "after"}, {"before", "after"}]


def test_places_are_inside_of_the_drawing(text: str) -> None:
    for points in re.findall(r'<polygon [^>]*points="([^"]*)"', text):
        for place in points.split():
            x, y = map(float, place.split(","))
            assert 0 <= x <= 240
            assert 0 <= y <= 170


def test_a_page_without_changes_says_so(tmp_path: Path) -> None:
    with new_project(tmp_path / "p.av3d") as project:
        now = labels_at(project)
        assert "Nothing changed." in page(compare(now, now))
