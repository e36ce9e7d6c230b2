"""Pictures of every motion model on one turning car, as docs/motion.md shows them.

    python docs/examples/motion_pictures.py sample_logs/crossing --out out
    python docs/examples/motion_pictures.py PATH_OF_AN_ARGOVERSE_2_LOG --track "Car 6" --out out

The truth is the labels of the log, one a frame (of a simulated log what the simulator wrote). Keyframes
are taken from it every two to three seconds, 5 cm and 1 degree off; each model fills what is in between.
Needs matplotlib.
"""

from __future__ import annotations

import argparse
import io
from dataclasses import replace
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Patch, Polygon
from PIL import Image

from av3d.datasets.registry import dataset, open_log
from av3d.geometry.cuboid import Cuboid
from av3d.geometry.overlap import footprint, iou_3d
from av3d.geometry.se3 import SE3
from av3d.logs.log import Log
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.motion.heading import split_heading
from av3d.tracks.motion.states import MotionStates
from av3d.tracks.track import Track
from av3d.types import FloatArray

MODELS = {
    "static": Interpolation(Model.STATIC),
    "linear": Interpolation(Model.LINEAR),
    "smooth": Interpolation(Model.SMOOTH),
    "vehicle": Interpolation(Model.VEHICLE),
    "automatic": Interpolation(),
    "pinned": Interpolation(pinned=True),
}
ABOUT_S = 2.5
"""From one keyframe to the next, more or less: they are spread evenly."""
SIGMA_M, SIGMA_RAD = 0.05, np.radians(1.0)
"""Noise of the keyframes in x and y (in z half of it) and of their heading."""
CHI2_PLANE, NORMAL = 4.605, 1.645
"""What 90 % are within: the square of two errors together, and one error, in standard deviations."""
DPI = 130

GROUND, PANEL, TEXT, FAINT = "#0E1114", "#15181C", "#E8ECF1", "#6B7686"
TRUTH, KEYFRAME, PATH, DOUBT = "#AEB7C2", "#F2F4F7", "#4DB2F5", "#FFC53D"


def true_track(path: Path, name: str | None) -> Track:
    """The track of that name; without one, the car that turns most, of those that go 10 m or more."""
    log = open_log(path)
    truth = log.path / "truth" / "tracks.json"
    tracks = dataset(log.kind).read_labels(log, truth if truth.is_file() else None).tracks

    def turned(track: Track) -> float:
        columns = track.columns
        if track.category != "car" or np.ptp(columns.centers_m, axis=0).max() < 10:
            return 0.0
        yaws_rad, _ = split_heading(columns.rotations)
        return float(abs(yaws_rad[-1] - yaws_rad[0]))

    if name is None:
        return on_beam(log, max(tracks, key=turned))
    return on_beam(log, next(track for track in tracks if track.is_called(name)))


def on_beam(log: Log, track: Track) -> Track:
    """The track with its keyframes at the times when the LiDAR's beam passed, as docs/time.md has it."""
    times_ns = log.beam_times_ns(track.columns.times_ns, track.columns.centers_m).tolist()
    moved = {
        time_ns: replace(keyframe, timestamp_ns=time_ns)
        for time_ns, keyframe in zip(times_ns, track.keyframes, strict=True)
    }
    return replace(track, keyframes=tuple(moved.values()), presence=())


def with_few_keyframes(truth: Track, seed: int) -> Track:
    """The track of an annotator who has set a keyframe now and then, with an unsteady hand."""
    columns = truth.columns
    times_ns = columns.times_ns
    gaps = max(round((times_ns[-1] - times_ns[0]) / 1e9 / ABOUT_S), 1)
    wanted_ns = np.linspace(times_ns[0], times_ns[-1], gaps + 1)
    rows = np.unique([np.abs(times_ns - wanted).argmin() for wanted in wanted_ns])
    draws = np.random.default_rng(seed).standard_normal((len(rows), 4))
    size_lwh_m = np.median(columns.sizes_lwh_m, axis=0)
    keyframes = []
    for row, draw in zip(rows.tolist(), draws, strict=True):
        off = SE3.from_yaw(draw[3] * SIGMA_RAD, draw[:3] * SIGMA_M * [1, 1, 0.5])
        pose = SE3(
            off.rotation @ columns.rotations[row], columns.centers_m[row] + off.translation_m
        )
        keyframes.append(Keyframe(int(times_ns[row]), Cuboid(pose, size_lwh_m)))
    return Track("turning", truth.category, tuple(keyframes))


