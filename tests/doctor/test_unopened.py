import shutil
import tomllib

import numpy as np
import pytest
import tomli_w

from av3d.datasets.registry import open_log
from av3d.doctor.unopened import diagnose
from av3d.errors import Av3dError
from av3d.geometry.se3 import SE3


@pytest.fixture
def crossing(repository, tmp_path):
    """The sample log's text files, with links to its points and images."""
    folder = tmp_path / "crossing"
    folder.mkdir()
    for entry in (repository / "sample_logs" / "crossing").iterdir():
        if entry.is_file():
            shutil.copy(entry, folder)
        else:
            (folder / entry.name).symlink_to(entry)
    return folder


def with_matrix(folder, camera, change):
    """Write a camera's pose as a matrix, changed; returns the right one."""
    path = folder / "rig.toml"
    document = tomllib.loads(path.read_text())
    pose = document["camera"][camera]["ego_SE3_camera"]
    right = SE3.from_quaternion(pose["quaternion_wxyz"], pose["translation_m"])
    matrix = change(right.matrix.copy()).tolist()
    document["camera"][camera]["ego_SE3_camera"] = {"matrix": matrix}
    path.write_text(tomli_w.dumps(document))
    return right


def diagnosed(folder):
    with pytest.raises(Av3dError) as raised:
        open_log(folder)
    return diagnose(raised.value, folder)


def repaired(folder, finding):
    """The log, opened with what is proposed."""
    for name, data in finding.repairs.items():
        (folder / name).write_bytes(data)
    return open_log(folder)


def test_a_matrix_that_scales_is_no_rotation_and_the_nearest_one_is_proposed(crossing):
    right = with_matrix(crossing, "front", lambda m: m @ np.diag([1.1, 1.1, 1.1, 1]))
    found = diagnosed(crossing)
    assert (found.check, found.sensor) == ("calibration.not-a-rotation", "front")
    mount = repaired(crossing, found).rig.camera("front")
    assert mount.ego_SE3_camera.angle_to_rad(right) < 1e-6


def test_a_matrix_that_mirrors_has_the_wrong_handedness_and_gets_its_axis_back(crossing):
    right = with_matrix(crossing, "left", lambda m: m @ np.diag([-1.0, 1, 1, 1]))
    found = diagnosed(crossing)
    assert found.check == "calibration.handedness"
    mount = repaired(crossing, found).rig.camera("left")
    assert mount.ego_SE3_camera.angle_to_rad(right) < 1e-6


def test_a_transposed_matrix_is_turned_back(crossing):
    right = with_matrix(crossing, "front", np.transpose)
    found = diagnosed(crossing)
    assert found.check == "calibration.inverted"
    mount = repaired(crossing, found).rig.camera("front")
    assert mount.ego_SE3_camera.translation_m == pytest.approx(right.translation_m)


def test_a_quaternion_of_another_length_is_brought_to_1(crossing):
    path = crossing / "rig.toml"
    document = tomllib.loads(path.read_text())
    pose = document["camera"]["back"]["ego_SE3_camera"]
    pose["quaternion_wxyz"] = [1.5 * value for value in pose["quaternion_wxyz"]]
    path.write_text(tomli_w.dumps(document))
    found = diagnosed(crossing)
    assert found.check == "calibration.not-a-rotation"
    assert repaired(crossing, found).rig.camera("back")


def test_poses_out_of_order_are_sorted_and_doubled_ones_go(crossing):
    path = crossing / "trajectory.csv"
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *lines[:10], lines[11], lines[10], *lines[11:]]) + "\n")
    found = diagnosed(crossing)
    assert found.check == "timestamps.disorder"
    assert "without 1 doubled" in found.fix
    assert len(repaired(crossing, found).trajectory.timestamps_ns) == len(lines)


def test_intrinsics_that_no_camera_has_are_named(crossing):
    path = crossing / "rig.toml"
    path.write_text(path.read_text().replace("k1 = -0.118", "k1 = 1e9"))
    found = diagnosed(crossing)
    assert (found.check, found.sensor) == ("calibration.intrinsics", "front")


def test_anything_else_is_said_as_the_reader_says_it(crossing):
    (crossing / "log.toml").write_text("format = 3\n")
    found = diagnosed(crossing)
    assert found.check == "log.unreadable"
    assert found.what == "the log does not open: format is 3, not 'av3d-folder'"
    assert found.repairs == {}


def test_a_file_outside_of_the_log_is_not_repaired(crossing, tmp_path):
    outside = tmp_path / "rig.toml"
    shutil.copy(crossing / "rig.toml", outside)
    found = diagnose(Av3dError("the matrix mirrors", f"{outside}, camera.front"), crossing)
    assert found.repairs == {}
