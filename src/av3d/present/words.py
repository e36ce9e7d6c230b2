"""Numbers as people read them: a unit always, a comma for thousands, U+2212 for minus."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from av3d.errors import Av3dError


def number(value: float, decimals: int = 2) -> str:
    """A number with fixed decimals, "−1,234.50"; never "−0.00"."""
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.,") else "−" + text[1:]
    return text


def count(value: int) -> str:
    """An integer with thousands separated."""
    return number(value, 0)


def metres(value: float) -> str:
    """A length, "4.73 m"."""
    return f"{number(value)} m"


def degrees(value_rad: float, decimals: int = 1) -> str:
    """An angle in degrees without its sign, "45.3"."""
    return number(math.degrees(value_rad), decimals)


def speed(value_m_s: float) -> str:
    """A speed, "6.8 km/h"."""
    return f"{number(value_m_s * 3.6, 1)} km/h"


def seconds(value_ns: int) -> str:
    """A duration with milliseconds, "1.400 s"."""
    return f"{number(value_ns / 1e9, 3)} s"


def value(value: object) -> str:
    """An attribute's value: "yes", "parked", "−1", "0.25"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return f"{value:,.6g}".replace("-", "−")
    return str(value)


def attribute_titles(names: Iterable[str]) -> dict[str, str]:
    """What people read for each attribute: "pandaset.object_motion" is "object motion".

    The prefix stays where two attributes would read the same without it.
    """
    short = {name: name.rpartition(".")[2].replace("_", " ") for name in names}
    said = Counter(short.values())
    return {
        name: title if said[title] == 1 else name.replace("_", " ").replace(".", " ")
        for name, title in short.items()
    }


def plural(value: int, one: str, many: str = "") -> str:
    """A count with its noun, "1 key", "2 keys"."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def camera_title(name: str) -> str:
    """A camera's name as people say it: "front_left_camera" is "front left"."""
    words = name.replace("_", " ").replace("-", " ").strip()
    lowered = words.lower()
    if lowered.startswith("cam "):
        return lowered[4:]
    if lowered.endswith(" camera"):
        return words[: -len(" camera")]
    return words


def short_path(path: Path) -> str:
    """A path as people say it: "~/.config/av3d/keys.toml"."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def sentences(error: Av3dError) -> str:
    """What an error says, as a message in the window: "No such file. /data/001. Check the path."."""
    what, where, fix = (part.strip().rstrip(".") for part in (error.what, error.where, error.fix))
    # A path or a name stays as it is written.
    parts = [_capital(what), where, _capital(fix)]
    return " ".join(f"{part}." for part in parts if part)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
