"""How well words that somebody types fit what they look for: forgiving, and in order of likelihood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """The words of a text in lower case; "bird's-eye" is "birds" and "eye"."""
    return _WORD.findall(text.lower().replace("'", ""))


def fit(query: str, title: str, others: Sequence[str] = ()) -> float:
    """How well every word of a query is met by a title or by other words about it, 0 (not) to 1.

    A word is met by one that is the same, that begins with it, that contains it, or that is off by a
    letter or two; the first letters of the title's words count too ("sb" for "send back").

    Args:
        query: what was typed.
        title: what people read.
        others: more words, such as synonyms, that count less.
    """
    parts = words_of(query)
    if not parts:
        return 1.0
    named = words_of(title)
    beside = [word for text in others for word in words_of(text)]
    initials = "".join(word[0] for word in named)
    total = 0.0
    for part in parts:
        best = max((_met(part, word) for word in named), default=0.0)
        best = max(best, 0.8 * max((_met(part, word) for word in beside), default=0.0))
        if len(part) > 1 and initials.startswith(part):
            best = max(best, 0.6)
        if best == 0.0:
            return 0.0
        total += best
    # Of two titles that are met as well, the one that says less besides is meant.
    return total / len(parts) - 0.01 * min(len(named), 10)


@lru_cache(maxsize=1 << 15)  # the words of all commands, and a few that were typed
def _met(part: str, word: str) -> float:
    if word == part:
        return 1.0
    if word.startswith(part):
        return 0.9
    if len(part) > 1 and part in word:
        return 0.6
    if len(part) >= 4:
        allowed = 2 if len(part) >= 8 else 1
        # Each letter that the word does not have takes one step at least.
        if len(set(part) - set(word)) <= allowed and (
            min(distance(part, word), distance(part, word[: len(part)])) <= allowed
        ):
            return 0.5
    return 0.0


def distance(a: str, b: str) -> int:
    """How many letters have to be put in, left out, changed or swapped with the next one.

    The optimal string alignment distance.
    """
    if abs(len(a) - len(b)) > 2:
        return abs(len(a) - len(b))
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, other in enumerate(b, 1):
            best = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
