"""What a track is called and how it is drawn: category, number; and tracks that go."""

from __future__ import annotations

from av3d.present import words
from av3d.present.dialog import Amount, Dialog, Option, Pick, Plan, Values
from av3d.present.operations.common import chosen, names_of
from av3d.present.selection import common, for_each, selected_tracks, selection_name
from av3d.present.session import Session
from av3d.render.palette import category_style
from av3d.tracks.keyframe import Provenance
from av3d.tracks.operations import life

CONFIRMED_ABOVE = 10
"""Deleting a track with more keyframes by hand is asked about."""
LARGEST_NUMBER = 2**31 - 1


def category(session: Session) -> Dialog:
    """Which category the selected tracks have."""
    tracks = selected_tracks(session)
    ids = session.selection
    categories = session.labels.ontology.categories
    used = {one.hotkey for one in categories if one.hotkey}
    options = tuple(
        Option(
            one.key, one.title, "", category_style(one.key).glyph, category_style(one.key).colour,
            one.hotkey or (str(place) if place < 10 and str(place) not in used else ""),
        )
        for place, one in enumerate(categories, 1)
    )  # fmt: skip
    titles = {one.key: one.title for one in categories}

    def plan(values: Values) -> Plan:
        key = chosen(values["category"], "category")
        return Plan(
            f"Call {selection_name(session)} {titles[key]}",
            for_each(ids, lambda d, track_id: life.change_category(d, track_id, key)),
            shows=ids,
        )

    now = common(track.category for track in tracks)
    return Dialog(
        "category", f"Category of {names_of(tracks)}", "tag", "Change", plan,
        lambda _values: (Pick("category", "", options),), {"category": now or ""},
    )  # fmt: skip


def number(session: Session) -> Dialog:
    """What number people call the leading track by."""
    track = selected_tracks(session)[0]

    def plan(values: Values) -> Plan:
        wanted = round(float(values["number"]))
        return Plan(
            f"Number of {track.name}",
            lambda document: life.change_number(document, track.id, wanted),
            shows=(track.id,),
        )

    asked = Amount("number", "Number", smallest=0, largest=LARGEST_NUMBER,
                   tip="Each track of a category has its own")  # fmt: skip
    return Dialog("number", f"Number of {track.name}", "tag", "Change", plan,
                  lambda _values: (asked,), {"number": float(track.number)})  # fmt: skip


def delete(session: Session) -> Dialog | None:
    """Delete the selected tracks; a dialog where much work by hand would go."""
    tracks = selected_tracks(session)
    ids = session.selection
    by_hand = sum(
        keyframe.provenance is Provenance.MANUAL for track in tracks for keyframe in track.keyframes
    )
    title = f"Delete {names_of(tracks)}"
    if by_hand <= CONFIRMED_ABOVE:
        session.edits.do(title, lambda document: life.delete(document, ids))
        return None
    lines = (
        f"{words.plural(by_hand, 'keyframe')} by hand would go. Undo brings them back.",
        "Tracks that belong to it stay."
        if len(tracks) == 1
        else "Tracks that belong to them stay.",
    )

    def plan(_values: Values) -> Plan:
        return Plan(title, lambda document: life.delete(document, ids), lines)

    return Dialog("delete", title, "alert", "Delete", plan, modal=True)


def of_category(session: Session) -> None:
    """Select all tracks of the categories that the selected ones have."""
    kinds = {track.category for track in selected_tracks(session)}
    same = [track.id for track in session.tracks if track.category in kinds]
    session.select_many([*session.selection, *same])


def in_frame(session: Session) -> None:
    """Select all tracks of this frame."""
    now = session.timestamp_ns
    session.select_many([track.id for track in session.tracks if track.is_present(now)])


def invert(session: Session) -> None:
    """Select the tracks of this frame that are not selected, and no others."""
    now, chosen_ids = session.timestamp_ns, set(session.selection)
    session.select_many([
        track.id for track in session.tracks
        if track.is_present(now) and track.id not in chosen_ids
    ])  # fmt: skip
