"""Faults put into copies of labels, several per copy and far apart, and what the checks find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from faults.fault import STRENGTHS, Fault, Kind, Planting, Strength
from faults.material import Material

from av3d.qa.finding import Finding
from av3d.qa.inspection import Inspection
from av3d.tracks.track import Track
from av3d.types import NS_PER_S

APART_M = 8.0
"""Tracks with faults of one copy are as far from each other, all the time."""
NEAR_S = 0.5
"""A finding may end so long before a fault begins, or begin so long after it has ended."""
NEAR_M = 4.0
"""How far from the object a finding without a track may be."""


@dataclass(frozen=True)
class Verdict:
    """What became of a fault.

    Attributes:
        fault: what was planted.
        log: name of the log.
        by: IDs of the checks whose findings, new in this copy, are about it.
        accepted: those of them that may find this kind.
    """

    fault: Fault
    log: str
    by: frozenset[str]
    accepted: frozenset[str]

    @property
    def found(self) -> bool:
        """Whether a person would have been led to it."""
        return bool(self.accepted)


@dataclass
class Tally:
    """Findings of a check in all copies of a log.

    Attributes:
        on: on planted faults.
        elsewhere: new in a copy, but on no track with a fault.
        untouched: on the untouched labels, counted once.
        in_copies: of these, how many there were in all copies together.
    """

    on: int = 0
    elsewhere: int = 0
    untouched: int = 0
    in_copies: int = 0


@dataclass
class Campaign:
    """What a run on one log gave.

    Attributes:
        material: the log and its labels.
        verdicts: one per planted fault.
        tallies: by ID of the check.
        copies: how many copies there were.
        proven: in how many of them an inspection from the start found the same.
        places: kinds and strengths for which no track was found.
    """

    material: Material
    verdicts: list[Verdict] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    copies: int = 0
    proven: int = 0
    places: list[tuple[str, Strength]] = field(default_factory=list)

    def tally(self, check: str) -> Tally:
        """That of a check."""
        return self.tallies.setdefault(check, Tally())


def run(
    material: Material,
    kinds: Sequence[Kind],
    *,
    per: int,
    together: int,
    seed: int,
    prove: int = 0,
    strengths: Sequence[Strength] = STRENGTHS,
    progress: Callable[[str], None] = lambda text: None,
) -> Campaign:
    """Plant each kind in each strength `per` times, `together` in one copy, and look for them.

    Args:
        material: the labels.
        kinds: of faults.
        per: faults of each kind and strength.
        together: faults in one copy, at most.
        seed: of everything that is random.
        prove: in so many copies a second inspection looks at everything from the start.
        strengths: which ones.
        progress: told what is being done.

    Raises:
        AssertionError: an inspection from the start found something else.
    """
    rng = np.random.default_rng(seed)
    campaign = Campaign(material)
    for finding in material.untouched:
        campaign.tally(finding.check).untouched += 1
    wanted = [(kind, strength) for kind in kinds for strength in strengths for _ in range(per)]
    rng.shuffle(wanted)  # type: ignore[arg-type]
    for number, plantings in enumerate(_copies(material, wanted, together, rng, campaign)):
        tracks = labels_with(material.tracks, plantings)
        findings = material.inspection.update(tracks)
        if number < prove:
            afresh = Inspection(material.log, material.ontology, material.inspection.checks)
            _assert_same(findings, afresh.update(tracks))
            campaign.proven += 1
        _judge(campaign, plantings, findings, kinds)
        campaign.copies += 1
        progress(f"{material.name}: copy {campaign.copies}, {len(campaign.verdicts)} faults")
    material.inspection.update(material.tracks)
    return campaign


def labels_with(tracks: Sequence[Track], plantings: Sequence[Planting]) -> tuple[Track, ...]:
    """The labels with faults in them, in the order that they were in."""
    changed = {track.id: track for planting in plantings for track in planting.tracks}
    gone = {track_id for planting in plantings for track_id in planting.gone}
    kept = [changed.pop(track.id, track) for track in tracks if track.id not in gone]
    return (*kept, *changed.values())


def _copies(
    material: Material,
    wanted: list[tuple[Kind, Strength]],
    together: int,
    rng: np.random.Generator,
    campaign: Campaign,
) -> Iterator[list[Planting]]:
    """Plantings that fit beside each other in one copy, until all that is wanted was planted."""
    open_ones = list(wanted)
    used: set[tuple[str, Strength, tuple[str, ...]]] = set()
    while open_ones:
        plantings: list[Planting] = []
        later: list[tuple[Kind, Strength]] = []
        for place, (kind, strength) in enumerate(open_ones):
            if len(plantings) == together:
                later.extend(open_ones[place:])
                break
            planting, hope = _planted(material, kind, strength, plantings, used, rng)
            if planting is not None:
                plantings.append(planting)
                used.add((kind.name, strength, planting.touched))
            elif hope:
                later.append((kind, strength))
            else:
                campaign.places.append((kind.name, strength))
        if plantings:
            yield plantings
        open_ones = later


def _planted(
    material: Material,
    kind: Kind,
    strength: Strength,
    others: Sequence[Planting],
    used: set[tuple[str, Strength, tuple[str, ...]]],
    rng: np.random.Generator,
) -> tuple[Planting | None, bool]:
    """A planting of a kind at a random track that has not had it; and whether there may be one later."""
    hope = False
    busy = [material.subjects[track_id] for other in others for track_id in other.touched]
    candidates = list(material.subjects.values())
    for index in rng.permutation(len(candidates)):
        subject = candidates[int(index)]
        planting = kind.plant(material, subject, strength, rng)
        if planting is None or (kind.name, strength, planting.touched) in used:
            continue
        if _alarmed(material, kind, planting):
            continue
        touched = [material.subjects[track_id] for track_id in planting.touched]
        if any(
            one is other or material.apart_m(one, other) < APART_M
            for one in touched
            for other in busy
        ):
            hope = True
            continue
        return planting, True
    return None, hope


def _alarmed(material: Material, kind: Kind, planting: Planting) -> bool:
    """Whether an accepted check says something there without the fault: it would prove nothing."""
    fault = planting.fault
    return any(
        finding.check in kind.checks
        and set(planting.touched) & set(finding.track_ids)
        and _at_that_time(fault, finding)
        for finding in material.untouched
    )


def _at_that_time(fault: Fault, finding: Finding) -> bool:
    near_ns = int(NEAR_S * NS_PER_S)
    return fault.start_ns - near_ns <= finding.end_ns and finding.start_ns <= fault.end_ns + near_ns


def about(fault: Fault, finding: Finding) -> bool:
    """Whether a finding leads a person to a fault."""
    if not _at_that_time(fault, finding):
        return False
    if set(fault.track_ids) & set(finding.track_ids):
        return True
    if fault.path is None or finding.track_ids or finding.place_m is None:
        return False
    times_ns, centers_m = fault.path
    row = int(np.argmin(np.abs(times_ns - finding.timestamp_ns)))
    return bool(np.hypot(*(centers_m[row] - finding.place_m)[:2]) <= NEAR_M)


def _same(finding: Finding) -> tuple[object, ...]:
    """What makes a finding the same one in two copies."""
    return finding.check, finding.track_ids, finding.start_ns, finding.end_ns, finding.timestamp_ns


def _judge(
    campaign: Campaign,
    plantings: Sequence[Planting],
    findings: Sequence[Finding],
    kinds: Sequence[Kind],
) -> None:
    known = {_same(finding) for finding in campaign.material.untouched}
    checks = {kind.name: kind.checks for kind in kinds}
    touched = {track_id for planting in plantings for track_id in planting.touched}
    new = [finding for finding in findings if _same(finding) not in known]
    for finding in findings:
        if _same(finding) in known and not touched & set(finding.track_ids):
            campaign.tally(finding.check).in_copies += 1
    for finding in new:
        on = any(about(planting.fault, finding) for planting in plantings)
        tally = campaign.tally(finding.check)
        if on:
            tally.on += 1
        else:
            tally.elsewhere += 1
    for planting in plantings:
        by = frozenset(finding.check for finding in new if about(planting.fault, finding))
        fault = planting.fault
        campaign.verdicts.append(
            Verdict(fault, campaign.material.name, by, by & checks[fault.kind])
        )


def _assert_same(found: Sequence[Finding], afresh: Sequence[Finding]) -> None:
    """What an inspection finds after an edit is what one from the start finds."""
    # Values are NaN where there is no number, which equals nothing: their texts do.
    ours, theirs = ({repr(one.as_dict()) for one in found}, {repr(one.as_dict()) for one in afresh})
    assert ours == theirs, f"only after an edit: {ours - theirs}; only afresh: {theirs - ours}"
