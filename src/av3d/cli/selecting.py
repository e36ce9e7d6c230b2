"""Options that choose what of the labels is meant, shared by commands that write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from av3d.cli.projects import log_time_ns, one_of, shown
from av3d.errors import Av3dError

if TYPE_CHECKING:
    from av3d.datasets.selection import LogTime, Selection
    from av3d.ontology.ontology import Ontology

CategoryOption = Annotated[
    list[str] | None,
    typer.Option("--category", metavar="KEY", help="Only this category; may be repeated."),
]
FramesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--frames", metavar="A:B", help="Only frames A to B, counted from 0; may be repeated."
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TIME",
        help="Only frames from this time on: seconds since the start of each log (2.5), or "
        "nanoseconds as they are stored.",
    ),
]
ToOption = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="Only frames up to this time, as for --from."),
]
MinPointsOption = Annotated[
    int, typer.Option("--min-points", min=0, help="Only cuboids with so many points.")
]
MaxDistanceOption = Annotated[
    float | None,
    typer.Option("--max-distance-m", metavar="M", help="Only cuboids this near to the ego."),
]
ReviewOption = Annotated[
    str,
    typer.Option(
        "--review",
        help="any, or approved: by a reviewer, as a whole or with the task that is done, and not "
        "changed or sent back since.",
    ),
]
ProvenanceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--provenance",
        help="Only cuboids that are manual, interpolated, fitted, imported or model; may be "
        "repeated.",
    ),
]
ProposalsOption = Annotated[
    bool, typer.Option("--proposals", help="Also proposals of a detector that nobody accepted.")
]
MinScoreOption = Annotated[
    float | None,
    typer.Option("--min-score", metavar="S", help="Leave out tracks with a lower score."),
]

_FRAMES = re.compile(r"([0-9]{1,9}):([0-9]{1,9})|([0-9]{1,9})")


def selection_of(
    categories: list[str] | None,
    frames: list[str] | None,
    min_points: int,
    max_distance_m: float | None,
    review: str,
    provenance: list[str] | None,
    proposals: bool,
    min_score: float | None,
    start: str | None = None,
    end: str | None = None,
) -> Selection:
    """What the options of a command choose; `start` and `end` are --from and --to.

    Raises:
        Av3dError: one of them makes no sense.
    """
    from av3d.datasets.selection import REVIEW_STATES, Selection
    from av3d.tracks.keyframe import Provenance

    known = [str(one) for one in Provenance]
    chosen = [one_of(name, known, "provenance", "--provenance") for name in provenance or []]
    return Selection(
        categories=tuple(categories or ()),
        frames=tuple(_frames(text) for text in frames or []),
        min_points=min_points,
        max_distance_m=float("inf") if max_distance_m is None else max_distance_m,
        review=one_of(review, REVIEW_STATES, "review state", "--review"),
        provenance=tuple(Provenance(name) for name in chosen),
        proposals=proposals,
        min_score=min_score,
        start=_time(start, "--from"),
        end=_time(end, "--to"),
    )


def check_categories(selection: Selection, ontology: Ontology) -> None:
    """Refuse a category that the ontology does not have: nothing would be chosen by a slip."""
    known = [category.key for category in ontology.categories]
    for key in selection.categories:
        if key not in known:
            raise Av3dError(
                f"there is no category {key[:40]!r}", "--category", f"use {shown(known)}"
            )


def _time(text: str | None, option: str) -> LogTime | None:
    from av3d.datasets.selection import LogTime

    if text is None:
        return None
    # What counts from the start of a log moves with it.
    if (ns := log_time_ns(text, 0, option)) == log_time_ns(text, 1, option):
        return LogTime(ns)
    return LogTime(ns, since_start=True)


def _frames(text: str) -> tuple[int, int]:
    found = _FRAMES.fullmatch(text.strip())
    if found is None:
        raise Av3dError(f"not frames: {text[:40]!r}", "--frames", "write 10:49, or 10 for one")
    first = int(found[1] or found[3])
    last = int(found[2] or found[3])
    if last < first:
        raise Av3dError(f"frame {last} is before {first}", "--frames", f"write {last}:{first}")
    return first, last
