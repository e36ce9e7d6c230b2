"""Drives that are written: tracklets for each track, beside what the log can give."""

import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import av3d
from av3d.datasets.dataset import ExportOptions, LabelledLog
from av3d.datasets.kitti import RAW
from av3d.datasets.kitti.raw.tracklets import (
    Tracklet,
    TrackletPose,
    parse_tracklets,
    tracklet_lines,
)
from av3d.datasets.selection import Selection
from av3d.errors import Av3dError
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import iou_3d
from av3d.geometry.se3 import SE3
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.track import Track


def write(log, tracks, out, *, selection=Selection(), **options):
    return RAW.write_labels([LabelledLog(log, tracks, selection)], out, ExportOptions(**options))


def lost(report):
    return {loss.what: loss.count for loss in report.losses}


def values(path):
    """What a file says, whatever its white space and digits."""
    root = ElementTree.parse(path).getroot()
    return [(element.tag, _number((element.text or "").strip())) for element in root.iter()]


def _number(text):
    try:
        return round(float(text), 9)
    except ValueError:
        return text


def test_a_drive_goes_back_as_it_came(drive, tmp_path):
    log = av3d.open_log(drive)
    report = write(log, RAW.read_labels(log).tracks, tmp_path / "out")
    written = tmp_path / "out" / "2011_09_26" / drive.name
    assert values(written / "tracklet_labels.xml") == [
        (tag, value) for tag, value in complete(values(drive / "tracklet_labels.xml"))
    ]
    sources = [path for path in drive.rglob("*") if path.is_file() and path.suffix != ".xml"]
    assert len(sources) > 15
    for path in sources:
        assert (written / path.relative_to(drive)).read_bytes() == path.read_bytes()
    for name in ("calib_cam_to_cam.txt", "calib_velo_to_cam.txt", "calib_imu_to_velo.txt"):
        assert (written.parent / name).read_bytes() == (drive.parent / name).read_bytes()
    assert report.losses == ()
    assert report.files == sum(path.is_file() for path in (tmp_path / "out").rglob("*"))


def complete(found):
    """With the values that the small file of these tests leaves out."""
    for tag, value in found:
        yield tag, value
        if tag == "occlusion":
            yield "occlusion_kf", 0.0
        elif tag == "truncation":
            names = ("occlusion", "occlusion_kf", "border_l", "border_r", "border_kf")
            yield from ((f"amt_{name}", -1.0) for name in names)


def test_a_leaning_track_comes_back_with_identity_category_and_attributes(drive, tmp_path):
    log = av3d.open_log(drive)
    keyframes = tuple(
        Keyframe(
            frame.timestamp_ns,
            Cuboid(SE3.from_euler(0.1, -0.2, 2.5, [12.0 + i, 3.0, 0.4]), np.array([8.0, 2.5, 3.0])),
        )
        for i, frame in enumerate(log.frames)
    )
    bus = Track("bus-1", "bus", keyframes, (), 7, {"colour": "red"})
    report = write(log, (bus,), tmp_path / "out")
    (back,) = RAW.read_labels(av3d.open_log(tmp_path / "out" / "2011_09_26")).tracks
    assert (back.id, back.category, back.number) == ("bus-1", "bus", 7)
    assert back.attributes["colour"] == "red"
    for ours, theirs in zip(keyframes, back.keyframes, strict=True):
        assert iou_3d(ours.cuboid, theirs.cuboid) > 0.999999
        np.testing.assert_allclose(
            ours.cuboid.frame_SE3_cuboid.rotation,
            theirs.cuboid.frame_SE3_cuboid.rotation,
            atol=1e-8,
        )
    assert "roll and pitch" not in lost(report)
    (item,) = parse_tracklets(tmp_path / "out" / "2011_09_26" / drive.name / "tracklet_labels.xml")
    assert (item.type, item.size_lwh_m) == ("Truck", (8.0, 2.5, 3.0))


def test_a_number_of_decimals_writes_boxes_upright_and_says_so(drive, tmp_path):
    log = av3d.open_log(drive)
    pose = SE3.from_euler(0.1, -0.2, 2.5, [12.0, 3.0, 0.4])
    keyframe = Keyframe(log.frames[0].timestamp_ns, Cuboid(pose, np.array([4.0, 1.8, 1.5])))
    report = write(log, (Track("a", "car", (keyframe,)),), tmp_path / "out", decimals=2)
    (item,) = parse_tracklets(tmp_path / "out" / "2011_09_26" / drive.name / "tracklet_labels.xml")
    assert {pose.rotation_rad[:2] for pose in item.poses} == {(0.0, 0.0)}
    assert lost(report)["roll and pitch"] == lost(report)["digits"] == 1
    text = (tmp_path / "out" / "2011_09_26" / drive.name / "tracklet_labels.xml").read_text()
    assert "<l>4.00</l>" in text


