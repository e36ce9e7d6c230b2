"""Each format of the field, from short files as its tool writes them."""

import json
from pathlib import Path

import numpy as np
import pytest

from av3d.calibration.formats import assemble, files_in, read_pieces
from av3d.calibration.rig import RigError
from av3d.calibration.rig_toml import write_rig
from av3d.errors import Av3dError, InputFileError

ROS = """image_width: 964
image_height: 724
camera_name: narrow_stereo
camera_matrix: {rows: 3, cols: 3, data: [484.1, 0, 457.2, 0, 484.5, 364.9, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [-0.2, 0.07, 0.003, 0.0003, 0.01]}
projection_matrix: {rows: 3, cols: 4, data: [426.4, 0, 461.4, 0, 0, 432.8, 369.5, 0, 0, 0, 1, 0]}
"""

KALIBR = """cam0:
  camera_model: pinhole
  distortion_model: radtan
  distortion_coeffs: [-0.28, 0.07, 0.0002, 0.00002]
  intrinsics: [458.6, 457.3, 367.2, 248.4]
  resolution: [752, 480]
  rostopic: /cam0/image_raw
cam1:
  T_cn_cnm1:
  - [1.0, 0.0, 0.0, -0.11]
  - [0.0, 1.0, 0.0, 0.0]
  - [0.0, 0.0, 1.0, 0.0]
  - [0.0, 0.0, 0.0, 1.0]
  camera_model: pinhole
  distortion_model: equidistant
  distortion_coeffs: [0.003, 0.0007, -0.002, 0.0002]
  intrinsics: [190.9, 190.8, 254.9, 256.9]
  resolution: [512, 512]
  timeshift_cam_imu: 0.0042
"""

OPENCV = """%YAML:1.0
---
image_width: 640
image_height: 480
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 657.4, 0., 319.5, 0., 657.4, 239.5, 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 5
   cols: 1
   dt: d
   data: [ -4.18e-01, 5.0e-01, 0., 0., -5.8e-01 ]
"""

MEI = """%YAML:1.0
---
model_type: MEI
camera_name: back
image_width: 752
image_height: 480
mirror_parameters:
   xi: 1.2
distortion_parameters:
   k1: 0.05
   k2: 0.01
   p1: -8.1e-04
   p2: 6.7e-04
projection_parameters:
   gamma1: 900.0
   gamma2: 901.0
   u0: 361.2
   v0: 248.3
"""

VEHICLE = """base_link:
  sensor_kit_base_link: {x: 0.9, y: 0.0, z: 2.0, roll: 0.0, pitch: 0.0, yaw: 0.0}
"""

KIT = """sensor_kit_base_link:
  camera0/camera_link: {x: 0.1, y: 0.5, z: -0.3, roll: 0.0, pitch: 0.0, yaw: 1.5707963267948966}
  camera4/camera_optical_link: {x: 0.1, y: 0, z: 0, roll: -1.5707963267948966, pitch: 0,
                                yaw: -1.5707963267948966}
  velodyne_top_base_link: {x: 0.0, y: 0.0, z: 0.0, roll: 0.0, pitch: 0.0, yaw: 1.5707963267948966}
  gnss_link: {x: -0.1, y: 0.0, z: -0.2, roll: 0.0, pitch: 0.0, yaw: 0.0}
"""


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def view(pose) -> list[float]:
    """Where a camera looks, in the ego frame."""
    return pose.rotation[:, 2].round(9).tolist()


def test_ros_camera_info_gives_a_lens_and_no_place(tmp_path):
    pieces = read_pieces(file(tmp_path, "ost.yaml", ROS))
    camera = pieces.cameras["narrow_stereo"]
    assert (camera.width_px, camera.height_px, camera.fx_px) == (964, 724, 484.1)
    rig = assemble([pieces], "car")
    assert view(rig.cameras["narrow_stereo"].ego_SE3_camera) == [1, 0, 0]
    assert "no file says where camera narrow_stereo sits" in rig.notes[0]


