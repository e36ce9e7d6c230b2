"""Tracklets as tracks."""

import numpy as np
import pytest

import av3d
from av3d.datasets.kitti import RAW
from av3d.datasets.kitti.raw.tracklets import parse_tracklets
from av3d.errors import Av3dError
from av3d.tracks.keyframe import Provenance


def test_a_tracklet_is_a_track_with_a_keyframe_per_frame(drive):
    log = av3d.open_log(drive)
    labels = RAW.read_labels(log)
    (track,) = labels.tracks
    assert (track.category, track.attributes["kitti.type"]) == ("car", "Van")
    assert [keyframe.timestamp_ns for keyframe in track.keyframes] == [
        frame.timestamp_ns for frame in log.frames[1:]
    ]
    assert {keyframe.provenance for keyframe in track.keyframes} == {Provenance.IMPORTED}
    assert track.keyframes[0].attributes == {"kitti.occlusion": "partly", "kitti.state": "labelled"}
    assert labels.counts == {"tracks": 1, "cuboids": 2, "cuboids_without_time": 0}


def test_the_cuboid_stands_on_the_given_point_in_the_world(drive):
    log = av3d.open_log(drive)
    (track,) = RAW.read_labels(log).tracks
    time_ns = log.frames[1].timestamp_ns
    cuboid = track.state_at(time_ns).cuboid
    assert cuboid.size_lwh_m.tolist() == [5.0, 1.8, 2.0]
    # Bottom centre (10, 2, -1.7) of the Velodyne, which sits at (.81, -.32, .8) of the imu.
    ego_SE3_cuboid = log.world_SE3_ego(time_ns).inverse() @ cuboid.frame_SE3_cuboid
    np.testing.assert_allclose(ego_SE3_cuboid.translation_m, [10.81, 1.68, 0.1], atol=1e-9)
    assert ego_SE3_cuboid.yaw_rad == pytest.approx(0.5)


def test_frames_whose_sweep_is_missing_keep_their_cuboids(drive):
    (drive / "velodyne_points" / "data" / "0000000001.bin").unlink()
    (track,) = RAW.read_labels(av3d.open_log(drive)).tracks
    assert len(track.keyframes) == 2


def test_frames_without_a_time_are_dropped_and_counted(drive):
    path = drive / "tracklet_labels.xml"
    path.write_text(path.read_text().replace("<first_frame>1<", "<first_frame>2<"))
    labels = RAW.read_labels(av3d.open_log(drive))
    assert labels.counts["cuboids_without_time"] == 1
    assert len(labels.tracks[0].keyframes) == 1


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("<l>5.0</l>", "<l>-5.0</l>", "tracklet 0"),
        ("<tx>9.5</tx>", "<tx>east</tx>", "pose 1"),
        ("<tx>9.5</tx>", "<tx>nan</tx>", "pose 1"),
        ("<first_frame>1<", "<first_frame>1.5<", "first_frame"),
        ("<objectType>Van", "<objectType>", "objectType"),
        ("</tracklets>", "", "XML"),
        ("<tracklets class", "<others class", "XML"),
        ("<!DOCTYPE boost_serialization>", '<!DOCTYPE a [<!ENTITY b "c">]>', "entities"),
    ],
)
def test_a_broken_file_is_told_with_its_place(drive, before, after, words):
    path = drive / "tracklet_labels.xml"
    path.write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(Av3dError) as error:
        parse_tracklets(path)
    assert words in str(error.value)


def test_tracklets_of_a_clock_that_went_back_come_in_the_order_of_time(drive):
    for stream in ("velodyne_points", "oxts"):
        path = drive / stream / "timestamps.txt"
        first, second, third = path.read_text().splitlines()
        path.write_text("\n".join([first, third, second]) + "\n")
    log = RAW.open(drive)
    (track,) = RAW.read_labels(log).tracks
    times = [keyframe.timestamp_ns for keyframe in track.keyframes]
    assert times == sorted(times)
    assert len(times) == 2
