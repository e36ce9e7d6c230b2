"""Review plans: which tracks of a log are to be looked at, and how many of them were.

A plan is an event of label REVIEW_PLAN of its log. Which tracks it chooses follows from the plan and
the labels alone: the same ones on every machine, and a sample stays the same while tracks come and go.
The riskiest are named once, when the plan is drawn: else every track that is put right would let the
next one move up, and a plan would never be done.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from av3d.tracks.checking import TrackError, check_name
from av3d.tracks.decision import REVIEWER_TIER, Decisions
from av3d.tracks.event import REVIEW_PLAN, Event
from av3d.tracks.proposal import is_proposal
from av3d.tracks.track import Track
from av3d.types import Scalar


@dataclass(frozen=True)
class ReviewPlan:
    """Which tracks of a log are to be looked at: a sample, and what is never left out.

    Attributes:
        id: of its event.
        name: what people call it.
        fraction: of all tracks, drawn at random, 0 to 1.
        categories: all tracks of these.
        riskiest: so many tracks, those whose findings are the riskiest; 0 for none.
        least_risk: all tracks with a finding of this risk or a higher one, 0 to 100; 0 for none.
        tier: how much a reviewer's word must count at least, see `av3d.tracks.decision`.
        seed: another one draws another sample.
        risky: IDs of the tracks that were the riskiest when the plan was drawn; None before.

    Raises:
        TrackError: it would choose nothing, or a number is out of its range.
    """

    id: str
    name: str
    fraction: float = 0.0
    categories: tuple[str, ...] = ()
    riskiest: int = 0
    least_risk: int = 0
    tier: int = REVIEWER_TIER
    seed: int = 0
    risky: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        where = f"review plan {self.name!r}"
        check_name(self.name, "name of a plan", where)
        object.__setattr__(self, "categories", tuple(sorted(set(self.categories))))
        if not (math.isfinite(self.fraction) and 0 <= self.fraction <= 1):
            raise TrackError(f"a fraction of {self.fraction}", where, "give one from 0 to 1")
        if self.riskiest < 0 or not 0 <= self.least_risk <= 100:
            raise TrackError(
                f"the {self.riskiest} riskiest, from risk {self.least_risk} on", where,
                "give a count from 0, and a risk from 0 to 100",
            )  # fmt: skip
        if self.tier < REVIEWER_TIER:
            raise TrackError(f"a tier of {self.tier}", where, "give 1 for reviewers, 2 for leads")
        if not (self.fraction or self.categories or self.riskiest or self.least_risk):
            raise TrackError(
                "it chooses no track", where, "give a fraction, categories, or how risky"
            )

    @property
    def needs_risk(self) -> bool:
        """Whether findings are needed to tell what it chooses."""
        return bool(self.riskiest or self.least_risk) and self.risky is None

    @property
    def words(self) -> str:
        """What it chooses, in one line."""
        parts = []
        if self.fraction:
            parts.append(f"{100 * self.fraction:g} % of the tracks")
        if self.categories:
            parts.append(f"all of {', '.join(self.categories)}")
        if self.riskiest:
            parts.append(f"the {self.riskiest} riskiest")
        if self.least_risk:
            parts.append(f"all from risk {self.least_risk} on")
        by = "" if self.tier == REVIEWER_TIER else ", by a lead"
        return "; ".join(parts) + by

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return {
            "id": self.id,
            "name": self.name,
            "fraction": self.fraction,
            "categories": list(self.categories),
            "riskiest": self.riskiest,
            "least_risk": self.least_risk,
            "tier": self.tier,
            "seed": self.seed,
        }

    def attributes(self) -> dict[str, Scalar]:
        """The plan as attributes of its event."""
        risky = {} if self.risky is None else {"risky": "\n".join(self.risky)}
        return {
            **risky,
            "name": self.name,
            "fraction": self.fraction,
            "categories": "\n".join(self.categories),
            "riskiest": self.riskiest,
            "least_risk": self.least_risk,
            "tier": self.tier,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Seen:
    """How many of the tracks that a plan chooses were decided on as they are now.

    Attributes:
        seen, chosen: numbers of tracks.
        total: of all tracks that could be chosen.
    """

    seen: int
    chosen: int
    total: int

    @property
    def fraction(self) -> float:
        """Seen of chosen, 1 where nothing is chosen."""
        return self.seen / self.chosen if self.chosen else 1.0

    def as_dict(self) -> dict[str, Any]:
        """The numbers as JSON values."""
        return {"seen": self.seen, "chosen": self.chosen, "total": self.total}


@dataclass(frozen=True)
class PlanProgress:
    """How far a plan is.

    Attributes:
        plan: which.
        all: of all tracks.
        by_category: by category, sorted.
        unseen: IDs of tracks that are chosen and not decided on as they are now, in the order of
            the labels.
    """

    plan: ReviewPlan
    all: Seen
    by_category: Mapping[str, Seen]
    unseen: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether every track that is chosen was seen."""
        return not self.unseen

    def as_dict(self) -> dict[str, Any]:
        """The progress as JSON values."""
        return {
            **self.plan.as_dict(),
            **self.all.as_dict(),
            "by_category": {name: seen.as_dict() for name, seen in self.by_category.items()},
            "unseen": list(self.unseen),
        }


