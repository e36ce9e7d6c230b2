"""A difference of two states of labels as a page that needs nothing but a browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from av3d.store.releases.comparison import Difference, LogDifference, TrackDifference
from av3d.store.releases.drawing import moment_drawing, way_drawing
from av3d.store.releases.labels import Labels
from av3d.store.releases.words import change_summary, side_words, summary, track_words
from av3d.types import NS_PER_S

MOST_DRAWN = 300
"""Tracks of a log that are drawn; the others are listed."""

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2530;--soft:#5c6773;--paper:#fff;--line:#d9dee4;--card:#f6f8fa;
--before:#0072b2;--after:#d55e00}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaee;--soft:#9aa5b1;--paper:#14181d;--line:#303841;
--card:#1b2027;--before:#56b4e9;--after:#e69f00}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:70rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .5rem}h2{font-size:1.2rem;margin:2rem 0 .3rem}
h3{font-size:1rem;margin:0}p{margin:.3rem 0}.soft{color:var(--soft)}
table{border-collapse:collapse;margin:.5rem 0}td,th{text-align:left;padding:.15rem .8rem .15rem 0;
vertical-align:top;overflow-wrap:anywhere}th{font-weight:600;white-space:nowrap}
article{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;
margin:.6rem 0;display:flex;flex-wrap:wrap;gap:.8rem;justify-content:space-between}
article>div{flex:1 1 18rem;min-width:0;overflow-wrap:anywhere}
ul{margin:.3rem 0;padding-left:1.2rem}
.state{font-size:.75rem;border:1px solid;border-radius:3px;padding:0 .35rem;margin-right:.4rem;
font-weight:600}.state.added{color:var(--after)}.state.removed{color:var(--before)}
figure{margin:0;display:inline-block}figcaption{font-size:.75rem;color:var(--soft);text-align:center}
svg{background:var(--paper);border:1px solid var(--line);border-radius:4px;display:block}
@media (prefers-color-scheme:dark){polygon.before{fill:var(--before)}polygon.after{fill:var(--after)}
.before{stroke:var(--before)}.after{stroke:var(--after)}.bar{stroke:var(--soft)}
svg text{fill:var(--soft)}}
.key b{font-weight:600}.key .b{color:var(--before)}.key .a{color:var(--after)}
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(found: Difference) -> str:
    """The page, HTML in one piece: no script, nothing from the network."""
    title = f"{found.before.title} → {found.after.title}"
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f"<h1>What changed: {escape(title)}</h1>\n",
            *_parts(found),
            "</body>\n</html>\n",
        ]
    )


def _parts(found: Difference) -> Iterator[str]:
    yield "<table><tr><th></th><th>before</th><th>after</th></tr>"
    sides = [_side(labels) for labels in (found.before, found.after)]
    for name in sides[0]:
        cells = "".join(f"<td>{escape(side[name])}</td>" for side in sides)
        yield f"<tr><th>{name}</th>{cells}</tr>"
    yield "</table>\n"
    if found.is_empty:
        yield "<p><b>Nothing changed.</b></p>\n"
        return
    yield (
        '<p class="key">Seen from above, <b class="b">before, dashed</b>, <b class="a">after, '
        "solid</b>; x of the world to the right, y up.</p>\n"
    )
    if found.ontology:
        yield f"<h2>Ontology</h2>\n{_list(found.ontology)}"
    for state, names in (("added", found.logs_added), ("removed", found.logs_removed)):
        if names:
            yield f"<p>Logs {state}: {escape(', '.join(names))}</p>\n"
    for log in found.logs:
        yield from _log(log)


def _side(labels: Labels) -> dict[str, str]:
    release = labels.release
    time = ""
    if labels.time_ns:
        moment = datetime.fromtimestamp(labels.time_ns / NS_PER_S, UTC)
        time = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return {
        "labels": side_words(labels),
        "from": labels.where,
        "time": time,
        "by": "" if release is None else release.author,
        "note": "" if release is None else release.note,
        "SHA-256": "" if release is None else release.sha256,
        "ontology": f"{labels.ontology.name}, version {labels.ontology.version}",
    }


def _log(log: LogDifference) -> Iterator[str]:
    yield f"<h2>{escape(log.name)}</h2>\n<p>{escape(summary(log))}</p>\n"
    changed = change_summary(log)
    if changed:
        yield f"<p>{escape(changed)}</p>\n"
    if log.tracks:
        where = "at the frames of the recording" if log.frames else "at keyframes and every 0.1 s"
        yield f'<p class="soft">Tracks were compared {where}.</p>\n'
    for one in log.tracks[:MOST_DRAWN]:
        yield _track(one, log.start_ns, drawn=True)
    if len(log.tracks) > MOST_DRAWN:
        yield f"<p>The first {MOST_DRAWN} are drawn, the others follow as text.</p>\n"
        for one in log.tracks[MOST_DRAWN:]:
            yield _track(one, log.start_ns, drawn=False)
    if log.events:
        yield "<h3>Events</h3>\n"
        lines = [f"{one.event.name}: {'; '.join(one.lines)}" for one in log.events]
        yield _list(lines)


def _track(one: TrackDifference, start_ns: int, *, drawn: bool) -> str:
    drawings = _drawings(one, start_ns) if drawn else ""
    return (
        f'<article><div><h3><span class="state {one.state}">{one.state}</span>'
        f"{escape(one.track.name)}</h3>{_list(track_words(one, start_ns))}"
        f'<p class="soft">{escape(one.track.id)}</p></div>{drawings}</article>\n'
    )


def _drawings(one: TrackDifference, start_ns: int) -> str:
    way = way_drawing(one, "its way")
    if one.motion is None:
        return f"<div>{way}</div>"
    at_s = (one.motion.max_at_ns - start_ns) / NS_PER_S
    moment = moment_drawing(one, one.motion.max_at_ns, f"farthest apart, at {at_s:.2f} s")
    return f"<div>{way} {moment}</div>"


def _list(lines: tuple[str, ...] | list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>\n"
