from __future__ import annotations

from av3d.present.panes.pane import Button


def test_an_error_can_be_copied_and_has_its_own_action_too(workspace, settle):
    workspace.toasts.show(
        "error", "Fit failed", "Only 3 points.", action=("Show points", "points.crop", "")
    )
    [toast] = workspace.toasts.toasts
    assert [label for label, _, _ in toast.buttons] == ["Show points", "Copy details"]
    settle(workspace)
    overlay = workspace.toasts
    zone = next(z for z in overlay.drawings["all"].zones if z.command == "text.copy")
    x, y = zone.rect.centre
    workspace.press(overlay.rect.x + x, overlay.rect.y + y, Button.LEFT)
    assert workspace.take_requests() == ["copy:Fit failed: Only 3 points."]


def test_they_never_lie_over_the_buttons_of_a_decision(editing, settle):
    editing.key("Alt+2")
    for number in range(4):
        editing.toasts.show("error", f"Failed {number}", "A long story " * 9)
    settle(editing)
    assert editing.toasts.rect.overlaps(editing.layout.panes["decision"]) is False


def test_information_under_the_pointer_stays(workspace, settle, clock):
    workspace.toasts.show("info", "Picture saved", "/tmp/a.png")
    settle(workspace)
    rect = workspace.toasts.rect
    workspace.move(rect.x + 100, rect.y + 20)
    clock.now_s += 10
    workspace.tick()
    assert workspace.toasts.toasts
    workspace.move(10, 500)
    workspace.tick()
    assert not workspace.toasts.toasts
