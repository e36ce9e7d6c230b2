"""Categories: the classes of tracks, with what is usual and what is allowed for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from av3d.ontology.attribute import title_of
from av3d.ontology.checks import (
    OntologyError,
    check_key,
    check_length,
    check_limits,
    check_names,
    check_title,
    check_unique,
    colour,
    frozen,
    given,
    prose,
)
from av3d.ontology.motion import Motion
from av3d.ontology.picture import Picture

Size = tuple[float, float, float]
"""Length, width and height in metres."""

GREY = "#7f8790"


@dataclass(frozen=True)
class Category:
    """A category.

    Attributes:
        key: what is stored ("car").
        title: what people read ("Car"); default: made from the key.
        size_lwh_m: a usual length, width and height in metres, for new cuboids.
        colour: "#rrggbb".
        hotkey: the key that chooses it, one character, or "".
        smallest_lwh_m, largest_lwh_m: limits of the size, or None.
        attributes: keys of the attributes that its tracks have, in the order in which they are shown.
        longest_gap_s: the longest time between two keyframes, or None for any.
        motion: how its objects can move.
        guidance: instructions for people, Markdown.
        pictures: examples for the guidance.
        exports: by format, that format's name of it; "" says that the format leaves it out.
        imports: by format, further names of that format that become this category.
        formerly: keys that this one replaces.
        checks: limits of the checks of `av3d.qa` for its tracks, by name; False leaves a check out.

    Raises:
        OntologyError: something contradicts itself; names the category.
    """

    key: str
    title: str = ""
    size_lwh_m: Size = (1.0, 1.0, 1.0)
    colour: str = GREY
    hotkey: str = ""
    smallest_lwh_m: Size | None = None
    largest_lwh_m: Size | None = None
    attributes: tuple[str, ...] = ()
    longest_gap_s: float | None = None
    motion: Motion = Motion.FREE
    guidance: str = ""
    pictures: tuple[Picture, ...] = ()
    exports: Mapping[str, str] = field(default_factory=dict, hash=False)
    imports: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    formerly: tuple[str, ...] = ()
    checks: Mapping[str, float | bool] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        check_key(self.key, "category")
        where = f"category {self.key!r}"
        object.__setattr__(self, "title", self.title or title_of(self.key))
        check_title(self.title, where)
        object.__setattr__(self, "colour", colour(self.colour, where))
        if self.hotkey and (len(self.hotkey) > 1 or not self.hotkey.strip().isprintable()):
            raise OntologyError(
                f"{self.hotkey[:100]!r} is no key of a keyboard", where,
                "give one character",
            )  # fmt: skip
        self._check_sizes(where)
        if self.longest_gap_s is not None:
            check_length(self.longest_gap_s, "longest_gap_s", where)
            object.__setattr__(self, "longest_gap_s", float(self.longest_gap_s))
        check_unique(self.attributes, "attribute", where)
        object.__setattr__(self, "guidance", prose(self.guidance, where))
        check_unique((picture.file for picture in self.pictures), "picture", where)
        check_names(self.exports, where)
        object.__setattr__(self, "exports", frozen(self.exports))
        for format_name, names in self.imports.items():
            check_names(dict.fromkeys([format_name], ""), where)
            check_unique(names, f"name in {format_name}", where)
            for name in names:
                check_key(name, f"{where}, name in {format_name}")
        object.__setattr__(self, "imports", frozen(self.imports))
        for old in self.formerly:
            check_key(old, "former category")
        object.__setattr__(self, "checks", check_limits(self.checks, where))

    def _check_sizes(self, where: str) -> None:
        sizes = (self.smallest_lwh_m, self.size_lwh_m, self.largest_lwh_m)
        names = ("smallest_lwh_m", "size_lwh_m", "largest_lwh_m")
        for name, size in zip(names, sizes, strict=True):
            if size is None:
                continue
            for length_m in size:
                check_length(length_m, f"a length of {name}", where)
            # Whole numbers would be another text, and another digest.
            object.__setattr__(self, name, tuple(map(float, size)))
        for axis, row in zip(
            ("length", "width", "height"),
            zip(*[size for size in sizes if size is not None], strict=True),
            strict=True,
        ):
            if list(row) != sorted(row):
                raise OntologyError(
                    f"the {axis}s {', '.join(f'{length_m:g}' for length_m in row)} m are no smallest, "
                    "usual and largest one",
                    where,
                    "correct size_lwh_m, smallest_lwh_m or largest_lwh_m",
                )

    def as_json(self) -> dict[str, Any]:
        return given(
            {
                "key": self.key,
                "title": self.title if self.title != title_of(self.key) else "",
                "colour": self.colour,
                "hotkey": self.hotkey,
                "size_lwh_m": list(self.size_lwh_m),
                "smallest_lwh_m": list(self.smallest_lwh_m or ()),
                "largest_lwh_m": list(self.largest_lwh_m or ()),
                "motion": self.motion.value,
                "longest_gap_s": self.longest_gap_s,
                "attributes": list(self.attributes),
                "guidance": self.guidance,
                "pictures": [picture.as_json() for picture in self.pictures],
                "exports": dict(self.exports),
                "imports": {name: list(labels) for name, labels in self.imports.items()},
                "formerly": list(self.formerly),
                "checks": dict(self.checks),
            }
        )
