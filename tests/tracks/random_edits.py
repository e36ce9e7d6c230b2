"""Every track operation with random arguments, for long random histories; drawn by a seeded generator.

`OPERATIONS` has a row for each operation of `av3d.tracks.operations`; `found` looks there what there is,
so that a test can say which row is missing.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

import numpy as np

import av3d.tracks.operations
from av3d.geometry.cuboid import FACES, Cuboid
from av3d.geometry.se3 import SE3
from av3d.ontology.motion import Motion
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.operations.anchors import BOTTOM, CENTER
from av3d.tracks.operations.proposals import proposals_of
from av3d.tracks.operations.shape import Size
from av3d.tracks.operations.spans import Axes, FrameSpan
from av3d.tracks.presence import Edge, Span
from av3d.tracks.proposal import PROPOSAL
from av3d.tracks.relation import RIDES, TOWED_BY
from av3d.tracks.track import Track
from av3d.types import Scalar
from tracks.random_reviews import NEED_EVENTS, OF_REVIEWS

Value = TypeVar("Value")
Arguments = tuple[Sequence[Any], Mapping[str, Any]]

STEP_NS = 100_000_000
FRAMES_NS = [frame * STEP_NS for frame in range(31)]
LIMIT_NS = 2**62 - 1
CATEGORIES = ("car", "truck", "bicycle", "überhöhtes fahrzeug", "車 🚗")
VOUCHED = tuple(p for p in Provenance if p is not Provenance.INTERPOLATED)
TEXTS = (
    "", "a", "zwei\nZeilen\t", "é", "e\u0301", "\u202eright to left", "🚗‍🔥", "'; DROP TABLE track; --",
    "\u2028", "\\u0041", '"quoted"', "%s {} ${x}", "ＦＵＬＬ", "\x7f", "a\u0300" * 20,
)  # fmt: skip
VALUES: tuple[Scalar, ...] = (
    1, 1.0, True, False, 0, 0.0, -0.0, 1e308, 5e-324, -1.5, 2**53 + 1, 2**63 - 1, -(2**63) + 1,
    0.1 + 0.2, 1e22, *TEXTS, "nul \x00",
)  # fmt: skip
NAMES = ("parked", "door", "nuscenes.label", "ä\u0300 🚪", "1", "")


class Draw:
    """Draws arguments for one edit of a document."""

    def __init__(self, random: Random, document: Document) -> None:
        self.random = random
        self.document = document

    def one(self, values: Sequence[Value]) -> Value:
        return self.random.choice(values)

    def maybe(self, value: Value, chance: float = 0.5) -> Value | None:
        return value if self.random.random() < chance else None

    def new_id(self) -> str:
        return f"{self.one(('t', 'ü', '車'))}{self.random.getrandbits(40):x}"

    def track(self) -> Track:
        return self.one(list(self.document.tracks.values()))

    def id(self) -> str:
        return self.track().id

    def ids(self, most: int = 3) -> list[str]:
        known = list(self.document.tracks)
        return self.random.sample(known, min(len(known), self.random.randint(1, most)))

    def event_id(self) -> str:
        return self.one(list(self.document.events))

    def time(self) -> int:
        kind = self.random.random()
        if kind < 0.01:
            return self.random.choice((-1, 1)) * (LIMIT_NS - self.random.randrange(3))
        if kind < 0.2:
            return self.random.randint(-STEP_NS, 32 * STEP_NS)
        return self.one(FRAMES_NS)

    def times(self) -> tuple[int, int]:
        first, second = sorted((self.time(), self.time()))
        return first, second

    def keyframe_ns(self, track: Track) -> int:
        return self.one(track.keyframes).timestamp_ns

    def present_ns(self, track: Track) -> int:
        span = self.one(track.presence)
        return self.one([span.start_ns, span.end_ns, (span.start_ns + span.end_ns) // 2])

    def size(self) -> list[float]:
        return [self.random.uniform(0.2, 15.0) for _ in range(3)]

    def pose(self) -> SE3:
        far = self.one((10.0, 300.0, 1e7))
        center_m = [self.random.uniform(-far, far) for _ in range(3)]
        angles = [self.random.uniform(-3.2, 3.2) for _ in range(3)]
        if self.random.random() < 0.3:
            angles[:2] = 0.0, 0.0
        return SE3.from_euler(*angles, center_m)

    def cuboid(self, size: Sequence[float] | None = None) -> Cuboid:
        return Cuboid(self.pose(), np.array(self.size() if size is None else size))

    def attributes(self) -> dict[str, Scalar]:
        names = self.random.sample(NAMES, self.random.randrange(4))
        return {name: self.one(VALUES) for name in names}

    def text(self) -> str:
        return self.one(TEXTS)

    def noise(self) -> Noise | None:
        return self.maybe(Noise(*(self.one((0.0, 5e-324, 0.1 + 0.2, 1e6)) for _ in range(4))), 0.3)

    def interpolation(self) -> Interpolation:
        moves = self.one((None, *Motion))
        model, pinned = self.one(tuple(Model)), self.one((True, False))
        return Interpolation(model, moves, pinned, self.noise())

    def edge(self) -> Edge:
        return self.one(tuple(Edge))

    def span(self) -> Span:
        return Span(*self.times(), self.edge(), self.edge())

    def spans(self) -> list[Span]:
        ends = sorted(self.random.sample(FRAMES_NS, 2 * self.random.randrange(3)))
        pairs = zip(ends[::2], ends[1::2], strict=True)
        return [Span(start, end, self.edge(), self.edge()) for start, end in pairs]

    def frames(self) -> FrameSpan:
        first, second = sorted(self.random.sample(FRAMES_NS, 2))
        return FrameSpan(first, second, FRAMES_NS)

    def keyframes(self) -> list[Keyframe]:
        size = self.size() if self.random.random() < 0.7 else None
        times = self.random.sample(FRAMES_NS, self.random.randint(1, 6))
        return [
            Keyframe(time, self.cuboid(size), self.one(VOUCHED), self.attributes(), self.noise())
            for time in times
        ]

    def moved(self, track: Track) -> Cuboid:
        """A cuboid near to where the track is, of its size more often than not."""
        old = self.one(track.keyframes).cuboid
        pose = old.frame_SE3_cuboid
        step = SE3.from_euler(
            0.0, 0.0, self.random.uniform(-0.1, 0.1), [self.random.random(), 0, 0]
        )
        size = old.size_lwh_m if self.random.random() < 0.7 else np.array(self.size())
        return Cuboid(pose @ step, size)


def _split(draw: Draw) -> Arguments:
    track = draw.track()
    return (track.id, draw.present_ns(track)), {"new_id": draw.new_id()}


def _set_keyframe(draw: Draw) -> Arguments:
    track = draw.track()
    attributes = draw.maybe(draw.attributes())
    more = {
        "provenance": draw.one(VOUCHED),
        "attributes": attributes,
        "anchor": draw.one((CENTER, BOTTOM)),
        "extend": draw.random.random() < 0.8,
        "noise": draw.noise(),
    }
    return (track.id, draw.time(), draw.moved(track)), more


def _delete_keyframe(draw: Draw) -> Arguments:
    track = draw.track()
    return (track.id, draw.keyframe_ns(track)), {}


def _move_keyframe(draw: Draw) -> Arguments:
    track = draw.track()
    return (track.id, draw.keyframe_ns(track), draw.time()), {}


def _lost_and_found(draw: Draw) -> Arguments:
    lost = draw.track()
    later = [t.id for t in draw.document.tracks.values() if t.start_ns > lost.end_ns]
    return (lost.id, draw.one(later or [draw.id()]), draw.edge()), {}


def _copy_cuboid(draw: Draw) -> Arguments:
    track = draw.track()
    poses = draw.maybe((draw.pose(), draw.pose()), 0.3)
    return (track.id, draw.present_ns(track), draw.time()), {"world_SE3_ego": poses}


def _at_presence(**more: Callable[[Draw], Any]) -> Callable[[Draw], Arguments]:
    def arguments(draw: Draw) -> Arguments:
        track = draw.track()
        return (track.id, draw.present_ns(track)), {key: make(draw) for key, make in more.items()}

    return arguments


def _maybe_time(draw: Draw) -> int | None:
    return draw.maybe(draw.time())


def _maybe_edge(draw: Draw) -> Edge | None:
    return draw.maybe(draw.edge())


def _size_or_rule(draw: Draw) -> Any:
    return draw.one((*Size, draw.size()))


def _set_attribute_at(draw: Draw) -> Arguments:
    track = draw.track()
    return (track.id, draw.present_ns(track), draw.one(NAMES), draw.one((*VALUES, None))), {}


def _set_attribute_on_span(draw: Draw) -> Arguments:
    track = draw.track()
    span = sorted([draw.present_ns(track), draw.present_ns(track)])
    return (track.id, *span, draw.one(NAMES), draw.one((*VALUES, None))), {}


OPERATIONS: dict[str, Callable[[Draw], Arguments]] = {
    "attributes.set_attribute": lambda d: (
        (d.id(), *d.one(((d.one(NAMES), d.one(VALUES)), (PROPOSAL, True)))),
        {},
    ),
    "attributes.remove_attribute": lambda d: ((d.id(), d.one(NAMES)), {}),
    "attributes.set_attribute_at": _set_attribute_at,
    "attributes.set_attribute_on_span": _set_attribute_on_span,
    "belonging.relate": lambda d: ((d.id(), d.one((TOWED_BY, RIDES, "zieht 🚚")), d.id()), {}),
    "belonging.unrelate": lambda d: ((d.id(), d.id(), d.maybe(TOWED_BY)), {}),
    "copying.copy_cuboid": _copy_cuboid,
    "copying.copy_shape": lambda d: (
        (d.id(), d.ids()),
        {"at_ns": d.maybe(d.time(), 0.8), "attributes": d.random.sample(NAMES, 2)},
    ),
    "copying.paste_track": lambda d: (
        (d.track(), d.maybe(d.pose()), d.one((0, STEP_NS, -3)), d.new_id()),
        {},
    ),
    "events.add_event": lambda d: (
        (d.one(("rain", "cut_in", "ünfall 💥")), *d.times()),
        {
            "track_ids": d.ids() if d.document.tracks else [],
            "attributes": d.attributes(),
            "note": d.text(),
            "event_id": d.new_id(),
        },
    ),
    "events.tag_log": lambda d: (
        (d.one(("night", "urban")), 0, FRAMES_NS[-1]),
        {"attributes": d.maybe(d.attributes()), "event_id": d.new_id()},
    ),
    "events.delete_event": lambda d: ((d.event_id(),), {}),
    "events.change_event": lambda d: (
        (d.event_id(),),
        {
            "label": d.maybe("cut_out"),
            "attributes": d.maybe(d.attributes()),
            "note": d.maybe(d.text()),
            "track_ids": d.maybe(d.ids() if d.document.tracks else []),
        },
    ),
    "events.move_event": lambda d: (
        (d.event_id(),),
        {"start_ns": _maybe_time(d), "end_ns": _maybe_time(d)},
    ),
    "identity.split": _split,
    "identity.swap": lambda d: ((d.id(), d.id(), d.time()), {}),
    "interpolation.set_interpolation": lambda d: ((d.ids(), d.interpolation()), {}),
    "keyframes.set_keyframe": _set_keyframe,
    "keyframes.delete_keyframe": _delete_keyframe,
    "keyframes.delete_keyframes": lambda d: ((d.ids(), *d.times()), {}),
    "keyframes.move_keyframe": _move_keyframe,
    "keyframes.convert_interpolated": lambda d: (
        (d.ids(), d.random.sample(FRAMES_NS, 5), *d.times()),
        {},
    ),
    "keyframes.confirm": lambda d: ((d.ids(), _maybe_time(d), _maybe_time(d)), {}),
    "life.create": lambda d: (
        (d.one(CATEGORIES), d.time(), d.cuboid()),
        {
            "attributes": d.attributes(),
            "presence": d.spans(),
            "track_id": d.new_id(),
            "noise": d.noise(),
        },
    ),
    "life.create_from_keyframes": lambda d: (
        (d.one(CATEGORIES), d.keyframes()),
        {
            "attributes": d.attributes(),
            "presence": d.spans(),
            "note": d.text(),
            "track_id": d.new_id(),
            "interpolation": d.interpolation(),
        },
    ),
    "life.delete": lambda d: ((d.ids(2),), {}),
    "life.change_category": lambda d: ((d.id(), d.one(CATEGORIES)), {}),
    "life.change_number": lambda d: ((d.id(), d.one((1, 2, 77, 2**31 - 1))), {}),
    "life.write_note": lambda d: ((d.id(), d.text()), {}),
    "merging.plan_merge": lambda d: ((d.ids(),), {"bridge": d.one((True, False))}),
    "merging.plan_reidentify": _lost_and_found,
    "merging.reidentify": _lost_and_found,
    "presence.cut_presence": lambda d: (
        (d.id(), *d.times(), d.edge(), d.one(((), FRAMES_NS))),
        {},
    ),
    "presence.extend_presence": lambda d: ((d.id(), d.time(), _maybe_edge(d)), {}),
    "presence.shorten_presence": _at_presence(
        start_ns=_maybe_time, end_ns=_maybe_time, reason=_maybe_edge
    ),
    "presence.begin_here": lambda d: ((d.id(), d.time(), _maybe_edge(d)), {}),
    "presence.end_here": lambda d: ((d.id(), d.time(), _maybe_edge(d)), {}),
    "presence.add_span": lambda d: ((d.id(), d.span()), {}),
    "presence.join_spans": lambda d: ((d.id(), *d.times()), {}),
    "presence.resize_span": _at_presence(start_ns=_maybe_time, end_ns=_maybe_time),
    "presence.set_reason": _at_presence(starts=_maybe_edge, ends=_maybe_edge),
    "presence.delete_absent_keyframes": lambda d: ((d.ids(),), {}),
    "proposals.accept_proposals": lambda d: ((d.ids(),), {}),
    "proposals.reject_proposals": lambda d: ((proposals_of(d.document) or d.ids(),), {}),
    "shape.set_static": lambda d: ((d.id(), _maybe_time(d)), {}),
    "shape.unset_static": lambda d: ((d.id(),), {}),
    "shape.set_free_size": lambda d: ((d.id(),), {}),
    "shape.set_constant_size": lambda d: ((d.id(), _size_or_rule(d)), {}),
    "simplify.simplify": lambda d: (
        (d.ids(), d.one((0.0, 0.5, 50.0)), d.one((0.0, 0.1, 3.0))),
        {"manual": d.one((True, False))},
    ),
    "spans.flip_heading": lambda d: ((d.ids(), d.frames()), {}),
    "spans.turn_quarter": lambda d: ((d.ids(), d.frames()), {"to_left": d.one((True, False))}),
    "spans.shift": lambda d: ((d.ids(), d.frames(), d.size(), d.one(tuple(Axes))), {}),
    "spans.rotate": lambda d: ((d.ids(), d.frames(), *d.size()), {}),
    "spans.resize": lambda d: ((d.ids(), d.frames(), [None, d.size()[0], 2.0]), {}),
    "spans.move_face": lambda d: ((d.ids(), d.frames(), d.one(tuple(FACES)), d.size()[0]), {}),
    **OF_REVIEWS,
}
"""Arguments after the document, by module and name."""

COMMON = ("life.create", "life.create_from_keyframes", "events.add_event")
"""What can be done with an empty document."""


def found() -> dict[str, Callable[..., Any]]:
    """Every operation there is: a function from a document to changes, or to a plan with changes."""
    operations: dict[str, Callable[..., Any]] = {}
    for module_info in pkgutil.iter_modules(av3d.tracks.operations.__path__):
        module = importlib.import_module(f"av3d.tracks.operations.{module_info.name}")
        if module_info.name == "common":
            continue
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or name.startswith("_"):
                continue
            first = next(iter(inspect.signature(function).parameters), "")
            result = function.__annotations__.get("return", "")
            plan = getattr(module, result, None)
            if first == "document" and (
                result == "tuple[Change, ...]" or "changes" in getattr(plan, "__annotations__", {})
            ):
                operations[f"{module_info.name}.{name}"] = function
    return operations


FOUND = found()


def possible(document: Document) -> list[str]:
    """The operations for which the document has what they need."""
    if not document.tracks:
        return [*COMMON, *(("events.delete_event",) if document.events else ())]
    names = [name for name in OPERATIONS if name in FOUND]
    if document.events:
        return names
    needs = ("delete_event", "change_event", "move_event", *NEED_EVENTS)
    return [name for name in names if not name.endswith(needs)]


def random_changes(random: Random, name: str, document: Document) -> tuple[Change, ...]:
    """The changes of one operation with random arguments; EditError where they make no sense."""
    positional, named = OPERATIONS[name](Draw(random, document))
    result = FOUND[name](document, *positional, **named)
    changes: tuple[Change, ...] = getattr(result, "changes", result)
    return changes
