"""A small drive, written the way KITTI writes them."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

CAM_TO_CAM = """calib_time: 09-Jan-2012 13:57:47
corner_dist: 9.950000e-02
S_00: 1.392000e+03 5.120000e+02
K_00: 9.842439e+02 0.0 6.900000e+02 0.0 9.808141e+02 2.331966e+02 0.0 0.0 1.0
D_00: -3.728755e-01 2.037299e-01 2.219027e-03 1.383707e-03 -7.233722e-02
R_00: 1.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 1.0
T_00: 0.0 0.0 0.0
S_rect_00: 6.400000e+01 2.400000e+01
R_rect_00: 1.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 1.0
P_rect_00: 3.6e+01 0.0 3.15e+01 0.0 0.0 3.6e+01 1.15e+01 0.0 0.0 0.0 1.0 0.0
S_02: 1.392000e+03 5.120000e+02
K_02: 9.597910e+02 0.0 6.960217e+02 0.0 9.569251e+02 2.241806e+02 0.0 0.0 1.0
D_02: -3.691481e-01 1.968681e-01 1.353473e-03 5.677587e-04 -6.770705e-02
R_02: 1.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 1.0
T_02: 6.0e-02 0.0 0.0
S_rect_02: 6.400000e+01 2.400000e+01
R_rect_02: 1.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 1.0
P_rect_02: 3.6e+01 0.0 3.15e+01 2.16e+00 0.0 3.6e+01 1.15e+01 0.0 0.0 0.0 1.0 0.0
"""
VELO_TO_CAM = """calib_time: 15-Mar-2012 11:37:16
R: 0.0 -1.0 0.0 0.0 0.0 -1.0 1.0 0.0 0.0
T: 0.0 -0.08 -0.27
delta_f: 0.0 0.0
"""
IMU_TO_VELO = """calib_time: 25-May-2012 16:47:16
R: 1.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 1.0
T: -0.81 0.32 -0.80
"""
TRACKLETS = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<!DOCTYPE boost_serialization>
<boost_serialization signature="serialization::archive" version="9">
<tracklets class_id="0" tracking_level="0" version="0">
 <count>1</count><item_version>1</item_version>
 <item class_id="1" tracking_level="0" version="1">
  <objectType>Van</objectType><h>2.0</h><w>1.8</w><l>5.0</l><first_frame>1</first_frame>
  <poses class_id="2" tracking_level="0" version="0">
   <count>2</count><item_version>2</item_version>
   <item class_id="3"><tx>10.0</tx><ty>2.0</ty><tz>-1.7</tz><rx>0</rx><ry>0</ry><rz>0.5</rz>
    <state>2</state><occlusion>1</occlusion><truncation>-1</truncation></item>
   <item><tx>9.5</tx><ty>2.0</ty><tz>-1.7</tz><rx>0</rx><ry>0</ry><rz>0.5</rz>
    <state>1</state><occlusion>0</occlusion><truncation>0</truncation></item>
  </poses><finished>1</finished>
 </item>
</tracklets>
</boost_serialization>
"""
POINTS = np.array(
    [[10, 0, 0, 0.1], [0, 10, 0, 0.2], [-10, 0.001, 0, 0.3], [0, -10, 0, 0.4]], dtype="<f4"
)
"""Ahead, left, behind, right."""


def stamp(second: float) -> str:
    return f"2011-09-26 13:02:{second:012.9f}"


def write_drive(day: Path, name: str = "2011_09_26_drive_0001_sync", frames: int = 3) -> Path:
    """A drive at 5 m/s eastwards, ten frames a second."""
    drive = day / name
    for stream in ("image_00", "image_02", "velodyne_points", "oxts"):
        (drive / stream / "data").mkdir(parents=True)
    seconds = [25 + 0.1 * number for number in range(frames)]
    lags = {"image_00": 0.0005, "image_02": 0.0015, "velodyne_points": 0.0, "oxts": 0.003}
    for stream, lag in lags.items():
        lines = "".join(stamp(second + lag) + "\n" for second in seconds)
        (drive / stream / "timestamps.txt").write_text(lines)
    for end, lag in (("start", -0.052), ("end", 0.048)):
        lines = "".join(stamp(second + lag) + "\n" for second in seconds)
        (drive / "velodyne_points" / f"timestamps_{end}.txt").write_text(lines)
    picture = np.full((24, 64, 3), 90, np.uint8)
    for number, second in enumerate(seconds):
        POINTS.tofile(drive / "velodyne_points" / "data" / f"{number:010}.bin")
        for camera in ("image_00", "image_02"):
            cv2.imwrite(str(drive / camera / "data" / f"{number:010}.png"), picture)
        east_deg = np.degrees(5 * (second - 25) / 6_378_137.0)
        record = f"0.0 {east_deg:.15f} 110.0 0.0 0.0 0.0 " + " ".join(["0"] * 24)
        (drive / "oxts" / "data" / f"{number:010}.txt").write_text(record + "\n")
    (drive / "tracklet_labels.xml").write_text(TRACKLETS)
    for file, text in (
        ("calib_cam_to_cam.txt", CAM_TO_CAM),
        ("calib_velo_to_cam.txt", VELO_TO_CAM),
        ("calib_imu_to_velo.txt", IMU_TO_VELO),
    ):
        (day / file).write_text(text)
    return drive


@pytest.fixture
def drive(tmp_path):
    return write_drive(tmp_path / "2011_09_26")


@pytest.fixture
def extract(drive):
    """The same drive as an unsynchronised one, with clouds in text."""
    other = drive.with_name("2011_09_26_drive_0001_extract")
    shutil.move(drive, other)
    for cloud in (other / "velodyne_points" / "data").iterdir():
        np.savetxt(cloud.with_suffix(".txt"), POINTS, fmt="%.3f")
        cloud.unlink()
    return other
