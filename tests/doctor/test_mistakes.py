from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import av3d
from av3d.calibration.rig import BODY_SE3_OPTICAL, CameraMount, LidarMount, Rig
from av3d.doctor.hypotheses import Mistake
from av3d.doctor.mistakes import Judgement, find_mistakes, judge
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log

CROSSING = Path(__file__).parents[2] / "sample_logs/crossing"
FRAMES = [3, 12, 21, 31]


@pytest.fixture(scope="module")
def log() -> Log:
    return av3d.open_log(CROSSING)


@pytest.fixture(scope="module")
def untouched(log: Log) -> Judgement:
    return judge(log, frames=FRAMES)


def with_rig(log: Log, rig: Rig, *, images: bool = True) -> Log:
    return Log(
        name=log.name,
        kind=log.kind,
        path=log.path,
        rig=rig,
        trajectory=log.trajectory,
        lidars=log.lidars,
        cameras=log.cameras if images else {},
    )


def with_camera(log: Log, camera: str, mount: CameraMount, *, images: bool = True) -> Log:
    return with_rig(
        log, replace(log.rig, cameras={**log.rig.cameras, camera: mount}), images=images
    )


def test_the_untouched_log_has_none(untouched):
    assert untouched.suspicions == ()


def test_an_inverted_extrinsic_is_named_and_put_right(log):
    right = log.rig.camera("left")
    wrong = replace(right, ego_SE3_camera=right.ego_SE3_camera.inverse())
    (found,) = find_mistakes(with_camera(log, "left", wrong), ["left"], FRAMES)
    assert found.sensor == "left"
    assert found.mistake is Mistake.INVERTED
    assert found.from_images
    assert found.mount is not None
    assert np.allclose(found.mount.ego_SE3_camera.matrix, right.ego_SE3_camera.matrix, atol=1e-6)
    assert str(found) == "left: the extrinsic is inverted"


def test_a_swapped_principal_point_is_named(log):
    right = log.rig.camera("front")
    camera = replace(right.camera, cx_px=right.camera.cy_px, cy_px=right.camera.cx_px)
    wrong = with_camera(log, "front", replace(right, camera=camera))
    assert [s.mistake for s in find_mistakes(wrong, ["front"], FRAMES)] == [Mistake.PRINCIPAL_POINT]


def test_stamps_late_by_a_tenth_of_a_second_are_named(log):
    right = log.rig.camera("left")
    wrong = with_camera(log, "left", replace(right, clock_offset_ns=100_000_000))
    (found,) = find_mistakes(wrong, ["left"], range(2, 38, 5))
    assert found.mistake is Mistake.CLOCK
    assert found.mount is not None
    assert abs(found.mount.clock_offset_ns) <= 20_000_000


def test_an_inverted_lidar_is_named_once_for_all_cameras(log):
    mount = log.rig.lidar("top")
    rig = replace(log.rig, lidars={"top": LidarMount(mount.ego_SE3_lidar.inverse())})
    (found,) = find_mistakes(with_rig(log, rig), frames=FRAMES)
    assert found.sensor == "top"
    assert found.mistake is Mistake.LIDAR
    assert found.ego_SE3_lidar is not None
    assert np.allclose(found.ego_SE3_lidar.matrix, mount.ego_SE3_lidar.matrix, atol=1e-6)


@pytest.mark.parametrize(
    ("yaw_deg", "detail"), [(10, "by +10.0 deg"), (-90, "by -90.0 deg, other axes point forward")]
)
def test_a_turned_lidar_is_named_with_its_angle_and_put_right(log, yaw_deg, detail):
    right = log.rig.lidar("top").ego_SE3_lidar
    turn = SE3.from_yaw(np.radians(yaw_deg), np.zeros(3)).rotation
    wrong = LidarMount(SE3(turn @ right.rotation, right.translation_m))
    (found,) = find_mistakes(with_rig(log, replace(log.rig, lidars={"top": wrong})), frames=FRAMES)
    assert (found.mistake, found.detail) == (Mistake.LIDAR_TURN, detail)
    assert found.ego_SE3_lidar is not None
    assert np.degrees(found.ego_SE3_lidar.angle_to_rad(right)) < 0.3


def test_a_lidar_quaternion_in_the_other_order_is_named(log):
    right = log.rig.lidar("top").ego_SE3_lidar
    read = np.roll(right.quaternion_wxyz, -1)
    wrong = LidarMount(SE3.from_quaternion(read, right.translation_m))
    (found,) = find_mistakes(with_rig(log, replace(log.rig, lidars={"top": wrong})), frames=FRAMES)
    assert found.detail.endswith("x, y, z, w read as w, x, y, z")
    assert found.ego_SE3_lidar is not None
    assert np.allclose(found.ego_SE3_lidar.matrix, right.matrix, atol=1e-6)


def test_where_nothing_lines_up_and_no_turn_explains_it_the_cameras_are_adrift(log):
    poses = [log.rig.lidar("top").ego_SE3_lidar, SE3.from_yaw(0.0, np.array([4.0, 3.0, 1.0]))]
    tilt = SE3(Rotation.from_euler("xyz", [17, 13, 40], degrees=True).as_matrix(), np.zeros(3))
    rig = replace(log.rig, lidars={"top": LidarMount(tilt @ poses[1] @ poses[0])})
    judgement = judge(with_rig(log, rig), frames=FRAMES)
    assert judgement.suspicions == ()
    assert judgement.adrift == ("front", "left", "right")


def test_cameras_with_few_images_are_said_not_to_be_judged(log, untouched):
    judgement = judge(log, frames=[12])
    assert judgement.not_judged == dict.fromkeys(("front", "left", "right", "back"), "1 image")
    assert untouched.not_judged == {}


def test_without_images_an_odd_mount_is_explained(log):
    right = log.rig.camera("back")
    pose = right.ego_SE3_camera
    body = SE3(pose.rotation @ BODY_SE3_OPTICAL.rotation.T, pose.translation_m)
    wrong = with_camera(log, "back", replace(right, ego_SE3_camera=body), images=False)
    (found,) = find_mistakes(wrong, frames=FRAMES)
    assert found.mistake is Mistake.BODY_FRAME
    assert not found.from_images
    assert found.oddities


def test_without_images_the_untouched_log_has_none(log):
    assert find_mistakes(with_rig(log, log.rig, images=False), frames=FRAMES) == []


def test_without_images_exchanged_mounts_are_named(log):
    front, back = (log.rig.camera(name) for name in ("front", "back"))
    swapped = {
        "front": replace(front, ego_SE3_camera=back.ego_SE3_camera),
        "back": replace(back, ego_SE3_camera=front.ego_SE3_camera),
    }
    rig = replace(log.rig, cameras={**log.rig.cameras, **swapped})
    found = find_mistakes(with_rig(log, rig, images=False), frames=FRAMES)
    assert [str(suspicion) for suspicion in found] == [
        "front: it has the extrinsic of another camera (back)",
        "back: it has the extrinsic of another camera (front)",
    ]
