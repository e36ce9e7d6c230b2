"""What `av3d compare` says on a terminal: tables of numbers and a list of differences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from av3d.cli.console import table

_HEADERS = (
    "", "A", "B", "match", "prec.", "recall", "F1", "3D IoU", "BEV", "height", "ATE m", "ASE",
    "AOE °", "AVE m/s", "AAE",
)  # fmt: skip
_FAR = "  {}"


def comparison_lines(told: Mapping[str, Any], most: int) -> Iterator[str]:
    """The numbers of a comparison as lines.

    Args:
        told: as `av3d.present.comparison.facts` gives them.
        most: differences that are listed.
    """
    yield f"A: {told['a']}, B: {told['b']}, logs: {', '.join(told['logs'])}"
    yield f"{told['frames']:,} frames, matched by {told['match']}"
    yield ""
    rows = [_row("all", told["all"])]
    rows += [
        _row(_FAR.format(one["distance"]), one) for one in told["groups"] if one["category"] is None
    ]
    for one in told["groups"]:
        if one["category"] is not None and one["distance"] is None:
            rows.append(_row(one["category"], one))
            rows += [
                _row(_FAR.format(part["distance"]), part)
                for part in told["groups"]
                if part["category"] == one["category"] and part["distance"] is not None
            ]
    yield table(_HEADERS, rows, "l" + "r" * (len(_HEADERS) - 1))
    yield from _tracking(told)
    yield from _detection(told)
    yield ""
    yield from _differences(told, most)


def _row(name: str, one: Mapping[str, Any]) -> list[str]:
    yaw = one["yaw_rad"]
    return [
        name,
        *(f"{one[key]:,}" for key in ("cuboids_a", "cuboids_b", "matches")),
        *(_number(one[key], 3) for key in ("precision", "recall", "f1")),
        *(_number(one[key], 3) for key in ("iou", "bev_iou", "height_iou")),
        _number(one["translation_m"], 2),
        _number(one["scale"], 3),
        _number(None if yaw is None else math.degrees(yaw), 1),
        _number(one["velocity_m_s"], 2),
        _number(one["attribute"], 2),
    ]


def _tracking(told: Mapping[str, Any]) -> Iterator[str]:
    if told["tracking"] is None:
        return
    yield ""
    headers = (
        "tracks", "A", "B", "HOTA", "DetA", "AssA", "IDF1", "MOTA", "MOTP", "switches", "fragments",
    )  # fmt: skip
    parts = {"all": told["tracking"], **told["tracking_by_category"]}
    rows = [
        [
            name, f"{one['tracks_a']:,}", f"{one['tracks_b']:,}",
            *(_number(one[key], 3) for key in ("hota", "deta", "assa", "idf1", "mota", "motp")),
            f"{one['switches']:,}", f"{one['fragments']:,}",
        ]
        for name, one in parts.items()
    ]  # fmt: skip
    yield table(headers, rows, "l" + "r" * (len(headers) - 1))


def _detection(told: Mapping[str, Any]) -> Iterator[str]:
    summary = told["detection"]
    if summary is None:
        return
    yield ""
    headers = ("detection", "AP", "ATE m", "ASE", "AOE rad", "AVE m/s", "AAE")
    rows = [["mean", _number(summary["map"], 3), *_errors(summary["errors"])]]
    rows += [
        [name, _number(one["ap"], 3), *_errors(one["errors"])]
        for name, one in told["detection_by_category"].items()
    ]
    yield table(headers, rows, "l" + "r" * (len(headers) - 1))
    yield f"nuScenes detection score {summary['nds']:.3f}"


def _errors(errors: Mapping[str, float | None]) -> list[str]:
    names = ("translation_m", "scale", "yaw_rad", "velocity_m_s", "attribute")
    return [_number(errors.get(name), 3) for name in names]


def _differences(told: Mapping[str, Any], most: int) -> Iterator[str]:
    count = told["differences"]
    if told["tracking"] is None:
        yield "differences are told of tracks: --link makes tracks of detections"
        return
    if not count:
        yield "no differences beyond the limits"
        return
    shown = told["difference_list"][:most]
    kinds = ", ".join(
        f"{name.partition('.')[2]} {number:,}"
        for name, number in sorted(told["differences_by_kind"].items(), key=lambda one: -one[1])
    )
    yield f"{count:,} differences ({kinds})"
    if not shown:
        return
    rows = [[f"{one['risk']}", one["log"], one["name"], one["what"]] for one in shown]
    yield table(("risk", "log", "track", "what"), rows, "rlll")
    if count > len(shown):
        yield f"… and {count - len(shown):,} more: --differences N, --json or --out"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
