from __future__ import annotations

import pytest

pytestmark = pytest.mark.window


def test_the_palette_checks_the_log_and_a_click_on_a_finding_goes_there(fresh):
    fresh.key("End")
    fresh.key("ctrl+k")
    fresh.wait(lambda s: s["palette"] and s["typing"])
    fresh.type("check this")
    fresh.wait(lambda s: s["typed"] == "check this")
    fresh.key("Return")
    state = fresh.wait(
        lambda s: s["findings"]["open"] and not s["findings"]["running"] and s["toasts"], 60
    )
    checks = state["findings"]["checks"]
    # The image of frame 7 of the left camera was dropped; there are no edges to compare.
    assert "timestamps.dropped" in checks
    x, y, _, _ = state["panes"]["tracks"]
    first = 28 + (52 if state["toasts"][0].startswith("All checks pass") else 0)
    fresh.click(x + 60, y + first + 26)
    fresh.wait(lambda s: s["findings"]["chosen"] == 0)
    fresh.key("Escape")
    fresh.wait(lambda s: not s["findings"]["open"])
