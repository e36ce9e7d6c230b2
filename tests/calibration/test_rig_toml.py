import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from av3d.calibration.camera import Camera
from av3d.calibration.distortion import BrownConrady
from av3d.calibration.kannala_brandt import KannalaBrandt
from av3d.calibration.mei import Mei
from av3d.calibration.rig import CameraMount, LidarMount, Rig, RigError
from av3d.calibration.rig_toml import read_rig, write_rig
from av3d.errors import Av3dError, InputFileError, OutputError
from av3d.geometry.se3 import SE3

GOOD = """
version = 1
name = "my-car"

[lidar.top.ego_SE3_lidar]
translation_m = [0.98, 0.0, 1.84]
quaternion_wxyz = [1.0, 0.0, 0.0, 0.0]

[camera.front]
width_px = 1920
height_px = 1080
fx_px = 1970.01
fy_px = 1970
cx_px = 970.0
cy_px = 483.3
distortion = { k1 = -0.5, p2 = 0.001 }

[camera.front.ego_SE3_camera]
translation_m = [1.7, 0, 1.5]
quaternion_wxyz = [0.5, -0.5, 0.5, -0.5]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "rig.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_of_the_documentation_is_read(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "formats" / "rig-toml.md"
    example = page.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    rig = read_rig(write(tmp_path, example))
    assert rig.date == "2025-03-14"
    assert rig.notes == ("The front camera was replaced in May.",)
    camera = rig.camera("front").camera
    assert camera.lens == BrownConrady(-0.5894, 0.66, 0.0011, -0.001, -1.0088)
    # It looks straight ahead: z of the camera is x of the ego frame, x is right.
    pose = rig.camera("front").ego_SE3_camera
    np.testing.assert_allclose(pose.rotate([[0, 0, 1], [1, 0, 0]]), [[1, 0, 0], [0, -1, 0]])


def test_values_arrive_where_they_belong(tmp_path):
    rig = read_rig(write(tmp_path, GOOD))
    assert rig.name == "my-car"
    assert rig.lidar("top").ego_SE3_lidar == SE3.from_yaw(0.0, [0.98, 0.0, 1.84])
    assert rig.camera("front").camera == Camera(
        1920, 1080, 1970.01, 1970.0, 970.0, 483.3, BrownConrady(k1=-0.5, p2=0.001)
    )


@pytest.mark.parametrize(
    ("text", "lens"),
    [
        ('model = "brown-conrady"\ndistortion = { k3 = 0.1 }', BrownConrady(k3=0.1)),
        ('model = "rational"\ndistortion = { k6 = 0.1 }', BrownConrady(k6=0.1)),
        ('model = "kannala-brandt"\ndistortion = { k4 = 0.1 }', KannalaBrandt(k4=0.1)),
        ('model = "kannala-brandt"\ndistortion = {}', KannalaBrandt()),
        ('model = "mei"\ndistortion = { xi = 2.2, p1 = 0.1 }', Mei(2.2, p1=0.1)),
        ('model = "pinhole"', None),
        ("", None),
    ],
)
def test_every_model_has_its_lens(tmp_path, text, lens):
    text = GOOD.replace("distortion = { k1 = -0.5, p2 = 0.001 }", text)
    assert read_rig(write(tmp_path, text)).camera("front").camera.lens == lens


def test_clock_and_shutter_are_in_milliseconds(tmp_path):
    text = GOOD.replace("fx_px", "clock_offset_ms = -12.5\nreadout_ms = 0.000001\nfx_px")
    mount = read_rig(write(tmp_path, text)).camera("front")
    assert (mount.clock_offset_ns, mount.readout_ns) == (-12_500_000, 1)
    plain = read_rig(write(tmp_path, GOOD)).camera("front")
    assert (plain.clock_offset_ns, plain.readout_ns) == (0, 0)


def test_a_matrix_is_as_good_as_a_quaternion(tmp_path):
    matrix = "matrix = [[0, 0, 1, 1.7], [-1, 0, 0, 0], [0, -1, 0, 1.5], [0, 0, 0, 1]]"
    text = GOOD.replace("translation_m = [1.7, 0, 1.5]\n", "").replace(
        "quaternion_wxyz = [0.5, -0.5, 0.5, -0.5]", matrix
    )
    a, b = (read_rig(write(tmp_path, t)).camera("front").ego_SE3_camera for t in (GOOD, text))
    np.testing.assert_allclose(a.matrix, b.matrix, atol=1e-15)


def test_dates_may_go_without_quotes(tmp_path):
    assert read_rig(write(tmp_path, "date = 2025-03-14\n" + GOOD)).date == "2025-03-14"


def test_windows_line_ends_and_byte_order_mark_are_fine(tmp_path):
    path = tmp_path / "rig.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_rig(path).name == "my-car"


# Writing

finite = st.floats(-1e4, 1e4)
unit = st.floats(-1, 1)
poses = st.builds(
    lambda a, b, c, x, y, z: SE3.from_euler(3 * a, 1.5 * b, 3 * c, [x, y, z]),
    unit, unit, unit, finite, finite, finite,
)  # fmt: skip
mounts = st.builds(
    CameraMount,
    st.builds(
        Camera,
        st.integers(1, 65535), st.integers(1, 65535),
        st.floats(1e-3, 1e5), st.floats(1e-3, 1e5), finite, finite,
        st.none()
        | st.builds(BrownConrady, unit, unit, unit, unit, unit, unit, unit, unit)
        | st.builds(KannalaBrandt, unit, unit, unit, unit)
        | st.builds(Mei, st.floats(-0.9, 3), unit, unit, unit, unit),
    ),
    poses,
    st.integers(-(10**15), 10**15),
    st.integers(-(10**10), 10**10),
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = texts.filter(lambda text: text.strip())


@given(
    names,
    st.dictionaries(names.map("lidar ".__add__), st.builds(LidarMount, poses), max_size=3),
    st.dictionaries(names.map("camera ".__add__), mounts, min_size=1, max_size=3),
    texts,
    texts,
    st.lists(texts, max_size=3),
)
def test_what_is_written_is_read_again(
    tmp_path_factory, name, lidars, cameras, source, date, notes
):
    rig = Rig(name, lidars, cameras, source, date, tuple(notes))
    path = tmp_path_factory.mktemp("rig") / "rig.toml"
    write_rig(rig, path)
    again = read_rig(path)
    assert (again.name, again.source, again.date, again.notes) == (name, source, date, rig.notes)
    assert list(again.lidars) == list(lidars)
    assert list(again.cameras) == list(cameras)
    for key, camera in cameras.items():
        assert again.camera(key).camera == camera.camera
        np.testing.assert_allclose(
            again.camera(key).ego_SE3_camera.matrix, camera.ego_SE3_camera.matrix, atol=1e-14
        )
    for key, lidar in lidars.items():
        np.testing.assert_allclose(
            again.lidar(key).ego_SE3_lidar.matrix, lidar.ego_SE3_lidar.matrix, atol=1e-14
        )


def test_numbers_of_a_vector_stand_on_one_line(tmp_path):
    path = tmp_path / "rig.toml"
    write_rig(read_rig(write(tmp_path, GOOD)), path)
    assert "translation_m = [0.98, 0.0, 1.84]\n" in path.read_text()
    assert tomllib.loads(path.read_text())["version"] == 1


def test_notes_that_look_like_an_array_stay_as_they_are(tmp_path):
    notes = ("x = [\n    1.0,\n]", "    2,")
    rig = Rig("car", {"top": LidarMount(SE3.identity())}, {}, notes=notes)
    write_rig(rig, tmp_path / "rig.toml")
    assert read_rig(tmp_path / "rig.toml").notes == notes


def test_a_rig_that_cannot_be_written_leaves_the_old_file(tmp_path):
    path = write(tmp_path, GOOD)
    rig = Rig("caf\udce9", {"top": LidarMount(SE3.identity())}, {})
    with pytest.raises(OutputError, match="not Unicode"):
        write_rig(rig, path)
    assert path.read_text() == GOOD
    assert len(list(tmp_path.iterdir())) == 1


def test_values_of_numpy_are_written_too(tmp_path):
    camera = Camera(np.int64(640), np.int64(480), np.float64(500), np.float32(500), 320, 240)
    rig = Rig("car", {}, {"a": CameraMount(camera, SE3.identity())})
    write_rig(rig, tmp_path / "rig.toml")
    assert read_rig(tmp_path / "rig.toml").camera("a").camera == camera


# Errors name file, sensor and key


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fx_px = 1970.01\n", "", r"missing key, .*rig\.toml, camera\.front\.fx_px, add it as a number"),
        ("cy_px = 483.3", "cy_px = 483.3\nskew = 1", r"unknown key, .*rig\.toml, camera\.front\.skew"),
        ("[lidar.top.ego", "[lidar.top.pose", r"unknown key, .*lidar\.top\.pose_SE3_lidar"),
        ("k1 = -0.5", "k7 = -0.5", r"unknown key, .*camera\.front\.distortion\.k7, use one of: k1"),
        ("k1 = -0.5", "k1 = '-0.5'", r"'-0\.5' is not a number, .*camera\.front\.distortion\.k1"),
        ("name =", "nmae =", r"unknown key, .*nmae"),
        ('name = "my-car"', "", r"missing key, .*name"),
        ('"my-car"', "7", r"7 is not text, .*name"),
        ('"my-car"', '" "', r"the name is empty, .*name"),
        ("width_px = 1920", "width_px = 1920.0", r"not an image size, .*camera\.front\.width_px"),
        ("width_px = 1920", "width_px = 0", r"0 is not an image size"),
        ("width_px = 1920", "width_px = true", r"True is not an image size"),
        ("height_px = 1080", "height_px = 99999999", r"not an image size, .*height_px.* 65535"),
        ("fy_px = 1970", "fy_px = -1970", r"focal length of -1970 px is not positive, .*front\.fy_px"),
        ("fy_px = 1970", "fy_px = nan", r"nan is not finite, .*camera\.front\.fy_px"),
        ("fy_px = 1970", "fy_px = true", r"True is not a number"),
        ("fy_px = 1970", "fy_px = 1" + 400 * "0", r"too large, .*camera\.front\.fy_px"),
        ("fy_px = 1970", "fy_px = 1" + 5000 * "0", r"not TOML"),
        ("[1.7, 0, 1.5]", "[1.7, 0]", r"is not 3 numbers, .*camera\.front\.ego_SE3_camera\.translation"),
        ("[1.7, 0, 1.5]", "[1.7, 0, inf]", r"not finite, .*ego_SE3_camera\.translation_m"),
        ("[1.7, 0, 1.5]", "1.7", r"1\.7 is not 3 numbers"),
        ("[1.0, 0.0, 0.0, 0.0]", "[0, 0, 0, 0]", r"not a rotation.*norm 0 .*lidar\.top.*quaternion"),
        ("[1.0, 0.0, 0.0, 0.0]", "[1, 1, 0, 0]", r"norm 1\.414 instead of 1"),
        ("[1.0, 0.0, 0.0, 0.0]", "[1, 0, 0]", r"is not 4 numbers"),
        ("version = 1", "version = 2", r"version 2 of the rig format is not known, .*version"),
        ("version = 1", "version = true", r"version True"),
        ("version = 1", "", r"missing key, .*version"),
        ("[lidar.top.", "[camera.top.", r"unknown key, .*camera\.top\.ego_SE3_lidar"),
        ("[camera.front", "[lidar.front", r"unknown key, .*lidar\.front\.width_px"),
        ("distortion", "model = 'fish'\ndistortion", r"model 'fish', .*front\.model, use one of: pin"),
        ("distortion", "model = 'pinhole'\ndistortion", r"a pinhole has no distortion, .*model"),
        ("distortion", "model = 'mei'\ndistortion", r"unknown key, .*p2, use one of|missing key, .*xi"),
        ("distortion", "model = 'kannala-brandt'\ndistortion", r"unknown key, .*distortion\.p2"),
        ("k1 = -0.5", "k1 = 1e7", r"a lens coefficient of 1e\+07, the limit is 1e\+06"),
        ("fx_px", "readout_ms = 20000\nfx_px", r"20000 ms, at most 10000 are believed, .*readout_ms"),
        ("fx_px", "clock_offset_ms = '5'\nfx_px", r"'5' is not a number, .*clock_offset_ms"),
        ("distortion = {", "distortion = 5 #", r"not a table, .*camera\.front\.distortion"),
        ("[lidar.top.ego_SE3_lidar]", "[lidar.front.ego_SE3_lidar]", r"a LiDAR has the same name"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_file_sensor_and_key(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(Av3dError, match=message) as caught:
        read_rig(write(tmp_path, GOOD.replace(old, new, 1 if "camera.front" not in old else -1)))
    assert len(str(caught.value).splitlines()) == 1
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ("[[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]", "not a rotation"),
        ("[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]]", "mirrors"),
        ("[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 2, 3, 1]]", "last row"),
        ("[[1, 0, 0], [0, 1, 0], [0, 0, 1]]", "is not 4 x 4 numbers"),
        ("[[1, 0, 0, nan], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]", "not finite"),
    ],
)
def test_a_matrix_that_is_no_pose_is_refused(tmp_path, matrix, message):
    text = f'version = 1\nname = "car"\n[lidar.top.ego_SE3_lidar]\nmatrix = {matrix}\n'
    with pytest.raises(RigError, match=rf"{message}.*lidar\.top\.ego_SE3_lidar\.matrix"):
        read_rig(write(tmp_path, text))


def test_a_matrix_and_a_quaternion_contradict_each_other(tmp_path):
    text = GOOD.replace("[lidar.top.ego_SE3_lidar]", "[lidar.top.ego_SE3_lidar]\nmatrix = []")
    with pytest.raises(RigError, match="given beside a matrix"):
        read_rig(write(tmp_path, text))


def test_a_rig_needs_a_sensor(tmp_path):
    with pytest.raises(RigError, match="no sensor"):
        read_rig(write(tmp_path, 'version = 1\nname = "car"\n'))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"version 1\n", "not TOML.*line 1"),
        (b"\xff\xfeversion", "not UTF-8"),
        (b"a = " + b"[" * 20000, "not TOML"),
        (b"", "missing key"),
        (b"\x00" * 100, "not TOML"),
    ],
)
def test_a_file_that_is_no_rig_is_one_line(tmp_path, data, message):
    path = tmp_path / "Übung 1" / "rig.toml"
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(Av3dError, match=message) as caught:
        read_rig(path)
    assert len(str(caught.value).splitlines()) == 1
    assert "Übung 1" in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InputFileError, match=r"No such file.*gone\.toml"):
        read_rig(tmp_path / "gone.toml")
    with pytest.raises(InputFileError, match="Is a directory"):
        read_rig(tmp_path)
