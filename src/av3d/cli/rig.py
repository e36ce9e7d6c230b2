"""The commands `rig convert` and `rig show`."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from av3d.cli.console import print_json, remark, say, table
from av3d.cli.logs import JsonOption
from av3d.errors import Av3dError, OutputError
from av3d.files import real_path

if TYPE_CHECKING:
    from av3d.calibration.rig import Rig
    from av3d.geometry.se3 import SE3

app = typer.Typer(help="Make and look at rig.toml files.", no_args_is_help=True)

_NAMED = re.compile(r"([^=/\\]+)=(.+)", re.DOTALL)
"""`front=ost.yaml`: a file and the name of the camera in it."""


@app.command("convert")
def convert(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Calibration files or folders: ROS camera_info, Kalibr camchain, OpenCV YAML, "
            "Autoware sensor kit, OpenCalib JSON, KITTI calib, nuScenes tables, Argoverse 2. "
            "NAME=FILE names the camera of a file.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="RIG", help="The rig.toml to write.")],
    name: Annotated[str | None, typer.Option("--name", help="Name of the rig.")] = None,
    ego: Annotated[
        str | None,
        typer.Option("--ego", metavar="FRAME", help="Frame of the files that is the ego frame."),
    ] = None,
    rectified: Annotated[
        bool,
        typer.Option("--rectified", help="Take the intrinsics of rectified images (ROS: P)."),
    ] = False,
    format: Annotated[
        str | None, typer.Option("--format", help="Kind of the files, if it is not recognised.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it is there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a rig.toml of calibration files of other tools."""
    from av3d.calibration.rig_toml import write_rig

    if out.exists() and not overwrite:
        raise OutputError("the file is there already", out, "choose another name or --overwrite")
    try:
        rig = _rig_of(files, name, ego, rectified, format)
    except Av3dError as error:
        # A chain of places may end beyond reason though no file alone does.
        error.where = error.where or ", ".join(files)
        raise
    write_rig(rig, out)
    if as_json:
        print_json({"path": str(out.absolute()), **rig_facts(rig)})
        return
    say(f"{out}")
    _print_rig(rig)


@app.command("show")
def show(
    rig: Annotated[Path, typer.Argument(metavar="RIG", help="A rig.toml.")],
    as_json: JsonOption = False,
) -> None:
    """State where the sensors of a rig sit and how its cameras see."""
    from av3d.calibration.rig_toml import read_rig

    read = read_rig(rig)
    if as_json:
        print_json({"path": str(rig.absolute()), **rig_facts(read)})
    else:
        say(f"{read.name}  {rig}")
        _print_rig(read)


def _rig_of(
    files: list[str], name: str | None, ego: str | None, rectified: bool, format: str | None
) -> Rig:
    from dataclasses import replace

    from av3d.calibration.formats import assemble, files_in, read_pieces
    from av3d.datasets.registry import datasets, is_there

    pieces = []
    for file in files:
        named = _NAMED.fullmatch(file)
        # A path may hold "=", too.
        camera, path = (None, Path(file)) if Path(file).exists() or not named else (
            named[1], Path(named[2])
        )  # fmt: skip
        if not is_there(path):
            raise Av3dError("there is no such file or folder", path, "check the path")
        kind = next(
            (
                kind
                for kind in datasets()
                if (format is None and kind.recognise_rig(path))
                or (format == kind.name and kind.reads_rigs)
            ),
            None,
        )
        if kind is not None:
            if len(files) > 1 or camera is not None:
                raise Av3dError(
                    f"{kind.title} calibration is a whole rig and is converted alone", path,
                    "give only this path",
                )  # fmt: skip
            rig = kind.read_rig(path)
            return rig if name is None else replace(rig, name=name)
        if path.is_dir():
            pieces += [read_pieces(each, camera, format) for each in files_in(path)]
        else:
            pieces.append(read_pieces(path, camera, format))
    if rectified:
        lacking = [
            camera for piece in pieces for camera in piece.cameras if camera not in piece.rectified
        ]
        if lacking:
            raise Av3dError(
                f"no intrinsics of rectified images for camera {lacking[0]}", "--rectified",
                "leave the option out",
            )  # fmt: skip
        pieces = [replace(piece, cameras=piece.rectified) for piece in pieces]
    first = Path(files[0].rpartition("=")[2])
    return assemble(pieces, name or real_path(first).parent.name or "rig", ego=ego)


