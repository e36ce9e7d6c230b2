"""tracklet_labels.xml: one box size per tracklet and a pose for each frame, in Velodyne coordinates.

Source: readme.txt, tracklets.h and run_demoTracklets.m of the raw data development kit. The file is what
Boost.Serialization writes of a vector of tracklets (version 1) with vectors of poses (version 2). The
position is the centre of the bottom face: the kit draws a box from there up by its height. rx, ry, rz
turn about x, y and z, and at 0 the length points forward; in KITTI's own files rx and ry are 0, so that
their order is nobody's: here R = Rz Ry Rx.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape

from av3d.errors import InputFileError
from av3d.reading import open_file

MAX_BYTES = 200_000_000
"""The largest official file has 5 MB."""

MAX_SIZE_M = 100.0
MAX_DEPTH = 16
"""Elements inside of each other; tracklets have 6."""
MAX_TEXT = 1000
"""Characters of one value."""

UNSET = -1
LABELLED, INTERPOLATED = 2, 1
"""States of a pose."""

HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<!DOCTYPE boost_serialization>
<boost_serialization signature="serialization::archive" version="9">
"""
AMT = ("amt_occlusion", "amt_occlusion_kf", "amt_border_l", "amt_border_r", "amt_border_kf")
"""What Mechanical Turk said."""

_BLOCK = 1 << 16
_TRACKLET = ("tracklets", "item")
_POSE = (*_TRACKLET, "poses", "item")


@dataclass(frozen=True, slots=True)
class TrackletPose:
    """Where a tracklet is in one frame.

    Attributes:
        position_m: centre of the bottom face in the Velodyne frame.
        rotation_rad: rx, ry, rz.
        state: LABELLED, INTERPOLATED, or UNSET.
        occlusion: 0 visible, 1 partly, 2 fully, UNSET.
        occlusion_kf: whether somebody has looked at the occlusion in this frame.
        truncation: 0 in the image, 1 truncated, 2 outside of it, 99 behind it, UNSET.
        amt: the values of AMT.
    """

    position_m: tuple[float, float, float]
    rotation_rad: tuple[float, float, float]
    state: int = LABELLED
    occlusion: int = UNSET
    occlusion_kf: bool = False
    truncation: int = UNSET
    amt: tuple[float, ...] = (float(UNSET),) * len(AMT)


@dataclass(frozen=True)
class Tracklet:
    """One object.

    Attributes:
        number: its place in the file, from 0.
        type: KITTI's name of its kind.
        size_lwh_m: length, width, height; never 0, negative where a program has mirrored the box.
        first_frame: number of the frame of its first pose.
        poses: one for each frame from there on.
    """

    number: int
    type: str
    size_lwh_m: tuple[float, float, float]
    first_frame: int
    poses: tuple[TrackletPose, ...]


def parse_tracklets(path: Path, notes: list[str] | None = None) -> tuple[Tracklet, ...]:
    """The tracklets of a file as they stand in it.

    The file is read in blocks and never as a tree; the counts in it are never believed.

    Args:
        path: the file.
        notes: gets a sentence on counts that do not fit, if any.

    Raises:
        InputFileError: not XML, a document type that defines something (which may unfold to
            anything), or values that no box has.
    """
    parser = _Parser(path)
    size = 0
    with open_file(path, "tracklets") as file:
        while block := file.read(_BLOCK):
            size += len(block)
            if size > MAX_BYTES:
                raise InputFileError(
                    f"more than {MAX_BYTES:,} bytes are no tracklets", path, "copy the file again"
                )
            parser.feed(block)
    tracklets = parser.close()
    if parser.miscounted and notes is not None:
        first, *others = parser.miscounted
        notes.append(first + (f" and {len(others)} more like this" if others else "") + ".")
    return tracklets