def test_ros_distortion_bends_as_opencv_does(tmp_path):
    import cv2

    camera = read_pieces(file(tmp_path, "ost.yaml", ROS)).cameras["narrow_stereo"]
    points = np.array([[0.3, -0.2, 1.0], [-0.5, 0.4, 1.0]])
    matrix = np.array([[484.1, 0, 457.2], [0, 484.5, 364.9], [0, 0, 1]])
    expected, _ = cv2.projectPoints(
        points, np.zeros(3), np.zeros(3), matrix, np.array([-0.2, 0.07, 0.003, 0.0003, 0.01])
    )
    np.testing.assert_allclose(camera.project(points)[0], expected[:, 0], atol=1e-9)


def test_ros_rectified_images_have_the_matrix_p_and_no_distortion(tmp_path):
    camera = read_pieces(file(tmp_path, "ost.yaml", ROS)).rectified["narrow_stereo"]
    np.testing.assert_allclose(camera.unproject([(461.4, 369.5)])[0], [0, 0, 1], atol=1e-12)
    assert camera.fx_px == 426.4


def test_a_file_is_named_by_the_user(tmp_path):
    assert list(read_pieces(file(tmp_path, "ost.yaml", ROS), "left").cameras) == ["left"]


def test_kalibr_chain_places_each_camera_on_the_one_before(tmp_path):
    rig = assemble([read_pieces(file(tmp_path, "chain.yaml", KALIBR))], "car")
    left, right = (rig.cameras[name].ego_SE3_camera for name in ("cam0", "cam1"))
    # cam0 becomes the ego frame, with x ahead; cam1 is .11 m to its right.
    assert view(left) == view(right) == [1, 0, 0]
    np.testing.assert_allclose(right.translation_m - left.translation_m, [0, -0.11, 0], atol=1e-12)


def test_kalibr_equidistant_is_the_fisheye_of_opencv(tmp_path):
    import cv2

    camera = read_pieces(file(tmp_path, "chain.yaml", KALIBR)).cameras["cam1"]
    points = np.array([[0.9, -0.2, 1.0], [-2.5, 1.4, 1.0]])
    matrix = np.array([[190.9, 0, 254.9], [0, 190.8, 256.9], [0, 0, 1]])
    coefficients = np.array([0.003, 0.0007, -0.002, 0.0002])
    expected, _ = cv2.fisheye.projectPoints(
        points[:, None], np.zeros(3), np.zeros(3), matrix, coefficients
    )
    np.testing.assert_allclose(camera.project(points)[0], expected[:, 0], atol=1e-6)


def test_kalibr_time_shift_is_told_not_applied(tmp_path):
    rig = assemble([read_pieces(file(tmp_path, "chain.yaml", KALIBR))], "car")
    assert rig.cameras["cam1"].clock_offset_ns == 0
    assert any("+4.200 ms" in note for note in rig.notes)


def test_kalibr_with_an_imu_is_placed_on_it(tmp_path):
    rows = "  T_cam_imu:\n  - [0.0, -1.0, 0.0, 0.0]\n  - [0.0, 0.0, -1.0, 0.2]\n"
    rows += "  - [1.0, 0.0, 0.0, -0.1]\n  - [0.0, 0.0, 0.0, 1.0]\n"
    text = KALIBR.replace("cam0:\n", "cam0:\n" + rows)
    rig = assemble([read_pieces(file(tmp_path, "chain.yaml", text))], "car")
    # The optical axis is the IMU's x, and the camera sits .1 m ahead and .2 m above.
    assert view(rig.cameras["cam0"].ego_SE3_camera) == [1, 0, 0]
    np.testing.assert_allclose(
        rig.cameras["cam0"].ego_SE3_camera.translation_m, [0.1, 0, 0.2], atol=1e-12
    )


def test_opencv_matrices_are_read_behind_their_directive(tmp_path):
    camera = read_pieces(file(tmp_path, "camera.yml", OPENCV)).cameras["camera"]
    assert (camera.fx_px, camera.cx_px, camera.cy_px) == (657.4, 319.5, 239.5)
    inside = camera.unproject([(100.0, 80.0)])
    np.testing.assert_allclose(camera.project(inside)[0], [(100.0, 80.0)], atol=1e-6)


