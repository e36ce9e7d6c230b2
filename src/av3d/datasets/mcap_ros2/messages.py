"""The ROS 2 messages that a log is made of: how they are defined, and how they are decoded.

A bag carries the definitions of its messages. A topic whose definition lays its bytes out otherwise
than ROS 2 does is not read, so that everything behind this module may rely on the layout. Clouds, images
and calibrations are decoded by the library `mcap_ros2`; of headers and poses, which an hour has by the
hundred thousand, only the bytes that are needed are (CDR, OMG formal/2002-06-51, 15.3: values are aligned
to their size, counted from the end of the four bytes that say how it is encoded).
"""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, TypeAlias

from av3d.datasets.mcap_ros2.records import Channel, DamagedError, printable
from av3d.types import NS_PER_S

Pose: TypeAlias = tuple[int, str, str, tuple[float, ...]]
"""Stamp in ns, frame, child frame ("" where there is none), and x, y, z, qx, qy, qz, qw."""

CLOUD = "sensor_msgs/PointCloud2"
IMAGE = "sensor_msgs/Image"
COMPRESSED_IMAGE = "sensor_msgs/CompressedImage"
CAMERA_INFO = "sensor_msgs/CameraInfo"
TRANSFORMS = "tf2_msgs/TFMessage"
ODOMETRY = "nav_msgs/Odometry"
POSE = "geometry_msgs/PoseStamped"
POSE_WITH_COVARIANCE = "geometry_msgs/PoseWithCovarianceStamped"
TRANSFORM = "geometry_msgs/TransformStamped"

POSES = (ODOMETRY, TRANSFORM, POSE_WITH_COVARIANCE, POSE)
"""Types whose topics may tell where the vehicle is; those that name what moves come first."""
WITH_CHILD = (ODOMETRY, TRANSFORM)
PICTURES = (IMAGE, COMPRESSED_IMAGE)

_FIELDS = {
    "std_msgs/Header": "builtin_interfaces/Time stamp\nstring frame_id",
    "builtin_interfaces/Time": "int32 sec\nuint32 nanosec",
    "geometry_msgs/Point": "float64 x\nfloat64 y\nfloat64 z",
    "geometry_msgs/Vector3": "float64 x\nfloat64 y\nfloat64 z",
    "geometry_msgs/Quaternion": "float64 x\nfloat64 y\nfloat64 z\nfloat64 w",
    "geometry_msgs/Pose": ("geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation"),
    "geometry_msgs/Twist": "geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular",
    "geometry_msgs/PoseWithCovariance": "geometry_msgs/Pose pose\nfloat64[36] covariance",
    "geometry_msgs/TwistWithCovariance": "geometry_msgs/Twist twist\nfloat64[36] covariance",
    "geometry_msgs/Transform": (
        "geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation"
    ),
    "sensor_msgs/PointField": "string name\nuint32 offset\nuint8 datatype\nuint32 count",
    "sensor_msgs/RegionOfInterest": (
        "uint32 x_offset\nuint32 y_offset\nuint32 height\nuint32 width\nbool do_rectify"
    ),
    CLOUD: (
        "std_msgs/Header header\nuint32 height\nuint32 width\nsensor_msgs/PointField[] fields\n"
        "bool is_bigendian\nuint32 point_step\nuint32 row_step\nuint8[] data\nbool is_dense"
    ),
    IMAGE: (
        "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\n"
        "uint8 is_bigendian\nuint32 step\nuint8[] data"
    ),
    COMPRESSED_IMAGE: "std_msgs/Header header\nstring format\nuint8[] data",
    CAMERA_INFO: (
        "std_msgs/Header header\nuint32 height\nuint32 width\nstring distortion_model\n"
        "float64[] d\nfloat64[9] k\nfloat64[9] r\nfloat64[12] p\nuint32 binning_x\n"
        "uint32 binning_y\nsensor_msgs/RegionOfInterest roi"
    ),
    TRANSFORM: ("std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/Transform transform"),
    TRANSFORMS: "geometry_msgs/TransformStamped[] transforms",
    ODOMETRY: (
        "std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/PoseWithCovariance pose\n"
        "geometry_msgs/TwistWithCovariance twist"
    ),
    POSE: "std_msgs/Header header\ngeometry_msgs/Pose pose",
    POSE_WITH_COVARIANCE: "std_msgs/Header header\ngeometry_msgs/PoseWithCovariance pose",
}
TYPES = (CLOUD, *PICTURES, CAMERA_INFO, TRANSFORMS, *POSES)
"""Types of messages that make a log."""

