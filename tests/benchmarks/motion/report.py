"""The figures of a run as tables for people and as values for --json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from motion.edits import GOOD_IOU
from motion.measuring import (
    Row,
    coverage,
    keyframes_per_100,
    mean_iou,
    share_good,
)
from motion.models import WorldLinear
from motion.spans import GROUPS, Span
from motion.speed import ASKED, FRAMES, KEYFRAMES

LINEAR = WorldLinear.name
ALL = "all"

Figure = dict[str, Any]
Part = tuple[tuple[str, str], ...]


def figures(rows: Sequence[Row]) -> list[Figure]:
    """Every figure of a run: of all spans and of parts of them, one dictionary each."""
    gathered: dict[tuple[Part, str, str, float], dict[str, list[Row]]] = {}
    for row in rows:
        for part in _parts(row):
            key = (part, row.protocol, row.level, row.spacing_s)
            gathered.setdefault(key, {}).setdefault(row.model, []).append(row)
    return [
        {**dict(part), "protocol": protocol, "noise": level, "model": model}
        | ({"spacing_s": spacing_s} if spacing_s else {})
        | _figure(of_model, by_model.get(LINEAR))
        for (part, protocol, level, spacing_s), by_model in gathered.items()
        for model, of_model in by_model.items()
    ]


def _parts(row: Row) -> list[Part]:
    """The parts of all spans to which one belongs: halves, groups, what moves and stands; its case."""
    parts: list[Part] = [
        (("half", half), ("group", group), ("motion", motion))
        for half in (ALL, row.half)
        for group in (ALL, row.group)
        for motion in (ALL, "moving" if row.moves else "standing")
    ]
    return [*parts, (("case", row.case),)]


def _figure(rows: Sequence[Row], linear: Sequence[Row] | None) -> Figure:
    per_100 = keyframes_per_100(rows)
    by_seed = [
        keyframes_per_100([row for row in rows if row.seed == seed])
        for seed in unique(row.seed for row in rows)
    ]
    worst = np.array([row.worst for row in rows])
    filled = sum(row.filled for row in rows)
    figure: Figure = {
        "spans": len(rows) // len(by_seed),
        "keyframes_per_100": per_100,
        "keyframes_per_100_spread": float(np.std(by_seed)),
        "mean_iou": mean_iou(rows),
        "share_good": share_good(rows),
        "worst_iou_median": float(np.median(worst)),
        "worst_iou_tenth": float(np.quantile(worst, 0.1)),
        "spans_all_good": float((worst >= GOOD_IOU).mean()),
        "ms_per_filled_frame": 1e3 * sum(row.took_s for row in rows) / max(filled, 1),
    }
    if linear:
        figure["to_linear"] = per_100 / keyframes_per_100(linear)
        figure["mean_iou_to_linear"] = mean_iou(rows) - mean_iou(linear)
        figure["share_good_to_linear"] = share_good(rows) - share_good(linear)
    stated = coverage(rows)
    return {**figure, "coverage": stated} if stated else figure


def head(spans: Sequence[Span]) -> str:
    """What was measured."""
    frames = sum(map(len, spans))
    groups = ", ".join(f"{sum(span.group == group for span in spans)} {group}" for group in GROUPS)
    tune = sum(span.half == "tune" for span in spans)
    moving = sum(span.moves for span in spans)
    return (
        f"{len(spans)} spans, {frames} frames ({groups}; {moving} move; {tune} to tune on); two "
        f"keyframes each make {200 * len(spans) / max(frames, 1):.2f} per 100 frames"
    )


def tables(found: Sequence[Figure]) -> str:
    """The tables of the issue, one after the other."""
    parts: list[str] = []
    for half in (ALL, "tune", "report"):
        whole = {"half": half, "group": ALL, "motion": ALL}
        name = half_name(half)
        parts += [
            _edits(found, whole, "a", f"(a) keyframes per 100 frames, {name}"),
            _edits(found, whole, "b", f"(b) where the model wants the next keyframe, {name}"),
            _edits(found, whole, "b-middle", f"(b) in the middle of the longest gap, {name}"),
        ]
    for half in (ALL, "report"):
        parts += [
            _by_group(found, half, "a"),
            _by_group(found, half, "b"),
            _stopping(found, half),
            _spacing(found, half),
            _dropped(found, half),
            _coverage(found, half),
        ]
    parts += [_by_case(found), _worse(found)]
    return "\n\n".join(part for part in parts if part)


def half_name(half: str) -> str:
    return {ALL: "all spans", "tune": "half to tune on", "report": "half to report on"}[half]


def pick(found: Iterable[Figure], **wanted: object) -> list[Figure]:
    """Figures that have all of these values."""
    return [
        figure
        for figure in found
        if all(figure.get(name) == value for name, value in wanted.items())
    ]


def _edits(found: Sequence[Figure], part: dict[str, str], protocol: str, title: str) -> str:
    chosen = pick(found, **part, protocol=protocol)
    lines: list[list[str]] = []
    for model in unique(figure["model"] for figure in chosen):
        line = [model]
        for figure in pick(chosen, model=model):
            text = f"{_per_100(figure)}  ±{figure['keyframes_per_100_spread']:.2f}"
            text += _to_oracle(found, figure)
            line.append(text)
        lines.append(line)
    return table(title, ["noise", *unique(figure["noise"] for figure in chosen)], lines)


def _by_group(found: Sequence[Figure], half: str, protocol: str) -> str:
    chosen = pick(found, half=half, motion=ALL, protocol=protocol)
    chosen = [figure for group in GROUPS for figure in chosen if figure["group"] == group]
    title = f"({protocol}) by group, keyframes per 100 frames, {half_name(half)}"
    return _by_part(found, chosen, "group", title)


def _by_case(found: Sequence[Figure]) -> str:
    chosen = [figure for figure in pick(found, protocol="a") if "case" in figure]
    return _by_part(found, chosen, "case", "(a) by case, keyframes per 100 frames, all spans")


def _by_part(found: Sequence[Figure], chosen: Sequence[Figure], name: str, title: str) -> str:
    lines: list[list[str]] = []
    for part in unique(figure[name] for figure in chosen):
        for model in unique(figure["model"] for figure in chosen):
            here = pick(chosen, **{name: part}, model=model)
            if here:
                cells = [_per_100(figure) + _to_oracle(found, figure) for figure in here]
                lines.append([f"{part} ({here[0]['spans']})", model, *cells])
    return table(title, [name, "model", *unique(figure["noise"] for figure in chosen)], lines)


def _per_100(figure: Figure) -> str:
    text = f"{figure['keyframes_per_100']:.2f}"
    return text + (f"  {figure['to_linear']:.2f}x" if "to_linear" in figure else "")


def _to_oracle(found: Sequence[Figure], figure: Figure) -> str:
    """The ratio to protocol a, of a figure of another one."""
    if figure["protocol"] == "a":
        return ""
    same = {name: figure[name] for name in ("half", "group", "motion", "model", "noise")}
    oracle = pick(found, **same, protocol="a")
    if not oracle:
        return ""
    ratio = figure["keyframes_per_100"] / oracle[0]["keyframes_per_100"]
    return f"  {ratio:.2f} of (a)"


def _stopping(found: Sequence[Figure], half: str) -> str:
    chosen = pick(found, half=half, group=ALL, motion=ALL, protocol="b-stop")
    lines = [
        [
            figure["model"],
            figure["noise"],
            f"{figure['keyframes_per_100']:.2f}",
            f"{figure['worst_iou_median']:.3f}",
            f"{figure['worst_iou_tenth']:.3f}",
            f"{figure['spans_all_good']:.1%}",
            f"{figure['share_good']:.1%}",
            f"{figure['mean_iou']:.3f}",
        ]
        for figure in chosen
    ]
    names = ["model", "noise", "per 100", "worst: median", "10 %", "spans all >= .7", "frames >= .7",
             "mean"]  # fmt: skip
    return table(f"(b) stopping by the model's own expected IoU, {half_name(half)}", names, lines)


def _spacing(found: Sequence[Figure], half: str) -> str:
    chosen = pick(found, half=half, group=ALL, motion="moving", protocol="c")
    spacings = unique(figure["spacing_s"] for figure in chosen)
    lines = [
        [model, level]
        + [
            f"{figure['mean_iou']:.3f} {figure['share_good']:.1%}"
            for spacing_s in spacings
            for figure in pick(chosen, model=model, noise=level, spacing_s=spacing_s)
        ]
        for level in unique(figure["noise"] for figure in chosen)
        for model in unique(figure["model"] for figure in chosen)
    ]
    title = f"(c) keyframes at a fixed spacing, moving: mean IoU, share >= .7, {half_name(half)}"
    return table(title, ["model", "noise", *(f"{spacing:g} s" for spacing in spacings)], lines)


def _dropped(found: Sequence[Figure], half: str) -> str:
    chosen = pick(found, half=half, group=ALL, motion=ALL, protocol="d")
    levels = unique(figure["noise"] for figure in chosen)
    lines = [
        [model]
        + [
            f"{figure['mean_iou']:.3f} {figure['share_good']:.1%}"
            for figure in pick(chosen, model=model)
        ]
        for model in unique(figure["model"] for figure in chosen)
    ]
    title = (
        f"(d) 30 % of frames dropped, keyframes every 2 s: mean IoU, share >= .7, {half_name(half)}"
    )
    return table(title, ["noise", *levels], lines)


def _coverage(found: Sequence[Figure], half: str) -> str:
    lines: list[list[str]] = []
    names: list[str] = []
    for motion in (ALL, "moving", "standing"):
        for figure in pick(found, half=half, group=ALL, motion=motion, protocol="c"):
            stated = figure.get("coverage")
            if stated:
                names = list(stated)
                lines.append(
                    [figure["model"], motion, figure["noise"], f"{figure['spacing_s']:g} s"]
                    + [
                        f"{value:.3f}" if "IoU" in name else f"{value:.1%}"
                        for name, value in stated.items()
                    ]
                )
    title = f"truth within the stated 90 %, keyframes at a fixed spacing, {half_name(half)}"
    return table(title, ["model", "spans", "noise", "every", *names], lines)


def _worse(found: Sequence[Figure]) -> str:
    """Where a model that knows how sure it is does worse than linear, by noise level and group."""
    sure = unique(figure["model"] for figure in found if "coverage" in figure)
    lines: list[list[str]] = []
    for figure in pick(found, half=ALL, motion=ALL):
        if figure["model"] not in sure or "to_linear" not in figure:
            continue
        if figure["protocol"] == "a" and figure["to_linear"] > 1:
            lines.append(
                ["a", figure["model"], figure["group"], figure["noise"], "",
                 f"{figure['to_linear']:.3f}x the keyframes"]
            )  # fmt: skip
        elif figure["protocol"] in ("c", "d") and figure["mean_iou_to_linear"] < 0:
            lines.append(
                [figure["protocol"], figure["model"], figure["group"], figure["noise"],
                 f"{figure['spacing_s']:g} s", f"mean IoU {figure['mean_iou_to_linear']:+.4f}"]
            )  # fmt: skip
    if not sure or not any("to_linear" in figure for figure in found):
        return ""
    if not lines:
        return "never worse than linear, at no noise level, spacing and group"
    names = ["protocol", "model", "group", "noise", "every", "worse than linear"]
    return table("worse than linear (all spans; all else is not)", names, lines)


def speed_table(times: dict[str, dict[str, float]]) -> str:
    """Medians of `motion.speed.speed` by model."""
    names = unique(name for of_model in times.values() for name in of_model)
    lines = [
        [model, *(f"{of_model[name]:.3f}" if name in of_model else "" for name in names)]
        for model, of_model in times.items()
    ]
    title = (
        f"median milliseconds of one processor: fit of {KEYFRAMES} keyframes, {ASKED} states; of all "
        f"of about {FRAMES} frames"
    )
    return table(title, ["model", *names], lines)


def table(title: str, names: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; nothing for no lines."""
    if not lines:
        return ""
    rows = [list(names), *(list(line) for line in lines)]
    widths = [max(len(row[k]) for row in rows if k < len(row)) for k in range(len(names))]
    text = "\n".join(
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    )
    return f"{title}\n{text}"


def unique(values: Iterable[Any]) -> list[Any]:
    """Each value once, in the order in which they come."""
    return list(dict.fromkeys(values))