def test_opencv_fisheye_flag_chooses_the_fisheye(tmp_path):
    plain = OPENCV.replace("rows: 5", "rows: 4").replace(", -5.8e-01 ]", " ]")
    curved = read_pieces(file(tmp_path, "f.yml", plain + "fisheye_model: 1\n")).cameras["f"]
    straight = read_pieces(file(tmp_path, "s.yml", plain)).cameras["s"]
    assert curved.model != straight.model


def test_camodocal_mei_sees_along_its_axis(tmp_path):
    camera = read_pieces(file(tmp_path, "back.yaml", MEI)).cameras["back"]
    pixels, seen = camera.project([(0.0, 0.0, 2.0)])
    assert seen.all()
    np.testing.assert_allclose(pixels, [(361.2, 248.3)], atol=1e-9)
    # Off the axis by t, the unified model's image is at gamma t / (1 + xi) for small t.
    pixels, _ = camera.project([(1e-4, 0.0, 1.0)])
    assert pixels[0, 0] - 361.2 == pytest.approx(900 * 1e-4 / 2.2, rel=1e-3)


def test_a_stereo_pair_is_placed_by_r_and_t(tmp_path):
    intrinsics = OPENCV.replace("camera_matrix", "M1").replace("distortion_coefficients", "D1")
    intrinsics += intrinsics[intrinsics.index("M1") :].replace("M1", "M2").replace("D1", "D2")
    extrinsics = "R: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}\nT: [-0.12, 0, 0]\n"
    pieces = [
        read_pieces(file(tmp_path, "intrinsics.yml", intrinsics)),
        read_pieces(file(tmp_path, "extrinsics.yml", "%YAML:1.0\n---\n" + extrinsics)),
    ]
    rig = assemble(pieces, "stereo")
    left, right = (rig.cameras[name].ego_SE3_camera for name in ("camera1", "camera2"))
    np.testing.assert_allclose(right.translation_m - left.translation_m, [0, -0.12, 0], atol=1e-12)


def test_autoware_frames_and_lenses_make_a_rig(tmp_path):
    pieces = [
        read_pieces(file(tmp_path, "sensors.yaml", VEHICLE)),
        read_pieces(file(tmp_path, "kit.yaml", KIT)),
        read_pieces(file(tmp_path, "a.yaml", ROS), "camera0"),
        read_pieces(file(tmp_path, "b.yaml", ROS), "camera4"),
    ]
    rig = assemble(pieces, "lexus")
    left, ahead = (rig.cameras[name].ego_SE3_camera for name in ("camera0", "camera4"))
    np.testing.assert_allclose(left.translation_m, [1.0, 0.5, 1.7], atol=1e-12)
    assert view(left) == [0, 1, 0]
    assert view(ahead) == [1, 0, 0]
    lidar = rig.lidars["velodyne_top"].ego_SE3_lidar
    assert lidar.yaw_rad == pytest.approx(np.pi / 2)
    assert "gnss_link" not in rig.lidars


def test_a_chain_hangs_on_the_camera_that_the_vehicle_places(tmp_path):
    pieces = [
        read_pieces(file(tmp_path, "sensors.yaml", VEHICLE)),
        read_pieces(file(tmp_path, "kit.yaml", KIT)),
        read_pieces(file(tmp_path, "chain.yaml", KALIBR), "camera0,right"),
    ]
    for order in (pieces, pieces[::-1]):
        rig = assemble(order, "lexus")
        left, right = (rig.cameras[name].ego_SE3_camera for name in ("camera0", "right"))
        # camera0 looks to the left, so what is .11 m to its right is ahead of it.
        assert view(left) == view(right) == [0, 1, 0]
        np.testing.assert_allclose(left.translation_m, [1.0, 0.5, 1.7], atol=1e-12)
        np.testing.assert_allclose(right.translation_m, [1.11, 0.5, 1.7], atol=1e-12)


def test_a_chain_that_nothing_places_stays_together(tmp_path):
    pieces = [
        read_pieces(file(tmp_path, "sensors.yaml", VEHICLE)),
        read_pieces(file(tmp_path, "kit.yaml", KIT)),
        read_pieces(file(tmp_path, "chain.yaml", KALIBR)),
    ]
    rig = assemble(pieces, "lexus")
    left, right = (rig.cameras[name].ego_SE3_camera for name in ("cam0", "cam1"))
    np.testing.assert_allclose(right.translation_m - left.translation_m, [0, -0.11, 0], atol=1e-12)
    assert any("camera cam0 sits on the vehicle" in note and "cam1" in note for note in rig.notes)


