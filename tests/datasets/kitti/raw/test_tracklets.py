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
    attributes = dict(track.keyframes[0].attributes)
    assert len(str(attributes.pop("kitti.read"))) == 16
    assert attributes == {"kitti.occlusion": "partly", "kitti.state": "labelled"}
    assert labels.counts == {"tracks": 1, "cuboids": 2, "cuboids_without_time": 0, "mirrored": 0}


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
        ("<l>5.0</l>", "<l>0</l>", "line 15, tracklet 0"),
        ("<l>5.0</l>", "<l>5000</l>", "is no size of a box"),
        ("<tx>9.5</tx>", "<tx>east</tx>", "line 13, tracklet 0, pose 1"),
        ("<tx>9.5</tx>", "<tx>nan</tx>", "tx is 'nan', not a number"),
        ("<tx>9.5</tx>", "", "tx is '', not a number"),
        ("<tx>9.5</tx>", f"<tx>{'9' * 2000}</tx>", "tx has 2,000 characters"),
        ("<first_frame>1<", "<first_frame>1.5<", "first_frame is 1.5, not a whole number"),
        ("<objectType>Van", "<objectType>", "objectType"),
        ("<count>1<", "<count>4000000000<", "count is '4000000000', not a number"),
        ("</tracklets>", "", "not readable XML"),
        ("<tracklets class", "<others class", "not readable XML"),
        ("<finished>", "<a>" * 40, "elements inside of each other"),
    ],
)
def test_a_broken_file_is_told_with_its_place(drive, before, after, words):
    path = drive / "tracklet_labels.xml"
    path.write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(Av3dError) as error:
        parse_tracklets(path)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


BOMB = """<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""


@pytest.mark.parametrize(
    "doctype",
    [
        BOMB,
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://localhost/tracklets.dtd">',
        '<!DOCTYPE a [<!ATTLIST item b CDATA "c">]>',
    ],
)
def test_document_types_that_define_something_are_refused(drive, doctype):
    path = drive / "tracklet_labels.xml"
    path.write_text(path.read_text().replace("<!DOCTYPE boost_serialization>", doctype))
    with pytest.raises(Av3dError, match="the document type defines entities or names a file"):
        parse_tracklets(path)


def test_counts_are_not_believed(drive):
    path = drive / "tracklet_labels.xml"
    path.write_text(path.read_text().replace("<count>2<", "<count>900000000<"))
    labels = RAW.read_labels(av3d.open_log(drive))
    assert labels.counts["cuboids"] == 2
    assert labels.notes == ("Line 14 ends 2 poses where 900,000,000 are announced.",)


def test_a_file_without_tracklets_is_told(drive):
    path = drive / "tracklet_labels.xml"
    path.write_text("<annotation></annotation>")
    with pytest.raises(Av3dError, match="there is no <tracklets> in it"):
        parse_tracklets(path)


def test_what_a_pose_lacks_is_not_set(drive):
    path = drive / "tracklet_labels.xml"
    path.write_text(path.read_text().replace("<state>2</state><occlusion>1</occlusion>", ""))
    pose = parse_tracklets(path)[0].poses[0]
    assert (pose.state, pose.occlusion, pose.truncation, pose.amt) == (-1, -1, -1, (-1.0,) * 5)


def test_mirrored_boxes_are_read_where_they_are(drive):
    """Some programs write sizes below 0: the box then goes down from its position."""
    path = drive / "tracklet_labels.xml"
    path.write_text(path.read_text().replace("<h>2.0<", "<h>-2.0<").replace("<l>5.0<", "<l>-5.0<"))
    log = av3d.open_log(drive)
    labels = RAW.read_labels(log)
    cuboid = labels.tracks[0].keyframes[0].cuboid
    assert cuboid.size_lwh_m.tolist() == [5.0, 1.8, 2.0]
    ego_SE3_world = log.world_SE3_ego(log.frames[1].timestamp_ns).inverse()
    np.testing.assert_allclose(
        cuboid.in_frame(ego_SE3_world).center_m, [10.81, 1.68, -1.7 - 1.0 + 0.8], atol=1e-9
    )
    assert labels.counts["mirrored"] == 1


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