def plans_of(events: Iterable[Event]) -> tuple[ReviewPlan, ...]:
    """The plans among the events of a log, by name; what makes no sense of one is passed over."""
    found = [plan for event in events if (plan := plan_of(event)) is not None]
    return tuple(sorted(found, key=lambda plan: (plan.name, plan.id)))


def plan_of(event: Event) -> ReviewPlan | None:
    """The plan that an event is, None for none."""
    if event.label != REVIEW_PLAN:
        return None
    values = event.attributes
    try:
        return ReviewPlan(
            event.id,
            str(values["name"]),
            float(values["fraction"]),
            tuple(str(values["categories"]).splitlines()),
            int(values["riskiest"]),
            int(values["least_risk"]),
            int(values["tier"]),
            int(values["seed"]),
            tuple(str(values["risky"]).splitlines()) if "risky" in values else None,
        )
    except (KeyError, ValueError, TrackError):
        return None


def chosen(
    plan: ReviewPlan, tracks: Iterable[Track], risk_by_track: Mapping[str, int] | None = None
) -> frozenset[str]:
    """IDs of the tracks that a plan chooses; proposals are no labels yet and never among them.

    Each track has a number from the hash of seed and ID; the sample are the tracks with the lowest
    ones, the fraction rounded up. A new track may take a place in it, the others keep their order.

    Args:
        plan: which.
        tracks: all tracks of the log.
        risk_by_track: as for `drawn`; of a plan that is not drawn yet.
    """
    labelled = [track for track in tracks if not is_proposal(track)]
    found = {track.id for track in labelled if track.category in plan.categories}
    # Not 8 of 7.000000000000001.
    count = math.ceil(plan.fraction * len(labelled) - 1e-9)
    found.update(sorted((track.id for track in labelled), key=lambda t: _drawn(plan, t))[:count])
    there = {track.id for track in labelled}
    risky = drawn(plan, labelled, risk_by_track or {}).risky if plan.needs_risk else plan.risky
    return frozenset(found.union(there.intersection(risky or ())))


def drawn(
    plan: ReviewPlan, tracks: Iterable[Track], risk_by_track: Mapping[str, int]
) -> ReviewPlan:
    """The plan with the names of the riskiest tracks, as they are now.

    Args:
        plan: which.
        tracks: all tracks of the log.
        risk_by_track: by ID the risk of its riskiest finding, 0 to 100; a track that is missing has none.
    """
    risks = {t.id: risk_by_track.get(t.id, 0) for t in tracks if not is_proposal(t)}
    order = sorted((t for t in risks if risks[t] > 0), key=lambda t: (-risks[t], t))
    riskier = [t for t in order if plan.least_risk and risks[t] >= plan.least_risk]
    return replace(plan, risky=tuple(dict.fromkeys([*order[: plan.riskiest], *riskier])))


def progress(
    plan: ReviewPlan,
    tracks: Sequence[Track],
    decisions: Decisions,
    risk_by_track: Mapping[str, int] | None = None,
) -> PlanProgress:
    """How many of the tracks that a plan chooses were decided on, each as a whole and as it is now.

    A track that was sent back was seen, and waits to be seen again once it is changed. That a task was
    approved says of no single track that somebody looked at it.

    Args:
        plan: which.
        tracks: all tracks of the log.
        decisions: of the log.
        risk_by_track: as for `chosen`.
    """
    wanted = chosen(plan, tracks, risk_by_track)
    labelled = [track for track in tracks if not is_proposal(track)]
    seen = {
        track.id
        for track in labelled
        if track.id in wanted and decisions.on_track(track, plan.tier) is not None
    }

    def tally(group: Iterable[Track]) -> Seen:
        ids = [track.id for track in group]
        return Seen(sum(i in seen for i in ids), sum(i in wanted for i in ids), len(ids))

    categories = sorted({track.category for track in labelled})
    return PlanProgress(
        plan,
        tally(labelled),
        {name: tally(track for track in labelled if track.category == name) for name in categories},
        tuple(track.id for track in labelled if track.id in wanted - seen),
    )


def _drawn(plan: ReviewPlan, track_id: str) -> bytes:
    return blake2b(f"{plan.seed}/{track_id}".encode(), digest_size=8).digest()