class View:
    """The plane from above, from where the track begins, turned so that it lies across the page.

    Args:
        centers_m: of the truth, world frame, (N, 3).
    """

    def __init__(self, centers_m: FloatArray) -> None:
        self._start_m = centers_m[0, :2]
        away_m = centers_m[:, :2] - centers_m[:, :2].mean(axis=0)
        along = np.linalg.svd(away_m, full_matrices=False)[2][0]
        along = along * np.sign(along @ (centers_m[-1, :2] - centers_m[0, :2]))
        self._turn = np.array([along, [-along[1], along[0]]])
        self.turn_rad = float(np.arctan2(along[1], along[0]))

    def seen(self, points_m: FloatArray) -> FloatArray:
        """Points of the world (N, 2 or more) on the page, (N, 2)."""
        return np.asarray((points_m[:, :2] - self._start_m) @ self._turn.T)


def draw_plane(axes: Axes, view: View, truth: Track, track: Track, states: MotionStates) -> None:
    """The path from above, with boxes and 90 % ellipses each second."""
    true_m = view.seen(truth.columns.centers_m)
    axes.plot(*true_m.T, color=TRUTH, lw=1.0, zorder=3)
    axes.plot(*view.seen(states.centers_m).T, color=PATH, lw=1.8, zorder=4)
    start_ns, size_lwh_m = states.times_ns[0], track.keyframes[0].cuboid.size_lwh_m
    seconds_ns = np.arange(start_ns, states.times_ns[-1] + 1, 1_000_000_000)
    for row in np.searchsorted(states.times_ns, seconds_ns).tolist():
        corners = view.seen(footprint(states.cuboid(row, size_lwh_m)))
        axes.add_patch(Polygon(corners, fill=False, ec=PATH, lw=0.8, zorder=4))
        if states.covariances is None:
            continue
        spread, directions = np.linalg.eigh(states.covariances[row, :2, :2])
        long = states.rotations[row, :2, :2] @ directions[:, 1]
        angle = np.degrees(np.arctan2(long[1], long[0]) - view.turn_rad)
        width, height = 2 * np.sqrt(CHI2_PLANE * np.maximum(spread[::-1], 0))
        place = view.seen(states.centers_m[row : row + 1])[0]
        axes.add_patch(
            Ellipse(
                tuple(place), width, height, angle=angle, fc=DOUBT, ec=DOUBT, alpha=0.55, zorder=5
            )
        )
    for keyframe in track.keyframes:
        corners = view.seen(footprint(keyframe.cuboid))
        axes.add_patch(Polygon(corners, fill=False, ec=KEYFRAME, lw=1.6, zorder=6))
        axes.plot(
            *view.seen(keyframe.cuboid.center_m[None])[0], "D", color=KEYFRAME, ms=3.5, zorder=7
        )
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.06)
    axes.set_xlabel("metres from where it begins, seen from above")


def draw_errors(
    place: Axes, heading: Axes, truth: Track, track: Track, states: MotionStates
) -> None:
    """Error of the centre and of the heading over time, with what 90 % are said to stay within."""
    times_s = (states.times_ns - states.times_ns[0]) / 1e9
    off_m, off_rad = errors(truth, states)
    if states.covariances is not None:
        draws = np.random.default_rng(0).standard_normal((2, 4000))
        roots = np.sqrt(np.maximum(np.linalg.eigvalsh(states.covariances[:, :2, :2]), 0))
        reach_m = np.quantile(np.hypot(*(roots.T[:, :, None] * draws[:, None])), 0.9, axis=1)
        reach_rad = NORMAL * np.sqrt(states.covariances[:, 5, 5])
        place.fill_between(times_s, 0, reach_m, color=DOUBT, alpha=0.3, lw=0)
        heading.fill_between(
            times_s, *np.degrees([-reach_rad, reach_rad]), color=DOUBT, alpha=0.3, lw=0
        )
    place.plot(times_s, off_m, color=PATH, lw=1.5)
    heading.plot(times_s, np.degrees(off_rad), color=PATH, lw=1.5)
    at_s = (track.columns.times_ns - states.times_ns[0]) / 1e9
    for axes in (place, heading):
        for second in at_s.tolist():
            axes.axvline(second, color=KEYFRAME, lw=0.8, alpha=0.35, zorder=0)
        axes.set_xlim(0, times_s[-1])
        axes.grid(visible=True, axis="y", color=FAINT, alpha=0.25, lw=0.6)
        axes.set_xlabel("seconds; keyframes at the lines")
    place.set_ylabel("centre off by, m")
    heading.set_ylabel("heading off by, °")