MAX_SCHEMA_BYTES = 100_000
_MAX_VALUES = 500
_MAX_NAME = 1000


def short_type(name: str) -> str:
    """The type's name as ROS 1 had it: sensor_msgs/PointCloud2 of sensor_msgs/msg/PointCloud2."""
    parts = name.split("/")
    return "/".join((parts[0], parts[-1])) if len(parts) > 1 else name


def definition(type_: str) -> str:
    """The definition of a type and, after it, of those that it is made of, as bags carry them."""
    seen: list[str] = []
    todo = [type_]
    while todo:
        name = todo.pop(0)
        if name not in seen:
            seen.append(name)
            words = _FIELDS[name].replace("[]", "").split()
            todo += [word for word in words[::2] if word in _FIELDS]
    parts = [_FIELDS[type_], *(f"MSG: {name}\n{_FIELDS[name]}" for name in seen[1:])]
    return f"\n{'=' * 80}\n".join(parts)


def why_not(channel: Channel) -> str:
    """Why messages of a channel of one of TYPES cannot be read, or "" if they can."""
    if channel.message_encoding != "cdr":
        return f"its messages are encoded as {channel.message_encoding!r}, not as ROS 2 does (cdr)"
    if channel.schema_encoding != "ros2msg" or not channel.schema.strip():
        return ""  # defined in IDL or not at all: the name of the type has to do
    if len(channel.schema) > MAX_SCHEMA_BYTES:
        return "its definition is too long"
    try:
        # The parser prints what it does not understand.
        with contextlib.redirect_stderr(io.StringIO()):
            layout = _layout(channel.type, channel.schema.decode())
        same = layout == _standard(short_type(channel.type))
    except Exception:  # the parser of the library raises many kinds
        return "its definition cannot be read"
    return "" if same else "its definition is not that of ROS 2"


@cache
def _standard(type_: str) -> tuple[str, ...]:
    return _layout(type_, definition(type_))


def _layout(type_: str, text: str) -> tuple[str, ...]:
    """The plain values that a message is made of, in order."""
    from mcap_ros2._dynamic import _for_each_msgdef

    found: dict[str, Any] = {}
    _for_each_msgdef(type_, text, lambda _, short, parsed: found.setdefault(short, parsed))
    values: list[str] = []

    def flatten(name: str, depth: int) -> None:
        if name in ("builtin_interfaces/Time", "builtin_interfaces/Duration"):
            values.extend(("int32", "uint32"))
            return
        for field in found[name].fields:
            kind = field.type
            size = kind.array_size if kind.is_array else None
            brackets = f"[{size or ''}]" if kind.is_array else ""
            if len(values) > _MAX_VALUES or depth > 10:
                raise DamagedError("a definition that goes on for ever")
            if kind.is_primitive_type():
                values.append(("uint8" if kind.type == "byte" else kind.type) + brackets)
            else:
                values.append(f"({brackets}")
                flatten(f"{kind.pkg_name}/{kind.type}", depth + 1)
                values.append(")")

    flatten(short_type(type_), 0)
    return tuple(values)


@cache
def _decoder(type_: str) -> Callable[[bytes], Any]:
    from mcap_ros2._dynamic import generate_dynamic

    decoders: dict[str, Callable[[bytes], Any]] = generate_dynamic(type_, definition(type_))
    return decoders[type_]