def test_a_track_with_a_gap_is_two_tracklets_and_one_track_again(drive, tmp_path):
    log = av3d.open_log(drive)
    (van,) = RAW.read_labels(log).tracks
    first = Keyframe(log.frames[0].timestamp_ns, van.keyframes[0].cuboid)
    last = Keyframe(log.frames[2].timestamp_ns, van.keyframes[1].cuboid)
    spans = tuple(type(van.presence[0])(k.timestamp_ns, k.timestamp_ns) for k in (first, last))
    write(log, (Track("a", "car", (first, last), spans),), tmp_path / "out")
    written = tmp_path / "out" / "2011_09_26" / drive.name
    tracklets = parse_tracklets(written / "tracklet_labels.xml")
    assert [(one.first_frame, len(one.poses)) for one in tracklets] == [(0, 1), (2, 1)]
    (back,) = RAW.read_labels(av3d.open_log(written)).tracks
    assert (back.id, back.presence) == ("a", spans)


def test_sizes_that_change_are_counted_and_come_back(drive, tmp_path):
    log = av3d.open_log(drive)
    sizes = ([4.0, 1.8, 1.5], [4.0, 1.8, 1.5], [5.0, 1.8, 1.5])
    keyframes = tuple(
        Keyframe(frame.timestamp_ns, Cuboid(SE3.from_yaw(0.1, [9, 1, 0]), np.array(size)))
        for frame, size in zip(log.frames, sizes, strict=True)
    )
    report = write(log, (Track("a", "car", keyframes),), tmp_path / "out")
    [loss] = [loss for loss in report.losses if loss.what == "sizes"]
    assert (loss.count, "1.000 m" in loss.detail) == (1, True)
    (back,) = RAW.read_labels(av3d.open_log(tmp_path / "out" / "2011_09_26")).tracks
    assert [k.cuboid.size_lwh_m.tolist() for k in back.keyframes] == [list(s) for s in sizes]


def test_what_annotators_said_goes_with_the_cuboid_that_they_saw(drive, tmp_path):
    path = drive / "tracklet_labels.xml"
    path.write_text(
        path.read_text().replace(
            "<truncation>-1</truncation>",
            "<truncation>-1</truncation><amt_occlusion>0.25</amt_occlusion>",
        )
    )
    log = av3d.open_log(drive)
    (van,) = RAW.read_labels(log).tracks
    old = van.keyframes[0]
    moved = Keyframe(
        old.timestamp_ns,
        Cuboid(SE3.from_yaw(0.1, [20, 1, 0]), old.cuboid.size_lwh_m),
        Provenance.MANUAL,
        old.attributes,
    )
    write(log, (van,), tmp_path / "same")
    write(log, (van.with_keyframes([moved, van.keyframes[1]]),), tmp_path / "moved")
    (same,), (other,) = (
        parse_tracklets(tmp_path / name / "2011_09_26" / drive.name / "tracklet_labels.xml")
        for name in ("same", "moved")
    )
    assert (same.poses[0].amt[0], same.poses[0].truncation) == (0.25, -1)
    # Where it is seen is worked out anew, how far it is hidden is a person's word.
    assert (other.poses[0].amt[0], other.poses[0].truncation) == (-1.0, 0)
    assert (same.poses[0].occlusion, other.poses[0].occlusion) == (1, 1)


def test_chosen_frames_keep_their_numbers(drive, tmp_path):
    log = av3d.open_log(drive)
    tracks = RAW.read_labels(log).tracks
    report = write(log, tracks, tmp_path / "out", selection=Selection(frames=((2, 2),)))
    written = tmp_path / "out" / "2011_09_26" / drive.name
    assert [path.name for path in (written / "velodyne_points/data").iterdir()] == [
        "0000000002.bin"
    ]
    (item,) = parse_tracklets(written / "tracklet_labels.xml")
    assert (item.first_frame, len(item.poses), report.cuboids) == (2, 1, 1)
    again = av3d.open_log(written)
    assert again.frames[0].timestamp_ns == log.frames[2].timestamp_ns