def rig_facts(rig: Rig) -> dict[str, Any]:
    """What `av3d rig show --json` prints; lengths in metres, angles in degrees."""
    return {
        "name": rig.name,
        "source": rig.source,
        "date": rig.date,
        "lidars": {name: _place(mount.ego_SE3_lidar) for name, mount in rig.lidars.items()},
        "cameras": {
            name: {
                "width_px": mount.camera.width_px,
                "height_px": mount.camera.height_px,
                "model": mount.camera.model,
                "field_of_view_deg": _field_of_view_deg(mount.camera),
                "clock_offset_ms": mount.clock_offset_ns / 1e6,
                "readout_ms": mount.readout_ns / 1e6,
                **_place(mount.ego_SE3_camera, optical=True),
            }
            for name, mount in rig.cameras.items()
        },
        "notes": list(rig.notes),
    }


def _place(ego_SE3_sensor: SE3, *, optical: bool = False) -> dict[str, Any]:
    """Position, and where the sensor's x axis (a camera's view) points."""
    import numpy as np

    from av3d.calibration.rig import BODY_SE3_OPTICAL

    pose = ego_SE3_sensor @ BODY_SE3_OPTICAL.inverse() if optical else ego_SE3_sensor
    roll, pitch, yaw = np.rad2deg(pose.roll_pitch_yaw_rad).tolist()
    return {
        "position_m": pose.translation_m.tolist(),
        "yaw_deg": yaw,
        "pitch_deg": pitch,
        "roll_deg": roll,
    }


def _field_of_view_deg(camera: Any) -> float:
    """Angle between the rays of the left and the right end of the middle row; NaN if it has none."""
    import numpy as np

    row = (camera.height_px - 1) / 2
    left, right = camera.unproject([(-0.5, row), (camera.width_px - 0.5, row)])
    centre = camera.unproject([(camera.cx_px, camera.cy_px)])[0]

    def angle(ray: Any) -> float:
        cosine = ray @ centre / (np.linalg.norm(ray) * np.linalg.norm(centre))
        return float(np.rad2deg(np.arccos(np.clip(cosine, -1, 1))))

    return angle(left) + angle(right)


def _print_rig(rig: Rig) -> None:
    facts = rig_facts(rig)
    rows = []
    for kind, sensors in (("LiDAR", facts["lidars"]), ("camera", facts["cameras"])):
        for name, sensor in sensors.items():
            x, y, z = sensor["position_m"]
            angles = [f"{sensor[f'{key}_deg']:.1f}" for key in ("yaw", "pitch", "roll")]
            size = f"{sensor['width_px']}x{sensor['height_px']}" if "width_px" in sensor else ""
            view = sensor.get("field_of_view_deg")
            # NaN: no ray reaches the border of the image.
            seen = "" if view is None else ("?" if math.isnan(view) else f"{view:.0f}°")
            rows.append(
                [
                    kind,
                    name,
                    size,
                    sensor.get("model", ""),
                    seen,
                    f"{x:.2f}, {y:.2f}, {z:.2f}",
                    *angles,
                ]
            )
    headers = ["", "sensor", "size", "lens", "view", "x, y, z in m", "yaw", "pitch", "roll"]
    say(table(headers, [[cell.replace("-", "−") if i > 4 else cell for i, cell in enumerate(row)]
                        for row in rows], "llllrrrrr"))  # fmt: skip
    for note in rig.notes:
        remark(f"note: {note}")
