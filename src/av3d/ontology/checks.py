"""What the texts of an ontology may look like; every value of an ontology checks itself with these."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from av3d.errors import Av3dError

MAX_KEY = 100
"""Characters of a key or a title."""
MAX_PROSE = 20_000
"""Characters of a guidance text: ten printed pages."""
MAX_ENTRIES = 1000
"""Categories, attributes, values ... of one list."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class OntologyError(Av3dError):
    """An ontology that contradicts itself, or a file that is none."""


def check_key(text: str, what: str, *, dots: bool = True) -> None:
    """Refuse a key that is empty, long, not printable, or has spaces around it.

    Args:
        text: the key.
        what: what it is the key of, for the message: "category".
        dots: whether it may have dots.

    Raises:
        OntologyError: it is no key.
    """
    where = f"{what} {text[:MAX_KEY]!r}"
    if not text or not text.isprintable() or text != text.strip() or len(text) > MAX_KEY:
        raise OntologyError(
            f"{text[:MAX_KEY]!r} is no key", where,
            f"give it 1 to {MAX_KEY} printable characters without spaces around them",
        )  # fmt: skip
    if not dots and "." in text:
        raise OntologyError(
            "the key has a dot; such names belong to what a reader of a dataset records", where,
            f"call it {text.replace('.', '_')!r}",
        )  # fmt: skip


def check_title(text: str, where: str) -> None:
    """Refuse a title that is empty, long or not printable."""
    if not text.strip() or not text.isprintable() or len(text) > MAX_KEY:
        raise OntologyError(
            f"{text[:MAX_KEY]!r} is no title", where,
            f"give it 1 to {MAX_KEY} printable characters",
        )  # fmt: skip


def prose(text: str, where: str) -> str:
    """A text of several lines with line ends as one character.

    Raises:
        OntologyError: it is long, or has control characters; a database refuses some of them.
    """
    text = text.replace("\r\n", "\n")
    if len(text) > MAX_PROSE:
        raise OntologyError(
            f"a text has {len(text):,} characters, limit {MAX_PROSE:,}", where, "shorten it"
        )
    bad = next((c for c in text if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs")), "")
    if bad:
        raise OntologyError(f"a text has the control character {bad!r}", where, "remove it")
    return text


def colour(text: str, where: str) -> str:
    """A colour "#rrggbb" in lower case; OntologyError for anything else."""
    if not _COLOUR.fullmatch(text):
        raise OntologyError(f"{text[:MAX_KEY]!r} is no colour", where, 'write it as "#rrggbb"')
    return text.lower()


def check_unique(keys: Iterable[str], what: str, where: str) -> None:
    """Refuse a key that is there twice, and more than MAX_ENTRIES keys."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise OntologyError(f"{what} {key!r} is there twice", where, "remove or rename one")
        seen.add(key)
    if len(seen) > MAX_ENTRIES:
        raise OntologyError(
            f"{len(seen):,} entries ({what}), limit {MAX_ENTRIES:,}", where, "remove some"
        )


def check_former(keys_and_former: Mapping[str, tuple[str, ...]], what: str, where: str) -> None:
    """Refuse former keys that do not say for certain which key replaces them.

    Args:
        keys_and_former: keys that there are now, each with the keys that it replaces.
        what: what they are the keys of.
        where: what the list belongs to.

    Raises:
        OntologyError: a former key is a present one, or two keys replace it.
    """
    replaced_by: dict[str, str] = {}
    for key, former in keys_and_former.items():
        for old in former:
            if old in keys_and_former:
                raise OntologyError(
                    f"{what} {key!r} was formerly {old!r}, but {old!r} is still there", where,
                    f"remove {old!r}, or take it out of formerly",
                )  # fmt: skip
            if old in replaced_by:
                raise OntologyError(
                    f"both {replaced_by[old]!r} and {key!r} were formerly the {what} {old!r}", where,
                    "take it out of one of them",
                )  # fmt: skip
            replaced_by[old] = key


def check_length(value: float, what: str, where: str) -> None:
    """Refuse what is not a finite number above zero."""
    if not (math.isfinite(value) and value > 0):
        raise OntologyError(f"{what} is {value}", where, "give a number above 0")


def frozen(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only copy."""
    return MappingProxyType(dict(mapping))


def check_names(names: Mapping[str, str], where: str) -> None:
    """Refuse names in other formats that are not printable; "" is one, it means left out."""
    for format_name, name in names.items():
        check_key(format_name, "format")
        if name:
            check_key(name, f"{where}, name in {format_name}")


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that say something: None, "", and empty lists and tables are left out.

    So an ontology's text is short, and its digest stays the same when a later version knows more keys.
    """
    return {key: value for key, value in values.items() if value not in (None, "", [], {}, ())}


def check_limits(limits: Mapping[str, float | bool], where: str) -> Mapping[str, float | bool]:
    """Limits of checks of labels, read-only: names of parameters with numbers, or False for "not asked".

    Raises:
        OntologyError: a name is no key, or a value is neither a finite number nor false.
    """
    checked: dict[str, float | bool] = {}
    for name, value in limits.items():
        check_key(name, "check")
        if value is True or not isinstance(value, (bool, int, float)) or not math.isfinite(value):
            raise OntologyError(
                f"the limit of the check {name!r} is {str(value)[:MAX_KEY]!r}", where,
                "give a number, or false to leave the check out",
            )  # fmt: skip
        checked[name] = value if value is False else float(value)
    check_unique(checked, "check", where)
    return frozen(checked)
