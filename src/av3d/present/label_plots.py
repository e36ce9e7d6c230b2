"""Statistics of labels as plots and tables in a folder: a PNG for each theme, and CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from av3d.errors import OutputError
from av3d.files import new_folder
from av3d.tracks.keyframe import Provenance
from av3d.tracks.statistics import SIDES, CategoryStatistics, LabelStatistics, Spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CATEGORIES_CSV, HISTOGRAMS_CSV = "categories.csv", "histograms.csv"
MOST_PANELS = 12
"""Categories that get a panel of their own, those with the most cuboids; all are in the CSV tables."""

# Colours that also people tell apart who see no red or no green: Okabe and Ito, 2008.
BLUE, ORANGE, GREEN, PINK, SKY, YELLOW, GREY = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c96a0",
)  # fmt: skip
_PROVENANCE_COLOURS = {
    Provenance.MANUAL: BLUE,
    Provenance.FITTED: GREEN,
    Provenance.IMPORTED: YELLOW,
    Provenance.MODEL: PINK,
    Provenance.INTERPOLATED: GREY,
}
_VALUE_COLOURS = (BLUE, SKY, GREEN, YELLOW, ORANGE, PINK, GREY)
_DPI = 110
_WIDTH = 11.0

POINTS = "points, from … on"
MOST_SEEN = 4
"""Attributes of occlusion and the like that get a plot."""

Ordered = Sequence[tuple[str, CategoryStatistics]]
_Spreads = Callable[[CategoryStatistics], list[tuple[str, Spread]]]


def check_replaceable(out: Path, *, overwrite: bool) -> None:
    """Refuse a folder with something else in it before hours are spent.

    Raises:
        OutputError: it is in use.
    """
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists() and not (overwrite and (out / CATEGORIES_CSV).is_file()):
        raise OutputError(
            "the folder holds something else than earlier plots"
            if overwrite
            else "the output folder is not empty",
            out,
            "choose another folder" if overwrite else "choose a new folder or add --overwrite",
        )


def write_plots(found: LabelStatistics, out: Path, *, overwrite: bool = False) -> list[str]:
    """Write plots and tables to a new folder, aside first. The same numbers give the same bytes.

    Args:
        found: the numbers.
        out: the folder.
        overwrite: replace earlier plots.

    Returns:
        Names of the files.

    Raises:
        OutputError: the folder is in use, or the disk refuses; it is as it was.
    """
    check_replaceable(out, overwrite=overwrite)
    order = sorted(found.categories.items(), key=lambda item: (-item[1].cuboid_count, item[0]))
    with new_folder(out, replace=overwrite) as aside:
        _write_categories(order, aside / CATEGORIES_CSV)
        _write_histograms(order, aside / HISTOGRAMS_CSV)
        if order:
            for name, figure in _figures(order):
                figure.savefig(aside / name, dpi=_DPI, metadata={"Software": None})
        return sorted(path.name for path in aside.iterdir())


def _figures(order: Ordered) -> Sequence[tuple[str, Figure]]:
    made = [("counts.png", _counts(order)), ("provenance.png", _provenance(order))]
    if any(one.seen for _, one in order):
        made.append(("seen.png", _seen(order)))
    panels: tuple[tuple[str, str, str, str, _Spreads], ...] = (
        ("sizes.png", "Sizes of tracks", "metres", "tracks", _sizes),
        (
            "ranges.png",
            "Distance from the ego",
            "metres",
            "cuboids",
            lambda one: [("", one.range_m)],
        ),
        ("speeds.png", "Speed over ground", "m/s", "cuboids", lambda one: [("", one.speed_m_s)]),
        ("points.png", "Points in a cuboid", POINTS, "cuboids", lambda one: [("", one.points)]),
    )
    for name, title, unit, of, spreads in panels:
        shown = [(key, spreads(one)) for key, one in order[:MOST_PANELS]]
        shown = [(key, own) for key, own in shown if any(spread.count for _, spread in own)]
        if shown:
            made.append((name, _histograms(shown, title, unit, of)))
    return made


def _sizes(one: CategoryStatistics) -> list[tuple[str, Spread]]:
    return list(zip(SIDES, one.sizes_m, strict=True))


def _figure(height: float, title: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=14, fontweight="bold")
    return figure


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _counts(order: Ordered) -> Figure:
    shown = order[::-1]  # the first at the top
    figure = _figure(1.6 + 0.32 * len(shown), "How much there is of each category")
    names = [name for name, _ in shown]
    columns: list[tuple[str, list[float], str, str]] = [
        ("tracks", [float(one.tracks) for _, one in shown], BLUE, ",.0f"),
        ("cuboids at frames", [float(one.cuboid_count) for _, one in shown], ORANGE, ",.0f"),
        ("keyframes per 100 cuboids", [one.keyframes_per_100 or 0.0 for _, one in shown], GREEN, ",.1f"),
    ]  # fmt: skip
    every: Any = figure.subplots(1, len(columns), sharey=True)
    for axes, (title, values, colour, digits) in zip(every, columns, strict=True):
        axes.barh(names, values, color=colour, height=0.7)
        for row, value in enumerate(values):
            axes.text(value, row, f" {value:{digits}}", va="center", fontsize=8)
        axes.set_xlabel(title, fontsize=9)
        axes.set_xlim(0, (max(values) or 1) * 1.22)
        _plain(axes)
    return figure


def _provenance(order: Ordered) -> Figure:
    shown = order[::-1]
    figure = _figure(2.0 + 0.32 * len(shown), "Where cuboids come from, and what reviewers decided")
    names = [name for name, _ in shown]
    left, right = figure.subplots(1, 2, sharey=True)
    _stack(
        left,
        names,
        [
            (one.value, [numbers.cuboids[one] for _, numbers in shown], colour)
            for one, colour in _PROVENANCE_COLOURS.items()
        ],
        "cuboids at frames, %",
    )
    undecided = [one.tracks - one.accepted - one.refused for _, one in shown]
    _stack(
        right,
        names,
        [
            ("accepted", [one.accepted for _, one in shown], BLUE),
            ("refused", [one.refused for _, one in shown], ORANGE),
            ("undecided", undecided, GREY),
        ],
        "tracks, %",
    )
    return figure


def _seen(order: Ordered) -> Figure:
    """What attributes say of occlusion and the like, a panel for each."""
    names = sorted({name for _, one in order for name in one.seen})[:MOST_SEEN]
    shown = order[::-1]
    figure = _figure((1.8 + 0.3 * len(shown)) * len(names), "How much of them is seen")
    every: Any = figure.subplots(len(names), 1, squeeze=False)
    for axes, name in zip(every.flat, names, strict=True):
        counts: list[Mapping[str, int]] = [one.seen.get(name, {}) for _, one in shown]
        values = sorted({value for own in counts for value in own})
        parts = [
            (value, [own.get(value, 0) for own in counts], _VALUE_COLOURS[k % len(_VALUE_COLOURS)])
            for k, value in enumerate(values)
        ]
        _stack(axes, [key for key, _ in shown], parts, f"{name}, % of cuboids that have it")
    return figure


def _stack(
    axes: Axes, names: list[str], parts: Sequence[tuple[str, list[int], str]], label: str
) -> None:
    totals = [sum(values) or 1 for values in zip(*(counts for _, counts, _ in parts), strict=True)]
    start = [0.0] * len(names)
    for title, counts, colour in parts:
        if not any(counts):
            continue
        shares = [100 * count / total for count, total in zip(counts, totals, strict=True)]
        axes.barh(names, shares, left=start, color=colour, height=0.7, label=title)
        start = [before + share for before, share in zip(start, shares, strict=True)]
    axes.set_xlim(0, 100)
    axes.set_xlabel(label, fontsize=9)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, fontsize=8, frameon=False
        )
    _plain(axes)


def _histograms(
    shown: Sequence[tuple[str, list[tuple[str, Spread]]]], title: str, unit: str, of: str
) -> Figure:
    columns = min(3, len(shown))
    rows = math.ceil(len(shown) / columns)
    figure = _figure(0.9 + 2.2 * rows, title)
    panels: Any = figure.subplots(rows, columns, squeeze=False)
    logarithmic = unit == POINTS
    high = max(_last(spread) for _, own in shown for _, spread in own if spread.count)
    for place, axes in enumerate(panels.flat):
        if place >= len(shown):
            axes.set_visible(False)
            continue
        name, own = shown[place]
        for (side, spread), colour in zip(own, (BLUE, ORANGE, GREEN), strict=False):
            if spread.count:
                _bars(axes, spread, colour, side, logarithmic=logarithmic)
        [first] = [spread for _, spread in own[:1]]
        axes.set_title(f"{name}, {first.count:,} {of}", fontsize=9)
        axes.set_xlabel(unit, fontsize=8)
        axes.set_ylabel(f"% of {of}", fontsize=8)
        if not logarithmic:
            axes.set_xlim(0, high * 1.02)
        if len(own) > 1:
            axes.legend(fontsize=7, frameon=False)
        _plain(axes)
    return figure


def _last(spread: Spread) -> float:
    """The end of the last bin that has something."""
    [*_, last] = (row for row, count in enumerate(spread.bins.tolist()) if count)
    return float(spread.edges[last + 1])


def _bars(axes: Axes, spread: Spread, colour: str, label: str, *, logarithmic: bool) -> None:
    shares = 100 * spread.bins / spread.count
    if logarithmic:
        # Bins of unequal width, drawn side by side with their beginnings below.
        places = range(len(shares))
        axes.bar(places, shares, color=colour, width=0.9)
        axes.set_xticks(list(places), [f"{edge:.0f}" for edge in spread.edges[:-1]])
        axes.tick_params(axis="x", labelrotation=60)
        return
    axes.stairs(shares, spread.edges, color=colour, fill=True, alpha=0.55 if label else 1.0)
    if label:
        axes.stairs(shares, spread.edges, color=colour, label=label)


def _write_categories(order: Ordered, path: Path) -> None:
    header = ["category", "tracks", "cuboids", "keyframes", "keyframes_per_100_cuboids", "present_s",
              "accepted", "refused", "proposals", "standing_cuboids"]  # fmt: skip
    header += [f"keyframes_{one}" for one in Provenance if one is not Provenance.INTERPOLATED]
    header += [f"cuboids_{one}" for one in Provenance]
    spreads = [f"{side}_m" for side in SIDES] + ["range_m", "speed_m_s", "points"]
    header += [f"{name}_{what}" for name in spreads for what in ("mean", "sd", "min", "max")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for name, one in order:
            row: list[Any] = [name, one.tracks, one.cuboid_count, one.keyframe_count]
            row += [one.keyframes_per_100, one.present_s, one.accepted, one.refused, one.proposals]
            row.append(one.standing)
            row += [one.keyframes[p] for p in Provenance if p is not Provenance.INTERPOLATED]
            row += [one.cuboids[p] for p in Provenance]
            for spread in (*one.sizes_m, one.range_m, one.speed_m_s, one.points):
                known = (spread.mean, spread.deviation, spread.low, spread.high)
                row += known if spread.count else ("",) * 4
            writer.writerow(row)


def _write_histograms(order: Ordered, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["category", "what", "from", "to", "count"])
        for name, one in order:
            named = [(f"{side}_m", spread) for side, spread in zip(SIDES, one.sizes_m, strict=True)]
            named += [
                ("range_m", one.range_m),
                ("speed_m_s", one.speed_m_s),
                ("points", one.points),
            ]
            for what, spread in named:
                for row, count in enumerate(spread.bins.tolist()):
                    if count:
                        writer.writerow([name, what, *spread.edges[row : row + 2].tolist(), count])
