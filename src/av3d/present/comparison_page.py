"""A comparison of two sets of labels as a page that needs nothing but a browser."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from av3d.present.comparison import LogComparison
from av3d.present.comparison_drawing import STYLE, drawing
from av3d.present.quality.markup import Cell, cell, note, number, section, share, table, text
from av3d.present.quality.page_style import style
from av3d.qa.agreement.differences import Difference
from av3d.types import NS_PER_S

MOST_DRAWN = 150
"""Differences that are drawn; the others are listed."""
MOST_ROWS = 3000
"""Differences that are listed; browsers get slow with more."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(logs: Sequence[LogComparison], told: Mapping[str, Any]) -> str:
    """The page, HTML in one piece: no script, nothing from the network.

    Args:
        logs: what was compared.
        told: what `av3d.present.comparison.facts` tells of them.
    """
    title = f"{told['a']} and {told['b']}"
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>Agreement of {text(title)}</title>\n<style>{style()}{STYLE}</style>\n</head>\n"
            f"<body>\n<h1>Agreement of {text(title)}</h1>\n",
            f'<p class="sub">A: {text(told["a"])}. B: {text(told["b"])}. Logs: '
            f"{text(', '.join(told['logs']))}. {told['frames']:,} frames, matched by "
            f"{text(told['match'])}.</p>\n",
            _tiles(told),
            _numbers(told),
            _tracking(told),
            _detection(told),
            _differences(logs),
            "</body>\n</html>\n",
        ]
    )


def _tiles(told: Mapping[str, Any]) -> str:
    whole, tracking = told["all"], told["tracking"] or {}
    shown = [
        ("F1", share(whole["f1"])),
        ("precision", share(whole["precision"])),
        ("recall", share(whole["recall"])),
        ("mean 3D IoU", number(whole["iou"], 3)),
        ("mean BEV IoU", number(whole["bev_iou"], 3)),
        ("mean height IoU", number(whole["height_iou"], 3)),
        ("HOTA", number(tracking.get("hota"), 3)),
        ("IDF1", number(tracking.get("idf1"), 3)),
        ("differences", number(told["differences"])),
    ]
    tiles = [
        f'<div class="tile"><b>{one.html}</b><span>{text(name)}</span></div>'
        for name, one in shown
        if one.html
    ]
    return f'<div class="tiles">{"".join(tiles)}</div>\n'


def _numbers(told: Mapping[str, Any]) -> str:
    heads = (
        "category", "distance", "A", "B", "match", "precision", "recall", "F1", "3D IoU",
        "BEV IoU", "height IoU", "ATE", "ASE", "AOE", "AVE", "AAE",
    )  # fmt: skip
    groups = [{"category": None, "distance": None, **told["all"]}, *told["groups"]]
    order = {None: -1, **{one["category"]: k for k, one in enumerate(groups) if one["category"]}}
    groups.sort(key=lambda one: (order[one["category"]], one["distance"] is not None))
    rows = [_row(one) for one in groups]
    kinds = "tt" + "n" * (len(heads) - 2)
    words = (
        "Precision: part of the cuboids of A that B has. Recall: part of those of B that A has. "
        "Over matches: overlap in volume, from above and in height, each by itself; errors of place "
        "(ATE), size (ASE), heading (AOE), velocity (AVE) and attributes (AAE) as nuScenes has them."
    )
    return section("Cuboids", table(heads, rows, kinds), note(words))


def _row(one: Mapping[str, Any]) -> list[Cell]:
    yaw = one["yaw_rad"]
    return [
        cell(one["category"] or "all"),
        cell(one["distance"] or ""),
        *(number(one[key]) for key in ("cuboids_a", "cuboids_b", "matches")),
        *(share(one[key]) for key in ("precision", "recall", "f1")),
        *(number(one[key], 3) for key in ("iou", "bev_iou", "height_iou")),
        number(one["translation_m"], 2, "m"),
        number(one["scale"], 3),
        number(None if yaw is None else math.degrees(yaw), 1, "°"),
        number(one["velocity_m_s"], 2, "m/s"),
        number(one["attribute"], 2),
    ]


