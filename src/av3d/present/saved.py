"""Whether what was edited is kept, in words for the top bar."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from av3d.present import words
from av3d.present.session import Session


@dataclass(frozen=True)
class Saved:
    """What has become of the edits.

    Attributes:
        kind: "good", "bad" or "" for neither.
        icon: key of ICONS; no state is told by colour alone.
        text: a few words.
        tip: what it means, and what to do.
    """

    kind: str
    icon: str
    text: str
    tip: str


def saved(session: Session) -> Saved:
    """The state of a session's labels."""
    labels = session.labels
    if session.loading_tracks:
        return Saved("", "database", "Reading labels", "The labels of the log are being read")
    if labels.failure:
        return Saved(
            "bad", "alert", f"Not saved. {_short(labels.failure)}",
            f"The last edit was not kept: {labels.failure}. All edits before it are kept.",
        )  # fmt: skip
    if labels.where:
        edits = (
            f", {words.plural(labels.edits, 'edit')} since it was opened" if labels.edits else ""
        )
        tip = f"Every edit is kept at once in {labels.where}{edits}"
        return Saved("good", "check_circle", "All edits saved", tip)
    if labels.planned:
        path = Path(labels.planned)
        return Saved(
            "",
            "new_project",
            "No project yet",
            f"The first edit makes {path.name} in {path.parent}",
        )
    return Saved(
        "", "read_only", "Read-only", "These labels cannot be edited; open the log with a project"
    )


def _short(failure: str) -> str:
    """The first clause of a message, as a sentence."""
    text = failure.split(":", maxsplit=1)[0].split(",", maxsplit=1)[0].strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
