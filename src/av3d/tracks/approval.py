"""Which labels a reviewer has approved, as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from av3d.tracks.decision import Decided, Decision, Decisions, ruling
from av3d.tracks.event import Event


@dataclass(frozen=True)
class Approval:
    """What of a log's labels is approved.

    Attributes:
        accepted: IDs of tracks that a reviewer has approved as they are, each as a whole or with a
            task in which it is from first to last.
        refused: IDs of tracks that a reviewer sent back as they are, or has begun to fix.
        done_ns: by ID of a track first and last time of the tasks that were approved with the track
            as it is.
        decisions: by ID of a track that is accepted or refused what made it so.
    """

    accepted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    done_ns: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict, compare=False, repr=False)

    def is_approved(self, track_id: str, time_ns: int) -> bool:
        """Whether a track is approved at a time: as a whole, or within a task that is."""
        if track_id in self.accepted:
            return True
        return any(start <= time_ns <= end for start, end in self.done_ns.get(track_id, ()))

    def may_be(self, track: Decided) -> bool:
        """Whether a track is approved at any time."""
        return track.id in self.accepted or track.id in self.done_ns


def approval_of(tracks: Sequence[Decided], events: Iterable[Event]) -> Approval:
    """What reviewers have decided on tracks, as the tracks are now.

    A decision counts for the very values that were looked at: it counts no more once a track that it
    concerns is changed, and again when the change is taken back. Of several that count, the one of
    the highest tier rules, and of these the last one. A track is approved by a decision on the whole
    track, or in the time of a task that was approved. Accepting a finding closes that finding and
    approves nothing; sending one back refuses its tracks.

    What an av3d that knew no tiers has kept as accepted approves the track, which is what accepting
    meant then, unless somebody sent it back.

    Args:
        tracks: of one log.
        events: of the same log; decisions are among them.
    """
    by_id = {track.id: track for track in tracks}
    decisions = Decisions(events)
    voices: dict[str, list[Decision]] = {}
    tasks: list[Decision] = []
    for decision in decisions.ruling(by_id):
        if decision.task_id:
            tasks.append(decision)
        elif not decision.finding_id:
            voices.setdefault(decision.track_id, []).append(decision)
        elif decision.verdict.refuses or decision.is_old:
            for track_id in decision.track_ids:
                track = by_id.get(track_id)
                if track is not None and not (
                    decision.is_old and decision.track_digest != track.digest
                ):
                    voices.setdefault(track_id, []).append(decision)
    accepted: set[str] = set()
    refused: set[str] = set()
    done_ns: dict[str, tuple[tuple[int, int], ...]] = {}
    by: dict[str, Decision] = {}
    for track in tracks:
        ruled = ruling(voices.get(track.id, ()))
        refusal = ruled if ruled is not None and ruled.verdict.refuses else None
        approving = [
            task
            for task in tasks
            if task.holds_for(track) and (refusal is None or task.weight > refusal.weight)
        ]
        if approving:
            done_ns[track.id] = tuple(sorted((task.start_ns, task.end_ns) for task in approving))
        whole = [
            task
            for task in approving
            if task.start_ns <= track.start_ns and track.end_ns <= task.end_ns
        ]
        if ruled is not None and refusal is None:
            accepted.add(track.id)
            by[track.id] = ruled
        elif refusal is not None and not approving:
            refused.add(track.id)
            by[track.id] = refusal
        elif whole:
            accepted.add(track.id)
            by[track.id] = max(whole, key=lambda task: task.weight)
    return Approval(frozenset(accepted), frozenset(refused), done_ns, by)
