"""Values of a cuboid typed and dragged in the real window, with mouse and keys."""

from __future__ import annotations

import pytest

from av3d.store.project import open_project

FIELDS_Y = 28 + 32 + 4 + 17 + 12
"""Middle of the first row of fields: head, tabs, margin, label, half a field."""
ROW = 45


@pytest.fixture
def inspecting(start, street, tmp_path):
    """A window on a new project with Car 1 selected; where a field is, and what the project holds."""
    project = tmp_path / "labels.sqlite"
    with open_project(project, create=True) as opened:
        from av3d import open_log
        from av3d.datasets.registry import own_labels
        from av3d.tracks.change import Change

        log = open_log(street)
        opened.add_log(log)
        changes = [Change(None, track) for track in own_labels(log)]
        opened.apply(log.name, changes, command="import")
        name = log.name
    app = start(street, "--project", project, "--select", "Car 1")
    app.wait(lambda s: s["selected_name"] == "Car 1")

    def place(column, row):
        x, y, width, _ = app.state["panes"]["inspector"]
        return x + width * (2 * column + 1) / 6, y + FIELDS_Y + ROW * row

    def cuboid():
        with open_project(project) as opened:
            [track] = [track for track in opened.tracks(name) if track.name == "Car 1"]
            return track.keyframes[0].cuboid

    app.place, app.cuboid, app.project = place, cuboid, project
    return app


def entries(app):
    with open_project(app.project) as opened:
        return [entry.command for entry in opened.journal()]


def until(app, condition):
    """Wait until the project holds what was asked for."""
    app.wait(lambda _state: condition())


def test_lengths_are_typed_with_tab_between_and_undone(inspecting):
    app = inspecting
    app.click(*app.place(0, 1))
    app.wait(lambda s: s["typing"] and s["field"] == "value.length")
    app.type("4.4+0.5")
    app.key("Tab")
    until(app, lambda: app.cuboid().length_m == pytest.approx(4.9))
    app.wait(lambda s: s["typing"] and s["field"] == "value.width")
    app.type("2.05")
    app.key("Return")
    until(app, lambda: app.cuboid().width_m == pytest.approx(2.05))
    app.wait(lambda s: not s["typing"])
    assert app.cuboid().length_m == pytest.approx(4.9)
    app.key("ctrl+z")
    until(app, lambda: app.cuboid().width_m == pytest.approx(1.9))


def test_a_field_is_dragged_in_one_step_of_undo(inspecting):
    app = inspecting
    before = entries(app)
    x, y = app.place(1, 0)
    app.drag((x, y), (x + 60, y), 1)
    until(app, lambda: len(entries(app)) > len(before))
    assert entries(app) == [*before, "Move Car 1"]
    assert app.cuboid().center_m[1] == pytest.approx(0.5, abs=0.051)
