"""A stored value of an attribute as a value of the attribute that the attribute has become."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from av3d.ontology.attribute import Attribute, AttributeKind
from av3d.types import Scalar

YES, NO = ("yes", "true"), ("no", "false")
"""What true and false are as texts or values of an enum; the first that there is."""

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def converted(value: Scalar, attribute: Attribute) -> Scalar | None:
    """The value that says the same, None if the attribute has none.

    The rules: true and false are `yes` and `no` (or `true` and `false`) as texts and values of an
    enum, 1 and 0 as numbers. A number is the text that Python writes for it, and only such a text is a
    number. A text is the value of an enum with this key, or the one that was formerly called so.

    Args:
        value: what is stored.
        attribute: what it shall be a value of. Its limits do not count.
    """
    if attribute.kind == AttributeKind.ENUM:
        return _of_enum(_texts(value), attribute)
    if attribute.is_kind(value):
        return value
    match attribute.kind:
        case AttributeKind.TEXT:
            return _texts(value)[0]
        case AttributeKind.NUMBER:
            return int(value) if isinstance(value, bool) else _number(str(value))
        case _:
            return _truth(value)


def is_renamed(value: Scalar, attribute: Attribute) -> bool:
    """Whether an enum says that one of its values was formerly called like this."""
    return any(value in known.formerly for known in attribute.values)


def _of_enum(texts: Sequence[str], attribute: Attribute) -> str | None:
    for text in texts:
        if attribute.value(text) is not None:
            return text
    for text in texts:
        for known in attribute.values:
            if text in known.formerly:
                return known.key
    return None


def _texts(value: Scalar) -> tuple[str, ...]:
    """The texts that a value can be."""
    if isinstance(value, bool):
        return YES if value else NO
    return (value,) if isinstance(value, str) else (repr(value),)


def _number(text: str) -> Scalar | None:
    """The number that is written exactly like this."""
    if _WHOLE.fullmatch(text):
        return int(text) if str(int(text)) == text else None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and repr(number) == text else None


def _truth(value: Scalar) -> bool | None:
    if isinstance(value, str):
        return True if value in YES else False if value in NO else None
    return True if value == 1 else False if value == 0 else None