def decode(type_: str, data: bytes) -> Any:
    """A whole message, its values as attributes; DamagedError if it ends early."""
    _order(data)
    try:
        return _decoder(type_)(data)
    except Exception as error:  # struct.error, UnicodeDecodeError, ValueError of the library
        raise DamagedError(f"a message of type {type_} cannot be decoded: {error}") from error


class _Order:
    """Numbers in one order of bytes."""

    def __init__(self, sign: str) -> None:
        self.count = struct.Struct(sign + "I").unpack_from
        self.stamp = struct.Struct(sign + "iI").unpack_from
        self.pose = struct.Struct(sign + "7d").unpack_from


_BIG, _LITTLE = _Order(">"), _Order("<")


def read_stamp(data: bytes) -> int:
    """The time stamp of a message that starts with a header, in ns."""
    try:
        return _stamp(data, _order(data), 4)
    except struct.error as error:
        raise DamagedError("a message ends early") from error


def read_header(data: bytes) -> tuple[int, str, int]:
    """Time stamp in ns, frame and the place behind it, from the first bytes of a message."""
    try:
        return _header(data, _order(data), 4)
    except struct.error as error:
        raise DamagedError("a message ends early") from error


def text_at(data: bytes, at: int) -> tuple[str, int]:
    """A text at a place in a message, and the place behind it."""
    try:
        return _text(data, _order(data), at)
    except struct.error as error:
        raise DamagedError("a message ends early") from error


def read_pose(data: bytes, with_child: bool) -> Pose:
    """The pose of a message of one of POSES; `with_child` if its type names what moves."""
    order = _order(data)
    try:
        stamp_ns, frame, at = _header(data, order, 4)
        child = ""
        if with_child:
            child, at = _text(data, order, at)
        return stamp_ns, frame, child.lstrip("/"), order.pose(data, at + (4 - at) % 8)
    except struct.error as error:
        raise DamagedError("a message ends early") from error


def read_transforms(data: bytes) -> list[Pose]:
    """Each transform of a TFMessage: frame is the parent of child."""
    order = _order(data)
    found: list[Pose] = []
    try:
        (count,) = order.count(data, 4)
        at = 8
        for _ in range(count):
            stamp_ns, frame, at = _header(data, order, at)
            child, at = _text(data, order, at)
            at += (4 - at) % 8
            found.append((stamp_ns, frame, child.lstrip("/"), order.pose(data, at)))
            at += 56
    except struct.error as error:
        raise DamagedError("a message ends early") from error
    return found


def _order(data: bytes) -> _Order:
    # The second byte: 0 big-endian, 1 little-endian; others are encodings with parameter lists or
    # of XTypes, whose alignment differs.
    if len(data) < 4 or data[0] != 0 or data[1] > 1:
        raise DamagedError("a message is not encoded in plain CDR")
    return _LITTLE if data[1] else _BIG


def _stamp(data: bytes, order: _Order, at: int) -> int:
    seconds, nanoseconds = order.stamp(data, at)
    if seconds < 0 or nanoseconds >= NS_PER_S:
        raise DamagedError(f"a time stamp of {seconds} s and {nanoseconds} ns")
    return int(seconds * NS_PER_S + nanoseconds)


def _header(data: bytes, order: _Order, at: int) -> tuple[int, str, int]:
    at += -at % 4
    stamp_ns = _stamp(data, order, at)
    frame, at = _text(data, order, at + 8)
    # Before tf2, frames were written with a slash.
    return stamp_ns, frame.lstrip("/"), at


def _text(data: bytes, order: _Order, at: int) -> tuple[str, int]:
    at += -at % 4
    (length,) = order.count(data, at)
    at += 4
    if length > _MAX_NAME or at + length > len(data):
        raise DamagedError("a name in a message ends early")
    return _decoded(data[at : at + length]), at + length


@lru_cache(maxsize=1000)
def _decoded(name: bytes) -> str:
    return printable(name.partition(b"\0")[0].decode("utf-8", "replace"))