def _tracking(told: Mapping[str, Any]) -> str:
    if told["tracking"] is None:
        return ""
    heads = (
        "category", "tracks of A", "of B", "HOTA", "DetA", "AssA", "LocA", "IDF1", "MOTA", "MOTP",
        "switches", "fragments",
    )  # fmt: skip
    parts = {"all": told["tracking"], **told["tracking_by_category"]}
    rows = [
        [
            cell(name), number(one["tracks_a"]), number(one["tracks_b"]),
            *(number(one[k], 3)
              for k in ("hota", "deta", "assa", "loca", "idf1", "mota", "motp")),
            number(one["switches"]), number(one["fragments"]),
        ]
        for name, one in parts.items()
    ]  # fmt: skip
    return section("Tracks", table(heads, rows, "t" + "n" * (len(heads) - 1)))


def _detection(told: Mapping[str, Any]) -> str:
    summary = told["detection"]
    if summary is None:
        return ""
    heads = ("category", "AP", "ATE", "ASE", "AOE", "AVE", "AAE")
    names = ("translation_m", "scale", "yaw_rad", "velocity_m_s", "attribute")
    parts = {"mean": {"ap": summary["map"], "errors": summary["errors"]}}
    parts |= told["detection_by_category"]
    rows = [
        [cell(name), number(one["ap"], 3), *(number(one["errors"].get(k), 3) for k in names)]
        for name, one in parts.items()
    ]
    words = f"nuScenes detection score {summary['nds']:.3f}; AOE in radians, as nuScenes has it."
    return section("Detections", table(heads, rows, "t" + "n" * 6), note(words))


def _differences(logs: Sequence[LogComparison]) -> str:
    if logs and not logs[0].comparison.has_identity:
        return ""
    found = [(log, one) for log in logs for one in log.differences.all]
    if not found:
        return section("Differences", note("There are none beyond the limits."))
    found.sort(key=lambda pair: -pair[1].finding.risk)
    rows = [
        [
            number(one.finding.risk), cell(log.log.name), cell(one.finding.name),
            cell(one.kind.title), cell(one.finding.what),
            number((one.finding.timestamp_ns - log.log.start_ns) / NS_PER_S, 2, "s"),
        ]
        for log, one in found[:MOST_ROWS]
    ]  # fmt: skip
    heads = ("risk", "log", "track", "what", "in words", "at")
    cards = [_card(log, one) for log, one in found[:MOST_DRAWN]]
    parts = [table(heads, rows, "nttwwn")]
    if len(found) > MOST_ROWS:
        parts.append(note(f"The {MOST_ROWS:,} riskiest of {len(found):,} are listed."))
    parts.append(
        '<p class="note key">Seen from above, <b class="a">A solid</b>, <b class="b">B dashed</b>; '
        "what differs is filled, x of the world to the right, y up."
        + (f" The {MOST_DRAWN} riskiest are drawn." if len(found) > MOST_DRAWN else "")
        + "</p>"
    )
    parts.append(f'<div class="cards">{"".join(cards)}</div>')
    return section("Differences", *parts)


def _card(log: LogComparison, one: Difference) -> str:
    finding = one.finding
    times_s = [
        (ns - log.log.start_ns) / NS_PER_S
        for ns in (finding.start_ns, finding.end_ns, finding.timestamp_ns)
    ]
    level = finding.severity.value
    return (
        f'<div class="card"><h3>{text(finding.name)}'
        f'<span class="sev {level}">{text(one.kind.title)}</span>'
        f'<span class="at">{text(log.log.name)}, {times_s[0]:.2f}–{times_s[1]:.2f} s, '
        f"worst at {times_s[2]:.2f} s</span></h3>"
        f'<p class="why">{text(finding.what)}.</p>'
        f"<figure>{drawing(one, log.comparison.a, log.comparison.b)}</figure></div>\n"
    )