def test_a_chain_needs_a_name_for_each_camera(tmp_path):
    with pytest.raises(RigError, match="1 names for the 2 cameras"):
        read_pieces(file(tmp_path, "chain.yaml", KALIBR), "front")


def test_a_camera_without_a_lens_is_left_out_and_said(tmp_path):
    rig = assemble([read_pieces(file(tmp_path, "kit.yaml", KIT))], "lexus")
    assert list(rig.cameras) == []
    assert any("camera camera0 is left out" in note for note in rig.notes)


def test_a_folder_stands_for_the_calibration_files_in_it(tmp_path):
    kit, vehicle = file(tmp_path, "kit.yaml", KIT), file(tmp_path, "sensors.YML", VEHICLE)
    file(tmp_path, "driver.yaml", "rpm: 600")
    file(tmp_path, "notes.txt", "{")
    assert files_in(tmp_path) == [kit, vehicle]


def test_a_folder_without_a_calibration_or_with_a_broken_one_is_refused(tmp_path):
    with pytest.raises(RigError, match="no calibration that av3d knows is in this folder"):
        files_in(tmp_path)
    file(tmp_path, "kit.yaml", KIT)
    file(tmp_path, "camera.yaml", ROS[:-20])
    with pytest.raises(InputFileError, match=r"not readable: .*camera\.yaml"):
        files_in(tmp_path)


def test_an_ego_frame_that_may_not_be_the_vehicle_is_said(tmp_path):
    kit = read_pieces(file(tmp_path, "kit.yaml", KIT))
    vehicle = read_pieces(file(tmp_path, "sensors.yaml", VEHICLE))
    guessed = "the ego frame is sensor_kit_base_link, on which all others hang"
    assert any(guessed in note for note in assemble([kit], "lexus").notes)
    for pieces, ego in (([kit, vehicle], None), ([kit], "sensor_kit_base_link")):
        notes = assemble(pieces, "lexus", ego=ego).notes
        assert not any("the ego frame is" in note for note in notes)


def test_opencalib_places_the_lidar_on_the_camera(tmp_path):
    matrix = {"data": [[0, -1, 0, 0.1], [0, 0, -1, -0.3], [1, 0, 0, -0.5], [0, 0, 0, 1]]}
    extrinsic = {
        "x": {
            "sensor_name": "top_lidar",
            "target_sensor_name": "front_camera",
            "param_type": "extrinsic",
            "param": {"sensor_calib": matrix},
        }
    }
    intrinsic = {
        "y": {
            "sensor_name": "front_camera",
            "param_type": "intrinsic",
            "param": {
                "img_dist_w": 1920,
                "img_dist_h": 1080,
                "cam_K": {"data": [[2100, 0, 950], [0, 2070, 576], [0, 0, 1]]},
                "cam_dist": {"data": [[-0.1, 0.13, -0.003, -0.004]]},
            },
        }
    }
    pieces = [
        read_pieces(file(tmp_path, "e.json", json.dumps(extrinsic))),
        read_pieces(file(tmp_path, "i.json", json.dumps(intrinsic))),
    ]
    rig = assemble(pieces, "truck", ego="top_lidar")
    np.testing.assert_allclose(rig.lidars["top_lidar"].ego_SE3_lidar.matrix, np.eye(4), atol=1e-12)
    camera = rig.cameras["front_camera"].ego_SE3_camera
    assert view(camera) == [1, 0, 0]
    np.testing.assert_allclose(camera.translation_m, [0.5, 0.1, -0.3], atol=1e-12)


