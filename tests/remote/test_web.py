from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

import av3d
from av3d.cli.main import run
from av3d.errors import Av3dError
from av3d.reading import read_bytes
from av3d.remote import local_path

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "crossing"


def test_a_folder_of_a_web_server_opens_by_its_index_pages(sample_site) -> None:
    address, _ = sample_site
    log = av3d.open_log(address)
    assert len(log.frames) == 5
    np.testing.assert_array_equal(log.image("back", 1), av3d.open_log(SAMPLE).image("back", 1))


def test_a_file_that_changed_on_the_server_is_fetched_anew(sample_site) -> None:
    address, folder = sample_site
    assert b"crossing" in read_bytes(local_path(address) / "log.toml")
    text = (folder / "log.toml").read_text().replace("crossing", "junction")
    (folder / "log.toml").write_text(text)
    # Both names are equally long, and a server tells the time of a change in whole seconds.
    later = (folder / "log.toml").stat().st_mtime + 60
    os.utime(folder / "log.toml", (later, later))
    assert av3d.open_log(address).name == "junction"


def test_a_single_file_of_a_web_server(website) -> None:
    address, folder = website
    (folder / "drive.mcap").write_bytes(b"MCAP")
    place = local_path(f"{address}/drive.mcap")
    assert (place.name, read_bytes(place)) == ("drive.mcap", b"MCAP")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "there is no such file or folder"),
        ("secret/log", "access is denied"),
        ("broken", "the server answers 500"),
        ("empty", "there are no files, or no page that lists them"),
    ],
)
def test_what_a_server_answers_is_one_line(website, name, message) -> None:
    address, folder = website
    (folder / "empty").mkdir()
    with pytest.raises(Av3dError, match=message) as caught:
        av3d.open_log(f"{address}/{name}")
    assert f"{address}/{name}" in str(caught.value)


def test_links_that_lead_elsewhere_are_not_followed(website) -> None:
    address, folder = website
    (folder / "log").mkdir()
    (folder / "log" / "a.txt").write_bytes(b"abc")
    page = """<a href="?C=N;O=D">Name</a><a href="../">up</a><a href="/etc/">etc</a>
    <a href="http://other.example/b.txt">b</a><a href="a.txt">a</a><a href="#top">top</a>
    <a href="gone.txt">gone</a><a href="%2e%2e/%2e%2e/c.txt">c</a>"""
    (folder / "log" / "index.html").write_text(page)
    assert [path.name for path in local_path(f"{address}/log").iterdir()] == ["a.txt"]


def test_a_server_that_is_not_there_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(Av3dError, match="cannot be reached"):
        av3d.open_log(f"http://127.0.0.1:{port}/log")


def test_the_command_line_takes_addresses(sample_site, capsys) -> None:
    address, _ = sample_site
    assert run(["info", "--json", address]) == 0
    assert f'"path": "{address}"' in capsys.readouterr().out
    assert run(["info", f"{address}/nothing"]) == 2
    captured = capsys.readouterr().err
    assert captured.startswith("error: there is no such file or folder, http://127.0.0.1:")
    assert captured.count("\n") == 1


@pytest.mark.parametrize("address", ["s3://bucket/log", "gs://bucket/log"])
def test_a_package_that_is_missing_is_named(address, monkeypatch) -> None:
    for name in ("s3fs", "gcsfs"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Av3dError, match=r"pip install 'av3d\[(s3|gs)\]'"):
        av3d.open_log(address)


def test_an_unknown_kind_of_address_is_one_line() -> None:
    with pytest.raises(Av3dError, match="unknown kind of address, gopher://host/log"):
        av3d.open_log("gopher://host/log")