def test_a_log_of_another_kind_is_a_drive_that_opens(make, tmp_path):
    log, tracks = make.log(), make.tracks()
    report = write(log, tracks, tmp_path / "out")
    (folder,) = (tmp_path / "out").glob("2023_11_14/2023_11_14_drive_0000_sync")
    back = av3d.open_log(folder)
    assert [frame.timestamp_ns for frame in back.frames] == [
        frame.timestamp_ns for frame in log.frames
    ]
    assert back.image_time_ns("image_02", 1) == log.image_time_ns("front", 1)
    for frame in log.frames:
        np.testing.assert_allclose(
            back.world_SE3_ego(frame.timestamp_ns).matrix,
            log.world_SE3_ego(frame.timestamp_ns).matrix,
            atol=1e-6,
        )
    by_id = {track.id: track for track in RAW.read_labels(back).tracks}
    assert set(by_id) == {track.id for track in tracks}
    item = LabelledLog(log, tracks)
    for frame in log.frames:
        for track, state in zip(tracks, item.states(frame), strict=True):
            theirs = by_id[track.id].state_at(frame.timestamp_ns)
            assert (state is None) == (theirs is None)
            if state is not None and theirs is not None:
                assert iou_3d(state.cuboid, theirs.cuboid) > 0.99999
    assert report.files == sum(path.is_file() for path in (tmp_path / "out").rglob("*"))


def test_tracklets_go_back_into_the_log_that_they_were_made_from(make, tmp_path):
    log, tracks = make.log(), make.tracks()
    write(log, tracks, tmp_path / "out")
    back = {track.id: track for track in RAW.read_labels(log, tmp_path / "out").tracks}
    assert set(back) == {track.id for track in tracks}
    time_ns = log.frames[2].timestamp_ns
    state, theirs = tracks[0].state_at(time_ns), back[tracks[0].id].state_at(time_ns)
    assert iou_3d(state.cuboid, theirs.cuboid) > 0.99999


def test_an_edited_file_of_an_export_gives_new_identities(drive, tmp_path):
    log = av3d.open_log(drive)
    write(log, RAW.read_labels(log).tracks, tmp_path / "out")
    written = tmp_path / "out" / "2011_09_26" / drive.name
    path = written / "tracklet_labels.xml"
    path.write_text(path.read_text().replace("<w>1.8<", "<w>1.9<"))
    labels = RAW.read_labels(av3d.open_log(written))
    assert "changed after av3d wrote it" in " ".join(labels.notes)


def test_two_rigs_of_one_day_do_not_share_a_calibration(drive, make, tmp_path):
    other = tmp_path / "other" / "2011_09_26"
    shutil.copytree(drive.parent, other)
    (other / drive.name).rename(other / "2011_09_26_drive_0002_sync")
    path = other / "calib_velo_to_cam.txt"
    path.write_text(path.read_text().replace("-0.27", "-0.31"))
    logs = [av3d.open_log(drive), av3d.open_log(other)]
    items = [LabelledLog(log, RAW.read_labels(log).tracks) for log in logs]
    RAW.write_labels(items, tmp_path / "out", ExportOptions())
    written = (
        "2011_09_26/2011_09_26_drive_0001_sync",
        "rig_2/2011_09_26/2011_09_26_drive_0002_sync",
    )
    for log, place in zip(logs, written, strict=True):
        back = av3d.open_log(tmp_path / "out" / place)
        np.testing.assert_array_equal(
            back.rig.camera("image_02").ego_SE3_camera.matrix,
            log.rig.camera("image_02").ego_SE3_camera.matrix,
        )


def test_nothing_is_written_for_no_log(tmp_path):
    with pytest.raises(Av3dError, match="there is nothing to export"):
        RAW.write_labels([], tmp_path / "out", ExportOptions())
    assert not (tmp_path / "out").exists()


numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))
poses = st.builds(
    TrackletPose,
    st.tuples(numbers, numbers, numbers),
    st.tuples(numbers, numbers, numbers),
    st.sampled_from([0, 1, 2]),
    st.sampled_from([-1, 0, 1, 2]),
    st.booleans(),
    st.sampled_from([-1, 0, 1, 2, 99]),
    st.tuples(*[st.integers(-1, 5).map(float)] * 5),
)
sides = st.floats(0.01, 50).map(lambda value: round(value, 3))
names = st.text("Aaä<&> ()", min_size=1, max_size=8).filter(lambda text: text.strip() == text)


@given(
    st.lists(
        st.tuples(
            names, st.tuples(sides, sides, sides), st.integers(0, 900), st.lists(poses, max_size=3)
        ),
        max_size=3,
    )
)
def test_a_file_is_read_as_it_was_written(tmp_path_factory, given_tracklets):
    tracklets = tuple(
        Tracklet(number, name, size, first, tuple(own))
        for number, (name, size, first, own) in enumerate(given_tracklets)
    )
    path = tmp_path_factory.mktemp("xml") / "tracklet_labels.xml"
    path.write_text("".join(tracklet_lines(tracklets, len(tracklets), None)), encoding="utf-8")
    assert parse_tracklets(path) == tracklets
