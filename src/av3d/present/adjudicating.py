"""Differences between a session's labels and others, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from av3d.present import words
from av3d.present.comparison import (
    OtherLabels,
    counted,
    is_project_file,
    labels_from_file,
    labels_from_project,
)
from av3d.present.tasks import Report, State, Work
from av3d.qa.agreement.adjudication import take_average, take_theirs
from av3d.qa.agreement.comparison import Comparison
from av3d.qa.agreement.differences import Difference, Differences
from av3d.qa.agreement.side import Side, times_of
from av3d.qa.finding import Finding
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.track import Track

if TYPE_CHECKING:
    from av3d.present.session import Session

Say = Callable[[str, str], None]
Take = Callable[..., tuple[Change, ...]]


@dataclass(frozen=True, eq=False)
class Compared:
    """What a comparison found.

    Attributes:
        tracks: of the session, that it is about.
        differences: by the ID of their finding, the riskiest first.
        summary: how well both agree, in a sentence.
    """

    tracks: tuple[Track, ...]
    differences: Mapping[str, Difference]
    findings: tuple[Finding, ...]
    summary: str


class Adjudicating:
    """What differs between the labels of a session and others, kept up to date after edits.

    `poll` is called once per frame of the window and never waits. A difference is settled by keeping
    ours, which changes nothing and is a decision like any other, by taking theirs, or the average.

    Args:
        session: whose labels.
        others: the labels that they are compared with.
    """

    def __init__(self, session: Session, others: OtherLabels) -> None:
        self._session = session
        self.others = others
        self._work: Work[Any] | None = None
        self._begun: tuple[Track, ...] | None = None
        self._found: Compared | None = None
        self._side: Side | None = None
        self.version = 0
        """Grows whenever other differences are known."""

    @property
    def title(self) -> str:
        """What people call the other labels."""
        return self.others.title

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All differences, the riskiest first."""
        return () if self._found is None else self._found.findings

    @property
    def ready(self) -> bool:
        """Whether both were compared at all."""
        return self._found is not None

    @property
    def summary(self) -> str:
        """How well both agree, in a sentence; "" until it is known."""
        return "" if self._found is None else self._found.summary

    def difference(self, finding: Finding) -> Difference | None:
        """The difference that a finding is about; None for one that is no longer there."""
        return None if self._found is None else self._found.differences.get(finding.id)

    def poll(self) -> None:
        """Compare again where labels have changed; not in the middle of an edit."""
        session, work = self._session, self._work
        if work is not None:
            if work in session.works.works:
                return
            self._work = None
            if work.state is State.DONE and work.result is not None:
                self._found = work.result
                self.version += 1
            return
        if session.loading_tracks or session.edits.previewing or self._begun is session.tracks:
            return
        self._begun = session.tracks
        self._work = session.works.add(
            Work(
                "Comparing labels", partial(self._compare, session.tracks),
                failed="Labels not compared", alone=False, quiet=True,
            )
        )  # fmt: skip

    def _compare(self, tracks: tuple[Track, ...], report: Report) -> Compared:
        session, log = self._session, self._session.log
        report("", 0, 0)
        ours = counted(OtherLabels("ours", tracks)).tracks
        times_ns = times_of(log, [self.others.tracks])
        if self._side is None:
            self._side = Side.of(
                self.title, self.others.tracks, log, times_ns,
                has_identity=self.others.has_identity,
            )  # fmt: skip
        report("", 0, 0)
        a, b = Side.of("ours", ours, log, times_ns), self._side
        ontology = session.labels.ontology
        found = Differences(a, b, ontology)
        scores = Comparison(a, b, ontology).scores()
        iou = scores.means["iou"]
        parts = [f"{words.plural(len(found.all), 'difference')} to {self.title}"]
        if scores.f1 is not None:
            parts.append(f"{scores.f1:.1%} of the cuboids agree (3D IoU ≥ 0.5)")
        if iou is not None:
            parts.append(f"mean 3D IoU {iou:.2f}")
        by_id = {one.finding.id: one for one in found.all}
        return Compared(tracks, by_id, found.findings, ", ".join(parts))

    # What the reviewer does

    def can_average(self, finding: Finding) -> bool:
        """Whether there is something between ours and theirs."""
        difference = self.difference(finding)
        return difference is not None and difference.kind.averages

    def take_theirs(self, finding: Finding) -> Callable[[Document], tuple[Change, ...]] | None:
        """The operation that makes our labels what the others say; None if it is settled already."""
        return self._operation(finding, take_theirs)

    def take_average(self, finding: Finding) -> Callable[[Document], tuple[Change, ...]] | None:
        """The operation that puts our labels in the middle; None where there is no middle."""
        return self._operation(finding, take_average) if self.can_average(finding) else None

    def _operation(
        self, finding: Finding, take: Take
    ) -> Callable[[Document], tuple[Change, ...]] | None:
        difference = self.difference(finding)
        if difference is None:
            return None
        frames_ns = np.asarray(self._session.log.frames.timestamps_ns).tolist()

        def operation(document: Document) -> tuple[Change, ...]:
            return take(document, difference, frames_ns)

        return operation


def compare_work(
    session: Session, format: str, path: Path, then: Callable[[Adjudicating], None]
) -> Work[OtherLabels]:
    """Read other labels of a session's log, to compare its own with them.

    Args:
        session: its log and ontology.
        format: name of the format of the labels, "" for the one that knows the file.
        path: of a file or folder with labels, or of another project.
        then: is given what tells the differences; `poll` it once per frame.
    """
    log, ontology = session.log, session.labels.ontology

    def run(report: Report) -> OtherLabels:
        report("", 0, 0)
        if not format and is_project_file(path):
            return counted(labels_from_project(str(path), log))
        return counted(labels_from_file(log, path, format or None, ontology, link=True))

    return Work(
        f"Reading labels of {path.name}", run, failed="Labels not compared",
        then=lambda others: then(Adjudicating(session, others)),
    )  # fmt: skip