def test_a_rig_goes_through_pieces_unchanged(tmp_path):
    first = assemble(
        [
            read_pieces(file(tmp_path, "sensors.yaml", VEHICLE)),
            read_pieces(file(tmp_path, "kit.yaml", KIT)),
            read_pieces(file(tmp_path, "b.yaml", ROS), "camera0"),
        ],
        "lexus",
    )
    write_rig(first, tmp_path / "rig.toml")
    again = assemble([read_pieces(tmp_path / "rig.toml")], "lexus")
    for name, mount in first.cameras.items():
        np.testing.assert_allclose(
            again.cameras[name].ego_SE3_camera.matrix, mount.ego_SE3_camera.matrix, atol=1e-12
        )
        assert again.cameras[name].camera == mount.camera


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no table"),
        ("just words", "holds no table"),
        ("a: [1, 2", "not readable"),
        ("a: 1", "not a calibration that av3d knows"),
        (ROS.replace("964", "-3"), "image_width"),
        (ROS.replace("plumb_bob", "wobbly"), "wobbly"),
        (ROS.replace("484.1", ".nan"), "camera_matrix"),
        (ROS.replace("-0.2, 0.07,", ""), "coefficients"),
        (KALIBR.replace("[752, 480]", "752"), "resolution"),
        (KALIBR.replace("[1.0, 0.0, 0.0, -0.11]", "[2.0, 0.0, 0.0, 0.0]"), "T_cn_cnm1"),
        (KALIBR.replace("pinhole", "ds"), "camera_model"),
        (MEI.replace("MEI", "SCARAMUZZA"), "SCARAMUZZA"),
        (MEI.replace("gamma1", "gamma9"), "gamma1"),
        (OPENCV.replace("image_width: 640", ""), "image_width"),
    ],
)
def test_a_broken_file_is_told_with_its_place(tmp_path, text, words):
    path = file(tmp_path, "broken.yaml", text)
    with pytest.raises((RigError, InputFileError)) as error:
        read_pieces(path)
    assert words in str(error.value)
    assert "broken.yaml" in str(error.value)


def test_deep_nesting_is_one_line(tmp_path):
    path = file(tmp_path, "deep.yaml", "a: " + "[" * 20_000)
    with pytest.raises(Av3dError):
        read_pieces(path)


def test_two_lenses_of_one_name_are_refused(tmp_path):
    pieces = [
        read_pieces(file(tmp_path, "a.yaml", ROS), "front"),
        read_pieces(file(tmp_path, "b.yaml", ROS.replace("484.1", "500")), "front"),
    ]
    with pytest.raises(RigError, match="differently"):
        assemble(pieces, "car")


def test_an_unknown_ego_frame_names_the_frames_there_are(tmp_path):
    with pytest.raises(RigError, match="sensor_kit_base_link"):
        assemble([read_pieces(file(tmp_path, "kit.yaml", KIT))], "car", ego="chassis")


@pytest.mark.parametrize("use", ["*a11", "{<<: *a11}", "{<<: [*a11, *a11]}"])
def test_aliases_that_unfold_to_gigabytes_are_refused(tmp_path, use):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 12)]
    text = "\n".join(lines) + "\n" + ROS.replace("[-0.2, 0.07, 0.003, 0.0003, 0.01]", use)
    with pytest.raises(InputFileError, match=r"more than 100,000 values.*ost.yaml"):
        read_pieces(file(tmp_path, "ost.yaml", text))


def test_an_alias_of_what_it_is_inside_of_is_refused(tmp_path):
    with pytest.raises(Av3dError, match="more than 100,000 values"):
        read_pieces(file(tmp_path, "ost.yaml", ROS + "loop: &a [*a]\n"))


def test_aliases_of_a_reasonable_file_are_followed(tmp_path):
    text = "matrix: &k [484.1, 0, 457.2, 0, 484.5, 364.9, 0, 0, 1]\n" + ROS.replace(
        "[484.1, 0, 457.2, 0, 484.5, 364.9, 0, 0, 1]", "*k"
    )
    assert read_pieces(file(tmp_path, "ost.yaml", text)).cameras["narrow_stereo"].fx_px == 484.1


def test_a_place_beyond_reason_names_file_and_frame(tmp_path):
    text = VEHICLE.replace("z: 2.0", "z: 1e+300")
    with pytest.raises(RigError, match=r"a translation of 1e\+300 m.*sensors.yaml, base_link"):
        read_pieces(file(tmp_path, "sensors.yaml", text))