class _Parser:
    """Turns the events of the XML parser into tracklets."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tracklets: list[Tracklet] = []
        self._found = False
        self.miscounted: list[str] = []
        self._count: int | None = None
        self._above: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._fields: dict[str, str] = {}
        self._pose_fields: dict[str, str] = {}
        self._pose_count: int | None = None
        self._poses: list[TrackletPose] = []
        self._xml = expat.ParserCreate()
        self._xml.buffer_text = True
        self._xml.StartDoctypeDeclHandler = self._doctype
        self._xml.EntityDeclHandler = self._entity
        self._xml.StartElementHandler = self._start
        self._xml.EndElementHandler = self._end
        self._xml.CharacterDataHandler = self._characters

    def feed(self, block: bytes) -> None:
        self._parse(block, last=False)

    def close(self) -> tuple[Tracklet, ...]:
        """The tracklets, once all is fed."""
        self._parse(b"", last=True)
        if not self._found:
            raise InputFileError(
                "there is no <tracklets> in it", self._path, "give a tracklet_labels.xml"
            )
        return tuple(self._tracklets)

    def _parse(self, block: bytes, *, last: bool) -> None:
        try:
            self._xml.Parse(block, last)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise InputFileError(
                f"not readable XML: {error}", self._path, "copy the file again"
            ) from error

    def _where(self) -> str:
        where = f"{self._path} line {self._xml.CurrentLineNumber}, tracklet {len(self._tracklets)}"
        return f"{where}, pose {len(self._poses)}" if self._inside(_POSE) else where

    def _inside(self, path: tuple[str, ...]) -> bool:
        return tuple(self._above[1 : 1 + len(path)]) == path

    def _doctype(self, name: str, system: str | None, public: str | None, subset: int) -> None:
        if system or public or subset:
            raise InputFileError(
                "the document type defines entities or names a file",
                f"{self._path} line {self._xml.CurrentLineNumber}",
                "write <!DOCTYPE boost_serialization>",
            )

    def _entity(self, name: str, *_: object) -> None:
        raise InputFileError("the file defines entities", self._path, "remove them")

    def _start(self, name: str, _: dict[str, str]) -> None:
        if len(self._above) >= MAX_DEPTH:
            raise InputFileError(
                f"more than {MAX_DEPTH} elements inside of each other",
                f"{self._path} line {self._xml.CurrentLineNumber}",
                "copy the file again",
            )
        self._above.append(name)
        self._text, self._length = [], 0
        path = tuple(self._above[1:])
        if path == ("tracklets",):
            if self._found:
                raise InputFileError("there are two <tracklets>", self._where(), "keep one")
            self._found = True
        elif path == _TRACKLET:
            self._fields, self._poses, self._pose_count = {}, [], None
        elif path == _POSE:
            self._pose_fields = {}

    def _characters(self, text: str) -> None:
        self._length += len(text)
        if self._length <= MAX_TEXT:
            self._text.append(text)

    def _end(self, name: str) -> None:
        path = tuple(self._above[1:])
        if path == _POSE:
            self._poses.append(self._pose())
        elif path == _TRACKLET:
            self._tracklets.append(self._tracklet())
        elif path == ("tracklets",):
            self._check(self._count, len(self._tracklets), "tracklets")
        elif path == (*_TRACKLET, "poses"):
            self._check(self._pose_count, len(self._poses), "poses")
        else:
            self._value(path, name)
        self._above.pop()
        self._text, self._length = [], 0

    def _value(self, path: tuple[str, ...], name: str) -> None:
        """Keep the text of an element that has no others in it."""
        above, text = path[:-1], "".join(self._text).strip()
        if self._length > MAX_TEXT:
            raise InputFileError(
                f"{name} has {self._length:,} characters", self._where(), "correct the tracklet"
            )
        if above == _POSE:
            self._pose_fields[name] = text
        elif above == _TRACKLET:
            self._fields[name] = text
        elif name == "count" and above in (("tracklets",), (*_TRACKLET, "poses")):
            count = self._whole({"count": text}, "count", 0, 10**9)
            if above == ("tracklets",):
                self._count = count
            else:
                self._pose_count = count

    def _check(self, count: int | None, found: int, what: str) -> None:
        if count is not None and count != found:
            # The development kit only warns of this, and other programs write wrong counts.
            line = self._xml.CurrentLineNumber
            self.miscounted.append(
                f"Line {line} ends {found:,} {what} where {count:,} are announced"
            )

    def _tracklet(self) -> Tracklet:
        fields = self._fields
        length, width, height = (self._number(fields, name) for name in ("l", "w", "h"))
        if not all(1e-6 < abs(side) <= MAX_SIZE_M for side in (length, width, height)):
            raise InputFileError(
                f"{length:g} x {width:g} x {height:g} m (l, w, h) is no size of a box",
                self._where(),
                "correct the tracklet",
            )
        name = fields.get("objectType", "")
        if not (name and name.isprintable() and len(name) <= 100):
            raise InputFileError(
                "it has no objectType", self._where(), "write Car, Van, Pedestrian …"
            )
        first = self._whole(fields, "first_frame", 0, 10**8 - 1)
        poses = tuple(self._poses)
        self._poses = []
        return Tracklet(len(self._tracklets), name, (length, width, height), first, poses)

    def _pose(self) -> TrackletPose:
        fields = self._pose_fields
        x, y, z, rx, ry, rz = (
            self._number(fields, name) for name in ("tx", "ty", "tz", "rx", "ry", "rz")
        )
        # Files of the first versions of the kit lack these.
        state, occlusion, kf, truncation = (
            self._whole(fields, name, -255, 255) if name in fields else UNSET
            for name in ("state", "occlusion", "occlusion_kf", "truncation")
        )
        amt = tuple(self._number(fields, name) if name in fields else float(UNSET) for name in AMT)
        return TrackletPose((x, y, z), (rx, ry, rz), state, occlusion, kf == 1, truncation, amt)

    def _number(self, fields: dict[str, str], name: str) -> float:
        text = fields.get(name, "")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or abs(value) > 1e9:
            raise InputFileError(
                f"{name} is {text[:40]!r}, not a number", self._where(), "correct the tracklet"
            )
        return value

    def _whole(self, fields: dict[str, str], name: str, least: int, most: int) -> int:
        value = self._number(fields, name)
        if value != int(value) or not least <= value <= most:
            raise InputFileError(
                f"{name} is {value:g}, not a whole number from {least} to {most}",
                self._where(),
                "correct the tracklet",
            )
        return int(value)


def tracklet_lines(
    tracklets: Iterable[Tracklet], count: int, decimals: int | None
) -> Iterator[str]:
    """The lines of a file, as the development kit writes and reads it.

    Args:
        tracklets: what to write.
        count: how many they are.
        decimals: digits after the point; None: as many as a nanometre needs.
    """
    yield HEAD
    yield '<tracklets class_id="0" tracking_level="0" version="0">\n'
    yield f"\t<count>{count}</count>\n\t<item_version>1</item_version>\n"
    has_pose = False
    for position, tracklet in enumerate(tracklets):
        # Boost describes a class where it occurs first.
        first = position == 0
        yield '\t<item class_id="1" tracking_level="0" version="1">\n' if first else "\t<item>\n"
        length, width, height = tracklet.size_lwh_m
        sizes = (("h", height), ("w", width), ("l", length))
        yield f"\t\t<objectType>{escape(tracklet.type)}</objectType>\n"
        yield "".join(f"\t\t<{name}>{_text(value, decimals)}</{name}>\n" for name, value in sizes)
        yield f"\t\t<first_frame>{tracklet.first_frame}</first_frame>\n"
        yield (
            '\t\t<poses class_id="2" tracking_level="0" version="0">\n'
            if first
            else "\t\t<poses>\n"
        )
        yield f"\t\t\t<count>{len(tracklet.poses)}</count>\n\t\t\t<item_version>2</item_version>\n"
        for pose in tracklet.poses:
            described = "" if has_pose else ' class_id="3" tracking_level="0" version="2"'
            has_pose = True
            yield f"\t\t\t<item{described}>\n"
            yield "".join(
                f"\t\t\t\t<{name}>{value}</{name}>\n" for name, value in _of(pose, decimals)
            )
            yield "\t\t\t</item>\n"
        yield "\t\t</poses>\n\t\t<finished>1</finished>\n\t</item>\n"
    yield "</tracklets>\n</boost_serialization>\n"


def _of(pose: TrackletPose, decimals: int | None) -> Iterator[tuple[str, str]]:
    """Names and values of a pose in the order of the file."""
    for name, value in zip(("tx", "ty", "tz"), pose.position_m, strict=True):
        yield name, _text(value, decimals)
    for name, value in zip(("rx", "ry", "rz"), pose.rotation_rad, strict=True):
        yield name, _text(value, decimals)
    yield "state", str(pose.state)
    yield "occlusion", str(pose.occlusion)
    yield "occlusion_kf", str(int(pose.occlusion_kf))
    yield "truncation", str(pose.truncation)
    for name, value in zip(AMT, pose.amt, strict=True):
        yield name, f"{value:.9g}"


def _text(value: float, decimals: int | None) -> str:
    # Adding 0 turns -0 into 0.
    if decimals is None:
        return repr(round(value, 9) + 0.0)
    return f"{round(value, decimals) + 0.0:.{decimals}f}"
