"""Results of detectors and trackers: what has no identity is a detection, what has one a track."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from av3d.datasets.kitti import OBJECT, TRACKING
from av3d.datasets.kitti.results import read_ab3dmot
from av3d.errors import Av3dError

# The example in AB3DMOT's documentation, and one of each other kind.
CAR = "0,2,726.4,173.69,917.5,315.1,13.85,1.56,1.58,3.48,2.57,1.57,9.72,-1.56,-1.82"
PERSON = "1,1,426,167,458,225,-0.5,1.7,0.6,0.8,-10,0.5,27,2.6,2.9"
CYCLIST = "1, 3, 426, 167, 458, 225, 2.5, 1.7, 0.6, 1.8, 9, 0.5, 17, 1.6, 1.0"


def kinds_folder(root: Path) -> Path:
    """Detections as AB3DMOT keeps them: a folder for each kind of object."""
    for kind, line in (("Car", CAR), ("Pedestrian", PERSON), ("Cyclist", CYCLIST)):
        (root / kind).mkdir(parents=True)
        (root / kind / "0000.txt").write_text(f"{line}\n")
    return root


def test_lines_without_identity_are_detections(
    make: SimpleNamespace, tracking: Path, tmp_path: Path
) -> None:
    (tmp_path / "0000.txt").write_text(
        make.car(frame=1, id=-1).strip() + " 0.75\n" + make.car(frame=1, id=-1).strip() + " 0.25\n"
    )
    log = TRACKING.open(tracking)
    found = TRACKING.read_labels(log, tmp_path)
    assert found.tracks == ()
    assert found.detections is not None
    assert found.detections.scores.tolist() == [0.75, 0.25]
    assert found.detections.labels == ("Car", "Car")
    assert found.detections.categories == ("car", "car")
    # In the world they are where labels of the same numbers are.
    (label,) = TRACKING.read_labels(log).tracks
    cuboid = label.keyframes[1].cuboid
    assert found.detections.times_ns.tolist() == [10**8, 10**8]
    np.testing.assert_array_equal(found.detections.centers_m[0], cuboid.center_m)
    np.testing.assert_allclose(
        found.detections.quaternions_wxyz[0], cuboid.frame_SE3_cuboid.quaternion_wxyz
    )


def test_lines_with_identity_and_score_are_tracks_with_scores(
    make: SimpleNamespace, tracking: Path, tmp_path: Path
) -> None:
    lines = [make.car(frame=frame, id=4).strip() + f" 0.{5 + frame}\n" for frame in (0, 1, 2)]
    (tmp_path / "0000.txt").write_text("".join(lines))
    found = TRACKING.read_labels(TRACKING.open(tracking), tmp_path)
    (track,) = found.tracks
    assert found.detections is None
    assert [keyframe.attributes["score"] for keyframe in track.keyframes] == [0.5, 0.6, 0.7]
    assert track.attributes["score"] == pytest.approx(0.6)


def test_object_results_are_detections(object_root: Path, tmp_path: Path) -> None:
    result = tmp_path / "000001.txt"
    label = object_root / "training/label_2/000001.txt"
    result.write_text(label.read_text().splitlines()[0] + " 0.9\n")
    found = OBJECT.read_labels(OBJECT.open(object_root / "training/velodyne/000001.bin"), result)
    assert found.tracks == ()
    assert found.detections is not None
    assert (found.detections.labels, found.detections.scores.tolist()) == (("Van",), [0.9])


def test_columns_in_the_order_of_ab3dmot_are_known_by_their_commas(tmp_path: Path) -> None:
    (tmp_path / "0000.txt").write_text(f"{CAR}\n")
    (label,) = read_ab3dmot(tmp_path / "0000.txt")
    assert (label.frame, label.track_id, label.type, label.score) == (0, -1, "Car", 13.85)
    assert label.box_px == (726.4, 173.69, 917.5, 315.1)
    assert (label.size_hwl_m, label.position_m) == ((1.56, 1.58, 3.48), (2.57, 1.57, 9.72))
    assert (label.rotation_y_rad, label.alpha_rad) == (-1.56, -1.82)


def test_a_folder_of_kinds_gives_all_of_them(tracking: Path, tmp_path: Path) -> None:
    found = TRACKING.read_labels(TRACKING.open(tracking), kinds_folder(tmp_path / "pointrcnn"))
    assert found.detections is not None
    assert found.detections.labels == ("Car", "Cyclist", "Pedestrian")
    assert found.counts["detections"] == 3


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (CAR.rsplit(",", 1)[0], "14 values where a detection has 15"),
        (CAR.replace("0,2,", "0,9,"), "'9' is no kind of object"),
        (CAR.replace("0,2,", "-1,2,"), "frame number -1 is not in 0 to"),
        (CAR.replace("13.85", "nan"), "nan is not a finite number"),
        (CAR.replace("1.56,1.58", "1.56,0"), "a size must be positive"),
    ],
)
def test_a_bad_detection_is_named_with_file_and_line(
    tracking: Path, tmp_path: Path, line: str, message: str
) -> None:
    (tmp_path / "0000.txt").write_text(f"{CAR}\n{line}\n")
    with pytest.raises(Av3dError) as error:
        TRACKING.read_labels(TRACKING.open(tracking), tmp_path)
    assert message in str(error.value)
    assert "0000.txt line 2" in str(error.value)


def test_a_detection_beyond_the_poses_is_named(tracking: Path, tmp_path: Path) -> None:
    (tmp_path / "0000.txt").write_text(CAR.replace("0,2,", "7,2,", 1))
    with pytest.raises(Av3dError, match=r"frame 7 lies outside the ego poses, .*0000.txt line 1"):
        TRACKING.read_labels(TRACKING.open(tracking), tmp_path)
