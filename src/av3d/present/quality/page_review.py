"""The part of the page with what people have said: decisions, issues and how far review plans are."""

from __future__ import annotations

from collections import Counter

from av3d.present.quality.checking import CheckedLog
from av3d.present.quality.markup import cell, note, number, section, share, table, text
from av3d.present.quality.report import Report
from av3d.present.quality.trend import day_words
from av3d.tracks.decision import Verdict
from av3d.tracks.issue import Issue

MOST_ISSUES = 200
"""So many issues are listed with what was said in them, open ones first."""


def review_part(report: Report) -> str:
    """Decisions, issues and plans of all logs; a note where nobody has said anything."""
    decided = any(log.decisions.all for log in report.logs)
    issues = [(log, issue) for log in report.logs for issue in log.issues]
    plans = any(log.plans for log in report.logs)
    if not (decided or issues or plans):
        return section(
            "Review", note("Nobody has decided on findings or tracks yet, and no issue is open.")
        )
    return section("Review", _decisions(report) if decided else "", _plans(report), _issues(issues))


def _decisions(report: Report) -> str:
    """Who decided what, and what of it still counts."""
    made: Counter[tuple[str, Verdict, str]] = Counter()
    holds: Counter[tuple[str, Verdict, str]] = Counter()
    for log in report.logs:
        tracks = {track.id: track for track in log.tracks}
        for one in log.decisions.all:
            about = "task" if one.task_id else "track" if one.is_of_track else "finding"
            key = one.author or "unknown", one.verdict, about
            made[key] += 1
            holds[key] += one.holds(tracks)
    rows = [
        [
            cell(author),
            cell(f"{about} {verdict.value.replace('_', ' ')}"),
            number(count),
            number(holds[author, verdict, about]),
            number(count - holds[author, verdict, about]),
        ]
        for (author, verdict, about), count in sorted(made.items())
    ]
    return (
        "<h3>Decisions</h3>"
        + table(["reviewer", "decision", "made", "count now", "changed since"], rows, "ttnnn")
        + note(
            "A decision counts while the labels are those that were looked at; changed ones are "
            "to be reviewed again."
        )
    )


def _plans(report: Report) -> str:
    rows = [
        [
            cell(log.name),
            cell(plan.plan.name),
            cell(plan.plan.words),
            number(plan.all.chosen),
            number(plan.all.seen),
            share(plan.all.fraction if plan.all.chosen else None),
        ]
        for log in report.logs
        for plan in log.plans
    ]
    if not rows:
        return ""
    heads = ["log", "plan", "tracks to be seen", "chosen", "seen", "done"]
    return "<h3>Review plans</h3>" + table(heads, rows, "ttwnnn")


def _issues(issues: list[tuple[CheckedLog, Issue]]) -> str:
    if not issues:
        return ""
    order = sorted(issues, key=lambda item: (not item[1].is_open, item[0].name, item[1].number))
    cards = [_issue(log, issue) for log, issue in order[:MOST_ISSUES]]
    left = len(order) - len(cards)
    return (
        f"<h3>Issues: {sum(issue.is_open for _, issue in issues):,} open of {len(issues):,}</h3>"
        + "\n".join(cards)
        + (note(f"{left:,} more issues are not shown.") if left else "")
    )


def _issue(log: CheckedLog, issue: Issue) -> str:
    frame = log.log.frames.nearest(issue.timestamp_ns)
    by_id = {track.id: track.name for track in log.tracks}
    names = [by_id[name] for name in issue.track_ids if name in by_id] or [issue.subject]
    about = ", ".join(name for name in names if name)
    where = f"{log.name}, frame {frame}" + (f", {about}" if about else "")
    said = []
    for one in issue.messages:
        state = (
            f" ({one.state.words})"
            if one.state is not None and one is not issue.messages[0]
            else ""
        )
        when = day_words(one.time_ns)
        said.append(
            f"<li><b>{text(one.author or 'unknown')}</b> "
            f'<span class="note">{when}{text(state)}</span> {text(one.text)}</li>'
        )
    title = f": {issue.title}" if issue.title else ""
    return (
        f'<article class="card"><h3><span>{text(issue.name + title)}</span>'
        f'<span class="at">{text(issue.state.words)}</span>'
        f'<span class="at number">{text(where)}</span></h3>'
        f'<ul class="thread">{"".join(said)}</ul></article>'
    )
