from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from av3d.datasets.mcap_ros2.sidecar import Sidecar, read_sidecar
from av3d.datasets.registry import open_log
from av3d.errors import Av3dError

EVERYTHING = """
name = "Monday"
rig = "../rigs/van.toml"
ego_frame = "base_link"
world_frame = "map"
reference_lidar = "top"
motion_compensated = ["/top/points"]
[topics]
lidar = ["/top/points", "/front/points"]
camera = ["/left/image_raw"]
odometry = "tf"
[topics.camera_info]
"/left/image_raw" = "/left/info"
[names]
"/top/points" = "roof"
"""


def test_everything_may_be_said(tmp_path: Path) -> None:
    (tmp_path / "av3d.toml").write_text(EVERYTHING)
    assert read_sidecar(tmp_path) == Sidecar(
        tmp_path / "av3d.toml", "Monday", tmp_path / "../rigs/van.toml", "base_link", "map", "top",
        ("/top/points", "/front/points"), ("/left/image_raw",), "tf",
        {"/left/image_raw": "/left/info"}, {"/top/points": "roof"}, ("/top/points",),
    )  # fmt: skip


def test_nothing_needs_to_be_said(tmp_path: Path) -> None:
    assert read_sidecar(tmp_path) == Sidecar(tmp_path / "av3d.toml")


def test_a_file_of_the_bags_own_name_comes_before_the_shared_one(tmp_path: Path) -> None:
    (tmp_path / "monday.mcap").write_bytes(b"")
    (tmp_path / "av3d.toml").write_text('name = "all"')
    assert read_sidecar(tmp_path / "monday.mcap").name == "all"
    (tmp_path / "monday.av3d.toml").write_text('name = "Monday"')
    assert read_sidecar(tmp_path / "monday.mcap").name == "Monday"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lidar = 3", "there is no setting 'lidar', .*use name rig ego_frame"),
        ("[topics]\nradar = []", "there is no setting topics.'radar'"),
        ("ego_frame = 3", "ego_frame is 3, .*write text in quotes"),
        ('[topics]\nlidar = "/a"', "topics.lidar is '/a', .*write a list of texts"),
        ('[topics]\nlidar = ["/a", "/a"]', "write each topic once"),
        ("topics = 3", r"write a table \[topics\]"),
        ("names = {a = 1}", "names.a is 1"),
        ("= 3", "is not TOML"),
        ('name = "\\u0007"', "write text in quotes"),
    ],
)
def test_what_it_cannot_say_is_an_error(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "av3d.toml").write_text(text)
    with pytest.raises(Av3dError, match=words):
        read_sidecar(tmp_path)


def test_a_bag_opens_as_it_says(tmp_path: Path, write: SimpleNamespace) -> None:
    (tmp_path / "av3d.toml").write_text(
        'name = "Monday"\nego_frame = "lidar_top"\nmotion_compensated = ["/top/points"]\n'
        '[topics]\ncamera = []\n[names]\n"/top/points" = "roof"\n'
    )
    log = open_log(write.small_bag(tmp_path / "drive.mcap"))
    assert (log.name, list(log.lidars), list(log.cameras)) == ("Monday", ["roof"], [])
    assert log.sweep(0).motion_compensated
    expected = log.world_SE3_ego(write.start_ns).translation_m
    assert expected[2] == pytest.approx(1.9)
