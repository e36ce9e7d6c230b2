"""What a study of planted faults says, as tables and as JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from faults.campaign import Campaign, Verdict
from faults.fault import STRENGTHS, Kind, Strength

from av3d.qa.finding import Finding
from av3d.types import NS_PER_S


def recall(verdicts: Sequence[Verdict]) -> str:
    """ "19/20", or "–" without any."""
    return f"{sum(one.found for one in verdicts)}/{len(verdicts)}" if verdicts else "–"


def recall_table(campaigns: Sequence[Campaign], kinds: Sequence[Kind]) -> list[str]:
    """Recall per kind and strength, and the checks that found the plain ones."""
    lines = ["| fault | slight | plain | gross | plain ones found by |", "|---|---|---|---|---|"]
    everything = [verdict for campaign in campaigns for verdict in campaign.verdicts]
    for kind in kinds:
        cells = [
            recall(chosen(everything, kind=kind.name, strength=strength)) for strength in STRENGTHS
        ]
        if cells == ["–"] * 3:
            continue
        plain = chosen(everything, kind=kind.name, strength=Strength.PLAIN)
        by = Counter(check for verdict in plain for check in verdict.accepted)
        finders = ", ".join(f"{check} {count}" for check, count in by.most_common(4))
        lines.append(f"| {kind.name} | {' | '.join(cells)} | {finders} |")
    totals = [recall(chosen(everything, strength=strength)) for strength in STRENGTHS]
    shares = [share(chosen(everything, strength=strength)) for strength in STRENGTHS]
    lines.append(f"| all | {' | '.join(totals)} | |")
    lines.append(f"| share | {' | '.join(f'{100 * one:.1f} %' for one in shares)} | |")
    return lines


def strength_table(kinds: Sequence[Kind]) -> list[str]:
    """What the strengths of each kind are."""
    return [
        "| fault | slight | plain | gross |",
        "|---|---|---|---|",
        *(f"| {kind.name} | {' | '.join(kind.words)} |" for kind in kinds),
    ]


def log_table(campaigns: Sequence[Campaign]) -> list[str]:
    """Per log: recall, findings on untouched labels per 100 cuboids."""
    lines = [
        "| log | tracks | cuboids | slight | plain | gross | findings untouched | per 100 cuboids |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for campaign in campaigns:
        material, verdicts = campaign.material, campaign.verdicts
        cells = [
            f"{recall(these)} ({100 * share(these):.0f} %)"
            for these in (chosen(verdicts, strength=one) for one in STRENGTHS)
        ]
        count = len(material.untouched)
        lines.append(
            f"| {material.name} | {len(material.tracks)} | {material.cuboids:,} | "
            f"{' | '.join(cells)} | {count} | {100 * count / material.cuboids:.2f} |"
        )
    return lines


def check_table(campaigns: Sequence[Campaign]) -> list[str]:
    """Per check: findings on faults, elsewhere and on the untouched labels; precision."""
    lines = [
        "| check | on planted faults | new elsewhere | as on untouched labels | precision | "
        "untouched per 100 cuboids, by log |",
        "|---|---|---|---|---|---|",
    ]
    for check in sorted({check for campaign in campaigns for check in campaign.tallies}):
        tallies = [campaign.tally(check) for campaign in campaigns]
        on, elsewhere, copies = (
            sum(getattr(tally, part) for tally in tallies)
            for part in ("on", "elsewhere", "in_copies")
        )
        total = on + elsewhere + copies
        rates = ", ".join(
            f"{campaign.material.name} {100 * count / campaign.material.cuboids:.2f}"
            for campaign in campaigns
            if (count := campaign.tally(check).untouched)
        )
        precision = f"{100 * on / total:.0f} %" if total else "–"
        lines.append(f"| {check} | {on} | {elsewhere} | {copies} | {precision} | {rates} |")
    return lines


def missed_lines(campaigns: Sequence[Campaign], strengths: Iterable[Strength]) -> list[str]:
    """Each fault that no accepted check has found, with what others said of it."""
    lines = []
    for campaign in campaigns:
        for verdict in campaign.verdicts:
            fault = verdict.fault
            if verdict.found or fault.strength not in strengths:
                continue
            start_s, end_s = (
                (time_ns - campaign.material.log.start_ns) / NS_PER_S
                for time_ns in (fault.start_ns, fault.end_ns)
            )
            tracks = {track.id: track for track in campaign.material.tracks}
            names = [tracks[one].name if one in tracks else one for one in fault.track_ids]
            others = f"; others: {', '.join(sorted(verdict.by))}" if verdict.by else ""
            lines.append(
                f"{verdict.log}: {fault.kind} ({fault.strength}), {' and '.join(names)}, "
                f"{start_s:.1f}–{end_s:.1f} s, {fault.amount}{others}"
            )
    return sorted(lines)


def untouched_lines(campaign: Campaign) -> list[str]:
    """Each finding on the untouched labels, by check."""
    start_ns = campaign.material.log.start_ns
    name = campaign.material.name
    findings: dict[str, list[Finding]] = defaultdict(list)
    for finding in campaign.material.untouched:
        findings[finding.check].append(finding)
    return [
        f"{name}\t{check}\t{one.name}\t{(one.start_ns - start_ns) / NS_PER_S:.1f}–"
        f"{(one.end_ns - start_ns) / NS_PER_S:.1f} s\t{one.value:.3g}/{one.limit:.3g}\t"
        f"risk {one.risk}\t{one.what}\t{one.track_id}"
        for check in sorted(findings)
        for one in sorted(findings[check], key=lambda one: -one.risk)
    ]


def as_json(campaigns: Sequence[Campaign], kinds: Sequence[Kind]) -> dict[str, Any]:
    """Everything as JSON values."""
    everything = [verdict for campaign in campaigns for verdict in campaign.verdicts]
    return {
        "logs": [
            {
                "name": campaign.material.name,
                "cuboids": campaign.material.cuboids,
                "copies": campaign.copies,
                "copies_looked_at_afresh": campaign.proven,
                "untouched_findings": len(campaign.material.untouched),
                "checks": {name: vars(tally) for name, tally in campaign.tallies.items()},
                "no_place_for": [f"{kind}, {strength}" for kind, strength in campaign.places],
            }
            for campaign in campaigns
        ],
        "kinds": {
            kind.name: {
                strength.value: {
                    "planted": len(these),
                    "found": sum(one.found for one in these),
                    "by": dict(Counter(check for one in these for check in one.accepted)),
                }
                for strength in STRENGTHS
                if (these := chosen(everything, kind=kind.name, strength=strength))
            }
            for kind in kinds
        },
        "faults": [
            {
                "log": one.log,
                "kind": one.fault.kind,
                "strength": one.fault.strength.value,
                "tracks": list(one.fault.track_ids),
                "start_ns": one.fault.start_ns,
                "end_ns": one.fault.end_ns,
                "amount": one.fault.amount,
                "by": sorted(one.by),
                "accepted": sorted(one.accepted),
            }
            for one in everything
        ],
    }


def chosen(
    verdicts: Iterable[Verdict], *, kind: str | None = None, strength: Strength | None = None
) -> list[Verdict]:
    """Those of a kind and a strength."""
    return [
        one
        for one in verdicts
        if kind in (None, one.fault.kind) and strength in (None, one.fault.strength)
    ]


def share(verdicts: Sequence[Verdict]) -> float:
    """Of them that were found, 0 to 1; 0 without any."""
    return sum(one.found for one in verdicts) / len(verdicts) if verdicts else 0.0
