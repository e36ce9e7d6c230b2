"""What two sets of labels can differ in, as checks have it: IDs, titles, units, limits.

The limits are those of `av3d.qa.limits`: `checks = { "agreement.moved" = 0.5 }` in an ontology sets
another one, for a category or for all.
"""

from __future__ import annotations

from typing import ClassVar

from av3d.qa.check import Check, alike
from av3d.qa.finding import Severity

LEAST_S = 0.25
"""Where one side begins or ends a track earlier by less, it is a matter of taste."""


class Kind(Check):
    """A way in which A and B differ.

    Attributes:
        averages: whether there is something between the two.
    """

    averages: ClassVar[bool] = False
    defaults = alike(LEAST_S)
    unit = "s"
    digits = 1


class Missing(Kind):
    """B has an object where A has none."""

    id = "agreement.missing"
    title = "Missing here"
    sentence = "How long the other labels have an object that these labels do not have."
    severity = Severity.ERROR
    fix = "Take theirs to add it"


class Extra(Kind):
    """A has an object where B has none."""

    id = "agreement.extra"
    title = "Missing there"
    sentence = "How long these labels have an object that the other labels do not have."
    severity = Severity.ERROR
    fix = "Take theirs to remove it"


class Identity(Kind):
    """A and B disagree about which object is which."""

    id = "agreement.identity"
    title = "Other identity"
    sentence = (
        "How long a cuboid belongs to another object than the other labels say, by what both say for "
        "most of the time."
    )
    severity = Severity.ERROR
    fix = "Take theirs to give it to the other track"


class OtherCategory(Kind):
    """A and B give one object different categories."""

    id = "agreement.category"
    title = "Other category"
    sentence = "The other labels call the object something else."
    severity = Severity.ERROR
    fix = "Take theirs for their category"


class Moved(Kind):
    """One object at different places."""

    id = "agreement.moved"
    title = "Moved"
    sentence = "Distance between the centres of both cuboids of one object."
    unit = "m"
    digits = 2
    defaults = alike(0.3)
    averages = True
    fix = "Take theirs, or the average"


class OtherSize(Kind):
    """One object with different sizes."""

    id = "agreement.size"
    title = "Other size"
    sentence = "By how much length, width or height of both cuboids of one object differ, the most."
    unit = "m"
    digits = 2
    defaults = alike(0.3)
    averages = True
    fix = "Take theirs, or the average"


class OtherHeading(Kind):
    """One object turned differently."""

    id = "agreement.heading"
    title = "Other heading"
    sentence = "Angle between the headings of both cuboids of one object."
    unit = "°"
    digits = 0
    defaults = alike(15.0)
    averages = True
    fix = "Take theirs, or the average"


KINDS: tuple[Kind, ...] = (
    Missing(), Extra(), Identity(), OtherCategory(), Moved(), OtherSize(), OtherHeading()
)  # fmt: skip
BY_ID = {kind.id: kind for kind in KINDS}
