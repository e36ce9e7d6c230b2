"""The page of `av3d check --out` in a real browser: no network, no script errors, table and filter work.

    av3d check sample_logs/crossing --out /tmp/page.html
    python tests/benchmarks/report_in_browser.py /tmp/page.html --out /tmp/looks

Needs Chromium (`apt-get install chromium`). Opens the page headless, by day and night, wide and narrow,
with all names of hosts resolving to nothing and, where that is allowed, in a network namespace of its
own without any network. It then counts what the page asked the network for (from the browser's own log;
what the browser asks for itself is another matter), what its console says, filters the table to each
severity, and sorts it by risk. Pictures go to the folder, to be looked at. Ends with 1 if something is
wrong.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
LOOKS = {
    "wide-light": (1280, 1),
    "wide-dark": (1280, 0),
    "narrow-light": (520, 1),
    "narrow-dark": (520, 0),
}
"""Width in pixels, and the colour scheme that the reader prefers as Chromium numbers it."""
HEIGHT = 5000
PROBE = """
<script>
(function () {
  "use strict";
  var said = {errors: [], counts: {}, sorted: true};
  window.addEventListener("error", function (event) { said.errors.push(String(event.message)); });
  document.addEventListener("securitypolicyviolation", function (event) {
    said.errors.push("refused " + event.violatedDirective + " " + event.blockedURI);
  });
  window.addEventListener("load", function () {
    var level = document.getElementById("level"), table = document.getElementById("findings");
    if (level && table) {
      Array.prototype.forEach.call(level.options, function (option) {
        level.value = option.value;
        level.dispatchEvent(new Event("input"));
        said.counts[option.value || "all"] = document.getElementById("count").textContent;
      });
      level.value = "";
      level.dispatchEvent(new Event("input"));
      var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
      var column = heads.findIndex(function (head) { return head.textContent === "risk"; });
      heads[column].querySelector("button").click();
      var last = -1;
      Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
        var risk = Number(row.cells[column].textContent);
        said.sorted = said.sorted && risk >= last;
        last = risk;
      });
    }
    said.broken = Array.prototype.filter.call(document.images, function (image) {
      return !image.naturalWidth;
    }).length;
    said.images = document.images.length;
    said.wide = document.documentElement.scrollWidth > window.innerWidth;
    document.body.setAttribute("data-said", JSON.stringify(said));
  });
}());
</script>
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("--out", type=Path, help="folder for pictures")
    options = parser.parse_args()
    browser = next((found for name in NAMES if (found := shutil.which(name))), None)
    if browser is None:
        print("error: no Chromium, install it: apt-get install chromium", file=sys.stderr)
        return 2
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        alone = without_network()
        command = [*alone, browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   "--no-first-run", "--disable-background-networking", "--disable-component-update",
                   "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}/profile",
                   "--enable-logging=stderr"]  # fmt: skip
        print(f"network namespace of its own: {'yes' if alone else 'not allowed here'}")
        wrong += asked(command, options.page.resolve(), Path(folder))
        wrong += probed(command, options.page.resolve(), Path(folder))
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
            for name, (width, scheme) in LOOKS.items():
                picture = options.out.resolve() / f"{name}.png"
                look = [f"--window-size={width},{HEIGHT}", f"--screenshot={picture}",
                        f"--blink-settings=preferredColorScheme={scheme}"]  # fmt: skip
                ran([*command, *look, options.page.resolve().as_uri()])
                print(f"picture: {picture}")
    return 1 if wrong else 0


def without_network() -> list[str]:
    """What to put before a command so that it has no network; nothing where that is not allowed."""
    before = ["unshare", "--net"]
    if shutil.which("unshare") is None:
        return []
    tried = subprocess.run([*before, "true"], capture_output=True, check=False)
    return before if tried.returncode == 0 else []


def asked(command: list[str], page: Path, folder: Path) -> int:
    """Print what the page asked the network for and what the console says; how much that is."""
    log = folder / "net.json"
    done = ran([*command, f"--log-net-log={log}", "--dump-dom", page.as_uri()])
    text = log.read_text(encoding="utf-8", errors="replace").rstrip().rstrip(",")
    events = json.loads(text if text.endswith("}") else text + "]}")["events"]
    urls = {
        event["params"]["url"]
        for event in events
        if "url" in event.get("params", {})
        and "file://" in str(event["params"].get("site_for_cookies", ""))
    }
    fetched = sorted(url for url in urls if not url.startswith(("file:", "data:")))
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line and page.name in line]
    print(f"requests of the page to the network: {len(fetched)} {fetched}")
    print(f"console: {len(console)} messages {console}")
    return len(fetched) + len(console)


def probed(command: list[str], page: Path, folder: Path) -> int:
    """Filter and sort the table; print what came out; how much of it is wrong."""
    copy = folder / "probe.html"
    text = page.read_text(encoding="utf-8")
    copy.write_text(text.replace("</title>", "</title>" + PROBE, 1), encoding="utf-8")
    dom = ran([*command, "--dump-dom", copy.as_uri()]).stdout
    found = re.search(r'data-said="([^"]*)"', dom)
    if found is None:
        print("the page did not load")
        return 1
    said = json.loads(found[1].replace("&quot;", '"').replace("&amp;", "&"))
    rows = [
        int(count.split(" of ")[0].replace(",", ""))
        for name, count in said["counts"].items()
        if name != "all"
    ]
    every = int(said["counts"].get("all", "0 of 0").split(" of ")[1].replace(",", ""))
    print(f"script errors: {said['errors']}")
    print(f"rows by severity: {said['counts']}; sorted by risk: {said['sorted']}")
    print(
        f"pictures: {said['images']}, broken {said['broken']}; wider than the window: {said['wide']}"
    )
    wrong = len(said["errors"]) + said["broken"] + (not said["sorted"]) + said["wide"]
    return int(wrong) + (sum(rows) != every)


def ran(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the browser to its end."""
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


if __name__ == "__main__":
    sys.exit(main())
