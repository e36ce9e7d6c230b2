"""Checks of other packages: what cannot be used is one line that names it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from av3d.qa import registry
from av3d.qa.check import SceneCheck, TrackCheck
from av3d.qa.finding import Finding
from av3d.qa.scene import Scene


class Good(TrackCheck):
    id, title, sentence = "good", "Good", "Asks for nothing."


class Nameless(TrackCheck):
    title, sentence = "Nameless", "Has no ID."


class Spaced(TrackCheck):
    id, title, sentence = " good ", "Spaced", "Its ID has spaces around it."


class Untitled(TrackCheck):
    id, title, sentence = "untitled", "", "Has no title."


class Raising(SceneCheck):
    id, title, sentence = "raising", "Raising", "Cannot be made."

    def __init__(self) -> None:
        raise OSError("no licence")

    def examine(self, scene: Scene) -> Iterator[Finding]:
        return iter(())


class Abstract(SceneCheck):
    id, title, sentence = "abstract", "Abstract", "Does not say how it examines."


CHECKS: dict[str, object] = {}


def ask(monkeypatch: pytest.MonkeyPatch, *given: object) -> list[str]:
    """The IDs of the checks that entry points give."""
    entries = []
    for number, value in enumerate(given):
        CHECKS[f"given{number}"] = value
        entries.append(EntryPoint(f"n{number}", f"other.checks:given{number}", registry.GROUP))
    monkeypatch.setattr(EntryPoint, "load", lambda entry: CHECKS[entry.attr])
    monkeypatch.setattr(registry, "entry_points", lambda group: entries)
    return [check.id for check in registry.all_checks.__wrapped__()]


def test_an_entry_point_gives_a_check_or_a_list_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, Good) == ask(monkeypatch, [Good]) == ["good"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Nameless, "the check Nameless is not complete: "),
        (Spaced, "the check Spaced is not complete: ' good ' is no key"),
        (Untitled, "the check Untitled is not complete: it has no title"),
        (Raising, "the check Raising is not complete: no licence"),
        (Abstract, "the check Abstract is not complete: Can't instantiate"),
        (42, "42 is no class of check"),
        ([Good, Good], "two checks have the ID 'good'"),
    ],
)
def test_what_is_no_check_is_one_line(
    given: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(registry.CheckError) as caught:
        ask(monkeypatch, given)
    assert str(caught.value).startswith(said)
    assert "entry point other.checks:given0" in str(caught.value)