def overlaps(truth: Track, track: Track, states: MotionStates) -> FloatArray:
    """Exact 3D overlap with the truth at the frames without keyframes."""
    size_lwh_m = track.keyframes[0].cuboid.size_lwh_m
    free = ~np.isin(states.times_ns, track.columns.times_ns)
    return np.array(
        [
            iou_3d(
                states.cuboid(row, size_lwh_m),
                Cuboid(truth.keyframes[row].cuboid.frame_SE3_cuboid, size_lwh_m),
            )
            for row in np.flatnonzero(free).tolist()
        ]
    )


def errors(truth: Track, states: MotionStates) -> tuple[FloatArray, FloatArray]:
    """Distances of the centres from the truth, seen from above, and turns of the headings, (N,)."""
    away_m = states.centers_m - truth.columns.centers_m
    yaws_rad, _ = split_heading(states.rotations)
    true_rad, _ = split_heading(truth.columns.rotations)
    off_rad = (yaws_rad - true_rad + np.pi) % (2 * np.pi) - np.pi
    return np.hypot(away_m[:, 0], away_m[:, 1]), off_rad


def save(figure: Figure, target: Path) -> None:
    """Write a picture with few colours, which is a third as large."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=DPI)
    plt.close(figure)
    picture = Image.open(buffer).convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", type=Path, help="a log with labels in every frame")
    parser.add_argument("--track", help="like “car 6”; default: the car that turns most")
    parser.add_argument("--seed", type=int, default=0, help="of the noise")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures")
    parser.add_argument("--name", default="motion", help="how their names begin")
    options = parser.parse_args()

    known = {font.name for font in font_manager.fontManager.ttflist}
    plt.rcParams.update(
        {
            "font.family": [font for font in ("Inter", "DejaVu Sans") if font in known][:1],
            "font.size": 11, "text.color": TEXT, "axes.labelcolor": TEXT, "axes.edgecolor": FAINT,
            "xtick.color": TEXT, "ytick.color": TEXT, "axes.facecolor": PANEL,
            "figure.facecolor": GROUND, "axes.spines.top": False, "axes.spines.right": False,
        }
    )  # fmt: skip
    truth = true_track(options.log, options.track)
    few = with_few_keyframes(truth, options.seed)
    tracks = {name: replace(few, interpolation=said) for name, said in MODELS.items()}
    times_ns = truth.columns.times_ns
    off = [
        errors(truth, track.motion.states(times_ns))
        for name, track in tracks.items()
        if name != "static"
    ]
    # One scale for all models that move.
    most_m = 1.1 * max(off_m.max() for off_m, _ in off)
    most_deg = 1.1 * max(np.degrees(np.abs(off_rad)).max() for _, off_rad in off)
    view = View(truth.columns.centers_m)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, track in tracks.items():
        states = track.motion.states(times_ns)
        figure = plt.figure(figsize=(11, 5.8), layout="constrained")
        grid = figure.add_gridspec(2, 2, height_ratios=[1.45, 1])
        plane = figure.add_subplot(grid[0, :])
        place, heading = figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[1, 1])
        draw_plane(plane, view, truth, track, states)
        draw_errors(place, heading, truth, track, states)
        if name != "static":
            place.set_ylim(0, most_m)
            heading.set_ylim(-most_deg, most_deg)
        found = overlaps(truth, track, states)
        worth = f"3D IoU between the keyframes: mean {found.mean():.2f}, worst {found.min():.2f}"
        plane.set_title(name, loc="left", fontweight="bold", fontsize=15)
        plane.set_title(worth, loc="right", fontsize=11)
        legend: list[Artist] = [
            Line2D([], [], color=TRUTH, lw=1.0, label="truth"),
            Line2D([], [], color=KEYFRAME, lw=1.6, marker="D", ms=4, label="keyframes"),
            Line2D([], [], color=PATH, lw=1.8, label="model, a box each second"),
        ]
        if states.covariances is not None:
            legend.append(Patch(fc=DOUBT, alpha=0.55, label="90 % within, as the model says"))
        figure.legend(
            handles=legend, loc="outside lower center", ncols=4, fontsize=10, frameon=False
        )
        target = options.out / f"{options.name}-{name}.png"
        save(figure, target)
        print(f"{name:10} mean IoU {found.mean():.3f}, worst {found.min():.3f}  {target}")  # noqa: T201


if __name__ == "__main__":
    main()
