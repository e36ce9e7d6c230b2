"""The checks there are: those of av3d and of other packages, by the entry points `av3d.checks`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from av3d.errors import Av3dError
from av3d.ontology.checks import check_key
from av3d.ontology.ontology import Ontology, nearest
from av3d.qa.agreement.kinds import BY_ID as DIFFERENCES
from av3d.qa.check import Check, PairCheck, SceneCheck, TrackCheck

GROUP = "av3d.checks"


class CheckError(Av3dError):
    """A check that cannot be used; names it."""


@cache
def all_checks() -> tuple[Check, ...]:
    """All checks, by name of their entry point: each is a class of check, or a list of such.

    Raises:
        CheckError: a package's entry point gives no checks, or two have one ID.
    """
    found: dict[str, Check] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        for check in _checks_of(entry):
            if check.id in found:
                raise CheckError(
                    f"two checks have the ID {check.id!r}", f"entry point {entry.value}",
                    "rename one, or remove one of the packages",
                )  # fmt: skip
            found[check.id] = check
    return tuple(found.values())


def check_of(check_id: str) -> Check | None:
    """The check of an ID, or the kind of a difference; None for one that is not installed."""
    known: dict[str, Check] = {**DIFFERENCES, **{check.id: check for check in all_checks()}}
    return known.get(check_id)


def unknown_limits(ontology: Ontology) -> tuple[str, ...]:
    """A line on each limit or parameter that an ontology sets and no check has, which changes nothing."""
    known = {
        name
        for check in all_checks()
        for name in (check.id, *(f"{check.id}.{key}" for key in check.parameters))
    }
    given = [("the ontology", ontology.checks)]
    given += [(f"category {category.key}", category.checks) for category in ontology.categories]
    return tuple(
        f"{where} has a limit {name!r} that no check asks for; "
        f"{nearest(name, sorted(known), 'see `av3d check --list`')}"
        for where, limits in given
        for name in limits
        if name not in known
    )


def _checks_of(entry: EntryPoint) -> list[Check]:
    try:
        given = entry.load()
    except Exception as error:
        raise CheckError(
            f"it does not load ({type(error).__name__}: {error})", f"entry point {entry.value}",
            "mend or remove the package",
        ) from error  # fmt: skip
    classes = given if isinstance(given, list | tuple) else [given]
    for kind in classes:
        if not (isinstance(kind, type) and issubclass(kind, TrackCheck | PairCheck | SceneCheck)):
            raise CheckError(
                f"{str(kind)[:100]} is no class of check", f"entry point {entry.value}",
                "name a subclass of TrackCheck, PairCheck or SceneCheck, or a list of them",
            )  # fmt: skip
    return [_made(kind, entry) for kind in classes]


def _made(kind: type[Check], entry: EntryPoint) -> Check:
    """A check of its class, with all that a list of checks shows of it."""
    try:
        check = kind()
        check_key(check.id, "check", dots=False)
        if not (check.title.strip() and check.sentence.strip()):
            raise ValueError("it has no title or no sentence")
    except Exception as error:
        raise CheckError(
            f"the check {kind.__name__} is not complete: {error}", f"entry point {entry.value}",
            "mend or remove the package",
        ) from error  # fmt: skip
    return check
