"""Which object a track is: merge, find again, split, swap."""

from __future__ import annotations

from av3d.present import words
from av3d.present.dialog import Dialog, Option, Pick, Plan, Switch, Values
from av3d.present.operations.common import (
    chosen,
    listed,
    period_ns,
    previous_ns,
    times_ns,
    track_option,
)
from av3d.present.selection import selected_tracks
from av3d.present.session import Session
from av3d.tracks.change import Change
from av3d.tracks.document import EditError
from av3d.tracks.operations import identity, merging
from av3d.tracks.operations.candidates import Candidate, candidates
from av3d.tracks.presence import Edge

CANDIDATES = 8
"""More would be guesses."""
LONGEST_GAP_S = 10.0
REASONS = (
    Option(Edge.OCCLUDED.value, "Hidden"),
    Option(Edge.VIEW.value, "Out of view"),
    Option(Edge.RANGE.value, "Out of range"),
)


def merge(session: Session) -> Dialog:
    """One track of all that are selected; which one stays is asked."""
    tracks = selected_tracks(session)
    ids = tuple(track.id for track in tracks)
    step_ns = period_ns(session)
    kept = merging.plan_merge(session.labels.document, ids, step_ns=step_ns).kept_id
    frames = session.log.frames
    options = tuple(
        track_option(
            track,
            f"{words.plural(len(track.keyframes), 'key')}, frames "
            f"{frames.nearest(track.start_ns)} to {frames.nearest(track.end_ns)}",
        )
        for track in tracks
    )

    def inputs(_values: Values) -> tuple[Pick | Switch, ...]:
        plan = merging.plan_merge(session.labels.document, ids, step_ns=step_ns)
        pick = Pick("kept", "Which number and category stay", options)
        if not plan.gap_s:
            return (pick,)
        tip = "It moves from the last keyframe of the one to the first of the other"
        return pick, Switch("bridge", f"There in the gap of {plan.gap_s:.1f} s too", tip)

    def plan(values: Values) -> Plan:
        keep = str(values["kept"])
        made = merging.plan_merge(
            session.labels.document, ids, keep, bridge=bool(values["bridge"]), step_ns=step_ns
        )
        names = listed(track.name for track in tracks)
        return Plan(
            f"Merge {names}",
            lambda document: (
                merging.plan_merge(
                    document, ids, keep, bridge=bool(values["bridge"]), step_ns=step_ns
                ).changes
            ),
            made.summary(),
            (keep,),
        )

    title = f"Merge {listed(track.name for track in tracks)}" if len(tracks) < 4 else (
        f"Merge {len(tracks)} tracks"
    )  # fmt: skip
    return Dialog(
        "merge", title, "merge", "Merge", plan, inputs, {"kept": kept, "bridge": False}
    )  # fmt: skip


def find_again(session: Session) -> Dialog | None:
    """Which later track the selected one goes on as; None, and a message, where there is none."""
    lost = selected_tracks(session)[0]
    found = candidates(session.labels.document, lost.id, LONGEST_GAP_S)[:CANDIDATES]
    if not found:
        session.say(
            "info",
            f"No track could be {lost.name}",
            f"None begins within {LONGEST_GAP_S:.0f} s after it ends. Select the one that was lost.",
        )
        return None

    def option(candidate: Candidate) -> Option:
        track = session.labels.document.track(candidate.track_id)
        return track_option(track, _figures(candidate))

    inputs = (
        Pick("found", f"{lost.name} ends at frame {session.log.frames.nearest(lost.end_ns)} and goes "
             "on as", tuple(map(option, found)), "Rest the pointer on one to see it"),
        Pick("reason", "Meanwhile it was", REASONS),
    )  # fmt: skip

    def plan(values: Values) -> Plan:
        other = chosen(values["found"], "track")
        reason = Edge(values["reason"])
        made = merging.plan_reidentify(session.labels.document, lost.id, other, reason)
        name = session.labels.document.track(other).name
        return Plan(
            f"{lost.name} goes on as {name}",
            lambda document: merging.reidentify(document, lost.id, other, reason),
            made.summary(),
            (lost.id,),
        )

    return Dialog(
        "find_again", f"Find {lost.name} again", "merge", "It is the same", plan,
        lambda _values: inputs, {"found": found[0].track_id, "reason": Edge.OCCLUDED.value},
    )  # fmt: skip


def _figures(candidate: Candidate) -> str:
    size = f", size {round(candidate.size_part * 100)} %" if candidate.size_part >= 0.01 else ""
    return f"{candidate.gap_s:.1f} s later, {candidate.miss_m:.1f} m off{size}"


def split(session: Session) -> None:
    """Make the selected tracks end before this frame; what comes from it on are new tracks."""
    tracks = selected_tracks(session)
    now, last_ns = session.timestamp_ns, previous_ns(session, session.frame)
    frames_ns = times_ns(session)
    document = session.labels.document
    known = set(document.tracks)
    names = listed(track.name for track in tracks) if len(tracks) < 4 else f"{len(tracks)} tracks"
    changes: list[Change] = []
    try:
        for track in tracks:
            made = identity.split(document, track.id, now, last_ns=last_ns, frames_ns=frames_ns)
            document = document.apply(made)
            changes += made
    except EditError as error:
        session.say("error", f"Split {names}: not done", words.sentences(error))
        return
    title = f"Split {names} at frame {session.frame}"
    if not session.edits.do(title, lambda _document: changes):
        return
    new = [track for track_id, track in session.labels.document.tracks.items()
           if track_id not in known]  # fmt: skip
    session.select_many([track.id for track in new])
    said = listed(track.name for track in new) if len(new) < 4 else f"{len(new)} tracks"
    session.say("info", f"{names} split at frame {session.frame}", f"From here on: {said}.")


def swap(session: Session) -> Dialog:
    """The two selected tracks change places from this frame on."""
    one, other = selected_tracks(session)[:2]
    frame, now = session.frame, session.timestamp_ns
    last_ns, frames_ns = previous_ns(session, frame), times_ns(session)

    def plan(_values: Values) -> Plan:
        return Plan(
            f"Swap {one.name} and {other.name} from frame {frame} on",
            lambda document: identity.swap(
                document, one.id, other.id, now, last_ns=last_ns, frames_ns=frames_ns
            ),
            (
                f"From frame {frame} on {one.name} is what {other.name} was, and the other way round.",
                "Numbers, categories, attributes, notes and relations stay with their names. "
                "Nothing moves.",
            ),
            (one.id, other.id),
        )

    return Dialog("swap", f"Swap {one.name} and {other.name} from frame {frame} on", "flip", "Swap",
                  plan)  # fmt: skip
